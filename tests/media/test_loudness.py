"""The meters against libebur128 and FFmpeg's filter. (test_ebu.py has the signals of the EBU.)"""

import os
import tempfile
import unittest

import media


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


class Meters(unittest.TestCase):
    def measure(self, file):
        reply = media.run("verify", file, {"loudness": True})
        self.assertEqual(reply.status, 0, reply)
        return reply.result

    def synthesize(self, name, expression, seconds):
        media.synthesize(path(name), expression, seconds, "-c:a", "pcm_f32le")
        return path(name)

    def compare(self, file, peak_delta=0.25, windows=True):
        found = self.measure(file)
        library = media.libebur128(media.decode(file))
        filtered = media.ebur128_filter(file)
        self.assertAlmostEqual(found["lufs"], library["lufs"], delta=0.011)
        self.assertAlmostEqual(found["true_peak_dbtp"], library["peak"], delta=0.011)
        if windows:
            self.assertAlmostEqual(found["lra_lu"], library["lra"], delta=0.4)
        self.assertAlmostEqual(found["lufs"], filtered["lufs"], delta=0.11)
        self.assertAlmostEqual(found["lra_lu"], filtered["lra"], delta=0.25)
        self.assertAlmostEqual(found["true_peak_dbtp"], filtered["peak"], delta=peak_delta)

    def test_agrees_with_libebur128_and_ffmpeg_on_music(self):
        for song in ("frontiers", "machine_wars"):
            with self.subTest(song):
                media.ffmpeg("-ss", "60", "-t", "30", "-i", media.MUSIC % song, "-ar", "48000", "-c:a", "pcm_f32le",
                             path("music.wav"))
                self.compare(path("music.wav"))

    def test_agrees_on_noise_clicks_and_silence_between(self):
        expressions = {
            "noise": "0.3*random(0)|0.1*random(1)",
            "clicks": "0.9*eq(mod(floor(t*48000)\\,4801)\\,0)|0.02*random(2)",
            "bursts": "0.5*random(0)*between(mod(t\\,2)\\,0\\,0.3)|0.25*sin(2*PI*40*t)",
        }
        for name, expression in expressions.items():
            with self.subTest(name):
                # Near half the sample rate the filter's longer interpolator sees more than the standard's, and
                # eight seconds are six windows for libebur128 (every second) but 51 for us and the filter.
                self.compare(self.synthesize("signal.wav", expression, 8), peak_delta=0.8,
                             windows=False)

    def test_a_peak_in_the_very_last_frame_counts(self):
        """FFmpeg's filter loses it in the delay of its resampler; libebur128 does not."""
        file = self.synthesize("last.wav", "0.01*random(0)+0.9*gte(t\\,7.99997)|0.01*random(1)", 8)
        found = self.measure(file)
        self.assertAlmostEqual(found["true_peak_dbtp"], media.libebur128(media.decode(file))["peak"], delta=0.011)
        self.assertGreater(found["true_peak_dbtp"], -1)

    def test_silence_and_short_clips_have_no_loudness(self):
        found = self.measure(self.synthesize("silent.wav", "0|0", 5))
        self.assertIsNone(found["lufs"])
        self.assertIsNone(found["true_peak_dbtp"])
        found = self.measure(self.synthesize("short.wav", "0.5*sin(880*t)|0", 0.35))
        self.assertIsNone(found["lufs"])
        self.assertAlmostEqual(found["true_peak_dbtp"], -6.02, delta=0.1)


if __name__ == "__main__":
    unittest.main()
