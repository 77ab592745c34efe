/*
 * bars: the black bars around a picture, as YouTube's thumbnails have them above and below (a wide picture in 4:3) or
 * at both sides (an old or a standing one in 16:9).
 *
 * Much music has dark covers, so a dark edge alone is no bar. Bars lie on both sides and are as wide as each other;
 * and either they end sharply, or what they leave has a usual shape. A square picture has none: it was made a cover.
 */
#ifndef DUBPLATE_MEDIA_BARS_H
#define DUBPLATE_MEDIA_BARS_H

#include <stddef.h>
#include <stdint.h>

struct area { int left, top, width, height; };

/* What is left of a picture of 8-bit luma without them: all of it, if there are none. */
struct area bars_inside(const uint8_t *luma, ptrdiff_t stride, int width, int height);

#endif
