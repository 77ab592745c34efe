#include "avencoder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>

#include "dither.h"
#include "muxer.h"

#define BLOCK_FRAMES 4096       /* for codecs that take any number */

/* How floats become what the codec takes. */
static void to_planes(struct dither *d, const float *left, const float *right, int n, AVFrame *to)
{
    (void)d;
    memcpy(to->data[0], left, (size_t)n * sizeof(float));
    memcpy(to->data[1], right, (size_t)n * sizeof(float));
}

static void to_pairs(struct dither *d, const float *left, const float *right, int n, AVFrame *to)
{
    float *out = (float *)to->data[0];

    (void)d;
    for (int i = 0; i < n; i++) {
        out[2 * i] = left[i];
        out[2 * i + 1] = right[i];
    }
}

static void to_16_bits(struct dither *d, const float *left, const float *right, int n, AVFrame *to)
{
    dither_to_16(d, left, right, n, (int16_t *)to->data[0]);
}

static int32_t round_to_24(float x)
{
    return (int32_t)lrintf(fminf(fmaxf(x * 0x1p23f, -0x1p23f), 0x1p23f - 1)) * 256;
}

/* What rounding to 24 bits loses, nobody hears. */
static void to_24_bits(struct dither *d, const float *left, const float *right, int n, AVFrame *to)
{
    int32_t *out = (int32_t *)to->data[0];

    (void)d;
    for (int i = 0; i < n; i++) {
        out[2 * i] = round_to_24(left[i]);
        out[2 * i + 1] = round_to_24(right[i]);
    }
}

struct recipe {
    const char         *format, *muxer, *codec;     /* codec: libavcodec's encoder */
    enum AVSampleFormat samples;
    void              (*convert)(struct dither *d, const float *left, const float *right, int n,
                                 AVFrame *to);
    int                 bits;           /* of a lossless row; 0: the codec is lossy */
    const char         *option;         /* of the muxer; a value of NULL stands for the rate */
    const char         *value;
};

static const struct recipe recipes[] = {
    /* Without the option an edit list counts in milliseconds, and the end is not exact. */
    { "m4a",  "ipod", "aac",       AV_SAMPLE_FMT_FLTP, to_planes,  0,  "movie_timescale", NULL },
    /* Pages are ten a second, as libogg's. */
    { "ogg",  "ogg",  "libvorbis", AV_SAMPLE_FMT_FLTP, to_planes,  0,  "page_duration", "100000" },
    { "opus", "opus", "libopus",   AV_SAMPLE_FMT_FLT,  to_pairs,   0,  NULL, NULL },
    { "flac", "flac", "flac",      AV_SAMPLE_FMT_S16,  to_16_bits, 16, NULL, NULL },
    { "flac", "flac", "flac",      AV_SAMPLE_FMT_S32,  to_24_bits, 24, NULL, NULL },
    /* Beyond 4 GB, which 24 bits reach in four hours, it becomes an RF64 file. */
    { "wav",  "wav",  "pcm_s16le", AV_SAMPLE_FMT_S16,  to_16_bits, 16, "rf64", "auto" },
    { "wav",  "wav",  "pcm_s24le", AV_SAMPLE_FMT_S32,  to_24_bits, 24, "rf64", "auto" },
};

static const struct recipe *recipe_of(const struct encoder_options *o)
{
    const struct recipe *r = recipes;

    while (strcmp(r->format, o->format) != 0 || (r->bits != 0 && r->bits != o->bit_depth_bits))
        r++;
    return r;
}

const char *avencoder_codec(const struct encoder_options *o)
{
    return avcodec_get_name(avcodec_find_encoder_by_name(recipe_of(o)->codec)->id);
}

struct avencoder {
    const struct recipe *recipe;
    struct muxer        *muxer;
    AVStream            *stream;
    AVCodecContext      *codec;
    AVPacket            *packet;
    int64_t              packets;
    AVFrame             *frame;
    struct dither        dither;
    int64_t              frames;        /* given to the codec */
    int                  block, used;   /* frames of a block, and how many of them have come */
    float               *plane[2];
};

static void avencoder_close(void *state)
{
    struct avencoder *e = state;

    if (e == NULL)
        return;
    avcodec_free_context(&e->codec);
    av_packet_free(&e->packet);
    av_frame_free(&e->frame);
    muxer_close(&e->muxer);
    free(e->plane[0]);
    free(e->plane[1]);
    free(e);
}

/* Vorbis has qualities of its own, whose bit rates are those that LAME's usually take. Opus exceeds
 * a bit rate by a quarter with dense music, unless it is told that it is one. */
static void set_quality(AVCodecContext *codec, const struct encoder_options *o)
{
    static const double vorbis[] = { 8, 7.5, 6, 5.5, 5, 4, 3, 2, 1, 0 };

    codec->bit_rate = (int64_t)encoder_kbps(o) * 1000;
    if (codec->codec_id == AV_CODEC_ID_OPUS && o->vbr_quality < 0)
        av_opt_set(codec->priv_data, "vbr", "constrained", 0);
    if (codec->codec_id != AV_CODEC_ID_VORBIS || o->vbr_quality < 0)
        return;
    codec->flags |= AV_CODEC_FLAG_QSCALE;
    codec->global_quality = (int)(vorbis[o->vbr_quality] * FF_QP2LAMBDA);
}

static int open_codec(struct avencoder *e, const struct encoder_options *o)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(e->recipe->codec);
    AVCodecContext *c = e->codec = avcodec_alloc_context3(codec);

    if (c == NULL)
        return -1;
    c->sample_fmt = e->recipe->samples;
    c->bits_per_raw_sample = e->recipe->bits;
    c->sample_rate = o->rate_hz;
    c->time_base = (AVRational){ 1, o->rate_hz };
    c->flags |= AV_CODEC_FLAG_BITEXACT;
    c->thread_count = 1;
    av_channel_layout_default(&c->ch_layout, 2);
    if (e->recipe->bits == 0)
        set_quality(c, o);
    if (muxer_context(e->muxer)->oformat->flags & AVFMT_GLOBALHEADER)
        c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    return avcodec_open2(c, codec, NULL);
}

static int open_stream(struct avencoder *e)
{
    e->stream = avformat_new_stream(muxer_context(e->muxer), NULL);
    if (e->stream == NULL)
        return -1;
    e->stream->time_base = e->codec->time_base;
    return avcodec_parameters_from_context(e->stream->codecpar, e->codec);
}

static int open_buffers(struct avencoder *e)
{
    bool any = (e->codec->codec->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE) != 0;

    e->block = any || e->codec->frame_size == 0 ? BLOCK_FRAMES : e->codec->frame_size;
    e->plane[0] = calloc((size_t)e->block, sizeof(float));
    e->plane[1] = calloc((size_t)e->block, sizeof(float));
    e->packet = av_packet_alloc();
    e->frame = av_frame_alloc();
    return e->plane[0] && e->plane[1] && e->packet && e->frame ? 0 : -1;
}

static int avencoder_open(void **state, int fd, const struct encoder_options *o, struct fault *f)
{
    struct avencoder *e = calloc(1, sizeof(*e));
    char rate[16];

    *state = e;
    if (e == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    e->recipe = recipe_of(o);
    dither_start(&e->dither);
    if (muxer_open(&e->muxer, e->recipe->muxer, fd, f))
        return -1;
    if (open_codec(e, o) < 0 || open_stream(e) < 0 || open_buffers(e))
        return fault_set(f, FAULT_SYSTEM, "The %s encoder cannot be started.", e->recipe->codec);
    snprintf(rate, sizeof(rate), "%d", o->rate_hz);
    return muxer_start(e->muxer, e->recipe->option, e->recipe->value ? e->recipe->value : rate, f);
}

/* Everything that the codec has ready goes to the file. */
static int take_packets(struct avencoder *e, struct fault *f)
{
    int rc;

    while ((rc = avcodec_receive_packet(e->codec, e->packet)) >= 0) {
        av_packet_rescale_ts(e->packet, e->codec->time_base, e->stream->time_base);
        e->packet->stream_index = e->stream->index;
        if (muxer_add(e->muxer, e->packet, f))
            return -1;
        /* FFmpeg mistakes the length of a Vorbis file whose samples are all on one page. */
        if (e->codec->codec_id == AV_CODEC_ID_VORBIS && e->packets++ == 0 && muxer_flush(e->muxer, f))
            return -1;
    }
    if (rc != AVERROR(EAGAIN) && rc != AVERROR_EOF)
        return fault_set(f, FAULT_SYSTEM, "The %s encoder failed.", e->recipe->codec);
    return 0;
}

/* The block to the codec; at the end it may be a short one. */
static int encode_block(struct avencoder *e, struct fault *f)
{
    AVFrame *frame = e->frame;
    int rc;

    frame->nb_samples = e->used;
    frame->format = e->recipe->samples;
    frame->sample_rate = e->codec->sample_rate;
    frame->pts = e->frames;
    if (av_channel_layout_copy(&frame->ch_layout, &e->codec->ch_layout) < 0 ||
        av_frame_get_buffer(frame, 0) < 0)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    e->recipe->convert(&e->dither, e->plane[0], e->plane[1], e->used, frame);
    e->frames += e->used;
    e->used = 0;
    rc = avcodec_send_frame(e->codec, frame);
    av_frame_unref(frame);
    if (rc < 0)
        return fault_set(f, FAULT_SYSTEM, "The %s encoder failed.", e->recipe->codec);
    return take_packets(e, f);
}

static int avencoder_write(void *state, const float *left, const float *right, int frames,
                           struct fault *f)
{
    struct avencoder *e = state;

    while (frames > 0) {
        int n = e->block - e->used < frames ? e->block - e->used : frames;

        memcpy(e->plane[0] + e->used, left, (size_t)n * sizeof(float));
        memcpy(e->plane[1] + e->used, right, (size_t)n * sizeof(float));
        e->used += n;
        if (e->used == e->block && encode_block(e, f))
            return -1;
        left += n;
        right += n;
        frames -= n;
    }
    return 0;
}

static int avencoder_finish(void *state, struct fault *f)
{
    struct avencoder *e = state;

    if (e->used > 0 && encode_block(e, f))
        return -1;
    if (avcodec_send_frame(e->codec, NULL) < 0)
        return fault_set(f, FAULT_SYSTEM, "The %s encoder failed.", e->recipe->codec);
    return take_packets(e, f) ? -1 : muxer_finish(e->muxer, f);
}

const struct encoder_kind avencoder_kind = {
    avencoder_open, avencoder_write, avencoder_finish, avencoder_close,
};
