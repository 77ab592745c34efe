/*
 * Entries of a list, as they come: each once, in whatever state it is born, and what the job is called meanwhile.
 */
#include "a_job.h"

static struct found entry(int64_t index, const struct err *refused)
{
    static char uuids[64][ID_UUID_BYTES];
    char *uuid = uuids[index % 64];

    id_uuid7(uuid);
    return (struct found){ .uuid = uuid, .index = index, .info = &info, .asks = ASKS_PAGE, .refused = refused };
}

static const struct listing list = { "A list", -1 };
static const struct err gone = { .kind = ERR_UNAVAILABLE, .text = "it is gone" };

static struct claim reading(const char **uuid)
{
    *uuid = submit();
    return claim();
}

TEST(entries_are_tracks_while_the_list_is_still_being_read)
{
    const char *uuid;
    const struct claim c = reading(&uuid);
    const struct found first[] = { entry(1, NULL), entry(2, NULL) }, rest[] = { entry(3, NULL) };

    must(life_found(db, &conf, &c, first, 2, &list, &e));
    assert_int_equal(job(uuid).total_items, 2);
    assert_string_equal(job(uuid).list_title, "A list");
    const struct claim track = claim();
    assert_string_equal(track.kind, "track");
    assert_int_equal(finish(db, &track), 0);
    assert_int_equal(job(uuid).completed_items, 1);
    is(uuid, "downloading");
    must(life_resolved(db, &conf, &c, rest, 1, &list, NULL, &e));
    assert_int_equal(job(uuid).total_items, 3);
}

TEST(an_attempt_that_reads_again_adds_what_is_new_and_nothing_twice)
{
    const char *uuid;
    struct claim c = reading(&uuid);
    const struct found first[] = { entry(1, NULL), entry(2, NULL) };

    must(life_found(db, &conf, &c, first, 2, &list, &e));
    assert_true(fail_with(&c, ERR_NETWORK));
    make_due();
    run("UPDATE tasks SET due = 0 WHERE kind = 'track'");
    c = claim();
    assert_string_equal(c.kind, "resolve");
    const struct found again[] = { entry(1, NULL), entry(2, NULL), entry(3, NULL) };
    must(life_resolved(db, &conf, &c, again, 3, &list, NULL, &e));
    assert_int_equal(job(uuid).total_items, 3);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'track'"), 3);
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks"), 3);
}

TEST(dead_entries_are_born_failed_and_end_the_job_with_errors)
{
    const char *uuid;
    const struct claim c = reading(&uuid);
    const struct found items[] = { entry(1, NULL), entry(2, &gone) };

    must(life_resolved(db, &conf, &c, items, 2, &list, NULL, &e));
    assert_int_equal(job(uuid).failed_items, 1);
    const struct claim track = claim();
    assert_int_equal(finish(db, &track), 0);
    state_is(uuid, "done", "completed_with_errors");
    assert_string_equal(job(uuid).error_kind, "");
    must(life_retry(db, uuid, &e));
    const struct claim again = claim();
    assert_int_equal(finish(db, &again), 0);
    state_is(uuid, "done", "completed");
}

TEST(a_list_of_dead_entries_fails)
{
    const char *uuid;
    const struct claim c = reading(&uuid);
    const struct found items[] = { entry(1, &gone), entry(2, &gone) };

    must(life_resolved(db, &conf, &c, items, 2, &list, NULL, &e));
    state_is(uuid, "failed", "failed");
    assert_string_equal(job(uuid).error_kind, "unavailable");
    assert_string_equal(job(uuid).error_text, "it is gone");
}

TEST(a_list_whose_tracks_fail_while_it_is_read_says_why_it_failed)
{
    const char *uuid;
    const struct claim c = reading(&uuid);
    const struct found items[] = { entry(1, NULL) };

    must(life_found(db, &conf, &c, items, 1, &list, &e));
    const struct claim track = claim();
    assert_false(fail_with(&track, ERR_UNAVAILABLE));
    must(life_resolved(db, &conf, &c, NULL, 0, &list, NULL, &e));
    state_is(uuid, "failed", "failed");
    assert_string_equal(job(uuid).error_kind, "unavailable");
    must(life_retry(db, uuid, &e));
    assert_string_equal(job(uuid).error_kind, "");
}

TEST(a_list_that_could_not_be_read_to_its_end_says_so_even_if_all_that_it_gave_is_done)
{
    const char *uuid;
    const struct claim c = reading(&uuid);
    const struct found items[] = { entry(1, NULL) };

    must(life_found(db, &conf, &c, items, 1, &list, &e));
    const struct claim track = claim();
    assert_false(fail_with(&c, ERR_UNAVAILABLE));
    is(uuid, "downloading");
    assert_int_equal(finish(db, &track), 0);
    state_is(uuid, "done", "completed_with_errors");
    assert_string_equal(job(uuid).error_kind, "unavailable");
}

TEST(a_cancelled_or_paused_list_gets_no_new_running_tracks)
{
    const char *uuid;
    const struct claim c = reading(&uuid);
    const struct found items[] = { entry(1, NULL) }, more[] = { entry(2, NULL) };

    must(life_found(db, &conf, &c, items, 1, &list, &e));
    must(life_pause(db, uuid, &e));
    must(life_found(db, &conf, &c, more, 1, &list, &e));
    nothing_to_claim("the job is paused");
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks WHERE state = 'paused'"), 2);
    must(life_cancel(db, uuid, &e));
    const struct found late[] = { entry(3, NULL) };
    refuses(life_found(db, &conf, &c, late, 1, &list, &e), ERR_CANCELLED);
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks"), 2);
}

TEST(the_end_of_a_list_has_its_playlist_written_once)
{
    const char *uuid;
    const struct claim c = reading(&uuid);
    const struct found items[] = { entry(1, NULL), entry(2, NULL) };

    must(life_resolved(db, &conf, &c, items, 2, &list, NULL, &e));
    for (int i = 0; i < 2; i++) {
        const struct claim track = claim();
        assert_int_equal(finish(db, &track), 0);
    }
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'playlist'"), 1);
    const struct claim write = claim_in("maintenance");
    must(life_playlist_written(db, &write, "downloads/library/x/A list.m3u8", &e));
    assert_string_equal(job(uuid).playlist_path, "downloads/library/x/A list.m3u8");
    state_is(uuid, "done", "completed");
}

UNIT_MAIN(JOB(entries_are_tracks_while_the_list_is_still_being_read),
          JOB(an_attempt_that_reads_again_adds_what_is_new_and_nothing_twice),
          JOB(dead_entries_are_born_failed_and_end_the_job_with_errors),
          JOB(a_list_of_dead_entries_fails),
          JOB(a_list_whose_tracks_fail_while_it_is_read_says_why_it_failed),
          JOB(a_list_that_could_not_be_read_to_its_end_says_so_even_if_all_that_it_gave_is_done),
          JOB(a_cancelled_or_paused_list_gets_no_new_running_tracks),
          JOB(the_end_of_a_list_has_its_playlist_written_once))
