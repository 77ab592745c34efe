/* Job options: bounds, all complaints at once, what is stored, and the schema that the page's form is made of. */
#include "unit.h"

#include <math.h>

#include "json.h"
#include "spec.h"

/* Reads a request; the errors say what was wrong. */
static struct spec_errors read_request(struct spec *s, const char *text)
{
    static const char *const also[] = { "url", NULL };
    struct spec_errors errors = { 0 };
    cJSON *o = cJSON_Parse(text);

    check(o != NULL, "the test's own JSON is broken: %s", text);
    spec_from_request(s, o, also, &errors);
    cJSON_Delete(o);
    return errors;
}

static void accepted(struct spec *s, const char *text)
{
    const struct spec_errors errors = read_request(s, text);
    check(errors.count == 0, "%.100s: %s %s", text, errors.list[0].field, errors.list[0].message);
}

static void refused(const char *text, const char *field)
{
    struct spec s;
    const struct spec_errors errors = read_request(&s, text);
    check(errors.count == 1, "%.100s: %d errors", text, errors.count);
    check(strcmp(errors.list[0].field, field) == 0, "%.100s: %s", text, errors.list[0].field);
    check(strlen(errors.list[0].message) > 8, "%.100s: %s", text, errors.list[0].message);
}

TEST(an_empty_request_means_the_defaults)
{
    struct spec a, b;

    spec_defaults(&a);
    accepted(&b, "{}");
    assert_memory_equal(&a, &b, sizeof a);
    accepted(&b, "{\"url\":\"https://example.org/\"}");
    assert_memory_equal(&a, &b, sizeof a);
    assert_string_equal(a.source_type, "auto");
    assert_string_equal(a.quality, "bestaudio");
    assert_string_equal(a.output_format, "mp3");
    assert_int_equal(a.bitrate_kbps, 320);
    assert_int_equal(a.sample_rate_hz, 48000);
    assert_int_equal(a.vbr, -1);
    assert_int_equal(a.bit_depth_bits, 16);
    assert_int_equal(a.id3_version, 3);
    assert_string_equal(a.chapters, "keep");
    assert_true(a.normalize && a.embed_metadata && a.embed_cover);
    assert_true(a.loudness_target_lufs == -14 && a.true_peak_dbtp == -1);
    assert_int_equal(a.priority, 0);
}

TEST(each_number_is_taken_at_its_ends_and_refused_one_step_beyond)
{
    static const struct { const char *name; double least, most, step; } cases[] = {
        { "priority", -10, 10, 1 },
        { "loudness_target_lufs", -31, -5, 0.01 },
        { "true_peak_dbtp", -9, 0, 0.01 },
        { "vbr", 0, 9, 1 },
        { "start_seconds", 0, 86400, 0.001 },
    };
    char text[100];
    struct spec s;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        const double good[] = { cases[i].least, cases[i].least + cases[i].step, cases[i].most - cases[i].step,
                                cases[i].most };
        const double bad[] = { cases[i].least - cases[i].step, cases[i].most + cases[i].step, -1e308, 1e308 };
        for (size_t k = 0; k < LENGTH(good); k++) {
            snprintf(text, sizeof text, "{\"%s\":%.17g}", cases[i].name, good[k]);
            accepted(&s, text);
            snprintf(text, sizeof text, "{\"%s\":%.17g}", cases[i].name, bad[k]);
            refused(text, cases[i].name);
        }
    }
    accepted(&s, "{\"metadata\":{\"track_number\":9999}}");
    assert_int_equal(s.metadata.track_number, 9999);
    accepted(&s, "{\"metadata\":{\"track_number\":0}}");
    refused("{\"metadata\":{\"track_number\":10000}}", "metadata.track_number");
    refused("{\"metadata\":{\"track_number\":-1}}", "metadata.track_number");
    accepted(&s, "{\"priority\":-3.0}");
    assert_int_equal(s.priority, -3);
    refused("{\"priority\":1.5}", "priority");
    refused("{\"priority\":1e400}", "priority");
}

TEST(each_choice_takes_its_words_and_no_other)
{
    static const struct { const char *name; const char *good[12], *bad[6]; } cases[] = {
        { "source_type", { "\"auto\"", "\"youtube\"", "\"soundcloud\"", "\"instagram\"", "\"tiktok\"", "\"bandcamp\"",
                           "\"vimeo\"",
                           "\"generic\"", "\"spotify\"", "\"direct\"" },
          { "\"Youtube\"", "\"\"", "\"myspace\"", "0", "null" } },
        { "download_type", { "\"auto\"", "\"single\"", "\"playlist\"", "\"channel\"", "\"track\"", "\"profile\"" },
          { "\"album\"", "\"single \"", "true" } },
        { "media_type", { "\"audio\"" }, { "\"video\"", "[\"audio\"]" } },
        { "quality", { "\"bestaudio\"", "\"worstaudio\"", "\"best\"", "\"worst\"" },
          { "\"bestaudio/best\"", "\"best[height<=720]\"", "\"--exec id\"", "137" } },
        { "output_format", { "\"mp3\"", "\"m4a\"", "\"wav\"", "\"flac\"", "\"ogg\"", "\"opus\"", "\"source\"" },
          { "\"wma\"", "\"MP3\"", "{}" } },
        { "bitrate_kbps", { "320", "256", "192", "128", "320.0" }, { "319", "321", "0", "\"320\"", "-128" } },
        { "sample_rate_hz", { "48000", "44100", "\"source\"" }, { "96000", "0", "44099", "\"48000\"", "48000.5" } },
        { "id3_version", { "3", "4" }, { "2", "5", "\"3\"" } },
        { "chapters", { "\"keep\"", "\"none\"" }, { "\"split\"", "true", "\"\"" } },
        { "bit_depth_bits", { "16", "24" }, { "8", "32", "\"16\"", "\"source\"" } },
    };
    char text[100];
    struct spec s;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (const char *const *v = cases[i].good; *v; v++) {
            snprintf(text, sizeof text, "{\"%s\":%s}", cases[i].name, *v);
            accepted(&s, text);
        }
        for (const char *const *v = cases[i].bad; *v; v++) {
            snprintf(text, sizeof text, "{\"%s\":%s}", cases[i].name, *v);
            refused(text, cases[i].name);
        }
    }
}

TEST(truth_is_true_or_false)
{
    static const char *const names[] = { "normalize", "embed_metadata", "embed_cover" };
    static const char *const bad[] = { "1", "0", "\"true\"", "null", "[]", "{}" };
    char text[100];
    struct spec s;

    for (size_t i = 0; i < LENGTH(names); i++) {
        snprintf(text, sizeof text, "{\"%s\":false}", names[i]);
        accepted(&s, text);
        assert_int_equal(s.normalize + s.embed_metadata + s.embed_cover, 2);
        for (size_t k = 0; k < LENGTH(bad); k++) {
            snprintf(text, sizeof text, "{\"%s\":%s}", names[i], bad[k]);
            refused(text, names[i]);
        }
    }
}

/* {"metadata":{"name":"…"}} or {"name":"…"} with `count` times `character` as the value. */
static const char *request_with(const char *name, const char *character, int count)
{
    static char text[8000];
    const char *dot = strchr(name, '.');
    size_t used = dot ? (size_t)snprintf(text, sizeof text, "{\"metadata\":{\"%s\":\"", dot + 1)
                      : (size_t)snprintf(text, sizeof text, "{\"%s\":\"", name);

    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", character);
    snprintf(text + used, sizeof text - used, dot ? "\"}}" : "\"}");
    return text;
}

TEST(text_is_counted_in_characters_and_none_is_lost)
{
    static const struct { const char *name; int most; size_t offset; } cases[] = {
        { "client_ref", 200, offsetof(struct spec, client_ref) },
        { "metadata.title", 200, offsetof(struct spec, metadata.title) },
        { "metadata.artist", 200, offsetof(struct spec, metadata.artist) },
        { "metadata.album", 200, offsetof(struct spec, metadata.album) },
        { "metadata.album_artist", 200, offsetof(struct spec, metadata.album_artist) },
        { "metadata.genre", 50, offsetof(struct spec, metadata.genre) },
        { "metadata.comment", 500, offsetof(struct spec, metadata.comment) },
    };
    static const char *const characters[] = { "a", "é", "日", "🎧" };
    struct spec s;

    for (size_t i = 0; i < LENGTH(cases); i++)
        for (size_t k = 0; k < LENGTH(characters); k++) {
            accepted(&s, request_with(cases[i].name, characters[k], cases[i].most));
            const char *stored = (const char *)&s + cases[i].offset;
            check(strlen(stored) == strlen(characters[k]) * (size_t)cases[i].most, "%s: %zu bytes of %s", cases[i].name,
                  strlen(stored), characters[k]);
            refused(request_with(cases[i].name, characters[k], cases[i].most + 1), cases[i].name);
            accepted(&s, request_with(cases[i].name, characters[k], 0));
        }
}

TEST(text_holds_no_control_characters)
{
    static const char *const bad[] = { "\\n", "\\t", "\\u0001", "\\u001b", "\\u007f", "\\u0085", "\\u009b" };
    char text[100];

    for (size_t i = 0; i < LENGTH(bad); i++) {
        snprintf(text, sizeof text, "{\"client_ref\":\"a%sb\"}", bad[i]);
        refused(text, "client_ref");
        snprintf(text, sizeof text, "{\"metadata\":{\"title\":\"a%sb\"}}", bad[i]);
        refused(text, "metadata.title");
    }
    refused("{\"client_ref\":5}", "client_ref");
    refused("{\"metadata\":{\"title\":null}}", "metadata.title");
    refused("{\"metadata\":\"text\"}", "metadata");
    refused("{\"metadata\":[]}", "metadata");
}

TEST(a_date_is_a_year_or_a_day)
{
    static const char *const good[] = { "", "1999", "2026-01-01", "2026-12-31", "2024-02-29" };
    static const char *const bad[] = { "99", "19999", "2026-1-1", "2026-00-01", "2026-13-01", "2026-01-00",
                                       "2026-01-32",
                                       "2026/01/01", "2026-01", "20260101", "2026-01-01T00:00:00Z", "abcd",
                                       "2026-0a-01" };
    char text[100];
    struct spec s;

    for (size_t i = 0; i < LENGTH(good); i++) {
        snprintf(text, sizeof text, "{\"metadata\":{\"date\":\"%s\"}}", good[i]);
        accepted(&s, text);
        assert_string_equal(s.metadata.date, good[i]);
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        snprintf(text, sizeof text, "{\"metadata\":{\"date\":\"%s\"}}", bad[i]);
        refused(text, "metadata.date");
    }
    refused("{\"metadata\":{\"date\":2026}}", "metadata.date");
}

TEST(what_a_format_does_not_have_is_refused)
{
    struct spec s;

    refused("{\"output_format\":\"opus\",\"sample_rate_hz\":44100}", "sample_rate_hz");
    refused("{\"output_format\":\"source\",\"start_seconds\":1}", "output_format");
    refused("{\"output_format\":\"source\",\"end_seconds\":1}", "output_format");
    accepted(&s, "{\"output_format\":\"opus\",\"sample_rate_hz\":\"source\"}");
    assert_int_equal(s.sample_rate_hz, 0);
}

TEST(a_profile_is_a_target_unless_one_is_given)
{
    static const struct { const char *request; double lufs; } cases[] = {
        { "{}", -14 },
        { "{\"loudness_profile\":\"music\"}", -14 },
        { "{\"loudness_profile\":\"podcast\"}", -16 },
        { "{\"loudness_profile\":\"broadcast\"}", -23 },
        { "{\"loudness_profile\":\"broadcast\",\"loudness_target_lufs\":-14}", -14 },
        { "{\"loudness_target_lufs\":-20,\"loudness_profile\":\"podcast\"}", -20 },
    };
    struct spec s;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        accepted(&s, cases[i].request);
        check(s.loudness_target_lufs == cases[i].lufs, "%s is %g LUFS", cases[i].request, s.loudness_target_lufs);
    }
    refused("{\"loudness_profile\":\"radio\"}", "loudness_profile");
}

TEST(a_clip_ends_after_it_starts)
{
    struct spec s;

    accepted(&s, "{\"start_seconds\":10,\"end_seconds\":10.001}");
    accepted(&s, "{\"start_seconds\":10,\"end_seconds\":null}");
    accepted(&s, "{\"start_seconds\":null,\"end_seconds\":0.5}");
    refused("{\"start_seconds\":10,\"end_seconds\":10}", "end_seconds");
    refused("{\"start_seconds\":10,\"end_seconds\":9}", "end_seconds");
    refused("{\"end_seconds\":86400.001}", "end_seconds");
}

TEST(a_field_that_nobody_knows_is_refused_by_name)
{
    refused("{\"formatt\":\"mp3\"}", "formatt");
    refused("{\"metadata\":{\"titel\":\"x\"}}", "metadata.titel");
    refused("{\"metadata\":{\"url\":\"x\"}}",
            "metadata.url");      /* what the caller handles is handled at the top only */
    refused("{\"Priority\":1}", "Priority");
    refused("{\"\":1}", "");
    refused("{\"ytdlp_args\":\"--exec id\"}", "ytdlp_args");
    /* A long one is cut, on a character. */
    struct spec s;
    const struct spec_errors errors = read_request(
        &s, "{\"éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé\":1}");
    assert_int_equal(errors.count, 1);
    assert_true(strlen(errors.list[0].field) >= 39 && strlen(errors.list[0].field) <= 40);
    assert_int_equal(strlen(errors.list[0].field) % 2, 0);
}

TEST(everything_that_is_wrong_is_said_at_once)
{
    static const char *const expected[] = { "priority", "bitrate_kbps", "metadata.title", "metadata.nope", "nonsense",
                                            "normalize" };
    struct spec s;
    const struct spec_errors errors = read_request(
        &s, "{\"priority\":11,\"bitrate_kbps\":1,\"metadata\":{\"title\":7,\"nope\":1,\"artist\":\"fine\"},"
            "\"nonsense\":{},"
            "\"url\":\"x\",\"quality\":\"best\",\"normalize\":\"yes\"}");

    assert_int_equal(errors.count, LENGTH(expected));
    for (size_t i = 0; i < LENGTH(expected); i++)
        assert_string_equal(errors.list[i].field, expected[i]);
    assert_string_equal(s.quality, "best");     /* what was right is there */
    assert_string_equal(s.metadata.artist, "fine");
    assert_int_equal(s.priority, 0);
}

TEST(the_list_of_complaints_ends_at_its_ceiling)
{
    char text[4000] = "{";
    struct spec s;

    for (int i = 0; i < 64; i++)
        snprintf(text + strlen(text), 40, "%s\"unknown%d\":1", i ? "," : "", i);
    snprintf(text + strlen(text), 2, "}");
    const struct spec_errors errors = read_request(&s, text);
    assert_int_equal(errors.count, SPEC_MAX_ERRORS);
}

TEST(what_is_stored_reads_back_the_same)
{
    struct spec a, b;
    struct err e;

    memset(&a, 0, sizeof a);
    accepted(&a, "{\"source_type\":\"youtube\",\"download_type\":\"single\",\"quality\":\"worst\",\"bitrate_kbps\":128,"
                 "\"output_format\":\"flac\",\"vbr\":0,\"bit_depth_bits\":24,"
                 "\"sample_rate_hz\":\"source\",\"normalize\":false,\"loudness_target_lufs\":-16.3,"
                 "\"loudness_profile\":\"broadcast\",\"replaygain_only\":true,\"trim_silence\":true,"
                 "\"start_seconds\":1.5,\"end_seconds\":61.25,"
                 "\"true_peak_dbtp\":-0.1,"
                 "\"embed_metadata\":false,\"embed_cover\":false,\"priority\":-10,"
                 "\"client_ref\":\"\\\"ref\\\\ \xf0\x9f\x8e\xa7\","
                 "\"metadata\":{\"title\":\"T\",\"artist\":\"A\",\"album\":\"B\",\"album_artist\":\"C\","
                 "\"genre\":\"G\","
                 "\"date\":\"2026-01-02\",\"track_number\":7,\"comment\":\"x\"}}");
    cJSON *o = spec_to_json(&a);
    char *text = cJSON_PrintUnformatted(o);
    check(spec_from_stored(&b, text, &e) == 0, "%s", e.text);
    assert_memory_equal(&a, &b, sizeof a);
    cJSON_free(text);
    cJSON_Delete(o);

    spec_defaults(&a);
    o = spec_to_json(&a);
    text = cJSON_PrintUnformatted(o);
    check(spec_from_stored(&b, text, &e) == 0, "%s", e.text);
    assert_memory_equal(&a, &b, sizeof a);
    cJSON_free(text);
    cJSON_Delete(o);
}

TEST(a_stored_spec_of_an_older_version_gets_the_defaults_of_what_was_added_since)
{
    struct spec s;
    struct err e;

    assert_int_equal(spec_from_stored(&s, "{\"bitrate_kbps\":192}", &e), 0);
    assert_int_equal(s.bitrate_kbps, 192);
    assert_int_equal(s.sample_rate_hz, 48000);
}

TEST(a_stored_text_that_is_not_ours_is_an_error_of_the_system)
{
    static const char *const bad[] = { "{\"unknown\":1}", "{\"bitrate_kbps\":1}", "not json", "", "[1]", "7",
                                       "\"text\"", "null" };
    struct spec s;
    struct err e;

    for (size_t i = 0; i < LENGTH(bad); i++) {
        e = (struct err){ 0 };
        check(spec_from_stored(&s, bad[i], &e) == -1, "%s passes", bad[i]);
        check(e.kind == ERR_SYSTEM, "%s: %s", bad[i], err_class(e.kind)->name);
    }
}

/* Every row of what spec_to_json() writes has a schema with the same default; neither has more than the other. */
static void compare_with_schema(const cJSON *values, const cJSON *schema, const char *where)
{
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");
    const cJSON *more = cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties");

    check(cJSON_IsObject(properties) && cJSON_IsFalse(more), "%s", where);
    assert_int_equal(cJSON_GetArraySize(properties), cJSON_GetArraySize(values));
    for (const cJSON *v = values->child; v; v = v->next) {
        const cJSON *p = cJSON_GetObjectItemCaseSensitive(properties, v->string);
        check(p != NULL, "%s is not in the schema", v->string);
        check(*json_text(p, "title", ""), "%s has no title", v->string);
        const cJSON *types = json_member(p, "type");
        const char *type = cJSON_IsArray(types) ? types->child->valuestring : json_text(p, "type", "");
        const cJSON *def = cJSON_GetObjectItemCaseSensitive(p, "default");
        if (cJSON_IsNull(v)) {      /* a number or a time that may be absent has no default */
            check(def == NULL && (!strcmp(type, "integer") || !strcmp(type, "number") ||
                                  !strcmp(json_text(p, "format", ""), "date-time")), "%s", v->string);
        } else if (cJSON_IsObject(v)) {
            assert_string_equal(type, "object");
            compare_with_schema(v, p, v->string);
        } else if (cJSON_IsBool(v)) {
            assert_string_equal(type, "boolean");
            check(cJSON_Compare(v, def, true), "%s", v->string);
        } else if (cJSON_IsNumber(v)) {
            check(!strcmp(type, "integer") || !strcmp(type, "number"), "%s", v->string);
            check(cJSON_Compare(v, def, true), "%s", v->string);
            const cJSON *list = cJSON_GetObjectItemCaseSensitive(p, "enum");
            check(list || (json_number(p, "minimum", 1e9) <= v->valuedouble &&
                           json_number(p, "maximum", -1e9) >= v->valuedouble), "%s", v->string);
        } else {
            assert_string_equal(type, "string");
            check(*v->valuestring == '\0' || cJSON_Compare(v, def, true), "%s", v->string);
            check(*v->valuestring == '\0' || cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(p, "enum")) > 0, "%s",
                  v->string);
        }
    }
}

TEST(the_schema_has_each_option_with_its_default)
{
    struct spec s;

    spec_defaults(&s);
    cJSON *values = spec_to_json(&s), *schema = spec_schema();
    assert_string_equal(json_text(schema, "$schema", ""), "https://json-schema.org/draft/2020-12/schema");
    compare_with_schema(values, schema, "options");
    cJSON_Delete(values);
    cJSON_Delete(schema);
}

TEST(the_schema_states_the_bounds_that_hold)
{
    cJSON *schema = spec_schema();
    const cJSON *p = json_member(schema, "properties"), *m = json_member(json_member(p, "metadata"), "properties");

    assert_true(json_number(json_member(p, "priority"), "minimum", 0) == -10);
    assert_true(json_number(json_member(p, "priority"), "maximum", 0) == 10);
    assert_true(json_number(json_member(p, "loudness_target_lufs"), "minimum", 0) == -31);
    assert_true(json_number(json_member(p, "true_peak_dbtp"), "minimum", 0) == -9);
    assert_true(json_number(json_member(p, "client_ref"), "maxLength", 0) == 200);
    assert_true(json_number(json_member(m, "genre"), "maxLength", 0) == 50);
    assert_int_equal(cJSON_GetArraySize(json_member(json_member(p, "bitrate_kbps"), "enum")), 4);
    assert_non_null(json_text(json_member(m, "date"), "pattern", NULL));
    cJSON_Delete(schema);
}

UNIT_MAIN(UNIT(an_empty_request_means_the_defaults),
          UNIT(each_number_is_taken_at_its_ends_and_refused_one_step_beyond),
          UNIT(each_choice_takes_its_words_and_no_other),
          UNIT(truth_is_true_or_false),
          UNIT(text_is_counted_in_characters_and_none_is_lost),
          UNIT(text_holds_no_control_characters),
          UNIT(a_date_is_a_year_or_a_day),
          UNIT(what_a_format_does_not_have_is_refused),
          UNIT(a_profile_is_a_target_unless_one_is_given), UNIT(a_clip_ends_after_it_starts),
          UNIT(a_field_that_nobody_knows_is_refused_by_name),
          UNIT(everything_that_is_wrong_is_said_at_once),
          UNIT(the_list_of_complaints_ends_at_its_ceiling),
          UNIT(what_is_stored_reads_back_the_same),
          UNIT(a_stored_spec_of_an_older_version_gets_the_defaults_of_what_was_added_since),
          UNIT(a_stored_text_that_is_not_ours_is_an_error_of_the_system),
          UNIT(the_schema_has_each_option_with_its_default),
          UNIT(the_schema_states_the_bounds_that_hold))
