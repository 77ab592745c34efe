#include "idempotency.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum { Q_FIND, Q_STORE, Q_EXPIRE, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_FIND] =
        "SELECT request_hash, status, location, body FROM idempotency_keys"
        " WHERE key_id = :key_id AND name = :name AND created_at_ms > :since_ms",
    /* An expired one may still lie there. */
    [Q_STORE] =
        "INSERT INTO idempotency_keys (key_id, name, request_hash, status, location, body, created_at_ms)"
        " VALUES (:key_id, :name, :hash, :status, :location, :body, :now_ms)"
        " ON CONFLICT (key_id, name) DO UPDATE SET request_hash = excluded.request_hash, status = excluded.status,"
        "       location = excluded.location, body = excluded.body, created_at_ms = excluded.created_at_ms",
    [Q_EXPIRE] =
        "DELETE FROM idempotency_keys WHERE (key_id, name) IN"
        " (SELECT key_id, name FROM idempotency_keys WHERE created_at_ms <= :since_ms"
        "  ORDER BY created_at_ms LIMIT :max)",
};

bool idempotency_key_fits(const char *name)
{
    const size_t n = strlen(name);

    for (size_t i = 0; i < n; i++)
        if (name[i] < 0x21 || name[i] > 0x7e)
            return false;
    return n >= 1 && n <= 255;
}

void stored_answer_free(struct stored_answer *a)
{
    free(a->location);
    free(a->body);
    *a = (struct stored_answer){ 0 };
}

int idempotency_find(struct db *db, int64_t key_id, const char *name, const char *request_hash,
                     struct stored_answer *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_int(s, ":key_id", key_id);
    bind_text(s, ":name", name);
    bind_int(s, ":since_ms", clock_wall_ms() - IDEMPOTENCY_KEEP_MS);
    int row = db_step(s, e);
    if (row == 1 && strcmp(col_text(s, 0), request_hash) != 0)
        row = err_set(e, ERR_INPUT, "this Idempotency-Key was sent with another request");
    if (row == 1) {
        out->status = col_int(s, 1);
        out->location = col_text(s, 2) ? xstrdup(col_text(s, 2)) : NULL;
        out->body = xstrdup(col_text(s, 3));
    }
    db_done(s);
    return row;
}

int idempotency_store(struct db *db, int64_t key_id, const char *name, const char *request_hash,
                      const struct stored_answer *a, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STORE]);

    bind_int(s, ":key_id", key_id);
    bind_text(s, ":name", name);
    bind_text(s, ":hash", request_hash);
    bind_int(s, ":status", a->status);
    bind_text(s, ":location", a->location);
    bind_text(s, ":body", a->body);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int idempotency_expire(struct db *db, int max, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_EXPIRE]);

    bind_int(s, ":since_ms", clock_wall_ms() - IDEMPOTENCY_KEEP_MS);
    bind_int(s, ":max", max);
    return db_run(s, e) ? -1 : db_changes(db);
}
