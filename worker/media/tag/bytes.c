#include "tag/bytes.h"

#include <string.h>

#include <libavutil/mem.h>

AVIOContext *bytes_open(struct fault *f)
{
    AVIOContext *io = NULL;

    if (avio_open_dyn_buf(&io) < 0)
        fault_set(f, FAULT_SYSTEM, "Out of memory.");
    return io;
}

int bytes_take(AVIOContext **io, uint8_t **data, size_t *size, struct fault *f)
{
    int error, n;

    avio_flush(*io);
    error = (*io)->error;
    n = avio_close_dyn_buf(*io, data);
    *io = NULL;
    if (error < 0 || n < 0 || *data == NULL) {
        av_freep(data);
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    }
    *size = (size_t)n;
    return 0;
}

void bytes_drop(AVIOContext **io)
{
    uint8_t *data = NULL;

    if (*io == NULL)
        return;
    avio_close_dyn_buf(*io, &data);
    av_free(data);
    *io = NULL;
}

void bytes_text(AVIOContext *io, const char *text)
{
    avio_write(io, (const uint8_t *)text, (int)strlen(text));
}

void bytes_zeros(AVIOContext *io, int count)
{
    while (count-- > 0)
        avio_w8(io, 0);
}

int64_t bytes_begin(AVIOContext *io)
{
    avio_wb32(io, 0);
    return avio_tell(io);
}

void bytes_patch_be(AVIOContext *io, int64_t at, uint32_t value)
{
    const int64_t end = avio_tell(io);

    avio_seek(io, at, SEEK_SET);
    avio_wb32(io, value);
    avio_seek(io, end, SEEK_SET);
}

void bytes_end_le(AVIOContext *io, int64_t begun)
{
    bytes_patch_be(io, begun - 4, __builtin_bswap32((uint32_t)(avio_tell(io) - begun)));
}

int64_t bytes_box(AVIOContext *io, const char *type)
{
    const int64_t begun = avio_tell(io);

    avio_wb32(io, 0);
    bytes_text(io, type);
    return begun;
}

void bytes_box_end(AVIOContext *io, int64_t begun)
{
    bytes_patch_be(io, begun, (uint32_t)(avio_tell(io) - begun));
}
