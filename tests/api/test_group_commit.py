"""Requests that share a commit: each gets its own answer, and what is answered is stored."""

import concurrent.futures
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main

GOOD = "https://www.youtube.com/watch?v=frontiers01"
PAGE = "https://example.org/page?x=1"       # of no platform that we know: another query is another page
NOBODY = "00000000-0000-7000-8000-000000000000"


class AtTheSameMoment(StackCase):
    OPTIONS = {"workers": 0, "site": False}

    def hold_the_lock(self, seconds):
        """So that requests pile up behind it and go on together."""
        db = sqlite3.connect(os.path.join(self.s.data, "dubplate.db"), isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        db.execute("ROLLBACK")
        db.close()

    def test_each_request_gets_its_own_answer(self):
        ended = self.s.submit(f"{PAGE}&ended=1")
        self.assertEqual(self.api("POST", f"/api/jobs/{ended}/cancel").status, 200)
        kinds = {
            "submit": (201, lambda n: self.api("POST", "/api/jobs", {"url": f"{PAGE}&n={n}", "client_ref": f"ref-{n}"})),
            "wrong": (422, lambda n: self.api("POST", "/api/jobs", {"url": f"file:///etc/passwd{n}"})),
            "cancel nobody": (404, lambda n: self.api("POST", f"/api/jobs/{NOBODY}/cancel")),
            "cancel what has ended": (409, lambda n: self.api("POST", f"/api/jobs/{ended}/cancel")),
            "list": (200, lambda n: self.api("GET", "/api/jobs?limit=5")),
            "no key": (401, lambda n: self.api("POST", "/api/jobs", {"url": GOOD}, key="")),
        }
        calls = [(kind, n) for n in range(5) for kind in kinds]
        with concurrent.futures.ThreadPoolExecutor(len(calls) + 1) as pool:
            lock = pool.submit(self.hold_the_lock, 0.5)
            time.sleep(0.1)
            replies = list(pool.map(lambda call: kinds[call[0]][1](call[1]), calls))
            lock.result()
        for (kind, n), reply in zip(calls, replies):
            with self.subTest(f"{kind} {n}"):
                self.assertEqual(reply.status, kinds[kind][0], reply)
                if kind == "submit":
                    self.assertEqual(reply.json["client_ref"], f"ref-{n}")
                    self.assertEqual(self.s.job(reply.json["job_id"])["url"], f"{PAGE}&n={n}")

    def test_a_lock_that_does_not_come_free_is_503_for_all_and_nothing_is_stored(self):
        before = self.s.value("SELECT count(*) FROM download_jobs")
        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            lock = pool.submit(self.hold_the_lock, 7)
            time.sleep(0.1)
            replies = list(pool.map(lambda n: self.api("POST", "/api/jobs", {"url": f"{PAGE}&late={n}"}), range(3)))
            lock.result()
        for reply in replies:
            self.assertEqual((reply.status, reply.json["kind"]), (503, "busy"))
            self.assertIn("Retry-After", reply.headers)
        self.assertEqual(self.s.value("SELECT count(*) FROM download_jobs"), before)


if __name__ == "__main__":
    main()
