"""`cover`: any thumbnail becomes a square baseline JPEG, and bombs are turned away at the header."""

import os
import struct
import subprocess
import tempfile
import unittest
import zlib

import media


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


def picture(name, size, *arguments, source="testsrc"):
    media.ffmpeg("-f", "lavfi", "-i", f"{source}=s={size}", "-frames:v", "1", *arguments, path(name))
    return path(name)


def pixels(file, width):
    out = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", file, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                         check=True, capture_output=True, timeout=media.TIMEOUT).stdout
    return lambda x, y: tuple(out[(y * width + x) * 3:(y * width + x) * 3 + 3])


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Cover(unittest.TestCase):
    def cover(self, source, request=None):
        reply = media.run("cover", source, request, path("out.jpg"))
        self.assertEqual(reply.status, 0, reply)
        return reply.result

    def test_every_format_becomes_a_square_baseline_jpeg(self):
        for name, size, edge in (("a.jpg", "1280x720", 720), ("a.png", "1920x1080", 1000), ("a.webp", "480x360", 360),
                                 ("a.gif", "320x180", 180), ("a.avif", "640x360", 360),
                                 ("odd.avif", "333x401", 333), ("odd.png", "333x1001", 333), ("odd.jpg", "641x481", 481)):
            with self.subTest(name):
                result = self.cover(picture(name, size))
                self.assertEqual((result["width"], result["height"]), (edge, edge))
                self.assertEqual(result["size_bytes"], os.path.getsize(path("out.jpg")))
                stream = media.probe(path("out.jpg"))["streams"][0]
                self.assertEqual((stream["codec_name"], stream["profile"], stream["width"], stream["height"],
                                  stream["pix_fmt"]), ("mjpeg", "Baseline", edge, edge, "yuvj420p"))

    def test_lossless_webp_and_progressive_sizes(self):
        self.assertEqual(self.cover(picture("l.webp", "200x100", "-lossless", "1"))["width"], 100)
        self.assertEqual(self.cover(picture("m.png", "1500x1500"), {"max_pixels": 300})["width"], 300)
        self.assertEqual(self.cover(picture("n.png", "16x16"), {"max_pixels": 4096})["width"], 16)

    def test_the_middle_is_kept_and_colours_stay(self):
        """Left and right thirds red, the middle in four colours."""
        media.ffmpeg("-f", "lavfi", "-i", "color=red:s=600x200", "-vf",
                     "drawbox=200:0:100:100:white:fill,drawbox=300:0:100:100:blue:fill,"
                     "drawbox=200:100:100:100:black:fill,drawbox=300:100:100:100:lime:fill",
                     "-frames:v", "1", "-pix_fmt", "rgb24", path("wide.png"))
        self.assertEqual(self.cover(path("wide.png"))["width"], 200)
        at = pixels(path("out.jpg"), 200)
        for x, y, colour in ((20, 20, (255, 255, 255)), (180, 20, (0, 0, 255)), (20, 180, (0, 0, 0)),
                             (180, 180, (0, 255, 0))):
            for got, expected in zip(at(x, y), colour):
                self.assertAlmostEqual(got, expected, delta=8)

    def test_transparency_becomes_white(self):
        media.ffmpeg("-f", "lavfi", "-i", "color=red@0.0:s=64x64,format=rgba", "-frames:v", "1", path("clear.png"))
        self.cover(path("clear.png"))
        self.assertGreater(min(pixels(path("out.jpg"), 64)(32, 32)), 250)

    def cropped(self, canvas, box, picture="testsrc=s", background="black", quality="2", name="bars.jpg"):
        """The cover of a picture that lies in a canvas at `box` = width x height (in the middle), and how wide that is."""
        media.ffmpeg("-f", "lavfi", "-i", f"color={background}:s={canvas}", "-f", "lavfi", "-i", f"{picture}={box}", "-filter_complex",
                     "overlay=(W-w)/2:(H-h)/2:format=rgb", "-frames:v", "1", "-q:v", quality, path(name))
        return self.cover(path(name))["width"]

    def test_black_bars_go(self):
        for what, canvas, box, edge in (
                ("a wide video in 4:3, as YouTube's hqdefault", "480x360", "480x270", 270), ("sddefault", "640x480", "640x360", 360),
                ("default", "120x90", "120x68", 68), ("a cover in a wide video", "1280x720", "720x720", 720),
                ("a standing video in a wide one", "1280x720", "404x720", 404), ("an old video in a wide one", "1280x720", "960x720", 720),
                ("a cover in a wide video in 4:3", "480x360", "270x270", 270), ("a film", "1280x720", "1280x544", 544),
                ("a standing video in a wide one in 4:3", "480x360", "152x270", 152)):
            for quality in ("2", "12"):
                with self.subTest(what, quality=quality):
                    self.assertAlmostEqual(self.cropped(canvas, box, quality=quality), edge, delta=2)

    def test_no_black_is_left_at_the_edges(self):
        self.cropped("480x360", "270x270", picture="color=white:s")
        at = pixels(path("out.jpg"), 270)
        for x, y in ((1, 1), (268, 1), (1, 268), (268, 268), (135, 1), (1, 135)):
            self.assertGreater(min(at(x, y)), 200, (x, y))

    def test_bars_are_found_in_every_format(self):
        for ending in ("jpg", "png", "webp", "gif", "avif"):
            self.assertAlmostEqual(self.cropped("480x360", "480x270", name="bars." + ending), 270, delta=2, msg=ending)

    def test_a_dark_picture_has_no_bars(self):
        """Black on one side, black that fades, a square, all black, and a bar of another colour."""
        media.ffmpeg("-f", "lavfi", "-i", "nullsrc=s=640x480,format=gray,geq='clip((Y-100)/2,0,255)'", "-frames:v", "1", path("one.png"))
        media.ffmpeg("-f", "lavfi", "-i", "nullsrc=s=640x480,format=gray,geq='255*pow(sin(PI*Y/480)*sin(PI*X/640),2)'", "-frames:v", "1", path("spot.png"))
        media.ffmpeg("-f", "lavfi", "-i", "color=black:s=640x480", "-frames:v", "1", path("black.png"))
        for name in ("one.png", "spot.png", "black.png"):
            self.assertEqual(self.cover(path(name))["width"], 480, name)
        self.assertEqual(self.cropped("600x600", "600x300"), 600, "made a cover")
        self.assertEqual(self.cropped("480x360", "480x270", background="red"), 360)
        self.assertEqual(self.cropped("480x360", "480x340"), 360, "a thin line is a frame")

    def test_limits_are_read_from_the_header(self):
        def png(width, height):
            return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                    png_chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + png_chunk(b"IEND", b""))
        with open(picture("small.avif", "64x64"), "rb") as file:
            avif = file.read()
        bombs = {
            "png": png(60000, 60000), "png beyond 16 bits": png(100000, 1), "png without width": png(0, 10),
            "gif": b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\0" * 100,
            "webp": b"RIFF\x64\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff" + b"\0" * 80,
            "jpeg": b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03" + b"\0" * 60,
            "avif": avif.replace(b"ispe" + bytes(4) + struct.pack(">II", 64, 64), b"ispe" + bytes(4) + struct.pack(">II", 60000, 60000)),
            "avif without a place": avif.replace(b"iloc", b"free"), "avif of nothing": avif[:100],
            "avif whose picture lies behind its end": avif[:-20],
            "too many bytes": b"\xff\xd8\xff" + b"\0" * (10 << 20),
            "empty": b"", "text": b"hello " * 100, "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "jpeg of one marker": b"\xff\xd8\xff",
        }
        for name, data in bombs.items():
            with self.subTest(name):
                with open(path("bomb"), "wb") as file:
                    file.write(data)
                reply = media.run("cover", path("bomb"))
                self.assertEqual((reply.status, reply.kind), (1, "bad_media"), reply)


if __name__ == "__main__":
    unittest.main()
