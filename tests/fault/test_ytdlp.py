"""A yt-dlp that misbehaves (tests/fakes/ytdlp-stubs): every run ends, says why, and leaves nothing."""

LIMIT_SECONDS = 420

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, Case, Process, Stack, eventually, main, processes_with
from invariants import finished_once, no_strays, nothing_left

QUICK = {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "MAX_CRASHES": "2", "STALL_TIMEOUT_S": "3"}


class Stubs(Case):
    CASES = [
        # stub, kinds
        ("hang", "timeout"),
        ("hang-resolve", "timeout"),
        ("flood", "system|bad_media|too_large|timeout|network|crashed"),
        ("flood-resolve", "system|bad_media|too_large|timeout|network|crashed"),
        ("stderr-flood", "system|network|timeout|crashed"),
        ("killed", "crashed|system|network"),
        ("silent", "bad_media|unavailable|no_format|system|unsupported"),
        ("outside", "system|bad_media|crashed"),
        ("symlink", "system|bad_media|crashed"),
        ("empty", "bad_media|network"),
        ("not-json", "system|outdated_tool|bad_media|unsupported"),
        ("huge-json", "system|outdated_tool|too_large|bad_media"),
    ]

    def test_fail_with_a_reason_and_leave_nothing(self):
        for stub, kinds in self.CASES:
            with self.subTest(stub):
                self.check(stub, kinds)

    def test_whose_page_leads_to_many_hosts_is_not_trusted_with_the_last_of_them(self):
        with Stack(workers=0, stub="many-hosts", env=QUICK) as s:
            s.worker("one")
            job = s.wait(s.submit("https://www.youtube.com/watch?v=stubstub001"), "failed", 60)
            self.assertIn("hosts", job["error"]["detail"], job)
            self.assertEqual(job["tracks"], [], "nothing is downloaded")

    def test_whose_list_holds_what_is_no_entry_gets_a_failed_track_for_each(self):
        with Stack(workers=0, stub="bad-entries", env=QUICK) as s:
            s.worker("one")
            job = s.wait(s.submit("https://www.youtube.com/playlist?list=PLstubstub001"), "failed", 60)
            self.assertEqual((job["progress"]["total_items"], job["progress"]["failed_items"]), (61, 61), job)
            events = s.api("GET", f"/api/jobs/{job['job_id']}/events").json["events"]
            self.assertNotIn("crashed", [e["event"] for e in events], events)

    def check(self, stub, kinds):
        with Stack(workers=0, stub=stub, env={**QUICK, "TASK_TIMEOUT_S": "10"}) as s:
            worker = s.worker("one")
            job = s.submit("https://www.youtube.com/watch?v=stubstub001")
            job = s.wait(job, "failed", 100)
            self.assertIn(job["error"]["kind"], kinds.split("|"), job["error"])
            self.assertTrue(job["error"]["detail"].strip())
            self.assertLess(len(job["error"]["detail"]), 1000)
            self.assertNotIn("root:x:0", json.dumps(job))
            self.assertEqual(s.audio_files(job["job_id"]), [])
            self.assertEqual(s.value("SELECT count(*) FROM tasks WHERE state IN ('queued', 'running') AND kind IN ('resolve', 'track')"), 0)
            nothing_left(self, s)
            no_strays(self, s)
            self.assertTrue(worker.alive())
            self.assertLess(worker_memory(worker), 64 << 20, "junk is not kept in memory")

    def test_a_grandchild_that_holds_the_pipe_does_not_hold_the_track(self):
        s = self.stack(workers=0, stub="grandchild", env=QUICK)
        s.worker("one")
        job = s.submit(s.site.watch("frontiers", clip=2))
        s.wait(job, "completed", 30)
        finished_once(self, s, [job])
        eventually(lambda: not [p for p in processes_with(s.root, [s.site.process.pid]) if "sleep" in p.command], 5, "the grandchild ends")

    def test_cancel_ends_one_that_ignores_sigterm(self):
        s = self.stack(workers=0, stub="hang", env={**QUICK, "STALL_TIMEOUT_S": "300"})
        s.worker("one")
        job = s.submit("https://www.youtube.com/watch?v=stubstub001")
        stubs = lambda: [p for p in processes_with(s.root, [s.site.process.pid]) if "stub.py" in p.command and "after_move:" in p.command]
        eventually(stubs, 20, "it runs")
        began = time.monotonic()
        self.assertIn(s.api("POST", f"/api/jobs/{job}/cancel").status, (200, 202))
        s.wait(job, "cancelled", 5)
        eventually(lambda: not stubs(), 5, lambda: f"it ends: {stubs()}")
        self.assertLess(time.monotonic() - began, 5 * PATIENCE)
        nothing_left(self, s)


class Arguments(Case):
    URLS = ["https://www.youtube.com/watch?v=argsargs001&x=;touch%20/tmp/dubplate-was-here", "https://www.youtube.com/watch?v=argsargs002&y=$(id)&z='\"`",
            "https://www.youtube.com/watch?v=argsargs003&%0a--exec%20x"]

    def test_are_a_vector_with_the_link_last_after_two_dashes(self):
        s = self.stack(workers=0, stub="record", env={**QUICK, "AWS_SECRET_ACCESS_KEY": "hidden", "WEBHOOK_SECRET": "hidden"})
        s.site.youtube("argsargs001", name="frontiers", modes={"clip": "2"})
        s.worker("one", SECRET_OF_THE_WORKER="hidden")
        for url in self.URLS:
            s.wait(s.submit(url), "completed", 60)
        self.assertFalse(os.path.exists("/tmp/dubplate-was-here"))
        with open(s.stub_log, encoding="utf-8") as log:
            calls = [json.loads(line) for line in log]
        self.assertGreaterEqual(len(calls), len(self.URLS))
        for call in calls:
            argv, env = call["argv"], call["env"]
            with self.subTest(argv):
                self.assertIn("--ignore-config", argv)
                self.assertIn("--no-exec", argv)
                if "--load-info-json" not in argv:
                    self.assertEqual(argv[-2], "--")
                    self.assertTrue(argv[-1].startswith("https://www.youtube.com/watch?v=argsargs00"), argv[-1])
                for forbidden in ("--exec", "--netrc-cmd", "--downloader", "--cookies-from-browser"):
                    self.assertNotIn(forbidden, argv)
                self.assertNotIn("hidden", json.dumps(env), "secrets stay with us")
                self.assertNotIn(s.key, json.dumps(env))
                self.assertLessEqual(set(env), {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "PWD", "SHLVL", "_", "http_proxy", "https_proxy", "no_proxy",
                                                "PYTHONDONTWRITEBYTECODE", "DUBPLATE_STUB", "DUBPLATE_STUB_LOG", "DUBPLATE_FAKE_SITE", "PYTHONUNBUFFERED", "ALL_PROXY",
                                                "LC_CTYPE", "DUBPLATE_TASK"}, sorted(env))
                self.assertLessEqual(max(call["descriptors"]), 4, "no descriptor of ours is inherited")


def worker_memory(worker):
    return Process(worker.pid).memory()["rss"]


if __name__ == "__main__":
    main()
