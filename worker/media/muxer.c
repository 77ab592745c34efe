#include "muxer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include <libavutil/dict.h>
#include <libavutil/mem.h>

#include "fdio.h"

#define WRITER_BUFFER_BYTES 65536

struct muxer {
    AVFormatContext *format;
    int              fd;
    int64_t          position, size;
    struct fault     fault;     /* of the first write that failed; libavformat forgets which */
    bool             failed;
};

#if LIBAVFORMAT_VERSION_MAJOR < 61
typedef uint8_t written;
#else
typedef const uint8_t written;
#endif

static int write_bytes(void *opaque, written *data, int size)
{
    struct muxer *m = opaque;

    if (fdio_write_at(m->fd, m->position, data, (size_t)size, &m->fault)) {
        m->failed = true;
        return AVERROR(EIO);
    }
    m->position += size;
    if (m->position > m->size)
        m->size = m->position;
    return size;
}

static int64_t seek(void *opaque, int64_t offset, int whence)
{
    struct muxer *m = opaque;

    if (whence & AVSEEK_SIZE)
        return m->size;
    whence &= ~AVSEEK_FORCE;
    if (whence != SEEK_SET)
        return AVERROR(EINVAL);
    m->position = offset;
    return offset;
}

int muxer_open(struct muxer **out, const char *name, int fd, struct fault *f)
{
    struct muxer *m = av_mallocz(sizeof(*m));
    uint8_t *buffer = av_malloc(WRITER_BUFFER_BYTES);

    *out = m;
    if (m == NULL || buffer == NULL ||
        avformat_alloc_output_context2(&m->format, NULL, name, NULL) < 0 ||
        (m->format->pb = avio_alloc_context(buffer, WRITER_BUFFER_BYTES, 1, m, NULL, write_bytes,
                                            seek)) == NULL) {
        av_free(buffer);
        muxer_close(out);
        return fault_set(f, FAULT_SYSTEM, "The %s muxer cannot be set up.", name);
    }
    m->fd = fd;
    m->format->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
    if (ftruncate(fd, 0) != 0) {
        muxer_close(out);
        return fault_set_write(f, errno);
    }
    return 0;
}

AVFormatContext *muxer_context(struct muxer *m)
{
    return m->format;
}

/* A full disk must not be blamed on the muxer. */
static int outcome(const struct muxer *m, int rc, struct fault *f)
{
    if (m->failed) {
        *f = m->fault;
        return -1;
    }
    return rc < 0 ? fault_set(f, FAULT_SYSTEM, "The %s muxer failed: %s.", m->format->oformat->name,
                              av_err2str(rc))
                  : 0;
}

int muxer_start(struct muxer *m, const char *option, const char *value, struct fault *f)
{
    AVDictionary *options = NULL;
    int rc;

    if (option != NULL)
        av_dict_set(&options, option, value, 0);
    rc = avformat_write_header(m->format, &options);
    av_dict_free(&options);
    return outcome(m, rc, f);
}

int muxer_add(struct muxer *m, AVPacket *packet, struct fault *f)
{
    int rc = av_write_frame(m->format, packet);

    av_packet_unref(packet);
    return outcome(m, rc, f);
}

int muxer_flush(struct muxer *m, struct fault *f)
{
    return outcome(m, av_write_frame(m->format, NULL), f);
}

int muxer_finish(struct muxer *m, struct fault *f)
{
    int rc = av_write_trailer(m->format);

    avio_flush(m->format->pb);
    return outcome(m, rc, f);
}

void muxer_close(struct muxer **m)
{
    if (*m == NULL)
        return;
    if ((*m)->format != NULL && (*m)->format->pb != NULL) {
        av_freep(&(*m)->format->pb->buffer);
        avio_context_free(&(*m)->format->pb);
    }
    avformat_free_context((*m)->format);
    av_freep(m);
}
