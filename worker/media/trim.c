#include "trim.h"

#include <math.h>
#include <stddef.h>

#include "truepeak.h"

/* Levels are compared over half a second, or half of what there is if that is less. In noise the
 * peaks of single hops differ, their sum by some hundredths. */
#define WINDOW_HOPS (LOUDNESS_HOPS_PER_SECOND / 2)
#define STEP_HOPS   (LOUDNESS_HOPS_PER_SECOND / 10)

#define STILL_FALLING 0.891     /* from one window to the next: -0.5 dB */

/* Where a fade has ended, if not in zeros: -100 dBFS, below what 16 bits hold. What decoders leave
 * behind a sound falls on to -150. */
#define INAUDIBLE 1e-10

#define LEAST_SHARE 10      /* a tenth */

void trim_scan_start(struct trim_scan *scan, const struct trim_options *options)
{
    *scan = (struct trim_scan){ .threshold = (float)pow(10, options->threshold_dbfs / 20),
                                .first = -1, .last = -1 };
}

static bool is_loud(const struct trim_scan *scan, float left, float right)
{
    return fabsf(left) > scan->threshold || fabsf(right) > scan->threshold;
}

void trim_scan_add(struct trim_scan *scan, const float *left, const float *right, int frames)
{
    float peak = fmaxf(truepeak_sample_peak(left, frames), truepeak_sample_peak(right, frames));
    int at;

    if (peak > scan->threshold) {
        if (scan->first < 0) {
            for (at = 0; !is_loud(scan, left[at], right[at]); at++)
                ;
            scan->first = scan->frames + at;
        }
        for (at = frames - 1; !is_loud(scan, left[at], right[at]); at--)
            ;
        scan->last = scan->frames + at;
    }
    scan->frames += frames;
}

static double power(const struct loudness_hops *hops, int64_t at, int64_t count, int way)
{
    double sum = 0;

    for (int64_t i = 0; i < count; i++) {
        double peak = (double)hops->peak[at + way * i];

        sum += peak * peak;
    }
    return sum;
}

/* How many frames from hop `at` on, outwards (`way` is 1 or -1), belong to a fade. */
static int64_t fade_frames(const struct loudness_hops *hops, int64_t at, int way)
{
    const int64_t there = way > 0 ? (int64_t)hops->count - at : at + 1;

    for (int64_t fade = 0;; fade += STEP_HOPS) {
        const int64_t half = (there - fade) / 2, window = half < WINDOW_HOPS ? half : WINDOW_HOPS;

        /* Nothing to compare with: a fade has come to the very end, or there is none. */
        if (window < STEP_HOPS)
            return (fade > 0 ? there : 0) * hops->frames;
        double here = power(hops, at + way * fade, window, way);
        double beyond = power(hops, at + way * (fade + window), window, way);

        if (here <= INAUDIBLE * (double)window || beyond > here * STILL_FALLING)
            return fade * hops->frames;
    }
}

/* How much of `silent` frames at one end may go, when the `fading` ones next to the sound may not. */
static int64_t removable(int64_t silent, int64_t fading, const struct trim_options *options,
                         int rate_hz)
{
    const int64_t padding = llround(options->padding_seconds * rate_hz);
    const int64_t still = silent - fading;

    return (double)still < options->min_seconds * rate_hz || still < padding ? 0 : still - padding;
}

struct trim_span trim_decide(const struct trim_scan *scan, const struct trim_options *options,
                             const struct loudness_hops *hops, int rate_hz)
{
    struct trim_span all = { 0, scan->frames, NULL }, kept = all;
    int64_t before, behind, fading;

    if (!options->wanted)
        return all;
    if (scan->first < 0) {
        all.note = "not trimmed: it is silent from end to end";
        return all;
    }
    /* The hops next to those with the first and the last loud sample; what lies between is faded. */
    before = scan->first / hops->frames - 1;
    if ((fading = fade_frames(hops, before, -1)) > 0)
        fading += scan->first - (before + 1) * hops->frames;
    kept.from = removable(scan->first, fading, options, rate_hz);

    behind = scan->last / hops->frames + 1;
    if ((fading = fade_frames(hops, behind, 1)) > 0)
        fading += behind * hops->frames - 1 - scan->last;
    kept.to -= removable(scan->frames - 1 - scan->last, fading, options, rate_hz);

    if ((kept.to - kept.from) * LEAST_SHARE < scan->frames) {
        all.note = "not trimmed: less than a tenth would be left";
        return all;
    }
    return kept;
}
