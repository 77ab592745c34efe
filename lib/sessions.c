#include "sessions.h"

#include <string.h>

#include "base/clock.h"

#define COLUMNS                                                                                                  \
    "s.uuid, s.label, s.key_id, s.created_at_ms, s.expires_at_ms, s.used_at_ms, s.ended_at_ms, s.jobs_submitted," \
    " s.max_jobs, s.max_items, s.max_duration_s, s.max_file_mb"
#define HELD "FROM download_jobs j WHERE j.session_uuid = s.uuid AND j.deleted_at_ms IS NULL"
#define COUNTS                                                                                                   \
    ", (SELECT COUNT(*) " HELD ")"                                                                               \
    ", (SELECT COUNT(*) " HELD " AND j.state IN ('queued', 'running', 'paused'))"                                \
    ", (SELECT COUNT(*) " HELD " AND j.state = 'done')"                                                          \
    ", (SELECT COUNT(*) " HELD " AND j.state = 'failed')"                                                        \
    ", (SELECT COALESCE(SUM(a.size_bytes), 0) FROM download_jobs j"                                              \
    "     JOIN downloaded_tracks k ON k.job_id = j.id JOIN artifacts a ON a.track_id = k.id"                     \
    "    WHERE j.session_uuid = s.uuid AND j.deleted_at_ms IS NULL)"

enum { Q_ADD, Q_KEYLESS, Q_CHECK, Q_FIND, Q_LIST, Q_TOTALS, Q_HELD, Q_USED, Q_END, Q_CLEANED, Q_NEXT_OVER,
       Q_NEXT_AHEAD, Q_FORGET, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO sessions (uuid, label, key_id, created_at_ms, expires_at_ms, used_at_ms, max_jobs, max_items,"
        "       max_duration_s, max_file_mb)"
        " VALUES (:uuid, :label, :key_id, :now_ms, :expires_at_ms, :now_ms, :max_jobs, :max_items,"
        "       :max_duration_s, :max_file_mb)",
    [Q_KEYLESS] =
        "SELECT COUNT(*) FROM (SELECT 1 FROM sessions"
        " WHERE cleaned_at_ms IS NULL AND expires_at_ms > :now_ms AND key_id IS NULL AND ended_at_ms IS NULL"
        " LIMIT :most) AS open",
    [Q_CHECK] = "SELECT " COLUMNS " FROM sessions s WHERE s.uuid = :uuid",
    [Q_FIND] = "SELECT " COLUMNS COUNTS " FROM sessions s WHERE s.uuid = :uuid",
    /* UUIDv7 sorts by creation. */
    [Q_LIST] =
        "SELECT " COLUMNS COUNTS " FROM sessions s WHERE s.uuid < :before ORDER BY s.uuid DESC LIMIT :limit",
    [Q_TOTALS] =
        "SELECT COUNT(*), COUNT(CASE WHEN ended_at_ms IS NULL AND expires_at_ms > :now_ms"
        "                           AND created_at_ms <= :ahead_ms THEN 1 END),"
        "       COALESCE(SUM(jobs_submitted), 0) FROM sessions",
    [Q_HELD] =
        "SELECT COUNT(DISTINCT j.id), COALESCE(SUM(a.size_bytes), 0) FROM download_jobs j"
        "  LEFT JOIN downloaded_tracks k ON k.job_id = j.id LEFT JOIN artifacts a ON a.track_id = k.id"
        " WHERE j.session_uuid IS NOT NULL AND j.deleted_at_ms IS NULL",
    [Q_USED] = "UPDATE sessions SET jobs_submitted = jobs_submitted + 1, used_at_ms = :now_ms WHERE uuid = :uuid",
    /* Who is ended by hand expires with it, so that one index finds all that are over. */
    [Q_END] =
        "UPDATE sessions SET ended_at_ms = COALESCE(ended_at_ms, :now_ms),"
        "       expires_at_ms = CASE WHEN expires_at_ms > :now_ms THEN :now_ms ELSE expires_at_ms END"
        " WHERE uuid = :uuid",
    [Q_CLEANED] = "UPDATE sessions SET cleaned_at_ms = :now_ms WHERE uuid = :uuid AND cleaned_at_ms IS NULL",
    [Q_NEXT_OVER] =
        "SELECT uuid FROM sessions WHERE cleaned_at_ms IS NULL AND expires_at_ms <= :now_ms"
        " ORDER BY expires_at_ms LIMIT 1",
    [Q_NEXT_AHEAD] = "SELECT uuid FROM sessions WHERE created_at_ms > :ahead_ms AND cleaned_at_ms IS NULL LIMIT 1",
    [Q_FORGET] = "DELETE FROM sessions WHERE cleaned_at_ms < :before_ms",
};

static int check_room(struct db *db, int64_t most_open, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_KEYLESS]);
    int64_t open = 0;

    bind_int(s, ":now_ms", clock_wall_ms());
    bind_int(s, ":most", most_open);
    if (db_one_int(s, &open, e) != 1)
        return -1;
    return open < most_open ? 0 : err_set(e, ERR_LIMIT, "%lld sessions are open already; try again later",
                                          (long long)open);
}

int sessions_add(struct db *db, struct session *n, int64_t most_open, struct err *e)
{
    if (!n->key_id && check_room(db, most_open, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_ADD]);
    id_uuid7(n->uuid);
    n->created_at_ms = n->used_at_ms = clock_wall_ms();
    n->is_active = true;
    bind_text(s, ":uuid", n->uuid);
    bind_text(s, ":label", n->label);
    if (n->key_id)
        bind_int(s, ":key_id", n->key_id);
    bind_int(s, ":now_ms", n->created_at_ms);
    bind_int(s, ":expires_at_ms", n->expires_at_ms);
    bind_given(s, ":max_jobs", n->limits.max_jobs);
    bind_given(s, ":max_items", n->limits.max_items);
    bind_given(s, ":max_duration_s", n->limits.max_duration_s);
    bind_given(s, ":max_file_mb", n->limits.max_file_mb);
    return db_run(s, e);
}

/* Returns the number of the first column behind. */
static int read_session(struct stmt *s, struct session *out)
{
    int i = 0;

    memset(out, 0, sizeof *out);
    col_copy(s, i++, out->uuid, sizeof out->uuid);
    col_copy(s, i++, out->label, sizeof out->label);
    out->key_id = col_int(s, i++);
    out->created_at_ms = col_int(s, i++);
    out->expires_at_ms = col_int(s, i++);
    out->used_at_ms = col_int(s, i++);
    out->ended_at_ms = col_int(s, i++);
    out->jobs_submitted = col_int(s, i++);
    out->limits.max_jobs = col_int(s, i++);
    out->limits.max_items = col_int(s, i++);
    out->limits.max_duration_s = col_int(s, i++);
    out->limits.max_file_mb = col_int(s, i++);
    const int64_t now_ms = clock_wall_ms();
    out->is_active = !out->ended_at_ms && out->expires_at_ms > now_ms &&
                     out->created_at_ms <= now_ms + SESSIONS_AHEAD_MS;
    return i;
}

static void read_with_counts(struct stmt *s, struct session *out)
{
    int i = read_session(s, out);

    out->jobs = col_int(s, i++);
    out->jobs_open = col_int(s, i++);
    out->jobs_completed = col_int(s, i++);
    out->jobs_failed = col_int(s, i++);
    out->used_bytes = col_int(s, i++);
}

int sessions_check(struct db *db, const char *uuid, struct session *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CHECK]);

    bind_text(s, ":uuid", uuid);
    const int row = db_step(s, e);
    if (row == 1)
        read_session(s, out);
    db_done(s);
    if (row < 0)
        return -1;
    if (row == 0)
        return err_set(e, ERR_UNAUTHORIZED, "this session is not known");
    if (out->ended_at_ms && out->ended_at_ms <= out->expires_at_ms)
        return err_set(e, ERR_UNAUTHORIZED, "this session has been ended");
    return out->is_active ? 0 : err_set(e, ERR_UNAUTHORIZED, "this session has expired");
}

int sessions_find(struct db *db, const char *uuid, struct session *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":uuid", uuid);
    const int row = db_step(s, e);
    if (row == 1)
        read_with_counts(s, out);
    db_done(s);
    return row == 1 ? 0 : row == 0 ? err_set(e, ERR_NOT_FOUND, "there is no session %.36s", uuid) : -1;
}

int sessions_list(struct db *db, const char *before, int limit, void (*on_row)(void *arg, const struct session *s),
                  void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    struct session session;
    int row;

    bind_text(s, ":before", *before ? before : "g");    /* behind every hexadecimal digit */
    bind_int(s, ":limit", limit);
    while ((row = db_step(s, e)) == 1) {
        read_with_counts(s, &session);
        on_row(arg, &session);
    }
    return row;
}

int sessions_totals(struct db *db, struct session_totals *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_TOTALS]);

    bind_int(s, ":now_ms", clock_wall_ms());
    bind_int(s, ":ahead_ms", clock_wall_ms() + SESSIONS_AHEAD_MS);
    int row = db_step(s, e);
    if (row == 1) {
        out->total = col_int(s, 0);
        out->active = col_int(s, 1);
        out->expired = out->total - out->active;
        out->jobs_submitted = col_int(s, 2);
    }
    db_done(s);
    if (row != 1)
        return -1;
    s = db_stmt(db, sql[Q_HELD]);
    row = db_step(s, e);
    if (row == 1) {
        out->jobs = col_int(s, 0);
        out->used_bytes = col_int(s, 1);
    }
    db_done(s);
    return row == 1 ? 0 : -1;
}

static int stamp(struct db *db, int q, const char *uuid, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[q]);

    bind_text(s, ":uuid", uuid);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int sessions_used(struct db *db, const char *uuid, struct err *e)
{
    return stamp(db, Q_USED, uuid, e);
}

int sessions_end(struct db *db, const char *uuid, struct err *e)
{
    if (stamp(db, Q_END, uuid, e))
        return -1;
    return db_changes(db) == 1 ? 0 : err_set(e, ERR_NOT_FOUND, "there is no session %.36s", uuid);
}

int sessions_set_cleaned(struct db *db, const char *uuid, struct err *e)
{
    return stamp(db, Q_CLEANED, uuid, e);
}

int sessions_next_over(struct db *db, char uuid[ID_UUID_BYTES], struct err *e)
{
    const int64_t now_ms = clock_wall_ms();
    struct stmt *s = db_stmt(db, sql[Q_NEXT_OVER]);

    bind_int(s, ":now_ms", now_ms);
    const int row = db_one_text(s, uuid, ID_UUID_BYTES, e);
    if (row)
        return row;
    s = db_stmt(db, sql[Q_NEXT_AHEAD]);
    bind_int(s, ":ahead_ms", now_ms + SESSIONS_AHEAD_MS);
    return db_one_text(s, uuid, ID_UUID_BYTES, e);
}

int sessions_forget(struct db *db, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FORGET]);

    bind_int(s, ":before_ms", clock_wall_ms() - SESSIONS_KEEP_MS);
    return db_run(s, e);
}
