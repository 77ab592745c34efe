/*
 * The door to SQLite: transactions and groups of them, what a failure is called, values there and back, and processes
 * that write at the same time.
 */
#include "fresh_db.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"

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

/* ---- failures and values ---- */

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

UNIT_MAIN(UNIT(a_transaction_is_kept_or_undone_as_its_caller_says),
          UNIT(a_commit_that_fails_is_undone_and_reported),
          UNIT(members_of_a_group_are_durable_together_and_fail_alone),
          UNIT(a_group_that_wrote_nothing_takes_no_lock),
          UNIT(a_group_that_was_rolled_back_fails_for_all_its_members),
          UNIT(failures_have_the_kind_that_says_what_to_do),
          UNIT(a_misspelt_parameter_stops_the_program),
          UNIT(values_come_back_as_they_were_bound),
          UNIT(a_change_by_another_connection_is_noticed),
          UNIT(a_writer_waits_for_another_ones_lock_and_no_error_is_seen),
          UNIT(readers_do_not_wait_for_a_writer),
          UNIT(a_lock_that_is_held_for_longer_than_5_s_is_busy),
          UNIT(six_processes_write_and_none_sees_busy_nor_loses_a_write))
