/* The ground floor, lib/base: text. UTF-8, and the buffers and fields that hold it. */
#include "unit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

/* ---- utf8 ---- */

TEST(utf8_reads_each_length_at_its_first_and_last_code_point)
{
    static const struct { const char *bytes; size_t length; uint32_t cp; } cases[] = {
        { "a", 1, 'a' }, { "\x7f", 1, 0x7f }, { "\xc2\x80", 2, 0x80 }, { "\xdf\xbf", 2, 0x7ff },
        { "\xe0\xa0\x80", 3, 0x800 }, { "\xed\x9f\xbf", 3, 0xd7ff }, { "\xee\x80\x80", 3, 0xe000 },
        { "\xef\xbf\xbf", 3, 0xffff }, { "\xf0\x90\x80\x80", 4, 0x10000 }, { "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint32_t cp = 0;
        const size_t n = utf8_next(cases[i].bytes, cases[i].length, &cp);
        check(n == cases[i].length && cp == cases[i].cp, "case %zu: %zu bytes, U+%04X", i, n, cp);
        check(utf8_next(cases[i].bytes, cases[i].length, NULL) == n, "case %zu without cp", i);
        check(n == 1 || utf8_next(cases[i].bytes, n - 1, NULL) == 0, "case %zu reads past the end", i);
    }
    assert_int_equal(utf8_next("\0", 1, NULL), 1);
    assert_int_equal(utf8_next("a", 0, NULL), 0);
}

TEST(utf8_refuses_overlong_forms_surrogates_and_what_lies_beyond_unicode)
{
    static const char *const bad[] = {
        "\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf7\xbf\xbf\xbf", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
        "\x80", "\xbf", "\xc3(", "\xe2\x28\xa1", "\xe2\x82", "\xf0\x9f\x98", "\xc3", "\xe2\x82(", "abc\xc3",
        "\xc3\xa9\x80",
    };

    for (size_t i = 0; i < LENGTH(bad); i++)
        check(!utf8_valid(bad[i], strlen(bad[i])), "case %zu passes", i);
    assert_true(utf8_valid("", 0));
    assert_true(utf8_valid("a\0b", 3));
    assert_true(utf8_valid("один 日本 🎧", strlen("один 日本 🎧")));
}

/* Every 1–4 byte sequence of interesting bytes, judged by the table of RFC 3629 §4. */
static bool rfc3629(const unsigned char *b, size_t n)
{
#define IN(x, lo, hi) ((x) >= (lo) && (x) <= (hi))
#define TAIL(i) IN(b[i], 0x80, 0xbf)
    switch (n) {
    case 1: return b[0] <= 0x7f;
    case 2: return IN(b[0], 0xc2, 0xdf) && TAIL(1);
    case 3:
        return ((b[0] == 0xe0 && IN(b[1], 0xa0, 0xbf)) || (IN(b[0], 0xe1, 0xec) && TAIL(1)) ||
                (b[0] == 0xed && IN(b[1], 0x80, 0x9f)) || (IN(b[0], 0xee, 0xef) && TAIL(1))) && TAIL(2);
    default:
        return ((b[0] == 0xf0 && IN(b[1], 0x90, 0xbf)) || (IN(b[0], 0xf1, 0xf3) && TAIL(1)) ||
                (b[0] == 0xf4 && IN(b[1], 0x80, 0x8f))) && TAIL(2) && TAIL(3);
    }
#undef TAIL
#undef IN
}

TEST(utf8_agrees_with_the_grammar_of_rfc_3629)
{
    static const unsigned char bytes[] = { 0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
                                           0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5,
                                           0xf8, 0xff };
    const size_t k = LENGTH(bytes);

    for (size_t n = 1; n <= 4; n++) {
        size_t total = 1;
        for (size_t i = 0; i < n; i++)
            total *= k;
        for (size_t c = 0; c < total; c++) {
            unsigned char b[4];
            for (size_t i = 0, rest = c; i < n; i++, rest /= k)
                b[i] = bytes[rest % k];
            const bool whole = utf8_next((char *)b, n, NULL) == n;
            if (whole != rfc3629(b, n))
                check(false, "%zu bytes from %02x %02x", n, b[0], n > 1 ? b[1] : 0);
        }
    }
}

TEST(utf8_cut_never_splits_a_code_point)
{
    const char *const s = "aé日🎧z";       /* 1 + 2 + 3 + 4 + 1 bytes */
    static const size_t expected[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11 };

    for (size_t max = 0; max < LENGTH(expected); max++)
        check(utf8_cut(s, max) == expected[max], "at most %zu: %zu", max, utf8_cut(s, max));
    assert_int_equal(utf8_cut("", 5), 0);
}

TEST(utf8_trim_tail_removes_what_snprintf_leaves_of_a_cut_character)
{
    static const char *const characters[] = { "a", "é", "日", "🎧" };

    for (size_t i = 0; i < LENGTH(characters); i++)
        for (size_t room = 1; room <= 8; room++) {
            char s[16];
            snprintf(s, room + 1, "x%s%s", characters[i], characters[i]);
            utf8_trim_tail(s);
            check(utf8_valid(s, strlen(s)) && s[0] == 'x', "%s in %zu bytes", characters[i], room);
            check(room - strlen(s) < strlen(characters[i]) || strlen(s) == 1 + 2 * strlen(characters[i]),
                  "%s in %zu bytes loses too much", characters[i], room);
        }
    char empty[1] = "";
    utf8_trim_tail(empty);
    assert_string_equal(empty, "");
}

TEST(utf8_names_the_characters_that_hide_or_reorder_text)
{
    static const uint32_t yes[] = { 0, 9, 10, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9f, 0x61c, 0x180e, 0x200b, 0x200e, 0x200f,
                                    0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0x206f, 0xfeff, 0xfff9 };
    static const uint32_t no[] = { ' ', 'a', 0x7e, 0xa0, 0x200a, 0x2010, 0x2027, 0x202f, 0x205f, 0x2070, 0xfefe,
                                   0x200c, 0x200d, 0x1f3a7 };      /* joiners are part of scripts and emoji */

    for (size_t i = 0; i < LENGTH(yes); i++)
        check(utf8_is_control(yes[i]), "U+%04X passes", yes[i]);
    for (size_t i = 0; i < LENGTH(no); i++)
        check(!utf8_is_control(no[i]), "U+%04X is refused", no[i]);
}

TEST(utf8_clean_makes_one_tidy_line_of_anything)
{
    static const char *const cases[][2] = {
        { "", "" }, { "plain", "plain" }, { "  a \t\r\n b  ", "a b" }, { " \n ", "" }, { "a\x01\x1b" "b", "ab" },
        { "a\xff" "b\xc3", "ab" }, { "a\xe2\x80\xae" "b", "ab" }, { "a \xe2\x80\x8b b", "a b" }, { "\x7f", "" },
        { "日\n本", "日 本" }, { "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x8e\xa4",
                             "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x8e\xa4" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        char s[64];
        snprintf(s, sizeof s, "%s", cases[i][0]);
        const size_t n = utf8_clean(s);
        check(strcmp(s, cases[i][1]) == 0 && n == strlen(s), "case %zu: \"%s\"", i, s);
        check(utf8_clean(s) == n && strcmp(s, cases[i][1]) == 0, "case %zu changes when cleaned again", i);
    }
}

/* ---- buf, mem ---- */

TEST(a_buffer_stops_at_its_ceiling_and_says_so)
{
    struct buf b = BUF_INIT(5);

    assert_string_equal(buf_text(&b), "");
    buf_add(&b, "abc", 3);
    buf_add(&b, "", 0);
    assert_false(b.overflow);
    buf_printf(&b, "%d", 45);
    assert_string_equal(buf_text(&b), "abc45");
    assert_false(b.overflow);
    buf_add(&b, "x", 1);
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "abc45");
    assert_int_equal(b.len, 5);
    buf_clear(&b);
    assert_false(b.overflow);
    assert_string_equal(buf_text(&b), "");
    buf_add(&b, "123456789", 9);
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "12345");
    buf_free(&b);
    buf_free(&b);
    assert_string_equal(buf_text(&b), "");
    buf_add(&b, "again", 5);
    assert_string_equal(buf_text(&b), "again");
    buf_free(&b);
}

TEST(a_buffer_grows_byte_by_byte_without_losing_any)
{
    struct buf b = BUF_INIT(100000);

    for (int i = 0; i < 100000; i++)
        buf_add(&b, &(char){ (char)('a' + i % 26) }, 1);
    assert_int_equal(b.len, 100000);
    assert_false(b.overflow);
    for (int i = 0; i < 100000; i++)
        if (b.data[i] != 'a' + i % 26)
            check(false, "byte %d", i);
    buf_free(&b);
}

TEST(copy_text_fills_a_field_and_never_splits_a_character)
{
    char field[4];

    copy_text(field, sizeof field, NULL);
    assert_string_equal(field, "");
    copy_text(field, sizeof field, "abc");
    assert_string_equal(field, "abc");
    copy_text(field, sizeof field, "abcd");
    assert_string_equal(field, "abc");
    copy_text(field, sizeof field, "aé日");
    assert_string_equal(field, "aé");
    copy_text(field, 1, "abc");
    assert_string_equal(field, "");
}

UNIT_MAIN(UNIT(utf8_reads_each_length_at_its_first_and_last_code_point),
          UNIT(utf8_refuses_overlong_forms_surrogates_and_what_lies_beyond_unicode),
          UNIT(utf8_agrees_with_the_grammar_of_rfc_3629),
          UNIT(utf8_cut_never_splits_a_code_point),
          UNIT(utf8_trim_tail_removes_what_snprintf_leaves_of_a_cut_character),
          UNIT(utf8_names_the_characters_that_hide_or_reorder_text),
          UNIT(utf8_clean_makes_one_tidy_line_of_anything),
          UNIT(a_buffer_stops_at_its_ceiling_and_says_so),
          UNIT(a_buffer_grows_byte_by_byte_without_losing_any),
          UNIT(copy_text_fills_a_field_and_never_splits_a_character))
