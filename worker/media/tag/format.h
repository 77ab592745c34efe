/*
 * format: the file formats that can bear tags, one file each.
 *
 * Each takes the file on fd 3 and writes it to fd 4 with the tags, and without those that it had.
 * What a decoder is given, and what says where the audio begins and ends, stays as it is to the
 * byte: only what stands around it is rewritten. So nothing here decodes, and nothing goes through a
 * muxer, which would have its own opinion of delay and padding.
 */
#ifndef DUBPLATE_MEDIA_TAG_FORMAT_H
#define DUBPLATE_MEDIA_TAG_FORMAT_H

#include <stdbool.h>

#include "fault.h"
#include "fdio.h"
#include "tag/tags.h"

#define FORMAT_HEAD_BYTES 64

struct tag_format {
    const char *name;
    bool (*is)(const uint8_t head[FORMAT_HEAD_BYTES]);     /* the file's first bytes, zeros behind its end */
    /* FAULT_BAD_MEDIA if the file is not laid out as its first bytes promise; FAULT_DISK, FAULT_SYSTEM. */
    int  (*write)(struct fdio_writer *out, const struct tags *tags, struct fault *f);
};

extern const struct tag_format tag_mp3, tag_mp4, tag_flac, tag_ogg, tag_wav, tag_mka;

#endif
