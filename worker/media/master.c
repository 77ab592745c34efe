/*
 * master: fd 3, any audio -> fd 4, the format asked for at the target loudness, and a report.
 *
 * Request: output_format, bitrate_kbps, vbr_quality (-1: constant bit rate), bit_depth_bits,
 * sample_rate_hz (0: the source's), threads, normalize, loudness_target_lufs, true_peak_dbtp,
 * max_duration_seconds. Three passes, none of which holds more than a few blocks of PCM:
 *   measure   decode -> loudness and true peak, plus hop energies for the plan
 *   encode    decode again -> gain, limiter -> encoder -> fd 4
 *   listen    decode fd 4 -> what is reported as output_*: the figures of the file, not of an
 *   intention
 * The last two are repeated, twice at most, if the listener disagrees with the target (plan.h,
 * rule 7).
 *
 * input_lufs is that of the stereo signal we encode: mono counts as two channels, 5.1 as its
 * downmix.
 */
#include "command.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "encoder.h"
#include "fdio.h"
#include "limiter.h"
#include "loudness.h"
#include "pcm.h"
#include "plan.h"
#include "reply.h"
#include "request.h"

#define ENCODINGS_MAX 3

/* Where each pass begins on the progress bar; by the CPU time of 320 kbit/s from Opus. */
#define MEASURE_FROM 0.0
#define ENCODE_FROM  0.15
#define LISTEN_FROM  0.90

struct master_options {
    struct encoder_options encoder;
    struct plan_target     target;
    struct input_options   input;
};

static const struct field fields[] = {
    { "output_format", FIELD_TEXT, offsetof(struct master_options, encoder.format), 0, 16 },
    { "bitrate_kbps", FIELD_INT, offsetof(struct master_options, encoder.bitrate_kbps), 16, 512 },
    { "vbr_quality", FIELD_INT, offsetof(struct master_options, encoder.vbr_quality), -1, 9 },
    { "bit_depth_bits", FIELD_INT, offsetof(struct master_options, encoder.bit_depth_bits), 16,
      24 },
    { "sample_rate_hz", FIELD_INT, offsetof(struct master_options, encoder.rate_hz), 0,
      ENCODER_RATE_MAX_HZ },
    { "threads", FIELD_INT, offsetof(struct master_options, encoder.threads), 1, 64 },
    { "normalize", FIELD_BOOL, offsetof(struct master_options, target.normalize), 0, 1 },
    { "loudness_target_lufs", FIELD_DOUBLE, offsetof(struct master_options, target.loudness_lufs),
      -31, -5 },
    { "true_peak_dbtp", FIELD_DOUBLE, offsetof(struct master_options, target.true_peak_dbtp), -9,
      0 },
    { "max_duration_seconds", FIELD_DOUBLE, offsetof(struct master_options, input.max_seconds),
      0.001, 86400 },
};

/* Everything one run learns. */
struct master {
    struct master_options  options;
    struct input_info      source;
    struct loudness       *meter;       /* of the source; its hops serve the plan */
    struct loudness_result before, after;
    struct plan            plan;
    double                 reduction_db;
    int64_t                frames_out;  /* as a decoder gives them back */
    double                 seconds_out;
};

static int read_options(struct master *m, const cJSON *request, struct fault *f)
{
    struct master_options *o = &m->options;

    if (request_parse(request, fields, sizeof(fields) / sizeof(fields[0]), o, f))
        return -1;
    if (encoder_check(&o->encoder, f))
        return -1;
    o->target.coding_margin_db = encoder_peak_margin_db(&o->encoder);
    return 0;
}

/* The rate that was left to the source: known from the first frame that decodes. */
static int choose_rate(struct master *m, struct fault *f)
{
    const AVFrame *frame;
    struct input *in;
    int rc;

    if (m->options.encoder.rate_hz != 0)
        return 0;
    if (input_open(&in, FD_INPUT, &m->options.input, f))
        return -1;
    if ((rc = input_next(in, &frame, f)) > 0)
        m->options.encoder.rate_hz = encoder_rate_hz(&m->options.encoder, frame->sample_rate);
    input_close(&in);
    return rc > 0 ? 0 : -1;
}

/* Reads `fd` to its end into `sink`. `info` receives what the input was. */
static int pump(const struct master *m, int fd, const struct input_options *options, double from,
                double to, limiter_sink *sink, void *arg, struct input_info *info, struct fault *f)
{
    struct pcm *pcm;
    const float *plane[2];
    int n, rc = -1;

    if (pcm_open(&pcm, fd, m->options.encoder.rate_hz, options, f))
        return -1;
    while ((n = pcm_read(pcm, plane, f)) > 0) {
        if (sink(arg, plane[0], plane[1], n, f))
            goto out;
        reply_progress(from + (to - from) * input_progress(pcm_input(pcm)));
    }
    if (n == 0) {
        *info = *input_info(pcm_input(pcm));
        rc = 0;
    }
out:
    pcm_close(&pcm);
    return rc;
}

static int to_meter(void *arg, const float *left, const float *right, int frames, struct fault *f)
{
    return loudness_add(arg, left, right, frames, f);
}

static int to_limiter(void *arg, const float *left, const float *right, int frames, struct fault *f)
{
    return limiter_add(arg, left, right, frames, f);
}

static int to_encoder(void *arg, const float *left, const float *right, int frames, struct fault *f)
{
    return encoder_write(arg, left, right, frames, f);
}

static int measure(struct master *m, struct fault *f)
{
    if (loudness_open(&m->meter, m->options.encoder.rate_hz, f))
        return -1;
    if (pump(m, FD_INPUT, &m->options.input, MEASURE_FROM, ENCODE_FROM, to_meter, m->meter,
             &m->source, f))
        return -1;
    return loudness_finish(m->meter, &m->before, f);
}

static int encode(struct master *m, struct fault *f)
{
    const struct encoder_options *o = &m->options.encoder;
    struct limiter *limiter = NULL;
    struct encoder *encoder = NULL;
    struct input_info again;
    int rc = -1;

    if (encoder_open(&encoder, FD_OUTPUT, o, f) ||
        limiter_open(&limiter, o->rate_hz, pow(10, m->plan.gain_db / 20),
                     pow(10, m->plan.ceiling_db / 20), to_encoder, encoder, f))
        goto out;
    if (pump(m, FD_INPUT, &m->options.input, ENCODE_FROM, LISTEN_FROM, to_limiter, limiter, &again,
             f) ||
        limiter_flush(limiter, f) || encoder_finish(encoder, f))
        goto out;
    m->reduction_db = limiter_max_reduction_db(limiter);
    rc = 0;
out:
    limiter_close(&limiter);
    encoder_close(&encoder);
    return rc;
}

/* Decodes what was just written, as a player would. */
static int listen(struct master *m, struct fault *f)
{
    struct input_options options = { .max_seconds = INFINITY, .strict = true };
    struct loudness *meter = NULL;
    struct input_info info;
    int rc = -1;

    if (loudness_open(&meter, m->options.encoder.rate_hz, f))
        return -1;
    if (pump(m, FD_OUTPUT, &options, LISTEN_FROM, 1, to_meter, meter, &info, f)) {
        if (f->kind == FAULT_BAD_MEDIA)
            f->kind = FAULT_SYSTEM; /* our own file does not decode: not the submitter's doing */
        goto out;
    }
    if (loudness_finish(meter, &m->after, f))
        goto out;
    m->frames_out = info.frames;
    m->seconds_out = info.seconds;
    rc = 0;
out:
    loudness_close(&meter);
    return rc;
}

static double db(double linear)
{
    return linear > 0 ? 20 * log10(linear) : -INFINITY;
}

static void report_input(cJSON *object, const struct input_info *info)
{
    cJSON_AddStringToObject(object, "container", info->container);
    cJSON_AddStringToObject(object, "codec", info->codec);
    reply_add_number(object, "sample_rate_hz", info->sample_rate_hz, 0);
    reply_add_number(object, "channels", info->channels, 0);
    reply_add_number(object, "bit_rate_bps",
                     info->bit_rate_bps > 0 ? (double)info->bit_rate_bps : NAN, 0);
    reply_add_number(object, "frames", (double)info->frames, 0);
    reply_add_number(object, "duration_seconds", info->seconds, 6);
    reply_add_number(object, "declared_duration_seconds",
                     info->declared_seconds > 0 ? info->declared_seconds : NAN, 6);
    reply_add_number(object, "decode_errors", (double)info->decode_errors, 0);
}

static void report_output(cJSON *object, const struct master *m)
{
    const struct encoder_options *o = &m->options.encoder;
    bool constant = !encoder_is_lossless(o) && o->vbr_quality < 0;

    cJSON_AddStringToObject(object, "format", o->format);
    cJSON_AddStringToObject(object, "codec", encoder_codec(o));
    reply_add_number(object, "bitrate_kbps", constant ? (double)o->bitrate_kbps : NAN, 0);
    reply_add_number(object, "sample_rate_hz", o->rate_hz, 0);
    if (encoder_is_lossless(o))
        reply_add_number(object, "bit_depth_bits", o->bit_depth_bits, 0);
    reply_add_number(object, "channels", 2, 0);
    reply_add_number(object, "frames", (double)m->frames_out, 0);
    reply_add_number(object, "duration_seconds", m->seconds_out, 6);
    reply_add_number(object, "size_bytes", (double)fdio_size(FD_OUTPUT), 0);
}

static void report_loudness(cJSON *object, const struct master *m)
{
    bool measurable = isfinite(m->before.integrated_lufs);

    reply_add_number(object, "input_lufs", m->before.integrated_lufs, 2);
    reply_add_number(object, "input_lra_lu", measurable ? m->before.range_lu : NAN, 2);
    reply_add_number(object, "input_true_peak_dbtp", db(m->before.true_peak), 2);
    reply_add_number(object, "gain_db", m->plan.gain_db, 2);
    cJSON_AddBoolToObject(object, "limited", m->reduction_db > 0);
    reply_add_number(object, "limiter_max_reduction_db", m->reduction_db, 2);
    reply_add_number(object, "output_lufs", m->after.integrated_lufs, 2);
    reply_add_number(object, "output_lra_lu",
                     isfinite(m->after.integrated_lufs) ? m->after.range_lu : NAN, 2);
    reply_add_number(object, "output_true_peak_dbtp", db(m->after.true_peak), 2);
    reply_add_number(object, "trimmed_start_seconds", 0, 0);
    reply_add_number(object, "trimmed_end_seconds", 0, 0);
    if (m->plan.note != NULL)
        cJSON_AddStringToObject(object, "note", m->plan.note);
    else
        cJSON_AddNullToObject(object, "note");
}

static int make(struct master *m, struct fault *f)
{
    struct loudness_hops hops;

    if (measure(m, f))
        return -1;
    hops = loudness_get_hops(m->meter);
    if (plan_make(&m->plan, &m->options.target, &m->before, &hops, f))
        return -1;
    loudness_close(&m->meter);      /* its hops are megabytes in a long recording */
    for (int i = 0; i < ENCODINGS_MAX; i++) {
        if (encode(m, f) || listen(m, f))
            return -1;
        if (!plan_correct(&m->plan, &m->options.target, &m->after, i + 1 == ENCODINGS_MAX))
            break;
    }
    return 0;
}

int master_run(const cJSON *request, cJSON *result, struct fault *f)
{
    struct master m = {
        .options = {
            .encoder = { .format = "mp3", .rate_hz = 48000, .bitrate_kbps = 320, .vbr_quality = -1,
                         .bit_depth_bits = 16, .threads = 1 },
            .target = { .normalize = true, .loudness_lufs = -14, .true_peak_dbtp = -1 },
            .input = { .max_seconds = 14400 },
        },
    };
    int rc = -1;

    if (read_options(&m, request, f) || choose_rate(&m, f) || make(&m, f))
        goto out;
    report_input(cJSON_AddObjectToObject(result, "input"), &m.source);
    report_output(cJSON_AddObjectToObject(result, "output"), &m);
    report_loudness(cJSON_AddObjectToObject(result, "loudness"), &m);
    rc = 0;
out:
    loudness_close(&m.meter);
    return rc;
}
