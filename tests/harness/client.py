"""client: one HTTP request per call, nothing hidden. Names a status, headers and a body; knows no job."""

import http.client
import json as jsonlib
import socket


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers          # email.message.Message: case-insensitive, get_all()
        self.body = body

    @property
    def json(self):
        return jsonlib.loads(self.body)

    @property
    def kind(self):
        """The problem's kind, or None when this is no problem+json."""
        return self.json.get("kind") if self.headers.get_content_type() == "application/problem+json" else None

    @property
    def fields(self):
        """Names of the fields that a 422 complains about, sorted."""
        return sorted(e["field"] for e in self.json.get("errors", []))

    def __repr__(self):
        return f"{self.status} {self.headers.get('Content-Type')} {self.body[:600]!r}"


class Client:
    def __init__(self, port, key=None):
        self.port = port
        self.key = key

    def __call__(self, method, path, body=None, *, headers=None, key=..., raw=None, timeout=30):
        """`body` goes as JSON, `raw` as the bytes it is. `key=None` sends no credentials."""
        sent = {}
        if raw is not None:
            data = raw
            sent["Content-Type"] = "application/json"
        elif body is not None:
            data = jsonlib.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        else:
            data = None
        key = self.key if key is ... else key
        if key is not None:
            sent["X-API-Key"] = key
        sent |= headers or {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, data, {k: v for k, v in sent.items() if v is not None})
            answer = connection.getresponse()
            return Reply(answer.status, answer.msg, answer.read())
        finally:
            connection.close()

    def send_bytes(self, data, timeout=10):
        """What the server says to exactly these bytes; for requests that no HTTP library would send."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            s.sendall(data)
            answer = b""
            try:
                while chunk := s.recv(65536):
                    answer += chunk
            except (TimeoutError, ConnectionError):
                pass
            return answer
