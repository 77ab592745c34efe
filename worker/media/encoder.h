/*
 * encoder: stereo floats in, one finished audio file out, whatever its format.
 *
 * A format is a row of the table in encoder.c: its name, which rates and bit rates it has, and who
 * encodes it. What is written decodes to exactly as many frames as went in, by what each format has
 * to say so: the LAME info frame, an MP4 edit list, a granule position, a header.
 *
 * No tags. A file without encoder_finish() is not a file: headers are completed only there.
 */
#ifndef DUBPLATE_MEDIA_ENCODER_H
#define DUBPLATE_MEDIA_ENCODER_H

#include <stdbool.h>

#include "fault.h"

#define ENCODER_RATE_MAX_HZ 192000

struct encoder;

struct encoder_options {
    const char *format;     /* "mp3", "m4a", "wav", "flac", "ogg", "opus" */
    int rate_hz;            /* of what is given, and of the file: encoder_rate_hz() */
    int bitrate_kbps;       /* of lossy formats; without a meaning when vbr_quality is not -1 */
    int vbr_quality;        /* 0, the best, to 9; -1: the bit rate is constant */
    int bit_depth_bits;     /* of lossless formats: 16 or 24 */
};

/* Options that there are not, or that the format does not have: FAULT_INPUT. A rate of 0 passes: it
 * is not chosen yet. All others below want options that have passed. */
int encoder_check(const struct encoder_options *o, struct fault *f);

/* The rate of the format that suits audio of `source_hz`: the same if it has it. */
int encoder_rate_hz(const struct encoder_options *o, int source_hz);

/* libavcodec's name of what the file holds. Static. */
const char *encoder_codec(const struct encoder_options *o);

/* Without a bit rate of its own: the samples come back as they were, but for their depth. */
bool encoder_is_lossless(const struct encoder_options *o);

/* The bit rate asked for, or the one that the quality usually takes. Not for lossless formats. */
int encoder_kbps(const struct encoder_options *o);

/* How far coding is expected to raise the true peak of limited music. */
double encoder_peak_margin_db(const struct encoder_options *o);

/* Empties `fd` (borrowed; read and write). FAULT_SYSTEM, FAULT_DISK. */
int encoder_open(struct encoder **e, int fd, const struct encoder_options *o, struct fault *f);

/* Full scale is 1.0; what is above is clipped by the formats that have a largest value, and only
 * there. FAULT_DISK, FAULT_SYSTEM. */
int encoder_write(struct encoder *e, const float *left, const float *right, int frames,
                  struct fault *f);

int encoder_finish(struct encoder *e, struct fault *f);

void encoder_close(struct encoder **e);     /* accepts a pointer to NULL; does not finish */

/* Who encodes a format: the functions above for its own state. close() accepts NULL. */
struct encoder_kind {
    int  (*open)(void **state, int fd, const struct encoder_options *o, struct fault *f);
    int  (*write)(void *state, const float *left, const float *right, int frames, struct fault *f);
    int  (*finish)(void *state, struct fault *f);
    void (*close)(void *state);
};

#endif
