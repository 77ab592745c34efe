/*
 * What several threads encode is what LAME makes of it in one go, to the byte: also the info frame, which LAME writes
 * on one side and we on the other.
 */
#include "unit.h"

#include <fcntl.h>
#include <math.h>

#include "media/crew.h"
#include "media/mp3.h"
#include "media/mp3_segments.h"

#define THREADS   4
#define SEGMENT   (294 * MP3_FRAME)     /* the step that four threads make */
#define SHARED    ((MP3_SEGMENT_WARM_UP + 3) * MP3_FRAME)
#define FRAMES_MAX (5 * SEGMENT)

static float *left, *right;

/* Something that LAME has to think about: swelling chords, drums, hiss, a fade to silence and a loud end. */
static void compose(int rate_hz)
{
    uint32_t random = 1;
    double level = 1;

    for (int i = 0; i < FRAMES_MAX; i++) {
        const double t = (double)i / rate_hz, beat = fmod(t, 0.47);
        random = random * 1664525 + 1013904223;
        const double hiss = (double)(int32_t)random / 2147483648.0;

        level = fmod(t, 9) < 6 ? 1 : level * 0.99999;
        const double chord = sin(2 * M_PI * 220 * t + 3 * sin(t)) + sin(2 * M_PI * 1375 * t) * sin(2 * M_PI * 0.3 * t);
        left[i] = (float)(level * (0.25 * chord + 0.5 * hiss * exp(-40 * beat) + 0.001 * hiss));
        right[i] = (float)(level * (0.2 * chord * sin(0.7 * t) + 0.4 * hiss * exp(-25 * beat)));
    }
}

static int music(__attribute__((unused)) void **state)
{
    struct fault f = { 0 };

    left = malloc(FRAMES_MAX * sizeof(*left));
    right = malloc(FRAMES_MAX * sizeof(*right));
    return left && right ? crew_start(THREADS - 1, &f) : -1;
}

static int silence(__attribute__((unused)) void **state)
{
    free(left);
    free(right);
    return 0;
}

/* In pieces of odd sizes, as decoders give them. */
static void encode(const struct encoder_options *o, int threads, int frames, int fd)
{
    struct fault f = { 0 };
    void *mp3;
    int rc;

    crew_limit(threads);
    rc = mp3_kind.open(&mp3, fd, o, &f);
    for (int at = 0, n; rc == 0 && at < frames; at += n) {
        n = frames - at < 1234 ? frames - at : 1234;
        rc = mp3_kind.write(mp3, left + at, right + at, n, &f);
    }
    rc = rc || mp3_kind.finish(mp3, &f);
    mp3_kind.close(mp3);
    check(rc == 0, "%s", f.detail);
}

static unsigned char *contents(int fd, size_t *size)
{
    *size = (size_t)lseek(fd, 0, SEEK_END);
    unsigned char *bytes = malloc(*size + 1);
    assert_int_equal(pread(fd, bytes, *size, 0), *size);
    return bytes;
}

static void same_files(int one, int other, const char *what, int frames)
{
    size_t sizes[2], at = 0;
    unsigned char *a = contents(one, &sizes[0]), *b = contents(other, &sizes[1]);

    while (at < sizes[0] && at < sizes[1] && a[at] == b[at])
        at++;
    const bool same = sizes[0] == sizes[1] && at == sizes[0];
    free(a);
    free(b);
    check(same, "%s, %d frames: %zu and %zu bytes, different from %zu on", what, frames, sizes[0], sizes[1], at);
}

static int new_file(const char *name)
{
    const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static const struct encoder_options cbr_320 = { .rate_hz = 48000, .bitrate_kbps = 320, .vbr_quality = -1 };

TEST(any_length_is_the_same_file_in_segments)
{
    static const int lengths[] = {
        0, 1, MP3_FRAME, 100001, SEGMENT, SEGMENT + SHARED - 1, SEGMENT + SHARED, SEGMENT + SHARED + 1,
        2 * SEGMENT + SHARED, 3 * SEGMENT, 3 * SEGMENT + 577, 5 * SEGMENT - 1,
    };
    const int one = new_file("one"), other = new_file("other");

    compose(48000);
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        encode(&cbr_320, 1, lengths[i], one);
        encode(&cbr_320, THREADS, lengths[i], other);
        same_files(one, other, "320 kbit/s", lengths[i]);
    }
    close(one);
    close(other);
}

TEST(any_rate_and_bit_rate_is_the_same_file_in_segments)
{
    static const int rates_hz[] = { 32000, 44100, 48000 };
    static const struct { const char *name; int kbps, vbr_quality; } kinds[] = {
        { "96", 96, -1 }, { "112", 112, -1 }, { "128", 128, -1 }, { "192", 192, -1 }, { "256", 256, -1 },
        { "320", 320, -1 }, { "V0", 0, 0 }, { "V2", 0, 2 }, { "V5", 0, 5 }, { "V9", 0, 9 },
    };
    const int one = new_file("one"), other = new_file("other");

    for (size_t r = 0; r < LENGTH(rates_hz); r++) {
        compose(rates_hz[r]);
        for (size_t k = 0; k < LENGTH(kinds); k++) {
            const struct encoder_options o = { .rate_hz = rates_hz[r], .bitrate_kbps = kinds[k].kbps,
                                               .vbr_quality = kinds[k].vbr_quality };
            const int frames = 3 * SEGMENT + 12345;

            encode(&o, 1, frames, one);
            encode(&o, 2 + (int)k % 3, frames, other);
            same_files(one, other, kinds[k].name, frames);
        }
    }
    close(one);
    close(other);
}

/* A warm-up of one frame is too short anywhere: the encoder before has to go on, and does. */
TEST(a_seam_out_of_step_is_mended)
{
    const int one = new_file("one"), other = new_file("other");
    const int frames = 5 * SEGMENT - 321;
    struct mp3_segments *s;
    struct fault f = { 0 };
    int seams, mended;

    compose(48000);
    encode(&cbr_320, 1, frames, one);
    crew_limit(THREADS);
    assert_int_equal(mp3_segments_open(&s, other, &cbr_320, THREADS, 1, &f), 0);
    assert_int_equal(mp3_segments_write(s, left, right, frames, &f), 0);
    assert_int_equal(mp3_segments_finish(s, &f), 0);
    mp3_segments_seams(s, &seams, &mended);
    mp3_segments_close(&s);
    check(seams == 4 && mended > 0, "%d of %d seams were mended", mended, seams);
    same_files(one, other, "mended", frames);
    close(one);
    close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(any_length_is_the_same_file_in_segments),
        UNIT(any_rate_and_bit_rate_is_the_same_file_in_segments),
        UNIT(a_seam_out_of_step_is_mended),
    };
    return cmocka_run_group_tests(tests, music, silence);
}
