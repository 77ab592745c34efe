#include "encoder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "avencoder.h"
#include "mp3.h"

#define RATE_MIN_HZ 8000

struct format {
    const char                *name;
    const struct encoder_kind *kind;
    const int                 *rates_hz;        /* 0-terminated; NULL: any from RATE_MIN_HZ */
    const int                 *bitrates_kbps;   /* 0-terminated; NULL: the format is lossless */
};

/* Those of MPEG-1 Layer III. The other codecs have more, and nobody misses them. */
static const int rates[] = { 32000, 44100, 48000, 0 };
static const int bitrates[] = { 96, 112, 128, 160, 192, 224, 256, 320, 0 };
static const int opus_rates[] = { 48000, 0 };

static const struct format formats[] = {
    { "mp3",  &mp3_kind,       rates,      bitrates },
    { "m4a",  &avencoder_kind, rates,      bitrates },
    { "ogg",  &avencoder_kind, rates,      bitrates },
    { "opus", &avencoder_kind, opus_rates, bitrates },
    { "flac", &avencoder_kind, NULL,       NULL },
    { "wav",  &avencoder_kind, NULL,       NULL },
};

struct encoder {
    const struct encoder_kind *kind;
    void                      *state;
};

static const struct format *find(const struct encoder_options *o)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (strcmp(formats[i].name, o->format) == 0)
            return &formats[i];
    return NULL;
}

static bool listed(const int *list, int value)
{
    while (*list != 0 && *list != value)
        list++;
    return *list != 0;
}

static bool has_rate(const struct format *format, int rate_hz)
{
    if (format->rates_hz != NULL)
        return listed(format->rates_hz, rate_hz);
    return rate_hz >= RATE_MIN_HZ && rate_hz <= ENCODER_RATE_MAX_HZ;
}

int encoder_check(const struct encoder_options *o, struct fault *f)
{
    const struct format *format = find(o);

    if (format == NULL)
        return fault_set(f, FAULT_INPUT, "output_format is none that is written here.");
    if (o->rate_hz != 0 && !has_rate(format, o->rate_hz))
        return fault_set(f, FAULT_INPUT, "%s has no sample rate of %d Hz here.", format->name,
                         o->rate_hz);
    if (format->bitrates_kbps != NULL && !listed(format->bitrates_kbps, o->bitrate_kbps))
        return fault_set(f, FAULT_INPUT, "%s has no bit rate of %d kbit/s here.", format->name,
                         o->bitrate_kbps);
    if (o->bit_depth_bits != 16 && o->bit_depth_bits != 24)
        return fault_set(f, FAULT_INPUT, "bit_depth_bits must be 16 or 24.");
    return 0;
}

int encoder_rate_hz(const struct encoder_options *o, int source_hz)
{
    const struct format *format = find(o);

    if (has_rate(format, source_hz))
        return source_hz;
    /* 22050 and 88200 belong to 44100: a whole ratio keeps the length exact. */
    return source_hz % 11025 == 0 && has_rate(format, 44100) ? 44100 : 48000;
}

const char *encoder_codec(const struct encoder_options *o)
{
    return find(o)->kind == &mp3_kind ? "mp3" : avencoder_codec(o);
}

bool encoder_is_lossless(const struct encoder_options *o)
{
    return find(o)->bitrates_kbps == NULL;
}

int encoder_kbps(const struct encoder_options *o)
{
    /* Of LAME's qualities, with music. */
    static const int usual[] = { 245, 225, 190, 175, 165, 130, 115, 100, 85, 65 };

    return o->vbr_quality >= 0 ? usual[o->vbr_quality] : o->bitrate_kbps;
}

double encoder_peak_margin_db(const struct encoder_options *o)
{
    static const struct { int kbps; double db; } margins[] = {
        { 320, 0.25 }, { 256, 0.35 }, { 192, 0.5 }, { 128, 1.0 }, { 0, 1.8 },
    };
    int i = 0;

    if (encoder_is_lossless(o))
        return 0.02;    /* the slope of the limiter's curve, and dither */
    while (encoder_kbps(o) < margins[i].kbps)
        i++;
    return margins[i].db;
}

int encoder_open(struct encoder **out, int fd, const struct encoder_options *o, struct fault *f)
{
    struct encoder *e = calloc(1, sizeof(*e));

    *out = e;
    if (e == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    e->kind = find(o)->kind;
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
