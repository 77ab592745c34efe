/*
 * spectrum: what frequencies a stream of any length consists of, in a bounded number of columns of
 * equal width.
 *
 * Each column is the mean power of a few Hann-windowed transforms of about 43 ms, in SPECTRUM_BANDS
 * bands from 0 to 24 kHz; a band is the strongest of its bins, so that a tone keeps its level. Both
 * channels go through one complex transform, left as the real and right as the imaginary part: what
 * is in opposite phase does not cancel out. A power of 1 is a sine at full scale in both channels.
 *
 * When there are too many columns, each two become one, and transforms get rarer: a column holds at
 * least four, however long it is, so that the work does not grow with the length. Below four per
 * column (the first minutes) none is left out.
 *
 * Memory: 2 MB.
 */
#ifndef DUBPLATE_MEDIA_SPECTRUM_H
#define DUBPLATE_MEDIA_SPECTRUM_H

#include <stdint.h>

#include "fault.h"

#define SPECTRUM_BANDS  256
#define SPECTRUM_TOP_HZ 24000

struct spectrum;

/* FAULT_SYSTEM (memory). */
int spectrum_open(struct spectrum **s, int rate_hz, struct fault *f);

void spectrum_add(struct spectrum *s, const float *left, const float *right, int frames);

/* Call once, after the last spectrum_add(). */
void spectrum_finish(struct spectrum *s);

/* Mean powers of SPECTRUM_BANDS bands, lowest first, in the part of frames [from, to) that is cut
 * out when they are parted into `parts`: part 0 is the first. Zeros where there is nothing. */
void spectrum_part(const struct spectrum *s, int64_t from, int64_t to, int part, int parts,
                   float *powers);

void spectrum_close(struct spectrum **s);   /* accepts a pointer to NULL */

#endif
