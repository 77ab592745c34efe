"""A task that takes its process down each time is given up after MAX_CRASHES, and holds nobody up."""

LIMIT_SECONDS = 240

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, eventually, main
from harness.chances import figures
from invariants import finished_once, no_strays, truthful_log


class CrashLoop(Case):
    def test_ends_after_three_while_others_complete_and_runs_again_when_asked(self):
        s = self.stack(workers=0, stub="fast", env={"RETRY_BASE_MS": "50"})
        worker = s.worker("one")
        poison = s.submit(s.site.url("/stub", do="crash"))
        others = [s.submit(s.site.url("/stub", n=n)) for n in range(6)]
        for job in others:
            s.wait(job, "completed", 60)
        job = s.wait(poison, "failed", 60)
        self.assertEqual(job["error"]["kind"], "crashed", job)
        self.assertEqual(self.track(s, poison), {"state": "failed", "attempt": 3})
        events = [e["event"] for e in s.api("GET", f"/api/jobs/{poison}/events").json["events"] if e["task"] == "track"]
        self.assertEqual(events, ["started", "crashed", "started", "crashed", "started", "failed"])
        self.assertTrue(worker.alive())
        no_strays(self, s)
        truthful_log(self, s)

        with open(s.stub_log + ".let", "w", encoding="ascii"):
            pass
        self.assertIn(s.api("POST", f"/api/jobs/{poison}/retry").status, (200, 202))
        eventually(lambda: s.job(poison)["status"] == "completed", 60, lambda: f"it completes: {s.job(poison)}\n{s.tail()}")
        self.assertEqual(self.track(s, poison), {"state": "done", "attempt": 4})
        figures(self, "given up after 3 crashes, 6 others completed, completed after the retry")
        finished_once(self, s, [poison, *others])

    @staticmethod
    def track(s, job):
        return s.rows("""SELECT t.state, t.attempt FROM tasks t JOIN download_jobs j ON j.id = t.job_id
                         WHERE j.uuid = ? AND t.kind = 'track'""", job)[0]


if __name__ == "__main__":
    main()
