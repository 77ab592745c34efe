"""`tag`: what is written comes back through ffprobe, TagLib and mutagen, in every format, and the audio is not touched."""

import base64
import json
import os
import re
import struct
import subprocess
import tempfile
import unittest

import mutagen
import mutagen.flac
import taglib

import media

FORMATS = ("mp3", "m4a", "flac", "ogg", "opus", "wav")
WITH_ID3 = ("mp3", "wav")
TEXTS = {
    "emoji": "🎧" * 400,
    "Chinese, Japanese, Korean": "日本語のタイトル・中文標題・한국어 제목 𠮷野家",
    "right to left": "שלום עולם — مرحبا بالعالم \u202bעברית\u202c \u200f!",
    "combining": "e\u0301 n\u0303 \u1112\u1161\u11ab Z\u0351\u036b\u0343a\u0334l\u0321go किं हिन्दी ไทย",
    "joined": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067\U000e0062\U000e007f ✌\U0001f3fd \u2764\ufe0f",
    "Latin": "Ünïcödé ÿ ß ﬁ Øystein Žižek Þór",
    "Cyrillic, Greek": "Время, вперёд! Ελληνικά ὦ Қазақша",
    "characters of markup": "quotes \" ' \\ and = ; # / | & <b> %s \t tab",
    "very long": "long " * 409 + "end",
    "very long, three bytes each": "長" * 682,
    "like a byte order mark": "\ufefftext\ufeff",
    "outside of the first plane": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𓀀 \U0010fffd",
}


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()
    media.synthesize(path("tone.wav"), "0.2*sin(2*PI*500*t)|0.1*random(0)", 3)
    for form in FORMATS:
        reply = media.run("master", path("tone.wav"), {"output_format": form}, path("plain." + form))
        assert reply.status == 0, reply
    media.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=800x600", "-frames:v", "1", path("picture.png"))
    assert media.run("cover", path("picture.png"), {}, path("cover.jpg")).status == 0


def tearDownModule():
    folder.cleanup()


def path(name):
    return os.path.join(folder.name, name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def write(name, data):
    with open(path(name), "wb") as file:
        file.write(data)
    return path(name)


# ---- three readers: {field: text} ----

def by_ffprobe(name):
    shown = json.loads(subprocess.run(
        ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path(name)],
        check=True, capture_output=True, timeout=media.TIMEOUT).stdout)
    tags = dict(shown["format"].get("tags", {}))
    for stream in shown["streams"]:
        if stream["codec_type"] == "audio":
            tags.update(stream.get("tags", {}))
    tags = {k.lower(): v for k, v in tags.items()}
    tags["isrc"] = tags.get("isrc", tags.get("tsrc"))
    return tags


ID3_FRAMES = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "album_artist": "TPE2", "composer": "TCOM", "genre": "TCON",
              "isrc": "TSRC", "date": "TDRC", "comment": "COMM::XXX", "purl": "TXXX:purl", "track": "TRCK", "disc": "TPOS"}
MP4_ATOMS = {"title": "©nam", "artist": "©ART", "album": "©alb", "album_artist": "aART", "composer": "©wrt", "genre": "©gen",
             "isrc": "----:com.apple.iTunes:ISRC", "date": "©day", "comment": "©cmt", "purl": "----:com.apple.iTunes:purl",
             "track": "trkn", "disc": "disk"}
VORBIS_NAMES = {"album_artist": "albumartist", "track": "tracknumber", "disc": "discnumber"}


def plain(value):
    value = value[0] if isinstance(value, list) else value
    if isinstance(value, tuple):
        return "/".join(str(n) for n in value if n)
    return value.decode() if isinstance(value, bytes) else str(value)


def by_mutagen(name):
    tags = mutagen.File(path(name)).tags
    keys = ID3_FRAMES if name.endswith(WITH_ID3) else MP4_ATOMS if name.endswith("m4a") else \
        {key: VORBIS_NAMES.get(key, key) for key in ID3_FRAMES}
    return {key: plain(tags[its]) for key, its in keys.items() if its in tags}


def by_taglib(name):
    tags = taglib.File(path(name)).tags
    names = {"album_artist": "ALBUMARTIST", "track": "TRACKNUMBER", "disc": "DISCNUMBER"}
    return {key: tags[names.get(key, key.upper())][0] for key in ID3_FRAMES if names.get(key, key.upper()) in tags}


READERS = (by_ffprobe, by_mutagen, by_taglib)


def chapters_by_ffprobe(name):
    out = subprocess.run(["ffprobe", "-v", "error", "-show_chapters", "-of", "json", path(name)], check=True,
                         capture_output=True, timeout=media.TIMEOUT)
    return [(round(float(c["start_time"]) * 1000), round(float(c["end_time"]) * 1000), c.get("tags", {}).get("title", ""))
            for c in json.loads(out.stdout)["chapters"]]


def packet_hashes(name):
    """With their times, and without the comments of Vorbis, which FFmpeg hangs on the first."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", path(name), "-map", "0:a:0", "-c", "copy", "-f", "framehash",
                          "-"], check=True, capture_output=True, timeout=media.TIMEOUT).stdout
    return [line.split(b",")[:6] for line in out.splitlines() if not line.startswith(b"#")]


def ogg_pages(data):
    """[(flags, granule position, serial, number, checksum is right, lacing, body)]"""
    table = []
    for i in range(256):
        r = i << 24
        for _ in range(8):
            r = (r << 1) ^ 0x04c11db7 if r & 0x80000000 else r << 1
        table.append(r & 0xffffffff)
    found, at = [], 0
    while at < len(data):
        magic, version, flags, granule, serial, number, checksum, count = struct.unpack_from("<4sBBqIIIB", data, at)
        lacing = data[at + 27:at + 27 + count]
        page = bytearray(data[at:at + 27 + count + sum(lacing)])
        assert (magic, version) == (b"OggS", 0)
        page[22:26] = bytes(4)
        crc = 0
        for byte in page:
            crc = ((crc << 8) & 0xffffffff) ^ table[crc >> 24 ^ byte]
        found.append((flags, granule, serial, number, crc == checksum, lacing, bytes(page[27 + count:])))
        at += len(page)
    return found


class Case(unittest.TestCase):
    def tag(self, form, request, cover=None, source=None):
        reply = media.run("tag", path(source or "plain." + form), request, path("tagged." + form), cover)
        self.assertEqual(reply.status, 0, reply)
        self.assertEqual(reply.result["size_bytes"], os.path.getsize(path("tagged." + form)))
        return "tagged." + form


class Texts(Case):
    everything = {"title": "Title", "artist": "AC/DC", "album": "Album", "album_artist": "Album Artist", "composer": "Composer",
                  "genre": "Genre of its own", "date": "2024-05-06", "isrc": "USUM71703861", "comment": "line 1\nline 2",
                  "source_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=1", "track_number": 7, "track_total": 12,
                  "disc_number": 2}

    def expected(self, form, reader):
        wanted = {k: v for k, v in self.everything.items() if isinstance(v, str)}
        wanted["purl"] = wanted.pop("source_url")
        total = form in ("mp3", "m4a", "wav")       # one field for both; a Vorbis comment has two
        wanted.update(track="7/12" if total else "7", disc="2")
        if reader is by_taglib and form == "m4a":       # shows no free-form items but those it knows
            del wanted["purl"]
        if reader is by_ffprobe and form == "wav":      # 5.1 shows LIST INFO alone, where there is one; 7.1 has the ID3 tag as well
            wanted = {k: wanted[k] for k in ("title", "artist", "album", "genre", "date", "comment")}
        return wanted

    def test_every_field_reads_back(self):
        for form in FORMATS:
            for version in (3, 4) if form in WITH_ID3 else (3,):
                name = self.tag(form, dict(self.everything, id3_version=version))
                for reader in READERS:
                    with self.subTest(form, version=version, reader=reader.__name__):
                        wanted, found = self.expected(form, reader), reader(name)
                        self.assertEqual({k: found.get(k) for k in wanted}, wanted)

    def test_every_script_reads_back(self):
        for form in FORMATS:
            for version in (3, 4) if form in WITH_ID3 else (3,):
                for at in range(0, len(TEXTS), 4):
                    wanted = dict(zip(("title", "artist", "album", "comment"), list(TEXTS.values())[at:at + 4]))
                    name = self.tag(form, dict(wanted, id3_version=version))
                    for reader in READERS:
                        with self.subTest(form, version=version, reader=reader.__name__):
                            found = reader(name)
                            self.assertEqual({k: found.get(k) for k in wanted}, wanted)

    def test_the_version_is_the_one_asked_for(self):
        self.assertEqual(read(self.tag("mp3", {"title": "ü"}))[:4], b"ID3\x03")
        self.assertEqual(read(self.tag("mp3", {"title": "ü", "id3_version": 4}))[:4], b"ID3\x04")
        for version in (2, 5, "3"):
            self.assertEqual(media.run("tag", path("plain.mp3"), {"id3_version": version}).kind, "input")

    def test_dates(self):
        for form in FORMATS:
            for date in ("1999", "2024-12-31"):
                name = self.tag(form, {"date": date})
                for reader in READERS:
                    self.assertEqual(reader(name)["date"], date, (form, reader))
        for date in ("24", "2024-1-1", "20240101", "2024/01/01", "yyyy"):
            self.assertEqual(media.run("tag", path("plain.mp3"), {"date": date}).kind, "input", date)

    def test_gains(self):
        request = {"replaygain_track_gain_db": -6.54, "replaygain_track_peak": 0.9885, "replaygain_album_gain_db": 3,
                   "replaygain_album_peak": 1.25}
        wanted = {"track_gain": "-6.54 dB", "track_peak": "0.988500", "album_gain": "3.00 dB", "album_peak": "1.250000"}
        for form in ("mp3", "m4a", "flac", "ogg"):
            found = by_ffprobe(self.tag(form, request))
            self.assertEqual({k: found.get("replaygain_" + k) for k in wanted}, wanted, form)
        found = by_ffprobe(self.tag("opus", request))
        self.assertEqual((found.get("r128_track_gain"), found.get("r128_album_gain")),
                         (str(round(-11.54 * 256)), str(-2 * 256)))
        self.assertEqual([k for k in found if k.startswith("replaygain")], [])
        for form in FORMATS:
            found = by_ffprobe(self.tag(form, {"replaygain_track_gain_db": None}))
            self.assertEqual([k for k in found if "gain" in k], [], form)


class Sound(Case):
    """Of the tags nothing reaches a decoder."""
    request = {"title": "x" * 2000, "chapters": [{"start_ms": 0, "end_ms": 3000, "title": "all of it"}]}

    def test_packets_and_length_are_the_same(self):
        for form in FORMATS:
            with self.subTest(form):
                name = self.tag(form, self.request, path("cover.jpg"))
                self.assertEqual(packet_hashes(name), packet_hashes("plain." + form))
                self.assertEqual(media.decode(path(name)), media.decode(path("plain." + form)))
                self.assertEqual(media.count_frames(path(name)), media.count_frames(path("plain." + form)))

    def test_our_own_reader_counts_the_same_frames(self):
        for form in FORMATS:
            name = self.tag(form, self.request, path("cover.jpg"))
            before, after = (media.run("verify", path(n)).result for n in ("plain." + form, name))
            self.assertEqual(before["frames"], after["frames"], form)

    def test_tagging_again_replaces(self):
        for form in FORMATS:
            with self.subTest(form):
                os.rename(path(self.tag(form, dict(self.request, artist="gone"), path("cover.jpg"))), path("first." + form))
                name = self.tag(form, {"title": "second"}, source="first." + form)
                again = read(name)
                self.assertEqual(chapters_by_ffprobe(name), [])
                self.assertEqual(by_mutagen(name), {"title": "second"})
                self.assertEqual(packet_hashes(name), packet_hashes("plain." + form))
                once = read(self.tag(form, {"title": "second"}))
                if form == "m4a":       # where the chapters' text stays as bytes that nothing refers to
                    self.assertLess(len(again) - len(once), 100)
                else:
                    self.assertEqual(again, once)

    def test_nothing_to_say_is_a_valid_file(self):
        for form in FORMATS:
            name = self.tag(form, {})
            self.assertEqual(media.run("verify", path(name)).status, 0, form)

    def test_an_mp3_is_the_header_and_the_old_file(self):
        for cover in (None, path("cover.jpg")):
            tagged = read(self.tag("mp3", self.request, cover))
            size = sum(byte << shift for byte, shift in zip(tagged[6:10], (21, 14, 7, 0))) + 10
            self.assertEqual(tagged[size:], read("plain.mp3"))

    def test_ogg_pages_are_in_order_and_their_checksums_right(self):
        for form in ("ogg", "opus"):
            before, after = ogg_pages(read("plain." + form)), ogg_pages(read(self.tag(form, self.request, path("cover.jpg"))))
            self.assertTrue(all(page[4] for page in before), "the test's own sum")
            self.assertTrue(all(page[4] for page in after))
            self.assertEqual([page[3] for page in after], list(range(len(after))))
            self.assertEqual({page[2] for page in after}, {before[0][2]})
            sound = [(p[0], p[1], p[5], p[6]) for p in before if p[1] > 0]
            self.assertEqual([(p[0], p[1], p[5], p[6]) for p in after if p[1] > 0], sound)

    def test_where_an_mp4_begins_and_ends_is_said_twice(self):
        name = self.tag("m4a", self.request, path("cover.jpg"))
        says = by_ffprobe(name)["itunsmpb"].split()
        delay, padding, frames = (int(n, 16) for n in says[1:4])
        packets = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "a", "-count_packets", "-show_entries",
                                  "stream=nb_read_packets", "-of", "csv=p=0", path(name)], check=True, capture_output=True).stdout
        self.assertEqual((delay, delay + padding + frames), (1024, int(packets) * 1024))
        self.assertLess(read(name).index(b"moov"), read(name).index(b"mdat"), "a player can begin at once")

    def test_a_kept_word_about_the_gap_stays(self):
        """What another program wrote, or an earlier run of ours."""
        first = self.tag("m4a", {"title": "x"})
        word = by_ffprobe(first)["itunsmpb"]
        other = word.replace(word.split()[2], "000001C0", 1) if word.split()[2] != "000001C0" else word
        os.rename(path(first), path("first.m4a"))
        write("other.m4a", read("first.m4a").replace(word.encode(), other.encode()))
        self.assertEqual(by_ffprobe(self.tag("m4a", {"title": "y"}, source="other.m4a"))["itunsmpb"], other)

    def test_a_wav_says_how_long_it_is(self):
        tagged = read(self.tag("wav", {"title": "odd"}, path("cover.jpg")))
        self.assertEqual(struct.unpack_from("<I", tagged, 4)[0], len(tagged) - 8)
        media.ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=1", "-rf64", "always", "-bitexact", path("long.wav"))
        tagged = read(self.tag("wav", {"title": "long"}, path("cover.jpg"), source="long.wav"))
        self.assertEqual((tagged[:4], struct.unpack_from("<Q", tagged, 20)[0]), (b"RF64", len(tagged) - 8))
        self.assertEqual(media.decode(path("tagged.wav")), media.decode(path("long.wav")))

    def test_matroska_passes_as_it_is(self):
        media.ffmpeg("-i", path("plain.wav"), "-c:a", "ac3", path("plain.mka"))
        self.assertEqual(read(self.tag("mka", self.request, path("cover.jpg"))), read("plain.mka"))

    def test_an_mp4_with_its_index_in_front_or_wide_offsets(self):
        media.ffmpeg("-i", path("plain.m4a"), "-c", "copy", "-movflags", "+faststart", "-f", "ipod", path("front.m4a"))
        name = self.tag("m4a", self.request, path("cover.jpg"), source="front.m4a")
        self.assertEqual(media.decode(path(name)), media.decode(path("front.m4a")))


class Cover(Case):
    def test_it_reads_back_as_front_cover(self):
        for form in FORMATS:
            with self.subTest(form):
                name = self.tag(form, {"title": "with cover"}, path("cover.jpg"))
                picture = next(s for s in media.probe(path(name))["streams"] if s["codec_type"] == "video")
                self.assertEqual((picture["codec_name"], picture["width"], picture["height"]), ("mjpeg", 600, 600))
                if form != "m4a":       # which has no kinds of pictures
                    self.assertEqual(picture["tags"]["comment"], "Cover (front)")
                media.ffmpeg("-i", path(name), "-map", "0:v", "-c", "copy", "-f", "image2", path("back.jpg"))
                self.assertEqual(read("back.jpg"), read("cover.jpg"))

    def test_mutagen_sees_the_same_picture(self):
        def pictures(form):
            found = mutagen.File(path(self.tag(form, {}, path("cover.jpg"))))
            if form in WITH_ID3:
                return [(p.type, p.data) for p in found.tags.getall("APIC")]
            if form == "m4a":
                return [(3, bytes(p)) for p in found.tags["covr"]]
            if form == "flac":
                return [(p.type, p.data) for p in found.pictures]
            blocks = [mutagen.flac.Picture(base64.b64decode(b)) for b in found.tags["metadata_block_picture"]]
            return [(p.type, p.data) for p in blocks]
        for form in FORMATS:
            self.assertEqual(pictures(form), [(3, read("cover.jpg"))], form)


class Chapters(Case):
    def test_they_read_back(self):
        chapters = [(0, 700, "Intro"), (700, 1500, "日本語 🎧 e\u0301"), (1500, 2999, "שלום " * 20)]
        request = {"chapters": [{"start_ms": s, "end_ms": e, "title": t} for s, e, t in chapters]}
        for form in FORMATS:
            with self.subTest(form):
                found = chapters_by_ffprobe(self.tag(form, request))
                # Vorbis comments have no ends: the last chapter lasts as long as the file, as the others' do.
                self.assertEqual([(s, t) for s, e, t in found], [(s, t) for s, e, t in chapters])
                self.assertEqual([e for s, e, t in found[:-1]], [e for s, e, t in chapters[:-1]])
                self.assertAlmostEqual(found[-1][1], 3000, delta=30)

    def test_they_may_begin_late_and_have_no_title(self):
        request = {"chapters": [{"start_ms": 1000, "end_ms": 2000, "title": "late"}, {"start_ms": 2000, "end_ms": 3000}]}
        for form in FORMATS:
            found = chapters_by_ffprobe(self.tag(form, request))
            self.assertEqual([(s, t) for s, e, t in found],
                             [(1000, "late"), (2000, "chp1" if form in WITH_ID3 else "")], form)

    def test_as_many_as_can_be(self):
        chapters = [{"start_ms": i * 5, "end_ms": i * 5 + 5, "title": f"{i} " + "長" * 200} for i in range(500)]
        for form in FORMATS:
            found = chapters_by_ffprobe(self.tag(form, {"chapters": chapters}))
            self.assertEqual([(s, t) for s, e, t in found], [(c["start_ms"], c["title"]) for c in chapters], form)
        one_more = chapters + [{"start_ms": 2500, "end_ms": 2600}]
        self.assertEqual(media.run("tag", path("plain.mp3"), {"chapters": one_more}).kind, "input")

    def test_mp3_has_a_table_of_contents(self):
        for count in (1, 3, 255, 256, 500):
            chapters = [{"start_ms": i * 5, "end_ms": i * 5 + 5, "title": str(i)} for i in range(count)]
            for version in (3, 4):
                tags = mutagen.File(path(self.tag("mp3", {"chapters": chapters, "id3_version": version}))).tags
                tables = {t.element_id: t for t in tags.getall("CTOC")}
                self.assertTrue(tables["toc"].flags & 2, "the top")
                listed = [c for e in tables["toc"].child_element_ids for c in (tables[e].child_element_ids if e in tables else [e])]
                self.assertEqual(listed, [f"chp{i}" for i in range(count)])
                self.assertEqual([(tags["CHAP:" + e].start_time, str(tags["CHAP:" + e].sub_frames["TIT2"])) for e in listed],
                                 [(c["start_ms"], c["title"]) for c in chapters])

    def test_m4a_has_the_list_of_nero_as_well(self):
        title = "é" * 200
        data = read(self.tag("m4a", {"chapters": [{"start_ms": 0, "end_ms": 1500, "title": "one"},
                                                  {"start_ms": 1500, "end_ms": 3000, "title": title}]}))
        at = data.index(b"chpl") + 4
        entries = struct.pack(">QB", 0, 3) + b"one" + struct.pack(">QB", 15000000, 254) + title.encode()[:254]
        self.assertEqual(data[at:at + 9 + len(entries)], b"\1\0\0\0" + bytes(4) + b"\2" + entries)

    def test_what_is_no_sequence_is_refused(self):
        for chapters in ([{"start_ms": 5, "end_ms": 5}], [{"start_ms": 5, "end_ms": 4}], [{"end_ms": 4}], [{"start_ms": 4}],
                         [{"start_ms": 5, "end_ms": 6}, {"start_ms": 4, "end_ms": 6}], [{"start_ms": -1, "end_ms": 6}],
                         [{"start_ms": 0, "end_ms": 5e9}], [3], {"start_ms": 0}, [{"start_ms": 0, "end_ms": 1, "name": "x"}],
                         [{"start_ms": 0, "end_ms": 1, "title": "x" * 801}]):
            self.assertEqual(media.run("tag", path("plain.mp3"), {"chapters": chapters}).kind, "input", chapters)


class Bad(Case):
    def test_requests(self):
        for request in (b'{"title":"\xff\xfe"}', b'{"title":"\xed\xa0\x80"}', {"title": "x" * 2049}, {"title": 3},
                        {"track_number": -1}, {"track_number": 1.5}, {"track": 1}, {"replaygain_track_gain_db": 1000}):
            self.assertEqual(media.run("tag", path("plain.mp3"), request).kind, "input", request)

    def test_covers(self):
        for cover in ("picture.png", "plain.wav"):
            self.assertEqual(media.run("tag", path("plain.mp3"), cover=path(cover)).kind, "bad_media")

    def test_what_is_no_audio_file(self):
        fragmented = path("fragmented.m4a")
        media.ffmpeg("-i", path("plain.m4a"), "-c", "copy", "-movflags", "+frag_keyframe+empty_moov", "-f", "ipod", fragmented)
        two = write("two.ogg", read("plain.ogg") + read("plain.ogg"))
        ogg = read("plain.ogg")
        again, hole = write("again.ogg", ogg + ogg[ogg.rindex(b"OggS"):]), write("hole.ogg", ogg[:ogg.index(b"OggS", 1)] + ogg[ogg.rindex(b"OggS"):])
        for source in (path("picture.png"), path("cover.jpg"), fragmented, two, again, hole, write("empty", b""), write("text", b"hello " * 99),
                       write("id3.mp3", b"ID3\3\0\0\0\0\0\0" + b"hello " * 99)):
            self.assertEqual(media.run("tag", source).kind, "bad_media", source)


if __name__ == "__main__":
    unittest.main()
