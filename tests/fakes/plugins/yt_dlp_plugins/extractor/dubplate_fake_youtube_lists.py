"""
YouTube's playlists, mixes, albums, channels and search, shaped as YoutubeTab and YoutubeSearch shape them.

Entries are flat (`_type: url`). An entry's `ie_key` is our video extractor's: yt-dlp follows it when lists are not flat.
"""

import re
import urllib.parse

from yt_dlp.extractor.common import InfoExtractor, SearchInfoExtractor
from yt_dlp.utils import ExtractorError
from yt_dlp_plugins.extractor._dubplate_site import SITE, SiteMixin, number, said
from yt_dlp_plugins.extractor.dubplate_fake_youtube import CHANNEL

NAMES = {"extractor": "youtube", "extractor_key": "Youtube"}
OVERLONG = ("A title of \x07 \x1b[31mtoo many\x1b[0m words, \u202eright to left\u202c, "
            "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \U0001f3b6\t\n") * 80


def entry_url(entry, list_url):
    """(address, are there more entries behind it?)"""
    kind = entry.get("kind")
    if kind == "self":
        return list_url, True
    if kind == "list":
        return f"https://www.youtube.com/playlist?list={entry['id']}", True
    return f"https://www.youtube.com/{'shorts/' if kind == 'short' else 'watch?v='}{entry['id']}", False


def shaped(entry, list_url, verified=None):
    """A neutral entry of the site as YoutubeTab's _extract_video gives it; `kind` is what is special about it."""
    kind, of_list = entry.get("kind"), entry_url(entry, list_url)[1]
    result = {
        "_type": "url", "ie_key": "DubplateFakeYoutubeTab" if of_list else "DubplateFakeYoutube",
        "id": entry["id"], "url": entry_url(entry, list_url)[0], "title": entry["title"],
        "description": None, "duration": entry["duration"], **CHANNEL,
        "thumbnails": [{"url": url, "width": 336, "height": 188} for url in entry["thumbnails"]],
        "timestamp": None, "release_timestamp": None, "availability": None, "view_count": 1000 + entry["n"],
        "live_status": None, "channel_is_verified": verified, **NAMES,
    }
    if of_list:
        result |= {"duration": None, "view_count": None, "extractor": "youtube:tab", "extractor_key": "YoutubeTab"}
    if kind in ("private", "deleted"):      # nothing is left but a place in the list
        result |= dict.fromkeys((*CHANNEL, "duration", "view_count"))
        result |= {"title": f"[{kind.title()} video]"}
    elif kind == "live":
        result |= {"duration": None, "live_status": "is_live", "concurrent_view_count": result.pop("view_count")}
    elif kind == "upcoming":
        result |= {"duration": None, "live_status": "is_upcoming", "release_timestamp": 4102444800, "concurrent_view_count": result.pop("view_count")}
    elif kind == "members":
        result |= {"availability": "subscriber_only"}
    elif kind == "short":
        result |= {"duration": None}
    elif kind == "overlong":
        result |= {"title": OVERLONG}
    return result | {name: value for name, value in entry.items() if name not in ("kind", "n", "thumbnails", "title", "duration")}


class DubplateFakeYoutubeTabIE(SiteMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:youtube:tab"
    _VALID_URL = (r"https?://(?:(?:www\.|m\.|music\.)?youtube\.com/(?:(?:playlist|watch|embed/videoseries)/?\?(?:[^#]*&)?list=|"
                  r"(?:watch/?\?|shorts/|live/|embed/|v/|e/)[^#]*[?&]list=|"
                  r"(?P<channel>@[^/?#]+|(?:channel|c|user|browse)/[^/?#]+)(?:/(?P<tab>[^/?#]+))?/?(?:$|[?#]))|"
                  r"youtu\.be/[\w-]{11}\?(?:[^#]*&)?list=)")
    FAILURES = {
        # YouTube says the same of a playlist that is private and of one that never was.
        "private": said("YouTube said: The playlist does not exist."),
        "removed": said("YouTube said: The playlist does not exist."),
        "unviewable": said("YouTube said: This playlist type is unviewable."),
        "unknown": said("YouTube said: Unknown error."),
        "terminated": said("YouTube said: This account has been terminated for a violation of YouTube's Terms of Service."),
        "home": said("The channel/playlist does not exist and the URL redirected to youtube.com home page"),
        "no_videos": said("This channel does not have a videos tab"),
        "unrecognized": said("Unable to recognize tab page"),
    }

    def _real_extract(self, url):
        channel, tab = self._match_valid_url(url).group("channel", "tab")
        if channel:
            return self._album(channel, url) if re.match(r"(?:browse|channel)/MP", channel) else self._channel(url, channel, tab or "videos")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
        list_id = query["list"][0]
        video_id = query["v"][0] if "v" in query else self._search_regex(r"/([\w-]{11})\?", url, "video id", default=None)
        if video_id and not self._yes_playlist(list_id, video_id):
            return self.url_result(f"https://www.youtube.com/watch?v={video_id}", "DubplateFakeYoutube", video_id)
        if "music.youtube.com/" in url:
            self.report_warning(f"YouTube Music is not directly supported. Redirecting to https://www.youtube.com/playlist?list={list_id}")
        return self._playlist(list_id, video_id)

    def _album(self, channel, url):
        """music.youtube.com knows albums by another name than www.youtube.com."""
        self.report_warning(f"YouTube Music is not directly supported. Redirecting to {url}")
        return self.url_result(self._ask(f"short/music.youtube.com/{channel}", channel.rpartition("/")[2])["to"], "DubplateFakeYoutubeTab")

    def _playlist(self, list_id, video_id):
        try:
            known = self._list("youtube", list_id, list_id)
        except ExtractorError as e:
            if (getattr(e.cause, "status", None) or getattr(e.cause, "code", None)) != 404:
                raise
            self._fail("removed", list_id)
        of_mix = list_id.startswith("RD")
        url = f"https://www.youtube.com/watch?v={video_id or list_id[-11:]}&list={list_id}" if of_mix else f"https://www.youtube.com/playlist?list={list_id}"
        info = {"title": known["title"] or (f"Mix - {list_id[2:]}" if of_mix else f"Playlist {list_id}")}
        if not of_mix:
            info |= {**CHANNEL, "description": "", "tags": [], "availability": "public", "modified_date": "20040520", "view_count": 4711,
                     "channel_follower_count": None, "thumbnails": [{"url": u, "width": 1280, "height": 720} for u in known["covers"]],
                     "playlist_count": known["count"]}
        return self._result(known, list_id, list_id, url, info)

    def _channel(self, url, channel, tab):
        key = f"{channel.rpartition('/')[2]}/{tab}"
        known = self._list("youtube", key, key)
        handle = channel if channel.startswith("@") else CHANNEL["uploader_id"]
        channel_id = channel.rpartition("/")[2] if channel.startswith("channel/") else f"UCfake{number(channel)}{number(channel)}"[:24]
        name = known["title"] or handle.lstrip("@").title()
        info = {"title": f"{name} - {tab.title()}", "channel": name, "channel_id": channel_id, "channel_url": f"https://www.youtube.com/channel/{channel_id}",
                "uploader": name, "uploader_id": handle, "uploader_url": f"https://www.youtube.com/{handle}", "description": "Music", "tags": [],
                "availability": None, "modified_date": None, "view_count": None, "channel_follower_count": 4711, "playlist_count": None,
                "thumbnails": [{"url": u, "id": "avatar_uncropped", "preference": 1} for u in known["covers"]]}
        return self._result(known, key, channel_id, f"https://www.youtube.com/{channel}/{tab}", info)

    def _result(self, known, key, list_id, url, info):
        entries = (shaped(entry, url) for entry in self._entries_from(known, "youtube", key, key))
        return {"_type": "playlist", "id": list_id, "entries": entries, "webpage_url": url,
                "extractor": "youtube:tab", "extractor_key": "YoutubeTab", **info, **known["extra"]}


class DubplateFakeYoutubeSearchIE(SiteMixin, SearchInfoExtractor):
    """Plugins come before built-ins, so that ytsearchN: is ours; the guard is there should that ever change."""
    IE_NAME = "dubplate:fake:youtube:search"
    _SEARCH_KEY = "ytsearch"
    FAILURES = {"bot": said("YouTube said: Sign in to confirm you\u2019re not a bot")}

    def _get_n_results(self, query, n):
        return {**super()._get_n_results(query, n), "extractor": "youtube:search", "extractor_key": "YoutubeSearch"}

    def _search_results(self, query):
        key, display_id = " ".join(query.lower().split()), f'query "{query}"'
        first = self._list("search", key, display_id)
        for entry in self._entries_from(first, "search", key, display_id):
            yield shaped(entry, f"{SITE}/", verified=True if entry["n"] == 1 else None) | entry.get("extra", {})
