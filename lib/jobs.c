#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* The first task of a job that is in this state, a track before the resolve: one seek in tasks_standing. */
#define STANDS(state)                                                                                            \
    "(SELECT c.id FROM tasks c WHERE c.job_id = j.id AND c.state = '" state "'"                                   \
    "   AND c.kind NOT IN ('tidy', 'purge', 'playlist') ORDER BY c.kind DESC, c.attempt DESC, c.id DESC LIMIT 1)"

/* One row per job: itself, the task that stands for it, the first track. */
#define VIEW                                                                                                     \
    "SELECT j.id, j.revision, j.uuid, j.session_uuid, j.url, j.source, j.client_ref, j.state, t.stage,"         \
    "       j.error_kind, j.error_text, j.total_items, j.completed_items, j.failed_items, j.created_at_ms,"     \
    "       j.updated_at_ms, j.started_at_ms, j.finished_at_ms, t.percent, t.downloaded_bytes, t.total_bytes,"  \
    "       t.speed_bps, t.eta_s, t.failures + t.crashes + 1, t.run_after_ms, t.cancel_requested,"              \
    "       t.pause_requested, t.state, t.queue, t.source, t.asks, t.due, t.waits_for, j.priority,"             \
    "       j.scheduled_at_ms, j.paused_at_ms, j.asked, j.search_query, j.title, j.playlist_path, j.is_list,"   \
    "       j.list_items, j.cached_items,"                                                                       \
    "       k.uuid, k.title, k.artist, k.duration_ms, json_extract(k.match_json, '$.score'),"                   \
    "       EXISTS (SELECT 1 FROM artifacts a WHERE a.track_id = k.id AND a.kind = 'audio'),"                   \
    "       EXISTS (SELECT 1 FROM artifacts a WHERE a.track_id = k.id AND a.kind = 'cover')"                    \
    "  FROM download_jobs j"                                                                                    \
    "  LEFT JOIN tasks t ON t.id = COALESCE(" STANDS("running") ", " STANDS("queued") ", " STANDS("paused") "," \
    "                                     " STANDS("failed") ", " STANDS("cancelled") ", " STANDS("done") ")"  \
    "  LEFT JOIN downloaded_tracks k ON k.job_id = j.id AND k.item_index = 1"
#define LIVE " WHERE j.deleted_at_ms IS NULL AND j.id < :before_id"
#define NEWEST " ORDER BY j.id DESC LIMIT :limit"

enum {
    Q_REVISE, Q_REVISION, Q_ADD, Q_SAME, Q_OFFER_WORK, Q_WITHDRAW_WORK, Q_FIND, Q_LIST, Q_LIST_STATE, Q_LIST_SOURCE,
    Q_LIST_BOTH, Q_LIST_SESSION, Q_PLACE, Q_FINISHED, Q_COUNT_SESSION, Q_COUNT_KEY, Q_COUNT_KEYLESS, Q_OF_SESSION,
    Q_COUNT_ROWS, Q_COUNTS, Q_MOVE_COUNT, Q_STANDING, Q_REQUEST, Q_TOUCH, Q_TALLY, Q_SETTLE, Q_SET_PAUSED,
    Q_SET_PRIORITY, Q_SET_SCHEDULE, Q_SET_LIST, Q_ADD_CACHED, Q_ENDED_LIST, Q_SET_PLAYLIST, Q_SET_ALBUM, Q_ALBUM,
    Q_OUTCOME, Q_MARK_DELETED, Q_REMOVE, Q_WHY, Q_COUNT
};

static const char *const sql[Q_COUNT] = {
    [Q_REVISE] = "UPDATE revision SET value = value + 1 WHERE id = 1 RETURNING value",
    [Q_REVISION] = "SELECT value FROM revision WHERE id = 1",
    [Q_ADD] =
        "INSERT INTO download_jobs (uuid, url, search_query, source, asked, spec_json, client_ref, priority,"
        "       scheduled_at_ms, work_key, outcome_key, session_uuid, key_id, max_duration_s, max_file_mb, max_items,"
        "       created_at_ms, updated_at_ms, revision)"
        " VALUES (:uuid, :url, :search_query, :source, :asked, :spec_json, :client_ref, :priority,"
        "       :scheduled_at_ms, :work_key, :outcome_key, :session_uuid, :key_id, :max_duration_s, :max_file_mb,"
        "       :max_items, :now_ms, :now_ms, :revision)",
    [Q_SAME] =
        "SELECT uuid FROM download_jobs"
        " WHERE work_key = :work_key AND state IN ('queued', 'running', 'paused') AND deleted_at_ms IS NULL",
    [Q_FINISHED] =
        "SELECT uuid FROM download_jobs WHERE session_uuid = :session AND work_key = :work_key AND state = 'done'"
        "   AND deleted_at_ms IS NULL ORDER BY id DESC LIMIT 1",
    [Q_OFFER_WORK] = "UPDATE download_jobs SET work_key = ltrim(work_key, '-') WHERE id = :id",
    [Q_WITHDRAW_WORK] = "UPDATE download_jobs SET work_key = '-' || ltrim(work_key, '-') WHERE id = :id",
    [Q_FIND] =
        VIEW " WHERE j.uuid = :uuid AND j.deleted_at_ms IS NULL AND (:session IS NULL OR j.session_uuid = :session)",
    [Q_LIST] = VIEW LIVE NEWEST,
    [Q_LIST_STATE] = VIEW LIVE " AND j.state = :state" NEWEST,
    [Q_LIST_SOURCE] = VIEW LIVE " AND j.source = :source" NEWEST,
    [Q_LIST_BOTH] = VIEW LIVE " AND j.source = :source AND j.state = :state" NEWEST,
    /* A session holds few: its rows are looked at one by one. */
    [Q_LIST_SESSION] =
        VIEW LIVE " AND j.session_uuid = :session AND (:state IS NULL OR j.state = :state)"
        " AND (:source IS NULL OR j.source = :source)" NEWEST,
    /* Where it has gone for good, behind those that were made before it: its id says when that was. */
    [Q_PLACE] =
        "SELECT COALESCE((SELECT id FROM download_jobs WHERE uuid = :uuid AND session_uuid = :session),"
        "                (SELECT MAX(id) + 1 FROM download_jobs"
        "                  WHERE session_uuid = :session AND deleted_at_ms IS NULL AND uuid < :uuid), 0)",
    [Q_COUNT_SESSION] =
        "SELECT COUNT(*) FROM download_jobs WHERE session_uuid = :session AND deleted_at_ms IS NULL"
        " AND (:state IS NULL OR state = :state) AND (:source IS NULL OR source = :source)",
    [Q_COUNT_KEY] =
        "SELECT COUNT(*) FROM download_jobs"
        " WHERE key_id = :key_id AND state IN ('queued', 'running', 'paused') AND deleted_at_ms IS NULL",
    [Q_COUNT_KEYLESS] =
        "SELECT COUNT(*) FROM download_jobs WHERE key_id IS NULL AND session_uuid > ''"
        " AND state IN ('queued', 'running', 'paused') AND deleted_at_ms IS NULL",
    [Q_OF_SESSION] =
        "SELECT id FROM download_jobs WHERE session_uuid = :session AND deleted_at_ms IS NULL"
        " ORDER BY id LIMIT :limit",
    [Q_COUNT_ROWS] =
        "SELECT COALESCE(SUM(jobs), 0) FROM job_counts"
        " WHERE (:state IS NULL OR state = :state) AND (:source IS NULL OR source = :source)",
    [Q_COUNTS] = "SELECT state, SUM(jobs) FROM job_counts GROUP BY state",
    [Q_MOVE_COUNT] =
        "INSERT INTO job_counts (source, state, jobs) VALUES (:source, :state, :by)"
        " ON CONFLICT (source, state) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs",
    [Q_STANDING] = "SELECT source, state, deleted_at_ms FROM download_jobs WHERE id = :id",
    [Q_REQUEST] =
        "SELECT uuid, url, spec_json, asked, priority, created_at_ms, paused_at_ms, search_query, source, title,"
        "       is_list, work_key, playlist_path, session_uuid, key_id, max_duration_s, max_file_mb, max_items"
        "  FROM download_jobs WHERE id = :id",
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
        "       failed_items = :failed, revision = :revision,"
        "       error_kind = CASE WHEN :keeps = 1 AND :kind IS NULL THEN error_kind ELSE :kind END,"
        "       error_text = CASE WHEN :keeps = 1 AND :kind IS NULL THEN error_text ELSE :text END,"
        "       updated_at_ms = :now_ms, started_at_ms = COALESCE(started_at_ms, :started_at_ms),"
        "       finished_at_ms = :finished_at_ms"
        " WHERE id = :id",
    [Q_SET_PAUSED] = "UPDATE download_jobs SET paused_at_ms = :paused_at_ms WHERE id = :id",
    [Q_SET_PRIORITY] = "UPDATE download_jobs SET priority = :priority WHERE id = :id",
    [Q_SET_SCHEDULE] = "UPDATE download_jobs SET scheduled_at_ms = :at_ms WHERE id = :id",
    [Q_SET_LIST] =
        "UPDATE download_jobs SET is_list = 1, title = :title, list_items = :items WHERE id = :id",
    [Q_ADD_CACHED] = "UPDATE download_jobs SET cached_items = cached_items + 1 WHERE id = :id",
    [Q_ENDED_LIST] =
        "SELECT 1 FROM download_jobs j WHERE j.id = :id AND j.is_list = 1 AND j.state = 'done'"
        "   AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.job_id = j.id AND t.state = 'queued'"
        "                                           AND t.kind = 'playlist')",
    [Q_SET_PLAYLIST] = "UPDATE download_jobs SET playlist_path = :path WHERE id = :id",
    [Q_SET_ALBUM] = "UPDATE download_jobs SET album_json = :album_json WHERE id = :id",
    [Q_ALBUM] = "SELECT album_json FROM download_jobs WHERE id = :id AND album_json IS NOT NULL",
    [Q_OUTCOME] =
        "SELECT k.id FROM download_jobs j JOIN downloaded_tracks k ON k.job_id = j.id AND k.item_index = 1"
        "  JOIN artifacts a ON a.track_id = k.id AND a.kind = 'audio' AND a.created_at_ms >= :after_ms"
        " WHERE j.outcome_key = :outcome_key AND j.state = 'done' AND j.is_list = 0 AND j.deleted_at_ms IS NULL"
        "   AND k.state = 'done' AND (:session IS NULL OR j.session_uuid = :session)"
        " ORDER BY j.finished_at_ms DESC LIMIT 1",
    [Q_MARK_DELETED] =
        "UPDATE download_jobs SET deleted_at_ms = :now_ms, revision = :revision"
        " WHERE id = :id AND deleted_at_ms IS NULL",
    [Q_REMOVE] = "DELETE FROM download_jobs WHERE id = :id",
    [Q_WHY] =
        "SELECT error_kind, error_text FROM tasks WHERE job_id = :id AND state = 'failed' AND kind = 'track'"
        " ORDER BY attempt DESC, id DESC LIMIT 1",
};

static int next_revision(struct db *db, int64_t *revision, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REVISE]);

    return db_one_int(s, revision, e) == 1 ? 0 : -1;
}

static int read_number(struct stmt *s, int64_t *n, struct err *e)
{
    return db_one_int(s, n, e) == 1 ? 0 : -1;
}

int jobs_revision(struct db *db, int64_t *revision, struct err *e)
{
    return read_number(db_stmt(db, sql[Q_REVISION]), revision, e);
}

static int move_count(struct db *db, const char *source, const char *state, int by, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_MOVE_COUNT]);

    bind_text(s, ":source", source);
    bind_text(s, ":state", state);
    bind_int(s, ":by", by);
    return db_run(s, e);
}

const char *jobs_tenant(const char *session_uuid)
{
    return session_uuid && *session_uuid ? session_uuid : "library";
}

int jobs_find_same(struct db *db, const char *work_key, char uuid[ID_UUID_BYTES], struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SAME]);

    bind_text(s, ":work_key", work_key);
    return db_one_text(s, uuid, ID_UUID_BYTES, e);
}

int jobs_find_finished(struct db *db, const char *session_uuid, const char *work_key, char uuid[ID_UUID_BYTES],
                       struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FINISHED]);

    bind_text(s, ":work_key", work_key);
    bind_text(s, ":session", session_uuid);
    return db_one_text(s, uuid, ID_UUID_BYTES, e);
}

int jobs_offer_work(struct db *db, int64_t id, bool offered, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[offered ? Q_OFFER_WORK : Q_WITHDRAW_WORK]);

    bind_int(s, ":id", id);
    return db_run(s, e);
}

int jobs_add(struct db *db, const struct new_job *j, int64_t *id, struct err *e)
{
    int64_t revision = 0;

    if (next_revision(db, &revision, e) || move_count(db, j->source, "queued", 1, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_ADD]);
    bind_text(s, ":uuid", j->uuid);
    bind_text(s, ":url", j->url);
    bind_text(s, ":source", j->source);
    bind_text(s, ":asked", j->asked);
    bind_text(s, ":spec_json", j->spec_json);
    bind_text(s, ":client_ref", j->client_ref);
    bind_int(s, ":priority", j->priority);
    if (j->scheduled_at_ms)
        bind_int(s, ":scheduled_at_ms", j->scheduled_at_ms);
    bind_text(s, ":search_query", j->search_query ? j->search_query : "");
    bind_text(s, ":outcome_key", j->outcome_key);
    bind_text(s, ":work_key", j->work_key);
    bind_text(s, ":session_uuid", j->session_uuid);
    if (j->key_id)
        bind_int(s, ":key_id", j->key_id);
    bind_given(s, ":max_duration_s", j->limits.max_duration_s);
    bind_given(s, ":max_file_mb", j->limits.max_file_mb);
    bind_given(s, ":max_items", j->limits.max_items);
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
    j->pause_requested = col_int(s, i++) != 0;
    col_copy(s, i++, j->task_state, sizeof j->task_state);
    col_copy(s, i++, j->queue, sizeof j->queue);
    col_copy(s, i++, j->task_source, sizeof j->task_source);
    j->asks = (enum asks)col_int(s, i++);
    j->due = col_int(s, i++) != 0;
    col_copy(s, i++, j->waits_for, sizeof j->waits_for);
    j->priority = col_int(s, i++);
    j->scheduled_at_ms = col_int(s, i++);
    j->paused_at_ms = col_int(s, i++);
    col_copy(s, i++, j->asked, sizeof j->asked);
    col_copy(s, i++, j->search_query, sizeof j->search_query);
    col_copy(s, i++, j->list_title, sizeof j->list_title);
    col_copy(s, i++, j->playlist_path, sizeof j->playlist_path);
    j->is_list = col_int(s, i++) != 0;
    j->list_items = known(s, i++);
    j->cached_items = col_int(s, i++);
    col_copy(s, i++, j->track_uuid, sizeof j->track_uuid);
    col_copy(s, i++, j->title, sizeof j->title);
    col_copy(s, i++, j->artist, sizeof j->artist);
    j->duration_ms = known(s, i++);
    j->match_score = known(s, i++);
    j->has_audio = col_int(s, i++) != 0;
    j->has_cover = col_int(s, i++) != 0;
}

int jobs_find(struct db *db, const char *uuid, struct job *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":uuid", uuid);
    bind_text(s, ":session", db_session(db));
    const int row = db_step(s, e);
    if (row == 1)
        read_job(s, out);
    db_done(s);
    return row == 1 ? 0 : row == 0 ? err_set(e, ERR_NOT_FOUND, "there is no job %.36s", uuid) : -1;
}

static const char *session_of(const struct db *db, const struct job_filter *filter)
{
    return db_session(db) ? db_session(db) : filter->session;
}

int jobs_list(struct db *db, const struct job_filter *filter, void (*on_row)(void *arg, const struct job *job),
              void *arg, struct err *e)
{
    const char *session = session_of(db, filter);
    const int q = session ? Q_LIST_SESSION
                  : filter->state ? (filter->source ? Q_LIST_BOTH : Q_LIST_STATE)
                                  : (filter->source ? Q_LIST_SOURCE : Q_LIST);
    struct stmt *s = db_stmt(db, sql[q]);
    struct job job;
    int row;

    if (session)
        bind_text(s, ":session", session);
    if (session || filter->state)
        bind_text(s, ":state", filter->state);
    if (session || filter->source)
        bind_text(s, ":source", filter->source);
    bind_int(s, ":before_id", filter->before_id);
    bind_int(s, ":limit", filter->limit);
    while ((row = db_step(s, e)) == 1) {
        read_job(s, &job);
        on_row(arg, &job);
    }
    return row;
}

int jobs_place(struct db *db, const char *session_uuid, const char *uuid, int64_t *id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PLACE]);

    bind_text(s, ":session", session_uuid);
    bind_text(s, ":uuid", uuid);
    return read_number(s, id, e);
}

int jobs_count(struct db *db, const struct job_filter *filter, int64_t *total, struct err *e)
{
    const char *session = session_of(db, filter);
    struct stmt *s = db_stmt(db, sql[session ? Q_COUNT_SESSION : Q_COUNT_ROWS]);

    if (session)
        bind_text(s, ":session", session);
    bind_text(s, ":state", filter->state);
    bind_text(s, ":source", filter->source);
    return read_number(s, total, e);
}

int jobs_open_of_key(struct db *db, int64_t key_id, int64_t *count, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_COUNT_KEY]);

    bind_int(s, ":key_id", key_id);
    return read_number(s, count, e);
}

int jobs_open_of_keyless(struct db *db, int64_t *count, struct err *e)
{
    return read_number(db_stmt(db, sql[Q_COUNT_KEYLESS]), count, e);
}

int jobs_of_session(struct db *db, const char *session_uuid, int64_t *ids, int max, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OF_SESSION]);
    int row, n = 0;

    bind_text(s, ":session", session_uuid);
    bind_int(s, ":limit", max);
    while ((row = db_step(s, e)) == 1)
        ids[n++] = col_int(s, 0);
    return row < 0 ? -1 : n;
}

int jobs_totals(struct db *db, struct job_totals *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_COUNTS]);
    int row;

    memset(out, 0, sizeof *out);
    while ((row = db_step(s, e)) == 1) {
        const struct { const char *state; int64_t *to; } fields[] = {
            { "queued", &out->queued }, { "running", &out->running }, { "paused", &out->paused },
            { "done", &out->done }, { "failed", &out->failed }, { "cancelled", &out->cancelled },
        };
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
            if (strcmp(fields[i].state, col_text(s, 0)) == 0)
                *fields[i].to = col_int(s, 1);
    }
    return row;
}

void job_request_free(struct job_request *r)
{
    free(r->url);
    free(r->spec_json);
    free(r->search_query);
    r->url = r->spec_json = r->search_query = NULL;
}

int jobs_request(struct db *db, int64_t id, struct job_request *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REQUEST]);

    bind_int(s, ":id", id);
    const int row = db_step(s, e);
    if (row == 1) {
        col_copy(s, 0, out->uuid, sizeof out->uuid);
        out->url = xstrdup(col_text(s, 1));
        out->spec_json = xstrdup(col_text(s, 2));
        col_copy(s, 3, out->asked, sizeof out->asked);
        out->priority = col_int(s, 4);
        out->created_at_ms = col_int(s, 5);
        out->is_paused = col_text(s, 6) != NULL;
        out->search_query = xstrdup(col_text(s, 7));
        col_copy(s, 8, out->source, sizeof out->source);
        col_copy(s, 9, out->list_title, sizeof out->list_title);
        out->is_list = col_int(s, 10) != 0;
        col_copy(s, 11, out->work_key, sizeof out->work_key);
        col_copy(s, 12, out->playlist_path, sizeof out->playlist_path);
        col_copy(s, 13, out->session_uuid, sizeof out->session_uuid);
        out->key_id = col_int(s, 14);
        out->limits = (struct quota){ .max_duration_s = col_int(s, 15), .max_file_mb = col_int(s, 16),
                                      .max_items = col_int(s, 17) };
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

/* Deleted jobs are not counted. */
static int recount(struct db *db, int64_t id, const char *state, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STANDING]);
    char source[16] = "", before[12] = "";
    bool deleted = false;

    bind_int(s, ":id", id);
    const int row = db_step(s, e);
    if (row == 1) {
        col_copy(s, 0, source, sizeof source);
        col_copy(s, 1, before, sizeof before);
        deleted = col_text(s, 2) != NULL;
    }
    db_done(s);
    if (row != 1 || deleted || strcmp(before, state) == 0)
        return row < 0 ? -1 : 0;
    return move_count(db, source, before, -1, e) || (*state && move_count(db, source, state, 1, e)) ? -1 : 0;
}

/* Where all tracks of a list failed, and not with what happened last, one of them says why the job did. */
struct why { char kind[24], text[480]; };

static int find_why(struct db *db, int64_t id, const struct tally *t, struct why *why, struct err *e)
{
    if (strcmp(state_of(t), "failed") != 0 || t->failed > t->tracks_failed)
        return 0;
    struct stmt *s = db_stmt(db, sql[Q_WHY]);
    bind_int(s, ":id", id);
    const int row = db_step(s, e);
    if (row == 1) {
        col_copy(s, 0, why->kind, sizeof why->kind);
        col_copy(s, 1, why->text, sizeof why->text);
    }
    db_done(s);
    return row < 0 ? -1 : 0;
}

int jobs_settle(struct db *db, int64_t id, const char *error_kind, const char *error_text, struct err *e)
{
    struct why why = { 0 };
    int64_t revision = 0;
    struct tally t;

    if (next_revision(db, &revision, e) || read_tally(db, id, &t, e) || recount(db, id, state_of(&t), e))
        return -1;
    if (!error_kind && find_why(db, id, &t, &why, e))
        return -1;
    if (*why.kind)
        error_kind = why.kind, error_text = why.text;
    struct stmt *s = db_stmt(db, sql[Q_SETTLE]);
    const int64_t now_ms = clock_wall_ms();
    const bool open = t.running || t.queued || t.paused;
    bind_int(s, ":id", id);
    bind_text(s, ":state", state_of(&t));
    bind_int(s, ":total", t.tracks);
    bind_int(s, ":completed", t.tracks_done);
    bind_int(s, ":failed", t.tracks_failed);
    /* What failed of it, its tracks say; that a list could not be read to its end, the job. */
    const bool whole = t.failed == t.tracks_failed, well = whole && strcmp(state_of(&t), "done") == 0;
    bind_int(s, ":keeps", !whole);
    bind_text(s, ":kind", well ? NULL : error_kind);
    bind_text(s, ":text", well ? NULL : error_text);
    bind_int(s, ":revision", revision);
    bind_int(s, ":now_ms", now_ms);
    if (t.running)
        bind_int(s, ":started_at_ms", now_ms);
    if (!open)
        bind_int(s, ":finished_at_ms", now_ms);
    return db_run(s, e);
}

static int set_number(struct db *db, int q, int64_t id, const char *name, int64_t value, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[q]);

    bind_int(s, ":id", id);
    if (value != INT64_MIN)
        bind_int(s, name, value);
    return db_run(s, e);
}

int jobs_set_paused(struct db *db, int64_t id, bool paused, struct err *e)
{
    return set_number(db, Q_SET_PAUSED, id, ":paused_at_ms", paused ? clock_wall_ms() : INT64_MIN, e);
}

int jobs_set_priority(struct db *db, int64_t id, int64_t priority, struct err *e)
{
    return set_number(db, Q_SET_PRIORITY, id, ":priority", priority, e);
}

int jobs_set_schedule(struct db *db, int64_t id, int64_t at_ms, struct err *e)
{
    return set_number(db, Q_SET_SCHEDULE, id, ":at_ms", at_ms ? at_ms : INT64_MIN, e);
}

int jobs_set_list(struct db *db, int64_t id, const char *title, int64_t items, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SET_LIST]);

    bind_int(s, ":id", id);
    bind_text(s, ":title", title);
    if (items >= 0)
        bind_int(s, ":items", items);
    return db_run(s, e);
}

int jobs_add_cached(struct db *db, int64_t id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD_CACHED]);

    bind_int(s, ":id", id);
    return db_run(s, e);
}

int jobs_is_ended_list(struct db *db, int64_t id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ENDED_LIST]);

    bind_int(s, ":id", id);
    return db_has_row(s, e);
}

int jobs_set_playlist(struct db *db, int64_t id, const char *path, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SET_PLAYLIST]);

    bind_int(s, ":id", id);
    bind_text(s, ":path", path);
    return db_run(s, e);
}

int jobs_set_album(struct db *db, int64_t id, const char *album_json, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SET_ALBUM]);

    bind_int(s, ":id", id);
    bind_text(s, ":album_json", album_json);
    return db_run(s, e);
}

int jobs_album(struct db *db, int64_t id, struct album *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ALBUM]);

    bind_int(s, ":id", id);
    const int row = db_step(s, e);
    if (row == 1)
        *out = album_from_json(col_text(s, 0));
    db_done(s);
    return row;
}

int jobs_find_outcome(struct db *db, const char *outcome_key, int64_t after_ms, int64_t *track_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OUTCOME]);

    bind_text(s, ":outcome_key", outcome_key);
    bind_text(s, ":session", db_session(db));
    bind_int(s, ":after_ms", after_ms);
    *track_id = 0;
    return db_one_int(s, track_id, e) < 0 ? -1 : 0;
}

int jobs_mark_deleted(struct db *db, int64_t id, struct err *e)
{
    int64_t revision = 0;

    if (next_revision(db, &revision, e) || recount(db, id, "", e))
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
