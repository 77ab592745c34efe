/*
 * cover: fd 3, a JPEG, PNG, WebP, AVIF or GIF (its first picture) -> fd 4, a square baseline JPEG.
 *
 * Request: max_pixels (1000), the longest edge; a smaller picture is not enlarged. Black bars go
 * (bars.h), and of the rest the middle square is kept, as every player shows it. Transparent parts
 * become white, what a page behind a logo usually is. Quality scale 2 of FFmpeg's encoder, about
 * what others call 90. Format and size are read from the header (picture.h) before a decoder sees
 * the file.
 */
#include "command.h"

#include <stdbool.h>
#include <stddef.h>

#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "bars.h"
#include "fdio.h"
#include "picture.h"
#include "reply.h"
#include "request.h"

#define QUALITY_SCALE 2
#define SCALER (SWS_LANCZOS | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT)

#define AVIF_DECODER "libdav1d"     /* FFmpeg's own needs a graphics card */

/* WebP uses the VP8 decoder without asking. */
static const char decoders[] = "mjpeg,png,gif,webp," AVIF_DECODER;

struct cover_options {
    int max_pixels;
};

static const struct field fields[] = {
    { "max_pixels", FIELD_INT, offsetof(struct cover_options, max_pixels), 16, 4096 },
};

static int out_of_memory(struct fault *f)
{
    return fault_set(f, FAULT_SYSTEM, "Out of memory.");
}

/* Decodes the first picture of `data`. The caller frees *frame. */
static int decode(AVFrame **frame, const struct picture *picture, uint8_t *data, struct fault *f)
{
    const AVCodec *codec = picture->codec == AV_CODEC_ID_AV1 ? avcodec_find_decoder_by_name(AVIF_DECODER)
                                                             : avcodec_find_decoder(picture->codec);
    AVCodecContext *decoder = avcodec_alloc_context3(codec);
    AVPacket *packet = av_packet_alloc();
    int rc = -1;

    *frame = av_frame_alloc();
    if (codec == NULL || decoder == NULL || packet == NULL || *frame == NULL) {
        out_of_memory(f);
        goto out;
    }
    decoder->thread_count = 1;
    decoder->max_pixels = PICTURE_PIXELS_MAX;
    decoder->codec_whitelist = av_strdup(decoders);
    packet->data = data + picture->at;      /* borrowed: the decoder copies what it keeps */
    packet->size = (int)picture->size;
    packet->flags = AV_PKT_FLAG_KEY;
    if (avcodec_open2(decoder, codec, NULL) < 0 || avcodec_send_packet(decoder, packet) < 0 ||
        avcodec_send_packet(decoder, NULL) < 0 || avcodec_receive_frame(decoder, *frame) < 0) {
        fault_set(f, FAULT_BAD_MEDIA, "The picture is damaged.");
        goto out;
    }
    rc = 0;
out:
    av_packet_free(&packet);
    avcodec_free_context(&decoder);
    return rc;
}

static int crop(AVFrame *frame, const struct area *to, struct fault *f)
{
    frame->crop_left = (size_t)to->left;
    frame->crop_right = (size_t)(frame->width - to->left - to->width);
    frame->crop_top = (size_t)to->top;
    frame->crop_bottom = (size_t)(frame->height - to->top - to->height);
    if (av_frame_apply_cropping(frame, AV_FRAME_CROP_UNALIGNED) < 0)
        return fault_set(f, FAULT_BAD_MEDIA, "The picture cannot be cropped.");
    return 0;
}

/* A new frame of this size in `format` with the contents of `from`. */
static int convert(AVFrame **to, const AVFrame *from, int width, int height, enum AVPixelFormat format,
                   struct fault *f)
{
    struct SwsContext *sws = NULL;
    AVFrame *out = av_frame_alloc();
    int rc = -1;

    *to = out;
    if (out == NULL)
        return out_of_memory(f);
    out->width = width;
    out->height = height;
    out->format = format;
    if (av_frame_get_buffer(out, 0) < 0) {
        out_of_memory(f);
        goto done;
    }
    sws = sws_getContext(from->width, from->height, from->format, width, height, format, SCALER, NULL,
                         NULL, NULL);
    if (sws == NULL || sws_scale(sws, (const uint8_t *const *)from->data, from->linesize, 0,
                                 from->height, out->data, out->linesize) != height) {
        fault_set(f, FAULT_BAD_MEDIA, "The picture cannot be converted.");
        goto done;
    }
    rc = 0;
done:
    sws_freeContext(sws);
    return rc;
}

static bool has_alpha(const AVFrame *frame)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(frame->format);

    return format != NULL && (format->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0;
}

static void blend_onto_white(AVFrame *rgba)
{
    for (int y = 0; y < rgba->height; y++) {
        uint8_t *p = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0];

        for (int x = 0; x < rgba->width; x++, p += 4)
            for (int c = 0; c < 3; c++)
                p[c] = (uint8_t)((p[c] * p[3] + 255 * (255 - p[3]) + 127) / 255);
    }
}

/* Replaces a frame with transparency by one without, at its own size. */
static int flatten(AVFrame **frame, struct fault *f)
{
    AVFrame *flat = NULL;

    if (!has_alpha(*frame))
        return 0;
    if (convert(&flat, *frame, (*frame)->width, (*frame)->height, AV_PIX_FMT_RGBA, f)) {
        av_frame_free(&flat);
        return -1;
    }
    blend_onto_white(flat);
    av_frame_free(frame);
    *frame = flat;
    return 0;
}

/* The middle square of what is inside of the bars. */
static int crop_square(AVFrame *frame, struct fault *f)
{
    AVFrame *luma = NULL;
    struct area a;
    int rc = convert(&luma, frame, frame->width, frame->height, AV_PIX_FMT_GRAY8, f);

    if (rc == 0) {
        a = bars_inside(luma->data[0], luma->linesize[0], luma->width, luma->height);
        const int edge = a.width < a.height ? a.width : a.height;
        a = (struct area){ a.left + (a.width - edge) / 2, a.top + (a.height - edge) / 2, edge, edge };
        rc = crop(frame, &a, f);
    }
    av_frame_free(&luma);
    return rc;
}

static int encode(AVFrame *frame, struct fault *f)
{
    AVCodecContext *encoder = avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_MJPEG));
    AVPacket *packet = av_packet_alloc();
    int rc = -1;

    if (encoder == NULL || packet == NULL) {
        out_of_memory(f);
        goto out;
    }
    encoder->width = frame->width;
    encoder->height = frame->height;
    encoder->pix_fmt = frame->format;
    encoder->color_range = AVCOL_RANGE_JPEG;
    encoder->time_base = (AVRational){ 1, 1 };
    encoder->thread_count = 1;
    encoder->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT; /* no version comment inside */
    encoder->global_quality = frame->quality = QUALITY_SCALE * FF_QP2LAMBDA;
    frame->pts = 0;
    if (avcodec_open2(encoder, NULL, NULL) < 0 || avcodec_send_frame(encoder, frame) < 0 ||
        avcodec_send_frame(encoder, NULL) < 0 || avcodec_receive_packet(encoder, packet) < 0) {
        fault_set(f, FAULT_SYSTEM, "The JPEG encoder failed.");
        goto out;
    }
    rc = fdio_write_at(FD_OUTPUT, 0, packet->data, (size_t)packet->size, f);
out:
    av_packet_free(&packet);
    avcodec_free_context(&encoder);
    return rc;
}

int cover_run(const cJSON *request, cJSON *result, struct fault *f)
{
    struct cover_options o = { .max_pixels = 1000 };
    struct picture picture;
    AVFrame *frame = NULL, *square = NULL;
    uint8_t *data = NULL;
    size_t size;
    int edge, rc = -1;

    if (request_parse(request, fields, sizeof(fields) / sizeof(fields[0]), &o, f) ||
        fdio_read_all(FD_INPUT, PICTURE_BYTES_MAX, &data, &size, f) ||
        picture_probe(&picture, data, size, f) || decode(&frame, &picture, data, f) ||
        flatten(&frame, f) || crop_square(frame, f))
        goto out;
    edge = frame->width < o.max_pixels ? frame->width : o.max_pixels;
    if (convert(&square, frame, edge, edge, AV_PIX_FMT_YUVJ420P, f) || encode(square, f))
        goto out;
    reply_add_number(result, "width", edge, 0);
    reply_add_number(result, "height", edge, 0);
    reply_add_number(result, "size_bytes", (double)fdio_size(FD_OUTPUT), 0);
    rc = 0;
out:
    av_frame_free(&square);
    av_frame_free(&frame);
    av_free(data);
    return rc;
}
