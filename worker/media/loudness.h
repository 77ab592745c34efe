/*
 * loudness: programme loudness, loudness range and true peak of a stereo stream.
 *
 * Sources: ITU-R BS.1770-4 (K-weighting, 400 ms blocks with 75 % overlap, gates at -70 LUFS and
 * -10 LU), EBU R 128, EBU Tech 3342 (loudness range). Everything comes from the K-weighted energy
 * of short hops, which the limiter's plan (plan.h) needs too. The figures are libebur128's, which
 * the tests compare, for a quarter of the work; true peak as well (truepeak.h).
 *
 * Memory: 8 bytes for every 20 ms, 6 MB for four hours. One thread at a time; nothing blocks.
 */
#ifndef DUBPLATE_MEDIA_LOUDNESS_H
#define DUBPLATE_MEDIA_LOUDNESS_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

#define LOUDNESS_HOPS_PER_SECOND 50

struct loudness;

/* What a finished measurement says. Peaks are linear, 1.0 is full scale. */
struct loudness_result {
    double integrated_lufs; /* -INFINITY: silence, or less than one block of 400 ms */
    double range_lu;        /* 0 if there is less than one window of 3 s above the gate */
    double true_peak;       /* at least the sample peak */
};

/* The signal in hops of 20 ms, for whoever must predict what a gain curve does to the loudness. */
struct loudness_hops {
    const float *energy;    /* mean square after K-weighting, both channels added */
    const float *peak;      /* largest |sample| of either channel */
    size_t       count;     /* whole hops only */
    int          frames;    /* of one hop */
};

/* `rate_hz` is 8000 to 192000. FAULT_SYSTEM. */
int loudness_open(struct loudness **m, int rate_hz, struct fault *f);

int loudness_add(struct loudness *m, const float *left, const float *right, int frames,
                 struct fault *f);

/* Call once, after the last loudness_add(). FAULT_SYSTEM (memory). */
int loudness_finish(struct loudness *m, struct loudness_result *result, struct fault *f);

/* Borrowed; valid until loudness_close(). */
struct loudness_hops loudness_get_hops(const struct loudness *m);

/* The gated loudness of hop energies: BS.1770-4 equation 5. -INFINITY if every block is under the
 * gate. */
double loudness_integrate(const float *energy, size_t hops);

/* How many of the blocks have which loudness: of LOUDNESS_BINS bins of 0.1 LU from -70 LUFS on. */
#define LOUDNESS_BINS 800
void loudness_count_blocks(const float *energy, size_t hops, int counts[LOUDNESS_BINS]);

void loudness_close(struct loudness **m);   /* accepts a pointer to NULL */

#endif
