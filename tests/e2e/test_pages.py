"""Pages of strangers, read by yt-dlp's generic extractor: what they name, and what they call it."""

import http.server
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Case, main


class Stranger:
    """Answers on an address of its own: `pages` by their path, of anything else the bytes of `music`."""

    def __init__(self, address, music=b""):
        self.pages, self.asked = {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):    # noqa: N805
                self.asked.append(handler.path)
                page = self.pages.get(handler.path)
                body, kind = (music, "audio/mpeg") if page is None else (f"<html><title>A page</title>{page}</html>".encode(), "text/html")
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
