"""`master`: loudness, true peak, length, channels and the report, for everything that yt-dlp delivers."""

import array
import json
import math
import os
import resource
import tempfile
import unittest

import media

# Quiet passages, loud ones and clicks: peaks 14 dB above the loudness, so that a limiter has to work.
DYNAMIC = ("0.12*sin(2*PI*220*t)*(0.4+0.6*between(mod(t\\,3)\\,1\\,2.5))+0.06*random(0)"
           "+0.40*between(mod(t\\,0.5)\\,0\\,0.004)*sin(2*PI*1500*t)")


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()
    media.ffmpeg("-ss", "75", "-t", "10", "-i", media.MUSIC % "machine_wars", "-ar", "48000", path("music.wav"))
    media.synthesize(path("dynamic.wav"), f"{DYNAMIC}|0.9*({DYNAMIC})", 12, "-c:a", "pcm_s24le")


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


def encode(name, *arguments, source="music.wav"):
    media.ffmpeg("-i", path(source), *arguments, path(name))
    return path(name)


def level(samples, channel):
    one = samples[channel::2]
    one = one[len(one) // 4:len(one) * 3 // 4]
    return 10 * math.log10(max(sum(x * x for x in one) / len(one), 1e-12))


class Master(unittest.TestCase):
    def master(self, source, request=None):
        out = path("out.mp3")
        reply = media.run("master", source, request, out)
        self.assertEqual(reply.status, 0, reply)
        self.assertEqual(reply.result["output"]["size_bytes"], os.path.getsize(out))
        self.assertEqual(reply.progress, sorted(reply.progress))
        return reply.result, out

    def check_target(self, result, out, lufs=-14.0, ceiling=-1.0):
        """What the report says, and what an independent meter says about the same file."""
        heard = media.ebur128_filter(out)
        said = result["loudness"]
        self.assertAlmostEqual(heard["lufs"], lufs, delta=0.2)
        self.assertAlmostEqual(said["output_lufs"], heard["lufs"], delta=0.11)
        self.assertLessEqual(heard["peak"], ceiling + 0.001)
        self.assertLessEqual(said["output_true_peak_dbtp"], ceiling)
        self.assertIsNone(said["note"])

    def check_length(self, result, source, out):
        """To the sample: rate conversion rounds, nothing else may."""
        given, made = result["input"], result["output"]
        self.assertEqual(given["frames"], media.played_frames(source))
        self.assertEqual(made["frames"], media.count_frames(out))
        expected = given["frames"] * made["sample_rate_hz"] / given["sample_rate_hz"]
        self.assertAlmostEqual(made["frames"], expected, delta=0.51)

    def test_every_format_reaches_the_target_with_its_exact_length(self):
        formats = {
            "opus.webm": ("-c:a", "libopus", "-b:a", "128k"),
            "opus.ogg": ("-c:a", "libopus", "-b:a", "96k"),
            "aac.m4a": ("-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart"),
            "aac44.m4a": ("-ar", "44100", "-c:a", "aac", "-b:a", "128k"),
            "fragmented.m4a": ("-c:a", "aac", "-movflags", "+dash+frag_keyframe+empty_moov"),
            "raw.aac": ("-c:a", "aac"),
            "alac.m4a": ("-c:a", "alac"),
            "lame44.mp3": ("-ar", "44100", "-c:a", "libmp3lame", "-q:a", "2"),
            "flac96.flac": ("-ar", "96000", "-c:a", "flac"),
            "vorbis.ogg": ("-c:a", "libvorbis"),
            "pcm24.wav": ("-c:a", "pcm_s24le"),
            "pcm32.aiff": ("-c:a", "pcm_s32be"),
            "float.wav": ("-c:a", "pcm_f32le"),
            "rate8.wav": ("-ar", "8000", "-c:a", "pcm_s16le"),
            "rate192.wav": ("-ar", "192000", "-c:a", "pcm_s16le"),
            "mono.m4a": ("-ac", "1", "-c:a", "aac"),
        }
        for name, arguments in formats.items():
            with self.subTest(name):
                source = encode(name, *arguments)
                result, out = self.master(source)
                self.check_target(result, out)
                self.check_length(result, source, out)
                self.assertEqual(result["input"]["decode_errors"], 0)
                self.assertEqual(result["output"]["channels"], 2)
                self.assertAlmostEqual(float(media.probe(out)["format"]["duration"]), 10, delta=0.06)

    def test_video_is_ignored_and_its_length_is_not_the_audios(self):
        media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=14", "-i", path("music.wav"), "-c:v", "mpeg4",
                     "-c:a", "aac", path("video.mp4"))
        media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=14", "-i", path("music.wav"), "-c:v", "vp8",
                     "-c:a", "libopus", path("video.webm"))
        for name in ("video.mp4", "video.webm"):
            with self.subTest(name):
                result, out = self.master(path(name))
                self.check_target(result, out)
                self.assertAlmostEqual(result["output"]["duration_seconds"], 10, delta=0.05)

    def test_dynamic_material_is_limited_and_says_so(self):
        result, out = self.master(path("dynamic.wav"))
        self.check_target(result, out)
        said = result["loudness"]
        self.assertTrue(said["limited"])
        self.assertGreater(said["limiter_max_reduction_db"], 1)
        self.assertLessEqual(said["limiter_max_reduction_db"], 8.5)
        self.assertGreater(said["gain_db"], said["output_lufs"] - said["input_lufs"])

    def test_every_bit_rate_and_sample_rate_keeps_the_ceiling(self):
        for kbps, rate in ((320, 44100), (256, 48000), (192, 48000), (128, 44100), (96, 32000)):
            with self.subTest(kbps=kbps, rate=rate):
                result, out = self.master(path("dynamic.wav"), {"bitrate_kbps": kbps, "sample_rate_hz": rate})
                self.check_target(result, out)
                stream = media.probe(out)["streams"][0]
                self.assertEqual((stream["bit_rate"], stream["sample_rate"]), (str(kbps * 1000), str(rate)))

    def test_constant_quality(self):
        sizes = []
        for quality in (0, 2, 5, 9):
            result, out = self.master(path("dynamic.wav"), {"vbr_quality": quality})
            self.check_target(result, out)
            self.check_length(result, path("dynamic.wav"), out)
            self.assertIsNone(result["output"]["bitrate_kbps"])
            sizes.append(os.path.getsize(out))
            with open(out, "rb") as file:
                self.assertIn(b"Xing", file.read(400))
        self.assertEqual(sizes, sorted(sizes, reverse=True))

    def test_the_rate_may_be_the_sources(self):
        for given, made in ((32000, 32000), (44100, 44100), (48000, 48000), (22050, 44100), (88200, 44100),
                            (96000, 48000), (8000, 48000)):
            with self.subTest(given):
                source = encode("rate.wav", "-ar", str(given))
                result, out = self.master(source, {"sample_rate_hz": 0})
                self.assertEqual(result["output"]["sample_rate_hz"], made)
                self.check_length(result, source, out)

    def test_other_targets(self):
        for lufs, ceiling in ((-23, -1), (-16, -1.5), (-31, -3)):
            with self.subTest(lufs):
                result, out = self.master(path("music.wav"), {"loudness_target_lufs": lufs, "true_peak_dbtp": ceiling})
                self.check_target(result, out, lufs, ceiling)
                self.assertFalse(result["loudness"]["limited"])

    def test_too_much_limiting_is_refused_and_noted(self):
        media.synthesize(path("spike.wav"), "0.003*random(0)+0.9*between(t\\,4\\,4.001)|0.003*random(1)", 8)
        result, out = self.master(path("spike.wav"))
        said = result["loudness"]
        self.assertIn("8 dB", said["note"])
        self.assertLess(said["output_lufs"], -20)
        self.assertLessEqual(said["limiter_max_reduction_db"], 8.3)
        self.assertLessEqual(media.ebur128_filter(out)["peak"], -1.0)

    def test_very_quiet_recordings_get_thirty_decibels_at_most(self):
        media.synthesize(path("quiet.wav"), "0.002*random(0)|0.002*random(1)", 5, "-c:a", "pcm_f32le")
        result, _ = self.master(path("quiet.wav"))
        self.assertEqual(result["loudness"]["gain_db"], 30)
        self.assertIn("30 dB", result["loudness"]["note"])

    def test_silence_and_short_clips_are_left_alone(self):
        media.synthesize(path("silent.wav"), "0|0", 2)
        result, out = self.master(path("silent.wav"))
        self.assertIsNone(result["loudness"]["input_lufs"])
        self.assertEqual(result["loudness"]["gain_db"], 0)
        self.assertEqual(result["output"]["frames"], 96000)
        self.assertEqual(max(media.decode(out)), 0)
        media.synthesize(path("short.wav"), "0.25*sin(2*PI*500*t)", 0.3)
        result, _ = self.master(path("short.wav"))
        self.assertEqual((result["loudness"]["gain_db"], result["output"]["frames"]), (0, 14400))
        media.synthesize(path("loud.wav"), "1.2*sin(2*PI*500*t)", 0.3, "-c:a", "pcm_f32le")
        result, _ = self.master(path("loud.wav"))
        self.assertLess(result["loudness"]["gain_db"], -2)
        self.assertLessEqual(result["loudness"]["output_true_peak_dbtp"], -1)
        encode("one.wav", "-af", "atrim=end_sample=1")
        self.assertEqual(self.master(path("one.wav"))[0]["output"]["frames"], 1)

    def test_without_normalisation_the_level_stays(self):
        media.synthesize(path("tone.wav"), "0.25*sin(2*PI*1000*t)|0.125*sin(2*PI*2000*t)", 3)
        result, out = self.master(path("tone.wav"), {"normalize": False})
        samples = media.decode(out)
        self.assertAlmostEqual(level(samples, 0), 20 * math.log10(0.25) - 3.01, delta=0.02)
        self.assertAlmostEqual(level(samples, 1), 20 * math.log10(0.125) - 3.01, delta=0.02)
        self.assertEqual(result["loudness"]["gain_db"], 0)
        self.assertIn("not normalised", result["loudness"]["note"])

    def test_lower_bit_rates_are_not_turned_down(self):
        media.synthesize(path("tone.wav"), "0.25*sin(2*PI*1000*t)|0.25*sin(2*PI*2000*t)", 3)
        for kbps in (96, 128, 192, 256):
            _, out = self.master(path("tone.wav"), {"normalize": False, "bitrate_kbps": kbps})
            self.assertAlmostEqual(level(media.decode(out), 0), 20 * math.log10(0.25) - 3.01, delta=0.05)

    def test_mono_becomes_two_equal_channels_at_its_own_level(self):
        media.synthesize(path("mono.wav"), "0.25*sin(2*PI*1000*t)", 3)
        _, out = self.master(path("mono.wav"), {"normalize": False})
        samples = media.decode(out)
        for channel in (0, 1):
            self.assertAlmostEqual(level(samples, channel), 20 * math.log10(0.25) - 3.01, delta=0.02)

    def test_surround_is_folded_down_without_clipping(self):
        one = "0.9*sin(2*PI*300*t)"
        media.synthesize(path("surround.flac"), "|".join([one] * 6), 3, "-channel_layout", "5.1", "-c:a", "flac")
        result, out = self.master(path("surround.flac"), {"normalize": False})
        self.assertEqual(result["input"]["channels"], 6)
        self.assertLessEqual(result["loudness"]["output_true_peak_dbtp"], 0)
        self.assertGreater(result["loudness"]["output_true_peak_dbtp"], -2)
        media.synthesize(path("left.flac"), "0|0|0|0|0.5*sin(2*PI*300*t)|0", 2, "-channel_layout", "5.1", "-c:a", "flac")
        _, out = self.master(path("left.flac"))
        samples = media.decode(out)
        self.assertGreater(level(samples, 0), level(samples, 1) + 40, "back left belongs to the left")

    def test_what_is_not_limited_is_the_same_signal(self):
        """Sample-aligned and equal but for a constant gain, so nothing but coding noise is left over."""
        media.synthesize(path("tones.wav"), "0.2*sin(2*PI*440*t)+0.1*sin(2*PI*3000*t)|0.2*sin(2*PI*660*t)", 4,
                         "-c:a", "pcm_f32le")
        result, out = self.master(path("tones.wav"), {"loudness_target_lufs": -20})
        gain = 10 ** (result["loudness"]["gain_db"] / 20)
        before, after = media.decode(path("tones.wav")), media.decode(out)
        self.assertEqual(len(before), len(after))
        middle = range(48000, len(before) - 48000)
        noise = sum((before[i] * gain - after[i]) ** 2 for i in middle)
        signal = sum(after[i] ** 2 for i in middle)
        self.assertLess(10 * math.log10(noise / signal), -55)

    def test_rate_and_channels_may_change_in_mid_stream(self):
        media.synthesize(path("a.mp3"), "0.2*sin(2*PI*500*t)|0.2*sin(2*PI*500*t)", 3, "-write_xing", "0", rate=44100)
        media.synthesize(path("b.mp3"), "0.2*sin(2*PI*500*t)", 3, "-write_xing", "0", "-id3v2_version", "0", rate=32000)
        with open(path("joined.mp3"), "wb") as joined:
            for name in ("a.mp3", "b.mp3", "a.mp3"):
                with open(path(name), "rb") as part:
                    joined.write(part.read())
        result, out = self.master(path("joined.mp3"))
        self.assertAlmostEqual(result["output"]["duration_seconds"], 9, delta=0.3)
        self.assertAlmostEqual(media.ebur128_filter(out)["lufs"], -14, delta=0.2)

    def test_damaged_float_samples_do_not_reach_the_meters(self):
        media.ffmpeg("-i", path("music.wav"), "-t", "4", "-c:a", "pcm_f32le", path("nan.wav"))
        with open(path("nan.wav"), "r+b") as file:
            for at, value in ((100000, math.nan), (200000, math.inf), (300000, 1e30)):
                file.seek(at)
                file.write(array.array("f", [value] * 7).tobytes())
        result, out = self.master(path("nan.wav"))
        self.check_target(result, out)

    def test_threads_change_the_time_and_nothing_else(self):
        media.ffmpeg("-t", "45", "-i", media.MUSIC % "machine_wars", path("long.flac"))
        for request in ({}, {"vbr_quality": 4, "sample_rate_hz": 44100}, {"bitrate_kbps": 128}):
            files = []
            for threads in (1, 2, 64):
                out = path(f"threads-{threads}.mp3")
                media.run("master", path("long.flac"), dict(request, threads=threads), out)
                with open(out, "rb") as file:
                    files.append(file.read())
            self.assertGreater(len(files[0]), 500000)
            self.assertTrue(files[0] == files[1] == files[2], request)

    def test_a_scratch_file_changes_the_time_and_nothing_else(self):
        def little():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        media.ffmpeg("-t", "20", "-i", media.MUSIC % "frontiers", path("song.opus"))
        for request in ({}, {"threads": 2}, {"clip_start_seconds": 3.3, "clip_end_seconds": 17.7, "trim_silence": True}):
            files, results = [], []
            # None, one with room for everything, and one that is full before everything is in it.
            for scratch, limit in ((None, None), (path("scratch"), None), (path("scratch"), little)):
                out = path("scratched.mp3")
                if os.path.exists(path("scratch")):
                    os.unlink(path("scratch"))
                reply = media.run("master", path("song.opus"), request, out, scratch=scratch, limit=limit)
                self.assertEqual(reply.status, 0, reply)
                results.append(reply.result)
                with open(out, "rb") as file:
                    files.append(file.read())
                if scratch:
                    self.assertEqual(os.path.getsize(scratch) > 0, limit is None)
            self.assertTrue(files[0] == files[1] == files[2], request)
            self.assertTrue(results[0] == results[1] == results[2], results)

    def test_the_info_frame_states_delay_padding_and_length(self):
        _, out = self.master(path("music.wav"))
        with open(out, "rb") as file:
            head = file.read(400)
        self.assertEqual(head[:2], b"\xff\xfb")
        self.assertIn(b"Info", head)
        self.assertIn(b"LAME3.", head)
        self.assertNotIn("tags", {k for k in media.probe(out)["format"].get("tags", {}) if k != "encoder"})

    def test_requests_are_checked(self):
        bad = [b"", b"[]", b"{", b"{}{}", b'{"a":1}' + b"\0", b" " * 70000, b'{"nonsense":1}',
               *(json.dumps(r).encode() for r in (
                   {"normalize": 1}, {"bitrate_kbps": "320"}, {"bitrate_kbps": 300}, {"bitrate_kbps": 320.5},
                   {"loudness_target_lufs": -4.9}, {"loudness_target_lufs": -31.1}, {"true_peak_dbtp": 0.1},
                   {"sample_rate_hz": 47999}, {"output_format": "midi"}, {"vbr_quality": 10}, {"bit_depth_bits": 20},
                   {"threads": 0}, {"max_duration_seconds": 0}, {"max_duration_seconds": None,
                                                                           "sample_rate_hz": 1e300}))]
        for request in bad:
            with self.subTest(request[:60]):
                reply = media.run("master", path("music.wav"), request)
                self.assertEqual((reply.status, reply.kind), (1, "input"), reply)
        self.assertEqual(media.run("master", path("music.wav"), {"normalize": None}).status, 0)

    def test_too_large_is_its_own_kind_of_error(self):
        for request, kind in (({"max_duration_seconds": 9.9}, "too_large"), ({"max_duration_seconds": 10.1}, None)):
            self.assertEqual(media.run("master", path("music.wav"), request).kind, kind)
        media.ffmpeg("-i", path("music.wav"), "-c:a", "aac", path("undeclared.aac"))
        self.assertEqual(media.run("master", path("undeclared.aac"), {"max_duration_seconds": 5}).kind, "too_large")

    def test_a_full_disk_is_its_own_kind_of_error(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
        reply = media.run("master", path("music.wav"), limit=limit)
        self.assertEqual((reply.status, reply.kind), (1, "disk"), reply)

    def test_descriptors_are_checked(self):
        self.assertEqual(media.run("master", "/dev/null").kind, "input")
        self.assertEqual(media.run("nonsense", path("music.wav")).kind, "input")


if __name__ == "__main__":
    unittest.main()
