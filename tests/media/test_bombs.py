"""
What claims, or expands to, more than it is; what cannot be heard; what changes on the way. Each has its sentence, and none costs more than the limits
allow.
"""

import os
import struct
import tempfile
import unittest
import zlib

import media
import mutate

TONE = "0.3*sin(2*PI*440*t)"


def path(name):
    return os.path.join(folder.name, name)


def write(name, *parts):
    with open(path(name), "wb") as file:
        file.write(b"".join(parts))
    return path(name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def tone(name, *arguments, seconds=2, channels=2, rate=48000):
    media.synthesize(path(name), "|".join([TONE] * channels), seconds, *arguments, rate=rate)
    return path(name)


def adts_frames(data):
    frames = []
    while data:
        size = int.from_bytes(data[3:6], "big") >> 5 & 0x1fff
        frames.append(data[:size])
        data = data[size:]
    return frames


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()


def tearDownModule():
    folder.cleanup()


class Bombs(unittest.TestCase):
    def ask(self, source, command="master", cover=None, **request):
        return media.run(command, source, request, cover=cover, limit=media.limits)

    def refused(self, sentence, source, kind="bad_media", **request):
        reply = self.ask(source, **request)
        self.assertEqual((reply.status, reply.kind, (reply.error or {}).get("detail"), reply.stderr), (1, kind, sentence, ""), reply)

    def accepted(self, source, seconds, **request):
        reply = self.ask(source, **request)
        self.assertEqual(reply.status, 0, reply)
        self.assertAlmostEqual(reply.result["output"]["duration_seconds"], seconds, delta=0.1)
        return reply.result


class Claims(Bombs):
    def wav_that_claims(self, seconds):
        data = bytearray(read("short.wav"))
        struct.pack_into("<I", data, data.index(b"data") + 4, seconds * 8000 * 2)
        struct.pack_into("<I", data, 4, seconds * 8000 * 2 + 36)
        return write("claims.wav", data)

    def test_a_length_that_is_not_there(self):
        tone("short.wav", "-fflags", "+bitexact", channels=1, rate=8000)
        self.refused("The file is truncated: 2.0 of 10800.0 seconds.", self.wav_that_claims(10800))
        self.refused("The audio is longer than 3600 seconds.", self.wav_that_claims(10800), "too_large", max_duration_seconds=3600)

    def test_samples_that_are_not_there(self):
        """Millions of samples in an index of a few bytes; a longer one than the file is. Neither is believed."""
        tone("short.m4a", "-c:a", "aac")
        data = bytearray(read("short.m4a"))
        at = data.index(b"stsz") + 8
        for size, count in ((1, 0x0fffffff), (1, 0xffffffff), (0, 0x0fffffff), (0, 0xffffffff)):
            with self.subTest(size=size, count=count):
                struct.pack_into(">II", data, at, size, count)
                reply = self.ask(write("claims.m4a", data))
                self.assertEqual((reply.status, reply.kind, reply.stderr), (1, "bad_media", ""), reply)

    def test_a_stream_without_end(self):
        tone("short.aac", "-c:a", "aac")
        self.refused("The audio is longer than 60 seconds.", write("endless.aac", read("short.aac") * 40), "too_large", max_duration_seconds=60)

    def test_hours_in_a_few_kilobytes(self):
        """Opus that says nothing, in packets of a few bytes; their pages again and again."""
        tone("silent.opus", "-c:a", "libopus", "-frame_duration", "60", "-b:a", "6k", "-af", "volume=0", seconds=30)
        pages = [read("silent.opus")[u.start:u.end] for u in mutate.units(read("silent.opus"))]
        self.refused("The audio is longer than 600 seconds.", write("hours.opus", *pages[:2], *pages[2:-1] * 60), "too_large", max_duration_seconds=600)


class Pictures(Bombs):
    def png(self, width, height, rows):
        def chunk(name, data):
            return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b""))

    def test_dimensions(self):
        self.refused("The picture is too large: 60000 x 60000.", write("huge.png", self.png(60000, 60000, 100)), command="cover")

    def test_bytes_that_expand(self):
        """64 MB of rows in 64 kB, more than the picture has."""
        reply = self.ask(write("dense.png", self.png(1000, 1000, 64 << 20)), "cover")
        self.assertIn((reply.status, reply.kind), ((0, None), (1, "bad_media")), reply)

    def test_an_index_that_multiplies(self):
        """Items of an AVIF with the largest number of extents, of no bytes each."""
        items = b"".join(struct.pack(">HHHH", i & 0x7fff, 0, 0, 0xffff) for i in range(200000))
        def box(name, body):
            return struct.pack(">I", len(body) + 8) + name + body
        iloc = box(b"iloc", struct.pack(">IHI", 2 << 24, 0, 200000)[:10] + items)
        meta = box(b"meta", bytes(4) + box(b"pitm", struct.pack(">IH", 0, 0x8000)) + iloc)
        self.refused("The picture is damaged: it has no dimensions.", write("many.avif", box(b"ftyp", b"avif" + bytes(4) + b"avif"), meta), command="cover")

    def test_a_cover_inside_of_the_audio_is_not_even_read(self):
        picture = self.png(60000, 60000, 100)
        body = b"\0image/png\0\3\0" + picture
        apic = b"APIC" + struct.pack(">IH", len(body), 0) + body
        size = len(apic)
        head = b"ID3\3\0\0" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
        tone("plain.mp3", "-c:a", "libmp3lame", "-id3v2_version", "0")
        self.accepted(write("cover.mp3", head, apic, read("plain.mp3")), 2)


class NothingToHear(Bombs):
    def test_video_alone(self):
        for name, codec in (("mute.mp4", "mpeg4"), ("mute.webm", "libvpx"), ("mute.ts", "mpeg2video")):
            with self.subTest(name):
                media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-c:v", codec, path(name))
                self.refused("The file has no audio stream.", path(name))

    def test_no_samples(self):
        tone("none.wav", seconds=0)
        tone("one.flac", "-c:a", "flac")
        tone("one.opus", "-c:a", "libopus")
        flac, opus = read("one.flac"), read("one.opus")
        write("none.flac", flac[:flac.index(b"\xff\xf8")])
        write("none.opus", opus[:mutate.units(opus)[2].start])
        for name, sentence in (("none.wav", "The file contains no audio that decodes."), ("none.flac", "The file contains no audio that decodes."),
                               ("none.opus", "The file is not audio in a format that is accepted here.")):
            with self.subTest(name):
                self.refused(sentence, path(name))


class Encrypted(Bombs):
    SENTENCE = "The audio is encrypted (DRM)."

    def test_common_encryption(self):
        tone("locked.m4a", "-c:a", "aac", "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "01" * 16, "-encryption_kid", "02" * 16)
        for request in ({}, {"output_format": "source"}, {"command": "verify"}):
            with self.subTest(request):
                self.refused(self.SENTENCE, path("locked.m4a"), **request)

    def test_entries_of_shops(self):
        tone("plain.m4a", "-c:a", "aac")
        for entry in (b"drms", b"aavd", b"enca"):
            with self.subTest(entry):
                self.refused(self.SENTENCE, write("shop.m4a", read("plain.m4a").replace(b"mp4a", entry, 1)))

    def test_matroska_that_names_its_key(self):
        tone("plain.mka", "-c:a", "libopus")
        data = read("plain.mka")
        scheme = bytes.fromhex("5031 81 00 5032 81 01 5033 81 01 5035 8b 47e1 81 05 47e2 84 01020304".replace(" ", ""))
        inside = b"\x62\x40" + bytes([0x80 | len(scheme)]) + scheme
        encodings = b"\x6d\x80" + bytes([0x80 | len(inside)]) + inside
        entry = next(u for u in mutate.units(data) if data[u.start] == 0xae)
        around = [u for u in mutate.units(data) if u.start <= entry.start and u.end >= entry.end]
        out, grown = bytearray(data), len(encodings)
        out[entry.end:entry.end] = encodings
        for u in sorted(around, key=lambda u: -u.start):        # what is around it grows with it, and by what the lengths take
            body = u.size_at + u.size_bytes
            out[u.size_at:body] = b"\x01" + (u.end - body + grown).to_bytes(7, "big")
            grown += 8 - u.size_bytes
        self.refused(self.SENTENCE, write("locked.mka", out))


class Changes(Bombs):
    """On the way: the encoder sees one format, and every sample is heard; a copy would lie in its header."""

    SENTENCE = "The audio changes its sample rate or channels and can only be encoded, not copied."

    def parts(self, ending, *arguments):
        tone("mono" + ending, *arguments, seconds=2, channels=1, rate=44100)
        tone("stereo" + ending, *arguments, seconds=3)
        tone("six" + ending, *arguments, seconds=1, channels=6)

    def test_of_rate(self):
        self.parts(".aac", "-c:a", "aac")
        source = write("rate.aac", read("mono.aac"), read("stereo.aac"))
        self.accepted(source, 5.07)
        self.refused(self.SENTENCE, source, output_format="source")

    def test_of_channels(self):
        self.parts(".ts", "-c:a", "aac", "-f", "mpegts")
        self.parts(".aac", "-c:a", "aac")
        for source in (write("channels.ts", read("stereo.ts"), read("six.ts")), write("channels.aac", read("six.aac"), read("stereo.aac"), read("six.aac"))):
            with self.subTest(source):
                self.accepted(source, 4.06 if source.endswith("ts") else 5.1)
                self.refused(self.SENTENCE, source, output_format="source")

    def test_of_everything_in_chained_ogg(self):
        self.parts(".ogg", "-c:a", "libvorbis")
        source = write("chain.ogg", read("mono.ogg"), read("stereo.ogg"))
        self.accepted(source, 5)
        self.refused(self.SENTENCE, source, output_format="source")

    def test_all_the_time(self):
        self.parts(".aac", "-c:a", "aac")
        mono, stereo = adts_frames(read("mono.aac")), adts_frames(read("stereo.aac"))
        flips = [one for pair in zip(mono * 20, stereo * 20) for one in pair][:1400]
        self.refused("The audio changes its sample rate or channels more than 1000 times.", write("flips.aac", *flips))


if __name__ == "__main__":
    unittest.main()
