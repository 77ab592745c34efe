/*
 * meta: everything that is known about a track, and for each piece of it who said so. The page, a playlist's entry,
 * Spotify and the submitter all say something; a stronger origin overwrites a weaker one, never the other way, so they
 * can be asked in any order. The result is what the tags are written from and what clients see.
 *
 * Owns its memory: zero it (or META_INIT) before use, meta_free() afterwards. Text is clean UTF-8; all but description
 * and comment is one line.
 */
#ifndef DUBPLATE_META_H
#define DUBPLATE_META_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "spec.h"
#include "tracks.h"
#include "wanted.h"

/* Weakest first. */
enum meta_origin {
    META_NONE,
    META_FROM_GUESS,        /* the name and date of a file, a page that nobody knows to read, an id */
    META_FROM_UPLOADER,     /* the uploader's name, taken for the artist's */
    META_FROM_LIST,         /* what a playlist or feed says about its entry */
    META_FROM_TITLE,        /* the video's title, taken apart (title.c) */
    META_FROM_PAGE,         /* the source's own fields */
    META_FROM_SPOTIFY,
    META_FROM_SUBMITTER,
    META_ORIGINS
};

enum meta_text {
    META_TITLE, META_ARTIST, META_ALBUM, META_ALBUM_ARTIST, META_GENRE, META_DATE, META_ISRC, META_COMPOSER,
    META_LANGUAGE, META_DESCRIPTION, META_UPLOADER, META_UPLOADER_ID, META_UPLOADER_URL, META_CHANNEL,
    META_CHANNEL_ID, META_CHANNEL_URL, META_LICENSE, META_COMMENT,
    META_TEXTS
};

enum meta_number {
    META_TRACK_NUMBER, META_TRACK_TOTAL, META_DISC_NUMBER, META_VIEW_COUNT, META_AGE_LIMIT, META_DURATION_MS,
    META_NUMBERS
};

#define META_MAX_CHAPTERS   500
#define META_MAX_THUMBNAILS 20

struct meta_chapter {
    int64_t start_ms, end_ms;   /* end_ms -1: unknown */
    char   *title;              /* owned; never NULL */
};

struct meta_thumbnail {
    char   *url;                /* owned */
    int64_t width, height;      /* 0: unknown */
    int64_t preference;         /* the source's; higher is better */
};

struct meta {
    struct { char *value; enum meta_origin from; }   texts[META_TEXTS];      /* NULL: unknown */
    struct { int64_t value; enum meta_origin from; } numbers[META_NUMBERS];  /* META_NONE: unknown */
    struct meta_chapter   *chapters;        /* in their order */
    struct meta_thumbnail *thumbnails;      /* best first: square ones, then the largest */
    int                    chapter_count, thumbnail_count;
    enum meta_origin       chapters_from, thumbnails_from;
};

#define META_INIT ((struct meta){ .chapter_count = 0 })
void meta_free(struct meta *m);         /* leaves it empty, for use again */

/* Sets one field, unless a stronger origin already has; false if it stays as it was. The text is cleaned and cut;
 * empty text, a link that is none, a date or ISRC that is malformed, and negative numbers are passed over. */
bool meta_set(struct meta *m, enum meta_text field, const char *value, enum meta_origin from);
bool meta_set_number(struct meta *m, enum meta_number field, int64_t value, enum meta_origin from);

/* "" and the fallback where nothing is known. The text stays owned by *m. */
const char *meta_text(const struct meta *m, enum meta_text field);
int64_t meta_number(const struct meta *m, enum meta_number field, int64_t fallback);

/* What yt-dlp says: a full info dict (META_FROM_PAGE) or a list's entry (META_FROM_LIST). Where it has no music fields,
 * artist and title are taken out of the title, except for episodes of feeds and podcasts. */
void meta_from_ytdlp(struct meta *m, const cJSON *entry, enum meta_origin from);

void meta_from_wanted(struct meta *m, const struct wanted *w);
void meta_from_spec(struct meta *m, const struct spec *spec);      /* the submitter's words */

/* {"title":{"value":"…","from":"page"}, …, "chapters":[{"start_ms","end_ms","title"}], "chapters_from":"page",
 * "thumbnails":[{"url","width","height","preference"}], "thumbnails_from"}. Owned by the caller. */
cJSON *meta_to_json(const struct meta *m);

/* Adds what such a document says, by the same rule. Members of other kinds are passed over. */
void meta_from_json(struct meta *m, const cJSON *doc);

/* Fills the fields of *info that *m knows something for; ids, extractor and url are left alone. */
void meta_to_info(const struct meta *m, struct track_info *info);

const char *meta_origin_name(enum meta_origin from);       /* "page"; "" for META_NONE */

#endif
