/*
 * meta_ytdlp: what yt-dlp says of an entry (meta.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fold.h"
#include "json.h"
#include "meta_parts.h"
#include "title.h"
#include "title_decor.h"

/* A list of names, ", " between; the older member of one string if there is no list. */
static void read_names(struct meta *m, enum meta_text field, const cJSON *o, const char *list, const char *single,
                       enum meta_origin from)
{
    struct buf joined = BUF_INIT(meta_text_max(field));

    for (const cJSON *n = json_member(o, list) ? json_member(o, list)->child : NULL; n; n = n->next)
        if (cJSON_IsString(n) && *n->valuestring && !joined.overflow)
            buf_printf(&joined, "%s%s", joined.len ? ", " : "", n->valuestring);
    meta_set(m, field, joined.len ? buf_text(&joined) : json_text(o, single, NULL), from);
    buf_free(&joined);
}

static bool set_day(struct meta *m, const char *ymd, enum meta_origin from)
{
    char day[16];

    if (strlen(ymd) != 8)
        return false;
    snprintf(day, sizeof day, "%.4s-%.2s-%.2s", ymd, ymd + 4, ymd + 6);
    return meta_set(m, META_DATE, day, from);
}

static bool set_moment(struct meta *m, double seconds, enum meta_origin from)
{
    const time_t t = seconds > 0 && seconds < 2e11 ? (time_t)seconds : 0;
    struct tm tm;
    char day[32];

    if (t == 0 || !gmtime_r(&t, &tm))
        return false;
    strftime(day, sizeof day, "%Y-%m-%d", &tm);
    return meta_set(m, META_DATE, day, from);
}

/* When it came out, and only then when it was put there. */
static void read_date(struct meta *m, const cJSON *o, enum meta_origin from)
{
    const int64_t year = meta_whole(json_number(o, "release_year", -1));
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)year);
    if (!set_day(m, json_text(o, "release_date", ""), from) &&
        !set_moment(m, json_number(o, "release_timestamp", 0), from) && !meta_set(m, META_DATE, text, from) &&
        !set_day(m, json_text(o, "upload_date", ""), from))
        set_moment(m, json_number(o, "timestamp", 0), from);
}

static bool is_generic(const cJSON *o)
{
    return strcmp(json_text(o, "extractor_key", json_text(o, "ie_key", "")), "Generic") == 0;
}

static bool is_feed_entry(const cJSON *o)
{
    return is_generic(o) && json_member(o, "playlist_id") &&
           (strstr(json_text(o, "url", ""), "#__youtubedl_smuggle=") != NULL ||
            strcmp(json_text(o, "_type", ""), "url_transparent") == 0);
}

/* Taking an episode for a song costs its title; an episode belongs to a series or comes from a feed. */
static bool is_episode(const cJSON *o)
{
    static const char *const types[] = { "episode", "podcast", "podcast_episode" };

    if (is_feed_entry(o) || *json_text(o, "series", "") || *json_text(o, "episode", ""))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(json_text(o, "media_type", ""), types[i]) == 0)
            return true;
    return false;
}

static const char *first_of(const cJSON *o, const char *const *names)
{
    for (; *names; names++)
        if (*json_text(o, *names, ""))
            return json_text(o, *names, "");
    return "";
}
#define FIRST_OF(o, ...) first_of(o, (const char *const[]){ __VA_ARGS__, NULL })

/* Entries of albums are numbered alike: "03 - Title" as the third of a list. */
static bool is_numbered(const cJSON *o, const char *title)
{
    const int64_t index = meta_whole(json_number(o, "playlist_index", -1));
    const char *s = title + strcspn(title, "0123456789");

    return index > 0 && s - title < 2 && strtoll(s, NULL, 10) == index;
}

/* The page names the artist: only his own name goes from the front of the title. */
static void set_title_beside_artist(struct meta *m, const struct title_parts *parts, const char *title,
                                    const char *artist, enum meta_origin from)
{
    char bare[TITLE_BYTES];

    if (parts->from_title && fold_equal(parts->artist, artist)) {
        meta_set(m, META_TITLE, parts->title, meta_at_most(from, META_FROM_TITLE));
        return;
    }
    copy_text(bare, sizeof bare, title);
    utf8_clean(bare);
    title_undecorate(bare, true);
    meta_set(m, META_TITLE, bare, meta_at_most(from, META_FROM_TITLE));
}

/* The artist out of the title counts only together with its title: half of what a file's name says, beside the title
 * that its feed gave it, would be nonsense. */
static void take_apart(struct meta *m, const cJSON *o, const char *title, const char *artist, enum meta_origin from)
{
    const char *track = json_text(o, "track", ""), *uploader = FIRST_OF(o, "uploader", "channel");
    struct title_parts *parts = xmalloc(sizeof *parts);

    title_split(parts, title, *artist ? artist : uploader, is_numbered(o, title));
    bool fits = true;
    if (*track)
        fits = fold_equal(track, parts->title);
    else if (*artist)
        set_title_beside_artist(m, parts, title, artist, from);
    else
        fits = meta_set(m, META_TITLE, parts->title, meta_at_most(from, META_FROM_TITLE));
    if (fits && !*artist)
        meta_set(m, META_ARTIST, parts->artist, meta_at_most(from, META_FROM_TITLE));
    if (parts->number)
        meta_set_number(m, META_TRACK_NUMBER, parts->number, meta_at_most(from, META_FROM_TITLE));
    free(parts);
}

/* From the weakest to the strongest: of equal origins the later one stays. */
static void read_title(struct meta *m, const cJSON *o, enum meta_origin from)
{
    const char *title = FIRST_OF(o, "title", "fulltitle");
    struct meta own = META_INIT;
    char name[TITLE_BYTES];

    meta_set(m, META_TITLE, json_text(o, "id", NULL), META_FROM_GUESS);
    /* Who put it there, for want of a better artist. */
    title_uploader_artist(name, sizeof name, FIRST_OF(o, "uploader", "channel"));
    meta_set(m, META_ARTIST, name, meta_at_most(from, META_FROM_UPLOADER));
    read_names(m, META_ARTIST, o, "creators", "creator", meta_at_most(from, META_FROM_UPLOADER));
    read_names(&own, META_ARTIST, o, "artists", "artist", from);
    if (is_episode(o))
        meta_set(m, META_TITLE, title, meta_at_most(from, META_FROM_TITLE));
    else if (*title)
        take_apart(m, o, title, meta_text(&own, META_ARTIST), from);
    meta_set(m, META_ARTIST, own.texts[META_ARTIST].value, from);
    meta_set(m, META_TITLE, json_text(o, "track", NULL), from);
    meta_free(&own);
}

/* What the list says about all its entries: a feed is a show, and YouTube's albums are playlists. */
static void read_list(struct meta *m, const cJSON *o, enum meta_origin from)
{
    static const char album[] = "Album - ";
    const char *title = json_text(o, "playlist_title", "");
    const int64_t index = meta_whole(json_number(o, "playlist_index", -1));

    from = meta_at_most(from, META_FROM_LIST);
    if (is_feed_entry(o)) {
        meta_set(m, META_ALBUM, title, from);
        meta_set(m, META_ARTIST, FIRST_OF(o, "playlist_uploader", "playlist_title"),
                 meta_at_most(from, META_FROM_UPLOADER));
    } else if (strncmp(json_text(o, "playlist_id", ""), "OLAK5uy_", 8) == 0) {
        meta_set(m, META_ALBUM, strncmp(title, album, strlen(album)) == 0 ? title + strlen(album) : title, from);
        meta_set_number(m, META_TRACK_NUMBER, index, from);
        meta_set_number(m, META_TRACK_TOTAL, meta_whole(json_number(o, "playlist_count", -1)), from);
    }
}

void meta_from_ytdlp(struct meta *m, const cJSON *o, enum meta_origin from)
{
    static const struct { enum meta_text field; const char *name; } texts[] = {
        { META_ISRC, "isrc" }, { META_LANGUAGE, "language" }, { META_DESCRIPTION, "description" },
        { META_UPLOADER, "uploader" }, { META_UPLOADER_ID, "uploader_id" }, { META_UPLOADER_URL, "uploader_url" },
        { META_CHANNEL, "channel" }, { META_CHANNEL_ID, "channel_id" }, { META_CHANNEL_URL, "channel_url" },
        { META_LICENSE, "license" },
    };
    static const struct { enum meta_number field; const char *name; } numbers[] = {
        { META_TRACK_NUMBER, "track_number" }, { META_DISC_NUMBER, "disc_number" }, { META_VIEW_COUNT, "view_count" },
        { META_AGE_LIMIT, "age_limit" },
    };

    /* What is read off a page or file that nobody knows must not replace what a feed said about it. */
    if (is_generic(o) && !is_feed_entry(o))
        from = meta_at_most(from, META_FROM_GUESS);
    read_list(m, o, from);
    read_title(m, o, from);
    /* SoundCloud calls every playlist an album, and says which are none. */
    if (strcmp(json_text(o, "album_type", ""), "playlist") != 0) {
        meta_set(m, META_ALBUM, json_text(o, "album", NULL), from);
        read_names(m, META_ALBUM_ARTIST, o, "album_artists", "album_artist", from);
    }
    meta_set(m, META_ALBUM, json_text(o, "series", NULL), meta_at_most(from, META_FROM_LIST));
    read_names(m, META_GENRE, o, "genres", "genre", from);
    read_names(m, META_COMPOSER, o, "composers", "composer", from);
    read_date(m, o, from);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        meta_set(m, texts[i].field, json_text(o, texts[i].name, NULL), from);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        meta_set_number(m, numbers[i].field, meta_whole(json_number(o, numbers[i].name, -1)), from);
    meta_set_number(m, META_DURATION_MS, meta_milliseconds(o, "duration"), from);
    meta_read_chapters(m, json_member(o, "chapters"), meta_chapter_of_ytdlp, from);
    meta_read_thumbnails(m, json_member(o, "thumbnails"), json_text(o, "thumbnail", NULL), true, from);
}
