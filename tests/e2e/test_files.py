"""The finished file over HTTP: whole, in ranges, by its human name; and gone after a delete."""

import hashlib
import os
import re
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, eventually, main


class FinishedFile(StackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = cls.s.submit(cls.site.watch("frontiers", clip=5, title="Größe “7” / 日本"))
        cls.s.wait(cls.job, "completed")
        cls.track = cls.s.result(cls.job)["tracks"][0]
        cls.path = next(f for f in cls.s.audio_files(cls.job) if f.endswith(".mp3"))
        with open(cls.path, "rb") as f:
            cls.data = f.read()
        cls.url = f"/api/tracks/{cls.track['track_id']}/file"

    def test_is_served_whole(self):
        reply = self.api("GET", self.url)
        self.assertEqual(reply.status, 200, reply.headers.items())
        self.assertEqual(reply.headers.get_content_type(), "audio/mpeg")
        self.assertEqual(hashlib.sha256(reply.body).hexdigest(), self.track["audio"]["sha256"])

    def test_is_served_in_ranges(self):
        size = len(self.data)
        for sent, first, last in (("bytes=0-99", 0, 99), ("bytes=1000-1999", 1000, 1999), (f"bytes={size - 10}-", size - 10, size - 1),
                                  ("bytes=-500", size - 500, size - 1), (f"bytes=100-{size * 2}", 100, size - 1)):
            with self.subTest(sent):
                reply = self.api("GET", self.url, headers={"Range": sent})
                self.assertEqual(reply.status, 206)
                self.assertEqual(reply.headers["Content-Range"], f"bytes {first}-{last}/{size}")
                self.assertEqual(reply.body, self.data[first:last + 1])

    def test_range_past_the_end_is_a_416(self):
        self.assertEqual(self.api("GET", self.url, headers={"Range": f"bytes={len(self.data)}-"}).status, 416)

    def test_is_not_sent_again_to_who_has_it(self):
        tag = self.api("GET", self.url).headers["ETag"]
        self.assertTrue(tag)
        self.assertEqual(self.api("GET", self.url, headers={"If-None-Match": tag}).status, 304)
        self.assertEqual(self.api("GET", self.url, headers={"Range": "bytes=0-9", "If-Range": tag}).status, 206)
        self.assertEqual(self.api("GET", self.url, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status, 200)

    def test_has_its_human_name(self):
        name = self.api("GET", self.url + "?download=1").headers["Content-Disposition"]
        encoded = re.search(r"filename\*=UTF-8''([^;]+)", name)
        self.assertTrue(encoded, name)
        self.assertEqual(urllib.parse.unquote(encoded.group(1)), os.path.basename(self.path))
        self.assertRegex(name, r'filename="[ -~]+\.mp3"')

    def test_needs_the_key(self):
        self.assertEqual(self.api("GET", self.url, key=None).status, 401)

    def test_is_listed_by_paths(self):
        reply = self.api("GET", f"/api/jobs/{self.job}/paths")
        self.assertEqual(reply.status, 200)
        audio = next(f for f in reply.json["files"] if f["kind"] == "audio")
        self.assertEqual((audio["path"], audio["url"], audio["size_bytes"]), (self.path, self.url, len(self.data)))
        self.assertEqual(reply.json["output_path"], self.path)

    def test_name_on_disk_is_the_title_without_the_slash(self):
        name = os.path.basename(self.path)
        self.assertNotIn("/", name)
        self.assertTrue(name.startswith("Größe") and name.endswith(".mp3"), name)
        self.assertIn("日本", name)


class Delete(StackCase):
    def gone(self, job_id):
        eventually(lambda: not self.s.rows("SELECT 1 FROM download_jobs WHERE uuid = ?", job_id), 5, "the row is removed")
        eventually(lambda: not os.path.exists(os.path.join(self.s.data, "downloads", "library", job_id)), 5, "the directory is removed")
        self.assertEqual(self.s.work_entries(), [])
        for table in ("downloaded_tracks", "artifacts"):
            self.assertEqual(self.s.value(f"SELECT count(*) FROM {table}"), 0, table)

    def test_of_a_finished_job_removes_file_and_row(self):
        job = self.s.submit(self.site.watch("frontiers", clip=2))
        self.s.wait(job, "completed")
        track = self.s.result(job)["tracks"][0]["track_id"]
        self.assertIn(self.api("DELETE", f"/api/jobs/{job}").status, (200, 202, 204))
        self.assertEqual(self.api("GET", f"/api/jobs/{job}").status, 404, "gone for clients at once")
        self.assertEqual(self.api("GET", f"/api/tracks/{track}/file").status, 404)
        self.gone(job)

    def test_of_a_running_job_cancels_it_first(self):
        job = self.s.submit(self.site.watch("frontiers", clip=20, rate=20000))
        self.s.wait(job, "downloading")
        eventually(lambda: self.s.job(job)["progress"]["downloaded_bytes"], 20, "bytes arrive")
        self.assertIn(self.api("DELETE", f"/api/jobs/{job}").status, (200, 202, 204))
        self.assertEqual(self.api("GET", f"/api/jobs/{job}").status, 404)
        self.gone(job)

    def test_of_one_job_leaves_the_other_alone(self):
        kept, removed = (self.s.submit(self.site.watch("frontiers", clip=2, n=n)) for n in (1, 2))
        for job in (kept, removed):
            self.s.wait(job, "completed")
        self.api("DELETE", f"/api/jobs/{removed}")
        eventually(lambda: not os.path.exists(os.path.join(self.s.data, "downloads", "library", removed)), 5, "the directory is removed")
        self.assertEqual(len([f for f in self.s.audio_files(kept) if f.endswith(".mp3")]), 1)
        self.api("DELETE", f"/api/jobs/{kept}")
        self.gone(kept)


if __name__ == "__main__":
    main()
