/*
 * The life of a job: every arrow of the state machine in lib/lifecycle.h, who may draw it, and what clients see of it.
 */
#include "unit.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "lifecycle.h"
#include "status.h"

static struct db *db;
static const struct conf conf = { .max_retries = 3, .max_crashes = 3, .retry_base_ms = 1000, .lease_s = 60,
                                 .source_rest_s = 300, .source_budgets = "", .data_dir = "." };

#define must(call) check((call) == 0, #call ": %s", e.text)
static struct err e;        /* of the last call */

static int enter(void **state)
{
    if (unit_enter(state))
        return -1;
    log_set_level(LOG_WARN);
    return db_migrate("t.db", &e) || db_open(&db, "t.db", &e);
}

static int leave(void **state)
{
    db_close(&db);
    return unit_leave(state);
}

static int64_t number(const char *sql)
{
    struct stmt *s = db_stmt(db, sql);
    check(db_step(s, &e) == 1, "%s: %s", sql, e.text);
    const int64_t n = col_int(s, 0);
    db_done(s);
    return n;
}

static void run(const char *sql)
{
    must(db_run(db_stmt(db, sql), &e));
}

static int submit_as(const char *url, const char *ref, int64_t priority, char uuid[ID_UUID_BYTES])
{
    static int count;
    char spec[32];
    struct new_job j = { .url = url, .source = "generic", .asked = "example.org", .spec_json = spec,
                         .client_ref = ref, .priority = priority };
    bool existing;

    snprintf(spec, sizeof spec, "{\"n\":%d}", count++);     /* no two of them the same work */
    return life_submit(db, &j, uuid, &existing, &e);
}

static const char *submit(void)
{
    static char uuid[ID_UUID_BYTES];

    must(submit_as("https://example.org/a", "ref", 0, uuid));
    return uuid;
}

static struct claim claim(const char *queue)
{
    struct claim c;
    check(life_claim(db, &conf, queue, "w1", &c, &e) == 1, "nothing to claim in %s", queue);
    return c;
}

static struct job job(const char *uuid)
{
    struct job j;
    must(jobs_find(db, uuid, &j, &e));
    return j;
}

static void is(const char *uuid, const char *state, const char *word)
{
    const struct job j = job(uuid);
    check(strcmp(j.state, state) == 0, "the job is %s, not %s", j.state, state);
    check(strcmp(status_word(&j), word) == 0, "clients read %s, not %s", status_word(&j), word);
}

/* With a worker that serves both lanes, and room on the disk. */
static const char *waiting_for(const char *uuid)
{
    static struct gates gates;
    static char why[480];
    const struct job j = job(uuid);
    int64_t until_ms;

    must(gates_load(&gates, db, &conf, &e));
    gates.worker_count = 1;
    snprintf(gates.workers[0].queue_names, sizeof gates.workers[0].queue_names, "maintenance,default,slow");
    return status_waiting_for(&j, &gates, why, sizeof why, &until_ms);
}

static const char *track_uuid = "0199f3a1-0000-7000-8000-000000000001";
static const struct track_info info = { .url = "https://example.org/a", .title = "Title", .artist = "Artist",
                                        .duration_ms = 60000 };

static void resolve(const struct claim *c)
{
    must(life_resolved(db, c, track_uuid, &info, ASKS_MEDIA, &e));
}

/* A job whose track task is claimed. */
static struct claim running_track(const char **uuid)
{
    *uuid = submit();
    const struct claim c = claim("default");
    resolve(&c);
    return claim("default");
}

static int placed;
static int place(void *arg, struct err *err)
{
    (void)err;
    placed++;
    return arg ? err_set(err, ERR_DISK, "no room") : 0;
}

static const struct artifact artifacts[] = {
    { .kind = "audio", .path = "downloads/a.mp3", .format = "mp3", .sha256 = "aa", .size_bytes = 10 },
    { .kind = "cover", .path = "downloads/a.jpg", .format = "jpg", .sha256 = "bb", .size_bytes = 5 },
};

static int finish(const struct claim *c)
{
    const struct life_result r = { .artifacts = artifacts, .count = 2, .duration_ms = 61000, .report_json = "{}",
                                   .place = place };

    placed = 0;
    return life_finished(db, c, &r, &e);
}

static void make_due(void)
{
    run("UPDATE tasks SET run_after_ms = 0, due = 1 WHERE state = 'queued'");
}

/* ---- the straight way ---- */

TEST(a_job_goes_from_submit_to_done_and_shows_each_step)
{
    const char *uuid = submit();
    struct job j = job(uuid);

    assert_true(id_is_uuid(uuid));
    is(uuid, "queued", "pending");
    assert_int_equal(j.total_items, 0);
    assert_int_equal(j.started_at_ms, 0);
    assert_string_equal(j.url, "https://example.org/a");
    assert_string_equal(j.client_ref, "ref");

    struct claim c = claim("default");
    assert_string_equal(c.kind, "resolve");
    assert_int_equal(c.attempt, 1);
    is(uuid, "running", "downloading");
    assert_true(job(uuid).started_at_ms > 0);
    assert_int_equal(job(uuid).finished_at_ms, 0);

    resolve(&c);
    is(uuid, "running", "downloading");     /* begun, and waiting for a worker to take the track */
    j = job(uuid);
    assert_string_equal(waiting_for(uuid), "its turn");
    assert_int_equal(j.total_items, 1);
    assert_string_equal(j.title, "Title");
    assert_int_equal(j.duration_ms, 60000);

    c = claim("default");
    assert_string_equal(c.kind, "track");
    assert_int_equal(c.attempt, 1);
    is(uuid, "running", "downloading");
    must(life_tick(db, &c, &(struct queue_progress){ .stage = "master", .percent = 60, .downloaded_bytes = 7,
                                                     .total_bytes = 9, .speed_bps = -1, .eta_s = -1 }, &e));
    is(uuid, "running", "extracting_audio");
    j = job(uuid);
    assert_true(j.percent == 60);
    assert_int_equal(j.downloaded_bytes, 7);
    assert_int_equal(j.speed_bps, -1);

    must(finish(&c));
    assert_int_equal(placed, 1);
    is(uuid, "done", "completed");
    j = job(uuid);
    assert_int_equal(j.completed_items, 1);
    assert_int_equal(j.failed_items, 0);
    assert_true(j.has_audio && j.has_cover && j.percent == 100);
    assert_int_equal(j.duration_ms, 61000);
    assert_true(j.finished_at_ms >= j.started_at_ms && j.started_at_ms >= j.created_at_ms);
    struct track t;
    must(tracks_find(db, track_uuid, &t, &e));
    assert_string_equal(t.state, "done");
    assert_string_equal(t.audio.path, "downloads/a.mp3");
    track_free(&t);
    assert_int_equal(life_claim(db, &conf, "default", "w1", &c, &e), 0);
}

TEST(a_lane_gives_only_its_own_tasks_the_highest_priority_first_then_the_oldest)
{
    static const int64_t priorities[] = { 0, 5, -5, 5, 0 };
    static const int expected[] = { 1, 3, 0, 4, 2 };
    char uuids[LENGTH(priorities)][ID_UUID_BYTES];
    struct job_request asked;
    struct claim c;

    for (size_t i = 0; i < LENGTH(priorities); i++)
        must(submit_as("https://example.org/", "", priorities[i], uuids[i]));
    assert_int_equal(life_claim(db, &conf, "maintenance", "w1", &c, &e), 0);
    assert_int_equal(life_claim(db, &conf, "elsewhere", "w1", &c, &e), 0);
    for (size_t i = 0; i < LENGTH(expected); i++) {
        c = claim("default");
        must(jobs_request(db, c.job_id, &asked, &e));
        check(strcmp(asked.uuid, uuids[expected[i]]) == 0, "claim %zu is not submit %d", i, expected[i]);
        job_request_free(&asked);
    }
}

TEST(what_is_not_yet_due_is_not_claimed)
{
    struct claim c;

    submit();
    c = claim("default");
    must(life_released(db, &c, 60000, &e));
    assert_int_equal(life_claim(db, &conf, "default", "w1", &c, &e), 0);
    assert_int_equal(queue_is_due(db, "default", &e), 0);
    make_due();
    assert_int_equal(queue_is_due(db, "default", &e), 1);
    claim("default");
}

TEST(a_task_that_waits_does_not_hold_up_one_that_is_due)
{
    char uuid[ID_UUID_BYTES];

    must(submit_as("https://example.org/", "", 10, uuid));
    struct claim waiting = claim("default");
    must(life_released(db, &waiting, 60000, &e));
    submit();
    const struct claim due = claim("default");      /* younger and less urgent, but due */
    assert_int_not_equal(due.task_id, waiting.task_id);
    assert_int_equal(life_claim(db, &conf, "default", "w1", &waiting, &e), 0);
}

/* ---- the fence ---- */

/* A claim that is no longer ours: everything that writes has to notice. */
static void changes_nothing(const struct claim *stale, const char *why)
{
    const struct queue_progress p = { .stage = "x", .percent = 50 };
    const struct err failure = { .kind = ERR_NETWORK, .text = "late" };
    const int64_t revision = number("SELECT value FROM revision");
    const int64_t before = number("SELECT SUM(attempt * 1000 + failures * 100 + crashes * 10 + length(state) + percent"
                                  " + cancel_requested) + COUNT(*) * 7 FROM tasks");
    struct queue_standing standing;
    bool again;
    struct {
        const char *name;
        int         rc;
        enum err_kind kind;
    } calls[9];
    int n = 0;
#define TRY(call) calls[n].name = #call, calls[n].rc = (call), calls[n].kind = e.kind, n++
    TRY(life_tick(db, stale, &p, &e));
    TRY(life_resolved(db, stale, "0199f3a1-0000-7000-8000-00000000000f", &info, ASKS_MEDIA, &e));
    TRY(finish(stale));
    TRY(life_failed(db, stale, &conf, &failure, &again, &e));
    TRY(life_crashed(db, stale, &conf, "signal 9", &again, &e));
    TRY(life_released(db, stale, 0, &e));
    TRY(life_purged(db, stale, &e));
    TRY(queue_heartbeat(db, stale, 60000, &e));
    TRY(queue_standing(db, stale, &standing, &e));
#undef TRY
    for (int i = 0; i < n; i++)
        check(calls[i].rc == -1 && calls[i].kind == ERR_LOST, "%s: %s returns %d, %s", why, calls[i].name, calls[i].rc,
              err_class(calls[i].kind)->name);
    check(placed == 0, "%s: files were placed", why);
    check(number("SELECT value FROM revision") == revision, "%s: the revision grew", why);
    check(number("SELECT SUM(attempt * 1000 + failures * 100 + crashes * 10 + length(state) + percent"
                 " + cancel_requested) + COUNT(*) * 7 FROM tasks") == before, "%s: a task changed", why);
}

TEST(a_worker_that_lost_its_claim_changes_nothing)
{
    submit();
    const struct claim first = claim("default");
    struct claim stranger = first, wrong = first;

    snprintf(stranger.owner, sizeof stranger.owner, "w2");
    changes_nothing(&stranger, "another owner");
    wrong.attempt++;
    changes_nothing(&wrong, "an attempt that never was");
    wrong.task_id += 1000;
    changes_nothing(&wrong, "a task that is not there");

    must(life_released(db, &first, 0, &e));
    changes_nothing(&first, "given back");
    const struct claim second = claim("default");       /* by the same owner */
    assert_int_equal(second.task_id, first.task_id);
    assert_int_equal(second.attempt, first.attempt + 1);
    changes_nothing(&first, "taken again by the same owner");

    resolve(&second);
    changes_nothing(&second, "finished");
    const struct claim track = claim("default");
    must(finish(&track));
    changes_nothing(&track, "done");
}

/* ---- failure ---- */

TEST(a_failure_that_may_pass_is_tried_again_later_and_at_most_max_retries_times)
{
    const char *uuid = submit();
    const struct err failure = { .kind = ERR_NETWORK, .text = "connection reset" };
    bool again = false;

    for (int i = 1; i <= conf.max_retries; i++) {
        const struct claim c = claim("default");
        const int64_t now = clock_wall_ms();
        must(life_failed(db, &c, &conf, &failure, &again, &e));
        check(again, "no attempt after failure %d", i);
        is(uuid, "queued", "pending");
        const struct job j = job(uuid);
        const int64_t delay = j.run_after_ms - now, base = conf.retry_base_ms << (i - 1);
        check(delay >= base * 8 / 10 && delay <= base * 12 / 10 + 1000, "failure %d: again in %lld ms", i,
              (long long)delay);
        assert_string_equal(j.error_kind, "network");
        assert_string_equal(j.error_text, "connection reset");
        assert_int_equal(j.attempts, i + 1);
        make_due();
    }
    const struct claim c = claim("default");
    assert_int_equal(c.attempt, conf.max_retries + 1);
    must(life_failed(db, &c, &conf, &failure, &again, &e));
    assert_false(again);
    is(uuid, "failed", "failed");
    assert_true(job(uuid).finished_at_ms > 0);
}

TEST(a_failure_that_will_not_pass_ends_the_job_at_once)
{
    const char *uuid = submit();
    const struct claim c = claim("default");
    bool again = true;

    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_UNAVAILABLE, .text = "gone" }, &again, &e));
    assert_false(again);
    is(uuid, "failed", "failed");
    assert_string_equal(job(uuid).error_kind, "unavailable");
    assert_string_equal(job(uuid).error_text, "gone");
}

TEST(no_wait_exceeds_four_hours_unless_the_source_asks_for_it)
{
    const struct conf patient = { .max_retries = 10, .retry_base_ms = 3600000, .lease_s = 60, .source_budgets = "" };
    struct err trouble = { .kind = ERR_NETWORK, .text = "reset" };
    const char *uuid = submit();
    struct claim c;
    int64_t now;
    bool again;

    c = claim("default");
    trouble.retry_after_s = 5 * 3600;
    now = clock_wall_ms();
    must(life_failed(db, &c, &conf, &trouble, &again, &e));
    assert_in_range(job(uuid).run_after_ms - now, 5 * 3600000LL - 1000, 5 * 3600000LL + 5000);
    trouble.retry_after_s = 0;
    for (int i = 0; i < 8; i++) {
        make_due();
        c = claim("default");
        now = clock_wall_ms();
        must(life_failed(db, &c, &patient, &trouble, &again, &e));
        assert_true(again);
        assert_true(job(uuid).run_after_ms - now <= 4 * 3600000LL * 12 / 10 + 1000);
    }
}

TEST(a_track_that_fails_fails_its_job_and_both_say_why)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);
    struct track t;
    bool again;

    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_BAD_MEDIA, .text = "no audio in it" }, &again, &e));
    is(uuid, "failed", "failed");
    const struct job j = job(uuid);
    assert_int_equal(j.failed_items, 1);
    assert_int_equal(j.completed_items, 0);
    assert_string_equal(j.error_kind, "bad_media");
    must(tracks_find(db, track_uuid, &t, &e));
    assert_string_equal(t.state, "failed");
    track_free(&t);
}

TEST(what_succeeds_after_a_failure_shows_no_error_any_more)
{
    const char *uuid;
    struct claim c = running_track(&uuid);
    bool again;

    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_NETWORK, .text = "x" }, &again, &e));
    make_due();
    c = claim("default");
    must(finish(&c));
    is(uuid, "done", "completed");
    assert_string_equal(job(uuid).error_kind, "");
    assert_string_equal(job(uuid).error_text, "");
}

TEST(crashes_are_counted_apart_and_end_after_max_crashes)
{
    const char *uuid = submit();
    bool again = false;

    struct claim c = claim("default");
    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_NETWORK, .text = "x" }, &again, &e));
    make_due();
    for (int i = 1; i < conf.max_crashes; i++) {
        c = claim("default");
        must(life_crashed(db, &c, &conf, "signal 11", &again, &e));
        check(again, "given up after crash %d", i);
        const int64_t wait_ms = job(uuid).run_after_ms - clock_wall_ms();
        check(i == 1 ? wait_ms <= 0 : wait_ms > 500 && wait_ms <= 5000, "crash %d waits %lld ms", i,
              (long long)wait_ms);
        make_due();
        assert_string_equal(job(uuid).error_kind, "crashed");
    }
    assert_int_equal(number("SELECT failures * 10 + crashes FROM tasks"), 10 + conf.max_crashes - 1);
    c = claim("default");
    must(life_crashed(db, &c, &conf, "signal 11", &again, &e));
    assert_false(again);
    is(uuid, "failed", "failed");
    assert_non_null(strstr(job(uuid).error_text, "signal 11"));
}

TEST(giving_back_burns_neither_attempt)
{
    const char *uuid = submit();

    for (int i = 0; i < 20; i++) {
        const struct claim c = claim("default");
        must(life_released(db, &c, 0, &e));
        is(uuid, "queued", "pending");
    }
    assert_int_equal(number("SELECT failures + crashes FROM tasks"), 0);
    assert_int_equal(job(uuid).attempts, 1);
    assert_string_equal(job(uuid).error_kind, "");
}

TEST(files_that_cannot_be_placed_leave_the_claim_and_no_row)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);
    const struct life_result r = { .artifacts = artifacts, .count = 2, .duration_ms = 1, .report_json = "{}",
                                   .place = place,
                                   .arg = &placed };

    assert_int_equal(life_finished(db, &c, &r, &e), -1);
    assert_int_equal(e.kind, ERR_DISK);
    is(uuid, "running", "downloading");
    assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), 0);
    must(finish(&c));
}

/* ---- cancel ---- */

TEST(a_waiting_job_is_cancelled_at_once)
{
    const char *uuid = submit();
    struct claim c;

    must(life_cancel(db, uuid, &e));
    is(uuid, "cancelled", "cancelled");
    assert_true(job(uuid).finished_at_ms > 0);
    assert_int_equal(life_claim(db, &conf, "default", "w1", &c, &e), 0);
}

TEST(a_job_between_resolve_and_track_is_cancelled_with_its_track)
{
    const char *uuid = submit();
    const struct claim c = claim("default");
    struct track t;

    resolve(&c);
    must(life_cancel(db, uuid, &e));
    is(uuid, "cancelled", "cancelled");
    must(tracks_find(db, track_uuid, &t, &e));
    assert_string_equal(t.state, "cancelled");
    track_free(&t);
}

TEST(a_running_job_learns_of_its_cancel_and_then_ends_cancelled)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);
    const struct queue_progress p = { .stage = "download", .percent = 10 };
    struct track t;
    bool again = true;

    must(life_tick(db, &c, &p, &e));
    must(life_cancel(db, uuid, &e));
    is(uuid, "running", "downloading");
    assert_true(job(uuid).cancel_requested);
    must(life_cancel(db, uuid, &e));        /* again is fine */
    assert_int_equal(life_tick(db, &c, &p, &e), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    const struct err why = e;
    must(life_failed(db, &c, &conf, &why, &again, &e));
    assert_false(again);
    is(uuid, "cancelled", "cancelled");
    must(tracks_find(db, track_uuid, &t, &e));
    assert_string_equal(t.state, "cancelled");
    track_free(&t);
    assert_string_equal(job(uuid).error_kind, "");      /* nothing is wrong with it */
}

TEST(a_cancel_wins_over_failure_crash_and_release)
{
    static const char *const endings[] = { "failed", "crashed" };

    for (size_t i = 0; i < LENGTH(endings); i++) {
        const char *uuid = submit();
        const struct claim c = claim("default");
        bool again = true;
        must(life_cancel(db, uuid, &e));
        if (i == 0)
            must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_NETWORK, .text = "x" }, &again, &e));
        else
            must(life_crashed(db, &c, &conf, "signal 9", &again, &e));
        check(!again, "%s", endings[i]);
        is(uuid, "cancelled", "cancelled");
    }
    /* A drain gives a task back although its cancel was asked for: whoever claims it next must not start it. */
    const char *uuid = submit();
    struct claim c = claim("default");
    must(life_cancel(db, uuid, &e));
    must(life_released(db, &c, 0, &e));
    if (life_claim(db, &conf, "default", "w1", &c, &e) == 1) {
        assert_int_equal(life_tick(db, &c, &(struct queue_progress){ .stage = "resolve" }, &e), -1);
        assert_int_equal(e.kind, ERR_CANCELLED);
    } else {
        is(uuid, "cancelled", "cancelled");
    }
}

TEST(once_cancelled_nothing_is_resolved_finished_or_placed)
{
    const char *uuid = submit();
    struct claim c = claim("default");

    must(life_cancel(db, uuid, &e));
    assert_int_equal(life_resolved(db, &c, track_uuid, &info, ASKS_MEDIA, &e), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks"), 0);

    c = running_track(&uuid);
    must(life_cancel(db, uuid, &e));
    assert_int_equal(finish(&c), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_int_equal(placed, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), 0);
}

TEST(what_has_ended_cannot_be_cancelled)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);

    must(finish(&c));
    assert_int_equal(life_cancel(db, uuid, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    is(uuid, "done", "completed");
    assert_int_equal(life_cancel(db, "0199f3a1-0000-7000-8000-0000000000ff", &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
}

/* A process that opens the database and runs `work`; its exit code is the answer. */
static pid_t forked(int (*work)(void))
{
    const pid_t child = fork();

    if (child == 0) {
        db = NULL;      /* the parent's connection stays the parent's */
        if (db_open(&db, "t.db", &e))
            _exit(100);
        const int rc = work();
        db_close(&db);
        _exit(rc);
    }
    return child;
}

static int exit_code(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    check(WIFEXITED(status), "a process died: %d", status);
    return WEXITSTATUS(status);
}

static struct claim race_claim;
static char race_uuid[ID_UUID_BYTES];
static int gate[2];

static void wait_at_gate(void)
{
    char c;
    close(gate[1]);
    if (read(gate[0], &c, 1) < 0)
        _exit(101);
}

static int race_finish(void)
{
    wait_at_gate();
    const int rc = finish(&race_claim);
    return rc == 0 ? placed == 1 ? 0 : 3 : placed ? 4 : e.kind == ERR_CANCELLED ? 1 : 2;
}

static int race_cancel(void)
{
    wait_at_gate();
    return life_cancel(db, race_uuid, &e) == 0 ? 0 : e.kind == ERR_CONFLICT ? 1 : 2;
}

TEST(cancel_and_finish_at_the_same_moment_end_in_exactly_one_state)
{
    int finished = 0, cancelled = 0;

    for (int round = 0; round < 60; round++) {
        const char *uuid;
        bool again;
        char unique[ID_UUID_BYTES];
        id_uuid7(unique);
        track_uuid = unique;
        race_claim = running_track(&uuid);
        run("DELETE FROM artifacts");
        snprintf(race_uuid, sizeof race_uuid, "%s", uuid);
        assert_int_equal(pipe(gate), 0);
        /* Who is forked first is a little ahead. */
        const pid_t a = forked(round % 2 ? race_finish : race_cancel),
            b = forked(round % 2 ? race_cancel : race_finish);
        close(gate[0]);
        close(gate[1]);
        const int first = exit_code(a), second = exit_code(b);
        const int finish_rc = round % 2 ? first : second, cancel_rc = round % 2 ? second : first;
        if (finish_rc == 0) {           /* the cancel came too late and was told so */
            check(cancel_rc == 1, "round %d: finished and cancelled", round);
            is(uuid, "done", "completed");
            finished++;
        } else {
            check(finish_rc == 1 && cancel_rc == 0, "round %d: finish %d, cancel %d", round, finish_rc, cancel_rc);
            must(life_failed(db, &race_claim, &conf, &(struct err){ .kind = ERR_CANCELLED }, &again, &e));
            is(uuid, "cancelled", "cancelled");
            assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), 0);
            cancelled++;
        }
    }
    track_uuid = "0199f3a1-0000-7000-8000-000000000001";
    assert_int_equal(finished + cancelled, 60);
}

/* ---- delete ---- */

TEST(a_deleted_job_is_hidden_at_once_and_purged_later)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);
    struct job j;
    struct track t;

    must(finish(&c));
    must(life_delete(db, uuid, &e));
    assert_int_equal(jobs_find(db, uuid, &j, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_int_equal(tracks_find(db, track_uuid, &t, &e), -1);
    assert_int_equal(life_delete(db, uuid, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_int_equal(life_cancel(db, uuid, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    int64_t total = -1;
    must(jobs_count(db, &(struct job_filter){ .before_id = INT64_MAX, .limit = 10 }, &total, &e));
    assert_int_equal(total, 0);

    const struct claim purge = claim("maintenance");
    assert_string_equal(purge.kind, "purge");
    assert_int_equal(purge.job_id, c.job_id);
    must(life_purged(db, &purge, &e));
    assert_int_equal(number("SELECT (SELECT COUNT(*) FROM download_jobs) + (SELECT COUNT(*) FROM tasks)"
                            " + (SELECT COUNT(*) FROM downloaded_tracks) + (SELECT COUNT(*) FROM artifacts)"
                            " + (SELECT COUNT(*) FROM task_stages)"), 0);
}

TEST(deleting_a_running_job_stops_it_and_the_purge_waits_for_it)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);
    bool again;

    must(life_delete(db, uuid, &e));
    const struct claim purge = claim("maintenance");
    assert_int_equal(queue_others_running(db, &purge, &e), 1);
    assert_int_equal(life_tick(db, &c, &(struct queue_progress){ .stage = "download" }, &e), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_int_equal(finish(&c), -1);
    assert_int_equal(placed, 0);
    const struct err why = { .kind = ERR_CANCELLED };
    must(life_failed(db, &c, &conf, &why, &again, &e));
    assert_int_equal(queue_others_running(db, &purge, &e), 0);
    must(life_purged(db, &purge, &e));
    assert_int_equal(number("SELECT COUNT(*) FROM tasks"), 0);
}

TEST(a_purge_cannot_be_cancelled_by_anybody)
{
    const char *uuid = submit();
    const int64_t id = job(uuid).id;
    int64_t waiting = -1, running = -1;

    must(life_delete(db, uuid, &e));
    must(queue_cancel_job(db, id, &waiting, &running, &e));
    assert_int_equal(waiting, 0);
    assert_int_equal(running, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'purge' AND state = 'queued'"), 1);
}

/* ---- what clients watch ---- */

TEST(each_visible_change_is_a_new_revision_of_the_job)
{
    const char *uuid = submit();
    int64_t last = 0, now = 0;
    struct claim c;
    bool again;

#define GREW(what)                                                                                               \
    now = job(uuid).revision;                                                                                    \
    check(now > last, "%s: revision %lld after %lld", what, (long long)now, (long long)last);                    \
    check(now == number("SELECT value FROM revision"), "%s: not the counter's value", what);                     \
    last = now
    GREW("submit");
    c = claim("default");
    GREW("claim");
    must(life_tick(db, &c, &(struct queue_progress){ .stage = "resolve" }, &e));
    GREW("tick");
    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_NETWORK, .text = "x" }, &again, &e));
    GREW("failure");
    make_due();
    c = claim("default");
    GREW("claim again");
    must(life_released(db, &c, 0, &e));
    GREW("release");
    c = claim("default");
    resolve(&c);
    GREW("resolved");
    c = claim("default");
    GREW("claim of the track");
    must(life_cancel(db, uuid, &e));
    GREW("cancel");
    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_CANCELLED }, &again, &e));
    GREW("end");
#undef GREW
    must(life_delete(db, uuid, &e));
    assert_true(number("SELECT value FROM revision") > last);
    last = number("SELECT value FROM revision");
    must(queue_heartbeat(db, &c, 1, &e) == -1 ? 0 : -1);
    assert_int_equal(number("SELECT value FROM revision"), last);
}

TEST(a_heartbeat_is_no_change_that_anybody_sees)
{
    submit();
    const struct claim c = claim("default");
    const int64_t before = number("SELECT value FROM revision");

    must(queue_heartbeat(db, &c, 60000, &e));
    assert_int_equal(number("SELECT value FROM revision"), before);
}

TEST(a_refused_event_leaves_no_trace)
{
    const char *uuid = submit();
    const struct claim c = claim("default");

    resolve(&c);
    const struct claim t = claim("default");
    must(finish(&t));
    const int64_t before = number("SELECT value FROM revision");
    assert_int_equal(life_cancel(db, uuid, &e), -1);
    assert_int_equal(number("SELECT value FROM revision"), before);
}

/* ---- rescue ---- */

TEST(a_task_whose_lease_ran_out_is_found_by_its_owner)
{
    struct claim c, found;
    char owners[4][QUEUE_OWNER_BYTES];

    submit();
    c = claim("default");
    assert_int_equal(queue_other_owners(db, "w2", owners, 4, &e), 1);
    assert_string_equal(owners[0], "w1");
    assert_int_equal(queue_other_owners(db, "w1", owners, 4, &e), 0);
    assert_int_equal(queue_next_orphan(db, "w1", clock_boot_ms(), &found, &e), 0);          /* alive */
    assert_int_equal(queue_next_orphan(db, "w1", clock_boot_ms() + 61000, &found, &e), 1);  /* hangs */
    assert_int_equal(queue_next_orphan(db, "w2", INT64_MAX, &found, &e), 0);
    assert_int_equal(queue_next_orphan(db, "w1", INT64_MAX, &found, &e), 1);                /* known to be dead */
    assert_int_equal(found.task_id, c.task_id);
    assert_int_equal(found.attempt, c.attempt);
    assert_string_equal(found.owner, "w1");
    assert_string_equal(found.kind, "resolve");
    bool again;
    must(life_crashed(db, &found, &conf, "its worker is gone", &again, &e));        /* the claim is good for that */
    assert_true(again);
    changes_nothing(&c, "rescued");
}

enum { TASKS = 500 };

static int claim_until_empty(void)
{
    struct claim c;
    char owner[32];
    int row;

    snprintf(owner, sizeof owner, "w%d", (int)getpid());
    FILE *f = fopen(owner, "w");
    while ((row = life_claim(db, &conf, "default", owner, &c, &e)) == 1)
        fprintf(f, "%lld\n", (long long)c.task_id);
    fclose(f);
    return row == 0 ? 0 : 1;
}

TEST(two_processes_claim_500_tasks_and_none_twice)
{
    static int taken[TASKS + 1];
    struct err err;

    must(db_begin(db, &e));
    for (int i = 0; i < TASKS; i++) {
        int64_t id = 0;
        char uuid[ID_UUID_BYTES], spec[32];
        snprintf(spec, sizeof spec, "{\"task\":%d}", i);
        const struct new_job j = { .uuid = uuid, .url = "https://example.org/", .source = "generic",
                                   .asked = "example.org", .spec_json = spec, .client_ref = "" };
        id_uuid7(uuid);
        must(jobs_add(db, &j, &id, &e));
        must(queue_add(db, &(struct new_task){ .kind = "resolve", .queue = "default", .job_id = id,
                                               .source = "example.org", .asks = ASKS_PAGE }, &e));
    }
    must(db_end(db, 0, &err));
    const pid_t workers[] = { forked(claim_until_empty), forked(claim_until_empty) };
    int total = 0;
    for (int i = 0; i < 2; i++) {
        char name[32], line[32];
        assert_int_equal(exit_code(workers[i]), 0);
        snprintf(name, sizeof name, "w%d", (int)workers[i]);
        FILE *f = fopen(name, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f)) {
            const long id = strtol(line, NULL, 10);
            assert_in_range(id, 1, TASKS);
            check(taken[id]++ == 0, "task %ld was claimed twice", id);
            total++;
        }
        fclose(f);
    }
    assert_int_equal(total, TASKS);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE state = 'running' AND attempt = 1"), TASKS);
}

#define LIFE(name) cmocka_unit_test_setup_teardown(name, enter, leave)

UNIT_MAIN(LIFE(a_job_goes_from_submit_to_done_and_shows_each_step),
          LIFE(a_lane_gives_only_its_own_tasks_the_highest_priority_first_then_the_oldest),
          LIFE(what_is_not_yet_due_is_not_claimed),
          LIFE(a_task_that_waits_does_not_hold_up_one_that_is_due),
          LIFE(a_worker_that_lost_its_claim_changes_nothing),
          LIFE(a_failure_that_may_pass_is_tried_again_later_and_at_most_max_retries_times),
          LIFE(a_failure_that_will_not_pass_ends_the_job_at_once),
          LIFE(no_wait_exceeds_four_hours_unless_the_source_asks_for_it),
          LIFE(a_track_that_fails_fails_its_job_and_both_say_why),
          LIFE(what_succeeds_after_a_failure_shows_no_error_any_more),
          LIFE(crashes_are_counted_apart_and_end_after_max_crashes),
          LIFE(giving_back_burns_neither_attempt),
          LIFE(files_that_cannot_be_placed_leave_the_claim_and_no_row),
          LIFE(a_waiting_job_is_cancelled_at_once),
          LIFE(a_job_between_resolve_and_track_is_cancelled_with_its_track),
          LIFE(a_running_job_learns_of_its_cancel_and_then_ends_cancelled),
          LIFE(a_cancel_wins_over_failure_crash_and_release),
          LIFE(once_cancelled_nothing_is_resolved_finished_or_placed),
          LIFE(what_has_ended_cannot_be_cancelled),
          LIFE(cancel_and_finish_at_the_same_moment_end_in_exactly_one_state),
          LIFE(a_deleted_job_is_hidden_at_once_and_purged_later),
          LIFE(deleting_a_running_job_stops_it_and_the_purge_waits_for_it),
          LIFE(a_purge_cannot_be_cancelled_by_anybody),
          LIFE(each_visible_change_is_a_new_revision_of_the_job),
          LIFE(a_heartbeat_is_no_change_that_anybody_sees),
          LIFE(a_refused_event_leaves_no_trace),
          LIFE(a_task_whose_lease_ran_out_is_found_by_its_owner),
          LIFE(two_processes_claim_500_tasks_and_none_twice))
