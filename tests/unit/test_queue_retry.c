/* What is wanted once more: a job retried by hand, the same work submitted twice, a request repeated. */
#include "a_job.h"

#include "base/clock.h"
#include "idempotency.h"
#include "sessions.h"

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

TEST(a_dead_letter_keeps_what_it_had_for_a_retry_by_hand)
{
    const char *uuid;
    struct claim c = running_track(&uuid);
    bool again = true;

    conf.keep_failed_h = 24;
    for (int i = 0; i < 3; i++) {
        must(life_crashed(db, &c, &conf, "signal 11", &again, &e));
        make_due();
        if (again)
            c = claim();
    }
    assert_false(again);
    is(uuid, "failed");
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'tidy'"), 0);
    must(life_retry(db, uuid, &e));
    assert_int_equal(claim().asks, ASKS_PAGE);      /* whatever is left of it: its source is asked by the rules */
}

/* ---- the same work ---- */

static const struct new_job same_work = { .url = "https://example.org/same", .source = "generic",
                                          .asked = "example.org", .spec_json = "{}", .client_ref = "",
                                          .work_key = "same" };

TEST(the_same_work_is_done_once_at_a_time)
{
    struct new_job j = same_work;
    char first[ID_UUID_BYTES], second[ID_UUID_BYTES];
    enum submitted how;

    must(life_submit(db, &conf, &j, first, &how, &e));
    assert_int_equal(how, SUBMIT_NEW);
    must(life_submit(db, &conf, &j, second, &how, &e));
    assert_int_equal(how, SUBMIT_SAME);
    assert_string_equal(first, second);
    j.work_key = "another";
    must(life_submit(db, &conf, &j, second, &how, &e));
    assert_int_equal(how, SUBMIT_NEW);
    j.work_key = "same";
    must(life_cancel(db, first, &e));
    must(life_submit(db, &conf, &j, second, &how, &e));
    assert_int_equal(how, SUBMIT_NEW);                         /* the first has ended */
    refuses(life_retry(db, first, &e), ERR_CONFLICT);
    assert_non_null(strstr(e.text, second));
    counts_are_right();
}

TEST(who_submits_what_is_being_cancelled_gets_a_job_of_his_own)
{
    struct new_job j = same_work;
    char first[ID_UUID_BYTES], second[ID_UUID_BYTES];
    enum submitted how;

    must(life_submit(db, &conf, &j, first, &how, &e));
    const struct claim c = claim();
    must(life_cancel(db, first, &e));
    must(life_submit(db, &conf, &j, second, &how, &e));
    assert_int_equal(how, SUBMIT_NEW);
    assert_true(fail_with(&c, ERR_CANCELLED) == false);
    is(first, "cancelled");
    is(second, "pending");
    refuses(life_retry(db, first, &e), ERR_CONFLICT);
    must(life_cancel(db, second, &e));
    must(life_retry(db, first, &e));
    must(life_submit(db, &conf, &j, second, &how, &e));
    assert_int_equal(how, SUBMIT_SAME);                          /* it is found again */
    assert_string_equal(first, second);
}

TEST(the_same_work_wanted_sooner_is_done_sooner)
{
    struct new_job j = same_work;
    char first[ID_UUID_BYTES], second[ID_UUID_BYTES];
    enum submitted how;

    j.scheduled_at_ms = clock_wall_ms() + 3600000;
    must(life_submit(db, &conf, &j, first, &how, &e));
    is(first, "scheduled");
    j.scheduled_at_ms = 0;
    j.priority = 4;
    must(life_submit(db, &conf, &j, second, &how, &e));
    assert_int_equal(how, SUBMIT_SAME);
    is(first, "pending");
    assert_int_equal(job(first).priority, 4);
    claim();
}

/* ---- once ---- */

TEST(an_idempotency_key_gives_the_same_answer_for_a_day)
{
    const struct idempotency_owner mine = { 1, "" }, others = { 2, "" };
    char body[] = "{\"job_id\":\"x\"}", location[] = "/api/jobs/x";
    const struct stored_answer first = { .status = 201, .body = body, .location = location };
    struct stored_answer found = { 0 };

    assert_int_equal(idempotency_find(db, &mine, "key", "hash", &found, &e), 0);
    must(idempotency_store(db, &mine, "key", "hash", &first, &e));
    assert_int_equal(idempotency_find(db, &mine, "key", "hash", &found, &e), 1);
    assert_int_equal(found.status, 201);
    assert_string_equal(found.body, body);
    assert_string_equal(found.location, location);
    stored_answer_free(&found);
    refuses(idempotency_find(db, &mine, "key", "another", &found, &e), ERR_INPUT);
    assert_int_equal(idempotency_find(db, &others, "key", "hash", &found, &e), 0);        /* somebody else's */
    run("UPDATE idempotency_keys SET created_at_ms = created_at_ms - 24 * 3600 * 1000");
    assert_int_equal(idempotency_find(db, &mine, "key", "another", &found, &e), 0);
    assert_int_equal(idempotency_expire(db, 10, &e), 1);
    assert_int_equal(number("SELECT COUNT(*) FROM idempotency_keys"), 0);
    assert_true(idempotency_key_fits("8e03978e-40d5-43e8-bc93-6894a57f9324"));
    assert_false(idempotency_key_fits(""));
    assert_false(idempotency_key_fits("two words"));
}

/* As many as there is room for, of so many bytes each. */
static int store_many(const struct idempotency_owner *owner, size_t size, int most)
{
    char name[16], *body = calloc(1, size + 1);
    const struct stored_answer answer = { .status = 201, .body = memset(body, 'x', size) };
    int n = 0;

    must(db_begin(db, &e));
    for (; n <= most; n++) {
        snprintf(name, sizeof name, "%06d", n);
        if (idempotency_store(db, owner, name, "hash", &answer, &e))
            break;
    }
    const struct err why = e;
    must(db_end(db, 0, &e));
    check(n > most || why.kind == ERR_LIMIT, "after %d: %s", n, why.text);
    free(body);
    return n;
}

#define SESSION "01912345-6789-7abc-8def-0123456789ab"
#define ANOTHER "01912345-6789-7abc-8def-0123456789ac"

TEST(answers_that_have_no_room_are_refused_and_none_is_forgotten)
{
    static const struct { struct idempotency_owner owner; size_t size; int most; } cases[] = {
        { { 1, "" }, 900, IDEMPOTENCY_KEY_ANSWERS },
        { { 2, "" }, 1 << 20, IDEMPOTENCY_KEY_BYTES / (1 << 20) - 1 },
        { { 0, SESSION }, 900, IDEMPOTENCY_SESSION_ANSWERS },
        { { 0, ANOTHER }, 476 << 10, 2 },
        { { 1, ANOTHER }, 1 << 20, 0 },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct idempotency_owner *owner = &cases[i].owner;
        struct stored_answer found = { 0 };
        assert_int_equal(store_many(owner, cases[i].size, 10000), cases[i].most);
        if (cases[i].most == 0)
            continue;
        assert_int_equal(idempotency_find(db, owner, "000000", "hash", &found, &e), 1);
        stored_answer_free(&found);
        const bool is_counted = cases[i].size < 1000;       /* the last bytes would do for a small one */
        assert_int_equal(idempotency_find(db, owner, "yet another", "hash", &found, &e), is_counted ? -1 : 0);
        check(!is_counted || e.kind == ERR_LIMIT, "%s", e.text);
    }
}

TEST(answers_go_with_the_session_that_they_are_for)
{
    struct session s = { .expires_at_ms = INT64_MAX };

    must(sessions_add(db, &s, 100, &e));
    const struct idempotency_owner session = { 0, s.uuid }, library = { 1, "" };
    assert_int_equal(store_many(&session, 1, 3), 4);
    assert_int_equal(store_many(&library, 1, 1), 2);
    must(life_end_session(db, s.uuid, &e));
    assert_int_equal(number("SELECT COUNT(*) FROM idempotency_keys"), 2);
}

UNIT_MAIN(JOB(a_failed_job_is_retried_from_the_start_of_its_counters),
          JOB(a_cancelled_job_is_retried_and_what_is_open_is_not),
          JOB(a_retry_waits_for_what_clears_up_and_takes_the_place_of_what_would),
          JOB(a_dead_letter_keeps_what_it_had_for_a_retry_by_hand),
          JOB(the_same_work_is_done_once_at_a_time),
          JOB(who_submits_what_is_being_cancelled_gets_a_job_of_his_own),
          JOB(the_same_work_wanted_sooner_is_done_sooner),
          JOB(an_idempotency_key_gives_the_same_answer_for_a_day),
          JOB(answers_that_have_no_room_are_refused_and_none_is_forgotten),
          JOB(answers_go_with_the_session_that_they_are_for))
