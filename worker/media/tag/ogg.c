/*
 * ogg: another comment packet for a Vorbis or Opus stream. The pages of the header packets are made anew; every page
 * behind them keeps its packets and its granule position, and gets its new number and checksum.
 */
#include <string.h>

#include <libavutil/crc.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "reply.h"
#include "tag/bytes.h"
#include "tag/format.h"
#include "tag/vorbis.h"

#define HEAD_BYTES       27
#define SEGMENTS_MAX     255
#define PAGE_BYTES_MAX   (HEAD_BYTES + SEGMENTS_MAX + SEGMENTS_MAX * 255)
#define HEADER_BYTES_MAX (16 << 20)         /* of all header packets: an old cover may be among them */
#define HEADERS_MAX      3

enum page_flags { CONTINUED = 1, FIRST = 2 };

static const struct codec {
    const char *first, *comment;        /* how the two packets begin; both are as long as `length` says */
    size_t      first_length, comment_length;
    int         packets;                /* of the header */
    bool        framing_bit;            /* behind the comments */
    int         flags;
} codecs[] = {
    { "\1vorbis",  "\3vorbis",  7, 7, 3, true,  VORBIS_PICTURE },
    { "OpusHead",  "OpusTags",  8, 8, 2, false, VORBIS_PICTURE | VORBIS_R128 },
};

static bool is(const uint8_t head[FORMAT_HEAD_BYTES])
{
    return memcmp(head, "OggS", 4) == 0;
}

struct page {
    uint8_t bytes[PAGE_BYTES_MAX];
    size_t  size;
    int     segments;
};

struct rewriting {
    const struct codec *codec;
    int64_t             at, size;               /* in the input */
    uint32_t            serial, number;         /* of the pages that are written */
    uint32_t            pages;                  /* that were read */
    struct page         page;
    AVIOContext        *io;                     /* the header packets, one behind the other */
    int64_t             ends[HEADERS_MAX];
    int                 packets;
};

static int not_ogg(struct fault *f)
{
    return fault_set(f, FAULT_BAD_MEDIA, "The Ogg file is not one sound stream of Vorbis or Opus.");
}

static int read_page(struct rewriting *r, struct fault *f)
{
    struct page *p = &r->page;

    if (fdio_read_at(FD_INPUT, r->at, p->bytes, HEAD_BYTES, f))
        return -1;
    if (memcmp(p->bytes, "OggS", 5) != 0)       /* the version, 0, included */
        return not_ogg(f);
    p->segments = p->bytes[26];
    if (fdio_read_at(FD_INPUT, r->at + HEAD_BYTES, p->bytes + HEAD_BYTES, (size_t)p->segments, f))
        return -1;
    p->size = HEAD_BYTES + (size_t)p->segments;
    size_t body = 0;
    for (int i = 0; i < p->segments; i++)
        body += p->bytes[HEAD_BYTES + i];
    if (fdio_read_at(FD_INPUT, r->at + (int64_t)p->size, p->bytes + p->size, body, f))
        return -1;
    p->size += body;
    r->at += (int64_t)p->size;
    /* One stream, from its first page on. */
    if (r->codec != NULL && ((p->bytes[5] & FIRST) != 0 || AV_RL32(p->bytes + 14) != r->serial))
        return not_ogg(f);
    /* With a number of its own a repeated page would sound again. */
    if (AV_RL32(p->bytes + 18) != r->pages++)
        return fault_set(f, FAULT_BAD_MEDIA, "A page of the Ogg file is missing or repeated.");
    return 0;
}

/* With its number and its checksum. */
static int write_page(struct rewriting *r, struct fdio_writer *out, struct fault *f)
{
    struct page *p = &r->page;

    AV_WL32(p->bytes + 18, r->number++);
    AV_WL32(p->bytes + 22, 0);
    /* av_crc() keeps its register the other way round. */
    AV_WB32(p->bytes + 22, av_crc(av_crc_get_table(AV_CRC_32_IEEE), 0, p->bytes, p->size));
    return fdio_write(out, p->bytes, p->size, f);
}

/* The packets of one page to the others; the page has to end where the header does. */
static int gather(struct rewriting *r, struct fault *f)
{
    const uint8_t *lacing = r->page.bytes + HEAD_BYTES, *body = lacing + r->page.segments;

    for (int i = 0; i < r->page.segments; i++) {
        if (r->packets == r->codec->packets)
            return not_ogg(f);
        avio_write(r->io, body, lacing[i]);
        body += lacing[i];
        if (lacing[i] < 255)
            r->ends[r->packets++] = avio_tell(r->io);
    }
    return avio_tell(r->io) > HEADER_BYTES_MAX ? not_ogg(f) : 0;
}

static int read_headers(struct rewriting *r, struct fdio_writer *out, struct fault *f)
{
    if (read_page(r, f))
        return -1;
    const uint8_t *packet = r->page.bytes + HEAD_BYTES + r->page.segments;
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
        if (r->page.segments == 1 && r->page.bytes[HEAD_BYTES] >= codecs[i].first_length &&
            memcmp(packet, codecs[i].first, codecs[i].first_length) == 0)
            r->codec = &codecs[i];
    r->serial = AV_RL32(r->page.bytes + 14);
    if (r->codec == NULL)
        return not_ogg(f);
    if (gather(r, f) || write_page(r, out, f))
        return -1;
    while (r->packets < r->codec->packets)
        if (read_page(r, f) || gather(r, f))
            return -1;
    return 0;
}

/* A packet on pages of its own. */
static int write_packet(struct rewriting *r, struct fdio_writer *out, const uint8_t *data, size_t size,
                        struct fault *f)
{
    struct page *p = &r->page;
    size_t segments = size / 255 + 1;       /* the last is shorter than 255, if need be empty */

    for (bool continued = false; segments > 0; continued = true) {
        const size_t n = segments < SEGMENTS_MAX ? segments : SEGMENTS_MAX;
        const size_t body = n == segments ? size : n * 255;

        memcpy(p->bytes, "OggS\0", 5);
        p->bytes[5] = continued ? CONTINUED : 0;
        AV_WL64(p->bytes + 6, n == segments ? 0 : UINT64_MAX);      /* all ones: no packet ends here */
        AV_WL32(p->bytes + 14, r->serial);
        p->bytes[26] = (uint8_t)n;
        memset(p->bytes + HEAD_BYTES, 255, n);
        if (n == segments)
            p->bytes[HEAD_BYTES + n - 1] = (uint8_t)(size % 255);
        memcpy(p->bytes + HEAD_BYTES + n, data, body);
        p->size = HEAD_BYTES + n + body;
        if (write_page(r, out, f))
            return -1;
        data += body;
        size -= body;
        segments -= n;
    }
    return 0;
}

static int write_comment(struct rewriting *r, struct fdio_writer *out, const struct tags *tags, const uint8_t *old,
                         size_t old_size, struct fault *f)
{
    const struct codec *c = r->codec;
    AVIOContext *io = NULL;
    uint8_t *packet = NULL;
    size_t size = 0;
    int rc = -1;

    if (old_size < c->comment_length + 4 || memcmp(old, c->comment, c->comment_length) != 0 ||
        AV_RL32(old + c->comment_length) > old_size - c->comment_length - 4)
        return not_ogg(f);
    if ((io = bytes_open(f)) == NULL)
        return -1;
    avio_write(io, old, (int)c->comment_length);
    if (vorbis_write(io, tags, old + c->comment_length, c->flags, f))
        goto out;
    if (c->framing_bit)
        avio_w8(io, 1);
    if (bytes_take(&io, &packet, &size, f) == 0)
        rc = write_packet(r, out, packet, size, f);
out:
    bytes_drop(&io);
    av_free(packet);
    return rc;
}

static int write_headers(struct rewriting *r, struct fdio_writer *out, const struct tags *tags, struct fault *f)
{
    uint8_t *old = NULL;
    size_t size;
    int rc = bytes_take(&r->io, &old, &size, f);

    /* The first packet has gone out with its page. */
    for (int i = 1; i < r->codec->packets && rc == 0; i++) {
        const uint8_t *packet = old + r->ends[i - 1];
        const size_t n = (size_t)(r->ends[i] - r->ends[i - 1]);

        rc = i == 1 ? write_comment(r, out, tags, packet, n, f) : write_packet(r, out, packet, n, f);
    }
    av_free(old);
    return rc;
}

static int write_file(struct fdio_writer *out, const struct tags *tags, struct fault *f)
{
    struct rewriting *r = av_mallocz(sizeof(*r));
    int rc = -1;

    if (r == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    r->size = fdio_size(FD_INPUT);
    if ((r->io = bytes_open(f)) == NULL || read_headers(r, out, f) || write_headers(r, out, tags, f))
        goto done;
    while (r->at < r->size) {
        if (read_page(r, f) || write_page(r, out, f))
            goto done;
        reply_progress((double)r->at / (double)r->size);
    }
    rc = 0;
done:
    bytes_drop(&r->io);
    av_free(r);
    return rc;
}

const struct tag_format tag_ogg = { "ogg", is, write_file };
