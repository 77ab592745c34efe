"""Songs that are named and not linked: what fits is taken, with its score; what does not is not."""

LIMIT_SECONDS = 300

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, eventually, main
from harness.stack import FINISHED

QUICK = {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "WORKER_CONCURRENCY": "2"}
CLIP = {"modes": {"clip": "2"}}


class Search(StackCase):
    OPTIONS = {"env": QUICK}

    def find(self, query, entries, **options):
        self.site.search(query, n=10, each=CLIP, entries=entries)
        reply = self.api("POST", "/api/jobs", {"search_query": query, **options})
        self.assertEqual(reply.status, 201, reply)
        return self.s.wait(reply.json["job_id"], FINISHED, 60)

    def test_takes_the_result_that_fits(self):
        job = self.find("Frontiers Michael Kievernagel", [
            {"id": "covrcovr001", "title": "Frontiers (Piano Cover) - Somebody Else", "channel": "Somebody Else"},
            {"id": "rightone001", "title": "Michael Kievernagel - Frontiers", "channel": "Michael Kievernagel - Topic"},
            {"id": "livelive001", "title": "Michael Kievernagel - Frontiers (Live in Berlin)", "channel": "Bootlegs"}])
        self.assertEqual(job["status"], "completed", job)
        track = job["tracks"][0]
        self.assertTrue(track["source_url"].endswith("rightone001"), track)
        self.assertGreaterEqual(track["match"]["score"], 70)
        self.assertEqual(len(track["match"]["candidates"]), 3)
        self.assertEqual(job["match_score"], track["match"]["score"])
        self.assertEqual((job["url"], job["search_query"]), (None, "Frontiers Michael Kievernagel"))

    def test_reads_the_artist_in_the_title_whoever_uploaded_it(self):
        for query, title in (("Machine Wars Kievernagel", "Kievernagel - Machine Wars (Official Video)"), ("Machine Wars", "Machine Wars")):
            with self.subTest(query):
                job = self.find(query, [{"id": "uploaded001", "title": title, "channel": "Some Label"}])
                self.assertEqual(job["status"], "completed", job)
                self.assertEqual(job["tracks"][0]["match"]["candidates"][0]["title"], title)

    def test_fails_rather_than_take_another_song(self):
        job = self.find("Zanzibar Nights Unknown Artist", [{"id": "wrongone001", "title": "How to repair a bicycle", "channel": "Tools"}])
        self.assertEqual((job["status"], job["error"]["kind"]), ("failed", "no_match"), job)
        self.assertIn("fits", job["error"]["detail"])

    def test_shows_what_it_did_not_take(self):
        job = self.find("Moonlit Harbour Nobody Knows", [
            {"id": "nearmiss001", "title": "Moonlit Garden", "channel": "Gardeners", "duration": 181},
            {"id": "nearmiss002", "title": "How to paint a fence", "channel": "Tools"}])
        self.assertEqual(job["status"], "failed", job)
        match = job["tracks"][0]["match"]
        self.assertEqual((match["url"], match["threshold"], job["match_score"]), (None, 70, match["score"]), match)
        self.assertEqual([c["title"] for c in match["candidates"]], ["Moonlit Garden", "How to paint a fence"])
        first = match["candidates"][0]
        self.assertEqual((first["channel"], first["duration_seconds"], first["score"]), ("Gardeners", 181, match["score"]), match)
        self.assertLess(first["score"], 70)
        self.assertIn(f"scores {match['score']}", job["error"]["detail"])
        self.site.search("Moonlit Harbour Nobody Knows", n=10, each=CLIP, entries=[
            {"id": "rightone002", "title": "Nobody Knows - Moonlit Harbour", "channel": "Nobody Knows - Topic"}])
        self.assertEqual(self.api("POST", f"/api/jobs/{job['job_id']}/retry").status, 200)
        again = self.s.wait(job["job_id"], FINISHED, 60)
        self.assertEqual(again["status"], "completed", again)
        self.assertEqual([c["score"] for c in again["tracks"][0]["match"]["candidates"]], [again["match_score"]])

    def test_whose_best_result_cannot_be_had_shows_the_others(self):
        self.site.youtube("lockedup001", failure="removed")
        job = self.find("Locked Door Kievernagel", [
            {"id": "lockedup001", "title": "Kievernagel - Locked Door", "channel": "Kievernagel - Topic"},
            {"id": "nearmiss003", "title": "Kievernagel - Locked Door (Live in Berlin)", "channel": "Bootlegs"}])
        self.assertEqual(job["status"], "failed", job)
        match = job["tracks"][0]["match"]
        self.assertTrue(match["url"].endswith("lockedup001"), match)
        self.assertEqual([c["url"][-11:] for c in match["candidates"]], ["lockedup001", "nearmiss003"], match)

    def test_that_finds_nothing_says_so(self):
        job = self.find("nothing at all here", [])
        self.assertEqual((job["status"], job["error"]["kind"]), ("failed", "no_match"), job)
        self.assertEqual(job["tracks"][0]["match"], {"score": None, "threshold": 70, "url": None, "candidates": []})
        self.assertIsNone(job["match_score"])

    def test_is_one_job_however_it_is_written(self):
        self.site.search("same song", n=10, entries=[])
        first = self.api("POST", "/api/jobs", {"search_query": "Same  Song", "scheduled_at": "2099-01-01T00:00:00Z"}).json["job_id"]
        second = self.api("POST", "/api/jobs", {"search_query": "  same song ", "scheduled_at": "2099-01-01T00:00:00Z"})
        self.assertEqual((second.status, second.json["job_id"]), (200, first))
        self.api("POST", f"/api/jobs/{first}/cancel")


class Spotify(StackCase):
    OPTIONS = {"env": QUICK, "spotify": True}

    def youtube_has(self, number, **more):
        artists = "Die Ersten, Zweite & Söhne" if number % 2 else "Die Ersten"
        self.site.search(f"Die Ersten Song {number}", n=10, each=CLIP, entries=[
            {"id": f"cover{number:06d}", "title": f"Song {number} (Cover by Nobody)", "channel": "Nobody", "duration": 181},
            {"id": f"right{number:06d}", "title": f"{artists} - Song {number}", "channel": "Die Ersten - Topic", "duration": 180, **more}])

    def test_track_is_found_elsewhere_and_keeps_its_own_words(self):
        self.youtube_has(5)
        job = self.s.finish(self.s.spotify.link("T", 5), 60)
        self.assertEqual(job["status"], "completed", job)
        track = job["tracks"][0]
        self.assertEqual((track["title"], track["artist"], track["album"], track["isrc"]), ("Song 5", "Die Ersten, Zweite & Söhne", "Album 17", "DEA000000005"))
        self.assertTrue(track["source_url"].endswith("right000005"), track["source_url"])
        self.assertEqual(track["metadata"]["title"], {"value": "Song 5", "from": "spotify"})
        self.assertGreaterEqual(track["match"]["score"], 70)
        self.assertTrue([e for e in self.s.spotify.log("/cover/")], "its own picture")

    def test_album_is_a_list_of_them_and_one_that_is_not_found_does_not_stop_it(self):
        for number in (0, 1):
            self.youtube_has(number)
        self.site.search("Die Ersten Song 2", n=10, entries=[{"id": "nothing0001", "title": "Knitting for beginners", "channel": "Wool"}])
        job = self.s.finish(self.s.spotify.link("A", 3), 90)
        self.assertEqual((job["status"], job["is_list"], job["title"]), ("completed_with_errors", True, "Album 3"), job)
        self.assertEqual([t["error"] and t["error"]["kind"] for t in job["tracks"]], [None, None, "no_match"])
        self.assertEqual([t["track_number"] for t in job["tracks"]], [1, 2, 3])

    def test_list_that_breaks_off_keeps_what_came_and_its_name(self):
        """Its first page has fifty, which is no multiple of what is stored at once; the second is at a strange address."""
        job = self.s.submit(self.s.spotify.link("E", 60))
        seen = eventually(lambda: (j := self.s.job(job))["progress"]["total_items"] == 50 and j, 60, lambda: f"all of the first page: {self.s.job(job)['progress']}")
        self.assertEqual(seen["title"], "Liste 60 für dich")
        self.api("DELETE", f"/api/jobs/{job}")

    def test_that_is_not_there_says_so(self):
        self.s.spotify.control(mode="404", times="9", path="/v1/tracks")
        job = self.s.finish(self.s.spotify.link("T", 77), 60)
        self.s.spotify.control(mode="none")
        self.assertEqual((job["status"], job["error"]["kind"]), ("failed", "unavailable"), job)


class SpotifyWithoutCredentials(StackCase):
    OPTIONS = {"env": {**QUICK, "SPOTIFY_CLIENT_ID": "", "SPOTIFY_CLIENT_SECRET": ""}, "spotify": True}

    def test_a_list_says_what_is_missing(self):
        job = self.s.finish(self.s.spotify.link("A", 3), 60)
        self.assertEqual((job["status"], job["error"]["kind"]), ("failed", "credentials"), job)
        self.assertIn("SPOTIFY_CLIENT_ID", job["error"]["detail"])
        self.assertIn("SPOTIFY_CLIENT_ID", job["error"]["hint"])


if __name__ == "__main__":
    main()
