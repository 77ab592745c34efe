/*
 * flac: the metadata blocks anew, with those that describe the stream as they were; the frames behind them stay. The
 * points of a seek table count from the first frame, so they stay true.
 */
#include <string.h>

#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "tag/bytes.h"
#include "tag/format.h"
#include "tag/vorbis.h"

enum block_type { STREAMINFO = 0, APPLICATION = 2, SEEKTABLE = 3, VORBIS_COMMENT = 4, CUESHEET = 5, PICTURE = 6 };

#define LAST 0x80
#define BLOCKS_MAX 1024
#define VENDOR_MAX_BYTES 4096

static bool is(const uint8_t head[FORMAT_HEAD_BYTES])
{
    return memcmp(head, "fLaC", 4) == 0;
}

static bool stays(enum block_type type)
{
    return type == STREAMINFO || type == APPLICATION || type == SEEKTABLE || type == CUESHEET;
}

static int keep_block(AVIOContext *io, int64_t at, uint32_t size, struct fault *f)
{
    uint8_t *block = av_malloc(4 + (size_t)size);
    int rc = block == NULL ? fault_set(f, FAULT_SYSTEM, "Out of memory.")
                           : fdio_read_at(FD_INPUT, at, block, 4 + (size_t)size, f);

    if (rc == 0) {
        block[0] &= (uint8_t)~LAST;
        avio_write(io, block, 4 + (int)size);
    }
    av_free(block);
    return rc;
}

/* What stays, to `io`; *vendor: a length and so many bytes, as the file has them, or none of a length of 0. */
static int keep_blocks(AVIOContext *io, uint8_t vendor[4 + VENDOR_MAX_BYTES], int64_t *audio, struct fault *f)
{
    int64_t at = 4;
    uint8_t head[8];

    AV_WL32(vendor, 0);
    for (int i = 0; i < BLOCKS_MAX; i++) {
        if (fdio_read_at(FD_INPUT, at, head, sizeof(head), f))
            return -1;
        const enum block_type type = head[0] & ~LAST;
        const uint32_t size = AV_RB24(head + 1);

        if ((type == STREAMINFO) != (i == 0))
            break;
        if (stays(type) && keep_block(io, at, size, f))
            return -1;
        if (type == VORBIS_COMMENT && size >= 8 && AV_RL32(head + 4) <= VENDOR_MAX_BYTES &&
            AV_RL32(head + 4) <= size - 8 && fdio_read_at(FD_INPUT, at + 4, vendor, 4 + AV_RL32(head + 4), f))
            return -1;
        at += 4 + (int64_t)size;
        *audio = at;
        if (head[0] & LAST)
            return 0;
    }
    return fault_set(f, FAULT_BAD_MEDIA, "The FLAC file has no sound header.");
}

static int64_t begin_block(AVIOContext *io, int first_byte)
{
    avio_w8(io, first_byte);
    avio_wb24(io, 0);
    return avio_tell(io);
}

/* The size has 24 bits, of which nobody's comments and covers come near. */
static void end_block(AVIOContext *io, int64_t begun, int first_byte)
{
    bytes_patch_be(io, begun - 4, (uint32_t)first_byte << 24 | (uint32_t)(avio_tell(io) - begun));
}

static int put_blocks(AVIOContext *io, const struct tags *tags, const uint8_t *vendor, struct fault *f)
{
    const int comment = tags->cover_bytes == NULL ? VORBIS_COMMENT | LAST : VORBIS_COMMENT;
    int64_t begun = begin_block(io, comment);

    if (vorbis_write(io, tags, vendor, 0, f))
        return -1;
    end_block(io, begun, comment);
    if (tags->cover_bytes == NULL)
        return 0;
    begun = begin_block(io, PICTURE | LAST);
    vorbis_write_picture(io, tags);
    end_block(io, begun, PICTURE | LAST);
    return 0;
}

static int write_file(struct fdio_writer *out, const struct tags *tags, struct fault *f)
{
    AVIOContext *io = bytes_open(f);
    uint8_t vendor[4 + VENDOR_MAX_BYTES], *header = NULL;
    int64_t audio = 0;
    size_t size;
    int rc = -1;

    if (io == NULL)
        return -1;
    bytes_text(io, "fLaC");
    if (keep_blocks(io, vendor, &audio, f) || put_blocks(io, tags, vendor, f) ||
        bytes_take(&io, &header, &size, f))
        goto out;
    if (fdio_write(out, header, size, f) == 0)
        rc = fdio_copy(out, FD_INPUT, audio, fdio_size(FD_INPUT) - audio, f);
out:
    bytes_drop(&io);
    av_free(header);
    return rc;
}

const struct tag_format tag_flac = { "flac", is, write_file };
