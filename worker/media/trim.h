/*
 * trim: where the silence at the two ends of a recording stops. Pure: it is told the samples and
 * says which of them to keep.
 *
 * The rules, in this order:
 *   1. Silence is what lies before the first and behind the last sample, of either channel, that is
 *      above the threshold. A recording with no such sample is left alone.
 *   2. Sound that fades is sound. From there outwards all is kept for as long as the level goes on
 *      falling, by 1 dB a second or more, down to -100 dBFS: the end of a fade-out or of a
 *      reverberation lies far below any threshold. What stays level is the floor of the recording,
 *      and silence.
 *   3. Silence shorter than the minimum is left alone. Of longer silence the padding stays.
 *   4. If less than a tenth of the recording would be left, it is left alone, and the note says so:
 *      then the quiet part is likely to be meant.
 *
 * What is cut is cut to the frame. What fades is followed in steps of a tenth of a second.
 */
#ifndef DUBPLATE_MEDIA_TRIM_H
#define DUBPLATE_MEDIA_TRIM_H

#include <stdbool.h>
#include <stdint.h>

#include "loudness.h"

struct trim_options {
    bool   wanted;
    double threshold_dbfs;
    double min_seconds;
    double padding_seconds;
};

/* Start with trim_scan_start(). */
struct trim_scan {
    float   threshold;
    int64_t frames;         /* so far */
    int64_t first, last;    /* frames above the threshold; -1: none */
};

/* Frames [from, to). */
struct trim_span {
    int64_t     from, to;
    const char *note;       /* static; NULL: nothing to say */
};

void trim_scan_start(struct trim_scan *scan, const struct trim_options *options);

void trim_scan_add(struct trim_scan *scan, const float *left, const float *right, int frames);

/* What to keep of all that was scanned. The hops are of the same frames. */
struct trim_span trim_decide(const struct trim_scan *scan, const struct trim_options *options,
                             const struct loudness_hops *hops, int rate_hz);

#endif
