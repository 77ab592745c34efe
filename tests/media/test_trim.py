"""`master` with trim_silence, clip_start_seconds and clip_end_seconds: what is cut, to the sample, and what is not."""

import array
import os
import struct
import tempfile
import unittest

import media

RATE = 48000
LOUD = 0.25


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


def noise(frames, peak, seed=1):
    """White, from a generator of our own: the same on every machine."""
    out, state = array.array("f"), seed
    for _ in range(frames):
        state = (state * 1103515245 + 12345) & 0x7fffffff
        out.append(peak * (state / 0x3fffffff - 1))
    return out


def silence(frames):
    return array.array("f", bytes(4 * frames))


def fade(frames, peak, seconds_per_60_db, out=True):
    """Noise whose level changes by 60 dB in so many seconds."""
    made = noise(frames, peak)
    for i in range(frames):
        at = i if out else frames - 1 - i
        made[i] *= 10 ** (-3 * at / RATE / seconds_per_60_db)
    return made


def write(name, *parts, rate=RATE):
    """A mono float file: its samples reach the trimmer as they are."""
    data = b"".join(part.tobytes() for part in parts)
    with open(path(name), "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
                   struct.pack("<IHHIIHH", 16, 3, 1, rate, rate * 4, 4, 32) + b"data" + struct.pack("<I", len(data)) + data)
    return path(name)


class Cutting(unittest.TestCase):
    def master(self, source, **request):
        """Lossless and at its own level, so that samples can be compared."""
        out = path("out.wav")
        reply = media.run("master", source, {"output_format": "wav", "bit_depth_bits": 24, "sample_rate_hz": 0,
                                             "normalize": False} | request, out)
        self.assertEqual(reply.status, 0, reply)
        return reply.result, media.decode(out, rate=reply.result["output"]["sample_rate_hz"])[::2]

    def trim(self, source, **request):
        return self.master(source, **{"trim_silence": True, "trim_threshold_dbfs": -60, "trim_min_seconds": 1,
                                      "trim_padding_seconds": 0.25} | request)

    def check(self, result, samples, parts, first, behind):
        """Frames [first, behind) of the parts, and a report that says so."""
        whole = array.array("f")
        for part in parts:
            whole.extend(part)
        self.assertEqual(result["output"]["frames"], behind - first)
        self.assertEqual(len(samples), behind - first)
        self.assertLess(max(abs(a - b) for a, b in zip(samples, whole[first:behind])), 3e-7)
        said = result["trim"]
        self.assertAlmostEqual(said["start_seconds"], first / RATE, delta=1e-6)
        self.assertAlmostEqual(said["offset_seconds"], first / RATE, delta=1e-6)
        self.assertAlmostEqual(said["end_seconds"], (len(whole) - behind) / RATE, delta=1e-6)
        self.assertEqual(result["loudness"]["trimmed_start_seconds"], said["start_seconds"])
        self.assertEqual(result["loudness"]["trimmed_end_seconds"], said["end_seconds"])

    def test_both_ends_are_cut_to_the_sample(self):
        parts = silence(2 * RATE + 17), noise(3 * RATE, LOUD), silence(3 * RATE + 5)
        source = write("both.wav", *parts)
        loud = next(i for i, x in enumerate(parts[1]) if abs(x) > 0.001)
        result, samples = self.trim(source)
        self.check(result, samples, parts, 2 * RATE + 17 + loud - RATE // 4, 5 * RATE + 17 + RATE // 4)
        self.assertIsNone(result["trim"]["note"])
        result, samples = self.trim(source, trim_padding_seconds=0)
        self.check(result, samples, parts, 2 * RATE + 17 + loud, 5 * RATE + 17)

    def test_it_is_not_done_unasked(self):
        parts = silence(2 * RATE), noise(RATE, LOUD), silence(2 * RATE)
        result, samples = self.master(write("asked.wav", *parts))
        self.check(result, samples, parts, 0, 5 * RATE)

    def test_short_silence_stays_and_so_does_silence_inside(self):
        parts = silence(RATE - 48), noise(RATE, LOUD), silence(4 * RATE), noise(RATE, LOUD, 2), silence(RATE // 2)
        result, samples = self.trim(write("short.wav", *parts))
        self.check(result, samples, parts, 0, sum(map(len, parts)))

    def test_padding_longer_than_the_silence_adds_nothing(self):
        parts = silence(2 * RATE), noise(RATE, LOUD), silence(2 * RATE)
        result, samples = self.trim(write("padding.wav", *parts), trim_padding_seconds=10)
        self.check(result, samples, parts, 0, 5 * RATE)

    def test_a_level_floor_under_the_threshold_is_silence_and_one_above_is_not(self):
        for floor, cut in ((0.0005, True), (0.002, False)):
            with self.subTest(floor=floor):
                parts = noise(3 * RATE, floor, 5), noise(4 * RATE, LOUD), noise(3 * RATE, floor, 7)
                result, _ = self.trim(write("floor.wav", *parts))
                for end in ("start_seconds", "end_seconds"):
                    self.assertAlmostEqual(result["trim"][end], 2.75 if cut else 0, delta=0.11)

    def test_the_threshold_is_a_setting(self):
        parts = noise(3 * RATE, 0.002, 5), noise(4 * RATE, LOUD), silence(0)
        for threshold, cut in ((-55, 0), (-50, 2.75)):
            result, _ = self.trim(write("threshold.wav", *parts), trim_threshold_dbfs=threshold)
            self.assertAlmostEqual(result["trim"]["start_seconds"], cut, delta=0.11)

    def test_fades_are_kept_to_their_end(self):
        """From -12 dBFS by 60 dB in 6 s and on: under the threshold after 4.8 s, inaudible not before 8 s."""
        parts = (silence(3 * RATE), fade(8 * RATE, LOUD, 6, out=False), noise(RATE, LOUD), fade(8 * RATE, LOUD, 6), silence(3 * RATE))
        result, _ = self.trim(write("fades.wav", *parts))
        for end in ("start_seconds", "end_seconds"):
            self.assertLessEqual(result["trim"][end], 2.75)
            self.assertGreater(result["trim"][end], 2.6)

    def test_a_fade_into_a_floor_ends_there(self):
        tail, floor = fade(8 * RATE, LOUD, 6), noise(14 * RATE, 0.0003, 9)
        for i in range(len(tail)):
            tail[i] += floor[i]
        result, _ = self.trim(write("into.wav", noise(RATE, LOUD), tail, floor[8 * RATE:]))
        # The noise is as loud as the fade after 5.8 s of 14, and two seconds later all that is left.
        self.assertGreater(result["trim"]["end_seconds"], 5.9)
        self.assertLess(result["trim"]["end_seconds"], 8.2)

    def test_a_fade_to_the_very_end_stays_whole(self):
        result, _ = self.trim(write("whole.wav", noise(RATE, LOUD), fade(9 * RATE, LOUD, 6)))
        self.assertEqual(result["trim"]["end_seconds"], 0)
        self.assertEqual(result["output"]["frames"], 10 * RATE)

    def test_less_than_a_tenth_is_never_left(self):
        for loud, cut in ((0.8, False), (1.2, True)):
            with self.subTest(loud=loud):
                parts = silence(4 * RATE), noise(int(loud * RATE), LOUD), silence(10 * RATE - int(loud * RATE) - 4 * RATE)
                result, _ = self.trim(write("tenth.wav", *parts), trim_padding_seconds=0)
                self.assertEqual(result["trim"]["start_seconds"] > 0, cut)
                self.assertEqual("tenth" in (result["trim"]["note"] or ""), not cut)

    def test_what_is_silent_from_end_to_end_stays_as_long_as_it_is(self):
        result, samples = self.trim(write("silent.wav", silence(5 * RATE)))
        self.check(result, samples, (silence(5 * RATE),), 0, 5 * RATE)
        self.assertIn("silent", result["trim"]["note"])

    def test_loudness_is_that_of_what_is_left(self):
        """Tone and a floor so loud that the gate of BS.1770 lets it pass: with it the tone would read 0.9 LU less."""
        parts = noise(8 * RATE, 0.05, 3), noise(30 * RATE, 0.1)
        result, _ = self.trim(write("left.wav", *parts), normalize=True, loudness_target_lufs=-23, trim_threshold_dbfs=-25)
        self.assertGreater(result["trim"]["start_seconds"], 7.5)
        alone, _ = self.master(write("alone.wav", parts[1]))
        self.assertAlmostEqual(result["loudness"]["input_lufs"], alone["loudness"]["input_lufs"], delta=0.05)
        self.assertAlmostEqual(result["loudness"]["output_lufs"], -23, delta=0.1)

    def test_a_clip_is_cut_to_the_sample(self):
        parts = (noise(6 * RATE, LOUD),)
        source = write("clip.wav", *parts)
        for start, end, first, behind in ((1.5, 4.25, 72000, 204000), (0, 2, 0, 96000), (5, None, 240000, 288000),
                                          (4, 100, 192000, 288000), (1, 1 + 1 / RATE, 48000, 48001)):
            with self.subTest(start=start, end=end):
                result, samples = self.master(source, clip_start_seconds=start, clip_end_seconds=end)
                self.assertEqual(len(samples), behind - first)
                self.assertLess(max(abs(a - b) for a, b in zip(samples, parts[0][first:behind])), 3e-7)
                self.assertAlmostEqual(result["trim"]["offset_seconds"], start, delta=1e-6)
                self.assertEqual((result["trim"]["start_seconds"], result["trim"]["end_seconds"]), (0, 0))

    def test_a_clip_is_trimmed_within_itself(self):
        parts = noise(2 * RATE, LOUD), silence(4 * RATE), noise(3 * RATE, LOUD), silence(4 * RATE), noise(2 * RATE, LOUD)
        result, _ = self.trim(write("within.wav", *parts), clip_start_seconds=3, clip_end_seconds=12)
        self.assertAlmostEqual(result["trim"]["start_seconds"], 2.75, delta=0.001)
        self.assertAlmostEqual(result["trim"]["end_seconds"], 2.75, delta=0.001)
        self.assertAlmostEqual(result["trim"]["offset_seconds"], 5.75, delta=0.001)

    def test_a_clip_of_nothing_is_refused(self):
        source = write("nothing.wav", noise(RATE, LOUD))
        for clip in ({"clip_start_seconds": 1}, {"clip_start_seconds": 0.5, "clip_end_seconds": 0.5},
                     {"clip_start_seconds": 0.5, "clip_end_seconds": 0.2}):
            reply = media.run("master", source, clip)
            self.assertEqual((reply.status, reply.kind), (1, "input"), reply)

    def test_a_lossy_file_of_every_rate_is_cut_to_the_sample_too(self):
        for rate in (44100, 32000):
            with self.subTest(rate):
                source = write("rate.wav", silence(2 * rate), noise(3 * rate, LOUD), silence(2 * rate), rate=rate)
                out = path("out.mp3")
                reply = media.run("master", source, {"trim_silence": True, "trim_padding_seconds": 0}, out)
                self.assertEqual(reply.status, 0, reply)
                cut = reply.result["trim"]["start_seconds"] + reply.result["trim"]["end_seconds"]
                self.assertEqual(media.count_frames(out), 7 * RATE - round(cut * RATE))
                # Rate conversion rings for a millisecond before the first sample.
                self.assertAlmostEqual(reply.result["trim"]["start_seconds"], 2, delta=0.002)
                self.assertAlmostEqual(reply.result["trim"]["end_seconds"], 2, delta=0.002)


if __name__ == "__main__":
    unittest.main()
