"""
recordings: real music in whatever shape a test asks for.

The site has a directory of MP3 files (Debian's asc-music). Everything else that it serves is made from
them on demand by ffmpeg: other codecs, short pieces, covers, HLS fragments, damaged files. A file is made
once and kept in the cache directory under a name that says what it is; two servers may share one cache,
because a finished file only ever appears by rename.
"""

import json
import os
import subprocess
import tempfile
import threading

# extension -> (content type, ffmpeg output arguments)
KINDS = {
    "mp3": ("audio/mpeg", ["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"]),
    "webm": ("audio/webm", ["-c:a", "libopus", "-b:a", "128k", "-f", "webm"]),
    "opus": ("audio/ogg", ["-c:a", "libopus", "-b:a", "128k", "-f", "opus"]),
    "m4a": ("audio/mp4", ["-c:a", "aac", "-b:a", "128k", "-f", "ipod"]),
    "ogg": ("audio/ogg", ["-c:a", "libvorbis", "-q:a", "4", "-f", "ogg"]),
    "flac": ("audio/flac", ["-c:a", "flac", "-sample_fmt", "s16", "-f", "flac"]),
    "wav": ("audio/x-wav", ["-c:a", "pcm_s16le", "-f", "wav"]),
}
PICTURES = {"jpg": "image/jpeg", "webp": "image/webp", "png": "image/png"}

# Drawn, not photographed: easy to recognise in a page and free of rights. All are 1280x720, so that a
# product that wants square covers has something to crop.
DRAWINGS = ["mandelbrot=size=1280x720:start_scale=0.6", "testsrc2=size=1280x720",
            "gradients=size=1280x720:seed=7", "cellauto=size=1280x720:seed=3:rule=110"]

CLIP_FROM_SECONDS = 30     # the intros are quiet
HLS_FRAGMENT_SECONDS = 2
# name -> (ending of a fragment, ffmpeg output arguments)
HLS_PIECES = {
    "ts": ("ts", ["-c:a", "aac", "-b:a", "128k", "-f", "segment", "-segment_format", "mpegts"]),
    "mp3": ("mp3", ["-c:a", "libmp3lame", "-b:a", "128k", "-f", "segment", "-segment_format", "mp3", "-write_xing", "0", "-id3v2_version", "0"]),
    "fmp4": ("m4s", ["-c:a", "aac", "-b:a", "128k", "-f", "hls", "-hls_segment_type", "fmp4", "-hls_list_size", "0"]),
}


class NoSuchRecording(Exception):
    """Nobody has that name, or ffmpeg could not make the shape that was asked for."""


class Recordings:
    def __init__(self, media_dir, cache_dir):
        self.media_dir = media_dir
        self.cache_dir = cache_dir
        os.makedirs(cache_dir, exist_ok=True)
        self.names = sorted(f[:-4] for f in os.listdir(media_dir) if f.endswith(".mp3"))
        if not self.names:
            raise SystemExit(f"site: no .mp3 files in {media_dir}")
        self._locks = {}
        self._guard = threading.Lock()
        self._durations = {}

    def audio(self, name, ext, clip=None, silence=None):
        """Path of a recording as `ext`, the whole or `clip` seconds of it, and so many of silence before and behind."""
        if ext not in KINDS:
            raise NoSuchRecording(ext)
        original = self._original(name)
        if ext == "mp3" and clip is None and silence is None:
            return original
        piece = [] if clip is None else ["-ss", str(CLIP_FROM_SECONDS), "-t", str(float(clip))]
        key = f"{name}{'' if clip is None else f'-clip{float(clip):g}'}{'' if silence is None else f'-silence{float(silence):g}'}.{ext}"
        quiet = [] if silence is None else ["-af", f"adelay={float(silence) * 1000:g}:all=1,apad=pad_dur={float(silence):g}"]
        return self._made(key, [*piece, "-i", original, *quiet, "-map", "0:a", "-map_metadata", "-1", "-vn", *KINDS[ext][1]])

    def truncated(self, ext):
        """First half of a good file: its header still promises the whole."""
        whole = self.audio(self.names[0], ext, 20)
        key = f"truncated.{ext}"

        def write(path):
            with open(whole, "rb") as source, open(path, "wb") as half:
                data = source.read()
                half.write(data[:len(data) // 2 + 1])
        return self._once(key, write)

    def picture(self, name, ext):
        number = self.names.index(name) if name in self.names else sum(name.encode()) % len(DRAWINGS)
        drawing = DRAWINGS[number % len(DRAWINGS)]
        codec = {"jpg": "mjpeg", "webp": "libwebp", "png": "png"}.get(ext)
        if codec is None:
            raise NoSuchRecording(ext)
        return self._made(f"cover{number % len(DRAWINGS)}.{ext}",
                          ["-f", "lavfi", "-i", drawing, "-frames:v", "1", "-c:v", codec, "-pix_fmt",
                           "rgb24" if ext == "png" else "yuvj420p" if ext == "jpg" else "yuv420p",
                           "-f", "webp" if ext == "webp" else "image2"])

    def video(self, name, clip=None):
        """Path of an MP4 with H.264 and AAC: what platforms give who have no stream of sound alone."""
        sound = self.audio(name, "m4a", clip)
        picture = f"testsrc2=size=64x112:rate=5:duration={self.duration(sound)}"
        return self._made(os.path.basename(sound)[:-4] + ".mp4",
                          ["-i", sound, "-f", "lavfi", "-i", picture, "-map", "0:a", "-map", "1:v", "-c:a", "copy", "-c:v", "libx264", "-preset", "ultrafast",
                           "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"])

    def hls_fragments(self, name, clip, pieces="ts"):
        """Paths of the fragments, of `HLS_FRAGMENT_SECONDS` each and in order; of `clip` seconds, or of the whole."""
        if pieces not in HLS_PIECES:
            raise NoSuchRecording(pieces)
        directory = self._hls(name, clip, pieces)
        return [os.path.join(directory, f) for f in sorted(os.listdir(directory)) if f[0].isdigit() and f.endswith(HLS_PIECES[pieces][0])]

    def hls_head(self, name, clip):
        """What the fragments of fMP4 have in common."""
        return os.path.join(self._hls(name, clip, "fmp4"), "init.m4s")

    def _hls(self, name, clip, pieces):
        original = self._original(name)
        key = f"{name}{'' if clip is None else f'-clip{float(clip):g}'}{'' if pieces == 'ts' else '-' + pieces}.hls"
        piece = [] if clip is None else ["-ss", str(CLIP_FROM_SECONDS), "-t", str(float(clip))]
        ending, output = HLS_PIECES[pieces]

        def write(path):
            os.mkdir(path)
            fragments = os.path.join(path, "%03d." + ending)
            where = ["-hls_time", str(HLS_FRAGMENT_SECONDS), "-hls_fmp4_init_filename", "init.m4s", "-hls_segment_filename", fragments,
                     os.path.join(path, "list.m3u8")] if pieces == "fmp4" else ["-segment_time", str(HLS_FRAGMENT_SECONDS), fragments]
            self._ffmpeg([*piece, "-i", original, "-map", "0:a", "-vn", "-map_metadata", "-1", *output, *where])
        return self._once(key, write)

    def duration(self, path):
        """Seconds, as ffprobe counts them: what an honest site would print beside its player."""
        if path not in self._durations:
            run = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "json", path],
                                 stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if run.returncode != 0:
                raise NoSuchRecording(run.stderr.decode(errors="replace"))
            self._durations[path] = float(json.loads(run.stdout)["format"]["duration"])
        return self._durations[path]

    def _original(self, name):
        if name not in self.names:
            raise NoSuchRecording(name)
        return os.path.join(self.media_dir, name + ".mp3")

    def _made(self, key, arguments):
        return self._once(key, lambda path: self._ffmpeg([*arguments, path]))

    def _ffmpeg(self, arguments):
        run = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments],
                             stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if run.returncode != 0:
            raise NoSuchRecording(run.stderr.decode(errors="replace"))

    def _once(self, key, write):
        final = os.path.join(self.cache_dir, key)
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if not os.path.exists(final):
                # A directory of its own beside the goal: ffmpeg never writes under the final name.
                with tempfile.TemporaryDirectory(dir=self.cache_dir, prefix=".making-") as scratch:
                    half = os.path.join(scratch, "new")
                    write(half)
                    try:
                        os.rename(half, final)
                    except OSError:
                        if not os.path.isdir(final):     # another server was first with a directory
                            raise
        return final
