/*
 * look: what there is to look at: a waveform with the loudness over time, and a spectrogram. Made
 * of the samples that the measuring pass decodes anyway; what becomes of them afterwards (a gain, a
 * ceiling, the silence that is trimmed) is applied to the pictures.
 *
 * Fd 6 receives the waveform, at most LOOK_BYTES_MAX of it for any length, little-endian. It is a
 * file of audiowaveform (BBC R&D), version 2, 8 bit, one channel, with the loudness behind it:
 *
 *   int32  2                   version
 *   uint32 1                   8 bit
 *   int32  sample_rate_hz
 *   int32  samples_per_pixel   frames that a pair stands for
 *   uint32 length              pairs, at most LOOK_PAIRS_MAX; the last may stand for fewer frames
 *   int32  1                   channels: lowest and highest sample of either
 *   length times: int8 low, int8 high          full scale is -128 to 127
 *   uint32 step_ms             a value stands for; 1000 for what is shorter than a quarter of an hour
 *   uint32 count               values, at most LOOK_VALUES_MAX; the last may stand for less
 *   count times: uint8         LUFS, 4 * (value + 60); 0: below, or silence
 *
 * A value is the loudness (BS.1770) of the three seconds around the middle of its step (of all of
 * the step, if that is longer), as far as the recording goes: the short-term loudness of EBU R 128,
 * not gated.
 *
 * Fd 7 receives the spectrogram (spectrogram.h). What is not open is not made.
 */
#ifndef DUBPLATE_MEDIA_LOOK_H
#define DUBPLATE_MEDIA_LOOK_H

#include <stdint.h>

#include "fault.h"
#include "loudness.h"

#define LOOK_PAIRS_MAX  1024
#define LOOK_VALUES_MAX 900
#define LOOK_BYTES_MAX  (24 + 2 * LOOK_PAIRS_MAX + 8 + LOOK_VALUES_MAX)

struct look;

/* FAULT_SYSTEM (memory). */
int look_open(struct look **look, int rate_hz, struct fault *f);

void look_add(struct look *look, const float *left, const float *right, int frames);

/* Once all was added: the loudness of what is kept. */
void look_hear(struct look *look, const struct loudness_hops *hops);

/* What became of what was added. */
struct look_change {
    int64_t from, to;       /* the frames that are kept */
    double  gain_db;
    double  ceiling_db;     /* INFINITY: none */
    double  louder_lu;      /* less than the gain where the limiter had to work */
};

/* Call once. FAULT_SYSTEM, FAULT_DISK. */
int look_write(struct look *look, const struct look_change *change, struct fault *f);

void look_close(struct look **look);    /* accepts a pointer to NULL */

#endif
