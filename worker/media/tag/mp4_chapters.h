/*
 * mp4_chapters: chapters as QuickTime has them, a text track that the sound refers to, and as Nero has them, a list.
 * Apple's programs read the first, some others only the second, which ends at 255.
 */
#ifndef DUBPLATE_MEDIA_TAG_MP4_CHAPTERS_H
#define DUBPLATE_MEDIA_TAG_MP4_CHAPTERS_H

#include <libavformat/avio.h>

#include "tag/tags.h"

/* A "trak" box. Returns where in `io` the place of its samples has to be filled in: a 32-bit offset in the file. */
int64_t mp4_put_chapter_track(AVIOContext *io, const struct tags *tags, uint32_t track_id, uint32_t movie_timescale);

/* The samples, a box of its own; the first is behind its eight bytes of head. */
void mp4_put_chapter_samples(AVIOContext *io, const struct tags *tags);

/* A "chpl" box. */
void mp4_put_chapter_list(AVIOContext *io, const struct tags *tags);

#endif
