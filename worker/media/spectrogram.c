#include "spectrogram.h"

#include <math.h>

#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>

#include "fdio.h"

#define FLOOR_DB (-100.0)
#define LEVELS   128        /* 0.8 dB each: nobody sees less, and the file is a quarter smaller */

/* From black over violet and red to yellow, evenly in lightness. */
static const struct { int at, red, green, blue; } stops[] = {
    { 0, 0, 0, 4 },         { 16, 22, 11, 57 },    { 32, 66, 10, 104 },  { 48, 106, 23, 110 },
    { 64, 147, 38, 103 },   { 80, 188, 55, 84 },   { 96, 221, 81, 58 },  { 112, 246, 141, 25 },
    { 127, 252, 255, 164 },
};

static void make_palette(uint32_t *palette)
{
    int s = 0;

    for (int i = 0; i < AVPALETTE_COUNT; i++) {
        int level = i < LEVELS ? i : LEVELS - 1;

        if (level > stops[s + 1].at)
            s++;
        int part = level - stops[s].at, whole = stops[s + 1].at - stops[s].at;
        uint32_t red = (uint32_t)(stops[s].red + (stops[s + 1].red - stops[s].red) * part / whole);
        uint32_t green =
            (uint32_t)(stops[s].green + (stops[s + 1].green - stops[s].green) * part / whole);
        uint32_t blue =
            (uint32_t)(stops[s].blue + (stops[s + 1].blue - stops[s].blue) * part / whole);

        palette[i] = 0xff000000U | red << 16 | green << 8 | blue;
    }
}

static uint8_t level_of(float power, double gain_db)
{
    double db = power > 0 ? 10 * log10((double)power) + gain_db : FLOOR_DB;
    double level = (db / -FLOOR_DB + 1) * (LEVELS - 1);

    return (uint8_t)lround(fmin(fmax(level, 0), LEVELS - 1));
}

static void draw(AVFrame *frame, const struct spectrum *s, int64_t from, int64_t to, double gain_db)
{
    float powers[SPECTRUM_BANDS];

    for (int x = 0; x < SPECTROGRAM_WIDTH; x++) {
        spectrum_part(s, from, to, x, SPECTROGRAM_WIDTH, powers);
        for (int b = 0; b < SPECTRUM_BANDS; b++)
            frame->data[0][(SPECTRUM_BANDS - 1 - b) * frame->linesize[0] + x] =
                level_of(powers[b], gain_db);
    }
    make_palette((uint32_t *)(void *)frame->data[1]);
}

static int encode(int fd, AVCodecContext *encoder, AVFrame *frame, AVPacket *packet,
                  struct fault *f)
{
    encoder->width = frame->width;
    encoder->height = frame->height;
    encoder->pix_fmt = frame->format;
    encoder->time_base = (AVRational){ 1, 1 };
    encoder->thread_count = 1;
    encoder->flags |= AV_CODEC_FLAG_BITEXACT;
    if (avcodec_open2(encoder, NULL, NULL) < 0 || avcodec_send_frame(encoder, frame) < 0 ||
        avcodec_send_frame(encoder, NULL) < 0 || avcodec_receive_packet(encoder, packet) < 0)
        return fault_set(f, FAULT_SYSTEM, "The PNG encoder failed.");
    return fdio_write_at(fd, 0, packet->data, (size_t)packet->size, f);
}

int spectrogram_write(int fd, const struct spectrum *s, int64_t from, int64_t to, double gain_db,
                      struct fault *f)
{
    AVCodecContext *encoder = avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_PNG));
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    int rc = -1;

    if (encoder == NULL || packet == NULL || frame == NULL) {
        fault_set(f, FAULT_SYSTEM, "Out of memory.");
        goto out;
    }
    frame->format = AV_PIX_FMT_PAL8;
    frame->width = SPECTROGRAM_WIDTH;
    frame->height = SPECTRUM_BANDS;
    if (av_frame_get_buffer(frame, 0) < 0) {
        fault_set(f, FAULT_SYSTEM, "Out of memory.");
        goto out;
    }
    draw(frame, s, from, to, gain_db);
    rc = encode(fd, encoder, frame, packet, f);
out:
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&encoder);
    return rc;
}
