"""Kills at random moments, of tasks and of whole workers, with the real yt-dlp: every job is completed, none twice, nothing is left."""

LIMIT_SECONDS = 600

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, main, process_tree
from harness.chances import chance, figures, number
from invariants import finished_once, no_strays, truthful_log

KILLS = number("REAL_KILLS", 30)
JOBS_AT_A_TIME = 6


class RandomKills(Case):
    def test_finish_every_job_once(self):
        dice = chance()
        s = self.stack(workers=0, env={"RETRY_BASE_MS": "20", "LEASE_S": "5", "MAX_CRASHES": "1000", "MAX_RETRIES": "10", "WORKER_CONCURRENCY": "2"})
        workers = [s.worker("one"), s.worker("two")]
        jobs, open_jobs, kills = [], set(), {"task": 0, "worker": 0, "child": 0}
        deadline = time.monotonic() + 480 * PATIENCE
        while sum(kills.values()) < KILLS:
            self.assertLess(time.monotonic(), deadline, f"too slow: {kills}, {len(open_jobs)} jobs open of {len(jobs)}")
            while len(open_jobs) < JOBS_AT_A_TIME:
                job = s.submit(s.site.watch("frontiers", clip=2, ext=dice.choice(["mp3", "webm"]), n=len(jobs)))
                jobs.append(job)
                open_jobs.add(job)
            time.sleep(dice.uniform(0, 1.2))
            worker = dice.choice(workers)
            tasks = worker.tasks()
            what = dice.choice(["task"] * 5 + ["worker"] * 2 + ["child"])     # a killed yt-dlp is a failure, and of those there are few
            if what == "worker":
                worker.kill()
                kills["worker"] += 1
                time.sleep(dice.uniform(0, 0.3))
                worker.start()
            elif tasks:
                victim = dice.choice(tasks)
                if what == "child":         # yt-dlp or the media program below a task
                    below = process_tree(victim.pid)
                    if not below:
                        continue
                    victim = dice.choice(below)
                victim.kill()
                kills[what] += 1
            open_jobs = {job for job in open_jobs if s.job(job)["status"] != "completed"}
            for job in open_jobs:
                self.assertNotEqual(s.job(job)["status"], "failed", s.job(job))
        for job in jobs:
            s.wait(job, "completed", 120)
        figures(self, f"{kills} over {len(jobs)} jobs")
        finished_once(self, s, jobs)
        truthful_log(self, s)
        no_strays(self, s)


if __name__ == "__main__":
    main()
