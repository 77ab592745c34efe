"""Runs dubplate-media as the worker does: descriptors, one request, lines of JSON. And makes its inputs."""

import array
import ctypes
import json
import math
import os
import re
import resource
import subprocess
import tempfile

import mutagen

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(os.environ.get("DUBPLATE_BUILD", os.path.join(REPOSITORY, "build")), "dubplate-media")
MUSIC = "/usr/share/games/asc/music/%s.mp3"
TIMEOUT = 60

# The shell opens fd 3, 4 and what else there is; Python's own descriptors never reach the program.
LAUNCH = 'exec "$0" "$1" 3<"$2" 4<>"$3"'
LAUNCH_COVER = LAUNCH + ' 5<"$4"'
LAUNCH_LOOK = LAUNCH + ' 6<>"$4" 7<>"$5"'
LAUNCH_SCRATCH = LAUNCH + ' 8<>"$4"'


class Reply:
    def __init__(self, done):
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.status = done.returncode
        self.stderr = done.stderr.decode(errors="replace")
        self.progress = [line["progress"] for line in lines if "progress" in line]
        last = lines[-1] if lines else {}
        self.result = last.get("result")
        self.error = last.get("error")
        self.kind = (self.error or {}).get("kind")

    def __repr__(self):
        return f"<status {self.status} result {self.result} error {self.error} stderr {self.stderr[-2000:]}>"


def environment():
    """Empty, except for what a sanitizer build listens to."""
    return {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}


def has_sanitizer():
    with open(PROGRAM, "rb") as file:
        return b"__asan_init" in file.read()


SANITIZED = has_sanitizer()


def limits():
    """In the child: as worker/media.c sets them, and less where small files need less."""
    resource.setrlimit(resource.RLIMIT_CPU, (60, 61))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))
    if not SANITIZED:       # its shadow memory alone takes terabytes
        resource.setrlimit(resource.RLIMIT_AS, (768 << 20, 768 << 20))


def run(command, source, request=None, output=None, cover=None, limit=None, look=None, scratch=None,
        timeout=TIMEOUT):
    """`request` is a dict, or bytes to be sent as they are. `limit` runs in the child, before exec. `look` names two
    files that do not exist yet, for the waveform and the spectrogram, `scratch` one."""
    if isinstance(request, bytes):
        text = request
    else:
        text = json.dumps(request or {}).encode()
    own = output or tempfile.mktemp(prefix="media-out-")
    try:
        if os.path.exists(own):
            os.unlink(own)
        launch, more = (LAUNCH_LOOK, look) if look else (LAUNCH_COVER, (cover,)) if cover else \
            (LAUNCH_SCRATCH, (scratch,)) if scratch else (LAUNCH, ())
        argv = ["/bin/sh", "-c", launch, PROGRAM, command, source, own, *more]
        done = subprocess.run(argv, input=text, capture_output=True,
                              env=environment(), timeout=timeout, preexec_fn=limit)
    finally:
        if output is None and os.path.exists(own):
            os.unlink(own)
    return Reply(done)


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True, timeout=TIMEOUT)


def synthesize(path, expression, seconds, *arguments, rate=48000):
    """A file from an aevalsrc expression: channels are separated by |."""
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc={expression}:s={rate}:d={seconds}", *arguments, path)


def decode(path, rate=48000, channels=2):
    """Interleaved floats, by the ffmpeg program."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", "0:a:0", "-ac", str(channels),
                          "-ar", str(rate), "-f", "f32le", "-"], check=True, capture_output=True, timeout=TIMEOUT)
    return array.array("f", out.stdout)


def count_frames(path):
    """Per channel, at the file's own rate, as the ffmpeg program decodes it."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", "0:a:0", "-ac", "1",
                          "-f", "s16le", "-"], check=True, capture_output=True, timeout=TIMEOUT)
    return len(out.stdout) // 2


def played_frames(path):
    """What a player plays. The ffmpeg program is not asked where it is wrong: FFmpeg 5.1 leaves the padding at the end
    of an MP4 that says what is padding, and mistakes the length of a Vorbis file of one page."""
    stream = probe(path)["streams"][0]
    if path.endswith(".m4a") and "nb_frames" in stream:
        return min(int(stream["duration_ts"]), count_frames(path))
    if path.endswith(".ogg") and stream["codec_name"] == "vorbis":
        info = mutagen.File(path).info
        return round(info.length * info.sample_rate)
    return count_frames(path)


def ebur128_filter(path):
    """Integrated loudness, range and true peak by FFmpeg's filter: shares no code with what is tested."""
    done = subprocess.run(["ffmpeg", "-v", "verbose", "-hide_banner", "-nostdin", "-i", path, "-map", "0:a:0", "-af",
                           "ebur128=peak=true:framelog=verbose", "-f", "null", "-"], check=True,
                          capture_output=True, timeout=TIMEOUT)
    text = done.stderr.decode(errors="replace").rsplit("Summary:", 1)[1]

    def number(label):
        return float(re.search(label + r":\s+(-?[\d.]+|-inf)", text).group(1))
    return {"lufs": number("I"), "lra": number("LRA"), "peak": number("Peak")}


def libebur128(samples, rate=48000):
    """Integrated loudness, range and true peak (dB) of interleaved stereo floats, by libebur128."""
    lib = ctypes.CDLL("libebur128.so.1")
    lib.ebur128_init.restype = ctypes.c_void_p
    lib.ebur128_init.argtypes = [ctypes.c_uint, ctypes.c_ulong, ctypes.c_int]
    state = ctypes.c_void_p(lib.ebur128_init(2, rate, 0b111111))
    block = rate // 10 * 2
    address = samples.buffer_info()[0]
    for at in range(0, len(samples), block):
        n = min(block, len(samples) - at)
        lib.ebur128_add_frames_float(state, ctypes.c_void_p(address + 4 * at), ctypes.c_size_t(n // 2))
    value = ctypes.c_double()

    def get(name, *arguments):
        getattr(lib, name)(state, *arguments, ctypes.byref(value))
        return value.value

    peak = max(get("ebur128_true_peak", ctypes.c_uint(c)) for c in (0, 1))
    found = {"lufs": get("ebur128_loudness_global"), "lra": get("ebur128_loudness_range"),
             "peak": 20 * math.log10(peak) if peak > 0 else -math.inf}
    lib.ebur128_destroy(ctypes.byref(state))
    return found


def probe(path):
    out = subprocess.run(["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path],
                         check=True, capture_output=True, timeout=TIMEOUT)
    return json.loads(out.stdout)
