"""Pause, resume, retry, cancel, priority, schedule, bulk, lanes, events: what the API lets one do, and refuses."""

import datetime
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, eventually, main

GOOD = "https://www.youtube.com/watch?v=frontiers01"
PAGE = "https://example.org/page?x=1"       # of no platform that we know: another query is another page
NOBODY = "00000000-0000-7000-8000-000000000000"


def ahead(**delta):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Steering(StackCase):
    OPTIONS = {"workers": 0, "site": False}
    count = 0

    def submit(self, **options):
        Steering.count += 1
        return self.s.submit(f"{PAGE}&n={Steering.count}", **options)

    def act(self, job, action):
        return self.api("POST", f"/api/jobs/{job}/{action}")

    def events(self, job):
        return [e["event"] for e in self.api("GET", f"/api/jobs/{job}/events").json["events"]]


class OneJob(Steering):
    def test_is_paused_and_resumed(self):
        job = self.submit()
        reply = self.act(job, "pause")
        self.assertEqual((reply.status, reply.json["status"]), (200, "paused"))
        self.assertEqual(self.s.job(job)["waiting_for"], "somebody to resume it")
        self.assertProblem(self.act(job, "pause"), 409, "conflict")
        self.assertEqual(self.act(job, "resume").json["status"], "pending")
        self.assertProblem(self.act(job, "resume"), 409, "conflict")
        self.assertEqual(self.events(job), ["submitted", "paused", "resumed"])

    def test_is_retried_only_when_something_of_it_failed(self):
        job = self.submit()
        self.assertProblem(self.act(job, "retry"), 409, "conflict")
        self.act(job, "cancel")
        self.assertEqual(self.act(job, "retry").json["status"], "pending")
        self.assertProblem(self.act(NOBODY, "retry"), 404, "not_found")

    def test_is_steered_by_state_as_well(self):
        job = self.submit()
        for status, expected in (("paused", "paused"), ("pending", "pending"), ("cancelled", "cancelled"), ("pending", "pending")):
            reply = self.api("PUT", f"/api/jobs/{job}/status", {"status": status})
            self.assertEqual((reply.status, reply.json.get("status")), (200, expected), reply)
        self.assertProblem(self.api("PUT", f"/api/jobs/{job}/status", {"status": "pending"}), 409, "conflict")
        for body, fields in (({"status": "done"}, ["status"]), ({}, ["status"]), ({"status": 1}, ["status"]), ({"status": "paused", "x": 1}, ["x"])):
            self.assertProblem(self.api("PUT", f"/api/jobs/{job}/status", body), 422, "input", fields)

    def test_changes_its_priority_and_its_time(self):
        job = self.submit()
        self.assertEqual(self.api("PATCH", f"/api/jobs/{job}", {"priority": 7}).json["priority"], 7)
        at = ahead(hours=1)
        reply = self.api("PATCH", f"/api/jobs/{job}", {"scheduled_at": at})
        self.assertEqual((reply.json["status"], reply.json["scheduled_at"], reply.json["waiting_until"]), ("scheduled", at, at))
        self.assertIn("its time", reply.json["waiting_for"])
        self.assertEqual(self.api("PATCH", f"/api/jobs/{job}", {"scheduled_at": None}).json["status"], "pending")
        self.assertProblem(self.api("PATCH", f"/api/jobs/{job}", {}), 422, "input", ["priority"])
        self.assertProblem(self.api("PATCH", f"/api/jobs/{job}", {"priority": 11, "url": GOOD}), 422, "input", ["url"])
        self.assertProblem(self.api("PATCH", f"/api/jobs/{job}", {"priority": 11}), 422, "input", ["priority"])
        self.assertProblem(self.api("PATCH", f"/api/jobs/{job}", {"scheduled_at": ahead(hours=-1)}), 422, "input", ["scheduled_at"])

    def test_is_submitted_for_later(self):
        job = self.submit(scheduled_at=ahead(hours=2))
        shown = self.s.job(job)
        self.assertEqual(shown["status"], "scheduled")
        self.assertIn(job, [j["job_id"] for j in self.api("GET", "/api/jobs?status=scheduled&limit=200").json["jobs"]])
        for bad in ("tomorrow", "2026-13-01T00:00:00Z", "2026-02-31T00:00:00Z", "2026-01-01", 5, ahead(days=-1), "2099-01-01T00:00:00"):
            reply = self.api("POST", "/api/jobs", {"url": f"{PAGE}&when=1", "scheduled_at": bad})
            self.assertProblem(reply, 422, "input", ["scheduled_at"])
        self.assertEqual(self.s.job(self.submit(scheduled_at="2099-06-01T12:30:00+02:00"))["scheduled_at"], "2099-06-01T10:30:00.000Z")

    def test_tells_what_happened_and_a_reader_pages_through_it(self):
        job = self.submit()
        for _ in range(3):
            self.act(job, "pause")
            self.act(job, "resume")
        seen, cursor = [], None
        while True:
            page = self.api("GET", f"/api/jobs/{job}/events?limit=3" + (f"&cursor={cursor}" if cursor else "")).json
            seen += [e["seq"] for e in page["events"]]
            cursor = page["next_cursor"]
            if not cursor:
                break
        self.assertEqual(seen, list(range(1, 8)))
        reply = self.api("GET", f"/api/jobs/{job}/events")
        self.assertEqual(self.api("GET", f"/api/jobs/{job}/events", headers={"If-None-Match": reply.headers["ETag"]}).status, 304)
        self.assertProblem(self.api("GET", f"/api/jobs/{NOBODY}/events"), 404, "not_found")

    def test_without_a_worker_says_so(self):
        self.assertEqual(self.s.job(self.submit())["waiting_for"], "a worker: none that serves the lane default is running")


class TheSameWork(Steering):
    def test_is_under_way_once(self):
        body = {"url": f"{PAGE}&same=1"}
        first = self.api("POST", "/api/jobs", body)
        again = self.api("POST", "/api/jobs", body)
        self.assertEqual((first.status, again.status), (201, 200))
        self.assertEqual(first.json["job_id"], again.json["job_id"])
        self.assertEqual(again.headers["Location"], f"/api/jobs/{first.json['job_id']}")
        other = self.api("POST", "/api/jobs", {**body, "bitrate_kbps": 128})
        self.assertEqual(other.status, 201)
        self.act(first.json["job_id"], "cancel")
        self.assertEqual(self.api("POST", "/api/jobs", body).status, 201)


class TheSameLinkInOneRequest(Steering):
    def test_is_one_job_however_it_is_written(self):
        video = "https://www.youtube.com/watch?v=samelink001"
        urls = [f"{PAGE}&twice=1", video, f"{PAGE}&twice=1", "https://youtu.be/samelink001?si=x", f"{PAGE}&twice=2", "file:///x"]
        reply = self.api("POST", "/api/jobs", {"urls": urls})
        self.assertEqual(reply.status, 201, reply)
        jobs = [job["job_id"] for job in reply.json["jobs"]]
        self.assertEqual((len(jobs), len(set(jobs))), (3, 3))
        self.assertEqual(reply.json["same"], [{"index": 2, "job_id": jobs[0]}, {"index": 3, "job_id": jobs[1]}])
        self.assertEqual([error["index"] for error in reply.json["errors"]], [5])
        again = self.api("POST", "/api/jobs", {"urls": urls[:2]})
        self.assertEqual(([job["job_id"] for job in again.json["jobs"]], again.json["same"]), (jobs[:2], []))


class AnIdempotencyKey(Steering):
    def post(self, key, body):
        return self.api("POST", "/api/jobs", body, headers={"Idempotency-Key": key})

    def test_gives_the_first_answer_again(self):
        body = {"url": f"{PAGE}&once=1", "client_ref": "x"}
        first, again = self.post("k-1", body), self.post("k-1", body)
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first.json, again.json)
        self.assertEqual(first.headers["Location"], again.headers["Location"])
        self.assertIsNone(first.headers["Idempotency-Replayed"])
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        self.act(first.json["job_id"], "cancel")
        self.assertEqual(self.post("k-1", body).json["status"], "pending")     # the answer of then, whatever became of it

    def test_belongs_to_one_request(self):
        self.assertEqual(self.post("k-2", {"url": f"{PAGE}&once=2"}).status, 201)
        self.assertProblem(self.post("k-2", {"url": f"{PAGE}&once=3"}), 422, "input")

    def test_that_failed_may_be_used_again(self):
        self.assertEqual(self.post("k-3", {"url": "file:///etc/passwd"}).status, 422)
        self.assertEqual(self.post("k-3", {"url": f"{PAGE}&once=4"}).status, 201)

    def test_has_a_shape(self):
        for bad in ("x" * 256, "two words", "é"):
            self.assertProblem(self.api("POST", "/api/jobs", {"url": GOOD}, headers={"Idempotency-Key": bad.encode("utf-8").decode("latin-1")}), 400, "input")
        self.assertEqual(self.post("y" * 255, {"url": f"{PAGE}&once=5"}).status, 201)

    def test_serves_other_posts_too(self):
        job = self.submit()
        for _ in range(2):
            reply = self.api("POST", f"/api/jobs/{job}/pause", headers={"Idempotency-Key": "k-pause"})
            self.assertEqual((reply.status, reply.json["status"]), (200, "paused"))


class ManyJobs(Steering):
    def act_on(self, body):
        return self.api("POST", "/api/jobs/actions", body)

    def test_are_changed_one_by_one_in_one_request(self):
        jobs = [self.submit() for _ in range(4)]
        self.act(jobs[3], "cancel")
        reply = self.act_on({"ids": jobs + [NOBODY], "action": "pause"}).json
        self.assertEqual((reply["done"], reply["refused"]), (3, 2))
        self.assertEqual([(r["ok"], r["kind"]) for r in reply["results"]], [(True, None)] * 3 + [(False, "conflict"), (False, "not_found")])
        self.assertEqual([self.s.job(j)["status"] for j in jobs], ["paused"] * 3 + ["cancelled"])
        self.assertEqual(self.act_on({"ids": jobs[:3], "action": "delete"}).json["done"], 3)
        self.assertEqual(self.api("GET", f"/api/jobs/{jobs[0]}").status, 404)

    def test_are_chosen_by_status(self):
        jobs = [self.submit() for _ in range(3)]
        for job in jobs:
            self.act(job, "pause")
        reply = self.act_on({"status": "paused", "action": "cancel"}).json
        self.assertGreaterEqual(reply["done"], 3)
        self.assertFalse(reply["more"])
        self.assertEqual([self.s.job(j)["status"] for j in jobs], ["cancelled"] * 3)

    def test_are_refused_when_the_request_makes_no_sense(self):
        job = self.submit()
        for body, fields in (({}, ["action", "ids"]), ({"ids": [job]}, ["action"]), ({"ids": [job], "action": "explode"}, ["action"]),
                             ({"ids": [], "action": "pause"}, ["ids"]), ({"ids": ["x"], "action": "pause"}, ["ids"]), ({"ids": job, "action": "pause"}, ["ids"]),
                             ({"ids": [job], "status": "paused", "action": "pause"}, ["ids"]), ({"status": "sad", "action": "pause"}, ["status"]),
                             ({"ids": [job] * 501, "action": "pause"}, ["ids"]), ({"ids": [job], "action": "pause", "force": True}, ["force"])):
            self.assertProblem(self.act_on(body), 422, "input", fields)
        self.assertEqual(self.s.job(job)["status"], "pending")

    def test_are_counted_without_being_counted(self):
        before = self.api("GET", "/api/jobs?status=paused").json["total"]
        jobs = [self.submit() for _ in range(3)]
        for job in jobs:
            self.act(job, "pause")
        self.assertEqual(self.api("GET", "/api/jobs?status=paused").json["total"], before + 3)
        self.assertEqual(self.api("GET", "/api/jobs?limit=1").json["total"], self.s.value("SELECT count(*) FROM download_jobs WHERE deleted_at_ms IS NULL"))


class ManyLinks(Steering):
    def test_become_a_job_each_and_the_others_are_named(self):
        urls = [f"{PAGE}&batch=1", "file:///etc/passwd", f"{PAGE}&batch=2", 7, "https://www.youtube.com/feed/history", f"{PAGE}&batch=1"]
        reply = self.api("POST", "/api/jobs", {"urls": urls, "client_ref": "batch"})
        self.assertEqual(reply.status, 201, reply)
        jobs, errors = reply.json["jobs"], reply.json["errors"]
        self.assertEqual([j["url"] for j in jobs], [urls[0], urls[2]])
        self.assertEqual(reply.json["same"], [{"index": 5, "job_id": jobs[0]["job_id"]}], "the same work is one job")
        self.assertEqual([(e["index"], e["url"]) for e in errors], [(1, urls[1]), (3, None), (4, urls[4])])
        self.assertTrue(all(e["message"] for e in errors))
        self.assertEqual({j["client_ref"] for j in jobs}, {"batch"})

    def test_may_be_five_hundred(self):
        before = self.s.value("SELECT count(*) FROM download_jobs")
        reply = self.api("POST", "/api/jobs", {"urls": [f"{PAGE}&many={n}" for n in range(500)]})
        self.assertEqual((reply.status, len(reply.json["jobs"])), (201, 500))
        self.assertEqual(self.s.value("SELECT count(*) FROM download_jobs"), before + 500)

    def test_are_refused_when_none_of_them_is_good(self):
        for body, fields in (({"urls": []}, ["urls"]), ({"urls": "x"}, ["urls"]), ({"urls": [GOOD], "url": GOOD}, ["url"]), ({}, ["url"]),
                             ({"urls": [f"{PAGE}&n={n}" for n in range(501)]}, ["urls"]), ({"urls": [GOOD], "bitrate_kbps": 5}, ["bitrate_kbps"])):
            self.assertProblem(self.api("POST", "/api/jobs", body), 422, "input", fields)
        before = self.s.value("SELECT count(*) FROM download_jobs")
        self.assertProblem(self.api("POST", "/api/jobs", {"urls": ["file:///a", "b"]}), 422, "input")
        self.assertEqual(self.s.value("SELECT count(*) FROM download_jobs"), before)


class TheQueue(Steering):
    def lane(self, name):
        return next(row for row in self.api("GET", "/api/queue").json["lanes"] if row["name"] == name)

    def test_tells_its_lanes(self):
        before = self.lane("default")
        self.submit()
        self.submit(scheduled_at=ahead(hours=1))
        now = self.lane("default")
        self.assertEqual((now["queued"], now["later"], now["running"], now["paused"], now["served"]), (before["queued"] + 1, before["later"] + 1, 0, False, False))
        self.assertEqual({row["name"] for row in self.api("GET", "/api/queue/info").json["lanes"]}, {"preview", "default", "slow", "webhook", "maintenance"})

    def test_pauses_a_lane_and_all_jobs_show_it(self):
        job = self.submit()
        tag = self.api("GET", f"/api/jobs/{job}").headers["ETag"]
        reply = self.api("POST", "/api/queue/default/pause")
        self.assertTrue(next(row for row in reply.json["lanes"] if row["name"] == "default")["paused"])
        fresh = self.api("GET", f"/api/jobs/{job}", headers={"If-None-Match": tag})
        self.assertEqual((fresh.status, fresh.json["waiting_for"]), (200, "the lane default to be resumed"))
        self.assertProblem(self.api("POST", "/api/queue/default/pause"), 409, "conflict")
        self.assertEqual(self.api("POST", "/api/queue/default/resume").status, 200)
        self.assertProblem(self.api("POST", "/api/queue/nowhere/pause"), 404, "not_found")
        self.assertProblem(self.api("POST", "/api/queue/sources/nobody/wake"), 404, "not_found")

    def test_polls_for_nothing(self):
        reply = self.api("GET", "/api/queue")
        self.assertEqual(self.api("GET", "/api/queue", headers={"If-None-Match": reply.headers["ETag"]}).status, 304)

    def test_needs_a_key(self):
        for method, path in (("GET", "/api/queue"), ("GET", "/api/workers"), ("POST", "/api/queue/default/pause"), ("POST", "/api/jobs/actions"),
                             ("PATCH", f"/api/jobs/{NOBODY}"), ("PUT", f"/api/jobs/{NOBODY}/status"), ("GET", f"/api/jobs/{NOBODY}/events")):
            with self.subTest(f"{method} {path}"):
                self.assertProblem(self.api(method, path, key=None), 401, "unauthorized")

    def test_names_its_workers(self):
        worker = self.s.worker("alpha", QUEUE_NAMES="maintenance", WORKER_CONCURRENCY="3")
        row = eventually(lambda: next((w for w in self.api("GET", "/api/workers").json["workers"] if w["name"] == "alpha"), None), 10, "the worker is listed")
        self.assertEqual((row["queues"], row["concurrency"], row["pid"]), ("maintenance", 3, worker.pid))
        self.assertTrue(self.lane("maintenance")["served"])
        eventually(lambda: self.s.rows("SELECT 1 FROM clock WHERE length(boot_id) = 36"), 10, "it follows the clock of this boot")
        worker.kill()
        eventually(lambda: not any(w["name"] == "alpha" for w in self.api("GET", "/api/workers").json["workers"]), 5, "a dead worker is not listed")


if __name__ == "__main__":
    main()
