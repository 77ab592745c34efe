#include "avif.h"

#include <string.h>

#include <libavutil/intreadwrite.h>

#include "tag/mp4_boxes.h"

bool avif_is(const uint8_t *data, size_t size)
{
    return size >= 16 && memcmp(data + 4, "ftyp", 4) == 0 &&
           (memcmp(data + 8, "avif", 4) == 0 || memcmp(data + 8, "avis", 4) == 0);
}

/* Numbers of 0, 2, 4 or 8 bytes, one behind the other; reading past the end is remembered. */
struct numbers { const uint8_t *at, *end; bool failed; };

static uint64_t take(struct numbers *n, int bytes)
{
    uint64_t value = 0;

    if (n->end - n->at < bytes) {
        n->failed = true;
        return 0;
    }
    for (int i = 0; i < bytes; i++)
        value = value << 8 | *n->at++;
    return value;
}

static void skip(struct numbers *n, uint64_t bytes)
{
    n->failed |= bytes > (uint64_t)(n->end - n->at);
    n->at += n->failed ? 0 : bytes;
}

static struct numbers numbers_of(const struct box *b)
{
    return (struct numbers){ b->body, b->body + b->body_size, false };
}

static bool find_primary(struct boxes meta, uint32_t *item)
{
    struct box pitm;

    if (!box_find(meta, "pitm", &pitm))
        return false;
    struct numbers n = numbers_of(&pitm);
    const int version = (int)(take(&n, 4) >> 24);
    *item = (uint32_t)take(&n, version == 0 ? 2 : 4);
    return !n.failed;
}

/* ISO/IEC 14496-12, 8.11.3 */
static bool find_place(struct boxes meta, uint32_t wanted, uint64_t *at, uint64_t *length)
{
    struct box iloc;

    if (!box_find(meta, "iloc", &iloc))
        return false;
    struct numbers n = numbers_of(&iloc);
    const int version = (int)(take(&n, 4) >> 24);
    const int sizes = (int)take(&n, 2);
    const int offset_size = sizes >> 12, length_size = sizes >> 8 & 15, base_size = sizes >> 4 & 15;
    const int index_size = version > 0 ? sizes & 15 : 0;
    const uint64_t count = take(&n, version < 2 ? 2 : 4);
    for (uint64_t i = 0; i < count && !n.failed; i++) {
        const uint32_t item = (uint32_t)take(&n, version < 2 ? 2 : 4);
        const int method = version > 0 ? (int)take(&n, 2) & 15 : 0;
        take(&n, 2);        /* in which file: this one */
        const uint64_t base = take(&n, base_size);
        const uint64_t extents = take(&n, 2);
        if (item == wanted) {
            take(&n, index_size);
            *at = base + take(&n, offset_size);
            *length = take(&n, length_size);
            return !n.failed && method == 0 && extents == 1;
        }
        skip(&n, extents * (uint64_t)(index_size + offset_size + length_size));
    }
    return false;
}

static bool find_dimensions(struct boxes meta, uint32_t *width, uint32_t *height)
{
    struct box box;

    *width = *height = 0;
    if (!box_find_path(meta, "iprp/ipco", &box))
        return false;
    for (struct boxes in = boxes_in(&box, 0); box_next(&in, &box);)
        if (box_is(&box, "ispe") && box.body_size >= 12) {
            *width = AV_RB32(box.body + 4) > *width ? AV_RB32(box.body + 4) : *width;
            *height = AV_RB32(box.body + 8) > *height ? AV_RB32(box.body + 8) : *height;
        }
    return *width > 0;
}

bool avif_find(const uint8_t *data, size_t size, size_t *at, size_t *length, uint32_t *width, uint32_t *height)
{
    const struct boxes all = { data, data + size };
    struct box box;
    uint64_t place = 0, bytes = 0;
    uint32_t item;

    if (!box_find(all, "meta", &box))
        return false;
    const struct boxes meta = boxes_in(&box, 4);
    if (!find_primary(meta, &item) || !find_place(meta, item, &place, &bytes) || !find_dimensions(meta, width, height))
        return false;
    if (place > size || bytes > size - place || bytes == 0)
        return false;
    *at = (size_t)place;
    *length = (size_t)bytes;
    return true;
}
