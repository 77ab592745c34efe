/*
 * limiter: a gain, then a look-ahead true-peak limiter. Stereo-linked, so the image does not move.
 *
 * How: the stream is cut into blocks of 32 frames (0.7 ms). The true peak of each block
 * (truepeak.h) says which gain it can bear. Between blocks stand nodes; a node may not exceed what
 * either neighbour can bear. The node curve is held for 20 ms (so bass is not modulated cycle by
 * cycle), released with a time constant of 150 ms, and then smoothed by a Hann window of 9 nodes
 * (6 ms) that looks ahead, so that the gain has arrived before the peak does. Samples follow the
 * curve by linear interpolation. By construction no block is ever louder than the ceiling; the
 * curve's slope inside a block can add some thousandths of a dB between samples, which the
 * caller's margin covers.
 *
 * Where no peak comes near the ceiling the gain is exactly the one asked for: not one sample is
 * shaped. This is a safety for peaks, never a compressor; plan.h bounds how much of it may be used.
 *
 * Output is delayed inside and complete after limiter_flush(): as many frames leave as entered.
 */
#ifndef DUBPLATE_MEDIA_LIMITER_H
#define DUBPLATE_MEDIA_LIMITER_H

#include "fault.h"

struct limiter;

/* Receives blocks that are valid during the call. 0 or -1 with *f. */
typedef int limiter_sink(void *arg, const float *left, const float *right, int frames,
                         struct fault *f);

/* `gain` and `ceiling` are linear; a ceiling of INFINITY leaves only the gain. `rate_hz` 8000 to
 * 192000. */
int limiter_open(struct limiter **limiter, int rate_hz, double gain, double ceiling,
                 limiter_sink *sink, void *arg, struct fault *f);

int limiter_add(struct limiter *l, const float *left, const float *right, int frames,
                struct fault *f);
int limiter_flush(struct limiter *l, struct fault *f);

/* The deepest reduction so far in dB, 0 if nothing was limited. */
double limiter_max_reduction_db(const struct limiter *l);

void limiter_close(struct limiter **limiter);   /* accepts a pointer to NULL */

#endif
