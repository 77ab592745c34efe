/*
 * master: fd 3, any audio -> fd 4, the format asked for at the target loudness, and a report.
 *
 * Request: output_format, bitrate_kbps, vbr_quality (-1: constant bit rate), bit_depth_bits,
 * sample_rate_hz (0: the source's), threads, normalize, loudness_target_lufs, true_peak_dbtp,
 * replaygain_only, album_gain_db, measure_only, clip_start_seconds, clip_end_seconds, trim_silence,
 * trim_threshold_dbfs, trim_min_seconds, trim_padding_seconds, max_duration_seconds. Three passes,
 * none of which holds more than a few blocks of PCM:
 *   measure   decode -> loudness and true peak, plus hop energies for the plan
 *   encode    the same, out of fd 8 or decoded again -> the part that is kept -> gain, limiter ->
 *             encoder -> fd 4
 *   listen    decode fd 4 -> what is reported as output_*: the figures of the file, not of an
 *   intention
 * Where nothing is to be changed and the source is already what is asked for, and for the format
 * "source" always, its packets are copied instead of the last two (remux.h).
 * The last two are repeated, twice at most, if the listener disagrees with the target (plan.h,
 * rule 7).
 *
 * input_lufs is that of the stereo signal we encode (plan.h): of the clip, without the silence that
 * is trimmed.
 */
#include "command.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "encoder.h"
#include "fdio.h"
#include "limiter.h"
#include "look.h"
#include "loudness.h"
#include "pcm.h"
#include "plan.h"
#include "relay.h"
#include "remux.h"
#include "reply.h"
#include "request.h"
#include "scratch.h"
#include "trim.h"

#define ENCODINGS_MAX  3
#define KBPS_TOLERANCE 1.1          /* a variable bit rate is never quite what was asked for */

#define REPLAYGAIN_LUFS (-18.0)     /* ReplayGain 2.0: what a track gain of 0 stands for */

/* Where each pass begins on the progress bar; by the CPU time of 320 kbit/s from Opus. */
#define MEASURE_FROM 0.0
#define ENCODE_FROM  0.15
#define LISTEN_FROM  0.90

struct master_options {
    struct encoder_options encoder;
    struct plan_target     target;
    struct input_options   input;
    struct trim_options    trim;
    double                 clip_start_seconds, clip_end_seconds;
    bool                   measure_only;    /* for an album's gain: fd 4 stays empty */
    int                    threads;
};

static const struct field fields[] = {
    { "output_format", FIELD_TEXT, offsetof(struct master_options, encoder.format), 0, 16 },
    { "bitrate_kbps", FIELD_INT, offsetof(struct master_options, encoder.bitrate_kbps), 16, 512 },
    { "vbr_quality", FIELD_INT, offsetof(struct master_options, encoder.vbr_quality), -1, 9 },
    { "bit_depth_bits", FIELD_INT, offsetof(struct master_options, encoder.bit_depth_bits), 16,
      24 },
    { "sample_rate_hz", FIELD_INT, offsetof(struct master_options, encoder.rate_hz), 0,
      ENCODER_RATE_MAX_HZ },
    { "threads", FIELD_INT, offsetof(struct master_options, threads), 1, 64 },
    { "normalize", FIELD_BOOL, offsetof(struct master_options, target.normalize), 0, 1 },
    { "loudness_target_lufs", FIELD_DOUBLE, offsetof(struct master_options, target.loudness_lufs),
      -31, -5 },
    { "true_peak_dbtp", FIELD_DOUBLE, offsetof(struct master_options, target.true_peak_dbtp), -9,
      0 },
    { "replaygain_only", FIELD_BOOL, offsetof(struct master_options, target.replaygain_only), 0,
      1 },
    { "album_gain_db", FIELD_DOUBLE, offsetof(struct master_options, target.album_gain_db), -60,
      PLAN_GAIN_MAX_DB },
    { "clip_start_seconds", FIELD_DOUBLE, offsetof(struct master_options, clip_start_seconds), 0,
      86400 },
    { "clip_end_seconds", FIELD_DOUBLE, offsetof(struct master_options, clip_end_seconds), 0,
      86400 },
    { "measure_only", FIELD_BOOL, offsetof(struct master_options, measure_only), 0, 1 },
    { "trim_silence", FIELD_BOOL, offsetof(struct master_options, trim.wanted), 0, 1 },
    { "trim_threshold_dbfs", FIELD_DOUBLE, offsetof(struct master_options, trim.threshold_dbfs),
      -120, -10 },
    { "trim_min_seconds", FIELD_DOUBLE, offsetof(struct master_options, trim.min_seconds), 0,
      3600 },
    { "trim_padding_seconds", FIELD_DOUBLE, offsetof(struct master_options, trim.padding_seconds),
      0, 60 },
    { "max_duration_seconds", FIELD_DOUBLE, offsetof(struct master_options, input.max_seconds),
      0.001, 86400 },
};

/* Everything one run learns. */
struct master {
    struct master_options  options;
    struct input_info      source;
    struct loudness       *meter;       /* of the source; its hops serve the plan */
    struct scratch        *scratch;     /* the source from clip.from on, or NULL */
    bool                   has_scratch; /* all of it */
    struct loudness_result before, after;
    struct trim_scan       scan;
    struct look           *look;
    struct trim_span       clip, kept;  /* in frames of the source at the output's rate */
    struct plan            plan;
    bool                   remuxed;
    double                 reduction_db;
    int64_t                frames_out;  /* as a decoder gives them back */
    double                 seconds_out;
};

static bool wants_source(const struct master_options *o)
{
    return strcmp(o->encoder.format, "source") == 0;
}

/* Packets can be copied, not cut to the sample. */
static int leave_as_it_is(struct master_options *o, struct fault *f)
{
    if (o->clip_start_seconds > 0 || isfinite(o->clip_end_seconds))
        return fault_set(f, FAULT_INPUT, "A clip cannot be taken out of a source without coding it.");
    o->target.normalize = o->trim.wanted = false;
    o->encoder.rate_hz = 0;
    return 0;
}

static int read_options(struct master *m, const cJSON *request, struct fault *f)
{
    struct master_options *o = &m->options;

    if (request_parse(request, fields, sizeof(fields) / sizeof(fields[0]), o, f))
        return -1;
    if (o->clip_end_seconds <= o->clip_start_seconds)
        return fault_set(f, FAULT_INPUT, "The clip ends before it starts.");
    if (wants_source(o))
        return leave_as_it_is(o, f);
    if (encoder_check(&o->encoder, f))
        return -1;
    crew_limit(o->threads);
    o->target.coding_margin_db = encoder_peak_margin_db(&o->encoder);
    return 0;
}

/* The rate that was left to the source: known from the first frame that decodes. */
static int choose_rate(struct master *m, struct fault *f)
{
    struct encoder_options *o = &m->options.encoder;
    const AVFrame *frame;
    struct input *in;
    int rc;

    if (o->rate_hz != 0)
        return 0;
    if (input_open(&in, FD_INPUT, &m->options.input, f))
        return -1;
    if ((rc = input_next(in, &frame, f)) > 0)
        o->rate_hz = wants_source(&m->options) ? frame->sample_rate
                                               : encoder_rate_hz(o, frame->sample_rate);
    input_close(&in);
    return rc > 0 ? 0 : -1;
}

static double db(double linear)
{
    return linear > 0 ? 20 * log10(linear) : -INFINITY;
}

static const struct trim_span everything = { .to = INT64_MAX };

/* Reads frames [from, to) of `fd` into `sink`. `info` receives what the input was, as far as it was
 * read. */
static int pump(const struct master *m, int fd, const struct input_options *options,
                const struct trim_span *span, double from, double to, limiter_sink *sink, void *arg,
                struct input_info *info, struct fault *f)
{
    struct pcm *pcm;
    const float *plane[2];
    int64_t at = 0;
    int n = 1, rc = -1;

    if (pcm_open(&pcm, fd, m->options.encoder.rate_hz, options, f))
        return -1;
    for (; at < span->to && (n = pcm_read(pcm, plane, f)) > 0; at += n) {
        int64_t first = span->from > at ? span->from - at : 0;
        int64_t behind = span->to - at < n ? span->to - at : n;

        if (first < behind &&
            sink(arg, plane[0] + first, plane[1] + first, (int)(behind - first), f))
            goto out;
        reply_progress(from + (to - from) * input_progress(pcm_input(pcm)));
    }
    if (n >= 0) {
        *info = *input_info(pcm_input(pcm));
        rc = 0;
    }
out:
    pcm_close(&pcm);
    return rc;
}

static int to_relay(void *arg, const float *left, const float *right, int frames, struct fault *f)
{
    return relay_add(arg, left, right, frames, f);
}

/* The same, with the sink beside it. */
static int pump_beside(const struct master *m, int fd, const struct input_options *options,
                       const struct trim_span *span, double from, double to, limiter_sink *sink,
                       void *arg, struct input_info *info, struct fault *f)
{
    struct relay *relay;
    int rc = -1;

    if (relay_open(&relay, sink, arg, f) == 0 &&
        pump(m, fd, options, span, from, to, to_relay, relay, info, f) == 0)
        rc = relay_finish(relay, f);
    relay_close(&relay);
    return rc;
}

static int to_meter(void *arg, const float *left, const float *right, int frames, struct fault *f)
{
    return loudness_add(arg, left, right, frames, f);
}

static int to_meter_and_scan(void *arg, const float *left, const float *right, int frames,
                             struct fault *f)
{
    struct master *m = arg;

    trim_scan_add(&m->scan, left, right, frames);
    look_add(m->look, left, right, frames);
    scratch_add(m->scratch, left, right, frames);
    return loudness_add(m->meter, left, right, frames, f);
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
    const struct master_options *o = &m->options;
    const double rate_hz = o->encoder.rate_hz;

    m->clip.from = llround(o->clip_start_seconds * rate_hz);
    m->clip.to = isfinite(o->clip_end_seconds) ? llround(o->clip_end_seconds * rate_hz) : INT64_MAX;
    trim_scan_start(&m->scan, &o->trim);
    if (o->target.normalize && !o->target.replaygain_only && !wants_source(o))
        m->scratch = scratch_open(FD_SCRATCH);
    if (loudness_open(&m->meter, o->encoder.rate_hz, f) ||
        look_open(&m->look, o->encoder.rate_hz, f))
        return -1;
    if (pump_beside(m, FD_INPUT, &o->input, &m->clip, MEASURE_FROM, ENCODE_FROM, to_meter_and_scan,
                    m, &m->source, f))
        return -1;
    if (m->scan.frames == 0)
        return fault_set(f, FAULT_INPUT, "The clip starts behind the end, at %.3f s.",
                         m->source.seconds);
    m->has_scratch = scratch_finish(m->scratch);
    return loudness_finish(m->meter, &m->before, f);
}

/* What is kept of the source into the limiter: from the scratch file, or decoded again. */
static int play(struct master *m, struct limiter *limiter, struct fault *f)
{
    const int64_t from = m->kept.from - m->clip.from, to = m->kept.to - m->clip.from;
    const float *plane[2];
    struct input_info again;
    int n = 1;

    if (!m->has_scratch)
        return pump(m, FD_INPUT, &m->options.input, &m->kept, ENCODE_FROM, LISTEN_FROM, to_limiter,
                    limiter, &again, f);
    for (int64_t at = from; at < to && n > 0; at += n) {
        if ((n = scratch_read(m->scratch, at, plane, f)) <= 0)
            break;
        n = to - at < n ? (int)(to - at) : n;
        if (limiter_add(limiter, plane[0], plane[1], n, f))
            return -1;
        reply_progress(ENCODE_FROM +
                       (LISTEN_FROM - ENCODE_FROM) * (double)(at - from) / (double)(to - from));
    }
    return n < 0 ? -1 : 0;
}

/* What is left without the silence, and its loudness. */
static struct loudness_hops trim(struct master *m)
{
    struct loudness_hops hops = loudness_get_hops(m->meter);
    int64_t first, behind;

    m->kept = trim_decide(&m->scan, &m->options.trim, &hops, m->options.encoder.rate_hz);
    if (m->kept.to - m->kept.from < m->scan.frames) {
        first = m->kept.from / hops.frames;
        behind = m->kept.to / hops.frames;
        hops.energy += first;
        hops.peak += first;
        hops.count = (size_t)(behind - first);
        m->before.integrated_lufs = loudness_integrate(hops.energy, hops.count);
    }
    m->kept.from += m->clip.from;
    m->kept.to += m->clip.from;
    return hops;
}

static int encode(struct master *m, struct fault *f)
{
    const struct encoder_options *o = &m->options.encoder;
    struct limiter *limiter = NULL;
    struct encoder *encoder = NULL;
    int rc = -1;

    if (encoder_open(&encoder, FD_OUTPUT, o, f) ||
        limiter_open(&limiter, o->rate_hz, pow(10, m->plan.gain_db / 20),
                     pow(10, m->plan.ceiling_db / 20), to_encoder, encoder, f))
        goto out;
    if (play(m, limiter, f) || limiter_flush(limiter, f) || encoder_finish(encoder, f))
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
    if (pump_beside(m, FD_OUTPUT, &options, &everything, LISTEN_FROM, 1, to_meter, meter, &info,
                    f)) {
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

/* The source sounds as it is meant to, or nobody asked for more. */
static bool is_on_target(const struct plan_target *target, const struct loudness_result *heard)
{
    double miss = isfinite(heard->integrated_lufs) ? target->loudness_lufs - heard->integrated_lufs : 0;

    if (!target->normalize || target->replaygain_only)
        return true;
    if (isfinite(target->album_gain_db))
        miss = target->album_gain_db;
    return fabs(miss) <= PLAN_TOLERANCE_LU && db(heard->true_peak) <= target->true_peak_dbtp;
}

/* Nothing is cut from it; it was read to its end. */
static bool is_whole(const struct master *m)
{
    return m->kept.from == 0 && m->kept.to >= m->scan.frames && m->scan.frames < m->clip.to;
}

/* Coding it again would only lose something: it is of the same codec, and not larger than asked
 * for. */
static bool is_as_asked(const struct encoder_options *o, const struct input_info *source)
{
    double kbps = source->bit_rate_bps > 0
                      ? (double)source->bit_rate_bps / 1000
                      : (double)fdio_size(FD_INPUT) * 8 / 1000 / source->seconds;

    if (strcmp(remux_format(source), o->format) != 0 ||
        strcmp(source->codec, encoder_codec(o)) != 0 || source->sample_rate_hz != o->rate_hz ||
        source->channels > 2 || source->decode_errors > 0 || source->changes_format)
        return false;
    return encoder_is_lossless(o) ? source->bit_depth_bits <= o->bit_depth_bits
                                  : kbps <= KBPS_TOLERANCE * encoder_kbps(o);
}

static bool needs_nothing(const struct master *m)
{
    const struct master_options *o = &m->options;

    return is_whole(m) && is_on_target(&o->target, &m->before) && is_as_asked(&o->encoder, &m->source);
}

/* Without a flaw, and as long as the source. */
static bool is_sound_copy(const struct master *m)
{
    struct input_options options = { .max_seconds = INFINITY, .strict = true };
    struct fault ignored;
    struct input *in;
    const AVFrame *frame;
    bool sound = false;
    int rc;

    if (input_open(&in, FD_OUTPUT, &options, &ignored) == 0) {
        while ((rc = input_next(in, &frame, &ignored)) > 0) {
        }
        sound = rc == 0 && input_info(in)->frames == m->source.frames;
    }
    input_close(&in);
    return sound;
}

static void describe_copy(struct master *m)
{
    m->remuxed = true;
    m->after = m->before;
    m->frames_out = m->source.frames;
    m->seconds_out = m->source.seconds;
    m->plan.gain_db = 0;
    if (wants_source(&m->options))
        m->plan.note = "not re-encoded, as asked";
    else if (m->plan.note == NULL)
        m->plan.note = "not re-encoded: nothing was to be changed";
}

/* 1: the packets of the source are the output. 0: they have to be encoded. -1: a fault. A copy that was asked for is
 * made or refused; with any other, a damaged source may still be encoded. */
static int try_copy(struct master *m, struct fault *f)
{
    const bool asked = wants_source(&m->options);

    if (!asked && !needs_nothing(m))
        return 0;
    if (remux_run(FD_INPUT, FD_OUTPUT, &m->source, &m->options.input, f))
        return !asked && f->kind == FAULT_BAD_MEDIA ? 0 : -1;
    if (!asked && !is_sound_copy(m))
        return 0;
    describe_copy(m);
    return 1;
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

static void report_encoded(cJSON *object, const struct encoder_options *o)
{
    bool constant = !encoder_is_lossless(o) && o->vbr_quality < 0;

    cJSON_AddStringToObject(object, "format", o->format);
    cJSON_AddStringToObject(object, "codec", encoder_codec(o));
    reply_add_number(object, "bitrate_kbps", constant ? (double)o->bitrate_kbps : NAN, 0);
    reply_add_number(object, "sample_rate_hz", o->rate_hz, 0);
    if (encoder_is_lossless(o))
        reply_add_number(object, "bit_depth_bits", o->bit_depth_bits, 0);
    reply_add_number(object, "channels", 2, 0);
}

/* What was copied is what the source was. */
static void report_copied(cJSON *object, const struct input_info *source)
{
    cJSON_AddStringToObject(object, "format", remux_format(source));
    cJSON_AddStringToObject(object, "codec", source->codec);
    reply_add_number(object, "bit_rate_bps",
                     source->bit_rate_bps > 0 ? (double)source->bit_rate_bps : NAN, 0);
    reply_add_number(object, "sample_rate_hz", source->sample_rate_hz, 0);
    if (source->bit_depth_bits > 0)
        reply_add_number(object, "bit_depth_bits", source->bit_depth_bits, 0);
    reply_add_number(object, "channels", source->channels, 0);
}

static void report_output(cJSON *object, const struct master *m)
{
    if (m->remuxed)
        report_copied(object, &m->source);
    else
        report_encoded(object, &m->options.encoder);
    cJSON_AddBoolToObject(object, "remuxed", m->remuxed);
    reply_add_number(object, "frames", (double)m->frames_out, 0);
    reply_add_number(object, "duration_seconds", m->seconds_out, 6);
    reply_add_number(object, "size_bytes", (double)fdio_size(FD_OUTPUT), 0);
}

static double trimmed_start(const struct master *m)
{
    return (double)(m->kept.from - m->clip.from) / m->options.encoder.rate_hz;
}

static double trimmed_end(const struct master *m)
{
    return (double)(m->clip.from + m->scan.frames - m->kept.to) / m->options.encoder.rate_hz;
}

static void add_note(cJSON *object, const char *note)
{
    if (note != NULL)
        cJSON_AddStringToObject(object, "note", note);
    else
        cJSON_AddNullToObject(object, "note");
}

/* Of the file as it is: what a player would have to add. */
static void report_replaygain(cJSON *object, const struct master *m)
{
    reply_add_number(object, "track_gain_db", REPLAYGAIN_LUFS - m->after.integrated_lufs, 2);
    reply_add_number(object, "track_peak", m->after.true_peak, 6);
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
    reply_add_number(object, "trimmed_start_seconds", trimmed_start(m), 6);
    reply_add_number(object, "trimmed_end_seconds", trimmed_end(m), 6);
    add_note(object, m->plan.note);
    report_replaygain(cJSON_AddObjectToObject(object, "replaygain"), m);
}

static void report_trim(cJSON *object, const struct master *m)
{
    reply_add_number(object, "start_seconds", trimmed_start(m), 6);
    reply_add_number(object, "end_seconds", trimmed_end(m), 6);
    reply_add_number(object, "offset_seconds",
                     (double)m->kept.from / m->options.encoder.rate_hz, 6);
    add_note(object, m->kept.note);
}

static int make(struct master *m, struct fault *f)
{
    struct loudness_hops hops;
    int copied;

    if (measure(m, f))
        return -1;
    hops = trim(m);
    look_hear(m->look, &hops);
    if (plan_make(&m->plan, &m->options.target, &m->before, &hops, f))
        return -1;
    loudness_close(&m->meter);      /* its hops are megabytes in a long recording */
    if ((copied = try_copy(m, f)) != 0)
        return copied > 0 ? 0 : -1;
    for (int i = 0; i < ENCODINGS_MAX; i++) {
        if (encode(m, f) || listen(m, f))
            return -1;
        if (!plan_correct(&m->plan, &m->options.target, &m->after, i + 1 == ENCODINGS_MAX))
            break;
    }
    return 0;
}

/* What the part that is kept adds to its album: bins and counts of its blocks, in turn. */
static int measure_for_album(struct master *m, cJSON *result, struct fault *f)
{
    int counts[LOUDNESS_BINS] = { 0 };
    cJSON *object, *blocks;
    struct loudness_hops hops;

    if (measure(m, f))
        return -1;
    hops = trim(m);
    loudness_count_blocks(hops.energy, hops.count, counts);
    report_input(cJSON_AddObjectToObject(result, "input"), &m->source);
    object = cJSON_AddObjectToObject(result, "loudness");
    reply_add_number(object, "input_lufs", m->before.integrated_lufs, 2);
    reply_add_number(object, "input_true_peak_dbtp", db(m->before.true_peak), 2);
    blocks = cJSON_AddArrayToObject(object, "blocks");
    for (int i = 0; i < LOUDNESS_BINS; i++)
        if (counts[i] > 0) {
            cJSON_AddItemToArray(blocks, cJSON_CreateNumber(i));
            cJSON_AddItemToArray(blocks, cJSON_CreateNumber(counts[i]));
        }
    return 0;
}

static void report_look(cJSON *object)
{
    int64_t waveform = fdio_size(FD_WAVEFORM), spectrogram = fdio_size(FD_SPECTROGRAM);

    reply_add_number(object, "waveform_bytes", waveform >= 0 ? (double)waveform : NAN, 0);
    reply_add_number(object, "spectrogram_bytes", spectrogram >= 0 ? (double)spectrogram : NAN, 0);
}

static int draw(const struct master *m, struct fault *f)
{
    const struct look_change change = {
        .from = m->kept.from - m->clip.from,
        .to = m->kept.to - m->clip.from,
        .gain_db = m->plan.gain_db,
        .ceiling_db = m->remuxed ? INFINITY : m->plan.ceiling_db,
        .louder_lu = isfinite(m->before.integrated_lufs) && isfinite(m->after.integrated_lufs)
                         ? m->after.integrated_lufs - m->before.integrated_lufs
                         : m->plan.gain_db,
    };

    return look_write(m->look, &change, f);
}

int master_run(const cJSON *request, cJSON *result, struct fault *f)
{
    struct master m = {
        .options = {
            .encoder = { .format = "mp3", .rate_hz = 48000, .bitrate_kbps = 320, .vbr_quality = -1,
                         .bit_depth_bits = 16 },
            .target = { .normalize = true, .loudness_lufs = -14, .true_peak_dbtp = -1,
                        .album_gain_db = NAN },
            .trim = { .threshold_dbfs = -60, .min_seconds = 1, .padding_seconds = 0.25 },
            .threads = 1,
            .clip_end_seconds = INFINITY,
            .input = { .max_seconds = 14400 },
        },
    };
    int rc = -1;

    if (read_options(&m, request, f) || choose_rate(&m, f))
        goto out;
    if (m.options.measure_only) {
        rc = measure_for_album(&m, result, f);
        goto out;
    }
    if (make(&m, f) || draw(&m, f))
        goto out;
    report_input(cJSON_AddObjectToObject(result, "input"), &m.source);
    report_output(cJSON_AddObjectToObject(result, "output"), &m);
    report_loudness(cJSON_AddObjectToObject(result, "loudness"), &m);
    report_trim(cJSON_AddObjectToObject(result, "trim"), &m);
    report_look(cJSON_AddObjectToObject(result, "look"));
    rc = 0;
out:
    look_close(&m.look);
    scratch_close(&m.scratch);
    loudness_close(&m.meter);
    return rc;
}
