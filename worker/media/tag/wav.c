/*
 * wav: the chunks as they are, without those that bear tags, and behind the sound two new ones: LIST INFO, which every
 * program reads, and an ID3 tag for the rest, the cover and chapters. RIFF, or RF64 beyond 4 GB (EBU Tech 3306).
 */
#include <string.h>

#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "tag/bytes.h"
#include "tag/format.h"
#include "tag/id3.h"

#define CHUNKS_MAX 1024

static bool is(const uint8_t head[FORMAT_HEAD_BYTES])
{
    return (memcmp(head, "RIFF", 4) == 0 || memcmp(head, "RF64", 4) == 0) && memcmp(head + 8, "WAVE", 4) == 0;
}

static void put_info(AVIOContext *io, const struct tags *tags)
{
    char scratch[TAG_VALUE_BYTES];
    int64_t list, entry;

    bytes_text(io, "LIST");
    list = bytes_begin(io);
    bytes_text(io, "INFO");
    for (int i = 0; i < tag_name_count; i++) {
        const char *value = tag_names[i].riff ? tags_value(tags, &tag_names[i], scratch) : NULL;

        if (value == NULL)
            continue;
        bytes_text(io, tag_names[i].riff);
        entry = bytes_begin(io);
        avio_put_str(io, value);
        bytes_end_le(io, entry);
        bytes_zeros(io, (int)(avio_tell(io) & 1));
    }
    bytes_end_le(io, list);
}

static void put_id3(AVIOContext *io, const struct tags *tags)
{
    int64_t chunk;

    bytes_text(io, "id3 ");
    chunk = bytes_begin(io);
    id3_write(io, tags);
    bytes_end_le(io, chunk);
    bytes_zeros(io, (int)(avio_tell(io) & 1));
}

/* Where the sizes of an RF64 file stand in its ds64 chunk, which is the first. */
enum ds64 { DS64_AT = 12, DS64_RIFF = 20, DS64_DATA = 28 };

static bool bears_tags(const uint8_t head[12])
{
    return memcmp(head, "id3 ", 4) == 0 || memcmp(head, "ID3 ", 4) == 0 ||
           (memcmp(head, "LIST", 4) == 0 && memcmp(head + 8, "INFO", 4) == 0);
}

static int copy_chunks(struct fdio_writer *out, int64_t data_bytes, struct fault *f)
{
    const int64_t end = fdio_size(FD_INPUT);
    int64_t at = 12, size;
    uint8_t head[12];

    for (int i = 0; at + 8 <= end && i < CHUNKS_MAX; i++, at += 8 + size) {
        memset(head, 0, sizeof(head));
        if (fdio_read_at(FD_INPUT, at, head, at + 12 <= end ? 12 : 8, f))
            return -1;
        size = data_bytes > 0 && memcmp(head, "data", 4) == 0 ? data_bytes : AV_RL32(head + 4);
        if (size > end - at - 8)
            return fault_set(f, FAULT_BAD_MEDIA, "The WAV file is cut off.");
        const bool odd = (size & 1) != 0;
        if (!bears_tags(head) &&
            (fdio_copy(out, FD_INPUT, at, 8 + size, f) || (odd && fdio_write(out, "", 1, f))))
            return -1;
        size += odd;
    }
    return 0;
}

/* The file's own size, in front or in the ds64 chunk. */
static int write_size(struct fdio_writer *out, bool is_rf64, struct fault *f)
{
    const int64_t size = fdio_end(out) - 8;
    uint8_t bytes[8];

    if (!is_rf64 && size > UINT32_MAX)
        return fault_set(f, FAULT_BAD_MEDIA, "The WAV file has no room for tags.");
    AV_WL64(bytes, (uint64_t)size);
    return fdio_flush(out, f) || fdio_write_at(out->fd, is_rf64 ? DS64_RIFF : 4, bytes, is_rf64 ? 8 : 4, f) ? -1 : 0;
}

static int write_file(struct fdio_writer *out, const struct tags *tags, struct fault *f)
{
    AVIOContext *io = NULL;
    uint8_t head[DS64_DATA + 8], *chunks = NULL;
    size_t size;
    int rc = -1;

    if (fdio_read_at(FD_INPUT, 0, head, sizeof(head), f))
        return -1;
    const bool is_rf64 = memcmp(head, "RF64", 4) == 0;
    if (is_rf64 && memcmp(head + DS64_AT, "ds64", 4) != 0)
        return fault_set(f, FAULT_BAD_MEDIA, "The RF64 file does not say how large it is.");
    if ((io = bytes_open(f)) == NULL)
        return -1;
    put_info(io, tags);
    put_id3(io, tags);
    if (bytes_take(&io, &chunks, &size, f) == 0 && fdio_write(out, head, 12, f) == 0 &&
        copy_chunks(out, is_rf64 ? (int64_t)AV_RL64(head + DS64_DATA) : 0, f) == 0 &&
        fdio_write(out, chunks, size, f) == 0)
        rc = write_size(out, is_rf64, f);
    av_free(chunks);
    return rc;
}

const struct tag_format tag_wav = { "wav", is, write_file };
