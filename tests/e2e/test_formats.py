"""Every format that may be asked for, from the link to what nginx serves."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main, media

FORMATS = {     # ending: its codec, what it is served as, the bytes it begins with
    "mp3":  ("mp3",       "audio/mpeg", b"ID3"),
    "m4a":  ("aac",       "audio/mp4",  b"\0\0\0"),
    "wav":  ("pcm_s24le", "audio/wav",  b"RIFF"),
    "flac": ("flac",      "audio/flac", b"fLaC"),
    "ogg":  ("vorbis",    "audio/ogg",  b"OggS"),
    "opus": ("opus",      "audio/ogg",  b"OggS"),
}


class Formats(StackCase):
    def finish(self, url, **options):
        job = self.s.wait(self.s.submit(url, **options), "completed", 120)
        track = self.s.result(job["job_id"])["tracks"][0]
        return job, self.api("GET", f"/api/tracks/{track['track_id']}").json

    def serve(self, track):
        """The file as a browser gets it, kept under its own name."""
        reply = self.api("GET", track["file"]["url"])
        self.assertEqual(reply.status, 200)
        path = os.path.join(self.s.root, "served." + track["file"]["format"])
        with open(path, "wb") as out:
            out.write(reply.body)
        return reply, path

    def test_each_is_made_named_and_served_as_what_it_is(self):
        url = self.site.watch("frontiers", clip=6, title="Formats")
        for ending, (codec, content_type, magic) in FORMATS.items():
            with self.subTest(ending):
                job, track = self.finish(url, output_format=ending, bit_depth_bits=24, sample_rate_hz="source")
                self.assertEqual(job["options"]["sample_rate_hz"], "source")
                self.assertEqual(track["file"]["format"], ending)
                self.assertTrue(track["file"]["name"].endswith("." + ending), track["file"]["name"])
                self.assertEqual(track["output"]["codec"], codec)
                reply, path = self.serve(track)
                self.assertEqual(reply.headers.get_content_type(), content_type)
                self.assertTrue(reply.body.startswith(magic), reply.body[:16])
                self.assertEqual(media.audio_stream(path)["codec_name"], codec)
                self.assertAlmostEqual(media.loudness(path)["integrated"], -14, delta=0.25)
                self.assertIn("decodes", track["checked"])
                part = self.api("GET", track["file"]["url"], headers={"Range": "bytes=4-11"})
                self.assertEqual((part.status, part.body), (206, reply.body[4:12]))

    def test_constant_quality(self):
        _, track = self.finish(self.site.watch("frontiers", clip=6), vbr=4)
        self.assertIsNone(track["output"]["bitrate_kbps"])
        _, path = self.serve(track)
        self.assertEqual(media.xing(path)[0], "Xing")

    def test_the_chapters_of_the_source_are_those_of_the_file(self):
        titles = ["Intro", "日本語 🎧", "Outro"]
        chapters = [{"start_time": 2.0 * i, "end_time": 2.0 * i + 2, "title": title} for i, title in enumerate(titles)]
        link = self.site.youtube("chapters001", name="frontiers", extra={"chapters": chapters}, modes={"clip": "6"})
        for ending in FORMATS:
            with self.subTest(ending):
                _, track = self.finish(link, output_format=ending)
                found = media.chapters(self.serve(track)[1])
                self.assertEqual([(start, title) for start, _, title in found], [(0.0, titles[0]), (2.0, titles[1]), (4.0, titles[2])])
        _, track = self.finish(link, chapters="none")
        self.assertEqual(media.chapters(self.serve(track)[1]), [])

    def test_the_source_as_it_is(self):
        url = self.site.watch("frontiers", clip=6)
        _, track = self.finish(url, output_format="source")
        self.assertTrue(track["output"]["remuxed"])
        self.assertEqual(track["output"]["codec"], track["input"]["codec"])
        self.assertEqual(track["output"]["frames"], track["input"]["frames"])
        self.assertEqual(track["file"]["format"], track["output"]["format"])
        self.assertEqual(track["loudness"]["gain_db"], 0)
        self.assertEqual(track["checked"], ["decodes", "frames", "source_duration", "sha256"])
        reply, path = self.serve(track)
        self.assertEqual(reply.headers.get_content_type(), FORMATS[track["file"]["format"]][1])
        self.assertEqual(media.audio_stream(path)["codec_name"], track["input"]["codec"])

    def test_what_a_format_does_not_have_is_refused_at_once(self):
        reply = self.api("POST", "/api/jobs", {"url": self.site.watch("frontiers"), "output_format": "opus",
                                               "sample_rate_hz": 44100})
        self.assertProblem(reply, 422, "input", ["sample_rate_hz"])


if __name__ == "__main__":
    main()
