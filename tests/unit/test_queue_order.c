/* Whose turn it is, and when: schedules, a clock that is set, priorities, and fairness among equals. */
#include "a_job.h"

#include "base/clock.h"
#include "sources.h"

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

/* ---- priority, fairness ---- */

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

UNIT_MAIN(JOB(a_scheduled_job_waits_for_its_time_and_not_longer),
          JOB(a_schedule_survives_a_pause),
          JOB(a_clock_that_is_set_takes_retries_and_rests_with_it_but_no_schedule),
          JOB(priority_can_be_changed_while_it_waits_and_the_track_inherits_it),
          JOB(a_playlist_of_a_thousand_lets_a_single_link_pass))
