/*
 * vorbis: the Vorbis comment, which Vorbis, Opus and FLAC share, and FLAC's block of a picture, which all three can
 * bear. Chapters are the CHAPTERxxx comments.
 */
#ifndef DUBPLATE_MEDIA_TAG_VORBIS_H
#define DUBPLATE_MEDIA_TAG_VORBIS_H

#include <libavformat/avio.h>

#include "fault.h"
#include "tag/tags.h"

enum vorbis_flags {
    VORBIS_PICTURE = 1,     /* the cover is one of the comments */
    VORBIS_R128 = 2,        /* gains as RFC 7845 wants them of an Opus file */
};

/* The body of a comment header: from the vendor's length to the last comment. `vendor` is what says who encoded, as it
 * was: a length and so many bytes. FAULT_SYSTEM. */
int vorbis_write(AVIOContext *io, const struct tags *tags, const uint8_t *vendor, int flags, struct fault *f);

/* The body of a METADATA_BLOCK_PICTURE. */
void vorbis_write_picture(AVIOContext *io, const struct tags *tags);

#endif
