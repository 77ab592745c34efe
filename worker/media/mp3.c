#include "mp3.h"

#include <stdlib.h>

#include "crew.h"
#include "fdio.h"
#include "mp3_segments.h"

#define CHUNK_FRAMES  2304
#define CODED_BYTES   (CHUNK_FRAMES * 5 / 4 + 7200)     /* LAME's documented worst case */
#define QUALITY       5

/* In one go, or in segments. */
struct mp3 {
    struct mp3_segments *segments;      /* NULL: in one go, with what follows */
    lame_global_flags *lame;
    struct fdio_writer out;
    unsigned char      coded[CODED_BYTES];
};

static void say_nothing(const char *format, va_list args)
{
    (void)format, (void)args;
}

static lame_global_flags *start_scaled(const struct encoder_options *o, float scale)
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
        lame_set_quality(lame, QUALITY);
    }
    lame_set_disable_reservoir(lame, 1);
    lame_set_athaa_type(lame, 0);
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

/* LAME's factor is known only after it has started. */
lame_global_flags *mp3_start(const struct encoder_options *o, float *scale)
{
    lame_global_flags *lame = start_scaled(o, *scale != 0 ? *scale : 1);
    float factor = lame != NULL ? lame_get_scale(lame) : 1;

    if (*scale != 0)
        return lame;
    *scale = factor > 0 ? 1 / factor : 1;
    if (*scale != 1) {
        lame_close(lame);
        lame = start_scaled(o, *scale);
    }
    return lame;
}

static void mp3_close(void *state)
{
    struct mp3 *m = state;

    if (m == NULL)
        return;
    mp3_segments_close(&m->segments);
    if (m->lame != NULL)
        lame_close(m->lame);
    free(m);
}

static int mp3_open(void **state, int fd, const struct encoder_options *o, struct fault *f)
{
    struct mp3 *m = calloc(1, sizeof(*m));
    float scale = 0;

    *state = m;
    if (m == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    if (crew_threads() > 1)
        return mp3_segments_open(&m->segments, fd, o, crew_threads(), MP3_SEGMENT_WARM_UP, f);
    if ((m->lame = mp3_start(o, &scale)) == NULL)
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

    if (m->segments != NULL)
        return mp3_segments_write(m->segments, left, right, frames, f);
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
    unsigned char info[MP3_INFO_BYTES];
    size_t size;

    if (m->segments != NULL)
        return mp3_segments_finish(m->segments, f);
    if (store(m, lame_encode_flush(m->lame, m->coded, CODED_BYTES), f) || fdio_flush(&m->out, f))
        return -1;
    size = lame_get_lametag_frame(m->lame, info, sizeof(info));
    if (size == 0 || size > sizeof(info))
        return fault_set(f, FAULT_SYSTEM, "The MP3 encoder gave no info frame.");
    return fdio_write_at(m->out.fd, 0, info, size, f);
}

const struct encoder_kind mp3_kind = { mp3_open, mp3_write, mp3_finish, mp3_close };
