"""A list of forty while its tasks and workers die: every entry is there once, done once, and in its place in the playlist."""

LIMIT_SECONDS = 900

import collections
import glob
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, eventually, main
from harness.chances import chance, figures, number
from invariants import no_strays, nothing_left

KILLS = number("LIST_KILLS", 30)
ITEMS = 40
KILLS_AT_THE_END = 8
ENV = {"RETRY_BASE_MS": "20", "LEASE_S": "5", "MAX_CRASHES": "1000", "MAX_RETRIES": "10", "WORKER_CONCURRENCY": "2", "CACHE_DAYS": "30"}


class AListUnderFire(Case):
    def test_has_every_entry_once(self):
        self.dice, self.kills = chance(), collections.Counter()
        s = self.stack(workers=0, env=ENV)
        self.workers = [s.worker(f"w{i}") for i in range(2)]
        link = s.site.playlist("PLunderfire1", title="Under fire", count=ITEMS, page_size=8, page_delay=0.4, each={"modes": {"clip": "1"}})
        began = time.monotonic()
        job_id = s.submit(link)
        self.shoot_while_it_is_resolved(s, job_id)
        while s.job(job_id)["status"] != "completed":
            self.assertLess(time.monotonic() - began, 600 * PATIENCE, s.job(job_id)["progress"])
            time.sleep(self.dice.uniform(0.2, 1.5))
            if self.fired() < KILLS:
                self.kill_somebody()
        attempts = s.value("SELECT sum(attempt) FROM tasks WHERE kind = 'track'")
        figures(self, f"{dict(self.kills)}, {ITEMS} tracks in {attempts} attempts, {time.monotonic() - began:.0f} s")
        self.assertGreater(self.fired(), KILLS // 2)

        self.every_entry_once(s, job_id)
        playlist = self.playlist_in_order(s, job_id)
        again = s.finish(link)
        self.assertEqual((again["status"], again["cached"], again["progress"]["cached_items"]), ("completed", True, ITEMS))
        self.playlist_in_order(s, again["job_id"])
        self.nothing_but_its_files(s, 2)

        self.assertEqual(s.api("DELETE", f"/api/jobs/{job_id}").status, 204)
        self.shoot_until_it_is_gone(s, job_id)
        self.assertFalse(os.path.exists(playlist))
        self.nothing_but_its_files(s, 1)
        self.playlist_in_order(s, again["job_id"])
        self.assertEqual(s.api("DELETE", f"/api/jobs/{again['job_id']}").status, 204)
        self.shoot_until_it_is_gone(s, again["job_id"])
        self.assertEqual(s.audio_files(), [])
        self.assertEqual(glob.glob(os.path.join(glob.escape(s.data), "downloads", "library", "*")), [])
        nothing_left(self, s)
        no_strays(self, s)

    # --- shots ------------------------------------------------------------------------------------

    def fired(self):
        return sum(self.kills.values())

    def kill_somebody(self):
        worker = self.dice.choice(self.workers)
        tasks = worker.tasks()
        if self.dice.random() < 0.25:
            worker.kill()
            time.sleep(self.dice.uniform(0, 0.2))
            worker.start()
            self.kills["worker"] += 1
        elif tasks:
            self.dice.choice(tasks).kill()
            self.kills["task"] += 1

    def shoot_while_it_is_resolved(self, s, job_id):
        """Behind the first entries, and again and again."""
        for least in (1, 10, 20):
            eventually(lambda n=least: s.job(job_id)["progress"]["total_items"] >= n, 60, "entries are found")
            running = s.value("SELECT count(*) FROM tasks WHERE kind = 'resolve' AND state = 'running'")
            for worker in self.workers:
                for task in worker.tasks() if running else []:
                    if " resolve " in task.command:
                        task.kill()
                        self.kills["resolve"] += 1

    def shoot_until_it_is_gone(self, s, job_id):
        shots = 0
        deadline = time.monotonic() + 90 * PATIENCE
        while s.value("SELECT count(*) FROM download_jobs WHERE uuid = ?", job_id):
            self.assertLess(time.monotonic(), deadline, "the job goes")
            if shots < KILLS_AT_THE_END:
                self.kill_somebody()
                shots += 1
            time.sleep(self.dice.uniform(0, 0.1))

    # --- what holds -------------------------------------------------------------------------------

    def every_entry_once(self, s, job_id):
        tracks = s.rows("SELECT k.item_index, k.state, k.is_known FROM downloaded_tracks k JOIN download_jobs j ON j.id = k.job_id WHERE j.uuid = ?"
                        " ORDER BY k.item_index", job_id)
        self.assertEqual(tracks, [{"item_index": n, "state": "done", "is_known": 1} for n in range(1, ITEMS + 1)])
        self.assertEqual(s.rows("SELECT state, count(*) AS n, count(DISTINCT subject_id) AS tracks FROM tasks WHERE kind = 'track' GROUP BY state"),
                         [{"state": "done", "n": ITEMS, "tracks": ITEMS}])
        self.assertEqual(s.value("SELECT count(DISTINCT path) FROM artifacts WHERE kind = 'audio'"), ITEMS)
        self.assertEqual(s.value("SELECT count(DISTINCT sha256) FROM artifacts WHERE kind = 'audio'"), ITEMS, "each with its number")
        self.assertEqual(s.value("SELECT count(*) FROM job_events WHERE task_kind = 'track' AND event = 'done'"), ITEMS, "each ended once")
        self.assertEqual(s.job(job_id)["progress"]["completed_items"], ITEMS)
        # Every attempt that began ended, in one way.
        told = s.rows("SELECT sum(event = 'started') AS began, sum(event = 'crashed') AS crashed,"
                      " sum(event IN ('retrying', 'put_back', 'stopped', 'resolved', 'done')) AS otherwise FROM job_events WHERE task_kind IN ('resolve', 'track')")[0]
        self.assertEqual(told["began"], s.value("SELECT sum(attempt) FROM tasks WHERE kind IN ('resolve', 'track')"))
        self.assertEqual(told["began"], told["crashed"] + told["otherwise"])

    def nothing_but_its_files(self, s, playlists):
        eventually(lambda: s.value("SELECT count(*) FROM tasks WHERE state IN ('queued', 'running')") == 0, 60, "house-keeping ends")
        rows = {r["path"] for r in s.rows("SELECT DISTINCT path FROM artifacts")}
        lists = {r["playlist_path"] for r in s.rows("SELECT playlist_path FROM download_jobs WHERE deleted_at_ms IS NULL")}
        self.assertEqual(len(lists), playlists)
        self.assertEqual([os.path.relpath(f, s.data) for f in s.audio_files()], sorted(rows | lists))
        nothing_left(self, s)

    def playlist_in_order(self, s, job_id):
        paths = eventually(lambda: (p := s.api("GET", f"/api/jobs/{job_id}/paths").json)["playlist"] and p, 60, "a playlist file")
        path = paths["playlist"]["path"]
        with open(path, encoding="utf-8") as f:
            names = [line for line in f.read().splitlines() if not line.startswith("#")]
        files = [os.path.normpath(os.path.join(os.path.dirname(path), name)) for name in names]
        self.assertEqual([os.path.basename(f)[:4] for f in files], [f"{n:03d} " for n in range(1, ITEMS + 1)])
        self.assertEqual([f for f in files if not os.path.isfile(f)], [])
        return path


if __name__ == "__main__":
    main()
