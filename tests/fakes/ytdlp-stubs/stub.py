#!/usr/bin/python3
"""
A yt-dlp that misbehaves. Chosen by DUBPLATE_STUB, which the harness bakes into the wrapper that YTDLP_PATH names:

    hang            ignores SIGTERM and says nothing, in the download
    hang-resolve    the same while it should resolve
    flood           junk without a newline, up to 1 GB, in the download
    flood-resolve   the same while it should resolve
    stderr-flood    1 GB of junk on stderr, then an error
    killed          some progress, half a file, SIGKILL
    silent          exit 0 and no file, as yt-dlp does for a match filter
    outside         exit 0 and an after_move line that names /etc/passwd
    symlink         exit 0 and a file that is a symbolic link to /etc/passwd
    empty           exit 0 and an empty file
    not-json        resolve prints something that is not JSON
    huge-json       resolve prints one JSON line of 64 MB
    bad-entries     resolve prints a list of one entry and sixty things that are none, at once
    many-hosts      resolve names streams on seventy hosts, the last of which is ::1 by name
    grandchild      leaves a sleeping process that holds stdout, then does everything right
    record          appends its arguments and environment to DUBPLATE_STUB_LOG, then does everything right

The last two go on as the real yt-dlp. All waiting ends after LONGEST_WAIT_SECONDS, so a stub that the product
failed to kill does not stay for ever.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

LONGEST_WAIT_SECONDS = 120
FLOOD_BYTES = 1 << 30
REAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "yt-dlp")


class Call:
    """What the product asked for, read from the argument vector as yt-dlp would read it."""

    def __init__(self, argv):
        self.argv = argv
        self.url = argv[-1] if argv else ""
        self.version = "--version" in argv
        self.download = any(a.startswith("after_move:") for a in argv)
        self.home = next((a[5:] for a in argv if a.startswith("home:")), ".")

    def path(self, name):
        return os.path.join(self.home, name)

    def say_progress(self, done, total):
        figures = {"status": "downloading", "downloaded_bytes": done, "total_bytes": total, "speed": 100000.0, "eta": 9, "elapsed": 1.0}
        self._say("download:", r"%\(progress\.[^)]*\)j", figures)

    def say_finished(self, path):
        self._say("after_move:", r"%\(filepath\)j", path)

    def _say(self, prefix, placeholder, value):
        template = next((a[len(prefix):] for a in self.argv if a.startswith(prefix)), None)
        if template:
            print(re.sub(placeholder, lambda _: json.dumps(value), template), flush=True)


def resolve(call):
    print(json.dumps({
        "_type": "video", "id": "stub", "title": "Stub", "url": call.url, "webpage_url": call.url, "original_url": call.url,
        "ext": "mp3", "duration": 10, "extractor": "generic", "extractor_key": "Generic", "format_id": "0", "protocol": "http",
        "vcodec": "none", "acodec": "mp3", "formats": [{"url": call.url, "ext": "mp3", "format_id": "0", "vcodec": "none", "protocol": "http"}],
    }), flush=True)
    return 0


def hang(call):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        time.sleep(1)
    return 1


def flood_into(descriptor):
    junk = b"\xff\x00%s{[" * 4096
    written = 0
    try:
        while written < FLOOD_BYTES:
            written += os.write(descriptor, junk)
    except OSError:
        return 1
    os.write(2, b"\nERROR: that was a lot\n")
    return 1


def killed(call):
    with open(call.path("src.mp3.part"), "wb") as half:
        half.write(b"\0" * 5000)
    for done in (1000, 3000, 5000):
        call.say_progress(done, 10000)
    os.kill(os.getpid(), signal.SIGKILL)


def outside(call):
    call.say_finished("/etc/passwd")
    return 0


def symlink(call):
    path = call.path("src.mp3")
    if not os.path.lexists(path):
        os.symlink("/etc/passwd", path)
    call.say_finished(path)
    return 0


def empty(call):
    path = call.path("src.mp3")
    with open(path, "wb"):
        pass
    call.say_finished(path)
    return 0


def not_json(call):
    print("this is not JSON {", flush=True)
    return 0


def huge_json(call):
    print(json.dumps({"id": "huge", "title": "x" * (64 << 20), "webpage_url": call.url}), flush=True)
    return 0


def bad_entries(call):
    entry = {"_type": "url", "ie_key": "Youtube", "id": "stubstub001", "url": "https://www.youtube.com/watch?v=stubstub001", "title": "Stub",
             "playlist_id": "PLstub", "playlist_title": "Stubs", "playlist_index": 1}
    print("\n".join([json.dumps(entry)] + ['{"title": "neither id nor link"}'] * 60), flush=True)
    return 0


def many_hosts(call):
    hosts = [f"127.0.1.{n}" for n in range(1, 70)] + ["ip6-localhost"]
    formats = [{"url": f"http://{host}/a.mp3", "ext": "mp3", "format_id": host, "vcodec": "none", "protocol": "http"} for host in hosts]
    print(json.dumps({"id": "stub", "title": "Stub", "webpage_url": call.url, "ext": "mp3", "duration": 10, "extractor_key": "Generic",
                      "formats": formats}), flush=True)
    return 0


def grandchild(call):
    subprocess.Popen(["/bin/sleep", str(LONGEST_WAIT_SECONDS)])
    return really(call)


def record(call):
    with open(os.environ["DUBPLATE_STUB_LOG"], "a", encoding="utf-8", errors="surrogateescape") as log:
        log.write(json.dumps({"argv": call.argv, "env": dict(os.environ), "cwd": os.getcwd(),
                              "descriptors": sorted(int(fd) for fd in os.listdir("/proc/self/fd"))}) + "\n")
    return really(call)


def really(call):
    os.execv(REAL, [REAL, *call.argv])


# name -> (while resolving, while downloading)
STUBS = {
    "hang": (resolve, hang),
    "hang-resolve": (hang, hang),
    "flood": (resolve, lambda call: flood_into(1)),
    "flood-resolve": (lambda call: flood_into(1),) * 2,
    "stderr-flood": (resolve, lambda call: flood_into(2)),
    "killed": (resolve, killed),
    "silent": (resolve, lambda call: 0),
    "outside": (resolve, outside),
    "symlink": (resolve, symlink),
    "empty": (resolve, empty),
    "not-json": (not_json, not_json),
    "huge-json": (huge_json, huge_json),
    "bad-entries": (bad_entries, bad_entries),
    "many-hosts": (many_hosts, many_hosts),
    "grandchild": (really, grandchild),
    "record": (record, record),
}


def main():
    call = Call(sys.argv[1:])
    if call.version:
        print("2026.10.26")
        return 0
    resolving, downloading = STUBS[os.environ["DUBPLATE_STUB"]]
    return (downloading if call.download else resolving)(call)


if __name__ == "__main__":
    sys.exit(main())
