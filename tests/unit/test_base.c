/* The ground floor: lib/base. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
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

/* ---- err ---- */

TEST(every_kind_of_error_has_a_name_a_title_and_a_status)
{
    for (int k = 0; k < ERR_KINDS; k++) {
        const struct err_class *c = err_class((enum err_kind)k);
        check(c->name && *c->name && strspn(c->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(c->name), "kind %d", k);
        check(c->title && *c->title, "%s has no title", c->name);
        check(!c->hint || *c->hint, "%s has an empty hint", c->name);
        check(k == ERR_NONE ? c->http == 200 : c->http >= 400 && c->http <= 599, "%s: %d", c->name, c->http);
        check(c->rest_scale >= 0 && (c->may_pass || !c->rest_scale), "%s", c->name);
    }
    assert_ptr_equal(err_class(ERR_KINDS), err_class(ERR_SYSTEM));
}

TEST(what_may_pass_is_tried_again_and_what_will_not_is_not)
{
    static const enum err_kind again[] = { ERR_RATE_LIMITED, ERR_BOT_CHECK, ERR_NETWORK, ERR_TIMEOUT, ERR_DISK,
                                           ERR_BUSY, ERR_CRASHED, ERR_SYSTEM };
    static const enum err_kind never[] = { ERR_INPUT, ERR_UNSUPPORTED, ERR_UNAVAILABLE, ERR_LOGIN_REQUIRED,
                                           ERR_AGE_RESTRICTED, ERR_GEO_BLOCKED, ERR_DRM, ERR_BAD_MEDIA, ERR_TOO_LARGE,
                                           ERR_LIVE, ERR_NO_FORMAT, ERR_CANCELLED, ERR_PAUSED, ERR_LOST };

    for (size_t i = 0; i < LENGTH(again); i++)
        check(err_class(again[i])->may_pass, "%s", err_class(again[i])->name);
    for (size_t i = 0; i < LENGTH(never); i++)
        check(!err_class(never[i])->may_pass, "%s", err_class(never[i])->name);
    assert_int_equal(err_class(ERR_NETWORK)->rest_scale, 0);        /* it may be ours */
    assert_true(err_class(ERR_BOT_CHECK)->rest_scale > err_class(ERR_RATE_LIMITED)->rest_scale);
    assert_true(err_class(ERR_RATE_LIMITED)->rest_scale > 0);
}

TEST(a_stored_kind_reads_back_as_a_kind_of_the_same_name)
{
    for (int k = ERR_NONE + 1; k < ERR_KINDS; k++) {
        const char *name = err_class((enum err_kind)k)->name;
        assert_string_equal(err_class(err_kind_named(name))->name, name);
    }
    assert_int_equal(err_kind_named("of_a_later_version"), ERR_SYSTEM);
    assert_int_equal(err_kind_named(NULL), ERR_SYSTEM);
}

TEST(err_set_cuts_a_long_text_on_a_character)
{
    struct err e;

    for (int shift = 0; shift < 4; shift++) {
        char text[1200];
        memset(text, 'a', sizeof text);
        for (int i = shift; i + 4 < (int)sizeof text; i += 4)
            memcpy(text + i, "🎧", 4);
        text[sizeof text - 1] = '\0';
        assert_int_equal(err_set(&e, ERR_INPUT, "%s", text), -1);
        check(strlen(e.text) > sizeof e.text - 5 && utf8_valid(e.text, strlen(e.text)), "shift %d", shift);
    }
}

TEST(err_errno_says_why_and_knows_a_full_disk)
{
    static const struct { int number; enum err_kind kind; } cases[] = {
        { ENOSPC, ERR_DISK }, { EDQUOT, ERR_DISK }, { EFBIG, ERR_DISK }, { EACCES, ERR_SYSTEM }, { EIO, ERR_SYSTEM },
    };
    struct err e;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        errno = cases[i].number;
        assert_int_equal(err_errno(&e, "cannot write %s", "here"), -1);
        check(e.kind == cases[i].kind && strstr(e.text, "cannot write here: ") == e.text &&
              strstr(e.text, strerror(cases[i].number)), "%s", e.text);
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

/* ---- clock, id ---- */

TEST(clock_iso_is_utc_with_milliseconds_at_any_time)
{
    static const struct { int64_t ms; const char *iso; } cases[] = {
        { 0, "1970-01-01T00:00:00.000Z" },           { 1, "1970-01-01T00:00:00.001Z" },
        { -1, "1969-12-31T23:59:59.999Z" },          { -1000, "1969-12-31T23:59:59.000Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" }, { 1763662440123, "2025-11-20T18:14:00.123Z" },
        { 4102444799999, "2099-12-31T23:59:59.999Z" }, { 253402300799999, "9999-12-31T23:59:59.999Z" },
        { 253402300800000, "9999-12-31T23:59:59.999Z" }, { INT64_MAX, "9999-12-31T23:59:59.999Z" },
        { -62167219200000, "0000-01-01T00:00:00.000Z" }, { INT64_MIN, "0000-01-01T00:00:00.000Z" },
        { -62135596800000, "0001-01-01T00:00:00.000Z" },
    };
    char out[CLOCK_ISO_BYTES];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        clock_iso(out, cases[i].ms);
        check(strcmp(out, cases[i].iso) == 0, "%lld: %s, not %s", (long long)cases[i].ms, out, cases[i].iso);
    }
    setenv("TZ", "Asia/Kolkata", 1);
    assert_string_equal(clock_iso(out, 0), "1970-01-01T00:00:00.000Z");
    unsetenv("TZ");
}

TEST(boot_time_does_not_go_backwards)
{
    const int64_t first = clock_boot_ms();

    for (int i = 0; i < 1000; i++)
        assert_true(clock_boot_ms() >= first);
    assert_true(clock_wall_ms() > 1700000000000);
}

TEST(a_uuid_is_version_7_and_sorts_by_the_time_it_was_made)
{
    char id[ID_UUID_BYTES], later[ID_UUID_BYTES], ms_hex[16];
    const int64_t before = clock_wall_ms();

    id_uuid7(id);
    const int64_t after = clock_wall_ms();
    assert_true(id_is_uuid(id));
    assert_int_equal(id[14], '7');
    assert_non_null(strchr("89ab", id[19]));
    snprintf(ms_hex, sizeof ms_hex, "%.8s%.4s", id, id + 9);
    const int64_t ms = strtoll(ms_hex, NULL, 16);
    assert_true(ms >= before && ms <= after);
    while (clock_wall_ms() <= after)
        ;
    id_uuid7(later);
    assert_true(strcmp(id, later) < 0);
}

TEST(ten_thousand_uuids_are_ten_thousand_names)
{
    enum { COUNT = 10000 };
    static char ids[COUNT][ID_UUID_BYTES];

    for (int i = 0; i < COUNT; i++)
        id_uuid7(ids[i]);
    qsort(ids, COUNT, sizeof ids[0], (int (*)(const void *, const void *))strcmp);
    for (int i = 1; i < COUNT; i++)
        check(strcmp(ids[i - 1], ids[i]) != 0, "%s twice", ids[i]);
}

TEST(only_the_canonical_form_is_a_uuid)
{
    static const char *const bad[] = {
        "", "0199f3a1-0000-7000-8000-00000000000", "0199f3a1-0000-7000-8000-0000000000000",
        "0199F3A1-0000-7000-8000-000000000000", "0199f3a1_0000-7000-8000-000000000000",
        "0199f3a1-0000-7000-8000-00000000000g", "0199f3a10000-7000-8000-0000000000000",
        "{199f3a1-0000-7000-8000-00000000000}", "../../../../../../../etc/passwd00000",
    };

    assert_true(id_is_uuid("0199f3a1-0000-7000-8000-00000000000f"));
    assert_false(id_is_uuid(NULL));
    for (size_t i = 0; i < LENGTH(bad); i++)
        check(!id_is_uuid(bad[i]), "\"%s\" passes", bad[i]);
}

TEST(a_secret_is_256_bits_of_hex_and_only_its_hash_is_comparable)
{
    char a[ID_SECRET_BYTES], b[ID_SECRET_BYTES], hash[ID_SHA256_BYTES];

    id_secret(a);
    id_secret(b);
    assert_int_equal(strlen(a), 64);
    assert_int_equal(strspn(a, "0123456789abcdef"), 64);
    assert_string_not_equal(a, b);
    id_sha256(hash, "abc", 3);      /* FIPS 180-4 */
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    id_sha256(hash, "", 0);
    assert_string_equal(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (int i = 0; i < 1000; i++)
        assert_true(id_random(3) < 3);
    assert_int_equal(id_random(1), 0);
}

/* ---- log ---- */

TEST(log_quote_makes_one_harmless_value_of_anything)
{
    static const struct { const char *in, *out; } cases[] = {
        { "plain", "plain" }, { "", "\"\"" }, { NULL, "\"\"" }, { "two words", "\"two words\"" },
        { "a=b", "\"a=b\"" }, { "say \"hi\"", "\"say \\\"hi\\\"\"" }, { "back\\slash", "\"back\\\\slash\"" },
        { "x\nerror forged", "\"x\\x0aerror forged\"" }, { "\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m" },
        { "c1\xc2\x9b" "31m", "c1\\xc2\\x9b31m" }, { "bad\xff\xfe", "bad\\xff\\xfe" }, { "日本", "日本" },
        { "\xe2\x80\xaertl", "\\xe2\\x80\\xaertl" }, { "\x7f", "\\x7f" },
    };
    char out[256];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        log_quote(out, sizeof out, cases[i].in);
        check(strcmp(out, cases[i].out) == 0, "case %zu: %s", i, out);
    }
}

TEST(log_quote_stays_within_any_buffer)
{
    static const char *const texts[] = { "plain text", "plain", "\n\n\n\n\n\n\n\n\n\n\n\n", "🎧🎧🎧🎧🎧🎧🎧🎧",
                                         "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"", "" };

    for (size_t i = 0; i < LENGTH(texts); i++)
        for (size_t size = 4; size < 48; size++) {
            char *out = malloc(size);      /* a heap block of just this size: ASan sees a byte too many */
            log_quote(out, size, texts[i]);
            check(strlen(out) < size && utf8_valid(out, strlen(out)), "case %zu in %zu bytes", i, size);
            free(out);
        }
}

/* What log_line() writes to standard error, as text; free(). */
static char *logged(enum log_level level, const char *event, const char *text)
{
    const int saved = dup(STDERR_FILENO), fd = open("log", O_RDWR | O_CREAT | O_TRUNC, 0600);

    dup2(fd, STDERR_FILENO);
    log_line(level, event, "title=%s", text);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fd);
    return unit_read("log");
}

TEST(an_event_is_one_line_whatever_a_title_holds)
{
    static const char *const titles[] = { "a\nerror forged key=1", "a\r\nb", "\x1b]0;owned\x07", "\xc2\x85next",
                                          "\xe2\x80\xa8line", "\xff\xff", "ok" };

    log_set_context("job=1");
    for (size_t i = 0; i < LENGTH(titles); i++) {
        char *line = logged(LOG_INFO, "track_done", titles[i]);
        check(strncmp(line, "info track_done job=1 title=", 28) == 0, "%s", line);
        check(strchr(line, '\n') == line + strlen(line) - 1, "case %zu: more than a line", i);
        line[strlen(line) - 1] = '\0';
        for (const char *p = line; *p; p++)
            check((unsigned char)*p >= 0x20 && *p != 0x7f, "case %zu: raw byte %02x", i, (unsigned char)*p);
        check(utf8_valid(line, strlen(line)), "case %zu", i);
        free(line);
    }
    log_set_context(NULL);
}

TEST(a_line_is_at_most_4_kib_and_still_ends)
{
    static char huge[100000];

    memset(huge, '\n', sizeof huge - 1);
    char *line = logged(LOG_INFO, "flood", huge);
    assert_true(strlen(line) <= 4096);
    assert_int_equal(line[strlen(line) - 1], '\n');
    free(line);
}

TEST(lines_below_the_level_are_not_written)
{
    char *line = logged(LOG_DEBUG, "quiet", "");
    assert_string_equal(line, "");
    free(line);
    log_set_level(LOG_DEBUG);
    line = logged(LOG_DEBUG, "loud", "x");
    assert_string_equal(line, "debug loud title=x\n");
    free(line);
    log_set_level(LOG_INFO);
}

/* ---- file ---- */

/* Everything that a name on disk must hold, whoever wrote the title. */
static void is_harmless(const char *name, size_t max, const char *title)
{
    const size_t n = strlen(name);

    check(n > 0 && n <= max, "\"%s\": %zu bytes for %zu", title, n, max);
    check(utf8_valid(name, n), "\"%s\" is cut inside a character", title);
    check(!strpbrk(name, "/\\:*?\"<>|\r\n\t"), "\"%s\": %s", title, name);
    check(!strchr(".- ", name[0]), "\"%s\": %s", title, name);
    check(!strchr(". ", name[n - 1]), "\"%s\": %s", title, name);
    for (size_t i = 0, step; i < n; i += step) {
        uint32_t cp = 0;
        step = utf8_next(name + i, n - i, &cp);
        check(!utf8_is_control(cp), "\"%s\": U+%04X stays", title, cp);
    }
}

TEST(a_title_becomes_a_file_name_that_people_recognise)
{
    static const struct { const char *title, *name; } cases[] = {
        { "Song", "Song.mp3" },
        { "Björk — Jóga (Live)", "Björk — Jóga (Live).mp3" },
        { "AC/DC: Back in Black?", "AC_DC_ Back in Black_.mp3" },
        { "../../etc/passwd", "_.._etc_passwd.mp3" },
        { "-rf --no-preserve-root", "rf --no-preserve-root.mp3" },
        { "...And Justice for All", "And Justice for All.mp3" },
        { ".hidden", "hidden.mp3" },
        { "ends with dots...", "ends with dots.mp3" },
        { "ends with space   ", "ends with space.mp3" },
        { "tab\tand\nnewline", "tabandnewline.mp3" },
        { "\xe2\x80\xaegnp.exe", "gnp.exe.mp3" },           /* right-to-left override: shown as exe.png */
        { "zero\xe2\x80\x8bwidth", "zerowidth.mp3" },
        { "nul", "nul.mp3" },
        { "bad\xff" "bytes\xc3", "badbytes.mp3" },
        { "", "untitled.mp3" },
        { NULL, "untitled.mp3" },
        { "...", "untitled.mp3" },
        { " - . - ", "untitled.mp3" },
        { "\x01\x02\x03", "untitled.mp3" },
        { "日本語のタイトル", "日本語のタイトル.mp3" },
    };
    char out[201];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        file_safe_name(out, 200, cases[i].title, "mp3");
        check(strcmp(out, cases[i].name) == 0, "case %zu: %s, not %s", i, out, cases[i].name);
        is_harmless(out, 200, cases[i].name);
    }
}

TEST(a_long_title_is_cut_on_a_character_and_keeps_its_extension)
{
    char emoji[1601] = "", ascii[301], *out = malloc(201);

    for (int i = 0; i < 400; i++)
        memcpy(emoji + 4 * i, "🎧", 5);
    memset(ascii, 'a', 300);
    ascii[300] = '\0';
    for (size_t max = 20; max <= 200; max++) {
        free(out);
        out = malloc(max + 1);      /* just as large as promised */
        file_safe_name(out, max, emoji, "mp3");
        is_harmless(out, max, "400 emoji");
        check(strlen(out) > max - 4 && strcmp(out + strlen(out) - 4, ".mp3") == 0, "%s", out);
        file_safe_name(out, max, ascii, "mp3");
        is_harmless(out, max, "300 a");
        assert_int_equal(strlen(out), max);
        file_safe_name(out, max, ascii, NULL);
        assert_int_equal(strlen(out), max);
    }
    free(out);
}

TEST(ten_thousand_random_titles_are_harmless_names)
{
    static const char *const parts[] = { "/", "\\", "..", ".", "-", " ", "a", "é", "日", "🎧", "\xff", "\x80", "\n", ":",
                                         "\xe2\x80\xae", "\xf0\x9f", "\x1b", "CON", "|" };
    char out[65], title[256];

    for (int i = 0; i < 10000; i++) {
        size_t used = 0;
        for (uint32_t k = id_random(40); k > 0; k--)
            used += (size_t)snprintf(title + used, sizeof title - used, "%s", parts[id_random(LENGTH(parts))]);
        title[used] = '\0';
        file_safe_name(out, 64, title, id_random(2) ? "mp3" : NULL);
        is_harmless(out, 64, title);
    }
}

TEST(an_atomic_write_replaces_the_file_and_leaves_nothing_beside_it)
{
    struct err e;
    struct stat st;
    char *text = NULL;
    size_t n = 0;

    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/file", unit_dir);
    assert_int_equal(file_write_atomic(path, "one", 3, &e), 0);
    assert_int_equal(file_write_atomic(path, "second", 6, &e), 0);
    assert_int_equal(file_read(&text, &n, path, 100, &e), 0);
    assert_string_equal(text, "second");
    assert_int_equal(n, 6);
    free(text);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_not_equal(access("file.new", F_OK), 0);
    assert_int_equal(file_write_atomic(path, "", 0, &e), 0);
    assert_int_equal(file_read(&text, &n, path, 0, &e), 0);
    assert_int_equal(n, 0);
    free(text);
}

TEST(an_atomic_write_that_fails_keeps_the_old_bytes)
{
    struct err e;

    unit_write("file", "old");
    assert_int_equal(mkdir("file.new", 0700), 0);       /* its place beside is taken */
    assert_int_equal(file_write_atomic("file", "new", 3, &e), -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    char *text = unit_read("file");
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(file_write_atomic("no/such/place", "x", 1, &e), -1);
    assert_int_equal(mkdir("taken", 0700), 0);
    assert_int_equal(file_write_atomic("taken", "x", 1, &e), -1);   /* the rename fails */
    assert_int_not_equal(access("taken.new", F_OK), 0);
}

TEST(file_read_has_a_limit_and_follows_no_link)
{
    struct err e;
    char *text = NULL;
    size_t n = 0;

    unit_write("five", "12345");
    assert_int_equal(symlink("five", "link"), 0);
    assert_int_equal(file_read(&text, &n, "five", 5, &e), 0);
    assert_int_equal(n, 5);
    free(text);
    assert_int_equal(file_read(&text, &n, "five", 4, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_null(text);
    assert_int_equal(file_read(&text, &n, "none", 4, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_int_equal(file_read(&text, &n, "link", 9, &e), -1);
    assert_int_equal(file_read(&text, &n, ".", 9, &e), -1);
    assert_int_equal(file_read(&text, NULL, "five", 5, &e), 0);
    free(text);
}

TEST(file_mkdirs_makes_the_whole_path_for_us_alone)
{
    struct err e;
    struct stat st;

    assert_int_equal(file_mkdirs("a/b/c", &e), 0);
    assert_int_equal(file_mkdirs("a/b/c", &e), 0);
    assert_int_equal(stat("a/b/c", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(file_mkdirs("a/b/c/d/", &e), 0);
    unit_write("a/file", "");
    assert_int_equal(file_mkdirs("a/file/x", &e), -1);
}

TEST(file_remove_tree_does_not_follow_a_link)
{
    struct err e;

    assert_int_equal(file_mkdirs("tree/sub/deep", &e), 0);
    assert_int_equal(file_mkdirs("outside/sub", &e), 0);
    unit_write("outside/precious", "x");
    unit_write("tree/file", "x");
    unit_write("tree/sub/deep/file", "x");
    assert_int_equal(symlink("../outside", "tree/link"), 0);
    assert_int_equal(symlink("../../outside/precious", "tree/sub/link"), 0);
    assert_int_equal(symlink("nowhere", "tree/dangling"), 0);
    assert_int_equal(mkfifo("tree/fifo", 0600), 0);
    assert_int_equal(file_remove_tree("tree", &e), 0);
    assert_int_not_equal(access("tree", F_OK), 0);
    assert_int_equal(access("outside/precious", F_OK), 0);
    /* A link in place of the tree is itself removed, and no more. */
    assert_int_equal(symlink("outside", "tree"), 0);
    if (file_remove_tree("tree", &e) == 0)
        assert_int_not_equal(faccessat(AT_FDCWD, "tree", F_OK, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(access("outside/precious", F_OK), 0);
    assert_int_equal(access("outside/sub", F_OK), 0);
}

TEST(file_remove_tree_takes_a_missing_path_a_file_and_16_levels)
{
    struct err e;
    char path[200] = "d";

    assert_int_equal(file_remove_tree("none", &e), 0);
    unit_write("file", "");
    assert_int_equal(file_remove_tree("file", &e), 0);
    assert_int_not_equal(access("file", F_OK), 0);
    for (int i = 0; i < 16; i++)
        snprintf(path + strlen(path), 8, "/d");
    assert_int_equal(file_mkdirs(path, &e), 0);
    assert_int_equal(file_remove_tree("d", &e), 0);
    for (int i = 0; i < 20; i++)
        snprintf(path + strlen(path), 8, "/d");
    assert_int_equal(file_mkdirs(path, &e), 0);
    assert_int_equal(file_remove_tree("d", &e), -1);       /* refused, not an endless walk */
}

TEST(file_sha256_is_the_hash_and_size_of_the_bytes)
{
    char hash[ID_SHA256_BYTES], expected[ID_SHA256_BYTES];
    static char large[200001];
    int64_t size = -1;
    struct err e;

    memset(large, 'x', sizeof large - 1);
    unit_write("large", large);
    id_sha256(expected, large, sizeof large - 1);
    assert_int_equal(file_sha256(hash, "large", &size, &e), 0);
    assert_string_equal(hash, expected);
    assert_int_equal(size, sizeof large - 1);
    assert_int_equal(file_sha256(hash, "none", &size, &e), -1);
}

UNIT_MAIN(UNIT(utf8_reads_each_length_at_its_first_and_last_code_point),
          UNIT(utf8_refuses_overlong_forms_surrogates_and_what_lies_beyond_unicode),
          UNIT(utf8_agrees_with_the_grammar_of_rfc_3629),
          UNIT(utf8_cut_never_splits_a_code_point),
          UNIT(utf8_trim_tail_removes_what_snprintf_leaves_of_a_cut_character),
          UNIT(utf8_names_the_characters_that_hide_or_reorder_text),
          UNIT(utf8_clean_makes_one_tidy_line_of_anything),
          UNIT(every_kind_of_error_has_a_name_a_title_and_a_status),
          UNIT(what_may_pass_is_tried_again_and_what_will_not_is_not),
          UNIT(a_stored_kind_reads_back_as_a_kind_of_the_same_name),
          UNIT(err_set_cuts_a_long_text_on_a_character),
          UNIT(err_errno_says_why_and_knows_a_full_disk),
          UNIT(a_buffer_stops_at_its_ceiling_and_says_so),
          UNIT(a_buffer_grows_byte_by_byte_without_losing_any),
          UNIT(copy_text_fills_a_field_and_never_splits_a_character),
          UNIT(clock_iso_is_utc_with_milliseconds_at_any_time),
          UNIT(boot_time_does_not_go_backwards),
          UNIT(a_uuid_is_version_7_and_sorts_by_the_time_it_was_made),
          UNIT(ten_thousand_uuids_are_ten_thousand_names),
          UNIT(only_the_canonical_form_is_a_uuid),
          UNIT(a_secret_is_256_bits_of_hex_and_only_its_hash_is_comparable),
          UNIT(log_quote_makes_one_harmless_value_of_anything),
          UNIT(log_quote_stays_within_any_buffer),
          UNIT(an_event_is_one_line_whatever_a_title_holds),
          UNIT(a_line_is_at_most_4_kib_and_still_ends),
          UNIT(lines_below_the_level_are_not_written),
          UNIT(a_title_becomes_a_file_name_that_people_recognise),
          UNIT(a_long_title_is_cut_on_a_character_and_keeps_its_extension),
          UNIT(ten_thousand_random_titles_are_harmless_names),
          UNIT(an_atomic_write_replaces_the_file_and_leaves_nothing_beside_it),
          UNIT(an_atomic_write_that_fails_keeps_the_old_bytes),
          UNIT(file_read_has_a_limit_and_follows_no_link),
          UNIT(file_mkdirs_makes_the_whole_path_for_us_alone),
          UNIT(file_remove_tree_does_not_follow_a_link),
          UNIT(file_remove_tree_takes_a_missing_path_a_file_and_16_levels),
          UNIT(file_sha256_is_the_hash_and_size_of_the_bytes))
