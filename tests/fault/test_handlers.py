"""A handler is killed every 50 ms while links are submitted: what was answered is there, and each key has one job."""

LIMIT_SECONDS = 900

import http.client
import itertools
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, main, process_tree
from harness.chances import chance, figures, number
from invariants import truthful_log

POSTS = number("POSTS", 250)
CLIENTS = 8
LOST_AT_LEAST = POSTS // 25     # answers; or the kills hit nobody, and nothing is shown


class KilledHandlers(Case):
    def test_accept_each_key_once_and_keep_what_they_answered(self):
        dice = chance()
        s = self.stack(workers=0)
        with open(os.path.join(s.data, "run", "serve.pid"), encoding="ascii") as f:
            serve = int(f.read())
        answers, lost, replayed, numbers = [], [], [], itertools.count()
        over, kills, trouble = threading.Event(), [], []

        def kill():
            while not over.wait(0.05):
                victims = [p for p in process_tree(serve) if p.command == "jobs"]
                if victims:
                    dice.choice(victims).kill()
                    kills.append(1)

        def submit():
            try:
                while len(answers) < POSTS or len(lost) < LOST_AT_LEAST:
                    n = next(numbers)
                    answers.append((n, submit_one(n)))
            except Exception as e:
                trouble.append(repr(e))

        def submit_one(n):
            deadline = time.monotonic() + 60 * PATIENCE
            while time.monotonic() < deadline:
                try:
                    reply = s.api("POST", "/api/jobs", {"url": s.site.url("/kill", n=n)}, headers={"Idempotency-Key": f"key-{n}"})
                except (OSError, http.client.HTTPException):
                    reply = None
                if reply and reply.headers["Idempotency-Replayed"]:
                    replayed.append(n)
                if reply and reply.status == 201:
                    return reply.json["job_id"]
                assert not reply or reply.status in (502, 503, 504), reply
                lost.append(n)
            raise AssertionError(f"POST {n} never succeeded")

        killer = threading.Thread(target=kill, daemon=True)
        clients = [threading.Thread(target=submit, daemon=True) for _ in range(CLIENTS)]
        began = time.monotonic()
        for thread in (killer, *clients):
            thread.start()
        for thread in clients:
            thread.join()
        over.set()
        killer.join()
        figures(self, f"{len(answers)} POSTs by {CLIENTS} clients, {len(kills)} kills, {len(lost)} answers lost, {len(replayed)} given again, {time.monotonic() - began:.0f} s")
        self.assertEqual(trouble, [])
        jobs = {row["uuid"]: row["url"] for row in s.rows("SELECT uuid, url FROM download_jobs")}
        self.assertGreaterEqual(len(answers), POSTS)
        for n, job in answers:
            self.assertEqual(jobs.get(job), s.site.url("/kill", n=n), "every 201 has its row")
        self.assertEqual(len(jobs), len(answers), "one job for each key")
        self.assertEqual(s.value("SELECT count(*) FROM tasks"), len(answers))
        self.assertEqual(s.value("SELECT count(*) FROM idempotency_keys"), len(answers))
        self.assertEqual(s.value("PRAGMA integrity_check"), "ok")
        truthful_log(self, s)


if __name__ == "__main__":
    main()
