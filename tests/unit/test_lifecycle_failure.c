/*
 * The life of a job, when something goes wrong: what is tried again and when, what ends it, and what is not counted.
 */
#include "a_job.h"

#include "base/clock.h"

TEST(a_failure_that_may_pass_is_tried_again_later_and_at_most_max_retries_times)
{
    const char *uuid = submit();
    const struct err failure = { .kind = ERR_NETWORK, .text = "connection reset" };
    bool again = false;

    for (int i = 1; i <= conf.max_retries; i++) {
        const struct claim c = claim();
        const int64_t now = clock_wall_ms();
        must(life_failed(db, &c, &conf, &failure, &again, &e));
        check(again, "no attempt after failure %d", i);
        state_is(uuid, "queued", "pending");
        const struct job j = job(uuid);
        const int64_t delay = j.run_after_ms - now, base = conf.retry_base_ms << (i - 1);
        check(delay >= base * 8 / 10 && delay <= base * 12 / 10 + 1000, "failure %d: again in %lld ms", i,
              (long long)delay);
        assert_string_equal(j.error_kind, "network");
        assert_string_equal(j.error_text, "connection reset");
        assert_int_equal(j.attempts, i + 1);
        make_due();
    }
    const struct claim c = claim();
    assert_int_equal(c.attempt, conf.max_retries + 1);
    must(life_failed(db, &c, &conf, &failure, &again, &e));
    assert_false(again);
    state_is(uuid, "failed", "failed");
    assert_true(job(uuid).finished_at_ms > 0);
}

TEST(a_failure_that_will_not_pass_ends_the_job_at_once)
{
    const char *uuid = submit();
    const struct claim c = claim();
    bool again = true;

    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_UNAVAILABLE, .text = "gone" }, &again, &e));
    assert_false(again);
    state_is(uuid, "failed", "failed");
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

    c = claim();
    trouble.retry_after_s = 5 * 3600;
    now = clock_wall_ms();
    must(life_failed(db, &c, &conf, &trouble, &again, &e));
    assert_in_range(job(uuid).run_after_ms - now, 5 * 3600000LL - 1000, 5 * 3600000LL + 5000);
    trouble.retry_after_s = 0;
    for (int i = 0; i < 8; i++) {
        make_due();
        c = claim();
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
    state_is(uuid, "failed", "failed");
    const struct job j = job(uuid);
    assert_int_equal(j.failed_items, 1);
    assert_int_equal(j.completed_items, 0);
    assert_string_equal(j.error_kind, "bad_media");
    must(tracks_find(db, track_uuid, &t, &e));
    assert_string_equal(t.state, "failed");
    track_free(&t);
}

static struct track only_track(void)
{
    struct track t;

    must(tracks_find(db, track_uuid, &t, &e));
    track_free(&t);
    return t;
}

TEST(what_is_tried_again_shows_its_error_until_then)
{
    const char *uuid;
    struct claim c = running_track(&uuid);

    fail_with(&c, ERR_NETWORK);
    assert_string_equal(only_track().error_kind, "network");
    make_due();
    c = claim();
    assert_string_equal(only_track().state, "running");
    assert_string_equal(only_track().error_kind, "");
    assert_string_equal(only_track().error_text, "");
    assert_string_equal(job(uuid).error_kind, "");
    fail_with(&c, ERR_UNAVAILABLE);
    assert_string_equal(only_track().error_kind, "unavailable");
}

struct named { int events, tracks; };

static void count_named(void *arg, const struct event *ev)
{
    struct named *n = arg;

    n->events++;
    check(!ev->track_uuid == !(ev->task_kind && !strcmp(ev->task_kind, "track")), "%s names %s", ev->event,
          ev->track_uuid ? ev->track_uuid : "no track");
    if (ev->track_uuid) {
        assert_string_equal(ev->track_uuid, track_uuid);
        n->tracks++;
    }
}

TEST(events_of_a_track_name_it)
{
    struct named n = { 0 };
    const char *uuid;
    const struct claim c = running_track(&uuid);

    fail_with(&c, ERR_UNAVAILABLE);
    happened(uuid, "submitted started resolved started failed");
    must(events_list(db, job(uuid).id, 0, 100, count_named, &n, &e));
    assert_int_equal(n.events, 5);
    assert_int_equal(n.tracks, 2);
}

TEST(what_succeeds_after_a_failure_shows_no_error_any_more)
{
    const char *uuid;
    struct claim c = running_track(&uuid);
    bool again;

    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_NETWORK, .text = "x" }, &again, &e));
    make_due();
    c = claim();
    must(finish(db, &c));
    state_is(uuid, "done", "completed");
    assert_string_equal(job(uuid).error_kind, "");
    assert_string_equal(job(uuid).error_text, "");
}

TEST(crashes_are_counted_apart_and_end_after_max_crashes)
{
    const char *uuid = submit();
    bool again = false;

    struct claim c = claim();
    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_NETWORK, .text = "x" }, &again, &e));
    make_due();
    for (int i = 1; i < conf.max_crashes; i++) {
        c = claim();
        must(life_crashed(db, &c, &conf, "signal 11", &again, &e));
        check(again, "given up after crash %d", i);
        const int64_t wait_ms = job(uuid).run_after_ms - clock_wall_ms();
        check(i == 1 ? wait_ms <= 0 : wait_ms > 500 && wait_ms <= 5000, "crash %d waits %lld ms", i,
              (long long)wait_ms);
        make_due();
        assert_string_equal(job(uuid).error_kind, "crashed");
    }
    assert_int_equal(number("SELECT failures * 10 + crashes FROM tasks"), 10 + conf.max_crashes - 1);
    c = claim();
    must(life_crashed(db, &c, &conf, "signal 11", &again, &e));
    assert_false(again);
    state_is(uuid, "failed", "failed");
    assert_non_null(strstr(job(uuid).error_text, "signal 11"));
}

TEST(giving_back_burns_neither_attempt)
{
    const char *uuid = submit();

    for (int i = 0; i < 20; i++) {
        const struct claim c = claim();
        must(life_released(db, &c, 0, &e));
        state_is(uuid, "queued", "pending");
    }
    assert_int_equal(number("SELECT failures + crashes FROM tasks"), 0);
    assert_int_equal(job(uuid).attempts, 1);
    assert_string_equal(job(uuid).error_kind, "");
}

TEST(files_that_cannot_be_placed_leave_the_claim_and_no_row)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);

    assert_int_equal(finish_with(db, &c, false), -1);
    assert_int_equal(e.kind, ERR_DISK);
    state_is(uuid, "running", "downloading");
    assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), 0);
    must(finish(db, &c));
}

UNIT_MAIN(JOB(a_failure_that_may_pass_is_tried_again_later_and_at_most_max_retries_times),
          JOB(a_failure_that_will_not_pass_ends_the_job_at_once),
          JOB(no_wait_exceeds_four_hours_unless_the_source_asks_for_it),
          JOB(a_track_that_fails_fails_its_job_and_both_say_why),
          JOB(events_of_a_track_name_it), JOB(what_is_tried_again_shows_its_error_until_then),
          JOB(what_succeeds_after_a_failure_shows_no_error_any_more),
          JOB(crashes_are_counted_apart_and_end_after_max_crashes),
          JOB(giving_back_burns_neither_attempt),
          JOB(files_that_cannot_be_placed_leave_the_claim_and_no_row))
