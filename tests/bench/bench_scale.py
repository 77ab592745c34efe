#!/usr/bin/python3
"""
bench_scale: what a database of a million finished and a hundred thousand waiting jobs costs, as ratios to an empty one.

    bench_scale.py [--finished N] [--queued N] [--seconds S] [--json]

submit, list, poll (304), detail    through nginx, one client, p50 of many: what one person waits
claim                               from the commit of a submit of the highest priority to the claim of its task
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from harness import Stack, eventually  # noqa: E402

NOW_MS = int(time.time() * 1000)
URL = "https://example.org/page?n="
FEW = 3000          # of which every fiftieth failed


def uuid7(n, kind):
    return f"{NOW_MS - 10**9 + n:012x}"[:8] + "-" + f"{NOW_MS - 10**9 + n:012x}"[8:] + f"-7{kind:03x}-8000-{n:012x}"


def fill(path, finished, queued):
    """Rows as the worker would have left them. Nothing else is connected, so Debian's SQLite may write."""
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-400000; PRAGMA foreign_keys=OFF; BEGIN")
    spec = db.execute("SELECT spec_json FROM download_jobs LIMIT 1").fetchone()[0]
    first = db.execute("SELECT MAX(id) FROM download_jobs").fetchone()[0] + 1
    task = db.execute("SELECT MAX(id) FROM tasks").fetchone()[0] + 1
    sources = ("youtube", "soundcloud", "generic")
    for start in range(0, finished + queued, 20000):
        jobs, tasks, tracks, artifacts, stages, events = [], [], [], [], [], []
        for n in range(start, min(start + 20000, finished + queued)):
            done, job = n < finished, first + n
            source = sources[n % 3]
            at = NOW_MS - (finished + queued - n) * 100
            state = ("failed" if n % 50 == 0 else "done") if done else "queued"
            jobs.append((job, uuid7(n, 1), f"{URL}{n}", source, source, spec, state, int(done), int(done), f"{n:064x}", at, at, at, at if done else None, n + 10))
            events.append((job, 1, at, "submitted"))
            tasks.append((task, "resolve", job, None, state if done else "queued", at, at, source, 2))
            task += 1
            if done:
                tracks.append((n + 10**7, uuid7(n, 2), job, f"{URL}{n}", f"Title {n}", "Artist", state, at))
                tasks.append((task, "track", job, n + 10**7, state, at, at, source, 1))
                artifacts.append((n + 10**7, "audio", f"downloads/library/{n}/audio/x.mp3", f"{n:064x}", at))
                artifacts.append((n + 10**7, "cover", f"downloads/library/{n}/cover/x.jpg", f"{n:064x}", at))
                stages += [(task, name, k, at) for k, name in enumerate(("download", "master", "tag", "store"), 1)]
                events += [(job, 2, at, "started"), (job, 3, at, "resolved"), (job, 4, at, "started"), (job, 5, at, "done")]
                task += 1
        many = db.executemany
        many("INSERT INTO download_jobs (id, uuid, url, source, asked, spec_json, state, total_items, completed_items, work_key, created_at_ms, updated_at_ms,"
             " started_at_ms, finished_at_ms, revision) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", jobs)
        many("INSERT INTO tasks (id, kind, queue, job_id, subject_id, state, created_at_ms, turn_ms, source, asks) VALUES (?,?,'default',?,?,?,?,?,?,?)", tasks)
        many("INSERT INTO downloaded_tracks (id, uuid, job_id, item_index, url, title, artist, state, created_at_ms) VALUES (?,?,?,1,?,?,?,?,?)", tracks)
        many("INSERT INTO artifacts (track_id, kind, path, format, size_bytes, sha256, created_at_ms) VALUES (?,?,?,'mp3',1,?,?)", artifacts)
        many("INSERT INTO task_stages (task_id, name, position, state, attempt, wall_ms, cpu_ms) VALUES (?,?,?,'done',1,?,1)", stages)
        many("INSERT INTO job_events (job_id, seq, at_ms, event) VALUES (?,?,?,?)", events)
    db.execute("DELETE FROM job_counts")
    db.execute("INSERT INTO job_counts SELECT source, state, COUNT(*) FROM download_jobs WHERE deleted_at_ms IS NULL GROUP BY source, state")
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def median(values):
    return sorted(values)[len(values) // 2]


class Measure:
    def __init__(self, stack, seconds):
        self.stack, self.seconds = stack, seconds
        self.calls = 0

    def timed(self, call):
        """Median of milliseconds; the first ones warm up."""
        took, until = [], time.monotonic() + self.seconds
        while time.monotonic() < until or len(took) < 30:
            began = time.monotonic()
            call()
            took.append((time.monotonic() - began) * 1000)
        return median(took[10:])

    def submit(self, **options):
        self.calls += 1
        reply = self.stack.api("POST", "/api/jobs", {"url": f"{URL}fresh{self.calls}", **options})
        assert reply.status == 201, reply
        return reply.json["job_id"]

    def run(self):
        api = self.stack.api
        tag = api("GET", "/api/jobs?limit=50").headers["ETag"]
        figures = {
            "list 50": self.timed(lambda: api("GET", "/api/jobs?limit=50")),
            "list 50 failed": self.timed(lambda: api("GET", "/api/jobs?limit=50&status=failed")),
            "poll (304)": self.timed(lambda: api("GET", "/api/jobs?limit=50", headers={"If-None-Match": tag})),
            "queue info": self.timed(lambda: api("GET", "/api/queue")),
            "submit": self.timed(self.submit),
        }
        job = self.submit()
        figures["detail"] = self.timed(lambda: api("GET", f"/api/jobs/{job}"))
        figures["claim"] = self.claims()
        return figures

    def claims(self):
        """A worker with one place, whose yt-dlp fails at once; each submission goes before all that waits."""
        worker = self.stack.worker("claimer", YTDLP_PATH=self.stack.quick, WORKER_CONCURRENCY="1", MAX_RETRIES="0", QUEUE_NAMES="slow")
        worker.drain()
        worker.env["QUEUE_NAMES"] = "default"
        self.stack.api("POST", "/api/queue/default/pause")
        worker.start()
        eventually(lambda: self.stack.api("GET", "/api/workers").json["workers"], 20, "the worker is up")
        waits = []
        for _ in range(25):
            job = self.submit(priority=10)
            self.stack.api("POST", "/api/queue/default/resume")
            began_ms = time.time() * 1000
            eventually(lambda: self.stack.value("SELECT started_at_ms FROM tasks WHERE job_id = (SELECT id FROM download_jobs WHERE uuid = ?)", job), 20, "it is claimed", 0.01)
            waits.append(self.stack.value("SELECT started_at_ms FROM tasks WHERE job_id = (SELECT id FROM download_jobs WHERE uuid = ?)", job) - began_ms)
            self.stack.api("POST", "/api/queue/default/pause")
            eventually(lambda: not self.stack.value("SELECT count(*) FROM tasks WHERE state = 'running'"), 20, "it has ended", 0.01)
        worker.drain()
        return median(waits)


def main():
    parser = argparse.ArgumentParser(description="Ratios to compare, not to pass.")
    parser.add_argument("--finished", type=int, default=1_000_000)
    parser.add_argument("--queued", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = {}
    # Nearly: as many jobs of each state as a list shows, or an empty answer would be what a full one is compared with.
    for name, sizes in (("empty", (FEW, 0)), ("full", (options.finished, options.queued))):
        with Stack(workers=0, site=False) as stack, tempfile.TemporaryDirectory(prefix="dubplate-bench-") as scratch:
            stack.quick = os.path.join(scratch, "yt-dlp")
            with open(stack.quick, "w", encoding="ascii") as out:
                out.write('#!/bin/sh\n[ "$1" = --version ] && echo 2026.10.26 && exit 0\necho "ERROR: [generic] Unsupported URL: x" >&2\nexit 1\n')
            os.chmod(stack.quick, 0o755)
            for n in range(60):        # a list has something to list in both
                stack.submit(f"{URL}first{n}")
            if sizes:
                stack.stack_command("stop")
                began = time.monotonic()
                fill(stack.database, *sizes)
                print(f"{sizes[0]:,} finished and {sizes[1]:,} waiting jobs, {os.path.getsize(stack.database) / 2**20:,.0f} MB, written in {time.monotonic() - began:.0f} s",
                      file=sys.stderr)
                stack.stack_command("start")
            measure = Measure(stack, options.seconds)
            measure.calls = 1000
            figures[name] = measure.run()
    if options.json:
        print(json.dumps(figures, indent=1))
        return 0
    for name, empty in figures["empty"].items():
        full = figures["full"][name]
        print(f"{name:16} empty {empty:7.2f} ms   full {full:7.2f} ms   ratio {full / empty:5.2f}   goal 2.00 or less")
    return 0


if __name__ == "__main__":
    sys.exit(main())
