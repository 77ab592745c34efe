#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/mem.h>
#include <libavutil/tx.h>

#define COLUMNS_MAX       2000
#define COLUMNS_PER_SECOND 200      /* at first */
#define TRANSFORMS_MIN    4         /* in a column wider than as many transforms */
#define CHUNK_FRAMES      4096

struct spectrum {
    AVTXContext *context;
    av_tx_fn     transform;
    int          size;                  /* frames of a transform */
    float       *window;                /* scaled so that a sine at full scale has a power of 1 */
    AVComplexFloat *given, *made;
    int          band_ends[SPECTRUM_BANDS];     /* bins, exclusive; 0: above the highest */

    float       *waiting[2];            /* frames whose transform is yet to come */
    int          room, used;
    int64_t      waiting_from;          /* of waiting[][0]; below 0 is silence before the first */
    int64_t      centre, step;          /* of the next transform */

    int64_t      width;                 /* frames of a column */
    int          count;                 /* columns begun */
    float      (*powers)[SPECTRUM_BANDS];       /* sums */
    int         *transforms;            /* that are in them */
};

static int transform_size(int rate_hz)
{
    int size = 256;

    while (size < rate_hz / 24)
        size *= 2;
    return size;
}

static void make_window(struct spectrum *s)
{
    double sum = s->size / 2.0;     /* of the Hann window */

    /* A sine of amplitude 1 has a magnitude of sum / 2; both channels together count double, and
     * so do the two halves of a complex spectrum. */
    for (int i = 0; i < s->size; i++)
        s->window[i] = (float)(0.5 * (1 - cos(2 * M_PI * i / s->size)) / sum);
}

/* Band 0 has bin 0 as well. Where bins are as wide as bands, each band has the nearest. */
static void share_bins(struct spectrum *s, int rate_hz)
{
    const double bins_per_band =
        (double)SPECTRUM_TOP_HZ / SPECTRUM_BANDS * s->size / rate_hz;

    for (int b = 0; b < SPECTRUM_BANDS; b++) {
        int end = (int)lround((b + 1) * bins_per_band);

        s->band_ends[b] = end <= s->size / 2 ? end : 0;
    }
}

int spectrum_open(struct spectrum **out, int rate_hz, struct fault *f)
{
    struct spectrum *s = calloc(1, sizeof(*s));
    const float scale = 1;

    *out = s;
    if (s == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    s->size = transform_size(rate_hz);
    s->width = s->step = rate_hz / COLUMNS_PER_SECOND;
    s->room = s->size + CHUNK_FRAMES;
    s->waiting_from = -s->size / 2;
    s->used = s->size / 2;
    s->window = calloc((size_t)s->size, sizeof(*s->window));
    s->waiting[0] = calloc((size_t)s->room, sizeof(float));
    s->waiting[1] = calloc((size_t)s->room, sizeof(float));
    s->powers = calloc(COLUMNS_MAX, sizeof(*s->powers));
    s->transforms = calloc(COLUMNS_MAX, sizeof(*s->transforms));
    /* Aligned as av_tx wants them. */
    s->given = av_calloc((size_t)s->size, sizeof(*s->given));
    s->made = av_calloc((size_t)s->size, sizeof(*s->made));
    if (s->window == NULL || s->waiting[0] == NULL || s->waiting[1] == NULL || s->powers == NULL ||
        s->transforms == NULL || s->given == NULL || s->made == NULL ||
        av_tx_init(&s->context, &s->transform, AV_TX_FLOAT_FFT, 0, s->size, &scale, 0) < 0)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    make_window(s);
    share_bins(s, rate_hz);
    return 0;
}

static void halve(struct spectrum *s)
{
    s->count /= 2;
    for (int i = 0; i < s->count; i++) {
        for (int b = 0; b < SPECTRUM_BANDS; b++)
            s->powers[i][b] = s->powers[2 * i][b] + s->powers[2 * i + 1][b];
        s->transforms[i] = s->transforms[2 * i] + s->transforms[2 * i + 1];
    }
    memset(s->powers + s->count, 0, (size_t)(COLUMNS_MAX - s->count) * sizeof(*s->powers));
    memset(s->transforms + s->count, 0,
           (size_t)(COLUMNS_MAX - s->count) * sizeof(*s->transforms));
    s->width *= 2;
    if (s->width <= s->size)
        s->step = s->width;
    else
        s->step = s->width / TRANSFORMS_MIN > s->size ? s->width / TRANSFORMS_MIN : s->size;
}

static float power(AVComplexFloat z)
{
    return z.re * z.re + z.im * z.im;
}

/* Of left + i right: |Z[k]|^2 + |Z[n - k]|^2 is twice the sum of the channels' powers. */
static void add_powers(struct spectrum *s, float *powers)
{
    int bin = 0;

    for (int b = 0; b < SPECTRUM_BANDS && s->band_ends[b] > 0; b++) {
        float most = 0;

        for (; bin < s->band_ends[b]; bin++)
            most = fmaxf(most, power(s->made[bin]) + power(s->made[-bin & (s->size - 1)]));
        powers[b] += most;
    }
}

static void transform_at(struct spectrum *s, int at)
{
    int column = (int)(s->centre / s->width);

    if (column == COLUMNS_MAX) {
        halve(s);
        column /= 2;
    }
    for (int i = 0; i < s->size; i++) {
        s->given[i].re = s->waiting[0][at + i] * s->window[i];
        s->given[i].im = s->waiting[1][at + i] * s->window[i];
    }
    s->transform(s->context, s->made, s->given, sizeof(*s->given));
    add_powers(s, s->powers[column]);
    s->transforms[column]++;
    s->count = column + 1;
    s->centre += s->step;
}

/* Transforms all that is complete, and lets go of what no transform needs any more. */
static void work_off(struct spectrum *s)
{
    int64_t at;

    while ((at = s->centre - s->size / 2 - s->waiting_from) + s->size <= s->used)
        transform_at(s, (int)at);
    if (at > s->used)
        at = s->used;
    s->used -= (int)at;
    s->waiting_from += at;
    for (int c = 0; c < 2; c++)
        memmove(s->waiting[c], s->waiting[c] + at, (size_t)s->used * sizeof(float));
}

void spectrum_add(struct spectrum *s, const float *left, const float *right, int frames)
{
    while (frames > 0) {
        int n = s->room - s->used;

        if (n > frames)
            n = frames;
        memcpy(s->waiting[0] + s->used, left, (size_t)n * sizeof(float));
        memcpy(s->waiting[1] + s->used, right, (size_t)n * sizeof(float));
        s->used += n;
        work_off(s);
        left += n;
        right += n;
        frames -= n;
    }
}

void spectrum_finish(struct spectrum *s)
{
    static const float silence[256];

    for (int n = s->size / 2; n > 0; n -= 256)
        spectrum_add(s, silence, silence, n < 256 ? n : 256);
}

void spectrum_part(const struct spectrum *s, int64_t from, int64_t to, int part, int parts,
                   float *powers)
{
    int64_t first = from / s->width, end = (to + s->width - 1) / s->width;
    int transforms = 0;

    if (end > s->count)
        end = s->count;
    int64_t begin = first + (end - first) * part / parts;
    int64_t behind = first + (end - first) * (part + 1) / parts;

    memset(powers, 0, SPECTRUM_BANDS * sizeof(*powers));
    for (int64_t i = begin; i < end && (i < behind || i == begin); i++) {
        for (int b = 0; b < SPECTRUM_BANDS; b++)
            powers[b] += s->powers[i][b];
        transforms += s->transforms[i];
    }
    for (int b = 0; b < SPECTRUM_BANDS && transforms > 1; b++)
        powers[b] /= (float)transforms;
}

void spectrum_close(struct spectrum **out)
{
    struct spectrum *s = *out;

    if (s == NULL)
        return;
    av_tx_uninit(&s->context);
    av_freep(&s->given);
    av_freep(&s->made);
    free(s->window);
    free(s->waiting[0]);
    free(s->waiting[1]);
    free(s->powers);
    free(s->transforms);
    free(s);
    *out = NULL;
}
