#include "waveform.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "json.h"

#define HEAD_BYTES     24
#define LOUDNESS_BYTES 8        /* before its values */
#define SCALE_LUFS     48       /* from the top of the picture to its bottom */

static int64_t read_u32(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return b[0] | (int64_t)b[1] << 8 | (int64_t)b[2] << 16 | (int64_t)b[3] << 24;
}

int waveform_read(struct waveform *w, const char *bytes, size_t size, struct err *e)
{
    const int64_t n = (int64_t)size;

    memset(w, 0, sizeof *w);
    if (n < HEAD_BYTES || n > WAVEFORM_BYTES_MAX || read_u32(bytes) != 2 || read_u32(bytes + 4) != 1 ||
        read_u32(bytes + 20) != 1)
        return err_set(e, ERR_SYSTEM, "this is no waveform");
    w->sample_rate_hz = read_u32(bytes + 8);
    w->samples_per_pixel = read_u32(bytes + 12);
    w->pairs = read_u32(bytes + 16);
    const int64_t at = HEAD_BYTES + 2 * w->pairs;
    if (w->sample_rate_hz == 0 || w->samples_per_pixel == 0 || n < at + LOUDNESS_BYTES)
        return err_set(e, ERR_SYSTEM, "the waveform is damaged");
    w->step_ms = read_u32(bytes + at);
    w->values = read_u32(bytes + at + 4);
    if (w->step_ms == 0 || n != at + LOUDNESS_BYTES + w->values)
        return err_set(e, ERR_SYSTEM, "the waveform is damaged");
    for (int64_t i = 0; i < w->pairs; i++) {
        w->low[i] = (int8_t)bytes[HEAD_BYTES + 2 * i];
        w->high[i] = (int8_t)bytes[HEAD_BYTES + 2 * i + 1];
    }
    memcpy(w->loudness, bytes + at + LOUDNESS_BYTES, (size_t)w->values);
    return 0;
}

/* NAN for next to silence. */
static double lufs_at(const struct waveform *w, int64_t i)
{
    return w->loudness[i] ? (double)w->loudness[i] / 4 - 60 : (double)NAN;
}

static void add_number(cJSON *array, double value)
{
    cJSON_AddItemToArray(array, isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull());
}

cJSON *waveform_json(const struct waveform *w)
{
    cJSON *o = cJSON_CreateObject();

    json_put_int(o, "version", 2);
    json_put_int(o, "channels", 1);
    json_put_int(o, "sample_rate", w->sample_rate_hz);
    json_put_int(o, "samples_per_pixel", w->samples_per_pixel);
    json_put_int(o, "bits", 8);
    json_put_int(o, "length", w->pairs);
    cJSON *data = json_put_array(o, "data");
    for (int64_t i = 0; i < w->pairs; i++) {
        add_number(data, w->low[i]);
        add_number(data, w->high[i]);
    }
    cJSON *loudness = json_put_object(o, "loudness");
    json_put_number(loudness, "step_seconds", (double)w->step_ms / 1000);
    cJSON *lufs = json_put_array(loudness, "lufs");
    for (int64_t i = 0; i < w->values; i++)
        add_number(lufs, lufs_at(w, i));
    return o;
}

/* Text between tags. What XML 1.0 cannot hold, and what is no text, goes. */
static void add_text(struct buf *out, const char *text)
{
    static const struct { char c; const char *as; } names[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" } };
    size_t left = strlen(text), n;
    uint32_t cp;

    for (; left; text += n, left -= n) {
        const char *as = NULL;

        if ((n = utf8_next(text, left, &cp)) == 0) {
            n = 1;
            continue;
        }
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (*text == names[i].c)
                as = names[i].as;
        if (as)
            buf_printf(out, "%s", as);
        else if (!utf8_is_control(cp) && !utf8_is_noncharacter(cp))
            buf_add(out, text, n);
    }
}

/* Along the highest samples and back along the lowest; silence is a line one unit thick. */
static void add_outline(struct buf *out, const struct waveform *w)
{
    if (w->pairs == 0)
        return;
    buf_printf(out, "<path fill=\"#b4b8c0\" d=\"M0 %.1f", 127.5 - w->high[0]);
    for (int64_t i = 0; i < w->pairs; i++)
        buf_printf(out, "L%lld.5 %.1f", (long long)i, 127.5 - w->high[i]);
    buf_printf(out, "H%lld", (long long)w->pairs);
    for (int64_t i = w->pairs - 1; i >= 0; i--)
        buf_printf(out, "L%lld.5 %.1f", (long long)i, 128.5 - w->low[i]);
    buf_printf(out, "L0 %.1fz\"/>", 128.5 - w->low[0]);
}

/* Interrupted where there is silence. */
static void add_loudness(struct buf *out, const struct waveform *w)
{
    const double per_step = (double)w->step_ms / 1000 * (double)w->sample_rate_hz / (double)w->samples_per_pixel;
    bool drawing = false;

    buf_printf(out, "<path fill=\"none\" stroke=\"#ffb347\" stroke-width=\"2\" stroke-linejoin=\"round\""
                    " vector-effect=\"non-scaling-stroke\" d=\"");
    for (int64_t i = 0; i < w->values; i++) {
        const double lufs = lufs_at(w, i);

        if (isfinite(lufs))
            buf_printf(out, "%s%.1f %.1f", drawing ? "L" : "M", fmin(((double)i + 0.5) * per_step, (double)w->pairs),
                       256 * fmin(fmax(-lufs / SCALE_LUFS, 0), 1));
        drawing = isfinite(lufs);
    }
    buf_printf(out, "\"/>");
}

void waveform_svg(const struct waveform *w, const char *title, struct buf *out)
{
    buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"160\" viewBox=\"0 0 %lld 256\""
                    " preserveAspectRatio=\"none\" role=\"img\"><title>", (long long)(w->pairs ? w->pairs : 1));
    add_text(out, title);
    buf_printf(out, "</title><path fill=\"#0d0e11\" d=\"M0 0H%lldV256H0z\"/>", (long long)(w->pairs ? w->pairs : 1));
    add_outline(out, w);
    add_loudness(out, w);
    buf_printf(out, "</svg>\n");
}
