"""invariants: what holds after any crash. Shared by the fault tests."""

import glob
import hashlib
import os

from harness import eventually, media, process_tree, processes_with


def finished_once(case, s, job_ids):
    """Every job is completed, with one audio file that is the one in its row; nothing is left of the way there."""
    for job_id in job_ids:
        job = s.job(job_id)
        case.assertEqual(job["status"], "completed", job)
        rows = s.rows("""SELECT a.path, a.size_bytes, a.sha256 FROM artifacts a JOIN downloaded_tracks t ON t.id = a.track_id
                         JOIN download_jobs j ON j.id = t.job_id WHERE j.uuid = ? AND a.kind = 'audio'""", job_id)
        case.assertEqual(len(rows), 1, f"one audio artifact of {job_id}")
        files = [f for f in s.audio_files(job_id) if os.path.basename(os.path.dirname(f)) == "audio"]
        case.assertEqual([os.path.relpath(f, s.data) for f in files], [rows[0]["path"]])
        with open(files[0], "rb") as f:
            data = f.read()
        case.assertEqual((len(data), hashlib.sha256(data).hexdigest()), (rows[0]["size_bytes"], rows[0]["sha256"]))
        case.assertEqual(media.decoder_complaints(files[0]), "")
        tracks = s.rows("SELECT t.state FROM downloaded_tracks t JOIN download_jobs j ON j.id = t.job_id WHERE j.uuid = ?", job_id)
        case.assertEqual(tracks, [{"state": "done"}])
    case.assertEqual(s.rows("SELECT id, kind, state FROM tasks WHERE state NOT IN ('done', 'cancelled')"), [])
    case.assertEqual(s.value("SELECT count(*) FROM artifacts WHERE kind = 'audio'"), len(job_ids))
    nothing_left(case, s)


def all_finished_once(case, s, count, listened_to=40):
    """finished_once for thousands: from the rows, and by listening to some of the files."""
    case.assertEqual(s.rows("SELECT state, count(*) AS jobs FROM download_jobs GROUP BY state"), [{"state": "done", "jobs": count}])
    case.assertEqual(s.rows("SELECT state, count(*) AS tracks FROM downloaded_tracks GROUP BY state"), [{"state": "done", "tracks": count}])
    rows = s.rows("SELECT path, size_bytes, sha256 FROM artifacts WHERE kind = 'audio'")
    case.assertEqual(len(rows), count)
    case.assertEqual([os.path.relpath(f, s.data) for f in s.audio_files()], sorted(row["path"] for row in s.rows("SELECT path FROM artifacts")))
    for i, row in enumerate(rows):
        path = os.path.join(s.data, row["path"])
        with open(path, "rb") as f:
            data = f.read()
        case.assertEqual((len(data), hashlib.sha256(data).hexdigest()), (row["size_bytes"], row["sha256"]), path)
        if i % max(1, count // listened_to) == 0:
            case.assertEqual(media.decoder_complaints(path), "")
    case.assertEqual(s.rows("SELECT kind, state, count(*) AS n FROM tasks WHERE state != 'done' AND kind IN ('resolve', 'track') GROUP BY kind, state"), [])
    truthful_log(case, s)
    nothing_left(case, s)


ENDS = "('done', 'failed', 'cancelled')"


def truthful_log(case, s):
    """With nothing running: every job that ended has one end in its log, every attempt that began ended, in one way,
    and the counts that are kept are the counts that are."""
    case.assertEqual(s.rows(f"""SELECT j.uuid, j.state, group_concat(e.event) AS ends FROM download_jobs j LEFT JOIN job_events e
                                ON e.job_id = j.id AND e.event IN {ENDS} WHERE j.state IN {ENDS} GROUP BY j.id HAVING ends IS NOT j.state"""), [])
    case.assertEqual(s.rows(f"""SELECT t.job_id, t.kind, t.state, t.attempt, t.failures, t.crashes,
                                  sum(e.event = 'started') AS began, sum(e.event = 'crashed') AS crashed, sum(e.event = 'retrying') AS retrying,
                                  sum(e.event IN ('put_back', 'stopped', 'resolved') OR e.event IN {ENDS}) AS otherwise
                                FROM tasks t JOIN job_events e ON e.job_id = t.job_id AND e.task_kind = t.kind
                                WHERE t.kind IN ('resolve', 'track') GROUP BY t.id
                                HAVING began != t.attempt OR began != crashed + retrying + otherwise"""), [])
    kept = s.rows("SELECT source, state, jobs FROM job_counts WHERE jobs != 0 ORDER BY source, state")
    case.assertEqual(kept, s.rows("SELECT source, state, count(*) AS jobs FROM download_jobs WHERE deleted_at_ms IS NULL GROUP BY source, state ORDER BY source, state"))


def nothing_left(case, s):
    """No work directory, no part file, no stray process, a sound database."""
    eventually(lambda: make_unknown_old(s) or not s.work_entries(), 35, lambda: f"work is removed: {s.work_entries()}")
    stray = [f for f in s.audio_files() if f.endswith((".part", ".tmp", ".new")) or os.path.basename(f).startswith(".")]
    case.assertEqual(stray, [])
    case.assertEqual([r["integrity_check"] for r in s.rows("PRAGMA integrity_check")], ["ok"])
    case.assertEqual(s.rows("PRAGMA foreign_key_check"), [])


def make_unknown_old(s):
    """A crash between making a work directory and writing the row that owns it leaves one that no row knows. The
    product sweeps it when it is ten minutes old, because a younger one may be about to get its row: so we age it."""
    known = {row["uuid"] for row in s.rows("SELECT uuid FROM downloaded_tracks UNION ALL SELECT uuid FROM download_jobs")}
    for entry in glob.glob(os.path.join(glob.escape(s.data), "work", "*")):
        if os.path.basename(entry) not in known:
            os.utime(entry, (0, 0))


def no_strays(case, s):
    """With no task running, workers have no children, and yt-dlp and media programs have no life of their own."""
    known = {w.pid for w in s.workers if w.alive()}
    for worker in s.workers:
        if worker.alive():
            eventually(lambda w=worker: not process_tree(w.pid), 10, lambda w=worker: f"no children: {process_tree(w.pid)}")
    stray = [p for p in processes_with(s.root, known | {s.site.process.pid}) if any(word in p.command for word in ("yt-dlp", "ffmpeg", "stub.py", " task", "/media", "sleep"))]
    case.assertEqual(stray, [])
