"""/api/whitelist through nginx: entries, the switch, what submit refuses, and the entry that a refusal offers."""

import http.client
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import BUILD, Case, Stack, StackCase, main

UC = "UCuAXFkgsw1L7xaCfnd5JJOw"
WATCH = "https://www.youtube.com/watch?v=frontiers01"
NOBODY = "01912345-6789-7abc-8def-0123456789ab"
PATH = "/api/whitelist"


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


class WhitelistCase(StackCase):
    OPTIONS = {"workers": 0, "site": False}

    def setUp(self):
        self.addCleanup(self.empty)

    def empty(self):
        for entry in self.show()["entries"]:
            self.assertEqual(self.api("DELETE", f"{PATH}/{entry['id']}").status, 204)
        self.switch(None)

    def show(self, query=""):
        reply = self.api("GET", PATH + query)
        self.assertEqual(reply.status, 200, reply)
        return reply.json

    def add(self, channel, platform=None, **more):
        reply = self.api("POST", PATH, {"channel": channel, **({"platform": platform} if platform else {}), **more})
        self.assertIn(reply.status, (200, 201), reply)
        return reply.json

    def switch(self, enabled):
        reply = self.api("PUT", PATH, {"enabled": enabled})
        self.assertEqual(reply.status, 200, reply)
        return reply.json

    def submit(self, url, **more):
        return self.api("POST", "/api/jobs", {"url": url, **more})

    def accepted(self, url):
        """Also by the job that does it already, for another test."""
        reply = self.submit(url)
        self.assertIn(reply.status, (200, 201), reply)


class Entries(WhitelistCase):
    def test_are_none_and_not_asked_for_on_loopback(self):
        self.assertEqual(self.show(), {"enabled": False, "decided_by": "default", "entries": [], "next_cursor": None, "total": 0})
        self.accepted(WATCH)

    def test_are_added_shown_changed_and_removed(self):
        reply = self.api("POST", PATH, {"platform": "youtube", "channel": "@RickAstleyYT", "note": "ours"})
        self.assertEqual(reply.status, 201, reply)
        entry = reply.json
        self.assertEqual(reply.headers["Location"], f"{PATH}/{entry['id']}")
        self.assertRegex(entry["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual({k: entry[k] for k in entry if k not in ("id", "created_at")},
                         {"platform": "youtube", "channel": "@rickastleyyt", "name": "@RickAstleyYT", "note": "ours"})
        self.assertEqual(self.show()["entries"], [entry])
        self.assertEqual(self.api("GET", f"{PATH}/{entry['id']}").json, entry)
        changed = self.api("PATCH", f"{PATH}/{entry['id']}", {"note": "theirs"})
        self.assertEqual((changed.status, changed.json), (200, {**entry, "note": "theirs"}))
        self.assertEqual(self.api("DELETE", f"{PATH}/{entry['id']}").status, 204)
        self.assertProblem(self.api("DELETE", f"{PATH}/{entry['id']}"), 404, "not_found")
        self.assertEqual(self.show()["total"], 0)

    def test_of_the_same_channel_are_one(self):
        first = self.add("https://www.youtube.com/@Name/videos", note="one")
        for body in ({"platform": "youtube", "channel": "NAME"}, {"channel": "youtube.com/@name", "note": "two"}):
            reply = self.api("POST", PATH, body)
            self.assertEqual((reply.status, reply.json), (200, first), body)

    def test_are_what_people_paste(self):
        for body, platform, channel in (({"channel": UC}, "youtube", UC), ({"channel": f"https://www.youtube.com/channel/{UC}"}, "youtube", UC),
                                        ({"channel": "https://soundcloud.com/Artist"}, "soundcloud", "artist"),
                                        ({"channel": "https://www.instagram.com/some.body/"}, "instagram", "some.body"),
                                        ({"channel": "https://artist.bandcamp.com"}, "bandcamp", "artist"),
                                        ({"channel": "Example.org", "platform": None}, "generic", "example.org"),
                                        ({"channel": "example.org", "platform": "direct"}, "direct", "example.org"),
                                        ({"channel": "*", "platform": "vimeo"}, "vimeo", "*")):
            with self.subTest(body):
                entry = self.api("POST", PATH, body).json
                self.assertEqual((entry["platform"], entry["channel"]), (platform, channel))

    def test_that_are_wrong_are_refused_by_field(self):
        long, control = "x" * 10000, "a\x01b"
        for body, fields in (({}, ["channel"]), ({"platform": "youtube"}, ["channel"]), ({"channel": None}, ["channel"]), ({"channel": 7}, ["channel"]),
                             ({"channel": "@name"}, ["platform"]), ({"channel": "*"}, ["platform"]), ({"channel": "@name", "platform": 1}, ["platform"]),
                             ({"channel": "@name", "platform": "myspace"}, ["platform"]), ({"channel": "x", "platform": "spotify"}, ["platform"]),
                             ({"channel": "https://www.youtube.com/@name", "platform": "tiktok"}, ["platform"]), ({"channel": WATCH}, ["channel"]),
                             ({"channel": "https://www.youtube.com/c/Name"}, ["channel"]), ({"channel": long, "platform": "youtube"}, ["channel"]),
                             ({"channel": control, "platform": "youtube"}, ["channel"]), ({"channel": "file:///etc/passwd"}, ["channel"]),
                             ({"channel": "a b", "platform": "generic"}, ["channel"]), ({"channel": UC, "note": long}, ["note"]),
                             ({"channel": UC, "note": control}, ["note"]), ({"channel": UC, "name": ["x"]}, ["name"]),
                             ({"channel": UC, "colour": 1, "note": 2}, ["colour", "note"]), ({"channel": UC, "name": "\u202eevil"}, ["name"])):
            with self.subTest(str(body)[:80]):
                self.assertProblem(self.api("POST", PATH, body), 422, "input", fields)
        self.assertEqual(self.show()["total"], 0)

    def test_are_only_changed_in_what_is_said_of_them(self):
        entry = self.add("@name", "youtube")
        for body, fields in (({}, ["note"]), ({"channel": "@other"}, ["channel"]), ({"note": 1}, ["note"]), ({"note": "x", "id": 1}, ["id"])):
            self.assertProblem(self.api("PATCH", f"{PATH}/{entry['id']}", body), 422, "input", fields)
        self.assertProblem(self.api("PATCH", f"{PATH}/{NOBODY}", {"note": "x"}), 404, "not_found")
        self.assertProblem(self.api("GET", f"{PATH}/{NOBODY}"), 404, "not_found")
        self.assertProblem(self.api("DELETE", f"{PATH}/x"), 404, "not_found")

    def test_come_in_pages(self):
        for n in range(7):
            self.add(f"@name{n}", "youtube")
        seen, query = [], "?limit=3"
        while query:
            page = self.show(query)
            self.assertEqual(page["total"], 7)
            seen += [entry["channel"] for entry in page["entries"]]
            query = page["next_cursor"] and f"?limit=3&cursor={page['next_cursor']}"
        self.assertEqual(seen, [f"@name{n}" for n in range(6, -1, -1)])
        self.assertIsNone(self.show("?limit=7")["next_cursor"], "there is no empty page behind the last one")
        for query, field in (("?limit=0", "limit"), ("?limit=201", "limit"), ("?limit=x", "limit"), ("?cursor=x", "cursor"), ("?cursor=-1", "cursor")):
            self.assertProblem(self.api("GET", PATH + query), 422, "input", [field])

    def test_cost_a_304_until_something_changes(self):
        entry = self.add("@name", "youtube")
        tag = self.api("GET", PATH).headers["ETag"]
        again = self.api("GET", PATH, headers={"If-None-Match": tag})
        self.assertEqual((again.status, again.body), (304, b""))
        for change in (lambda: self.api("PATCH", f"{PATH}/{entry['id']}", {"note": "x"}), lambda: self.switch(True), lambda: self.add("@other", "youtube")):
            change()
            reply = self.api("GET", PATH, headers={"If-None-Match": tag})
            self.assertEqual(reply.status, 200, reply)
            tag = reply.headers["ETag"]

    def test_are_for_holders_of_a_key(self):
        for method, path in (("GET", PATH), ("PUT", PATH), ("POST", PATH), ("PATCH", f"{PATH}/{NOBODY}"), ("DELETE", f"{PATH}/{NOBODY}")):
            self.assertProblem(self.api(method, path, None if method in ("GET", "DELETE") else {}, key=None), 401, "unauthorized")


class TheSwitch(WhitelistCase):
    def test_wins_and_is_taken_back_by_null(self):
        self.assertEqual((self.switch(True)["enabled"], self.show()["decided_by"]), (True, "switch"))
        self.assertProblem(self.submit(WATCH), 403, "not_whitelisted")
        self.assertEqual((self.switch(False)["enabled"], self.show()["decided_by"]), (False, "switch"))
        self.accepted(WATCH)
        self.assertEqual(self.switch(None)["decided_by"], "default")
        for body in ({}, {"enabled": "true"}, {"enabled": 1}, {"enabled": True, "x": 1}):
            self.assertProblem(self.api("PUT", PATH, body), 422, "input", ["x"] if "x" in body else ["enabled"])


class Submitting(WhitelistCase):
    def setUp(self):
        super().setUp()
        self.switch(True)

    def refused(self, url, offer, **more):
        reply = self.submit(url, **more)
        self.assertProblem(reply, 403, "not_whitelisted")
        self.assertEqual(reply.json.get("whitelist"), offer, reply)
        return reply.json

    def test_of_anything_needs_an_entry_of_its_platform(self):
        before = self.s.value("SELECT count(*) FROM download_jobs")
        self.assertProblem(self.api("POST", "/api/jobs", {"search_query": "a song"}), 403, "not_whitelisted")
        for url in (WATCH, "https://www.youtube.com/playlist?list=PL123", "https://on.soundcloud.com/AbCd", "https://vimeo.com/76979871",
                    "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"):
            with self.subTest(url):
                self.refused(url, None)
        self.assertEqual(self.s.value("SELECT count(*) FROM download_jobs"), before)
        self.add("@name", "youtube")
        self.assertEqual(self.api("POST", "/api/jobs", {"search_query": "a song"}).status, 201)
        self.accepted(WATCH)      # whose it is, only its page says
        self.accepted("https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC")      # it is fetched from YouTube
        self.refused("https://vimeo.com/76979871", None)

    def test_names_the_channel_and_offers_an_entry_that_lets_it_pass(self):
        self.add("@name", "youtube")
        self.add("somebody", "soundcloud")
        self.add("example.org")
        for url, platform, channel in (("https://www.youtube.com/@Other/videos", "youtube", "@other"), ("https://soundcloud.com/Other/track", "soundcloud", "other"),
                                       ("https://www.tiktok.com/@other/video/7123456789012345678", "tiktok", "@other"),
                                       ("https://other.bandcamp.com/track/song", "bandcamp", "other"),
                                       ("https://media.example.net/a.mp3", "direct", "media.example.net"), ("https://example.net/feed", "generic", "example.net"),
                                       ("http://127.0.0.1:1/feed", "generic", "127.0.0.1")):
            with self.subTest(url):
                problem = self.refused(url, {"platform": platform, "channel": channel, "name": channel})
                self.assertIn(channel, problem["detail"])
                self.assertIn(platform, problem["detail"])
                self.assertEqual(self.api("POST", PATH, problem["whitelist"]).status, 201)
                self.accepted(url)

    def test_of_what_is_listed_passes(self):
        self.add(UC)
        self.add("https://soundcloud.com/artist")
        self.add("example.org")
        for url in (WATCH, f"https://www.youtube.com/channel/{UC}", "https://soundcloud.com/ARTIST/track", "https://soundcloud.com/other/sets/mix",
                    "https://media.example.org/a.mp3", "https://example.org/feed"):
            with self.subTest(url):
                self.accepted(url)

    def test_of_a_handle_waits_where_an_id_may_be_the_same(self):
        self.add(UC)
        self.accepted("https://www.youtube.com/@whoever")

    def test_of_a_bad_link_is_about_the_link(self):
        self.assertProblem(self.submit("file:///etc/passwd"), 422, "input", ["url"])
        self.assertProblem(self.submit(WATCH, bitrate_kbps=5), 422, "input", ["bitrate_kbps"])

    def test_of_many_refuses_each_by_itself(self):
        self.add("artist", "soundcloud")
        urls = ["https://soundcloud.com/artist/one", WATCH, "file:///x", "https://soundcloud.com/other/two", "https://soundcloud.com/artist/three"]
        reply = self.api("POST", "/api/jobs", {"urls": urls})
        self.assertEqual(reply.status, 201, reply)
        self.assertEqual([job["url"] for job in reply.json["jobs"]], [urls[0], urls[4]])
        errors = {error["index"]: error for error in reply.json["errors"]}
        self.assertEqual({n: (e["kind"], e["field"]) for n, e in errors.items()},
                         {1: ("not_whitelisted", "urls[1]"), 2: ("input", "urls[2]"), 3: ("not_whitelisted", "urls[3]")})
        self.assertEqual(errors[3]["whitelist"], {"platform": "soundcloud", "channel": "other", "name": "other"})
        self.assertTrue(all(error["message"] for error in errors.values()))

    def test_of_many_that_are_all_refused_says_why_of_each(self):
        self.add("artist", "soundcloud")
        foreign = ["https://soundcloud.com/a/1", "https://soundcloud.com/b/2"]
        reply = self.api("POST", "/api/jobs", {"urls": foreign})
        self.assertProblem(reply, 403, "not_whitelisted", ["urls[0]", "urls[1]"])
        self.assertEqual([error["whitelist"]["channel"] for error in reply.json["errors"]], ["a", "b"])
        self.assertProblem(self.api("POST", "/api/jobs", {"urls": [*foreign, "file:///x"]}), 422, "input", ["urls[0]", "urls[1]", "urls[2]"])


class TheSettings(Case):
    def look(self, stack, **environment):
        """What the handler says of itself in this environment, without a server that would listen there."""
        run = subprocess.run([os.path.join(BUILD, "cgi", "whitelist.fcgi")], capture_output=True, timeout=20, check=True, stdin=subprocess.DEVNULL,
                             env={**stack.env, "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "DOCUMENT_URI": PATH, "HTTP_X_API_KEY": stack.key,
                                  **environment})
        answer = json.loads(run.stdout.replace(b"\r\n", b"\n").partition(b"\n\n")[2])
        return answer["enabled"], answer["decided_by"]

    def test_decide_by_the_address_unless_they_say_it(self):
        stack = self.stack(workers=0, site=False)
        for listen, enabled in (("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("*", True), ("::", True), ("192.168.1.5", True)):
            with self.subTest(listen):
                self.assertEqual(self.look(stack, LISTEN=listen), (enabled, "default"))
                self.assertEqual(self.look(stack, LISTEN=listen, DOWNLOAD_WHITELIST_ENABLED="true"), (True, "setting"))
                self.assertEqual(self.look(stack, LISTEN=listen, DOWNLOAD_WHITELIST_ENABLED="false"), (False, "setting"))

    def test_and_the_switch_outlive_a_restart(self):
        stack = self.stack(workers=0, site=False, env={"DOWNLOAD_WHITELIST_ENABLED": "true"})
        self.assertEqual(stack.api("GET", PATH).json["decided_by"], "setting")
        self.assertProblem(stack.api("POST", "/api/jobs", {"url": WATCH}), 403, "not_whitelisted")
        self.assertEqual(stack.api("PUT", PATH, {"enabled": False}).status, 200)
        stack.stack_command("stop")
        stack.stack_command("start")
        shown = stack.api("GET", PATH).json
        self.assertEqual((shown["enabled"], shown["decided_by"]), (False, "switch"))
        self.assertEqual(stack.api("POST", "/api/jobs", {"url": WATCH}).status, 201)

    def test_say_where_nginx_listens(self):
        # Other addresses of loopback: nothing here is to be reached from outside while it is tested.
        for listen in ("127.0.0.2", *(["[::1]"] if has_ipv6() else [])):
            with self.subTest(listen):
                stack = Stack(workers=0, site=False, env={"LISTEN": listen})
                self.addCleanup(stack.close)
                stack.stack_command("start")
                connection = http.client.HTTPConnection(listen.strip("[]"), stack.port, timeout=10)
                connection.request("GET", PATH, headers={"X-API-Key": stack.key})
                self.assertEqual(json.loads(connection.getresponse().read())["decided_by"], "default")
                connection.close()
                with self.assertRaises(ConnectionRefusedError):
                    stack.api("GET", "/api/health")

    def test_that_are_no_address_stop_the_start(self):
        stack = Stack(workers=0, site=False, env={"LISTEN": "everywhere"})
        self.addCleanup(stack.close, check=False)
        with self.assertRaises(AssertionError) as refused:
            stack.stack_command("start")
        self.assertIn("LISTEN=everywhere", str(refused.exception))


if __name__ == "__main__":
    main()
