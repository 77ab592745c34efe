#include "idempotency.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum { Q_FIND, Q_ROOM, Q_STORE, Q_EXPIRE, Q_FORGET_SESSION, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_FIND] =
        "SELECT request_hash, status, location, body FROM idempotency_keys"
        " WHERE key_id = :key_id AND session_uuid = :session AND name = :name AND created_at_ms > :since_ms",
    [Q_ROOM] =
        "SELECT COUNT(*), COALESCE(SUM(size_bytes), 0) FROM idempotency_keys"
        " WHERE session_uuid = :session AND key_id = :key_id",
    /* An expired one may still lie there. */
    [Q_STORE] =
        "INSERT INTO idempotency_keys (key_id, session_uuid, name, request_hash, status, location, body, size_bytes,"
        "       created_at_ms)"
        " VALUES (:key_id, :session, :name, :hash, :status, :location, :body, :size_bytes, :now_ms)"
        " ON CONFLICT (key_id, session_uuid, name) DO UPDATE SET request_hash = excluded.request_hash,"
        "       status = excluded.status, location = excluded.location, body = excluded.body,"
        "       size_bytes = excluded.size_bytes,"
        "       created_at_ms = excluded.created_at_ms",
    [Q_EXPIRE] =
        "DELETE FROM idempotency_keys WHERE (key_id, session_uuid, name) IN"
        " (SELECT key_id, session_uuid, name FROM idempotency_keys WHERE created_at_ms <= :since_ms"
        "  ORDER BY created_at_ms LIMIT :max)",
    [Q_FORGET_SESSION] = "DELETE FROM idempotency_keys WHERE session_uuid = :session",
};

static void bind_owner(struct stmt *s, const struct idempotency_owner *owner)
{
    bind_int(s, ":key_id", owner->key_id);
    bind_text(s, ":session", owner->session_uuid);
}

/* For one more, of this size. */
static int check_room(struct db *db, const struct idempotency_owner *owner, int64_t size_bytes, struct err *e)
{
    const bool is_session = *owner->session_uuid != '\0';
    const int64_t most = is_session ? IDEMPOTENCY_SESSION_ANSWERS : IDEMPOTENCY_KEY_ANSWERS;
    const int64_t most_bytes = is_session ? IDEMPOTENCY_SESSION_BYTES : IDEMPOTENCY_KEY_BYTES;
    struct stmt *s = db_stmt(db, sql[Q_ROOM]);

    bind_owner(s, owner);
    const int row = db_step(s, e);
    const bool full = row == 1 && (col_int(s, 0) >= most || col_int(s, 1) + size_bytes > most_bytes);
    db_done(s);
    if (row != 1)
        return -1;
    return full ? err_set(e, ERR_LIMIT, "no more room for answers to an Idempotency-Key (%lld of a day, %lld KB); it "
                          "comes back as they expire", (long long)most, (long long)most_bytes >> 10)
                : 0;
}

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

int idempotency_find(struct db *db, const struct idempotency_owner *owner, const char *name, const char *request_hash,
                     struct stored_answer *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_owner(s, owner);
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
    return row ? row : check_room(db, owner, 0, e);
}

int idempotency_store(struct db *db, const struct idempotency_owner *owner, const char *name, const char *request_hash,
                      const struct stored_answer *a, struct err *e)
{
    const int64_t size_bytes = (int64_t)(strlen(name) + strlen(a->body));

    if (check_room(db, owner, size_bytes, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_STORE]);

    bind_owner(s, owner);
    bind_text(s, ":name", name);
    bind_text(s, ":hash", request_hash);
    bind_int(s, ":status", a->status);
    bind_text(s, ":location", a->location);
    bind_text(s, ":body", a->body);
    bind_int(s, ":size_bytes", size_bytes);
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

int idempotency_forget_session(struct db *db, const char *session_uuid, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FORGET_SESSION]);

    bind_text(s, ":session", session_uuid);
    return db_run(s, e);
}
