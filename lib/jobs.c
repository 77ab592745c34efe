#include "jobs.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* One row per job: itself, the task that runs (else the latest one), the first track. */
#define VIEW                                                                                                     \
    "SELECT j.id, j.revision, j.uuid, j.session_uuid, j.url, j.source, j.client_ref, j.state, t.stage,"         \
    "       j.error_kind, j.error_text, j.total_items, j.completed_items, j.failed_items, j.created_at_ms,"     \
    "       j.updated_at_ms, j.started_at_ms, j.finished_at_ms, t.percent, t.downloaded_bytes, t.total_bytes,"  \
    "       t.speed_bps, t.eta_s, t.failures + t.crashes + 1, t.run_after_ms, t.cancel_requested, t.state,"     \
    "       k.uuid, k.title, k.artist, k.duration_ms,"                                                          \
    "       EXISTS (SELECT 1 FROM artifacts a WHERE a.track_id = k.id AND a.kind = 'audio'),"                   \
    "       EXISTS (SELECT 1 FROM artifacts a WHERE a.track_id = k.id AND a.kind = 'cover')"                    \
    "  FROM download_jobs j"                                                                                    \
    "  LEFT JOIN tasks t ON t.id = (SELECT c.id FROM tasks c"                                                   \
    "                               WHERE c.job_id = j.id AND c.kind IN ('resolve', 'track')"                   \
    "                               ORDER BY c.state = 'running' DESC, c.id DESC LIMIT 1)"                      \
    "  LEFT JOIN downloaded_tracks k ON k.job_id = j.id AND k.item_index = 1"
#define MATCHES                                                                                                  \
    " WHERE j.deleted_at_ms IS NULL AND (:state IS NULL OR j.state = :state)"                                   \
    "   AND (:source IS NULL OR j.source = :source)"

enum {
    Q_REVISE, Q_REVISION, Q_ADD, Q_FIND, Q_LIST, Q_COUNT_ROWS, Q_REQUEST, Q_TOUCH, Q_TALLY, Q_SETTLE,
    Q_MARK_DELETED, Q_REMOVE, Q_COUNT
};

static const char *const sql[Q_COUNT] = {
    [Q_REVISE] = "UPDATE revision SET value = value + 1 WHERE id = 1 RETURNING value",
    [Q_REVISION] = "SELECT value FROM revision WHERE id = 1",
    [Q_ADD] =
        "INSERT INTO download_jobs (uuid, url, source, spec_json, client_ref, created_at_ms, updated_at_ms, revision)"
        " VALUES (:uuid, :url, :source, :spec_json, :client_ref, :now_ms, :now_ms, :revision)",
    [Q_FIND] = VIEW " WHERE j.uuid = :uuid AND j.deleted_at_ms IS NULL",
    [Q_LIST] = VIEW MATCHES " AND j.id < :before_id ORDER BY j.id DESC LIMIT :limit",
    [Q_COUNT_ROWS] = "SELECT COUNT(*) FROM download_jobs j" MATCHES,
    [Q_REQUEST] = "SELECT uuid, url, spec_json FROM download_jobs WHERE id = :id",
    [Q_TOUCH] = "UPDATE download_jobs SET revision = :revision, updated_at_ms = :now_ms WHERE id = :id",
    [Q_TALLY] =
        "SELECT COUNT(CASE WHEN state = 'running' THEN 1 END), COUNT(CASE WHEN state = 'queued' THEN 1 END),"
        "       COUNT(CASE WHEN state = 'paused' THEN 1 END), COUNT(CASE WHEN state = 'cancelled' THEN 1 END),"
        "       COUNT(CASE WHEN state = 'failed' THEN 1 END),"
        "       COUNT(CASE WHEN kind = 'track' THEN 1 END),"
        "       COUNT(CASE WHEN kind = 'track' AND state = 'done' THEN 1 END),"
        "       COUNT(CASE WHEN kind = 'track' AND state = 'failed' THEN 1 END),"
        "       COUNT(CASE WHEN kind = 'track' AND state = 'queued' AND attempt = 0 THEN 1 END)"
        "  FROM tasks WHERE job_id = :id AND kind IN ('resolve', 'track')",
    [Q_SETTLE] =
        "UPDATE download_jobs SET state = :state, total_items = :total, completed_items = :completed,"
        "       failed_items = :failed, error_kind = :kind, error_text = :text, revision = :revision,"
        "       updated_at_ms = :now_ms, started_at_ms = COALESCE(started_at_ms, :started_at_ms),"
        "       finished_at_ms = :finished_at_ms"
        " WHERE id = :id",
    [Q_MARK_DELETED] =
        "UPDATE download_jobs SET deleted_at_ms = :now_ms, revision = :revision"
        " WHERE id = :id AND deleted_at_ms IS NULL",
    [Q_REMOVE] = "DELETE FROM download_jobs WHERE id = :id",
};

static int next_revision(struct db *db, int64_t *revision, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REVISE]);
    const int row = db_step(s, e);

    if (row == 1)
        *revision = col_int(s, 0);
    db_done(s);
    return row == 1 ? 0 : -1;
}

int jobs_revision(struct db *db, int64_t *revision, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REVISION]);
    const int row = db_step(s, e);

    if (row == 1)
        *revision = col_int(s, 0);
    db_done(s);
    return row == 1 ? 0 : -1;
}

int jobs_add(struct db *db, const char *uuid, const char *url, const char *source, const char *spec_json,
             const char *client_ref, int64_t *id, struct err *e)
{
    int64_t revision = 0;

    if (next_revision(db, &revision, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_ADD]);
    bind_text(s, ":uuid", uuid);
    bind_text(s, ":url", url);
    bind_text(s, ":source", source);
    bind_text(s, ":spec_json", spec_json);
    bind_text(s, ":client_ref", client_ref);
    bind_int(s, ":now_ms", clock_wall_ms());
    bind_int(s, ":revision", revision);
    if (db_run(s, e))
        return -1;
    *id = db_last_id(db);
    return 0;
}

static int64_t known(struct stmt *s, int i)
{
    return col_text(s, i) ? col_int(s, i) : -1;
}

static void read_job(struct stmt *s, struct job *j)
{
    int i = 0;

    memset(j, 0, sizeof *j);
    j->id = col_int(s, i++);
    j->revision = col_int(s, i++);
    col_copy(s, i++, j->uuid, sizeof j->uuid);
    col_copy(s, i++, j->session_uuid, sizeof j->session_uuid);
    col_copy(s, i++, j->url, sizeof j->url);
    col_copy(s, i++, j->source, sizeof j->source);
    col_copy(s, i++, j->client_ref, sizeof j->client_ref);
    col_copy(s, i++, j->state, sizeof j->state);
    col_copy(s, i++, j->stage, sizeof j->stage);
    col_copy(s, i++, j->error_kind, sizeof j->error_kind);
    col_copy(s, i++, j->error_text, sizeof j->error_text);
    j->total_items = col_int(s, i++);
    j->completed_items = col_int(s, i++);
    j->failed_items = col_int(s, i++);
    j->created_at_ms = col_int(s, i++);
    j->updated_at_ms = col_int(s, i++);
    j->started_at_ms = col_int(s, i++);
    j->finished_at_ms = col_int(s, i++);
    j->percent = col_text(s, i) ? col_real(s, i) : 0;
    i++;
    j->downloaded_bytes = known(s, i++);
    j->total_bytes = known(s, i++);
    j->speed_bps = known(s, i++);
    j->eta_s = known(s, i++);
    j->attempts = col_int(s, i++);
    j->run_after_ms = col_int(s, i++);
    j->cancel_requested = col_int(s, i++) != 0;
    col_copy(s, i++, j->task_state, sizeof j->task_state);
    col_copy(s, i++, j->track_uuid, sizeof j->track_uuid);
    col_copy(s, i++, j->title, sizeof j->title);
    col_copy(s, i++, j->artist, sizeof j->artist);
    j->duration_ms = known(s, i++);
    j->has_audio = col_int(s, i++) != 0;
    j->has_cover = col_int(s, i++) != 0;
}

int jobs_find(struct db *db, const char *uuid, struct job *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":uuid", uuid);
    const int row = db_step(s, e);
    if (row == 1)
        read_job(s, out);
    db_done(s);
    return row == 1 ? 0 : row == 0 ? err_set(e, ERR_NOT_FOUND, "there is no job %.36s", uuid) : -1;
}

static void bind_filter(struct stmt *s, const struct job_filter *f)
{
    bind_text(s, ":state", f->state);
    bind_text(s, ":source", f->source);
}

int jobs_list(struct db *db, const struct job_filter *filter, void (*on_row)(void *arg, const struct job *job),
              void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    struct job job;
    int row;

    bind_filter(s, filter);
    bind_int(s, ":before_id", filter->before_id);
    bind_int(s, ":limit", filter->limit);
    while ((row = db_step(s, e)) == 1) {
        read_job(s, &job);
        on_row(arg, &job);
    }
    return row;
}

int jobs_count(struct db *db, const struct job_filter *filter, int64_t *total, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_COUNT_ROWS]);

    bind_filter(s, filter);
    const int row = db_step(s, e);
    if (row == 1)
        *total = col_int(s, 0);
    db_done(s);
    return row == 1 ? 0 : -1;
}

int jobs_request(struct db *db, int64_t id, char uuid[ID_UUID_BYTES], char **url, char **spec_json, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REQUEST]);

    bind_int(s, ":id", id);
    const int row = db_step(s, e);
    if (row == 1) {
        col_copy(s, 0, uuid, ID_UUID_BYTES);
        *url = xstrdup(col_text(s, 1));
        *spec_json = xstrdup(col_text(s, 2));
    }
    db_done(s);
    return row == 1 ? 0 : row == 0 ? err_set(e, ERR_NOT_FOUND, "the job is gone") : -1;
}

int jobs_touch(struct db *db, int64_t id, struct err *e)
{
    int64_t revision = 0;

    if (next_revision(db, &revision, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_TOUCH]);
    bind_int(s, ":id", id);
    bind_int(s, ":revision", revision);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

struct tally {
    int64_t running, queued, paused, cancelled, failed, tracks, tracks_done, tracks_failed, tracks_new;
};

static int read_tally(struct db *db, int64_t id, struct tally *t, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_TALLY]);

    bind_int(s, ":id", id);
    const int row = db_step(s, e);
    if (row == 1)
        *t = (struct tally){ col_int(s, 0), col_int(s, 1), col_int(s, 2), col_int(s, 3),
                             col_int(s, 4), col_int(s, 5), col_int(s, 6), col_int(s, 7),
                             col_int(s, 8) };
    db_done(s);
    return row == 1 ? 0 : -1;
}

/* Work that is left decides first; then cancelled, then whether anything came of it. A job between its resolve and its
 * first track has begun: it does not fall back to queued for the moment until a worker takes the track. */
static const char *state_of(const struct tally *t)
{
    if (t->running || t->tracks_new)
        return "running";
    if (t->queued)
        return "queued";
    if (t->paused)
        return "paused";
    if (t->cancelled)
        return "cancelled";
    return t->failed && !t->tracks_done ? "failed" : "done";
}

int jobs_settle(struct db *db, int64_t id, const char *error_kind, const char *error_text, struct err *e)
{
    int64_t revision = 0;
    struct tally t;

    if (next_revision(db, &revision, e) || read_tally(db, id, &t, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_SETTLE]);
    const int64_t now_ms = clock_wall_ms();
    const bool open = t.running || t.queued || t.paused;
    bind_int(s, ":id", id);
    bind_text(s, ":state", state_of(&t));
    bind_int(s, ":total", t.tracks);
    bind_int(s, ":completed", t.tracks_done);
    bind_int(s, ":failed", t.tracks_failed);
    bind_text(s, ":kind", error_kind);
    bind_text(s, ":text", error_text);
    bind_int(s, ":revision", revision);
    bind_int(s, ":now_ms", now_ms);
    if (t.running)
        bind_int(s, ":started_at_ms", now_ms);
    if (!open)
        bind_int(s, ":finished_at_ms", now_ms);
    return db_run(s, e);
}

int jobs_mark_deleted(struct db *db, int64_t id, struct err *e)
{
    int64_t revision = 0;

    if (next_revision(db, &revision, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_MARK_DELETED]);
    bind_int(s, ":id", id);
    bind_int(s, ":revision", revision);
    bind_int(s, ":now_ms", clock_wall_ms());
    if (db_run(s, e))
        return -1;
    return db_changes(db) == 1 ? 0 : err_set(e, ERR_NOT_FOUND, "there is no such job");
}

int jobs_remove(struct db *db, int64_t id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REMOVE]);

    bind_int(s, ":id", id);
    return db_run(s, e);
}
