"""POST /api/jobs through nginx: what is accepted, and every kind of bad input with its status, kind and fields."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main

UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ISO_UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
GOOD = "https://www.youtube.com/watch?v=frontiers01"
PAGE = "https://example.org/page?x=1"       # of no platform that we know: another query is another page


class SubmitCase(StackCase):
    OPTIONS = {"workers": 0, "site": False}

    def post(self, body=None, **more):
        return self.api("POST", "/api/jobs", body, **more)

    def count(self):
        return self.s.value("SELECT count(*) FROM download_jobs")


class AGoodSubmission(SubmitCase):
    def test_is_answered_with_201_and_everything_that_the_contract_names(self):
        reply = self.post({"url": GOOD})
        self.assertEqual(reply.status, 201, reply)
        self.assertEqual(reply.headers.get_content_type(), "application/json")
        job = reply.json
        self.assertRegex(job["job_id"], f"^{UUID7}$")
        self.assertEqual(job["job_uuid"], job["job_id"])
        self.assertEqual(job["status"], "pending")
        self.assertEqual(job["url"], GOOD)
        self.assertRegex(job["created_at"], f"^{ISO_UTC}$")

    def test_is_in_the_database_before_the_answer_leaves(self):
        before = self.count()
        self.assertEqual(self.post({"url": PAGE + "&n=1"}).status, 201)
        self.assertEqual(self.count(), before + 1)

    def test_with_a_trailing_slash_means_the_same(self):
        self.assertEqual(self.api("POST", "/api/jobs/", {"url": PAGE + "&n=2"}).status, 201)

    def test_echoes_options_and_client_ref_in_the_detail(self):
        options = {"bitrate_kbps": 192, "sample_rate_hz": 44100, "normalize": False, "loudness_target_lufs": -16.5, "embed_cover": False,
                   "priority": -10, "client_ref": "kunde-№7 \U0001f3b5", "metadata": {"title": "Título", "track_number": 7, "date": "2004-05-20"}}
        reply = self.post({"url": PAGE + "&n=3", **options})
        self.assertEqual(reply.status, 201, reply)
        shown = self.s.job(reply.json["job_id"])
        self.assertEqual(shown["client_ref"], options["client_ref"])
        for name in ("bitrate_kbps", "sample_rate_hz", "normalize", "loudness_target_lufs", "embed_cover", "priority"):
            self.assertEqual(shown["options"][name], options[name], name)
        self.assertEqual(shown["options"]["metadata"]["title"], "Título")

    def test_takes_every_value_that_the_options_page_offers(self):
        schema = self.api("GET", "/api/options").json
        offered = [(name, value) for name, option in schema["properties"].items() for value in option.get("enum", []) if name != "source_type"]
        self.assertGreater(len(offered), 10)
        for n, (name, value) in enumerate(offered):
            with self.subTest(f"{name}={value}"):
                self.assertEqual(self.post({"url": f"{PAGE}&o={n}", name: value}).status, 201)

    def test_takes_numbers_at_both_ends_of_their_range(self):
        schema = self.api("GET", "/api/options").json
        ends = [(name, option[end]) for name, option in schema["properties"].items() for end in ("minimum", "maximum") if end in option]
        self.assertGreater(len(ends), 5)
        for n, (name, value) in enumerate(ends):
            with self.subTest(f"{name}={value}"):
                self.assertEqual(self.post({"url": f"{PAGE}&e={n}", name: value}).status, 201)

    def test_takes_the_links_that_people_paste(self):
        for url in ("https://youtu.be/frontiers02", "https://music.youtube.com/watch?v=frontiers03&list=RDAMVM", "HTTPS://WWW.YouTube.com/shorts/frontiers04",
                    "https://soundcloud.com/artist/track", "http://93.184.216.34/a.mp3", "http://[2606:2800:220:1::1]/a.mp3",
                    "https://example.org:8443/%E2%82%AC/ü?q=1#t=30", "https://bücher.example/lied.mp3"):
            with self.subTest(url):
                self.assertEqual(self.post({"url": url}).status, 201)

    def test_of_one_recording_is_one_job_however_its_link_is_written(self):
        ids = {self.post({"url": url}).json["job_id"] for url in (
            "https://www.youtube.com/watch?v=samesame001", "https://youtu.be/samesame001?t=30", "https://m.youtube.com/watch?list=PLxyz&v=samesame001",
            "https://music.youtube.com/watch?v=samesame001", "https://www.youtube.com/shorts/samesame001")}
        self.assertEqual(len(ids), 1)
        self.assertNotIn(self.post({"url": "https://www.youtube.com/watch?list=PLxyz&v=samesame001", "download_type": "playlist"}).json["job_id"], ids)


class ABodyThatIsNoRequest(SubmitCase):
    CASES = [
        # name, bytes, status, kind
        ("nothing at all", b"", 400, "input"),
        ("words", b"hello", 400, "input"),
        ("half an object", b'{"url": "https://exa', 400, "input"),
        ("two documents", json.dumps({"url": GOOD}).encode() * 2, 400, "input"),
        ("a document and a word", b'{"url": "https://example.org/a.mp3"} x', 400, "input"),
        ("not UTF-8", b'{"url": "https://example.org/\xff\xfe.mp3"}', 400, "input"),
        ("UTF-16", json.dumps({"url": GOOD}).encode("utf-16"), 400, "input"),
        ("a raw control character", b'{"url": "https://example.org/\x01.mp3"}', 400, "input"),
        ("a raw NUL", b'{"url": "https://example.org/\x00.mp3"}', 400, "input"),
        ("an escaped NUL", b'{"url": "https://example.org/\\u0000.mp3"}', 400, "input"),
        ("deep nesting", b'{"url":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "input"),
        ("single quotes", b"{'url': 'https://example.org/a.mp3'}", 400, "input"),
        ("NaN", b'{"url": "https://example.org/a.mp3", "priority": NaN}', 400, "input"),
    ]

    def test_is_a_400(self):
        before = self.count()
        for name, raw, status, kind in self.CASES:
            with self.subTest(name):
                self.assertProblem(self.post(raw=raw), status, kind)
        self.assertEqual(self.count(), before)

    def test_of_the_wrong_shape_is_a_422(self):
        for raw in (b"[]", b'"https://example.org/a.mp3"', b"null", b"1", b"true"):
            with self.subTest(raw):
                reply = self.post(raw=raw)
                self.assertIn(reply.status, (400, 422), reply)
                self.assertProblem(reply, reply.status, "input")

    def test_of_another_media_type_is_a_415(self):
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", ""):
            with self.subTest(media_type):
                self.assertProblem(self.post(raw=json.dumps({"url": GOOD}).encode(), headers={"Content-Type": media_type}), 415, "media_type")

    def test_with_a_charset_parameter_is_fine(self):
        raw = json.dumps({"url": GOOD}).encode()
        self.assertEqual(self.post(raw=raw, headers={"Content-Type": "Application/JSON; charset=utf-8"}).status, 201)

    def test_of_10_MB_is_a_413(self):
        self.assertProblem(self.post({"url": GOOD, "client_ref": "x" * (10 << 20)}), 413, "too_large", by_nginx=True)

    def test_of_200_KB_is_a_413(self):
        self.assertProblem(self.post({"url": GOOD, "client_ref": "x" * (200 << 10)}), 413, "too_large", by_nginx=True)


class AFieldThatIsWrong(SubmitCase):
    CASES = [
        # name, body, fields
        ("no link", {}, ["url"]),
        ("link is null", {"url": None}, ["url"]),
        ("link is a number", {"url": 7}, ["url"]),
        ("link is a list", {"url": [GOOD]}, ["url"]),
        ("unknown field", {"url": GOOD, "colour": "blue"}, ["colour"]),
        ("field of another case", {"url": GOOD, "Priority": 1}, ["Priority"]),
        ("prototype pollution", {"url": GOOD, "__proto__": {"x": 1}}, ["__proto__"]),
        ("wrong type, number", {"url": GOOD, "priority": "1"}, ["priority"]),
        ("wrong type, boolean", {"url": GOOD, "normalize": 1}, ["normalize"]),
        ("wrong type, object", {"url": GOOD, "metadata": "title"}, ["metadata"]),
        ("below range", {"url": GOOD, "loudness_target_lufs": -31.1}, ["loudness_target_lufs"]),
        ("above range", {"url": GOOD, "true_peak_dbtp": 0.5}, ["true_peak_dbtp"]),
        ("not whole", {"url": GOOD, "priority": 0.5}, ["priority"]),
        ("huge", {"url": GOOD, "priority": 10 ** 400}, None),
        ("no such choice", {"url": GOOD, "bitrate_kbps": 321}, ["bitrate_kbps"]),
        ("choice of another case", {"url": GOOD, "output_format": "MP3"}, ["output_format"]),
        ("unknown tag", {"url": GOOD, "metadata": {"composer": "x"}}, ["metadata.composer"]),
        ("tag with a line break", {"url": GOOD, "metadata": {"title": "a\nb"}}, ["metadata.title"]),
        ("tag too long", {"url": GOOD, "metadata": {"title": "x" * 201}}, ["metadata.title"]),
        ("no date", {"url": GOOD, "metadata": {"date": "20th of May"}}, ["metadata.date"]),
        ("reference too long", {"url": GOOD, "client_ref": "x" * 201}, ["client_ref"]),
        ("source that the link is not", {"url": GOOD, "source_type": "soundcloud"}, ["source_type"]),
        ("all bad fields at once", {"url": "file:///etc/passwd", "priority": 99, "colour": 1, "metadata": {"date": "x", "y": 1}},
         ["colour", "metadata.date", "metadata.y", "priority", "url"]),
    ]

    def test_is_a_422_that_names_exactly_the_bad_fields(self):
        before = self.count()
        for name, body, fields in self.CASES:
            with self.subTest(name):
                self.assertProblem(self.post(body), 422, "input", fields)
        self.assertEqual(self.count(), before)

    def test_that_is_given_twice_is_a_422_too(self):
        raw = b'{"url": "https://example.org/a.mp3", "url": "http://169.254.169.254/"}'
        self.assertProblem(self.post(raw=raw), 422, "input", ["url"])


class ALinkThatMayNotBeFetched(SubmitCase):
    CASES = [
        ("empty", ""),
        ("an option", "-o"),
        ("an option with a value", "--exec=touch /tmp/dubplate-was-here"),
        ("an option before a link", "-o https://example.org/a.mp3"),
        ("a local file", "file:///etc/passwd"),
        ("a local file, other case", "FiLe:///etc/passwd"),
        ("a script", "javascript:alert(1)"),
        ("data", "data:audio/mpeg;base64,AAAA"),
        ("ftp", "ftp://example.org/a.mp3"),
        ("gopher", "gopher://example.org/1"),
        ("a yt-dlp search", "ytsearch5:music"),
        ("a yt-dlp pseudo-scheme", "ytdl:https://example.org/a.mp3"),
        ("no scheme", "example.org/a.mp3"),
        ("a path", "/etc/passwd"),
        ("only a scheme", "https://"),
        ("no host", "https://?a.mp3"),
        ("a bad port", "https://example.org:99999/"),
        ("credentials", "https://user:secret@example.org/a.mp3"),
        ("a space", "https://example.org/a b.mp3"),
        ("a leading space", " https://example.org/a.mp3"),
        ("a line break", "https://example.org/\na.mp3"),
        ("a control byte", "https://example.org/\x01a.mp3"),
        ("a delete byte", "https://example.org/\x7fa.mp3"),
        ("a C1 control", "https://example.org/\x85a.mp3"),
        ("3 KB", "https://example.org/" + "a" * 3052),
        ("2049 bytes", "https://example.org/" + "a" * (2049 - 20)),
    ]

    def test_is_a_422_about_the_url(self):
        before = self.count()
        for name, url in self.CASES:
            with self.subTest(name):
                self.assertProblem(self.post({"url": url}), 422, "input", ["url"])
        self.assertEqual(self.count(), before)

    def test_longest_allowed_link_passes(self):
        self.assertEqual(self.post({"url": "https://example.org/" + "a" * (2048 - 20)}).status, 201)

    def test_error_texts_do_not_carry_raw_controls_or_html(self):
        reply = self.post({"url": GOOD, "<b>\x1b[31m\u202e": 1})
        self.assertEqual(reply.status, 422, reply)
        text = reply.body.decode()
        self.assertIsNone(re.search(r"[\x00-\x09\x0b-\x1f]", text), text)


if __name__ == "__main__":
    main()
