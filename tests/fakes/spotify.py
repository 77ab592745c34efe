#!/usr/bin/python3
"""
spotify: Spotify's Web API on 127.0.0.1, as its documentation describes it, with songs that are made up.

    spotify.py [--port N] [--until-eof]

The first line on stdout is `listening http://127.0.0.1:PORT`. SPOTIFY_API_URL is that with /v1 behind it,
SPOTIFY_ACCOUNTS_URL that, SPOTIFY_OEMBED_URL that with /oembed. The app is called dubplate-id, its secret is
dubplate-secret.

  POST /api/token            basic authentication, grant_type=client_credentials; tokens last an hour
  GET  /v1/tracks/ID  /v1/albums/ID  /v1/albums/ID/tracks  /v1/playlists/ID[?fields=name]
  GET  /v1/playlists/ID/items   (since February 2026; `item`)   /v1/playlists/ID/tracks   (before; `track`)
  GET  /oembed?url=          no token
  GET  /cover/N.jpg          a picture
  GET  /log                  requests so far; DELETE empties it

An id is a letter and a number, filled up with zeros to 22 characters:

  T5    the track "Song 5"            A120  an album of 120 tracks        P250  a playlist of 250
  X20   a playlist with null tracks, local files, episodes and tracks without an id between its songs
  E60   a playlist that goes on at another host      W10   one whose values are all of the wrong type

POST /control sets what goes wrong (form): mode= one of MODES, times=N (default: always), path=PREFIX of the requests
it concerns, retry_after=S; mode=none ends it. api=new|old|closed: which of the two playlist paths this app may use.
"""

import argparse
import base64
import http.server
import json
import re
import secrets
import signal
import sys
import threading
import urllib.parse

LONGEST_WAIT_SECONDS = 120
APP = "dubplate-id:dubplate-secret"
TINY_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/"
    "wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==")
STATUSES = {"400": 400, "401": 401, "403": 403, "404": 404, "429": 429, "500": 500, "503": 503}
MODES = (*STATUSES, "expired", "hang", "truncated", "html", "array", "empty", "redirect")


def padded(letter, number):
    return f"{letter}{number:021d}"


class Api(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.log, self.tokens, self.trouble, self.paths = [], set(), {}, "new"

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "FakeSpotify"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def do_DELETE(self):
        with self.server.lock:
            self.server.log.clear()
        self.send_json(200, {})

    def log_message(self, *_):
        pass

    def answer(self, body):
        split = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(split.query))
        self.form = dict(urllib.parse.parse_qsl(body.decode("latin-1")))
        if split.path == "/log":
            return self.send_json(200, self.server.log)
        if split.path == "/control":
            return self.control()
        with self.server.lock:
            self.server.log.append({"method": self.command, "path": split.path, "query": split.query, "agent": self.headers.get("User-Agent")})
        if self.in_trouble(split.path):
            return None
        for pattern, handler, needs_token in ROUTES:
            match = re.fullmatch(pattern, split.path)
            if match:
                if needs_token and not self.is_authorized():
                    return self.send_error_of(401, "The access token expired")
                return handler(self, **match.groupdict())
        return self.send_error_of(404, "Service not found")

    # --- what goes wrong --------------------------------------------------------------------------

    def control(self):
        with self.server.lock:
            self.server.paths = self.form.get("api", self.server.paths)
            if "mode" in self.form:
                self.server.trouble = {"mode": self.form["mode"], "left": int(self.form.get("times", 1 << 30)), "path": self.form.get("path", "/v1/"),
                                       "retry_after": self.form.get("retry_after")}
        self.send_json(200, {})

    def in_trouble(self, path):
        """True if this request was answered with trouble."""
        with self.server.lock:
            trouble = self.server.trouble
            if trouble.get("mode") not in MODES or not path.startswith(trouble["path"]) or trouble["left"] <= 0:
                return False
            trouble["left"] -= 1
        mode = trouble["mode"]
        if mode == "expired":
            self.server.tokens.clear()
            return False
        if mode == "hang":
            self.close_connection = True
            self.connection.settimeout(LONGEST_WAIT_SECONDS)
            try:
                self.connection.recv(1)
            except (OSError, TimeoutError):
                pass
        elif mode == "truncated":
            self.send_bytes(200, b'{"name": "half of', "application/json")
        elif mode == "html":
            self.send_bytes(200, b"<!doctype html><p>Please log in", "text/html")
        elif mode == "array":
            self.send_json(200, [1, 2, 3])
        elif mode == "empty":
            self.send_json(200, {})
        elif mode == "redirect":
            self.send_bytes(302, b"", "text/plain", [("Location", self.server.base + "/v1/elsewhere")])
        else:
            self.send_error_of(STATUSES[mode], "as you wish", [("Retry-After", trouble["retry_after"])] if trouble["retry_after"] else [])
        return True

    # --- answers ----------------------------------------------------------------------------------

    def send_bytes(self, status, data, content_type, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def send_json(self, status, value, headers=()):
        self.send_bytes(status, json.dumps(value, ensure_ascii=False).encode(), "application/json; charset=utf-8", headers)

    def send_error_of(self, status, message, headers=()):
        self.send_json(status, {"error": {"status": status, "message": message}}, headers)

    def is_authorized(self):
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ") in self.server.tokens

    # --- the catalogue ----------------------------------------------------------------------------

    def images(self, number):
        return [{"url": f"{self.server.base}/cover/{number}.jpg?size={size}", "height": size, "width": size} for size in (64, 640, 300)]

    def artists(self, number):
        names = ["Die Ersten"] + ["Zweite & Söhne"] * (number % 2)
        return [{"id": padded("R", n), "name": name, "type": "artist"} for n, name in enumerate(names)]

    def simple_track(self, number, position=None):
        """As in an album: without album, without ISRC."""
        return {"id": padded("T", number), "name": f"Song {number}", "type": "track", "artists": self.artists(number), "disc_number": 1,
                "track_number": position or number % 12 + 1, "duration_ms": 180000 + number, "explicit": False, "is_local": False,
                "external_urls": {"spotify": f"https://open.spotify.com/track/{padded('T', number)}"}, "available_markets": ["DE", "AT", "CH"],
                "uri": f"spotify:track:{padded('T', number)}"}

    def simple_album(self, number):
        return {"id": padded("A", number), "name": f"Album {number}", "type": "album", "album_type": "album", "artists": self.artists(0),
                "release_date": ("2004-05-20", "2004-05", "2004")[number % 3], "release_date_precision": ("day", "month", "year")[number % 3],
                "total_tracks": number, "images": self.images(number)}

    def track(self, number):
        return {**self.simple_track(number), "album": self.simple_album(number % 12 + 12), "external_ids": {"isrc": f"DEA{number:09d}"}}

    def mixed_entry(self, number, name):
        odd = {1: None, 2: {**self.track(number), "id": None, "is_local": True, "uri": "spotify:local:::x:1"},
               3: {**self.track(number), "type": "episode", "id": padded("S", number)}, 4: {**self.track(number), "id": None}}
        return {"added_at": "2024-01-01T00:00:00Z", "is_local": number % 5 == 2, name: odd[number % 5] if number % 5 else self.track(number)}

    def page(self, entries, path, most):
        """`entries` is a function of the position; the list has `total` of them."""
        total, make = entries
        offset, limit = int(self.query.get("offset", 0)), int(self.query.get("limit", 20))
        if not 1 <= limit <= most or offset < 0:
            return None
        more = offset + limit < total
        base = "http://127.0.0.2:9" if path.startswith("/v1/playlists/E") else self.server.base
        return {"href": f"{base}{path}", "items": [make(n) for n in range(offset, min(total, offset + limit))], "limit": limit, "offset": offset, "total": total,
                "next": f"{base}{path}?offset={offset + limit}&limit={limit}" if more else None, "previous": None}

    def get_track(self, number):
        self.send_json(200, self.track(int(number)))

    def get_album(self, number):
        n = int(number)
        self.query = {"limit": "50"}
        tracks = self.page((n, lambda i: self.simple_track(i, i + 1)), f"/v1/albums/{padded('A', n)}/tracks", 50)
        self.send_json(200, {**self.simple_album(n), "tracks": tracks, "external_ids": {"upc": "000000000000"}})

    def get_album_tracks(self, number):
        n = int(number)
        page = self.page((n, lambda i: self.simple_track(i, i + 1)), f"/v1/albums/{padded('A', n)}/tracks", 50)
        if page:
            self.send_json(200, page)
        else:
            self.send_error_of(400, "Invalid limit")

    def get_playlist(self, letter, number):
        whole = {"id": padded(letter, int(number)), "name": f"Liste {int(number)} \u2028für dich", "type": "playlist", "description": "x", "images": self.images(1)}
        wanted = self.query.get("fields")
        self.send_json(200, {k: v for k, v in whole.items() if not wanted or k in wanted.split(",")})

    def get_playlist_entries(self, letter, number, path):
        if path != {"new": "items", "old": "tracks"}.get(self.server.paths):
            return self.send_error_of(403, "Forbidden")
        n, name = int(number), path[:-1]
        if letter == "W":
            return self.send_json(200, {"items": [17, "x", None, {name: "x"}, {name: {"id": 5, "name": {}}}, {name: {**self.track(1), "artists": "x", "album": 3,
                                        "duration_ms": "long", "external_ids": [1]}}], "total": "many", "next": 12})
        make = (lambda i: self.mixed_entry(i, name)) if letter == "X" else (lambda i: {"added_at": "2024-01-01T00:00:00Z", "is_local": False, name: self.track(i)})
        page = self.page((n, make), f"/v1/playlists/{padded(letter, n)}/{path}", 50 if path == "items" else 100)
        return self.send_json(200, page) if page else self.send_error_of(400, "Invalid limit")

    def get_oembed(self):
        match = re.fullmatch(r"https://open\.spotify\.com/track/T(\d{21})", self.query.get("url", ""))
        if not match:
            return self.send_error_of(404, "Not found")
        return self.send_json(200, {"html": "<iframe>", "version": "1.0", "provider_name": "Spotify", "type": "rich", "title": f"Song {int(match[1])}",
                                    "thumbnail_url": f"{self.server.base}/cover/{int(match[1])}.jpg"})

    def get_token(self):
        scheme, _, credentials = (self.headers.get("Authorization") or "").partition(" ")
        if self.command != "POST" or scheme != "Basic" or base64.b64decode(credentials).decode() != APP:
            return self.send_json(400, {"error": "invalid_client", "error_description": "Invalid client"})
        if self.form.get("grant_type") != "client_credentials":
            return self.send_json(400, {"error": "unsupported_grant_type"})
        token = "BQ" + secrets.token_urlsafe(60)
        with self.server.lock:
            self.server.tokens.add(token)
        return self.send_json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})


ROUTES = [
    (r"/api/token", Handler.get_token, False),
    (r"/oembed", Handler.get_oembed, False),
    (r"/cover/\d+\.jpg", lambda self: self.send_bytes(200, TINY_JPEG, "image/jpeg"), False),
    (r"/v1/tracks/T(?P<number>\d{21})", Handler.get_track, True),
    (r"/v1/albums/A(?P<number>\d{21})", Handler.get_album, True),
    (r"/v1/albums/A(?P<number>\d{21})/tracks", Handler.get_album_tracks, True),
    (r"/v1/playlists/(?P<letter>[PXEW])(?P<number>\d{21})", Handler.get_playlist, True),
    (r"/v1/playlists/(?P<letter>[PXEW])(?P<number>\d{21})/(?P<path>items|tracks)", Handler.get_playlist_entries, True),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--until-eof", action="store_true")
    options = parser.parse_args()
    api = Api(options.port)
    print(f"listening {api.base}", flush=True)
    if options.until_eof:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), api.shutdown()), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=api.shutdown).start())
    try:
        api.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
