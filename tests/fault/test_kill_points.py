"""kill -9 of the task and of the worker at each stage boundary: the track is finished, once."""

LIMIT_SECONDS = 420

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, eventually, main
from invariants import finished_once, no_strays

# place: the renames inside the transaction of the row.
POINTS = [(stage, edge) for stage in ("resolve", "download", "master", "tag", "place", "store") for edge in ("begin", "end")]


class StageBoundaries(Case):
    """One stack and many jobs, each with a worker that dies, or loses its task, at one edge of one stage."""

    def test_task_killed_there_is_finished_once(self):
        s, jobs = self.fresh(), []
        for stage, edge in POINTS:
            with self.subTest(f"{stage} {edge}"):
                before = self.crashes(s)
                worker = self.arm(s, f"stage:{stage}:{edge}")
                jobs.append(s.submit(s.site.watch("frontiers", clip=2, n=len(jobs))))
                s.wait(jobs[-1], "completed", 60)
                eventually(lambda: self.fired(s), 10, "the failpoint is reached")
                after_the_end = (stage, edge) == ("store", "end")       # its outcome was written already
                self.assertEqual(self.crashes(s) - before, 0 if after_the_end else 1, "the crash was noticed and counted")
                self.assertTrue(worker.alive(), "a task takes nobody with it")
                no_strays(self, s)
                worker.drain()
        self.finally_all(s, jobs)

    def test_worker_killed_there_is_replaced_and_the_track_finished_once(self):
        s, jobs = self.fresh(), []
        for stage, edge in POINTS:
            with self.subTest(f"{stage} {edge}"):
                worker = self.arm(s, f"stage:{stage}:{edge}", DUBPLATE_FAILPOINT_VICTIM="worker")
                jobs.append(s.submit(s.site.watch("frontiers", clip=2, n=len(jobs))))
                eventually(lambda worker=worker: not worker.alive(), 60, lambda: f"the worker dies at {stage} {edge}\n{s.tail()}")
                self.assertEqual(worker.process.returncode, -9)
                heir = s.worker(f"heir-{stage}-{edge}")
                s.wait(jobs[-1], "completed", 60)
                no_strays(self, s)
                heir.drain()
        self.finally_all(s, jobs)

    def fresh(self):
        return self.stack(workers=0, env={"RETRY_BASE_MS": "50", "LEASE_S": "5"})

    def arm(self, s, point, **env):
        """A worker that will be hit once at `point`."""
        if self.fired(s):
            os.remove(self.marker(s))
        return s.worker(point.replace(":", "-"), DUBPLATE_FAILPOINT=point, **env)

    def finally_all(self, s, jobs):
        self.assertEqual(len(jobs), len(POINTS))
        s.worker("last")        # its upkeep removes what the dead left
        finished_once(self, s, jobs)
        for job in jobs:
            track = s.job(job)["tracks"][0]
            self.assertTrue(track["waveform_url"] and track["spectrogram_url"], track)

    @staticmethod
    def crashes(s):
        return s.value("SELECT coalesce(sum(crashes), 0) FROM tasks")

    @staticmethod
    def marker(s):
        return os.path.join(s.data, "run", "failpoint")

    def fired(self, s):
        return os.path.exists(self.marker(s))


if __name__ == "__main__":
    main()
