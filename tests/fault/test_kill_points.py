"""kill -9 of the task and of the worker at each stage boundary: the track is finished, once."""

LIMIT_SECONDS = 420

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, Stack, eventually, main
from invariants import finished_once, no_strays

STAGES = ("resolve", "download", "master", "tag", "store")


class StageBoundaries(Case):
    def test_task_killed_there_is_finished_once(self):
        for stage in STAGES:
            for edge in ("begin", "end"):
                with self.subTest(f"{stage} {edge}"), self.fresh() as s:
                    worker = s.worker("one", DUBPLATE_FAILPOINT=f"stage:{stage}:{edge}")
                    job = s.submit(s.site.watch("frontiers", clip=2))
                    s.wait(job, "completed", 60)
                    eventually(lambda: self.fired(s), 10, "the failpoint is reached")
                    after_the_end = (stage, edge) == ("store", "end")       # its outcome was written already
                    self.assertEqual(s.value("SELECT sum(crashes) FROM tasks"), 0 if after_the_end else 1, "the crash was noticed and counted")
                    finished_once(self, s, [job])
                    self.assertTrue(worker.alive(), "a task takes nobody with it")
                    no_strays(self, s)

    def test_worker_killed_there_is_replaced_and_the_track_finished_once(self):
        for stage in STAGES:
            for edge in ("begin", "end"):
                with self.subTest(f"{stage} {edge}"), self.fresh() as s:
                    worker = s.worker("one", DUBPLATE_FAILPOINT=f"stage:{stage}:{edge}", DUBPLATE_FAILPOINT_VICTIM="worker")
                    job = s.submit(s.site.watch("frontiers", clip=2))
                    eventually(lambda: not worker.alive(), 60, lambda: f"the worker dies at {stage} {edge}\n{s.tail()}")
                    self.assertEqual(worker.process.returncode, -9)
                    s.worker("two")
                    s.wait(job, "completed", 60)
                    finished_once(self, s, [job])
                    no_strays(self, s)

    def fresh(self):
        return Stack(workers=0, env={"RETRY_BASE_MS": "50", "LEASE_S": "5"})

    @staticmethod
    def fired(s):
        return os.path.exists(os.path.join(s.data, "run", "failpoint"))


if __name__ == "__main__":
    main()
