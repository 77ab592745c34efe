#include "picture.h"

#include <stdbool.h>
#include <string.h>

#include <libavutil/intreadwrite.h>

#include "avif.h"

static bool starts_with(const uint8_t *data, size_t size, const char *magic, size_t length)
{
    return size >= length && memcmp(data, magic, length) == 0;
}

/* T.81: markers with lengths up to the first SOFn; C4, C8 and CC are in that range but are not
 * frames. */
static bool jpeg_size(struct picture *p, const uint8_t *data, size_t size)
{
    size_t at = 2;

    while (at + 4 <= size) {
        uint8_t marker = data[at + 1];

        if (data[at] != 0xff)
            return false;
        if (marker == 0xff) {       /* fill byte */
            at++;
            continue;
        }
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
            marker != 0xcc) {
            if (at + 9 > size)
                return false;
            p->height = AV_RB16(data + at + 5);
            p->width = AV_RB16(data + at + 7);
            return true;
        }
        if (marker == 0xd9 || marker == 0xda)
            return false;
        at += marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)
                  ? 2
                  : 2 + (size_t)AV_RB16(data + at + 2);
    }
    return false;
}

static bool png_size(struct picture *p, const uint8_t *data, size_t size)
{
    if (size < 24 || memcmp(data + 12, "IHDR", 4) != 0 || AV_RB32(data + 16) > 65535 ||
        AV_RB32(data + 20) > 65535)
        return false;
    p->width = (int)AV_RB32(data + 16);
    p->height = (int)AV_RB32(data + 20);
    return true;
}

static bool gif_size(struct picture *p, const uint8_t *data, size_t size)
{
    if (size < 10)
        return false;
    p->width = AV_RL16(data + 6);
    p->height = AV_RL16(data + 8);
    return true;
}

/* The three first chunks that a WebP file can have (RFC 9649). */
static bool webp_size(struct picture *p, const uint8_t *data, size_t size)
{
    if (size < 30)
        return false;
    if (memcmp(data + 12, "VP8X", 4) == 0) {
        p->width = (int)AV_RL24(data + 24) + 1;
        p->height = (int)AV_RL24(data + 27) + 1;
    } else if (memcmp(data + 12, "VP8L", 4) == 0) {
        uint32_t bits = AV_RL32(data + 21);

        p->width = (int)(bits & 0x3fff) + 1;
        p->height = (int)(bits >> 14 & 0x3fff) + 1;
    } else if (memcmp(data + 12, "VP8 ", 4) == 0) {
        p->width = AV_RL16(data + 26) & 0x3fff;
        p->height = AV_RL16(data + 28) & 0x3fff;
    } else {
        return false;
    }
    return true;
}

static bool avif_size(struct picture *p, const uint8_t *data, size_t size)
{
    uint32_t width, height;

    if (!avif_find(data, size, &p->at, &p->size, &width, &height) || width > 65535 || height > 65535)
        return false;
    p->width = (int)width;
    p->height = (int)height;
    return true;
}

int picture_probe(struct picture *p, const uint8_t *data, size_t size, struct fault *f)
{
    bool known = false;

    *p = (struct picture){ .size = size };
    if (starts_with(data, size, "\xff\xd8\xff", 3)) {
        p->codec = AV_CODEC_ID_MJPEG;
        known = jpeg_size(p, data, size);
    } else if (starts_with(data, size, "\x89PNG\r\n\x1a\n", 8)) {
        p->codec = AV_CODEC_ID_PNG;
        known = png_size(p, data, size);
    } else if (starts_with(data, size, "GIF87a", 6) || starts_with(data, size, "GIF89a", 6)) {
        p->codec = AV_CODEC_ID_GIF;
        known = gif_size(p, data, size);
    } else if (starts_with(data, size, "RIFF", 4) && size >= 16 &&
               memcmp(data + 8, "WEBP", 4) == 0) {
        p->codec = AV_CODEC_ID_WEBP;
        known = webp_size(p, data, size);
    } else if (avif_is(data, size)) {
        p->codec = AV_CODEC_ID_AV1;
        known = avif_size(p, data, size);
    } else {
        return fault_set(f, FAULT_BAD_MEDIA, "The picture is not JPEG, PNG, WebP, GIF or AVIF.");
    }
    if (!known || p->width < 1 || p->height < 1)
        return fault_set(f, FAULT_BAD_MEDIA, "The picture is damaged: it has no dimensions.");
    if ((int64_t)p->width * p->height > PICTURE_PIXELS_MAX)
        return fault_set(f, FAULT_BAD_MEDIA, "The picture is too large: %d x %d.", p->width,
                         p->height);
    return 0;
}
