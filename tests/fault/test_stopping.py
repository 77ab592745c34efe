"""Cancelling and pausing a download whose program does not listen."""

LIMIT_SECONDS = 240

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, eventually, main, process_tree
from harness.chances import figures
from invariants import no_strays, nothing_left, truthful_log


class Deaf(Case):
    """yt-dlp has half a file, says nothing and ignores SIGTERM."""

    def running(self):
        s = self.stack(workers=0, stub="fast", env={"RETRY_BASE_MS": "50", "STALL_TIMEOUT_S": "300"})
        self.worker = s.worker("one")
        job = s.submit(s.site.url("/stub", do="hang"))
        eventually(lambda: self.partial(s), 20, "half a file")
        eventually(lambda: self.below(), 5, "it runs")
        return s, job

    def below(self):
        return [p for p in process_tree(self.worker.pid) if "fast.sh" in p.command]

    @staticmethod
    def partial(s):
        return [f for f in s.work_entries() if f.endswith(".part")]

    def stopped_in_time(self, s, began):
        term = s.stub_log + ".term"
        eventually(lambda: os.path.exists(term), 2, "it is asked to stop", 0.01)
        felt = time.monotonic() - began
        eventually(lambda: not self.below(), 6, lambda: f"it ends: {self.below()}", 0.01)
        gone = time.monotonic() - began
        figures(self, f"felt after {felt:.2f} s, gone after {gone:.2f} s")
        self.assertLess(felt, 1 * PATIENCE)
        self.assertLess(gone, 5 * PATIENCE)

    def test_program_is_felt_to_be_cancelled_within_a_second_and_gone_within_five(self):
        s, job = self.running()
        began = time.monotonic()
        self.assertIn(s.api("POST", f"/api/jobs/{job}/cancel").status, (200, 202))
        self.stopped_in_time(s, began)
        s.wait(job, "cancelled", 5)
        eventually(lambda: not s.work_entries(), 5, lambda: f"partial files are gone: {s.work_entries()}")
        truthful_log(self, s)
        nothing_left(self, s)
        no_strays(self, s)

    def test_program_is_ended_by_a_pause_that_keeps_its_bytes(self):
        s, job = self.running()
        began = time.monotonic()
        self.assertIn(s.api("POST", f"/api/jobs/{job}/pause").status, (200, 202))
        self.stopped_in_time(s, began)
        eventually(lambda: s.job(job)["status"] == "paused", 5, lambda: f"it is paused: {s.job(job)}")
        self.assertTrue(self.partial(s), "what there is stays for later")
        self.assertEqual(s.rows("SELECT failures, crashes FROM tasks WHERE failures OR crashes"), [])
        no_strays(self, s)
        os.remove(s.stub_log + ".term")
        self.assertIn(s.api("POST", f"/api/jobs/{job}/resume").status, (200, 202))
        eventually(self.below, 10, "it runs again")
        self.assertTrue(self.partial(s))
        self.assertIn(s.api("POST", f"/api/jobs/{job}/cancel").status, (200, 202))
        s.wait(job, "cancelled", 10)
        eventually(lambda: not s.work_entries(), 5, lambda: f"partial files are gone: {s.work_entries()}")
        truthful_log(self, s)

    def test_program_is_ended_when_its_job_is_deleted(self):
        s, job = self.running()
        began = time.monotonic()
        self.assertIn(s.api("DELETE", f"/api/jobs/{job}").status, (200, 202, 204))
        self.stopped_in_time(s, began)
        eventually(lambda: not s.rows("SELECT 1 FROM download_jobs"), 10, "its row is gone")
        self.assertEqual(s.work_entries() + s.audio_files(), [])
        self.assertEqual(s.rows("SELECT * FROM job_counts WHERE jobs != 0"), [])
        no_strays(self, s)


if __name__ == "__main__":
    main()
