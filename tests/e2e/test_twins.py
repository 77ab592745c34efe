"""Jobs that turn out to want the same recording at the same time: one fetches it, the others wait for that and say so."""

LIMIT_SECONDS = 300

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Case, eventually, main
from harness.stack import FINISHED

QUICK = {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "WORKER_CONCURRENCY": "4", "CACHE_DAYS": "30"}
REASON = "another job that fetches the same recording"
SLOW = {"modes": {"clip": "6", "rate": "3000"}}      # longer than anything else here takes
FAST = {"modes": {"clip": "6"}}


class Twins(Case):
    def test_of_eight_one_downloads(self):
        s = self.stack(env=QUICK)
        alone = s.finish(s.site.youtube("twinalone01", name="frontiers", modes={"clip": "2"}))
        self.assertEqual(alone["status"], "completed")
        requests = len(s.site.log("/media/"))
        self.assertGreater(requests, 0)

        s.site.forget()
        s.site.youtube("twintwin001", name="frontiers", modes={"clip": "2"})
        queries = ("Frontiers Michael Kievernagel", "Michael Kievernagel Frontiers", "frontiers - michael kievernagel", "kievernagel michael frontiers")
        for query in queries:
            s.site.search(query, n=10, entries=[{"id": "twintwin001", "title": "Michael Kievernagel - Frontiers", "channel": "Michael Kievernagel"}])
        self.assertEqual(s.api("POST", "/api/queue/default/pause").status, 200)
        wishes = [{"search_query": q} for q in queries] + [{"url": "https://youtu.be/twintwin001", "client_ref": str(n)} for n in range(4)]
        replies = [s.api("POST", "/api/jobs", wish) for wish in wishes]
        self.assertEqual([r.status for r in replies], [201] * 8)
        jobs = [r.json["job_id"] for r in replies]
        self.assertEqual(len(set(jobs)), 8)
        self.assertEqual(s.api("POST", "/api/queue/default/resume").status, 200)
        ended = [s.wait(job, "completed", 90) for job in jobs]
        self.assertEqual(len(s.site.log("/media/")), requests, "one download")
        self.assertEqual(sorted(job["cached"] for job in ended), [False] + [True] * 7)
        self.assertEqual(len({job["tracks"][0]["file"]["path"] for job in ended}), 1)
        self.assertEqual(len([f for f in s.audio_files() if f.endswith(".mp3")]), 2)
        eventually(lambda: not s.work_entries(), 5, lambda: f"{s.work_entries()}")

    def two(self, s, video):
        """A slow one that leads, and one that waits for it; a third attempt would be fast."""
        link = s.site.youtube(video, name="frontiers", **SLOW)
        first = s.submit(link)
        eventually(lambda: s.site.log("/media/"), 30, "it downloads")
        s.site.youtube(video, name="frontiers", **FAST)
        second = s.submit(link, client_ref="second")
        waiting = eventually(lambda: (j := s.job(second))["waiting_for"] == REASON and j, 30, lambda: f"waits: {s.job(second)}")
        self.assertIsNone(waiting["waiting_until"])
        return first, second

    def test_that_lose_the_one_they_wait_for_go_ahead_themselves(self):
        s = self.stack(env=QUICK)
        for n, (method, path) in enumerate((("POST", "/cancel"), ("DELETE", ""), ("POST", "/pause"))):
            with self.subTest(path):
                first, second = self.two(s, f"twinlost{n:03d}")
                tag = s.api("GET", f"/api/jobs/{second}").headers["ETag"]
                self.assertIn(s.api(method, f"/api/jobs/{first}{path}").status, (200, 202, 204))
                job = s.wait(second, "completed", 20)        # the wait by itself would be longer
                self.assertFalse(job["cached"], job)
                self.assertNotEqual(tag, s.api("GET", f"/api/jobs/{second}").headers["ETag"])
                s.site.forget()
        self.assertEqual(s.api("POST", f"/api/jobs/{first}/resume").status, 200)
        self.assertEqual(s.wait(first, "completed", 40)["cached"], True, "what was paused finds what was made in the meantime")
        self.assertEqual(s.site.log("/media/"), [])
        eventually(lambda: not s.work_entries(), 30, lambda: f"{s.work_entries()}")

    def test_are_told_as_soon_as_it_is_there(self):
        s = self.stack(env=QUICK)
        first, second = self.two(s, "twinwait001")
        self.assertEqual(s.wait(first, FINISHED, 60)["status"], "completed")
        job = s.wait(second, "completed", 20)
        self.assertTrue(job["cached"], job)
        events = [e["event"] for e in s.api("GET", f"/api/jobs/{second}/events").json["events"]]
        self.assertEqual(events[-1], "cached", events)


if __name__ == "__main__":
    main()
