/*
 * mp4: the "moov" box anew, with the tags as iTunes has them, and in front of the sound, so that a player can begin
 * before all has come. The sound's samples stay, and so do its tables and its edit list, which says where it begins and
 * ends; only where in the file its chunks lie is counted anew.
 *
 * "iTunSMPB", by which Apple's players know the beginning and the end, is kept, or made from the edit list.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "tag/bytes.h"
#include "tag/format.h"
#include "tag/mp4_boxes.h"
#include "tag/mp4_chapters.h"

#define MOOV_BYTES_MAX (32 << 20)       /* its tables grow with the length: 7 MB for ten hours */
#define PARTS_MAX      32
#define ITUNES         "com.apple.iTunes"
#define GAPLESS        "iTunSMPB"

enum data_type { DATA_BINARY = 0, DATA_UTF8 = 1, DATA_JPEG = 13 };

/* A top-level box, and where it goes. */
struct part {
    char    type[5];
    int64_t at, size, to;
};

struct layout {
    struct part  parts[PARTS_MAX];
    int          count;
    struct part *moov;
    uint8_t     *old;               /* the moov box */
    struct box   box;               /* the same, as a box */
    uint32_t     movie_timescale, next_track_id;
    int64_t      chapters_at;       /* in the new box: where the place of the chapters' samples is filled in; 0: none */
};

static bool is(const uint8_t head[FORMAT_HEAD_BYTES])
{
    return memcmp(head + 4, "ftyp", 4) == 0;
}

static int not_mp4(struct fault *f)
{
    return fault_set(f, FAULT_BAD_MEDIA, "The MP4 file is not one sound track with one index.");
}

/* ---- what is there ---- */

static bool is_filler(const char *type)
{
    return strcmp(type, "free") == 0 || strcmp(type, "skip") == 0 || strcmp(type, "wide") == 0;
}

static int read_part(struct part *p, int64_t at, int64_t end, struct fault *f)
{
    uint8_t head[16] = { 0 };

    if (fdio_read_at(FD_INPUT, at, head, end - at < 16 ? 8 : 16, f))
        return -1;
    *p = (struct part){ .at = at, .size = AV_RB32(head) };
    memcpy(p->type, head + 4, 4);
    if (p->size == 1)
        p->size = (int64_t)AV_RB64(head + 8);
    if (p->size == 0)       /* the last, until the end */
        p->size = end - at;
    return p->size < 8 || p->size > end - at ? not_mp4(f) : 0;
}

static int read_parts(struct layout *l, struct fault *f)
{
    const int64_t end = fdio_size(FD_INPUT);

    for (int64_t at = 0; at + 8 <= end;) {
        struct part *p = &l->parts[l->count];

        if (l->count == PARTS_MAX || read_part(p, at, end, f))
            return l->count == PARTS_MAX ? not_mp4(f) : -1;
        at += p->size;
        if (is_filler(p->type))
            continue;
        l->count++;
        if (strcmp(p->type, "moof") == 0)       /* its samples are described elsewhere */
            return not_mp4(f);
        if (strcmp(p->type, "moov") == 0)
            l->moov = p;
    }
    return l->moov == NULL || l->moov->size > MOOV_BYTES_MAX ? not_mp4(f) : 0;
}

static bool is_track_of(const struct box *trak, const char *handler)
{
    struct box hdlr;

    return box_find_path(boxes_in(trak, 0), "mdia/hdlr", &hdlr) && hdlr.body_size >= 12 &&
           memcmp(hdlr.body + 8, handler, 4) == 0;
}

static bool find_sound(const struct layout *l, struct box *trak)
{
    struct boxes in = boxes_in(&l->box, 0);

    while (box_next(&in, trak))
        if (box_is(trak, "trak") && is_track_of(trak, "soun"))
            return true;
    return false;
}

/* Behind the version, and times that are wider in version 1. */
static const uint8_t *behind_times(const struct box *b, size_t needed)
{
    const size_t skip = b->body_size > 0 && b->body[0] == 1 ? 20 : 12;

    return b->body_size >= skip + needed ? b->body + skip : NULL;
}

static int read_moov(struct layout *l, struct fault *f)
{
    const uint8_t *timescale;
    struct boxes all;
    struct box mvhd, sound;

    if ((l->old = av_malloc((size_t)l->moov->size)) == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    if (fdio_read_at(FD_INPUT, l->moov->at, l->old, (size_t)l->moov->size, f))
        return -1;
    all = (struct boxes){ l->old, l->old + l->moov->size };
    if (!box_next(&all, &l->box) || !box_find(boxes_in(&l->box, 0), "mvhd", &mvhd) ||
        (timescale = behind_times(&mvhd, 4)) == NULL || !find_sound(l, &sound))
        return not_mp4(f);
    l->movie_timescale = AV_RB32(timescale);
    l->next_track_id = AV_RB32(mvhd.body + mvhd.body_size - 4);
    return 0;
}

/* ---- where the sound begins and ends ---- */

struct gapless { uint32_t delay, padding; uint64_t frames; };

/* All packets are as long as the first; the table may call the last shorter, for what the edit list leaves of it. */
static uint64_t decoded_frames(const struct box *stts)
{
    uint64_t packets = 0;

    for (size_t i = 8; i + 8 <= stts->body_size; i += 8)
        packets += AV_RB32(stts->body + i);
    return stts->body_size >= 16 ? packets * AV_RB32(stts->body + 12) : 0;
}

/* One edit of the length of so many samples: false if the list says something else, or not to the sample. */
static bool read_gapless(const struct layout *l, struct gapless *g)
{
    struct box trak, elst, mdhd, stts;
    const uint8_t *timescale;
    uint64_t duration, start;

    if (!find_sound(l, &trak) || !box_find_path(boxes_in(&trak, 0), "edts/elst", &elst) ||
        !box_find_path(boxes_in(&trak, 0), "mdia/mdhd", &mdhd) ||
        !box_find_path(boxes_in(&trak, 0), "mdia/minf/stbl/stts", &stts) ||
        (timescale = behind_times(&mdhd, 4)) == NULL || AV_RB32(timescale) != l->movie_timescale)
        return false;
    const bool wide = elst.body_size > 0 && elst.body[0] == 1;
    if (elst.body_size < (wide ? 24u : 16u) || AV_RB32(elst.body + 4) != 1)
        return false;
    duration = wide ? AV_RB64(elst.body + 8) : AV_RB32(elst.body + 8);
    start = wide ? AV_RB64(elst.body + 16) : AV_RB32(elst.body + 12);
    const uint64_t total = decoded_frames(&stts);
    if (start > total || duration > total - start || start > INT32_MAX || total - start - duration > INT32_MAX)
        return false;
    *g = (struct gapless){ (uint32_t)start, (uint32_t)(total - start - duration), duration };
    return true;
}

/* The item as it is there. */
static bool find_gapless_item(const struct layout *l, struct box *item)
{
    struct box meta, ilst, name;

    if (!box_find_path(boxes_in(&l->box, 0), "udta/meta", &meta) || !box_find(boxes_in(&meta, 4), "ilst", &ilst))
        return false;
    for (struct boxes in = boxes_in(&ilst, 0); box_next(&in, item);)
        if (box_is(item, "----") && box_find(boxes_in(item, 0), "name", &name) &&
            name.body_size == 4 + strlen(GAPLESS) && memcmp(name.body + 4, GAPLESS, strlen(GAPLESS)) == 0)
            return true;
    return false;
}

/* ---- the tags ---- */

static void put_data(AVIOContext *io, enum data_type type, const void *bytes, size_t size)
{
    const int64_t data = bytes_box(io, "data");

    avio_wb32(io, type);
    avio_wb32(io, 0);           /* no locale */
    avio_write(io, bytes, (int)size);
    bytes_box_end(io, data);
}

static void put_item(AVIOContext *io, const char *atom, enum data_type type, const void *bytes, size_t size)
{
    const int64_t item = bytes_box(io, atom);

    put_data(io, type, bytes, size);
    bytes_box_end(io, item);
}

static void put_named_item(AVIOContext *io, const char *name, const char *value)
{
    const int64_t item = bytes_box(io, "----");
    int64_t part = bytes_box(io, "mean");

    avio_wb32(io, 0);
    bytes_text(io, ITUNES);
    bytes_box_end(io, part);
    part = bytes_box(io, "name");
    avio_wb32(io, 0);
    bytes_text(io, name);
    bytes_box_end(io, part);
    put_data(io, DATA_UTF8, value, strlen(value));
    bytes_box_end(io, item);
}

/* A number of a total, in 16 bits each; the track's has two bytes more. */
static void put_count(AVIOContext *io, const char *atom, int number, int total)
{
    const uint8_t bytes[8] = { 0, 0, (uint8_t)(number >> 8), (uint8_t)number, (uint8_t)(total >> 8), (uint8_t)total };

    put_item(io, atom, DATA_BINARY, bytes, strcmp(atom, "trkn") == 0 ? 8 : 6);
}

static void put_gapless(AVIOContext *io, const struct layout *l)
{
    struct box item;
    struct gapless g;
    char text[128];
    int n;

    if (find_gapless_item(l, &item)) {
        avio_write(io, item.at, (int)item.size);
        return;
    }
    if (!read_gapless(l, &g))
        return;
    n = snprintf(text, sizeof(text), " 00000000 %08" PRIX32 " %08" PRIX32 " %016" PRIX64, g.delay, g.padding, g.frames);
    for (int i = 0; i < 8; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, " 00000000");
    put_named_item(io, GAPLESS, text);
}

static void put_tag(AVIOContext *io, const struct tags *tags, const struct tag_name *name)
{
    char scratch[TAG_VALUE_BYTES];
    const char *value = name->mp4 ? tags_value(tags, name, scratch) : NULL;

    if (value == NULL)
        return;
    if (name->mp4[0] == ':')
        put_named_item(io, name->mp4 + 1, value);
    else if (name->kind == TAG_TEXT)
        put_item(io, name->mp4, DATA_UTF8, value, strlen(value));
    else if (strcmp(name->mp4, "trkn") == 0)
        put_count(io, name->mp4, tags->track_number, tags->track_total);
    else
        put_count(io, name->mp4, tags->disc_number, 0);
}

static void put_user_data(AVIOContext *io, const struct layout *l, const struct tags *tags)
{
    const int64_t udta = bytes_box(io, "udta"), meta = bytes_box(io, "meta");

    avio_wb32(io, 0);
    const int64_t hdlr = bytes_box(io, "hdlr");
    avio_wb64(io, 0);
    bytes_text(io, "mdirappl");
    bytes_zeros(io, 9);
    bytes_box_end(io, hdlr);
    const int64_t ilst = bytes_box(io, "ilst");
    for (int i = 0; i < tag_name_count; i++)
        put_tag(io, tags, &tag_names[i]);
    put_gapless(io, l);
    if (tags->cover_bytes != NULL)
        put_item(io, "covr", DATA_JPEG, tags->cover_bytes, tags->cover_size);
    bytes_box_end(io, ilst);
    bytes_box_end(io, meta);
    if (tags->chapter_count > 0)
        mp4_put_chapter_list(io, tags);
    bytes_box_end(io, udta);
}

/* ---- the index ---- */

static void put_box(AVIOContext *io, const struct box *b)
{
    avio_write(io, b->at, (int)b->size);
}

/* The sound, and that the track of this id has its chapters. */
static void put_sound(AVIOContext *io, const struct box *old, uint32_t chapters_id)
{
    const int64_t trak = bytes_box(io, "trak");
    struct box child;

    for (struct boxes in = boxes_in(old, 0); box_next(&in, &child);)
        if (!box_is(&child, "tref"))
            put_box(io, &child);
    if (chapters_id != 0) {
        const int64_t tref = bytes_box(io, "tref"), chap = bytes_box(io, "chap");
        avio_wb32(io, chapters_id);
        bytes_box_end(io, chap);
        bytes_box_end(io, tref);
    }
    bytes_box_end(io, trak);
}

static void put_moov(AVIOContext *io, struct layout *l, const struct tags *tags)
{
    const uint32_t chapters_id = tags->chapter_count > 0 ? l->next_track_id : 0;
    const int64_t moov = bytes_box(io, "moov");
    struct box child;

    for (struct boxes in = boxes_in(&l->box, 0); box_next(&in, &child);) {
        if (box_is(&child, "trak") && is_track_of(&child, "soun"))
            put_sound(io, &child, chapters_id);
        else if (!box_is(&child, "udta") && !(box_is(&child, "trak") && is_track_of(&child, "text")))
            put_box(io, &child);
        if (box_is(&child, "mvhd") && chapters_id != 0)
            bytes_patch_be(io, avio_tell(io) - 4, chapters_id + 1);
    }
    if (chapters_id != 0)
        l->chapters_at = mp4_put_chapter_track(io, tags, chapters_id, l->movie_timescale);
    put_user_data(io, l, tags);
    bytes_box_end(io, moov);
}

/* A place in the old file as one in the new; -1 if it is in none of its parts. */
static int64_t new_place(const struct layout *l, uint64_t old)
{
    for (int i = 0; i < l->count; i++) {
        const struct part *p = &l->parts[i];

        if (p != l->moov && old >= (uint64_t)p->at && old < (uint64_t)(p->at + p->size))
            return (int64_t)old - p->at + p->to;
    }
    return -1;
}

static int move_chunks(const struct layout *l, struct box *table, struct fault *f)
{
    const size_t width = box_is(table, "co64") ? 8 : 4;
    const int64_t largest = width == 8 ? INT64_MAX : UINT32_MAX;

    for (size_t i = 8; i + width <= table->body_size; i += width) {
        uint8_t *at = (uint8_t *)(uintptr_t)table->body + i;
        const int64_t place = new_place(l, width == 8 ? AV_RB64(at) : AV_RB32(at));

        if (place < 0 || place > largest)
            return not_mp4(f);
        if (width == 8)
            AV_WB64(at, (uint64_t)place);
        else
            AV_WB32(at, (uint32_t)place);
    }
    return 0;
}

/* `moov` is ours to write in; the chapters' track, which is ours, has its place already. */
static int move_sound(const struct layout *l, uint8_t *moov, size_t size, struct fault *f)
{
    struct boxes all = { moov, moov + size };
    struct box box, trak, stbl, table;

    if (!box_next(&all, &box))
        return not_mp4(f);
    for (struct boxes in = boxes_in(&box, 0); box_next(&in, &trak);) {
        if (!box_is(&trak, "trak") || is_track_of(&trak, "text"))
            continue;
        if (!box_find_path(boxes_in(&trak, 0), "mdia/minf/stbl", &stbl) ||
            (!box_find(boxes_in(&stbl, 0), "stco", &table) && !box_find(boxes_in(&stbl, 0), "co64", &table)))
            return not_mp4(f);
        if (move_chunks(l, &table, f))
            return -1;
    }
    return 0;
}

/* "ftyp" in front, then the index, what the chapters are called, and the rest in its order. */
static int64_t place_parts(struct layout *l, int64_t index_bytes)
{
    int64_t at = l->parts[0].size;

    const int64_t index = at;
    at += index_bytes;
    for (int i = 1; i < l->count; i++) {
        if (&l->parts[i] == l->moov)
            continue;
        l->parts[i].to = at;
        at += l->parts[i].size;
    }
    return index;
}

static int copy_parts(const struct layout *l, struct fdio_writer *out, struct fault *f)
{
    for (int i = 1; i < l->count; i++)
        if (&l->parts[i] != l->moov && fdio_copy(out, FD_INPUT, l->parts[i].at, l->parts[i].size, f))
            return -1;
    return 0;
}

static int make_samples(const struct tags *tags, uint8_t **samples, size_t *size, struct fault *f)
{
    AVIOContext *io;

    if (tags->chapter_count == 0)
        return 0;
    if ((io = bytes_open(f)) == NULL)
        return -1;
    mp4_put_chapter_samples(io, tags);
    return bytes_take(&io, samples, size, f);
}

static int write_file(struct fdio_writer *out, const struct tags *tags, struct fault *f)
{
    struct layout l = { .count = 0 };
    AVIOContext *io = NULL;
    uint8_t *moov = NULL, *samples = NULL;
    size_t moov_size = 0, samples_size = 0;
    int rc = -1;

    if (read_parts(&l, f) || read_moov(&l, f) || make_samples(tags, &samples, &samples_size, f) ||
        (io = bytes_open(f)) == NULL)
        goto out;
    put_moov(io, &l, tags);
    if (bytes_take(&io, &moov, &moov_size, f))
        goto out;
    const int64_t index = place_parts(&l, (int64_t)(moov_size + samples_size));
    if (l.chapters_at != 0)
        AV_WB32(moov + l.chapters_at, (uint32_t)(index + (int64_t)moov_size + 8));
    if (move_sound(&l, moov, moov_size, f) || fdio_copy(out, FD_INPUT, 0, l.parts[0].size, f) ||
        fdio_write(out, moov, moov_size, f) || fdio_write(out, samples, samples_size, f))
        goto out;
    rc = copy_parts(&l, out, f);
out:
    bytes_drop(&io);
    av_free(l.old);
    av_free(moov);
    av_free(samples);
    return rc;
}

const struct tag_format tag_mp4 = { "m4a", is, write_file };
