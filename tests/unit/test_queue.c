/*
 * What waits, and for what: pause and resume, retry by hand, schedules, priorities, lanes, fairness, sources that rest,
 * budgets, the clock; who does the same work twice; and what the log of a job says of it.
 */
#include "unit.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "events.h"
#include "idempotency.h"
#include "lanes.h"
#include "lifecycle.h"
#include "sources.h"
#include "status.h"

static struct db *db;
static struct err e;        /* of the last call */
static struct conf conf;

#define must(call) check((call) == 0, #call ": %s", e.text)
#define refuses(call, why) check((call) == -1 && e.kind == (why), #call ": %s %s", err_class(e.kind)->name, e.text)

static int enter(void **state)
{
    if (unit_enter(state))
        return -1;
    log_set_level(LOG_WARN);
    conf = (struct conf){ .max_retries = 3, .max_crashes = 3, .retry_base_ms = 1000, .lease_s = 60,
                          .source_rest_s = 100, .source_budgets = "", .data_dir = "." };
    return db_migrate("t.db", &e) || db_open(&db, "t.db", &e);
}

static int leave(void **state)
{
    db_close(&db);
    return unit_leave(state);
}

#define QUEUED(name) cmocka_unit_test_setup_teardown(name, enter, leave)

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

/* A job of its own work; its uuid lives until the eighth next call. */
static const char *submit_to(const char *asked, int64_t priority, int64_t at_ms)
{
    static char uuids[8][ID_UUID_BYTES];
    static int count;
    char spec[32], *uuid = uuids[count % 8];
    struct new_job j = { .url = "https://example.org/a", .source = "generic", .asked = asked, .spec_json = spec,
                         .client_ref = "", .priority = priority, .scheduled_at_ms = at_ms };
    bool existing;

    snprintf(spec, sizeof spec, "{\"n\":%d}", count++);
    must(life_submit(db, &j, uuid, &existing, &e));
    check(!existing, "nobody asked for this before");
    return uuid;
}

static const char *submit(void)
{
    return submit_to("example.org", 0, 0);
}

static int try_claim(const char *lane, struct claim *c)
{
    return life_claim(db, &conf, lane, "w1", c, &e);
}

static struct claim claim(void)
{
    struct claim c;
    check(try_claim("default", &c) == 1, "nothing to claim: %s", e.text);
    return c;
}

static void nothing_to_claim(const char *why)
{
    struct claim c;
    check(try_claim("default", &c) == 0, "%s, yet task %lld was given out", why, (long long)c.task_id);
}

static struct job job(const char *uuid)
{
    struct job j;
    must(jobs_find(db, uuid, &j, &e));
    return j;
}

static void is(const char *uuid, const char *word)
{
    const struct job j = job(uuid);
    check(strcmp(status_word(&j), word) == 0, "clients read %s, not %s", status_word(&j), word);
}

static const char *whose(const struct claim *c)
{
    static char uuid[ID_UUID_BYTES];
    struct job_request r = { 0 };

    must(jobs_request(db, c->job_id, &r, &e));
    snprintf(uuid, sizeof uuid, "%s", r.uuid);
    job_request_free(&r);
    return uuid;
}

static void resolve(const struct claim *c)
{
    static const struct track_info info = { .url = "https://example.org/a", .title = "Title", .duration_ms = 60000 };
    char uuid[ID_UUID_BYTES];

    id_uuid7(uuid);
    must(life_resolved(db, c, uuid, &info, ASKS_MEDIA, &e));
}

static struct claim running_track(const char **uuid)
{
    *uuid = submit();
    const struct claim c = claim();
    resolve(&c);
    return claim();
}

static int place(void *arg, struct err *err)
{
    (void)arg, (void)err;
    return 0;
}

static int finish(struct db *by, const struct claim *c)
{
    const struct life_result r = { .count = 0, .duration_ms = 1000, .report_json = "{}", .place = place };
    return life_finished(by, c, &r, &e);
}

static bool fail_with(const struct claim *c, enum err_kind kind)
{
    const struct err why = { .kind = kind, .text = "what happened" };
    bool again = false;

    must(life_failed(db, c, &conf, &why, &again, &e));
    return again;
}

static int tick(const struct claim *c)
{
    return life_tick(db, c, &(struct queue_progress){ .stage = "download", .percent = 5, .downloaded_bytes = 5,
                                                      .total_bytes = -1, .speed_bps = -1, .eta_s = -1 }, &e);
}

static const char *waiting_for(const char *uuid)
{
    static struct gates gates;
    static char why[480];
    const struct job j = job(uuid);
    int64_t until_ms;

    must(gates_load(&gates, db, &conf, &e));
    gates.worker_count = 1;
    snprintf(gates.workers[0].queue_names, sizeof gates.workers[0].queue_names, "default");
    const char *said = status_waiting_for(&j, &gates, why, sizeof why, &until_ms);
    return said ? said : "(nothing)";
}

static void waits_for(const char *uuid, const char *start)
{
    const char *said = waiting_for(uuid);
    check(strncmp(said, start, strlen(start)) == 0, "it waits for \"%s\", not \"%s…\"", said, start);
}

static void note_event(void *arg, const struct event *ev)
{
    char *log = arg;
    const size_t n = strlen(log);
    snprintf(log + n, 400 - n, "%s%s", n ? " " : "", ev->event);
}

static void happened(const char *uuid, const char *expected)
{
    char log[400] = "";
    must(events_list(db, job(uuid).id, 0, 100, note_event, log, &e));
    assert_string_equal(log, expected);
}

/* The counts that pages show, beside what a count over all rows says. */
static void counts_are_right(void)
{
    check(number("SELECT COUNT(*) FROM (SELECT source, state, COUNT(*) AS n FROM download_jobs"
                 "  WHERE deleted_at_ms IS NULL GROUP BY source, state) j"
                 "  LEFT JOIN job_counts c ON c.source = j.source AND c.state = j.state"
                 "  WHERE c.jobs IS NOT j.n") == 0, "job_counts lack something");
    check(number("SELECT COALESCE(SUM(jobs), 0) FROM job_counts") ==
          number("SELECT COUNT(*) FROM download_jobs WHERE deleted_at_ms IS NULL"), "job_counts have too much");
    check(number("SELECT COUNT(*) FROM job_counts WHERE jobs < 0") == 0, "less than no job");
}

/* ---- pause and resume ---- */

TEST(a_paused_job_is_not_claimed_and_goes_on_when_resumed)
{
    const char *uuid = submit();

    must(life_pause(db, uuid, &e));
    is(uuid, "paused");
    waits_for(uuid, "somebody to resume it");
    nothing_to_claim("it is paused");
    refuses(life_pause(db, uuid, &e), ERR_CONFLICT);
    must(life_resume(db, uuid, &e));
    is(uuid, "pending");
    refuses(life_resume(db, uuid, &e), ERR_CONFLICT);
    claim();
    happened(uuid, "submitted paused resumed started");
    counts_are_right();
}

TEST(a_running_task_hears_of_the_pause_and_its_attempt_is_not_counted)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);

    must(life_pause(db, uuid, &e));
    waits_for(uuid, "its programs to stop");
    assert_int_equal(tick(&c), -1);
    assert_int_equal(e.kind, ERR_PAUSED);
    assert_true(fail_with(&c, ERR_PAUSED));
    is(uuid, "paused");
    assert_int_equal(number("SELECT failures + crashes FROM tasks WHERE kind = 'track'"), 0);
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks WHERE state = 'paused'"), 1);
    nothing_to_claim("it is paused");
    must(life_resume(db, uuid, &e));
    assert_int_equal(claim().task_id, c.task_id);
    counts_are_right();
}

TEST(a_pause_while_it_resolves_holds_the_track_that_comes_of_it)
{
    const char *uuid = submit();
    const struct claim c = claim();

    must(life_pause(db, uuid, &e));
    resolve(&c);                    /* it was done before it heard */
    is(uuid, "paused");
    nothing_to_claim("the track was born paused");
    must(life_resume(db, uuid, &e));
    assert_string_equal(claim().kind, "track");
}

TEST(a_pause_that_comes_too_late_changes_nothing)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);

    must(life_pause(db, uuid, &e));
    must(finish(db, &c));
    is(uuid, "completed");
    refuses(life_resume(db, uuid, &e), ERR_CONFLICT);
    refuses(life_pause(db, uuid, &e), ERR_CONFLICT);
    counts_are_right();
}

TEST(whoever_fails_or_dies_while_it_is_to_pause_waits_paused)
{
    const char *uuid;
    struct claim c = running_track(&uuid);
    bool again;

    must(life_pause(db, uuid, &e));
    assert_true(fail_with(&c, ERR_NETWORK));
    is(uuid, "paused");
    must(life_resume(db, uuid, &e));
    waits_for(uuid, "another attempt at ");         /* its wait is not over because it was paused */
    run("UPDATE tasks SET run_after_ms = 0, due = 1 WHERE state = 'queued'");
    c = claim();
    must(life_pause(db, uuid, &e));
    must(life_crashed(db, &c, &conf, "signal 9", &again, &e));
    is(uuid, "paused");
    must(life_cancel(db, uuid, &e));
    is(uuid, "cancelled");
    counts_are_right();
}

TEST(a_paused_job_can_be_cancelled_and_deleted)
{
    const char *uuid = submit();

    must(life_pause(db, uuid, &e));
    must(life_cancel(db, uuid, &e));
    is(uuid, "cancelled");
    uuid = submit();
    must(life_pause(db, uuid, &e));
    must(life_delete(db, uuid, &e));
    counts_are_right();
    assert_int_equal(number("SELECT COALESCE(SUM(jobs), 0) FROM job_counts"), 1);
}

/* ---- retry by hand ---- */

TEST(a_failed_job_is_retried_from_the_start_of_its_counters)
{
    const char *uuid;
    struct claim c = running_track(&uuid);

    assert_false(fail_with(&c, ERR_UNAVAILABLE));
    is(uuid, "failed");
    must(life_retry(db, uuid, &e));
    is(uuid, "pending");
    assert_string_equal(job(uuid).error_kind, "");
    assert_int_equal(job(uuid).attempts, 1);
    assert_int_equal(job(uuid).finished_at_ms, 0);
    c = claim();
    assert_string_equal(c.kind, "track");
    must(finish(db, &c));
    is(uuid, "completed");
    refuses(life_retry(db, uuid, &e), ERR_CONFLICT);        /* nothing of it failed */
    counts_are_right();
    happened(uuid, "submitted started resolved started failed retried started done");
}

TEST(a_cancelled_job_is_retried_and_what_is_open_is_not)
{
    const char *uuid = submit();

    refuses(life_retry(db, uuid, &e), ERR_CONFLICT);
    must(life_cancel(db, uuid, &e));
    must(life_retry(db, uuid, &e));
    is(uuid, "pending");
    const struct claim c = claim();
    assert_int_equal(tick(&c), 0);                  /* the cancel of then is forgotten */
    refuses(life_retry(db, "0199f3a1-0000-7000-8000-000000000000", &e), ERR_NOT_FOUND);
}

TEST(a_retry_waits_for_what_clears_up_and_takes_the_place_of_what_would)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);
    struct claim tidy;

    must(life_cancel(db, uuid, &e));
    must(life_released(db, &c, 0, &e));             /* died while cancelled: a tidy task clears up */
    is(uuid, "cancelled");
    assert_int_equal(try_claim("maintenance", &tidy), 1);
    refuses(life_retry(db, uuid, &e), ERR_CONFLICT);
    must(life_released(db, &tidy, 0, &e));
    must(life_retry(db, uuid, &e));
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'tidy'"), 0);
}

/* ---- the same work ---- */

TEST(the_same_work_is_done_once_at_a_time)
{
    struct new_job j = { .url = "https://example.org/same", .source = "generic", .asked = "example.org",
                         .spec_json = "{}", .client_ref = "" };
    char first[ID_UUID_BYTES], second[ID_UUID_BYTES];
    bool existing = true;

    must(life_submit(db, &j, first, &existing, &e));
    assert_false(existing);
    must(life_submit(db, &j, second, &existing, &e));
    assert_true(existing);
    assert_string_equal(first, second);
    j.client_ref = "for somebody else";
    must(life_submit(db, &j, second, &existing, &e));
    assert_false(existing);
    j.client_ref = "";
    must(life_cancel(db, first, &e));
    must(life_submit(db, &j, second, &existing, &e));
    assert_false(existing);                         /* the first has ended */
    refuses(life_retry(db, first, &e), ERR_CONFLICT);
    assert_non_null(strstr(e.text, second));
    counts_are_right();
}

/* ---- time ---- */

TEST(a_scheduled_job_waits_for_its_time_and_not_longer)
{
    const char *uuid = submit_to("example.org", 10, clock_wall_ms() + 3600000);

    is(uuid, "scheduled");
    waits_for(uuid, "its time, ");
    assert_int_equal(life_promote(db, &e), 0);
    nothing_to_claim("its time is ahead");
    must(life_reschedule(db, uuid, clock_wall_ms() + 50, &e));
    is(uuid, "scheduled");
    usleep(60000);
    const int64_t revision = job(uuid).revision;
    assert_int_equal(life_promote(db, &e), 1);
    is(uuid, "pending");
    check(job(uuid).revision > revision, "clients are not told");
    claim();
    refuses(life_reschedule(db, uuid, 0, &e), ERR_CONFLICT);
}

TEST(a_schedule_survives_a_pause)
{
    const char *uuid = submit_to("example.org", 0, clock_wall_ms() + 3600000);

    must(life_pause(db, uuid, &e));
    must(life_resume(db, uuid, &e));
    is(uuid, "scheduled");
    nothing_to_claim("its time is ahead");
    must(life_reschedule(db, uuid, 0, &e));
    is(uuid, "pending");
    claim();
}

TEST(a_clock_that_is_set_takes_retries_and_rests_with_it_but_no_schedule)
{
    const int64_t now_ms = clock_wall_ms(), offset_ms = now_ms - clock_boot_ms();
    const char *scheduled = submit_to("b.example", 0, now_ms + 7200000);
    int64_t shift_ms = 1;
    struct claim c;

    submit_to("a.example", 0, 0);
    c = claim();
    assert_true(fail_with(&c, ERR_NETWORK));
    const int64_t retry_ms = number("SELECT run_after_ms FROM tasks WHERE waits_for = 'retry'");
    submit_to("c.example", 0, 0);
    c = claim();
    assert_true(fail_with(&c, ERR_RATE_LIMITED));
    const int64_t open_ms = number("SELECT open_until_ms FROM sources");
    must(queue_follow_clock(db, "", offset_ms, &shift_ms, &e));
    assert_int_equal(shift_ms, 0);                  /* the first look has nothing to compare with */
    must(queue_follow_clock(db, "boot", offset_ms, &shift_ms, &e));
    assert_int_equal(shift_ms, 0);
    must(queue_follow_clock(db, "boot", offset_ms + 500, &shift_ms, &e));
    assert_int_equal(shift_ms, 0);                  /* slewed, not set */
    must(queue_follow_clock(db, "boot", offset_ms - 3600000, &shift_ms, &e));
    assert_int_equal(shift_ms, -3600000);
    must(sources_shift(db, shift_ms, &e));
    assert_int_equal(number("SELECT run_after_ms FROM tasks WHERE waits_for = 'retry'"), retry_ms - 3600000);
    assert_int_equal(number("SELECT open_until_ms FROM sources"), open_ms - 3600000);
    assert_int_equal(job(scheduled).run_after_ms, now_ms + 7200000);
    must(queue_follow_clock(db, "another boot", offset_ms, &shift_ms, &e));
    assert_int_equal(shift_ms, 0);
}

/* ---- priority, fairness, lanes ---- */

TEST(priority_can_be_changed_while_it_waits_and_the_track_inherits_it)
{
    const char *first = submit(), *second = submit();

    must(life_prioritize(db, second, 5, &e));
    struct claim c = claim();
    assert_string_equal(whose(&c), second);
    must(life_prioritize(db, second, -5, &e));
    resolve(&c);
    assert_int_equal(number("SELECT priority FROM tasks WHERE kind = 'track'"), -5);
    c = claim();
    assert_string_equal(whose(&c), first);
    must(life_cancel(db, second, &e));
    refuses(life_prioritize(db, second, 1, &e), ERR_CONFLICT);
}

static void add_items(int64_t job_id, int64_t created_ms, int count)
{
    must(db_begin(db, &e));
    for (int i = 0; i < count; i++)
        must(queue_add(db, &(struct new_task){ .kind = "resolve", .queue = "default", .job_id = job_id,
                                               .turn_ms = created_ms + i * (int64_t)QUEUE_TURN_MS,
                                               .source = "example.org", .asks = ASKS_PAGE }, &e));
    must(db_end(db, 0, &e));
}

TEST(a_playlist_of_a_thousand_lets_a_single_link_pass)
{
    const char *list = submit(), *other = submit();
    const int64_t now_ms = clock_wall_ms();

    add_items(job(list).id, now_ms, 1000);
    add_items(job(other).id, now_ms + 1, 1000);
    usleep(5000);
    const char *single = submit();
    int before = 0;
    struct claim c;
    for (c = claim(); strcmp(whose(&c), single) != 0; c = claim())
        before++;
    check(before <= 4, "%d tasks went before the single link", before);
    /* and the two lists alternate */
    int64_t last = 0;
    for (int i = 0; i < 20; i++) {
        c = claim();
        check(c.job_id != last, "one list goes twice in a row, at %d", i);
        last = c.job_id;
    }
}

TEST(a_paused_lane_gives_out_nothing_and_its_jobs_say_so)
{
    const char *uuid = submit();

    refuses(life_pause_lane(db, "no-such-lane", true, &e), ERR_NOT_FOUND);
    must(life_pause_lane(db, "default", true, &e));
    refuses(life_pause_lane(db, "default", true, &e), ERR_CONFLICT);
    nothing_to_claim("the lane is paused");
    waits_for(uuid, "the lane default to be resumed");
    must(life_pause_lane(db, "default", false, &e));
    waits_for(uuid, "its turn");
    claim();
}

/* ---- sources ---- */

TEST(a_source_that_refuses_rests_and_others_go_on)
{
    const char *limited = submit_to("a.example", 9, 0), *next = submit_to("a.example", 8, 0);
    const char *other = submit_to("b.example", 0, 0);
    struct claim c = claim();

    assert_string_equal(whose(&c), limited);
    assert_true(fail_with(&c, ERR_RATE_LIMITED));
    waits_for(next, "a.example to rest until ");
    waits_for(limited, "a.example to rest until ");
    c = claim();
    assert_string_equal(whose(&c), other);
    nothing_to_claim("a.example rests");
    const int64_t rest_ms = number("SELECT open_until_ms FROM sources") - clock_wall_ms();
    check(rest_ms > 75000 && rest_ms <= 120000, "it rests for %lld ms", (long long)rest_ms);
}

TEST(a_half_open_source_is_tried_by_one_task_and_opens_longer_or_closes)
{
    struct claim first, probe;

    submit_to("a.example", 0, 0);
    submit_to("a.example", 0, 0);
    first = claim();
    assert_true(fail_with(&first, ERR_RATE_LIMITED));
    must(life_wake_source(db, "a.example", &e));
    refuses(life_wake_source(db, "b.example", &e), ERR_NOT_FOUND);
    probe = claim();
    nothing_to_claim("one task tries");
    assert_true(fail_with(&probe, ERR_RATE_LIMITED));
    assert_int_equal(number("SELECT trips FROM sources"), 2);
    assert_int_equal(number("SELECT SUM(failures) FROM tasks"), 0);        /* the source's fault, not the jobs' */
    check(number("SELECT open_until_ms FROM sources") - clock_wall_ms() > 150000, "twice as long");
    must(life_wake_source(db, "a.example", &e));
    probe = claim();
    assert_false(fail_with(&probe, ERR_UNAVAILABLE));       /* it answers, if only that there is nothing */
    assert_int_equal(number("SELECT trips FROM sources"), 0);
    claim();
}

TEST(a_probe_that_says_nothing_of_the_source_gives_its_turn_to_another)
{
    struct claim c;
    bool again;

    for (int i = 0; i < 4; i++)
        submit_to("a.example", 0, 0);
    c = claim();
    assert_true(fail_with(&c, ERR_BOT_CHECK));
    check(number("SELECT open_until_ms FROM sources") - clock_wall_ms() > 450000, "six times as long");
    must(life_wake_source(db, "a.example", &e));
    c = claim();
    assert_true(fail_with(&c, ERR_NETWORK));
    c = claim();
    must(life_crashed(db, &c, &conf, "signal 9", &again, &e));
    c = claim();
    must(life_released(db, &c, 3600000, &e));
    c = claim();
    nothing_to_claim("one task tries");
    run("DELETE FROM tasks WHERE state = 'running'");       /* by whatever means: a probe that is gone holds nothing */
    must(sources_free_probes(db, &e));
    claim();
}

TEST(what_was_under_way_when_it_opened_neither_doubles_the_rest_nor_ends_it)
{
    struct claim a, b;

    submit_to("a.example", 0, 0);
    submit_to("a.example", 0, 0);
    a = claim();
    b = claim();
    assert_true(fail_with(&a, ERR_RATE_LIMITED));
    const int64_t until_ms = number("SELECT open_until_ms FROM sources");
    assert_true(fail_with(&b, ERR_RATE_LIMITED));
    assert_int_equal(number("SELECT trips FROM sources"), 1);
    assert_int_equal(number("SELECT open_until_ms FROM sources"), until_ms);
    must(life_wake_source(db, "a.example", &e));
    a = claim();
    must(life_wake_source(db, "a.example", &e));
    nothing_to_claim("waking it twice lets no second one through");
}

TEST(retry_after_is_honoured_and_not_without_end)
{
    struct err why = { .kind = ERR_RATE_LIMITED, .retry_after_s = 1000, .text = "429" };
    struct claim c;
    bool again;

    submit_to("a.example", 0, 0);
    c = claim();
    must(life_failed(db, &c, &conf, &why, &again, &e));
    int64_t rest_ms = number("SELECT open_until_ms FROM sources") - clock_wall_ms();
    check(rest_ms > 999000 && rest_ms <= 1101000, "%lld ms", (long long)rest_ms);
    must(life_wake_source(db, "a.example", &e));
    why.retry_after_s = 10 * 24 * 3600;
    c = claim();
    must(life_failed(db, &c, &conf, &why, &again, &e));
    rest_ms = number("SELECT open_until_ms FROM sources") - clock_wall_ms();
    check(rest_ms <= 27 * 3600000LL, "at most a day: %lld ms", (long long)rest_ms);
}

TEST(a_job_that_is_refused_each_time_fails_and_the_rest_ends_with_the_next_good_answer)
{
    const char *uuid = submit_to("a.example", 0, 0);
    struct claim c = claim();

    for (int i = 1; i < 32; i++) {      /* REFUSALS_PER_TRY for each of MAX_RETRIES + 1 attempts */
        assert_true(fail_with(&c, ERR_RATE_LIMITED));
        must(life_wake_source(db, "a.example", &e));
        c = claim();
    }
    assert_false(fail_with(&c, ERR_RATE_LIMITED));
    is(uuid, "failed");
    submit_to("a.example", 0, 0);
    must(life_wake_source(db, "a.example", &e));
    c = claim();
    resolve(&c);
    assert_int_equal(number("SELECT trips FROM sources"), 0);
}

TEST(a_source_answers_when_the_download_ends_and_not_with_the_whole_track)
{
    const char *uuid, *other = submit_to("example.org", -1, 0);
    struct claim c, probe = running_track(&uuid);

    assert_true(fail_with(&probe, ERR_RATE_LIMITED));
    must(life_wake_source(db, "example.org", &e));
    probe = claim();
    nothing_to_claim("one task tries");
    must(life_fed(db, &probe, &e));
    c = claim();
    assert_string_equal(whose(&c), other);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE state = 'running' AND asks = 0"), 1);
}

TEST(a_track_that_needed_no_download_says_nothing_of_its_source)
{
    const char *uuid;
    struct claim probe = running_track(&uuid);

    assert_true(fail_with(&probe, ERR_RATE_LIMITED));
    must(life_wake_source(db, "example.org", &e));
    probe = claim();
    submit_to("example.org", -1, 0);
    must(finish(db, &probe));                       /* from a kept file: nobody was asked */
    assert_int_equal(number("SELECT trips FROM sources"), 1);
    claim();                                        /* and another one tries */
}

TEST(a_short_retry_after_does_not_shorten_the_rest)
{
    const struct err why = { .kind = ERR_RATE_LIMITED, .retry_after_s = 1, .text = "429" };
    struct claim c;
    bool again;

    submit_to("a.example", 0, 0);
    c = claim();
    must(life_failed(db, &c, &conf, &why, &again, &e));
    check(number("SELECT open_until_ms FROM sources") - clock_wall_ms() > 75000, "a second is no rest");
}

TEST(who_submits_what_is_being_cancelled_gets_a_job_of_his_own)
{
    struct new_job j = { .url = "https://example.org/same", .source = "generic", .asked = "example.org",
                         .spec_json = "{}", .client_ref = "" };
    char first[ID_UUID_BYTES], second[ID_UUID_BYTES];
    bool existing;

    must(life_submit(db, &j, first, &existing, &e));
    const struct claim c = claim();
    must(life_cancel(db, first, &e));
    must(life_submit(db, &j, second, &existing, &e));
    assert_false(existing);
    assert_true(fail_with(&c, ERR_CANCELLED) == false);
    is(first, "cancelled");
    is(second, "pending");
    refuses(life_retry(db, first, &e), ERR_CONFLICT);
    must(life_cancel(db, second, &e));
    must(life_retry(db, first, &e));
    must(life_submit(db, &j, second, &existing, &e));
    assert_true(existing);                          /* it is found again */
    assert_string_equal(first, second);
}

TEST(the_same_work_wanted_sooner_is_done_sooner)
{
    struct new_job j = { .url = "https://example.org/same", .source = "generic", .asked = "example.org",
                         .spec_json = "{}", .client_ref = "", .scheduled_at_ms = clock_wall_ms() + 3600000 };
    char first[ID_UUID_BYTES], second[ID_UUID_BYTES];
    bool existing;

    must(life_submit(db, &j, first, &existing, &e));
    is(first, "scheduled");
    j.scheduled_at_ms = 0;
    j.priority = 4;
    must(life_submit(db, &j, second, &existing, &e));
    assert_true(existing);
    is(first, "pending");
    assert_int_equal(job(first).priority, 4);
    claim();
}

TEST(a_dead_letter_keeps_what_it_had_for_a_retry_by_hand)
{
    const char *uuid;
    struct claim c = running_track(&uuid);
    bool again = true;

    conf.keep_failed_h = 24;
    for (int i = 0; i < 3; i++) {
        must(life_crashed(db, &c, &conf, "signal 11", &again, &e));
        run("UPDATE tasks SET run_after_ms = 0, due = 1 WHERE state = 'queued'");
        if (again)
            c = claim();
    }
    assert_false(again);
    is(uuid, "failed");
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'tidy'"), 0);
    must(life_retry(db, uuid, &e));
    assert_int_equal(claim().asks, ASKS_PAGE);      /* whatever is left of it: its source is asked by the rules */
}

TEST(a_stage_behind_the_download_does_not_wait_for_the_source)
{
    const char *uuid, *other = submit_to("example.org", -1, 0);
    const struct claim c = running_track(&uuid);
    struct claim d;

    must(life_tick(db, &c, &(struct queue_progress){ .stage = "store", .percent = 95, .downloaded_bytes = -1,
                                                     .total_bytes = -1, .speed_bps = -1, .eta_s = -1 }, &e));
    assert_true(fail_with(&c, ERR_NETWORK));
    d = claim();
    assert_string_equal(whose(&d), other);
    assert_true(fail_with(&d, ERR_RATE_LIMITED));
    run("UPDATE tasks SET run_after_ms = 0, due = 1 WHERE state = 'queued'");
    d = claim();
    assert_int_equal(d.task_id, c.task_id);
    nothing_to_claim("example.org rests");
}

TEST(a_budget_lets_ten_pass_at_once_and_then_one_at_a_time)
{
    snprintf(conf.source_budgets, sizeof conf.source_budgets, "a.example=60, *=0");
    for (int i = 0; i < 20; i++)
        submit_to("a.example", 0, 0);
    const char *other = submit_to("b.example", -1, 0);
    const char *late = submit_to("a.example", -2, 0);
    struct claim c;
    int n = 0;
    while (try_claim("default", &c) == 1 && strcmp(whose(&c), other) != 0)
        n++;
    check(n >= SOURCES_BURST - 2 && n <= SOURCES_BURST + 2, "%d passed at once", n);     /* the spacing is jittered */
    waits_for(late, "its turn at a.example, which is asked 60 times an hour at most; next at ");
    nothing_to_claim("its budget is used up");
    const int64_t wait_ms = number("SELECT free_at_ms FROM sources WHERE name = 'a.example'") - clock_wall_ms();
    check(wait_ms > 0 && wait_ms <= 120000, "the next after %lld ms", (long long)wait_ms);
    run("UPDATE sources SET free_at_ms = (SELECT MAX(created_at_ms) FROM tasks)");      /* as if that time had passed */
    claim();
    nothing_to_claim("its budget is used up again");
}

TEST(budgets_are_read_or_refused)
{
    must(sources_check_budgets("youtube=240, soundcloud=600,*=0", &e));
    must(sources_check_budgets("", &e));
    assert_int_equal(sources_budget("youtube=240,*=7", "youtube"), 240);
    assert_int_equal(sources_budget("youtube=240,*=7", "vimeo"), 7);
    assert_int_equal(sources_budget("youtube=240", "vimeo"), 0);
    for (const char *const *bad = (const char *const[]){ "youtube", "=3", "youtube=x", "youtube=-1", "a=1;b=2",
                                                         "youtube=99999999999", NULL }; *bad; bad++)
        refuses(sources_check_budgets(*bad, &e), ERR_INPUT);
}

/* ---- once ---- */

TEST(an_idempotency_key_gives_the_same_answer_for_a_day)
{
    char body[] = "{\"job_id\":\"x\"}", location[] = "/api/jobs/x";
    const struct stored_answer first = { .status = 201, .body = body, .location = location };
    struct stored_answer found = { 0 };

    assert_int_equal(idempotency_find(db, 1, "key", "hash", &found, &e), 0);
    must(idempotency_store(db, 1, "key", "hash", &first, &e));
    assert_int_equal(idempotency_find(db, 1, "key", "hash", &found, &e), 1);
    assert_int_equal(found.status, 201);
    assert_string_equal(found.body, body);
    assert_string_equal(found.location, location);
    stored_answer_free(&found);
    refuses(idempotency_find(db, 1, "key", "another", &found, &e), ERR_INPUT);
    assert_int_equal(idempotency_find(db, 2, "key", "hash", &found, &e), 0);        /* somebody else's */
    run("UPDATE idempotency_keys SET created_at_ms = created_at_ms - 24 * 3600 * 1000");
    assert_int_equal(idempotency_find(db, 1, "key", "another", &found, &e), 0);
    assert_int_equal(idempotency_expire(db, 10, &e), 1);
    assert_int_equal(number("SELECT COUNT(*) FROM idempotency_keys"), 0);
    assert_true(idempotency_key_fits("8e03978e-40d5-43e8-bc93-6894a57f9324"));
    assert_false(idempotency_key_fits(""));
    assert_false(idempotency_key_fits("two words"));
}

/* ---- races ---- */

static int exit_code(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

#define MOST_RACES 5000

/* DUBPLATE_TEST_RACES sets another number; `make fault` runs 2,000. */
static int race_count(void)
{
    const char *set = getenv("DUBPLATE_TEST_RACES");
    const int n = set ? (int)strtol(set, NULL, 10) : 250;
    return n >= 1 && n <= MOST_RACES ? n : 250;
}

static struct claim race_claims[MOST_RACES];
static char race_uuids[MOST_RACES][ID_UUID_BYTES];
static atomic_int *arrived;         /* shared by the racers */

/* All three start upon job i together. */
static void line_up(int i)
{
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < 3 * (i + 1))
        sched_yield();
}

static int finish_one(struct db *mine, int i)
{
    const struct err stop = { .kind = ERR_CANCELLED, .text = "cancelled" };
    bool again;

    return finish(mine, &race_claims[i]) &&
           (e.kind != ERR_CANCELLED || life_failed(mine, &race_claims[i], &conf, &stop, &again, &e));
}

static int cancel_one(struct db *mine, int i)
{
    return life_cancel(mine, race_uuids[i], &e) && e.kind != ERR_CONFLICT;
}

static int pause_one(struct db *mine, int i)
{
    return (life_pause(mine, race_uuids[i], &e) && e.kind != ERR_CONFLICT) ||
           (life_resume(mine, race_uuids[i], &e) && e.kind != ERR_CONFLICT);
}

static pid_t racer(int (*one)(struct db *mine, int i))
{
    const pid_t pid = fork();
    struct db *mine = NULL;

    if (pid)
        return pid;
    alarm(120);
    if (db_open(&mine, "t.db", &e))
        _exit(9);
    for (int i = 0; i < race_count(); i++) {
        line_up(i);
        usleep(id_random(300));
        if (one(mine, i))
            _exit(1);
    }
    _exit(0);
}

/* Finish, cancel, pause and resume of the same jobs from three processes: each ends once, in one state, and its log has
 * one end. */
TEST(a_race_of_finish_cancel_and_pause_has_one_outcome)
{
    const int races = race_count();
    const char *uuid;

    arrived = mmap(NULL, sizeof *arrived, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(arrived, MAP_FAILED);
    for (int i = 0; i < races; i++) {
        race_claims[i] = running_track(&uuid);
        snprintf(race_uuids[i], sizeof race_uuids[i], "%s", uuid);
    }
    const pid_t pids[] = { racer(finish_one), racer(cancel_one), racer(pause_one) };
    for (size_t i = 0; i < LENGTH(pids); i++)
        assert_int_equal(exit_code(pids[i]), 0);
    const int64_t done = number("SELECT COUNT(*) FROM download_jobs WHERE state = 'done'");
    const int64_t cancelled = number("SELECT COUNT(*) FROM download_jobs WHERE state = 'cancelled'");
    assert_int_equal(done + cancelled, races);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'track' AND state = 'done'"), done);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'track' AND state = 'cancelled'"), cancelled);
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks WHERE state = 'done'"), done);
    assert_int_equal(number("SELECT COUNT(*) FROM job_events WHERE event IN ('done', 'cancelled', 'failed')"), races);
    assert_int_equal(number("SELECT COUNT(DISTINCT job_id) FROM job_events"
                            " WHERE event IN ('done', 'cancelled', 'failed')"), races);
    counts_are_right();
    print_message("# %lld finished, %lld cancelled\n", (long long)done, (long long)cancelled);
}

UNIT_MAIN(QUEUED(a_paused_job_is_not_claimed_and_goes_on_when_resumed),
          QUEUED(a_running_task_hears_of_the_pause_and_its_attempt_is_not_counted),
          QUEUED(a_pause_while_it_resolves_holds_the_track_that_comes_of_it),
          QUEUED(a_pause_that_comes_too_late_changes_nothing),
          QUEUED(whoever_fails_or_dies_while_it_is_to_pause_waits_paused),
          QUEUED(a_paused_job_can_be_cancelled_and_deleted),
          QUEUED(a_failed_job_is_retried_from_the_start_of_its_counters),
          QUEUED(a_cancelled_job_is_retried_and_what_is_open_is_not),
          QUEUED(a_retry_waits_for_what_clears_up_and_takes_the_place_of_what_would),
          QUEUED(the_same_work_is_done_once_at_a_time),
          QUEUED(a_scheduled_job_waits_for_its_time_and_not_longer),
          QUEUED(a_schedule_survives_a_pause),
          QUEUED(a_clock_that_is_set_takes_retries_and_rests_with_it_but_no_schedule),
          QUEUED(priority_can_be_changed_while_it_waits_and_the_track_inherits_it),
          QUEUED(a_playlist_of_a_thousand_lets_a_single_link_pass),
          QUEUED(a_paused_lane_gives_out_nothing_and_its_jobs_say_so),
          QUEUED(a_source_that_refuses_rests_and_others_go_on),
          QUEUED(a_half_open_source_is_tried_by_one_task_and_opens_longer_or_closes),
          QUEUED(a_probe_that_says_nothing_of_the_source_gives_its_turn_to_another),
          QUEUED(what_was_under_way_when_it_opened_neither_doubles_the_rest_nor_ends_it),
          QUEUED(retry_after_is_honoured_and_not_without_end),
          QUEUED(a_job_that_is_refused_each_time_fails_and_the_rest_ends_with_the_next_good_answer),
          QUEUED(a_source_answers_when_the_download_ends_and_not_with_the_whole_track),
          QUEUED(a_track_that_needed_no_download_says_nothing_of_its_source),
          QUEUED(a_short_retry_after_does_not_shorten_the_rest),
          QUEUED(who_submits_what_is_being_cancelled_gets_a_job_of_his_own),
          QUEUED(the_same_work_wanted_sooner_is_done_sooner),
          QUEUED(a_dead_letter_keeps_what_it_had_for_a_retry_by_hand),
          QUEUED(a_stage_behind_the_download_does_not_wait_for_the_source),
          QUEUED(a_budget_lets_ten_pass_at_once_and_then_one_at_a_time),
          QUEUED(budgets_are_read_or_refused),
          QUEUED(an_idempotency_key_gives_the_same_answer_for_a_day),
          QUEUED(a_race_of_finish_cancel_and_pause_has_one_outcome))
