"""What a watcher sees while a track is on its way, and what cancelling does."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import PATIENCE, StackCase, eventually, main, processes_with

RATE = 60000        # bytes per second: a clip of 20 s takes 5 s and more


class Progress(StackCase):
    def watch(self, url):
        """Every different view of a job until it ends, as GET /api/jobs/{id} shows them."""
        job_id, seen, tag = self.s.submit(url), [], None
        deadline = time.monotonic() + 90 * PATIENCE
        while time.monotonic() < deadline:
            reply = self.api("GET", f"/api/jobs/{job_id}", headers={"If-None-Match": tag} if tag else {})
            if reply.status == 200:
                tag = reply.headers["ETag"]
                seen.append(reply.json)
                if seen[-1]["status"] in ("completed", "failed"):
                    self.assertEqual(seen[-1]["status"], "completed", seen[-1])
                    return seen
            else:
                self.assertEqual(reply.status, 304)
            time.sleep(0.05)
        self.fail(f"never finished: {seen[-1]}")

    def test_moves_in_bytes_total_speed_and_eta(self):
        url = self.site.watch("frontiers", ext="webm", clip=20, rate=RATE)
        size = len(self.site.fetch(self.site.media("frontiers", "webm", clip=20)))
        seen = self.watch(url)
        loading = [job["progress"] for job in seen if job["status"] == "downloading" and job["progress"]["downloaded_bytes"]]
        self.assertGreaterEqual(len(loading), 3, "several steps were seen")
        amounts = [p["downloaded_bytes"] for p in loading]
        self.assertEqual(amounts, sorted(amounts))
        self.assertGreater(len(set(amounts)), 2)
        self.assertEqual({p["total_bytes"] for p in loading if p["total_bytes"] is not None}, {size})
        speeds = [p["speed"] for p in loading if p["speed"]]
        self.assertTrue(speeds and 0.3 * RATE < speeds[-1] < 3 * RATE, speeds)
        self.assertTrue(any(p["eta"] is not None for p in loading))
        percents = [job["progress"]["percent"] for job in seen]
        self.assertEqual(percents, sorted(percents), "percent never goes back")
        self.assertEqual(percents[-1], 100)

    def test_stages_follow_each_other(self):
        seen = self.watch(self.site.watch("frontiers"))      # the whole recording: mastering takes a moment
        words = []
        for job in seen:
            if not words or words[-1] != job["status"]:
                words.append(job["status"])
        self.assertEqual(words[-1], "completed")
        order = ["pending", "downloading", "extracting_audio", "storing", "completed"]
        self.assertEqual(words, sorted(words, key=order.index), "status words come in order, none twice")
        self.assertIn("extracting_audio", words)
        running = {s["name"] for job in seen for s in job["stages"] if s["state"] == "running"}
        self.assertIn("master", running)

    def test_an_hls_playlist_moves_too_and_never_back(self):
        seen = self.watch(self.site.url("/hls/frontiers/index.m3u8", clip=20, rate=RATE))
        percents = [job["progress"]["percent"] for job in seen]
        self.assertEqual(percents, sorted(percents))
        self.assertGreater(len(set(percents)), 4)

    def test_nothing_new_is_a_304(self):
        job = self.s.submit(self.site.watch("frontiers", clip=20, rate=20000))
        eventually(lambda: self.s.job(job)["progress"]["downloaded_bytes"], 20, "bytes arrive")
        self.api("POST", f"/api/jobs/{job}/cancel")
        self.s.wait(job, "cancelled", 10)
        tag = self.api("GET", f"/api/jobs/{job}").headers["ETag"]
        time.sleep(1)
        self.assertEqual(self.api("GET", f"/api/jobs/{job}", headers={"If-None-Match": tag}).status, 304)


class Cancel(StackCase):
    def fetchers(self):
        """yt-dlp and its helpers at work for this stack. Their argument vectors name our directory or the site."""
        return [p for p in processes_with(self.s.root, [self.site.process.pid]) if "yt-dlp" in p.command or "ffmpeg" in p.command]

    def cancel_and_time(self, job):
        began = time.monotonic()
        reply = self.api("POST", f"/api/jobs/{job}/cancel")
        self.assertIn(reply.status, (200, 202), reply)
        self.s.wait(job, "cancelled", 5)
        eventually(lambda: not self.fetchers(), 5, lambda: f"processes end: {self.fetchers()}")
        self.assertLess(time.monotonic() - began, 5 * PATIENCE)
        eventually(lambda: not self.s.work_entries(), 5, lambda: f"work is removed: {self.s.work_entries()}")
        self.assertEqual(self.s.audio_files(job), [])

    def test_during_the_download_ends_its_processes_and_leaves_nothing(self):
        job = self.s.submit(self.site.watch("frontiers", clip=20, rate=20000))
        eventually(lambda: self.s.job(job)["progress"]["downloaded_bytes"], 20, "bytes arrive")
        self.assertTrue(self.fetchers(), "there is something to end")
        self.cancel_and_time(job)
        job = self.s.job(job)
        self.assertIn((job["error"] or {}).get("kind"), (None, "cancelled"))

    def test_during_a_page_that_never_answers(self):
        job = self.s.submit(self.site.watch("frontiers", page_hang=1))
        eventually(self.fetchers, 20, "yt-dlp runs")
        self.cancel_and_time(job)

    def test_during_mastering(self):
        job = self.s.submit(self.site.watch("frontiers"))
        self.s.wait(job, "extracting_audio", 30)
        self.cancel_and_time(job)

    def test_of_a_finished_job_is_a_conflict_and_keeps_the_file(self):
        job = self.s.submit(self.site.watch("frontiers", clip=2))
        self.s.wait(job, "completed")
        self.assertProblem(self.api("POST", f"/api/jobs/{job}/cancel"), 409, "conflict")
        self.assertEqual(len([f for f in self.s.audio_files(job) if f.endswith(".mp3")]), 1)


if __name__ == "__main__":
    main()
