#include "tag/mp4_chapters.h"

#include <string.h>

#include "tag/bytes.h"

#define TIMESCALE 1000      /* of the text track: chapters count in milliseconds */
#define LIST_MAX  255
#define LIST_TITLE_MAX_BYTES 255
#define MATRIX_ONE 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000

static const uint32_t matrix[] = { MATRIX_ONE };

/* What says that a sample is UTF-8. */
static const uint8_t is_utf8[12] = { 0, 0, 0, 12, 'e', 'n', 'c', 'd', 0, 0, 1, 0 };

/* A text sample entry of QuickTime: black on nothing, one font without a name. */
static const uint8_t text_style[43] = {
    0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 13, 'f', 't', 'a', 'b', 0, 1, 0, 1, 0,
};

static int64_t full_box(AVIOContext *io, const char *type, uint32_t version_and_flags)
{
    const int64_t begun = bytes_box(io, type);

    avio_wb32(io, version_and_flags);
    return begun;
}

#define VERSION_1 0x01000000u

/* Until the next begins: what lies between two chapters belongs to the first. */
static int64_t duration_ms(const struct tags *tags, int i)
{
    return (i + 1 < tags->chapter_count ? tags->chapters[i + 1].start_ms : tags->chapters[i].end_ms) -
           tags->chapters[i].start_ms;
}

static int64_t whole_ms(const struct tags *tags)
{
    return tags->chapters[tags->chapter_count - 1].end_ms - tags->chapters[0].start_ms;
}

static uint64_t movie_time(int64_t ms, uint32_t movie_timescale)
{
    return (uint64_t)ms * movie_timescale / 1000;
}

static void put_header(AVIOContext *io, const struct tags *tags, uint32_t track_id, uint32_t movie_timescale)
{
    const int64_t tkhd = full_box(io, "tkhd", VERSION_1 | 2);       /* in the movie, but not enabled: not shown */

    bytes_zeros(io, 16);        /* no times of making */
    avio_wb32(io, track_id);
    avio_wb32(io, 0);
    avio_wb64(io, movie_time(tags->chapters[tags->chapter_count - 1].end_ms, movie_timescale));
    bytes_zeros(io, 16);        /* layer, group, volume */
    for (size_t i = 0; i < 9; i++)
        avio_wb32(io, matrix[i]);
    avio_wb64(io, 0);           /* no width, no height */
    bytes_box_end(io, tkhd);
}

/* The time before the first chapter is an empty edit. */
static void put_edits(AVIOContext *io, const struct tags *tags, uint32_t movie_timescale)
{
    const int64_t edts = bytes_box(io, "edts"), elst = full_box(io, "elst", VERSION_1);

    avio_wb32(io, 2);
    avio_wb64(io, movie_time(tags->chapters[0].start_ms, movie_timescale));
    avio_wb64(io, UINT64_MAX);
    avio_wb32(io, 0x10000);
    avio_wb64(io, movie_time(whole_ms(tags), movie_timescale));
    avio_wb64(io, 0);
    avio_wb32(io, 0x10000);
    bytes_box_end(io, elst);
    bytes_box_end(io, edts);
}

static void put_media_header(AVIOContext *io, const struct tags *tags)
{
    int64_t box = full_box(io, "mdhd", VERSION_1);

    bytes_zeros(io, 16);
    avio_wb32(io, TIMESCALE);
    avio_wb64(io, (uint64_t)whole_ms(tags));
    avio_wb16(io, 0x55c4);      /* "und" */
    avio_wb16(io, 0);
    bytes_box_end(io, box);
    box = full_box(io, "hdlr", 0);
    avio_wb32(io, 0);
    bytes_text(io, "text");
    bytes_zeros(io, 12);
    avio_put_str(io, "Chapters");
    bytes_box_end(io, box);
}

static void put_media_information(AVIOContext *io)
{
    int64_t gmhd = bytes_box(io, "gmhd"), box = full_box(io, "gmin", 0);

    avio_wb16(io, 0x40);        /* QuickTime's plain copy, in grey */
    for (int i = 0; i < 3; i++)
        avio_wb16(io, 0x8000);
    avio_wb32(io, 0);
    bytes_box_end(io, box);
    box = bytes_box(io, "text");
    for (size_t i = 0; i < 9; i++)
        avio_wb32(io, matrix[i]);
    bytes_box_end(io, box);
    bytes_box_end(io, gmhd);
    const int64_t dinf = bytes_box(io, "dinf"), dref = full_box(io, "dref", 0);
    avio_wb32(io, 1);
    box = full_box(io, "url ", 1);      /* in this file */
    bytes_box_end(io, box);
    bytes_box_end(io, dref);
    bytes_box_end(io, dinf);
}

static int64_t put_sample_table(AVIOContext *io, const struct tags *tags)
{
    const int64_t stbl = bytes_box(io, "stbl");
    int64_t box = full_box(io, "stsd", 0), entry, place;

    avio_wb32(io, 1);
    entry = bytes_box(io, "text");
    bytes_zeros(io, 6);
    avio_wb16(io, 1);
    avio_write(io, text_style, sizeof(text_style));
    bytes_box_end(io, entry);
    bytes_box_end(io, box);

    box = full_box(io, "stts", 0);
    avio_wb32(io, (unsigned)tags->chapter_count);
    for (int i = 0; i < tags->chapter_count; i++) {
        avio_wb32(io, 1);
        avio_wb32(io, (unsigned)duration_ms(tags, i));
    }
    bytes_box_end(io, box);

    box = full_box(io, "stsc", 0);      /* all in one chunk */
    avio_wb32(io, 1);
    avio_wb32(io, 1);
    avio_wb32(io, (unsigned)tags->chapter_count);
    avio_wb32(io, 1);
    bytes_box_end(io, box);

    box = full_box(io, "stsz", 0);
    avio_wb32(io, 0);
    avio_wb32(io, (unsigned)tags->chapter_count);
    for (int i = 0; i < tags->chapter_count; i++)
        avio_wb32(io, (unsigned)(2 + strlen(tags->chapters[i].title) + sizeof(is_utf8)));
    bytes_box_end(io, box);

    box = full_box(io, "stco", 0);
    avio_wb32(io, 1);
    place = avio_tell(io);
    avio_wb32(io, 0);
    bytes_box_end(io, box);
    bytes_box_end(io, stbl);
    return place;
}

int64_t mp4_put_chapter_track(AVIOContext *io, const struct tags *tags, uint32_t track_id, uint32_t movie_timescale)
{
    const int64_t trak = bytes_box(io, "trak");

    put_header(io, tags, track_id, movie_timescale);
    if (tags->chapters[0].start_ms > 0)
        put_edits(io, tags, movie_timescale);
    const int64_t mdia = bytes_box(io, "mdia");
    put_media_header(io, tags);
    const int64_t minf = bytes_box(io, "minf");
    put_media_information(io);
    const int64_t place = put_sample_table(io, tags);
    bytes_box_end(io, minf);
    bytes_box_end(io, mdia);
    bytes_box_end(io, trak);
    return place;
}

void mp4_put_chapter_samples(AVIOContext *io, const struct tags *tags)
{
    const int64_t mdat = bytes_box(io, "mdat");

    for (int i = 0; i < tags->chapter_count; i++) {
        avio_wb16(io, (unsigned)strlen(tags->chapters[i].title));
        bytes_text(io, tags->chapters[i].title);
        avio_write(io, is_utf8, sizeof(is_utf8));
    }
    bytes_box_end(io, mdat);
}

/* So much of the title as a byte can count, cut between two characters. */
static int list_title_bytes(const char *title)
{
    size_t n = strlen(title);

    if (n > LIST_TITLE_MAX_BYTES)
        for (n = LIST_TITLE_MAX_BYTES; ((uint8_t)title[n] & 0xc0) == 0x80; n--)
            ;
    return (int)n;
}

void mp4_put_chapter_list(AVIOContext *io, const struct tags *tags)
{
    const int64_t chpl = full_box(io, "chpl", VERSION_1);
    const int count = tags->chapter_count < LIST_MAX ? tags->chapter_count : LIST_MAX;

    avio_wb32(io, 0);
    avio_w8(io, count);
    for (int i = 0; i < count; i++) {
        const int n = list_title_bytes(tags->chapters[i].title);

        avio_wb64(io, (uint64_t)tags->chapters[i].start_ms * 10000);        /* in 100 ns */
        avio_w8(io, n);
        avio_write(io, (const uint8_t *)tags->chapters[i].title, n);
    }
    bytes_box_end(io, chpl);
}
