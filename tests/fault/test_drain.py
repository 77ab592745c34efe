"""SIGTERM at random moments, of workers and of the whole stack: nothing is begun any more, nothing counts as an attempt."""

LIMIT_SECONDS = 1200

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, eventually, main, processes_with
from harness.chances import chance, figures, number
from invariants import all_finished_once, no_strays

ROUNDS = number("DRAINS", 20)
JOBS_EACH = 6
SETTINGS = {"RETRY_BASE_MS": "50", "DRAIN_S": "1", "WORKER_CONCURRENCY": "3", "LOG_LEVEL": "warn"}


class Drains(Case):
    def submit(self, s, dice, jobs):
        for _ in range(JOBS_EACH):
            slow = {"do": "slow"} if dice.random() < 0.4 else {}
            jobs.append(s.submit(s.site.url("/stub", n=len(jobs), **slow)))

    def nothing_burned(self, s, since_ms, what):
        late = s.rows("SELECT job_id, at_ms - ? AS ms FROM job_events WHERE event = 'started' AND at_ms > ? + 1000", since_ms, since_ms)
        self.assertEqual(late, [], f"{what}: nothing is claimed a second after it")
        self.assertEqual(s.rows("SELECT kind, failures, crashes FROM tasks WHERE failures OR crashes"), [], what)
        self.assertEqual(s.value("SELECT count(*) FROM tasks WHERE state = 'running'"), 0, what)

    def test_of_a_worker_at_any_moment_burns_no_attempt(self):
        dice, jobs, longest = chance(), [], 0
        s = self.stack(workers=0, stub="fast", env=SETTINGS)
        worker = s.worker("one")
        for n in range(ROUNDS):
            self.submit(s, dice, jobs)
            time.sleep(dice.uniform(0, 1.2))
            told_ms = time.time() * 1000
            seconds, code = worker.drain()
            longest = max(longest, seconds)
            self.assertEqual(code, 0)
            self.nothing_burned(s, told_ms, f"drain {n}")
            worker.env["DRAIN_S"] = dice.choice("01")
            worker.start()
        self.finish(s, jobs, ROUNDS, longest)

    def test_of_the_stack_at_any_moment_burns_no_attempt(self):
        dice, jobs, longest, rounds = chance(), [], 0, max(3, ROUNDS // 10)
        s = self.stack(workers=2, stub="fast", env=SETTINGS)
        for n in range(rounds):
            self.submit(s, dice, jobs)
            time.sleep(dice.uniform(0, 1.2))
            with open(os.path.join(s.data, "run", "serve.pid"), encoding="ascii") as f:
                serve = int(f.read())
            began, told_ms = time.monotonic(), time.time() * 1000
            os.kill(serve, signal.SIGTERM)
            eventually(lambda: not processes_with(s.data, [s.site.process.pid]), 25, lambda: f"all end: {processes_with(s.data, [s.site.process.pid])}")
            longest = max(longest, time.monotonic() - began)
            self.nothing_burned(s, told_ms, f"stop {n}")
            s.stack_command("start")
        self.finish(s, jobs, rounds, longest)

    def finish(self, s, jobs, rounds, longest):
        self.assertLess(longest, 25 * PATIENCE)
        eventually(lambda: s.value("SELECT count(*) FROM download_jobs WHERE state = 'done'") == len(jobs), 120, lambda: f"all complete\n{s.tail()}")
        put_back = s.value("SELECT count(*) FROM job_events WHERE event = 'put_back'")
        self.assertGreater(put_back, 0 if rounds >= 10 else -1, "it hit something")
        figures(self, f"{rounds} SIGTERMs over {len(jobs)} jobs: {put_back} tasks put back, the longest exit took {longest:.1f} s")
        self.assertEqual(s.rows("SELECT kind, failures, crashes FROM tasks WHERE failures OR crashes"), [])
        all_finished_once(self, s, len(jobs), 10)
        if s.workers:
            no_strays(self, s)


if __name__ == "__main__":
    main()
