"""
Damaged files, by the thousand, through every command: an exit code of 0 or 1 and one sentence, no crash, no sanitizer's report, within the limits that the
worker sets; and what is accepted is sound.

DUBPLATE_TEST_MUTANTS says how many (`make fault`: 10,000, others each time), DUBPLATE_TEST_SEED which; DUBPLATE_TEST_MUTANT=n makes the nth alone.
The short form makes the same ones always: where one of them fails, somebody has changed something.
"""

LIMIT_SECONDS = 7200

import collections
import concurrent.futures
import os
import random
import resource
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import chances
from harness.chances import figures, number
import media
import mutate

SHORT = 300
MUTANTS = number("MUTANTS", SHORT)
SEED = 305 if MUTANTS == SHORT and "DUBPLATE_TEST_SEED" not in os.environ else chances.SEED
ONLY = number("MUTANT", -1)
SECONDS = 0.4
SECONDS_MAX = 60            # of audio that is accepted: a byte of Opus is a tenth of a second
SOUND = "0.3*sin(2*PI*440*t)+0.1*random(0)|0.3*sin(2*PI*550*t)"
BITEXACT = ("-fflags", "+bitexact", "-flags", "+bitexact")
VIDEO = ("-f", "lavfi", "-i", f"testsrc2=s=64x64:r=10:d={SECONDS}", "-map", "0:a", "-map", "1:v", "-c:v", "mpeg4")

AUDIO = {
    "opus.webm": ("-c:a", "libopus"), "aac.m4a": ("-c:a", "aac", "-movflags", "+faststart"), "cbr.mp3": ("-c:a", "libmp3lame", "-b:a", "96k"),
    "vbr.mp3": ("-c:a", "libmp3lame", "-q:a", "9"), "vorbis.ogg": ("-c:a", "libvorbis"), "a.opus": ("-c:a", "libopus"), "a.flac": ("-c:a", "flac"),
    "pcm.wav": ("-ar", "8000"), "float.wav": ("-ar", "8000", "-c:a", "pcm_f32le"), "pcm.w64": ("-ar", "8000"), "pcm.aiff": ("-ar", "8000"),
    "pcm.caf": ("-ar", "8000", "-c:a", "pcm_s16be"), "hls.ts": ("-c:a", "aac", "-f", "mpegts"), "a.adts": ("-c:a", "aac"), "ac3.mkv": ("-c:a", "ac3"),
    "eac3.mp4": ("-ac", "6", "-c:a", "eac3"), "alac.m4a": ("-ar", "8000", "-c:a", "alac"), "alac.caf": ("-ar", "8000", "-c:a", "alac"),
    "vorbis.mkv": ("-c:a", "libvorbis"), "video.mp4": (*VIDEO, "-c:a", "aac"), "video.webm": (*VIDEO[:-1], "libvpx", "-c:a", "libvorbis"),
    "fragments.mp4": ("-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov"), "mulaw.wav": ("-ar", "8000", "-c:a", "pcm_mulaw"),
    "locked.m4a": ("-c:a", "aac", "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "01" * 16, "-encryption_kid", "02" * 16),
}
TAGGABLE = ("cbr.mp3", "vbr.mp3", "aac.m4a", "alac.m4a", "vorbis.ogg", "a.opus", "a.flac", "pcm.wav", "float.wav")
PICTURES = ("a.jpg", "a.png", "a.webp", "a.gif", "a.avif")

TAGS = {"title": "Träume", "artist": "x" * 300, "date": "2024-02-29", "track_number": 3, "replaygain_track_gain_db": -3.2,
        "chapters": [{"start_ms": 0, "end_ms": 200, "title": "one"}, {"start_ms": 200, "end_ms": 400, "title": "two"}]}


def master(**options):
    return "master", {"bitrate_kbps": 128, "max_duration_seconds": SECONDS_MAX, **options}


def verify(**options):
    return "verify", {"max_duration_seconds": SECONDS_MAX, **options}


# What is done with a mutant, as often as it stands here.
WAYS = {
    "audio": (master(), master(output_format="m4a"), master(output_format="wav", bit_depth_bits=24, sample_rate_hz=0), master(output_format="flac"),
              master(output_format="ogg"), master(output_format="opus"), master(trim_silence=True, clip_start_seconds=0.1, clip_end_seconds=0.3),
              master(output_format="source"), master(output_format="source"), master(output_format="source"), verify(), verify(strict=False, loudness=True)),
    "tagged": (("tag", TAGS), ("tag", {**TAGS, "id3_version": 4})),
    "picture": (("cover", {}), ("cover", {"max_pixels": 40})),
    "cover": (("tag", TAGS),),
}
SHARE = {"audio": 60, "tagged": 22, "picture": 12, "cover": 6}      # per cent of all mutants


def path(name):
    return os.path.join(folder.name, name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def setUpModule():
    global folder, corpus
    folder = tempfile.TemporaryDirectory()
    media.synthesize(path("sound.wav"), SOUND, SECONDS)
    for name, arguments in AUDIO.items():
        media.ffmpeg("-i", path("sound.wav"), *arguments, *BITEXACT, path(name))
    for name in PICTURES:
        codec = ("-c:v", "libaom-av1", "-cpu-used", "8", "-still-picture", "1") if name == "a.avif" else ()
        media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64", "-frames:v", "1", *codec, *BITEXACT, path(name))
    for name in TAGGABLE:       # with tags that are to be replaced
        reply = media.run("tag", path(name), TAGS, path("tagged"), path("a.jpg"))
        assert reply.status == 0, (name, reply)
        os.rename(path("tagged"), path("tagged-" + name))
    tagged = [f"tagged-{name}" for name in TAGGABLE]
    corpus = {"audio": [read(n) for n in (*AUDIO, *tagged)], "tagged": [read(n) for n in (*tagged, *TAGGABLE)],
              "picture": [read(n) for n in PICTURES], "cover": [read("a.jpg")]}


def tearDownModule():
    folder.cleanup()


class Mutant:
    """The nth of the seed: which file, what is done to it, and what becomes of it."""

    def __init__(self, n):
        dice = random.Random(f"{SEED}.{n}")
        self.kind = dice.choices(list(SHARE), SHARE.values())[0]
        self.command, self.request = dice.choice(WAYS[self.kind])
        self.damage, self.data = mutate.mutant(dice, corpus[self.kind])
        self.file, self.output = path(f"mutant-{n}"), path(f"output-{n}")
        self.look = (path(f"waveform-{n}"), path(f"spectrogram-{n}")) if self.command == "master" else ()
        self.name = f"DUBPLATE_TEST_SEED={SEED} DUBPLATE_TEST_MUTANT={n}: {self.kind} {self.damage} {self.command} {self.request}"
        self.wrong = []

    def run(self):
        with open(self.file, "wb") as file:
            file.write(self.data)
        source, cover = (path("aac.m4a"), self.file) if self.kind == "cover" else (self.file, path("a.jpg") if self.command == "tag" else None)
        try:
            reply = media.run(self.command, source, self.request, self.output, cover, media.limits, self.look)
            self.check(reply)
            if reply.status == 0 and not self.wrong:
                self.check_output(reply, source)
        except Exception as e:      # a hang, or lines that are no JSON
            self.wrong.append(repr(e))
            return self, None
        finally:
            for file in (self.file, self.output, *self.look):
                if os.path.exists(file):
                    os.unlink(file)
        return self, reply

    def check(self, reply):
        expected = (None, "bad_media", "too_large") + (("input",) if "clip_start_seconds" in self.request else ())
        detail = (reply.error or {}).get("detail", "x.")
        sound = {"exit code": reply.status in (0, 1), "kind": reply.kind in expected, "stderr": not reply.stderr,
                 "answer": bool(reply.result) != bool(reply.error),
                 "sentence": detail.isascii() and detail.isprintable() and detail.endswith(".") and detail[0].isupper() or detail == "x."}
        self.wrong += [f"{what}: {reply}" for what, good in sound.items() if not good]

    def check_output(self, reply, source):
        """What was accepted can be used: what master copied or made decodes; tags change no sound; a cover is a picture."""
        if self.command == "cover":
            again = media.run("cover", self.output, {})
            self.wrong += [] if again.status == 0 else [f"the cover: {again}"]
        elif self.command == "master":
            again = media.run("verify", self.output, {"strict": False})
            same = again.status == 0 and again.result["frames"] == reply.result["output"]["frames"]
            same |= reply.result["output"]["remuxed"] and again.kind in (None, "bad_media")     # the stage that stores it asks too, and refuses
            self.wrong += [] if same else [f"the output: {reply} {again}"]
        elif self.command == "tag":
            before, after = (media.run("verify", file) for file in (source, self.output))
            same = before.status != 0 or after.status == 0 and after.result["frames"] == before.result["frames"]
            self.wrong += [] if same else [f"the sound: {before} {after}"]


class Mutants(unittest.TestCase):
    def test_every_one_ends_well(self):
        print(f"seed {SEED}: DUBPLATE_TEST_SEED={SEED} repeats the choices", file=sys.stderr)
        before, ends, wrong = set(os.listdir(folder.name)), collections.Counter(), []
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for done, (m, reply) in enumerate(pool.map(lambda n: Mutant(n).run(), range(MUTANTS) if ONLY < 0 else [ONLY])):
                ends[f"{m.kind} {(reply.kind or 'accepted') if reply else 'no answer'}"] += 1
                if m.wrong:
                    wrong.append("\n".join([m.name, *m.wrong]))
                    print(wrong[-1], file=sys.stderr, flush=True)
                if done % 500 == 499:
                    print(f"{done + 1} done, {len(wrong)} wrong", file=sys.stderr, flush=True)
        figures(self, f"{sum(ends.values())} mutants of seed {SEED}: " + ", ".join(f"{n} {what}" for what, n in sorted(ends.items())) +
                f"; the largest took {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MB")
        self.assertEqual(wrong, [])
        self.assertEqual(set(os.listdir(folder.name)), before, "nothing is left behind")


if __name__ == "__main__":
    unittest.main()
