"""One link in, one finished track out, through the real yt-dlp; the result measured by tools that are not ours."""

import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main, media

DURATION_TOLERANCE = 0.050
LOUDNESS_TOLERANCE = 0.2 + 0.05      # ffmpeg prints one decimal
PEAK_CEILING = -1.0 + 0.05


class TrackCase(StackCase):
    def finish(self, url, **options):
        job = self.s.wait(self.s.submit(url, **options), "completed", 120)
        files = [f for f in self.s.audio_files(job["job_id"]) if os.path.basename(os.path.dirname(f)) == "audio"]
        self.assertEqual(len(files), 1, files)
        return job, files[0]

    def source_seconds(self, url_or_path):
        """Decoded length of what the site serves under an address."""
        path = os.path.join(self.s.root, "source")
        with open(path, "wb") as out:
            out.write(b"".join(self.site.fetch(u) for u in ([url_or_path] if isinstance(url_or_path, str) else url_or_path)))
        return media.decoded_seconds(path)

    def assertMastered(self, path, seconds, kbps=320, hertz=48000, lufs=-14.0):
        stream = media.audio_stream(path)
        self.assertEqual((stream["codec_name"], stream["sample_rate"], stream["channels"]), ("mp3", str(hertz), 2))
        rates, frequencies, frames = media.mp3_frames(path)
        self.assertEqual((rates, frequencies), ({kbps}, {hertz}), "constant bit rate and sample rate, every frame")
        magic, xing_frames, _, encoder, _, _ = media.xing(path)
        self.assertEqual(magic, "Info", "a CBR file says Info")
        self.assertEqual(xing_frames, frames - 1, "the header counts the frames behind it")
        self.assertTrue(encoder.startswith("LAME"), encoder)
        self.assertAlmostEqual(media.decoded_seconds(path), seconds, delta=DURATION_TOLERANCE)
        self.assertEqual(media.decoder_complaints(path), "")
        measured = media.loudness(path)
        if lufs is not None:
            self.assertAlmostEqual(measured["integrated"], lufs, delta=LOUDNESS_TOLERANCE)
        self.assertLessEqual(measured["peak"], PEAK_CEILING)
        return measured

    def assertFileMatchesApi(self, job, path):
        """Size and hash of the file are those that the API names."""
        with open(path, "rb") as f:
            data = f.read()
        audio = self.s.result(job["job_id"])["tracks"][0]["audio"]
        self.assertEqual(audio["size_bytes"], len(data))
        self.assertEqual(audio["sha256"], hashlib.sha256(data).hexdigest())


class APage(TrackCase):
    """The generic extractor: JSON-LD on a page, MP3 behind it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.url = cls.site.watch("frontiers", clip=20)
        cls.job, cls.path = cls().finish(cls.url)
        cls.log = cls.site.log()

    def test_becomes_a_mastered_mp3(self):
        self.assertMastered(self.path, self.source_seconds(self.site.media("frontiers", clip=20)))

    def test_lies_where_the_contract_says(self):
        self.assertEqual(os.path.relpath(self.path, self.s.data), f"downloads/library/{self.job['job_id']}/audio/Frontiers.mp3")

    def test_carries_its_tags(self):
        tags = media.tags(self.path)
        self.assertEqual((tags["title"], tags["artist"]), ("Frontiers", "Michael Kievernagel"))
        self.assertTrue(tags["date"].startswith("2004"), tags)
        self.assertIn(self.url, tags.values(), "the link is in the tags")

    def test_carries_a_square_cover(self):
        width, height, codec = media.cover_size(self.path)
        self.assertEqual(width, height)
        self.assertLessEqual(width, 1000)
        self.assertGreaterEqual(width, 500)
        self.assertEqual(codec, "mjpeg")

    def test_is_the_file_that_the_api_names(self):
        self.assertFileMatchesApi(self.job, self.path)

    def test_was_asked_for_its_metadata_once(self):
        self.assertEqual(len([e for e in self.log if e["path"].startswith("/watch/")]), 1, self.log)

    def test_was_downloaded_once_in_full(self):
        self.assertEqual([e["status"] for e in self.log if e["path"].startswith("/media/") and e["method"] == "GET"], [200], self.log)

    def test_shows_a_finished_job(self):
        self.assertEqual((self.job["progress"]["percent"], self.job["progress"]["completed_items"], self.job["progress"]["total_items"]), (100, 1, 1))
        self.assertEqual({s["state"] for s in self.job["stages"]}, {"done"})
        self.assertEqual([s["name"] for s in self.job["stages"]][-4:], ["download", "master", "tag", "store"])
        self.assertEqual(self.job["error"], None)
        self.assertGreater(sum(s["cpu_seconds"] for s in self.job["stages"]), 0.1, "children's CPU is counted")

    def test_reports_the_loudness_that_an_independent_meter_sees(self):
        report = self.s.result(self.job["job_id"])["tracks"][0]["loudness"]
        measured = media.loudness(self.path)
        self.assertAlmostEqual(report["output_lufs"], measured["integrated"], delta=LOUDNESS_TOLERANCE)
        self.assertAlmostEqual(report["output_true_peak_dbtp"], measured["peak"], delta=0.3)
        source = os.path.join(self.s.root, "source.mp3")
        with open(source, "wb") as out:
            out.write(self.site.fetch(self.site.media("frontiers", clip=20)))
        self.assertAlmostEqual(report["input_lufs"], media.loudness(source)["integrated"], delta=LOUDNESS_TOLERANCE)

    def test_leaves_no_work_behind(self):
        self.assertEqual(self.s.work_entries(), [])


class YouTube(TrackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.url = cls.site.youtube("music000001", name="machine_wars", modes={"clip": "20"})
        cls.job, cls.path = cls().finish(cls.url)
        cls.log = cls.site.log()

    def test_best_audio_is_taken(self):
        self.assertEqual({e["path"] for e in self.log if e["path"].startswith(("/media/", "/video"))}, {"/media/machine_wars.webm"})

    def test_becomes_a_mastered_mp3(self):
        self.assertMastered(self.path, self.source_seconds(self.site.media("machine_wars", "webm", clip=20)))

    def test_carries_artist_track_and_album(self):
        tags = media.tags(self.path)
        self.assertEqual((tags["title"], tags["artist"], tags["album"]), ("Machine Wars", "Michael Kievernagel", "Advanced Strategic Command"))
        self.assertIn(self.url, tags.values())

    def test_carries_a_square_cover(self):
        width, height, _ = media.cover_size(self.path)
        self.assertEqual(width, height)

    def test_was_asked_for_its_metadata_once(self):
        self.assertEqual(len([e for e in self.log if e["path"].startswith("/youtube/")]), 1, self.log)

    def test_is_the_file_that_the_api_names(self):
        self.assertFileMatchesApi(self.job, self.path)

    def test_all_spellings_of_a_link_work(self):
        self.site.youtube("spellings01", name="frontiers", modes={"clip": "2"})
        for url in ("https://youtu.be/spellings01?si=abc", "https://www.youtube.com/shorts/spellings01", "https://music.youtube.com/watch?v=spellings01&list=RDAMVM"):
            with self.subTest(url):
                self.finish(url)


class OtherSources(TrackCase):
    def test_a_direct_file_of_every_codec(self):
        for ext in ("flac", "ogg", "m4a", "opus", "wav", "webm", "mp3"):
            with self.subTest(ext):
                url = self.site.media("time_to_strike", ext, clip=6)
                _, path = self.finish(url)
                self.assertMastered(path, self.source_seconds(url))

    def test_an_hls_playlist_without_holes(self):
        fragments = [self.site.url(f"/hls/frontiers/{n:03d}.ts", clip=12) for n in range(6)]
        self.site.fetch(self.site.url("/hls/frontiers/index.m3u8", clip=12))
        job, path = self.finish(self.site.url("/hls/frontiers/index.m3u8", clip=12))
        self.assertMastered(path, self.source_seconds(fragments))

    def test_a_redirect(self):
        self.finish(self.site.url("/redirect", to=self.site.watch("frontiers", clip=2)))

    def test_a_source_without_content_length(self):
        self.finish(self.site.media("frontiers", "flac", clip=2, nolength=1))

    def test_a_connection_that_breaks_again_and_again(self):
        url = self.site.media("frontiers", clip=10, cut=60000)
        _, path = self.finish(url)
        self.assertMastered(path, self.source_seconds(self.site.media("frontiers", clip=10)))

    def test_a_server_that_fails_at_first(self):
        self.finish(self.site.watch("frontiers", clip=2, fail_first=2))

    def test_a_page_without_a_cover_gives_a_track_without_one(self):
        _, path = self.finish(self.site.watch("frontiers", clip=2, cover="none"))
        self.assertIsNone(media.cover_size(path))

    def test_a_cover_that_is_gone_does_not_fail_the_track(self):
        _, path = self.finish(self.site.watch("frontiers", clip=2, cover="missing", cover_ext="gif"))
        self.assertIsNone(media.cover_size(path))

    def test_a_webp_cover_is_embedded_as_jpeg(self):
        _, path = self.finish(self.site.watch("frontiers", clip=2, cover_ext="webp"))
        width, height, codec = media.cover_size(path)
        self.assertEqual((width, codec), (height, "mjpeg"))

    def test_a_piece_too_short_to_measure_still_becomes_a_track(self):
        url = self.site.media("frontiers", "wav", clip=0.3)
        _, path = self.finish(url)
        self.assertMastered(path, self.source_seconds(url), lufs=None)


class Options(TrackCase):
    def test_bit_rate_and_sample_rate(self):
        url = self.site.media("frontiers", clip=5)
        for kbps, hertz in ((128, 44100), (192, 48000), (256, 44100)):
            with self.subTest(f"{kbps} kbit/s, {hertz} Hz"):
                _, path = self.finish(url, bitrate_kbps=kbps, sample_rate_hz=hertz)
                self.assertMastered(path, self.source_seconds(url), kbps, hertz)

    def test_another_target(self):
        url = self.site.media("frontiers", clip=5)
        _, path = self.finish(url, loudness_target_lufs=-23, true_peak_dbtp=-3)
        self.assertLessEqual(self.assertMastered(path, self.source_seconds(url), lufs=-23)["peak"], -3 + 0.05)

    def test_without_normalising_the_loudness_stays(self):
        url = self.site.media("frontiers", "flac", clip=5)
        _, path = self.finish(url, normalize=False)
        source = os.path.join(self.s.root, "source.flac")
        with open(source, "wb") as out:
            out.write(self.site.fetch(url))
        self.assertAlmostEqual(media.loudness(path)["integrated"], media.loudness(source)["integrated"], delta=LOUDNESS_TOLERANCE)

    def test_own_tags_win_over_the_source(self):
        own = {"title": "Mein Stück", "artist": "Ich", "album": "Alles", "album_artist": "Wir", "genre": "Test", "date": "2024-02-29", "track_number": 7, "comment": "für mich"}
        _, path = self.finish(self.site.watch("frontiers", clip=2), metadata=own)
        tags = media.tags(path)
        for name in ("title", "artist", "album", "album_artist", "genre"):
            self.assertEqual(tags[name], own[name], name)
        self.assertEqual((tags["date"], tags["track"].split("/")[0], tags["comment"]), ("2024-02-29", "7", "für mich"))
        self.assertEqual(os.path.basename(path), "Mein Stück.mp3")

    def test_without_tags_and_cover_there_are_none(self):
        _, path = self.finish(self.site.watch("frontiers", clip=2), embed_metadata=False, embed_cover=False)
        self.assertIsNone(media.cover_size(path))
        self.assertNotIn("title", media.tags(path))
        self.assertNotIn("artist", media.tags(path))


if __name__ == "__main__":
    main()
