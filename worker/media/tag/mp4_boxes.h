/*
 * mp4_boxes: walking through the boxes of an MP4 file that is in memory. A box that is larger than what it lies in
 * ends the walk: nothing here trusts a length.
 */
#ifndef DUBPLATE_MEDIA_TAG_MP4_BOXES_H
#define DUBPLATE_MEDIA_TAG_MP4_BOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct box {
    const uint8_t *at, *body;       /* borrowed; of its head, and of what it holds */
    size_t         size, body_size; /* with and without the head */
    char           type[5];
};

/* A stretch of boxes, one behind the other. */
struct boxes { const uint8_t *at, *end; };

struct boxes boxes_in(const struct box *box, size_t skip);     /* behind so many bytes of its body */
bool box_next(struct boxes *rest, struct box *box);

/* The first of this type. */
bool box_find(struct boxes in, const char *type, struct box *found);

/* Down through several, from outside to inside, separated by slashes: "mdia/minf/stbl". */
bool box_find_path(struct boxes in, const char *path, struct box *found);

bool box_is(const struct box *box, const char *type);

#endif
