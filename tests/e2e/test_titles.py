"""Titles that want to be paths, commands or half a page: one safe file name each."""

import os
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main, media
from harness.stack import FINISHED

TITLES = {
    "400 emoji": "\U0001f3a7" * 400,
    "400 joined emoji": "\U0001f469\u200d\U0001f3a4" * 400,
    "2000 letters": "ä" * 2000,
    "a path upwards": "../../etc/passwd",
    "an absolute path": "/etc/passwd",
    "a path the Windows way": "..\\..\\windows\\system32",
    "only dots": "..",
    "one dot": ".",
    "a hidden name": ".htaccess",
    "blanks": "   ",
    "slashes": "////",
    "trailing dots and blanks": "name. . .",
    "right to left": "\u202egnp.3pm\u202c evil",
    "isolates and marks": "a\u2066b\u2069\u200f\u061cc",
    "control characters": "a\x01b\x1b[31mc\x7fd\u0085e",
    "line breaks": "one\r\nContent-Type: text/html\r\n\r\n<h1>",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "quotes and shell": "\"'`$(touch /tmp/dubplate-was-here);|&",
    "a yt-dlp template": "%(title)s %(id)s %%s %n",
    "a device name": "CON",
    "a dash first": "-rf --exec=x",
    "decomposed": "Mo\u0308tley Cru\u0308e",
    "a lone combining mark": "\u0301\u0301\u0301",
    "arabic and japanese": "مرحبا 日本語 мир",
    "byte order mark": "\ufefftitle\ufeff",
    "private use": "\ue000\uf8ff",
}


class Titles(StackCase):
    OPTIONS = {"env": {"WORKER_CONCURRENCY": "3"}}

    def test_become_one_safe_file_name(self):
        submitted = [(name, self.s.submit(self.site.watch("frontiers", clip=2, title=title))) for name, title in TITLES.items()]
        for name, job_id in submitted:
            with self.subTest(name):
                job = self.s.wait(job_id, FINISHED, 120)
                self.assertEqual(job["status"], "completed", job["error"])
                files = self.s.audio_files(job["job_id"])
                audio = [f for f in files if f.endswith(".mp3")]
                self.assertEqual(len(audio), 1, files)
                where, base = os.path.split(audio[0])
                self.assertEqual(os.path.relpath(where, self.s.data), f"downloads/library/{job['job_id']}/audio")
                self.assertTrue(len(os.fsencode(base)) <= 255 and len(base) > 4, base)
                self.assertFalse(base.startswith((".", "-", " ")), base)
                bad = [c for c in base if unicodedata.category(c) in ("Cc", "Cs") or c in '/\\\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff']
                self.assertEqual(bad, [], ascii(base))
                tag = media.tags(audio[0]).get("title", "")
                self.assertEqual([c for c in tag if unicodedata.category(c) == "Cc"], [], ascii(tag))
                self.assertTrue(tag.strip(), "a track always has a title")
        self.assertFalse(os.path.exists("/tmp/dubplate-was-here"))
        self.assertEqual(self.s.work_entries(), [])

    def test_of_an_emoji_is_not_cut_in_its_middle(self):
        job = self.s.finish(self.site.watch("frontiers", clip=2, title=TITLES["400 emoji"]))
        base = os.path.basename(next(f for f in self.s.audio_files(job["job_id"]) if f.endswith(".mp3")))
        self.assertEqual(set(base.removesuffix(".mp3")), {"\U0001f3a7"})
        self.assertEqual(set(media.tags(self.s.audio_files(job["job_id"])[0])["title"]), {"\U0001f3a7"})

    def test_survive_in_the_api_as_they_are(self):
        job = self.s.finish(self.site.watch("frontiers", clip=2, title=TITLES["HTML"]))
        self.assertEqual(job["tracks"][0]["title"], TITLES["HTML"])

    def test_of_two_tracks_may_be_the_same(self):
        jobs = [self.s.submit(self.site.watch("frontiers", clip=2, title="Same", n=n)) for n in (1, 2)]
        for job in jobs:
            self.s.wait(job, "completed")
        self.assertEqual(len({os.path.dirname(self.s.audio_files(job)[0]) for job in jobs}), 2)


if __name__ == "__main__":
    main()
