"""Links to media files themselves: fetched by libcurl, and by yt-dlp only where they turn out to be pages."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, eventually, main


class Direct(StackCase):
    OPTIONS = {"env": {"ALLOW_SOURCE_NETS": "127.0.0.1/32", "RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "WORKER_CONCURRENCY": "1",
                       "STALL_TIMEOUT_S": "2"}}

    def setUp(self):
        self.site.forget()

    def track(self, url, status="completed"):
        job = self.s.wait(self.s.submit(url), status)
        return self.s.result(job["job_id"])["tracks"][0]

    def test_a_file_costs_two_requests_and_no_yt_dlp(self):
        self.track(self.site.media("frontiers", "opus", clip=2))
        self.assertEqual([(e["method"], e["status"], e["range"]) for e in self.site.log()], [("GET", 206, "bytes=0-0"), ("GET", 200, None)])

    def test_its_name_becomes_the_title(self):
        for query, title in (({}, "machine wars"), ({"save_as": "Michael Kievernagel - Machine Wars (2004).flac"}, "Michael Kievernagel - Machine Wars (2004)"),
                             ({"save_as": "../ Überfall_im_Wald.flac"}, "Überfall im Wald"), ({"save_as": "a-song-of-2004-05-20.flac"}, "a song of 2004-05-20"),
                             ({"save_as": ".flac"}, ".flac")):
            with self.subTest(title):
                self.assertEqual(self.track(self.site.media("machine_wars", "flac", clip=1, **query))["title"], title)

    def test_a_page_at_the_address_of_a_file_is_read_as_a_page(self):
        self.assertEqual(self.track(self.site.url("/page/frontiers.mp3", clip=2))["artist"], "Michael Kievernagel")

    def test_a_redirect_is_followed_and_not_into_a_private_network(self):
        self.track(self.site.url("/redirect.mp3", to=self.site.media("frontiers", clip=1)))
        for target, kinds in ((f"http://127.0.0.2:{self.site.port}/media/frontiers.mp3", ("input",)), ("http://169.254.169.254/latest/a.mp3", ("input",)),
                              ("file:///etc/passwd", ("unsupported",)), ("/redirect.mp3?to=/redirect.mp3", ("unsupported",))):
            with self.subTest(target):
                job = self.s.wait(self.s.submit(self.site.url("/redirect.mp3", to=target)), "failed")
                self.assertIn(job["error"]["kind"], kinds, job["error"])
                self.assertNotIn("root:", job["error"]["detail"])

    def test_an_answer_of_the_server_is_the_kind_of_the_failure(self):
        for status, kind in ((401, "login_required"), (403, "forbidden"), (404, "unavailable"), (451, "geo_blocked"), (500, "network")):
            with self.subTest(status):
                job = self.s.wait(self.s.submit(self.site.media("frontiers", clip=1, status=status)), "failed")
                self.assertEqual(job["error"]["kind"], kind, job["error"])

    def test_a_server_that_stalls_is_given_up(self):
        job = self.s.wait(self.s.submit(self.site.media("frontiers", clip=20, stall=50000)), "failed")
        self.assertEqual(job["error"]["kind"], "timeout", job["error"])

    def test_progress_is_shown_and_cancelling_ends_it(self):
        job = self.s.submit(self.site.media("frontiers", "webm", clip=20, rate=20000))
        size = len(self.site.fetch(self.site.media("frontiers", "webm", clip=20)))
        seen = eventually(lambda: (j := self.s.job(job))["progress"]["downloaded_bytes"] and j, 20, "bytes arrive")
        self.assertEqual(seen["progress"]["total_bytes"], size, seen)
        self.assertEqual(self.api("POST", f"/api/jobs/{job}/cancel").status, 200)
        self.s.wait(job, "cancelled", 5)
        eventually(lambda: not self.s.work_entries(), 5, lambda: f"work is removed: {self.s.work_entries()}")


class NoPrivateNetworks(StackCase):
    OPTIONS = {"env": {"ALLOW_SOURCE_NETS": ""}}

    def test_a_link_into_them_is_refused(self):
        self.assertProblem(self.api("POST", "/api/jobs", {"url": self.site.media("frontiers", clip=1)}), 422, "input")


if __name__ == "__main__":
    main()
