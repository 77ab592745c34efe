#!/usr/bin/python3
"""
site: a small music site on 127.0.0.1, for the real yt-dlp.

    site.py [--media DIR] [--cache DIR] [--port N] [--until-eof] [--wrapper FILE]

The first line on stdout is `listening http://127.0.0.1:PORT`. --until-eof ends it when stdin closes, so a
test that dies takes its site with it. --wrapper writes a program for YTDLP_PATH: the real yt-dlp with our
YouTube plugin and this site's address baked in (a worker gives yt-dlp a clean environment).

  /watch/NAME                a page that yt-dlp's generic extractor resolves: JSON-LD AudioObject with title,
                             artist, uploader, date, duration, cover. ?title= ?artist= ?ext=webm ?cover=none|missing;
                             media modes given here go on to the media; page_status=, page_hang= stay here
  /media/NAME.EXT            the recording; Range, If-Range, ETag. EXT of recordings.KINDS. ?save_as= names it
  /page/NAME.EXT             the page of /watch/NAME at an address that looks like a file's
  /cover/NAME.jpg|webp|png   1280x720
  /hls/NAME/index.m3u8       fragments of 2 s; ?missing=N takes one away
  /feed.xml                  RSS with two entries
                             ?page=KEY takes the rest of the query from what was PUT to /page/KEY
  /youtube/ID                JSON for the plugin; PUT {"name","modes",…} sets what an id means
  /truncated.EXT /empty.mp3 /html-as.mp3 /empty.html /picture.png|jpg /redirect?to=URL /redirect.mp3?to=URL
  /log                       every request so far; DELETE empties it

Media modes (query): clip=SECONDS rate=BYTES_PER_S drip=1 cut=N stall=N hang=1 status=CODE[&retry_after=S]
fail_first=N nolength=1 norange=1. What is late or hanging lets go after 120 s at most.
"""

import argparse
import email.utils
import hashlib
import html
import http.server
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from recordings import HLS_FRAGMENT_SECONDS, KINDS, PICTURES, NoSuchRecording, Recordings  # noqa: E402

LONGEST_WAIT_SECONDS = 120
CHUNK = 16384
MEDIA_MODES = ("clip", "rate", "drip", "cut", "stall", "hang", "status", "retry_after", "fail_first",
               "nolength", "norange")
# What the site says about its recordings. The dates are those of the files.
ARTIST = "Michael Kievernagel"
ALBUM = "Advanced Strategic Command"
DATE = "2004-05-20"


class Site(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, recordings):
        super().__init__(("127.0.0.1", port), Handler)
        self.recordings = recordings
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.log = []
        self.hits = {}          # path?query -> number of GETs, for fail_first
        self.settings = {}      # YouTube id or page key -> what a test put there

    def handle_error(self, request, client_address):
        """A client that went away is what half of the tests are about; anything else is our bug."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "FakeSite"
    disable_nagle_algorithm = True

    # --- one request ------------------------------------------------------------------------------

    def do_GET(self):
        split = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(split.path)
        query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        if path == "/log":
            return self.send_json([dict(entry) for entry in self.server.log])
        self.entry = {"time": time.time(), "method": self.command, "path": path, "query": split.query,
                      "range": self.headers.get("Range"), "status": None, "sent": 0, "ended": False}
        with self.server.lock:
            self.server.log.append(self.entry)
        for pattern, handler in ROUTES:
            match = re.fullmatch(pattern, path)
            if match:
                try:
                    handler(self, query, **match.groupdict())
                except NoSuchRecording:
                    self.send_text(404, "no such recording\n")
                finally:
                    self.entry["ended"] = True      # or broken by the client
                return None
        return self.send_text(404, "not here\n")

    do_HEAD = do_GET

    def do_DELETE(self):
        with self.server.lock:
            self.server.log.clear()
            self.server.hits.clear()
        self.send_json({})

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.settings[self.path.rsplit("/", 1)[-1]] = body
        self.send_json({})

    def log_message(self, *_):
        pass

    # --- answers ----------------------------------------------------------------------------------

    def send_bytes(self, status, content_type, data, headers=()):
        self.note(status)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_text(self, status, text, content_type="text/plain; charset=utf-8", headers=()):
        self.send_bytes(status, content_type, text.encode("utf-8", "surrogatepass"), headers)

    def send_html(self, text):
        self.send_text(200, text, "text/html; charset=utf-8")

    def send_json(self, value):
        self.send_bytes(200, "application/json", json.dumps(value).encode())

    def note(self, status):
        if hasattr(self, "entry"):
            self.entry["status"] = status

    def url(self, path, query=None):
        return self.server.base + urllib.parse.quote(path) + ("?" + urllib.parse.urlencode(query) if query else "")

    # --- misbehaviour -----------------------------------------------------------------------------

    def misbehaved(self, query):
        """True if the query asked for an answer other than the file, and that answer was given."""
        if query.get("hang"):
            self.wait_for_client_to_leave()
            return True
        if query.get("status"):
            retry = [("Retry-After", query["retry_after"])] if query.get("retry_after") else []
            self.send_text(int(query["status"]), "as you wish\n", headers=retry)
            return True
        if query.get("fail_first") and self.command == "GET":
            with self.server.lock:
                hits = self.server.hits[self.path] = self.server.hits.get(self.path, 0) + 1
            if hits <= int(query["fail_first"]):
                self.send_text(500, "not yet\n")
                return True
        return False

    def wait_for_client_to_leave(self):
        self.close_connection = True
        self.connection.settimeout(LONGEST_WAIT_SECONDS)
        try:
            while self.connection.recv(4096):
                pass
        except (OSError, TimeoutError):
            pass

    def send_file(self, path, content_type, query):
        """The honest path: Range, ETag, Content-Length. `query` bends it."""
        if self.misbehaved(query):
            return
        size = os.path.getsize(path)
        ranges = not query.get("norange")
        start, end = 0, size
        etag = '"' + hashlib.sha256(f"{path} {size}".encode()).hexdigest()[:16] + '"'
        modified = email.utils.formatdate(1085011200, usegmt=True)
        ranges = ranges and self.headers.get("If-Range") in (None, etag, modified)
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "") if ranges else None
        if wanted and wanted.group(0) != "bytes=-":
            first, last = wanted.groups()
            if first:
                start, end = int(first), min(size, int(last) + 1) if last else size
            else:
                start = max(0, size - int(last))
            if start >= size:
                self.send_text(416, "past the end\n", headers=[("Content-Range", f"bytes */{size}")])
                return
        else:
            wanted = None
        self.note(206 if wanted else 200)
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Type", content_type)
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", modified)
        if query.get("save_as"):
            self.send_header("Content-Disposition", "attachment; filename*=UTF-8''" + urllib.parse.quote(query["save_as"]))
        if ranges:
            self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        chunked = bool(query.get("nolength"))
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(end - start))))
        self.end_headers()
        if self.command == "GET":
            self.send_body(path, start, end, chunked, query)

    def send_body(self, path, start, end, chunked, query):
        cut = int(query["cut"]) if query.get("cut") else None
        stall = int(query["stall"]) if query.get("stall") else None
        limit = min(x for x in (cut, stall, end - start) if x is not None)
        rate = float(query.get("rate") or (2000 if query.get("drip") else 0))
        piece = 100 if query.get("drip") else max(1, min(CHUNK, int(rate / 10))) if rate else CHUNK
        began = time.monotonic()
        with open(path, "rb") as source:
            source.seek(start)
            while self.entry["sent"] < limit:
                data = source.read(min(piece, limit - self.entry["sent"]))
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
                self.entry["sent"] += len(data)
                if rate:
                    time.sleep(max(0, began + self.entry["sent"] / rate - time.monotonic()))
        if limit < end - start:
            if stall is not None and limit == stall:
                self.wait_for_client_to_leave()
            self.close_connection = True
        elif chunked:
            self.wfile.write(b"0\r\n\r\n")


# --- the pages --------------------------------------------------------------------------------------

def media_modes(query):
    return {name: value for name, value in query.items() if name in MEDIA_MODES}


def get_media(self, query, name, ext):
    self.send_file(self.server.recordings.audio(name, ext, query.get("clip")), KINDS[ext][0], query)


def get_cover(self, query, name, ext):
    self.send_file(self.server.recordings.picture(name, ext), PICTURES[ext], query)


def get_truncated(self, query, ext):
    self.send_file(self.server.recordings.truncated(ext), KINDS[ext][0], query)


def get_watch(self, query, name):
    query = {**self.server.settings.get(query.get("page"), {}), **query}
    if query.get("page_hang"):
        return self.wait_for_client_to_leave()
    if query.get("page_status"):
        retry = [("Retry-After", query["retry_after"])] if query.get("retry_after") else []
        return self.send_text(int(query["page_status"]), "as you wish\n", headers=retry)
    ext = query.get("ext", "mp3")
    path = self.server.recordings.audio(name, ext, query.get("clip"))
    title = query.get("title", title_of(name))
    about = {
        "@context": "https://schema.org", "@type": "AudioObject", "name": title,
        "contentUrl": self.url(f"/media/{name}.{ext}", media_modes(query)),
        "encodingFormat": KINDS[ext][0], "uploadDate": DATE + "T12:00:00Z",
        "byArtist": {"@type": "MusicGroup", "name": query.get("artist", ARTIST)},
        "author": {"@type": "Person", "name": query.get("uploader", ARTIST)},
        "inAlbum": {"@type": "MusicAlbum", "name": ALBUM},
    }
    # A page may also be wrong about its recording, or say nothing.
    seconds = query.get("page_duration") or f"{self.server.recordings.duration(path):.3f}"
    if seconds != "none":
        about["duration"] = f"PT{seconds}S"
    if query.get("cover") != "none":
        about["thumbnailUrl"] = self.url(f"/cover/{'nobody.gone' if query.get('cover') == 'missing' else name}.{query.get('cover_ext', 'jpg')}")
    ld = json.dumps(about).replace("</", "<\\/")
    return self.send_html(
        f'<!doctype html><html><head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        f'<script type="application/ld+json">{ld}</script></head>\n<body><h1>{html.escape(title)}</h1></body></html>\n')


def get_hls_list(self, query, name):
    if self.misbehaved({k: v for k, v in query.items() if k != "rate"}):
        return
    clip = query.get("clip", "10")
    fragments = self.server.recordings.hls_fragments(name, clip)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{HLS_FRAGMENT_SECONDS + 1}", "#EXT-X-MEDIA-SEQUENCE:0",
             "#EXT-X-PLAYLIST-TYPE:VOD"]
    modes = "?" + urllib.parse.urlencode({"clip": clip, **{k: v for k, v in query.items() if k in ("rate", "missing")}})
    for number, path in enumerate(fragments):
        lines += [f"#EXTINF:{self.server.recordings.duration(path):.6f},", f"{number:03d}.ts{modes}"]
    self.send_text(200, "\n".join([*lines, "#EXT-X-ENDLIST", ""]), "application/vnd.apple.mpegurl")


def get_hls_fragment(self, query, name, number):
    fragments = self.server.recordings.hls_fragments(name, query.get("clip", "10"))
    if int(number) >= len(fragments) or query.get("missing") == str(int(number)):
        return self.send_text(404, "this fragment is gone\n")
    return self.send_file(fragments[int(number)], "video/mp2t", query)


def get_feed(self, query):
    items = "".join(
        f"<item><title>{title_of(name)}</title><guid isPermaLink=\"false\">{name}</guid>"
        f"<pubDate>Thu, 20 May 2004 12:00:00 GMT</pubDate>"
        f"<enclosure url=\"{html.escape(self.url(f'/media/{name}.mp3', media_modes(query)))}\" type=\"audio/mpeg\" length=\"1\"/></item>"
        for name in self.server.recordings.names[:2])
    self.send_text(200, f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Two tracks</title>'
                        f"<link>{self.server.base}</link><description>music</description>{items}</channel></rss>\n", "application/rss+xml")


def get_redirect(self, query):
    self.send_text(302, "elsewhere\n", headers=[("Location", query.get("to", "/"))])


def get_youtube(self, query, video_id):
    """What the plugin extractor needs to know about an id. An id that nobody set is a whole recording;
    one that starts with "music" also has artist, track and album, as a topic channel's videos do."""
    settings = self.server.settings.get(video_id, {})
    names = self.server.recordings.names
    name = settings.get("name") or next((n for n in names if n.startswith(video_id[:4].lower())), names[sum(video_id.encode()) % len(names)])
    modes = settings.get("modes", {})
    paths = {ext: self.server.recordings.audio(name, ext, modes.get("clip")) for ext in ("webm", "m4a")}
    answer = {
        "title": settings.get("title", f"{title_of(name)} — “live” / 日本"),
        "duration": round(self.server.recordings.duration(paths["webm"]), 3),
        "audio": {ext: {"url": self.url(f"/media/{name}.{ext}", modes), "filesize": os.path.getsize(path)} for ext, path in paths.items()},
        "video_url": self.url("/video-only-must-not-be-chosen.mp4"),
        "thumbnails": [self.url(f"/cover/{name}.jpg"), self.url(f"/cover/{name}.webp")],
    }
    if video_id.startswith("music"):
        answer |= {"artist": ARTIST, "track": title_of(name), "album": ALBUM}
    self.send_json(answer | settings.get("extra", {}))


def title_of(name):
    return name.replace("_", " ").title()


def get_root(self, query):
    links = "".join(f'<li><a href="/watch/{n}">{title_of(n)}</a></li>' for n in self.server.recordings.names)
    self.send_html(f"<!doctype html><title>A small music site</title><ul>{links}</ul>")


NAME = r"(?P<name>[\w.-]+)"
ROUTES = [
    (r"/", get_root),
    (rf"/media/{NAME}\.(?P<ext>{'|'.join(KINDS)})", get_media),
    (rf"/watch/{NAME}", get_watch),
    (rf"/page/{NAME}\.(?:{'|'.join(KINDS)})", get_watch),
    (rf"/cover/{NAME}\.(?P<ext>{'|'.join(PICTURES)})", get_cover),
    (rf"/hls/{NAME}/index\.m3u8", get_hls_list),
    (rf"/hls/{NAME}/(?P<number>\d+)\.ts", get_hls_fragment),
    (r"/youtube/(?P<video_id>[\w-]{11})", get_youtube),
    (rf"/truncated\.(?P<ext>{'|'.join(KINDS)})", get_truncated),
    (r"/feed\.xml", get_feed),
    (r"/redirect(\.mp3)?", get_redirect),
    (r"/empty\.html", lambda self, query: self.send_html("<!doctype html><title>Nothing here</title><p>No music today.")),
    (r"/empty\.mp3", lambda self, query: self.send_bytes(200, "audio/mpeg", b"")),
    (r"/html-as\.mp3", lambda self, query: self.send_bytes(
        200, "audio/mpeg", b"<!doctype html><title>Please log in</title>" + b"<p>This is no music.</p>" * 2000)),
    (r"/picture\.(?P<ext>png|jpg)", lambda self, query, ext: get_cover(self, query, "picture", ext)),
]


# --- starting and ending ----------------------------------------------------------------------------

def write_wrapper(path, base):
    """A yt-dlp for YTDLP_PATH that knows this site: tests/fakes/yt-dlp with the address baked in."""
    real = os.path.join(os.path.dirname(os.path.abspath(__file__)), "yt-dlp")
    with open(path + ".new", "w", encoding="utf-8") as out:
        out.write(f"#!/bin/sh\nDUBPLATE_FAKE_SITE='{base}'\nexport DUBPLATE_FAKE_SITE\nexec '{real}' \"$@\"\n")
    os.chmod(path + ".new", 0o755)
    os.rename(path + ".new", path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--media", default="/usr/share/games/asc/music")
    parser.add_argument("--cache", help="keeps what ffmpeg made; default: a directory that ends with the process")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--until-eof", action="store_true")
    parser.add_argument("--wrapper", metavar="FILE")
    options = parser.parse_args()

    cache = options.cache or tempfile.mkdtemp(prefix="dubplate-site-")
    try:
        site = Site(options.port, Recordings(options.media, cache))
        if options.wrapper:
            write_wrapper(options.wrapper, site.base)
        print(f"listening {site.base}", flush=True)
        if options.until_eof:
            threading.Thread(target=lambda: (sys.stdin.buffer.read(), site.shutdown()), daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=site.shutdown).start())
        try:
            site.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            pass
    finally:
        if not options.cache:
            shutil.rmtree(cache, ignore_errors=True)


if __name__ == "__main__":
    main()
