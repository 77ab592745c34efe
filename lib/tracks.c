#include "tracks.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define COLUMNS                                                                                                  \
    "SELECT k.id, k.job_id, k.item_index, k.uuid, k.state, k.source_id, k.extractor, k.url, k.title, k.artist," \
    "       k.album, k.album_artist, k.genre, k.uploader, k.release_date, k.track_number, k.duration_ms,"       \
    "       k.report_json, a.path, a.format, a.size_bytes, a.sha256, c.path, c.format, c.size_bytes, c.sha256"  \
    "  FROM downloaded_tracks k"                                                                                \
    "  LEFT JOIN artifacts a ON a.track_id = k.id AND a.kind = 'audio'"                                         \
    "  LEFT JOIN artifacts c ON c.track_id = k.id AND c.kind = 'cover'"

enum { Q_ADD, Q_FIND, Q_BY_ID, Q_OF_JOB, Q_STATE, Q_CANCEL, Q_MOVE, Q_PUT, Q_WORK, Q_HAS_FILES, Q_STAGES, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO downloaded_tracks (uuid, job_id, item_index, source_id, extractor, url, title, artist, album,"
        "       album_artist, genre, uploader, release_date, track_number, duration_ms, state, created_at_ms)"
        " VALUES (:uuid, :job_id, :item_index, :source_id, :extractor, :url, :title, :artist, :album,"
        "       :album_artist, :genre, :uploader, :release_date, :track_number, :duration_ms, :state, :now_ms)",
    [Q_FIND] =
        COLUMNS "  JOIN download_jobs j ON j.id = k.job_id AND j.deleted_at_ms IS NULL WHERE k.uuid = :uuid",
    [Q_BY_ID] = COLUMNS " WHERE k.id = :id",
    [Q_OF_JOB] = COLUMNS " WHERE k.job_id = :job_id ORDER BY k.item_index",
    [Q_STATE] =
        "UPDATE downloaded_tracks SET state = :state, duration_ms = COALESCE(:duration_ms, duration_ms),"
        "       report_json = COALESCE(:report_json, report_json), finished_at_ms = :finished_at_ms"
        " WHERE id = :id",
    [Q_CANCEL] =
        "UPDATE downloaded_tracks SET state = 'cancelled', finished_at_ms = :now_ms"
        " WHERE job_id = :job_id AND state IN ('queued', 'paused')",
    [Q_MOVE] =
        "UPDATE downloaded_tracks SET state = :to, finished_at_ms = NULL WHERE job_id = :job_id AND state = :from",
    [Q_PUT] =
        "INSERT INTO artifacts (track_id, kind, path, format, size_bytes, sha256, created_at_ms)"
        " VALUES (:track_id, :kind, :path, :format, :size_bytes, :sha256, :now_ms)"
        " ON CONFLICT (track_id, kind) DO UPDATE SET path = excluded.path, format = excluded.format,"
        "       size_bytes = excluded.size_bytes, sha256 = excluded.sha256",
    [Q_WORK] =
        "SELECT MAX(CASE WHEN t.state IN ('queued', 'running', 'paused') THEN 2 WHEN t.state = 'failed' THEN 1"
        "           ELSE 0 END) FROM tasks t"
        " WHERE (t.kind = 'track' AND t.job_id = (SELECT job_id FROM downloaded_tracks WHERE uuid = :uuid)"
        "                         AND t.subject_id = (SELECT id FROM downloaded_tracks WHERE uuid = :uuid))"
        "    OR (t.kind = 'resolve' AND t.job_id = (SELECT id FROM download_jobs WHERE uuid = :uuid))",
    [Q_HAS_FILES] =
        "SELECT 1 FROM artifacts a JOIN downloaded_tracks k ON k.id = a.track_id WHERE k.job_id = :job_id LIMIT 1",
    [Q_STAGES] =
        "SELECT s.name, s.state, s.attempt, s.wall_ms, s.cpu_ms FROM task_stages s JOIN tasks t ON t.id = s.task_id"
        " WHERE t.job_id = :job_id ORDER BY t.id, s.position",
};

void track_free(struct track *t)
{
    free(t->report_json);
    t->report_json = NULL;
}

int tracks_add(struct db *db, const char *uuid, int64_t job_id, int64_t item_index, const struct track_info *info,
               const char *state, int64_t *id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);

    bind_text(s, ":uuid", uuid);
    bind_int(s, ":job_id", job_id);
    bind_int(s, ":item_index", item_index);
    bind_text(s, ":source_id", info->source_id);
    bind_text(s, ":extractor", info->extractor);
    bind_text(s, ":url", info->url);
    bind_text(s, ":title", info->title);
    bind_text(s, ":artist", info->artist);
    bind_text(s, ":album", info->album);
    bind_text(s, ":album_artist", info->album_artist);
    bind_text(s, ":genre", info->genre);
    bind_text(s, ":uploader", info->uploader);
    bind_text(s, ":release_date", info->release_date);
    bind_int(s, ":track_number", info->track_number);
    if (info->duration_ms >= 0)
        bind_int(s, ":duration_ms", info->duration_ms);
    bind_text(s, ":state", state);
    bind_int(s, ":now_ms", clock_wall_ms());
    if (db_run(s, e))
        return -1;
    *id = db_last_id(db);
    return 0;
}

static void read_artifact(struct stmt *s, int i, const char *kind, struct artifact *a)
{
    if (!col_text(s, i))
        return;
    copy_text(a->kind, sizeof a->kind, kind);
    col_copy(s, i, a->path, sizeof a->path);
    col_copy(s, i + 1, a->format, sizeof a->format);
    a->size_bytes = col_int(s, i + 2);
    col_copy(s, i + 3, a->sha256, sizeof a->sha256);
}

static void read_track(struct stmt *s, struct track *t)
{
    struct track_info *k = &t->info;

    memset(t, 0, sizeof *t);
    t->id = col_int(s, 0);
    t->job_id = col_int(s, 1);
    t->item_index = col_int(s, 2);
    col_copy(s, 3, t->uuid, sizeof t->uuid);
    col_copy(s, 4, t->state, sizeof t->state);
    col_copy(s, 5, k->source_id, sizeof k->source_id);
    col_copy(s, 6, k->extractor, sizeof k->extractor);
    col_copy(s, 7, k->url, sizeof k->url);
    col_copy(s, 8, k->title, sizeof k->title);
    col_copy(s, 9, k->artist, sizeof k->artist);
    col_copy(s, 10, k->album, sizeof k->album);
    col_copy(s, 11, k->album_artist, sizeof k->album_artist);
    col_copy(s, 12, k->genre, sizeof k->genre);
    col_copy(s, 13, k->uploader, sizeof k->uploader);
    col_copy(s, 14, k->release_date, sizeof k->release_date);
    k->track_number = col_int(s, 15);
    k->duration_ms = col_text(s, 16) ? col_int(s, 16) : -1;
    t->report_json = col_text(s, 17) ? xstrdup(col_text(s, 17)) : NULL;
    read_artifact(s, 18, "audio", &t->audio);
    read_artifact(s, 22, "cover", &t->cover);
}

static int read_one(struct stmt *s, struct track *out, struct err *e)
{
    const int row = db_step(s, e);

    if (row == 1)
        read_track(s, out);
    db_done(s);
    return row == 1 ? 0 : row == 0 ? err_set(e, ERR_NOT_FOUND, "there is no such track") : -1;
}

int tracks_find(struct db *db, const char *uuid, struct track *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":uuid", uuid);
    return read_one(s, out, e);
}

int tracks_by_id(struct db *db, int64_t id, struct track *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_BY_ID]);

    bind_int(s, ":id", id);
    return read_one(s, out, e);
}

int tracks_of_job(struct db *db, int64_t job_id, void (*on_row)(void *arg, const struct track *t), void *arg,
                  struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OF_JOB]);
    struct track t;
    int row;

    bind_int(s, ":job_id", job_id);
    while ((row = db_step(s, e)) == 1) {
        read_track(s, &t);
        on_row(arg, &t);
        track_free(&t);
    }
    return row;
}

int tracks_set_state(struct db *db, int64_t id, const char *state, int64_t duration_ms, const char *report_json,
                     struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STATE]);

    bind_int(s, ":id", id);
    bind_text(s, ":state", state);
    if (duration_ms >= 0)
        bind_int(s, ":duration_ms", duration_ms);
    bind_text(s, ":report_json", report_json);
    if (!strcmp(state, "done") || !strcmp(state, "failed") || !strcmp(state, "cancelled"))
        bind_int(s, ":finished_at_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_cancel_waiting(struct db *db, int64_t job_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CANCEL]);

    bind_int(s, ":job_id", job_id);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_move_waiting(struct db *db, int64_t job_id, const char *from, const char *to, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_MOVE]);

    bind_int(s, ":job_id", job_id);
    bind_text(s, ":from", from);
    bind_text(s, ":to", to);
    return db_run(s, e);
}

int tracks_put_artifact(struct db *db, int64_t track_id, const struct artifact *a, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PUT]);

    bind_int(s, ":track_id", track_id);
    bind_text(s, ":kind", a->kind);
    bind_text(s, ":path", a->path);
    bind_text(s, ":format", a->format);
    bind_int(s, ":size_bytes", a->size_bytes);
    bind_text(s, ":sha256", a->sha256);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_work_state(struct db *db, const char *uuid, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_WORK]);
    int state = WORK_UNKNOWN;

    bind_text(s, ":uuid", uuid);
    const int row = db_step(s, e);
    if (row == 1 && col_text(s, 0))
        state = WORK_ENDED + (int)col_int(s, 0);
    db_done(s);
    return row < 0 ? -1 : state;
}

int tracks_job_has_files(struct db *db, int64_t job_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_HAS_FILES]);

    bind_int(s, ":job_id", job_id);
    const int row = db_step(s, e);
    db_done(s);
    return row;
}

int tracks_stages_of_job(struct db *db, int64_t job_id, void (*on_row)(void *arg, const struct stage_row *r),
                         void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STAGES]);
    struct stage_row r;
    int row;

    bind_int(s, ":job_id", job_id);
    while ((row = db_step(s, e)) == 1) {
        col_copy(s, 0, r.name, sizeof r.name);
        col_copy(s, 1, r.state, sizeof r.state);
        r.attempt = col_int(s, 2);
        r.wall_ms = col_int(s, 3);
        r.cpu_ms = col_int(s, 4);
        on_row(arg, &r);
    }
    return row;
}
