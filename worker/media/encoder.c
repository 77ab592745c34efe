#include "encoder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mp3.h"

#define LIST_MAX 16

struct encoder_format {
    const char                *name, *codec;
    const struct encoder_kind *kind;
    bool                       lossless;
    int rates_hz[LIST_MAX];         /* 0-terminated, like the next */
    int bitrates_kbps[LIST_MAX];
};

static const struct encoder_format formats[] = {
    { "mp3", "mp3", &mp3_kind, false, { 32000, 44100, 48000 },
      { 96, 112, 128, 160, 192, 224, 256, 320 } },
};

struct encoder {
    const struct encoder_kind *kind;
    void                      *state;
};

const struct encoder_format *encoder_format(const char *name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

const char *encoder_codec(const struct encoder_format *format, const struct encoder_options *o)
{
    (void)o;
    return format->codec;
}

bool encoder_is_lossless(const struct encoder_format *format)
{
    return format->lossless;
}

static bool listed(const int *list, int value)
{
    while (*list != 0 && *list != value)
        list++;
    return *list != 0;
}

int encoder_check(const struct encoder_format *format, const struct encoder_options *o,
                  struct fault *f)
{
    if (o->rate_hz != 0 && !listed(format->rates_hz, o->rate_hz))
        return fault_set(f, FAULT_INPUT, "%s has no sample rate of %d Hz here.", format->name,
                         o->rate_hz);
    if (!format->lossless && !listed(format->bitrates_kbps, o->bitrate_kbps))
        return fault_set(f, FAULT_INPUT, "%s has no bit rate of %d kbit/s here.", format->name,
                         o->bitrate_kbps);
    if (o->bit_depth_bits != 16 && o->bit_depth_bits != 24)
        return fault_set(f, FAULT_INPUT, "bit_depth_bits must be 16 or 24.");
    return 0;
}

int encoder_rate_hz(const struct encoder_format *format, int source_hz)
{
    if (listed(format->rates_hz, source_hz))
        return source_hz;
    /* 22050 and 88200 belong to 44100: a whole ratio keeps the length exact. */
    return source_hz % 11025 == 0 && listed(format->rates_hz, 44100) ? 44100 : 48000;
}

double encoder_peak_margin_db(const struct encoder_format *format, const struct encoder_options *o)
{
    static const struct { int kbps; double db; } margins[] = {
        { 320, 0.25 }, { 256, 0.35 }, { 192, 0.5 }, { 128, 1.0 }, { 0, 1.8 },
    };
    /* The usual bit rate of LAME's qualities. */
    static const int vbr_kbps[] = { 245, 225, 190, 175, 165, 130, 115, 100, 85, 65 };
    int kbps = o->vbr_quality >= 0 ? vbr_kbps[o->vbr_quality] : o->bitrate_kbps, i = 0;

    if (format->lossless)
        return 0.02;    /* the slope of the limiter's curve, and dither */
    while (kbps < margins[i].kbps)
        i++;
    return margins[i].db;
}

int encoder_open(struct encoder **out, const struct encoder_format *format, int fd,
                 const struct encoder_options *o, struct fault *f)
{
    struct encoder *e = calloc(1, sizeof(*e));

    *out = e;
    if (e == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    e->kind = format->kind;
    if (e->kind->open(&e->state, fd, o, f)) {
        encoder_close(out);
        return -1;
    }
    return 0;
}

int encoder_write(struct encoder *e, const float *left, const float *right, int frames,
                  struct fault *f)
{
    return e->kind->write(e->state, left, right, frames, f);
}

int encoder_finish(struct encoder *e, struct fault *f)
{
    return e->kind->finish(e->state, f);
}

void encoder_close(struct encoder **e)
{
    if (*e == NULL)
        return;
    (*e)->kind->close((*e)->state);
    free(*e);
    *e = NULL;
}
