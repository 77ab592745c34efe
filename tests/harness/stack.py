"""
stack: the product, started as its user starts it, on a port and in a directory of its own.

The starter is nginx/stack (start, stop); a test that wants to own the worker says workers=0 and uses Worker.
"""

import atexit
import glob
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

from .client import Client
from .processes import Process, process_tree, processes_with
from .site import FakeSite, FakeSpotify

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPO = os.path.dirname(TESTS)
BUILD = os.path.abspath(os.environ.get("DUBPLATE_BUILD") or os.path.join(REPO, "build"))
# Sanitizer builds and crowded machines are slower; promises to the user are not measured there.
PATIENCE = float(os.environ.get("DUBPLATE_TEST_PATIENCE", "1"))

FINISHED = ("completed", "completed_with_errors", "failed", "cancelled")
# Every kind that a job may fail with.
ROOT_KINDS = frozenset("input unsupported not_whitelisted no_format unavailable login_required credentials age_restricted geo_blocked drm preview_only live "
                       "rate_limited bot_check outdated_tool forbidden network timeout bad_media too_large disk crashed cancelled system".split())
SANITIZER = re.compile(rb"ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error: |WARNING: MemorySanitizer")
PASSED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "DUBPLATE_TEST_RUN", "LLVM_PROFILE_FILE", "GCOV_PREFIX")


def eventually(question, timeout, what="it", interval=0.05):
    """The first true answer of `question()`. Fails after `timeout` seconds (times PATIENCE)."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what() if callable(what) else what}: not within {timeout * PATIENCE:g} s")
        time.sleep(interval)


class Stack:
    """
    workers     how many worker processes nginx/stack starts; 0 leaves them to Worker
    site        False: no music site (API tests need none)
    spotify     True: with tests/fakes/spotify.py, and settings that lead there
    stub        in place of the real yt-dlp: "fast" is tests/fakes/ytdlp-stubs/fast.sh, others name a behaviour of stub.py
    sample_seconds  how long the recording is that the fast stub delivers
    env         settings, as the environment of the starter
    """

    def __init__(self, *, workers=1, site=True, spotify=False, stub=None, sample_seconds=1, env=None):
        self.sample_seconds = sample_seconds
        self.root = tempfile.mkdtemp(prefix="dubplate-test-")
        self.data = os.path.join(self.root, "data")
        self.stub_log = os.path.join(self.root, "stub.log")
        self.port = free_port()
        self.workers = []
        self.site = None
        self.running = False
        self.env = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.root, "LANG": "C.UTF-8",
            "PORT": str(self.port), "DATA_DIR": self.data, "DUBPLATE_BUILD": BUILD,
            "ALLOW_SOURCE_NETS": "127.0.0.0/8", "STACK_WORKERS": str(workers),
            # What would make every test slow or depend on the machine; tests of these set them.
            "SOURCE_BUDGETS": "*=0", "SOURCE_REST_S": "1", "NETWORK_RETRY_MS": "50", "MIN_FREE_MB": "1", "KEEP_FAILED_H": "0", "CACHE_DAYS": "0",
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        }
        self.spotify = None
        self.wants_site, self.wants_spotify, self.stub = site, spotify, stub
        self.env |= env or {}
        self.api = Client(self.port)

    # --- starting and stopping --------------------------------------------------------------------

    def __enter__(self):
        atexit.register(self.close)
        try:
            self.start()
        except BaseException:
            self.close(check=False)
            raise
        return self

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    def start(self):
        if self.wants_site:
            wrapper = os.path.join(self.root, "yt-dlp")
            self.site = FakeSite(os.path.join(BUILD, "fake-media"), wrapper)
            if self.stub:
                self._write_stub(wrapper)
            self.env.setdefault("YTDLP_PATH", wrapper)
        if self.wants_spotify:
            self.spotify = FakeSpotify()
            self.env = self.spotify.env | self.env
        self.stack_command("start")
        self.running = True
        self.api.key = self.key

    def stack_command(self, verb, timeout=60):
        """Runs nginx/stack. Its output goes to a file: what it starts must not be able to hold our pipe."""
        log = os.path.join(self.root, f"stack-{verb}.log")
        with open(log, "ab") as out:
            run = subprocess.run([os.path.join(REPO, "nginx", "stack"), verb], env=self.env, cwd=self.root, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=out, timeout=timeout * PATIENCE, check=False)
        with open(log, encoding="utf-8", errors="replace") as out:
            text = out.read()
        if run.returncode != 0:
            raise AssertionError(f"nginx/stack {verb} failed with {run.returncode}:\n{text}\n{self.tail()}")
        return text

    def close(self, check=True):
        """Ends everything that this stack started. With `check`, complains about what did not end by itself."""
        atexit.unregister(self.close)
        if not os.path.isdir(self.root):
            return
        complaints = []
        for worker in self.workers:
            worker.close()
        try:
            self.stack_command("stop")
        except (AssertionError, subprocess.TimeoutExpired, OSError) as e:
            complaints.append(str(e))
        deadline = time.monotonic() + 5 * PATIENCE
        besides = [self.site.process.pid] if self.site else []
        while (left := processes_with(self.root, besides)) and time.monotonic() < deadline:
            time.sleep(0.05)
        if left:
            complaints.append(f"processes left behind: {left}")
            for process in left:
                process.kill()
        for fake in (self.site, self.spotify):
            if fake:
                fake.close()
        complaints += self.sanitizer_reports()
        if complaints:
            complaints.append(self.tail())
        if os.environ.get("DUBPLATE_TEST_KEEP"):
            print(f"kept {self.root}", file=sys.stderr)
        else:
            shutil.rmtree(self.root, ignore_errors=True)
        if check and complaints:
            raise AssertionError("\n".join(complaints))

    def _write_stub(self, wrapper):
        names = {"DUBPLATE_STUB": self.stub, "DUBPLATE_STUB_LOG": self.stub_log, "DUBPLATE_FAKE_SITE": self.site.base}
        program = os.path.join(TESTS, "fakes", "ytdlp-stubs", "fast.sh" if self.stub == "fast" else "stub.py")
        if self.stub == "fast":
            names["DUBPLATE_STUB_SAMPLE"] = os.path.join(self.root, "sample.mp3")
            with open(names["DUBPLATE_STUB_SAMPLE"], "wb") as out:
                out.write(self.site.fetch(self.site.media("frontiers", clip=self.sample_seconds)))
        with open(wrapper, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\n")
            for name, value in names.items():
                out.write(f"export {name}={shlex.quote(value)}\n")
            out.write(f'exec {shlex.quote(program)} "$@"\n')
        os.chmod(wrapper, 0o755)

    def worker(self, name, **env):
        """A worker of the test's own, in the stack's environment."""
        worker = Worker(self, name, env)
        self.workers.append(worker)
        return worker

    # --- jobs -------------------------------------------------------------------------------------

    @property
    def key(self):
        with open(os.path.join(self.data, "admin-key"), encoding="ascii") as f:
            return f.read().strip()

    def submit(self, url, **options):
        reply = self.api("POST", "/api/jobs", {"url": url, **options})
        if reply.status != 201:
            raise AssertionError(f"{url!r} was not accepted: {reply}")
        return reply.json["job_id"]

    def job(self, job_id):
        reply = self.api("GET", f"/api/jobs/{job_id}")
        if reply.status != 200:
            raise AssertionError(f"GET /api/jobs/{job_id}: {reply}")
        return reply.json

    def wait(self, job_id, statuses, timeout=60):
        """The job, once it has one of `statuses` (a word or several). Fails at once when it ends otherwise."""
        wanted = (statuses,) if isinstance(statuses, str) else tuple(statuses)
        seen = {}

        def arrived():
            seen.update(self.job(job_id))
            if seen["status"] in wanted:
                return True
            if seen["status"] in FINISHED:
                raise AssertionError(f"wanted {' or '.join(wanted)}, got {short(seen)}\n{self.tail()}")
            return False
        eventually(arrived, timeout, lambda: f"{' or '.join(wanted)}; still {short(seen)}\n{self.tail()}")
        return seen

    def finish(self, url, timeout=60, **options):
        return self.wait(self.submit(url, **options), FINISHED, timeout)

    def result(self, job_id):
        reply = self.api("GET", f"/api/jobs/{job_id}/result")
        if reply.status != 200:
            raise AssertionError(f"GET result: {reply}")
        return reply.json

    def audio_files(self, job_id=None):
        """Every file below downloads/ (of one job), finished or not."""
        below = os.path.join(glob.escape(self.data), "downloads", "*", job_id or "*", "**")
        return sorted(p for p in glob.glob(below, recursive=True, include_hidden=True) if not os.path.isdir(p))

    def work_entries(self):
        """Everything below work/: what a job in progress has, and what nobody may leave behind."""
        return sorted(glob.glob(os.path.join(glob.escape(self.data), "work", "**", "*"), recursive=True, include_hidden=True))

    # --- a look inside ----------------------------------------------------------------------------

    @property
    def database(self):
        found = glob.glob(os.path.join(glob.escape(self.data), "*.db"))
        assert len(found) == 1, found
        return found[0]

    def rows(self, statement, *values):
        """Rows as dicts. Read-only: Debian's SQLite has a WAL bug when it writes."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]
        finally:
            connection.close()

    def value(self, statement, *values):
        return next(iter(self.rows(statement, *values)[0].values()))

    def logs(self):
        return sorted({p for pattern in ("*.log", "data/**/*.log", "data/log/**") for p in glob.glob(os.path.join(self.root, pattern), recursive=True)
                       if os.path.isfile(p)})

    def tail(self, lines=25):
        """The end of every log, for the message of a failing test."""
        out = []
        for path in self.logs():
            with open(path, encoding="utf-8", errors="replace") as f:
                last = f.read()[-20000:].splitlines()[-lines:]
            if last:
                out += [f"--- {os.path.relpath(path, self.root)}", *last]
        return "\n".join(out)

    def sanitizer_reports(self):
        found = []
        for path in self.logs():
            with open(path, "rb") as f:
                data = f.read()
            match = SANITIZER.search(data)
            if match:
                found.append(f"{os.path.relpath(path, self.root)}: {data[match.start():match.start() + 3000].decode(errors='replace')}")
        return found


class Worker:
    """`dubplate worker` as a child of the test: started, killed and drained by its pid."""

    def __init__(self, stack, name, env):
        self.stack, self.name = stack, name
        self.env = {**stack.env, "WORKER_NAME": name, **env}
        self.process = None
        self.start()

    def start(self):
        with open(os.path.join(self.stack.root, f"worker-{self.name}.log"), "ab") as log:
            self.process = subprocess.Popen([os.path.join(BUILD, "dubplate"), "worker"], env=self.env, cwd=self.stack.root,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def tasks(self):
        """The `dubplate task` processes of this worker."""
        return [p for p in process_tree(self.pid) if re.search(r"\bdubplate task\b", p.command)]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def drain(self, timeout=25):
        """SIGTERM; seconds until it was gone, and its exit code."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"worker {self.name} did not drain within {timeout * PATIENCE:g} s\n{self.stack.tail()}") from None
        return time.monotonic() - began, code

    def close(self):
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(30 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def short(job):
    keep = ("job_id", "status", "url", "error", "progress", "stages", "waiting_for", "attempt")
    return json.dumps({k: job[k] for k in keep if k in job}, ensure_ascii=False)
