"""Every format that is written: its length to the sample, its codec, its level, what other programs read in it."""

import array
import hashlib
import math
import os
import struct
import subprocess
import tempfile
import unittest

import mutagen

import media

LOSSY = ("mp3", "m4a", "ogg", "opus")
LOSSLESS = ("wav", "flac")
CODECS = {"mp3": "mp3", "m4a": "aac", "ogg": "vorbis", "opus": "opus", "wav": "pcm_s16le", "flac": "flac"}


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()
    # A length that is no whole number of anything: not of frames, not of milliseconds.
    media.ffmpeg("-ss", "75", "-i", media.MUSIC % "machine_wars", "-ar", "48000", "-af", "atrim=end_sample=168293",
                 path("music.wav"))


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


def ints(file, depth):
    """Interleaved integers, as the ffmpeg program decodes them."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", file, "-f", "s32le", "-"], check=True,
                         capture_output=True, timeout=media.TIMEOUT)
    return [x >> (32 - depth) for x in array.array("i", out.stdout)]


class Formats(unittest.TestCase):
    def master(self, source, **request):
        out = path("out." + request["output_format"])
        reply = media.run("master", source, request, out)
        self.assertEqual(reply.status, 0, reply)
        output = reply.result["output"]
        self.assertEqual(output["size_bytes"], os.path.getsize(out))
        if output["duration_seconds"] > 0.2:
            self.assertEqual(output["frames"], media.played_frames(out))
        return reply.result, out

    def check_readers(self, out, rate, seconds):
        """ffprobe and mutagen agree with each other and with what was asked for."""
        stream = media.probe(out)["streams"][0]
        self.assertEqual((int(stream["sample_rate"]), stream["channels"]), (rate, 2))
        read = mutagen.File(out).info
        self.assertEqual(read.channels, 2)
        self.assertEqual(getattr(read, "sample_rate", 48000), rate)     # of Opus mutagen says none: it is always this
        self.assertAlmostEqual(read.length, seconds, delta=0.03 if out.endswith((".mp3", ".m4a")) else 0.0006)

    def test_every_format_decodes_to_the_length_of_its_source(self):
        for name, codec in CODECS.items():
            for rate in (48000, 44100):
                with self.subTest(name, rate=rate):
                    media.ffmpeg("-i", path("music.wav"), "-ar", str(rate), path("rate.wav"))
                    frames = media.count_frames(path("rate.wav"))
                    result, out = self.master(path("rate.wav"), output_format=name, sample_rate_hz=0)
                    made = 48000 if name == "opus" else rate
                    self.assertEqual(result["output"]["frames"], round(frames * made / rate))
                    self.assertEqual(result["output"]["sample_rate_hz"], made)
                    self.assertEqual(result["output"]["codec"], codec)
                    self.assertEqual(media.probe(out)["streams"][0]["codec_name"], codec)
                    self.check_readers(out, made, frames / rate)
                    heard = media.ebur128_filter(out)
                    self.assertAlmostEqual(heard["lufs"], -14, delta=0.2)
                    self.assertLessEqual(heard["peak"], -1)

    def test_lengths_around_the_frames_of_the_codecs(self):
        for frames in (1, 128, 960, 1025, 4608):
            media.ffmpeg("-i", path("music.wav"), "-af", f"atrim=end_sample={frames}", path("short.wav"))
            for name in CODECS:
                with self.subTest(name, frames=frames):
                    result, out = self.master(path("short.wav"), output_format=name, normalize=False)
                    self.assertEqual((result["output"]["frames"], media.played_frames(out)), (frames, frames))

    def test_lossy_formats_stay_in_time(self):
        """Where a click is, it stays: a delay that is not removed would move it."""
        media.synthesize(path("click.wav"), "0.5*eq(n\\,20000)|0.5*eq(n\\,20000)", 1, "-c:a", "pcm_f32le")
        for name in LOSSY:
            with self.subTest(name):
                _, out = self.master(path("click.wav"), output_format=name, normalize=False)
                left = media.decode(out)[0::2]
                self.assertAlmostEqual(max(range(len(left)), key=lambda i: abs(left[i])), 20000, delta=1)

    def test_bit_rates_and_qualities(self):
        for name in LOSSY:
            sizes = []
            for request in ({"bitrate_kbps": 320}, {"bitrate_kbps": 192}, {"bitrate_kbps": 128}):
                result, out = self.master(path("music.wav"), output_format=name, **request)
                self.assertEqual(result["output"]["bitrate_kbps"], request["bitrate_kbps"])
                sizes.append(os.path.getsize(out))
            with self.subTest(name, sizes=sizes):
                self.assertEqual(sizes, sorted(sizes, reverse=True))
                self.assertGreater(sizes[0], 1.5 * sizes[2])
            sizes = []
            for quality in (0, 4, 9):
                result, out = self.master(path("music.wav"), output_format=name, vbr_quality=quality)
                self.assertIsNone(result["output"]["bitrate_kbps"])
                sizes.append(os.path.getsize(out))
            with self.subTest(name, qualities=sizes):
                self.assertEqual(sizes, sorted(sizes, reverse=True))
                self.assertEqual(len(set(sizes)), 3)

    def test_lossless_formats_keep_every_bit_of_a_source_that_nothing_changes(self):
        for depth in (16, 24):
            media.synthesize(path("bits.wav"), "0.7*(random(0)-0.5)|0.7*(random(1)-0.5)", 1.3, "-c:a",
                             f"pcm_s{depth}le")
            media.ffmpeg("-i", path("bits.wav"), path("bits.flac"))
            for name, source in (("wav", "bits.flac"), ("flac", "bits.wav")):   # of another format: it has to be encoded
                with self.subTest(name, depth=depth):
                    result, out = self.master(path(source), output_format=name, bit_depth_bits=depth,
                                              normalize=False)
                    self.assertEqual(result["output"]["bit_depth_bits"], depth)
                    self.assertEqual(ints(out, depth), ints(path("bits.wav"), depth))

    def test_lossless_formats_keep_every_rate(self):
        for rate in (8000, 22050, 96000, 192000):
            media.ffmpeg("-i", path("music.wav"), "-ar", str(rate), "-c:a", "pcm_s24le", path("rate.wav"))
            for name in LOSSLESS:
                with self.subTest(name, rate=rate):
                    result, out = self.master(path("rate.wav"), output_format=name, sample_rate_hz=0, bit_depth_bits=24)
                    self.assertEqual(result["output"]["frames"], media.count_frames(path("rate.wav")))
                    self.assertEqual(media.probe(out)["streams"][0]["sample_rate"], str(rate))
                    self.assertAlmostEqual(result["loudness"]["output_lufs"], -14, delta=0.2)

    def test_a_flac_states_the_checksum_of_its_samples(self):
        _, out = self.master(path("music.wav"), output_format="flac")
        samples = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", out, "-f", "s16le", "-"], check=True,
                                 capture_output=True).stdout
        with open(out, "rb") as file:
            head = file.read(42)
        self.assertEqual(head[:4], b"fLaC")
        self.assertEqual(struct.unpack(">Q", head[18:26])[0] & 0xFFFFFFFFF, len(samples) // 4)
        self.assertEqual(head[26:42], hashlib.md5(samples).digest())

    def test_the_same_input_makes_the_same_file(self):
        for name in CODECS:
            _, out = self.master(path("music.wav"), output_format=name)
            with open(out, "rb") as file:
                first = file.read()
            self.master(path("music.wav"), output_format=name)
            with open(out, "rb") as file:
                self.assertEqual(file.read(), first, name)
            self.assertNotIn(b"Lavf", first, "nobody needs to know what wrote it")

    def test_sixteen_bits_are_dithered(self):
        """A tone of half a step would vanish, or become a square; dithered it is still the tone, in a noise that does
        not know of it."""
        media.synthesize(path("faint.wav"), "sin(2*PI*1000*t)/65536|0", 4, "-c:a", "pcm_f32le")
        _, out = self.master(path("faint.wav"), output_format="wav", normalize=False)
        samples = ints(out, 16)
        left, right = samples[0::2], samples[1::2]

        def tone(hz):
            wave = [(math.sin(2 * math.pi * hz * n / 48000), math.cos(2 * math.pi * hz * n / 48000))
                    for n in range(48000)]
            parts = [sum(left[n] * wave[n % 48000][p] for n in range(len(left))) for p in (0, 1)]
            return 2 * math.hypot(*parts) / len(left)
        self.assertAlmostEqual(tone(1000), 0.5, delta=0.02)
        for hz in (2000, 3000, 5000):
            self.assertLess(tone(hz), 0.02, "no harmonics")
        for channel in (left, right):
            self.assertLess(abs(sum(channel) / len(channel)), 0.01, "no offset")
            self.assertLessEqual(max(map(abs, channel)), 2)
        error = sum(x * x for x in right) / len(right)
        self.assertAlmostEqual(error, 0.25, delta=0.02)        # TPDF of two steps, rounded: a quarter of a step squared
        pairs = sum(x * y for x, y in zip(left, right)) / len(right)
        self.assertLess(abs(pairs), 0.01, "the channels' noises are independent")

    def test_silence_stays_silent(self):
        media.synthesize(path("silent.wav"), "0|0", 1, "-c:a", "pcm_f32le")
        for name in CODECS:
            _, out = self.master(path("silent.wav"), output_format=name)
            self.assertEqual(max(map(abs, media.decode(out))), 0, name)

    def test_what_is_over_full_scale_is_clipped_and_not_wrapped(self):
        media.synthesize(path("hot.wav"), "1.5*sin(2*PI*100*t)|-1.5*sin(2*PI*100*t)", 0.5, "-c:a", "pcm_f32le")
        for depth in (16, 24):
            for name in LOSSLESS:
                _, out = self.master(path("hot.wav"), output_format=name, bit_depth_bits=depth, normalize=False)
                left = ints(out, depth)[0::2]
                full = 1 << (depth - 1)
                self.assertEqual((max(left), min(left)), (full - 1, -full))
                self.assertLess(max(abs(a - b) for a, b in zip(left, left[1:])), full / 20)

    def test_requests_that_a_format_does_not_have(self):
        for request in ({"output_format": "opus", "sample_rate_hz": 44100}, {"output_format": "m4a", "bitrate_kbps": 300},
                        {"output_format": "ogg", "sample_rate_hz": 96000}, {"output_format": "wav", "sample_rate_hz": 7999},
                        {"output_format": "flac", "bit_depth_bits": 20}, {"output_format": "wma"}):
            with self.subTest(request):
                self.assertEqual(media.run("master", path("music.wav"), request).kind, "input")


def packets(file):
    """A checksum of the coded audio, whatever is around it. AAC in ADTS has headers in its packets, in MP4 it has none."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", file, "-map", "0:a:0", "-c", "copy", "-bsf:a",
                          "aac_adtstoasc" if file.endswith((".aac", ".ts")) else "null", "-f", "md5", "-"], check=True,
                         capture_output=True, timeout=media.TIMEOUT)
    return out.stdout


class Remux(unittest.TestCase):
    SOURCES = {     # the source: how it is made, what becomes of it
        "a.webm": (("-c:a", "libopus"), "opus"), "o.ogg": (("-c:a", "libopus"), "opus"),
        "o.mp4": (("-c:a", "libopus"), "opus"), "v.webm": (("-c:a", "libvorbis"), "ogg"),
        "v.ogg": (("-c:a", "libvorbis"), "ogg"), "a.m4a": (("-c:a", "aac"), "m4a"), "a.mka": (("-c:a", "aac"), "m4a"),
        "a.ts": (("-c:a", "aac"), "m4a"), "a.aac": (("-c:a", "aac"), "m4a"), "alac.m4a": (("-c:a", "alac"), "m4a"),
        "mono.m4a": (("-ac", "1", "-ar", "44100", "-c:a", "aac"), "m4a"), "f.flac": (("-c:a", "flac"), "flac"),
        "f.mka": (("-c:a", "flac"), "flac"), "f.ogg": (("-c:a", "flac"), "flac"),
        "w.wav": (("-c:a", "pcm_s24le"), "wav"), "big.aiff": (("-c:a", "pcm_s16be"), "mka"),
        "m.mp3": (("-c:a", "libmp3lame"), "mp3"), "low.mp3": (("-ar", "22050", "-c:a", "libmp3lame"), "mp3"),
        "m.mp4": (("-c:a", "libmp3lame"), "m4a"), "m.mka": (("-c:a", "libmp3lame"), "mka"),
        "s.mka": (("-ac", "6", "-c:a", "ac3"), "mka"),
    }

    def master(self, source, **request):
        out = path("copy.tmp")
        reply = media.run("master", source, request, out)
        self.assertEqual(reply.status, 0, reply)
        named = path("copy." + reply.result["output"]["format"])
        os.rename(out, named)
        return reply.result, named

    def check_copy(self, result, source, out):
        said = result["output"]
        self.assertTrue(said["remuxed"])
        self.assertEqual(said["frames"], result["input"]["frames"])
        self.assertEqual(media.run("verify", out).result["frames"], said["frames"])
        self.assertEqual(packets(out), packets(source))

    def test_the_source_is_copied_packet_by_packet_and_keeps_its_length(self):
        for name, (arguments, ending) in self.SOURCES.items():
            with self.subTest(name):
                media.ffmpeg("-i", path("music.wav"), *arguments, path(name))
                result, out = self.master(path(name), output_format="source")
                self.check_copy(result, path(name), out)
                self.assertEqual(result["output"]["format"], ending)
                said, stream = result["output"], media.probe(out)["streams"][0]
                self.assertEqual((said["codec"], said["sample_rate_hz"], said["channels"]),
                                 (stream["codec_name"], int(stream["sample_rate"]), stream["channels"]))
                self.assertIn("as asked", result["loudness"]["note"])
                self.assertEqual(result["loudness"]["output_lufs"], result["loudness"]["input_lufs"])

    def test_tags_and_pictures_stay_behind(self):
        media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.04", "-frames:v", "1", path("picture.png"))
        for name, more in (("m.mp3", ("-write_id3v1", "1")), ("f.flac", ()), ("a.m4a", ())):
            plain, tagged = path("plain_" + name), path("tagged_" + name)
            media.ffmpeg("-i", path("music.wav"), *self.SOURCES[name][0], plain)
            media.ffmpeg("-i", plain, "-i", path("picture.png"), "-map", "0:a", "-map", "1:v", "-c", "copy",
                         "-disposition:v:0", "attached_pic", "-metadata", "title=A title that goes", *more, tagged)
            result, out = self.master(tagged, output_format="source")
            self.check_copy(result, tagged, out)
            with open(out, "rb") as file:
                data = file.read()
            self.assertNotIn(b"A title that goes", data)
            self.assertEqual(len(media.probe(out)["streams"]), 1)

    def test_what_needs_no_change_is_not_encoded_again(self):
        """What was made once is as it should be: made again, it stays."""
        for name in CODECS:
            with self.subTest(name):
                first, out = self.master(path("music.wav"), output_format=name)
                self.assertFalse(first["output"]["remuxed"])
                source = path("first." + name)
                os.rename(out, source)
                again, out = self.master(source, output_format=name)
                self.check_copy(again, source, out)
                self.assertIn("nothing was to be changed", again["loudness"]["note"])

    def test_what_has_to_be_changed_is_encoded(self):
        _, out = self.master(path("music.wav"), output_format="mp3", bitrate_kbps=192)
        source = path("first.mp3")
        os.rename(out, source)
        _, depth = self.master(path("music.wav"), output_format="flac", bit_depth_bits=24)
        os.rename(depth, path("first.flac"))
        self.assertTrue(self.master(source, output_format="mp3", bitrate_kbps=320)[0]["output"]["remuxed"], "no gain in it")
        self.assertTrue(self.master(source, output_format="mp3", vbr_quality=2)[0]["output"]["remuxed"])
        for file, request in ((source, {"output_format": "mp3", "bitrate_kbps": 128}),
                              (source, {"output_format": "mp3", "sample_rate_hz": 44100}),
                              (source, {"output_format": "mp3", "loudness_target_lufs": -16}),
                              (source, {"output_format": "mp3", "true_peak_dbtp": -6}),
                              (source, {"output_format": "ogg"}), (source, {"output_format": "mp3", "vbr_quality": 9}),
                              (path("first.flac"), {"output_format": "flac", "bit_depth_bits": 16})):
            with self.subTest(request):
                self.assertFalse(self.master(file, **request)[0]["output"]["remuxed"])
        with self.subTest("a part of it"):
            for request in ({"clip_start_seconds": 1}, {"clip_end_seconds": 2}):
                self.assertFalse(self.master(source, output_format="mp3", **request)[0]["output"]["remuxed"])
            self.assertEqual(media.run("master", source, {"output_format": "source", "clip_end_seconds": 2}).kind, "input")

    def test_a_damaged_source_is_copied_as_it_is(self):
        media.ffmpeg("-i", path("music.wav"), "-c:a", "aac", path("whole.aac"))
        with open(path("whole.aac"), "rb") as file:
            data = bytearray(file.read())
        at = data.index(b"\xff\xf1", len(data) // 2)
        data[at + 9:at + 60] = bytes(51)
        with open(path("damaged.aac"), "wb") as file:
            file.write(data)
        result, out = self.master(path("damaged.aac"), output_format="source")
        self.assertEqual(media.run("verify", out, {"strict": False}).result["frames"], result["output"]["frames"])


if __name__ == "__main__":
    unittest.main()
