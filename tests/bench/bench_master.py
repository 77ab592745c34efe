"""What `master` costs, in CPU seconds (user + system), against what everyone else would run.

    lame -b 320                   on the same PCM as a WAV file: encoding alone, no decoding, no loudness
    ffmpeg loudnorm, two passes   measure, then loudnorm with the measured values and libmp3lame 320k

Median of three, same machine, same minute. Prints figures to compare; nothing passes or fails. The input is what
yt-dlp delivers: music as Opus in WebM, and the same as AAC in MP4.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(os.environ.get("DUBPLATE_BUILD", os.path.join(REPOSITORY, "build")), "dubplate-media")
MUSIC = "/usr/share/games/asc/music"
RUNS = 3


def cost(argv, request=b"", quiet=True):
    """(CPU seconds, peak RSS in MB, stdout, stderr) of one program, by wait4."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(request)
        given.seek(0)
        child = subprocess.Popen(argv, stdin=given, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            sys.exit(f"{argv} failed: {err.read()[-500:]} {out.read()[-500:]}")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read(), err.read().decode()


def master(source, out):
    if os.path.exists(out):
        os.unlink(out)
    argv = ["/bin/sh", "-c", 'exec "$0" master 3<"$1" 4<>"$2"', PROGRAM, source, out]
    cpu, rss, stdout, _ = cost(argv, b"{}")
    return cpu, rss, json.loads(stdout.splitlines()[-1])["result"]


def lame(wav, out):
    return cost(["lame", "-S", "-b", "320", wav, out])[0]


def loudnorm(source, out):
    base = ["ffmpeg", "-v", "info", "-hide_banner", "-nostdin", "-y", "-i", source]
    aim = "loudnorm=I=-14:TP=-1:LRA=20"
    first, _, _, text = cost(base + ["-af", aim + ":print_format=json", "-f", "null", "-"])
    found = json.loads(re.search(r"\{[^{}]*\}\s*$", text[:text.rindex("}") + 1]).group(0))
    measured = "".join(f":measured_{k}={found['input_' + v]}" for k, v in
                       (("I", "i"), ("TP", "tp"), ("LRA", "lra"), ("thresh", "thresh")))
    second = cost(base + ["-af", aim + measured + f":offset={found['target_offset']}:linear=true", "-ar", "48000",
                          "-c:a", "libmp3lame", "-b:a", "320k", out])[0]
    return first + second


def median(function, *arguments):
    return statistics.median(function(*arguments) for _ in range(RUNS))


def row(name, value, unit, goal=""):
    print(f"  {name:<44}{value:>9.2f} {unit:<8}{goal}")


def compare(label, source, wav, folder):
    out = os.path.join(folder, "out.mp3")
    runs = sorted((master(source, out) for _ in range(RUNS)), key=lambda run: run[0])
    cpu, _, result = runs[RUNS // 2]
    theirs, two_pass = median(lame, wav, out), median(loudnorm, source, out)
    said = result["loudness"]
    print(f"{label}, {result['input']['duration_seconds']:.0f} s, {said['input_lufs']} LUFS -> {said['output_lufs']} "
          f"LUFS, {said['output_true_peak_dbtp']} dBTP, limiter {said['limiter_max_reduction_db']} dB")
    row("dubplate-media master", cpu, "s CPU")
    row("lame -b 320 from WAV", theirs, "s CPU")
    row("ffmpeg loudnorm twice + libmp3lame", two_pass, "s CPU")
    row("master / lame", cpu / theirs, "", "goal 1.50 or less")
    row("master / loudnorm", cpu / two_pass, "", "goal 0.30 or less")
    row("seconds of audio per CPU second", result["input"]["duration_seconds"] / cpu, "")
    row("peak memory", max(run[1] for run in runs), "MB", "goal 40 or less")


def main():
    songs = sorted(os.path.join(MUSIC, name) for name in os.listdir(MUSIC) if name.endswith(".mp3"))
    with tempfile.TemporaryDirectory() as folder:
        def path(name):
            return os.path.join(folder, name)

        def ffmpeg(*arguments):
            subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True)
        with open(path("list"), "w") as file:
            file.writelines(f"file '{song}'\n" for song in songs)
        ffmpeg("-f", "concat", "-safe", "0", "-i", path("list"), "-t", "440", "-ar", "48000", "-ac", "2", path("a.wav"))
        ffmpeg("-i", path("a.wav"), "-c:a", "libopus", "-b:a", "160k", path("a.webm"))
        ffmpeg("-i", path("a.wav"), "-ar", "44100", "-c:a", "aac", "-b:a", "128k", path("a.m4a"))
        compare("Opus in WebM", path("a.webm"), path("a.wav"), folder)
        compare("AAC 44.1 kHz in MP4", path("a.m4a"), path("a.wav"), folder)


if __name__ == "__main__":
    main()
