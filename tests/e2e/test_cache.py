"""What was made once is not made again: the same wish is answered at once, another wish about the same recording without its stream."""

LIMIT_SECONDS = 420

import glob
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Case, StackCase, eventually, main
from harness.stack import FINISHED

DAY_MS = 24 * 3600 * 1000
QUICK = {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "WORKER_CONCURRENCY": "2", "CACHE_DAYS": "30"}
CLIP = {"modes": {"clip": "2"}}
UPKEEP_SECONDS = 20     # of the worker


def change(s, statement, *values):
    """For what takes days. No job is under way then."""
    connection = sqlite3.connect(s.database, timeout=10)
    with connection:
        connection.execute(statement, values)
    connection.close()


def age(s, days):
    change(s, "UPDATE artifacts SET created_at_ms = created_at_ms - ?", days * DAY_MS)
    change(s, "UPDATE kept_sources SET created_at_ms = created_at_ms - ?", days * DAY_MS)
    change(s, "UPDATE download_jobs SET created_at_ms = created_at_ms - ?1, finished_at_ms = finished_at_ms - ?1", days * DAY_MS)
    change(s, "UPDATE downloaded_tracks SET finished_at_ms = finished_at_ms - ?", days * DAY_MS)


class CacheCase(StackCase):
    OPTIONS = {"env": QUICK}

    def video(self, video_id, **settings):
        return self.site.youtube(video_id, name="frontiers", **{**CLIP, **settings})

    def make(self, url, **options):
        job = self.s.finish(url, **options)
        self.assertEqual((job["status"], job["cached"]), ("completed", False), job)
        self.site.forget()
        return job

    def again(self, url=None, **options):
        """The answer to a submit."""
        return self.api("POST", "/api/jobs", {**({"url": url} if url else {}), **options})

    def assertCached(self, reply):
        self.assertEqual((reply.status, reply.json["status"], reply.json["cached"]), (200, "completed", True), reply)
        self.assertEqual((reply.json["progress"]["percent"], reply.json["progress"]["cached_items"]), (100, 1), reply)
        self.assertEqual(self.asked(), [], "nobody was asked")
        return reply.json

    def assertMade(self, reply):
        """A new job; how it ended."""
        self.assertEqual((reply.status, reply.json["cached"]), (201, False), reply)
        job = self.s.wait(reply.json["job_id"], "completed")
        self.assertFalse(job["cached"], job)
        return job

    def asked(self, prefix="/"):
        return [e["path"] for e in self.site.log(prefix) if not e["path"].startswith("/tried/")]


class TheSameWish(CacheCase):
    def test_is_answered_at_once_however_it_is_written(self):
        first = self.make(self.video("cachethis01"))
        for link in ("https://www.youtube.com/watch?v=cachethis01", "https://youtu.be/cachethis01?si=share", "https://www.youtube.com/shorts/cachethis01",
                     "https://music.youtube.com/watch?v=cachethis01&feature=share", "https://m.youtube.com/watch?t=5&v=cachethis01"):
            with self.subTest(link):
                job = self.assertCached(self.again(link))
                self.assertNotEqual(job["job_id"], first["job_id"])
                self.assertEqual((job["title"], job["artist"], job["duration_seconds"]), (first["title"], first["artist"], first["duration_seconds"]))
                self.assertIsNone(job["started_at"])
        events = self.api("GET", f"/api/jobs/{job['job_id']}/events").json["events"]
        self.assertEqual([e["event"] for e in events], ["submitted", "cached"])

    def test_of_a_search_too(self):
        self.site.search("frontiers kievernagel", n=10, each=CLIP, entries=[{"id": "searched001", "title": "Michael Kievernagel - Frontiers", "channel": "Michael Kievernagel"}])
        first = self.again(search_query="Frontiers Kievernagel")
        self.assertEqual(first.status, 201, first)
        self.s.wait(first.json["job_id"], "completed")
        self.site.forget()
        job = self.assertCached(self.again(search_query="  frontiers   KIEVERNAGEL "))
        self.assertTrue(job["file_url"])
        track = self.s.job(job["job_id"])["tracks"][0]
        self.assertTrue(track["source_url"].endswith("searched001"), track)
        self.assertGreaterEqual(track["match"]["score"], 70)

    def test_of_a_file_and_of_a_page(self):
        for link in (self.site.media("frontiers", clip=2), self.site.watch("frontiers", clip=2)):
            self.make(link)
            self.assertCached(self.again(link))

    def test_has_the_file_like_the_first(self):
        first = self.make(self.video("cachefile01"))
        job = self.assertCached(self.again("https://youtu.be/cachefile01"))
        theirs, mine = self.s.job(first["job_id"])["tracks"][0], self.s.job(job["job_id"])["tracks"][0]
        self.assertNotEqual(theirs["track_id"], mine["track_id"])
        self.assertTrue(mine["cached"])
        for name in ("title", "artist", "duration_seconds", "loudness", "source_url", "channel_id", "metadata", "input", "output"):
            self.assertEqual(theirs[name], mine[name], name)
        for name in ("name", "path", "size_bytes", "sha256", "format"):
            self.assertEqual(theirs["file"][name], mine["file"][name], name)
        with open(os.path.join(self.s.data, theirs["file"]["path"]), "rb") as f:
            data = f.read()
        self.assertEqual(self.api("GET", mine["file"]["url"]).body, data)
        part = self.api("GET", mine["file"]["url"], headers={"Range": "bytes=100-199"})
        self.assertEqual((part.status, part.body), (206, data[100:200]))
        named = self.api("GET", mine["file"]["download_url"]).headers["Content-Disposition"]
        self.assertIn("attachment", named)
        self.assertEqual(named, self.api("GET", theirs["file"]["download_url"]).headers["Content-Disposition"])
        self.assertEqual(self.api("GET", job["cover_url"]).headers.get_content_type(), "image/jpeg")
        paths = self.api("GET", f"/api/jobs/{job['job_id']}/paths").json
        self.assertEqual(paths["output_path"], os.path.join(self.s.data, theirs["file"]["path"]))
        self.assertEqual({f["track_id"] for f in paths["files"]}, {mine["track_id"]})
        self.assertEqual([t["track_id"] for t in self.s.result(job["job_id"])["tracks"]], [mine["track_id"]])
        self.assertEqual(self.api("POST", f"/api/jobs/{job['job_id']}/retry").status, 409)

    def test_is_the_same_where_options_say_nothing_about_the_file(self):
        link = self.video("cacheaside1")
        self.make(link)
        for options in ({"priority": 7}, {"client_ref": "mine"}, {"max_items": 3}, {"source_type": "youtube"}, {"media_type": "audio"}, {"bitrate_kbps": 320}):
            with self.subTest(options):
                job = self.assertCached(self.again(link, **options))
        job = self.assertCached(self.again(link, client_ref="other"))
        self.assertEqual(job["client_ref"], "other")

    def test_is_made_anew_if_that_is_what_is_wanted(self):
        link = self.video("cacheanew01")
        first = self.make(link)
        job = self.assertMade(self.again(link, use_cache=False))
        self.assertTrue(self.asked("/media/"), "from its source")
        self.assertNotEqual(self.s.job(job["job_id"])["tracks"][0]["file"]["path"], self.s.job(first["job_id"])["tracks"][0]["file"]["path"])
        self.site.forget()
        self.assertCached(self.again(link))


class OtherWishes(CacheCase):
    def test_about_a_kept_stream_read_the_page_and_nothing_else(self):
        link = self.video("cacheshape1")
        self.make(link)
        hashes = set()
        for options in ({"bitrate_kbps": 128}, {"metadata": {"title": "Mine"}}, {"loudness_target_lufs": -20}, {"sample_rate_hz": 44100}, {"embed_cover": False},
                        {"normalize": False}):
            with self.subTest(options):
                self.site.forget()
                job = self.assertMade(self.again(link, **options))
                hashes.add(self.s.job(job["job_id"])["tracks"][0]["file"]["sha256"])
                self.assertEqual(self.asked("/media/"), [], "the stream is there")
                self.assertEqual(len(self.asked("/youtube/cacheshape1")), 1, "its page is read once")
                self.assertCached_after(link, options)
        self.assertEqual(len(hashes), 6)

    def assertCached_after(self, link, options):
        self.site.forget()
        self.assertCached(self.again(link, **options))

    def test_about_another_quality_need_another_stream(self):
        link = self.video("cacheworst1")
        self.make(link)
        self.assertMade(self.again(link, quality="worstaudio"))
        self.assertTrue(self.asked("/media/"))

    def test_about_a_kept_file_need_no_download(self):
        link = self.site.media("frontiers", clip=3)
        self.make(link)
        self.assertMade(self.again(link, bitrate_kbps=128))
        self.assertEqual([e["range"] for e in self.site.log("/media/")], ["bytes=0-0"], "is it still there, and no more")


class WhatIsNoAnswer(CacheCase):
    def test_is_a_failure_a_cancelled_or_a_deleted_job(self):
        link = self.site.youtube("cachefail01", name="frontiers", failure="removed")
        self.assertEqual(self.s.finish(link)["status"], "failed")
        self.video("cachefail01", failure=None)
        job = self.assertMade(self.again(link))
        self.assertEqual(self.api("DELETE", f"/api/jobs/{job['job_id']}").status, 204)
        self.assertEqual(self.api("POST", "/api/queue/default/pause").status, 200)
        self.addCleanup(self.api, "POST", "/api/queue/default/resume")
        reply = self.again(link)
        self.assertEqual((reply.status, reply.json["cached"]), (201, False), reply)
        self.assertEqual(self.api("POST", f"/api/jobs/{reply.json['job_id']}/cancel").status, 200)
        reply = self.again(link)
        self.assertEqual((reply.status, reply.json["cached"]), (201, False), reply)
        self.api("POST", f"/api/jobs/{reply.json['job_id']}/cancel")

    def test_is_what_is_too_old(self):
        link = self.video("cacheold001")
        self.make(link)
        age(self.s, 29)
        self.assertCached(self.again(link))
        age(self.s, 2)      # the one that was answered is a few moments old; its file is not
        job = self.assertMade(self.again(link))
        self.assertTrue(self.asked("/media/"), "and so is its stream")
        self.site.forget()
        age(self.s, 29)
        self.assertCached(self.again(link))
        self.assertTrue(job)

    def test_is_the_first_of_many_for_a_link_that_names_many(self):
        link = self.site.instagram("Ccached0001", kind="p", slides=[{"name": "frontiers", **CLIP}, {"name": "machine_wars", **CLIP}])
        one = self.s.finish(link, download_type="single")
        self.assertEqual((one["status"], one["is_list"]), ("completed", False), one)
        both = self.s.finish(link)
        self.assertEqual((both["status"], len(both["tracks"])), ("completed", 2), both)


class Lists(CacheCase):
    def test_whose_entries_are_there_are_done_at_once(self):
        entries = [f"cachelist{n:02d}" for n in range(1, 4)]
        link = self.site.playlist("PLcached0001", title="Cached", entries=entries[:2], each=CLIP)
        first = self.make(link)
        self.site.playlist("PLcached0001", title="Cached", entries=entries, each=CLIP)
        job = self.s.finish(link)
        self.assertEqual((job["status"], job["cached"]), ("completed", False), job)
        self.assertEqual([t["cached"] for t in job["tracks"]], [True, True, False])
        self.assertEqual((job["progress"]["cached_items"], job["progress"]["completed_items"]), (2, 3))
        self.assertEqual([n for n in entries if self.asked(f"/youtube/{n}")], entries[2:], "only the new one's page is read")
        third = self.s.finish(link)
        self.assertEqual((third["status"], third["cached"], third["progress"]["cached_items"]), ("completed", True, 3), third)
        self.playlist_plays(first, job, third)

    def playlist_plays(self, first, *jobs):
        """Also when the job that made the files is gone."""
        self.assertEqual(self.api("DELETE", f"/api/jobs/{first['job_id']}").status, 204)
        eventually(lambda: self.s.value("SELECT count(*) FROM download_jobs WHERE uuid = ?", first["job_id"]) == 0, 15, "the row goes")
        for job in jobs:
            paths = eventually(lambda j=job: (p := self.api("GET", f"/api/jobs/{j['job_id']}/paths").json)["playlist"] and p, 10, "a playlist file")
            with open(paths["playlist"]["path"], encoding="utf-8") as f:
                names = [line for line in f.read().splitlines() if not line.startswith("#")]
            files = [os.path.normpath(os.path.join(os.path.dirname(paths["playlist"]["path"]), name)) for name in names]
            self.assertEqual([os.path.basename(f)[:4] for f in files], ["001 ", "002 ", "003 "])
            self.assertEqual([f for f in files if not os.path.isfile(f)], [])
            for track in job["tracks"]:
                self.assertEqual(self.api("GET", track["file"]["url"]).status, 200)

    def test_retry_what_failed_and_leave_what_is_shared(self):
        entries = ["cacheretry1", "cacheretry2"]
        link = self.site.playlist("PLcached0003", entries=entries[:1], each=CLIP)
        first = self.make(link)
        self.site.youtube("cacheretry2", name="frontiers", page_status=404)
        self.site.playlist("PLcached0003", entries=entries, each=CLIP)
        job = self.s.finish(link)
        self.assertEqual([(t["status"], t["cached"]) for t in job["tracks"]], [("completed", True), ("failed", False)], job)
        self.assertEqual(self.api("DELETE", f"/api/jobs/{first['job_id']}").status, 204)
        self.video("cacheretry2")
        self.site.forget()
        self.assertEqual(self.api("POST", f"/api/jobs/{job['job_id']}/retry").status, 200)
        job = self.s.wait(job["job_id"], "completed")
        self.assertEqual(self.asked("/youtube/cacheretry1"), [])
        self.assertEqual(job["progress"]["cached_items"], 1)
        for track in job["tracks"]:
            self.assertEqual(self.api("GET", track["file"]["url"]).status, 200)

    def test_with_an_entry_twice_have_it_twice(self):
        link = self.site.playlist("PLcached0002", entries=["cachetwice1", "cachetwice1"], each=CLIP)
        job = self.s.finish(link)
        self.assertEqual((job["status"], [t["track_number"] for t in job["tracks"]]), ("completed", [1, 2]), job)
        self.assertEqual(len({t["file"]["path"] for t in job["tracks"]}), 2)
        self.assertEqual(len(self.asked("/media/")) and len({t["file"]["sha256"] for t in job["tracks"]}), 2, "each with its number")


class Spotify(CacheCase):
    OPTIONS = {"env": QUICK, "spotify": True}

    def test_has_words_of_its_own_about_a_recording_that_is_there(self):
        self.site.search("Die Ersten Song 4", n=10, each=CLIP, entries=[{"id": "right000004", "title": "Die Ersten - Song 4", "channel": "Die Ersten - Topic", "duration": 180}])
        self.make("https://youtu.be/right000004")
        reply = self.again(self.s.spotify.link("T", 4))
        job = self.assertMade(reply)
        track = self.s.job(job["job_id"])["tracks"][0]
        self.assertEqual((track["cached"], track["isrc"]), (False, "DEA000000004"), track)
        self.assertEqual(self.asked("/media/"), [], "from the stream that is there")
        self.site.forget()
        self.assertCached(self.again(self.s.spotify.link("T", 4)))


class Tenants(CacheCase):
    OPTIONS = {"env": {**QUICK, "SESSIONS_OPEN": "true"}}

    def test_never_see_what_others_have_but_need_not_download_it(self):
        link = self.video("cachetenant")
        first = self.make(link)
        sessions = [self.api("POST", "/api/sessions", key=None).json["session_uuid"] for _ in range(2)]
        for session in sessions:
            self.site.forget()
            reply = self.api("POST", "/api/jobs", {"url": link}, key=None, headers={"X-Session-ID": session})
            job = self.assertMade(reply)
            self.assertEqual(self.asked("/media/"), [], "the stream is kept for all")
            self.assertEqual(len(self.asked("/youtube/cachetenant")), 1)
            self.assertTrue(job["tracks"][0]["file"]["path"].startswith(f"downloads/{session}/"), job)
        self.site.forget()
        self.assertEqual(self.assertCached(self.again(link))["track_id"] == first["track_id"], False)
        self.assertTrue(self.s.job(first["job_id"])["tracks"][0]["file"]["path"].startswith("downloads/library/"))

    def test_with_a_limit_are_not_given_what_they_may_not_have(self):
        link = self.video("cachelimit1", modes={"clip": "6"})
        session = self.api("POST", "/api/sessions", key=None).json["session_uuid"]
        theirs = {"X-Session-ID": session}
        self.assertMade(self.api("POST", "/api/jobs", {"url": link}, key=None, headers=theirs))
        change(self.s, "UPDATE sessions SET max_duration_s = 3 WHERE uuid = ?", session)
        reply = self.api("POST", "/api/jobs", {"url": link, "client_ref": "again"}, key=None, headers=theirs)
        self.assertEqual(reply.status, 201, reply)
        self.assertEqual(self.s.wait(reply.json["job_id"], FINISHED)["error"]["kind"], "too_large")


class KeptStreams(Case):
    def kept(self, s):
        return sorted(os.path.basename(p) for p in glob.glob(os.path.join(glob.escape(s.data), "cache", "*")))

    def test_go_when_there_is_no_room_the_least_used_first(self):
        s = self.stack(workers=0, env={**QUICK, "CACHE_MAX_MB": "1"})
        worker = s.worker("one")
        for n in range(3):
            self.assertEqual(s.finish(s.site.youtube(f"keptroom{n:03d}", name="frontiers", modes={"clip": "20"}))["status"], "completed")
        rows = s.rows("SELECT key, size_bytes FROM kept_sources ORDER BY created_at_ms")
        self.assertEqual(len(rows), 3)
        self.assertEqual(self.kept(s), sorted(r["key"] for r in rows))
        worker.drain()
        # The first was of use last. With sizes as if they were of the room that there is: two of them fit.
        for used, row in zip((3, 1, 2), rows):
            change(s, "UPDATE kept_sources SET used_at_ms = ?, size_bytes = 400000 WHERE key = ?", used, row["key"])
        worker.start()
        stays = sorted((rows[0]["key"], rows[2]["key"]))
        eventually(lambda: self.kept(s) == stays, UPKEEP_SECONDS + 10, lambda: f"{self.kept(s)} but not {rows[1]['key']}")
        self.assertEqual([r["key"] for r in s.rows("SELECT key FROM kept_sources ORDER BY key")], stays)
        self.assertEqual(len(s.audio_files()) and s.value("SELECT count(*) FROM download_jobs WHERE state = 'done'"), 3, "files stay")

    def test_and_their_rows_find_each_other_again(self):
        s = self.stack(workers=0, env=QUICK)
        worker = s.worker("one")
        links = [s.site.youtube(f"keptheal{n:03d}", name="frontiers", **CLIP) for n in range(2)]
        for link in links:
            self.assertEqual(s.finish(link)["status"], "completed")
        keys = [r["key"] for r in s.rows("SELECT key FROM kept_sources ORDER BY created_at_ms")]
        cache = os.path.join(s.data, "cache")
        for name in os.listdir(os.path.join(cache, keys[0])):
            os.unlink(os.path.join(cache, keys[0], name))
        worker.drain()
        change(s, "DELETE FROM kept_sources WHERE key = ?", keys[1])
        for stray in (keys[1], "0" * 64):
            os.makedirs(os.path.join(cache, stray), exist_ok=True)
            os.utime(os.path.join(cache, stray), (0, 0))
        fresh = os.path.join(cache, "1" * 64)       # somebody is about to write its row
        os.makedirs(fresh)
        worker.start()
        eventually(lambda: self.kept(s) == sorted((keys[0], "1" * 64)), UPKEEP_SECONDS + 10, lambda: f"{self.kept(s)}")
        s.site.forget()
        self.assertEqual(s.finish(links[0], bitrate_kbps=128)["status"], "completed")
        self.assertTrue(s.site.log("/media/"), "the stream was not there")
        s.site.forget()
        self.assertEqual(s.finish(links[0], bitrate_kbps=192)["status"], "completed")
        self.assertEqual(s.site.log("/media/"), [], "and is again")

    def test_made_anew_take_the_place_of_the_old(self):
        s = self.stack(env=QUICK)
        link = s.site.youtube("keptanew001", name="frontiers", modes={"clip": "2"})
        self.assertEqual(s.finish(link)["status"], "completed")
        s.site.youtube("keptanew001", name="machine_wars", modes={"clip": "4"})
        new = s.finish(link, use_cache=False)
        self.assertEqual(new["status"], "completed")
        row = s.rows("SELECT * FROM kept_sources")
        self.assertEqual(len(row), 1)
        sizes = sum(os.path.getsize(p) for p in glob.glob(os.path.join(glob.escape(s.data), "cache", "*", "*")))
        self.assertEqual(row[0]["size_bytes"], sizes, "its row tells what is there")
        s.site.forget()
        job = s.finish(link, bitrate_kbps=128)
        self.assertEqual(s.site.log("/media/"), [])
        self.assertAlmostEqual(job["tracks"][0]["duration_seconds"], new["tracks"][0]["duration_seconds"], delta=0.5)

    def test_are_none_where_nothing_is_to_be_kept(self):
        s = self.stack(env={**QUICK, "CACHE_MAX_MB": "0"})
        link = s.site.youtube("keptnone001", name="frontiers", **CLIP)
        self.assertEqual(s.finish(link)["status"], "completed")
        self.assertEqual((self.kept(s), s.rows("SELECT * FROM kept_sources")), ([], []))
        self.assertEqual(s.api("POST", "/api/jobs", {"url": link}).status, 200, "finished files are something else")


if __name__ == "__main__":
    main()
