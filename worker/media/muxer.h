/*
 * muxer: a container of libavformat, written to a descriptor.
 *
 * libavformat goes back to complete what it wrote first (sizes, a checksum, an index), so the
 * descriptor is written with pwrite at any position. Everything is bit-exact: the same packets give
 * the same bytes, and no file says which FFmpeg wrote it.
 */
#ifndef DUBPLATE_MEDIA_MUXER_H
#define DUBPLATE_MEDIA_MUXER_H

#include <libavformat/avformat.h>

#include "fault.h"

struct muxer;

/* `name` is libavformat's: "ipod", "flac", "ogg" ... Empties `fd` (borrowed). FAULT_SYSTEM,
 * FAULT_DISK. */
int muxer_open(struct muxer **m, const char *name, int fd, struct fault *f);

/* For streams, metadata and chapters, until muxer_start(). Borrowed. */
AVFormatContext *muxer_context(struct muxer *m);

/* Writes the header. `option` is one of the muxer's own with its value, or NULL. FAULT_SYSTEM,
 * FAULT_DISK. */
int muxer_start(struct muxer *m, const char *option, const char *value, struct fault *f);

/* Packets of all streams in the order of their times; each is unreferenced. FAULT_SYSTEM,
 * FAULT_DISK. */
int muxer_add(struct muxer *m, AVPacket *packet, struct fault *f);

/* What was added so far goes out: Ogg begins a page. FAULT_SYSTEM, FAULT_DISK. */
int muxer_flush(struct muxer *m, struct fault *f);

/* Completes the file. FAULT_SYSTEM, FAULT_DISK. */
int muxer_finish(struct muxer *m, struct fault *f);

void muxer_close(struct muxer **m);     /* accepts a pointer to NULL; does not finish */

#endif
