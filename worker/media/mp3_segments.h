/*
 * mp3_segments: the same MP3 as LAME makes in one go, by several threads.
 *
 *   segment k-1  |-- warm-up --|------------- kept -------------|
 *   segment k                          |-- warm-up --|------------- kept -------------|
 *
 * Each segment has an encoder of its own, which starts WARM_UP MP3 frames early; those are thrown
 * away. An encoder that starts anywhere has found into step after four frames at most: measured
 * at 387 seams of 44.1 kHz (320 and 128 kbit/s, V2), with the settings of mp3.h. That is not taken on trust: the
 * last frames of the warm-up must equal those that the segment before kept at the same place. If
 * they do not, the encoder before goes on through the segment in question, as LAME in one go would.
 *
 * Encoders start at a multiple of 49 frames, for that is the period in which 44.1 kHz pads.
 *
 * Memory: BUDGET_FRAMES of PCM however many threads there are, and the bytes of what they encode;
 * the length of the recording does not matter. The calling thread works too when it would wait.
 */
#ifndef DUBPLATE_MEDIA_MP3_SEGMENTS_H
#define DUBPLATE_MEDIA_MP3_SEGMENTS_H

#include "encoder.h"

#define MP3_SEGMENT_WARM_UP 12

struct mp3_segments;

/* Empties `fd` (borrowed). `warm_up` is in MP3 frames, 1 to MP3_SEGMENT_WARM_UP; too few cost time,
 * not bytes. FAULT_SYSTEM, FAULT_DISK. */
int mp3_segments_open(struct mp3_segments **s, int fd, const struct encoder_options *o,
                      int threads, int warm_up, struct fault *f);

int mp3_segments_write(struct mp3_segments *s, const float *left, const float *right, int frames,
                       struct fault *f);

int mp3_segments_finish(struct mp3_segments *s, struct fault *f);

/* How many seams there were, and at how many of them the encoder before had to go on. */
void mp3_segments_seams(const struct mp3_segments *s, int *seams, int *mended);

void mp3_segments_close(struct mp3_segments **s);   /* accepts a pointer to NULL */

#endif
