"""Every source end to end: what it says of a recording stands in the API, with who said so, and in the file; what cannot be had is told in plain
words, with its kind and the next step."""

LIMIT_SECONDS = 600

import calendar
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, eventually, main, media
from harness.stack import FINISHED

CLIP = {"name": "frontiers", "modes": {"clip": "2"}}
MADE_IN = "2004-05-20"
BY = "Michael Kievernagel"
ALBUM = "Advanced Strategic Command"
# Words that are for developers, or for who runs yt-dlp by hand.
UNWANTED = ("ERROR", "Traceback", "://", "please report", "yt-dlp -U", "--", "`", "\n", "(caused by", "Errno")


class Sources(StackCase):
    OPTIONS = {"env": {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "WORKER_CONCURRENCY": "2", "STALL_TIMEOUT_S": "3"}}

    def mp3(self, job):
        return [f for f in self.s.audio_files(job["job_id"]) if f.endswith(".mp3")]

    def check_track(self, job, at, path, wanted):
        """`wanted`: fields of the track; a pair is a value and who said it. The MP3 says the same."""
        track = job["tracks"][at]
        for field, value in wanted.items():
            said = value if isinstance(value, tuple) else (value, None)
            self.assertEqual(track[field], said[0], f"{field} of {track}")
            if said[1]:
                self.assertEqual(track["metadata"][field], {"value": said[0], "from": said[1]}, track["metadata"])
        tags = media.tags(path)
        for field, tag in (("title", "title"), ("artist", "artist"), ("album", "album"), ("date", "date"), ("track_number", "track")):
            self.assertEqual(tags.get(tag), str(track[field]) if track[field] else None, f"{tag} in {tags}")
        width, height, _ = media.cover_size(path) or self.fail("it has no cover")
        self.assertEqual(width, height)
        self.assertEqual(self.api("GET", track["cover_url"]).status, 200)

    def check_each(self, cases, timeout=120):
        """Pairs of a link, and what its tracks say; a list of these for a list."""
        for name, job_id, wanted in [(link, self.s.submit(link), wanted) for link, wanted in cases]:
            with self.subTest(name):
                job = self.s.wait(job_id, FINISHED, timeout)
                self.assertEqual((job["status"], job["is_list"]), ("completed", isinstance(wanted, list)), job)
                wanted = wanted if isinstance(wanted, list) else [wanted]
                self.assertEqual(len(job["tracks"]), len(wanted), job)
                for at, (path, fields) in enumerate(zip(self.mp3(job), wanted, strict=True)):
                    self.check_track(job, at, path, fields)
                self.assertEqual(self.site.tried(), [], "no platform's own host was asked")

    def check_error(self, error, kind):
        self.assertIn(error["kind"], kind.split("|"), error)
        self.assertTrue(error["detail"].strip(), error)
        self.assertTrue(error["hint"], error)
        for word in UNWANTED:
            self.assertNotIn(word, error["detail"], error)

    def check_failures(self, cases, timeout=120):
        for link, job_id, kind in [(link, self.s.submit(link), kind) for link, kind in cases]:
            with self.subTest(link):
                job = self.s.wait(job_id, FINISHED, timeout)
                self.assertEqual(job["status"], "failed", job)
                self.check_error(job["error"], kind)
                self.assertEqual(self.s.audio_files(job_id), [])


class Music(Sources):
    def test_chapters_stand_where_a_track_is_shown_alone(self):
        long, said = "Ü" * 300, [{"start_ms": 0, "end_ms": 1000, "title": "One"}, {"start_ms": 1000, "end_ms": 2000, "title": "Ü" * 200}]
        self.site.youtube("chapters001", extra={"chapters": [{"start_time": 0, "end_time": 1, "title": "One"}, {"start_time": 1, "end_time": 2, "title": long}]}, **CLIP)
        job = self.s.wait(self.s.submit("https://www.youtube.com/watch?v=chapters001"), "completed")
        many = [f"/api/jobs/{job['job_id']}{path}" for path in ("", "/tracks", "/result")]
        for path in many:
            metadata = self.api("GET", path).json["tracks"][0]["metadata"]
            self.assertEqual((metadata["title"]["from"] is not None, "chapters" in metadata, "chapters_from" in metadata), (True, False, False), path)
        metadata = self.api("GET", f"/api/tracks/{job['track_id']}").json["metadata"]
        self.assertEqual((metadata["chapters"], metadata["chapters_from"]), (said, "page"))

    def test_youtube_in_every_form(self):
        said = {"title": ("Deep Sea", "title"), "artist": ("Fisher Test", "title"), "date": (MADE_IN, "page"), "uploader": "Fisher Music"}
        for n in range(5):
            self.site.youtube(f"everyform{n:02d}", title="Fisher Test - Deep Sea (Official Video)", **CLIP)
        self.site.youtube("everyform05", title="Fisher Test - Deep Sea", extra={"live_status": "was_live"}, **CLIP)
        self.site.youtube("musicform06", **CLIP)
        self.check_each([
            ("https://www.youtube.com/watch?v=everyform00&t=10", said), ("https://www.youtube.com/shorts/everyform01", said),
            ("https://youtu.be/everyform02?si=x", said), ("https://music.youtube.com/watch?v=everyform03&list=RDAMVM", said),
            ("https://www.youtube.com/live/everyform05", said),
            ("https://music.youtube.com/watch?v=musicform06", {"title": ("Frontiers", "page"), "artist": (BY, "page"), "album": (ALBUM, "page")})])

    def test_soundcloud_as_files_and_in_fragments(self):
        said = {"title": ("Frontiers", "page"), "artist": (BY, "page"), "date": (MADE_IN, "page"), "uploader": "Fisher"}
        links = [self.site.soundcloud(f"fisher/{formats[0]}", title="Frontiers", formats=formats, **CLIP) for formats in (["progressive"], ["hls"])]
        links.append(self.site.soundcloud("fisher/private/s-Secret", title="Frontiers", **CLIP))
        self.site.soundcloud("fisher/private", title="Frontiers", **CLIP)
        self.check_each([(link, said) for link in links])

    def test_soundcloud_short_links_and_lists(self):
        target = self.site.soundcloud("fisher/behind-short", title="Frontiers", **CLIP)
        one, two = {"title": ("One", "page"), "artist": BY}, {"title": ("Two", "page"), "artist": BY}
        entries = [{"id": "fisher/one", "title": "One"}, {"id": "fisher/two", "title": "Two"}]
        self.site.soundcloud_set("fisher/lp", title="The LP", entries=entries, each=CLIP)
        self.site.soundcloud_user("fisher", "tracks", entries=entries, each=CLIP)
        of_lp = [{**t, "album": ("The LP", "list"), "track_number": (n, "list")} for n, t in enumerate((one, two), 1)]
        self.check_each([(self.site.short("on.soundcloud.com/AbCd", target), {"title": "Frontiers"}),
                         ("https://m.soundcloud.com/fisher/sets/lp", of_lp), ("https://soundcloud.com/fisher/tracks", [one, two])])

    def test_soundcloud_previews_are_not_taken_for_the_whole(self):
        link = self.site.soundcloud("fisher/both", name="frontiers", modes={"clip": "6"}, preview_seconds=2, formats=["preview", "progressive"])
        job = self.s.finish(link)
        self.assertEqual(job["status"], "completed", job)
        self.assertAlmostEqual(media.decoded_seconds(self.mp3(job)[0]), 6, delta=0.3)
        self.check_failures([(self.site.soundcloud("fisher/preview", formats=["preview"], **CLIP), "preview_only"),
                             (self.site.soundcloud("fisher/drm", failure="drm"), "drm")])

    def test_instagram(self):
        said = {"title": ("Video by fishermusic", "title"), "artist": ("Fisher Music", "uploader"), "date": (MADE_IN, "page")}
        carousel = self.site.instagram("Ccarousel77", kind="p", slides=[{**CLIP, "name": name} for name in ("frontiers", "machine_wars")])
        self.check_each([(self.site.instagram("Creelreel01", **CLIP), said), (self.site.instagram("Cpostpost01", kind="p", **CLIP), said),
                         (self.site.short("www.instagram.com/share/reel/AbCd", self.site.instagram("Cshared0001", **CLIP)), said),
                         (carousel, [{**said, "track_number": 1}, {**said, "track_number": 2}])])

    def test_tiktok_has_its_own_sound_and_not_the_music_that_it_uses(self):
        said = {"artist": (BY, "page"), "date": (MADE_IN, "page"), "uploader": "fishermusic"}
        self.site.forget()
        self.site.tiktok_user("fishermusic", entries=["7000000000000000003"], each=CLIP)
        short = self.site.short("vm.tiktok.com/ZMabc", self.site.tiktok("7000000000000000002", **CLIP))
        self.check_each([(self.site.tiktok("7000000000000000001", **CLIP), said), (short, said), ("https://www.tiktok.com/@fishermusic", [said])])
        self.assertEqual(len([e for e in self.site.log("/video/") if e["method"] == "GET"]), 3)
        self.assertEqual(self.site.log("/media/"), [], "the format that is called audio is another recording")

    def test_bandcamp(self):
        for n, name in ((4, "one"), (5, "two")):
            self.site.bandcamp(f"fisher/{name}", title=name.title(), extra={"track_number": n}, **CLIP)
        self.site.bandcamp_album("fisher/lp", title="The LP", entries=["fisher/one", "fisher/two"])
        said = [{"title": (name, "page"), "artist": ("Fisher", "page"), "album": (ALBUM, "page"), "track_number": (n, "page"), "date": (MADE_IN, "page")}
                for n, name in ((4, "One"), (5, "Two"))]
        self.check_each([("https://fisher.bandcamp.com/track/one?from=x", said[0]), ("https://fisher.bandcamp.com/album/lp", said)])

    def test_vimeo_and_its_lists(self):
        said = {"title": ("Deep Sea", "title"), "artist": ("Fisher Test", "title"), "date": (MADE_IN, "page"), "uploader": "Fisher Music"}
        for n, formats in enumerate((["muxed"], ["hls"])):
            self.site.vimeo(f"10000000{n}", title="Fisher Test - Deep Sea", formats=formats, **CLIP)
        self.site.vimeo_list("showcase/12", title="Show", entries=["100000000", "100000001"])
        self.check_each([("https://vimeo.com/100000000?share=copy", said), ("https://player.vimeo.com/video/100000001", said),
                         ("https://www.vimeo.com/showcase/12", [said, said])])

    def test_feeds(self):
        titles = ("Frontiers", "Machine Wars")
        said = [{"title": (title, "list"), "album": ("Cast", "list"), "date": (date, "list"), "track_number": n}
                for n, (title, date) in enumerate(zip(titles, (MADE_IN, "2004-05-19"), strict=True), 1)]
        self.check_each([(self.site.feed(items=2, clip=2, title="Cast"), said), (self.site.feed(items=2, clip=2, title="Cast", redirect=1), said)])

    def test_feeds_that_are_long_or_broken(self):
        job = self.s.finish(self.site.feed(items=300, clip=2), 120, max_items=3)
        self.assertEqual((job["status"], [t["index"] for t in job["tracks"]]), ("completed", [1, 2, 3]), job)
        self.assertIn("its first 3 entries are taken", str(self.api("GET", f"/api/jobs/{job['job_id']}/events").json))
        self.check_failures([(self.site.feed(items=2, broken=1), "unsupported|outdated_tool")])

    def test_pages_and_files_of_anybody(self):
        page = {"title": "Frontiers", "artist": BY, "date": MADE_IN}
        self.check_each([(self.site.watch("frontiers", clip=2), page)])
        job = self.s.finish(self.site.media("machine_wars", "flac", clip=2))
        self.assertEqual((job["status"], job["tracks"][0]["title"], media.tags(self.mp3(job)[0])["title"]), ("completed", "machine wars", "machine wars"), job)


class Failures(Sources):
    OPTIONS = {"env": {**Sources.OPTIONS["env"], "WORKER_CONCURRENCY": "4"}}       # most of it is waiting

    def test_of_youtube(self):
        self.check_failures([(self.site.youtube(f"yt{kind[:9]:x<9}", failure=kind), expected) for kind, expected in (
            ("private", "login_required"), ("age", "age_restricted"), ("members", "login_required"), ("geo", "geo_blocked"), ("drm", "drm"),
            ("live_soon", "live"), ("upcoming", "live"), ("removed", "unavailable"), ("terminated", "unavailable"), ("gone", "unavailable"),
            ("no_formats", "no_format"), ("old_tool", "outdated_tool"))])

    def test_of_lists_of_youtube(self):
        self.check_failures([(self.site.playlist(f"PL{kind:x<12}", failure=kind), expected) for kind, expected in (
            ("private", "unavailable"), ("unviewable", "unsupported"), ("unknown", "network"), ("terminated", "unavailable"), ("home", "unavailable"),
            ("no_videos", "unsupported"), ("unrecognized", "unsupported"))] + [(self.site.playlist("PLwantlogin1", page_status=401), "login_required")])

    def test_of_soundcloud(self):
        self.check_failures([(self.site.soundcloud(f"fisher/{kind}", failure=kind), expected) for kind, expected in (
            ("private", "unavailable"), ("geo", "geo_blocked"), ("login", "login_required"), ("forbidden", "forbidden"), ("drm_hidden", "unavailable"))])

    def test_of_instagram(self):
        self.check_failures([(self.site.instagram(f"C{kind:x<10}", failure=kind), expected) for kind, expected in (
            ("login", "login_required"), ("private", "login_required"), ("age", "age_restricted"), ("geo", "geo_blocked"), ("picture", "unsupported"),
            ("removed", "unavailable"))])

    def test_of_tiktok(self):
        self.check_failures([(self.site.tiktok(f"71000000000000{n:05d}", failure=kind), expected) for n, (kind, expected) in enumerate((
            ("private", "login_required"), ("private_account", "login_required"), ("login", "login_required"), ("age", "age_restricted"),
            ("geo", "geo_blocked"), ("removed", "unavailable"), ("challenge", "outdated_tool")))]
            + [(self.site.tiktok_user(f"fisher{kind}", failure=kind), expected) for kind, expected in (("empty", "unsupported"), ("no_user", "outdated_tool"))])

    def test_of_vimeo(self):
        self.check_failures([(self.site.vimeo(f"20000{n:04d}", failure=kind), expected) for n, (kind, expected) in enumerate((
            ("password", "login_required"), ("embed_only", "unsupported"), ("login", "login_required"), ("private", "forbidden"), ("removed", "unavailable"),
            ("geo", "geo_blocked"), ("live_soon", "live")))])

    def test_of_bandcamp(self):
        self.check_failures([(self.site.bandcamp(f"fisher/{kind}", failure=kind), expected) for kind, expected in (
            ("removed", "unavailable"), ("forbidden", "forbidden"), ("no_formats", "no_format"))]
            + [(self.site.bandcamp_album("fisher/nothing", entries=[]), "unsupported")])

    def test_that_pass_are_tried_again(self):
        link = self.site.youtube("passing0001", page_fail_first=1, **CLIP)
        self.assertEqual(self.s.finish(link)["status"], "completed")
        self.assertGreater(len(self.site.log("/youtube/passing0001")), 1)
        self.check_failures([(self.site.youtube("passing0002", page_status=503, **CLIP), "network")])

    def test_in_the_middle_of_the_media(self):
        whole = {"name": "frontiers"}
        self.check_failures([
            (self.site.soundcloud("fisher/refused", formats=["progressive"], modes={"clip": "20", "forbid": 50000}, **whole), "forbidden"),
            (self.site.soundcloud("fisher/hole", formats=["hls"], modes={"clip": "8", "missing": 2}, **whole), "unavailable|network"),
            (self.site.soundcloud("fisher/half", formats=["progressive"], modes={"clip": "20", "half": 1}, **whole), "bad_media"),
            (self.site.bandcamp("fisher/stalls", modes={"clip": "20", "stall": 50000}, **whole), "timeout|network"),
            (self.site.bandcamp("fisher/hangs", modes={"clip": "2", "hang": 1}, **whole), "timeout|network"),
            (self.site.bandcamp("fisher/drips", modes={"clip": "20", "drip": 1, "rate": 500}, **whole), "timeout|network")], 150)

    def test_of_pages_that_are_something_else(self):
        self.check_failures([(self.site.url("/empty.html"), "unsupported"), (self.site.url("/picture.png"), "bad_media|unsupported"),
                             (self.site.url("/html-as.mp3"), "bad_media"), (self.site.watch("frontiers", page_status=404), "unavailable"),
                             (self.site.media("frontiers", clip=2, status=404), "unavailable")])

    def test_that_the_link_gives_away_are_refused_at_once(self):
        for link in ("https://www.instagram.com/somebody/", "https://www.tiktok.com/music/song-12", "https://www.youtube.com/feed/history",
                     "https://soundcloud.com/fisher/followers", "https://vimeo.com/watchlater", "https://fisher.bandcamp.com/merch"):
            with self.subTest(link):
                reply = self.api("POST", "/api/jobs", {"url": link})
                self.assertProblem(reply, 422, "input", ["url"])
                self.assertGreater(len(reply.json["errors"][0]["message"]), 30)


class Refusals(Sources):
    """Where a platform refuses this server, it rests, and each job of it says until when."""
    OPTIONS = {"env": {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "SOURCE_REST_S": "300"}}

    def test_let_the_source_rest(self):
        for source, link, kind, seconds in (
                ("youtube", self.site.youtube("refused0001", failure="bot"), "bot_check", (1400, 2200)),
                ("youtube", self.site.youtube("refused0002", failure="rate_limit"), "rate_limited", (230, 370)),
                ("youtube", self.site.youtube("refused0003", page_status=429, retry_after=900), "rate_limited", (880, 1100)),
                ("soundcloud", self.site.soundcloud("fisher/often", page_status=429), "rate_limited", (230, 370)),
                ("instagram", self.site.instagram("Coften00001", failure="rate_limit"), "rate_limited", (230, 370)),
                ("instagram", self.site.instagram("Coften00002", failure="rate_limit_2025"), "rate_limited", (230, 370)),
                ("tiktok", self.site.tiktok("7200000000000000001", failure="bot"), "bot_check", (1400, 2200)),
                ("vimeo", self.site.vimeo("300000001", failure="bot"), "bot_check", (1400, 2200)),
                ("bandcamp", self.site.bandcamp("fisher/often", modes={"status": 429, "retry_after": 900}), "rate_limited", (880, 1100))):
            with self.subTest(link):
                job_id = self.s.submit(link)
                job = eventually(lambda job_id=job_id: (j := self.s.job(job_id))["error"] and j["waiting_for"] and j, 60, "it is refused")
                self.assertEqual((job["status"], job["attempt"]), ("pending", 1), job)
                self.check_error(job["error"], kind)
                self.assertIn(f"{source} to rest until", job["waiting_for"])
                until = calendar.timegm(time.strptime(job["waiting_until"][:19], "%Y-%m-%dT%H:%M:%S")) - time.time()
                self.assertTrue(seconds[0] < until < seconds[1], until)
                self.api("POST", f"/api/jobs/{job_id}/cancel")
                self.s.wait(job_id, "cancelled", 10)
                self.api("POST", f"/api/queue/sources/{source}/wake")
                # The next refusal is a first one again once the source has answered.
                self.assertEqual(self.s.finish(self.answering(source))["status"], "completed")

    def answering(self, source):
        self.answers = getattr(self, "answers", 0) + 1
        return {"youtube": lambda n: self.site.youtube(f"answers{n:04d}", **CLIP), "soundcloud": lambda n: self.site.soundcloud(f"fisher/a{n}", **CLIP),
                "instagram": lambda n: self.site.instagram(f"Canswers{n:03d}", **CLIP), "tiktok": lambda n: self.site.tiktok(f"73000000000000{n:05d}", **CLIP),
                "vimeo": lambda n: self.site.vimeo(f"40000{n:04d}", **CLIP), "bandcamp": lambda n: self.site.bandcamp(f"fisher/a{n}", **CLIP)}[source](self.answers)


if __name__ == "__main__":
    main()
