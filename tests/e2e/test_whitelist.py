"""The whitelist where it counts: of what was really resolved, before a byte of media is fetched, whatever the link looks like."""

LIMIT_SECONDS = 420

import html
import http.server
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main
from harness.stack import FINISHED

CLIP = {"modes": {"clip": "2"}}
OURS = {"channel": "Ours", "channel_id": "UCours00000000000000000a", "channel_url": "https://www.youtube.com/channel/UCours00000000000000000a",
        "uploader": "Ours", "uploader_id": "@ours", "uploader_url": "https://www.youtube.com/@ours"}
THEIRS = {"channel": "Their Music", "channel_id": "UCtheirs000000000000000b", "channel_url": "https://www.youtube.com/channel/UCtheirs000000000000000b",
          "uploader": "Their Music", "uploader_id": "@theirs", "uploader_url": "https://www.youtube.com/@theirs"}
NOBODY = dict.fromkeys(OURS)


class OtherHost(http.server.ThreadingHTTPServer):
    """Another host on this machine: redirects, and feeds."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.server.asked.append(self.path)
                kind, value = self.server.says.get(self.path, ("text", "not here"))
                data = b"" if kind == "to" else value.encode()
                self.send_response(302 if kind == "to" else 200)
                self.send_header("Location", value) if kind == "to" else self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data if self.command == "GET" else b"")

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.2", 0), Handler)
        self.says, self.asked = {}, []
        self.base = f"http://127.0.0.2:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def leads_to(self, path, target):
        self.says[path] = ("to", target)
        return self.base + path

    def feed(self, path, *links):
        items = "".join(f"<item><title>Episode {n}</title><guid>{path}{n}</guid><enclosure url=\"{html.escape(link)}\" type=\"audio/mpeg\" length=\"1\"/></item>"
                        for n, link in enumerate(links, 1))
        self.says[path] = ("text", f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>')
        return self.base + path


class WhitelistCase(StackCase):
    OPTIONS = {"env": {"RETRY_BASE_MS": "20", "MAX_RETRIES": "1", "WORKER_CONCURRENCY": "2", "CACHE_DAYS": "30"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = OtherHost()
        cls.addClassCleanup(cls.other.server_close)
        cls.addClassCleanup(cls.other.shutdown)

    def setUp(self):
        for entry in self.api("GET", "/api/whitelist").json["entries"]:
            self.api("DELETE", f"/api/whitelist/{entry['id']}")
        self.site.forget()
        self.other.asked.clear()
        self.switch(True)

    def switch(self, enabled):
        self.assertEqual(self.api("PUT", "/api/whitelist", {"enabled": enabled}).status, 200)

    def allow(self, channel, platform="youtube"):
        reply = self.api("POST", "/api/whitelist", {"channel": channel, "platform": platform})
        self.assertEqual(reply.status, 201, reply)
        return reply.json["id"]

    def take(self, offer):
        self.allow(offer["channel"], offer["platform"])

    def media(self):
        """Requests for more of a file than whether it is there."""
        return [e["path"] for e in self.site.log() if e["path"].startswith(("/media/", "/video/", "/hls/")) and e["range"] != "bytes=0-0"]

    def assertRefused(self, error, channel, platform="youtube", name=None):
        self.assertEqual(error["kind"], "not_whitelisted", error)
        self.assertEqual(error["whitelist"] and (error["whitelist"]["platform"], error["whitelist"]["channel"]), (platform, channel), error)
        if name:
            self.assertEqual(error["whitelist"]["name"], name)
        self.assertTrue(error["hint"])

    def retry(self, job, status="completed"):
        self.assertEqual(self.api("POST", f"/api/jobs/{job['job_id']}/retry").status, 200)
        return self.s.wait(job["job_id"], status)


class OneTrack(WhitelistCase):
    def test_is_refused_by_its_page_and_completes_once_its_channel_is_there(self):
        link = self.site.youtube("whitelist01", name="frontiers", extra=THEIRS, **CLIP)
        self.allow("@ours")
        job = self.s.finish(link)
        self.assertEqual(job["status"], "failed", job)
        self.assertRefused(job["error"], THEIRS["channel_id"], name="Their Music")
        self.assertEqual((len(self.site.log("/youtube/whitelist01")), self.media()), (1, []), "read, not fetched")
        self.take(job["error"]["whitelist"])
        self.assertEqual(self.retry(job)["status"], "completed")

    def test_is_allowed_by_its_handle_as_well(self):
        self.allow("@OURS")
        self.assertEqual(self.s.finish(self.site.youtube("whitelist02", name="frontiers", extra=OURS, **CLIP))["status"], "completed")

    def test_that_says_nothing_of_its_owner_is_refused(self):
        self.allow("@ours")
        job = self.s.finish(self.site.youtube("whitelist03", name="frontiers", extra=NOBODY, **CLIP))
        self.assertEqual((job["status"], job["error"]["kind"], self.media()), ("failed", "not_whitelisted", []), job)

    def test_is_not_given_out_of_what_is_there(self):
        link = self.site.youtube("whitelist04", name="frontiers", extra=THEIRS, **CLIP)
        self.switch(False)
        self.assertEqual(self.s.finish(link)["status"], "completed")
        self.assertEqual(self.api("POST", "/api/jobs", {"url": link}).json["cached"], True)
        self.allow("@ours")
        self.switch(True)
        for options in ({}, {"bitrate_kbps": 128}, {"client_ref": "another"}):     # the file; the kept stream
            reply = self.api("POST", "/api/jobs", {"url": link, **options})
            self.assertEqual((reply.status, reply.json["cached"]), (201, False), reply)
            job = self.s.wait(reply.json["job_id"], FINISHED)
            self.assertRefused(job["error"], THEIRS["channel_id"])
        self.site.forget()
        self.take(job["error"]["whitelist"])
        job = self.retry(job)
        self.assertEqual((job["cached"], self.media()), (True, []), "now it is")

    def test_whose_channel_was_taken_off_in_the_meantime_is_refused(self):
        link = self.site.youtube("whitelist05", name="frontiers", extra=OURS, **CLIP)
        entry = self.allow("@ours")
        self.assertEqual(self.s.finish(link)["status"], "completed")        # the recording is there, and so is its stream
        self.allow("@somebody-else")
        job_id = self.s.submit(link, use_cache=False, metadata={"title": "Mine"}, scheduled_at="2099-01-01T00:00:00Z")
        self.api("DELETE", f"/api/whitelist/{entry}")
        self.assertEqual(self.api("PATCH", f"/api/jobs/{job_id}", {"scheduled_at": None}).status, 200)
        self.assertRefused(self.s.wait(job_id, "failed")["error"], OURS["channel_id"])


    def test_that_failed_and_whose_channel_was_taken_off_is_refused_when_retried(self):
        """Its page was read when it was allowed, and is not read again."""
        link = self.site.youtube("whitelist06", name="frontiers", extra=OURS, modes={"clip": "2", "status": "404"})
        entry = self.allow("@ours")
        job = self.s.finish(link)
        self.assertEqual((job["status"], job["tracks"][0]["status"]), ("failed", "failed"), job)
        self.assertEqual(self.api("DELETE", f"/api/whitelist/{entry}").status, 204)
        self.site.forget()
        job = self.retry(job, "failed")
        self.assertRefused(job["error"], OURS["channel_id"])
        self.assertEqual(self.site.log("/youtube/") + self.media(), [])


class Lists(WhitelistCase):
    def test_are_judged_entry_by_entry(self):
        self.allow("@ours")
        entries = [{"id": "wlentry0001", **OURS}, {"id": "wlentry0002", **THEIRS}, {"id": "wlentry0003", **NOBODY}, {"id": "wlentry0004", **NOBODY}]
        for n, owner in enumerate((OURS, THEIRS, OURS, THEIRS), 1):
            self.site.youtube(f"wlentry000{n}", name="frontiers", extra=owner, **CLIP)
        job = self.s.finish(self.site.playlist("PLwhite00001", entries=entries), 90)
        self.assertEqual(job["status"], "completed_with_errors", job)
        self.assertEqual([t["status"] for t in job["tracks"]], ["completed", "failed", "completed", "failed"])
        for track in job["tracks"][1::2]:
            self.assertRefused(track["error"], THEIRS["channel_id"], name="Their Music")
        self.assertEqual(self.site.log("/youtube/wlentry0002"), [], "what the list gives away is not even looked at")
        self.assertEqual(len(self.media()), 2)
        self.take(job["tracks"][1]["error"]["whitelist"])
        job = self.retry(job)
        self.assertEqual([t["status"] for t in job["tracks"]], ["completed"] * 4)

    def test_whose_entries_are_there_give_none_that_is_not_allowed(self):
        owners = (OURS, THEIRS, THEIRS)
        told = (OURS, THEIRS, NOBODY)       # by the list
        for n, owner in enumerate(owners, 1):
            self.site.youtube(f"wlcache000{n}", name="frontiers", extra=owner, **CLIP)
        link = self.site.playlist("PLwhite00002", entries=[{"id": f"wlcache000{n}", **owner} for n, owner in enumerate(told, 1)])
        self.switch(False)
        self.assertEqual(self.s.finish(link, 90)["status"], "completed")
        self.allow("@ours")
        self.switch(True)
        self.site.forget()
        job = self.s.finish(link)
        self.assertEqual([(t["status"], t["cached"]) for t in job["tracks"]], [("completed", True), ("failed", False), ("failed", False)], job)
        for track in job["tracks"][1:]:
            self.assertRefused(track["error"], THEIRS["channel_id"])
            self.assertIsNone(track["file"])

    def test_a_post_of_slides_is_judged_as_one_and_can_be_tried_again(self):
        self.allow("somebody", "instagram")
        link = self.site.instagram("Cwhite00001", kind="p", slides=[{"name": "frontiers", **CLIP}, {"name": "machine_wars", **CLIP}])
        job = self.s.finish(link)
        self.assertEqual((job["status"], self.media()), ("failed", []), job)
        for track in job["tracks"]:
            self.assertRefused(track["error"], "fishermusic", "instagram")
        self.take(job["tracks"][0]["error"]["whitelist"])
        job = self.retry(job)
        self.assertEqual(len({t["file"]["sha256"] for t in job["tracks"]}), 2, "two slides, two recordings")


class WhatIsLookedFor(WhitelistCase):
    OPTIONS = {**WhitelistCase.OPTIONS, "spotify": True}

    def test_is_judged_by_the_channel_that_it_is_downloaded_from(self):
        self.allow("@ours")
        for query, video, owner in (("Frontiers Michael Kievernagel", "wlsearch001", OURS), ("Michael Kievernagel Frontiers", "wlsearch002", THEIRS)):
            self.site.youtube(video, name="frontiers", title="Michael Kievernagel - Frontiers", extra=owner, **CLIP)
            self.site.search(query, n=10, entries=[{"id": video, "title": "Michael Kievernagel - Frontiers", "channel": "Michael Kievernagel"}])
            reply = self.api("POST", "/api/jobs", {"search_query": query})
            self.assertEqual(reply.status, 201, reply)
            job = self.s.wait(reply.json["job_id"], FINISHED)
            if owner is OURS:
                self.assertEqual(job["status"], "completed", job)
                self.site.forget()
        self.assertRefused(job["error"], THEIRS["channel_id"], name="Their Music")
        self.assertEqual(self.media(), [])
        self.take(job["error"]["whitelist"])
        self.assertEqual(self.retry(job)["status"], "completed")

    def test_for_spotify_too(self):
        self.allow("@ours")
        self.site.youtube("wlspotify06", name="frontiers", title="Die Ersten - Song 6", extra=THEIRS, **CLIP)
        self.site.search("Die Ersten Song 6", n=10, entries=[{"id": "wlspotify06", "title": "Die Ersten - Song 6", "channel": "Die Ersten - Topic", "duration": 180}])
        job = self.s.finish(self.s.spotify.link("T", 6))
        self.assertEqual(job["status"], "failed", job)
        self.assertRefused(job["error"], THEIRS["channel_id"], name="Their Music")
        self.assertEqual(self.media(), [])
        self.take(job["error"]["whitelist"])
        self.assertEqual(self.retry(job)["status"], "completed")


class Files(WhitelistCase):
    def test_are_judged_by_the_host_that_sends_them(self):
        self.allow("127.0.0.2", "direct")
        link = self.other.leads_to("/song.mp3", self.site.media("frontiers", clip=2))
        job = self.s.finish(link)
        self.assertEqual((job["status"], self.media()), ("failed", []), job)
        self.assertRefused(job["error"], "127.0.0.1", "direct")
        self.take(job["error"]["whitelist"])
        self.assertEqual(self.retry(job)["status"], "completed")

    def test_that_turn_out_to_be_elsewhere_are_refused_then(self):
        """What a feed names is not looked at before its download."""
        self.allow("127.0.0.2", "generic")
        job = self.s.finish(self.other.feed("/moved.xml", self.other.leads_to("/moved.mp3", self.site.media("frontiers", clip=2))))
        self.assertEqual(job["status"], "failed", job)
        self.assertRefused(job["tracks"][0]["error"], "127.0.0.1", "direct")
        self.assertEqual(len(self.media()), 1, "one answer, of which only the head was read; not tried again")
        self.assertEqual(self.s.work_entries(), [])

    def test_of_a_feed_are_judged_by_the_hosts_of_its_enclosures(self):
        self.allow("127.0.0.2", "generic")
        self.allow("127.0.0.1", "direct")
        mine = self.site.media("frontiers", clip=2)
        feed = self.other.feed("/feed.xml", mine, self.other.leads_to("/away.mp3", mine), "https://media.example.net/x.mp3")
        job = self.s.finish(feed, 90)
        self.assertEqual([t["status"] for t in job["tracks"]], ["completed", "completed", "failed"], job)
        self.assertRefused(job["tracks"][2]["error"], "media.example.net", "direct")
        self.api("POST", f"/api/jobs/{job['job_id']}/retry")
        job = self.s.wait(job["job_id"], FINISHED)
        self.assertEqual([t["status"] for t in job["tracks"]], ["completed", "completed", "failed"], "by hand neither")

    def test_that_are_refused_are_not_given_when_retried(self):
        """What a feed names is known without a look at it; that is no way around."""
        self.switch(False)
        mine = self.site.media("frontiers", clip=2)
        feed = self.other.feed("/around.xml", mine)
        self.assertEqual(self.s.finish(feed)["status"], "completed")
        self.allow("127.0.0.2", "generic")
        self.switch(True)
        job = self.s.finish(feed)
        self.assertRefused(job["tracks"][0]["error"], "127.0.0.1", "direct")
        job = self.retry(job, "failed")
        self.assertRefused(job["tracks"][0]["error"], "127.0.0.1", "direct")
        self.assertIsNone(job["tracks"][0]["file"])


if __name__ == "__main__":
    main()
