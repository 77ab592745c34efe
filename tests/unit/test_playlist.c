/*
 * The playlist file of a list: however many tracks it has, the file has an end, and says what it leaves out.
 */
#include "a_job.h"

#include "base/file.h"
#include "run.h"

#define TRACKS 22000        /* with the longest names, more than 32 MB */
#define LARGEST (32 << 20)

static void add_tracks(void)
{
    run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 22000)"
        " INSERT INTO downloaded_tracks (id, uuid, job_id, item_index, url, title, artist, state, created_at_ms)"
        " SELECT i, 't' || i, 1, i, '', printf('%.*c', 800, 't'), printf('%.*c', 800, 'a'), 'done', 1 FROM n");
    run("INSERT INTO artifacts (track_id, kind, path, format, size_bytes, sha256, created_at_ms)"
        " SELECT k.id, 'audio', 'downloads/library/' || j.uuid || '/audio/' || k.id || '.mp3', 'mp3', 1, '', 1"
        "   FROM downloaded_tracks k JOIN download_jobs j ON j.id = k.job_id");
    run("INSERT INTO tasks (kind, queue, job_id, created_at_ms) VALUES ('playlist', 'maintenance', 1, 1)");
}

TEST(a_playlist_that_has_no_room_for_all_ends_with_a_note)
{
    const char *uuid = submit();
    struct run r = { .db = db, .conf = &conf };
    char note[80];
    int named = 0;

    add_tracks();
    r.claim = claim_in("maintenance");
    must(jobs_request(db, r.claim.job_id, &r.job, &e));
    snprintf(r.job.list_title, sizeof r.job.list_title, "All of it");
    must(task_playlist(&r, &e));
    job_request_free(&r.job);
    check(strstr(job(uuid).playlist_path, "/All of it.m3u8"), "it is at %s", job(uuid).playlist_path);

    char *text = NULL, *last = NULL;
    size_t size = 0;
    must(file_read(&text, &size, job(uuid).playlist_path, LARGEST, &e));
    check(size > LARGEST - 4000, "it has %zu bytes", size);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) && *line; last = line)
        if (*line != '#') {
            check(strtol(line + strlen("audio/"), NULL, 10) == ++named && strstr(line, ".mp3"), "line %d is %s", named,
                  line);
            check(strncmp(last, "#EXTINF:", 8) == 0, "before it stands %.20s", last);
        }
    snprintf(note, sizeof note, "# %d more tracks have no room in this file of 32 MB", TRACKS - named);
    assert_string_equal(last, note);
    free(text);
}

UNIT_MAIN(JOB(a_playlist_that_has_no_room_for_all_ends_with_a_note))
