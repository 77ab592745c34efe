/*
 * tags: what a file says about itself, whatever its format, and what each format calls it.
 *
 * A format goes through tag_names and asks tags_value() for each row: what one format calls by no
 * name has NULL there. Chapters and the cover have forms of their own and stand beside the table.
 */
#ifndef DUBPLATE_MEDIA_TAG_TAGS_H
#define DUBPLATE_MEDIA_TAG_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "picture.h"

#define TAGS_CHAPTERS_MAX 500

struct chapter {
    int64_t     start_ms, end_ms;   /* start before end, in their order */
    const char *title;              /* "" if it has none */
};

struct tags {
    const char *title, *artist, *album, *album_artist, *composer, *genre, *isrc, *comment, *source_url;
    const char *date;                               /* YYYY or YYYY-MM-DD */
    int         track_number, track_total, disc_number;             /* 0: none */
    /* ReplayGain 2.0: towards -18 LUFS, and the peak with 1.0 for full scale. NAN: not known. */
    double      track_gain_db, track_peak, album_gain_db, album_peak;
    int         id3_version;                        /* 3 or 4 */
    struct chapter *chapters;
    int             chapter_count;
    struct picture  cover;                          /* a JPEG */
    uint8_t        *cover_bytes;                    /* NULL: none */
    size_t          cover_size;
};

enum tag_kind { TAG_TEXT, TAG_COUNT, TAG_GAIN, TAG_PEAK };

struct tag_name {
    enum tag_kind kind;
    size_t        offset;       /* of the member of struct tags */
    const char   *id3;          /* a frame; behind a colon, the name of a TXXX frame */
    const char   *vorbis;
    const char   *mp4;          /* an atom; behind a colon, the name of a free-form item of iTunes' */
    const char   *riff;         /* of LIST INFO */
};

extern const struct tag_name tag_names[];
extern const int tag_name_count;

#define TAG_VALUE_BYTES 32

/* The value as text; NULL if there is none. A number is written into `scratch`. */
const char *tags_value(const struct tags *tags, const struct tag_name *name, char scratch[TAG_VALUE_BYTES]);

#endif
