"""GET and DELETE through nginx: lists, details, paging, conditional requests, health, options, and what does not exist."""

import os
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main

NOBODY = "01912345-6789-7abc-8def-0123456789ab"


class ReadCase(StackCase):
    OPTIONS = {"workers": 0, "site": False}


class TheListOfJobs(ReadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ids = [cls.s.submit(f"https://example.org/{n}.mp3") for n in range(7)]
        assert cls.api("POST", f"/api/jobs/{cls.ids[0]}/cancel").status in (200, 202)

    def test_is_newest_first_with_the_total(self):
        page = self.api("GET", "/api/jobs").json
        self.assertEqual([job["job_id"] for job in page["jobs"]], self.ids[::-1])
        self.assertEqual(page["total"], 7)
        self.assertIsNone(page["next_cursor"])

    def test_comes_in_pages_that_meet_without_gap_or_overlap(self):
        seen, path = [], "/api/jobs?limit=3"
        for _ in range(3):
            page = self.api("GET", path).json
            self.assertLessEqual(len(page["jobs"]), 3)
            self.assertEqual(page["total"], 7)
            seen += [job["job_id"] for job in page["jobs"]]
            if page["next_cursor"] is None:
                break
            path = f"/api/jobs?limit=3&cursor={page['next_cursor']}"
        self.assertEqual(seen, self.ids[::-1])

    def test_page_after_a_cursor_does_not_shift_when_a_job_arrives(self):
        first = self.api("GET", "/api/jobs?limit=2").json
        extra = self.s.submit("https://example.org/late.mp3")
        try:
            second = self.api("GET", f"/api/jobs?limit=2&cursor={first['next_cursor']}").json
            self.assertEqual([job["job_id"] for job in second["jobs"]], self.ids[::-1][2:4])
        finally:
            self.assertIn(self.api("DELETE", f"/api/jobs/{extra}").status, (200, 204))

    def test_is_filtered_by_status(self):
        self.assertEqual([job["job_id"] for job in self.api("GET", "/api/jobs?status=cancelled").json["jobs"]], [self.ids[0]])
        pending = self.api("GET", "/api/jobs?status=pending").json
        self.assertEqual(pending["total"], 6)
        self.assertEqual({job["status"] for job in pending["jobs"]}, {"pending"})
        self.assertEqual(self.api("GET", "/api/jobs?status=completed").json, {"jobs": [], "next_cursor": None, "total": 0})

    def test_refuses_bad_parameters_by_name(self):
        for query, field in (("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=-1", "limit"), ("limit=1e2", "limit"),
                             ("status=nonsense", "status"), ("cursor=%27%3B--", "cursor"), ("cursor=x", "cursor")):
            with self.subTest(query):
                self.assertProblem(self.api("GET", f"/api/jobs?{query}"), 422, "input", [field])

    def test_takes_the_largest_page(self):
        self.assertEqual(self.api("GET", "/api/jobs?limit=200").status, 200)

    def test_with_a_trailing_slash_means_the_same(self):
        self.assertEqual(self.api("GET", "/api/jobs/").json, self.api("GET", "/api/jobs").json)

    def test_is_a_304_until_something_changes(self):
        first = self.api("GET", "/api/jobs")
        tag = first.headers["ETag"]
        self.assertTrue(tag)
        again = self.api("GET", "/api/jobs", headers={"If-None-Match": tag})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(again.headers["ETag"], tag)
        self.assertEqual(self.api("GET", "/api/jobs", headers={"If-None-Match": f'"x", {tag}'}).status, 304)
        self.assertEqual(self.api("GET", "/api/jobs", headers={"If-None-Match": '"x"'}).status, 200)
        extra = self.s.submit("https://example.org/tag.mp3")
        changed = self.api("GET", "/api/jobs", headers={"If-None-Match": tag})
        self.assertEqual(changed.status, 200)
        self.assertNotEqual(changed.headers["ETag"], tag)
        self.api("DELETE", f"/api/jobs/{extra}")
        self.assertEqual(self.api("GET", "/api/jobs", headers={"If-None-Match": changed.headers["ETag"]}).status, 200, "a deletion is a change")

    def test_is_not_kept_by_caches(self):
        control = self.api("GET", "/api/jobs").headers["Cache-Control"] or ""
        self.assertTrue("no-cache" in control or "no-store" in control, control)


class OneJob(ReadCase):
    def setUp(self):
        self.job = self.s.submit("https://example.org/one.mp3?n=" + uuid.uuid4().hex)

    def test_shows_what_the_contract_names(self):
        job = self.s.job(self.job)
        for name in ("job_id", "url", "status", "created_at", "options", "progress", "tracks", "stages", "waiting_for", "attempt", "error"):
            self.assertIn(name, job)
        for name in ("percent", "current_item", "completed_items", "failed_items", "total_items", "downloaded_bytes", "total_bytes", "speed", "eta"):
            self.assertIn(name, job["progress"])
        self.assertEqual((job["status"], job["error"], job["tracks"]), ("pending", None, []))
        self.assertTrue(job["waiting_for"], "a job that nobody works on says what it waits for")

    def test_is_shown_without_its_tracks_if_asked(self):
        whole, short = (self.api("GET", f"/api/jobs/{self.job}{query}").json for query in ("?tracks=1", "?tracks=0"))
        self.assertEqual({"tracks", "next_cursor"}, whole.keys() - short.keys())
        self.assertIn("stages", short)
        self.assertProblem(self.api("GET", f"/api/jobs/{self.job}?tracks=2"), 422, "input", ["tracks"])

    def test_is_a_304_until_it_changes(self):
        tag = self.api("GET", f"/api/jobs/{self.job}").headers["ETag"]
        self.assertEqual(self.api("GET", f"/api/jobs/{self.job}", headers={"If-None-Match": tag}).status, 304)
        self.api("POST", f"/api/jobs/{self.job}/cancel")
        self.assertEqual(self.api("GET", f"/api/jobs/{self.job}", headers={"If-None-Match": tag}).status, 200)

    def test_that_waits_is_cancelled_at_once(self):
        reply = self.api("POST", f"/api/jobs/{self.job}/cancel")
        self.assertIn(reply.status, (200, 202), reply)
        job = self.s.job(self.job)
        self.assertEqual(job["status"], "cancelled")
        self.assertEqual(self.s.value("SELECT count(*) FROM tasks WHERE state IN ('queued', 'running')"), self.s.value(
            "SELECT count(*) FROM tasks WHERE state = 'queued'"))

    def test_that_has_ended_cannot_be_cancelled(self):
        self.api("POST", f"/api/jobs/{self.job}/cancel")
        self.assertProblem(self.api("POST", f"/api/jobs/{self.job}/cancel"), 409, "conflict")

    def test_is_gone_after_a_delete(self):
        self.assertIn(self.api("DELETE", f"/api/jobs/{self.job}").status, (200, 204))
        self.assertProblem(self.api("GET", f"/api/jobs/{self.job}"), 404, "not_found")
        self.assertProblem(self.api("DELETE", f"/api/jobs/{self.job}"), 404, "not_found")

    def test_has_paths_and_a_result_only_with_files(self):
        paths = self.api("GET", f"/api/jobs/{self.job}/paths")
        self.assertEqual(paths.status, 200, paths)
        result = self.api("GET", f"/api/jobs/{self.job}/result")
        self.assertIn(result.status, (200, 409), result)
        if result.status == 200:
            self.assertEqual(result.json["tracks"], [])
        else:
            self.assertProblem(result, 409, "conflict")


class WhatDoesNotExist(ReadCase):
    def test_is_a_404_in_problem_json(self):
        for path in ("/api", "/api/", "/api/nothing", "/api/jobs/x", "/api/jobs/" + NOBODY, f"/api/jobs/{NOBODY}/paths", f"/api/jobs/{NOBODY}/result",
                     f"/api/jobs/{NOBODY}/nothing", "/api/jobs/..%2f..%2fetc%2fpasswd", "/api/jobs/%00", f"/api/tracks/{NOBODY}/file",
                     "/api/tracks/../../etc/passwd", f"/api/jobs/{NOBODY.upper()}", f"/api/jobs/{NOBODY}%20"):
            with self.subTest(path):
                reply = self.api("GET", path)
                self.assertIn(reply.status, (400, 404), reply)
                self.assertEqual(reply.headers.get_content_type(), "application/problem+json", reply)

    def test_by_another_method_is_a_405_that_says_which(self):
        job = self.s.submit("https://example.org/m.mp3")
        for method, path, allowed in (("PUT", "/api/jobs", {"GET", "POST"}), ("PATCH", "/api/jobs", {"GET", "POST"}), ("POST", f"/api/jobs/{job}", {"GET", "DELETE"}),
                                      ("GET", f"/api/jobs/{job}/cancel", {"POST"}), ("DELETE", "/api/health", {"GET"}), ("POST", "/api/options", {"GET"})):
            with self.subTest(f"{method} {path}"):
                reply = self.api(method, path, {} if method != "GET" else None)
                self.assertProblem(reply, 405, "method")
                self.assertLessEqual(allowed, {word.strip() for word in (reply.headers["Allow"] or "").split(",")})

    def test_nginx_own_refusals_are_problem_json_too(self):
        answer = self.api.send_bytes(b"GET /api/jobs HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 70000 + b"\r\n\r\n")
        self.assertRegex(answer.split(b"\r\n")[0], rb"HTTP/1\.1 4\d\d")

    def test_a_very_long_path_is_refused_not_crashed(self):
        reply = self.api("GET", "/api/jobs/" + "a" * 7000)
        self.assertIn(reply.status, (404, 414), reply)
        self.assertEqual(self.api("GET", "/api/health").status, 200)


class OpenPages(ReadCase):
    def test_health_needs_no_key_and_says_ok(self):
        reply = self.api("GET", "/api/health", key=None)
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual(reply.headers.get_content_type(), "application/json")
        self.assertNotIn(self.s.key, reply.body.decode())

    def test_options_are_a_json_schema_with_defaults(self):
        schema = self.api("GET", "/api/options").json
        self.assertEqual(schema["type"], "object")
        self.assertFalse(schema["additionalProperties"])
        self.assertEqual(schema["properties"]["bitrate_kbps"]["default"], 320)
        self.assertEqual(schema["properties"]["bitrate_kbps"]["enum"], [320, 256, 192, 128])
        self.assertEqual(schema["properties"]["loudness_target_lufs"]["default"], -14)

    def test_head_is_get_without_a_body(self):
        reply = self.api("HEAD", "/api/health")
        self.assertEqual((reply.status, reply.body), (200, b""))

    def test_the_page_is_served_with_a_strict_policy(self):
        reply = self.api("GET", "/", key=None)
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers.get_content_type(), "text/html")
        policy = reply.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe-inline", policy)
        self.assertNotIn("unsafe-eval", policy)
        self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(len(reply.headers.get_all("Content-Security-Policy")), 1)

    def test_every_answer_carries_a_request_id_and_nosniff(self):
        for path in ("/api/health", "/api/jobs", "/api/nothing"):
            with self.subTest(path):
                reply = self.api("GET", path)
                self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff", reply.headers.items())
                self.assertTrue(reply.headers["X-Request-ID"], reply.headers.items())

    def test_state_is_not_served_as_files(self):
        for path in ("/admin-key", "/data/admin-key", "/../data/admin-key", "/dubplate.db", "/media/x", "/downloads/", "/.git/config"):
            with self.subTest(path):
                reply = self.api("GET", path)
                self.assertIn(reply.status, (400, 403, 404), reply)
                self.assertNotIn(self.s.key.encode(), reply.body)


if __name__ == "__main__":
    main()
