"""Workers that die, hang or are asked to go."""

LIMIT_SECONDS = 400

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, eventually, main, process_tree, processes_with
from invariants import finished_once, no_strays, nothing_left

QUICK = {"RETRY_BASE_MS": "50"}


class ADeadWorker(Case):
    def running_job(self, s, **query):
        job = s.submit(s.site.watch("frontiers", **{"clip": 20, "rate": 30000, **query}))
        eventually(lambda: s.job(job)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        return job

    def owner(self, s):
        return [row["owner"] for row in s.rows("SELECT owner FROM tasks WHERE state = 'running'")]

    def test_is_noticed_by_another_within_5_seconds_although_its_lease_is_long(self):
        s = self.stack(workers=0, env={**QUICK, "LEASE_S": "600"})
        first = s.worker("first")
        job = self.running_job(s)
        second = s.worker("second")
        before = self.owner(s)
        time.sleep(1)                               # the second is up and idle
        first.kill()
        began = time.monotonic()
        eventually(lambda: self.owner(s) not in ([], before), 5, lambda: f"another owner than {before}: {self.owner(s)}")
        print(f"noticed after {time.monotonic() - began:.2f} s", file=sys.stderr)
        s.wait(job, "completed", 60)
        finished_once(self, s, [job])
        self.assertTrue(second.alive())
        no_strays(self, s)

    def test_takes_its_tasks_and_their_children_with_it(self):
        s = self.stack(workers=0, env=QUICK)
        worker = s.worker("only")
        self.running_job(s)
        below = process_tree(worker.pid)
        self.assertGreaterEqual(len(below), 2, "a task and its yt-dlp")
        worker.kill()
        eventually(lambda: not [p for p in below if p.alive()], 5, lambda: f"all end: {[p for p in below if p.alive()]}")


class Drain(Case):
    def test_of_an_idle_worker_is_quick(self):
        s = self.stack(workers=0)
        worker = s.worker("idle")
        eventually(lambda: s.rows("SELECT 1 FROM workers"), 10, "it registers")
        seconds, code = worker.drain()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 3 * PATIENCE)

    def test_lets_a_task_finish_that_is_nearly_done(self):
        s = self.stack(workers=0, env=QUICK)
        worker = s.worker("one")
        job = s.submit(s.site.watch("frontiers", clip=20, rate=100000))
        eventually(lambda: s.job(job)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        _, code = worker.drain()
        self.assertEqual(code, 0)
        self.assertEqual(s.job(job)["status"], "completed")
        finished_once(self, s, [job])

    def test_puts_a_long_task_back_without_burning_an_attempt(self):
        s = self.stack(workers=0, env={**QUICK, "DRAIN_S": "2"})
        worker = s.worker("one")
        job = s.submit(s.site.watch("frontiers", clip=20, rate=8000))
        eventually(lambda: s.job(job)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        seconds, code = worker.drain()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 10 * PATIENCE)
        self.assertEqual(s.rows("SELECT state, failures, crashes FROM tasks WHERE state NOT IN ('done')"), [{"state": "queued", "failures": 0, "crashes": 0}])
        self.assertNotIn(s.job(job)["status"], ("failed", "cancelled", "completed"))
        self.assertEqual([p for p in processes_with(s.root, [s.site.process.pid]) if "yt-dlp" in p.command], [])

    def test_with_default_settings_takes_at_most_25_seconds(self):
        s = self.stack(workers=0, env=QUICK)
        worker = s.worker("one")
        job = s.submit(s.site.watch("frontiers", clip=20, drip=1))
        eventually(lambda: s.job(job)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        seconds, code = worker.drain(25)
        self.assertEqual(code, 0)
        self.assertGreater(seconds, 10, "it was given time")
        self.assertEqual(s.value("SELECT state FROM tasks WHERE state != 'done'"), "queued")

    def test_claims_nothing_any_more(self):
        s = self.stack(workers=0, env={**QUICK, "WORKER_CONCURRENCY": "4"})
        worker = s.worker("one")
        slow = s.submit(s.site.watch("frontiers", clip=20, rate=60000))
        eventually(lambda: s.job(slow)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        os.kill(worker.pid, signal.SIGTERM)
        time.sleep(0.3)
        late = s.submit(s.site.watch("frontiers", clip=2))
        worker.process.wait(25 * PATIENCE)
        self.assertEqual(s.job(late)["status"], "pending")
        s.worker("two")
        s.wait(late, "completed", 60)


class TheStack(Case):
    def test_stop_with_a_job_running_ends_everything_and_start_goes_on(self):
        s = self.stack(workers=1, env={**QUICK, "DRAIN_S": "1"})
        job = s.submit(s.site.watch("frontiers", clip=20, ext="webm", rate=40000))
        eventually(lambda: s.job(job)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        s.stack_command("stop")
        eventually(lambda: not processes_with(s.root, [s.site.process.pid]), 5, "no process is left")
        s.stack_command("start")
        s.wait(job, "completed", 60)
        finished_once(self, s, [job])

    def test_start_twice_is_harmless_and_stop_twice_too(self):
        s = self.stack(workers=1)
        eventually(lambda: s.api("GET", "/api/health").json["ytdlp"]["version"], 30, "the process that asks yt-dlp's version has ended")
        time.sleep(0.5)
        before = {p.pid for p in processes_with(s.data, [s.site.process.pid])}
        s.stack_command("start")
        self.assertEqual({p.pid for p in processes_with(s.data, [s.site.process.pid])}, before)
        s.stack_command("stop")
        s.stack_command("stop")

    def test_two_stacks_do_not_meet(self):
        a, b = self.stack(workers=1), self.stack(workers=1)
        job = a.submit(a.site.watch("frontiers", clip=2))
        self.assertEqual(b.api("GET", f"/api/jobs/{job}").status, 404)
        self.assertEqual(b.api("GET", "/api/jobs", key=a.key).status, 401)
        b.stack_command("stop")
        a.wait(job, "completed")
        nothing_left(self, a)

    def test_handlers_killed_one_by_one_come_back(self):
        s = self.stack(workers=0)
        for name, path in (("jobs", "/api/jobs"), ("system", "/api/options")):
            with self.subTest(name):
                victims = [p for p in processes_with(s.data) if p.command == name]
                self.assertTrue(victims)
                for victim in victims:
                    victim.kill()
                eventually(lambda path=path: s.api("GET", path).status == 200, 10, f"{name} is back")

    def test_without_its_supervisor_nothing_lives_on(self):
        s = self.stack(workers=1)
        job = s.submit(s.site.watch("frontiers", clip=20, rate=20000))
        eventually(lambda: s.job(job)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        supervisor = next(p for p in processes_with(s.data) if "dubplate serve" in p.command)
        supervisor.kill()
        eventually(lambda: not processes_with(s.root, [s.site.process.pid]), 30, lambda: f"all end: {processes_with(s.root, [s.site.process.pid])}")
        s.stack_command("start")
        s.wait(job, "completed", 60)
        finished_once(self, s, [job])


if __name__ == "__main__":
    main()
