"""
SoundCloud at its real addresses, shaped as yt-dlp's own extractors shape it, answered by tests/fakes/site.py.

A track's kinds of formats: progressive, hls (both without being told), preview (30 s, as the free visitor gets of what is
to be paid for), original (the uploader's file). Traps that are real: the entries of a set have no title; a profile's tabs
sets and albums list sets; previews look like any other format but for their format_id and preference.
"""

from yt_dlp.extractor.common import InfoExtractor
from yt_dlp_plugins.extractor._dubplate_site import SiteMixin, drm, geo, number, status

HOST = r"https?://(?:(?:www|m)\.)?soundcloud\.com/"
TABS = r"tracks|albums|sets|reposts|likes|spotlight|comments"


def artwork(known):
    url = known["thumbnails"][0]
    return [{"id": "large", "url": url, "width": 100, "height": 100}, {"id": "t500x500", "url": url, "width": 500, "height": 500},
            {"id": "original", "url": url, "preference": 10}]


def user(name):
    return {"uploader": name.replace("-", " ").title(), "uploader_id": number(name), "uploader_url": f"https://soundcloud.com/{name}"}


class SoundcloudMixin(SiteMixin):
    _NETRC_MACHINE = "soundcloud"
    FAILURES = {"private": status(404), "removed": status(404), "geo": geo(), "drm": drm, "drm_hidden": status(404), "login": status(401),
                "forbidden": status(403)}


class DubplateFakeSoundcloudIE(SoundcloudMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:soundcloud"
    _VALID_URL = rf"{HOST}(?!stations/track)(?P<user>[\w-]+)/(?!(?:{TABS})/?(?:$|[?#]))(?P<track>(?!sets/)[\w-]+)(?:/(?P<token>s-[\w-]+))?/?(?:$|[?#])"

    def _real_extract(self, url):
        name, track = self._match_valid_url(url).group("user", "track")
        if track == "popular-tracks":       # a tab that yt-dlp takes for a track
            self._fail("removed", f"{name}/{track}")
        known = self._known("soundcloud", f"{name}/{track}", f"{name}/{track}")
        formats = [f for kind in known["formats"] or ("hls", "progressive") for f in self._formats(known, kind)]
        return {
            "id": number(f"{name}/{track}"), "formats": formats, "title": known["title"], "track": known["title"], "duration": known["duration"],
            **user(name), "timestamp": known["by"]["timestamp"], "description": "Recorded at home.", "webpage_url": f"https://soundcloud.com/{name}/{track}",
            "license": "cc-by", "view_count": 4711, "like_count": 42, "comment_count": 3, "repost_count": 2, "genres": ["Soundtrack"],
            "artists": [known["by"]["artist"]], "tags": ["game"], "thumbnails": artwork(known),
            "extractor": "soundcloud", "extractor_key": "Soundcloud", **known["extra"],
        }

    @staticmethod
    def _formats(known, kind):
        if kind == "original":
            return [{"format_id": "download", "ext": "flac", "url": known["audio"]["flac"]["url"], "quality": 10, "format_note": "Original", "vcodec": "none"}]
        of_preview = kind == "preview"
        hls = {"vcodec": "none", "protocol": "m3u8_native", "preference": -10 if of_preview else None}
        http = {"vcodec": "none", "protocol": "http", "preference": -10 if of_preview else None}
        mp3 = {"ext": "mp3", "acodec": "mp3", "abr": 128, "quality": -1}
        if of_preview:
            return [{**hls, **mp3, "format_id": "hls_mp3_0_0_preview", "url": known["preview"]["hls"]},
                    {**http, **mp3, "format_id": "http_mp3_0_0_preview", "url": known["preview"]["audio"]}]
        if kind == "hls":
            return [{**hls, "format_id": "hls_aac_160k", "url": known["hls"]["fmp4"], "ext": "m4a", "acodec": "mp4a.40.2", "abr": 160, "quality": 0,
                     "container": "m4a_dash"},
                    {**hls, **mp3, "format_id": "hls_mp3_1_0", "url": known["hls"]["mp3"]}]
        return [{**http, **mp3, "format_id": "http_mp3_1_0", "url": known["audio"]["mp3"]["url"]}]


class DubplateFakeSoundcloudSetIE(SoundcloudMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:soundcloud:set"
    _VALID_URL = rf"{HOST}(?P<user>[\w-]+)/sets/(?P<set>[:\w-]+)(?:/(?P<token>[^?/#]+))?"

    def _real_extract(self, url):
        name, slug = self._match_valid_url(url).group("user", "set")
        key = f"{name}/sets/{slug}"
        known = self._list("soundcloud", key, key)
        title = known["title"] or slug.replace("-", " ").title()
        album = {"album": title, "album_artist": user(name)["uploader"], "album_type": known["extra"].get("album_type", "album")}
        # The real one has them all at once, so that playlist_count is known.
        entries = [self.url_result(f"https://soundcloud.com/{entry['id']}", "DubplateFakeSoundcloud", number(entry["id"]), url_transparent=True,
                                   extractor="soundcloud", extractor_key="Soundcloud", **album)
                   for entry in self._entries_from(known, "soundcloud", key, key)]
        return self.playlist_result(entries, number(key), title, "", **{
            **album, **user(name), "timestamp": 1085054400, "license": "cc-by", "genres": ["Soundtrack"],
            "extractor": "soundcloud:set", "extractor_key": "SoundcloudSet", **known["extra"]})


class DubplateFakeSoundcloudUserIE(SoundcloudMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:soundcloud:user"
    _VALID_URL = rf"{HOST}(?P<user>[^/?#]+)(?:/(?P<tab>{TABS}))?/?(?:[?#].*)?$"

    def _real_extract(self, url):
        name, tab = self._match_valid_url(url).group("user", "tab")
        key = f"{name}/{tab}" if tab else name
        known = self._list("soundcloud", key, key)
        title = f"{known['title'] or user(name)['uploader']} ({(tab or 'all').title()})"
        return {"_type": "playlist", "id": number(name), "title": title, "entries": self._shaped(known, key),
                "extractor": "soundcloud:user", "extractor_key": "SoundcloudUser", **known["extra"]}

    def _shaped(self, known, key):
        for entry in self._entries_from(known, "soundcloud", key, key):
            of_set = "/sets/" in entry["id"]
            names = {"extractor": "soundcloud:set", "extractor_key": "SoundcloudSet"} if of_set else {"extractor": "soundcloud", "extractor_key": "Soundcloud"}
            yield self.url_result(f"https://soundcloud.com/{entry['id']}", "DubplateFakeSoundcloudSet" if of_set else "DubplateFakeSoundcloud",
                                  number(entry["id"]), entry["title"], **names)
