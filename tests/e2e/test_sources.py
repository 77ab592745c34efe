"""Sources that are no music, or no source: a clear error of the right kind, nothing left behind, no endless retry."""

LIMIT_SECONDS = 420

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, eventually, main
from harness.stack import FINISHED

# Retries are quick here, so that "gives up" is seen and not believed.
QUICK_RETRIES = {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "STALL_TIMEOUT_S": "3"}

class Sources(StackCase):
    OPTIONS = {"env": {**QUICK_RETRIES, "WORKER_CONCURRENCY": "3"}}

    def check(self, cases, timeout=60):
        jobs = [(name, self.s.submit(url), kinds) for name, url, kinds in cases]
        for name, job_id, kinds in jobs:
            with self.subTest(name):
                if kinds in ("rate_limited", "bot_check"):      # the source rests, and the job waits for it
                    refused = eventually(lambda: (j := self.s.job(job_id))["error"] and j, timeout, "it is refused")
                    self.assertEqual((refused["error"]["kind"], refused["attempt"], refused["state"]), (kinds, 1, "queued"), refused)
                    self.s.api("POST", f"/api/jobs/{job_id}/cancel")
                    continue
                job = self.s.wait(job_id, FINISHED, timeout)
                self.assertEqual(job["status"], "failed", job)
                self.assertIn(job["error"]["kind"], kinds.split("|"), job["error"])
                self.assertTrue(job["error"]["detail"].strip())
                self.assertNotIn("Traceback", job["error"]["detail"])
                self.assertEqual(self.s.audio_files(job_id), [])
                self.assertFalse(os.path.exists(os.path.join(self.s.data, "downloads", "library", job_id)), "no empty directory either")
        eventually(lambda: not self.s.work_entries(), 5, lambda: f"no work directory is left: {self.s.work_entries()}")
        eventually(lambda: self.s.value("SELECT count(*) FROM tasks WHERE state IN ('queued', 'running')") == 0, 5, "nobody tries again")

    def test_that_are_no_music(self):
        self.check([
            ("a page without media", self.site.url("/empty.html"), "unsupported"),
            ("a picture, PNG", self.site.url("/picture.png"), "bad_media|unsupported"),
            ("a picture, JPEG", self.site.url("/picture.jpg"), "bad_media|unsupported"),
            ("a page that calls itself music", self.site.url("/html-as.mp3"), "bad_media"),
            ("an empty file", self.site.url("/empty.mp3"), "bad_media"),
            ("a truncated MP3", self.site.url("/truncated.mp3"), "bad_media"),
            ("a truncated M4A", self.site.url("/truncated.m4a"), "bad_media"),
            ("a truncated WebM", self.site.url("/truncated.webm"), "bad_media"),
            ("a recording shorter than its page says", self.site.watch("frontiers", clip=2, page_duration=600), "bad_media"),
        ])

    def test_that_answer_with_an_error(self):
        self.check([
            ("page 404", self.site.watch("frontiers", page_status=404), "unavailable"),
            ("page 410", self.site.watch("frontiers", page_status=410), "unavailable"),
            ("page 403", self.site.watch("frontiers", page_status=403), "forbidden"),
            ("page 401", self.site.watch("frontiers", page_status=401), "login_required"),
            ("page 429", self.site.watch("frontiers", page_status=429), "rate_limited"),
            ("page 451", self.site.watch("frontiers", page_status=451), "geo_blocked"),
            ("page 500", self.site.watch("frontiers", page_status=500), "network"),
            ("page 503", self.site.watch("frontiers", page_status=503), "network"),
            ("nobody of that name", self.site.url("/watch/nobody"), "unavailable"),
            ("media 404", self.site.watch("frontiers", clip=2, status=404), "unavailable"),
            ("media 403", self.site.watch("frontiers", clip=2, status=403), "forbidden"),
            ("media 429", self.site.watch("frontiers", clip=2, status=429), "rate_limited"),
        ], 90)

    def test_of_youtube_that_cannot_be_had(self):
        self.check([(video_id, f"https://www.youtube.com/watch?v={video_id}0001", kind) for video_id, kind in (
            ("private", "login_required"), ("agegate", "age_restricted"), ("botwall", "bot_check"), ("ratelim", "rate_limited"), ("geogeog", "geo_blocked"),
            ("drmdrmd", "drm"), ("members", "login_required"), ("livesoo", "live"), ("upcomin", "live"), ("livenow", "live"), ("removed", "unavailable"),
            ("noforma", "no_format"), ("oldtool", "outdated_tool"))])

    def test_that_cannot_be_reached(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            self.check([("nobody listens", f"http://127.0.0.1:{nobody.getsockname()[1]}/a.mp3", "network"),
                        ("a name that does not exist", "http://nobody.invalid/a.mp3", "network|unavailable"),
                        ("a redirect to a file", self.site.url("/redirect", to="file:///etc/passwd"), "unsupported|network|input|forbidden"),
                        ("a redirect in a circle", self.site.url("/redirect", to="/redirect?to=/redirect"), "network|unsupported|unavailable")])

    def test_with_a_hole_fail_instead_of_losing_music(self):
        self.check([("a missing fragment", self.site.url("/hls/frontiers/index.m3u8", clip=8, missing=2), "unavailable|network")], 120)

    def test_that_stop_sending_are_given_up(self):
        self.check([("media that stalls", self.site.watch("frontiers", clip=20, stall=50000), "timeout|network"),
                    ("media that never answers", self.site.watch("frontiers", clip=2, hang=1), "timeout|network")], 90)

    def test_that_are_refused_say_what_can_be_done(self):
        job = self.s.finish("https://www.youtube.com/watch?v=private0001")
        self.assertTrue(job["error"]["hint"])


class Limits(StackCase):
    OPTIONS = {"env": {**QUICK_RETRIES, "MAX_FILE_SIZE_MB": "1", "MAX_DURATION_S": "60", "WORKER_CONCURRENCY": "3"}}
    check = Sources.check

    def test_files_over_the_size_limit_are_refused_whatever_they_announce(self):
        self.check([("with a length", self.site.media("frontiers", "wav", clip=30), "too_large"),
                    ("without a length", self.site.media("frontiers", "wav", clip=30, nolength=1), "too_large")])

    def test_recordings_over_the_duration_limit_are_refused(self):
        self.check([("as the page says", self.site.watch("frontiers", clip=2, page_duration=100000), "too_large|input"),
                    ("as the file turns out", self.site.media("frontiers", "ogg", clip=90), "too_large|bad_media")])


if __name__ == "__main__":
    main()
