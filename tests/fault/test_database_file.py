"""A database that cannot be used is refused with exit code 78 and a sentence, and not one byte of it changes."""

LIMIT_SECONDS = 240

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, PATIENCE, Case, eventually, main, processes_with
from harness.chances import figures
from invariants import truthful_log
from mounts import mount, private_mounts

EX_CONFIG = 78


def not_a_database(path):
    with open(path, "wb") as f:
        f.write(b"These are notes about music, and no database.\n" * 200)


def garbled(path):
    """The first page after the header: the schema itself."""
    with open(path, "r+b") as f:
        f.seek(100)
        f.write(b"\xa5" * 3996)


def cut_off(path):
    os.truncate(path, os.path.getsize(path) // 2 // 4096 * 4096)


def newer(path):
    """user_version is four bytes of the header."""
    with open(path, "r+b") as f:
        f.seek(60)
        f.write((9999).to_bytes(4, "big"))


def directory(path):
    os.remove(path)
    os.mkdir(path)


def link(path):
    os.rename(path, path + ".elsewhere")
    os.symlink(path + ".elsewhere", path)


BROKEN = [
    # what was done to it, words of the message
    (not_a_database, "not a database"),
    (garbled, "malformed|not a database"),
    (cut_off, "malformed"),
    (newer, "schema version 9999"),
    (directory, "cannot open|unable to open"),
    (link, "cannot open|unable to open|symlink"),
]


class DatabaseFile(Case):
    def setUp(self):
        """A stack that has run once, stopped; and a copy of its database."""
        self.s = self.stack(workers=1, stub="fast")
        self.job = self.s.finish(self.s.site.url("/stub"))["job_id"]
        self.stop()
        self.path = self.s.database
        whole = sqlite3.connect(self.path)      # alone with it: what the log still holds goes into the file
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole.close()
        shutil.copy(self.path, self.s.root + "/good.db")

    def stop(self):
        self.s.stack_command("stop")

    def clean(self):
        if os.path.isdir(self.path) and not os.path.islink(self.path):
            os.rmdir(self.path)
        for ending in ("", "-wal", "-shm", ".elsewhere"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(self.path + ending)

    def put_back(self):
        self.clean()
        shutil.copy(self.s.root + "/good.db", self.path)

    def look(self):
        """All that is there by the name of the database, as hashes; the index of the log is made anew at each start."""
        found = {}
        for name in sorted(os.listdir(self.s.data)):
            path = os.path.join(self.s.data, name)
            if not name.startswith("dubplate.db") or name.endswith("-shm"):
                continue
            kind = "link" if os.path.islink(path) else "directory" if os.path.isdir(path) else "file"
            if kind == "directory":
                found[name] = (kind, tuple(os.listdir(path)))
            else:
                with open(path, "rb") as f:
                    data = f.read()
                if data or not name.endswith("-wal"):
                    found[name] = (kind, hashlib.sha256(data).hexdigest())
        return found

    def start_worker(self):
        return subprocess.run([os.path.join(BUILD, "dubplate"), "worker"], env=self.s.env, cwd=self.s.root, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=30 * PATIENCE, check=False)

    def refused(self, words):
        before = self.look()
        run = self.start_worker()
        self.assertEqual(run.returncode, EX_CONFIG, run.stderr)
        self.assertRegex(run.stderr, words)
        self.assertRegex(run.stderr, "dubplate.db")
        with self.assertRaises(AssertionError, msg="the stack does not start either"):
            self.s.stack_command("start")
        self.stop()
        self.assertEqual(self.look(), before, "not a byte has changed")

    def test_that_is_broken_is_refused_and_left_alone(self):
        for breakage, words in BROKEN:
            with self.subTest(breakage.__name__):
                self.put_back()
                breakage(self.path)
                self.refused(words)
        self.put_back()
        self.goes_on()

    def test_that_may_not_be_written_is_refused(self):
        """Root may write what is read-only; not so below a read-only mount, which only this process and its children see."""
        private_mounts(self)
        mount(self, "--bind", self.s.data, self.s.data)
        mount(self, "-o", "remount,bind,ro", self.s.data)
        before = self.look()
        run = self.start_worker()
        self.assertEqual(run.returncode, EX_CONFIG, run.stderr)
        self.assertRegex(run.stderr, "dubplate.db.*Read-only file system")
        self.assertEqual(self.look(), before)
        subprocess.run(["umount", self.s.data], check=True)
        self.goes_on()

    def test_whose_log_is_empty_or_missing_is_whole(self):
        with open(self.path + "-wal", "wb"):
            pass
        self.goes_on()

    def goes_on(self):
        self.s.stack_command("start")
        self.assertEqual(self.s.job(self.job)["status"], "completed")
        self.s.finish(self.s.site.url("/stub", n=2))
        truthful_log(self, self.s)

    def test_that_breaks_under_the_handlers_is_answered_503_and_none_is_made_in_its_place(self):
        """The file goes bad before a handler opens it, which is at its first request."""
        breakages = [breakage for breakage, _ in BROKEN] + [self.missing]
        for breakage in breakages:
            with self.subTest(breakage.__name__):
                self.put_back()
                self.s.env["STACK_WORKERS"] = "0"
                self.s.stack_command("start")
                for ending in ("-wal", "-shm"):
                    with contextlib.suppress(FileNotFoundError):
                        os.remove(self.path + ending)
                breakage(self.path)
                for handler in processes_with(self.s.data):
                    if handler.command == "jobs":
                        handler.kill()
                before = self.look()
                for method, path, body in (("GET", "/api/jobs", None), ("POST", "/api/jobs", {"url": self.s.site.url("/stub", n=3)})):
                    reply = self.s.api(method, path, body)
                    self.assertEqual(reply.status, 503, reply)
                    self.assertEqual(reply.headers.get_content_type(), "application/problem+json", reply)
                self.assertEqual(self.look(), before, "nothing has been made or changed")
                self.put_back()
                eventually(lambda: self.s.api("GET", "/api/jobs").status == 200, 10, "with the file back, it answers")
                self.stop()
        self.put_back()
        self.s.env["STACK_WORKERS"] = "1"
        self.goes_on()
        figures(self, f"{len(breakages)} ways to break it, 503 each")

    @staticmethod
    def missing(path):
        os.remove(path)


if __name__ == "__main__":
    main()
