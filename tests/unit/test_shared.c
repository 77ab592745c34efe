/*
 * Several jobs and the same recording: one makes the files, the others wait for it and have them, and they go with the
 * last job that refers to them.
 *
 *     DUBPLATE_TEST_RACES     how often workers race for them
 */
#include "a_job.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"

#define KEY   "the key of what all of them want"
#define OTHER "of another wish"
#define LOOKS "UPDATE tasks SET run_after_ms = 0, due = 1, waits_for = '' WHERE state = 'queued' AND waits_for = 'twin'"

static int shared_enter(void **state)
{
    const int rc = job_enter(state);

    conf.cache_days = 30;
    return rc;
}

#define SHARED(name) cmocka_unit_test_setup_teardown(name, shared_enter, job_leave)

/* ---- short words ---- */

/* A job of a link of its own that turns out to be this recording; its track waits in the queue. */
static const char *wants(const char *key)
{
    const char *uuid = submit();

    run("UPDATE tasks SET priority = 9 WHERE kind = 'resolve'");    /* before the tracks that wait */
    const struct claim c = claim();
    assert_string_equal(c.kind, "resolve");
    id_uuid7(track_uuid);
    must(resolve_as(&c, track_uuid, key));
    return uuid;
}

/* A search: what it is comes out when its turn comes. */
static struct claim learns(void)
{
    const struct track_page page = { .info = &info, .meta_json = "{}", .result_key = KEY };
    const struct claim c = claim();

    assert_string_equal(c.kind, "track");
    must(life_learned(db, &c, &page, &e));
    return c;
}

static enum life_share shares(struct db *by, const struct claim *c, bool may_share)
{
    enum life_share how;

    must(life_share(by, &conf, c, KEY, may_share, &how, &e));
    return how;
}

/* Goes ahead with making them. */
static struct claim leader(void)
{
    const struct claim c = claim();

    assert_string_equal(c.kind, "track");
    assert_int_equal(shares(db, &c, true), SHARE_NOT);
    return c;
}

static void waits(const char *uuid)
{
    waits_for(uuid, "another job that fetches the same recording");
}

/* ---- one makes them ---- */

TEST(what_another_job_has_made_is_there_when_the_link_is_read)
{
    const char *first = wants(KEY);
    const struct claim c = leader();
    must(finish(db, &c));
    const char *second = wants(KEY), *third = wants(OTHER);

    is(first, "completed");
    is(second, "completed");
    assert_int_equal(job(first).cached_items, 0);
    assert_int_equal(job(second).cached_items, 1);
    assert_true(job(second).has_audio && job(second).has_cover);
    assert_int_equal(job(second).duration_ms, 61000);
    is(third, "downloading");
    assert_int_equal(number("SELECT COUNT(DISTINCT path) FROM artifacts"), 2);
    assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), 4);
    happened(second, "submitted started resolved");
    counts_are_right();
}

TEST(who_comes_while_it_is_made_waits_and_says_so)
{
    const char *first = wants(KEY);
    const struct claim c = leader();
    const char *second = wants(KEY);

    waits(second);
    nothing_to_claim("its twin is at work");
    const int64_t before = job(second).revision;
    must(finish(db, &c));
    check(job(second).revision > before, "who polls is told that it no longer waits");
    waits_for(second, "its turn");
    const struct claim d = claim();
    assert_int_equal(shares(db, &d, true), SHARE_DONE);
    is(first, "completed");
    is(second, "completed");
    assert_int_equal(job(second).cached_items, 1);
    happened(second, "submitted started resolved started cached");
    counts_are_right();
}

TEST(who_learns_late_that_it_is_the_same_is_put_back)
{
    wants(KEY);
    const char *late = wants(NULL);
    const struct claim c = leader(), d = learns();

    assert_int_equal(shares(db, &d, true), SHARE_WAIT);
    waits(late);
    refuses(life_tick(db, &d, &(struct queue_progress){ .stage = "download" }, &e), ERR_LOST);
    nothing_to_claim("its twin is at work");
    must(finish(db, &c));
    const struct claim again = claim();
    assert_int_equal(shares(db, &again, true), SHARE_DONE);
    is(late, "completed");
}

TEST(all_that_wait_are_woken_by_its_end)
{
    enum { FOLLOWERS = 150 };

    wants(KEY);
    const struct claim c = leader();
    for (int i = 0; i < FOLLOWERS; i++)
        wants(KEY);
    must(finish(db, &c));
    for (int i = 0; i < FOLLOWERS; i++) {
        const struct claim d = claim();
        assert_int_equal(shares(db, &d, true), SHARE_DONE);
    }
    assert_int_equal(number("SELECT COUNT(*) FROM download_jobs WHERE state = 'done'"), FOLLOWERS + 1);
}

TEST(what_is_wanted_anew_is_made_anew_one_after_the_other)
{
    wants(KEY);
    struct claim c = leader();
    must(finish(db, &c));
    wants(NULL);
    wants(NULL);
    c = learns();
    const struct claim d = learns();

    assert_int_equal(shares(db, &c, false), SHARE_NOT);
    assert_int_equal(shares(db, &d, false), SHARE_WAIT);
    must(finish(db, &c));
    const struct claim again = claim();
    assert_int_equal(shares(db, &again, false), SHARE_NOT);
    must(finish(db, &again));
    assert_int_equal(number("SELECT COUNT(DISTINCT path) FROM artifacts"), 6);
}

TEST(its_page_is_read_once_however_long_it_waits)
{
    const struct track_page page = { .info = &info, .meta_json = "{}", .result_key = KEY };

    wants(KEY);
    const struct claim c = leader();
    const char *uuid = submit();
    struct claim d = claim();
    const struct found found = { .uuid = track_uuid, .index = 1, .info = &info, .asks = ASKS_PAGE };
    id_uuid7(track_uuid);
    must(life_resolved(db, &conf, &d, &found, 1, NULL, NULL, &e));
    d = claim();
    assert_int_equal(d.asks, ASKS_PAGE);
    must(life_learned(db, &d, &page, &e));
    assert_int_equal(shares(db, &d, true), SHARE_WAIT);
    waits(uuid);
    run(LOOKS);
    d = claim();
    assert_int_equal(d.asks, ASKS_MEDIA);
    (void)c;
}

/* ---- the one that makes them does not ---- */

/* Two that wait behind one that leads. */
static struct claim one_of_three(const char *uuids[3])
{
    uuids[0] = wants(KEY);
    const struct claim c = leader();
    uuids[1] = wants(KEY);
    uuids[2] = wants(KEY);
    waits(uuids[1]);
    waits(uuids[2]);
    return c;
}

/* The second takes over, the third waits for that one. */
static void second_takes_over(const char *uuids[3])
{
    const struct claim next = leader();

    assert_string_equal(whose(&next), uuids[1]);
    waits(uuids[2]);
    must(finish(db, &next));
    const struct claim last = claim();
    assert_string_equal(whose(&last), uuids[2]);
    assert_int_equal(shares(db, &last, true), SHARE_DONE);
    counts_are_right();
}

TEST(a_failure_for_good_lets_the_next_one_try)
{
    const char *uuids[3];
    const struct claim c = one_of_three(uuids);

    assert_false(fail_with(&c, ERR_UNAVAILABLE));
    is(uuids[0], "failed");
    second_takes_over(uuids);
}

TEST(a_cancel_lets_the_next_one_try)
{
    const char *uuids[3];
    const struct claim c = one_of_three(uuids);

    must(life_cancel(db, uuids[0], &e));
    assert_int_equal(tick(&c), -1);
    fail_with(&c, ERR_CANCELLED);
    is(uuids[0], "cancelled");
    second_takes_over(uuids);
}

TEST(a_delete_lets_the_next_one_try)
{
    const char *uuids[3];
    const struct claim c = one_of_three(uuids);

    must(life_delete(db, uuids[0], &e));
    assert_int_equal(tick(&c), -1);
    fail_with(&c, ERR_CANCELLED);
    second_takes_over(uuids);
}

TEST(a_pause_lets_the_next_one_try)
{
    const char *uuids[3];
    const struct claim c = one_of_three(uuids);

    must(life_pause(db, uuids[0], &e));
    assert_int_equal(tick(&c), -1);
    fail_with(&c, ERR_PAUSED);
    is(uuids[0], "paused");
    second_takes_over(uuids);
    must(life_resume(db, uuids[0], &e));
    const struct claim back = claim();
    assert_int_equal(shares(db, &back, true), SHARE_DONE);
    is(uuids[0], "completed");
}

TEST(a_crash_for_good_lets_the_next_one_try)
{
    const char *uuids[3];
    struct claim c = one_of_three(uuids);
    bool again = true;

    for (int i = 0; i < conf.max_crashes; i++) {
        assert_true(again);
        if (i) {
            run("UPDATE tasks SET run_after_ms = 0, due = 1 WHERE state = 'queued' AND waits_for <> 'twin'");
            c = leader();
        }
        must(life_crashed(db, &c, &conf, "signal 9", &again, &e));
    }
    assert_false(again);
    is(uuids[0], "failed");
    second_takes_over(uuids);
}

/* Nobody wakes them: but they look. */
TEST(while_it_waits_for_another_attempt_the_next_one_that_looks_takes_over)
{
    const char *uuids[3];
    const struct claim c = one_of_three(uuids);
    const int64_t now_ms = clock_wall_ms();

    assert_true(fail_with(&c, ERR_NETWORK));
    nothing_to_claim("they wait, each for something else");
    check(number("SELECT MAX(run_after_ms) FROM tasks WHERE state = 'queued' AND waits_for = 'twin'") < now_ms + 31000,
          "they look within a bounded time");
    run(LOOKS);
    const struct claim next = leader(), third = claim();
    assert_int_equal(shares(db, &third, true), SHARE_WAIT);
    make_due();
    const struct claim first = claim();
    assert_string_equal(whose(&first), uuids[0]);
    assert_int_equal(shares(db, &first, true), SHARE_WAIT);
    must(finish(db, &next));
    for (int i = 0; i < 2; i++) {
        const struct claim d = claim();
        assert_int_equal(shares(db, &d, true), SHARE_DONE);
    }
    for (int i = 0; i < 3; i++)
        is(uuids[i], "completed");
}

TEST(who_led_once_and_runs_again_does_not_stand_in_the_way_for_ever)
{
    const char *uuids[3];
    struct claim c = one_of_three(uuids), d;
    bool again;

    must(life_crashed(db, &c, &conf, "signal 9", &again, &e));
    run(LOOKS);
    c = claim();
    d = claim();
    assert_string_equal(whose(&c), uuids[0]);
    assert_int_equal(shares(db, &d, true), SHARE_WAIT);     /* it may go ahead any moment */
    assert_int_equal(shares(db, &c, true), SHARE_NOT);
    must(life_released(db, &c, 60000, &e));
    run(LOOKS);
    d = claim();
    assert_int_equal(shares(db, &d, true), SHARE_NOT);
}

TEST(who_waits_may_be_paused_and_cancelled)
{
    const char *uuids[3];
    const struct claim c = one_of_three(uuids);

    must(life_pause(db, uuids[1], &e));
    waits_for(uuids[1], "somebody to resume it");
    must(life_cancel(db, uuids[2], &e));
    is(uuids[2], "cancelled");
    must(finish(db, &c));
    nothing_to_claim("one is paused, one is cancelled");
    must(life_resume(db, uuids[1], &e));
    run(LOOKS);
    const struct claim d = claim();
    assert_int_equal(shares(db, &d, true), SHARE_DONE);
}

/* ---- what is no answer ---- */

TEST(what_is_too_old_is_made_again_and_sharing_does_not_make_it_young)
{
    wants(KEY);
    const struct claim c = leader();
    must(finish(db, &c));
    run("UPDATE artifacts SET created_at_ms = created_at_ms - 29 * 24 * 3600 * 1000");
    is(wants(KEY), "completed");
    run("UPDATE artifacts SET created_at_ms = created_at_ms - 2 * 24 * 3600 * 1000");
    is(wants(KEY), "downloading");
}

TEST(nothing_is_shared_where_the_cache_is_off)
{
    wants(KEY);
    const struct claim c = leader();
    must(finish(db, &c));
    conf.cache_days = 0;
    is(wants(KEY), "downloading");
}

TEST(what_failed_was_cancelled_or_deleted_is_not_shared)
{
    const char *uuid = wants(KEY);
    struct claim c = leader();
    must(finish(db, &c));
    must(life_delete(db, uuid, &e));
    uuid = wants(KEY);
    is(uuid, "downloading");
    c = claim();
    fail_with(&c, ERR_UNAVAILABLE);
    uuid = wants(KEY);
    is(uuid, "downloading");
    must(life_cancel(db, uuid, &e));
    is(wants(KEY), "downloading");
}

/* ---- done as it is submitted ---- */

static enum submitted ask_in(struct db *by, const char *outcome, const char *client_ref, char uuid[ID_UUID_BYTES])
{
    char work[64];
    struct new_job j = { .url = "https://example.org/a", .source = "generic", .asked = "example.org",
                         .spec_json = "{}", .client_ref = client_ref, .work_key = work, .outcome_key = outcome,
                         .may_be_cached = true };
    enum submitted how;

    snprintf(work, sizeof work, "%s %s", outcome, client_ref);
    must(life_submit(by, &conf, &j, uuid, &how, &e));
    return how;
}

static void make(const char *outcome, const char *client_ref, char uuid[ID_UUID_BYTES])
{
    assert_int_equal(ask_in(db, outcome, client_ref, uuid), SUBMIT_NEW);
    struct claim c = claim();
    id_uuid7(track_uuid);
    must(resolve_as(&c, track_uuid, KEY));
    c = leader();
    must(finish(db, &c));
}

TEST(the_same_wish_is_answered_by_a_job_that_is_done)
{
    char first[ID_UUID_BYTES], second[ID_UUID_BYTES];

    make("outcome", "a", first);
    assert_int_equal(ask_in(db, "outcome", "b", second), SUBMIT_CACHED);
    check(strcmp(first, second) != 0, "a job of its own");
    state_is(second, "done", "completed");
    assert_int_equal(job(second).total_items, 1);
    assert_int_equal(job(second).cached_items, 1);
    assert_true(job(second).finished_at_ms > 0);
    assert_string_equal(job(second).title, "Title");
    happened(second, "submitted cached");
    nothing_to_claim("it is done");
    refuses(life_retry(db, second, &e), ERR_CONFLICT);
    refuses(life_cancel(db, second, &e), ERR_CONFLICT);
    counts_are_right();
    assert_int_equal(ask_in(db, "another", "a", second), SUBMIT_NEW);
}

TEST(the_same_wish_is_not_answered_with_what_is_old_or_longer_than_allowed)
{
    char uuid[ID_UUID_BYTES];

    make("outcome", "a", uuid);
    conf.max_duration_s = 60;           /* it lasts 61 */
    assert_int_equal(ask_in(db, "outcome", "b", uuid), SUBMIT_NEW);
    conf.max_duration_s = 61;
    assert_int_equal(ask_in(db, "outcome", "c", uuid), SUBMIT_CACHED);
    run("UPDATE artifacts SET created_at_ms = created_at_ms - 31 * 24 * 3600 * 1000");
    assert_int_equal(ask_in(db, "outcome", "d", uuid), SUBMIT_NEW);
}

static void remove_files(const char *kind)
{
    struct stmt *s = db_stmt(db, "SELECT path FROM artifacts WHERE kind = :kind");

    bind_text(s, ":kind", kind);
    while (db_step(s, &e) == 1)
        check(unlink(col_text(s, 0)) == 0, "%s", col_text(s, 0));
    db_done(s);
}

TEST(what_somebody_removed_answers_nothing_and_is_made_again)
{
    static const char *const kinds[] = { "audio", "cover" };
    char uuid[ID_UUID_BYTES];

    for (size_t i = 0; i < LENGTH(kinds); i++) {
        const char *const refs[] = { "a", "b", "c" };
        char outcome[16];
        snprintf(outcome, sizeof outcome, "outcome %zu", i);
        make(outcome, refs[0], uuid);
        remove_files(kinds[i]);
        make(outcome, refs[1], uuid);
        assert_int_equal(ask_in(db, outcome, refs[2], uuid), SUBMIT_CACHED);   /* with the new one's */
        const char *twin = wants(KEY);
        is(twin, "completed");
        assert_int_equal(job(twin).cached_items, 1);
        run("DELETE FROM artifacts");
    }
}

TEST(a_twin_that_waited_for_what_was_removed_makes_it_itself)
{
    wants(KEY);
    const struct claim c = leader();
    const char *second = wants(KEY);

    waits(second);
    must(finish(db, &c));
    remove_files("audio");
    const struct claim d = claim();
    assert_int_equal(shares(db, &d, true), SHARE_NOT);
    must(finish(db, &d));
    is(second, "completed");
    assert_int_equal(job(second).cached_items, 0);
}

/* ---- the last one removes them ---- */

enum { FILES_OF_A_JOB = 2 };

/* What a purge does; how many files it was the last to refer to. */
static int purge_by(struct db *by, const struct claim *c)
{
    char paths[FILES_OF_A_JOB][64];
    bool clear, last;
    int n = 0, removed = 0;

    must(life_clear_way(by, c, &clear, &e));
    assert_true(clear);
    struct stmt *s = db_stmt(by, "SELECT a.path FROM artifacts a JOIN downloaded_tracks k ON k.id = a.track_id"
                                 " WHERE k.job_id = :id");
    bind_int(s, ":id", c->job_id);
    while (db_step(s, &e) == 1)
        col_copy(s, 0, paths[n++], sizeof paths[0]);
    db_done(s);
    for (int i = 0; i < n; i++) {
        must(life_let_go(by, c, paths[i], &last, &e));
        removed += last;
    }
    must(life_purged(by, c, &e));
    return removed;
}

TEST(files_go_with_the_last_job_that_refers_to_them)
{
    char first[ID_UUID_BYTES], second[ID_UUID_BYTES], third[ID_UUID_BYTES];

    make("outcome", "a", first);
    ask_in(db, "outcome", "b", second);
    ask_in(db, "outcome", "c", third);
    must(life_delete(db, first, &e));
    struct claim c = claim_in("maintenance");
    assert_int_equal(purge_by(db, &c), 0);
    assert_true(job(second).has_audio);
    must(life_delete(db, third, &e));
    c = claim_in("maintenance");
    assert_int_equal(purge_by(db, &c), 0);
    assert_int_equal(ask_in(db, "outcome", "d", third), SUBMIT_CACHED);     /* the first job need not be there */
    must(life_delete(db, second, &e));
    c = claim_in("maintenance");
    assert_int_equal(purge_by(db, &c), 0);
    must(life_delete(db, third, &e));
    c = claim_in("maintenance");
    assert_int_equal(purge_by(db, &c), FILES_OF_A_JOB);
    assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), 0);
    assert_int_equal(ask_in(db, "outcome", "e", first), SUBMIT_NEW);
}

TEST(nothing_else_of_a_job_begins_when_it_is_purged)
{
    const char *uuid = submit();
    const struct claim c = claim();
    bool clear;

    run("INSERT INTO tasks (kind, queue, job_id, created_at_ms)"
        " SELECT column1, 'maintenance', id, 0 FROM download_jobs, (VALUES ('playlist'), ('tidy'))");
    must(life_delete(db, uuid, &e));
    run("UPDATE tasks SET priority = 9 WHERE kind = 'purge'");
    const struct claim purge = claim_in("maintenance");
    assert_string_equal(purge.kind, "purge");
    must(life_clear_way(db, &purge, &clear, &e));
    assert_false(clear);                /* its resolve still runs */
    fail_with(&c, ERR_CANCELLED);
    must(life_clear_way(db, &purge, &clear, &e));
    assert_true(clear);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE state IN ('queued', 'running')"), 1);
}

/* ---- several processes ---- */

#define MOST_RACES 2000

static int race_count(int usual)
{
    const char *set = getenv("DUBPLATE_TEST_RACES");
    const int n = set ? (int)strtol(set, NULL, 10) / 4 : usual;
    return n >= 1 && n <= MOST_RACES ? n : usual;
}

static atomic_int *board;           /* shared by the processes */
enum { LEADING, STARTED, MADE, LOST_BY_CHANCE, ARRIVED, REMOVED, BOARD };

static pid_t forked(int (*work)(struct db *mine, int who), int who)
{
    const pid_t pid = fork();
    struct db *mine = NULL;

    if (pid)
        return pid;
    alarm(120);
    db = NULL;
    if (db_open(&mine, "t.db", &e))
        _exit(9);
    const int rc = work(mine, who);
    db_close(&mine);
    _exit(rc);
}

static void all_end_well(const pid_t *pids, int count)
{
    for (int i = 0; i < count; i++) {
        int status = -1;
        waitpid(pids[i], &status, 0);
        check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "process %d ended with %x", i, (unsigned)status);
    }
}

static void clean_board(void)
{
    if (!board)
        board = mmap(NULL, BOARD * sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(board, MAP_FAILED);
    for (int i = 0; i < BOARD; i++)
        atomic_store(&board[i], 0);
}

/* Ends the attempt of one that leads, well or in one of the ways in which attempts end. 0, or what went wrong. */
static int end_somehow(struct db *mine, const struct claim *c)
{
    const struct err network = { .kind = ERR_NETWORK, .text = "network" }, gone = { .kind = ERR_UNAVAILABLE };
    bool again;

    switch (id_random(6)) {
    case 0:  return life_failed(mine, c, &conf, &network, &again, &e) ? 11 : 0;
    case 1:  return life_crashed(mine, c, &conf, "signal 9", &again, &e) ? 12 : 0;
    case 2:  return life_released(mine, c, 0, &e) ? 13 : 0;
    case 3:
        atomic_fetch_add(&board[LOST_BY_CHANCE], 1);
        return life_failed(mine, c, &conf, &gone, &again, &e) ? 14 : 0;
    default: break;
    }
    atomic_fetch_add(&board[MADE], 1);
    return finish(mine, c) ? 15 : 0;
}

/* A worker, until all tasks have ended. Waits come to their end at once: a second is a millisecond here. */
static int work_until_done(struct db *mine, int who)
{
    enum life_share how;
    struct claim c;
    char owner[16];
    int row;

    snprintf(owner, sizeof owner, "w%d", who);
    for (;;) {
        if ((row = life_claim(mine, &conf, "default", owner, &c, &e)) < 0)
            return 2;
        if (row == 0) {
            struct stmt *s = db_stmt(mine, "SELECT COUNT(*) FROM tasks WHERE kind = 'track' AND"
                                           " state IN ('queued', 'running')");
            const bool left = db_step(s, &e) == 1 && col_int(s, 0) > 0;
            db_done(s);
            if (!left)
                return 0;
            if (id_random(4) == 0 &&
                (db_begin(mine, &e) ||
                 db_end(mine, db_run(db_stmt(mine, "UPDATE tasks SET run_after_ms = 0, due = 1, waits_for = ''"
                                                   " WHERE state = 'queued' AND due = 0"), &e), &e)))
                return 3;
            usleep(200);
            continue;
        }
        const struct track_page page = { .info = &info, .meta_json = "{}", .result_key = KEY };
        if (life_learned(mine, &c, &page, &e) || life_share(mine, &conf, &c, KEY, true, &how, &e))
            return 4;
        if (how != SHARE_NOT)
            continue;
        if (atomic_fetch_add(&board[LEADING], 1) != 0)
            return 5;                   /* two lead */
        if (id_random(2))
            usleep(id_random(800));
        atomic_fetch_sub(&board[LEADING], 1);      /* before: the next one may lead as soon as ours is written */
        const int rc = end_somehow(mine, &c);
        if (rc)
            return rc;
    }
}

TEST(however_attempts_end_one_leads_at_a_time_and_nobody_waits_for_ever)
{
    enum { WORKERS = 4, JOBS = 8 };
    const int rounds = race_count(25);
    int made_twice = 0;

    conf.max_retries = conf.max_crashes = 1000;
    for (int round = 0; round < rounds; round++) {
        pid_t pids[WORKERS];
        clean_board();
        run("DELETE FROM download_jobs");
        for (int i = 0; i < JOBS; i++)
            wants(i % 2 ? KEY : NULL);      /* half of them find out when their turn comes */
        for (int i = 0; i < WORKERS; i++)
            pids[i] = forked(work_until_done, i);
        all_end_well(pids, WORKERS);
        const int64_t done = number("SELECT COUNT(*) FROM download_jobs WHERE state = 'done'");
        const int64_t failed = number("SELECT COUNT(*) FROM download_jobs WHERE state = 'failed'");
        assert_int_equal(done + failed, JOBS);
        assert_int_equal(failed, atomic_load(&board[LOST_BY_CHANCE]));
        assert_int_equal(number("SELECT COUNT(DISTINCT path) FROM artifacts WHERE kind = 'audio'"), done ? 1 : 0);
        assert_int_equal(number("SELECT COUNT(*) FROM artifacts WHERE kind = 'audio'"), done);
        assert_int_equal(number("SELECT COALESCE(SUM(cached_items), 0) FROM download_jobs"), done ? done - 1 : 0);
        made_twice += atomic_load(&board[MADE]) > 1;
    }
    assert_int_equal(made_twice, 0);
}

static struct claim purges[2];
static char race_outcome[32], race_ref[2][32];

static void line_up(int count)
{
    atomic_fetch_add(&board[ARRIVED], 1);
    while (atomic_load(&board[ARRIVED]) < count)
        sched_yield();
}

static int purge_one(struct db *mine, int who)
{
    line_up(2);
    usleep(id_random(300));
    atomic_fetch_add(&board[REMOVED], purge_by(mine, &purges[who]));
    return 0;
}

TEST(two_purges_at_the_same_moment_remove_what_both_refer_to_once)
{
    char uuids[2][ID_UUID_BYTES];

    for (int round = 0; round < race_count(60); round++) {
        clean_board();
        snprintf(race_outcome, sizeof race_outcome, "outcome %d", round);
        make(race_outcome, "a", uuids[0]);
        assert_int_equal(ask_in(db, race_outcome, "b", uuids[1]), SUBMIT_CACHED);
        for (int i = 0; i < 2; i++)
            must(life_delete(db, uuids[i], &e));
        pid_t pids[2];
        for (int i = 0; i < 2; i++)
            purges[i] = claim_in("maintenance");
        for (int i = 0; i < 2; i++)
            pids[i] = forked(purge_one, i);
        all_end_well(pids, 2);
        assert_int_equal(atomic_load(&board[REMOVED]), FILES_OF_A_JOB);
        assert_int_equal(number("SELECT COUNT(*) FROM download_jobs"), 0);
    }
}

static char race_uuid[ID_UUID_BYTES];

static int delete_and_purge(struct db *mine, int who)
{
    struct claim c;

    (void)who;
    line_up(2);
    usleep(id_random(300));
    if (life_delete(mine, race_uuid, &e) || life_claim(mine, &conf, "maintenance", "w1", &c, &e) != 1)
        return 2;
    atomic_fetch_add(&board[REMOVED], purge_by(mine, &c));
    return 0;
}

static int ask_again(struct db *mine, int who)
{
    char uuid[ID_UUID_BYTES];

    line_up(2);
    usleep(id_random(300));
    atomic_fetch_add(&board[MADE], ask_in(mine, race_outcome, race_ref[who], uuid) == SUBMIT_CACHED);
    return 0;
}

TEST(a_job_that_is_deleted_as_another_one_wants_its_files_leaves_them_or_gives_none)
{
    int given = 0;
    const int rounds = race_count(60);

    for (int round = 0; round < rounds; round++) {
        clean_board();
        run("DELETE FROM download_jobs");
        snprintf(race_outcome, sizeof race_outcome, "outcome %d", round);
        snprintf(race_ref[1], sizeof race_ref[1], "b");
        make(race_outcome, "a", race_uuid);
        const pid_t pids[] = { forked(delete_and_purge, 0), forked(ask_again, 1) };
        all_end_well(pids, 2);
        const int cached = atomic_load(&board[MADE]);
        check(atomic_load(&board[REMOVED]) == (cached ? 0 : FILES_OF_A_JOB), "round %d: given %d, removed %d", round,
              cached, atomic_load(&board[REMOVED]));
        assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), cached ? FILES_OF_A_JOB : 0);
        given += cached;
    }
    print_message("# %d of %d were given\n", given, rounds);
}

UNIT_MAIN(SHARED(what_another_job_has_made_is_there_when_the_link_is_read),
          SHARED(who_comes_while_it_is_made_waits_and_says_so),
          SHARED(who_learns_late_that_it_is_the_same_is_put_back),
          SHARED(all_that_wait_are_woken_by_its_end),
          SHARED(what_is_wanted_anew_is_made_anew_one_after_the_other),
          SHARED(its_page_is_read_once_however_long_it_waits),
          SHARED(a_failure_for_good_lets_the_next_one_try),
          SHARED(a_cancel_lets_the_next_one_try),
          SHARED(a_delete_lets_the_next_one_try),
          SHARED(a_pause_lets_the_next_one_try),
          SHARED(a_crash_for_good_lets_the_next_one_try),
          SHARED(while_it_waits_for_another_attempt_the_next_one_that_looks_takes_over),
          SHARED(who_led_once_and_runs_again_does_not_stand_in_the_way_for_ever),
          SHARED(who_waits_may_be_paused_and_cancelled),
          SHARED(what_is_too_old_is_made_again_and_sharing_does_not_make_it_young),
          SHARED(nothing_is_shared_where_the_cache_is_off),
          SHARED(what_failed_was_cancelled_or_deleted_is_not_shared),
          SHARED(the_same_wish_is_answered_by_a_job_that_is_done),
          SHARED(the_same_wish_is_not_answered_with_what_is_old_or_longer_than_allowed),
          SHARED(what_somebody_removed_answers_nothing_and_is_made_again),
          SHARED(a_twin_that_waited_for_what_was_removed_makes_it_itself),
          SHARED(files_go_with_the_last_job_that_refers_to_them),
          SHARED(nothing_else_of_a_job_begins_when_it_is_purged),
          SHARED(however_attempts_end_one_leads_at_a_time_and_nobody_waits_for_ever),
          SHARED(two_purges_at_the_same_moment_remove_what_both_refer_to_once),
          SHARED(a_job_that_is_deleted_as_another_one_wants_its_files_leaves_them_or_gives_none))
