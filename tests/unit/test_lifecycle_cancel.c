/* The life of a job that somebody ends: cancelled while it waits, while it runs, too late; and deleted. */
#include "a_job.h"

/* ---- cancel ---- */

TEST(a_waiting_job_is_cancelled_at_once)
{
    const char *uuid = submit();
    struct claim c;

    must(life_cancel(db, uuid, &e));
    state_is(uuid, "cancelled", "cancelled");
    assert_true(job(uuid).finished_at_ms > 0);
    assert_int_equal(try_claim("default", &c), 0);
}

TEST(a_job_between_resolve_and_track_is_cancelled_with_its_track)
{
    const char *uuid = submit();
    const struct claim c = claim();
    struct track t;

    resolve(&c);
    must(life_cancel(db, uuid, &e));
    state_is(uuid, "cancelled", "cancelled");
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
    state_is(uuid, "running", "downloading");
    assert_true(job(uuid).cancel_requested);
    must(life_cancel(db, uuid, &e));        /* again is fine */
    assert_int_equal(life_tick(db, &c, &p, &e), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    const struct err why = e;
    must(life_failed(db, &c, &conf, &why, &again, &e));
    assert_false(again);
    state_is(uuid, "cancelled", "cancelled");
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
        const struct claim c = claim();
        bool again = true;
        must(life_cancel(db, uuid, &e));
        if (i == 0)
            must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_NETWORK, .text = "x" }, &again, &e));
        else
            must(life_crashed(db, &c, &conf, "signal 9", &again, &e));
        check(!again, "%s", endings[i]);
        state_is(uuid, "cancelled", "cancelled");
    }
    /* A drain gives a task back although its cancel was asked for: whoever claims it next must not start it. */
    const char *uuid = submit();
    struct claim c = claim();
    must(life_cancel(db, uuid, &e));
    must(life_released(db, &c, 0, &e));
    if (try_claim("default", &c) == 1) {
        assert_int_equal(life_tick(db, &c, &(struct queue_progress){ .stage = "resolve" }, &e), -1);
        assert_int_equal(e.kind, ERR_CANCELLED);
    } else {
        state_is(uuid, "cancelled", "cancelled");
    }
}

TEST(once_cancelled_nothing_is_resolved_finished_or_placed)
{
    const char *uuid = submit();
    struct claim c = claim();

    must(life_cancel(db, uuid, &e));
    id_uuid7(track_uuid);
    assert_int_equal(resolve_as(&c, track_uuid, NULL), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks"), 0);

    c = running_track(&uuid);
    must(life_cancel(db, uuid, &e));
    assert_int_equal(finish(db, &c), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_int_equal(placed, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), 0);
}

TEST(what_has_ended_cannot_be_cancelled)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);

    must(finish(db, &c));
    assert_int_equal(life_cancel(db, uuid, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    state_is(uuid, "done", "completed");
    assert_int_equal(life_cancel(db, "0199f3a1-0000-7000-8000-0000000000ff", &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
}

/* ---- delete ---- */

TEST(a_deleted_job_is_hidden_at_once_and_purged_later)
{
    const char *uuid;
    const struct claim c = running_track(&uuid);
    struct job j;
    struct track t;

    must(finish(db, &c));
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

    const struct claim purge = claim_in("maintenance");
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
    const struct claim purge = claim_in("maintenance");
    assert_int_equal(queue_others_running(db, &purge, &e), 1);
    assert_int_equal(life_tick(db, &c, &(struct queue_progress){ .stage = "download" }, &e), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_int_equal(finish(db, &c), -1);
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

UNIT_MAIN(JOB(a_waiting_job_is_cancelled_at_once),
          JOB(a_job_between_resolve_and_track_is_cancelled_with_its_track),
          JOB(a_running_job_learns_of_its_cancel_and_then_ends_cancelled),
          JOB(a_cancel_wins_over_failure_crash_and_release),
          JOB(once_cancelled_nothing_is_resolved_finished_or_placed),
          JOB(what_has_ended_cannot_be_cancelled),
          JOB(a_deleted_job_is_hidden_at_once_and_purged_later),
          JOB(deleting_a_running_job_stops_it_and_the_purge_waits_for_it),
          JOB(a_purge_cannot_be_cancelled_by_anybody))
