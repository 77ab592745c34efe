"""Files that several jobs refer to, and deaths while some of these go: a file goes with its last job, never before it and never later."""

LIMIT_SECONDS = 600

import concurrent.futures
import glob
import hashlib
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, eventually, main
from harness.chances import chance, figures, number
from invariants import no_strays, nothing_left
from mounts import stack_with_small_disk_at

KILLS = number("KILLS", 40)
QUICK = {"RETRY_BASE_MS": "20", "LEASE_S": "5", "MAX_CRASHES": "1000", "MAX_RETRIES": "10", "WORKER_CONCURRENCY": "2", "CACHE_DAYS": "30", "LOG_LEVEL": "warn"}
POINTS = [f"stage:purge:{when}" for when in ("begin", "let-go", "removed", "end")]


class SharedCase(Case):
    def ask(self, s, n, ref):
        reply = s.api("POST", "/api/jobs", {"url": s.site.url("/stub", n=n), "client_ref": str(ref)})
        self.assertIn(reply.status, (200, 201), reply)
        return reply.json["job_id"]

    def delete(self, s, job_id):
        self.assertEqual(s.api("DELETE", f"/api/jobs/{job_id}").status, 204)

    def all_gone(self, s, *job_ids, timeout=60):
        marks = ",".join("?" * len(job_ids))
        eventually(lambda: s.value(f"SELECT count(*) FROM download_jobs WHERE uuid IN ({marks})", *job_ids) == 0, timeout, "rows go")

    def files_are_those_of_rows(self, s):
        """No orphan, none missing, and each what its row says; no directory without a file, but of a job that may yet use it."""
        rows = {r["path"]: r for r in s.rows("SELECT DISTINCT path, size_bytes, sha256 FROM artifacts")}
        lists = {r["playlist_path"] for r in s.rows("SELECT playlist_path FROM download_jobs WHERE playlist_path IS NOT NULL")}
        self.assertEqual([os.path.relpath(f, s.data) for f in s.audio_files()], sorted({*rows, *lists}))
        for path, row in rows.items():
            with open(os.path.join(s.data, path), "rb") as f:
                data = f.read()
            self.assertEqual((len(data), hashlib.sha256(data).hexdigest()), (row["size_bytes"], row["sha256"]), path)

    def no_directories(self, s):
        self.assertEqual(glob.glob(os.path.join(glob.escape(s.data), "downloads", "library", "*")), [])


class KilledAtEveryStep(SharedCase):
    def test_of_a_purge_leaves_no_file_and_takes_none(self):
        s = self.stack(workers=0, stub="fast", env=QUICK)
        marker = os.path.join(s.data, "run", "failpoint")
        for n, point in enumerate(POINTS):
            for victim in ("task", "worker"):
                with self.subTest(point, victim=victim):
                    worker = s.worker(f"w-{n}-{victim}", DUBPLATE_FAILPOINT=point, DUBPLATE_FAILPOINT_VICTIM=victim)
                    helper = s.worker(f"h-{n}-{victim}")
                    wishes = f"{n}-{victim}"
                    first = self.ask(s, wishes, "a")
                    s.wait(first, "completed")
                    second, third = self.ask(s, wishes, "b"), self.ask(s, wishes, "c")
                    self.assertTrue(s.job(second)["cached"])
                    helper.drain()              # so that the one with the failpoint purges
                    self.delete(s, first)
                    eventually(lambda: os.path.exists(marker), 20, "the failpoint is reached")
                    if not worker.alive():
                        worker.start()
                    self.all_gone(s, first)
                    self.files_are_those_of_rows(s)
                    for job in (second, third):
                        self.assertEqual(s.api("GET", s.job(job)["file_url"]).status, 200)
                    os.unlink(marker)           # once more, with the last ones
                    helper.start()
                    self.delete(s, second)
                    self.delete(s, third)
                    eventually(lambda w=worker: os.path.exists(marker) or not s.audio_files(), 20, "one of the workers is at it")
                    if not worker.alive():
                        worker.start()
                    self.all_gone(s, second, third)
                    self.assertEqual(s.audio_files(), [])
                    self.no_directories(s)
                    worker.close()
                    helper.close()
                    if os.path.exists(marker):
                        os.unlink(marker)
        nothing_left(self, s)


class KilledAtAnyMoment(SharedCase):
    def test_while_jobs_come_and_go(self):
        """Wishes for few recordings from many jobs, which are deleted as they please; workers and tasks die."""
        dice = chance()
        s = self.stack(workers=0, stub="fast", env=QUICK)
        workers = [s.worker(f"w{i}") for i in range(3)]
        open_jobs, kills, made, cached, count = [], 0, 0, 0, 0
        while kills < KILLS or count < 2 * KILLS:
            for _ in range(dice.randrange(1, 4)):
                count += 1
                job = self.ask(s, dice.randrange(5), count)
                open_jobs.append(job)
            time.sleep(dice.uniform(0, 0.15))
            for _ in range(dice.randrange(0, 4)):
                if open_jobs:
                    self.delete(s, open_jobs.pop(dice.randrange(len(open_jobs))))
            if kills < KILLS:
                worker = dice.choice(workers)
                tasks = worker.tasks()
                if dice.random() < 0.3:
                    worker.kill()
                    worker.start()
                    kills += 1
                elif tasks:
                    dice.choice(tasks).kill()
                    kills += 1
        for job in open_jobs:
            made += not s.wait(job, "completed", 90)["cached"]
            cached += s.job(job)["cached"]
        eventually(lambda: s.value("SELECT count(*) FROM download_jobs WHERE deleted_at_ms IS NOT NULL") == 0, 60, "deleted ones go")
        figures(self, f"{kills} kills, {count} jobs, of {len(open_jobs)} that stay {cached} share")
        self.assertGreater(cached, 0)
        self.files_are_those_of_rows(s)
        for job in open_jobs:
            self.assertEqual(s.api("GET", s.job(job)["file_url"]).status, 200)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:     # one address may have 32 requests open
            list(pool.map(lambda job: self.delete(s, job), open_jobs))
        eventually(lambda: s.value("SELECT count(*) FROM download_jobs") == 0, 60, "all go")
        self.assertEqual(s.audio_files(), [])
        self.no_directories(s)
        nothing_left(self, s)
        no_strays(self, s)


class WhoWaitsForOneThatDies(SharedCase):
    REASON = "another job that fetches the same recording"

    def waiting(self, s, url):
        """One at its download, and one that waits for it."""
        first = s.submit(url)
        eventually(lambda: s.job(first)["track_id"] and s.job(first)["started_at"], 20, lambda: f"{s.job(first)}")
        second = s.submit(url, client_ref="second")
        eventually(lambda: s.job(second)["waiting_for"] == self.REASON, 20, lambda: f"{s.job(second)}")
        return first, second

    def one_made_it(self, s, first, second):
        jobs = [s.wait(job, "completed", 25) for job in (first, second)]
        self.assertEqual(sorted(job["cached"] for job in jobs), [False, True], jobs)
        self.files_are_those_of_rows(s)
        nothing_left(self, s)

    def test_has_it_from_that_ones_next_attempt(self):
        s = self.stack(workers=0, stub="fast", env=QUICK)
        worker = s.worker("one")
        first, second = self.waiting(s, s.site.url("/stub", do="slow", n=1))
        for task in worker.tasks():
            task.kill()
        self.one_made_it(s, first, second)

    def test_has_it_from_another_worker(self):
        s = self.stack(workers=0, stub="fast", env=QUICK)
        one = s.worker("one")
        first, second = self.waiting(s, s.site.url("/stub", do="slow", n=2))
        s.worker("two")
        one.kill()
        self.one_made_it(s, first, second)

    def test_makes_it_when_that_one_is_given_up(self):
        s = self.stack(workers=1, stub="fast", env={**QUICK, "MAX_CRASHES": "4"})     # the last two wait for seconds
        first, second = self.waiting(s, s.site.url("/stub", do="crash", n=3))
        self.assertEqual(s.wait(first, "failed", 30)["error"]["kind"], "crashed")
        with open(s.stub_log + ".let", "w", encoding="ascii"):
            pass
        self.assertFalse(s.wait(second, "completed", 25)["cached"])
        self.assertEqual(s.api("POST", f"/api/jobs/{first}/retry").status, 200)
        self.assertTrue(s.wait(first, "completed", 25)["cached"])
        self.files_are_those_of_rows(s)


class OnADiskOfTheirOwn(SharedCase):
    def test_files_of_lists_survive_their_siblings_leftovers(self):
        """downloads/ is another file system: each file goes there under another name first, and failing siblings clean up in that very directory."""
        s = stack_with_small_disk_at(self, "downloads", 64, workers=0, env={**QUICK, "WORKER_CONCURRENCY": "4", "MAX_RETRIES": "0"})
        worker = s.worker("one")
        clip = {"modes": {"clip": "2"}}
        entries = [f"{'removed' if n % 2 else 'siblin'}{n:0{4 if n % 2 else 5}d}" for n in range(16)]
        job = s.finish(s.site.playlist("PLsiblings01", each=clip, entries=entries), 150)
        self.assertEqual(job["status"], "completed_with_errors", job)
        self.assertEqual([t["status"] for t in job["tracks"]], ["completed", "failed"] * 8)
        eventually(lambda: s.value("SELECT count(*) FROM tasks WHERE state NOT IN ('done', 'failed')") == 0, 30, "the playlist is written")
        self.files_are_those_of_rows(s)
        self.assertTrue(worker.alive())


if __name__ == "__main__":
    main()
