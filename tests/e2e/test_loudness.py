"""What is done to the sound, from the option to the file: profiles, ReplayGain, silence, clips."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main, media


class Loudness(StackCase):
    OPTIONS = {"env": {"TRIM_PADDING_SECONDS": "0.5"}}

    def finish(self, url, **options):
        job = self.s.finish(url, 120, **options)
        self.assertEqual(job["status"], "completed", job)
        path, = (f for f in self.s.audio_files(job["job_id"]) if not f.endswith(".jpg"))
        track = self.s.result(job["job_id"])["tracks"][0]
        return track, path

    def test_profiles_are_targets(self):
        url = self.site.watch("frontiers", clip=6)
        for profile, lufs in (("podcast", -16), ("broadcast", -23)):
            track, path = self.finish(url, loudness_profile=profile)
            self.assertAlmostEqual(media.loudness(path)["integrated"], lufs, delta=0.2)
            self.assertEqual(track["loudness"]["trimmed_start_seconds"], 0)

    def test_replaygain_only_leaves_the_sound_and_writes_tags(self):
        track, path = self.finish(self.site.watch("frontiers", clip=6), replaygain_only=True)
        heard = media.loudness(path)["integrated"]
        self.assertAlmostEqual(heard, track["loudness"]["input_lufs"], delta=0.2)
        self.assertEqual(track["loudness"]["gain_db"], 0)
        tags = {name.lower(): value for name, value in media.tags(path).items()}
        self.assertAlmostEqual(float(tags["replaygain_track_gain"].split()[0]), -18 - heard, delta=0.15)
        self.assertAlmostEqual(float(tags["replaygain_track_peak"]), track["loudness"]["replaygain"]["track_peak"], delta=1e-4)

    def test_a_clip_is_a_part(self):
        url = self.site.watch("frontiers", clip=8)
        track, path = self.finish(url, start_seconds=2.5, end_seconds=6)
        self.assertAlmostEqual(media.decoded_seconds(path), 3.5, delta=0.001)
        self.assertAlmostEqual(track["trim"]["offset_seconds"], 2.5, delta=0.001)
        reply = self.api("POST", "/api/jobs", {"url": url, "start_seconds": 6, "end_seconds": 2})
        self.assertProblem(reply, 422, "input", ["end_seconds"])
        job = self.s.finish(url, 60, start_seconds=9)
        self.assertEqual((job["status"], job["error"]["kind"]), ("failed", "input"), job)
        self.assertIn("starts behind the end", job["error"]["detail"])

    def test_silence_at_the_ends_goes(self):
        track, path = self.finish(self.site.media("frontiers", "webm", clip=4, silence=3), trim_silence=True)
        self.assertAlmostEqual(track["trim"]["start_seconds"], 2.45, delta=0.1)
        self.assertAlmostEqual(track["trim"]["end_seconds"], 2.3, delta=0.2)       # Opus fades out what stops
        self.assertAlmostEqual(track["trim"]["offset_seconds"], track["trim"]["start_seconds"], delta=1e-6)
        self.assertAlmostEqual(media.decoded_seconds(path), 10 - track["trim"]["start_seconds"] - track["trim"]["end_seconds"], delta=0.01)


if __name__ == "__main__":
    main()
