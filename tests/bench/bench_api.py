#!/usr/bin/python3
"""
bench_api: the front door and the idle stack, measured. Numbers to compare, not to pass.

    bench_api.py [--seconds N] [--clients N] [--idle-seconds N] [--json]

submissions   durable POST /api/jobs per second through nginx with 16 keep-alive clients, p50 and p99; beside it what
              the disk (one writer, 4 KB and fdatasync), nginx alone and a bare FastCGI program do in the same run
claim         from the submission (created_at_ms) to the claim of its first task (started_at_ms), one job at a time
idle          CPU share of the whole stack while nothing happens; resident memory without nginx
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from harness import Stack, eventually, processes_with  # noqa: E402
from harness.stack import free_port  # noqa: E402

BODY = '{"url": "https://example.org/page?n=%"}'
BARE_CONF = """
pid {root}/nginx.pid; error_log {root}/error.log; worker_processes 1; daemon off;
events {{ worker_connections 1024; }}
http {{
    access_log off; client_body_temp_path {root}/body; fastcgi_temp_path {root}/fcgi; proxy_temp_path {root}/proxy;
    uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi; keepalive_requests 100000;
    server {{
        listen 127.0.0.1:{port};
        location /static {{ return 204; }}
        location / {{ include /etc/nginx/fastcgi_params; fastcgi_pass unix:{root}/bare.sock; }}
    }}
}}
"""


def compile_tools(where):
    for name, libraries in (("httpload", []), ("bare_fcgi", ["-lfcgi"])):
        subprocess.run(["cc", "-O2", "-o", os.path.join(where, name), os.path.join(HERE, name + ".c"), *libraries], check=True)


class Bench:
    def __init__(self, options, tools):
        self.options, self.tools, self.figures = options, tools, {}

    def load(self, port, method, path, key="", body=None, seconds=None):
        argv = [os.path.join(self.tools, "httpload"), str(port), str(self.options.clients), str(seconds or self.options.seconds), method, path, key]
        run = subprocess.run(argv + ([body] if body else []), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        if run.stderr:
            print(run.stderr.strip(), file=sys.stderr)
        return json.loads(run.stdout)

    def say(self, name, text):
        if not self.options.json:
            print(f"{name:28} {text}", flush=True)

    def disk(self, seconds=2):
        """What one durable commit costs at least here."""
        waits = []
        with tempfile.NamedTemporaryFile(prefix="dubplate-bench-") as out:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                began = time.monotonic()
                os.write(out.fileno(), b"x" * 4096)
                os.fdatasync(out.fileno())
                waits.append((time.monotonic() - began) * 1000)
        waits.sort()
        self.figures["fdatasync"] = {"rate": len(waits) / seconds, "p50": waits[len(waits) // 2], "p99": waits[int((len(waits) - 1) * 0.99)]}
        self.say("4 KB + fdatasync", f"{len(waits) / seconds:8.0f}/s   p50 {self.figures['fdatasync']['p50']:7.2f} ms   p99 {self.figures['fdatasync']['p99']:7.2f} ms")

    def submissions(self, processes):
        with Bare(self.tools, processes) as bare:
            self.load(bare.port, "POST", "/bare", body=BODY, seconds=1)
            static = self.load(bare.port, "GET", "/static")
            fcgi = self.load(bare.port, "POST", "/bare", body=BODY)
        # A worker that checkpoints, as in life, but leaves the jobs alone: its lane is another.
        with Stack(workers=1, site=False, env={"QUEUE_NAMES": "maintenance"}) as stack:
            self.load(stack.port, "POST", "/api/jobs", stack.key, BODY, 1)
            before = stack.value("SELECT count(*) FROM download_jobs")
            submit = self.load(stack.port, "POST", "/api/jobs", stack.key, BODY)
            stored = stack.value("SELECT count(*) FROM download_jobs") - before
            lists = self.load(stack.port, "GET", "/api/jobs?limit=50", stack.key)
        assert submit["failed"] == 0 and stored == submit["requests"], (submit, stored)
        self.figures |= {"static": static, "bare_fcgi": fcgi, "submit": submit, "list": lists}
        for name, figures in (("nginx alone (204)", static), (f"bare FastCGI x{processes}", fcgi), ("POST /api/jobs, durable", submit), ("GET /api/jobs?limit=50", lists)):
            ratio = figures["rate"] / fcgi["rate"]
            self.say(name, f"{figures['rate']:8.0f}/s   p50 {figures['p50']:7.2f} ms   p99 {figures['p99']:7.2f} ms   {ratio:5.2f} of bare FastCGI"
                     + (f"   FAILED {figures['failed']}" if figures["failed"] else ""))

    def claims(self, jobs):
        with tempfile.TemporaryDirectory(prefix="dubplate-bench-") as scratch:
            tool = os.path.join(scratch, "yt-dlp")
            with open(tool, "w", encoding="ascii") as out:
                out.write('#!/bin/sh\n[ "$1" = --version ] && echo 2026.10.26 && exit 0\necho "ERROR: [generic] Unsupported URL: x" >&2\nexit 1\n')
            os.chmod(tool, 0o755)
            with Stack(workers=1, site=False, env={"YTDLP_PATH": tool, "WORKER_CONCURRENCY": "8", "MAX_RETRIES": "0"}) as stack:
                for n in range(jobs):
                    stack.submit(f"https://example.org/page?n={n}")
                    time.sleep(0.03 + 0.0007 * (n % 100))        # no step with the worker's own rhythm
                eventually(lambda: stack.value("SELECT count(*) FROM download_jobs WHERE state != 'failed'") == 0, 60, "all jobs end")
                waits = sorted(r["ms"] for r in stack.rows("SELECT started_at_ms - created_at_ms AS ms FROM tasks WHERE kind = 'resolve' AND started_at_ms IS NOT NULL"))
        self.figures["claim"] = {"jobs": len(waits), "p50": waits[len(waits) // 2], "p99": waits[int((len(waits) - 1) * 0.99)], "max": waits[-1]}
        self.say("submit to claim", f"p50 {self.figures['claim']['p50']} ms   p99 {self.figures['claim']['p99']} ms   max {waits[-1]} ms   ({len(waits)} jobs)")

    def idle(self, seconds):
        with Stack(workers=1, site=False) as stack:
            eventually(lambda: stack.api("GET", "/api/health").json["workers"] >= 1, 20, "the worker is up")
            time.sleep(3)
            before = {p.pid: p.ticks for p in processes_with(stack.root)}
            began = time.monotonic()
            time.sleep(seconds)
            took = time.monotonic() - began
            now = processes_with(stack.root)
            share = sum(p.ticks - before.get(p.pid, 0) for p in now) / os.sysconf("SC_CLK_TCK") / took * 100
            ours = [p for p in now if "nginx" not in os.path.basename(p.command.split()[0]) and not p.command.startswith("nginx:")]
            memory = [(p, p.memory()) for p in ours]
        pss, rss = (sum(m[name] for _, m in memory) for name in ("pss", "rss"))
        self.figures["idle"] = {"cpu_percent": round(share, 3), "pss_bytes": pss, "rss_bytes": rss, "processes": len(ours)}
        self.say("idle CPU, whole stack", f"{share:.2f} % of one core over {took:.0f} s")
        self.say("idle memory without nginx", f"PSS {pss / 2**20:.1f} MB   RSS {rss / 2**20:.1f} MB   ({len(ours)} processes)")
        for process, m in memory:
            self.say("", f"PSS {m['pss'] / 2**20:5.1f} MB  {process.command[-70:]}")


class Bare:
    """nginx before the least FastCGI program there can be."""

    def __init__(self, tools, processes):
        self.tools, self.processes = tools, processes

    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix="dubplate-bare-")
        self.port = free_port()
        conf = os.path.join(self.root, "nginx.conf")
        with open(conf, "w", encoding="utf-8") as out:
            out.write(("user root;\n" if os.getuid() == 0 else "") + BARE_CONF.format(root=self.root, port=self.port))
        self.running = [subprocess.Popen([os.path.join(self.tools, "bare_fcgi"), os.path.join(self.root, "bare.sock"), str(self.processes)]),
                        subprocess.Popen(["nginx", "-p", self.root, "-e", os.path.join(self.root, "error.log"), "-c", conf])]
        eventually(lambda: os.path.exists(os.path.join(self.root, "nginx.pid")) and os.path.exists(os.path.join(self.root, "bare.sock")), 10, "bare nginx is up")
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.terminate()
            process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="Numbers to compare, not to pass.")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--idle-seconds", type=float, default=20)
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2, help="of the bare FastCGI program")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dubplate-bench-") as tools:
        compile_tools(tools)
        bench = Bench(options, tools)
        bench.disk()
        bench.submissions(options.processes)
        bench.claims(options.claims)
        bench.idle(options.idle_seconds)
    if options.json:
        print(json.dumps(bench.figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
