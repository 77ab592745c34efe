"""site: tests/fakes/site.py as a child of the test, and the addresses on it."""

import http.client
import json
import os
import subprocess
import urllib.parse

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class FakeSite:
    """Ends with the test: its stdin is our pipe. `cache` keeps transcoded music from one test file to the next."""

    def __init__(self, cache, wrapper=None):
        argv = ["/usr/bin/python3", os.path.join(TESTS, "fakes", "site.py"), "--until-eof", "--cache", cache]
        self.process = subprocess.Popen(argv + (["--wrapper", wrapper] if wrapper else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, start_new_session=True)
        self.pages = 0
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            raise AssertionError(f"the fake site did not start: {line!r}")
        self.base = line.split()[1]
        self.port = int(self.base.rpartition(":")[2])

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def url(self, path, **query):
        return self.base + urllib.parse.quote(path) + ("?" + urllib.parse.urlencode(query, errors="surrogatepass") if query else "")

    def watch(self, name, **query):
        """A page. What does not fit in an address (a title of 400 emoji) is told to the site beforehand."""
        url = self.url(f"/watch/{name}", **query)
        if len(url) < 1000:
            return url
        self.pages += 1
        self._ask("PUT", f"/page/key{self.pages}", json.dumps(query))
        return self.url(f"/watch/{name}", page=f"key{self.pages}")

    def set_page(self, key, **query):
        """What /watch/…?page=key does from now on."""
        self._ask("PUT", f"/page/{key}", json.dumps(query))

    def media(self, name, ext="mp3", **query):
        return self.url(f"/media/{name}.{ext}", **query)

    def youtube(self, video_id, **settings):
        """The youtube.com address of `video_id`, after telling the site what the id means."""
        assert len(video_id) == 11, video_id
        self._ask("PUT", f"/youtube/{video_id}", json.dumps(settings))
        return f"https://www.youtube.com/watch?v={video_id}"

    def log(self, path=None):
        """Requests so far, oldest first; only those whose path starts with `path`."""
        entries = json.loads(self._ask("GET", "/log"))
        return [e for e in entries if path is None or e["path"].startswith(path)]

    def forget(self):
        self._ask("DELETE", "/log")

    def fetch(self, url):
        """The bytes of one of our addresses, for comparing; seen in the log like any request."""
        return self._ask("GET", url.removeprefix(self.base))

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status == 200, (method, path, answer.status)
            return data
        finally:
            connection.close()
