"""
A test-only yt-dlp plugin: real youtube.com addresses, answered by tests/fakes/site.py.

The first seven letters of an id choose a failure (FAILURES); any other id is a video that the site knows
about. The sentences are YouTube's and yt-dlp's own, transcribed from yt-dlp's source and issue tracker.
Traps: IE_NAME must not be a built-in's (the plugin would be shadowed silently and the real network tried),
so the info dict says `extractor` and `extractor_key` itself.
"""

import os

from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.utils import ExtractorError, GeoRestrictedError

COOKIES_HINT = (
    "Use --cookies-from-browser or --cookies for the authentication. "
    "See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies")

FAILURES = {
    "private": f"Private video. Sign in if you've been granted access to this video. {COOKIES_HINT}",
    "agegate": f"Sign in to confirm your age. This video may be inappropriate for some users. {COOKIES_HINT}",
    "botwall": f"Sign in to confirm you\u2019re not a bot. {COOKIES_HINT}",
    "ratelim": "Video unavailable. This content isn't available, try again later. The current session has been "
               "rate-limited by YouTube for up to an hour. It is recommended to use `-t sleep` to add a delay "
               "between video requests to avoid exceeding the rate limit.",
    "drmdrmd": "This video is DRM protected",
    "members": "Join this channel to get access to members-only content like this video, and other exclusive perks.",
    "livesoo": "This live event will begin in 3 hours.",
    "upcomin": "Premieres in 2 days",
    "removed": "Video unavailable. This video has been removed by the uploader",
    "noforma": "No video formats found!",
}


class DubplateFakeYoutubeIE(InfoExtractor):
    IE_NAME = "dubplate:fake:youtube"
    _VALID_URL = (r"https?://(?:(?:www\.|m\.|music\.)?youtube\.com/(?:watch\?(?:[^#]*&)?v=|shorts/|live/|embed/)|youtu\.be/)"
                  r"(?P<id>[\w-]{11})")

    def _real_extract(self, url):
        video_id = self._match_id(url)
        kind = video_id[:7]
        if kind in FAILURES:
            raise ExtractorError(FAILURES[kind], expected=True, video_id=video_id)
        if kind == "geogeog":
            raise GeoRestrictedError("The uploader has not made this video available in your country", countries=["DE", "FR"])
        if kind == "oldtool":       # not expected: yt-dlp adds "please report this issue on …"
            raise ExtractorError("Unable to extract nsig function code", video_id=video_id)
        return self._video(video_id)

    def _video(self, video_id):
        site = os.environ["DUBPLATE_FAKE_SITE"]
        known = self._download_json(f"{site}/youtube/{video_id}", video_id)
        jpg, webp = known["thumbnails"]
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
            "thumbnails": [
                {"url": jpg, "id": "0", "width": 640, "height": 360, "preference": -1},
                {"url": webp, "id": "1", "width": 1280, "height": 720, "preference": 0},
            ],
            "channel": "Fisher Music", "channel_id": "UCdubplatefakechannel000", "channel_url": "https://www.youtube.com/channel/UCdubplatefakechannel000",
            "uploader": "Fisher Music", "uploader_id": "@fishermusic",
            "upload_date": "20040520",
            "description": "A recording of the game Advanced Strategic Command.",
            "webpage_url": f"https://www.youtube.com/watch?v={video_id}",
            "original_url": f"https://www.youtube.com/watch?v={video_id}",
            "extractor": "youtube", "extractor_key": "Youtube",
            "availability": "public", "age_limit": 0, "live_status": "not_live",
        }
        if video_id.startswith("livenow"):
            info |= {"live_status": "is_live", "duration": None}
        for field in ("artist", "track", "album", "live_status", "upload_date"):
            if field in known:
                info[field] = known[field]
        return info

    @staticmethod
    def _audio(known, ext, format_id, codec, kbps, quality):
        audio = known["audio"][ext]
        return {"format_id": format_id, "url": audio["url"], "ext": ext, "vcodec": "none", "acodec": codec, "abr": kbps,
                "filesize": audio["filesize"], "quality": quality, "asr": 48000, "audio_channels": 2}
