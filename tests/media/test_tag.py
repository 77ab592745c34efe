"""`tag`: what is written comes back through ffprobe, and the audio is not touched."""

import os
import tempfile
import unittest

import media


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()
    media.synthesize(path("tone.wav"), "0.2*sin(2*PI*500*t)|0.1*random(0)", 3)
    assert media.run("master", path("tone.wav"), {}, path("plain.mp3")).status == 0
    media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=800x600", "-frames:v", "1", path("picture.png"))
    assert media.run("cover", path("picture.png"), {}, path("cover.jpg")).status == 0


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


class Tag(unittest.TestCase):
    def tag(self, request, cover=None):
        reply = media.run("tag", path("plain.mp3"), request, path("tagged.mp3"), cover)
        self.assertEqual(reply.status, 0, reply)
        self.assertEqual(reply.result["size_bytes"], os.path.getsize(path("tagged.mp3")))
        return media.probe(path("tagged.mp3"))

    def test_every_field_reads_back(self):
        request = {"title": "Title", "artist": "Artist", "album": "Album", "album_artist": "Album Artist",
                   "genre": "Genre of its own", "date": "2024-05-06", "track_number": 7, "comment": "line 1\nline 2",
                   "source_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=1"}
        tags = self.tag(request)["format"]["tags"]
        expected = dict(request, purl=request["source_url"], track="7")
        del expected["source_url"], expected["track_number"]
        self.assertEqual({k: tags.get(k) for k in expected}, expected)

    def test_every_script_reads_back(self):
        texts = ["🎧" * 400, "日本語のタイトル・中文標題・한국어 제목", "שלום עולם — مرحبا بالعالم", "e\u0301 \u200d\U0001f468\u200d\U0001f469\u200d\U0001f467",
                 "Ünïcödé ÿ ß", "\ufefflooks like a byte order mark", "quotes \" ' \\ and = ; # signs", "x" * 2048]
        for text in texts:
            with self.subTest(text[:20]):
                tags = self.tag({"title": text, "artist": text, "comment": text})["format"]["tags"]
                self.assertEqual((tags["title"], tags["artist"], tags["comment"]), (text, text, text))

    def test_dates(self):
        for date in ("1999", "2024-12-31"):
            self.assertEqual(self.tag({"date": date})["format"]["tags"]["date"], date)
        for date in ("24", "2024-1-1", "20240101", "2024/01/01", "yyyy"):
            self.assertEqual(media.run("tag", path("plain.mp3"), {"date": date}).kind, "input", date)

    def test_the_audio_bytes_are_the_same(self):
        self.tag({"title": "x" * 2000}, path("cover.jpg"))
        plain, tagged = read("plain.mp3"), read("tagged.mp3")
        self.assertTrue(tagged.endswith(plain))
        self.assertEqual(tagged[:4], b"ID3\x03")
        self.assertEqual(media.decode(path("plain.mp3")), media.decode(path("tagged.mp3")))
        reply = media.run("verify", path("tagged.mp3"))
        self.assertEqual(reply.result["frames"], 144000, reply)

    def test_the_header_ends_exactly_where_the_audio_begins(self):
        for cover in (None, path("cover.jpg")):
            self.tag({"title": "x"}, cover)
            head = read("tagged.mp3")
            size = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0))) + 10
            self.assertEqual(head[size:], read("plain.mp3"))

    def test_the_cover_reads_back_as_front_cover(self):
        streams = self.tag({"title": "with cover"}, path("cover.jpg"))["streams"]
        picture = next(s for s in streams if s["codec_type"] == "video")
        self.assertEqual((picture["codec_name"], picture["width"], picture["height"]), ("mjpeg", 600, 600))
        self.assertEqual(picture["tags"]["comment"], "Cover (front)")
        media.ffmpeg("-i", path("tagged.mp3"), "-map", "0:v", "-c", "copy", "-f", "image2", path("back.jpg"))
        self.assertEqual(read("back.jpg"), read("cover.jpg"))

    def test_nothing_to_say_is_a_valid_file(self):
        self.tag({})
        self.assertEqual(media.run("verify", path("tagged.mp3")).status, 0)

    def test_bad_requests_and_inputs(self):
        for request in (b'{"title":"\xff\xfe"}', b'{"title":"\xed\xa0\x80"}', {"title": "x" * 2049}, {"title": 3},
                        {"track_number": -1}, {"track_number": 1.5}, {"track": 1}):
            self.assertEqual(media.run("tag", path("plain.mp3"), request).kind, "input", request)
        self.tag({"title": "x"})
        self.assertEqual(media.run("tag", path("tagged.mp3")).kind, "bad_media", "tagged twice")
        for cover in ("picture.png", "tone.wav"):
            self.assertEqual(media.run("tag", path("plain.mp3"), cover=path(cover)).kind, "bad_media")


if __name__ == "__main__":
    unittest.main()
