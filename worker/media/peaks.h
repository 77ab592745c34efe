/*
 * peaks: the outline of a stream of any length, in a bounded number of buckets of equal width.
 *
 * A bucket knows the lowest and the highest sample of either channel. When there are too many of
 * them, each two become one: so nothing has to be known of the length beforehand. Full scale is
 * 1.0. Memory is that of the struct.
 */
#ifndef DUBPLATE_MEDIA_PEAKS_H
#define DUBPLATE_MEDIA_PEAKS_H

#include <stdint.h>

#define PEAKS_MAX 4096

struct peaks {
    int64_t width;      /* frames of a bucket */
    int64_t used;       /* frames in the last one */
    int     count;      /* buckets begun */
    float   low[PEAKS_MAX], high[PEAKS_MAX];
};

void peaks_start(struct peaks *p);

void peaks_add(struct peaks *p, const float *left, const float *right, int frames);

#endif
