/*
 * verify: fd 3 -> decoded from first to last packet, nothing written.
 *
 * Request: loudness (false), strict (true), max_duration_seconds (14400). It is meant for our own
 * output: one packet that does not decode, or a length other than the file states, is bad_media;
 * without strict, for what was copied from a damaged source, as much is borne as of any source.
 * With loudness, also lufs, lra_lu and true_peak_dbtp.
 */
#include "command.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "fdio.h"
#include "loudness.h"
#include "pcm.h"
#include "reply.h"
#include "request.h"

#define METER_RATE_HZ 48000

struct verify_options {
    bool   loudness, strict;
    double max_seconds;
};

static const struct field fields[] = {
    { "loudness", FIELD_BOOL, offsetof(struct verify_options, loudness), 0, 1 },
    { "strict", FIELD_BOOL, offsetof(struct verify_options, strict), 0, 1 },
    { "max_duration_seconds", FIELD_DOUBLE, offsetof(struct verify_options, max_seconds), 0.001,
      86400 },
};

static void report(cJSON *result, const struct input_info *info)
{
    cJSON_AddStringToObject(result, "container", info->container);
    cJSON_AddStringToObject(result, "codec", info->codec);
    reply_add_number(result, "sample_rate_hz", info->sample_rate_hz, 0);
    reply_add_number(result, "channels", info->channels, 0);
    reply_add_number(result, "frames", (double)info->frames, 0);
    reply_add_number(result, "duration_seconds", info->seconds, 6);
    reply_add_number(result, "decode_errors", (double)info->decode_errors, 0);
}

static int decode_only(const struct input_options *options, cJSON *result, struct fault *f)
{
    struct input *in;
    const AVFrame *frame;
    int rc;

    if (input_open(&in, FD_INPUT, options, f))
        return -1;
    while ((rc = input_next(in, &frame, f)) > 0)
        reply_progress(input_progress(in));
    if (rc == 0)
        report(result, input_info(in));
    input_close(&in);
    return rc;
}

static int decode_and_measure(const struct input_options *options, cJSON *result, struct fault *f)
{
    struct loudness_result measured;
    struct loudness *meter = NULL;
    struct pcm *pcm = NULL;
    const float *plane[2];
    int n, rc = -1;

    if (pcm_open(&pcm, FD_INPUT, METER_RATE_HZ, options, f) ||
        loudness_open(&meter, METER_RATE_HZ, f))
        goto out;
    while ((n = pcm_read(pcm, plane, f)) > 0) {
        if (loudness_add(meter, plane[0], plane[1], n, f))
            goto out;
        reply_progress(input_progress(pcm_input(pcm)));
    }
    if (n < 0 || loudness_finish(meter, &measured, f))
        goto out;
    report(result, input_info(pcm_input(pcm)));
    reply_add_number(result, "lufs", measured.integrated_lufs, 2);
    reply_add_number(result, "lra_lu", isfinite(measured.integrated_lufs) ? measured.range_lu : NAN,
                     2);
    reply_add_number(result, "true_peak_dbtp",
                     measured.true_peak > 0 ? 20 * log10(measured.true_peak) : -INFINITY, 2);
    rc = 0;
out:
    loudness_close(&meter);
    pcm_close(&pcm);
    return rc;
}

int verify_run(const cJSON *request, cJSON *result, struct fault *f)
{
    struct verify_options o = { .strict = true, .max_seconds = 14400 };
    struct input_options options = { 0 };

    if (request_parse(request, fields, sizeof(fields) / sizeof(fields[0]), &o, f))
        return -1;
    options.max_seconds = o.max_seconds;
    options.strict = o.strict;
    return o.loudness ? decode_and_measure(&options, result, f) : decode_only(&options, result, f);
}
