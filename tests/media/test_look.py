"""`master`: what there is to look at. Signals whose picture is known, read back from the two files."""

import os
import struct
import subprocess
import tempfile
import unittest

import media

BANDS, WIDTH, TOP_HZ = 256, 1000, 24000
KEPT = {"normalize": False, "output_format": "flac"}     # as it is, and quickly


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


class Waveform:
    """A file of audiowaveform, version 2, with the loudness behind it."""

    def __init__(self, data):
        version, flags, self.rate, self.frames_per_pair, pairs, channels = struct.unpack_from("<iIiiIi", data)
        assert (version, flags, channels) == (2, 1, 1), data[:24]
        values = struct.unpack_from(f"<{2 * pairs}b", data, 24)
        self.low, self.high = values[::2], values[1::2]
        step_ms, count = struct.unpack_from("<II", data, 24 + 2 * pairs)
        self.step = step_ms / 1000
        self.lufs = [value / 4 - 60 if value else None for value in data[32 + 2 * pairs:]]
        assert len(self.lufs) == count
        self.size = len(data)

    def at(self, seconds):
        pair = int(seconds * self.rate / self.frames_per_pair)
        return self.low[pair], self.high[pair]


class Picture:
    """Brightness by column and frequency, by the ffmpeg program."""

    def __init__(self, file):
        self.size = os.path.getsize(file)
        stream = media.probe(file)["streams"][0]
        assert (stream["width"], stream["height"]) == (WIDTH, BANDS), stream
        rgb = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", file, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"],
                             check=True, capture_output=True, timeout=media.TIMEOUT).stdout
        self.light = [0.3 * rgb[i] + 0.59 * rgb[i + 1] + 0.11 * rgb[i + 2] for i in range(0, len(rgb), 3)]

    def column(self, part):
        """From low to high, at `part` (0 to 1) of the length."""
        return self.light[int(part * WIDTH)::WIDTH][::-1]

    def loudest_hz(self, part):
        column = self.column(part)
        return (column.index(max(column)) + 0.5) * TOP_HZ / BANDS


class Look(unittest.TestCase):
    def look(self, source, request=None):
        """The report, the waveform and the picture."""
        files = path("waveform"), path("spectrogram.png")
        for file in files:
            if os.path.exists(file):
                os.unlink(file)
        reply = media.run("master", source, request or KEPT, path("out"), look=files, timeout=4 * media.TIMEOUT)
        self.assertEqual(reply.status, 0, reply)
        with open(files[0], "rb") as file:
            waveform = Waveform(file.read())
        self.assertLessEqual(waveform.size, 4096)
        picture = Picture(files[1])
        self.assertLessEqual(picture.size, 200000)
        made = reply.result["output"]
        pairs = len(waveform.low)
        self.assertEqual(waveform.rate, made["sample_rate_hz"])
        self.assertGreaterEqual(pairs * waveform.frames_per_pair, made["frames"])
        self.assertLess((pairs - 2) * waveform.frames_per_pair, made["frames"])
        self.assertGreaterEqual(len(waveform.lufs) * waveform.step, made["duration_seconds"] - 0.02)
        return reply.result, waveform, picture

    def tone(self, name, expression, seconds, *arguments, rate=48000):
        media.synthesize(path(name), expression, seconds, *arguments, rate=rate)
        return path(name)

    def test_a_tone_is_where_it_must_be(self):
        source = self.tone("steps.wav", "0.5*sin(2*PI*1000*t)*lt(t\\,10)+0.125*sin(2*PI*12000*t)*gte(t\\,10)", 20)
        _, waveform, picture = self.look(source)
        for seconds, level in ((1, 0.5), (5, 0.5), (9.9, 0.5), (10.1, 0.125), (19, 0.125)):
            low, high = waveform.at(seconds)
            self.assertAlmostEqual(high, level * 128, delta=1)
            self.assertAlmostEqual(low, -level * 128, delta=1)
        # Two equal channels: a sine of 1 kHz at -6.02 dBFS is -6 LUFS; K-weighting adds 3.3 dB at 12 kHz.
        self.assertAlmostEqual(waveform.lufs[4], -6.0, delta=0.3)
        self.assertAlmostEqual(waveform.lufs[15], -18.06 + 3.3, delta=0.4)
        self.assertAlmostEqual(picture.loudest_hz(0.25), 1000, delta=100)
        self.assertAlmostEqual(picture.loudest_hz(0.75), 12000, delta=100)
        self.assertAlmostEqual(picture.loudest_hz(0.49), 1000, delta=100)
        self.assertAlmostEqual(picture.loudest_hz(0.51), 12000, delta=100)
        self.assertGreater(max(picture.column(0.25)), max(picture.column(0.75)), "12 dB less are darker")
        # Far from the tone there is nothing.
        self.assertLess(max(picture.column(0.25)[60:]), 5)

    def test_the_level_of_a_colour_does_not_depend_on_rate_length_or_phase(self):
        seen = []
        for rate, seconds, expression in ((48000, 3, "0.25*sin(2*PI*3000*t)"), (44100, 3, "0.25*sin(2*PI*3000*t)"),
                                          (8000, 3, "0.25*sin(2*PI*3000*t)"), (96000, 2, "0.25*sin(2*PI*3000*t)"),
                                          (32000, 100, "0.25*sin(2*PI*3000*t)"),
                                          (48000, 3, "0.25*sin(2*PI*3000*t)|-0.25*sin(2*PI*3000*t)")):
            with self.subTest(rate=rate, seconds=seconds):
                source = self.tone("level.flac", expression, seconds, rate=rate)
                _, _, picture = self.look(source, {**KEPT, "sample_rate_hz": 0 if rate < 96000 else 96000})
                self.assertAlmostEqual(picture.loudest_hz(0.5), 3000, delta=100)
                seen.append(max(picture.column(0.5)))
        self.assertLess(max(seen) - min(seen), 4, seen)

    def test_silence_is_black_flat_and_without_loudness(self):
        _, waveform, picture = self.look(self.tone("silent.wav", "0|0", 5))
        self.assertEqual(set(waveform.low + waveform.high), {0})
        self.assertEqual(waveform.lufs, [None] * 5)
        self.assertLess(max(picture.light), 2)

    def test_a_click_is_seen_however_short_it_is(self):
        source = self.tone("click.wav", "0.001*sin(2*PI*100*t)+0.8*eq(n\\,2880000)", 120)
        _, waveform, _ = self.look(source)
        pair = waveform.high.index(max(waveform.high))
        self.assertAlmostEqual(waveform.high[pair], 0.8 * 128, delta=1)
        self.assertAlmostEqual((pair + 0.5) * waveform.frames_per_pair / 48000, 60, delta=0.2)

    def test_what_is_shown_is_the_file_that_is_made(self):
        """After its gain and under its ceiling."""
        source = self.tone("dynamic.wav", "0.05*sin(2*PI*500*t)+0.35*between(mod(t\\,1)\\,0\\,0.003)*sin(2*PI*1500*t)", 12)
        result, waveform, _ = self.look(source, {"output_format": "flac"})
        said = result["loudness"]
        self.assertTrue(said["limited"])
        self.assertLessEqual(max(waveform.high), 10 ** (-1 / 20) * 128 + 1)
        self.assertGreater(max(waveform.high), 10 ** (-2 / 20) * 128)
        self.assertAlmostEqual(waveform.lufs[6], said["output_lufs"], delta=1)

    def test_what_is_trimmed_or_clipped_is_not_shown(self):
        source = self.tone("ends.wav", "0.3*sin(2*PI*2000*t)*between(t\\,4\\,16)", 20)
        result, waveform, picture = self.look(source, {**KEPT, "trim_silence": True, "trim_padding_seconds": 0})
        self.assertAlmostEqual(result["output"]["duration_seconds"], 12, delta=0.01)
        self.assertGreater(min(waveform.high[1:-1]), 0.29 * 128)
        self.assertAlmostEqual(len(waveform.lufs), 12, delta=1)
        for part in (0.01, 0.5, 0.98):
            self.assertAlmostEqual(picture.loudest_hz(part), 2000, delta=100)
        _, waveform, picture = self.look(source, {**KEPT, "clip_start_seconds": 2, "clip_end_seconds": 6})
        self.assertEqual(waveform.at(1.9), (0, 0))
        self.assertAlmostEqual(waveform.at(2.1)[1], 0.3 * 128, delta=1)
        self.assertLess(max(picture.column(0.45)), 5)
        self.assertAlmostEqual(picture.loudest_hz(0.55), 2000, delta=100)

    def test_what_is_copied_is_shown_as_it_is(self):
        source = self.tone("loud.flac", "0.9*sin(2*PI*1000*t)", 5)
        result, waveform, picture = self.look(source, {"output_format": "source"})
        self.assertTrue(result["output"]["remuxed"])
        self.assertAlmostEqual(max(waveform.high), 0.9 * 128, delta=1)
        self.assertAlmostEqual(waveform.lufs[2], result["loudness"]["output_lufs"], delta=0.2)
        self.assertAlmostEqual(picture.loudest_hz(0.5), 1000, delta=100)

    def test_very_short_ones(self):
        for frames in (1, 63, 64, 65, 4800):
            with self.subTest(frames):
                source = path("short.wav")
                media.ffmpeg("-f", "lavfi", "-i", "aevalsrc=0.5:s=48000:d=1", "-af", f"atrim=end_sample={frames}", source)
                result, waveform, _ = self.look(source)
                self.assertEqual(result["output"]["frames"], frames)
                self.assertAlmostEqual(max(waveform.high), 64, delta=1)
        _, waveform, _ = self.look(self.tone("second.wav", "0.5*sin(2*PI*400*t)", 1))
        self.assertGreaterEqual(len(waveform.high), 500)
        self.assertEqual(len(waveform.lufs), 1)

    def test_four_hours_take_no_more_room_and_no_detail_away(self):
        noise = self.tone("noise.flac", "random(0)-0.5", 60, rate=8000)
        marked = self.tone("marked.flac", "0.9*sin(2*PI*1000*t)", 60, rate=8000)
        with open(path("list"), "w", encoding="utf-8") as file:
            file.writelines(f"file '{marked if minute == 120 else noise}'\n" for minute in range(240))
        media.ffmpeg("-f", "concat", "-safe", "0", "-i", path("list"), "-c", "copy", path("hours.flac"))
        request = {"output_format": "source", "max_duration_seconds": 14500}
        result, waveform, picture = self.look(path("hours.flac"), request)
        self.assertAlmostEqual(result["output"]["duration_seconds"], 14400, delta=1)
        self.assertGreaterEqual(len(waveform.high), 680)
        self.assertGreaterEqual(len(waveform.lufs), 450)
        self.assertAlmostEqual(waveform.at(7230)[1], 0.9 * 128, delta=1)
        self.assertLess(waveform.at(7150)[1], 66)
        self.assertLess(waveform.at(7310)[1], 66)
        self.assertAlmostEqual(waveform.lufs[int(7230 / waveform.step)], 20 * -0.0458, delta=0.5)
        self.assertAlmostEqual(picture.loudest_hz(7230 / 14400), 1000, delta=100)

    def test_descriptors_for_pictures_are_checked(self):
        source = self.tone("some.wav", "0.1*sin(2*PI*400*t)", 1)
        taken = path("taken")
        with open(taken, "wb") as file:
            file.write(b"somebody's")
        self.assertEqual(media.run("master", source, KEPT, look=(taken, path("new1"))).kind, "input")
        self.assertEqual(media.run("master", source, KEPT, look=(path("new2"), taken)).kind, "input")
        with open(taken, "rb") as file:
            self.assertEqual(file.read(), b"somebody's")


if __name__ == "__main__":
    unittest.main()
