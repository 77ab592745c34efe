/*
 * media: asks dubplate-media, the program that decodes and encodes, for one operation. It is a separate program with
 * descriptors in and out and nothing else, because decoders fed by strangers have to be assumed broken: its crash
 * fails an attempt, and what it could reach is two files.
 */
#ifndef DUBPLATE_MEDIA_H
#define DUBPLATE_MEDIA_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "run.h"

/* 24 bits in stereo for the longest recording at the highest rate that is encoded: what our own files may become,
 * however small the source's was. */
#define MEDIA_MAX_BYTES(conf) ((conf)->max_duration_s * 192000 * 6 + (8 << 20))

#define MEDIA_THREADS_MAX 64    /* that the program takes from a request; it may have fewer */

struct media_call {
    const char *command;            /* "master", "cover", "tag", "verify" */
    const char *input, *second;     /* names below run->work, or absolute; second: NULL for none */
    const char *output;             /* created anew; NULL for none */
    const char *waveform, *spectrogram;     /* likewise, of "master" */
    int64_t     output_max_bytes;
    bool        scratch;            /* it may have a file without a name, as long as disk space is plenty */
};

/*
 * request is taken. *result is owned by the caller. Progress of the call is shown as from `from` to `to` (0–1) of the
 * stage. On failure the outputs are removed. Errors as the program reports them, or ERR_CRASHED.
 */
int media_run(struct run *r, const struct media_call *call, cJSON *request, double from, double to, cJSON **result,
              struct err *e);

#endif
