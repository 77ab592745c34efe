/*
 * waveform: the outline of a track and its loudness over time, as dubplate-media leaves them in a file of a few
 * kilobytes (worker/media/look.h has its bytes), and how they are shown: as JSON, which programs that read
 * audiowaveform's can read, and drawn as SVG. Pure functions.
 */
#ifndef DUBPLATE_WAVEFORM_H
#define DUBPLATE_WAVEFORM_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define WAVEFORM_BYTES_MAX 4096

struct waveform {
    int64_t sample_rate_hz, samples_per_pixel;
    int64_t pairs;          /* lowest and highest sample of a pixel */
    int64_t step_ms, values;
    int8_t  low[WAVEFORM_BYTES_MAX / 2], high[WAVEFORM_BYTES_MAX / 2];      /* full scale is -128 to 127 */
    uint8_t loudness[WAVEFORM_BYTES_MAX];   /* 4 * (LUFS + 60); 0: silence, or next to it */
};

/* ERR_SYSTEM: it is not such a file, or not all of it. */
int waveform_read(struct waveform *w, const char *bytes, size_t n, struct err *e);

/* {"version": 2, "channels": 1, "sample_rate", "samples_per_pixel", "bits": 8, "length", "data": [low, high, …],
 * "loudness": {"step_seconds", "lufs": [number or null, …]}} */
cJSON *waveform_json(const struct waveform *w);

/* Light on black, the loudness over it from -48 LUFS (bottom) to 0, stretched to whatever size it is shown in. The
 * title is any text. */
void waveform_svg(const struct waveform *w, const char *title, struct buf *out);

#endif
