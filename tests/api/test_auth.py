"""Who may talk to /api: keys in headers, the page's cookie, and pages of strangers."""

import os
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main

GUARDED = [("GET", "/api/jobs"), ("POST", "/api/jobs"), ("GET", "/api/jobs/01912345-6789-7abc-8def-0123456789ab"),
           ("DELETE", "/api/jobs/01912345-6789-7abc-8def-0123456789ab"), ("POST", "/api/jobs/01912345-6789-7abc-8def-0123456789ab/cancel"),
           ("GET", "/api/jobs/01912345-6789-7abc-8def-0123456789ab/paths"), ("GET", "/api/jobs/01912345-6789-7abc-8def-0123456789ab/result"),
           ("GET", "/api/tracks/01912345-6789-7abc-8def-0123456789ab/file")]


class AuthCase(StackCase):
    OPTIONS = {"workers": 0, "site": False}

    def login(self, key=None, **headers):
        return self.api("POST", "/api/login", {"api_key": key or self.s.key}, key=None, headers=headers)

    def cookie(self):
        reply = self.login()
        self.assertIn(reply.status, (200, 204), reply)
        return reply.headers["Set-Cookie"]


class AKey(AuthCase):
    def test_is_needed_everywhere_that_is_not_open(self):
        for method, path in GUARDED:
            with self.subTest(f"{method} {path}"):
                self.assertProblem(self.api(method, path, {"url": "https://example.org/a.mp3"} if method == "POST" else None, key=None), 401, "unauthorized")

    def test_that_is_wrong_is_a_401(self):
        right = self.s.key
        for wrong in ("", "x", right[:-1], right + "x", right.swapcase(), right[:-1] + ("a" if right[-1] != "a" else "b"), "x" * 4000, "' OR '1'='1", "*"):
            with self.subTest(wrong[:40]):
                self.assertProblem(self.api("GET", "/api/jobs", key=wrong), 401, "unauthorized")
                self.assertProblem(self.api("GET", "/api/jobs", key=None, headers={"Authorization": f"Bearer {wrong}"}), 401, "unauthorized")

    def test_is_checked_before_the_body_is_judged(self):
        self.assertProblem(self.api("POST", "/api/jobs", raw=b"not json", key=None), 401, "unauthorized")

    def test_as_bearer_token_is_as_good(self):
        self.assertEqual(self.api("GET", "/api/jobs", key=None, headers={"Authorization": f"Bearer {self.s.key}"}).status, 200)
        self.assertEqual(self.api("GET", "/api/jobs", key=None, headers={"Authorization": f"bearer {self.s.key}"}).status, 200)

    def test_in_another_scheme_or_in_the_query_is_none(self):
        for path, headers in (("/api/jobs", {"Authorization": f"Basic {self.s.key}"}), ("/api/jobs", {"Authorization": self.s.key}),
                              (f"/api/jobs?api_key={self.s.key}", {})):
            with self.subTest(path=path, headers=headers):
                self.assertEqual(self.api("GET", path, key=None, headers=headers).status, 401)

    def test_file_is_for_its_owner_alone(self):
        path = os.path.join(self.s.data, "admin-key")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertGreaterEqual(len(self.s.key), 32)

    def test_is_not_stored_in_clear(self):
        with open(self.s.database, "rb") as f:
            self.assertNotIn(self.s.key.encode(), f.read())
        self.assertNotIn(self.s.key, self.s.tail(100000))


class TheCookie(AuthCase):
    def test_of_a_login_is_httponly_and_samesite_strict(self):
        attributes = [part.strip().lower() for part in self.cookie().split(";")]
        self.assertIn("httponly", attributes)
        self.assertIn("samesite=strict", attributes)
        self.assertTrue(any(part == "path=/" or part == "path=/api" or part == "path=/api/" for part in attributes), attributes)
        self.assertNotIn(self.s.key, self.cookie(), "the cookie is no copy of the key")

    def test_opens_the_api(self):
        cookie = self.cookie().split(";")[0]
        self.assertEqual(self.api("GET", "/api/jobs", key=None, headers={"Cookie": cookie}).status, 200)
        reply = self.api("POST", "/api/jobs", {"url": "https://example.org/c.mp3"}, key=None,
                         headers={"Cookie": f"other=1; {cookie}", "Origin": f"http://127.0.0.1:{self.s.port}"})
        self.assertEqual(reply.status, 201, reply)

    def test_with_a_foreign_origin_changes_nothing(self):
        cookie = self.cookie().split(";")[0]
        before = self.s.value("SELECT count(*) FROM download_jobs")
        for origin in ("https://evil.example", "null", f"http://127.0.0.1:{self.s.port + 1}", f"http://127.0.0.1:{self.s.port}.evil.example"):
            with self.subTest(origin):
                reply = self.api("POST", "/api/jobs", {"url": "https://example.org/evil.mp3"}, key=None, headers={"Cookie": cookie, "Origin": origin})
                self.assertProblem(reply, 403, "forbidden")
        self.assertEqual(self.s.value("SELECT count(*) FROM download_jobs"), before)

    def test_is_marked_cross_site_by_the_browser_and_refused(self):
        cookie = self.cookie().split(";")[0]
        reply = self.api("POST", "/api/jobs", {"url": "https://example.org/evil.mp3"}, key=None, headers={"Cookie": cookie, "Sec-Fetch-Site": "cross-site"})
        self.assertProblem(reply, 403, "forbidden")

    def test_that_is_made_up_is_a_401(self):
        name, _, value = self.cookie().split(";")[0].partition("=")
        for forged in ("", "x", value[:-1], value + "0", value[::-1], self.s.key):
            with self.subTest(forged[:20]):
                self.assertEqual(self.api("GET", "/api/jobs", key=None, headers={"Cookie": f"{name}={forged}"}).status, 401)

    def test_ends_with_the_logout(self):
        cookie = self.cookie().split(";")[0]
        reply = self.api("POST", "/api/logout", {}, key=None, headers={"Cookie": cookie})
        self.assertIn(reply.status, (200, 204), reply)
        self.assertIn("max-age=0", reply.headers["Set-Cookie"].lower())


class ALogin(AuthCase):
    def test_with_a_wrong_key_is_a_401_without_cookie(self):
        reply = self.login("wrong")
        self.assertProblem(reply, 401, "unauthorized")
        self.assertIsNone(reply.headers["Set-Cookie"])

    def test_without_a_key_is_a_422(self):
        self.assertProblem(self.api("POST", "/api/login", {}, key=None), 422, "input", ["api_key"])
        self.assertProblem(self.api("POST", "/api/login", {"api_key": 7}, key=None), 422, "input", ["api_key"])
        self.assertProblem(self.api("POST", "/api/login", {"api_key": self.s.key, "x": 1}, key=None), 422, "input", ["x"])

    def test_by_get_is_a_405(self):
        self.assertProblem(self.api("GET", "/api/login", key=None), 405, "method")


class Guessing(AuthCase):
    def test_of_keys_is_slowed_down(self):
        replies = [self.login(f"guess-{n}") for n in range(30)]
        self.assertEqual({reply.status for reply in replies}, {401, 429})
        limited = next(reply for reply in replies if reply.status == 429)
        self.assertEqual(limited.headers.get_content_type(), "application/problem+json")
        self.assertTrue(limited.headers["Retry-After"])


if __name__ == "__main__":
    main()
