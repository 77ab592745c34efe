"""Two workers and a thousand tasks that take no time: each is claimed once, and both work."""

LIMIT_SECONDS = 600

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, eventually, main
from harness.chances import figures, number
from invariants import no_strays, nothing_left, truthful_log

SHORT_TASKS = number("SHORT_TASKS", 300)


class TwoWorkers(Case):
    def test_claim_each_of_many_short_tasks_once_and_both_make_progress(self):
        s = self.stack(workers=0, stub="fast", env={"WORKER_CONCURRENCY": "2"})
        for n in range(SHORT_TASKS):
            s.submit(s.site.url("/stub", do="gone", n=n))
        began = time.monotonic()
        workers = [s.worker("left"), s.worker("right")]
        eventually(lambda: s.value("SELECT count(*) FROM download_jobs WHERE state = 'failed'") == SHORT_TASKS, 20 + SHORT_TASKS / 5,
                   lambda: f"all fail\n{s.tail()}", 0.2)
        seconds = time.monotonic() - began
        self.assertEqual(s.rows("SELECT attempt, error_kind, count(*) AS n FROM tasks WHERE kind = 'resolve' GROUP BY attempt, error_kind"),
                         [{"attempt": 1, "error_kind": "unavailable", "n": SHORT_TASKS}])
        shares = [self.started_by(s, worker) for worker in workers]
        figures(self, f"{SHORT_TASKS} tasks in {seconds:.1f} s, {SHORT_TASKS / seconds:.0f} a second; shares {len(shares[0])} and {len(shares[1])}")
        self.assertEqual(len(shares[0]) + len(shares[1]), SHORT_TASKS)
        self.assertEqual(shares[0] & shares[1], set(), "none was claimed by both")
        self.assertGreater(min(len(shares[0]), len(shares[1])), SHORT_TASKS / 10, "both made progress")
        self.assertLess(seconds, SHORT_TASKS / 5 * PATIENCE)
        truthful_log(self, s)
        nothing_left(self, s)
        no_strays(self, s)

    @staticmethod
    def started_by(s, worker):
        with open(os.path.join(s.root, f"worker-{worker.name}.log"), encoding="utf-8") as f:
            return set(re.findall(r"task_started task=(\d+) kind=resolve", f.read()))


if __name__ == "__main__":
    main()
