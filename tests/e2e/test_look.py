"""What there is to look at, from the link to what nginx serves: the waveform in its three forms, the spectrogram."""

import os
import struct
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, eventually, main

TITLE = "Look & <listen> \"closely\""


class Look(StackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = cls.s.finish(cls.site.watch("frontiers", clip=6, title=TITLE))
        cls.track = cls.api("GET", f"/api/tracks/{cls.job['track_id']}").json

    def waveform(self, query="", **headers):
        return self.api("GET", self.track["waveform_url"] + query, headers=headers)

    def remove(self, job):
        self.assertEqual(self.api("DELETE", f"/api/jobs/{job['job_id']}").status, 204)

    def test_as_json(self):
        reply = self.waveform()
        self.assertEqual((reply.status, reply.headers.get_content_type()), (200, "application/json"))
        shown = reply.json
        self.assertEqual((shown["version"], shown["channels"], shown["bits"]), (2, 1, 8))
        self.assertEqual(len(shown["data"]), 2 * shown["length"])
        seconds = shown["length"] * shown["samples_per_pixel"] / shown["sample_rate"]
        self.assertAlmostEqual(seconds, self.track["duration_seconds"], delta=2 * shown["samples_per_pixel"] / shown["sample_rate"])
        self.assertGreater(max(shown["data"]), 20)
        loudness = shown["loudness"]["lufs"]
        self.assertEqual((shown["loudness"]["step_seconds"], len(loudness)), (1, 6))
        self.assertAlmostEqual(sum(loudness) / len(loudness), -14, delta=3)

    def test_it_is_not_sent_twice(self):
        reply = self.waveform()
        again = self.waveform(**{"If-None-Match": reply.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(self.waveform("?format=svg", **{"If-None-Match": reply.headers["ETag"]}).status, 200)
        self.assertIn("Accept", reply.headers["Vary"])

    def test_as_a_drawing(self):
        for reply in (self.waveform("?format=svg"), self.waveform(Accept="image/avif,image/svg+xml,image/*,*/*;q=0.8")):
            self.assertEqual((reply.status, reply.headers.get_content_type()), (200, "image/svg+xml"))
            self.assertIn("sandbox", reply.headers["Content-Security-Policy"])
            drawing = ElementTree.fromstring(reply.body)
            space = "{http://www.w3.org/2000/svg}"
            self.assertIn(TITLE, drawing.find(space + "title").text)
            self.assertEqual(len(drawing.findall(space + "path")), 3)

    def test_as_the_bytes_that_it_is(self):
        shown, reply = self.waveform().json, self.waveform("?format=dat")
        self.assertEqual(reply.status, 200)
        self.assertLessEqual(len(reply.body), 4096)
        version, flags, rate, frames, pairs, channels = struct.unpack_from("<iIiiIi", reply.body)
        self.assertEqual((version, flags, channels), (2, 1, 1))
        self.assertEqual((rate, frames, pairs), (shown["sample_rate"], shown["samples_per_pixel"], shown["length"]))
        self.assertEqual(list(struct.unpack_from(f"<{2 * pairs}b", reply.body, 24)), shown["data"])

    def test_the_spectrogram(self):
        reply = self.api("GET", self.track["spectrogram_url"])
        self.assertEqual((reply.status, reply.headers.get_content_type()), (200, "image/png"))
        self.assertTrue(reply.body.startswith(b"\x89PNG\r\n\x1a\n"))
        self.assertEqual(struct.unpack_from(">II", reply.body, 16), (1000, 256))

    def test_they_are_files_of_the_track(self):
        files = self.api("GET", f"/api/jobs/{self.job['job_id']}/paths").json["files"]
        self.assertLessEqual({"audio", "waveform", "spectrogram"}, {file["kind"] for file in files})
        for file in files:
            self.assertEqual(os.path.getsize(file["path"]), file["size_bytes"])

    def test_another_track_of_the_same_sound_shares_them_and_the_last_takes_them_along(self):
        first = self.s.finish(self.site.watch("frontiers", clip=4))
        second = self.s.finish(first["url"])
        pictures = [f["path"] for f in self.api("GET", f"/api/jobs/{second['job_id']}/paths").json["files"]
                    if f["kind"] in ("waveform", "spectrogram")]
        self.assertEqual(len(pictures), 2)
        self.remove(first)
        self.assertEqual(self.api("GET", f"/api/tracks/{second['track_id']}/waveform").status, 200)
        self.remove(second)
        eventually(lambda: not any(os.path.exists(path) for path in pictures), 20, "their end")

    def test_what_is_not_there_is_said(self):
        self.assertProblem(self.waveform("?format=jpg"), 422, "input", ["format"])
        self.assertProblem(self.api("GET", self.track["waveform_url"], key=None), 401, "unauthorized")
        nobody = "/api/tracks/01912345-6789-7abc-8def-0123456789ab/"
        for what in ("waveform", "waveform?format=svg", "spectrogram"):
            self.assertProblem(self.api("GET", nobody + what), 404, "not_found")


if __name__ == "__main__":
    main()
