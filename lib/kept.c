#include "kept.h"

#include "base/clock.h"

enum { Q_FIND, Q_PUT, Q_TOUCH, Q_FORGET, Q_OLD, Q_SIZE, Q_UNUSED, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_FIND] =
        "SELECT key, file, thumbnail, size_bytes FROM kept_sources WHERE key = :key AND created_at_ms >= :after_ms",
    [Q_PUT] =
        "INSERT INTO kept_sources (key, file, thumbnail, size_bytes, created_at_ms, used_at_ms)"
        " VALUES (:key, :file, :thumbnail, :size_bytes, :now_ms, :now_ms)"
        " ON CONFLICT (key) DO UPDATE SET file = excluded.file, thumbnail = excluded.thumbnail,"
        "       size_bytes = excluded.size_bytes, created_at_ms = excluded.created_at_ms,"
        "       used_at_ms = excluded.used_at_ms",
    [Q_TOUCH] = "UPDATE kept_sources SET used_at_ms = :now_ms WHERE key = :key",
    [Q_FORGET] = "DELETE FROM kept_sources WHERE key = :key",
    /* A few thousand rows at most: CACHE_MAX_MB sees to that. */
    [Q_OLD] = "SELECT key FROM kept_sources WHERE created_at_ms < :before_ms LIMIT 1",
    [Q_SIZE] = "SELECT COALESCE(SUM(size_bytes), 0) FROM kept_sources",
    [Q_UNUSED] = "SELECT key FROM kept_sources ORDER BY used_at_ms LIMIT 1",
};

int kept_find(struct db *db, const char *key, int64_t after_ms, struct kept *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":key", key);
    bind_int(s, ":after_ms", after_ms);
    const int row = db_step(s, e);
    if (row == 1) {
        col_copy(s, 0, out->key, sizeof out->key);
        col_copy(s, 1, out->file, sizeof out->file);
        col_copy(s, 2, out->thumbnail, sizeof out->thumbnail);
        out->size_bytes = col_int(s, 3);
    }
    db_done(s);
    return row;
}

int kept_put(struct db *db, const struct kept *k, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PUT]);

    bind_text(s, ":key", k->key);
    bind_text(s, ":file", k->file);
    bind_text(s, ":thumbnail", k->thumbnail);
    bind_int(s, ":size_bytes", k->size_bytes);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int kept_touch(struct db *db, const char *key, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_TOUCH]);

    bind_text(s, ":key", key);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int kept_forget(struct db *db, const char *key, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FORGET]);

    bind_text(s, ":key", key);
    return db_run(s, e);
}

int kept_next_out(struct db *db, int64_t before_ms, int64_t most_bytes, char key[ID_SHA256_BYTES], struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OLD]);
    int64_t size = 0;

    bind_int(s, ":before_ms", before_ms);
    const int old = db_one_text(s, key, ID_SHA256_BYTES, e);
    if (old)
        return old;
    s = db_stmt(db, sql[Q_SIZE]);
    const int row = db_one_int(s, &size, e);
    if (row < 0 || size <= most_bytes)
        return row < 0 ? -1 : 0;
    return db_one_text(db_stmt(db, sql[Q_UNUSED]), key, ID_SHA256_BYTES, e);
}
