/*
 * The door to SQLite: which library and which files it opens and refuses, how it migrates them, and the settings that
 * our promises rest on.
 */
#include "fresh_db.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "life_work.h"
#include "lifecycle.h"

extern const char *const db_migrations[];
extern const int db_migration_count;

static void raw_exec(const char *path, const char *sql)
{
    sqlite3 *h = raw(path);
    char *why = NULL;

    check(sqlite3_exec(h, sql, NULL, NULL, &why) == SQLITE_OK, "%s: %s", sql, why);
    sqlite3_close(h);
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

UNIT_MAIN(UNIT(only_versions_with_the_fix_of_the_wal_reset_bug_are_safe),
          UNIT(a_new_file_gets_the_whole_schema),
          UNIT(migrating_twice_changes_nothing),
          UNIT(a_database_of_version_1_keeps_its_jobs_and_they_are_claimed),
          UNIT(processes_that_migrate_at_once_all_succeed),
          UNIT(a_file_of_a_newer_schema_is_refused_and_left_alone),
          UNIT(a_file_that_is_no_database_is_refused_and_left_alone),
          UNIT(a_directory_or_a_link_is_not_opened),
          UNIT(a_file_without_schema_is_not_opened_as_it_is_being_migrated),
          UNIT(the_settings_that_durability_rests_on_are_in_force),
          UNIT(the_schema_cannot_be_written_to_as_a_table),
          UNIT(closing_leaves_the_wal_to_the_checkpointer),
          UNIT(a_checkpointed_wal_is_started_over_and_does_not_grow),
          UNIT(a_checkpoint_gives_way_to_a_reader_and_holds_no_writer_up))
