"""
The fakes of the platforms keep what they promise: the real yt-dlp, called as worker/ytdlp/args.c calls it, prints at the real
addresses what its own extractors would. This is also the contract that the reader of these lines is written against.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import BUILD, REPO, Case, FakeSite, main

COMMON = ["--ignore-config", "--verbose", "--print-traffic", "--no-exec", "--no-playlist", "--no-cache-dir", "--socket-timeout", "20",
          "--extractor-retries", "3", "--fixup", "never", "--ffmpeg-location", "/nonexistent"]
RESOLVE = ["--flat-playlist", "--lazy-playlist", "--dump-json"]
DOWNLOAD = ["-I", "1", "--no-mtime", "--abort-on-unavailable-fragments", "-o", "%(id)s.%(ext)s", "--retries", "2", "--fragment-retries", "1", "-f", "ba/b"]
OF_A_LIST = {"playlist_id", "playlist_title", "playlist_index", "playlist_count", "n_entries", "playlist_webpage_url"}
SHORT = {"modes": {"clip": "2"}}


class Run:
    """What yt-dlp said: `entries` are the lines of standard output that are JSON, `errors` the sentences."""

    def __init__(self, program, arguments, cwd):
        done = subprocess.run([program, *arguments], cwd=cwd, env={"PATH": os.environ["PATH"], "HOME": cwd, "LANG": "C.UTF-8"},
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.code, self.out, self.err = done.returncode, done.stdout.decode(), done.stderr.decode()
        self.entries = [json.loads(line) for line in self.out.split("\n") if line.startswith("{")]
        self.errors = [line for line in self.err.split("\n") if line.startswith("ERROR:")]       # one has a \r in the middle

    def __str__(self):
        return f"code {self.code}, {len(self.entries)} entries, {self.errors}\n{self.err[-2000:]}"


class Fakes(Case):
    """One yt-dlp is given many addresses where that changes nothing: most of its time is its start."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="dubplate-fakes-"))
        cls.program = os.path.join(cls.root, "yt-dlp")
        cls.site = FakeSite(os.path.join(BUILD, "fake-media"), cls.program)
        cls.addClassCleanup(cls.site.close)

    def resolve(self, *urls, options=()):
        """As a resolve does it; `options` come last, where --yes-playlist takes back --no-playlist."""
        run = Run(self.program, [*COMMON, *RESOLVE, *options, "--", *urls], self.root)
        self.assertEqual(self.site.tried(), [], "the internet was not asked")
        return run

    def lists(self, *urls, options=(), errors=0):
        """(Run, the entries of each list that has any)"""
        run = self.resolve(*urls, options=("--yes-playlist", *options))
        self.assertEqual((run.code, len(run.errors)), (int(errors > 0), errors), run)
        found = []
        for entry in run.entries:
            self.assertLessEqual(OF_A_LIST, entry.keys(), entry)
            if entry["playlist_index"] == 1:
                found.append([])
            found[-1].append(entry)
            self.assertEqual(entry["playlist_index"], len(found[-1]))
        return run, found

    def items(self, *urls):
        run = self.resolve(*urls)
        self.assertEqual((run.code, len(run.entries)), (0, len(urls)), run)
        for entry in run.entries:
            self.assertIsNone(entry.get("playlist_id"))
        return run.entries

    def refused(self, cases, options=()):
        """`cases` are pairs of an address and what its sentence contains."""
        run = self.resolve(*(url for url, _ in cases), options=options)
        self.assertEqual((run.code, run.entries, len(run.errors)), (1, [], len(cases)), run)
        for (url, words), error in zip(cases, run.errors, strict=True):
            with self.subTest(url):
                self.assertIn(words, error)
        return run

    def test_are_called_as_the_product_calls(self):
        with open(os.path.join(REPO, "worker", "ytdlp", "args.c"), encoding="utf-8") as f:
            product = f.read()
        for argument in [*COMMON, *RESOLVE]:
            self.assertIn(f'"{argument}"', product)

    # --- YouTube ------------------------------------------------------------------------------------

    def test_youtube_every_form_of_a_list(self):
        each = {"count": 3, "each": SHORT}
        forms = [
            (self.site.playlist("PLthree0001", title="Three", **each), "PLthree0001", "Three", 3),
            (self.site.channel("@fisher", title="Fisher", **each), None, "Fisher - Videos", None),
            (self.site.channel("UCabcdefghijklmnopqrstuv", **each), "UCabcdefghijklmnopqrstuv", None, None),
            (self.site.channel("@fisher", "streams", **each), None, "Fisher - Streams", None),
            (self.site.mix("frontiers01"), "RDfrontiers01", "Mix - frontiers01", None),
            ("https://www.youtube.com/watch?v=frontiers01&list=PLthree0001", "PLthree0001", "Three", 3),
            ("https://youtu.be/frontiers01?list=PLthree0001&index=2", "PLthree0001", "Three", 3),
            ("https://music.youtube.com/playlist?list=PLthree0001", "PLthree0001", "Three", 3),
            (self.site.album("MPREb_albumalbum", **each), "OLAK5uy_b_albumalbum", "Album - b_albumalbum", 3)]
        found = self.lists(*(form[0] for form in forms), options=("-I", "1:3"))[1]
        for (url, playlist_id, title, count), entries in zip(forms, found, strict=True):
            with self.subTest(url):
                self.assertEqual(len(entries), 3)
                first = entries[0]
                self.assertEqual((first["_type"], first["extractor_key"], first["playlist_count"]), ("url", "Youtube", count))
                self.assertEqual(first["url"], f"https://www.youtube.com/watch?v={first['id']}")
                self.assertGreater(first["duration"], 1)
                self.assertEqual(len(first["id"]), 11)
                for field in ("title", "channel", "channel_id", "channel_url", "uploader", "uploader_id", "view_count", "thumbnails"):
                    self.assertTrue(first[field], field)
                self.assertLessEqual({"live_status", "availability"}, first.keys())
                self.assertEqual(first["playlist_id"], playlist_id or first["playlist_id"])
                self.assertEqual(first["playlist_title"], title or first["playlist_title"])

    def test_youtube_a_video_of_a_list_is_that_video(self):
        url = self.site.youtube("frontiers02", **SHORT)
        self.assertEqual([e["id"] for e in self.items(url + "&list=PLanything001", self.site.mix("frontiers02"))], ["frontiers02"] * 2)

    def test_youtube_entries_of_every_kind(self):
        kinds = ("private", "deleted", "live", "upcoming", "members", "short", "overlong", "self", "list")
        url = self.site.playlist("PLkinds0001", each=SHORT, entries=["frontiers01", "frontiers01", *(
            {"id": f"{kind[:7]:x<7}0001", "kind": kind} for kind in kinds)])
        entries = self.lists(url)[1][0]
        self.assertEqual(len(entries), 11)
        self.assertEqual(entries[0]["id"], entries[1]["id"], "twice in the list, twice told")
        private, deleted, live, upcoming, members, short, overlong, itself, other = entries[2:]
        self.assertEqual((private["title"], private["duration"], private["channel"]), ("[Private video]", None, None))
        self.assertEqual(deleted["title"], "[Deleted video]")
        self.assertEqual((live["live_status"], live["duration"]), ("is_live", None))
        self.assertEqual((upcoming["live_status"], bool(upcoming["release_timestamp"])), ("is_upcoming", True))
        self.assertEqual(members["availability"], "subscriber_only")
        self.assertIn("/shorts/", short["url"])
        self.assertGreater(len(overlong["title"].encode()), 5000)
        self.assertEqual((itself["url"], itself["extractor_key"]), (url, "YoutubeTab"))
        self.assertEqual(other["url"], "https://www.youtube.com/playlist?list=listxxx0001")
        self.refused([(private["url"], "Private video"), (deleted["url"], "removed"), (upcoming["url"], "Premieres")])

    def test_youtube_lists_of_any_length(self):
        found = self.lists(self.site.playlist("PLnone00001", count=0), self.site.playlist("PLone000001", count=1),
                           self.site.playlist("PLmany00001", count=5000), self.site.playlist("PLendless01", endless=True), options=("-I", "1:150"))[1]
        self.assertEqual([len(entries) for entries in found], [1, 150, 150])
        self.assertEqual([entries[0]["playlist_count"] for entries in found], [1, 5000, None])
        self.assertEqual(len({entry["id"] for entries in found for entry in entries}), 301)

    def test_youtube_pages_are_fetched_when_they_are_needed(self):
        url = self.site.playlist("PLpages0001", count=6, page_size=2, page_delay=0.5)
        self.site.forget()
        self.lists(url, options=("-I", "1:2"))
        self.assertEqual(len(self.site.log("/list/")), 1)
        self.site.forget()
        self.assertEqual(len(self.lists(url)[1][0]), 6)
        times = [request["time"] for request in self.site.log("/list/")]
        self.assertEqual(len(times), 3)
        self.assertGreater(times[2] - times[1], 0.5)

    def test_youtube_a_page_that_fails(self):
        pages = {"count": 5, "page_size": 2}
        run, found = self.lists(
            self.site.playlist("PLfail00429", fail_page=3, fail_status=429, retry_after=30, **pages), self.site.playlist("PLfail00500", fail_page=2, **pages),
            self.site.playlist("PLfailagain", fail_page=2, fail_times=2, **pages), self.site.playlist("PLfailhangs", hang_page=2, **pages),
            options=("--socket-timeout", "1", "--extractor-retries", "2"), errors=3)
        self.assertEqual([len(entries) for entries in found], [4, 2, 5, 2])
        for error, words in zip(run.errors, ("HTTP Error 429", "HTTP Error 500", "timed out"), strict=True):
            self.assertIn(words, error)
        self.assertEqual(run.out.count("header: Retry-After: 30"), 1, "shown by --print-traffic")

    def test_youtube_lists_that_cannot_be_had(self):
        self.refused([
            ("https://www.youtube.com/playlist?list=PLnobody0001", "YouTube said: The playlist does not exist."),
            (self.site.playlist("PLprivate01", failure="private"), "YouTube said: The playlist does not exist."),
            (self.site.playlist("PLunview001", failure="unviewable"), "This playlist type is unviewable."),
            (self.site.channel("@novideos", failure="no_videos"), "This channel does not have a videos tab"),
            (self.site.channel("@gone", failure="terminated"), "This account has been terminated"),
            ("https://www.youtube.com/@nobody/videos", "HTTP Error 404"),
            (self.site.playlist("PLlimit0001", page_status=429), "HTTP Error 429")], options=("--yes-playlist",))

    def test_search_is_answered_here(self):
        run, found = self.lists(
            self.site.search("Frontiers  by Fisher", 3, entries=["frontiers01", {"id": "frontiers02", "title": "Other", "duration": 7}]),
            "ytsearch5:what nobody said / ünï?", self.site.search("nothing", entries=[]), self.site.search("limited", page_status=429), errors=1)
        first, second = found[0]
        self.assertEqual([len(entries) for entries in found], [2, 5])
        self.assertEqual((second["id"], second["title"], second["duration"]), ("frontiers02", "Other", 7))
        self.assertEqual((first["playlist_id"], first["_type"], first["ie_key"]), ("Frontiers  by Fisher", "url", "DubplateFakeYoutube"))
        self.assertTrue(first["channel_is_verified"])
        self.assertIn("HTTP Error 429", run.errors[0])

    # --- the other platforms --------------------------------------------------------------------------

    def test_items_of_every_platform(self):
        soundcloud, tiktok = self.site.soundcloud("fisher/one", **SHORT), self.site.tiktok("7123456789012345678", **SHORT)
        of_soundcloud, of_tiktok = {"hls_aac_160k", "hls_mp3_1_0", "http_mp3_1_0"}, {"h264_540p_500000-0", "download", "audio"}
        previews = {"hls_mp3_0_0_preview", "http_mp3_0_0_preview"}
        cases = [
            (self.site.youtube("music000002", **SHORT), "Youtube", {"140", "251", "137"}, ("artist", "track", "album", "channel")),
            (soundcloud, "Soundcloud", of_soundcloud, ("uploader_id", "genre", "track", "artist", "license", "timestamp")),
            (self.site.soundcloud("fisher/two", formats=["preview"], **SHORT), "Soundcloud", previews, ()),
            (self.site.soundcloud("fisher/three", formats=["progressive", "preview"], **SHORT), "Soundcloud", {"http_mp3_1_0", *previews}, ()),
            (self.site.instagram("Cabcdefghij", **SHORT), "Instagram", {"101", "dash-1784ad"}, ("channel", "uploader", "timestamp")),
            (self.site.instagram("Cabcdefghik", "p", **SHORT), "Instagram", {"101", "dash-1784ad"}, ()),
            (tiktok, "TikTok", of_tiktok, ("track", "artist", "album", "uploader")),
            (self.site.bandcamp("fisher/song", **SHORT), "Bandcamp", {"mp3-128"}, ("track_number", "album", "album_artist", "artist")),
            (self.site.vimeo("123456789", **SHORT), "Vimeo", {"http-540p", "hls-akfire_interconnect_quic-audio-high-Original"}, ("uploader", "license")),
            (self.site.short("on.soundcloud.com/abc12", soundcloud), "Soundcloud", of_soundcloud, ()),
            (self.site.short("vm.tiktok.com/ZTabc", tiktok), "TikTok", of_tiktok, ())]
        for (url, key, formats, fields), entry in zip(cases, self.items(*(case[0] for case in cases)), strict=True):
            with self.subTest(url):
                self.assertEqual((entry["extractor_key"], {f["format_id"] for f in entry["formats"]}), (key, formats))
                for field in ("id", "title", "duration", "webpage_url", "thumbnails", *fields):
                    self.assertTrue(entry.get(field), f"{field}: {entry.get(field)}")
                for f in entry["formats"]:
                    self.assertEqual(f.get("preference") == -10, f["format_id"].endswith("_preview"), f)

    def test_lists_of_every_platform(self):
        two = {"count": 2, "each": SHORT}
        cases = [
            (self.site.soundcloud_set("fisher/lp", **two), "Soundcloud", "url_transparent", ("id", "album", "album_artist")),
            (self.site.soundcloud_user("fisher", **two), "Soundcloud", "url", ("id", "title")),
            (self.site.soundcloud_user("fisher", "sets", entries=["fisher/sets/lp", "fisher/sets/ep"]), "SoundcloudSet", "url", ("id", "title")),
            (self.site.tiktok_user("fisher", **two), "TikTok", "url", ("id", "title", "duration", "uploader", "timestamp")),
            (self.site.bandcamp_album("fisher/lp", **two), "Bandcamp", "url", ("id", "title")),
            (self.site.bandcamp_artist("fisher", **two), "BandcampUser", "url", ()),
            (self.site.vimeo_list("channels/music", **two), "Vimeo", "url", ("id", "title")),
            (self.site.short("on.soundcloud.com/set12", self.site.soundcloud_set("fisher/lp", **two)), "Soundcloud", "url_transparent", ("id", "album"))]
        for (url, key, kind, fields), entries in zip(cases, self.lists(*(case[0] for case in cases))[1], strict=True):
            with self.subTest(url):
                self.assertEqual([(e["extractor_key"], e["_type"]) for e in entries], [(key, kind)] * 2)
                self.assertEqual(len({entry["url"] for entry in entries}), 2)
                for field in fields:
                    self.assertTrue(entries[0].get(field), field)

    def test_carousel(self):
        url = self.site.instagram("Ccarousel01", "p", slides=[SHORT, {"picture": True}, {"modes": {"clip": "3"}}])
        run = self.resolve(url, options=("--yes-playlist",))
        self.assertEqual([(e["playlist_index"], e["webpage_url"], e["_type"]) for e in run.entries], [(1, url, "video"), (3, url, "video")],
                         "whole videos at one address")
        self.assertEqual((run.code, len(run.errors)), (1, 1), "a picture is an error")
        self.assertIn("No video formats found", run.errors[0])

    def test_refusals_in_the_platforms_own_words(self):
        self.refused([(make(form.format(n), failure=failure), words) for make, form, cases in (
            (self.site.youtube, "refused{:04d}", {
                "private": "Private video", "age": "confirm your age", "bot": "not a bot", "rate_limit": "rate-limited", "drm": "DRM protected",
                "members": "Join this channel", "live_soon": "live event will begin", "upcoming": "Premieres in", "removed": "has been removed",
                "terminated": "terminated", "no_formats": "No video formats", "geo": "in your country", "old_tool": "Unable to extract",
                "gone": "HTTP Error 404"}),
            (self.site.soundcloud, "fisher/refused{}", {"private": "HTTP Error 404", "geo": "geo restriction", "drm": "DRM protected"}),
            (self.site.instagram, "Crefused{}", {
                "login": "empty media response", "private": "only available for registered users", "age": "Restricted Video", "geo": "Geo-restricted",
                "rate_limit": "exceeded the rate-limit", "rate_limit_2025": "rate-limit reached", "picture": "no video in this post",
                "removed": "HTTP Error 404"}),
            (self.site.tiktok, "71234567890123{:05d}", {
                "private": "do not have permission", "login": "requiring login", "age": "not be comfortable", "removed": "status code 100004",
                "bot": "IP address is blocked", "challenge": "JS challenge", "geo": "geo restriction"}),
            (self.site.bandcamp, "fisher/refused{}", {"removed": "HTTP Error 404", "no_formats": "No video formats", "forbidden": "HTTP Error 403"}),
            (self.site.vimeo, "9000{}", {"password": "protected by a password", "embed_only": "embed-only", "bot": "TLS fingerprint",
                                         "login": "Authentication may be needed", "private": "HTTP Error 403", "removed": "HTTP Error 404"}),
        ) for n, (failure, words) in enumerate(cases.items())])

    def test_pages_that_misbehave(self):
        run = self.refused([
            (self.site.soundcloud("fisher/429-with-a-time", page_status=429, retry_after=17), "HTTP Error 429"),
            (self.site.soundcloud("fisher/429", page_status=429), "HTTP Error 429"), (self.site.tiktok("7100", page_status=503), "HTTP Error 503"),
            (self.site.vimeo("7100", page_hang=1), "timed out")], options=("--socket-timeout", "1"))
        self.assertEqual(run.out.count("header: Retry-After: 17"), 1)

    def test_media(self):
        hls = {"formats": ["hls"]}
        cases = [
            (self.site.soundcloud("fisher/fmp4", **SHORT, **hls), None),
            (self.site.soundcloud("fisher/miss", modes={"clip": "5", "missing": "1"}, **hls), "fragment"),
            (self.site.tiktok("7123456789012345679", formats=["muxed"], **SHORT), None),
            (self.site.bandcamp("fisher/half", modes={"clip": "5", "half": "1"}), None),
            (self.site.bandcamp("fisher/expired", modes={"clip": "5", "forbid": "20000"}), "HTTP Error 403"),
            (self.site.bandcamp("fisher/broken", modes={"status": "500"}), "HTTP Error 500")]
        refused = [words for _, words in cases if words]
        with tempfile.TemporaryDirectory(dir=self.root) as place:
            run = Run(self.program, [*COMMON, *DOWNLOAD, "--", *(url for url, _ in cases)], place)
            self.assertEqual(len([f for f in os.listdir(place) if not f.endswith((".part", ".ytdl"))]), 3, run)
        for words in refused:
            self.assertIn(words, " ".join(run.errors))

    # --- feeds ----------------------------------------------------------------------------------------

    def test_feeds(self):
        run, found = self.lists(self.site.feed(items=2), self.site.feed(items=1, plain=1, noguid=1, redirect=1, clip=2), self.site.feed(items=5000),
                                self.site.feed(broken=1), options=("-I", "1:50"), errors=1)
        self.assertEqual([len(entries) for entries in found], [2, 1, 50])
        first, plain = found[0][0], found[1][0]
        self.assertEqual((first["_type"], first["extractor_key"], first["playlist_count"]), ("url_transparent", "Generic", 2))
        self.assertIn("/media/frontiers.mp3#__youtubedl_smuggle=", first["url"], "the guid comes along")
        for field in ("title", "description", "timestamp", "duration", "thumbnail"):
            self.assertTrue(first[field], field)
        self.assertNotIn("id", first)
        self.assertEqual((plain["duration"], plain["thumbnail"], "smuggle" in plain["url"]), (None, None, False))
        self.assertTrue(self.items(plain["url"])[0]["direct"], "what leads to a file leads to the file")
        self.assertIn("Unsupported URL", run.errors[0])


class Guard(Case):
    def test_no_name_is_looked_up(self):
        with tempfile.TemporaryDirectory(prefix="dubplate-fakes-") as root:
            site = FakeSite(os.path.join(BUILD, "fake-media"), os.path.join(root, "yt-dlp"))
            self.addCleanup(site.close)
            run = Run(os.path.join(root, "yt-dlp"), [*COMMON, *RESOLVE, "--", "https://www.dailymotion.com/video/x8nobody"], root)
            self.assertEqual(run.code, 1, run)
            self.assertIn("Name or service not known", run.errors[0])
            self.assertTrue(site.tried())


if __name__ == "__main__":
    main()
