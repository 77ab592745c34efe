"""Somebody holds the write lock of the database: for a second nobody notices, for ten everybody says so and goes on afterwards."""

LIMIT_SECONDS = 240

import os
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, eventually, main, processes_with
from harness.chances import figures
from invariants import finished_once, no_strays, truthful_log


class Holder(threading.Thread):
    """Holds the lock for so many seconds and writes nothing: Debian's SQLite has a bug when it does."""

    def __init__(self, s, seconds):
        super().__init__(daemon=True)
        self.database, self.seconds, self.held = s.database, seconds, threading.Event()
        self.start()
        assert self.held.wait(30)

    def run(self):
        connection = sqlite3.connect(self.database, timeout=30, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        self.held.set()
        time.sleep(self.seconds)
        connection.execute("ROLLBACK")
        connection.close()


class LockedDatabase(Case):
    def running(self, rate):
        """A stack whose worker is in the middle of a download."""
        s = self.stack(workers=0, env={"RETRY_BASE_MS": "50", "LEASE_S": "5"})
        s.worker("one")
        job = s.submit(s.site.watch("frontiers", clip=20, rate=rate))
        eventually(lambda: s.job(job)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        return s, job

    def test_for_a_second_is_not_noticed(self):
        s, job = self.running(200000)
        holder = Holder(s, 1)
        began = time.monotonic()
        late = s.submit(s.site.watch("frontiers", clip=2))
        figures(self, f"POST answered 201 after {time.monotonic() - began:.2f} s of a lock of 1 s")
        self.assertGreater(time.monotonic() - began, 0.5, "there was a lock")
        holder.join()
        self.check(s, [job, late])

    def test_for_ten_seconds_is_answered_503_and_nothing_is_lost(self):
        s, job = self.running(60000)
        holder = Holder(s, 10)
        began = time.monotonic()
        reply = s.api("POST", "/api/jobs", {"url": s.site.watch("frontiers", clip=2)})
        seconds = time.monotonic() - began
        figures(self, f"POST answered {reply.status} after {seconds:.2f} s of a lock of 10 s")
        self.assertEqual(reply.status, 503, reply)
        self.assertEqual(reply.headers.get_content_type(), "application/problem+json")
        self.assertTrue(int(reply.headers["Retry-After"]) >= 1, reply.headers)
        self.assertLess(seconds, 5.5 * PATIENCE)
        began = time.monotonic()
        self.assertEqual(s.job(job)["job_id"], job)
        self.assertLess(time.monotonic() - began, 2 * PATIENCE, "who reads does not wait")
        holder.join()
        late = s.submit(s.site.watch("frontiers", clip=2))
        self.check(s, [job, late])

    def test_while_a_worker_starts_takes_nobody_down(self):
        s = self.stack(workers=1, stub="fast")
        worker = eventually(lambda: [p for p in processes_with(s.data) if p.command.endswith("dubplate worker")], 10, "a worker")[0]
        eventually(lambda: s.rows("SELECT 1 FROM workers"), 10, "it registers")
        time.sleep(2)               # one that ends sooner is started again later
        holder = Holder(s, 7)
        worker.kill()
        holder.join()
        s.finish(s.site.url("/stub"))
        self.assertEqual(s.api("GET", "/api/jobs").status, 200)

    def check(self, s, jobs):
        for job in jobs:
            s.wait(job, "completed", 60)
        self.assertEqual(s.rows("SELECT kind, failures, crashes FROM tasks WHERE failures OR crashes"), [])
        self.assertTrue(s.workers[0].alive())
        finished_once(self, s, jobs)
        truthful_log(self, s)
        no_strays(self, s)


if __name__ == "__main__":
    main()
