/* JSON from strangers: what is refused before anybody looks at it, and that the rest arrives unchanged. */
#include "unit.h"

#include <math.h>

#include "json.h"

static const struct json_limits small = { .max_bytes = 1000, .max_depth = 4, .max_names = 5 };

static int parse(const char *text, size_t len, const struct json_limits *limits, struct err *e)
{
    /* In a heap block of just this size: ASan sees a byte too many. */
    char *copy = malloc(len ? len : 1);
    cJSON *doc = NULL;

    memcpy(copy, text, len);
    const int rc = json_parse(&doc, copy, len, limits, e);
    check((rc == 0) == (doc != NULL), "the document and the answer disagree");
    cJSON_Delete(doc);
    free(copy);
    return rc;
}

TEST(documents_of_rfc_8259_are_accepted)
{
    static const char *const good[] = {
        "null", "true", "false", "0", "-0", "-1", "1.5", "1e5", "1E+5", "1e-5", "123456789012", "\"\"", "\"a\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u00e9\"", "\"\\ud83c\\udfa7\"", "\"\xc3\xa9\"", "\"\xf0\x9f\x8e\xa7\"",
        "\"\x7f\"", "[]", "[1]", "[1,2,3]", "[[],[]]", "[ ]", "{}", "{ }", "{\"a\":1}", "{\"a\":{\"b\":[null]}}",
        " \t\r\n1\r\n\t ", "{ \"a\" : 1 , \"b\" : 2 }", "\"{[:,]}\"", "[\"]\",\"\\\\\"]", "{\"\":0}",
        "\"\\\\u0000 is text\"",
    };
    struct err e;

    for (size_t i = 0; i < LENGTH(good); i++)
        check(parse(good[i], strlen(good[i]), &small, &e) == 0, "%s: %s", good[i], e.text);
}

TEST(what_is_no_json_is_refused)
{
    static const char *const bad[] = {
        "", " ", "nul", "tru", "True", "NaN", "Infinity", "-", "-Infinity", "'a'", "a", "\"", "\"a", "\"\\\"",
        "\"\\x41\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udfa7\"", "\"\\", "[", "]", "[1",
        "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}",
        "{a:1}", "{1:1}", "{'a':1}", "{\"a\":1]", ",", ":", "/* comment */ 1", "1 // comment",
    };
    struct err e;

    for (size_t i = 0; i < LENGTH(bad); i++) {
        check(parse(bad[i], strlen(bad[i]), &small, &e) == -1, "%s passes", bad[i]);
        check(e.kind == ERR_SYNTAX && *e.text, "%s: %s", bad[i], err_class(e.kind)->name);
    }
}

TEST(exactly_one_document_is_read)
{
    static const char *const bad[] = { "{}{}", "{} {}", "1 2", "null,", "{}x", "[]]", "{}\n{}", "\"a\"\"b\"",
                                       "{}\xef\xbb\xbf" };
    struct err e;

    for (size_t i = 0; i < LENGTH(bad); i++)
        check(parse(bad[i], strlen(bad[i]), &small, &e) == -1 && e.kind == ERR_SYNTAX, "%s passes", bad[i]);
    check(parse("{}\0", 3, &small, &e) == -1, "a NUL behind the document passes");
    check(parse("{}\0{}", 5, &small, &e) == -1, "a document behind NUL passes");
    check(parse("{\"a\":1}", 6, &small, &e) == -1, "the byte behind the end is read");
}

TEST(no_string_can_hold_nul_or_raw_control_characters)
{
    struct err e;

    for (int c = 0; c < 0x20; c++) {
        char text[] = "\"a?b\"";
        text[2] = (char)c;
        check(parse(text, 5, &small, &e) == -1 && e.kind == ERR_SYNTAX, "raw %02x passes", c);
    }
    static const char *const nul[] = { "\"\\u0000\"", "\"abc\\u0000def\"", "{\"a\\u0000b\":1}", "[\"\\\\\\u0000\"]" };
    for (size_t i = 0; i < LENGTH(nul); i++)
        check(parse(nul[i], strlen(nul[i]), &small, &e) == -1 && e.kind == ERR_SYNTAX, "%s passes", nul[i]);
}

/* cJSON reads four characters that are no hex digits as U+0000, and the string ends there. */
TEST(an_escape_without_four_hex_digits_is_refused)
{
    static const char *const bad[] = { "\"\\u12g4\"", "\"\\uzzzz\"", "\"\\u\"", "\"ok\\u 123\"", "\"\\u+123\"",
                                       "\"\\u0x1f\"",
                                       "{\"\\u00g0\":1}", "\"\\ud83c\\udfg7\"", "\"\\\\\\u-001\"" };
    struct err e;

    for (size_t i = 0; i < LENGTH(bad); i++)
        check(parse(bad[i], strlen(bad[i]), &small, &e) == -1 && e.kind == ERR_SYNTAX, "%s passes", bad[i]);
    check(parse("\"\\\\u00g0\"", 9, &small, &e) == 0, "an escaped backslash is no escape: %s", e.text);
}

TEST(bytes_that_are_not_utf8_are_refused_wherever_they_stand)
{
    static const char *const bad[] = { "\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
                                       "\"\xf4\x90\x80\x80\"",
                                       "{\"\xff\":1}", "\xff", "1\xff", "[\"ok\",\"\x80\"]" };
    struct err e;

    for (size_t i = 0; i < LENGTH(bad); i++)
        check(parse(bad[i], strlen(bad[i]), &small, &e) == -1 && e.kind == ERR_SYNTAX, "case %zu passes", i);
}

TEST(size_depth_and_names_are_limited_to_the_very_number)
{
    char text[1100];
    struct err e;

    snprintf(text, sizeof text, "\"%0*d\"", 998, 0);
    assert_int_equal(parse(text, 1000, &small, &e), 0);
    snprintf(text, sizeof text, "\"%0*d\"", 999, 0);
    assert_int_equal(parse(text, 1001, &small, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);

    assert_int_equal(parse("[[[[]]]]", 8, &small, &e), 0);
    assert_int_equal(parse("[[[[[]]]]]", 10, &small, &e), -1);
    assert_int_equal(parse("{\"a\":[{\"b\":[]}]}", 16, &small, &e), 0);
    assert_int_equal(parse("{\"a\":[{\"b\":[[]]}]}", 18, &small, &e), -1);
    assert_int_equal(parse("[[],[],[],[],[],[],[]]", 22, &small, &e), 0);      /* wide is not deep */
    assert_int_equal(parse("\"[[[[[[[[\"", 10, &small, &e), 0);

    const char *five = "{\"a\":1,\"b\":[{\"c\":1},{\"d\":1}],\"e\":1}";
    const char *six = "{\"a\":1,\"b\":[{\"c\":1},{\"d\":1}],\"e\":1,\"f\":1}";
    assert_int_equal(parse(five, strlen(five), &small, &e), 0);
    assert_int_equal(parse(six, strlen(six), &small, &e), -1);
    assert_int_equal(e.kind, ERR_SYNTAX);
}

TEST(a_request_has_the_limits_that_the_header_states)
{
    assert_int_equal(json_limits_request.max_bytes, 64 << 10);
    assert_int_equal(json_limits_request.max_depth, 16);
    assert_int_equal(json_limits_request.max_names, 64);
}

TEST(a_bomb_of_brackets_is_refused_without_recursion)
{
    enum { N = 8 << 20 };
    char *bomb = malloc(N);
    struct err e;

    memset(bomb, '[', N);
    assert_int_equal(parse(bomb, N, &json_limits_tool, &e), -1);
    for (int i = 0; i + 5 <= N; i += 5)
        memcpy(bomb + i, "{\"\":", 4), bomb[i + 4] = ' ';
    assert_int_equal(parse(bomb, N, &json_limits_tool, &e), -1);
    free(bomb);
}

static const char *duplicate(const char *text)
{
    static char found[64];
    cJSON *doc = NULL;
    struct err e;

    check(json_parse(&doc, text, strlen(text), &json_limits_request, &e) == 0, "%s: %s", text, e.text);
    const char *name = json_duplicate_name(doc);
    snprintf(found, sizeof found, "%s", name ? name : "");
    cJSON_Delete(doc);
    return found;
}

TEST(a_name_that_is_given_twice_is_found_at_any_depth)
{
    assert_string_equal(duplicate("{\"a\":1,\"a\":2}"), "a");
    assert_string_equal(duplicate("{\"a\":1,\"b\":2,\"c\":{\"d\":1,\"e\":2,\"d\":3}}"), "d");
    assert_string_equal(duplicate("[1,[{\"x\":1},{\"y\":1,\"y\":1}]]"), "y");
    assert_string_equal(duplicate("{\"a\":1,\"\\u0061\":2}"), "a");      /* the same name, spelt otherwise */
    assert_string_equal(duplicate("{\"a\":{\"b\":1},\"c\":{\"b\":1}}"), "");
    assert_string_equal(duplicate("{\"a\":1,\"A\":2}"), "");
    assert_string_equal(duplicate("[1,1]"), "");
    assert_string_equal(duplicate("7"), "");
}

TEST(a_member_of_another_type_is_as_good_as_absent)
{
    cJSON *o = NULL;
    const char *text = "{\"s\":\"text\",\"n\":1.5,\"t\":true,\"f\":false,\"z\":null,\"o\":{},\"big\":1e400}";
    struct err e;

    assert_int_equal(json_parse(&o, text, strlen(text), &json_limits_tool, &e), 0);
    assert_string_equal(json_text(o, "s", "fallback"), "text");
    assert_string_equal(json_text(o, "n", "fallback"), "fallback");
    assert_string_equal(json_text(o, "z", "fallback"), "fallback");
    assert_string_equal(json_text(o, "none", "fallback"), "fallback");
    assert_null(json_text(o, "S", NULL));       /* names are case-sensitive */
    assert_true(json_number(o, "n", -1) == 1.5);
    assert_true(json_number(o, "s", -1) == -1);
    assert_true(json_number(o, "big", -1) == -1);      /* no infinity comes out */
    assert_true(json_bool(o, "t", false));
    assert_false(json_bool(o, "f", true));
    assert_true(json_bool(o, "n", true));
    assert_null(json_member(o, "z"));
    assert_non_null(json_member(o, "o"));
    assert_null(json_member(NULL, "o"));
    assert_string_equal(json_text(NULL, "o", "fallback"), "fallback");
    cJSON_Delete(o);
}

TEST(what_has_no_json_form_is_written_as_null)
{
    cJSON *o = cJSON_CreateObject();

    json_put_text(o, "text", NULL);
    json_put_number(o, "nan", NAN);
    json_put_number(o, "infinity", INFINITY);
    json_put_time(o, "never", 0);
    json_put_raw(o, "none", NULL);
    json_put_raw(o, "broken", "{\"a\":");
    json_put_time(o, "then", 1);
    json_put_raw(o, "raw", "{\"a\":[1]}");
    json_put_int(o, "int", 999999999999999);
    json_put_bool(o, "bool", false);
    json_put_text(json_put_object(o, "object"), "a", "\"\n");
    cJSON_AddItemToArray(json_put_array(o, "array"), cJSON_CreateNull());
    char *text = cJSON_PrintUnformatted(o);
    assert_string_equal(text,
                        "{\"text\":null,\"nan\":null,\"infinity\":null,\"never\":null,\"none\":null,\"broken\":null,"
                              "\"then\":\"1970-01-01T00:00:00.001Z\",\"raw\":{\"a\":[1]},\"int\":999999999999999,"
                              "\"bool\":false,\"object\":{\"a\":\"\\\"\\n\"},\"array\":[null]}");
    cJSON_free(text);
    cJSON_Delete(o);
}

TEST(ten_thousand_damaged_documents_do_no_harm)
{
    static const char text[] = "{\"url\":\"https://example.org/\\u00e9\\\"x\",\"n\":[1,-2.5e3,true,null],"
                               "\"m\":{\"a\":\"\xc3\xa9\"}}";
    char copy[sizeof text];
    struct err e;

    srand(1);
    for (int i = 0; i < 10000; i++) {
        size_t len = sizeof text - 1;
        memcpy(copy, text, sizeof text);
        for (int k = rand() % 4; k >= 0; k--)
            copy[(size_t)rand() % len] = (char)rand();
        len = (size_t)rand() % 4 ? len : (size_t)rand() % len;
        parse(copy, len, &json_limits_request, &e);
    }
}

UNIT_MAIN(UNIT(documents_of_rfc_8259_are_accepted),
          UNIT(what_is_no_json_is_refused),
          UNIT(exactly_one_document_is_read),
          UNIT(no_string_can_hold_nul_or_raw_control_characters),
          UNIT(an_escape_without_four_hex_digits_is_refused),
          UNIT(bytes_that_are_not_utf8_are_refused_wherever_they_stand),
          UNIT(size_depth_and_names_are_limited_to_the_very_number),
          UNIT(a_request_has_the_limits_that_the_header_states),
          UNIT(a_bomb_of_brackets_is_refused_without_recursion),
          UNIT(a_name_that_is_given_twice_is_found_at_any_depth),
          UNIT(a_member_of_another_type_is_as_good_as_absent),
          UNIT(what_has_no_json_form_is_written_as_null),
          UNIT(ten_thousand_damaged_documents_do_no_harm))
