#include "fdio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/defs.h>
#include <libavutil/avutil.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

#include "reply.h"

#define READER_BUFFER_BYTES 65536

struct reader {
    int     fd;
    int     error;      /* errno of the first failed read */
    int64_t position;
    int64_t size;
};

static int reader_read(void *opaque, uint8_t *buffer, int size)
{
    struct reader *r = opaque;
    ssize_t n;

    do
        n = pread(r->fd, buffer, (size_t)size, r->position);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        r->error = errno;
        return AVERROR(errno);
    }
    r->position += n;
    return n == 0 ? AVERROR_EOF : (int)n;
}

static int64_t reader_seek(void *opaque, int64_t offset, int whence)
{
    struct reader *r = opaque;
    int64_t base = 0;

    if (whence & AVSEEK_SIZE)
        return r->size;
    whence &= ~AVSEEK_FORCE;
    if (whence == SEEK_CUR)
        base = r->position;
    else if (whence == SEEK_END)
        base = r->size;
    if (__builtin_add_overflow(base, offset, &base) || base < 0)
        return AVERROR(EINVAL);
    r->position = base;
    return base;
}

AVIOContext *fdio_reader_open(int fd, struct fault *f)
{
    struct reader *r = av_mallocz(sizeof(*r));
    uint8_t *buffer = av_malloc(READER_BUFFER_BYTES);
    AVIOContext *io = NULL;

    if (r != NULL && buffer != NULL) {
        r->fd = fd;
        r->size = fdio_size(fd);
        if (r->size >= 0)
            io = avio_alloc_context(buffer, READER_BUFFER_BYTES, 0, r, reader_read, NULL,
                                    reader_seek);
    }
    if (io == NULL) {
        av_free(buffer);
        av_free(r);
        fault_set(f, FAULT_SYSTEM, "The input cannot be opened.");
    }
    return io;
}

void fdio_reader_close(AVIOContext **reader)
{
    if (*reader == NULL)
        return;
    av_freep(&(*reader)->opaque);
    av_freep(&(*reader)->buffer);
    avio_context_free(reader);
}

int fdio_reader_error(const AVIOContext *reader)
{
    const struct reader *r = reader->opaque;

    return r->error;
}

int64_t fdio_size(int fd)
{
    /* Not fstat(): glibc makes that newfstatat, which also takes paths and is therefore refused.
     * The file position that this moves is used by nobody. */
    return lseek(fd, 0, SEEK_END);
}

int fdio_read_all(int fd, int64_t max_bytes, uint8_t **data, size_t *size, struct fault *f)
{
    int64_t total = fdio_size(fd);
    size_t used = 0;
    uint8_t *buffer;

    if (total < 0)
        return fault_set(f, FAULT_SYSTEM, "The input cannot be read: %s.", strerror(errno));
    if (total == 0)
        return fault_set(f, FAULT_BAD_MEDIA, "The picture is empty.");
    if (total > max_bytes)
        return fault_set(f, FAULT_BAD_MEDIA, "The picture is larger than %lld bytes.",
                         (long long)max_bytes);
    buffer = av_mallocz((size_t)total + AV_INPUT_BUFFER_PADDING_SIZE);
    if (buffer == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    while (used < (size_t)total) {
        ssize_t n = pread(fd, buffer + used, (size_t)total - used, (off_t)used);

        if (n <= 0) {
            av_free(buffer);
            return fault_set(f, FAULT_SYSTEM, "The input cannot be read to its end.");
        }
        used += (size_t)n;
    }
    *data = buffer;
    *size = used;
    return 0;
}

int fdio_read_at(int fd, int64_t offset, void *data, size_t size, struct fault *f)
{
    uint8_t *to = data;

    while (size > 0) {
        ssize_t n = pread(fd, to, size, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fault_set(f, FAULT_SYSTEM, "The input cannot be read: %s.", strerror(errno));
        if (n == 0)
            return fault_set(f, FAULT_BAD_MEDIA, "The file is cut off.");
        to += n;
        offset += n;
        size -= (size_t)n;
    }
    return 0;
}

int fdio_writer_start(struct fdio_writer *w, int fd, struct fault *f)
{
    w->fd = fd;
    w->offset = 0;
    w->used = 0;
    return ftruncate(fd, 0) == 0 ? 0 : fault_set_write(f, errno);
}

int fdio_write(struct fdio_writer *w, const void *data, size_t size, struct fault *f)
{
    const uint8_t *from = data;

    while (size > 0) {
        size_t n = sizeof(w->buffer) - w->used;

        if (n > size)
            n = size;
        memcpy(w->buffer + w->used, from, n);
        w->used += n;
        from += n;
        size -= n;
        if (w->used == sizeof(w->buffer) && fdio_flush(w, f))
            return -1;
    }
    return 0;
}

int fdio_flush(struct fdio_writer *w, struct fault *f)
{
    if (fdio_write_at(w->fd, w->offset, w->buffer, w->used, f))
        return -1;
    w->offset += (int64_t)w->used;
    w->used = 0;
    return 0;
}

int fdio_copy(struct fdio_writer *w, int from, int64_t offset, int64_t size, struct fault *f)
{
    static uint8_t buffer[262144];
    int64_t done = 0;

    while (done < size) {
        const size_t n = size - done < (int64_t)sizeof(buffer) ? (size_t)(size - done) : sizeof(buffer);

        if (fdio_read_at(from, offset + done, buffer, n, f) || fdio_write(w, buffer, n, f))
            return -1;
        done += (int64_t)n;
        reply_progress((double)done / (double)size);
    }
    return 0;
}

int64_t fdio_end(const struct fdio_writer *w)
{
    return w->offset + (int64_t)w->used;
}

int fdio_write_at(int fd, int64_t offset, const void *data, size_t size, struct fault *f)
{
    const uint8_t *from = data;

    while (size > 0) {
        ssize_t n = pwrite(fd, from, size, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fault_set_write(f, n < 0 ? errno : ENOSPC);
        from += n;
        offset += n;
        size -= (size_t)n;
    }
    return 0;
}
