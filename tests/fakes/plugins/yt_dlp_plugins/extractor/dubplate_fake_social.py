"""
Instagram, TikTok and Vimeo at their real addresses, shaped as yt-dlp's own extractors shape them, answered by
tests/fakes/site.py; and the short links that only a site can resolve.

Traps that are real: a carousel is a playlist whose entries are whole videos, all with the address of the post, and a
picture in it is an error; TikTok's format "audio" is the music that the video uses, not the sound of the video.
"""

from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.utils import ExtractorError
from yt_dlp_plugins.extractor._dubplate_site import SiteMixin, broken, geo, login, number, said, status


def muxed(known, **fields):
    return {"url": known["muxed_url"], "ext": "mp4", "vcodec": "h264", "acodec": "aac", "width": 576, "height": 1024, **fields}


class DubplateFakeInstagramIE(SiteMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:instagram"
    _VALID_URL = r"https?://(?:www\.)?instagram\.com(?:/(?!share/)[^/?#]+)?/(?:p|tv|reels?(?!/audio/))/(?P<id>[^/?#&]+)"
    FAILURES = {
        "login": login("Instagram sent an empty media response. Check if this post is accessible in your browser without being logged-in. "
                       "If it is not, then use --cookies-from-browser or --cookies for the authentication"),
        "private": login("This content is only available for registered users who follow this account"),
        "age": login("Restricted Video: You must be 18 years old or over to see this video"),
        "rate_limit": login("The webpage request was redirected to the login page. You have exceeded the rate-limit for accessing posts anonymously"),
        "rate_limit_2025": login("Requested content is not available, rate-limit reached or login required"),
        "geo": said("Geo-restricted Video: This video isn't available in your location."),
        "picture": said("There is no video in this post"),
        "removed": status(404),
    }

    def _real_extract(self, url):
        post = self._match_id(url)
        known = self._known("instagram", post, post)
        info = {
            "id": post, "title": "Video by fishermusic", "description": known["title"], "channel": "fishermusic", "uploader_id": "2815873",
            "uploader": "Fisher Music", "timestamp": known["by"]["timestamp"], "like_count": 42, "comment_count": 3,
            "http_headers": {"Referer": "https://www.instagram.com/"}, "extractor": "Instagram", "extractor_key": "Instagram",
        }
        if "slides" in known:
            return {"_type": "playlist", **info, "title": "Post by fishermusic", **known["extra"],
                    "entries": [{**info, **self._media(slide, known["formats"]), "id": f"{post[:8]}s{n:02d}"} for n, slide in enumerate(known["slides"], 1)]}
        return {**info, **self._media(known, known["formats"]), **known["extra"]}

    @staticmethod
    def _media(known, kinds):
        if known.get("picture"):
            return {"formats": [], "duration": None, "thumbnails": [{"url": known["thumbnails"][0]}]}
        kinds = kinds or ("muxed", "audio")
        formats = [muxed(known, format_id="101", vcodec=None, acodec=None)] if "muxed" in kinds else []
        if "audio" in kinds:
            formats.append({"format_id": "dash-1784ad", "url": known["audio"]["m4a"]["url"], "ext": "m4a", "acodec": "mp4a.40.5", "vcodec": "none", "abr": 128,
                            "container": "m4a_dash", "manifest_url": None})
        return {"formats": formats, "duration": known["duration"], "thumbnails": [{"url": known["thumbnails"][0], "width": 640, "height": 640}]}


class TiktokMixin(SiteMixin):
    FAILURES = {
        "private": login("You do not have permission to view this post. Log into an account that has access"),
        "private_account": login("This user's account is private. Log into an account that has access"),
        "login": login("TikTok is requiring login for access to this content"),
        "age": login("This post may not be comfortable for some audiences. Log in for access"),
        "geo": geo(),
        "removed": broken("Video not available, status code 100004"),
        "bot": said("Your IP address is blocked from accessing this post"),
        "challenge": broken("Unable to solve JS challenge"),
        "empty": said("This account does not have any videos posted"),
        "no_user": said("Unable to extract secondary user ID. If you are able to get the channel_id from a video posted by this user, try using "
                        '"tiktokuser:channel_id" as the input URL (replacing `channel_id` with its actual value)'),
    }

    @staticmethod
    def _sec_uid(name):
        return f"MS4wLjABAAAA{number(name) * 8}"[:76]

    def _about(self, known, name, video_id):
        sec_uid = self._sec_uid(name)
        return {
            "id": video_id, "title": known["title"][:72], "description": known["title"], "duration": known["duration"],
            "channel": name.title(), "channel_id": sec_uid, "channel_url": f"https://www.tiktok.com/@{sec_uid}",
            "uploader": name, "uploader_id": number(name), "uploader_url": f"https://www.tiktok.com/@{name}",
            "timestamp": 1085054400, "view_count": 4711, "like_count": 42, "repost_count": 2, "comment_count": 3, "save_count": 1,
            "thumbnails": [{"id": "cover", "url": known["thumbnails"][0], "preference": -1}],
            "http_headers": {"Referer": f"https://www.tiktok.com/@{name}/video/{video_id}"}, "extractor": "TikTok", "extractor_key": "TikTok",
        }


class DubplateFakeTiktokIE(TiktokMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:tiktok"
    _VALID_URL = r"https?://(?:www\.|m\.)?tiktokv?\.com/(?:embed|(?:share|@(?P<user>[\w.-]+)?)/video)/(?P<id>\d+)"

    def _real_extract(self, url):
        video_id, name = self._match_valid_url(url).group("id", "user")
        known = self._known("tiktok", video_id, video_id)
        kinds = known["formats"] or ("muxed", "audio")
        formats = [muxed(known, format_id="h264_540p_500000-0", preference=-1),
                   muxed(known, format_id="download", format_note="watermarked", preference=-2)] if "muxed" in kinds else []
        if "audio" in kinds:
            formats.append({"format_id": "audio", "url": known["audio"]["mp3"]["url"], "ext": "mp3", "acodec": "mp3", "vcodec": "none"})
        return {**self._about(known, name or "_", video_id), "formats": formats, "track": known["by"]["track"], "album": known["by"]["album"],
                "artists": [known["by"]["artist"]], "webpage_url": f"https://www.tiktok.com/@{name or '_'}/video/{video_id}", **known["extra"]}


class DubplateFakeTiktokUserIE(TiktokMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:tiktok:user"
    _VALID_URL = r"https?://(?:www\.|m\.)?tiktok\.com/@(?P<id>[\w.-]+)/?(?:$|[#?])"

    def _real_extract(self, url):
        name = self._match_id(url)
        known = self._list("tiktok", f"@{name}", name)
        return {**self.playlist_result(self._shaped(known, name), self._sec_uid(name), name),
                "extractor": "tiktok:user", "extractor_key": "TikTokUser", **known["extra"]}

    def _shaped(self, known, name):
        for entry in self._entries_from(known, "tiktok", f"@{name}", name):
            yield self.url_result(f"https://www.tiktok.com/@{name}/video/{entry['id']}", "DubplateFakeTiktok",
                                  **{**self._about(entry, name, entry["id"]), "formats": None})


class DubplateFakeVimeoIE(SiteMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:vimeo"
    _NETRC_MACHINE = "vimeo"
    _VALID_URL = (r"https?://(?:(?:www|player)\.)?vimeo\.com/(?!(?:channels|album|showcase|groups)/[^/?#]+/?(?:$|[?#]))(?:(?:[^/?#]+/)*?)(?:videos?/)?"
                  r"(?P<id>\d+)(?:/(?P<hash>[\da-f]{10}))?/?(?:$|[?#])")
    FAILURES = {
        "password": said("This video is protected by a password, use the --video-password option"),
        "embed_only": said("Cannot download embed-only video without embedding URL. Please call yt-dlp with the URL of the page that embeds this video."),
        "bot": said("This request has been blocked due to its TLS fingerprint. Install a required impersonation dependency if possible, or else if you are "
                    'okay with compromising your security/cookies, try replacing "https:" with "http:" in the input URL. If you are using a data center '
                    "IP or VPN/proxy, your IP may be blocked."),
        "login": login("The requested video couldn't be found. Authentication may be needed due to your location. If your IP address is located in Europe "
                       "you could try using a VPN/proxy"),
        "private": status(403), "removed": status(404), "geo": geo(),
        "live_soon": said("This live event is scheduled for 2099-12-31 12:00:00+00:00"),
    }

    def _real_extract(self, url):
        video_id = self._match_id(url)
        known = self._known("vimeo", video_id, video_id)
        kinds = known["formats"] or ("muxed", "hls")
        formats = [muxed(known, format_id="http-540p", vcodec=None, acodec=None, height=540, width=960)] if "muxed" in kinds else []
        if "hls" in kinds:
            formats.append({"format_id": "hls-akfire_interconnect_quic-audio-high-Original", "url": known["hls"]["fmp4"], "ext": "mp4",
                            "protocol": "m3u8_native", "vcodec": "none", "acodec": "mp4a.40.2", "language": None})
        return {
            "id": video_id, "title": known["title"], "description": "", "duration": round(known["duration"]), "formats": formats,
            "uploader": "Fisher Music", "uploader_id": "fishermusic", "uploader_url": "https://vimeo.com/fishermusic", "timestamp": known["by"]["timestamp"],
            "license": "by", "view_count": 4711, "like_count": 42, "comment_count": 3, "live_status": None,
            "thumbnails": [{"url": known["thumbnails"][0], "width": 640, "height": 360}],
            "extractor": "vimeo", "extractor_key": "Vimeo", **known["extra"],
        }


class DubplateFakeVimeoListIE(SiteMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:vimeo:list"
    _VALID_URL = r"https?://(?:www\.)?vimeo\.com/(?P<id>(?P<kind>channels|album|showcase|groups)/[^/?#]+)/?(?:$|[?#])"

    def _real_extract(self, url):
        key = self._match_id(url)
        known = self._list("vimeo", key, key)
        entries = (self.url_result(f"https://vimeo.com/{key}/{e['id']}", "DubplateFakeVimeo", e["id"], e["title"], extractor="vimeo", extractor_key="Vimeo")
                   for e in self._entries_from(known, "vimeo", key, key))
        return {**self.playlist_result(entries, key.rpartition("/")[2], known["title"] or key), "extractor": "vimeo:channel",
                "extractor_key": "VimeoChannel", **known["extra"]}


class DubplateFakeShortLinkIE(SiteMixin, InfoExtractor):
    """Real yt-dlp follows the redirect and starts anew with the address where it arrives."""
    IE_NAME = "dubplate:fake:short"
    _VALID_URL = (r"https?://(?P<id>on\.soundcloud\.com/\w+|(?:vm|vt)\.tiktok\.com/\w+|(?:www\.)?tiktok\.com/t/\w+|"
                  r"(?:www\.)?instagram\.com/share/[^?#]+|(?:www\.)?facebook\.com/share/[^?#]+)")

    def _real_extract(self, url):
        link = self._match_id(url).rstrip("/")
        target = self._ask(f"short/{link}", link.rpartition("/")[2])["to"]
        if target == url:
            raise ExtractorError(f"Unsupported URL: {url}", expected=True)
        return self.url_result(target)
