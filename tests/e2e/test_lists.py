"""Lists: each entry a track of its own, in order; what is dead does not stop the rest; nothing waits for the last one."""

LIMIT_SECONDS = 420

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Case, StackCase, eventually, main
from harness.stack import FINISHED

QUICK = {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "WORKER_CONCURRENCY": "2"}
CLIP = {"modes": {"clip": "2"}}


class Lists(StackCase):
    OPTIONS = {"env": QUICK}

    def tracks(self, job_id):
        return self.s.job(job_id)["tracks"]

    def test_become_a_track_each_in_their_order(self):
        job = self.s.finish(self.site.playlist("PLthree00001", count=3, title="Three songs", each=CLIP), 90)
        self.assertEqual(job["status"], "completed", job)
        self.assertTrue(job["is_list"])
        self.assertEqual(job["title"], "Three songs")
        self.assertEqual([t["index"] for t in job["tracks"]], [1, 2, 3])
        self.assertEqual({t["status"] for t in job["tracks"]}, {"completed"})
        self.assertEqual([t["track_number"] for t in job["tracks"]], [1, 2, 3])
        names = sorted(os.path.basename(f) for f in self.s.audio_files(job["job_id"]) if f.endswith(".mp3"))
        self.assertEqual([n[:4] for n in names], ["001 ", "002 ", "003 "])
        progress = job["progress"]
        self.assertEqual((progress["completed_items"], progress["failed_items"], progress["total_items"], progress["percent"]), (3, 0, 3, 100))

    def test_end_with_a_playlist_file(self):
        job = self.s.finish(self.site.playlist("PLm3u8000001", count=2, title="Two / songs", each=CLIP), 90)
        paths = eventually(lambda: (p := self.api("GET", f"/api/jobs/{job['job_id']}/paths").json)["playlist"] and p, 10, "a playlist file")
        with open(paths["playlist"]["path"], encoding="utf-8") as f:
            lines = f.read().splitlines()
        self.assertEqual(lines[0], "#EXTM3U")
        self.assertEqual(lines[1], "#PLAYLIST:Two / songs")
        files = [line for line in lines if not line.startswith("#")]
        self.assertEqual(len(files), 2)
        for name in files:
            self.assertTrue(os.path.isfile(os.path.join(os.path.dirname(paths["playlist"]["path"]), name)), name)
        reply = self.api("GET", paths["playlist"]["url"])
        self.assertEqual((reply.status, reply.headers.get_content_type()), (200, "application/vnd.apple.mpegurl"), reply)
        self.assertEqual(reply.body.decode().splitlines(), lines)

    def test_with_dead_entries_complete_with_errors(self):
        job = self.s.finish(self.site.playlist("PLdead000001", each=CLIP, entries=[
            "okokoko0001", {"id": "okokoko0002", "kind": "private"}, {"id": "okokoko0003", "kind": "deleted"}, {"id": "okokoko0004", "kind": "live"},
            {"id": "okokoko0005", "kind": "upcoming"}, "removed0001", "private0001", "okokoko0006"]), 120)
        self.assertEqual(job["status"], "completed_with_errors", job)
        self.assertEqual([t["error"] and t["error"]["kind"] for t in job["tracks"]],
                         [None, "login_required", "unavailable", "live", "live", "unavailable", "login_required", None])
        for track in job["tracks"]:
            if track["error"]:
                self.assertTrue(track["error"]["detail"].strip())
        self.assertEqual((job["progress"]["completed_items"], job["progress"]["failed_items"]), (2, 6))

    def test_of_which_nothing_can_be_had_fail(self):
        job = self.s.finish(self.site.playlist("PLnone000001", entries=[{"id": "okokoko0002", "kind": "private"}, {"id": "okokoko0003", "kind": "deleted"}]))
        self.assertEqual(job["status"], "failed", job)
        self.assertEqual(job["progress"]["failed_items"], 2)

    def test_that_are_empty_say_so(self):
        job = self.s.finish(self.site.playlist("PLempty00001", count=0))
        self.assertEqual((job["status"], job["error"]["kind"], job["error"]["detail"]), ("failed", "unsupported", "the list is empty"), job)

    def test_of_one_are_lists_too(self):
        job = self.s.finish(self.site.playlist("PLone0000001", count=1, each=CLIP))
        self.assertEqual((job["status"], job["is_list"], len(job["tracks"])), ("completed", True, 1), job)

    def test_that_hold_themselves_end(self):
        job = self.s.finish(self.site.playlist("PLself000001", each=CLIP, entries=["okokoko0010", {"kind": "self"}]), 90)
        self.assertEqual(job["status"], "completed_with_errors", job)
        self.assertEqual([t["error"] and t["error"]["kind"] for t in job["tracks"]], [None, "unsupported"])

    def test_are_cut_at_max_items_and_say_so(self):
        job = self.s.finish(self.site.playlist("PLlong000001", count=30, each=CLIP), 90, max_items=2)
        self.assertEqual((job["status"], len(job["tracks"])), ("completed", 2), job)
        events = self.api("GET", f"/api/jobs/{job['job_id']}/events").json["events"]
        self.assertEqual([e["detail"] for e in events if e["event"] == "note"], ["the list is longer; its first 2 entries are taken"])

    def test_without_an_end_are_cut_as_well(self):
        job = self.s.finish(self.site.playlist("PLendless001", endless=True, each=CLIP), 90, max_items=3)
        self.assertEqual((job["status"], len(job["tracks"])), ("completed", 3), job)

    def test_begin_before_they_are_read_to_their_end(self):
        job_id = self.s.submit(self.site.playlist("PLslow000001", count=6, page_size=2, page_delay=3, each=CLIP))

        def some_are_done():
            job = self.s.job(job_id)
            resolving = self.s.value("SELECT count(*) FROM tasks WHERE kind = 'resolve' AND state = 'running' AND "
                                     "job_id = (SELECT id FROM download_jobs WHERE uuid = ?)", job_id)
            return resolving and job["progress"]["completed_items"] > 0
        eventually(some_are_done, 30, "a track is finished while the list is still being read")
        self.assertEqual(self.s.wait(job_id, FINISHED, 90)["progress"]["completed_items"], 6)

    def test_are_cancelled_while_they_are_read(self):
        job_id = self.s.submit(self.site.playlist("PLcancel0001", endless=True, page_size=10, page_delay=1, each=CLIP), max_items=100000)
        eventually(lambda: self.s.job(job_id)["progress"]["total_items"] >= 10, 30, "some entries are found")
        self.api("POST", f"/api/jobs/{job_id}/cancel")
        self.assertEqual(self.s.wait(job_id, FINISHED, 15)["status"], "cancelled")
        states = {row["state"] for row in self.s.rows("SELECT DISTINCT state FROM downloaded_tracks WHERE job_id = "
                                                      "(SELECT id FROM download_jobs WHERE uuid = ?)", job_id)}
        self.assertLessEqual(states, {"cancelled", "done"})
        eventually(lambda: not self.s.work_entries(), 10, lambda: f"nothing is left: {self.s.work_entries()}")

    def test_that_break_off_keep_what_they_gave_and_go_on_later(self):
        job = self.s.finish(self.site.playlist("PLbreak00001", count=4, page_size=2, fail_page=2, fail_status=500, fail_times=1, each=CLIP), 120)
        self.assertEqual((job["status"], len(job["tracks"])), ("completed", 4), job)
        self.assertEqual([t["index"] for t in job["tracks"]], [1, 2, 3, 4], "each once")

    def test_that_grow_before_they_are_read_again_lose_and_double_nothing(self):
        ids = [f"okokoko009{n}" for n in range(4)]
        broken = {"page_size": 2, "fail_page": 2, "fail_status": 404, "each": CLIP}
        link = self.site.playlist("PLgrows00001", entries=ids, **broken)
        job = self.s.finish(link, 120)
        self.assertEqual((job["status"], len(job["tracks"])), ("completed_with_errors", 2), job)
        self.site.playlist("PLgrows00001", entries=["okokoko0099", *ids], each=CLIP)
        self.assertEqual(self.api("POST", f"/api/jobs/{job['job_id']}/retry").status, 200)
        job = self.s.wait(job["job_id"], "completed", 60)
        self.assertEqual([(t["index"], t["source_url"][-11:]) for t in job["tracks"]], list(enumerate(ids, 1)))

    def test_that_cannot_be_read_to_their_end_say_so_and_keep_what_they_gave(self):
        job = self.s.finish(self.site.playlist("PLbreak00002", count=4, page_size=2, fail_page=2, fail_status=404, each=CLIP), 120)
        self.assertEqual((job["status"], len(job["tracks"])), ("completed_with_errors", 2), job)

    def test_their_tracks_can_be_paged_and_filtered(self):
        job = self.s.finish(self.site.playlist("PLpaged00001", each=CLIP, entries=["okokoko0021", {"id": "okokoko0022", "kind": "private"}, "okokoko0023"]), 90)
        first = self.api("GET", f"/api/jobs/{job['job_id']}/tracks?limit=2").json
        self.assertEqual([t["index"] for t in first["tracks"]], [1, 2])
        rest = self.api("GET", f"/api/jobs/{job['job_id']}/tracks?limit=2&cursor={first['next_cursor']}").json
        self.assertEqual(([t["index"] for t in rest["tracks"]], rest["next_cursor"], rest["total"]), ([3], None, 3))
        failed = self.api("GET", f"/api/jobs/{job['job_id']}/tracks?status=failed").json
        self.assertEqual([t["index"] for t in failed["tracks"]], [2])

    def test_failed_tracks_are_tried_again_by_hand_and_the_others_left_alone(self):
        self.site.youtube("retryme0001", name="frontiers", page_status=404)
        job = self.s.finish(self.site.playlist("PLretry00001", each=CLIP, entries=["okokoko0031", "retryme0001"]), 90)
        self.assertEqual(job["status"], "completed_with_errors", job)
        self.site.youtube("retryme0001", name="frontiers", modes={"clip": "2"})
        self.site.forget()
        self.assertEqual(self.api("POST", f"/api/jobs/{job['job_id']}/retry").status, 200)
        self.assertEqual(self.s.wait(job["job_id"], FINISHED, 60)["status"], "completed")
        self.assertEqual(self.site.log("/youtube/okokoko0031"), [], "what was done is not asked for again")


class ListsInLists(StackCase):
    OPTIONS = {"env": QUICK}

    def places(self, job):
        return [(t["index"], t["track_number"], t["error"] and t["error"]["kind"]) for t in job["tracks"]]

    def test_an_artist_of_bandcamp_is_all_albums_and_tracks(self):
        self.site.bandcamp_album("nester/first", title="First", count=2, each=CLIP)
        self.site.bandcamp_album("nester/second", title="Second", entries=["nester/second-one", "nester/second-two"], each=CLIP)
        self.site.bandcamp("nester/single", title="Single", **CLIP)
        link = self.site.bandcamp_artist("nester", entries=["nester/album/first", "nester/single", "nester/album/second", "nester/album/first"])
        job = self.s.finish(link, 120)
        self.assertEqual((job["status"], job["is_list"], len(job["tracks"])), ("completed", True, 5), job)
        self.assertEqual([t["index"] for t in job["tracks"]], [1, 2, 3, 4, 5])
        self.assertIn("/track/single", job["tracks"][0]["source_url"])
        self.assertIn("/track/second-one", job["tracks"][3]["source_url"])
        self.assertEqual(len(self.site.log("/list/bandcamp/nester/album/first")), 1, "what stands there twice is read once")

    def test_the_sets_of_a_user_of_soundcloud(self):
        self.site.soundcloud_set("nester/a", count=2, each=CLIP)
        self.site.soundcloud_set("nester/b", entries=["nester/b-one"], each=CLIP)
        job = self.s.finish(self.site.soundcloud_user("nester", "sets", entries=["nester/sets/a", "nester/sets/b"]), 90)
        self.assertEqual((job["status"], self.places(job)), ("completed", [(1, 1, None), (2, 2, None), (3, 1, None)]), job)

    def test_the_playlists_of_a_channel(self):
        for n in (1, 2):
            self.site.playlist(f"PLinner0000{n}", entries=[f"innerin{n:04d}"], each=CLIP)
        job = self.s.finish(self.site.channel("@nester", "playlists", entries=[{"id": f"PLinner0000{n}", "kind": "list"} for n in (1, 2)]), 90)
        self.assertEqual((job["status"], self.places(job)), ("completed", [(1, 1, None), (2, 1, None)]), job)

    def test_of_which_one_cannot_be_read_lose_that_one(self):
        self.site.playlist("PLgood000001", entries=["innerin0003"], each=CLIP)
        self.site.playlist("PLempty00002", count=0)
        self.site.playlist("PLforbid0001", page_status=403)
        lists = ("PLnobody0001", "PLempty00002", "PLforbid0001", "PLgood000001")
        job = self.s.finish(self.site.playlist("PLouter00001", entries=[{"id": i, "kind": "list"} for i in lists]), 120)
        self.assertEqual(job["status"], "completed_with_errors", job)
        self.assertEqual([(i, kind) for i, _, kind in self.places(job)], [(1, "unavailable"), (2, "unsupported"), (3, "forbidden"), (4, None)])
        for track, list_id in zip(job["tracks"], lists):
            if track["error"]:
                self.assertIn(list_id, track["source_url"])

    def test_deeper_than_one_level_and_circles_are_refused(self):
        self.site.playlist("PLdeep000003", entries=["innerin0004"], each=CLIP)
        self.site.playlist("PLdeep000002", entries=["innerin0005", {"id": "PLdeep000003", "kind": "list"}, {"id": "PLdeep000001", "kind": "list"}], each=CLIP)
        link = self.site.playlist("PLdeep000001", each=CLIP, entries=[{"id": "x", "kind": "self"}, {"id": "PLdeep000002", "kind": "list"}, "innerin0006"])
        job = self.s.finish(link, 90)
        self.assertEqual([(i, kind) for i, _, kind in self.places(job)], [(1, "unsupported"), (2, None), (3, None), (4, "unsupported"), (5, "unsupported")])
        self.assertEqual(len(self.site.log("/list/youtube/PLdeep000001")), 1, "it is not read for what it holds of itself")
        self.assertEqual(self.site.log("/list/youtube/PLdeep000003"), [])

    def test_max_items_counts_over_all(self):
        for n in range(3):
            self.site.playlist(f"PLmost00000{n}", entries=[f"most{n}in{k:04d}" for k in range(2)], each=CLIP)
        job = self.s.finish(self.site.playlist("PLmostouter1", each=CLIP, entries=["mostout0001", *({"id": f"PLmost00000{n}", "kind": "list"} for n in range(3))]),
                            90, max_items=4)
        self.assertEqual((job["status"], [i for i, _, _ in self.places(job)]), ("completed", [1, 2, 3, 4]), job)
        self.assertEqual(self.site.log("/list/youtube/PLmost000002"), [])
        events = self.api("GET", f"/api/jobs/{job['job_id']}/events").json["events"]
        self.assertEqual([e["detail"] for e in events if e["event"] == "note"], ["the list is longer; its first 4 entries are taken"])

    def test_go_on_at_the_list_where_they_broke_off(self):
        self.site.playlist("PLfirst00001", entries=["innerin0011", "innerin0012"], each=CLIP)
        self.site.playlist("PLsecond0001", each=CLIP, entries=["innerin0013"], page_fail_first=10)
        link = self.site.playlist("PLouter00002", entries=[{"id": "PLfirst00001", "kind": "list"}, {"id": "PLsecond0001", "kind": "list"}])
        job = self.s.finish(link, 120)
        self.assertEqual((job["status"], self.places(job)), ("completed", [(1, 1, None), (2, 2, None), (3, 1, None)]), job)
        for once in ("PLouter00002", "PLfirst00001"):
            self.assertEqual(len(self.site.log(f"/list/youtube/{once}")), 1, once)

    def test_wait_with_their_source_and_go_on(self):
        self.site.playlist("PLfirst00002", entries=["innerin0021"], each=CLIP)
        self.site.playlist("PLlimit00001", each=CLIP, entries=["innerin0022"], fail_page=1, fail_status=429, fail_times=1)
        link = self.site.playlist("PLouter00003", entries=[{"id": "PLfirst00002", "kind": "list"}, {"id": "PLlimit00001", "kind": "list"}])
        job = self.s.finish(link, 120)
        self.assertEqual((job["status"], self.places(job)), ("completed", [(1, 1, None), (2, 1, None)]), job)
        self.assertEqual(len(self.site.log("/list/youtube/PLfirst00002")), 1)


class KilledInLists(Case):
    """kill -9 behind the first inner list, and before the last entries are stored."""

    def test_behind_an_inner_list(self):
        self.killed_at("inner")

    def test_at_the_end(self):
        self.killed_at("end")

    def killed_at(self, point):
        s = self.stack(workers=0, env={**QUICK, "LEASE_S": "5"})
        s.site.playlist("PLkilled0001", entries=[f"killed1{n:04d}" for n in range(3)], each=CLIP)
        s.site.playlist("PLkilled0002", entries=[f"killed2{n:04d}" for n in range(2)], each=CLIP)
        job_id = s.submit(s.site.playlist("PLouter00004", each=CLIP, entries=[
            "killed00001", {"id": "PLkilled0001", "kind": "list"}, {"id": "PLkilled0002", "kind": "list"}]))
        s.worker("victim", DUBPLATE_FAILPOINT=f"stage:resolve:{point}")
        job = s.wait(job_id, FINISHED, 120)
        self.assertEqual((job["status"], [t["index"] for t in job["tracks"]]), ("completed", [1, 2, 3, 4, 5, 6]), job)
        urls = [t["source_url"] for t in job["tracks"]]
        self.assertEqual(len(set(urls)), 6, urls)
        self.assertEqual(s.value("SELECT sum(crashes) FROM tasks"), 1)


class WhatALinkMeans(StackCase):
    OPTIONS = {"env": QUICK}

    def test_a_watch_link_with_a_list_is_one_track_unless_the_list_is_asked_for(self):
        self.site.playlist("PLwatch00001", each=CLIP, entries=["okokoko0041", "okokoko0042"])
        self.site.youtube("okokoko0041", name="frontiers", **CLIP)
        link = "https://www.youtube.com/watch?v=okokoko0041&list=PLwatch00001"
        one, both = self.s.submit(link), self.s.submit(link, download_type="playlist")
        one, both = self.s.wait(one, FINISHED, 60), self.s.wait(both, FINISHED, 90)
        self.assertEqual((one["status"], one["is_list"], len(one["tracks"])), ("completed", False, 1), one)
        self.assertEqual((both["status"], both["is_list"], len(both["tracks"])), ("completed", True, 2), both)

    def test_a_mix_is_one_track_unless_asked_for(self):
        link = self.site.mix("okokoko0051", count=3, each=CLIP)
        self.site.youtube("okokoko0051", name="frontiers", **CLIP)
        one, mix = self.s.submit(link), self.s.submit(link, download_type="playlist", max_items=2)
        one, mix = self.s.wait(one, FINISHED, 60), self.s.wait(mix, FINISHED, 90)
        self.assertEqual((one["is_list"], len(one["tracks"])), (False, 1), one)
        self.assertEqual((mix["is_list"], len(mix["tracks"])), (True, 2), mix)

    def test_a_handle_is_the_videos_of_its_channel(self):
        self.site.channel("@fishertest", count=2, each=CLIP)
        job = self.s.finish("https://www.youtube.com/@fishertest", 90)
        self.assertEqual((job["status"], job["is_list"], len(job["tracks"])), ("completed", True, 2), job)

    def test_one_track_of_a_list_is_its_first(self):
        job = self.s.finish(self.site.playlist("PLsingle0001", count=3, each=CLIP), 60, download_type="single")
        self.assertEqual((job["status"], job["is_list"], len(job["tracks"])), ("completed", False, 1), job)

    def test_a_feed_is_a_list_and_its_own_words_stay(self):
        job = self.s.finish(self.site.feed(items=2, clip=2), 90)
        self.assertEqual((job["status"], job["is_list"], len(job["tracks"])), ("completed", True, 2), job)
        self.assertTrue(all(t["title"] for t in job["tracks"]))
        self.assertEqual(job["tracks"][0]["title"], "Frontiers", job["tracks"][0])

    def test_a_soundcloud_set_and_a_profile(self):
        for link in (self.site.soundcloud_set("fisher/lp", count=2, each=CLIP), self.site.soundcloud_user("fisher", count=2, each=CLIP)):
            with self.subTest(link):
                job = self.s.finish(link, 90)
                self.assertEqual((job["status"], job["is_list"], len(job["tracks"])), ("completed", True, 2), job)

    def test_a_bandcamp_album(self):
        job = self.s.finish(self.site.bandcamp_album("fisher/lp", count=2, each=CLIP), 90)
        self.assertEqual((job["status"], job["is_list"], len(job["tracks"])), ("completed", True, 2), job)

    def test_a_carousel_of_instagram_is_each_of_its_slides(self):
        link = self.site.instagram("Ccarousel01", kind="p", slides=[{"name": "frontiers", **CLIP}, {"name": "machine_wars", **CLIP}])
        job = self.s.finish(link, 90)
        self.assertEqual((job["status"], job["is_list"], len(job["tracks"])), ("completed", True, 2), job)
        self.assertNotEqual(job["tracks"][0]["file"]["sha256"], job["tracks"][1]["file"]["sha256"], "two slides, two recordings")


if __name__ == "__main__":
    main()
