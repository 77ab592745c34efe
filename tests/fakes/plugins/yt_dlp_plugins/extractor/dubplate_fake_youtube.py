"""
YouTube's videos at their real addresses, answered by tests/fakes/site.py.

The first seven letters of an id choose a failure (PREFIXES), for tests that only have an address to give; so does the
setting `failure`. The sentences are YouTube's and yt-dlp's own, transcribed from yt-dlp's source and issue tracker.
"""

import re

from yt_dlp.extractor.common import InfoExtractor
from yt_dlp_plugins.extractor._dubplate_site import SiteMixin, broken, drm, geo, said, status

COOKIES_HINT = (
    "Use --cookies-from-browser or --cookies for the authentication. "
    "See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies")

FAILURES = {
    "private": said(f"Private video. Sign in if you've been granted access to this video. {COOKIES_HINT}"),
    "age": said(f"Sign in to confirm your age. This video may be inappropriate for some users. {COOKIES_HINT}"),
    "bot": said(f"Sign in to confirm you\u2019re not a bot. {COOKIES_HINT}"),
    "rate_limit": said("Video unavailable. This content isn't available, try again later. The current session has been "
                       "rate-limited by YouTube for up to an hour. It is recommended to use `-t sleep` to add a delay "
                       "between video requests to avoid exceeding the rate limit."),
    "drm": drm,
    "members": said("Join this channel to get access to members-only content like this video, and other exclusive perks."),
    "live_soon": said("This live event will begin in 3 hours."),
    "upcoming": said("Premieres in 2 days"),
    "removed": said("Video unavailable. This video has been removed by the uploader"),
    "terminated": said("Video unavailable. This video is no longer available because the YouTube account associated with this video has been "
                       "terminated."),
    "no_formats": said("No video formats found!"),
    "geo": geo("The uploader has not made this video available in your country", countries=["DE", "FR"]),
    "old_tool": broken("Unable to extract nsig function code"),
    "gone": status(404),
}
PREFIXES = {
    "private": "private", "agegate": "age", "botwall": "bot", "ratelim": "rate_limit", "drmdrmd": "drm", "members": "members", "livesoo": "live_soon",
    "upcomin": "upcoming", "removed": "removed", "noforma": "no_formats", "geogeog": "geo", "oldtool": "old_tool",
}
CHANNEL = {"channel": "Fisher Music", "channel_id": "UCdubplatefakechannel000", "channel_url": "https://www.youtube.com/channel/UCdubplatefakechannel000",
           "uploader": "Fisher Music", "uploader_id": "@fishermusic", "uploader_url": "https://www.youtube.com/@fishermusic"}


class DubplateFakeYoutubeIE(SiteMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:youtube"
    FAILURES = FAILURES
    _VALID_URL = (r"https?://(?:(?:www\.|m\.|music\.)?youtube\.com/(?:watch/?\?(?:[^#]*&)?v=|shorts/|live/|embed/(?!videoseries)|v/|e/)|youtu\.be/)"
                  r"(?P<id>[\w-]{11})")

    @classmethod
    def suitable(cls, url):
        """A video within a list is the list's (dubplate_fake_youtube_lists), that asks --yes-playlist and --no-playlist."""
        return not re.search(r"[?&]list=[^&#]", url) and super().suitable(url)

    def _real_extract(self, url):
        video_id = self._match_id(url)
        if video_id[:7] in PREFIXES:
            self._fail(PREFIXES[video_id[:7]], video_id)
        known = self._known("youtube", video_id, video_id)
        info = {
            "id": video_id,
            "title": known["title"],
            "duration": known["duration"],
            "formats": [
                self._audio(known, "m4a", "140", "mp4a.40.2", 128, 0),
                {"format_id": "137", "url": known["video_url"], "ext": "mp4", "vcodec": "avc1.640028", "acodec": "none",
                 "width": 1920, "height": 1080, "fps": 25, "vbr": 4000},
                self._audio(known, "webm", "251", "opus", 160, 1),
            ],
            "thumbnails": self._thumbnails(known),
            **CHANNEL,
            "upload_date": "20040520",
            "description": "A recording of the game Advanced Strategic Command.",
            "webpage_url": f"https://www.youtube.com/watch?v={video_id}",
            "original_url": f"https://www.youtube.com/watch?v={video_id}",
            "extractor": "youtube", "extractor_key": "Youtube",
            "availability": "public", "age_limit": 0, "live_status": "not_live",
        }
        if video_id.startswith("livenow"):
            info |= {"live_status": "is_live", "duration": None}
        info |= {field: known[field] for field in ("artist", "track", "album") if field in known}
        return info | known["extra"]

    @staticmethod
    def _audio(known, ext, format_id, codec, kbps, quality):
        audio = known["audio"][ext]
        return {"format_id": format_id, "url": audio["url"], "ext": ext, "vcodec": "none", "acodec": codec, "abr": kbps,
                "filesize": audio["filesize"], "quality": quality, "asr": 48000, "audio_channels": 2}
