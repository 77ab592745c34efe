"""
What the fake extractors share: asking tests/fakes/site.py, failing in the platforms' own words, and a guard.

The guard: with DUBPLATE_FAKE_SITE set, no name but localhost is looked up. Should yt-dlp ever choose a built-in extractor
in place of ours, it fails as on a machine without internet, and the site's log has /tried/HOST.

Traps: a module that starts with _ is not searched for extractors, and can be imported. IE_NAME must not be a built-in's
(the plugin would be shadowed silently), class names must be unique and, but for extractors, not end in IE. So the info
dicts say `extractor` and `extractor_key` themselves, as the built-ins are called.
"""

import http.client
import ipaddress
import os
import socket
import urllib.parse
import zlib

from yt_dlp.utils import ExtractorError

SITE = os.environ.get("DUBPLATE_FAKE_SITE", "")
_getaddrinfo = socket.getaddrinfo


def _is_of_this_machine(host):
    try:
        return host in (None, "", "localhost") or bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _guarded(host, *args, **kwargs):
    name = host.decode(errors="replace") if isinstance(host, bytes) else host
    if _is_of_this_machine(name):
        return _getaddrinfo(host, *args, **kwargs)
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(SITE).netloc, timeout=10)
    try:
        connection.request("GET", "/tried/" + urllib.parse.quote(name, safe=""))
        connection.getresponse().read()
    except OSError:
        pass        # a site that is gone has no log either
    finally:
        connection.close()
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


if SITE:
    socket.getaddrinfo = _guarded


# --- failures: what an extractor's FAILURES may hold --------------------------------------------------

def said(sentence):
    """What the platform says, passed on."""
    def fail(extractor, video_id):
        raise ExtractorError(sentence, expected=True, video_id=video_id)
    return fail


def broken(sentence):
    """What yt-dlp did not expect: it adds "please report this issue on …"."""
    def fail(extractor, video_id):
        raise ExtractorError(sentence, video_id=video_id)
    return fail


def login(sentence):
    return lambda extractor, video_id: extractor.raise_login_required(sentence)


def geo(*args, **kwargs):
    return lambda extractor, video_id: extractor.raise_geo_restricted(*args, **kwargs)


def drm(extractor, video_id):
    extractor.report_drm(video_id)


def status(code):
    """An HTTP reply of that status, so that the sentence is yt-dlp's and --print-traffic shows it."""
    return lambda extractor, video_id: extractor._download_json(f"{SITE}/as-you-wish?status={code}", video_id)


def number(text):
    """Digits that a name always has: platforms number what people name."""
    return str(10**8 + zlib.crc32(text.encode(errors="surrogatepass")) % (9 * 10**8))


class SiteMixin:
    """For extractors: how they ask the site."""
    FAILURES = {}

    def _fail(self, failure, video_id):
        self.FAILURES[failure](self, video_id)
        raise AssertionError(f"{failure}: did not fail")

    def _ask(self, path, video_id, query=None, **kwargs):
        return self._download_json(f"{SITE}/{urllib.parse.quote(path)}", video_id, query=query or {}, **kwargs)

    def _known(self, platform, item_id, video_id):
        """What the site knows about an item; or its failure."""
        known = self._ask(f"{platform}/{item_id}", video_id)
        if known.get("failure"):
            self._fail(known["failure"], video_id)
        return known

    def _list(self, platform, key, list_id):
        """A list's first page, or its failure. Its entries: _entries_from()."""
        first = self._page(platform, key, list_id, 1)
        if first.get("failure"):
            self._fail(first["failure"], list_id)
        return first

    def _entries_from(self, first, platform, key, list_id):
        """Lazily: the next page is fetched when the entries of this one are spent."""
        page = first
        while True:
            yield from page["entries"]
            if not page["next"]:
                return
            page = self._page(platform, key, list_id, page["next"])

    def _page(self, platform, key, list_id, n):
        """As the real ones do it: what the server refuses (4xx) is final, everything else is tried again."""
        for retry in self.RetryManager():
            try:
                return self._ask(f"list/{platform}/{key}", list_id if n == 1 else f"{list_id} page {n - 1}", {"page": n},
                                 note="Downloading API JSON", errnote="Unable to download API page")
            except ExtractorError as e:
                code = getattr(e.cause, "status", None) or getattr(e.cause, "code", None)
                if e.cause is None or (code and code < 500):
                    raise
                retry.error = e
        raise AssertionError("unreachable")

    @staticmethod
    def _thumbnails(known):
        jpg, webp = known["thumbnails"]
        return [{"url": jpg, "id": "0", "width": 640, "height": 360, "preference": -1},
                {"url": webp, "id": "1", "width": 1280, "height": 720, "preference": 0}]
