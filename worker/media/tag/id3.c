/*
 * Text is Latin-1 only where it is ASCII, since programs differ in what they take the rest for; beyond that it is
 * UTF-16 with a byte order mark in 2.3, which has nothing else, and UTF-8 in 2.4. Chapters are those of the "ID3v2
 * Chapter Frame Addendum", which is written for both.
 */
#include "tag/id3.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tag/bytes.h"

enum encoding { LATIN_1 = 0, UTF_16 = 1, UTF_8 = 3 };

#define CHILDREN_MAX 255        /* of one table of contents: its counter is a byte */

static enum encoding encoding_of(const struct tags *tags, const char *text)
{
    while (*text > 0)
        text++;
    return *text == '\0' ? LATIN_1 : tags->id3_version == 4 ? UTF_8 : UTF_16;
}

static void put_text(AVIOContext *io, enum encoding encoding, const char *text)
{
    if (encoding == UTF_16) {
        avio_wb16(io, 0xfffe);
        avio_put_str16le(io, text);
    } else {
        avio_put_str(io, text);
    }
}

static uint32_t syncsafe(uint32_t n)
{
    return (n & 0x7f) | (n << 1 & 0x7f00) | (n << 2 & 0x7f0000) | (n << 3 & 0x7f000000);
}

static int64_t begin_frame(AVIOContext *io, const char *id)
{
    int64_t begun;

    bytes_text(io, id);
    begun = avio_tell(io);
    avio_wb32(io, 0);
    avio_wb16(io, 0);       /* flags */
    return begun;
}

static void end_frame(AVIOContext *io, const struct tags *tags, int64_t begun)
{
    const uint32_t size = (uint32_t)(avio_tell(io) - begun - 6);

    bytes_patch_be(io, begun, tags->id3_version == 4 ? syncsafe(size) : size);
}

static void put_text_frame(AVIOContext *io, const struct tags *tags, const char *id, const char *text)
{
    const enum encoding encoding = encoding_of(tags, text);
    const int64_t frame = begin_frame(io, id);

    avio_w8(io, (int)encoding);
    put_text(io, encoding, text);
    end_frame(io, tags, frame);
}

static void put_named_frame(AVIOContext *io, const struct tags *tags, const char *name, const char *text)
{
    const enum encoding encoding = encoding_of(tags, text);
    const int64_t frame = begin_frame(io, "TXXX");

    avio_w8(io, (int)encoding);
    put_text(io, encoding, name);
    put_text(io, encoding, text);
    end_frame(io, tags, frame);
}

static void put_comment(AVIOContext *io, const struct tags *tags, const char *text)
{
    const enum encoding encoding = encoding_of(tags, text);
    const int64_t frame = begin_frame(io, "COMM");

    avio_w8(io, (int)encoding);
    bytes_text(io, "XXX");      /* in no particular language */
    put_text(io, encoding, "");
    put_text(io, encoding, text);
    end_frame(io, tags, frame);
}

/* 2.3 has the year in one frame and DDMM in another. */
static void put_date(AVIOContext *io, const struct tags *tags, const char *date)
{
    char part[5];

    if (tags->id3_version == 4) {
        put_text_frame(io, tags, "TDRC", date);
        return;
    }
    snprintf(part, sizeof(part), "%.4s", date);
    put_text_frame(io, tags, "TYER", part);
    if (strlen(date) < 10)
        return;
    snprintf(part, sizeof(part), "%.2s%.2s", date + 8, date + 5);
    put_text_frame(io, tags, "TDAT", part);
}

static void put_track(AVIOContext *io, const struct tags *tags, const char *number)
{
    char both[TAG_VALUE_BYTES];

    snprintf(both, sizeof(both), "%d/%d", tags->track_number, tags->track_total);
    put_text_frame(io, tags, "TRCK", tags->track_total > 0 ? both : number);
}

static const struct {
    const char *id;
    void      (*put)(AVIOContext *io, const struct tags *tags, const char *value);
} peculiar[] = {
    { "TDRC", put_date }, { "COMM", put_comment }, { "TRCK", put_track },
};

static void put_value(AVIOContext *io, const struct tags *tags, const char *id, const char *value)
{
    for (size_t i = 0; i < sizeof(peculiar) / sizeof(peculiar[0]); i++)
        if (strcmp(id, peculiar[i].id) == 0) {
            peculiar[i].put(io, tags, value);
            return;
        }
    if (id[0] == ':')
        put_named_frame(io, tags, id + 1, value);
    else
        put_text_frame(io, tags, id, value);
}

static void put_chapter_id(AVIOContext *io, int number)
{
    char id[16];

    snprintf(id, sizeof(id), "chp%d", number);
    avio_put_str(io, id);
}

static void put_chapter(AVIOContext *io, const struct tags *tags, int number)
{
    const struct chapter *c = &tags->chapters[number];
    const int64_t frame = begin_frame(io, "CHAP");

    put_chapter_id(io, number);
    avio_wb32(io, (uint32_t)c->start_ms);
    avio_wb32(io, (uint32_t)c->end_ms);
    avio_wb32(io, UINT32_MAX);      /* no places in bytes: the times count */
    avio_wb32(io, UINT32_MAX);
    /* In 2.4 FFmpeg takes the size of this frame for a plain number, and passes the chapter over if the title has more
     * than 126 bytes; others do not. */
    if (c->title[0] != '\0')
        put_text_frame(io, tags, "TIT2", c->title);
    end_frame(io, tags, frame);
}

static void put_part_id(AVIOContext *io, int first)
{
    char id[16];

    snprintf(id, sizeof(id), "toc%d", first);
    avio_put_str(io, id);
}

/* A table of contents over parts, each of which is one over chapters: for what one cannot count. */
static void put_contents(AVIOContext *io, const struct tags *tags)
{
    const int count = tags->chapter_count;
    const bool in_parts = count > CHILDREN_MAX;
    int64_t frame = begin_frame(io, "CTOC");

    avio_put_str(io, "toc");
    avio_w8(io, 3);         /* top level, ordered */
    avio_w8(io, in_parts ? (count + CHILDREN_MAX - 1) / CHILDREN_MAX : count);
    for (int i = 0; i < count; i += in_parts ? CHILDREN_MAX : 1)
        (in_parts ? put_part_id : put_chapter_id)(io, i);
    end_frame(io, tags, frame);
    for (int first = 0; in_parts && first < count; first += CHILDREN_MAX) {
        const int n = count - first < CHILDREN_MAX ? count - first : CHILDREN_MAX;

        frame = begin_frame(io, "CTOC");
        put_part_id(io, first);
        avio_w8(io, 1);     /* ordered */
        avio_w8(io, n);
        for (int i = 0; i < n; i++)
            put_chapter_id(io, first + i);
        end_frame(io, tags, frame);
    }
}

static void put_picture(AVIOContext *io, const struct tags *tags)
{
    const int64_t frame = begin_frame(io, "APIC");

    avio_w8(io, LATIN_1);
    avio_put_str(io, "image/jpeg");
    avio_w8(io, 3);         /* front cover */
    avio_put_str(io, "");
    avio_write(io, tags->cover_bytes, (int)tags->cover_size);
    end_frame(io, tags, frame);
}

void id3_write(AVIOContext *io, const struct tags *tags)
{
    const int64_t start = avio_tell(io);
    char scratch[TAG_VALUE_BYTES];

    bytes_text(io, "ID3");
    avio_w8(io, tags->id3_version);
    avio_wb16(io, 0);       /* revision, flags */
    avio_wb32(io, 0);
    for (int i = 0; i < tag_name_count; i++) {
        const char *value = tag_names[i].id3 ? tags_value(tags, &tag_names[i], scratch) : NULL;

        if (value != NULL)
            put_value(io, tags, tag_names[i].id3, value);
    }
    if (tags->chapter_count > 0)
        put_contents(io, tags);
    for (int i = 0; i < tags->chapter_count; i++)
        put_chapter(io, tags, i);
    if (tags->cover_bytes != NULL)
        put_picture(io, tags);
    bytes_patch_be(io, start + 6, syncsafe((uint32_t)(avio_tell(io) - start - 10)));
}

int64_t id3_length(const uint8_t head[10])
{
    if (memcmp(head, "ID3", 3) != 0 || ((head[6] | head[7] | head[8] | head[9]) & 0x80) != 0)
        return 0;
    /* A footer repeats the header. */
    return 10 + ((int64_t)head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + (head[5] & 0x10 ? 10 : 0);
}
