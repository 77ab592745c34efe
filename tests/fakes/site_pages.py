"""
site_pages: what the music site shows to anybody; yt-dlp's generic extractor reads it.

  /watch/NAME                a page: JSON-LD AudioObject with title, artist, uploader, date, duration, cover.
                             ?title= ?artist= ?ext=webm ?cover=none|missing; page modes; media modes go on to the media.
                             ?page=KEY takes the rest of the query from what was PUT to /page/KEY
  /media/NAME.EXT            the recording; Range, If-Range, ETag. EXT of recordings.KINDS. ?save_as= names it
  /page/NAME.EXT             the page of /watch/NAME at an address that looks like a file's
  /video/NAME.mp4            the same with a small picture that moves, as the video platforms have it
  /cover/NAME.jpg|webp|png   1280x720
  /hls/NAME/index.m3u8       fragments of 2 s of ?clip=10 or ?whole=1; ?pieces=ts|fmp4|mp3; ?missing=N takes one away
  /feed.xml                  RSS; see get_feed
  /truncated.EXT /empty.mp3 /html-as.mp3 /empty.html /picture.png|jpg /redirect?to=URL /redirect/NAME.mp3?to=URL
"""

import email.utils
import html
import json
import urllib.parse

from recordings import HLS_FRAGMENT_SECONDS, HLS_PIECES, KINDS, PICTURES

MEDIA_MODES = ("clip", "rate", "drip", "cut", "stall", "half", "forbid", "hang", "status", "retry_after", "fail_first", "nolength", "norange")
HLS_MODES = ("clip", "whole", "pieces", "rate", "missing", "hang", "status", "retry_after", "fail_first")
# What the site says about its recordings. The dates are those of the files.
ARTIST = "Michael Kievernagel"
ALBUM = "Advanced Strategic Command"
DATE = "2004-05-20"
TIMESTAMP = 1085054400      # DATE at noon
NAME = r"(?P<name>[\w.-]+)"


def title_of(name):
    return name.replace("_", " ").title()


def media_modes(query, modes=MEDIA_MODES):
    return {name: value for name, value in query.items() if name in modes}


def get_media(handler, query, name, ext):
    handler.send_file(handler.server.recordings.audio(name, ext, query.get("clip"), query.get("silence")), KINDS[ext][0], query)


def get_video(handler, query, name):
    handler.send_file(handler.server.recordings.video(name, query.get("clip")), "video/mp4", query)


def get_cover(handler, query, name, ext):
    handler.send_file(handler.server.recordings.picture(name, ext), PICTURES[ext], query)


def get_truncated(handler, query, ext):
    handler.send_file(handler.server.recordings.truncated(ext), KINDS[ext][0], query)


def get_watch(handler, query, name):
    query = {**handler.server.settings.get(f"/page/{query.get('page')}", {}), **query}
    if handler.page_misbehaved(query):
        return None
    ext = query.get("ext", "mp3")
    path = handler.server.recordings.audio(name, ext, query.get("clip"))
    title = query.get("title", title_of(name))
    about = {
        "@context": "https://schema.org", "@type": "AudioObject", "name": title,
        "contentUrl": handler.url(f"/media/{name}.{ext}", media_modes(query)),
        "encodingFormat": KINDS[ext][0], "uploadDate": DATE + "T12:00:00Z",
        "byArtist": {"@type": "MusicGroup", "name": query.get("artist", ARTIST)},
        "author": {"@type": "Person", "name": query.get("uploader", ARTIST)},
        "inAlbum": {"@type": "MusicAlbum", "name": ALBUM},
    }
    # A page may also be wrong about its recording, or say nothing.
    seconds = query.get("page_duration") or f"{handler.server.recordings.duration(path):.3f}"
    if seconds != "none":
        about["duration"] = f"PT{seconds}S"
    if query.get("cover") != "none":
        cover = "nobody.gone" if query.get("cover") == "missing" else name
        about["thumbnailUrl"] = handler.url(f"/cover/{cover}.{query.get('cover_ext', 'jpg')}")
    ld = json.dumps(about).replace("</", "<\\/")
    return handler.send_html(
        f'<!doctype html><html><head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        f'<script type="application/ld+json">{ld}</script></head>\n<body><h1>{html.escape(title)}</h1></body></html>\n')


def hls_fragments(handler, query, name):
    return handler.server.recordings.hls_fragments(name, None if query.get("whole") else query.get("clip", "10"), query.get("pieces", "ts"))


def get_hls_list(handler, query, name):
    if handler.misbehaved(query):
        return
    fragments = hls_fragments(handler, query, name)
    ending = HLS_PIECES[query.get("pieces", "ts")][0]
    passed_on = media_modes(query, ("clip", "whole", "pieces", "rate", "missing"))
    modes = "?" + urllib.parse.urlencode({**({} if "whole" in passed_on else {"clip": "10"}), **passed_on})
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{7 if ending == 'm4s' else 3}", f"#EXT-X-TARGETDURATION:{HLS_FRAGMENT_SECONDS + 1}",
             "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD"]
    if ending == "m4s":
        lines.append(f'#EXT-X-MAP:URI="init.m4s{modes}"')
    for number, fragment in enumerate(fragments):
        # What a fragment of fMP4 lasts cannot be asked without its head; about is good enough there.
        seconds = HLS_FRAGMENT_SECONDS if ending == "m4s" else handler.server.recordings.duration(fragment)
        lines += [f"#EXTINF:{seconds:.6f},", f"{number:03d}.{ending}{modes}"]
    handler.send_text(200, "\n".join([*lines, "#EXT-X-ENDLIST", ""]), "application/vnd.apple.mpegurl")


def get_hls_fragment(handler, query, name, number, ending):
    if number == "init":
        return handler.send_file(handler.server.recordings.hls_head(name, None if query.get("whole") else query.get("clip", "10")), "video/mp4", query)
    fragments = hls_fragments(handler, query, name)
    if int(number) >= len(fragments) or query.get("missing") == str(int(number)):
        return handler.send_text(404, "this fragment is gone\n")
    return handler.send_file(fragments[int(number)], {"ts": "video/mp2t", "mp3": "audio/mpeg"}.get(ending, "video/mp4"), query)


def get_feed(handler, query):
    """
    RSS of ?items=N (2), ?title=. ?plain=1 leaves out what podcasts have (itunes:duration, itunes:image, description). The
    enclosures: ?redirect=1 leads to them by way of a counter, as podcasts' do; ?links=1 gives each item a <link> to a page too;
    ?noguid=1; media modes. ?broken=1 ends in the middle; page modes.
    """
    if handler.page_misbehaved(query):
        return
    names, count = handler.server.recordings.names, int(query.get("items", 2))
    items = "".join(feed_item(handler, query, names[n % len(names)], n, count) for n in range(count))
    title = html.escape(query.get("title", "Two tracks" if count == 2 else f"{count} tracks"))
    text = (f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>'
            f"<title>{title}</title><link>{handler.server.base}</link><description>music</description>{items}</channel></rss>\n")
    handler.send_text(200, text[:len(text) * 2 // 3] if query.get("broken") else text, "application/rss+xml")


def feed_item(handler, query, name, n, count):
    enclosure = handler.url(f"/media/{name}.mp3", media_modes(query))
    if query.get("redirect"):
        enclosure = handler.url(f"/redirect/{name}.mp3", {"to": enclosure})
    title = title_of(name) if count <= len(handler.server.recordings.names) else f"{n + 1}. {title_of(name)}"
    guid = name if count <= len(handler.server.recordings.names) else f"{name}-{n + 1}"
    recordings = handler.server.recordings
    seconds = int(recordings.duration(recordings.audio(name, "mp3", query.get("clip"))))
    podcast = "" if query.get("plain") else (
        f"<description>About {title}</description><itunes:duration>{seconds // 60}:{seconds % 60:02d}</itunes:duration>"
        f'<itunes:image href="{handler.url(f"/cover/{name}.jpg")}"/>')
    return (f"<item><title>{title}</title>"
            + ("" if query.get("noguid") else f'<guid isPermaLink="false">{guid}</guid>')
            + (f"<link>{handler.url(f'/watch/{name}')}</link>" if query.get("links") else "")
            + f"<pubDate>{email.utils.formatdate(TIMESTAMP - n * 86400)}</pubDate>{podcast}"
            + f'<enclosure url="{html.escape(enclosure)}" type="audio/mpeg" length="1"/></item>')


def get_redirect(handler, query, name=None):
    handler.send_text(302, "elsewhere\n", headers=[("Location", query.get("to", "/"))])


def get_root(handler, query):
    links = "".join(f'<li><a href="/watch/{n}">{title_of(n)}</a></li>' for n in handler.server.recordings.names)
    handler.send_html(f"<!doctype html><title>A small music site</title><ul>{links}</ul>")


ROUTES = [
    (r"/", get_root),
    (rf"/media/{NAME}\.(?P<ext>{'|'.join(KINDS)})", get_media),
    (rf"/video/{NAME}\.mp4", get_video),
    (rf"/watch/{NAME}", get_watch),
    (rf"/page/{NAME}\.(?:{'|'.join(KINDS)})", get_watch),
    (rf"/cover/{NAME}\.(?P<ext>{'|'.join(PICTURES)})", get_cover),
    (rf"/hls/{NAME}/index\.m3u8", get_hls_list),
    (rf"/hls/{NAME}/(?P<number>\d+|init)\.(?P<ending>ts|m4s|mp3)", get_hls_fragment),
    (rf"/truncated\.(?P<ext>{'|'.join(KINDS)})", get_truncated),
    (r"/feed\.xml", get_feed),
    (r"/redirect(\.mp3)?", get_redirect),
    (rf"/redirect/{NAME}\.mp3", get_redirect),
    (r"/empty\.html", lambda handler, query: handler.send_html("<!doctype html><title>Nothing here</title><p>No music today.")),
    (r"/empty\.mp3", lambda handler, query: handler.send_bytes(200, "audio/mpeg", b"")),
    (r"/html-as\.mp3", lambda handler, query: handler.send_bytes(
        200, "audio/mpeg", b"<!doctype html><title>Please log in</title>" + b"<p>This is no music.</p>" * 2000)),
    (r"/picture\.(?P<ext>png|jpg)", lambda handler, query, ext: get_cover(handler, query, "picture", ext)),
]
