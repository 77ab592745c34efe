"""A worker that sleeps longer than its lease wakes up to a task that is another's: what it still writes changes nothing."""

LIMIT_SECONDS = 900

import collections
import os
import signal
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, eventually, main, process_tree
from harness.chances import chance, figures, number
from invariants import all_finished_once, no_strays

ROUNDS = number("FREEZES", 2)
JOBS_EACH = 6


class Zombies(Case):
    def freeze(self, with_its_tasks):
        dice, jobs, hit, stages = chance(), 0, 0, collections.Counter()
        s = self.stack(workers=0, stub="fast", env={"RETRY_BASE_MS": "50", "LEASE_S": "5", "WORKER_CONCURRENCY": "4", "MAX_CRASHES": "50"})
        sleeper = s.worker("sleeper")
        for _ in range(ROUNDS):
            for _ in range(JOBS_EACH):
                s.submit(s.site.url("/stub", n=jobs, **({"do": "slow"} if dice.random() < 0.5 else {})))
                jobs += 1
            eventually(lambda: s.rows("SELECT 1 FROM tasks WHERE state = 'running'"), 20, "something runs")
            time.sleep(dice.uniform(0, 0.8))
            frozen = eventually(lambda: self.put_to_sleep(s, sleeper, with_its_tasks), 20, "it sleeps outside a transaction", 0.02)
            held = s.rows("SELECT id, attempt, stage FROM tasks WHERE state = 'running' AND owner LIKE 'sleeper-%'")
            stages.update(row["stage"] or "" for row in held)
            hit += len(held)
            other = s.worker("other")
            try:
                eventually(lambda n=jobs: s.value("SELECT count(*) FROM download_jobs WHERE state = 'done'") == n, 90,
                           lambda: f"the other completes everything\n{s.tail()}")
            finally:
                before = self.outcome(s)
                for pid in frozen:
                    tell(pid, signal.SIGCONT)
            time.sleep(1.5)
            self.assertEqual(self.outcome(s), before, "who woke up has changed nothing")
            self.assertTrue(sleeper.alive())
            other.drain()
        self.assertGreater(hit, 0, "it held something")
        figures(self, f"{ROUNDS} freezes, {hit} tasks held meanwhile in stages {dict(stages)}, {jobs} jobs")
        all_finished_once(self, s, jobs, 10)
        no_strays(self, s)

    @staticmethod
    def put_to_sleep(s, sleeper, with_its_tasks):
        """The processes that sleep now; none if one of them holds the database's lock: asleep it would hold up everybody,
        and there is nothing to be done about that but to wake or end it."""
        frozen = [sleeper.pid] + [p.pid for p in process_tree(sleeper.pid) if with_its_tasks]
        for pid in frozen:
            tell(pid, signal.SIGSTOP)
        connection = sqlite3.connect(s.database, timeout=0.5, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            return frozen
        except sqlite3.OperationalError:
            for pid in frozen:
                tell(pid, signal.SIGCONT)
            return None
        finally:
            connection.close()

    @staticmethod
    def outcome(s):
        return [s.rows("SELECT id, state, attempt, failures, crashes, owner, stage FROM tasks WHERE kind IN ('resolve', 'track')"),
                s.rows("SELECT job_id, seq, event FROM job_events"), s.rows("SELECT path, sha256 FROM artifacts"),
                [(f, os.stat(f).st_ino, os.stat(f).st_mtime_ns) for f in s.audio_files()]]

    def test_with_their_tasks_write_nothing(self):
        self.freeze(True)

    def test_whose_tasks_go_on_without_them_end_each_job_once(self):
        self.freeze(False)


def tell(pid, number_):
    try:
        os.kill(pid, number_)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
