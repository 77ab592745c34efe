/*
 * A list that is read again after it changed: which of its entries are tracks already, and where they stood.
 */
#include "a_job.h"

#include "places.h"

static struct track_info recording(const char *id)
{
    struct track_info k = { .duration_ms = -1 };

    snprintf(k.source_id, sizeof k.source_id, "%s", id);
    snprintf(k.extractor, sizeof k.extractor, "Youtube");
    return k;
}

/* A job whose list was read as far as these, one letter each; "-" has no id. */
static struct places a_list(const char *letters)
{
    static const struct listing list = { "A list", -1 };
    char uuids[32][ID_UUID_BYTES], id[2] = "";
    struct track_info infos[32];
    struct found found[32];
    struct places p;

    run("DELETE FROM tasks");
    run("DELETE FROM download_jobs");
    submit();
    const struct claim c = claim();
    for (int i = 0; letters[i]; i++) {
        id[0] = letters[i];
        infos[i] = recording(letters[i] == '-' ? "" : id);
        id_uuid7(uuids[i]);
        found[i] = (struct found){ .uuid = uuids[i], .index = i + 1, .info = &infos[i], .asks = ASKS_PAGE };
    }
    if (*letters)
        must(life_found(db, &conf, &c, found, (int)strlen(letters), &list, &e));
    must(places_begin(&p, db, c.job_id, &e));
    return p;
}

/* Where each of these entries stands, one digit each; "." for those that are left out. */
static void reads(const char *before, const char *now, const char *expected)
{
    struct places p = a_list(before);
    char got[40] = "", id[2] = "";

    for (int i = 0; now[i]; i++) {
        id[0] = now[i];
        const struct track_info k = recording(now[i] == '-' ? "" : id);
        int64_t place = i + 1;
        const bool is = places_find(&p, &k, &place);
        snprintf(got + strlen(got), 3, "%s", is ? (char[]){ (char)('0' + place), '\0' } : ".");
    }
    check(strcmp(got, expected) == 0, "%s read as %s: %s, not %s", before, now, got, expected);
}

TEST(a_list_that_stayed_as_it_was_goes_on_behind_what_is_there)
{
    reads("", "abc", "123");
    reads("abc", "abcde", "12345");
    reads("aba", "abac", "1234");
}

TEST(what_came_after_it_was_submitted_is_left_out_and_moves_nothing)
{
    reads("abc", "xabcde", ".12345");
    reads("abc", "xyabcd", "..1234");
    reads("abcd", "abxcde", "12.345");
}

TEST(what_went_away_leaves_its_place)
{
    reads("abcd", "bcde", "2345");
    reads("abcd", "acde", "1345");
    reads("abcd", "abdxe", "12456");
}

TEST(what_was_replaced_moves_nothing)
{
    reads("abcd", "axcde", "1.345");
}

TEST(an_entry_without_an_id_keeps_the_place_where_it_stands)
{
    reads("-b", "-bc", "123");
    reads("a-c", "-bcd", "1234");
    reads("abc", "x-bc", ".123");
}

TEST(a_list_of_other_things_altogether_is_not_looked_at_for_ever)
{
    struct places p = a_list("abc");

    for (int64_t i = 1; i < 1000; i++) {
        char id[32];
        snprintf(id, sizeof id, "new%lld", (long long)i);
        const struct track_info k = recording(id);
        int64_t place = i;
        places_find(&p, &k, &place);
    }
    assert_in_range(p.moves, 1, 100);
}

UNIT_MAIN(JOB(a_list_that_stayed_as_it_was_goes_on_behind_what_is_there),
          JOB(what_came_after_it_was_submitted_is_left_out_and_moves_nothing),
          JOB(what_went_away_leaves_its_place),
          JOB(what_was_replaced_moves_nothing),
          JOB(an_entry_without_an_id_keeps_the_place_where_it_stands),
          JOB(a_list_of_other_things_altogether_is_not_looked_at_for_ever))
