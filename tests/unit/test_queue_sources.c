/* Sources that refuse rest, and jobs with them; one task tries them again; none is asked more often than its budget. */
#include "a_job.h"

#include "base/clock.h"
#include "sources.h"

/* ---- rests ---- */

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
    make_due();
    d = claim();
    assert_int_equal(d.task_id, c.task_id);
    nothing_to_claim("example.org rests");
}

/* ---- budgets ---- */

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

/* What closes the breaker has to have come from the source. */
TEST(a_search_whose_track_is_yet_to_look_says_nothing_of_the_source)
{
    char uuid[ID_UUID_BYTES];
    struct new_job j = { .url = "", .search_query = "a song", .source = "youtube", .asked = "youtube",
                         .spec_json = "{}", .client_ref = "", .work_key = "search" };
    struct found found = { .uuid = track_uuid, .index = 1, .info = &info, .wanted_json = "{}", .asks = ASKS_PAGE,
                           .asked = "youtube" };
    enum submitted how;

    run("INSERT INTO sources (name, trips, open_until_ms) VALUES ('youtube', 3, 1)");
    must(life_submit(db, &conf, &j, uuid, &how, &e));
    const struct claim c = claim();
    id_uuid7(track_uuid);
    must(life_resolved(db, &conf, &c, &found, 1, NULL, NULL, &e));
    assert_int_equal(number("SELECT trips FROM sources WHERE name = 'youtube'"), 3);
    assert_string_equal(claim().kind, "track");
    assert_true(number("SELECT COALESCE(probe_task_id, 0) FROM sources WHERE name = 'youtube'") > 0);
}

UNIT_MAIN(JOB(a_source_that_refuses_rests_and_others_go_on),
          JOB(a_half_open_source_is_tried_by_one_task_and_opens_longer_or_closes),
          JOB(a_probe_that_says_nothing_of_the_source_gives_its_turn_to_another),
          JOB(what_was_under_way_when_it_opened_neither_doubles_the_rest_nor_ends_it),
          JOB(retry_after_is_honoured_and_not_without_end),
          JOB(a_job_that_is_refused_each_time_fails_and_the_rest_ends_with_the_next_good_answer),
          JOB(a_source_answers_when_the_download_ends_and_not_with_the_whole_track),
          JOB(a_track_that_needed_no_download_says_nothing_of_its_source),
          JOB(a_short_retry_after_does_not_shorten_the_rest),
          JOB(a_stage_behind_the_download_does_not_wait_for_the_source),
          JOB(a_budget_lets_ten_pass_at_once_and_then_one_at_a_time),
          JOB(budgets_are_read_or_refused),
          JOB(a_search_whose_track_is_yet_to_look_says_nothing_of_the_source))
