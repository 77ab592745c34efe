#include "look.h"

#include <math.h>
#include <stdlib.h>

#include <libavutil/intreadwrite.h>

#include "fdio.h"
#include "peaks.h"
#include "spectrogram.h"
#include "spectrum.h"

#define WINDOW_HOPS (3 * LOUDNESS_HOPS_PER_SECOND)

struct look {
    int              rate_hz;
    struct peaks    *peaks;         /* NULL: not wanted */
    struct spectrum *spectrum;      /* likewise */
    int              step_seconds, values;
    double           lufs[LOOK_VALUES_MAX];
};

/* fcntl() is not among the calls that are left. */
static bool is_wanted(int fd)
{
    return fdio_size(fd) >= 0;
}

int look_open(struct look **out, int rate_hz, struct fault *f)
{
    struct look *look = calloc(1, sizeof(*look));

    *out = look;
    if (look == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    look->rate_hz = rate_hz;
    if (is_wanted(FD_WAVEFORM)) {
        if ((look->peaks = malloc(sizeof(*look->peaks))) == NULL)
            return fault_set(f, FAULT_SYSTEM, "Out of memory.");
        peaks_start(look->peaks);
    }
    return is_wanted(FD_SPECTROGRAM) ? spectrum_open(&look->spectrum, rate_hz, f) : 0;
}

void look_add(struct look *look, const float *left, const float *right, int frames)
{
    if (look->peaks != NULL)
        peaks_add(look->peaks, left, right, frames);
    if (look->spectrum != NULL)
        spectrum_add(look->spectrum, left, right, frames);
}

static double mean_lufs(const struct loudness_hops *hops, int64_t from, int64_t to)
{
    double sum = 0;

    if (from < 0)
        from = 0;
    if (to > (int64_t)hops->count)
        to = (int64_t)hops->count;
    for (int64_t i = from; i < to; i++)
        sum += (double)hops->energy[i];
    return sum > 0 ? 10 * log10(sum / (double)(to - from)) - 0.691 : -INFINITY;
}

void look_hear(struct look *look, const struct loudness_hops *hops)
{
    const int64_t second = LOUDNESS_HOPS_PER_SECOND;
    int64_t seconds = ((int64_t)hops->count + second - 1) / second;

    look->step_seconds = (int)((seconds + LOOK_VALUES_MAX - 1) / LOOK_VALUES_MAX);
    if (look->step_seconds == 0)
        look->step_seconds = 1;
    look->values = (int)((seconds + look->step_seconds - 1) / look->step_seconds);
    int64_t step = look->step_seconds * second;
    int64_t window = step > WINDOW_HOPS ? step : WINDOW_HOPS;

    for (int i = 0; i < look->values; i++) {
        int64_t from = i * step + step / 2 - window / 2;

        look->lufs[i] = mean_lufs(hops, from, from + window);
    }
}

static int8_t scaled(double sample, double gain, double ceiling)
{
    double value = round(fmin(fmax(sample * gain, -ceiling), ceiling) * 128);

    return (int8_t)fmin(fmax(value, -128), 127);
}

/* Pairs of those buckets that hold something of [from, to); returns their end. */
static uint8_t *put_pairs(const struct look *look, uint8_t *to_put, const struct look_change *change)
{
    const struct peaks *p = look->peaks;
    const double gain = pow(10, change->gain_db / 20), ceiling = pow(10, change->ceiling_db / 20);
    int first = (int)(change->from / p->width);
    int end = (int)((change->to + p->width - 1) / p->width);

    if (end > p->count)
        end = p->count;
    int buckets = end - first, group = (buckets + LOOK_PAIRS_MAX - 1) / LOOK_PAIRS_MAX;

    if (group == 0)
        group = 1;
    AV_WL32(to_put, (uint32_t)look->rate_hz);
    AV_WL32(to_put + 4, (uint32_t)(group * p->width));
    AV_WL32(to_put + 8, (uint32_t)((buckets + group - 1) / group));
    AV_WL32(to_put + 12, 1);
    to_put += 16;
    for (int at = first; at < end; at += group) {
        float low = p->low[at], high = p->high[at];

        for (int i = at + 1; i < end && i < at + group; i++) {
            low = fminf(low, p->low[i]);
            high = fmaxf(high, p->high[i]);
        }
        *to_put++ = (uint8_t)scaled((double)low, gain, ceiling);
        *to_put++ = (uint8_t)scaled((double)high, gain, ceiling);
    }
    return to_put;
}

static uint8_t *put_loudness(const struct look *look, uint8_t *to_put, double louder_lu)
{
    AV_WL32(to_put, (uint32_t)look->step_seconds * 1000);
    AV_WL32(to_put + 4, (uint32_t)look->values);
    to_put += 8;
    for (int i = 0; i < look->values; i++) {
        double value = round(4 * (look->lufs[i] + louder_lu + 60));

        *to_put++ = (uint8_t)fmin(fmax(value, 0), 255);
    }
    return to_put;
}

static int write_waveform(const struct look *look, const struct look_change *change,
                          struct fault *f)
{
    uint8_t file[LOOK_BYTES_MAX], *end;

    AV_WL32(file, 2);
    AV_WL32(file + 4, 1);
    end = put_pairs(look, file + 8, change);
    end = put_loudness(look, end, change->louder_lu);
    return fdio_write_at(FD_WAVEFORM, 0, file, (size_t)(end - file), f);
}

int look_write(struct look *look, const struct look_change *change, struct fault *f)
{
    if (look->peaks != NULL && write_waveform(look, change, f))
        return -1;
    if (look->spectrum == NULL)
        return 0;
    spectrum_finish(look->spectrum);
    return spectrogram_write(FD_SPECTROGRAM, look->spectrum, change->from, change->to,
                             change->gain_db, f);
}

void look_close(struct look **out)
{
    struct look *look = *out;

    if (look == NULL)
        return;
    free(look->peaks);
    spectrum_close(&look->spectrum);
    free(look);
    *out = NULL;
}
