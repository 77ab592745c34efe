/*
 * The WAL-reset bug of SQLite 3.7.0–3.51.2 (https://sqlite.org/wal.html#walresetbug), made to happen every time.
 *
 * One process writes while another checkpoints: that is how Dubplate lives. The window is a few instructions wide, so
 * a stress test passes on a broken library. Here a VFS in front of the real one opens it on purpose:
 *
 *   1. The writer fills the WAL with N frames and has all of them checkpointed: the next write may start it over.
 *   2. The checkpointer begins. It reads the header (N frames) and calls xUnfetch, because the header has changed.
 *   3. Inside that call the writer commits: it resets the WAL and writes its first few frames anew.
 *   4. A broken checkpointer goes on with what it read: copies "the rest of N frames", notes N frames as done.
 *   5. The next frames up to N count as checkpointed and never reach the database file.
 *
 * This source is built twice. With the SQLite that ships it is the test. With -DWAL_RESET_CONTROL and the system's
 * library (package libsqlite3-dev) it is the control, control/wal_reset beside this program: on an affected version it
 * has to find the corruption, or the test proves nothing.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vfs_shim.h"

/* ---- a checkpoint that calls out from xUnfetch, of the connections that use the shim ---- */

static void (*at_unfetch)(void);        /* called once, then forgotten */

static int call_at_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p)
{
    void (*const call)(void) = at_unfetch;

    at_unfetch = NULL;
    if (call)
        call();
    return SHIM_PASS(f, xUnfetch, at, p);
}

/* ---- the race ---- */

static sqlite3 *writer, *checkpointer;

static void must(sqlite3 *db, const char *sql)
{
    char *why = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, why);
        exit(2);
    }
}

static sqlite3 *open_db(const char *path, const char *vfs)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs) != SQLITE_OK) {
        fprintf(stderr, "cannot open %s\n", path);
        exit(2);
    }
    must(db, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=FULL");
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return db;
}

static int rows_written;

/* One transaction of `rows` rows, each as large as a page, with an index: some frames each in table and index. */
static void write_rows(int rows)
{
    char sql[160];

    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO t1 (b) SELECT hex(randomblob(900)) FROM n", rows);
    must(writer, sql);
    rows_written += rows;
}

static void write_inside_the_checkpoint(void)
{
    write_rows(1);
}

/*
 * Runs the race in a new database at path. Returns whether everything that was committed is still there and the file
 * is sound; what is wrong goes to `answer`. *happened tells whether the write did fall into the checkpoint.
 */
static bool survives(const char *path, char *answer, size_t size, bool *happened)
{
    sqlite3_stmt *s = NULL;
    bool ok;

    shim_register(false);
    shim_methods.xUnfetch = call_at_unfetch;
    rows_written = 0;
    writer = open_db(path, NULL);
    must(writer, "CREATE TABLE t1 (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i1 ON t1 (b)");
    checkpointer = open_db(path, "shim");
    must(checkpointer, "SELECT * FROM t1");

    write_rows(20);                                             /* 1 */
    must(writer, "PRAGMA wal_checkpoint(PASSIVE)");
    at_unfetch = write_inside_the_checkpoint;
    must(checkpointer, "PRAGMA wal_checkpoint(PASSIVE)");       /* 2, 3, 4 */
    *happened = at_unfetch == NULL;
    for (int i = 0; i < 4; i++)                                 /* 5: frames that count as checkpointed, and more */
        write_rows(2);
    must(writer, "PRAGMA wal_checkpoint(PASSIVE)");
    for (int i = 0; i < 12; i++)
        write_rows(2);
    must(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(checkpointer);
    sqlite3_close(writer);

    sqlite3 *again = open_db(path, NULL);
    snprintf(answer, size, "no answer");
    if (sqlite3_prepare_v2(again, "PRAGMA integrity_check(1)", -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        snprintf(answer, size, "%s", (const char *)sqlite3_column_text(s, 0));
    else
        snprintf(answer, size, "%s", sqlite3_errmsg(again));
    sqlite3_finalize(s);
    ok = strcmp(answer, "ok") == 0;
    if (ok && sqlite3_prepare_v2(again, "SELECT COUNT(*) FROM t1 NOT INDEXED", -1, &s, NULL) == SQLITE_OK) {
        if (sqlite3_step(s) != SQLITE_ROW || sqlite3_column_int(s, 0) != rows_written) {
            snprintf(answer, size, "%d rows of %d", sqlite3_column_int(s, 0), rows_written);
            ok = false;
        }
        sqlite3_finalize(s);
    }
    sqlite3_close(again);
    return ok;
}

#ifdef WAL_RESET_CONTROL

/* Exit code 0: survived; 1: lost data; 2: could not run. */
int main(int argc, char **argv)
{
    char answer[512];
    bool happened = false;

    if (argc != 2)
        return 2;
    const bool ok = survives(argv[1], answer, sizeof answer, &happened);
    printf("%d SQLite %s: %s\n", sqlite3_libversion_number(), sqlite3_libversion(), answer);
    return !happened ? 2 : ok ? 0 : 1;
}

#else

#include "base/mem.h"
#include "db.h"
#include "proc.h"
#include "unit.h"

TEST(nothing_is_lost_when_a_write_falls_into_a_checkpoint)
{
    char answer[512];
    bool happened = false;

    const bool ok = survives("race.db", answer, sizeof answer, &happened);
    check(happened, "the write did not fall into the checkpoint: the shim is not called");
    check(ok, "SQLite %s: %s", sqlite3_libversion(), answer);
}

static int first_line(void *arg, char *line, struct err *e)
{
    (void)e;
    if (!*(char *)arg)
        copy_text(arg, 512, line);
    return 0;
}

/* Without this, a change in SQLite that moves the window would make the test above pass for ever. */
TEST(the_same_race_corrupts_the_systems_sqlite_if_that_is_an_affected_one)
{
    char control[PATH_MAX + 32], answer[512] = "";
    const char *const argv[] = { control, "race.db", NULL }, *const env[] = { NULL };
    const struct proc_spec spec = { .argv = argv, .env = env, .cwd = unit_dir, .line_bytes = 512,
                                    .on_line = first_line, .arg = answer };
    struct proc_result result;
    struct err e;

    const ssize_t n = readlink("/proc/self/exe", control, PATH_MAX);
    assert_true(n > 0);
    control[n] = '\0';
    snprintf(strrchr(control, '/'), 32, "/control/wal_reset");
    check(access(control, X_OK) == 0, "%s is not built: `make units` does, with the package libsqlite3-dev", control);
    check(proc_run(&spec, &result, &e) == 0, "%s", e.text);
    const long version = strtol(answer, NULL, 10);
    check(version > 3000000 && result.exit_code <= 1, "%s ended with %d: %s", control, result.exit_code, answer);
    if (db_version_is_safe((int)version)) {
        print_message("# no control: this system's library has the fix (%s)\n", answer);
        assert_int_equal(result.exit_code, 0);
    } else {
        check(result.exit_code == 1, "an affected SQLite came through: %s", answer);
        print_message("# the control lost data, as it should: %s\n", answer);
    }
}

/* What the two tests above are for: with such a library Dubplate does not even start. */
TEST(the_sqlite_that_ships_is_one_that_db_accepts)
{
    assert_true(db_version_is_safe(sqlite3_libversion_number()));
    assert_false(db_version_is_safe(3040001));
}

UNIT_MAIN(UNIT(nothing_is_lost_when_a_write_falls_into_a_checkpoint),
          UNIT(the_same_race_corrupts_the_systems_sqlite_if_that_is_an_affected_one),
          UNIT(the_sqlite_that_ships_is_one_that_db_accepts))

#endif
