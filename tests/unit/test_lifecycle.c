/*
 * The life of a job: the straight way through the state machine in lib/lifecycle.h, who may draw its arrows, and what
 * clients see of it.
 */
#include "a_job.h"

#include "base/clock.h"

/* ---- the straight way ---- */

TEST(a_job_goes_from_submit_to_done_and_shows_each_step)
{
    const char *uuid = submit();
    struct job j = job(uuid);
    char path[64];

    assert_true(id_is_uuid(uuid));
    state_is(uuid, "queued", "pending");
    assert_int_equal(j.total_items, 0);
    assert_int_equal(j.started_at_ms, 0);
    assert_string_equal(j.url, "https://example.org/a");
    assert_string_equal(j.client_ref, "ref");

    struct claim c = claim();
    assert_string_equal(c.kind, "resolve");
    assert_int_equal(c.attempt, 1);
    state_is(uuid, "running", "downloading");
    assert_true(job(uuid).started_at_ms > 0);
    assert_int_equal(job(uuid).finished_at_ms, 0);

    resolve(&c);
    state_is(uuid, "running", "downloading");     /* begun, and waiting for a worker to take the track */
    j = job(uuid);
    assert_string_equal(waiting_for(uuid), "its turn");
    assert_int_equal(j.total_items, 1);
    assert_string_equal(j.title, "Title");
    assert_int_equal(j.duration_ms, 60000);

    c = claim();
    assert_string_equal(c.kind, "track");
    assert_int_equal(c.attempt, 1);
    state_is(uuid, "running", "downloading");
    for (const char *const *stage = (const char *const[]){ "measure", "master", NULL }; *stage; stage++) {
        must(life_tick(db, &c, &(struct queue_progress){ .stage = *stage, .percent = 60, .downloaded_bytes = 7,
                                                         .total_bytes = 9, .speed_bps = -1, .eta_s = -1 }, &e));
        state_is(uuid, "running", "extracting_audio");
    }
    j = job(uuid);
    assert_true(j.percent == 60);
    assert_int_equal(j.downloaded_bytes, 7);
    assert_int_equal(j.speed_bps, -1);

    must(finish(db, &c));
    assert_int_equal(placed, 1);
    state_is(uuid, "done", "completed");
    j = job(uuid);
    assert_int_equal(j.completed_items, 1);
    assert_int_equal(j.failed_items, 0);
    assert_true(j.has_audio && j.has_cover && j.percent == 100);
    assert_int_equal(j.duration_ms, 61000);
    assert_true(j.finished_at_ms >= j.started_at_ms && j.started_at_ms >= j.created_at_ms);
    struct track t;
    must(tracks_find(db, track_uuid, &t, &e));
    assert_string_equal(t.state, "done");
    snprintf(path, sizeof path, "downloads/%lld.mp3", (long long)c.task_id);
    assert_string_equal(t.audio.path, path);
    track_free(&t);
    assert_int_equal(try_claim("default", &c), 0);
}

TEST(a_lane_gives_only_its_own_tasks_the_highest_priority_first_then_the_oldest)
{
    static const int64_t priorities[] = { 0, 5, -5, 5, 0 };
    static const int expected[] = { 1, 3, 0, 4, 2 };
    const char *uuids[LENGTH(priorities)];
    struct job_request asked;
    struct claim c;

    for (size_t i = 0; i < LENGTH(priorities); i++)
        uuids[i] = submit_to("example.org", priorities[i], 0);
    assert_int_equal(try_claim("maintenance", &c), 0);
    assert_int_equal(try_claim("elsewhere", &c), 0);
    for (size_t i = 0; i < LENGTH(expected); i++) {
        c = claim();
        must(jobs_request(db, c.job_id, &asked, &e));
        check(strcmp(asked.uuid, uuids[expected[i]]) == 0, "claim %zu is not submit %d", i, expected[i]);
        job_request_free(&asked);
    }
}

TEST(what_is_not_yet_due_is_not_claimed)
{
    struct claim c;

    submit();
    c = claim();
    must(life_released(db, &c, 60000, &e));
    assert_int_equal(try_claim("default", &c), 0);
    assert_int_equal(queue_is_due(db, "default", &e), 0);
    make_due();
    assert_int_equal(queue_is_due(db, "default", &e), 1);
    claim();
}

TEST(a_task_that_waits_does_not_hold_up_one_that_is_due)
{
    submit_to("example.org", 10, 0);
    struct claim waiting = claim();
    must(life_released(db, &waiting, 60000, &e));
    submit();
    const struct claim due = claim();      /* younger and less urgent, but due */
    assert_int_not_equal(due.task_id, waiting.task_id);
    assert_int_equal(try_claim("default", &waiting), 0);
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
    TRY(resolve_as(stale, "0199f3a1-0000-7000-8000-00000000000f", NULL));
    TRY(finish(db, stale));
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
    const struct claim first = claim();
    struct claim stranger = first, wrong = first;

    snprintf(stranger.owner, sizeof stranger.owner, "w2");
    changes_nothing(&stranger, "another owner");
    wrong.attempt++;
    changes_nothing(&wrong, "an attempt that never was");
    wrong.task_id += 1000;
    changes_nothing(&wrong, "a task that is not there");

    must(life_released(db, &first, 0, &e));
    changes_nothing(&first, "given back");
    const struct claim second = claim();       /* by the same owner */
    assert_int_equal(second.task_id, first.task_id);
    assert_int_equal(second.attempt, first.attempt + 1);
    changes_nothing(&first, "taken again by the same owner");

    resolve(&second);
    changes_nothing(&second, "finished");
    const struct claim track = claim();
    must(finish(db, &track));
    changes_nothing(&track, "done");
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
    c = claim();
    GREW("claim");
    must(life_tick(db, &c, &(struct queue_progress){ .stage = "resolve" }, &e));
    GREW("tick");
    must(life_failed(db, &c, &conf, &(struct err){ .kind = ERR_NETWORK, .text = "x" }, &again, &e));
    GREW("failure");
    make_due();
    c = claim();
    GREW("claim again");
    must(life_released(db, &c, 0, &e));
    GREW("release");
    c = claim();
    resolve(&c);
    GREW("resolved");
    c = claim();
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
    const struct claim c = claim();
    const int64_t before = number("SELECT value FROM revision");

    must(queue_heartbeat(db, &c, 60000, &e));
    assert_int_equal(number("SELECT value FROM revision"), before);
}

TEST(a_refused_event_leaves_no_trace)
{
    const char *uuid = submit();
    const struct claim c = claim();

    resolve(&c);
    const struct claim t = claim();
    must(finish(db, &t));
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
    c = claim();
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

UNIT_MAIN(JOB(a_job_goes_from_submit_to_done_and_shows_each_step),
          JOB(a_lane_gives_only_its_own_tasks_the_highest_priority_first_then_the_oldest),
          JOB(what_is_not_yet_due_is_not_claimed),
          JOB(a_task_that_waits_does_not_hold_up_one_that_is_due),
          JOB(a_worker_that_lost_its_claim_changes_nothing),
          JOB(each_visible_change_is_a_new_revision_of_the_job),
          JOB(a_heartbeat_is_no_change_that_anybody_sees),
          JOB(a_refused_event_leaves_no_trace),
          JOB(a_task_whose_lease_ran_out_is_found_by_its_owner))
