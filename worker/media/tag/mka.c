/*
 * mka: a copy, without tags. Matroska is what a source is left in that no other container of ours takes (AC-3, DTS),
 * and its tags are only found if an index in front says where: until somebody needs them, the sound is enough.
 */
#include <string.h>

#include "tag/format.h"

static bool is(const uint8_t head[FORMAT_HEAD_BYTES])
{
    return memcmp(head, "\x1a\x45\xdf\xa3", 4) == 0;
}

static int write_file(struct fdio_writer *out, const struct tags *tags, struct fault *f)
{
    (void)tags;
    return fdio_copy(out, FD_INPUT, 0, fdio_size(FD_INPUT), f);
}

const struct tag_format tag_mka = { "mka", is, write_file };
