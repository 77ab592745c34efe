#!/usr/bin/python3
"""
site: a small music site on 127.0.0.1, for the real yt-dlp; and what stands behind the platforms that the plugin fakes.

    site.py [--media DIR] [--cache DIR] [--port N] [--until-eof] [--wrapper FILE]

The first line on stdout is `listening http://127.0.0.1:PORT`. --until-eof ends it when stdin closes, so a
test that dies takes its site with it. --wrapper writes a program for YTDLP_PATH: the real yt-dlp with our
plugin and this site's address baked in (a worker gives yt-dlp a clean environment).

  site_pages.py              pages that yt-dlp's generic extractor reads, the recordings, feeds
  site_items.py              JSON for the plugin: what a video, a track, a post of a platform is
  site_lists.py              JSON for the plugin: playlists, channels, sets, search results, page by page
  /log                       every request so far; DELETE empties it
  PUT on any path            says what that path means from now on (JSON)

Media modes (query): clip=SECONDS silence=SECONDS rate=BYTES_PER_S drip=1 cut=N stall=N half=1 forbid=N hang=1 status=CODE[&retry_after=S]
fail_first=N nolength=1 norange=1. Page modes (query of /watch, settings of items and lists): page_status=CODE[&retry_after=S]
page_hang=1 page_delay=S page_fail_first=N. What is late or hanging lets go after 120 s at most.
"""

import argparse
import email.utils
import hashlib
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
import site_items  # noqa: E402
import site_lists  # noqa: E402
import site_pages  # noqa: E402
from recordings import NoSuchRecording, Recordings  # noqa: E402

LONGEST_WAIT_SECONDS = 120
CHUNK = 16384
ROUTES = [*site_pages.ROUTES, *site_items.ROUTES, *site_lists.ROUTES]


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
        self.settings = {}      # path -> what a test put there
        self.handed_out = {}    # path of an item -> what a list said about it, so that the item says the same

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
            self.server.settings[urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)] = body
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
            retry = [("Retry-After", str(query["retry_after"]))] if query.get("retry_after") else []
            self.send_text(int(query["status"]), "as you wish\n", headers=retry)
            return True
        if query.get("fail_first") and self.command == "GET" and self.count_hit() <= int(query["fail_first"]):
            self.send_text(500, "not yet\n")
            return True
        return False

    def page_misbehaved(self, settings):
        """The same for what describes a recording: modes that start with page_."""
        if settings.get("page_delay"):
            time.sleep(min(float(settings["page_delay"]), LONGEST_WAIT_SECONDS))
        modes = {mode: settings.get("page_" + mode) for mode in ("hang", "status", "fail_first")}
        return self.misbehaved({**modes, "retry_after": settings.get("retry_after")})

    def count_hit(self):
        """How often this address was asked for, this time included."""
        with self.server.lock:
            hits = self.server.hits[self.path] = self.server.hits.get(self.path, 0) + 1
        return hits

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
        if query.get("half"):       # truncated, but nothing of HTTP says so
            size = size // 2 + 1
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
        if query.get("forbid") and start >= int(query["forbid"]):       # an address that expired during the download
            self.send_text(403, "no longer\n")
            return
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
        cut = int(query["cut"]) if query.get("cut") else int(query["forbid"]) - start if query.get("forbid") else None
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
