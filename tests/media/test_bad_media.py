"""What is not audio, or no longer: always a clean bad_media, never a crash, a hang or a half result."""

import os
import random
import tempfile
import unittest

import media


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()
    media.synthesize(path("long.wav"), "0.2*sin(2*PI*500*t)+0.1*random(0)|0.2*random(1)", 12)
    for name, *arguments in FORMATS:
        media.ffmpeg("-i", path("long.wav"), *arguments, path(name))


def tearDownModule():
    folder.cleanup()


FORMATS = (
    ("a.webm", "-c:a", "libopus"),
    ("a.m4a", "-c:a", "aac", "-movflags", "+faststart"),
    ("a.mp3", "-c:a", "libmp3lame", "-b:a", "128k"),
    ("a.flac", "-c:a", "flac"),
    ("a.ogg", "-c:a", "libvorbis"),
    ("a.wav", "-c:a", "pcm_s16le"),
)


def path(name):
    return os.path.join(folder.name, name)


def write(name, data):
    with open(path(name), "wb") as file:
        file.write(data)
    return path(name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


class BadMedia(unittest.TestCase):
    def refused(self, source, command="master"):
        reply = media.run(command, source)
        self.assertEqual((reply.status, reply.kind), (1, "bad_media"), reply)
        self.assertTrue(reply.error["detail"].endswith("."), reply)
        self.assertNotIn("passwd", reply.error["detail"])
        return reply.error["detail"]

    def test_what_is_not_audio(self):
        media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1", path("image.png"))
        media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1", path("image.jpg"))
        media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=2", path("mute.mp4"))
        media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=2", "-c:v", "vp8", path("mute.webm"))
        media.ffmpeg("-f", "lavfi", "-i", "anullsrc", "-t", "0", "-c:a", "pcm_s16le", path("nothing.wav"))
        files = {
            "empty": b"", "one byte": b"\0", "text": b"This is a text file.\n" * 500,
            "html": b"<!DOCTYPE html><html><body>404</body></html>" * 20,
            "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 50,
            "random": random.Random(1).randbytes(200000), "zeros": bytes(200000),
        }
        for name, data in files.items():
            with self.subTest(name):
                self.refused(write("bad", data))
        for name in ("image.png", "image.jpg", "mute.mp4", "mute.webm", "nothing.wav"):
            with self.subTest(name):
                self.refused(path(name))
                self.refused(path(name), "verify")

    def test_playlists_reach_no_file_and_no_network(self):
        wav = path("long.wav")
        scripts = {
            "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{wav}\n#EXTINF:10,\n/etc/passwd\n"
                   "#EXT-X-ENDLIST\n",
            "hls over http": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n",
            "concat": f"ffconcat version 1.0\nfile '{wav}'\nfile '/etc/passwd'\n",
            "dash": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'><Period>"
                    f"<BaseURL>file://{wav}</BaseURL></Period></MPD>",
            "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
            "image pattern": "/etc/passwd%d.png",
        }
        for name, text in scripts.items():
            with self.subTest(name):
                self.refused(write("script", text.encode()))

    def test_truncated_files_say_how_much_is_there(self):
        for name, *_ in FORMATS:
            if name == "a.ogg":
                continue    # states no length: what is there is all there is
            with self.subTest(name):
                data = read(name)
                self.assertIn("of 12.0 seconds", self.refused(write("cut", data[:len(data) * 6 // 10])))

    def test_truncated_before_any_audio(self):
        for name, *_ in FORMATS:
            data = read(name)
            for size in (16, 100, 400):
                with self.subTest(name=name, size=size):
                    self.refused(write("cut", data[:size]))

    def test_an_isolated_bad_packet_is_survived_and_counted(self):
        data = bytearray(read("a.flac"))
        middle = len(data) // 2
        data[middle:middle + 400] = random.Random(3).randbytes(400)
        reply = media.run("master", write("scratched.flac", data))
        self.assertEqual(reply.status, 0, reply)
        self.assertGreater(reply.result["input"]["decode_errors"], 0)
        self.assertAlmostEqual(reply.result["output"]["duration_seconds"], 12, delta=0.25)

    def test_verify_forgives_nothing(self):
        reply = media.run("master", path("a.webm"), {}, path("own.mp3"))
        self.assertEqual(reply.status, 0, reply)
        checked = media.run("verify", path("own.mp3"))
        self.assertEqual(checked.result["frames"], reply.result["output"]["frames"], checked)
        self.assertEqual(checked.result["decode_errors"], 0)
        data = bytearray(read("own.mp3"))
        self.refused(write("broken.mp3", data[:len(data) // 2]), "verify")
        middle = len(data) // 2
        data[middle:middle + 20000] = bytes(20000)
        self.refused(write("broken.mp3", data), "verify")


if __name__ == "__main__":
    unittest.main()
