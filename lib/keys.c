#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define ADMIN "admin"

enum { Q_ADD, Q_ADD_LIMITED, Q_DROP_OTHERS, Q_REMOVE, Q_NAMED, Q_LIST, Q_LIMITS, Q_CHECK, Q_LOGIN, Q_EXPIRE,
       Q_CHECK_LOGIN, Q_LOGOUT, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO api_keys (name, sha256, created_at_ms) VALUES (:name, :sha256, :now_ms)"
        " ON CONFLICT (sha256) DO NOTHING",
    [Q_ADD_LIMITED] =
        "INSERT INTO api_keys (id, name, sha256, created_at_ms, max_jobs, max_items, max_duration_s, max_file_mb)"
        " VALUES (:id, :name, :sha256, :now_ms, :max_jobs, :max_items, :max_duration_s, :max_file_mb)",
    [Q_REMOVE] = "DELETE FROM api_keys WHERE name = :name",
    [Q_NAMED] = "SELECT id FROM api_keys WHERE name = :name",
    [Q_LIST] =
        "SELECT k.name, k.id, k.created_at_ms, k.max_jobs, k.max_items, k.max_duration_s, k.max_file_mb,"
        "       (SELECT COUNT(*) FROM download_jobs j WHERE j.key_id = k.id"
        "           AND j.state IN ('queued', 'running', 'paused') AND j.deleted_at_ms IS NULL)"
        "  FROM api_keys k ORDER BY k.created_at_ms, k.id",
    [Q_LIMITS] = "SELECT max_jobs, max_items, max_duration_s, max_file_mb FROM api_keys WHERE id = :id",
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
    const int rc = strlen(text) >= 32 ? set_only(db, ADMIN, text, e)
                                      : err_set(e, ERR_INPUT, "%s holds no key of at least 32 characters", path);
    free(text);
    return rc;
}

static bool is_name(const char *name)
{
    const size_t n = strlen(name);

    for (size_t i = 0; i < n; i++)
        if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= 'A' && name[i] <= 'Z') &&
            !(name[i] >= '0' && name[i] <= '9') && (i == 0 || !strchr("-_.@", name[i])))
            return false;
    return n >= 1 && n <= 60;
}

static int has_name(struct db *db, const char *name, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_NAMED]);

    bind_text(s, ":name", name);
    return db_has_row(s, e);
}

/* Jobs and stored answers remember ids. One that is never used again cannot inherit them from a key that was removed,
 * so it is the time, in place of the largest that happens to be left plus one. */
static int add_limited(struct db *db, const char *name, const struct quota *limits, const char *key, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD_LIMITED]);

    bind_int(s, ":id", clock_wall_ms());
    bind_text(s, ":name", name);
    bind_hash(s, key);
    bind_int(s, ":now_ms", clock_wall_ms());
    bind_given(s, ":max_jobs", limits->max_jobs);
    bind_given(s, ":max_items", limits->max_items);
    bind_given(s, ":max_duration_s", limits->max_duration_s);
    bind_given(s, ":max_file_mb", limits->max_file_mb);
    return db_run(s, e);
}

int keys_add(struct db *db, const char *name, const struct quota *limits, char key[ID_SECRET_BYTES], struct err *e)
{
    if (!is_name(name))
        return err_set(e, ERR_INPUT, "a name is 1 to 60 letters, digits and -_.@, and begins with a letter or digit");
    id_secret(key);
    if (db_begin(db, e))
        return -1;
    const int taken = has_name(db, name, e);
    const int rc = taken == 1 || strcmp(name, ADMIN) == 0
                       ? err_set(e, ERR_CONFLICT, "there is a key of the name %s already", name)
                   : taken < 0 ? -1
                               : add_limited(db, name, limits, key, e);
    return db_end(db, rc, e);
}

int keys_remove(struct db *db, const char *name, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REMOVE]);

    if (strcmp(name, ADMIN) == 0)
        return err_set(e, ERR_CONFLICT, "the admin's key is in DATA_DIR/admin-key: replace it there, and restart");
    bind_text(s, ":name", name);
    if (db_run(s, e))
        return -1;
    return db_changes(db) ? 0 : err_set(e, ERR_NOT_FOUND, "there is no key of the name %.60s", name);
}

static void read_limits(struct stmt *s, int i, struct quota *l)
{
    *l = (struct quota){ col_int(s, i), col_int(s, i + 1), col_int(s, i + 2), col_int(s, i + 3) };
}

int keys_list(struct db *db, void (*on_row)(void *arg, const struct key_row *row), void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    struct key_row row;
    int got;

    while ((got = db_step(s, e)) == 1) {
        row = (struct key_row){ .name = col_text(s, 0), .id = col_int(s, 1), .created_at_ms = col_int(s, 2),
                                .jobs_open = col_int(s, 7) };
        read_limits(s, 3, &row.limits);
        on_row(arg, &row);
    }
    return got;
}

int keys_limits(struct db *db, int64_t key_id, struct quota *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIMITS]);

    *out = (struct quota){ 0 };
    bind_int(s, ":id", key_id);
    const int row = db_step(s, e);
    if (row == 1)
        read_limits(s, 0, out);
    db_done(s);
    return row < 0 ? -1 : 0;
}

int keys_check(struct db *db, const char *key, int64_t *key_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CHECK]);

    bind_hash(s, key);
    return db_one_int(s, key_id, e);
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
    return db_one_int(s, key_id, e);
}

int keys_logout(struct db *db, const char *token, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LOGOUT]);

    bind_hash(s, token);
    return db_run(s, e);
}
