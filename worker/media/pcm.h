/*
 * pcm: any input as a stream of planar stereo floats at one rate. Full scale is 1.0; nothing is
 * clipped.
 *
 * - Mono goes to both channels unchanged in level. More than two channels are folded down with
 *   libswresample's default matrix (ITU-R BS.775: centre and surrounds at -3 dB), scaled so that
 *   it cannot clip.
 * - A change of rate, format or layout in mid-stream is followed without a gap.
 * - The length is exact: for each run of frames at one rate, round(frames * rate_hz / input rate).
 * - Non-finite and absurd values (float files can hold any bits) become 0, so the meters stay
 *   meaningful.
 */
#ifndef DUBPLATE_MEDIA_PCM_H
#define DUBPLATE_MEDIA_PCM_H

#include "fault.h"
#include "input.h"

struct pcm;

/* Opens `fd` through input_open(), with the same faults. */
int pcm_open(struct pcm **pcm, int fd, int rate_hz, const struct input_options *options,
             struct fault *f);

/* The number of frames in plane[0] (left) and plane[1] (right), valid until the next call; 0 at
 * the end; -1. */
int pcm_read(struct pcm *pcm, const float *plane[2], struct fault *f);

const struct input *pcm_input(const struct pcm *pcm);

void pcm_close(struct pcm **pcm);   /* accepts a pointer to NULL */

#endif
