/*
 * Which wishes are met by the same file: keys that differ by what shapes it, and by nothing else.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "fold.h"
#include "json.h"
#include "kept.h"
#include "fresh_db.h"

static struct err e;

/* ---- what a link names ---- */

static const char *named(const char *text, bool wants_list)
{
    static char names[4][URL_MAX_BYTES + 400];
    static int next;
    char *name = names[next++ % 4];
    const struct net_allow none = { 0 };
    struct source_link link;
    struct url url;

    check(url_check(&url, text, &none, &e) == 0 && source_recognise(&link, &url, &e) == 0, "%s: %s", text, e.text);
    cache_canonical(name, sizeof names[0], &link, url.text, wants_list);
    return name;
}

#define same(a, b)                                                                                               \
    check(strcmp(named(a, false), named(b, false)) == 0, "%s is %s, not %s", b, named(b, false), named(a, false))
#define other(a, b)                                                                                              \
    check(strcmp(named(a, false), named(b, false)) != 0, "%s and %s are both %s", a, b, named(a, false))

TEST(spellings_of_a_link_are_one_name)
{
    const char *video = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
    const char *song = "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC";

    same(video, "https://youtu.be/dQw4w9WgXcQ?si=abc&t=5");
    same(video, "https://www.youtube.com/shorts/dQw4w9WgXcQ");
    same(video, "https://music.youtube.com/watch?v=dQw4w9WgXcQ&feature=share");
    same(video, "http://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&list=PLabcdefgh");
    same(song, "https://open.spotify.com/intl-de/track/4uLU6hMCjMI75M1A2tKUQC?si=1");
    same("https://soundcloud.com/artist/song", "https://m.soundcloud.com/artist/song?utm_source=x");
    other(video, "https://youtu.be/dQw4w9WgXcR");
    other(song, "https://open.spotify.com/album/4uLU6hMCjMI75M1A2tKUQC");
    other("https://www.youtube.com/@name/videos", "https://www.youtube.com/@name/shorts");
    same("https://www.youtube.com/@name", "https://www.youtube.com/@name/videos");
    other("https://soundcloud.com/artist/song", "https://soundcloud.com/artist/sets/song");
    other("https://soundcloud.com/artist/likes", "https://soundcloud.com/artist/tracks");
    other("https://soundcloud.com/artist", "https://soundcloud.com/artist/likes");
    other("https://example.org/a.mp3?n=1", "https://example.org/a.mp3?n=2");
    other("https://example.org/page?n=1", "https://example.org/page?n=2");
}

TEST(a_link_that_names_both_is_what_is_wanted_of_it)
{
    const char *both = "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLabcdefgh";

    assert_string_not_equal(named(both, false), named(both, true));
    assert_string_equal(named(both, true), named("https://youtu.be/AAAAAAAAAAA?list=PLabcdefgh", true));
}

TEST(spellings_of_a_search_are_one_search)
{
    static const char *const spellings[] = { "Daft Punk  One More Time", "daft punk one more time",
                                             " DAFT punk one more time " };
    char first[400], again[400];

    fold_query(first, sizeof first, spellings[0]);
    for (size_t i = 1; i < LENGTH(spellings); i++) {
        fold_query(again, sizeof again, spellings[i]);
        assert_string_equal(again, first);
    }
    fold_query(again, sizeof again, "daft punk one more");
    assert_string_not_equal(again, first);
}

/* ---- what shapes a file ---- */

static struct spec spec_of(const char *text)
{
    struct spec spec;
    struct spec_errors errors = { 0 };
    cJSON *doc = cJSON_Parse(text);

    spec_from_request(&spec, doc, NULL, &errors);
    check(errors.count == 0, "%s: %s", text, errors.count ? errors.list[0].message : "");
    cJSON_Delete(doc);
    return spec;
}

static const struct track_info video = { .extractor = "Youtube", .source_id = "dQw4w9WgXcQ",
                                         .url = "https://youtu.be/dQw4w9WgXcQ" };

static const char *result(const char *tenant, const struct track_info *info, int64_t number, const char *told,
                          const char *options)
{
    static char keys[4][ID_SHA256_BYTES];
    static int next;
    char *key = keys[next++ % 4];
    const struct spec spec = spec_of(options);

    cache_result_key(key, tenant, info, number, told, &spec);
    return key;
}

static const char *outcome(const char *tenant, const char *asked, const char *options)
{
    static char keys[4][ID_SHA256_BYTES];
    static int next;
    char *key = keys[next++ % 4];
    const struct spec spec = spec_of(options);

    cache_outcome_key(key, tenant, asked, &spec);
    return key;
}

TEST(options_that_say_nothing_about_the_file_make_no_difference)
{
    static const char *const aside[] = {
        "{\"priority\":5}", "{\"client_ref\":\"mine\"}", "{\"max_items\":5}", "{\"use_cache\":false}",
        "{\"source_type\":\"youtube\"}", "{\"download_type\":\"playlist\"}", "{\"media_type\":\"audio\"}",
        "{\"scheduled_at\":\"2099-01-01T00:00:00Z\"}", "{\"bitrate_kbps\":320}", "{\"metadata\":{}}",
        "{\"metadata\":{\"title\":\"\"}}",
    };

    for (size_t i = 0; i < LENGTH(aside); i++) {
        assert_string_equal(result("library", &video, 0, "", aside[i]), result("library", &video, 0, "", "{}"));
        assert_string_equal(outcome("library", "it", aside[i]), outcome("library", "it", "{}"));
    }
}

TEST(each_option_that_shapes_it_makes_another)
{
    static const char *const shapes[] = {
        "{}", "{\"quality\":\"worstaudio\"}", "{\"bitrate_kbps\":128}", "{\"sample_rate_hz\":44100}",
        "{\"normalize\":false}", "{\"loudness_target_lufs\":-16}", "{\"loudness_profile\":\"broadcast\"}",
        "{\"replaygain_only\":true}", "{\"trim_silence\":true}", "{\"start_seconds\":1}", "{\"end_seconds\":1}",
        "{\"true_peak_dbtp\":-2}",
        "{\"embed_metadata\":false}", "{\"embed_cover\":false}",
        "{\"metadata\":{\"title\":\"T\"}}", "{\"metadata\":{\"artist\":\"T\"}}", "{\"metadata\":{\"album\":\"T\"}}",
        "{\"metadata\":{\"album_artist\":\"T\"}}", "{\"metadata\":{\"genre\":\"T\"}}",
        "{\"metadata\":{\"date\":\"2001\"}}", "{\"metadata\":{\"track_number\":3}}",
        "{\"metadata\":{\"comment\":\"T\"}}",
    };

    for (size_t i = 0; i < LENGTH(shapes); i++)
        for (size_t k = 0; k < i; k++) {
            check(strcmp(result("library", &video, 0, "", shapes[i]), result("library", &video, 0, "", shapes[k])) != 0,
                  "%s and %s are one file", shapes[i], shapes[k]);
            check(strcmp(outcome("library", "it", shapes[i]), outcome("library", "it", shapes[k])) != 0,
                  "%s and %s are one outcome", shapes[i], shapes[k]);
        }
}

TEST(a_file_is_a_tenants_a_recordings_a_places_and_a_songs)
{
    struct track_info info = video;
    const char *const it = result("library", &video, 0, "", "{}");
    char key[ID_SHA256_BYTES];

    snprintf(key, sizeof key, "%s", it);
    snprintf(info.extractor, sizeof info.extractor, "youtube");
    snprintf(info.title, sizeof info.title, "another title since then");
    snprintf(info.url, sizeof info.url, "https://www.youtube.com/watch?v=dQw4w9WgXcQ");
    assert_string_equal(result("library", &info, 0, "", "{}"), key);
    assert_string_not_equal(result("0199f3a1-0000-7000-8000-000000000000", &video, 0, "", "{}"), key);
    assert_string_not_equal(result("library", &video, 3, "", "{}"), key);
    assert_string_not_equal(result("library", &video, 0, "0 Song\n", "{}"), key);
    snprintf(info.extractor, sizeof info.extractor, "soundcloud");
    assert_string_not_equal(result("library", &info, 0, "", "{}"), key);
    snprintf(info.source_id, sizeof info.source_id, "dQw4w9WgXcR");
    assert_string_not_equal(result("library", &info, 0, "", "{}"), key);
}

/* Ids of pages that nobody knows to read are file names: "1.mp3" is many things. */
TEST(what_has_no_platform_is_its_address)
{
    static const char *const extractors[] = { "Generic", "direct", "" };
    struct track_info a = { .source_id = "1", .url = "https://example.org/a" };
    struct track_info b = { .source_id = "1", .url = "https://example.org/b" };
    char first[ID_SHA256_BYTES], second[ID_SHA256_BYTES];

    for (size_t i = 0; i < LENGTH(extractors); i++) {
        snprintf(a.extractor, sizeof a.extractor, "%s", extractors[i]);
        snprintf(b.extractor, sizeof b.extractor, "%s", extractors[i]);
        cache_stream_key(first, &a, "bestaudio");
        cache_stream_key(second, &b, "bestaudio");
        assert_string_not_equal(first, second);
    }
}

TEST(a_stream_is_a_recording_in_a_quality_whoever_wants_it)
{
    struct track_info info = video;
    char first[ID_SHA256_BYTES], second[ID_SHA256_BYTES];

    cache_stream_key(first, &video, "bestaudio");
    snprintf(info.extractor, sizeof info.extractor, "YOUTUBE");
    cache_stream_key(second, &info, "bestaudio");
    assert_string_equal(first, second);
    cache_stream_key(second, &info, "worstaudio");
    assert_string_not_equal(first, second);
}

TEST(the_same_work_is_the_same_down_to_its_name)
{
    char a[ID_SHA256_BYTES], b[ID_SHA256_BYTES];

    cache_work_key(a, "library", "it", "{}", "ref");
    cache_work_key(b, "library", "it", "{}", "ref");
    assert_string_equal(a, b);
    cache_work_key(b, "library", "it", "{}", "another");
    assert_string_not_equal(a, b);
    cache_work_key(b, "library", "it", "{\"priority\":1}", "ref");
    assert_string_not_equal(a, b);
    cache_work_key(b, "library", "other", "{}", "ref");
    assert_string_not_equal(a, b);
}

/* ---- kept streams ---- */

static struct kept a_stream(char letter, int64_t size)
{
    struct kept k = { .file = "src.webm", .thumbnail = "src.jpg", .size_bytes = size };
    memset(k.key, letter, sizeof k.key - 1);
    return k;
}

static void put(struct db *db, char letter, int64_t size, int64_t used_at_ms)
{
    const struct kept k = a_stream(letter, size);

    assert_int_equal(kept_put(db, &k, &e), 0);
    struct stmt *s = db_stmt(db, "UPDATE kept_sources SET used_at_ms = :used, created_at_ms = 1000 WHERE key = :key");
    bind_int(s, ":used", used_at_ms);
    bind_text(s, ":key", k.key);
    assert_int_equal(db_run(s, &e), 0);
}

TEST(the_least_recently_used_goes_first_until_the_rest_fits)
{
    struct db *db = fresh();
    char key[ID_SHA256_BYTES], order[8] = "";
    struct kept k;

    put(db, 'a', 100, 3);
    put(db, 'b', 100, 1);
    put(db, 'c', 100, 2);
    assert_int_equal(kept_next_out(db, 0, 300, key, &e), 0);
    for (int64_t room = 299; kept_next_out(db, 0, room, key, &e) == 1; room = 100) {
        order[strlen(order)] = key[0];
        assert_int_equal(kept_forget(db, key, &e), 0);
    }
    assert_string_equal(order, "bc");
    assert_int_equal(kept_find(db, a_stream('a', 0).key, 1000, &k, &e), 1);
    assert_int_equal(k.size_bytes, 100);
    assert_int_equal(kept_find(db, a_stream('a', 0).key, 1001, &k, &e), 0);       /* too old */
    assert_int_equal(kept_next_out(db, 1001, 1000, key, &e), 1);                  /* and goes for that */
    put(db, 'd', 100, 1);
    put(db, 'e', 100, 2);
    assert_int_equal(kept_touch(db, a_stream('d', 0).key, &e), 0);
    assert_int_equal(kept_next_out(db, 0, 0, key, &e), 1);
    assert_int_equal(key[0], 'e');
    db_close(&db);
}

UNIT_MAIN(UNIT(spellings_of_a_link_are_one_name), UNIT(a_link_that_names_both_is_what_is_wanted_of_it),
          UNIT(spellings_of_a_search_are_one_search), UNIT(options_that_say_nothing_about_the_file_make_no_difference),
          UNIT(each_option_that_shapes_it_makes_another), UNIT(a_file_is_a_tenants_a_recordings_a_places_and_a_songs),
          UNIT(what_has_no_platform_is_its_address), UNIT(a_stream_is_a_recording_in_a_quality_whoever_wants_it),
          UNIT(the_same_work_is_the_same_down_to_its_name),
          UNIT(the_least_recently_used_goes_first_until_the_rest_fits))
