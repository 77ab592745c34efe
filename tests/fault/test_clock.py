"""Somebody sets the wall clock: what waits a while still waits that while, and what waits for a time of day starts by the clock."""

LIMIT_SECONDS = 300

import datetime
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, eventually, main
from harness.chances import figures
from invariants import finished_once, no_strays, truthful_log

HOUR = 3600
JUMPS = [("an hour back", -HOUR), ("an hour ahead", HOUR), ("ten years ahead", 10 * 365 * 24 * HOUR), ("back again", 0)]


class WallClock(Case):
    """The whole stack runs on a clock of the test (clock_shim.c)."""

    def setUp(self):
        scratch = self.enterContext(tempfile.TemporaryDirectory(prefix="dubplate-clock-"))
        shim = os.path.join(scratch, "clock_shim.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock_shim.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", shim, source], check=True)
        self.clock = os.path.join(scratch, "offset")
        self.set_clock(0)
        env = {"LD_PRELOAD": shim, "DUBPLATE_TEST_CLOCK": self.clock, "RETRY_BASE_MS": "2000", "LEASE_S": "5", "MAX_RETRIES": "5",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        self.s = self.stack(workers=0, stub="fast", env=env)
        self.s.worker("one")

    def set_clock(self, seconds):
        self.offset = seconds
        with open(self.clock + ".new", "w", encoding="ascii") as f:
            f.write(str(seconds))
        os.rename(self.clock + ".new", self.clock)

    def test_is_set_and_a_retry_in_two_seconds_still_comes_in_two_seconds(self):
        s, jobs, waits = self.s, [], []
        let = s.stub_log + ".let"
        for n, (name, seconds) in enumerate(JUMPS):
            with self.subTest(name):
                jobs.append(s.submit(s.site.url("/stub", do="refuse", n=n)))
                waiting = lambda: s.rows("SELECT run_after_ms FROM tasks WHERE state = 'queued' AND waits_for = 'retry'")
                eventually(waiting, 20, lambda: f"it waits to be tried again\n{s.tail()}")
                with open(let, "w", encoding="ascii"):
                    pass
                began = time.monotonic()
                self.set_clock(seconds)
                s.wait(jobs[-1], "completed", 15)
                waits.append(f"{name}: {time.monotonic() - began:.1f} s")
                self.assertLess(time.monotonic() - began, 10 * PATIENCE)
                os.remove(let)
        figures(self, "completed after a retry of 2 s, " + ", ".join(waits))
        self.assertEqual(s.rows("SELECT crashes FROM tasks WHERE crashes"), [], "leases run on another clock")
        finished_once(self, s, jobs)
        truthful_log(self, s)
        no_strays(self, s)

    def test_is_set_and_a_schedule_keeps_to_it(self):
        s = self.s
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=30)
        job = s.submit(s.site.url("/stub"), scheduled_at=at.isoformat(timespec="seconds").replace("+00:00", "Z"))
        self.assertEqual(s.job(job)["status"], "scheduled")
        self.set_clock(-HOUR)
        time.sleep(2)
        self.assertEqual(s.job(job)["status"], "scheduled")
        self.set_clock(HOUR)
        s.wait(job, "completed", 15)
        finished_once(self, s, [job])

    def test_is_known_to_be_of_this_boot(self):
        """Across a restart nobody can tell the time that passed from a clock that was set: then nothing is moved."""
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as f:
            boot = f.read().strip()
        eventually(lambda: self.s.rows("SELECT boot_id FROM clock") == [{"boot_id": boot}], 10, lambda: f"{boot} is known: {self.s.rows('SELECT * FROM clock')}")

    def test_is_set_while_a_job_runs_and_it_runs_once(self):
        s, jobs = self.s, []
        for _, seconds in JUMPS:
            jobs.append(s.submit(s.site.url("/stub", do="slow", n=len(jobs))))
            eventually(lambda job=jobs[-1]: s.job(job)["progress"]["downloaded_bytes"], 20, "it runs", 0.02)
            self.set_clock(seconds)
            s.wait(jobs[-1], "completed", 20)
        self.assertEqual(s.value("SELECT max(attempt) FROM tasks WHERE kind IN ('resolve', 'track')"), 1)
        finished_once(self, s, jobs)


if __name__ == "__main__":
    main()
