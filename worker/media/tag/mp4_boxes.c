#include "tag/mp4_boxes.h"

#include <string.h>

#include <libavutil/intreadwrite.h>

struct boxes boxes_in(const struct box *box, size_t skip)
{
    if (skip > box->body_size)
        skip = box->body_size;
    return (struct boxes){ box->body + skip, box->body + box->body_size };
}

bool box_next(struct boxes *rest, struct box *box)
{
    const size_t left = (size_t)(rest->end - rest->at);

    if (left < 8)
        return false;
    size_t head = 8;
    uint64_t size = AV_RB32(rest->at);
    if (size == 1 && left >= 16) {
        size = AV_RB64(rest->at + 8);
        head = 16;
    }
    if (size < head || size > left)
        return false;
    *box = (struct box){ .at = rest->at, .body = rest->at + head, .size = (size_t)size,
                         .body_size = (size_t)size - head };
    memcpy(box->type, rest->at + 4, 4);
    rest->at += size;
    return true;
}

bool box_is(const struct box *box, const char *type)
{
    return memcmp(box->type, type, 4) == 0;
}

bool box_find(struct boxes in, const char *type, struct box *found)
{
    while (box_next(&in, found))
        if (box_is(found, type))
            return true;
    return false;
}

bool box_find_path(struct boxes in, const char *path, struct box *found)
{
    for (;; path += 5) {
        if (!box_find(in, path, found))
            return false;
        if (path[4] == '\0')
            return true;
        in = boxes_in(found, 0);
    }
}
