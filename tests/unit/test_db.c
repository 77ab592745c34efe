/*
 * The door to SQLite: what it opens and refuses, the settings that our promises rest on, and every statement of every
 * module: it prepares on a fresh schema, and a hot one never walks a whole table.
 */
#include "unit.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "db.h"
#include "jobs.h"
#include "keys.h"
#include "events.h"
#include "gates.h"
#include "idempotency.h"
#include "lifecycle.h"
#include "sources.h"
#include "queue.h"
#include "tracks.h"
#include "workers.h"

extern const char *const db_migrations[];
extern const int db_migration_count;

/* A fresh database in the test's directory. */
static struct db *fresh(void)
{
    struct db *db = NULL;
    struct err e;

    log_set_level(LOG_WARN);
    check(db_migrate("t.db", &e) == 0, "%s", e.text);
    check(db_open(&db, "t.db", &e) == 0, "%s", e.text);
    return db;
}

/* Past the door: a handle of our own on the same file. */
static sqlite3 *raw(const char *path)
{
    sqlite3 *h = NULL;

    check(sqlite3_open(path, &h) == SQLITE_OK, "%s", sqlite3_errmsg(h));
    return h;
}

static void raw_exec(const char *path, const char *sql)
{
    sqlite3 *h = raw(path);
    char *why = NULL;

    check(sqlite3_exec(h, sql, NULL, NULL, &why) == SQLITE_OK, "%s: %s", sql, why);
    sqlite3_close(h);
}

/* One value of one query through the door. sql must be a literal. */
static int64_t number(struct db *db, const char *sql)
{
    struct stmt *s = db_stmt(db, sql);
    struct err e;

    check(db_step(s, &e) == 1, "%s: %s", sql, e.text);
    const int64_t n = col_int(s, 0);
    db_done(s);
    return n;
}

static void run(struct db *db, const char *sql)
{
    struct err e;
    check(db_run(db_stmt(db, sql), &e) == 0, "%s: %s", sql, e.text);
}

/* ---- versions ---- */

TEST(only_versions_with_the_fix_of_the_wal_reset_bug_are_safe)
{
    static const struct { int version; bool safe; } cases[] = {
        { 3006023, false }, { 3007000, false }, { 3008000, false }, { 3034001, false }, { 3040001, false },
        { 3043002, false }, { 3044000, false }, { 3044005, false }, { 3044006, true }, { 3044007, true },
        { 3045000, false }, { 3045003, false }, { 3046001, false }, { 3049002, false }, { 3050000, false },
        { 3050006, false }, { 3050007, true }, { 3050099, true }, { 3051000, false }, { 3051002, false },
        { 3051003, true }, { 3052000, true }, { 3053002, true }, { 4000000, true }, { 0, false },
    };

    for (size_t i = 0; i < LENGTH(cases); i++)
        check(db_version_is_safe(cases[i].version) == cases[i].safe, "%d", cases[i].version);
}

/* ---- migrate and open ---- */

TEST(a_new_file_gets_the_whole_schema)
{
    struct db *db = fresh();

    assert_int_equal(number(db, "PRAGMA user_version"), db_migration_count);
    assert_int_equal(number(db, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'download_jobs'"), 1);
    assert_int_equal(number(db, "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%'"),
                     0);
    db_close(&db);
    assert_null(db);
    db_close(&db);      /* as the header allows */
}

TEST(migrating_twice_changes_nothing)
{
    struct db *db = fresh();
    struct err e;

    run(db, "UPDATE revision SET value = 77");
    const int64_t schema = number(db, "PRAGMA schema_version");
    check(db_migrate("t.db", &e) == 0, "%s", e.text);
    check(db_migrate("t.db", &e) == 0, "%s", e.text);
    assert_int_equal(number(db, "SELECT value FROM revision"), 77);
    assert_int_equal(number(db, "PRAGMA schema_version"), schema);
    db_close(&db);
    char copy[32];
    snprintf(copy, sizeof copy, "t.db.before-%d", db_migration_count);
    assert_int_not_equal(access(copy, F_OK), 0);
}

/* What somebody has who ran the first version. */
TEST(a_database_of_version_1_keeps_its_jobs_and_they_are_claimed)
{
    static const char *const rows[] = {
        "INSERT INTO download_jobs (id, uuid, url, source, spec_json, state, created_at_ms, updated_at_ms, revision)"
        " VALUES (1, 'a', 'https://example.org/1', 'youtube', '{}', 'done', 1, 1, 1),"
        "        (2, 'b', 'https://example.org/2', 'youtube', '{}', 'queued', 2, 2, 2),"
        "        (3, 'c', 'https://example.org/3', 'generic', '{}', 'queued', 3, 3, 3)",
        "INSERT INTO tasks (id, kind, queue, job_id, state, run_after_ms, created_at_ms)"
        " VALUES (1, 'resolve', 'default', 1, 'done', 0, 1), (2, 'resolve', 'default', 2, 'queued', 0, 2),"
        "        (3, 'resolve', 'default', 3, 'queued', 5, 3), (4, 'tidy', 'maintenance', 2, 'queued', 0, 4)",
        "INSERT INTO workers (owner, name, pid, version, ytdlp_path, ytdlp_version, started_at_ms)"
        " VALUES ('w0', 'w', 1, '0', '', '', 1)",
    };
    const struct conf conf = { .lease_s = 60, .source_budgets = "" };
    struct db *db = NULL;
    struct claim c;
    struct err e;

    sqlite3 *h = raw("t.db");
    assert_int_equal(sqlite3_exec(h, db_migrations[0], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "PRAGMA user_version=1", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < LENGTH(rows); i++)
        check(sqlite3_exec(h, rows[i], NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(h));
    sqlite3_close(h);
    check(db_migrate("t.db", &e) == 0, "%s", e.text);
    assert_int_equal(access("t.db.before-1", F_OK), 0);
    check(db_open(&db, "t.db", &e) == 0, "%s", e.text);
    assert_int_equal(number(db, "SELECT SUM(jobs) FROM job_counts"), 3);
    assert_int_equal(number(db, "SELECT jobs FROM job_counts WHERE source = 'youtube' AND state = 'queued'"), 1);
    assert_int_equal(life_claim(db, &conf, "default", "w1", &c, &e), 1);
    assert_int_equal(c.task_id, 2);
    assert_string_equal(c.source, "youtube");
    assert_int_equal(life_promote(db, &e), 1);          /* what waited for a retry */
    assert_int_equal(life_claim(db, &conf, "default", "w1", &c, &e), 1);
    assert_int_equal(c.task_id, 3);
    assert_int_equal(life_claim(db, &conf, "maintenance", "w1", &c, &e), 1);
    db_close(&db);
}

static void migrate_when(int go, const char *path)
{
    struct err e;
    char c;

    if (read(go, &c, 1) < 0)        /* ends when the parent closes its side: for all at the same moment */
        _exit(2);
    const int rc = db_migrate(path, &e);
    if (rc)
        dprintf(STDERR_FILENO, "# %s\n", e.text);
    _exit(rc ? 1 : 0);
}

/* One migrates, the others wait and find it done. SQLite reports a lock at once while a file turns to WAL, whatever
 * the busy handler says; it takes some rounds to see that. */
TEST(processes_that_migrate_at_once_all_succeed)
{
    enum { PROCESSES = 6, ROUNDS = 30 };

    log_set_level(LOG_ERROR);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t child[PROCESSES];
        char path[16];
        int go[2], failed = 0;
        snprintf(path, sizeof path, "%d.db", round);
        assert_int_equal(pipe(go), 0);
        for (int i = 0; i < PROCESSES; i++) {
            child[i] = fork();
            if (child[i] == 0) {
                close(go[1]);
                migrate_when(go[0], path);
            }
        }
        close(go[0]);
        close(go[1]);
        for (int i = 0; i < PROCESSES; i++) {
            int status = -1;
            waitpid(child[i], &status, 0);
            failed += status != 0;
        }
        check(failed == 0, "round %d: %d of %d", round, failed, PROCESSES);
        struct db *db = NULL;
        struct err e;
        check(db_open(&db, path, &e) == 0, "%s", e.text);
        assert_int_equal(number(db, "SELECT COUNT(*) FROM revision"), 1);
        db_close(&db);
    }
}

/* Contents of a file and whether anything lies beside it. */
static void untouched(const char *path, const char *before, size_t size)
{
    char *now = NULL;
    size_t n = 0;
    struct err e;

    check(file_read(&now, &n, path, 1 << 24, &e) == 0, "%s", e.text);
    check(n == size && memcmp(now, before, n) == 0, "%s was changed (%zu bytes, now %zu)", path, size, n);
    free(now);
    char beside[64];
    static const char *const suffixes[] = { "-wal", "-journal", ".before-0", ".before-1", ".before-99" };
    for (size_t i = 0; i < LENGTH(suffixes); i++) {
        snprintf(beside, sizeof beside, "%s%s", path, suffixes[i]);
        struct stat st;
        check(stat(beside, &st) != 0 || st.st_size == 0, "%s was left", beside);
    }
}

static void refused_and_untouched(const char *path, const char *part_of_text)
{
    char *before = NULL;
    size_t n = 0;
    struct db *db = NULL;
    struct err e;

    check(file_read(&before, &n, path, 1 << 24, &e) == 0, "%s", e.text);
    check(db_migrate(path, &e) == -1, "%s is migrated", path);
    check(e.kind == ERR_SYSTEM && strstr(e.text, part_of_text), "%s: %s", err_class(e.kind)->name, e.text);
    untouched(path, before, n);
    check(db_open(&db, path, &e) == -1 && db == NULL, "%s is opened", path);
    check(strstr(e.text, part_of_text) != NULL, "%s", e.text);
    untouched(path, before, n);
    free(before);
}

TEST(a_file_of_a_newer_schema_is_refused_and_left_alone)
{
    log_set_level(LOG_ERROR);
    raw_exec("newer.db", "PRAGMA journal_mode=WAL; CREATE TABLE of_tomorrow (a); PRAGMA user_version=99;"
                         "PRAGMA wal_checkpoint(TRUNCATE)");
    refused_and_untouched("newer.db", "schema version 99");
    /* Also one that is not in WAL mode: not even its mode is changed. */
    raw_exec("delete.db", "PRAGMA journal_mode=DELETE; CREATE TABLE of_tomorrow (a); PRAGMA user_version=99");
    refused_and_untouched("delete.db", "schema version 99");
}

TEST(a_file_that_is_no_database_is_refused_and_left_alone)
{
    char text[5000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    log_set_level(LOG_ERROR);
    unit_write("text.db", text);
    refused_and_untouched("text.db", "not a database");
    unit_write("short.db", "hello");
    refused_and_untouched("short.db", "not a database");
}

TEST(a_directory_or_a_link_is_not_opened)
{
    struct db *db = NULL;
    struct err e;

    log_set_level(LOG_ERROR);
    assert_int_equal(mkdir("dir.db", 0700), 0);
    assert_int_equal(db_migrate("dir.db", &e), -1);
    assert_int_equal(symlink("elsewhere.db", "link.db"), 0);
    assert_int_equal(db_migrate("link.db", &e), -1);
    assert_int_not_equal(access("elsewhere.db", F_OK), 0);
    assert_int_equal(db_migrate("no/such/dir/t.db", &e), -1);
    assert_int_equal(db_open(&db, "none.db", &e), -1);
    assert_int_not_equal(access("none.db", F_OK), 0);      /* opening creates nothing */
}

TEST(a_file_without_schema_is_not_opened_as_it_is_being_migrated)
{
    struct db *db = NULL;
    struct err e;

    raw_exec("empty.db", "PRAGMA journal_mode=WAL");
    assert_int_equal(db_open(&db, "empty.db", &e), -1);
    assert_int_equal(e.kind, ERR_BUSY);
}

/* ---- settings ---- */

TEST(the_settings_that_durability_rests_on_are_in_force)
{
    struct db *db = fresh();
    struct stmt *s = db_stmt(db, "PRAGMA journal_mode");
    struct err e;

    assert_int_equal(db_step(s, &e), 1);
    assert_string_equal(col_text(s, 0), "wal");
    db_done(s);
    assert_int_equal(number(db, "PRAGMA synchronous"), 2);      /* FULL */
    assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(db, "PRAGMA wal_autocheckpoint"), 0);
    assert_int_equal(number(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(number(db, "PRAGMA journal_size_limit"), 64 << 20);
    assert_int_equal(number(db, "PRAGMA cell_size_check"), 1);
    assert_int_equal(number(db, "PRAGMA mmap_size"), 0);
    db_close(&db);
}

TEST(the_schema_cannot_be_written_to_as_a_table)
{
    struct db *db = fresh();
    struct err e;

    assert_int_equal(db_run(db_stmt(db, "PRAGMA writable_schema=ON"), &e), 0);     /* defensive: has no effect */
    assert_int_equal(db_run(db_stmt(db, "UPDATE sqlite_schema SET sql = 'x'"), &e), -1);
    db_close(&db);
}

TEST(closing_leaves_the_wal_to_the_checkpointer)
{
    struct db *db = fresh();
    struct stat st;

    run(db, "UPDATE revision SET value = 5");
    db_close(&db);
    assert_int_equal(stat("t.db-wal", &st), 0);
    assert_true(st.st_size > 0);
    db = fresh();
    assert_int_equal(number(db, "SELECT value FROM revision"), 5);
    db_close(&db);
}

static int64_t wal_bytes(void)
{
    struct stat st;
    return stat("t.db-wal", &st) ? -1 : (int64_t)st.st_size;
}

TEST(a_checkpointed_wal_is_started_over_and_does_not_grow)
{
    struct db *db = fresh();
    struct err e;

    run(db, "UPDATE revision SET value = 5");
    const int64_t before = wal_bytes();
    assert_int_equal(db_checkpoint(db, 0, &e), 0);
    run(db, "UPDATE revision SET value = 6");
    assert_int_equal(wal_bytes(), before);
    assert_int_equal(number(db, "SELECT value FROM revision"), 6);
    db_close(&db);
}

TEST(a_checkpoint_gives_way_to_a_reader_and_holds_no_writer_up)
{
    struct db *db = fresh();
    sqlite3 *reader = raw("t.db");
    struct err e;

    run(db, "UPDATE revision SET value = 5");
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT value FROM revision", NULL, NULL, NULL), SQLITE_OK);
    run(db, "UPDATE revision SET value = 6");
    const int64_t began_ms = clock_boot_ms();
    assert_int_equal(db_checkpoint(db, 0, &e), 0);
    check(clock_boot_ms() - began_ms < 2000, "it waited for the reader");   /* 50 ms; SQLite's way would be 5 s */
    run(db, "UPDATE revision SET value = 7");
    sqlite3_close(reader);
    assert_int_equal(number(db, "SELECT value FROM revision"), 7);
    db_close(&db);
}

/* ---- transactions ---- */

TEST(a_transaction_is_kept_or_undone_as_its_caller_says)
{
    struct db *db = fresh();
    struct err e = { .kind = ERR_INPUT, .text = "the reason" };

    assert_int_equal(db_begin(db, &e), 0);
    run(db, "UPDATE revision SET value = 10");
    assert_int_equal(db_end(db, 0, &e), 0);
    assert_int_equal(number(db, "SELECT value FROM revision"), 10);
    assert_int_equal(db_begin(db, &e), 0);
    run(db, "UPDATE revision SET value = 11");
    assert_int_equal(db_end(db, -1, &e), -1);
    assert_int_equal(number(db, "SELECT value FROM revision"), 10);
    assert_string_equal(e.text, "the reason");      /* undoing does not overwrite it */
    assert_int_equal(db_begin(db, &e), 0);          /* and the next one begins */
    assert_int_equal(db_end(db, 0, &e), 0);
    db_close(&db);
}

TEST(a_commit_that_fails_is_undone_and_reported)
{
    struct db *db = fresh();
    struct err e;

    run(db, "PRAGMA defer_foreign_keys=ON");
    assert_int_equal(db_begin(db, &e), 0);
    run(db, "PRAGMA defer_foreign_keys=ON");
    run(db, "INSERT INTO tasks (kind, queue, job_id, created_at_ms) VALUES ('resolve', 'default', 12345, 0)");
    assert_int_equal(db_end(db, 0, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_int_equal(number(db, "SELECT COUNT(*) FROM tasks"), 0);
    assert_int_equal(db_begin(db, &e), 0);
    assert_int_equal(db_end(db, 0, &e), 0);
    db_close(&db);
}

/* ---- group commit ---- */

TEST(members_of_a_group_are_durable_together_and_fail_alone)
{
    struct db *db = fresh(), *other = NULL;
    struct err e = { 0 };

    assert_int_equal(db_open(&other, "t.db", &e), 0);
    db_group_start(db);
    check(!db_group_has_lock(db), "nobody has written yet");
    assert_int_equal(db_begin(db, &e), 0);
    check(db_group_has_lock(db), "now it is open");
    run(db, "UPDATE revision SET value = 20");
    assert_int_equal(db_end(db, 0, &e), 0);
    assert_int_equal(db_begin(db, &e), 0);
    run(db, "UPDATE revision SET value = 21");
    assert_int_equal(db_end(db, -1, &e), -1);
    assert_int_equal(number(db, "SELECT value FROM revision"), 20);
    assert_int_equal(number(other, "SELECT value FROM revision"), 1);
    assert_int_equal(db_group_commit(db, &e), 0);
    assert_int_equal(number(other, "SELECT value FROM revision"), 20);
    assert_int_equal(db_begin(db, &e), 0);          /* and life is as before */
    run(db, "UPDATE revision SET value = 22");
    assert_int_equal(db_end(db, 0, &e), 0);
    assert_int_equal(number(other, "SELECT value FROM revision"), 22);
    db_close(&other);
    db_close(&db);
}

TEST(a_group_that_wrote_nothing_takes_no_lock)
{
    struct db *db = fresh(), *other = NULL;
    struct err e = { 0 };

    assert_int_equal(db_open(&other, "t.db", &e), 0);
    assert_int_equal(db_begin(other, &e), 0);
    db_group_start(db);
    assert_int_equal(number(db, "SELECT value FROM revision"), 1);
    assert_int_equal(db_group_commit(db, &e), 0);
    assert_int_equal(db_end(other, 0, &e), 0);
    db_close(&other);
    db_close(&db);
}

/* An I/O error can undo the whole transaction, as OR ROLLBACK does: members that had ended well must hear of it. */
TEST(a_group_that_was_rolled_back_fails_for_all_its_members)
{
    struct db *db = fresh();
    struct err e = { 0 };

    db_group_start(db);
    assert_int_equal(db_begin(db, &e), 0);
    run(db, "UPDATE revision SET value = 30");
    assert_int_equal(db_end(db, 0, &e), 0);
    assert_int_equal(db_begin(db, &e), 0);
    assert_int_equal(db_run(db_stmt(db, "INSERT OR ROLLBACK INTO revision (id, value) VALUES (1, 31)"), &e), -1);
    assert_int_equal(db_end(db, -1, &e), -1);
    check(!db_group_has_lock(db), "the transaction is gone");
    assert_int_equal(db_begin(db, &e), -1);         /* and no new one takes its place */
    assert_int_equal(db_group_commit(db, &e), -1);
    assert_int_equal(e.kind, ERR_BUSY);
    assert_int_equal(number(db, "SELECT value FROM revision"), 1);
    db_close(&db);
}

TEST(failures_have_the_kind_that_says_what_to_do)
{
    struct db *db = fresh();
    struct err e;

    assert_int_equal(db_run(db_stmt(db, "INSERT INTO revision (id, value) VALUES (1, 1)"), &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_int_equal(db_run(db_stmt(db, "SELECT no_such_column FROM revision"), &e), -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    assert_non_null(strstr(e.text, "no_such_column"));
    run(db, "PRAGMA max_page_count=1");      /* rounds up to what there is: no room for another page */
    assert_int_equal(db_run(db_stmt(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                                        " INSERT INTO api_keys (name, sha256, created_at_ms)"
                                        " SELECT hex(randomblob(200)), hex(randomblob(32)), 0 FROM n"), &e), -1);
    assert_int_equal(e.kind, ERR_DISK);
    db_close(&db);
}

TEST(a_misspelt_parameter_stops_the_program)
{
    struct db *db = fresh();
    const pid_t child = fork();
    int status = 0;

    if (child == 0) {
        const int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        bind_int(db_stmt(db, "SELECT :value"), ":vaule", 1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    db_close(&db);
}

TEST(values_come_back_as_they_were_bound)
{
    struct db *db = fresh();
    static const char sql[] = "SELECT :i, :r, :nan, :t, :null, :n, typeof(:nan), typeof(:null)";
    char text[] = "copied", small[4];
    struct err e;

    struct stmt *s = db_stmt(db, sql);
    bind_int(s, ":i", INT64_MIN);
    bind_real(s, ":r", 0.1);
    bind_real(s, ":nan", 0.0 / 0.0);
    bind_text(s, ":t", text);
    bind_text(s, ":null", NULL);
    bind_null(s, ":n");
    text[0] = 'X';
    assert_int_equal(db_step(s, &e), 1);
    assert_true(col_int(s, 0) == INT64_MIN);
    assert_true(col_real(s, 1) == 0.1);
    assert_true(col_real(s, 2) != col_real(s, 2));
    assert_string_equal(col_text(s, 3), "copied");
    assert_null(col_text(s, 4));
    assert_int_equal(col_int(s, 5), 0);
    assert_string_equal(col_text(s, 6), "null");
    assert_string_equal(col_text(s, 7), "null");
    col_copy(s, 3, small, sizeof small);
    assert_string_equal(small, "cop");
    col_copy(s, 4, small, sizeof small);
    assert_string_equal(small, "");
    assert_int_equal(db_step(s, &e), 0);
    /* The same statement again: nothing of the last use is left. */
    assert_ptr_equal(db_stmt(db, sql), s);
    assert_int_equal(db_step(s, &e), 1);
    assert_null(col_text(s, 3));
    db_done(s);
    db_close(&db);
}

TEST(a_change_by_another_connection_is_noticed)
{
    struct db *db = fresh(), *other = fresh();
    const int64_t before = db_data_version(db);

    assert_int_equal(db_data_version(db), before);
    run(db, "UPDATE revision SET value = value + 1");
    assert_int_equal(db_data_version(db), before);      /* one's own does not count */
    run(other, "UPDATE revision SET value = value + 1");
    assert_int_not_equal(db_data_version(db), before);
    db_close(&db);
    db_close(&other);
}

/* ---- two processes ---- */

/* A process that holds the write lock for ms; returns when it has it. */
static pid_t lock_holder(int ms)
{
    int ready[2];
    char c = 0;

    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct db *db = NULL;
        struct err e;
        if (db_open(&db, "t.db", &e) || db_begin(db, &e) || write(ready[1], "x", 1) != 1)
            _exit(1);
        const struct timespec nap = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
        nanosleep(&nap, NULL);
        _exit(db_end(db, 0, &e) ? 1 : 0);
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
}

static void joined(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

TEST(a_writer_waits_for_another_ones_lock_and_no_error_is_seen)
{
    struct db *db = fresh();
    struct err e;

    const int64_t began = clock_boot_ms();
    const pid_t holder = lock_holder(300);
    check(db_begin(db, &e) == 0, "%s", e.text);
    const int64_t waited = clock_boot_ms() - began;
    assert_int_equal(db_end(db, 0, &e), 0);
    check(waited >= 290 && waited < 2000, "waited %lld ms", (long long)waited);
    joined(holder);
    db_close(&db);
}

TEST(readers_do_not_wait_for_a_writer)
{
    struct db *db = fresh();

    const pid_t holder = lock_holder(400);
    const int64_t began = clock_boot_ms();
    assert_int_equal(number(db, "SELECT value FROM revision"), 1);
    const int64_t took = clock_boot_ms() - began;
    check(took < 300, "a read took %lld ms", (long long)took);
    joined(holder);
    db_close(&db);
}

TEST(a_lock_that_is_held_for_longer_than_5_s_is_busy)
{
    struct db *db = fresh();
    struct err e;

    const pid_t holder = lock_holder(6000);
    const int64_t began = clock_boot_ms();
    assert_int_equal(db_begin(db, &e), -1);
    const int64_t waited = clock_boot_ms() - began;
    assert_int_equal(e.kind, ERR_BUSY);
    check(waited >= 4900 && waited < 5800, "waited %lld ms", (long long)waited);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    check(db_begin(db, &e) == 0, "%s", e.text);     /* the kernel let its locks go */
    assert_int_equal(db_end(db, 0, &e), 0);
    db_close(&db);
}

TEST(six_processes_write_and_none_sees_busy_nor_loses_a_write)
{
    enum { WRITERS = 6, EACH = 50 };
    struct db *db = fresh();
    pid_t child[WRITERS];

    db_close(&db);
    for (int i = 0; i < WRITERS; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            struct err e;
            if (db_open(&db, "t.db", &e))
                _exit(1);
            for (int k = 0; k < EACH; k++) {
                if (db_begin(db, &e))
                    _exit(2);
                struct stmt *s = db_stmt(db, "SELECT value FROM revision");
                if (db_step(s, &e) != 1)
                    _exit(3);
                const int64_t value = col_int(s, 0);
                db_done(s);
                s = db_stmt(db, "UPDATE revision SET value = :value");
                bind_int(s, ":value", value + 1);
                if (db_end(db, db_run(s, &e), &e))
                    _exit(4);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < WRITERS; i++)
        joined(child[i]);
    db = fresh();
    assert_int_equal(number(db, "SELECT value FROM revision"), 1 + WRITERS * EACH);
    db_close(&db);
}

/* ---- every statement ---- */

/* The text of each statement that ran, once. */
static char *seen[256];
static int seen_count;

static int on_statement(unsigned what, void *arg, void *stmt, void *text)
{
    const char *sql = sqlite3_sql(stmt);

    (void)what, (void)arg, (void)text;
    for (int i = 0; i < seen_count; i++)
        if (strcmp(seen[i], sql) == 0)
            return 0;
    if (seen_count < (int)LENGTH(seen))
        seen[seen_count++] = strdup(sql);
    return 0;
}

/* SQLite calls this for every connection that opens, db.c's included. */
static int listen_in(sqlite3 *h, const char **why, const void *api)
{
    (void)why, (void)api;
    return sqlite3_trace_v2(h, SQLITE_TRACE_STMT, on_statement, NULL);
}

static void ignore_job(void *arg, const struct job *j) { (void)arg, (void)j; }
static void ignore_track(void *arg, const struct track *t) { (void)arg, (void)t; }
static void ignore_event(void *arg, const struct event *ev) { (void)arg, (void)ev; }
static void ignore_running(void *arg, const struct queue_running *r) { (void)arg, (void)r; }
static void ignore_stage(void *arg, const struct stage_row *r) { (void)arg, (void)r; }
static int place(void *arg, struct err *e) { (void)arg, (void)e; return 0; }

#define ok(call) check((call) >= 0, #call ": %s", e.text)

/* Calls whatever lib does to the database. A new statement needs a call here: the test below counts them. */
static void use_everything(void)
{
    struct db *db = fresh();
    struct conf conf = { .max_retries = 3, .max_crashes = 3, .retry_base_ms = 10, .lease_s = 60, .source_rest_s = 1,
                         .source_budgets = "*=1000", .data_dir = "." };
    struct job_filter filter = { .before_id = INT64_MAX, .limit = 10 };
    struct queue_progress p = { .stage = "download", .percent = 1, .downloaded_bytes = -1, .total_bytes = -1,
                                .speed_bps = -1, .eta_s = -1 };
    struct track_info info = { .url = "https://example.org/", .duration_ms = -1 };
    const struct artifact artifact = { .kind = "audio", .path = "a/b.mp3", .format = "mp3", .sha256 = "0",
                                       .size_bytes = 1 };
    const struct life_result result = { .artifacts = &artifact, .count = 1, .duration_ms = 1, .report_json = "{}",
                                        .place = place };
    struct worker_row worker = { .owner = "w1", .name = "w" }, workers[2];
    char uuid[ID_UUID_BYTES], track[ID_UUID_BYTES], owners[4][QUEUE_OWNER_BYTES];
    char token[ID_SECRET_BYTES], key[ID_SECRET_BYTES];
    const struct err network = { .kind = ERR_NETWORK, .text = "x" };
    const struct err refused = { .kind = ERR_RATE_LIMITED, .text = "x" };
    const struct err gone = { .kind = ERR_UNAVAILABLE, .text = "x" };
    struct new_job ask = { .url = "https://example.org/", .source = "generic", .asked = "example.org",
                           .spec_json = "{}", .client_ref = "" };
    struct job_request request;
    struct job_totals totals;
    struct queue_lane lane;
    char body[] = "{}";
    struct stored_answer answer = { .status = 201, .body = body }, given;
    static struct gates gates;
    int64_t n, key_id = 0;
    bool again, existing;
    struct claim c, d;
    struct job job;
    struct track t;
    struct err e;

    ok(life_submit(db, &ask, uuid, &existing, &e));
    ok(life_pause(db, uuid, &e));
    ok(life_resume(db, uuid, &e));
    ok(life_prioritize(db, uuid, 1, &e));
    ok(life_reschedule(db, uuid, 0, &e));
    ok(life_pause_lane(db, "slow", true, &e));
    assert_int_equal(life_pause_lane(db, "slow", true, &e), -1);
    ok(life_follow_clock(db, "boot", &e));
    run(db, "UPDATE clock SET offset_ms = 0");
    ok(life_follow_clock(db, "boot", &e));
    ok(life_promote(db, &e));
    ok(life_claim(db, &conf, "default", "w1", &c, &e));
    ok(queue_heartbeat(db, &c, 60000, &e));
    ok(life_tick(db, &c, &p, &e));
    ok(queue_stage(db, &c, "resolve", 0, "done", 1, 1, &e));
    ok(queue_other_owners(db, "w2", owners, 4, &e));
    ok(queue_next_orphan(db, "w1", INT64_MAX, &d, &e));
    ok(queue_others_running(db, &c, &e));
    ok(queue_lane(db, "default", &lane, &e));
    ok(queue_running(db, 10, ignore_running, NULL, &e));
    ok(jobs_totals(db, &totals, &e));
    ok(sources_forget(db, &e));
    ok(sources_free_probes(db, &e));
    ok(gates_load(&gates, db, &conf, &e));
    ok(events_list(db, c.job_id, 0, 10, ignore_event, NULL, &e));
    ok(idempotency_find(db, 1, "a", "h", &given, &e));
    ok(idempotency_store(db, 1, "a", "h", &answer, &e));
    ok(idempotency_expire(db, 10, &e));
    ok(jobs_request(db, c.job_id, &request, &e));
    job_request_free(&request);
    id_uuid7(track);
    ok(life_fed(db, &c, &e));
    run(db, "UPDATE tasks SET asks = 2");
    ok(life_note(db, &c, "repeated", "resolve", &network, &e));
    ok(life_resolved(db, &c, track, &info, ASKS_MEDIA, &e));
    ok(life_claim(db, &conf, "default", "w1", &c, &e));
    ok(life_failed(db, &c, &conf, &network, &again, &e));
    run(db, "UPDATE tasks SET run_after_ms = 0");
    ok(life_promote(db, &e));
    ok(life_claim(db, &conf, "default", "w1", &c, &e));
    ok(life_failed(db, &c, &conf, &refused, &again, &e));
    ok(life_wake_source(db, "example.org", &e));
    check(life_claim(db, &conf, "default", "w1", &c, &e) == 1, "the source may be tried: %s", e.text);
    ok(life_failed(db, &c, &conf, &network, &again, &e));
    run(db, "UPDATE tasks SET run_after_ms = 0");
    ok(life_promote(db, &e));
    check(life_claim(db, &conf, "default", "w1", &c, &e) == 1, "the source may be tried again: %s", e.text);
    ok(life_failed(db, &c, &conf, &gone, &again, &e));
    ok(life_retry(db, uuid, &e));
    check(life_claim(db, &conf, "default", "w1", &c, &e) == 1, "retried: %s", e.text);
    ok(life_finished(db, &c, &result, &e));
    ok(jobs_find(db, uuid, &job, &e));
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    filter.state = "done";
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    filter.source = "generic";
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    filter.state = NULL;
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    ok(jobs_count(db, &filter, &n, &e));
    ok(jobs_revision(db, &n, &e));
    ok(tracks_find(db, track, &t, &e));
    track_free(&t);
    ok(tracks_by_id(db, 1, &t, &e));
    track_free(&t);
    ok(tracks_of_job(db, job.id, ignore_track, NULL, &e));
    ok(tracks_work_state(db, track, &e));
    ok(tracks_job_has_files(db, job.id, &e));
    ok(tracks_stages_of_job(db, job.id, ignore_stage, NULL, &e));
    ok(life_delete(db, uuid, &e));
    ok(life_claim(db, &conf, "maintenance", "w1", &c, &e));
    ok(life_purged(db, &c, &e));
    ok(life_submit(db, &ask, uuid, &existing, &e));
    ok(life_cancel(db, uuid, &e));
    ok(workers_add(db, &worker, &e));
    ok(workers_set_ytdlp(db, worker.owner, "/usr/bin/yt-dlp", "2026.10.26", &e));
    ok(workers_list(db, workers, 2, &e));
    ok(workers_remove(db, ".", "w1", &e));
    ok(keys_ensure_admin(db, unit_dir, &e));
    char *text = unit_read("admin-key");
    snprintf(key, sizeof key, "%s", text);
    free(text);
    ok(keys_check(db, key, &key_id, &e));
    ok(keys_login(db, key_id, 1000, token, &e));
    ok(keys_check_login(db, token, &key_id, &e));
    ok(keys_logout(db, token, &e));
    db_close(&db);
}

/* Not the test's own, and not SQLite's own. */
static bool is_statement_of_a_module(const char *sql)
{
    static const char *const verbs[] = { "SELECT", "INSERT", "UPDATE", "DELETE", "WITH R" };

    if (strstr(sql, "SET run_after_ms = 0") || strstr(sql, "SET offset_ms = 0") || strstr(sql, "SET asks = 2") ||
        strstr(sql, "sqlite_schema"))
        return false;
    for (size_t i = 0; i < LENGTH(verbs); i++)
        if (strncmp(sql, verbs[i], 6) == 0)
            return true;
    return false;
}

/* How many rows "[Q_…] =" the statement tables of lib have. */
static int statements_in_source(void)
{
    static const char *const modules[] = { "events", "idempotency", "jobs", "keys", "lanes", "lifecycle",
                                          "queue", "sources", "tracks", "workers" };
    int n = 0;

    for (size_t i = 0; i < LENGTH(modules); i++) {
        char name[64];
        snprintf(name, sizeof name, "lib/%s.c", modules[i]);
        char *text = unit_read(unit_checkout(name));
        for (const char *p = text; (p = strstr(p, "\n    [Q_")); p++)
            n++;
        free(text);
    }
    return n;
}

TEST(each_statement_of_each_module_prepares_and_is_known_to_this_test)
{
    struct db *db = fresh();        /* migrations are no module's statements */
    db_close(&db);
    seen_count = 0;
    sqlite3_auto_extension((void (*)(void))listen_in);
    use_everything();
    sqlite3_reset_auto_extension();
    int known = 0;
    for (int i = 0; i < seen_count; i++)
        known += is_statement_of_a_module(seen[i]);
    check(known == statements_in_source(),
          "%d statements ran here, lib/*.c has %d: use_everything() misses some, or two are alike", known,
          statements_in_source());
}

/* The statements that may walk a table, and why that stays small. Everything else has to use an index. */
static const struct { const char *part, *reason; } may_scan[] = {
    { "FROM job_counts", "a row per source and state" },
    { "FROM lanes ORDER BY", "four rows" },
    { "FROM sources WHERE trips > 0", "one row per source that ever refused or has a budget" },
    { "UPDATE sources SET", "the same" },
    { "DELETE FROM sources", "the same" },
    { "SET run_after_ms = run_after_ms +", "all that wait, when the clock was set" },
    { "SELECT (SELECT COUNT(*) FROM (SELECT 1", "a lane's length: QUEUE_COUNT_MOST rows at most" },
    { "WHERE t.state = 'running' ORDER BY t.owner", "what runs, by the index of it" },
    { "SELECT run_after_ms FROM tasks", "one row of the index tasks_later" },
    { "WITH RECURSIVE flow", "one row per flow: claiming_walks_the_index… looks at its steps" },
    { "SELECT DISTINCT owner FROM tasks", "running tasks only, by their partial index" },
    { "DELETE FROM logins WHERE expires_at_ms", "one row per signed-in browser" },
    { "FROM workers", "one row per worker process" },
    { "DELETE FROM api_keys", "at start, over a handful of keys" },
};

TEST(no_hot_statement_walks_a_whole_table)
{
    /* Without statistics, and on empty tables: what the planner does by the schema alone. */
    struct db *db = fresh();
    db_close(&db);
    sqlite3 *h = raw("t.db");
    int plans = 0;

    assert_true(seen_count > 0);        /* by the test before */
    for (int i = 0; i < seen_count; i++) {
        sqlite3_stmt *s = NULL;
        char explain[4096];
        bool excused = false;
        if (!is_statement_of_a_module(seen[i]))
            continue;
        for (size_t k = 0; k < LENGTH(may_scan); k++)
            excused = excused || strstr(seen[i], may_scan[k].part);
        snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", seen[i]);
        check(sqlite3_prepare_v2(h, explain, -1, &s, NULL) == SQLITE_OK, "%s: %s", seen[i], sqlite3_errmsg(h));
        while (sqlite3_step(s) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(s, 3);
            plans++;
            check(excused || strncmp(step, "SCAN", 4) != 0 || strstr(step, "CONSTANT ROW"), "%s\nin: %s", step,
                  seen[i]);
            check(excused || !strstr(step, "TEMP B-TREE") || !strstr(seen[i], "UPDATE tasks"), "%s\nin: %s", step,
                  seen[i]);
        }
        sqlite3_finalize(s);
    }
    sqlite3_close(h);
    assert_true(plans > 40);
}

TEST(claiming_walks_the_index_of_waiting_tasks)
{
    struct db *db = fresh();
    bool claim = false, due = false;

    db_close(&db);
    sqlite3 *h = raw("t.db");
    for (int i = 0; i < seen_count; i++) {
        const bool is_claim = strstr(seen[i], "RETURNING id, job_id");
        const bool is_due = strstr(seen[i], "WITH RECURSIVE flow") && !strstr(seen[i], "UPDATE");
        if (!is_claim && !is_due)
            continue;
        sqlite3_stmt *s = NULL;
        char explain[4096];
        int by_index = 0;
        snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", seen[i]);
        assert_int_equal(sqlite3_prepare_v2(h, explain, -1, &s, NULL), SQLITE_OK);
        while (sqlite3_step(s) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(s, 3);
            check(strncmp(step, "SCAN tasks", 10) != 0 && strncmp(step, "SCAN t", 7) != 0, "%s\nin: %s", step, seen[i]);
            if (strstr(step, "INDEX tasks_claim (queue=? AND source=? AND asks>?)") ||
                strstr(step, "INDEX tasks_claim (queue=? AND source>?)") ||
                strstr(step, "INDEX tasks_claim (queue=?)"))
                by_index++;
        }
        sqlite3_finalize(s);
        check(by_index == 3, "first flow, next of its source, next source: %d steps by the index in %s", by_index,
              seen[i]);
        claim = claim || is_claim;
        due = due || is_due;
    }
    sqlite3_close(h);
    assert_true(claim && due);
}

UNIT_MAIN(UNIT(only_versions_with_the_fix_of_the_wal_reset_bug_are_safe),
          UNIT(a_new_file_gets_the_whole_schema),
          UNIT(migrating_twice_changes_nothing), UNIT(a_database_of_version_1_keeps_its_jobs_and_they_are_claimed),
          UNIT(processes_that_migrate_at_once_all_succeed),
          UNIT(a_file_of_a_newer_schema_is_refused_and_left_alone),
          UNIT(a_file_that_is_no_database_is_refused_and_left_alone),
          UNIT(a_directory_or_a_link_is_not_opened),
          UNIT(a_file_without_schema_is_not_opened_as_it_is_being_migrated),
          UNIT(the_settings_that_durability_rests_on_are_in_force),
          UNIT(the_schema_cannot_be_written_to_as_a_table),
          UNIT(closing_leaves_the_wal_to_the_checkpointer),
          UNIT(a_checkpointed_wal_is_started_over_and_does_not_grow),
          UNIT(a_checkpoint_gives_way_to_a_reader_and_holds_no_writer_up),
          UNIT(a_transaction_is_kept_or_undone_as_its_caller_says),
          UNIT(a_commit_that_fails_is_undone_and_reported),
          UNIT(members_of_a_group_are_durable_together_and_fail_alone),
          UNIT(a_group_that_wrote_nothing_takes_no_lock), UNIT(a_group_that_was_rolled_back_fails_for_all_its_members),
          UNIT(failures_have_the_kind_that_says_what_to_do),
          UNIT(a_misspelt_parameter_stops_the_program),
          UNIT(values_come_back_as_they_were_bound),
          UNIT(a_change_by_another_connection_is_noticed),
          UNIT(a_writer_waits_for_another_ones_lock_and_no_error_is_seen),
          UNIT(readers_do_not_wait_for_a_writer),
          UNIT(a_lock_that_is_held_for_longer_than_5_s_is_busy),
          UNIT(six_processes_write_and_none_sees_busy_nor_loses_a_write),
          UNIT(each_statement_of_each_module_prepares_and_is_known_to_this_test),
          UNIT(no_hot_statement_walks_a_whole_table),
          UNIT(claiming_walks_the_index_of_waiting_tasks))
