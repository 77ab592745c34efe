"""The handlers as plain CGI programs: environment in, body on stdin, answer on stdout. The same code, without nginx."""

import email.parser
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import BUILD, StackCase, main


class PlainCgi(StackCase):
    OPTIONS = {"workers": 0, "site": False}

    def run_cgi(self, method, path, body=b"", *, content_length=None, program="jobs.fcgi", **variables):
        path, _, query = path.partition("?")
        environment = {
            **{k: v for k, v in self.s.env.items() if k not in ("STACK_WORKERS", "BUILD")},
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "REQUEST_URI": path + (f"?{query}" if query else ""), "DOCUMENT_URI": path,
            "SCRIPT_NAME": path, "QUERY_STRING": query, "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json" if body else "", "CONTENT_LENGTH": str(len(body) if content_length is None else content_length),
            "HTTP_X_API_KEY": self.s.key, **variables,
        }
        run = subprocess.run([os.path.join(BUILD, "cgi", program)], input=body, env=environment, capture_output=True, timeout=20, check=False)
        self.assertEqual(run.returncode, 0, run.stderr.decode(errors="replace"))
        head, _, rest = run.stdout.replace(b"\r\n", b"\n", 40).partition(b"\n\n")
        headers = email.parser.Parser().parsestr(head.decode())
        return int((headers["Status"] or "200").split()[0]), headers, rest

    def test_submits_a_job_that_nginx_then_shows(self):
        status, _, body = self.run_cgi("POST", "/api/jobs", json.dumps({"url": "https://example.org/cgi.mp3"}).encode())
        self.assertEqual(status, 201, body)
        self.assertEqual(self.s.job(json.loads(body)["job_id"])["url"], "https://example.org/cgi.mp3")

    def test_lists_with_a_query(self):
        self.s.submit("https://example.org/list.mp3")
        status, _, body = self.run_cgi("GET", "/api/jobs?limit=1")
        self.assertEqual((status, len(json.loads(body)["jobs"])), (200, 1))

    def test_needs_the_key(self):
        status, headers, body = self.run_cgi("GET", "/api/jobs", HTTP_X_API_KEY="wrong")
        self.assertEqual((status, headers.get_content_type()), (401, "application/problem+json"), body)

    def test_a_body_shorter_than_announced_is_a_400(self):
        status, _, body = self.run_cgi("POST", "/api/jobs", b'{"url": "https://example.org/', content_length=500)
        self.assertEqual(status, 400, body)

    def test_lies_about_the_length_do_no_harm(self):
        for length in ("-1", "x", "99999999999999999999", "1e3", ""):
            with self.subTest(length):
                status, _, body = self.run_cgi("POST", "/api/jobs", b'{"url": "https://example.org/l.mp3"}', content_length=length)
                self.assertIn(status, (400, 411, 413, 415), body)

    def test_paths_that_only_a_broken_server_would_send_are_404(self):
        for path in ("", "jobs", "/api/jobs/../jobs", "//api/jobs", "/api/jobs/%", "/api/jobs/%zz"):
            with self.subTest(path):
                status, _, body = self.run_cgi("GET", path)
                self.assertIn(status, (400, 404), body)


if __name__ == "__main__":
    main()
