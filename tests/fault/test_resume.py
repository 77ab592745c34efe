"""A download that was cut by a kill goes on where it stopped, and does not ask for the metadata again."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Case, eventually, main, media


class Resume(Case):
    def interrupted(self, url, victim):
        """A stack whose only worker had `victim` killed while bytes arrived, and then ran again."""
        s = self.s
        worker = s.worker("one", LEASE_S="5")
        job = s.submit(url)
        eventually(lambda: (s.job(job)["progress"]["downloaded_bytes"] or 0) > 60000, 30, "60 KB arrive")
        victim(worker)
        eventually(lambda: not [p for p in s.site.log("/media/") if not p["ended"]], 10, "the connection ends")
        if not worker.alive():
            worker.start()
        return s.wait(job, "completed", 60)

    def check(self, job):
        ranges = [e["range"] for e in self.s.site.log("/media/") if e["method"] == "GET"]
        resumed = [int(m.group(1)) for r in ranges if r and (m := re.fullmatch(r"bytes=(\d+)-", r))]
        self.assertTrue(any(start > 30000 for start in resumed), ranges)
        path = next(f for f in self.s.audio_files(job["job_id"]) if f.endswith(".mp3"))
        self.assertAlmostEqual(media.decoded_seconds(path), 20, delta=0.05)
        eventually(lambda: not self.s.work_entries(), 5, lambda: f"no work directory is left: {self.s.work_entries()}")

    def setUp(self):
        self.s = self.stack(workers=0, env={"RETRY_BASE_MS": "50"})

    def test_after_the_worker_was_killed(self):
        job = self.interrupted(self.s.site.watch("frontiers", clip=20, ext="webm", rate=80000), lambda w: w.kill())
        self.check(job)
        self.assertEqual(len(self.s.site.log("/watch/")), 1, "the metadata was kept")

    def test_after_the_task_was_killed(self):
        job = self.interrupted(self.s.site.youtube("killme00001", name="frontiers", modes={"clip": "20", "rate": "80000"}),
                               lambda w: [p.kill() for p in w.tasks()] or self.fail("no task to kill"))
        self.check(job)
        self.assertEqual(len(self.s.site.log("/youtube/")), 1, "the metadata was kept")

    def test_of_a_media_file_itself(self):
        self.check(self.interrupted(self.s.site.media("frontiers", "webm", clip=20, rate=80000), lambda w: w.kill()))

    def test_after_a_drain_that_did_not_wait(self):
        def stop(worker):
            worker.drain()
        self.s.env["DRAIN_S"] = "0"
        self.check(self.interrupted(self.s.site.watch("frontiers", clip=20, ext="webm", rate=80000), stop))

    def test_of_a_complete_part_file_is_repaired(self):
        """A kill after the last byte and before the rename: yt-dlp alone would get 416 for ever (its issue 12994)."""
        worker = self.s.worker("one", LEASE_S="5")
        job = self.s.submit(self.s.site.watch("frontiers", clip=20, ext="webm", rate=80000))
        part = eventually(lambda: [p for p in self.s.work_entries() if p.endswith(".part")], 30, "a .part file")[0]
        worker.kill()
        whole = self.s.site.fetch(self.s.site.media("frontiers", "webm", clip=20))
        eventually(lambda: not [p for p in self.s.site.log("/media/") if not p["ended"]], 10, "the connection ends")
        self.assertTrue(os.path.exists(part))
        with open(part, "wb") as f:
            f.write(whole)
        worker.start()
        self.s.wait(job, "completed", 60)
        path = next(f for f in self.s.audio_files(job) if f.endswith(".mp3"))
        self.assertAlmostEqual(media.decoded_seconds(path), 20, delta=0.05)

    def test_of_an_hls_playlist_is_without_a_hole(self):
        job = self.interrupted(self.s.site.url("/hls/frontiers/index.m3u8", clip=20, rate=40000), lambda w: w.kill())
        path = next(f for f in self.s.audio_files(job["job_id"]) if f.endswith(".mp3"))
        self.assertAlmostEqual(media.decoded_seconds(path), 20, delta=0.1)

    def test_from_a_server_without_ranges_starts_again(self):
        job = self.interrupted(self.s.site.watch("frontiers", clip=20, ext="webm", rate=80000, norange=1), lambda w: w.kill())
        path = next(f for f in self.s.audio_files(job["job_id"]) if f.endswith(".mp3"))
        self.assertAlmostEqual(media.decoded_seconds(path), 20, delta=0.05)


if __name__ == "__main__":
    main()
