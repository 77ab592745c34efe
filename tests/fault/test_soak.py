"""Writes without end, and a reader that is stuck for half of it: the log, the memory and the descriptors stay bounded."""

LIMIT_SECONDS = 900

import os
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, PATIENCE, Case, Process, eventually, main, process_tree
from harness.chances import figures, number

SECONDS = number("SOAK_SECONDS", 30)
REQUESTS = number("SOAK_REQUESTS", 2500)    # by the end, of which half are writes
TASKS = number("SOAK_TASKS", 250)
CLIENTS = 4
THINK_SECONDS = 0.02        # or a log of gigabytes grows behind the reader
WAL_MOST = 64 << 20
GROWTH_MOST = 5 << 20
HANDLERS = ("jobs", "sessions", "queue", "tracks", "whitelist", "auth", "system")
MEASURED_MEMORY = "asan" not in BUILD       # ASan keeps what is freed in quarantine


class Soak(Case):
    def test_keeps_the_log_small_and_the_processes_as_they_were(self):
        s = self.stack(workers=0, stub="fast", env={"LOG_LEVEL": "warn"})
        worker = s.worker("one")
        with open(os.path.join(s.data, "run", "serve.pid"), encoding="ascii") as f:
            serve = int(f.read())
        self.posts = self.gets = 0
        self.work(s, lambda: self.posts >= 400)         # everything has been used once
        warm = self.ended(s)
        before = self.measure(worker, serve)

        reader = sqlite3.connect(f"file:{s.database}?mode=ro", uri=True, check_same_thread=False)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM download_jobs").fetchone()
        largest, began, stuck = 0, time.monotonic(), True
        over = threading.Event()

        def enough():
            return time.monotonic() - began > SECONDS and self.posts + self.gets >= REQUESTS and self.ended(s) - warm >= TASKS

        def watch():
            nonlocal largest, stuck
            while not over.wait(0.2):
                largest = max(largest, os.path.getsize(s.database + "-wal"))
                if stuck and time.monotonic() - began > SECONDS / 2:
                    reader.close()
                    stuck = False

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        self.work(s, enough)
        over.set()
        watcher.join()
        self.assertFalse(stuck)
        eventually(lambda: os.path.getsize(s.database + "-wal") <= WAL_MOST, 10,
                   lambda: f"the log is small again: {os.path.getsize(s.database + '-wal') >> 20} MiB")
        time.sleep(1)
        after = self.measure(worker, serve)
        seconds = time.monotonic() - began
        wal = os.path.getsize(s.database + "-wal")
        growth = {name: after[name][0] - before[name][0] for name in before if name in after}
        figures(self, f"{self.posts} POSTs, {self.gets} GETs, {self.ended(s)} tasks in {seconds:.0f} s, reader stuck for {SECONDS / 2:.0f} s; WAL at most "
                      f"{largest / (1 << 20):.1f} MiB, then {wal / (1 << 20):.1f}; own memory in KiB "
                      + ", ".join(f"{name[0]} {before[name][0] >> 10}{growth[name] >> 10:+d}" for name in sorted(growth)))
        self.assertEqual(set(after), set(before), "nobody had to be replaced")
        self.assertEqual({name: figure[1] for name, figure in after.items()}, {name: figure[1] for name, figure in before.items()}, "descriptors")
        if MEASURED_MEMORY:
            self.assertLess(max(growth.values()), GROWTH_MOST, growth)
        self.assertEqual(s.value("PRAGMA integrity_check"), "ok")
        # Otherwise the drain waits for hundreds of tasks.
        self.assertEqual(s.api("POST", "/api/queue/default/pause").status // 100, 2)

    def work(self, s, enough):
        """CLIENTS that submit and look, until it is enough."""
        trouble, over, lock = [], threading.Event(), threading.Lock()

        def client():
            try:
                while not over.is_set():
                    with lock:
                        self.posts += 1
                        n = self.posts
                    job = s.submit(s.site.url("/stub", do="gone", n=n))
                    s.job(job)
                    with lock:
                        self.gets += 1
                    time.sleep(THINK_SECONDS)
            except Exception as e:
                trouble.append(repr(e))

        clients = [threading.Thread(target=client, daemon=True) for _ in range(CLIENTS)]
        for thread in clients:
            thread.start()
        try:
            eventually(lambda: trouble or enough(), 4 * SECONDS + 60, lambda: f"enough: {self.posts} POSTs, {self.ended(s)} tasks", 0.3)
        finally:
            over.set()
            for thread in clients:
                thread.join()
        self.assertEqual(trouble, [])

    @staticmethod
    def ended(s):
        return s.value("SELECT count(*) FROM tasks WHERE state = 'failed'")

    @staticmethod
    def measure(worker, serve):
        """(name, pid) -> (bytes of its own, open descriptors): the least of some looks, for a request may be under way.
        Without the log's index (-shm), which all map: 8 bytes for each 4 KiB that the stuck reader kept in the log."""
        found = {}
        for _ in range(5):
            for process in [Process(worker.pid)] + [p for p in process_tree(serve) if p.command in HANDLERS]:
                name = "worker" if process.pid == worker.pid else process.command
                now = process.memory()["anonymous"], len(os.listdir(f"/proc/{process.pid}/fd"))
                found[name, process.pid] = min(found.get((name, process.pid), now), now)
            time.sleep(0.1)
        return found


if __name__ == "__main__":
    main()
