"""The signals of EBU Tech 3341 and 3342, generated from their definitions: what the meters read, and what mastering
makes of them. Those of real programmes (3341: 7 and 8; 3342: 5 and 6) cannot be generated. 9 to 14 are of meters with a
needle, which this is none."""

import array
import math
import os
import struct
import tempfile
import unittest

import media

RATE = 48000


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


def linear(db):
    return 10 ** (db / 20)


def write(name, mono):
    """A file of two equal channels of floats."""
    both = array.array("f", [0]) * (2 * len(mono))
    both[::2] = both[1::2] = mono
    data = both.tobytes()
    with open(path(name), "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
                   struct.pack("<IHHIIHH", 16, 3, 2, RATE, RATE * 8, 8, 32) + b"data" + struct.pack("<I", len(data)) + data)
    return path(name)


def tone(*levels_and_seconds):
    """A sine of 1 kHz, 48 samples long, whose level changes: pairs of dBFS and seconds."""
    made = array.array("f")
    for level, seconds in levels_and_seconds:
        cycle = array.array("f", (linear(level) * math.sin(2 * math.pi * i / 48) for i in range(48)))
        made.extend(cycle * round(seconds * RATE / 48))
    return made


INTEGRATED = {
    1: (-23, ((-23, 20),)),
    2: (-33, ((-33, 20),)),
    3: (-23, ((-36, 10), (-23, 60), (-36, 10))),
    4: (-23, ((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10))),
    5: (-23, ((-26, 20), (-20, 20.1), (-26, 20))),
}

RANGE = {
    1: (10, ((-20, 20), (-30, 20))),
    2: (5, ((-20, 20), (-15, 20))),
    3: (20, ((-40, 20), (-20, 20))),
    4: (15, ((-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20))),
}

# Case: divisor of the sample rate, phase in degrees, amplitude, true peak. The samples miss the peak by up to 3 dB.
TRUE_PEAK = {
    15: (4, 0, 0.5, -6),
    16: (4, 45, 0.5, -6),
    17: (6, 60, 0.5, -6),
    18: (8, 67.5, 0.5, -6),
    19: (4, 45, 1.41, 3),
}


class Meters(unittest.TestCase):
    def measure(self, file):
        reply = media.run("verify", file, {"loudness": True})
        self.assertEqual(reply.status, 0, reply)
        return reply.result

    def check_peak(self, found, expected):
        self.assertGreaterEqual(found["true_peak_dbtp"], expected - 0.4)
        self.assertLessEqual(found["true_peak_dbtp"], expected + 0.2)

    def test_integrated_loudness(self):
        for case, (expected, levels) in INTEGRATED.items():
            with self.subTest(case):
                found = self.measure(write("integrated.wav", tone(*levels)))
                self.assertAlmostEqual(found["lufs"], expected, delta=0.1)

    def test_surround_is_measured_as_the_stereo_that_is_made_of_it(self):
        """Case 6 in five channels, -23 LUFS as such. What is kept and heard is its downmix (ITU-R BS.775, scaled so
        that it cannot clip), and that is what is measured: L + C/sqrt(2) + Ls/sqrt(2), all of one phase."""
        levels = {"FL": -28, "FR": -28, "FC": -24, "BL": -30, "BR": -30}
        channels = "|".join(f"{linear(level):.9f}*sin(2*PI*1000*t)" for level in levels.values())
        media.synthesize(path("surround.wav"), f"{channels}:c=5.0", 20, "-c:a", "pcm_f32le")
        half = math.sqrt(0.5)
        mixed = (linear(-28) + half * linear(-24) + half * linear(-30)) / (1 + 2 * half)
        found = self.measure(path("surround.wav"))
        self.assertAlmostEqual(found["lufs"], 20 * math.log10(mixed), delta=0.1)

    def test_mono_is_measured_as_the_two_equal_channels_that_it_becomes(self):
        media.synthesize(path("mono.wav"), f"{linear(-23):.9f}*sin(2*PI*1000*t)", 20, "-c:a", "pcm_f32le")
        self.assertAlmostEqual(self.measure(path("mono.wav"))["lufs"], -23, delta=0.1)

    def test_loudness_range(self):
        for case, (expected, levels) in RANGE.items():
            with self.subTest(case):
                found = self.measure(write("range.wav", tone(*levels)))
                self.assertAlmostEqual(found["lra_lu"], expected, delta=1)

    def test_true_peak_of_tones(self):
        for case, (divisor, degrees, amplitude, expected) in TRUE_PEAK.items():
            with self.subTest(case):
                angle, phase = 2 * math.pi / divisor, math.radians(degrees)
                made = array.array("f", (amplitude * math.sin(angle * i + phase) for i in range(RATE)))
                # A tone that begins at once has a step at its ends, whose overshoot is not meant.
                for i in range(480):
                    made[i] *= i / 480
                    made[-1 - i] *= i / 480
                self.check_peak(self.measure(write("peak.wav", made)), expected)

    def test_true_peak_between_the_samples(self):
        """Cases 20 to 23: made at four times the rate, a tone of a sixth of the rate at half scale with one cycle of a
        quarter of it at full scale inside; filtered, and every fourth sample kept, from each of the four on."""
        made = [0.5 * math.sin(2 * math.pi * i / 24) for i in range(RATE // 2)]
        middle = len(made) // 48 * 24
        made[middle:middle + 16] = [math.sin(2 * math.pi * i / 16) for i in range(16)]
        for i in range(2000):
            made[i] *= i / 2000
            made[-1 - i] *= i / 2000
        # A windowed sinc that is flat to 20 kHz and has nothing left at 28.
        taps = [(math.sin(math.pi * k / 4) / (math.pi * k / 4) if k else 1) / 4 * (0.5 + 0.5 * math.cos(math.pi * k / 97))
                for k in range(-96, 97)]
        around = range(middle - 400, middle + 400)
        filtered = {i: sum(tap * made[i + k] for k, tap in zip(range(-96, 97), taps)) for i in around}
        true = 20 * math.log10(max(abs(x) for x in filtered.values()))
        self.assertAlmostEqual(true, 0, delta=0.2)      # the signal is what the definition says
        for offset in range(4):
            with self.subTest(case=20 + offset):
                short = array.array("f", (filtered.get(i, made[i]) for i in range(offset, len(made), 4)))
                self.check_peak(self.measure(write("between.wav", short)), 0)


class Mastering(unittest.TestCase):
    """The figures of what comes out, by FFmpeg's filter."""

    def master(self, source, **request):
        out = path(f"out.{request.get('output_format', 'mp3')}")
        reply = media.run("master", source, request, out)
        self.assertEqual(reply.status, 0, reply)
        return reply.result["loudness"], media.ebur128_filter(out)

    def test_every_case_comes_out_at_the_target(self):
        signals = {f"3341-{case}": levels for case, (_, levels) in INTEGRATED.items()}
        signals |= {f"3342-{case}": levels for case, (_, levels) in RANGE.items()}
        for name, levels in signals.items():
            with self.subTest(name):
                said, heard = self.master(write("case.wav", tone(*levels)))
                self.assertAlmostEqual(heard["lufs"], -14, delta=0.2)
                self.assertAlmostEqual(said["output_lufs"], heard["lufs"], delta=0.11)
                self.assertLessEqual(heard["peak"], -1)
                self.assertIsNone(said["note"])

    def test_every_profile_in_every_format(self):
        source = write("profile.wav", tone((-30, 4), (-20, 4)))
        for output_format in ("mp3", "m4a", "ogg", "opus", "flac", "wav"):
            for target in (-14, -16, -23):
                with self.subTest(output_format=output_format, target=target):
                    said, heard = self.master(source, output_format=output_format, loudness_target_lufs=target)
                    self.assertAlmostEqual(heard["lufs"], target, delta=0.2)
                    self.assertAlmostEqual(said["output_lufs"], heard["lufs"], delta=0.11)
                    self.assertLessEqual(heard["peak"], -1)

    def test_loudness_range_survives(self):
        """The gain is one and the same from end to end."""
        for case, (expected, levels) in RANGE.items():
            with self.subTest(case):
                said, heard = self.master(write("same.wav", tone(*levels)), output_format="wav", loudness_target_lufs=-23)
                self.assertAlmostEqual(heard["lra"], expected, delta=1)
                self.assertFalse(said["limited"])


if __name__ == "__main__":
    unittest.main()
