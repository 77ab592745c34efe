/* The ground floor, lib/base: what is said of a failure, and the lines of the log. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/err.h"
#include "base/log.h"
#include "base/utf8.h"

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
                                           ERR_CREDENTIALS, ERR_AGE_RESTRICTED, ERR_GEO_BLOCKED, ERR_DRM,
                                           ERR_BAD_MEDIA, ERR_TOO_LARGE, ERR_LIVE, ERR_NO_FORMAT, ERR_CANCELLED,
                                           ERR_PAUSED, ERR_LOST };

    for (size_t i = 0; i < LENGTH(again); i++)
        check(err_class(again[i])->may_pass, "%s", err_class(again[i])->name);
    for (size_t i = 0; i < LENGTH(never); i++)
        check(!err_class(never[i])->may_pass, "%s", err_class(never[i])->name);
    assert_int_equal(err_class(ERR_NETWORK)->rest_scale, 0);        /* it may be ours */
    assert_true(err_class(ERR_BOT_CHECK)->rest_scale > err_class(ERR_RATE_LIMITED)->rest_scale);
    assert_true(err_class(ERR_RATE_LIMITED)->rest_scale > 0);
}

TEST(what_a_source_is_to_blame_for_has_a_next_step)
{
    for (int k = ERR_UNSUPPORTED; k <= ERR_OUTDATED_TOOL; k++)
        check(err_class((enum err_kind)k)->hint, "%s has no hint", err_class((enum err_kind)k)->name);
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

UNIT_MAIN(UNIT(every_kind_of_error_has_a_name_a_title_and_a_status),
          UNIT(what_may_pass_is_tried_again_and_what_will_not_is_not),
          UNIT(what_a_source_is_to_blame_for_has_a_next_step),
          UNIT(a_stored_kind_reads_back_as_a_kind_of_the_same_name),
          UNIT(err_set_cuts_a_long_text_on_a_character),
          UNIT(err_errno_says_why_and_knows_a_full_disk),
          UNIT(log_quote_makes_one_harmless_value_of_anything),
          UNIT(log_quote_stays_within_any_buffer),
          UNIT(an_event_is_one_line_whatever_a_title_holds),
          UNIT(a_line_is_at_most_4_kib_and_still_ends),
          UNIT(lines_below_the_level_are_not_written))
