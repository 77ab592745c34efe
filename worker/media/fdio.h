/*
 * fdio: descriptors as libavformat and the writers want them. Nothing here ever sees a path.
 *
 * Reading uses pread() with its own position, so the same descriptor can be read again from its
 * start, and fd 4 can be measured while its file offset belongs to nobody.
 */
#ifndef DUBPLATE_MEDIA_FDIO_H
#define DUBPLATE_MEDIA_FDIO_H

#include <stdint.h>

#include <libavformat/avio.h>

#include "fault.h"

/* The descriptors that the parent hands over. */
#define FD_INPUT  3     /* regular file, read only */
#define FD_OUTPUT 4     /* regular file, read and write, empty */
#define FD_COVER  5     /* optional second input of `tag` */
#define FD_WAVEFORM    6    /* optional outputs of `master`, as fd 4; look.h says what they hold */
#define FD_SPECTROGRAM 7
#define FD_SCRATCH     8    /* optional: `master` leaves in it what it likes (scratch.h) */

/* A seekable reader over a regular file; NULL and *f (FAULT_SYSTEM) on failure. Free with
 * fdio_reader_close(). */
AVIOContext *fdio_reader_open(int fd, struct fault *f);
void fdio_reader_close(AVIOContext **reader);      /* accepts a pointer to NULL */

/* The errno of a read that failed, 0 if none did. libavformat often reports such a failure as end
 * of file. */
int fdio_reader_error(const AVIOContext *reader);

int64_t fdio_size(int fd);      /* bytes, -1 with errno */

/* Reads all of `fd` into memory with AV_INPUT_BUFFER_PADDING_SIZE zero bytes behind it.
 * FAULT_BAD_MEDIA if the file is empty or larger than `max_bytes`. The caller frees *data with
 * av_free(). */
int fdio_read_all(int fd, int64_t max_bytes, uint8_t **data, size_t *size, struct fault *f);

/* Reads exactly `size` bytes at a position; none is fine. FAULT_BAD_MEDIA if the file ends before. */
int fdio_read_at(int fd, int64_t offset, void *data, size_t size, struct fault *f);

/* An append-only buffered file. `offset` is where the next flush goes. */
struct fdio_writer {
    int     fd;
    int64_t offset;
    size_t  used;
    uint8_t buffer[65536];
};

/* Empties the file and starts at its beginning. FAULT_SYSTEM, FAULT_DISK. */
int fdio_writer_start(struct fdio_writer *w, int fd, struct fault *f);
int fdio_write(struct fdio_writer *w, const void *data, size_t size, struct fault *f);
int fdio_flush(struct fdio_writer *w, struct fault *f);

/* Appends a part of another file, as it is. Says how far it is (reply.h), as if that were all there is to do. */
int fdio_copy(struct fdio_writer *w, int from, int64_t offset, int64_t size, struct fault *f);

int64_t fdio_end(const struct fdio_writer *w);      /* where the next byte goes */

/* Writes all bytes at a position, past the buffer of any writer. */
int fdio_write_at(int fd, int64_t offset, const void *data, size_t size, struct fault *f);

#endif
