"""What is done to the sound, from the option to the file: profiles, ReplayGain, albums, silence, clips."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main, media


class Loudness(StackCase):
    OPTIONS = {"env": {"TRIM_PADDING_SECONDS": "0.5"}}

    def finish(self, url, **options):
        job = self.s.finish(url, 120, **options)
        self.assertEqual(job["status"], "completed", job)
        path, = (f for f in self.s.audio_files(job["job_id"]) if os.path.basename(os.path.dirname(f)) == "audio")
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

    def songs(self, name):
        """Videos of songs that differ."""
        ids = []
        for i, song in enumerate(("frontiers", "machine_wars", "time_to_strike")):
            ids.append(f"{name}{i:02}")
            self.site.youtube(ids[-1], name=song, modes={"clip": "4"})
        return ids

    def album(self, list_id, entries, **options):
        url = self.site.playlist(list_id, title="An album", entries=entries, each={"modes": {"clip": "4"}})
        return self.s.finish(url, 240, album_gain=True, **options)

    def test_an_album_gets_one_gain(self):
        job = self.album("PLalbumgain0", self.songs("albumgain"))
        self.assertEqual(job["status"], "completed", job)
        said = [t["loudness"] for t in self.s.result(job["job_id"])["tracks"]]
        self.assertEqual(len({x["gain_db"] for x in said}), 1, said)
        self.assertGreater(max(x["input_lufs"] for x in said) - min(x["input_lufs"] for x in said), 0.3)
        for path, x in zip(sorted(f for f in self.s.audio_files(job["job_id"]) if f.endswith(".mp3")), said):
            self.assertAlmostEqual(media.loudness(path)["integrated"], x["output_lufs"], delta=0.11)
            if not x["limited"]:
                self.assertAlmostEqual(x["output_lufs"], x["input_lufs"] + x["gain_db"], delta=0.2)
        # Played one after the other they are at the target.
        together = 10 * math.log10(sum(10 ** ((x["input_lufs"] + x["gain_db"]) / 10) for x in said) / len(said))
        self.assertAlmostEqual(together, -14, delta=0.3)
        self.assertEqual({round(x["replaygain"]["album_gain_db"], 2) for x in said}, {-4.0})
        self.assertIn("measure", [stage["name"] for stage in job["stages"]])

    def test_an_album_is_not_held_up_by_what_cannot_be_had(self):
        first, second, third = self.songs("albumdead")
        job = self.album("PLalbumdead0", [first, second, {"id": "albumdead09", "kind": "private"}, third], replaygain_only=True)
        self.assertEqual(job["status"], "completed_with_errors", job)
        for path in (f for f in self.s.audio_files(job["job_id"]) if f.endswith(".mp3")):
            tags = media.tags(path)
            self.assertIn("replaygain_track_gain", tags)
            self.assertIn("replaygain_album_gain", tags)

    def test_silence_at_the_ends_goes(self):
        track, path = self.finish(self.site.media("frontiers", "webm", clip=4, silence=3), trim_silence=True)
        self.assertAlmostEqual(track["trim"]["start_seconds"], 2.45, delta=0.1)
        self.assertAlmostEqual(track["trim"]["end_seconds"], 2.3, delta=0.2)       # Opus fades out what stops
        self.assertAlmostEqual(track["trim"]["offset_seconds"], track["trim"]["start_seconds"], delta=1e-6)
        self.assertAlmostEqual(media.decoded_seconds(path), 10 - track["trim"]["start_seconds"] - track["trim"]["end_seconds"], delta=0.01)


if __name__ == "__main__":
    main()
