"""Previews: what a link would yield, ahead of all that is queued, and nothing of it is downloaded."""

LIMIT_SECONDS = 200

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, eventually, main

QUICK = {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "WORKER_CONCURRENCY": "1"}
CLIP = {"modes": {"clip": "2"}}


class Preview(StackCase):
    OPTIONS = {"env": QUICK, "spotify": True}

    def look(self, timeout=30, **request):
        reply = self.api("POST", "/api/preview", request)
        self.assertEqual(reply.status, 202, reply)
        self.assertEqual(reply.headers["Location"], f"/api/preview/{reply.json['preview_id']}")
        path = reply.headers["Location"]
        return eventually(lambda: (p := self.api("GET", path).json)["status"] in ("completed", "failed") and p, timeout, "the preview ends")

    def test_of_a_track(self):
        preview = self.look(url=self.site.youtube("preview0001", name="frontiers", title="A song to look at", **CLIP))
        self.assertEqual(preview["status"], "completed", preview)
        result = preview["result"]
        self.assertEqual((result["is_list"], result["title"], result["entries"]), (False, "A song to look at", []))
        self.assertAlmostEqual(result["duration_seconds"], 2, delta=0.2)
        cover = self.api("GET", result["cover_url"])
        self.assertEqual((cover.status, cover.headers.get_content_type(), cover.body[:2]), (200, "image/jpeg", b"\xff\xd8"))
        self.assertEqual(self.site.log("/media/"), [], "no media is fetched")
        self.assertEqual(self.api("GET", "/api/jobs").json["total"], 0, "and no job is made")

    def test_of_a_list(self):
        preview = self.look(url=self.site.playlist("PLpreview001", title="Look at us", each=CLIP, entries=[
            "okokoko0061", {"id": "okokoko0062", "kind": "private"}, "okokoko0063", "okokoko0064"]), max_items=3)
        result = preview["result"]
        self.assertEqual((result["is_list"], result["title"], result["more"]), (True, "Look at us", True), preview)
        self.assertEqual([(e["index"], e["available"], e["error"] and e["error"]["kind"]) for e in result["entries"]],
                         [(1, True, None), (2, False, "login_required"), (3, True, None)])
        self.assertTrue(all(e["url"].startswith("https://www.youtube.com/watch?v=") for e in result["entries"]))
        reply = self.api("POST", "/api/jobs", {"urls": [e["url"] for e in result["entries"] if e["available"]], "scheduled_at": "2099-01-01T00:00:00Z"})
        self.assertEqual((reply.status, len(reply.json["jobs"])), (201, 2), "what is chosen can be submitted as it is")
        for job in reply.json["jobs"]:
            self.api("DELETE", f"/api/jobs/{job['job_id']}")

    def test_of_lists_in_a_list_and_of_one_that_broke_off(self):
        self.site.playlist("PLpreview002", entries=["okokoko0065", "okokoko0066"], page_size=1, fail_page=2, fail_times=4, each=CLIP)
        preview = self.look(url=self.site.playlist("PLpreview003", each=CLIP, entries=[{"id": "PLpreview002", "kind": "list"}, "okokoko0067"]))
        self.assertEqual([(e["index"], e["url"][-11:]) for e in preview["result"]["entries"]],
                         [(1, "okokoko0067"), (2, "okokoko0065"), (3, "okokoko0066")], preview)

    def test_of_a_search_and_of_spotify(self):
        self.site.search("frontiers kievernagel", n=10, entries=[{"id": "foundit0001", "title": "Kievernagel - Frontiers", "channel": "Kievernagel", "duration": 100}])
        preview = self.look(search_query="Frontiers Kievernagel")
        self.assertEqual(preview["status"], "completed", preview)
        self.assertTrue(preview["result"]["url"].endswith("foundit0001"))
        self.assertGreaterEqual(preview["result"]["match"]["score"], 70)
        preview = self.look(url=self.s.spotify.link("A", 4))
        self.assertEqual(([e["title"] for e in preview["result"]["entries"]], preview["result"]["title"]), (["Song 0", "Song 1", "Song 2", "Song 3"], "Album 4"))

    def test_that_fails_says_why(self):
        preview = self.look(url="https://www.youtube.com/watch?v=private0001")
        self.assertEqual((preview["status"], preview["error"]["kind"]), ("failed", "login_required"), preview)
        self.assertTrue(preview["error"]["hint"])

    def test_does_not_wait_for_what_is_queued(self):
        jobs = [self.s.submit(self.site.watch("frontiers", clip=20, rate=20000, n=n)) for n in range(3)]
        eventually(lambda: self.s.job(jobs[0])["status"] == "downloading", 20, "the only place is taken")
        self.assertEqual(self.look(url=self.site.youtube("preview0002", name="frontiers", **CLIP))["status"], "completed")
        self.assertIn(self.s.job(jobs[2])["status"], ("pending", "downloading"))
        for job in jobs:
            self.api("DELETE", f"/api/jobs/{job}")

    def test_is_refused_when_the_request_makes_no_sense(self):
        for body, fields in (({}, ["url"]), ({"url": "file:///etc/passwd"}, ["url"]), ({"url": "https://a.example/", "search_query": "x"}, ["url"]),
                             ({"search_query": " "}, ["search_query"]), ({"url": "https://a.example/", "bitrate_kbps": 320}, ["bitrate_kbps"]),
                             ({"url": "https://a.example/", "max_items": -1}, ["max_items"])):
            with self.subTest(str(body)):
                self.assertProblem(self.api("POST", "/api/preview", body), 422, "input", fields)
        self.assertProblem(self.api("GET", "/api/preview/01a1fbcb-58d2-79bb-a761-777da8c3dd49"), 404, "not_found")

    def test_leaves_nothing_behind(self):
        self.look(url=self.site.youtube("preview0003", name="frontiers", **CLIP))
        eventually(lambda: not self.s.work_entries(), 10, lambda: f"nothing is left: {self.s.work_entries()}")


if __name__ == "__main__":
    main()
