#include "peaks.h"

#include <math.h>
#include <string.h>

#define FIRST_WIDTH 64

#define LANES 4     /* as in truepeak.c */
typedef float   floats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t ints   __attribute__((vector_size(LANES * sizeof(int32_t))));

void peaks_start(struct peaks *p)
{
    p->width = FIRST_WIDTH;
    p->used = 0;
    p->count = 0;
}

static void halve(struct peaks *p)
{
    p->count /= 2;
    for (int i = 0; i < p->count; i++) {
        p->low[i] = fminf(p->low[2 * i], p->low[2 * i + 1]);
        p->high[i] = fmaxf(p->high[2 * i], p->high[2 * i + 1]);
    }
    p->width *= 2;
    p->used = p->width;
}

static inline floats choose(ints which, floats yes, floats no)
{
    return (floats)(((ints)yes & which) | ((ints)no & ~which));
}

/* Widens [*low, *high] to hold x. */
static void widen(const float *x, int frames, float *low, float *high)
{
    floats v, lowest = { *low, *low, *low, *low }, highest = { *high, *high, *high, *high };
    int i = 0;

    for (; i + LANES <= frames; i += LANES) {
        memcpy(&v, x + i, sizeof(v));
        lowest = choose(v < lowest, v, lowest);
        highest = choose(v > highest, v, highest);
    }
    for (int k = 0; k < LANES; k++) {
        *low = fminf(*low, lowest[k]);
        *high = fmaxf(*high, highest[k]);
    }
    for (; i < frames; i++) {
        *low = fminf(*low, x[i]);
        *high = fmaxf(*high, x[i]);
    }
}

static void next_bucket(struct peaks *p, float first)
{
    if (p->count == PEAKS_MAX)
        halve(p);
    p->low[p->count] = p->high[p->count] = first;
    p->count++;
    p->used = 0;
}

void peaks_add(struct peaks *p, const float *left, const float *right, int frames)
{
    while (frames > 0) {
        if (p->count == 0 || p->used == p->width)
            next_bucket(p, *left);
        int64_t space = p->width - p->used;
        int n = frames < space ? frames : (int)space;
        float *low = &p->low[p->count - 1], *high = &p->high[p->count - 1];

        widen(left, n, low, high);
        widen(right, n, low, high);
        p->used += n;
        left += n;
        right += n;
        frames -= n;
    }
}
