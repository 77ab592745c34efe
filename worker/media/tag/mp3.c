/*
 * mp3: an ID3v2 tag in front of the stream, which begins with its LAME info frame: delay and padding stay what they
 * were. A tag that is there already goes, as a second header in front of a first would hide it.
 */
#include "tag/bytes.h"
#include "tag/format.h"
#include "tag/id3.h"

#include <libavutil/mem.h>

static bool is_frame(const uint8_t *head)
{
    /* 11 bits of sync, a version that exists, Layer III. */
    return head[0] == 0xff && (head[1] & 0xe6) == 0xe2 && (head[1] & 0x18) != 0x08;
}

static bool is(const uint8_t head[FORMAT_HEAD_BYTES])
{
    return is_frame(head) || id3_length(head) > 0;
}

/* Where the first frame is. */
static int find_audio(int64_t *at, struct fault *f)
{
    uint8_t head[10];
    int64_t length;

    *at = 0;
    do {
        if (fdio_read_at(FD_INPUT, *at, head, sizeof(head), f))
            return -1;
        length = id3_length(head);
        *at += length;
    } while (length > 0);
    return is_frame(head) ? 0 : fault_set(f, FAULT_BAD_MEDIA, "The file is not an MP3.");
}

static int write_file(struct fdio_writer *out, const struct tags *tags, struct fault *f)
{
    AVIOContext *io = NULL;
    uint8_t *header = NULL;
    size_t size;
    int64_t audio;
    int rc = -1;

    if (find_audio(&audio, f) || (io = bytes_open(f)) == NULL)
        return -1;
    id3_write(io, tags);
    if (bytes_take(&io, &header, &size, f) == 0 && fdio_write(out, header, size, f) == 0)
        rc = fdio_copy(out, FD_INPUT, audio, fdio_size(FD_INPUT) - audio, f);
    av_free(header);
    return rc;
}

const struct tag_format tag_mp3 = { "mp3", is, write_file };
