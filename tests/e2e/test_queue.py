"""Sources that rest, retries that go on where they failed, pauses and schedules: with the real worker and the real yt-dlp."""

import contextlib
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Case, eventually, main

MUTE = {"clip": "2"}


class Queue(Case):
    def seconds_until(self, iso):
        return self.s.value("SELECT (julianday(?) - julianday('now')) * 86400", iso)

    def source(self, name):
        return next((row for row in self.s.api("GET", "/api/queue").json["sources"] if row["name"] == name), None)

    def events(self, job):
        return [e["event"] for e in self.s.api("GET", f"/api/jobs/{job}/events").json["events"]]

    def blocked(self, job, what="downloads/library"):
        """Something lies where the finished file would go: the last stage fails, and only that."""
        path = os.path.join(self.s.data, what, job)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb"):
            pass
        return path


class ASourceThatRefuses(Queue):
    def test_rests_as_long_as_it_asks_while_others_go_on(self):
        s = self.s = self.stack(env={"SOURCE_REST_S": "100", "WORKER_CONCURRENCY": "1"})
        s.site.set_page("limited", page_status=429, retry_after=1200)
        limited = s.submit(s.site.url("/watch/frontiers", page="limited"))
        why = eventually(lambda: (j := s.job(limited))["error"] and j, 30, "it is refused")
        self.assertEqual((why["status"], why["error"]["kind"], why["attempt"]), ("pending", "rate_limited", 1))
        self.assertIn("127.0.0.1 to rest until", why["waiting_for"])
        self.assertTrue(1100 < self.seconds_until(why["waiting_until"]) < 1400, why["waiting_until"])
        behind = s.submit(s.site.watch("frontiers", clip=2, n=1))
        other = s.submit(s.site.youtube("frontiers02", name="frontiers", modes=MUTE))
        s.wait(other, "completed", 60)
        self.assertIn("127.0.0.1 to rest until", s.job(behind)["waiting_for"])
        self.assertEqual(self.events(behind), ["submitted"])
        row = self.source("127.0.0.1")
        self.assertEqual((row["state"], row["refusals"], row["kind"]), ("open", 1, "rate_limited"))
        # It answers again: one of them tries, and that ends the rest for both.
        s.site.set_page("limited", clip=2)
        reply = s.api("POST", "/api/queue/sources/127.0.0.1/wake")
        self.assertEqual(next(r for r in reply.json["sources"] if r["name"] == "127.0.0.1")["state"], "half_open")
        for job in (limited, behind):
            s.wait(job, "completed", 60)
        self.assertIsNone(self.source("127.0.0.1"))
        self.assertEqual(self.events(limited)[:4], ["submitted", "started", "retrying", "started"])

    def test_in_the_middle_of_a_download_rests_too(self):
        s = self.s = self.stack(env={"SOURCE_REST_S": "100"})
        job = s.submit(s.site.youtube("frontiers03", name="frontiers", modes={**MUTE, "status": "429", "retry_after": "600"}))
        eventually(lambda: s.job(job)["error"], 60, "it is refused")
        shown = s.job(job)
        self.assertIn("youtube to rest until", shown["waiting_for"])
        self.assertTrue(550 < self.seconds_until(shown["waiting_until"]) < 700, shown["waiting_until"])
        s.site.youtube("frontiers03", name="frontiers", modes=MUTE)
        s.api("POST", "/api/queue/sources/youtube/wake")
        s.wait(job, "completed", 60)

    def test_only_here_and_now_is_asked_less(self):
        """A budget of 60 an hour lets about ten through at once."""
        s = self.s = self.stack(env={"SOURCE_BUDGETS": "127.0.0.1=60", "WORKER_CONCURRENCY": "4", "MAX_RETRIES": "0"})
        jobs = [s.submit(s.site.watch("frontiers", page_status=404, n=n)) for n in range(14)]
        eventually(lambda: sum(s.job(j)["status"] == "failed" for j in jobs) >= 8, 60, "the first ones are asked for")
        waiting = eventually(lambda: (w := [j for j in map(s.job, jobs) if j["status"] == "pending"]) and all("its turn at" in j["waiting_for"] for j in w) and w,
                             20, "the others wait for the budget")
        self.assertTrue(2 <= len(waiting) <= 6, len(waiting))
        self.assertIn("asked 60 times an hour at most", waiting[0]["waiting_for"])
        self.assertTrue(self.seconds_until(waiting[0]["waiting_until"]) < 130)


class ARetry(Queue):
    def test_of_the_last_stage_does_not_download_again(self):
        s = self.s = self.stack(env={"RETRY_BASE_MS": "1500"})
        s.api("POST", "/api/queue/default/pause")
        job = s.submit(s.site.watch("frontiers", clip=5, ext="webm"))
        way = self.blocked(job)
        s.api("POST", "/api/queue/default/resume")
        shown = eventually(lambda: (j := s.job(job))["error"] and j, 60, "storing fails")
        self.assertIn("another attempt at", shown["waiting_for"])
        os.unlink(way)
        s.wait(job, "completed", 60)
        self.assertEqual([e["status"] for e in s.site.log("/media/") if e["method"] == "GET"], [200], "the media were fetched once")
        self.assertEqual(len(s.site.log("/watch/")), 1, "the page was asked for once")
        stages = {row["name"]: row["attempt"] for row in s.job(job)["stages"]}
        self.assertEqual((stages["master"], stages["store"]), (1, 2), stages)

    def test_by_hand_goes_on_where_it_failed(self):
        s = self.s = self.stack(env={"MAX_RETRIES": "0", "KEEP_FAILED_H": "24"})
        s.api("POST", "/api/queue/default/pause")
        job = s.submit(s.site.watch("frontiers", clip=5, ext="webm"))
        way = self.blocked(job)
        s.api("POST", "/api/queue/default/resume")
        s.wait(job, "failed", 60)
        os.unlink(way)
        self.assertEqual(s.api("POST", f"/api/jobs/{job}/retry").status, 200)
        s.wait(job, "completed", 60)
        self.assertEqual([e["status"] for e in s.site.log("/media/") if e["method"] == "GET"], [200], "the media were fetched once")
        eventually(lambda: not s.work_entries(), 5, "no work directory is left")
        self.assertEqual(self.events(job)[-3:], ["retried", "started", "done"])

    def test_inside_a_stage_costs_no_attempt(self):
        s = self.s = self.stack(env={"NETWORK_RETRY_MS": "100", "MAX_RETRIES": "0"})
        s.site.set_page("flaky", page_status=503)
        job = s.submit(s.site.url("/watch/frontiers", page="flaky"))
        eventually(lambda: "repeated" in self.events(job), 30, "it is repeated")
        s.site.set_page("flaky", clip=2)
        self.assertEqual(s.wait(job, "completed", 60)["attempt"], 1)
        event = next(e for e in s.api("GET", f"/api/jobs/{job}/events").json["events"] if e["event"] == "repeated")
        self.assertEqual((event["stage"], event["kind"]), ("resolve", "network"))

    def test_with_other_inputs_starts_over(self):
        """What lies there was made from other options: its hash says so."""
        s = self.s = self.stack(workers=0, env={"RETRY_BASE_MS": "300", "MAX_RETRIES": "10"})
        worker = s.worker("one")
        job = s.submit(s.site.watch("frontiers", clip=5, ext="webm"))
        way = self.blocked(job)
        eventually(lambda: s.job(job)["error"], 60, "storing fails")
        worker.drain()
        state = next(p for p in s.work_entries() if p.endswith("state.json"))
        with open(state, encoding="utf-8") as f:
            text = f.read()
        with open(state, "w", encoding="utf-8") as f:
            f.write(text.replace('"inputs":"', '"inputs":"0', 1))
        os.unlink(way)
        worker.start()
        s.wait(job, "completed", 60)
        self.assertEqual({row["name"]: row["attempt"] > 1 for row in s.job(job)["stages"] if row["name"] != "resolve"},
                         {"download": True, "master": True, "tag": True, "store": True})


class APause(Queue):
    def test_keeps_the_bytes_and_a_resume_asks_for_the_rest(self):
        s = self.s = self.stack()
        job = s.submit(s.site.watch("frontiers", clip=20, ext="webm", rate=80000))
        eventually(lambda: (s.job(job)["progress"]["downloaded_bytes"] or 0) > 60000, 30, "60 KB arrive")
        self.assertEqual(s.api("POST", f"/api/jobs/{job}/pause").status, 200)
        s.wait(job, "paused", 10)
        eventually(lambda: not [e for e in s.site.log("/media/") if not e["ended"]], 10, "the connection ends")
        self.assertEqual(s.job(job)["waiting_for"], "somebody to resume it")
        s.api("POST", f"/api/jobs/{job}/resume")
        self.assertEqual(s.wait(job, "completed", 60)["attempt"], 1)
        starts = [int(e["range"][6:-1]) for e in s.site.log("/media/") if (e["range"] or "").startswith("bytes=")]
        self.assertTrue(any(start > 30000 for start in starts), s.site.log("/media/"))
        self.assertEqual(len(s.site.log("/watch/")), 1, "the page was asked for once")
        self.assertEqual([e for e in self.events(job) if e in ("paused", "stopped", "resumed")], ["paused", "stopped", "resumed"])

    def test_of_the_lane_leaves_what_runs_alone(self):
        s = self.s = self.stack(env={"WORKER_CONCURRENCY": "1"})
        first = s.submit(s.site.watch("frontiers", clip=5, ext="webm", rate=60000))
        eventually(lambda: s.job(first)["progress"]["downloaded_bytes"], 30, "bytes arrive")
        s.api("POST", "/api/queue/default/pause")
        second = s.submit(s.site.watch("frontiers", clip=2))
        s.wait(first, "completed", 60)
        self.assertEqual(s.job(second)["waiting_for"], "the lane default to be resumed")
        s.api("POST", "/api/queue/default/resume")
        s.wait(second, "completed", 60)


class Places(Queue):
    def test_of_the_lanes_are_their_own(self):
        """A slow task under way does not hold up the default lane, nor the other way round."""
        s = self.s = self.stack(workers=0, env={"WORKER_CONCURRENCY": "1"})
        slow = s.submit(s.site.watch("frontiers", page_hang=1))
        self.to_slow(slow)
        s.worker("one")
        eventually(lambda: s.job(slow)["status"] == "downloading", 30, "the slow one runs")
        quick = s.submit(s.site.watch("frontiers", clip=2))
        s.wait(quick, "completed", 60)
        self.assertEqual(s.job(slow)["status"], "downloading")
        s.api("POST", f"/api/jobs/{slow}/cancel")
        s.wait(slow, "cancelled", 10)

    def to_slow(self, job):
        """As the tasks of separation and speech will be; nothing asks for them yet. No worker runs that could checkpoint."""
        with contextlib.closing(sqlite3.connect(self.s.database)) as db:
            changed = db.execute("UPDATE tasks SET queue = 'slow' WHERE job_id = (SELECT id FROM download_jobs WHERE uuid = ?)", (job,)).rowcount
            db.commit()
        self.assertEqual(changed, 1)


class ASchedule(Queue):
    def test_is_kept(self):
        s = self.s = self.stack()
        at = s.rows("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+3 seconds') AS at")[0]["at"]
        job = s.submit(s.site.watch("frontiers", clip=2), scheduled_at=at)
        self.assertEqual(s.job(job)["status"], "scheduled")
        done = s.wait(job, "completed", 60)
        self.assertGreaterEqual(done["started_at"], at[:-1])


if __name__ == "__main__":
    main()
