#include "pcm.h"

#include <math.h>
#include <string.h>

#include <libavutil/channel_layout.h>
#include <libavutil/mathematics.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include "truepeak.h"

#define CHUNK_FRAMES 4096
#define CHANNELS_MAX 64         /* libswresample's own limit */
#define RUNS_MAX     1000       /* of one format each: a broadcast has dozens, and each costs a filter of its own */
#define ABSURD       64.0f      /* +36 dBFS: no mix, only damage */

struct pcm {
    struct input *input;
    SwrContext   *swr;          /* NULL while frames can be passed through as they are */
    int           rate_hz;
    AVFrame      *held;         /* a copy of the last frame's format; swr is set up for it */
    bool          have_format;
    const AVFrame
        *waiting; /* decoded, not consumed: perhaps swr must be drained for a new format */
    int           runs;
    int64_t       run_in, run_out;  /* frames of the present format, before and after conversion */
    bool          flushing;     /* taking the last frames out of swr */
    bool          at_end;       /* the input is; done once swr is empty too */
    bool          done;
    float         out[2][CHUNK_FRAMES];
};

int pcm_open(struct pcm **out, int fd, int rate_hz, const struct input_options *options,
             struct fault *f)
{
    struct pcm *pcm = av_mallocz(sizeof(*pcm));

    *out = NULL;
    if (pcm == NULL || (pcm->held = av_frame_alloc()) == NULL) {
        av_free(pcm);
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    }
    pcm->rate_hz = rate_hz;
    if (input_open(&pcm->input, fd, options, f)) {
        pcm_close(&pcm);
        return -1;
    }
    *out = pcm;
    return 0;
}

static bool same_format(const struct pcm *pcm, const AVFrame *frame)
{
    return pcm->have_format && pcm->held->format == frame->format &&
           pcm->held->sample_rate == frame->sample_rate &&
           av_channel_layout_compare(&pcm->held->ch_layout, &frame->ch_layout) == 0;
}

static bool needs_no_conversion(const struct pcm *pcm, const AVFrame *frame)
{
    static const AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;

    return frame->format == AV_SAMPLE_FMT_FLTP && frame->sample_rate == pcm->rate_hz &&
           av_channel_layout_compare(&stereo, &frame->ch_layout) == 0;
}

/* A file that names no layout means the usual one for that many channels. */
static void known_layout(AVChannelLayout *layout, const AVFrame *frame)
{
    const AVChannelLayout *from = &frame->ch_layout;

    if (from->order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(layout, from->nb_channels);
    else
        av_channel_layout_copy(layout, from);
}

static int open_converter(struct pcm *pcm, const AVFrame *frame)
{
    AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
    AVChannelLayout layout = { 0 };
    int rc;

    known_layout(&layout, frame);
    rc = swr_alloc_set_opts2(&pcm->swr, &stereo, AV_SAMPLE_FMT_FLTP, pcm->rate_hz, &layout,
                             frame->format, frame->sample_rate, 0, NULL);
    if (rc >= 0) {
        av_opt_set_sample_fmt(pcm->swr, "internal_sample_fmt", AV_SAMPLE_FMT_FLTP, 0);
        /* Float output is not normalised by default, and a loud 5.1 mix folds down to well over 1.
         * */
        av_opt_set_double(pcm->swr, "rematrix_maxval", 1.0, 0);
        /* Twice the default length: 44.1 kHz stays flat to 20 kHz (the default loses 0.5 dB
         * there), what folds back is below -98 dB. Measured; costs 0.2 s for a song of 17 minutes.
         * */
        av_opt_set_int(pcm->swr, "filter_size", 64, 0);
        if (layout.nb_channels == 1) {
            static const double unity[2] = { 1.0, 1.0 };

            rc = swr_set_matrix(pcm->swr, unity, 1);
        }
    }
    av_channel_layout_uninit(&layout);
    return rc < 0 ? rc : swr_init(pcm->swr);
}

/* Prepares for frames like `frame`. */
static int start_run(struct pcm *pcm, const AVFrame *frame, struct fault *f)
{
    if (++pcm->runs > RUNS_MAX)
        return fault_set(f, FAULT_BAD_MEDIA, "The audio changes its sample rate or channels more than %d times.",
                         RUNS_MAX);
    pcm->run_in = pcm->run_out = 0;
    pcm->held->format = frame->format;
    pcm->held->sample_rate = frame->sample_rate;
    pcm->have_format = true;
    if (av_channel_layout_copy(&pcm->held->ch_layout, &frame->ch_layout) < 0)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    if (needs_no_conversion(pcm, frame))
        return 0;
    if (open_converter(pcm, frame) < 0)
        return fault_set(f, FAULT_BAD_MEDIA,
                         "Audio with %d channels of this layout cannot be mixed down.",
                         frame->ch_layout.nb_channels);
    return 0;
}

static int conversion_fault(struct fault *f)
{
    return fault_set(f, FAULT_SYSTEM, "The sample rate or channels cannot be converted.");
}

static void clean(float *const plane[2], int frames)
{
    for (int c = 0; c < 2; c++)
        if (!(truepeak_sample_peak(plane[c], frames) < ABSURD))
            for (int i = 0; i < frames; i++)
                if (!(fabsf(plane[c][i]) < ABSURD))
                    plane[c][i] = 0;
}

/* Takes what the converter has ready without telling it that the input ended: data, but none of
 * it. */
static int convert_rest(struct pcm *pcm)
{
    static const uint8_t nothing;
    const uint8_t *data[CHANNELS_MAX];
    uint8_t *planes[2] = { (uint8_t *)pcm->out[0], (uint8_t *)pcm->out[1] };

    for (int c = 0; c < CHANNELS_MAX; c++)
        data[c] = &nothing;
    return swr_convert(pcm->swr, planes, CHUNK_FRAMES, data, 0);
}

static int convert(struct pcm *pcm, const AVFrame *frame)
{
    uint8_t *planes[2] = { (uint8_t *)pcm->out[0], (uint8_t *)pcm->out[1] };

    return swr_convert(pcm->swr, planes, CHUNK_FRAMES, (const uint8_t **)frame->extended_data,
                       frame->nb_samples);
}

/* The end of a run: the converter's filter still holds a few frames. The run is cut or padded to
 * its length. */
static int drain(struct pcm *pcm, struct fault *f)
{
    uint8_t *planes[2] = { (uint8_t *)pcm->out[0], (uint8_t *)pcm->out[1] };
    int64_t missing = 0;
    int n = 0;

    if (pcm->swr != NULL)
        missing = av_rescale_rnd(pcm->run_in, pcm->rate_hz, pcm->held->sample_rate,
                                 AV_ROUND_NEAR_INF) - pcm->run_out;
    if (missing > 0) {
        n = swr_convert(pcm->swr, planes, CHUNK_FRAMES, NULL, 0);
        if (n < 0)
            return conversion_fault(f);
        if (n == 0) {
            memset(pcm->out, 0, sizeof(pcm->out));
            n = CHUNK_FRAMES;
        }
        n = missing < n ? (int)missing : n;
        pcm->run_out += n;
        return n;
    }
    swr_free(&pcm->swr);
    pcm->flushing = false;
    pcm->done = pcm->at_end;
    return 0;
}

/* Converts, or passes through, the frame that is waiting. */
static int consume(struct pcm *pcm, float *plane[2], struct fault *f)
{
    const AVFrame *frame = pcm->waiting;
    int n = frame->nb_samples;

    pcm->waiting = NULL;
    pcm->run_in += n;
    if (pcm->swr == NULL) {
        plane[0] = (float *)frame->extended_data[0];
        plane[1] = (float *)frame->extended_data[1];
    } else if ((n = convert(pcm, frame)) < 0) {
        return conversion_fault(f);
    }
    pcm->run_out += n;
    return n;
}

/* One step towards the next block: its frames, 0 if it is not there yet, or -1. */
static int step(struct pcm *pcm, float *plane[2], struct fault *f)
{
    int n;

    if (pcm->flushing)
        return drain(pcm, f);
    if (pcm->waiting == NULL) {
        /* A frame may convert to more than one chunk; the rest is taken before the next is
         * decoded. */
        if (pcm->swr != NULL && (n = convert_rest(pcm)) != 0) {
            pcm->run_out += n;
            return n < 0 ? conversion_fault(f) : n;
        }
        if ((n = input_next(pcm->input, &pcm->waiting, f)) <= 0) {
            pcm->waiting = NULL;
            pcm->flushing = pcm->at_end = true;
            return n;
        }
    }
    if (!same_format(pcm, pcm->waiting)) {
        if (pcm->swr != NULL) {
            pcm->flushing = true;
            return 0;
        }
        if (start_run(pcm, pcm->waiting, f))
            return -1;
    }
    return consume(pcm, plane, f);
}

int pcm_read(struct pcm *pcm, const float *plane[2], struct fault *f)
{
    float *block[2];
    int n = 0;

    while (n == 0 && !pcm->done) {
        block[0] = pcm->out[0];
        block[1] = pcm->out[1];
        n = step(pcm, block, f);
    }
    if (n > 0) {
        clean(block, n);
        plane[0] = block[0];
        plane[1] = block[1];
    }
    return n;
}

const struct input *pcm_input(const struct pcm *pcm)
{
    return pcm->input;
}

void pcm_close(struct pcm **pcm)
{
    if (*pcm == NULL)
        return;
    swr_free(&(*pcm)->swr);
    av_frame_free(&(*pcm)->held);
    input_close(&(*pcm)->input);
    av_freep(pcm);
}
