"""`master` for tracks of an album, and for players that set the volume themselves: a gain that others decided, or none."""

import math
import os
import tempfile
import unittest

import media


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()
    for name, at in (("quiet", 20), ("loud", 90)):
        media.ffmpeg("-ss", str(at), "-t", "8", "-i", media.MUSIC % "frontiers", "-af", "volume=-5dB" if name == "quiet" else "anull",
                     "-ar", "48000", "-c:a", "pcm_s24le", path(name + ".wav"))


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


class Albums(unittest.TestCase):
    def master(self, name, request):
        out = path("out.mp3")
        reply = media.run("master", path(name + ".wav"), request, out)
        self.assertEqual(reply.status, 0, reply)
        return reply.result["loudness"], media.ebur128_filter(out)

    def measured(self, name):
        reply = media.run("master", path(name + ".wav"), {"measure_only": True})
        self.assertEqual(reply.status, 0, reply)
        return reply.result["loudness"]

    def gated(self, blocks):
        """BS.1770-4 from bins of 0.1 LU."""
        counted = [(10 ** ((-70 + (i + 0.5) / 10) / 10), n) for i, n in zip(blocks[::2], blocks[1::2])]
        mean = sum(e * n for e, n in counted) / sum(n for _, n in counted)
        above = [(e, n) for e, n in counted if e >= mean / 10]
        return 10 * math.log10(sum(e * n for e, n in above) / sum(n for _, n in above))

    def test_blocks_hold_the_loudness_of_a_track_and_of_two(self):
        both = []
        for name in ("quiet", "loud"):
            said = self.measured(name)
            self.assertAlmostEqual(self.gated(said["blocks"]), said["input_lufs"], delta=0.06)
            both += said["blocks"]
        media.ffmpeg("-i", path("quiet.wav"), "-i", path("loud.wav"), "-filter_complex", "concat=v=0:a=1:n=2", "-c:a", "pcm_s24le", path("both.wav"))
        self.assertAlmostEqual(self.gated(both), self.measured("both")["input_lufs"], delta=0.1)

    def test_measuring_alone_writes_nothing(self):
        out = path("nothing")
        self.assertEqual(media.run("master", path("loud.wav"), {"measure_only": True}, out).status, 0)
        self.assertEqual(os.path.getsize(out), 0)

    def test_silence_has_no_blocks(self):
        media.synthesize(path("silence.wav"), "0|0", 2)
        self.assertEqual(self.measured("silence")["blocks"], [])

    def test_the_albums_gain_is_taken_and_nothing_corrects_it(self):
        for gain in (-3.5, 2.25, 0):
            for name in ("quiet", "loud"):
                with self.subTest(gain=gain, name=name):
                    said, heard = self.master(name, {"album_gain_db": gain})
                    self.assertEqual(said["gain_db"], gain)
                    self.assertLessEqual(heard["peak"], -1)
                    if not said["limited"]:
                        self.assertAlmostEqual(heard["lufs"], said["input_lufs"] + gain, delta=0.15)

    def test_peaks_of_an_album_are_limited_too(self):
        said, heard = self.master("loud", {"album_gain_db": 8})
        self.assertTrue(said["limited"])
        self.assertLessEqual(heard["peak"], -1)
        self.assertLessEqual(said["output_true_peak_dbtp"], -1)

    def test_replaygain_only_changes_nothing_and_says_what_a_player_has_to(self):
        for name in ("quiet", "loud"):
            said, heard = self.master(name, {"replaygain_only": True})
            self.assertEqual((said["gain_db"], said["limited"]), (0, False))
            self.assertIn("ReplayGain", said["note"])
            self.assertAlmostEqual(heard["lufs"], said["input_lufs"], delta=0.15)
            self.assertAlmostEqual(said["replaygain"]["track_gain_db"], -18 - heard["lufs"], delta=0.11)
            self.assertAlmostEqual(20 * math.log10(said["replaygain"]["track_peak"]), said["output_true_peak_dbtp"], delta=0.01)


if __name__ == "__main__":
    unittest.main()
