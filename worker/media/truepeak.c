#include "truepeak.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PHASES  4
#define TAPS    49
#define PER_PHASE 12
#define LANES   4       /* one SSE2 or NEON register: what every machine has */
#define STRETCH 32      /* frames that are skipped or interpolated together */

typedef float   floats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t ints   __attribute__((vector_size(LANES * sizeof(int32_t))));

static float taps[PHASES][PER_PHASE];   /* in the order of the samples they multiply */
static float worst_gain;                /* the largest sum of |taps| */

/* filter[j] = sinc(m / 4) * hann(j), m = j - 24; tap 4k + p meets sample 6 - k after the frame. */
__attribute__((constructor)) static void init_taps(void)
{
    for (int p = 1; p < PHASES; p++) {
        float sum = 0;

        for (int k = 0; k < PER_PHASE; k++) {
            int j = 4 * k + p;
            double m = (j - (TAPS - 1) / 2) * M_PI / PHASES;
            double hann = 0.5 * (1 - cos(2 * M_PI * j / (TAPS - 1)));

            taps[p][PER_PHASE - 1 - k] = (float)(sin(m) / m * hann);
            sum += fabsf(taps[p][PER_PHASE - 1 - k]);
        }
        worst_gain = fmaxf(worst_gain, sum * 1.0001f);
    }
}

static inline floats load(const float *x)
{
    floats v;

    memcpy(&v, x, sizeof(v));
    return v;
}

static inline ints max_ints(ints a, ints b)
{
    ints more = a > b;

    return (a & more) | (b & ~more);
}

/* |x| as bits: non-negative floats sort like integers, and the compiler has a vector maximum for
 * those. */
static inline ints magnitude(floats v)
{
    return (ints)v & 0x7fffffff;
}

static float widest(ints v)
{
    int32_t most = 0;
    float value;

    for (int i = 0; i < LANES; i++)
        if (v[i] > most)
            most = v[i];
    memcpy(&value, &most, sizeof(value));
    return value;
}

float truepeak_sample_peak(const float *x, int frames)
{
    ints most = { 0 };
    int i = 0;

    for (; i + LANES <= frames; i += LANES)
        most = max_ints(most, magnitude(load(x + i)));
    if (i < frames) {
        float tail[LANES] = { 0 };

        memcpy(tail, x + i, (size_t)(frames - i) * sizeof(*x));
        most = max_ints(most, magnitude(load(tail)));
    }
    return widest(most);
}

/* LANES frames from x: the largest magnitude between each and the next. */
static inline ints interpolate(const float *x)
{
    floats a = { 0 }, b = { 0 }, c = { 0 };

    for (int k = 0; k < PER_PHASE; k++) {
        floats v = load(x + k - TRUEPEAK_BEFORE);

        a += taps[1][k] * v;
        b += taps[2][k] * v;
        c += taps[3][k] * v;
    }
    return max_ints(magnitude(a), max_ints(magnitude(b), magnitude(c)));
}

static float interpolated_peak(const float *x, int frames)
{
    ints most = { 0 };
    int i = 0;

    for (; i + LANES <= frames; i += LANES)
        most = max_ints(most, interpolate(x + i));
    if (i < frames) {
        /* Zeros behind the last samples would be a step; those lanes are left out of the answer. */
        float tail[TRUEPEAK_BEFORE + LANES + TRUEPEAK_AFTER] = { 0 };
        ints lanes;

        memcpy(tail, x + i - TRUEPEAK_BEFORE,
               (size_t)(frames - i + TRUEPEAK_BEFORE + TRUEPEAK_AFTER) * sizeof(*x));
        lanes = interpolate(tail + TRUEPEAK_BEFORE);
        for (int k = frames - i; k < LANES; k++)
            lanes[k] = 0;
        most = max_ints(most, lanes);
    }
    return widest(most);
}

float truepeak_scan(const float *x, int frames, float floor)
{
    float peak = floor;

    for (int at = 0; at < frames; at += STRETCH) {
        int n = frames - at < STRETCH ? frames - at : STRETCH;
        float around = truepeak_sample_peak(x + at - TRUEPEAK_BEFORE,
                                            n + TRUEPEAK_BEFORE + TRUEPEAK_AFTER);

        if (around * worst_gain <= peak)
            continue;
        peak = fmaxf(peak, truepeak_sample_peak(x + at, n));
        if (around * worst_gain > peak)
            peak = fmaxf(peak, interpolated_peak(x + at, n));
    }
    return peak;
}
