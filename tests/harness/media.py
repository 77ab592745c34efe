"""
media: an independent look at a finished file. ffprobe reads tags and pictures, ffmpeg's own ebur128 filter
measures loudness (the product has a meter of its own), duration is counted in decoded samples.
"""

import json
import re
import subprocess


def _run(argv):
    run = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if run.returncode != 0:
        raise AssertionError(f"{argv[0]} failed on {argv[-1]}: {run.stderr.decode(errors='replace')[-800:]}")
    return run


def probe(path):
    return json.loads(_run(["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path]).stdout)


def audio_stream(path):
    return next(s for s in probe(path)["streams"] if s["codec_type"] == "audio")


def tags(path):
    return {name.lower(): value for name, value in probe(path)["format"].get("tags", {}).items()}


def chapters(path):
    """[(start, end, title)], in seconds."""
    shown = json.loads(_run(["ffprobe", "-v", "error", "-show_chapters", "-of", "json", path]).stdout)["chapters"]
    return [(float(c["start_time"]), float(c["end_time"]), c.get("tags", {}).get("title", "")) for c in shown]


def cover_size(path):
    """(width, height, codec) of the attached picture, or None."""
    for stream in probe(path)["streams"]:
        if stream["codec_type"] == "video" and stream["disposition"]["attached_pic"]:
            return stream["width"], stream["height"], stream["codec_name"]
    return None


def decoded_seconds(path):
    """What a player would play, gapless information honoured."""
    run = _run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f", "s16le", "-"])
    return len(run.stdout) / 2 / 48000


# What FFmpeg remarks about any MP4 file with a cover, its own included, and about a WAV file with tags of both kinds.
REMARKS = ("timescale not set", "Discarding ID3 tags because more suitable tags were found")


def decoder_complaints(path):
    said = _run(["ffmpeg", "-nostdin", "-v", "warning", "-i", path, "-map", "0:a:0", "-f", "null", "-"]).stderr.decode(errors="replace")
    return "".join(line for line in said.splitlines(True) if not any(remark in line for remark in REMARKS))


def loudness(path):
    """{'integrated': LUFS, 'peak': dBTP} by ffmpeg's ebur128 filter."""
    text = _run(["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-i", path, "-map", "0:a:0", "-af", "ebur128=peak=true", "-f", "null", "-"]).stderr
    summary = text.decode(errors="replace").rpartition("Summary:")[2]
    return {"integrated": float(re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", summary).group(1)),
            "peak": float(re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary).group(1))}


def mp3_frames(path):
    """(set of bit rates in kbit/s, set of sample rates, number of frames) by walking the MPEG-1 Layer III frames
    ourselves: "CBR" is a statement about every frame, which no tool prints."""
    rates = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    hertz = [44100, 48000, 32000]
    with open(path, "rb") as f:
        data = f.read()
    at = 0
    if data[:3] == b"ID3":
        at = 10 + ((data[6] << 21) | (data[7] << 14) | (data[8] << 7) | data[9])
    found_rates, found_hertz, frames = set(), set(), 0
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] & 0xFE == 0xFA:
        rate, frequency, padding = rates[data[at + 2] >> 4], hertz[data[at + 2] >> 2 & 3], data[at + 2] >> 1 & 1
        found_rates.add(rate)
        found_hertz.add(frequency)
        frames += 1
        at += 144000 * rate // frequency + padding
    trailer = data[at:]
    if trailer and not trailer.startswith((b"TAG", b"APETAGEX")):
        raise AssertionError(f"{path}: {len(trailer)} bytes after the last frame are no frame: {trailer[:16].hex()}")
    return found_rates, found_hertz, frames


def xing(path):
    """(magic, frames, bytes, encoder, delay, padding) of the Xing/LAME header in the first frame."""
    with open(path, "rb") as f:
        data = f.read(4 << 20)
    at = max(data.find(b"Xing", 0), data.find(b"Info", 0)) if b"Xing" not in data else data.find(b"Xing")
    assert at > 0, "no Xing/Info header"
    number = lambda o: int.from_bytes(data[o:o + 4], "big")
    flags = number(at + 4)
    offset, frames, size = at + 8, None, None
    if flags & 1:
        frames, offset = number(offset), offset + 4
    if flags & 2:
        size, offset = number(offset), offset + 4
    offset += (100 if flags & 4 else 0) + (4 if flags & 8 else 0)
    encoder = data[offset:offset + 9].decode("latin-1")
    packed = int.from_bytes(data[offset + 21:offset + 24], "big")
    return data[at:at + 4].decode(), frames, size, encoder, packed >> 12, packed & 0xFFF
