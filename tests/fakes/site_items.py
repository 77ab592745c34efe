"""
site_items: what one video, track or post of a platform is, as JSON for the plugin.

  /PLATFORM/ID               PLATFORMS; ID as the plugin takes it from the address (USER/TRACK at SoundCloud).
                             PUT {settings} says what it means; an id that nobody set is a whole recording
  /short/HOST/PATH           PUT {"to": URL}: where a short link leads
  /as-you-wish?status=N      a refusal, for the sentences that start with "HTTP Error"
  /tried/HOST                nothing; the plugin notes here that yt-dlp wanted to leave this machine

Settings: name (of the recording), title, modes (media modes), failure (a key of the plugin's FAILURES), formats (which of
the plugin's kinds of formats there are), preview_seconds, slides ([settings] of a post with several), extra (members
of the info dict, win over everything), page modes.
"""

import os

from site_pages import ALBUM, ARTIST, HLS_MODES, TIMESTAMP, media_modes, title_of

PLATFORMS = ("youtube", "soundcloud", "instagram", "tiktok", "bandcamp", "vimeo")


def recording_of(site, platform, item_id, settings):
    """Which recording an id is: what was said, or that whose name starts as the id does, or any, but always the same."""
    names = site.recordings.names
    key = item_id if platform == "youtube" else item_id.rpartition("/")[2]
    return settings.get("name") or next((n for n in names if n.startswith(key[:4].lower())), names[sum(item_id.encode()) % len(names)])


def settings_of(site, platform, item_id):
    """What was PUT wins over what a list said in passing."""
    path = f"/{platform}/{item_id}"
    return {**site.handed_out.get(path, {}), **site.settings.get(path, {})}


def describe(handler, platform, item_id, settings):
    site = handler.server
    name, modes = recording_of(site, platform, item_id, settings), settings.get("modes", {})
    whole = {} if modes.get("clip") else {"whole": "1"}
    audio = {ext: {"url": handler.url(f"/media/{name}.{ext}", media_modes(modes))} for ext in ("webm", "m4a", "mp3", "opus", "flac")}
    if platform == "youtube":       # that names sizes; elsewhere nothing is encoded before it is asked for
        paths = {ext: site.recordings.audio(name, ext, modes.get("clip")) for ext in ("webm", "m4a")}
        for ext, path in paths.items():
            audio[ext]["filesize"] = os.path.getsize(path)
        seconds = site.recordings.duration(paths["webm"])
    else:
        seconds = site.recordings.duration(site.recordings.audio(name, "mp3", modes.get("clip")))
    preview = str(settings.get("preview_seconds") or min(30, round(seconds / 2, 1)))
    return {
        "title": settings.get("title", f"{title_of(name)} — “live” / 日本" if platform == "youtube" else title_of(name)),
        "duration": round(seconds, 3),
        "audio": audio,
        "video_url": handler.url("/video-only-must-not-be-chosen.mp4"),
        "muxed_url": handler.url(f"/video/{name}.mp4", media_modes(modes)),
        "hls": {pieces: handler.url(f"/hls/{name}/index.m3u8", {**whole, **media_modes(modes, HLS_MODES), "pieces": pieces})
                for pieces in ("ts", "mp3", "fmp4")},
        "preview": {"audio": handler.url(f"/media/{name}.mp3", {**media_modes(modes), "clip": preview}),
                    "hls": handler.url(f"/hls/{name}/index.m3u8", {**media_modes(modes, HLS_MODES), "clip": preview, "pieces": "mp3"})},
        "thumbnails": [handler.url(f"/cover/{name}.jpg"), handler.url(f"/cover/{name}.webp")],
        "by": {"artist": ARTIST, "track": title_of(name), "album": ALBUM, "timestamp": TIMESTAMP},
        "formats": settings.get("formats"),
    }


def get_item(handler, query, platform, item_id):
    settings = settings_of(handler.server, platform, item_id)
    if handler.page_misbehaved(settings):
        return
    if settings.get("failure"):
        handler.send_json({"failure": settings["failure"]})
        return
    answer = describe(handler, platform, item_id, settings)
    if settings.get("slides"):
        answer["slides"] = [{**describe(handler, platform, f"{item_id}{n}", slide), "picture": bool(slide.get("picture"))}
                            for n, slide in enumerate(settings["slides"], 1)]
    if platform == "youtube" and item_id.startswith("music"):       # as a topic channel's videos have it
        answer |= {field: answer["by"][field] for field in ("artist", "track", "album")}
    handler.send_json(answer | {"extra": settings.get("extra", {})})


def get_short(handler, query, link):
    settings = handler.server.settings.get(f"/short/{link}")
    if settings is None:
        handler.send_text(404, "this link leads nowhere\n")
    elif not handler.page_misbehaved(settings):
        handler.send_json(settings)


ROUTES = [
    (rf"/(?P<platform>{'|'.join(PLATFORMS)})/(?P<item_id>.+)", get_item),
    (r"/short/(?P<link>.+)", get_short),
    (r"/as-you-wish", lambda handler, query: handler.misbehaved(query)),
    (r"/tried/(?P<host>.*)", lambda handler, query, host: handler.send_json({})),
]
