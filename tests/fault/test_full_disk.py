"""A disk that is full: what was accepted stays, nothing is begun, nothing is half done, and with room again all goes on by itself."""

LIMIT_SECONDS = 900

import collections
import contextlib
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, eventually, main, media
from harness.chances import chance, figures, number
from invariants import finished_once, no_strays, truthful_log
from mounts import stack_on_small_disk, stack_with_small_disk_at

FILLS = number("FILLS", 6)


class FullDisk(Case):
    def fill(self, s, leave_kb=0):
        """Takes all of the disk but so much."""
        with open(os.path.join(s.data, "ballast"), "ab") as out, contextlib.suppress(OSError):
            for size in (1 << 20, 4096):
                while self.free_kb(s) - leave_kb >= size >> 10:
                    out.write(b"\0" * size)
                    out.flush()

    def empty(self, s):
        os.remove(os.path.join(s.data, "ballast"))

    @staticmethod
    def free_kb(s):
        v = os.statvfs(s.data)
        return v.f_bavail * v.f_frsize >> 10

    def retried(self, s, job):
        """(stage, kind) of the failures so far."""
        return [(e["stage"], e["kind"]) for e in s.api("GET", f"/api/jobs/{job}/events").json["events"] if e["event"] == "retrying"]

    def sound(self, s, jobs):
        finished_once(self, s, jobs)
        truthful_log(self, s)
        no_strays(self, s)

    def test_of_one_directory_alone_is_noticed_and_files_cross_from_one_to_the_other(self):
        for below in ("work", "downloads"):
            with self.subTest(below):
                s = stack_with_small_disk_at(self, below, 24, workers=0, stub="fast", env={"MIN_FREE_MB": "4"})
                s.worker("one")
                jobs = [s.finish(s.site.url("/stub", n=0))["job_id"]]
                self.assertEqual(s.job(jobs[0])["status"], "completed", s.tail())
                ballast = os.path.join(s.data, below, "ballast")
                with open(ballast, "wb") as out:
                    out.write(b"\0" * (21 << 20))
                time.sleep(1.5)                 # a worker looks once a second
                jobs.append(s.submit(s.site.url("/stub", n=1)))
                eventually(lambda: "free disk space" in (s.job(jobs[1])["waiting_for"] or ""), 5, lambda: f"it says so: {s.job(jobs[1])}")
                os.remove(ballast)
                s.wait(jobs[1], "completed", 30)
                self.sound(s, jobs)

    def test_that_is_nearly_full_begins_nothing_and_says_so(self):
        s = stack_on_small_disk(self, 24, workers=0, stub="fast", env={"MIN_FREE_MB": "4"})
        s.worker("one")
        jobs = [s.finish(s.site.url("/stub", n=0))["job_id"]]
        self.fill(s, 2048)
        time.sleep(1.5)                 # a worker looks once a second
        jobs.append(s.submit(s.site.url("/stub", n=1)))
        eventually(lambda: "free disk space" in (s.job(jobs[1])["waiting_for"] or ""), 5, lambda: f"it says so: {s.job(jobs[1])}")
        time.sleep(2)
        self.assertEqual(s.value("SELECT attempt FROM tasks WHERE state = 'queued'"), 0, "not begun")
        self.empty(s)
        s.wait(jobs[1], "completed", 30)
        self.assertEqual(s.value("SELECT max(attempt) FROM tasks"), 1, "no attempt was lost on it")
        self.sound(s, jobs)

    def test_for_the_database_refuses_what_it_cannot_keep_and_keeps_what_it_accepted(self):
        s = stack_on_small_disk(self, 16, workers=0, stub="fast")
        worker = s.worker("one")
        jobs = [s.finish(s.site.url("/stub", n="first"))["job_id"]]
        worker.drain()
        self.fill(s, 200)
        refused = None
        for n in range(2000):
            reply = s.api("POST", "/api/jobs", {"url": s.site.url("/stub", n=n)}, headers={"Idempotency-Key": f"full-{n}"})
            if reply.status != 201:
                refused = reply
                break
            jobs.append(reply.json["job_id"])
        self.assertIsNotNone(refused, "it was not full")
        self.assertProblem(refused, 507, "disk")
        self.assertEqual(s.api("GET", "/api/jobs").status, 200, "reading goes on")
        self.assertEqual(s.value("SELECT count(*) FROM download_jobs"), len(jobs), "what was accepted, and nothing else")
        worker.start()
        time.sleep(2)
        self.empty(s)
        again = s.api("POST", "/api/jobs", {"url": s.site.url("/stub", n=len(jobs) - 1)}, headers={"Idempotency-Key": f"full-{len(jobs) - 1}"})
        self.assertEqual(again.status, 201, again)
        jobs.append(again.json["job_id"])
        if not worker.alive():
            worker.start()
        for job in jobs:
            s.wait(job, "completed", 60)
        figures(self, f"507 after {len(jobs) - 2} jobs on a full disk; all complete afterwards")
        self.sound(s, jobs)

    def test_in_the_middle_of_a_download_pauses_it_until_there_is_room(self):
        s = stack_on_small_disk(self, 16, workers=0, env={"RETRY_BASE_MS": "500", "MAX_RETRIES": "10"})
        s.worker("one")
        job = s.submit(s.site.watch("frontiers", clip=20, rate=80000))
        eventually(lambda: s.job(job)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        self.fill(s)
        hit = lambda: [f for f in self.retried(s, job) if f[1] == "disk"]
        # An attempt's failure is a row, and so may not fit; then it is written when there is room.
        with contextlib.suppress(AssertionError):
            eventually(hit, 15)
        self.assertEqual(s.audio_files(), [])
        self.empty(s)
        s.wait(job, "completed", 90)
        self.assertTrue(hit(), self.retried(s, job))
        self.sound(s, [job])

    def test_at_any_write_behind_the_download_leaves_no_half_file_and_the_job_completes(self):
        """The download ends, and leaves a few KiB of the disk: so the write that does not fit is the first, the second …"""
        dice, jobs, stages = chance(), [], collections.Counter()
        s = stack_on_small_disk(self, 24, workers=0, stub="fast", sample_seconds=20, env={"RETRY_BASE_MS": "500", "MAX_RETRIES": "10"})
        s.worker("one")
        first = s.finish(s.site.url("/stub"), 60)
        jobs.append(first["job_id"])
        one_kb = first["tracks"][0]["file"]["size_bytes"] >> 10
        rooms = [0, 16, one_kb + 8, one_kb + 40, 2 * one_kb + 8, 2 * one_kb + 48]
        rooms += [dice.randrange(0, 2 * one_kb + 120) for _ in range(FILLS - len(rooms))]
        ballast = s.stub_log + ".ballast"
        for n, room in enumerate(rooms):
            with open(s.stub_log + ".room", "w", encoding="ascii") as out:
                out.write(str(room))
            job = s.submit(s.site.url("/stub", do="fill", n=n))
            jobs.append(job)
            eventually(lambda: os.path.exists(ballast), 30, "the disk is full")
            with contextlib.suppress(AssertionError):
                eventually(lambda j=job: self.retried(s, j) or s.job(j)["status"] == "completed", 5)
            for path in (f for f in s.audio_files(job) if not f.endswith(".dat")):
                self.assertEqual(media.decoder_complaints(path), "", "what bears a final name is whole")
            os.remove(os.path.join(s.data, "ballast"))
            s.wait(job, "completed", 90)
            os.remove(ballast)
            hit = self.retried(s, job)
            stages.update(f"{stage} {kind}" for stage, kind in hit[:1])
            self.assertEqual({kind for _, kind in hit} - {"disk"}, set(), f"{room} KiB of room: {hit}")
        figures(self, f"{len(rooms)} full disks with 0 to {max(rooms)} KiB of room; first hit: {dict(stages)}")
        self.assertGreaterEqual(len(stages), 2, stages)
        self.sound(s, jobs)


if __name__ == "__main__":
    main()
