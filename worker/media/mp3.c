#include "mp3.h"

#include <stdlib.h>

#include <lame/lame.h>

#include "fdio.h"

#define CHUNK_FRAMES  2304
#define CODED_BYTES   (CHUNK_FRAMES * 5 / 4 + 7200)     /* LAME's documented worst case */
#define INFO_BYTES    2880                              /* LAME's MAXFRAMESIZE */

struct mp3 {
    lame_global_flags *lame;
    struct fdio_writer out;
    unsigned char      coded[CODED_BYTES];
};

static void say_nothing(const char *format, va_list args)
{
    (void)format, (void)args;
}

static lame_global_flags *start(const struct encoder_options *o, float scale)
{
    lame_global_flags *lame = lame_init();

    if (lame == NULL)
        return NULL;
    lame_set_errorf(lame, say_nothing);
    lame_set_debugf(lame, say_nothing);
    lame_set_msgf(lame, say_nothing);
    lame_set_num_channels(lame, 2);
    lame_set_in_samplerate(lame, o->rate_hz);
    lame_set_out_samplerate(lame, o->rate_hz);
    lame_set_mode(lame, JOINT_STEREO);
    if (o->vbr_quality >= 0) {
        lame_set_VBR(lame, vbr_default);
        lame_set_VBR_quality(lame, (float)o->vbr_quality);
    } else {
        lame_set_VBR(lame, vbr_off);
        lame_set_brate(lame, o->bitrate_kbps);
    }
    lame_set_bWriteVbrTag(lame, 1);
    lame_set_findReplayGain(lame, 0);
    lame_set_write_id3tag_automatic(lame, 0);
    lame_set_scale(lame, scale);
    if (lame_init_params(lame) < 0) {
        lame_close(lame);
        return NULL;
    }
    return lame;
}

/* Below 320 kbit/s LAME turns the signal down by up to 0.45 dB against clipping. Peaks and
 * loudness are our business here, so its factor, known only after it has started, is undone. */
static lame_global_flags *start_unscaled(const struct encoder_options *o)
{
    lame_global_flags *lame = start(o, 1);
    float scale = lame != NULL ? lame_get_scale(lame) : 1;

    if (scale > 0 && scale != 1) {
        lame_close(lame);
        lame = start(o, 1 / scale);
    }
    return lame;
}

static void mp3_close(void *state)
{
    struct mp3 *m = state;

    if (m != NULL && m->lame != NULL)
        lame_close(m->lame);
    free(m);
}

static int mp3_open(void **state, int fd, const struct encoder_options *o, struct fault *f)
{
    struct mp3 *m = calloc(1, sizeof(*m));

    *state = m;
    if (m == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    if ((m->lame = start_unscaled(o)) == NULL)
        return fault_set(f, FAULT_SYSTEM, "The MP3 encoder cannot be started.");
    return fdio_writer_start(&m->out, fd, f);
}

static int store(struct mp3 *m, int bytes, struct fault *f)
{
    if (bytes < 0)
        return fault_set(f, FAULT_SYSTEM, "The MP3 encoder failed (%d).", bytes);
    return fdio_write(&m->out, m->coded, (size_t)bytes, f);
}

static int mp3_write(void *state, const float *left, const float *right, int frames,
                     struct fault *f)
{
    struct mp3 *m = state;

    for (int at = 0; at < frames; at += CHUNK_FRAMES) {
        int n = frames - at < CHUNK_FRAMES ? frames - at : CHUNK_FRAMES;

        if (store(m, lame_encode_buffer_ieee_float(m->lame, left + at, right + at, n, m->coded,
                                                   CODED_BYTES), f))
            return -1;
    }
    return 0;
}

static int mp3_finish(void *state, struct fault *f)
{
    struct mp3 *m = state;
    unsigned char info[INFO_BYTES];
    size_t size;

    if (store(m, lame_encode_flush(m->lame, m->coded, CODED_BYTES), f) || fdio_flush(&m->out, f))
        return -1;
    size = lame_get_lametag_frame(m->lame, info, sizeof(info));
    if (size == 0 || size > sizeof(info))
        return fault_set(f, FAULT_SYSTEM, "The MP3 encoder gave no info frame.");
    return fdio_write_at(m->out.fd, 0, info, size, f);
}

const struct encoder_kind mp3_kind = { mp3_open, mp3_write, mp3_finish, mp3_close };
