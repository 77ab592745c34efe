/* What waits because somebody said so: a paused job, a paused lane. */
#include "a_job.h"

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
    make_due();
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

UNIT_MAIN(JOB(a_paused_job_is_not_claimed_and_goes_on_when_resumed),
          JOB(a_running_task_hears_of_the_pause_and_its_attempt_is_not_counted),
          JOB(a_pause_while_it_resolves_holds_the_track_that_comes_of_it),
          JOB(a_pause_that_comes_too_late_changes_nothing),
          JOB(whoever_fails_or_dies_while_it_is_to_pause_waits_paused),
          JOB(a_paused_job_can_be_cancelled_and_deleted),
          JOB(a_paused_lane_gives_out_nothing_and_its_jobs_say_so))
