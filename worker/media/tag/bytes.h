/*
 * bytes: what is put together in memory before it is written, with libavformat's avio_w…(): a header is as large as
 * its cover and its chapters.
 */
#ifndef DUBPLATE_MEDIA_TAG_BYTES_H
#define DUBPLATE_MEDIA_TAG_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include <libavformat/avio.h>

#include "fault.h"

/* NULL and *f (FAULT_SYSTEM) if there is no memory. Ends in bytes_take() or bytes_drop(). */
AVIOContext *bytes_open(struct fault *f);

/* All that was written, for the caller to av_free(); *io is NULL afterwards. FAULT_SYSTEM, and *data is NULL. */
int bytes_take(AVIOContext **io, uint8_t **data, size_t *size, struct fault *f);
void bytes_drop(AVIOContext **io);      /* accepts a pointer to NULL */

void bytes_text(AVIOContext *io, const char *text);     /* without its end */
void bytes_zeros(AVIOContext *io, int count);

/* A little-endian size in front of what it is the size of: begin leaves room, end fills in what has come since. */
int64_t bytes_begin(AVIOContext *io);
void bytes_end_le(AVIOContext *io, int64_t begun);
void bytes_patch_be(AVIOContext *io, int64_t at, uint32_t value);

/* An MP4 box, which counts itself. */
int64_t bytes_box(AVIOContext *io, const char *type);
void bytes_box_end(AVIOContext *io, int64_t begun);

#endif
