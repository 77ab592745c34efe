#include "dither.h"

#include <math.h>
#include <stdbool.h>

#define STEPS 32768.0f

void dither_start(struct dither *d)
{
    d->state = 0x9e3779b97f4a7c15;
}

/* The sum of two even distributions of one step each: a triangle from -1 to 1. (xorshift64; its
 * halves are as good as two draws.) */
static float triangle(struct dither *d)
{
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return ((float)(int32_t)d->state + (float)(int32_t)(d->state >> 32)) * 0x1p-32f;
}

static int16_t to_16(float steps)
{
    return (int16_t)lrintf(fminf(fmaxf(steps, -STEPS), STEPS - 1));
}

static bool is_16(const float *x, int frames)
{
    for (int i = 0; i < frames; i++)
        if (x[i] * STEPS != rintf(x[i] * STEPS))
            return false;
    return true;
}

void dither_to_16(struct dither *d, const float *left, const float *right, int frames, int16_t *out)
{
    bool as_is = is_16(left, frames) && is_16(right, frames);

    for (int i = 0; i < frames; i++) {
        out[2 * i] = to_16(left[i] * STEPS + (as_is ? 0 : triangle(d)));
        out[2 * i + 1] = to_16(right[i] * STEPS + (as_is ? 0 : triangle(d)));
    }
}
