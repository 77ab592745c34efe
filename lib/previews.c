#include "previews.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define COLUMNS                                                                                                  \
    "SELECT id, uuid, COALESCE(session_uuid, ''), url, search_query, source, download_type, max_items, state,"   \
    "       result_json, COALESCE(error_kind, ''), COALESCE(error_text, ''), created_at_ms,"                      \
    "       COALESCE(finished_at_ms, 0)"                                                                         \
    "  FROM previews"

enum { Q_ADD, Q_FIND, Q_BY_ID, Q_OPEN, Q_STATE, Q_EXPIRE, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO previews (uuid, session_uuid, url, search_query, source, download_type, max_items, created_at_ms)"
        " VALUES (:uuid, :session, :url, :search_query, :source, :download_type, :max_items, :now_ms)",
    [Q_FIND] = COLUMNS " WHERE uuid = :uuid AND (:session IS NULL OR session_uuid = :session)",
    [Q_BY_ID] = COLUMNS " WHERE id = :id",
    /* An hour's rows. */
    [Q_OPEN] =
        "SELECT COUNT(*) FROM previews"
        " WHERE state IN ('queued', 'running') AND COALESCE(session_uuid, '') = COALESCE(:session, '')",
    [Q_STATE] =
        "UPDATE previews SET state = :state, result_json = :result_json, error_kind = :kind, error_text = :text,"
        "       finished_at_ms = CASE WHEN :state = 'running' THEN NULL ELSE :now_ms END"
        " WHERE id = :id",
    [Q_EXPIRE] =
        "DELETE FROM previews WHERE id = (SELECT id FROM previews WHERE created_at_ms < :before_ms LIMIT 1)"
        " RETURNING id, uuid",
};

const char *previews_cover(const char *uuid, char out[PREVIEWS_COVER_BYTES])
{
    snprintf(out, PREVIEWS_COVER_BYTES, PREVIEWS_COVERS "/%.36s.jpg", uuid);
    return out;
}

void preview_free(struct preview *p)
{
    free(p->result_json);
    p->result_json = NULL;
}

int previews_add(struct db *db, struct preview *p, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);

    bind_text(s, ":uuid", p->uuid);
    bind_text(s, ":session", db_session(db));
    bind_text(s, ":url", p->url);
    bind_text(s, ":search_query", p->search_query);
    bind_text(s, ":source", p->source);
    bind_text(s, ":download_type", p->download_type);
    bind_int(s, ":max_items", p->max_items);
    bind_int(s, ":now_ms", clock_wall_ms());
    if (db_run(s, e))
        return -1;
    p->id = db_last_id(db);
    return 0;
}

static int read_one(struct stmt *s, struct preview *out, struct err *e)
{
    const int row = db_step(s, e);

    memset(out, 0, sizeof *out);
    if (row == 1) {
        out->id = col_int(s, 0);
        col_copy(s, 1, out->uuid, sizeof out->uuid);
        col_copy(s, 2, out->session_uuid, sizeof out->session_uuid);
        col_copy(s, 3, out->url, sizeof out->url);
        col_copy(s, 4, out->search_query, sizeof out->search_query);
        col_copy(s, 5, out->source, sizeof out->source);
        col_copy(s, 6, out->download_type, sizeof out->download_type);
        out->max_items = col_int(s, 7);
        col_copy(s, 8, out->state, sizeof out->state);
        out->result_json = col_text(s, 9) ? xstrdup(col_text(s, 9)) : NULL;
        col_copy(s, 10, out->error_kind, sizeof out->error_kind);
        col_copy(s, 11, out->error_text, sizeof out->error_text);
        out->created_at_ms = col_int(s, 12);
        out->finished_at_ms = col_int(s, 13);
    }
    db_done(s);
    return row == 1 ? 0 : row == 0 ? err_set(e, ERR_NOT_FOUND, "there is no such preview (any more)") : -1;
}

int previews_find(struct db *db, const char *uuid, struct preview *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":uuid", uuid);
    bind_text(s, ":session", db_session(db));
    return read_one(s, out, e);
}

int previews_by_id(struct db *db, int64_t id, struct preview *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_BY_ID]);

    bind_int(s, ":id", id);
    return read_one(s, out, e);
}

int previews_open(struct db *db, int64_t *count, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OPEN]);

    bind_text(s, ":session", db_session(db));
    return db_one_int(s, count, e) == 1 ? 0 : -1;
}

int previews_set_state(struct db *db, int64_t id, const char *state, const char *result_json, const char *error_kind,
                       const char *error_text, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STATE]);

    bind_int(s, ":id", id);
    bind_text(s, ":state", state);
    bind_text(s, ":result_json", result_json);
    bind_text(s, ":kind", error_kind);
    bind_text(s, ":text", error_text);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int previews_expire(struct db *db, int64_t *id, char uuid[ID_UUID_BYTES], struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_EXPIRE]);

    bind_int(s, ":before_ms", clock_wall_ms() - PREVIEWS_KEEP_MS);
    const int row = db_step(s, e);
    if (row == 1) {
        *id = col_int(s, 0);
        col_copy(s, 1, uuid, ID_UUID_BYTES);
    }
    db_done(s);
    return row;
}
