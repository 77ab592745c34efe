"""A session with real downloads: its own directory, which nobody else reaches into and which is gone with it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Case, eventually, main

UPKEEP_SECONDS = 20     # of the worker


class ASession(Case):
    def test_has_its_files_to_itself_until_it_ends(self):
        s = self.stack(env={"SESSIONS_OPEN": "true"})
        mine, other = (s.api("POST", "/api/sessions", key=None).json["session_uuid"] for _ in range(2))
        as_mine = lambda method, path, body=None: s.api(method, path, body, key=None, headers={"X-Session-ID": mine})
        as_other = lambda method, path: s.api(method, path, key=None, headers={"X-Session-ID": other})
        job = as_mine("POST", "/api/jobs", {"url": s.site.watch("frontiers", clip=5, title="Frontiers")}).json["job_id"]
        s.wait(job, "completed")

        directory = os.path.join(s.data, "downloads", mine, job)
        self.assertEqual(sorted(os.listdir(directory)), ["audio", "cover", "spectrogram", "waveform"])
        track = as_mine("GET", f"/api/jobs/{job}/result").json["tracks"][0]
        path = os.path.join(directory, "audio", "Frontiers.mp3")
        self.assertEqual(as_mine("GET", f"/api/jobs/{job}/paths").json["output_path"], path)
        with open(path, "rb") as f:
            self.assertEqual(as_mine("GET", f"/api/tracks/{track['track_id']}/file").body, f.read())
        for kind in ("", "/file", "/cover"):
            self.assertProblem(as_other("GET", f"/api/tracks/{track['track_id']}{kind}"), 404, "not_found")
        used = as_mine("GET", f"/api/sessions/{mine}").json
        self.assertEqual(used["jobs"], {"submitted": 1, "open": 0, "completed": 1, "failed": 0})
        self.assertEqual(used["used_bytes"], sum(os.path.getsize(f) for f in s.audio_files(job)))

        again = as_mine("POST", "/api/jobs", {"url": s.site.watch("frontiers", clip=5, title="Frontiers")})
        self.assertEqual((again.status, again.json["job_id"], again.json["status"]), (200, job, "completed"))

        self.assertEqual(as_mine("DELETE", f"/api/sessions/{mine}").status, 204)
        self.assertProblem(as_mine("GET", f"/api/tracks/{track['track_id']}/file"), 401, "unauthorized")
        eventually(lambda: not os.path.exists(os.path.join(s.data, "downloads", mine)), 15, "the directory goes")
        eventually(lambda: s.value("SELECT count(*) FROM download_jobs") == 0, 15, "the row goes")
        self.assertEqual(s.work_entries(), [])
        self.assertTrue(os.path.isdir(os.path.join(s.data, "downloads", "library")))

    def test_that_expires_is_cleaned_up_with_what_still_runs(self):
        s = self.stack(env={"SESSIONS_OPEN": "true"})
        mine = s.api("POST", "/api/sessions", {"expires_in_seconds": 12}, key=None).json["session_uuid"]
        done, runs, waits = (s.api("POST", "/api/jobs", body, key=None, headers={"X-Session-ID": mine}).json["job_id"] for body in (
            {"url": s.site.watch("frontiers", clip=5)}, {"url": s.site.watch("frontiers", rate=4000)},
            {"url": s.site.watch("frontiers", clip=4), "scheduled_at": "2999-01-01T00:00:00Z"}))
        s.wait(done, "completed")
        s.wait(runs, "downloading")
        self.assertEqual(s.job(waits)["status"], "scheduled")
        self.assertTrue(os.path.isdir(os.path.join(s.data, "downloads", mine, done)))

        eventually(lambda: s.value("SELECT count(*) FROM download_jobs") == 0, 12 + UPKEEP_SECONDS + 20, "all its jobs go")
        eventually(lambda: not os.path.exists(os.path.join(s.data, "downloads", mine)), UPKEEP_SECONDS + 5, "and its directory")
        eventually(lambda: s.work_entries() == [], UPKEEP_SECONDS + 5, "and what was in progress")
        shown = s.api("GET", f"/api/sessions/{mine}").json
        self.assertEqual((shown["is_active"], shown["jobs"]["submitted"], shown["used_bytes"]), (False, 3, 0))


class ALimit(Case):
    def test_of_a_session_is_smaller_than_the_settings(self):
        s = self.stack(env={"SESSIONS_OPEN": "true", "MAX_RETRIES": "0"})
        short = s.api("POST", "/api/sessions", {"limits": {"max_duration_seconds": 4}}, key=None).json["session_uuid"]
        small = s.api("POST", "/api/sessions", {"limits": {"max_file_size_mb": 1}}, key=None).json["session_uuid"]
        link, big = s.site.watch("frontiers", clip=5), s.site.media("frontiers", ext="wav")
        for session, url in ((short, link), (small, big)):
            job = s.api("POST", "/api/jobs", {"url": url}, key=None, headers={"X-Session-ID": session}).json["job_id"]
            self.assertEqual(s.wait(job, "failed")["error"]["kind"], "too_large", url)
        self.assertEqual(s.finish(link)["status"], "completed")


if __name__ == "__main__":
    main()
