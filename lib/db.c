#include "db.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"

#define MAX_STATEMENTS 256
#define BUSY_LIMIT_MS  5000
#define RESTART_LIMIT_MS 50

/* Written by the build from sql/NNNN_*.sql, in order; the position is the schema version. */
extern const char *const db_migrations[];
extern const int db_migration_count;

struct stmt {
    struct db    *db;
    const char   *sql;
    sqlite3_stmt *handle;       /* NULL if it could not be prepared; err says why */
    struct err    err;
};

struct db {
    sqlite3    *handle;
    int64_t     busy_since_ms, busy_limit_ms;
    bool        grouped, group_began, dead;
    char        session[40];            /* "": not confined */
    int         count;
    struct stmt statements[MAX_STATEMENTS];
};

bool db_version_is_safe(int v)
{
    return v >= 3051003 || (v >= 3050007 && v < 3051000) || (v >= 3044006 && v < 3045000);
}

void db_confine(struct db *db, const char *session_uuid)
{
    copy_text(db->session, sizeof db->session, session_uuid ? session_uuid : "");
}

const char *db_session(const struct db *db)
{
    return db->session[0] ? db->session : NULL;
}

/* After these nothing that this handle says can be trusted: pages that a failed fsync() dropped look written, and a
 * second fsync() succeeds (https://wiki.postgresql.org/wiki/Fsync_Errors). */
static bool is_deadly(int extended)
{
    static const int codes[] = { SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC,
                                 SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_TRUNCATE };

    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (extended == codes[i])
            return true;
    return (extended & 0xff) == SQLITE_CORRUPT || (extended & 0xff) == SQLITE_NOTADB;
}

bool db_is_dead(const struct db *db)
{
    return db->dead;
}

static int fail(struct err *e, struct db *db, const char *what)
{
    sqlite3 *handle = db->handle;
    const int code = sqlite3_errcode(handle) & 0xff;
    enum err_kind kind = ERR_SYSTEM;

    db->dead = db->dead || is_deadly(sqlite3_extended_errcode(handle));

    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        kind = ERR_BUSY;
    else if (code == SQLITE_FULL)
        kind = ERR_DISK;
    else if (code == SQLITE_CONSTRAINT)
        kind = ERR_CONFLICT;
    else if (db->dead && code == SQLITE_IOERR)
        kind = ERR_BUSY;        /* the next process may fare better */
    return err_set(e, kind, "database: %s: %s", what, sqlite3_errmsg(handle));
}

static void nap(void)
{
    const struct timespec t = { .tv_nsec = 50000 + (long)id_random(100000) };
    nanosleep(&t, NULL);
}

static int on_busy(void *arg, int tries)
{
    struct db *db = arg;

    if (tries == 0)
        db->busy_since_ms = clock_boot_ms();
    else if (clock_boot_ms() - db->busy_since_ms > db->busy_limit_ms)
        return 0;
    nap();
    return 1;
}

static int exec(struct db *db, const char *sql, struct err *e)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(e, db, sql);
}

/* In place of the statement that failed: the admin knows the file. */
static void unusable(const struct db *db, const char *path, struct err *e)
{
    const char *why = access(path, W_OK) ? strerror(errno) : "";

    err_set(e, e->kind, "%s cannot be used as the database: %s%s%s", path, sqlite3_errmsg(db->handle), *why ? ": " : "",
            why);
}

static int open_handle(struct db **out, const char *path, int flags, struct err *e)
{
    struct db *db = xcalloc(1, sizeof *db);

    if (!db_version_is_safe(sqlite3_libversion_number())) {
        free(db);
        return err_set(e, ERR_SYSTEM,
                       "SQLite %s corrupts a database that one process writes while another checkpoints "
                       "(WAL-reset bug, fixed in 3.51.3); refusing to start with it",
                       sqlite3_libversion());
    }
    if (sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL)) {
        err_set(e, ERR_SYSTEM, "cannot open %s: %s", path, sqlite3_errmsg(db->handle));
        db_close(&db);
        return -1;
    }
    db->busy_limit_ms = BUSY_LIMIT_MS;
    sqlite3_busy_handler(db->handle, on_busy, db);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (exec(db,
             "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0;"
             "PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
             "PRAGMA journal_size_limit=67108864; PRAGMA cell_size_check=ON",
             e)) {
        unusable(db, path, e);
        db_close(&db);
        return -1;
    }
    *out = db;
    return 0;
}

static int user_version(struct db *db, int *version, struct err *e)
{
    sqlite3_stmt *s = NULL;
    int rc = -1;

    if (sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW) {
        *version = sqlite3_column_int(s, 0);
        rc = 0;
    } else {
        fail(e, db, "reading the schema version");
    }
    sqlite3_finalize(s);
    return rc;
}

int db_open(struct db **out, const char *path, struct err *e)
{
    struct db *db = NULL;
    int version = 0;

    *out = NULL;
    if (open_handle(&db, path, 0, e))
        return -1;
    int rc = user_version(db, &version, e);
    if (rc == 0 && version != db_migration_count)
        rc = err_set(e, version < db_migration_count ? ERR_BUSY : ERR_SYSTEM,
                     "%s has schema version %d, this program needs %d", path, version, db_migration_count);
    if (rc)
        db_close(&db);
    *out = db;
    return rc;
}

static int back_up(struct db *db, const char *path, int version, struct err *e)
{
    char *copy = xasprintf("%s.before-%d", path, version);
    sqlite3_stmt *s = NULL;
    int rc = 0;

    unlink(copy);
    if (sqlite3_prepare_v2(db->handle, "VACUUM INTO ?1", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_bind_text(s, 1, copy, -1, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(s) != SQLITE_DONE)
        rc = fail(e, db, "copying the database before the upgrade");
    sqlite3_finalize(s);
    free(copy);
    return rc;
}

/* Turning a file to WAL wants it for itself, and SQLite does not ask the busy handler: of two processes that start
 * together on a new file, one is told at once that it is locked. */
static int use_wal(struct db *db, struct err *e)
{
    const int64_t began_ms = clock_boot_ms();

    while (exec(db, "PRAGMA journal_mode=WAL", e)) {
        if (e->kind != ERR_BUSY || clock_boot_ms() - began_ms > BUSY_LIMIT_MS)
            return -1;
        nap();
    }
    return 0;
}

static int check_references(struct db *db, struct err *e)
{
    sqlite3_stmt *s = NULL;
    int rc = 0;

    if (sqlite3_prepare_v2(db->handle, "PRAGMA foreign_key_check", -1, &s, NULL) != SQLITE_OK)
        rc = fail(e, db, "checking references after the upgrade");
    else if (sqlite3_step(s) == SQLITE_ROW)
        rc = err_set(e, ERR_SYSTEM, "the upgrade would leave rows of %s that refer to nothing",
                     (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return rc;
}

int db_migrate(const char *path, struct err *e)
{
    struct db *db = NULL;
    struct stat st;
    int version = 0, rc = -1;

    const bool is_new = stat(path, &st) != 0 || st.st_size == 0;
    if (open_handle(&db, path, SQLITE_OPEN_CREATE, e))
        return -1;
    if (user_version(db, &version, e))
        goto out;
    if (version > db_migration_count) {
        err_set(e, ERR_SYSTEM, "%s has schema version %d; this program knows up to %d", path, version,
                db_migration_count);
        goto out;
    }
    if (use_wal(db, e))     /* writes: not before we know that the file is ours */
        goto out;
    if (version == db_migration_count) {
        rc = 0;
        goto out;
    }
    if (!is_new && version > 0 && back_up(db, path, version, e))
        goto out;
    /* A table that is made anew is dropped first, which would take with it all rows that refer to its own. */
    if (exec(db, "PRAGMA foreign_keys=OFF", e) || db_begin(db, e))
        goto out;
    rc = user_version(db, &version, e);      /* again: another process may have been faster */
    for (; rc == 0 && version < db_migration_count; version++)
        rc = exec(db, db_migrations[version], e);
    if (rc == 0)
        rc = check_references(db, e);
    if (rc == 0) {
        char set[64];
        snprintf(set, sizeof set, "PRAGMA user_version=%d", db_migration_count);
        rc = exec(db, set, e);
    }
    rc = db_end(db, rc, e);
    if (rc == 0)
        log_line(LOG_INFO, "db_migrated", "version=%d", db_migration_count);
out:
    db_close(&db);
    return rc;
}

void db_close(struct db **db)
{
    if (!*db)
        return;
    for (int i = 0; i < (*db)->count; i++)
        sqlite3_finalize((*db)->statements[i].handle);
    sqlite3_close((*db)->handle);
    free(*db);
    *db = NULL;
}

static int commit(struct db *db, int rc, struct err *e)
{
    if (rc == 0 && exec(db, "COMMIT", e) == 0)
        return 0;
    if (!sqlite3_get_autocommit(db->handle))    /* a failed COMMIT may have rolled back by itself */
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

void db_group_start(struct db *db)
{
    assert(sqlite3_get_autocommit(db->handle));
    db->grouped = true;
    db->group_began = false;
}

bool db_group_has_lock(const struct db *db)
{
    return db->grouped && !sqlite3_get_autocommit(db->handle);
}

/* An I/O error or a full disk rolls back everything by itself, what earlier members wrote included. */
static int group_is_gone(struct err *e)
{
    return err_set(e, ERR_BUSY, "database: the transaction was rolled back");
}

int db_group_commit(struct db *db, struct err *e)
{
    const bool began = db->group_began;

    db->grouped = db->group_began = false;
    if (!began)
        return 0;
    return sqlite3_get_autocommit(db->handle) ? group_is_gone(e) : commit(db, 0, e);
}

int db_begin(struct db *db, struct err *e)
{
    const bool is_first = sqlite3_get_autocommit(db->handle);

    if (db->dead)
        return err_set(e, ERR_BUSY, "database: it failed, and this process no longer uses it");
    if (db->grouped && db->group_began && is_first)
        return group_is_gone(e);
    if (is_first && exec(db, "BEGIN IMMEDIATE", e))
        return -1;
    db->group_began = db->grouped;
    return db->grouped ? exec(db, "SAVEPOINT member", e) : 0;
}

int db_end(struct db *db, int rc, struct err *e)
{
    if (!db->grouped)
        return commit(db, rc, e);
    if (rc == 0 && exec(db, "RELEASE member", e) == 0)
        return 0;
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK TO member; RELEASE member", NULL, NULL, NULL);
    return -1;
}

struct stmt *db_stmt(struct db *db, const char *sql)
{
    struct stmt *s = NULL;

    for (int i = 0; i < db->count && !s; i++)
        if (db->statements[i].sql == sql)
            s = &db->statements[i];
    if (!s) {
        assert(db->count < MAX_STATEMENTS);
        s = &db->statements[db->count++];
        *s = (struct stmt){ .db = db, .sql = sql };
    }
    if (!s->handle &&
        sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL) != SQLITE_OK)
        fail(&s->err, db, sql);
    if (s->handle) {
        sqlite3_reset(s->handle);
        sqlite3_clear_bindings(s->handle);
    }
    return s;
}

static int parameter(const struct stmt *s, const char *name)
{
    const int i = sqlite3_bind_parameter_index(s->handle, name);

    if (i == 0) {
        fprintf(stderr, "no parameter %s in: %s\n", name, s->sql);
        abort();
    }
    return i;
}

void bind_int(struct stmt *s, const char *name, int64_t value)
{
    if (s->handle)
        sqlite3_bind_int64(s->handle, parameter(s, name), value);
}

void bind_real(struct stmt *s, const char *name, double value)
{
    if (s->handle)
        sqlite3_bind_double(s->handle, parameter(s, name), value);
}

void bind_text(struct stmt *s, const char *name, const char *value)
{
    if (s->handle)
        sqlite3_bind_text(s->handle, parameter(s, name), value, -1, SQLITE_TRANSIENT);
}

void bind_null(struct stmt *s, const char *name)
{
    if (s->handle)
        sqlite3_bind_null(s->handle, parameter(s, name));
}

void bind_given(struct stmt *s, const char *name, int64_t value)
{
    if (value)
        bind_int(s, name, value);
    else
        bind_null(s, name);
}

int db_step(struct stmt *s, struct err *e)
{
    if (!s->handle) {
        *e = s->err;
        return -1;
    }
    const int code = sqlite3_step(s->handle);
    if (code == SQLITE_ROW)
        return 1;
    const int rc = code == SQLITE_DONE ? 0 : fail(e, s->db, "running a statement");
    sqlite3_reset(s->handle);
    return rc;
}

void db_done(struct stmt *s)
{
    if (s->handle)
        sqlite3_reset(s->handle);
}

int db_run(struct stmt *s, struct err *e)
{
    int rc;

    while ((rc = db_step(s, e)) == 1)
        ;
    return rc;
}

int db_has_row(struct stmt *s, struct err *e)
{
    const int row = db_step(s, e);

    db_done(s);
    return row;
}

int db_one_int(struct stmt *s, int64_t *out, struct err *e)
{
    const int row = db_step(s, e);

    if (row == 1)
        *out = col_int(s, 0);
    db_done(s);
    return row;
}

int db_one_text(struct stmt *s, char *out, size_t size, struct err *e)
{
    const int row = db_step(s, e);

    if (row == 1)
        col_copy(s, 0, out, size);
    db_done(s);
    return row;
}

int64_t col_int(struct stmt *s, int i)
{
    return sqlite3_column_int64(s->handle, i);
}

double col_real(struct stmt *s, int i)
{
    return sqlite3_column_type(s->handle, i) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(s->handle, i);
}

const char *col_text(struct stmt *s, int i)
{
    return (const char *)sqlite3_column_text(s->handle, i);
}

void col_copy(struct stmt *s, int i, char *to, size_t size)
{
    copy_text(to, size, col_text(s, i));
}

int db_changes(struct db *db)
{
    return sqlite3_changes(db->handle);
}

int64_t db_last_id(struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_data_version(struct db *db)
{
    struct stmt *s = db_stmt(db, "PRAGMA data_version");
    struct err e;
    int64_t version = -1;

    if (db_step(s, &e) == 1)
        version = col_int(s, 0);
    db_done(s);
    return version;
}

/* Passive never waits, but under steady writes it never gets to the end either, and the log grows. Restarting holds the
 * writers up, so it comes second, with little left to move, and gives up soon: a long reader must not stop the
 * writers for as long as it reads. The file keeps its size: overwriting is cheaper to sync than growing. */
int db_checkpoint(struct db *db, int64_t restart_above_bytes, struct err *e)
{
    char wal[1200];
    struct stat st;

    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    snprintf(wal, sizeof wal, "%s-wal", sqlite3_db_filename(db->handle, "main"));
    if (code == SQLITE_OK && stat(wal, &st) == 0 && st.st_size > restart_above_bytes) {
        db->busy_limit_ms = RESTART_LIMIT_MS;
        code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
        db->busy_limit_ms = BUSY_LIMIT_MS;
    }
    return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY ? 0 : fail(e, db, "checkpoint");
}
