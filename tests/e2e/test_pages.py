"""Pages of strangers, read by yt-dlp's generic extractor: what they name, and what they call it."""

import http.server
import os
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Case, main


class Stranger:
    """Answers on an address of its own: `pages` by their path, 404 for what is `gone`, of anything else the bytes of `music`, or of
    that path's own. on_ask() is told of each request before it is answered."""

    def __init__(self, address, music=b""):
        self.pages, self.asked, self.gone, self.own = {}, [], set(), {}
        self.on_ask = lambda path: None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):    # noqa: N805
                self.asked.append(handler.path)
                self.on_ask(handler.path)
                if handler.path in self.gone:
                    return handler.send_error(404)
                page = self.pages.get(handler.path)
                body, kind = ((self.own.get(handler.path, music), "audio/mpeg") if page is None
                              else (f"<html><title>A page</title>{page}</html>".encode(), "text/html"))
                handler.send_response(200)
                handler.send_header("Content-Type", kind)
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.authority = f"{address}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path, text):
        self.pages[path] = text
        return f"http://{self.authority}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class APageOfAStranger(Case):
    def stranger(self, *args):
        stranger = Stranger(*args)
        self.addCleanup(stranger.close)
        return stranger

    def test_that_names_a_private_address_is_refused_in_every_spelling(self):
        s = self.stack(site=False, env={"ALLOW_SOURCE_NETS": "127.0.0.34/32", "MAX_RETRIES": "0"})
        stranger, secret = self.stranger("127.0.0.34"), self.stranger("127.0.0.1")
        port = secret.authority.rpartition(":")[2]
        streams = [f"{scheme}{host}:{port}/x.mp3" for scheme in ("http://", "HTTP://", "hTtP://", "//")
                   for host in ("127.0.0.1", "localhost")] + [f"http://[::ffff:127.0.0.1]:{port}/x.mp3", f"http://2130706433:{port}/x.mp3"]
        pages = [f'<audio src="{stream}"></audio>' for stream in streams]
        pages += [f'<meta property="og:image" content="http://localhost:{port}/x.jpg"><audio src="/x.mp3"></audio>']
        jobs = [s.submit(stranger.page(f"/{n}", page)) for n, page in enumerate(pages)]
        for job, page in zip(jobs, pages, strict=True):
            self.assertIn(s.wait(job, "failed")["error"]["kind"], ("unsupported", "input"), page)
        self.assertEqual(secret.asked, [])

    def test_that_turns_after_it_was_judged_leads_nowhere_else(self):
        """Where a stream fails, the page is read once more, by us and not by yt-dlp behind our back: it may name a private address by now."""
        config = tempfile.NamedTemporaryFile("w", suffix=".conf")
        self.addCleanup(config.close)
        config.write("--abort-on-error\n")      # with which yt-dlp asks the page again where a saved one leads to nothing
        config.flush()
        s = self.stack(site=False, env={"ALLOW_SOURCE_NETS": "127.0.0.34/32", "MAX_RETRIES": "0", "YTDLP_CONFIG": config.name})
        stranger, secret = self.stranger("127.0.0.34"), self.stranger("127.0.0.1")
        link = stranger.page("/turns", '<audio src="/x.mp3"></audio>')

        def turn(path):
            if path == "/x.mp3":
                stranger.page("/turns", f'<audio src="http://{secret.authority}/x.mp3"></audio>')
                stranger.gone.add("/x.mp3")
        stranger.on_ask = turn
        self.assertEqual(s.wait(s.submit(link), "failed")["error"]["kind"], "unavailable")
        stranger.pages["/twice"], stranger.on_ask = '<audio src="/y.mp3"></audio>', lambda path: None
        stranger.gone = {"/y.mp3"}
        job = s.submit(f"http://{stranger.authority}/twice")
        s.wait(job, "failed")
        stranger.page("/twice", f'<audio src="http://{secret.authority}/x.mp3"></audio>')
        self.assertEqual(s.api("POST", f"/api/jobs/{job}/retry").status, 200)
        self.assertEqual(s.wait(job, "failed")["error"]["kind"], "unsupported", "the page was read again, and judged again")
        self.assertEqual(secret.asked, [])

    def test_with_several_recordings_gives_each_track_its_own_when_it_is_read_again(self):
        s = self.stack(env={"MAX_RETRIES": "0"})
        stranger = self.stranger("127.0.0.34")
        stranger.own = {f"/{n}.mp3": s.site.fetch(s.site.media("frontiers", clip=n)) for n in (1, 2, 3)}
        stranger.gone = {"/2.mp3", "/3.mp3"}
        job = s.finish(stranger.page("/three", "".join(f'<audio src="/{n}.mp3"></audio>' for n in (1, 2, 3))), download_type="playlist")
        self.assertEqual((job["status"], [t["status"] for t in job["tracks"]]), ("completed_with_errors", ["completed", "failed", "failed"]))
        stranger.gone = set()
        self.assertEqual(s.api("POST", f"/api/jobs/{job['job_id']}/retry").status, 200)
        job = s.wait(job["job_id"], "completed")
        for track, seconds in zip(job["tracks"], (1, 2, 3), strict=True):
            self.assertAlmostEqual(track["duration_seconds"], seconds, delta=0.2)

    def test_is_no_other_page_of_the_same_name(self):
        s = self.stack(env={"CACHE_DAYS": "30"})
        music = [s.site.fetch(s.site.media("frontiers", clip=n)) for n in (1, 2)]
        one, other = self.stranger("127.0.0.34", music[0]), self.stranger("127.0.0.35", music[1])
        for stranger, seconds in ((one, 1), (other, 2)):
            job = s.finish(stranger.page("/intro", '<audio src="/x.mp3"></audio>'))
            self.assertEqual(job["status"], "completed", job["error"])
            self.assertAlmostEqual(job["tracks"][0]["duration_seconds"], seconds, delta=0.2)
            self.assertFalse(job["cached"])


if __name__ == "__main__":
    main()
