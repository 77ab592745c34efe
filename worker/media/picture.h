/*
 * picture: what the first bytes of an image file say, before anything decodes it.
 */
#ifndef DUBPLATE_MEDIA_PICTURE_H
#define DUBPLATE_MEDIA_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include <libavcodec/codec_id.h>

#include "fault.h"

#define PICTURE_BYTES_MAX  (10 << 20)
#define PICTURE_PIXELS_MAX 25000000

struct picture {
    enum AVCodecID codec;           /* MJPEG, PNG, WEBP, GIF or AV1 (an AVIF file) */
    int width, height; /* of the canvas; 1 to 65535 each, product within PICTURE_PIXELS_MAX */
    size_t at, size;                /* of what a decoder takes */
};

/* FAULT_BAD_MEDIA if it is none of the five, is cut off before its dimensions, or is too large. */
int picture_probe(struct picture *picture, const uint8_t *data, size_t size, struct fault *f);

#endif
