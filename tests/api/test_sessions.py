"""Sessions and keys with limits, through nginx: opened, listed, ended; what each may have, and that none sees another."""

import concurrent.futures
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import BUILD, REPO, StackCase, eventually, main

UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
NOBODY = "01912345-6789-7abc-8def-0123456789ab"
GOOD = "https://example.org/a.mp3?a=1"


class SessionCase(StackCase):
    OPTIONS = {"workers": 0, "site": False, "env": {"SESSIONS_OPEN": "true", "SESSION_MAX_JOBS": "4", "SESSION_MAX_ITEMS": "30"}}
    count = 0

    def open(self, body=None, key=None):
        reply = self.api("POST", "/api/sessions", body, key=key)
        self.assertEqual(reply.status, 201, reply)
        return reply.json["session_uuid"]

    def as_session(self, session, method, path, body=None, key=None, headers=None, **more):
        return self.api(method, path, body, key=key, headers={"X-Session-ID": session, **(headers or {})}, **more)

    def submit(self, session, url=None, **options):
        SessionCase.count += 1
        return self.as_session(session, "POST", "/api/jobs", {"url": url or f"{GOOD}&n={SessionCase.count}", **options})

    def accepted(self, session, url=None, **options):
        reply = self.submit(session, url, **options)
        self.assertEqual(reply.status, 201, reply)
        return reply.json["job_id"]

    def session(self, session):
        reply = self.api("GET", f"/api/sessions/{session}")
        self.assertEqual(reply.status, 200, reply)
        return reply.json


class ANewSession(SessionCase):
    def test_is_a_201_with_everything_that_the_contract_names(self):
        reply = self.api("POST", "/api/sessions/")
        self.assertEqual(reply.status, 201, reply)
        s = reply.json
        self.assertRegex(s["session_uuid"], f"^{UUID7}$")
        self.assertEqual(reply.headers["Location"], f"/api/sessions/{s['session_uuid']}")
        self.assertTrue(s["is_active"])
        self.assertIsNone(s["label"])
        self.assertEqual(s["jobs"], {"submitted": 0, "open": 0, "completed": 0, "failed": 0})
        self.assertEqual((s["max_jobs"], s["remaining_jobs"], s["used_bytes"]), (4, 4, 0))
        self.assertEqual(s["limits"], {"max_items": 30, "max_duration_seconds": 14400, "max_file_size_mb": 1024})
        created, expires = self.s.rows("SELECT created_at_ms, expires_at_ms FROM sessions WHERE uuid = ?", s["session_uuid"])[0].values()
        self.assertAlmostEqual(expires - created, 24 * 3600 * 1000, delta=2000)
        self.assertEqual(self.api("GET", reply.headers["Location"]).json, s)

    def test_takes_an_empty_object_and_an_empty_body_of_json(self):
        self.assertEqual(self.api("POST", "/api/sessions", {}).status, 201)
        self.assertEqual(self.api("POST", "/api/sessions", raw=b"").status, 201)

    def test_has_the_label_the_limits_and_the_time_that_were_asked_for(self):
        limits = {"max_items": 3, "max_duration_seconds": 60, "max_file_size_mb": 5}
        s = self.api("POST", "/api/sessions", {"label": "Ünser Gast", "max_jobs": 2, "expires_in_seconds": 90, "limits": limits}).json
        self.assertEqual((s["label"], s["max_jobs"], s["limits"]), ("Ünser Gast", 2, limits))
        created, expires = self.s.rows("SELECT created_at_ms, expires_at_ms FROM sessions WHERE uuid = ?", s["session_uuid"])[0].values()
        self.assertAlmostEqual(expires - created, 90000, delta=2000)
        job = self.accepted(s["session_uuid"])
        stored = self.s.rows("SELECT max_items, max_duration_s, max_file_mb FROM download_jobs WHERE uuid = ?", job)[0]
        self.assertEqual(stored, {"max_items": 3, "max_duration_s": 60, "max_file_mb": 5})

    def test_gets_no_more_than_the_settings_allow(self):
        for name, body, fields in (("jobs", {"max_jobs": 5}, ["max_jobs"]), ("no jobs", {"max_jobs": 0}, ["max_jobs"]), ("text", {"max_jobs": "1"}, ["max_jobs"]),
                                   ("half", {"max_jobs": 1.5}, ["max_jobs"]), ("time", {"expires_in_seconds": 86401}, ["expires_in_seconds"]),
                                   ("items", {"limits": {"max_items": 31}}, ["limits.max_items"]), ("duration", {"limits": {"max_duration_seconds": 14401}},
                                                                                                  ["limits.max_duration_seconds"]),
                                   ("bytes", {"limits": {"max_file_size_mb": 1025}}, ["limits.max_file_size_mb"]), ("no limits", {"limits": 5}, ["limits"]),
                                   ("label", {"label": "x" * 201}, ["label"]), ("line", {"label": "a\nb"}, ["label"]), ("number", {"label": 7}, ["label"]),
                                   ("all", {"x": 1, "limits": {"y": 2}, "max_jobs": -1}, ["limits.y", "max_jobs", "x"])):
            with self.subTest(name):
                self.assertProblem(self.api("POST", "/api/sessions", body), 422, "input", fields)

    def test_of_a_stranger_is_not_given_to_the_next_who_sends_his_idempotency_key(self):
        first, second = (self.api("POST", "/api/sessions", {}, key=None, headers={"Idempotency-Key": "one"}) for _ in range(2))
        self.assertNotEqual(first.json["session_uuid"], second.json["session_uuid"])
        mine, again = (self.api("POST", "/api/sessions", {}, headers={"Idempotency-Key": "one"}) for _ in range(2))
        self.assertEqual(mine.json["session_uuid"], again.json["session_uuid"])


class TheList(SessionCase):
    def test_is_newest_first_in_pages_and_for_keys_only(self):
        opened = [self.open() for _ in range(5)]
        seen, path = [], "/api/sessions?limit=2"
        while path:
            page = self.api("GET", path).json
            seen += [s["session_uuid"] for s in page["sessions"]]
            path = page["next_cursor"] and f"/api/sessions?limit=2&cursor={page['next_cursor']}"
        self.assertEqual([s for s in seen if s in opened], sorted(opened, reverse=True))
        self.assertEqual(page["total"], len(seen))
        self.assertProblem(self.as_session(opened[0], "GET", "/api/sessions"), 403, "forbidden")
        self.assertProblem(self.api("GET", "/api/sessions", key=None), 401, "unauthorized")
        for query, field in (("limit=0", "limit"), ("cursor=x", "cursor")):
            self.assertProblem(self.api("GET", f"/api/sessions?{query}"), 422, "input", [field])

    def test_overview_counts_them_and_what_they_hold(self):
        before = self.api("GET", "/api/sessions/stats/overview").json
        a, b = self.open(), self.open()
        self.accepted(a)
        self.accepted(b)
        self.api("DELETE", f"/api/sessions/{b}")
        after = self.api("GET", "/api/sessions/stats/overview/").json
        self.assertEqual({name: after[name] - before[name] for name in ("active", "expired", "total", "jobs", "jobs_submitted", "used_bytes")},
                         {"active": 1, "expired": 1, "total": 2, "jobs": 1, "jobs_submitted": 2, "used_bytes": 0})
        self.assertProblem(self.as_session(a, "GET", "/api/sessions/stats/overview"), 403, "forbidden")

    def test_of_unknown_ids_is_a_404(self):
        for method in ("GET", "DELETE"):
            for name in (NOBODY, "stats", "x"):
                self.assertProblem(self.api(method, f"/api/sessions/{name}"), 404, "not_found")
        self.assertProblem(self.api("PATCH", f"/api/sessions/{NOBODY}", {}), 405, "method")


class TheEnd(SessionCase):
    def test_by_an_admin_takes_its_jobs_along(self):
        a = self.open()
        job = self.accepted(a)
        self.assertEqual(self.api("DELETE", f"/api/sessions/{a}").status, 204)
        self.assertProblem(self.api("GET", f"/api/jobs/{job}"), 404, "not_found")
        s = self.session(a)
        self.assertEqual((s["is_active"], s["jobs"]["submitted"], s["jobs"]["open"], s["remaining_jobs"]), (False, 1, 0, 0))
        self.assertTrue(s["ended_at"])
        reply = self.submit(a)
        self.assertProblem(reply, 401, "unauthorized")
        self.assertIn("ended", reply.json["detail"])
        self.assertEqual(self.api("DELETE", f"/api/sessions/{a}").status, 204)

    def test_by_itself(self):
        a = self.open()
        self.assertEqual(self.as_session(a, "DELETE", f"/api/sessions/{a}").status, 204)
        self.assertProblem(self.as_session(a, "GET", f"/api/sessions/{a}"), 401, "unauthorized")

    def test_comes_by_itself(self):
        a = self.open({"expires_in_seconds": 1})
        self.accepted(a)
        reply = eventually(lambda: (reply := self.as_session(a, "GET", "/api/jobs")).status != 200 and reply, 5)
        self.assertProblem(reply, 401, "unauthorized")
        self.assertIn("expired", reply.json["detail"])
        self.assertProblem(self.as_session(a, "GET", "/api/jobs", key=self.s.key), 401, "unauthorized")
        self.assertFalse(self.session(a)["is_active"])


class ACredential(SessionCase):
    def test_that_is_none_is_a_401_with_or_without_a_key(self):
        for wrong in (NOBODY, "x", "", "' OR '1'='1", "x" * 3000, self.s.key):
            for key in (None, self.s.key):
                with self.subTest(wrong[:20], key=bool(key)):
                    reply = self.as_session(wrong, "GET", "/api/jobs", key=key)
                    self.assertProblem(reply, 401, "unauthorized")
                    self.assertIn("ession", reply.json["detail"])

    def test_in_capitals_is_the_same(self):
        self.assertEqual(self.as_session(self.open().upper(), "GET", "/api/jobs").status, 200)

    def test_beside_a_wrong_key_does_not_help(self):
        self.assertProblem(self.as_session(self.open(), "GET", "/api/jobs", key="wrong"), 401, "unauthorized")

    def test_is_sent_once(self):
        a, b = self.open(), self.open()
        for name, first, second in (("X-Session-ID", a, b), ("X-Session-ID", a, a), ("X-API-Key", self.s.key, self.s.key)):
            with self.subTest(name, same=first == second):
                sent = f"GET /api/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: {first}\r\n{name}: {second}\r\n\r\n"
                answer = self.api.send_bytes(sent.encode()).decode()
                self.assertRegex(answer, f"^HTTP/1.1 400\\s(.|\n)*{name} may be sent once")
        # As an nginx from 1.23 on hands two on, and a proxy in front of any may.
        self.assertProblem(self.as_session(f"{a}, {b}", "GET", "/api/jobs", key=None), 400, "input")

    def test_beside_a_key_confines_the_request_to_the_session(self):
        a = self.open()
        outside = self.s.submit(f"{GOOD}&outside=1")
        reply = self.as_session(a, "POST", "/api/jobs", {"url": f"{GOOD}&inside=1"}, key=self.s.key)
        self.assertEqual(reply.json["session_uuid"], a)
        listed = self.as_session(a, "GET", "/api/jobs", key=self.s.key).json
        self.assertEqual(([job["job_id"] for job in listed["jobs"]], listed["total"]), ([reply.json["job_id"]], 1))
        self.assertProblem(self.as_session(a, "GET", f"/api/jobs/{outside}", key=self.s.key), 404, "not_found")
        self.assertEqual(self.as_session(a, "GET", "/api/queue", key=self.s.key).status, 200)
        self.assertEqual(self.as_session(a, "GET", f"/api/sessions/{self.open()}", key=self.s.key).status, 200)


class WithoutSessionsOpen(StackCase):
    OPTIONS = {"workers": 0, "site": False}

    def test_a_session_is_opened_with_a_key_and_used_beside_one(self):
        self.assertProblem(self.api("POST", "/api/sessions", {}, key=None), 401, "unauthorized")
        a = self.api("POST", "/api/sessions", {}).json["session_uuid"]
        headers = {"X-Session-ID": a}
        for method, path, body in (("GET", "/api/jobs", None), ("POST", "/api/jobs", {"url": GOOD}), ("GET", f"/api/sessions/{a}", None)):
            self.assertProblem(self.api(method, path, body, key=None, headers=headers), 401, "unauthorized")
        self.assertEqual(self.api("POST", "/api/jobs", {"url": GOOD}, headers=headers).json["session_uuid"], a)


class TheSameLink(SessionCase):
    def test_in_one_session_is_the_same_job(self):
        a, b = self.open(), self.open()
        job = self.accepted(a, GOOD)
        again = self.submit(a, GOOD)
        self.assertEqual((again.status, again.json["job_id"]), (200, job))
        other = self.submit(b, GOOD)
        self.assertEqual(other.status, 201, other)
        self.assertNotEqual(other.json["job_id"], job)
        self.assertEqual(self.submit(a, GOOD, bitrate_kbps=128).status, 201)
        self.assertEqual(self.s.value("SELECT count(DISTINCT uuid) FROM download_jobs WHERE url = ? AND deleted_at_ms IS NULL", GOOD), 3)

    def test_with_an_idempotency_key_is_still_ones_own(self):
        a, b = self.open(), self.open()
        replies = [self.as_session(s, "POST", "/api/jobs", {"url": f"{GOOD}&idem=1"}, key=key, headers={"Idempotency-Key": "same"})
                   for s, key in ((a, None), (b, None), (a, self.s.key), (b, self.s.key))]
        replies.append(self.api("POST", "/api/jobs", {"url": f"{GOOD}&idem=1"}, headers={"Idempotency-Key": "same"}))
        self.assertEqual([reply.json["session_uuid"] for reply in replies], [a, b, a, b, None])
        self.assertEqual(len({reply.json["job_id"] for reply in replies}), 3)
        again = self.as_session(a, "POST", "/api/jobs", {"url": f"{GOOD}&idem=1"}, headers={"Idempotency-Key": "same"})
        self.assertEqual((again.status, again.json["job_id"]), (201, replies[0].json["job_id"]))
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")


class TheLimitOfJobs(SessionCase):
    def test_is_a_429_that_names_it(self):
        a = self.open()
        jobs = [self.accepted(a) for _ in range(4)]
        reply = self.submit(a)
        self.assertProblem(reply, 429, "limit")
        self.assertIn("4 jobs", reply.json["detail"])
        self.assertTrue(int(reply.headers["Retry-After"]) > 0)
        self.assertEqual(self.session(a)["remaining_jobs"], 0)
        self.assertEqual(self.as_session(a, "DELETE", f"/api/jobs/{jobs[0]}").status, 204)
        self.assertEqual(self.session(a)["remaining_jobs"], 1)
        self.accepted(a)

    def test_holds_for_twenty_that_come_at_once(self):
        a = self.open()
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            replies = list(pool.map(lambda n: self.submit(a, f"{GOOD}&race={n}"), range(20)))
        self.assertEqual(sorted(reply.status for reply in replies), [201] * 4 + [429] * 16)
        self.assertEqual(self.s.value("SELECT count(*) FROM download_jobs WHERE session_uuid = ?", a), 4)
        self.assertEqual(self.session(a)["jobs"]["submitted"], 4)

    def test_in_a_request_of_many_refuses_what_is_beyond_by_index(self):
        a = self.open()
        reply = self.as_session(a, "POST", "/api/jobs", {"urls": [f"{GOOD}&many={n}" for n in range(6)]})
        self.assertEqual((reply.status, len(reply.json["jobs"])), (201, 4), reply)
        self.assertEqual([error["index"] for error in reply.json["errors"]], [4, 5])
        self.assertIn("4 jobs", reply.json["errors"][0]["message"])
        self.assertProblem(self.as_session(a, "POST", "/api/jobs", {"urls": [f"{GOOD}&more=1"]}), 429, "limit")


class AnIdempotencyKey(SessionCase):
    def once(self, session, name, urls):
        return self.as_session(session, "POST", "/api/jobs", {"urls": urls}, key=None, headers={"Idempotency-Key": name})

    def test_of_a_link_five_hundred_times_keeps_little(self):
        a = self.open()
        first, again = (self.once(a, "one", [f"{GOOD}&many=same"] * 500) for _ in range(2))
        self.assertEqual((first.status, again.status, again.json), (201, 201, first.json))
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        self.assertEqual([(s["index"], s["job_id"]) for s in first.json["same"]], [(n, first.json["jobs"][0]["job_id"]) for n in range(1, 500)])
        self.assertLess(len(first.body), 50000)

    def test_has_room_for_so_much_in_each_session(self):
        a = self.open()
        urls = [f"{GOOD}&room=1", *(f"file:///{n:0>90}" for n in range(499))]
        replies = [self.once(a, f"k{n}", urls) for n in range(12)]
        full = [r.status for r in replies].index(429)
        self.assertProblem(replies[full], 429, "limit")
        self.assertTrue(replies[full].headers["Retry-After"])
        self.assertLessEqual(self.s.value("SELECT SUM(length(CAST(body AS BLOB))) FROM idempotency_keys WHERE session_uuid = ?", a), 1 << 20)
        self.assertEqual(self.once(a, "k0", urls).json, replies[0].json, "what was kept is kept")
        refused = self.as_session(a, "POST", "/api/jobs", {"urls": [f"{GOOD}&room=2", *urls[1:]]}, key=None, headers={"Idempotency-Key": "another"})
        self.assertEqual((refused.status, self.session(a)["jobs"]["submitted"]), (429, 1), "a refused request has done nothing")
        self.assertEqual(self.once(self.open(), "k0", urls).status, 201, "others have room of their own")


class AKeyWithLimits(SessionCase):
    def command(self, *words):
        return subprocess.run([os.path.join(BUILD, "dubplate"), "key", *words], env=self.s.env, capture_output=True, text=True, check=False)

    def test_is_made_listed_used_and_removed_at_the_command_line(self):
        made = self.command("add", "bob", "--max-jobs", "1", "--max-duration", "60")
        self.assertEqual(made.returncode, 0, made.stderr)
        key = made.stdout.strip()
        self.assertRegex(key, r"^[0-9a-f]{64}$")
        listed = self.command("list").stdout
        self.assertRegex(listed, r"(?m)^admin .*\n(.*\n)*bob +\S+ +0 +1 +- +60 +-$")
        self.assertNotIn(key, listed)
        first = self.api("POST", "/api/jobs", {"url": f"{GOOD}&bob=1"}, key=key)
        self.assertEqual(first.status, 201, first)
        self.assertEqual(self.s.value("SELECT max_duration_s FROM download_jobs WHERE uuid = ?", first.json["job_id"]), 60)
        reply = self.api("POST", "/api/jobs", {"url": f"{GOOD}&bob=2"}, key=key)
        self.assertProblem(reply, 429, "limit")
        self.assertIn("1 jobs open", reply.json["detail"])
        opened = self.api("POST", "/api/sessions", {}, key=key).json
        self.assertEqual(opened["limits"]["max_duration_seconds"], 60)
        self.assertProblem(self.submit(opened["session_uuid"]), 429, "limit")
        self.assertEqual(self.api("POST", f"/api/jobs/{first.json['job_id']}/cancel", key=key).status, 200)
        self.assertEqual(self.api("POST", "/api/jobs", {"url": f"{GOOD}&bob=2"}, key=key).status, 201)
        self.assertProblem(self.api("POST", f"/api/jobs/{first.json['job_id']}/retry", key=key), 429, "limit")
        self.assertEqual(self.command("remove", "bob").returncode, 0)
        self.assertProblem(self.api("GET", "/api/jobs", key=key), 401, "unauthorized")

    def test_is_refused_in_a_sentence_or_with_the_usage(self):
        for words, code, said in ((("add", "admin"), 1, "already"), (("add", "a b"), 1, "letters"), (("remove", "nobody"), 1, "no key"),
                                  (("remove", "admin"), 1, "admin-key"), (("add", "x", "--max-jobs", "0"), 2, "whole number"),
                                  (("add", "x", "--max-jobs"), 2, "whole number"), (("add", "x", "--colour", "1"), 2, "usage"), ((), 2, "scopes")):
            with self.subTest(words):
                done = self.command(*words)
                self.assertEqual((done.returncode, done.stdout), (code, ""))
                self.assertIn(said, done.stderr)


def routes():
    """Every route that a handler has: method, path, flags."""
    for name in sorted(os.listdir(os.path.join(REPO, "cgi"))):
        if name.endswith(".c"):
            with open(os.path.join(REPO, "cgi", name), encoding="utf-8") as f:
                for method, path, flags in re.findall(r'^    \{ "([A-Z]+)", +"(/[^"]+)", +\w+, +([^}]+) \},$', f.read(), re.M):
                    yield method, path, flags


class Isolation(StackCase):
    """Two sessions and the library, each with a finished job; one session tries every route on what is not its own."""
    OPTIONS = {"stub": "fast", "env": {"SESSIONS_OPEN": "true"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine, cls.other = (cls.api("POST", "/api/sessions", {"label": label}, key=None).json["session_uuid"] for label in ("mine", "theirs"))
        cls.own_job, cls.job, cls.library = (cls.api("POST", "/api/jobs", {"url": cls.site.url("/stub", who=who)}, headers={"X-Session-ID": session})
                                             .json["job_id"] for who, session in (("mine", cls.mine), ("secret-of-theirs", cls.other), ("secret-of-library", None)))
        cls.own_track, cls.track, cls.library_track = (cls.s.wait(job, "completed")["track_id"] for job in (cls.own_job, cls.job, cls.library))
        # Nothing of these may stand in an answer to `mine`.
        cls.secrets = [s.encode() for s in (cls.other, cls.job, cls.library, cls.track, cls.library_track, cls.s.key, "secret-of", "theirs", "downloads/library")]

    BODIES = {"/api/jobs/actions": {"action": "delete", "status": "completed"}, "/api/jobs/{id}/status": {"status": "cancelled"}, "/api/jobs/{id}": {"priority": -1}}

    def tries(self):
        """(route, flags, path, whether it names somebody else's thing)"""
        foreign = {"jobs": (self.job, self.library), "tracks": (self.track, self.library_track), "sessions": (self.other,)}
        for method, path, flags in routes():
            if "OPEN" in flags.split(" | "):
                continue
            if "{id}" in path:
                for uuid in foreign.get(path.split("/")[2], (self.job, self.track, self.other)):
                    yield method, path, flags, path.replace("{id}", uuid), True
            else:
                yield method, path, flags, path.replace("{name}", "default"), False

    def test_holds_on_every_route(self):
        before = [self.s.job(job) for job in (self.job, self.library)]
        tried = 0
        for method, path, flags, sent, is_foreign in self.tries():
            if path == "/api/jobs/actions":
                continue        # a test of its own
            with self.subTest(f"{method} {sent}"):
                tried += 1
                body = self.BODIES.get(path, {"url": "https://example.org/new.mp3"}) if "JSON" in flags else None
                body = {} if path == "/api/sessions" else body
                reply = self.api(method, sent, body, key=None, headers={"X-Session-ID": self.mine})
                if "MAY_SESSION" not in flags and "IF_OPEN" not in flags:
                    self.assertProblem(reply, 403, "forbidden")
                elif is_foreign:
                    self.assertProblem(reply, 404, "not_found")
                else:
                    self.assertIn(reply.status, (200, 201, 202, 204, 409, 422), reply)
                said = reply.body + str(reply.headers).encode()
                for uuid in (self.other, self.job, self.library, self.track, self.library_track):
                    said = said.replace(uuid.encode(), b"") if uuid in sent else said       # our own words, quoted
                for secret in self.secrets:
                    self.assertNotIn(secret, said)
        self.assertGreater(tried, 40)
        self.assertEqual([self.s.job(job) for job in (self.job, self.library)], before)

    def test_holds_in_bulk(self):
        ids = [self.job, self.library, NOBODY]
        for action in ("cancel", "pause", "resume", "retry", "delete"):
            reply = self.api("POST", "/api/jobs/actions", {"action": action, "ids": ids}, key=None, headers={"X-Session-ID": self.mine})
            self.assertEqual([(r["ok"], r["kind"]) for r in reply.json["results"]], [(False, "not_found")] * 3, reply)
            reply = self.api("POST", "/api/jobs/actions", {"action": "retry", "status": "completed"}, key=None, headers={"X-Session-ID": self.mine})
            self.assertEqual([r["job_id"] for r in reply.json["results"]], [self.own_job], reply)
        self.assertEqual(self.s.job(self.job)["status"], "completed")

    def test_holds_in_lists_and_filters(self):
        for query in ("", "?status=completed", "?source_type=generic", "?status=completed&source_type=generic", f"?session={self.mine}"):
            with self.subTest(query):
                listed = self.api("GET", f"/api/jobs{query}", key=None, headers={"X-Session-ID": self.mine}).json
                self.assertNotIn(self.job, [job["job_id"] for job in listed["jobs"]])
                self.assertEqual(listed["total"], len(listed["jobs"]))
                self.assertEqual({job["session_uuid"] for job in listed["jobs"]}, {self.mine})
        self.assertProblem(self.api("GET", f"/api/jobs?session={self.other}", key=None, headers={"X-Session-ID": self.mine}), 403, "forbidden")

    def test_is_no_hindrance_for_the_admin(self):
        for session, job in ((self.other, self.job), (self.mine, self.own_job)):
            listed = self.api("GET", f"/api/jobs?session={session}").json
            self.assertIn(job, [j["job_id"] for j in listed["jobs"]])
            self.assertEqual({j["session_uuid"] for j in listed["jobs"]}, {session})
            self.assertEqual(listed["total"], len(listed["jobs"]))
        self.assertEqual(self.api("GET", f"/api/jobs?session={NOBODY}").json, {"jobs": [], "next_cursor": None, "total": 0})
        self.assertProblem(self.api("GET", "/api/jobs?session=x"), 422, "input", ["session"])
        everything = {job["job_id"] for job in self.api("GET", "/api/jobs").json["jobs"]}
        self.assertLessEqual({self.own_job, self.job, self.library}, everything)

    def test_leaves_a_session_all_that_is_its_own(self):
        for path in (f"/api/jobs/{self.own_job}", f"/api/jobs/{self.own_job}/result", f"/api/jobs/{self.own_job}/events", f"/api/tracks/{self.own_track}",
                     f"/api/tracks/{self.own_track}/file", f"/api/sessions/{self.mine}", "/api/options"):
            with self.subTest(path):
                self.assertEqual(self.api("GET", path, key=None, headers={"X-Session-ID": self.mine}).status, 200)
        files = self.api("GET", f"/api/jobs/{self.own_job}/paths", key=None, headers={"X-Session-ID": self.mine}).json["files"]
        self.assertTrue(all(f"/downloads/{self.mine}/{self.own_job}/" in f["path"] for f in files), files)

    def test_holds_in_what_is_remembered_by_etag(self):
        tags = {self.api("GET", "/api/jobs", key=None, headers={"X-Session-ID": s}).headers["ETag"] for s in (self.mine, self.other)}
        self.assertEqual(len(tags), 2)

    def test_holds_in_tags_and_cursors(self):
        """What others do moves neither; what the session itself sees moves its tag."""
        def look(path, tag=None):
            return self.api("GET", path, key=None, headers={"X-Session-ID": self.mine, "If-None-Match": tag})
        more = [self.api("POST", "/api/jobs", {"url": f"https://example.org/{n}.mp3", "scheduled_at": "2099-01-01T00:00:00Z"}, key=None,
                         headers={"X-Session-ID": self.mine}).json["job_id"] for n in range(3)]
        paths = ("/api/jobs", "/api/jobs?limit=2", f"/api/jobs/{more[0]}", f"/api/jobs/{more[0]}/events")
        tags = {path: look(path).headers["ETag"] for path in paths}
        self.api("POST", "/api/jobs", {"url": f"https://example.org/not-{self.mine}.mp3"}, headers={"X-Session-ID": self.other})
        for path, tag in tags.items():
            reply = look(path, tag)
            self.assertEqual((reply.status, reply.headers["ETag"], reply.body), (304, tag, b""), path)
        self.api("POST", f"/api/jobs/{more[0]}/cancel")
        for path, tag in tags.items():
            self.assertEqual(look(path, tag).status, 304 if path.endswith("limit=2") else 200, path)
        first = look("/api/jobs?limit=2").json
        self.assertEqual(([j["job_id"] for j in first["jobs"]], first["next_cursor"]), (more[:0:-1], more[1]))
        second = look(f"/api/jobs?limit=2&cursor={first['next_cursor']}").json
        self.assertEqual([j["job_id"] for j in second["jobs"]], [more[0], self.own_job])
        self.assertEqual(self.api("GET", f"/api/jobs?limit=2&session={self.mine}&cursor={more[1]}").json["jobs"][0]["job_id"], more[0], "and for the admin who looks at it")
        self.api("DELETE", f"/api/jobs/{more[1]}")
        self.assertEqual(look(f"/api/jobs?limit=2&cursor={more[1]}").json["jobs"][0]["job_id"], more[0], "it may be gone by then")
        self.assertProblem(look("/api/jobs?cursor=17"), 422, "input", ["cursor"])
        self.assertEqual([j["job_id"] for j in look(f"/api/jobs?cursor={self.job}").json["jobs"]], [self.own_job], "another's id says no more than its time")


class OpenToAnybody(StackCase):
    OPTIONS = {"workers": 0, "site": False, "env": {"SESSIONS_OPEN": "true", "SESSIONS_OPEN_MOST": "3"}}

    def test_is_open_to_so_many_only(self):
        opened = [self.api("POST", "/api/sessions", key=None) for _ in range(5)]
        self.assertEqual([r.status for r in opened], [201, 201, 201, 429, 429])
        self.assertEqual(self.api("POST", "/api/sessions").status, 201, "who has a key may")
        session = opened[0].json["session_uuid"]
        reply = self.api("POST", "/api/jobs", {"url": "https://example.org/a?b=1", "priority": 1}, key=None, headers={"X-Session-ID": session})
        self.assertProblem(reply, 422, "input", ["priority"])
        self.assertEqual(self.api("DELETE", f"/api/sessions/{session}", key=None, headers={"X-Session-ID": session}).status, 204)
        self.assertEqual(self.api("POST", "/api/sessions", key=None).status, 201, "one that ended makes room")

    def test_lets_strangers_in_one_after_the_other(self):
        replies = [self.api("POST", "/api/sessions", key=None) for _ in range(60)]
        hasty = [r for r in replies if not r.json.get("request_id") and r.status == 429]
        self.assertTrue(hasty, "the front door counts them")
        self.assertProblem(hasty[0], 429, hasty[0].kind, by_nginx=True)
        self.assertTrue(hasty[0].headers["Retry-After"])
        self.assertEqual({self.api("POST", "/api/sessions").status for _ in range(60)}, {201}, "and nobody who has a key")


class OpenJobs(StackCase):
    OPTIONS = {"workers": 0, "site": False, "env": {"SESSIONS_OPEN": "true", "SESSIONS_OPEN_JOBS": "3"}}

    def test_of_all_strangers_together_are_so_many(self):
        def ask(n, key=None):
            session = self.api("POST", "/api/sessions", key=key).json["session_uuid"]
            return self.api("POST", "/api/jobs", {"url": f"{GOOD}&open={n}"}, key=key, headers={"X-Session-ID": session})
        replies = [ask(n) for n in range(5)]
        self.assertEqual([r.status for r in replies], [201, 201, 201, 429, 429])
        self.assertProblem(replies[4], 429, "limit")
        self.assertTrue(replies[4].headers["Retry-After"])
        self.assertEqual(ask(9, key=self.s.key).status, 201, "who has a key is not counted among them")


if __name__ == "__main__":
    main()
