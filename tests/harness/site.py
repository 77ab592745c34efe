"""site: the servers of tests/fakes as children of the test, and the addresses on them."""

import http.client
import json
import os
import subprocess
import urllib.parse

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Fake:
    """A program of tests/fakes. Ends with the test: its stdin is our pipe."""

    def __init__(self, program, *options):
        self.process = subprocess.Popen(["/usr/bin/python3", os.path.join(TESTS, "fakes", program), "--until-eof", *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, start_new_session=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            raise AssertionError(f"{program} did not start: {line!r}")
        self.base = line.split()[1]
        self.port = int(self.base.rpartition(":")[2])

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def log(self, path=None):
        """Requests so far, oldest first; only those whose path starts with `path`."""
        entries = json.loads(self._ask("GET", "/log"))
        return [e for e in entries if path is None or e["path"].startswith(path)]

    def forget(self):
        self._ask("DELETE", "/log")

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status == 200, (method, path, answer.status)
            return data
        finally:
            connection.close()


class FakeSpotify(Fake):
    """tests/fakes/spotify.py. `env` are the settings that lead to it."""

    def __init__(self):
        super().__init__("spotify.py")
        self.env = {"SPOTIFY_CLIENT_ID": "dubplate-id", "SPOTIFY_CLIENT_SECRET": "dubplate-secret", "SPOTIFY_API_URL": self.base + "/v1",
                    "SPOTIFY_ACCOUNTS_URL": self.base, "SPOTIFY_OEMBED_URL": self.base + "/oembed"}

    def control(self, **what):
        """What goes wrong from now on: mode, times, path, retry_after, api."""
        self._ask("POST", "/control", urllib.parse.urlencode(what))

    def link(self, letter, number):
        """The open.spotify.com address of T(rack), A(lbum) or a playlist (P, X, E, W)."""
        form = {"T": "track", "A": "album"}.get(letter, "playlist")
        return f"https://open.spotify.com/{form}/{letter}{number:021d}"


class FakeSite(Fake):
    """`cache` keeps transcoded music from one test file to the next."""

    def __init__(self, cache, wrapper=None):
        super().__init__("site.py", "--cache", cache, *(["--wrapper", wrapper] if wrapper else []))
        self.pages = 0

    def url(self, path, **query):
        return self.base + urllib.parse.quote(path) + ("?" + urllib.parse.urlencode(query, errors="surrogatepass") if query else "")

    def watch(self, name, **query):
        """A page. What does not fit in an address (a title of 400 emoji) is told to the site beforehand."""
        url = self.url(f"/watch/{name}", **query)
        if len(url) < 1000:
            return url
        self.pages += 1
        self._ask("PUT", f"/page/key{self.pages}", json.dumps(query))
        return self.url(f"/watch/{name}", page=f"key{self.pages}")

    def set_page(self, key, **query):
        """What /watch/…?page=key does from now on."""
        self._ask("PUT", f"/page/{key}", json.dumps(query))

    def media(self, name, ext="mp3", **query):
        return self.url(f"/media/{name}.{ext}", **query)

    def feed(self, **query):
        """An RSS feed: items=N and what site_pages.get_feed says."""
        return self.url("/feed.xml", **query)

    # --- platforms: the real addresses, after telling the site what they mean. Settings as in tests/fakes/site_items.py:
    # --- name, title, modes (media), failure, formats, extra, page_status, page_hang, page_delay, page_fail_first, retry_after

    def youtube(self, video_id, **settings):
        """youtube.com/watch?v=. An id that nobody set is a whole recording, or a failure by its first seven letters."""
        assert len(video_id) == 11, video_id
        return self._item("youtube", video_id, settings, f"https://www.youtube.com/watch?v={video_id}")

    def soundcloud(self, path, **settings):
        """soundcloud.com/USER/TRACK. formats: of progressive, hls, preview, original."""
        return self._item("soundcloud", path, settings, f"https://soundcloud.com/{path}")

    def instagram(self, post, kind="reel", **settings):
        """instagram.com/reel|p/ID. slides=[settings, …] makes it a carousel; {"picture": True} is one that is no video."""
        return self._item("instagram", post, settings, f"https://www.instagram.com/{kind}/{post}/")

    def tiktok(self, video_id, user="fishermusic", **settings):
        """tiktok.com/@USER/video/ID. formats: of muxed, audio."""
        return self._item("tiktok", video_id, settings, f"https://www.tiktok.com/@{user}/video/{video_id}")

    def bandcamp(self, path, **settings):
        """ARTIST.bandcamp.com/track/TRACK for "ARTIST/TRACK"."""
        artist, _, track = path.partition("/")
        return self._item("bandcamp", path, settings, f"https://{artist}.bandcamp.com/track/{track}")

    def vimeo(self, video_id, **settings):
        """vimeo.com/ID. formats: of muxed, hls."""
        return self._item("vimeo", video_id, settings, f"https://vimeo.com/{video_id}")

    def short(self, link, to):
        """A link that only the site can resolve: on.soundcloud.com/…, vm.tiktok.com/…, instagram.com/share/…"""
        self._put(f"/short/{link}", {"to": to})
        return f"https://{link}"

    # --- lists: settings as in tests/fakes/site_lists.py: entries=[id or {"id", "kind", …}] or count=N or endless=True, title, each={settings of
    # --- every entry's item}, page_size, page_delay, fail_page with fail_status and fail_times, hang_page, failure, extra.
    # --- YouTube's kinds of entries: private deleted live upcoming members short overlong self list

    def playlist(self, list_id, **settings):
        return self._list("youtube", list_id, settings, f"https://www.youtube.com/playlist?list={list_id}")

    def mix(self, video_id, **settings):
        """watch?v=ID&list=RDID: the list with --yes-playlist, the video with --no-playlist."""
        return self._list("youtube", f"RD{video_id}", settings, f"https://www.youtube.com/watch?v={video_id}&list=RD{video_id}")

    def channel(self, handle, tab="videos", **settings):
        """youtube.com/@handle/videos, or /channel/UC…/videos for an id."""
        name = handle if handle.startswith("@") else f"channel/{handle}"
        return self._list("youtube", f"{handle}/{tab}", settings, f"https://www.youtube.com/{name}/{tab}")

    def album(self, browse_id, **settings):
        """music.youtube.com/browse/MPRE…, that leads to a playlist OLAK5uy_…"""
        playlist = self.playlist(f"OLAK5uy_{browse_id[4:]}", **{"title": f"Album - {browse_id[4:]}", **settings})
        self.short(f"music.youtube.com/browse/{browse_id}", playlist)
        return f"https://music.youtube.com/browse/{browse_id}"

    def search(self, query, n=5, **settings):
        """ytsearchN:QUERY. What nobody set finds 20; entries=[] finds nothing."""
        return self._list("search", " ".join(query.lower().split()), settings, f"ytsearch{n}:{query}")

    def soundcloud_set(self, path, **settings):
        """soundcloud.com/USER/sets/SET for "USER/SET"; entries are "USER/TRACK"."""
        path = path.replace("/", "/sets/")
        return self._list("soundcloud", path, settings, f"https://soundcloud.com/{path}")

    def soundcloud_user(self, user, tab="", **settings):
        """soundcloud.com/USER and its tabs; entries are "USER/TRACK" or "USER/sets/SET"."""
        path = f"{user}/{tab}".rstrip("/")
        return self._list("soundcloud", path, settings, f"https://soundcloud.com/{path}")

    def tiktok_user(self, user, **settings):
        return self._list("tiktok", f"@{user}", settings, f"https://www.tiktok.com/@{user}")

    def bandcamp_album(self, path, **settings):
        """ARTIST.bandcamp.com/album/ALBUM for "ARTIST/ALBUM"; entries are "ARTIST/TRACK"."""
        artist, _, album = path.partition("/")
        return self._list("bandcamp", f"{artist}/album/{album}", settings, f"https://{artist}.bandcamp.com/album/{album}")

    def bandcamp_artist(self, artist, **settings):
        """ARTIST.bandcamp.com; entries are "ARTIST/TRACK" or "ARTIST/album/ALBUM"."""
        return self._list("bandcamp", artist, settings, f"https://{artist}.bandcamp.com/music")

    def vimeo_list(self, path, **settings):
        """vimeo.com/channels/NAME, /showcase/ID"""
        return self._list("vimeo", path, settings, f"https://vimeo.com/{path}")

    def _item(self, platform, item_id, settings, url):
        self._put(f"/{platform}/{item_id}", settings)
        return url

    def _list(self, platform, key, settings, url):
        self._put(f"/list/{platform}/{key}", settings)
        return url

    def _put(self, path, settings):
        self._ask("PUT", urllib.parse.quote(path), json.dumps(settings))

    # --- what was asked ---------------------------------------------------------------------------------

    def tried(self):
        """Hosts of the internet that yt-dlp wanted to reach: a built-in extractor was chosen where ours should have been."""
        return [entry["path"].removeprefix("/tried/") for entry in self.log("/tried/")]

    def fetch(self, url):
        """The bytes of one of our addresses, for comparing; seen in the log like any request."""
        return self._ask("GET", url.removeprefix(self.base))
