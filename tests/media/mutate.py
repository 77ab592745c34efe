"""
mutate: damages the bytes of a media file as chance wants it, mostly where its structure is.

A unit is what containers are made of: an MP4 box, a RIFF chunk, an EBML element, an Ogg page, a packet, a frame. It may state its own length, and that
is where readers break.
"""

import re
import struct

BYTES_MAX = 1 << 20         # of a mutant: more of the same finds nothing new
UNITS_MAX = 4000


class Unit:
    def __init__(self, start, end, size_at=None, size_bytes=0, order="big"):
        self.start, self.end, self.size_at, self.size_bytes, self.order = start, end, size_at, size_bytes, order


# Magic and where it is; first unit; where in a unit its size is, of how many bytes, in which order; what the size does not count; alignment.
LAYOUTS = (
    (b"RIFF", 0, 12, 4, 4, "little", 8, 2), (b"FORM", 0, 12, 4, 4, "big", 8, 2), (b"caff", 0, 8, 4, 8, "big", 12, 1),
    (b"riff", 0, 40, 16, 8, "little", 0, 8), (b"\x89PNG", 0, 8, 0, 4, "big", 12, 1), (b"fLaC", 0, 4, 1, 3, "big", 4, 1),
    (b"\xff\xd8", 0, 2, 2, 2, "big", 2, 1), (b"ftyp", 4, 0, 0, 4, "big", 0, 1),
)
# Boxes with boxes inside, and how many bytes are before those.
NESTS = {b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"udta": 0, b"edts": 0, b"moof": 0, b"traf": 0, b"mvex": 0, b"sinf": 0, b"schi": 0,
         b"ilst": 0, b"iprp": 0, b"ipco": 0, b"meta": 4, b"stsd": 8, b"mp4a": 28, b"enca": 28, b"dref": 8}
# What has no lengths to walk by begins with a pattern.
PATTERNS = ((b"OggS", b"OggS"), (b"fLaC", b"\xff[\xf8\xf9]"), (b"\xff", b"\xff[\xe2-\xff]"), (b"ID3", b"\xff[\xe2-\xff]|ID3"), (b"G", b"G[\x00-\x5f]"),
            (b"GIF8", b"[,!]"))
EBML_NESTS = {0x18538067, 0x1654ae6b, 0xae, 0xe1, 0x1f43b675, 0x1c53bb6b, 0xbb, 0xb7, 0x114d9b74, 0x4dbb, 0x1549a966, 0x1254c367, 0x7373, 0x67c8, 0xa0,
              0x6d80, 0x6240}


def walk(data, at, end, layout):
    _, _, _, size_at, size_bytes, order, around, align = layout
    while at + size_at + size_bytes <= end:
        size = around + int.from_bytes(data[at + size_at:at + size_at + size_bytes], order)
        if not 4 < size <= end - at:
            return
        yield Unit(at, at + size, at + size_at, size_bytes, order)
        inside = NESTS.get(bytes(data[at + 4:at + 8])) if around == 0 and align == 1 else None
        if inside is not None:
            yield from walk(data, at + 8 + inside, at + size, layout)
        at += size + -size % align


def variable(data, at, keep_mark):
    """An EBML number and its length."""
    length = 9 - data[at].bit_length() if at < len(data) and data[at] else 9
    if length > 8 or at + length > len(data):
        return None, 0
    value = int.from_bytes(data[at:at + length], "big")
    return (value if keep_mark else value & (1 << 7 * length) - 1), length


def walk_ebml(data, at, end):
    while at < end:
        name, name_bytes = variable(data, at, True)
        size, size_bytes = variable(data, at + name_bytes, False)
        if name is None or size is None:
            return
        body = at + name_bytes + size_bytes
        behind = min(body + size, end)
        yield Unit(at, behind, at + name_bytes, size_bytes)
        if name in EBML_NESTS:
            yield from walk_ebml(data, body, behind)
        at = behind


def units(data):
    found = []
    for layout in LAYOUTS:
        if data[layout[1]:].startswith(layout[0]):
            found += walk(data, layout[2], len(data), layout)
    if data.startswith(b"\x1aE\xdf\xa3"):
        found += walk_ebml(data, 0, len(data))
    for magic, pattern in PATTERNS:
        if data.startswith(magic):
            starts = [m.start() for m in re.finditer(pattern, data, re.S)]
            found += (Unit(a, b) for a, b in zip(starts, starts[1:] + [len(data)]))
    return found[:UNITS_MAX] or [Unit(0, len(data))]


# --- one damage each: the new bytes ------------------------------------------------------------------

EXTREMES = (0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


def place(data, dice):
    """Where something is changed: at the head of a unit, at the head of the file, or anywhere."""
    where = dice.random()
    if where < 0.5:
        return min(dice.choice(units(data)).start + dice.randrange(32), len(data) - 1)
    return dice.randrange(len(data) if where > 0.75 else min(len(data), 600))


def flip_bits(data, dice, other):
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 3, 20, 200))):
        out[place(data, dice)] ^= 1 << dice.randrange(8)
    return out


def set_bytes(data, dice, other):
    out = bytearray(data)
    for _ in range(dice.choice((1, 4, 30, 300))):
        out[place(data, dice)] = dice.choice((0, 255, dice.randrange(256)))
    return out


def set_run(data, dice, other):
    at, length = place(data, dice), dice.choice((4, 30, 300, 3000))
    filling = dice.choice((bytes(length), b"\xff" * length, dice.randbytes(length), data[:length]))
    return data[:at] + filling + data[at + length:]


def set_number(data, dice, other):
    at, size = place(data, dice), dice.choice((1, 2, 4, 4, 8))
    return data[:at] + (dice.choice(EXTREMES) & (1 << 8 * size) - 1).to_bytes(size, dice.choice(("big", "little"))) + data[at + size:]


def set_length(data, dice, other):
    u = dice.choice([u for u in units(data) if u.size_at is not None] or [None])
    if u is None:
        return set_number(data, dice, other)
    real, top = int.from_bytes(data[u.size_at:u.size_at + u.size_bytes], u.order), (1 << 8 * u.size_bytes) - 1
    value = dice.choice((0, 1, top, top >> 1, real - 1, real + 1, real * 2, real // 2, len(data), len(data) - u.start, dice.randrange(top + 1)))
    return data[:u.size_at] + (max(value, 0) & top).to_bytes(u.size_bytes, u.order) + data[u.size_at + u.size_bytes:]


def cut(data, dice, other):
    return data[:dice.randrange(len(data))]


def take_out(data, dice, other):
    at = place(data, dice)
    return data[:at] + data[at + dice.choice((1, 2, 7, 64, 1000)):]


def put_in(data, dice, other):
    at = place(data, dice)
    return data[:at] + dice.randbytes(dice.choice((1, 2, 7, 64, 1000))) + data[at:]


def repeat_unit(data, dice, other):
    u = dice.choice(units(data))
    times = min(dice.choice((1, 1, 2, 10, 300)), BYTES_MAX // max(u.end - u.start, 1))
    return data[:u.end] + data[u.start:u.end] * times + data[u.end:]


def drop_unit(data, dice, other):
    u = dice.choice(units(data))
    return data[:u.start] + data[u.end:]


def move_unit(data, dice, other):
    u, to = dice.choice(units(data)), dice.choice(units(data)).start
    rest = data[:u.start] + data[u.end:]
    return rest[:to] + data[u.start:u.end] + rest[to:]


def splice(data, dice, other):
    """The head of one file and the tail of another, both at the edge of a unit."""
    return data[:dice.choice(units(data)).start] + other[dice.choice(units(other)).start:]


def graft(data, dice, other):
    """A unit of another file in the place of one of this."""
    here, there = dice.choice(units(data)), dice.choice(units(other))
    return data[:here.start] + other[there.start:there.end] + data[here.end:]


DAMAGES = (flip_bits, set_bytes, set_run, set_number, set_length, set_length, cut, take_out, put_in, repeat_unit, drop_unit, move_unit, splice, graft)


def mutant(dice, files):
    """(damages by name, bytes) of one of the files; the others serve for splicing. The same dice make the same mutant."""
    data, done = dice.choice(files), []
    for _ in range(dice.choice((1, 1, 2, 4))):
        damage = dice.choice(DAMAGES)
        data = bytes(damage(data, dice, dice.choice(files))[:BYTES_MAX]) or struct.pack("B", dice.randrange(256))
        done.append(damage.__name__)
    return "+".join(done), data
