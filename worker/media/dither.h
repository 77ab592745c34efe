/*
 * dither: floats to 16 bits, so that what is lost becomes a faint hiss instead of distortion.
 *
 * Triangular noise of two steps from peak to peak (TPDF) before rounding: the error then has
 * neither a mean nor a power that depends on the signal. A block whose samples all are 16-bit
 * values already is stored as it is: what nothing changed stays the same to the bit, and silence
 * stays silent.
 *
 * The noise comes from a generator with a fixed seed: the same input gives the same file.
 */
#ifndef DUBPLATE_MEDIA_DITHER_H
#define DUBPLATE_MEDIA_DITHER_H

#include <stdint.h>

struct dither {
    uint64_t state;
};

void dither_start(struct dither *d);

/* Interleaves; full scale is 1.0, what is above is clipped. */
void dither_to_16(struct dither *d, const float *left, const float *right, int frames,
                  int16_t *out);

#endif
