"""Kills at random moments over thousands of jobs: workers, tasks, their programs, handlers. Nothing is lost, nothing is
done twice, nothing is left. yt-dlp is a stub of milliseconds here; test_random_kills.py does it with the real one."""

LIMIT_SECONDS = 1800

import collections
import glob
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, eventually, main, process_tree
from harness.chances import chance, figures, number
from invariants import all_finished_once, no_strays

KILLS = number("KILLS", 40)
JOBS = number("TASKS", 240) // 2        # a resolve and a track each
OPEN_AT_MOST = 60
HANDLERS = ("jobs", "sessions", "queue", "tracks", "whitelist", "auth", "system")


class Storm(Case):
    def test_loses_nothing_and_does_nothing_twice(self):
        dice = chance()
        s = self.stack(workers=0, stub="fast", env={"RETRY_BASE_MS": "20", "LEASE_S": "5", "MAX_CRASHES": "1000", "MAX_RETRIES": "10",
                                                    "WORKER_CONCURRENCY": "2", "LOG_LEVEL": "warn"})
        workers = [s.worker(f"w{i}") for i in range(4)]
        with open(os.path.join(s.data, "run", "serve.pid"), encoding="ascii") as f:
            serve = int(f.read())
        submitter = Submitter(s)
        kills = collections.Counter()
        began = time.monotonic()
        done = lambda: s.value("SELECT count(*) FROM download_jobs WHERE state = 'done'")
        deadline = began + (120 + JOBS) * PATIENCE
        while (finished := done()) < JOBS or sum(kills.values()) < KILLS:
            self.assertLess(time.monotonic(), deadline, f"too slow: {kills}, {finished} of {JOBS}")
            self.assertIsNone(submitter.trouble)
            submitter.may_have(min(JOBS, finished + OPEN_AT_MOST))
            if finished * KILLS < sum(kills.values()) * JOBS and sum(kills.values()) < KILLS:
                time.sleep(0.05)
                continue
            time.sleep(dice.uniform(0, 0.3))
            if sum(kills.values()) < KILLS:
                kills[self.kill_somebody(dice, workers, serve)] += 1
                kills.pop(None, None)
        seconds = time.monotonic() - began
        submitter.join()
        attempts = s.value("SELECT sum(attempt) FROM tasks WHERE kind IN ('resolve', 'track')")
        figures(self, f"{sum(kills.values())} kills {dict(kills)}, {2 * JOBS} tasks in {attempts} attempts, {seconds:.0f} s; "
                      f"{submitter.repeated} POSTs repeated")
        self.assertEqual(len(set(submitter.jobs)), JOBS, "one job per key")
        self.assertEqual(s.rows("SELECT state, count(*) AS n FROM download_jobs GROUP BY state"), [{"state": "done", "n": JOBS}])
        all_finished_once(self, s, JOBS)
        no_strays(self, s)
        eventually(lambda: len(glob.glob(os.path.join(s.data, "run", "w?-*.lock"))) == len(workers), 30, "locks of the dead are removed")

    @staticmethod
    def kill_somebody(dice, workers, serve):
        """What was killed, or None."""
        what = dice.choice(["task"] * 4 + ["worker"] * 2 + ["child"] * 2 + ["handler"])
        if what == "handler":
            victims = [p for p in process_tree(serve) if p.command in HANDLERS]
        else:
            worker = dice.choice(workers)
            if what == "worker":
                worker.kill()
                time.sleep(dice.uniform(0, 0.2))
                worker.start()
                return what
            tasks = worker.tasks()
            victims = tasks if what == "task" else [p for task in tasks for p in process_tree(task.pid)]
        if not victims:
            return None
        dice.choice(victims).kill()
        return what


class Submitter(threading.Thread):
    """Submits as many jobs as it may have, each with a key of its own, and again with the same key where the answer got lost."""

    def __init__(self, s):
        super().__init__(daemon=True)
        self.s, self.jobs, self.repeated, self.trouble = s, [], 0, None
        self.most, self.more = 0, threading.Condition()
        self.start()

    def may_have(self, most):
        with self.more:
            self.most = most
            self.more.notify()

    def run(self):
        while len(self.jobs) < JOBS and self.trouble is None:
            with self.more:
                self.more.wait_for(lambda: self.most > len(self.jobs))
            try:
                self.jobs.append(self.submit(len(self.jobs)))
            except Exception as e:
                self.trouble = repr(e)

    def submit(self, n):
        for _ in range(100):
            try:
                reply = self.s.api("POST", "/api/jobs", {"url": self.s.site.url("/stub", n=n)}, headers={"Idempotency-Key": f"storm-{n}"})
                if reply.status == 201:
                    return reply.json["job_id"]
                assert reply.status in (502, 503, 504), reply
            except OSError:
                pass
            self.repeated += 1
            time.sleep(0.1)
        raise AssertionError(f"job {n} is not accepted")


if __name__ == "__main__":
    main()
