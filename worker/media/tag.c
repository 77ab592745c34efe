/*
 * tag: fd 3, a finished audio file -> fd 4, the same sound with tags (tag/format.h). MP3, M4A, FLAC, Ogg with Vorbis or
 * Opus, WAV; which one it is, its first bytes say. Matroska is copied as it is.
 *
 * Request: title, artist, album, album_artist, composer, genre, isrc, comment, source_url; date (YYYY or YYYY-MM-DD);
 * track_number, track_total, disc_number; replaygain_track_gain_db, …_track_peak, …_album_gain_db, …_album_peak;
 * id3_version (3: every player and file manager reads it; or 4), for the formats that have it; chapters, a list of
 * {start_ms, end_ms, title} in their order. fd 5, if open: a JPEG from `cover`, which becomes the front cover.
 */
#include "command.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/mem.h>

#include "fdio.h"
#include "picture.h"
#include "reply.h"
#include "request.h"
#include "tag/format.h"

#define TEXT_BYTES_MAX  2048
#define TITLE_BYTES_MAX 800         /* of a chapter */
#define CHAPTER_MS_MAX  4000000000.0    /* ID3 counts them in 32 bits */

static const struct tag_format *const formats[] = { &tag_mp3, &tag_mp4, &tag_flac, &tag_ogg, &tag_wav, &tag_mka };

struct tag_options {
    struct tags  tags;
    const cJSON *chapters;
};

#define AT(member) offsetof(struct tag_options, tags) + offsetof(struct tags, member)
#define TEXT(name) { #name, FIELD_TEXT, AT(name), 0, TEXT_BYTES_MAX }
#define COUNT(name) { #name, FIELD_INT, AT(name), 0, 9999 }

static const struct field fields[] = {
    TEXT(title), TEXT(artist), TEXT(album), TEXT(album_artist), TEXT(composer), TEXT(genre), TEXT(isrc), TEXT(comment),
    TEXT(source_url), TEXT(date),
    COUNT(track_number), COUNT(track_total), COUNT(disc_number),
    { "replaygain_track_gain_db", FIELD_DOUBLE, AT(track_gain_db), -200, 200 },
    { "replaygain_track_peak",    FIELD_DOUBLE, AT(track_peak),    0, 1000 },
    { "replaygain_album_gain_db", FIELD_DOUBLE, AT(album_gain_db), -200, 200 },
    { "replaygain_album_peak",    FIELD_DOUBLE, AT(album_peak),    0, 1000 },
    { "id3_version", FIELD_INT, AT(id3_version), 3, 4 },
    { "chapters", FIELD_LIST, offsetof(struct tag_options, chapters), 0, TAGS_CHAPTERS_MAX },
};

struct chapter_options { const char *title; double start_ms, end_ms; };

static const struct field chapter_fields[] = {
    { "title",    FIELD_TEXT,   offsetof(struct chapter_options, title),    0, TITLE_BYTES_MAX },
    { "start_ms", FIELD_DOUBLE, offsetof(struct chapter_options, start_ms), 0, CHAPTER_MS_MAX },
    { "end_ms",   FIELD_DOUBLE, offsetof(struct chapter_options, end_ms),   0, CHAPTER_MS_MAX },
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static bool is_date(const char *text)
{
    static const char pattern[] = "dddd-dd-dd";
    size_t length = strlen(text);

    if (length != 4 && length != 10)
        return false;
    for (size_t i = 0; i < length; i++)
        if (pattern[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
            return false;
    return true;
}

/* What ends before it begins, or begins before the one in front of it, is a mistake of the caller. */
static int read_chapters(struct tags *tags, const cJSON *list, struct fault *f)
{
    const int count = cJSON_GetArraySize(list);
    const cJSON *one;

    if (count == 0)
        return 0;
    if ((tags->chapters = calloc((size_t)count, sizeof(*tags->chapters))) == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    cJSON_ArrayForEach(one, list) {
        struct chapter_options o = { "", -1, -1 };

        if (request_parse(one, chapter_fields, COUNT_OF(chapter_fields), &o, f))
            return -1;
        const struct chapter c = { (int64_t)o.start_ms, (int64_t)o.end_ms, o.title };
        const int n = tags->chapter_count;
        if (c.start_ms < (n > 0 ? tags->chapters[n - 1].start_ms : 0) || c.end_ms <= c.start_ms)
            return fault_set(f, FAULT_INPUT, "The chapters do not follow each other.");
        tags->chapters[tags->chapter_count++] = c;
    }
    return 0;
}

static int read_cover(struct tags *tags, struct fault *f)
{
    if (fdio_size(FD_COVER) < 0)
        return 0;
    if (fdio_read_all(FD_COVER, PICTURE_BYTES_MAX, &tags->cover_bytes, &tags->cover_size, f) ||
        picture_probe(&tags->cover, tags->cover_bytes, tags->cover_size, f))
        return -1;
    if (tags->cover.codec != AV_CODEC_ID_MJPEG)
        return fault_set(f, FAULT_BAD_MEDIA, "The cover is not a JPEG.");
    return 0;
}

static int read_request(struct tag_options *o, const cJSON *request, struct fault *f)
{
    struct tags *tags = &o->tags;

    if (request_parse(request, fields, COUNT_OF(fields), o, f))
        return -1;
    if (tags->date != NULL && tags->date[0] != '\0' && !is_date(tags->date))
        return fault_set(f, FAULT_INPUT, "date must be YYYY or YYYY-MM-DD.");
    return read_chapters(tags, o->chapters, f) || read_cover(tags, f) ? -1 : 0;
}

static const struct tag_format *find_format(struct fault *f)
{
    uint8_t head[FORMAT_HEAD_BYTES] = { 0 };
    const int64_t size = fdio_size(FD_INPUT);

    if (fdio_read_at(FD_INPUT, 0, head, size < FORMAT_HEAD_BYTES ? (size_t)size : FORMAT_HEAD_BYTES, f))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (formats[i]->is(head))
            return formats[i];
    fault_set(f, FAULT_BAD_MEDIA, "The file is of no format that can be tagged.");
    return NULL;
}

int tag_run(const cJSON *request, cJSON *result, struct fault *f)
{
    static struct fdio_writer out;
    struct tag_options o = {
        .tags = { .track_gain_db = NAN, .track_peak = NAN, .album_gain_db = NAN, .album_peak = NAN, .id3_version = 3 },
    };
    const struct tag_format *format;
    int rc = -1;

    if (read_request(&o, request, f) || (format = find_format(f)) == NULL || fdio_writer_start(&out, FD_OUTPUT, f) ||
        format->write(&out, &o.tags, f) || fdio_flush(&out, f))
        goto done;
    cJSON_AddStringToObject(result, "format", format->name);
    reply_add_number(result, "size_bytes", (double)fdio_size(FD_OUTPUT), 0);
    rc = 0;
done:
    av_free(o.tags.cover_bytes);
    free(o.tags.chapters);
    return rc;
}
