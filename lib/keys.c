#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

enum { Q_ADD, Q_DROP_OTHERS, Q_CHECK, Q_LOGIN, Q_EXPIRE, Q_CHECK_LOGIN, Q_LOGOUT, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO api_keys (name, sha256, created_at_ms) VALUES (:name, :sha256, :now_ms)"
        " ON CONFLICT (sha256) DO NOTHING",
    [Q_DROP_OTHERS] = "DELETE FROM api_keys WHERE name = :name AND sha256 <> :sha256",
    [Q_CHECK] = "SELECT id FROM api_keys WHERE sha256 = :sha256",
    [Q_LOGIN] = "INSERT INTO logins (sha256, key_id, expires_at_ms) VALUES (:sha256, :key_id, :expires_at_ms)",
    [Q_EXPIRE] = "DELETE FROM logins WHERE expires_at_ms < :now_ms",
    [Q_CHECK_LOGIN] = "SELECT key_id FROM logins WHERE sha256 = :sha256 AND expires_at_ms >= :now_ms",
    [Q_LOGOUT] = "DELETE FROM logins WHERE sha256 = :sha256",
};

static void bind_hash(struct stmt *s, const char *secret)
{
    char hash[ID_SHA256_BYTES];

    id_sha256(hash, secret, strlen(secret));
    bind_text(s, ":sha256", hash);
}

/* Makes this the only key of the name; logins by another one end with it. */
static int set_only(struct db *db, const char *name, const char *key, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_DROP_OTHERS]);
    bind_text(s, ":name", name);
    bind_hash(s, key);
    int rc = db_run(s, e);
    if (rc == 0) {
        s = db_stmt(db, sql[Q_ADD]);
        bind_text(s, ":name", name);
        bind_hash(s, key);
        bind_int(s, ":now_ms", clock_wall_ms());
        rc = db_run(s, e);
    }
    return db_end(db, rc, e);
}

/* The file is written before the row: a crash between leaves a file, and the next start adds its row. */
int keys_ensure_admin(struct db *db, const char *data_dir, struct err *e)
{
    char path[1200], key[ID_SECRET_BYTES], *text = NULL;

    snprintf(path, sizeof path, "%s/admin-key", data_dir);
    if (file_read(&text, NULL, path, 1024, e)) {
        if (e->kind != ERR_NOT_FOUND)
            return -1;
        id_secret(key);
        if (file_write_atomic(path, key, strlen(key), e))
            return -1;
        text = xstrdup(key);
    }
    text[strcspn(text, " \t\r\n")] = '\0';
    const int rc = strlen(text) >= 32 ? set_only(db, "admin", text, e)
                                      : err_set(e, ERR_INPUT, "%s holds no key of at least 32 characters", path);
    free(text);
    return rc;
}

static int find_id(struct stmt *s, int64_t *id, struct err *e)
{
    const int row = db_step(s, e);

    if (row == 1)
        *id = col_int(s, 0);
    db_done(s);
    return row;
}

int keys_check(struct db *db, const char *key, int64_t *key_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CHECK]);

    bind_hash(s, key);
    return find_id(s, key_id, e);
}

int keys_login(struct db *db, int64_t key_id, int64_t ttl_ms, char token[ID_SECRET_BYTES], struct err *e)
{
    const int64_t now_ms = clock_wall_ms();

    id_secret(token);
    if (db_begin(db, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_EXPIRE]);
    bind_int(s, ":now_ms", now_ms);
    int rc = db_run(s, e);
    if (rc == 0) {
        s = db_stmt(db, sql[Q_LOGIN]);
        bind_hash(s, token);
        bind_int(s, ":key_id", key_id);
        bind_int(s, ":expires_at_ms", now_ms + ttl_ms);
        rc = db_run(s, e);
    }
    return db_end(db, rc, e);
}

int keys_check_login(struct db *db, const char *token, int64_t *key_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CHECK_LOGIN]);

    bind_hash(s, token);
    bind_int(s, ":now_ms", clock_wall_ms());
    return find_id(s, key_id, e);
}

int keys_logout(struct db *db, const char *token, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LOGOUT]);

    bind_hash(s, token);
    return db_run(s, e);
}
