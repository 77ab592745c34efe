/*
 * What the media program leaves to be drawn: read with suspicion, shown as JSON and as SVG.
 */
#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "waveform.h"

/* 48 kHz, 64 frames a pair; (-64, 64) and (-1, 2); one value a second: silence, -14 LUFS. */
static const char sound[] =
    "\2\0\0\0" "\1\0\0\0" "\x80\xbb\0\0" "\x40\0\0\0" "\2\0\0\0" "\1\0\0\0" "\xc0\x40" "\xff\2"
    "\xe8\3\0\0" "\2\0\0\0" "\0\xb8";
#define SOUND_BYTES (sizeof sound - 1)

static struct waveform w;

static char *svg_of(const char *title)
{
    struct buf b = BUF_INIT(1 << 20);

    waveform_svg(&w, title, &b);
    assert_false(b.overflow);
    return b.data;
}

TEST(it_is_shown_as_json_that_readers_of_audiowaveform_know)
{
    struct err e;

    assert_int_equal(waveform_read(&w, sound, SOUND_BYTES, &e), 0);
    cJSON *o = waveform_json(&w);
    char *text = cJSON_PrintUnformatted(o);
    assert_string_equal(text, "{\"version\":2,\"channels\":1,\"sample_rate\":48000,\"samples_per_pixel\":64,\"bits\":8,"
                              "\"length\":2,\"data\":[-64,64,-1,2],"
                              "\"loudness\":{\"step_seconds\":1,\"lufs\":[null,-14]}}");
    cJSON_free(text);
    cJSON_Delete(o);
}

TEST(what_is_cut_short_too_long_or_something_else_is_refused)
{
    char bytes[SOUND_BYTES + 1];
    struct err e;

    memcpy(bytes, sound, sizeof bytes);
    for (size_t n = 0; n <= SOUND_BYTES + 1; n++)
        if (n != SOUND_BYTES)
            check(waveform_read(&w, bytes, n, &e) == -1 && e.kind == ERR_SYSTEM, "%zu bytes are taken", n);
    static const size_t fields[] = { 0, 4, 8, 12, 16, 20, 28, 32 };
    for (size_t i = 0; i < LENGTH(fields); i++) {
        memcpy(bytes, sound, sizeof bytes);
        memset(bytes + fields[i], 0, 4);
        check(waveform_read(&w, bytes, SOUND_BYTES, &e) == -1, "zeros at %zu are taken", fields[i]);
        memset(bytes + fields[i], 0xff, 4);
        if (fields[i] != 8 && fields[i] != 12 && fields[i] != 28)
            check(waveform_read(&w, bytes, SOUND_BYTES, &e) == -1, "ones at %zu are taken", fields[i]);
    }
}

TEST(the_drawing_is_one_of_the_sound)
{
    struct err e;

    assert_int_equal(waveform_read(&w, sound, SOUND_BYTES, &e), 0);
    char *svg = svg_of("A title");
    assert_non_null(strstr(svg, "viewBox=\"0 0 2 256\""));
    assert_non_null(strstr(svg, "M0 63.5L0.5 63.5L1.5 125.5H2L1.5 129.5L0.5 192.5L0 192.5z"));
    assert_non_null(strstr(svg, "d=\"M2.0 74.7\""));    /* -14 of 48 down; behind the end it is at the end */
    free(svg);
}

TEST(a_title_is_text_whatever_it_is)
{
    static const char *const cases[][2] = {
        { "</title><script>alert(1)</script>", "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>" },
        { "Tom & Jerry \"]]>", "<title>Tom &amp; Jerry \"]]&gt;</title>" },
        { "夜に駆ける", "<title>夜に駆ける</title>" },
        { "a\1b\x1b" "c\xff" "d\xef\xbf\xbf" "e\xe2\x80\xae" "f", "<title>abcdef</title>" },
        { "", "<title></title>" },
    };
    struct err e;

    assert_int_equal(waveform_read(&w, sound, SOUND_BYTES, &e), 0);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char *svg = svg_of(cases[i][0]);
        check(strstr(svg, cases[i][1]) != NULL, "\"%s\": %s", cases[i][0], svg);
        free(svg);
    }
}

TEST(nothing_can_be_drawn_too)
{
    static const char nothing[] = "\2\0\0\0" "\1\0\0\0" "\x80\xbb\0\0" "\x40\0\0\0" "\0\0\0\0" "\1\0\0\0"
                                  "\xe8\3\0\0" "\0\0\0\0";
    struct err e;

    assert_int_equal(waveform_read(&w, nothing, sizeof nothing - 1, &e), 0);
    char *svg = svg_of("Nothing");
    assert_non_null(strstr(svg, "viewBox=\"0 0 1 256\""));
    free(svg);
}

UNIT_MAIN(UNIT(it_is_shown_as_json_that_readers_of_audiowaveform_know),
          UNIT(what_is_cut_short_too_long_or_something_else_is_refused), UNIT(the_drawing_is_one_of_the_sound),
          UNIT(a_title_is_text_whatever_it_is), UNIT(nothing_can_be_drawn_too))
