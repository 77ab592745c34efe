/* Tracks of one list and one gain: what they are together, and that nobody waits for it longer than there is reason. */
#include "a_job.h"

#include <math.h>

#include "album.h"
#include "json.h"

static const char HUNDRED_AT_20[] = "{\"input_true_peak_dbtp\":-3,\"blocks\":[500,100]}";      /* -19.95 LUFS */
static const char HUNDRED_AT_10[] = "{\"input_true_peak_dbtp\":-1,\"blocks\":[600,100]}";
static const char SILENCE[] = "{\"input_true_peak_dbtp\":null,\"blocks\":[]}";

/* ---- the sum ---- */

static struct album sum_of(const char *const *measured)
{
    struct album_sum sum;

    album_start(&sum);
    for (; *measured; measured++) {
        cJSON *o = cJSON_Parse(*measured);
        album_add(&sum, o);
        cJSON_Delete(o);
    }
    return album_finish(&sum);
}
#define sum_of(...) sum_of((const char *const[]){ __VA_ARGS__, NULL })

static void check_near(double found, double expected)
{
    check(fabs(found - expected) < 0.01, "%g, not %g", found, expected);
}

TEST(an_album_is_as_loud_as_its_tracks_one_after_the_other)
{
    check_near(sum_of(HUNDRED_AT_20).lufs, -19.95);
    check_near(sum_of(HUNDRED_AT_20, HUNDRED_AT_20).lufs, -19.95);
    /* Both pass the gate, 10 LU under their mean; a mean of the two figures would be -14.95. */
    check_near(sum_of(HUNDRED_AT_20, HUNDRED_AT_10).lufs, 10 * log10((pow(10, -1.995) + pow(10, -0.995)) / 2));
    check_near(sum_of(HUNDRED_AT_20, HUNDRED_AT_10).true_peak_dbtp, -1);
    assert_int_equal(sum_of(HUNDRED_AT_20, HUNDRED_AT_10, SILENCE).tracks, 3);
}

TEST(what_is_under_the_gate_of_the_album_does_not_count)
{
    check_near(sum_of(HUNDRED_AT_10, "{\"blocks\":[400,100]}").lufs, -9.95);
    check_near(sum_of(HUNDRED_AT_10, SILENCE).lufs, -9.95);
    assert_true(isinf(sum_of(SILENCE, SILENCE).lufs));
    assert_true(isinf(sum_of("{}", "[]", "null").lufs));
    assert_true(isinf(sum_of("{\"blocks\":[-1,5,800,5,3]}").lufs));
}

TEST(the_gain_takes_it_to_the_target_within_the_bounds_of_a_track)
{
    static const struct { struct album album; double target, ceiling, gain; } cases[] = {
        { { -10, -1, 2 }, -14, -1, -4 },
        { { -20, -9, 2 }, -14, -1, 6 },
        { { -20, -2, 2 }, -14, -1, 6 },         /* 5 dB over the ceiling: the limiter's */
        { { -30, -2, 2 }, -14, -1, 8 },         /* and no more than 8 */
        { { -60, -60, 2 }, -14, -1, 30 },
        { { -INFINITY, -INFINITY, 2 }, -14, -1, 0 },
    };

    for (size_t i = 0; i < LENGTH(cases); i++)
        check_near(album_gain_db(&cases[i].album, cases[i].target, cases[i].ceiling), cases[i].gain);
}

TEST(what_is_stored_reads_back)
{
    static const struct album albums[] = { { -12.5, -0.25, 12 }, { -INFINITY, -INFINITY, 3 } };

    for (size_t i = 0; i < LENGTH(albums); i++) {
        char *text = album_to_json(&albums[i]);
        const struct album read = album_from_json(text);
        check(read.lufs == albums[i].lufs && read.true_peak_dbtp == albums[i].true_peak_dbtp, "%s", text);
        assert_int_equal(read.tracks, albums[i].tracks);
        cJSON_free(text);
    }
}

/* ---- the tasks ---- */

/* A list of so many tracks; if it is still being read, *reader goes on with it. */
static const char *list_of(int count, struct claim *reader)
{
    static const struct listing list = { "An album", -1 };
    static char uuids[8][ID_UUID_BYTES];
    struct found found[8];
    const char *job_uuid = submit();
    const struct claim c = claim();

    for (int i = 0; i < count; i++) {
        id_uuid7(uuids[i]);
        found[i] = (struct found){ .uuid = uuids[i], .index = i + 1, .info = &info, .is_known = true,
                                   .asks = ASKS_MEDIA };
    }
    if (reader) {
        must(life_found(db, &conf, &c, found, count, &list, &e));
        *reader = c;
    } else {
        must(life_resolved(db, &conf, &c, found, count, &list, NULL, &e));
    }
    return job_uuid;
}

static bool measured(const struct claim *c, const char *what, struct album *album)
{
    bool waits;

    must(life_album(db, c, what, album, &waits, &e));
    return !waits;
}

TEST(each_waits_until_the_last_is_measured_and_all_get_the_same)
{
    const char *uuid = list_of(3, NULL);
    const struct claim a = claim(), b = claim(), c = claim();
    struct album of_c, of_a;

    assert_false(measured(&a, HUNDRED_AT_20, &of_a));
    assert_false(measured(&b, HUNDRED_AT_10, &of_a));
    nothing_to_claim("two wait for the third");
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE waits_for = 'album' AND state = 'queued'"), 2);
    assert_true(measured(&c, HUNDRED_AT_10, &of_c));
    assert_int_equal(of_c.tracks, 3);
    must(finish(db, &c));
    for (int i = 0; i < 2; i++) {
        const struct claim again = claim();
        assert_true(measured(&again, i ? HUNDRED_AT_10 : HUNDRED_AT_20, &of_a));
        check_near(of_a.lufs, of_c.lufs);
        must(finish(db, &again));
    }
    is(uuid, "completed");
    counts_are_right();
}

TEST(who_waits_says_so)
{
    const char *uuid = list_of(2, NULL);
    const struct claim a = claim(), b = claim();
    struct album album;

    assert_false(measured(&a, HUNDRED_AT_20, &album));
    must(life_released(db, &b, 100000, &e));
    run("UPDATE tasks SET run_after_ms = 0 WHERE waits_for = 'album'");     /* looks for itself */
    must(life_promote(db, &e) == 1 ? 0 : -1);
    const struct claim looks = claim();
    assert_int_equal(looks.task_id, a.task_id);
    assert_false(measured(&looks, HUNDRED_AT_20, &album));
    run("DELETE FROM tasks WHERE waits_for = ''");
    waits_for(uuid, "the other tracks of its album to be measured");
}

TEST(one_that_fails_is_not_waited_for)
{
    list_of(2, NULL);
    const struct claim a = claim(), b = claim();
    struct album album;

    assert_false(measured(&a, HUNDRED_AT_20, &album));
    assert_false(fail_with(&b, ERR_UNAVAILABLE));
    const struct claim again = claim();
    assert_int_equal(again.task_id, a.task_id);
    assert_true(measured(&again, HUNDRED_AT_20, &album));
    assert_int_equal(album.tracks, 1);
}

TEST(one_that_crashes_for_good_is_not_waited_for)
{
    list_of(2, NULL);
    const struct claim a = claim();
    struct claim b = claim();
    struct album album;
    bool again = true;

    assert_false(measured(&a, HUNDRED_AT_20, &album));
    for (int i = 0; again; i++) {
        must(life_crashed(db, &b, &conf, "signal 9", &again, &e));
        if (again) {
            run("UPDATE tasks SET run_after_ms = 0, due = 1 WHERE state = 'queued' AND waits_for <> 'album'");
            b = claim();
        }
    }
    const struct claim woken = claim();
    assert_int_equal(woken.task_id, a.task_id);
    assert_true(measured(&woken, HUNDRED_AT_20, &album));
}

TEST(a_list_that_is_still_read_may_have_more)
{
    struct claim reader;
    struct album album;

    list_of(1, &reader);
    const struct claim a = claim();
    assert_false(measured(&a, HUNDRED_AT_20, &album));
    nothing_to_claim("the list is open");
    must(life_resolved(db, &conf, &reader, NULL, 0, &(struct listing){ "An album", 1 }, NULL, &e));
    const struct claim again = claim();
    assert_true(measured(&again, HUNDRED_AT_20, &album));
}

TEST(who_comes_later_has_the_gain_of_the_others)
{
    const char *uuid = list_of(2, NULL);
    const struct claim a = claim(), b = claim();
    struct album first, later;

    assert_false(fail_with(&b, ERR_UNAVAILABLE));
    assert_true(measured(&a, HUNDRED_AT_20, &first));
    must(finish(db, &a));
    must(life_retry(db, uuid, &e));
    make_due();
    struct claim c = claim();
    if (strcmp(c.kind, "track") != 0)
        c = claim();
    assert_true(measured(&c, HUNDRED_AT_10, &later));
    check_near(later.lufs, first.lufs);
    assert_int_equal(later.tracks, 1);
}

TEST(a_pause_and_a_cancel_reach_those_who_wait)
{
    const char *uuid = list_of(2, NULL);
    const struct claim a = claim(), b = claim();
    struct album album;

    assert_false(measured(&a, HUNDRED_AT_20, &album));
    must(life_pause(db, uuid, &e));
    must(life_resume(db, uuid, &e));
    assert_true(measured(&b, HUNDRED_AT_20, &album));
    const struct claim again = claim();
    assert_int_equal(again.task_id, a.task_id);
    must(life_cancel(db, uuid, &e));
    bool waits;
    refuses(life_album(db, &again, HUNDRED_AT_20, &album, &waits, &e), ERR_CANCELLED);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE waits_for = 'album'"), 0);
}

TEST(who_has_lost_his_claim_says_nothing)
{
    list_of(2, NULL);
    struct claim a = claim();
    struct album album;
    bool waits;

    a.attempt--;
    refuses(life_album(db, &a, HUNDRED_AT_20, &album, &waits, &e), ERR_LOST);
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks WHERE measured_json IS NOT NULL"), 0);
}

UNIT_MAIN(UNIT(an_album_is_as_loud_as_its_tracks_one_after_the_other),
          UNIT(what_is_under_the_gate_of_the_album_does_not_count),
          UNIT(the_gain_takes_it_to_the_target_within_the_bounds_of_a_track), UNIT(what_is_stored_reads_back),
          JOB(each_waits_until_the_last_is_measured_and_all_get_the_same), JOB(who_waits_says_so),
          JOB(one_that_fails_is_not_waited_for),
          JOB(one_that_crashes_for_good_is_not_waited_for),
          JOB(a_list_that_is_still_read_may_have_more), JOB(who_comes_later_has_the_gain_of_the_others),
          JOB(a_pause_and_a_cancel_reach_those_who_wait), JOB(who_has_lost_his_claim_says_nothing))
