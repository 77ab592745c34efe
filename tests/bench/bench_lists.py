#!/usr/bin/python3
"""
A channel of 5,000 entries: what the task that reads it takes beside yt-dlp, and when the first track begins. And what
an answer from the cache costs, beside a submission that is queued.

    bench_lists.py [entries]
"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Stack, eventually
from harness.processes import process_tree

ENTRIES = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
SUBMITS = 300


def peak_kib(pid):
    """The most that the process ever had resident, in KiB; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


def a_long_channel(s):
    link = s.site.channel("@thousands", count=ENTRIES, each={"modes": {"clip": "1"}})
    worker = s.worker("one", WORKER_CONCURRENCY="2")
    began = time.monotonic()
    job = s.submit(link, max_items=ENTRIES)
    task, ytdlp, first = 0, 0, None
    query = "SELECT count(*) FROM tasks WHERE kind = 'resolve' AND state = 'running'"
    eventually(lambda: s.value(query), 20, "the channel is being read")
    while s.value(query):
        for process in process_tree(worker.pid):
            if " resolve " in process.command and "dubplate" in process.command:
                task = max(task, peak_kib(process.pid))
            elif "yt-dlp" in process.command and "flat-playlist" in process.command:
                ytdlp = max(ytdlp, peak_kib(process.pid))
        if first is None and s.value("SELECT count(*) FROM tasks WHERE kind = 'track' AND attempt > 0"):
            first = time.monotonic() - began, s.job(job)["progress"]["total_items"]
        time.sleep(0.05)
    took = time.monotonic() - began
    total = s.job(job)["progress"]["total_items"]
    s.api("POST", f"/api/jobs/{job}/cancel")
    print(f"{total} entries in {took:.1f} s; the task that reads them peaks at {task / 1024:.1f} MiB, yt-dlp at {ytdlp / 1024:.1f} MiB; "
          f"the first track began after {first[0]:.1f} s, at entry {first[1]}" if first else "no track began before the end")


def median_ms(calls):
    times = []
    for call in calls:
        began = time.monotonic()
        call()
        times.append((time.monotonic() - began) * 1000)
    return sorted(times)[len(times) // 2]


def the_cache(s):
    link = s.site.media("frontiers", clip=1)
    s.worker("two")
    s.finish(link)

    def submit(url, status):
        reply = s.api("POST", "/api/jobs", {"url": url})
        assert reply.status == status, reply
    hit = median_ms((lambda: submit(link, 200)) for _ in range(SUBMITS))
    miss = median_ms((lambda n=n: submit(f"https://example.org/page?n={n}", 201)) for n in range(SUBMITS))
    print(f"a submit that the cache answers takes {hit:.2f} ms, one that is queued {miss:.2f} ms: {hit / miss:.2f} x")


if __name__ == "__main__":
    with Stack(workers=0) as stack:
        a_long_channel(stack)
    with Stack(workers=0, env={"CACHE_DAYS": "30"}) as stack:
        the_cache(stack)
