/*
 * id3: one ID3v2 tag, version 2.3 or 2.4, as it stands in front of an MP3 and in a chunk of a WAV file.
 */
#ifndef DUBPLATE_MEDIA_TAG_ID3_H
#define DUBPLATE_MEDIA_TAG_ID3_H

#include <libavformat/avio.h>

#include "tag/tags.h"

/* From "ID3" on; no padding behind it. */
void id3_write(AVIOContext *io, const struct tags *tags);

/* The length of the tag that begins with these ten bytes; 0 if none does. */
int64_t id3_length(const uint8_t head[10]);

#endif
