"""What `master` costs against what everyone else would run: ratios of one run, on the same machine in the same minutes.

    lame -q 5 -b 320              on the same PCM as a WAV file: encoding alone, no decoding, no loudness
    ffmpeg loudnorm, two passes   measure, then loudnorm with the measured values and libmp3lame 320k
    threads                       the same song by one and by two, wall clock, and whether the bytes are equal
    a playlist of 50              as a worker runs it: as many at once as there are cores; how busy those are

CPU is user + system of the child (wait4), wall clock the best of several. Nothing passes or fails. The music is
what is installed: three songs of asc-music, and the two hours of wesnoth-music if they are there; MUSIC=FOLDER takes
another. The input is what yt-dlp delivers: Opus in WebM, and one song as AAC in MP4.
"""

import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(os.environ.get("DUBPLATE_BUILD", os.path.join(REPOSITORY, "build")), "dubplate-media")
FOLDERS = [os.environ["MUSIC"]] if "MUSIC" in os.environ else \
    ["/usr/share/games/asc/music"] + glob.glob("/usr/share/games/wesnoth/*/data/core/music")
ENDINGS = (".mp3", ".ogg", ".opus", ".flac", ".m4a", ".wav")
RUNS = 3
PLAYLIST, CLIP_SECONDS = 50, 20
LAUNCH = ["/bin/sh", "-c", 'exec "$0" master 3<"$1" 4<>"$2" 8<>"$2.scratch"', PROGRAM]


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


def master(source, out, **request):
    """(CPU seconds, peak RSS in MB, the result, wall seconds)"""
    for name in (out, out + ".scratch"):
        if os.path.exists(name):
            os.unlink(name)
    began = time.monotonic()
    cpu, rss, stdout, _ = cost(LAUNCH + [source, out], json.dumps(request).encode())
    return cpu, rss, json.loads(stdout.splitlines()[-1])["result"], time.monotonic() - began


def lame(wav, out):
    return cost(["lame", "-S", "-q", "5", "-b", "320", wav, out])[0]


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


def row(name, value, unit, goal=""):
    print(f"  {name:<44}{value:>9.2f} {unit:<8}{goal}", flush=True)


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "quiet", "-nostdin", "-y", *arguments], check=True)


def contents(name):
    with open(name, "rb") as file:
        return file.read()


def compare(label, songs, folder, *codec):
    """Every song once through each of the three, one after the other."""
    out, wav, source = (os.path.join(folder, name) for name in ("out.mp3", "a.wav", "a.mka"))
    seconds = ours = theirs = two_pass = most = 0
    for song in songs:
        ffmpeg("-i", song, "-vn", "-ar", "48000", "-ac", "2", wav)
        ffmpeg("-i", wav, *codec, source)
        theirs += lame(wav, out)
        cpu, rss, result, _ = master(source, out)
        two_pass += loudnorm(source, out)
        ours, most, seconds = ours + cpu, max(most, rss), seconds + result["input"]["duration_seconds"]
    print(f"{label}, {len(songs)} songs, {seconds / 3600:.2f} h, 320 kbit/s")
    row("dubplate-media master", ours, "s CPU")
    row("lame -q 5 -b 320 from WAV", theirs, "s CPU")
    row("ffmpeg loudnorm twice + libmp3lame", two_pass, "s CPU")
    row("master / lame", ours / theirs, "", "goal 1.30 or less")
    row("master / loudnorm", ours / two_pass, "", "goal 0.25 or less")
    row("seconds of audio per CPU second", seconds / ours, "")
    row("peak memory", most, "MB", "goal 40 or less")


def threads(song, folder):
    source, one, two = (os.path.join(folder, name) for name in ("t.webm", "one.mp3", "two.mp3"))
    ffmpeg("-i", song, "-vn", "-ar", "48000", "-ac", "2", "-c:a", "libopus", "-b:a", "160k", source)
    runs = [(master(source, one, threads=1), master(source, two, threads=2)) for _ in range(RUNS)]
    print(f"Two threads on one song of {runs[0][0][2]['input']['duration_seconds']:.0f} s: the files are "
          f"{'equal' if contents(one) == contents(two) else 'DIFFERENT'}")
    row("wall clock / that of one thread", min(b[3] for _, b in runs) / min(a[3] for a, _ in runs), "",
        "goal 0.55 or less")
    row("CPU / that of one thread", min(b[0] for _, b in runs) / min(a[0] for a, _ in runs), "")
    row("peak memory", max(b[1] for _, b in runs), "MB", "goal 40 or less")


def idle():
    """(idle, all) ticks of all cores so far."""
    with open("/proc/stat") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def playlist(song, folder):
    cores = os.cpu_count()
    clips = [os.path.join(folder, f"{n}.webm") for n in range(PLAYLIST)]
    for n, clip in enumerate(clips):
        ffmpeg("-ss", str(n), "-t", str(CLIP_SECONDS), "-i", song, "-c:a", "libopus", clip)
    before, began = idle(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        cpu = sum(run[0] for run in pool.map(lambda clip: master(clip, clip + ".mp3"), clips))
    after, wall = idle(), time.monotonic() - began
    print(f"A playlist of {PLAYLIST} on {cores} cores, {CLIP_SECONDS} s each")
    row("cores busy", 100 - 100 * (after[0] - before[0]) / (after[1] - before[1]), "%", "goal 90 or more")
    row("of that, ours", 100 * cpu / wall / cores, "%")


def main():
    songs = sorted(os.path.join(folder, name) for folder in FOLDERS for name in os.listdir(folder)
                   if name.endswith(ENDINGS))
    with tempfile.TemporaryDirectory() as folder:
        compare("Opus in WebM", songs, folder, "-c:a", "libopus", "-b:a", "160k")
        compare("AAC at 44.1 kHz", songs[:1], folder, "-ar", "44100", "-c:a", "aac", "-b:a", "128k")
        threads(songs[0], folder)
        playlist(songs[0], folder)


if __name__ == "__main__":
    main()
