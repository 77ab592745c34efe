#include "meta.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fold.h"
#include "json.h"
#include "title.h"
#include "title_decor.h"

#define LONGEST_TEXT 20000      /* 5000 characters of up to 4 bytes */
#define MOST_LOOKED_AT 200      /* thumbnails; YouTube names about forty */
#define LARGEST 9e15            /* beyond this, int64_t and double disagree */

/* ---- fields ---- */

typedef bool text_check(char *text);        /* may normalise it in place */

static bool is_link(char *text)
{
    return (!strncmp(text, "http://", 7) || !strncmp(text, "https://", 8)) && !strchr(text, ' ') && !strchr(text,
        '"') &&
           !strchr(text, '<');
}

static bool digits(const char *s, int n)
{
    for (int i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

/* YYYY, YYYY-MM or YYYY-MM-DD */
static bool is_date(char *text)
{
    const size_t len = strlen(text);

    if ((len != 4 && len != 7 && len != 10) || !digits(text, 4) || text[0] == '0')
        return false;
    for (size_t at = 4; at < len; at += 3) {
        const int n = text[at] == '-' && digits(text + at + 1, 2) ? (text[at + 1] - '0') * 10 + text[at + 2] - '0' : 0;
        if (n < 1 || n > (at == 4 ? 12 : 31))
            return false;
    }
    return true;
}

/* CCXXXYYNNNNN; people write hyphens between. */
static bool is_isrc(char *text)
{
    size_t n = 0;

    for (size_t i = 0; text[i]; i++) {
        const char c = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
        if (c == '-' || c == ' ')
            continue;
        const bool is_letter = c >= 'A' && c <= 'Z';
        if (n >= 12 || (!is_letter && !digits(&c, 1)) || (n < 2 && !is_letter) || (n >= 5 && is_letter))
            return false;
        text[n++] = c;
    }
    text[n] = '\0';
    return n == 12;
}

/* Longer text is cut; what has a check does not fit then. `lines`: may have several. */
static const struct { const char *name; size_t max; bool lines; text_check *check; } text_fields[META_TEXTS] = {
    [META_TITLE]        = { "title", 800, false, NULL },
    [META_ARTIST]       = { "artist", 800, false, NULL },
    [META_ALBUM]        = { "album", 800, false, NULL },
    [META_ALBUM_ARTIST] = { "album_artist", 800, false, NULL },
    [META_GENRE]        = { "genre", 200, false, NULL },
    [META_DATE]         = { "date", 10, false, is_date },
    [META_ISRC]         = { "isrc", 20, false, is_isrc },
    [META_COMPOSER]     = { "composer", 800, false, NULL },
    [META_LANGUAGE]     = { "language", 35, false, NULL },
    [META_DESCRIPTION]  = { "description", LONGEST_TEXT, true, NULL },
    [META_UPLOADER]     = { "uploader", 800, false, NULL },
    [META_UPLOADER_ID]  = { "uploader_id", 200, false, NULL },
    [META_UPLOADER_URL] = { "uploader_url", URL_MAX_BYTES, false, is_link },
    [META_CHANNEL]      = { "channel", 800, false, NULL },
    [META_CHANNEL_ID]   = { "channel_id", 127, false, NULL },
    [META_CHANNEL_URL]  = { "channel_url", URL_MAX_BYTES, false, is_link },
    [META_LICENSE]      = { "license", 200, false, NULL },
    [META_COMMENT]      = { "comment", 2000, true, NULL },
};

/* `least`: smaller values mean that nobody knows. */
static const struct { const char *name; int64_t least; } number_fields[META_NUMBERS] = {
    [META_TRACK_NUMBER] = { "track_number", 1 },
    [META_TRACK_TOTAL]  = { "track_total", 1 },
    [META_DISC_NUMBER]  = { "disc_number", 1 },
    [META_VIEW_COUNT]   = { "view_count", 0 },
    [META_AGE_LIMIT]    = { "age_limit", 0 },
    [META_DURATION_MS]  = { "duration_ms", 1 },
};

static const char *const origin_names[META_ORIGINS] = {
    [META_NONE] = "", [META_FROM_GUESS] = "guess", [META_FROM_UPLOADER] = "uploader", [META_FROM_LIST] = "list",
    [META_FROM_TITLE] = "title", [META_FROM_PAGE] = "page", [META_FROM_SPOTIFY] = "spotify",
    [META_FROM_SUBMITTER] = "submitter",
};

const char *meta_origin_name(enum meta_origin from)
{
    return origin_names[from];
}

static enum meta_origin origin_named(const char *name)
{
    for (int i = META_NONE + 1; i < META_ORIGINS; i++)
        if (strcmp(origin_names[i], name) == 0)
            return (enum meta_origin)i;
    return META_NONE;
}

static enum meta_origin at_most(enum meta_origin from, enum meta_origin most)
{
    return from < most ? from : most;
}

/* Each line tidy, no more than one empty line in a row, none at the ends. */
static void clean_lines(char *text)
{
    struct buf out = BUF_INIT(strlen(text) + 1);
    int empty = 0;

    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        if (utf8_clean(line) == 0) {
            empty++;
            continue;
        }
        if (out.len)
            buf_add(&out, "\n\n", empty ? 2 : 1);
        empty = 0;
        buf_add(&out, line, strlen(line));
    }
    /* Never longer than it was: what is added are newlines that were there. */
    memcpy(text, buf_text(&out), out.len);
    text[out.len] = '\0';
    buf_free(&out);
}

/* The text as the field may hold it; free(). NULL if it may not. */
static char *fitting(enum meta_text field, const char *value)
{
    const size_t max = text_fields[field].max;

    if (text_fields[field].check && strlen(value) > max)
        return NULL;
    char *text = xmalloc(max + 1);
    copy_text(text, max + 1, value);
    if (text_fields[field].lines)
        clean_lines(text);
    else
        utf8_clean(text);
    if (*text && (!text_fields[field].check || text_fields[field].check(text)))
        return text;
    free(text);
    return NULL;
}

bool meta_set(struct meta *m, enum meta_text field, const char *value, enum meta_origin from)
{
    if (!value || from == META_NONE || from < m->texts[field].from)
        return false;
    char *text = fitting(field, value);
    if (!text)
        return false;
    free(m->texts[field].value);
    m->texts[field].value = text;
    m->texts[field].from = from;
    return true;
}

bool meta_set_number(struct meta *m, enum meta_number field, int64_t value, enum meta_origin from)
{
    if (value < number_fields[field].least || from == META_NONE || from < m->numbers[field].from)
        return false;
    m->numbers[field].value = value;
    m->numbers[field].from = from;
    return true;
}

const char *meta_text(const struct meta *m, enum meta_text field)
{
    return m->texts[field].value ? m->texts[field].value : "";
}

int64_t meta_number(const struct meta *m, enum meta_number field, int64_t fallback)
{
    return m->numbers[field].from ? m->numbers[field].value : fallback;
}

static void drop_chapters(struct meta *m)
{
    for (int i = 0; i < m->chapter_count; i++)
        free(m->chapters[i].title);
    free(m->chapters);
    m->chapters = NULL;
    m->chapter_count = 0;
}

static void drop_thumbnails(struct meta *m)
{
    for (int i = 0; i < m->thumbnail_count; i++)
        free(m->thumbnails[i].url);
    free(m->thumbnails);
    m->thumbnails = NULL;
    m->thumbnail_count = 0;
}

void meta_free(struct meta *m)
{
    for (int i = 0; i < META_TEXTS; i++)
        free(m->texts[i].value);
    drop_chapters(m);
    drop_thumbnails(m);
    *m = META_INIT;
}

/* ---- chapters ---- */

static int64_t whole(double n)
{
    return n >= 0 && n < LARGEST ? (int64_t)n : -1;
}

static int64_t milliseconds(const cJSON *o, const char *name)
{
    const double s = json_number(o, name, -1);
    return s >= 0 && s < LARGEST / 1000 ? (int64_t)llround(s * 1000) : -1;
}

typedef struct meta_chapter chapter_reader(const cJSON *o);

static char *chapter_title(const cJSON *o)
{
    char *title = xmalloc(801);

    copy_text(title, 801, json_text(o, "title", ""));
    utf8_clean(title);
    if (strncmp(title, "<Untitled Chapter", 17) == 0)      /* what yt-dlp writes for none */
        *title = '\0';
    return title;
}

static struct meta_chapter chapter_of_ytdlp(const cJSON *o)
{
    return (struct meta_chapter){ milliseconds(o, "start_time"), milliseconds(o, "end_time"), chapter_title(o) };
}

static struct meta_chapter chapter_of_ours(const cJSON *o)
{
    return (struct meta_chapter){ whole(json_number(o, "start_ms", -1)), whole(json_number(o, "end_ms", -1)),
                                  chapter_title(o) };
}

/* Chapters follow each other in time; one that does not is passed over. */
static void read_chapters(struct meta *m, const cJSON *list, chapter_reader *read, enum meta_origin from)
{
    struct meta_chapter *found = NULL;
    int count = 0;

    if (from == META_NONE || from < m->chapters_from)
        return;
    for (const cJSON *o = cJSON_IsArray(list) ? list->child : NULL; o && count < META_MAX_CHAPTERS; o = o->next) {
        struct meta_chapter c = read(o);
        if (c.start_ms < 0 || (count > 0 && c.start_ms < found[count - 1].start_ms)) {
            free(c.title);
            continue;
        }
        c.end_ms = c.end_ms > c.start_ms ? c.end_ms : -1;
        found = xrealloc(found, (size_t)(count + 1) * sizeof *found);
        found[count++] = c;
    }
    if (count == 0)
        return;
    drop_chapters(m);
    m->chapters = found;
    m->chapter_count = count;
    m->chapters_from = from;
}

/* ---- thumbnails ---- */

/* A square one needs no cropping; one that is known to be large is better than one that only claims to exist; one that
 * is known to be small is the last choice. */
static int thumbnail_class(const struct meta_thumbnail *t)
{
    const int64_t shorter = t->width < t->height ? t->width : t->height, longer = t->width + t->height - shorter;

    if (shorter <= 0)
        return 1;
    if (shorter < 300)
        return 0;
    return (longer - shorter) * 50 <= longer ? 3 : 2;
}

static bool is_better(const struct meta_thumbnail *a, const struct meta_thumbnail *b, bool on_ties)
{
    const int class_a = thumbnail_class(a), class_b = thumbnail_class(b);
    const int64_t area_a = a->width * a->height, area_b = b->width * b->height;

    if (class_a != class_b)
        return class_a > class_b;
    if (area_a != area_b)
        return area_a > area_b;
    return a->preference != b->preference ? a->preference > b->preference : on_ties;
}

static void add_thumbnail(struct meta *m, const char *url, const struct meta_thumbnail *what, bool on_ties)
{
    char *link = url ? fitting(META_CHANNEL_URL, url) : NULL;
    struct meta_thumbnail t = { link, what->width, what->height, what->preference };

    for (int i = 0; link && i < m->thumbnail_count; i++)
        if (strcmp(m->thumbnails[i].url, link) == 0) {
            free(link);
            link = NULL;
        }
    if (!link)
        return;
    if (t.width <= 0 || t.height <= 0 || t.width > 100000 || t.height > 100000)
        t.width = t.height = 0;
    if (m->thumbnail_count < META_MAX_THUMBNAILS) {
        m->thumbnails = xrealloc(m->thumbnails, (size_t)(m->thumbnail_count + 1) * sizeof t);
        m->thumbnail_count++;
    } else if (is_better(&t, &m->thumbnails[META_MAX_THUMBNAILS - 1], on_ties)) {
        free(m->thumbnails[META_MAX_THUMBNAILS - 1].url);
    } else {
        free(link);
        return;
    }
    int at = m->thumbnail_count - 1;
    for (; at > 0 && is_better(&t, &m->thumbnails[at - 1], on_ties); at--)
        m->thumbnails[at] = m->thumbnails[at - 1];
    m->thumbnails[at] = t;
}

static int64_t signed_number(const cJSON *o, const char *name)
{
    const double n = json_number(o, name, 0);
    return n > -1e6 && n < 1e6 ? (int64_t)n : 0;
}

/* `chosen` is one of unknown size that the source would take itself. yt-dlp lists the worst first, we the best. */
static void read_thumbnails(struct meta *m, const cJSON *list, const char *chosen, bool worst_first,
                            enum meta_origin from)
{
    struct meta found = META_INIT;
    int seen = 0;

    if (from == META_NONE || from < m->thumbnails_from)
        return;
    for (const cJSON *o = cJSON_IsArray(list) ? list->child : NULL; o && seen < MOST_LOOKED_AT; o = o->next, seen++)
        add_thumbnail(&found, json_text(o, "url", NULL), &(struct meta_thumbnail){
            .width = whole(json_number(o, "width", 0)), .height = whole(json_number(o, "height", 0)),
            .preference = signed_number(o, "preference") }, worst_first);
    add_thumbnail(&found, chosen, &(struct meta_thumbnail){ .preference = 100 }, worst_first);
    if (found.thumbnail_count == 0)
        return;
    drop_thumbnails(m);
    m->thumbnails = found.thumbnails;
    m->thumbnail_count = found.thumbnail_count;
    m->thumbnails_from = from;
}

/* ---- what yt-dlp says ---- */

/* A list of names, ", " between; the older member of one string if there is no list. */
static void read_names(struct meta *m, enum meta_text field, const cJSON *o, const char *list, const char *single,
                       enum meta_origin from)
{
    struct buf joined = BUF_INIT(text_fields[field].max);

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
    const int64_t year = whole(json_number(o, "release_year", -1));
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
    const int64_t index = whole(json_number(o, "playlist_index", -1));
    const char *s = title + strcspn(title, "0123456789");

    return index > 0 && s - title < 2 && strtoll(s, NULL, 10) == index;
}

/* The page names the artist: only his own name goes from the front of the title. */
static void set_title_beside_artist(struct meta *m, const struct title_parts *parts, const char *title,
                                    const char *artist, enum meta_origin from)
{
    char bare[TITLE_BYTES];

    if (parts->from_title && fold_equal(parts->artist, artist)) {
        meta_set(m, META_TITLE, parts->title, at_most(from, META_FROM_TITLE));
        return;
    }
    copy_text(bare, sizeof bare, title);
    utf8_clean(bare);
    title_undecorate(bare, true);
    meta_set(m, META_TITLE, bare, at_most(from, META_FROM_TITLE));
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
        fits = meta_set(m, META_TITLE, parts->title, at_most(from, META_FROM_TITLE));
    if (fits && !*artist)
        meta_set(m, META_ARTIST, parts->artist, at_most(from, META_FROM_TITLE));
    if (parts->number)
        meta_set_number(m, META_TRACK_NUMBER, parts->number, at_most(from, META_FROM_TITLE));
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
    meta_set(m, META_ARTIST, name, at_most(from, META_FROM_UPLOADER));
    read_names(m, META_ARTIST, o, "creators", "creator", at_most(from, META_FROM_UPLOADER));
    read_names(&own, META_ARTIST, o, "artists", "artist", from);
    if (is_episode(o))
        meta_set(m, META_TITLE, title, at_most(from, META_FROM_TITLE));
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
    const int64_t index = whole(json_number(o, "playlist_index", -1));

    from = at_most(from, META_FROM_LIST);
    if (is_feed_entry(o)) {
        meta_set(m, META_ALBUM, title, from);
        meta_set(m, META_ARTIST, FIRST_OF(o, "playlist_uploader", "playlist_title"), at_most(from, META_FROM_UPLOADER));
    } else if (strncmp(json_text(o, "playlist_id", ""), "OLAK5uy_", 8) == 0) {
        meta_set(m, META_ALBUM, strncmp(title, album, strlen(album)) == 0 ? title + strlen(album) : title, from);
        meta_set_number(m, META_TRACK_NUMBER, index, from);
        meta_set_number(m, META_TRACK_TOTAL, whole(json_number(o, "playlist_count", -1)), from);
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
        from = at_most(from, META_FROM_GUESS);
    read_list(m, o, from);
    read_title(m, o, from);
    /* SoundCloud calls every playlist an album, and says which are none. */
    if (strcmp(json_text(o, "album_type", ""), "playlist") != 0) {
        meta_set(m, META_ALBUM, json_text(o, "album", NULL), from);
        read_names(m, META_ALBUM_ARTIST, o, "album_artists", "album_artist", from);
    }
    meta_set(m, META_ALBUM, json_text(o, "series", NULL), at_most(from, META_FROM_LIST));
    read_names(m, META_GENRE, o, "genres", "genre", from);
    read_names(m, META_COMPOSER, o, "composers", "composer", from);
    read_date(m, o, from);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        meta_set(m, texts[i].field, json_text(o, texts[i].name, NULL), from);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        meta_set_number(m, numbers[i].field, whole(json_number(o, numbers[i].name, -1)), from);
    meta_set_number(m, META_DURATION_MS, milliseconds(o, "duration"), from);
    read_chapters(m, json_member(o, "chapters"), chapter_of_ytdlp, from);
    read_thumbnails(m, json_member(o, "thumbnails"), json_text(o, "thumbnail", NULL), true, from);
}

/* ---- what others say ---- */

void meta_from_wanted(struct meta *m, const struct wanted *w)
{
    const enum meta_origin from = strcmp(w->source, "spotify") == 0 ? META_FROM_SPOTIFY : META_FROM_LIST;

    meta_set(m, META_TITLE, w->title, from);
    meta_set(m, META_ARTIST, *w->artist ? w->artist : w->first_artist, from);
    meta_set(m, META_ALBUM, w->album, from);
    meta_set(m, META_ALBUM_ARTIST, w->album_artist, from);
    meta_set(m, META_ISRC, w->isrc, from);
    meta_set(m, META_DATE, w->date, from);
    meta_set_number(m, META_TRACK_NUMBER, w->track_number, from);
    meta_set_number(m, META_TRACK_TOTAL, w->track_total, from);
    meta_set_number(m, META_DISC_NUMBER, w->disc_number, from);
    read_thumbnails(m, NULL, w->cover_url, false, from);
}

void meta_from_spec(struct meta *m, const struct spec *spec)
{
    const struct { enum meta_text field; const char *value; } texts[] = {
        { META_TITLE, spec->metadata.title },               { META_ARTIST, spec->metadata.artist },
        { META_ALBUM, spec->metadata.album },               { META_GENRE, spec->metadata.genre },
        { META_ALBUM_ARTIST, spec->metadata.album_artist }, { META_DATE, spec->metadata.date },
        { META_COMMENT, spec->metadata.comment },
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        meta_set(m, texts[i].field, texts[i].value, META_FROM_SUBMITTER);
    meta_set_number(m, META_TRACK_NUMBER, spec->metadata.track_number, META_FROM_SUBMITTER);
}

/* ---- JSON ---- */

static void put_chapters(cJSON *doc, const struct meta *m)
{
    cJSON *list = json_put_array(doc, "chapters");

    for (int i = 0; i < m->chapter_count; i++) {
        cJSON *o = cJSON_CreateObject();
        json_put_int(o, "start_ms", m->chapters[i].start_ms);
        if (m->chapters[i].end_ms >= 0)
            json_put_int(o, "end_ms", m->chapters[i].end_ms);
        json_put_text(o, "title", m->chapters[i].title);
        cJSON_AddItemToArray(list, o);
    }
    json_put_text(doc, "chapters_from", origin_names[m->chapters_from]);
}

static void put_thumbnails(cJSON *doc, const struct meta *m)
{
    cJSON *list = json_put_array(doc, "thumbnails");

    for (int i = 0; i < m->thumbnail_count; i++) {
        const struct meta_thumbnail *t = &m->thumbnails[i];
        cJSON *o = cJSON_CreateObject();
        json_put_text(o, "url", t->url);
        if (t->width) {
            json_put_int(o, "width", t->width);
            json_put_int(o, "height", t->height);
        }
        json_put_int(o, "preference", t->preference);
        cJSON_AddItemToArray(list, o);
    }
    json_put_text(doc, "thumbnails_from", origin_names[m->thumbnails_from]);
}

cJSON *meta_to_json(const struct meta *m)
{
    cJSON *doc = cJSON_CreateObject();

    for (int i = 0; i < META_TEXTS; i++)
        if (m->texts[i].from) {
            cJSON *o = json_put_object(doc, text_fields[i].name);
            json_put_text(o, "value", m->texts[i].value);
            json_put_text(o, "from", origin_names[m->texts[i].from]);
        }
    for (int i = 0; i < META_NUMBERS; i++)
        if (m->numbers[i].from) {
            cJSON *o = json_put_object(doc, number_fields[i].name);
            json_put_int(o, "value", m->numbers[i].value);
            json_put_text(o, "from", origin_names[m->numbers[i].from]);
        }
    if (m->chapter_count)
        put_chapters(doc, m);
    if (m->thumbnail_count)
        put_thumbnails(doc, m);
    return doc;
}

void meta_from_json(struct meta *m, const cJSON *doc)
{
    for (int i = 0; i < META_TEXTS; i++) {
        const cJSON *o = json_member(doc, text_fields[i].name);
        meta_set(m, (enum meta_text)i, json_text(o, "value", NULL), origin_named(json_text(o, "from", "")));
    }
    for (int i = 0; i < META_NUMBERS; i++) {
        const cJSON *o = json_member(doc, number_fields[i].name);
        meta_set_number(m, (enum meta_number)i, whole(json_number(o, "value", -1)), origin_named(json_text(o,
            "from", "")));
    }
    read_chapters(m, json_member(doc, "chapters"), chapter_of_ours, origin_named(json_text(doc, "chapters_from", "")));
    read_thumbnails(m, json_member(doc, "thumbnails"), NULL, false,
                    origin_named(json_text(doc, "thumbnails_from", "")));
}

void meta_to_info(const struct meta *m, struct track_info *info)
{
    const struct { char *to; size_t size; const char *from; } texts[] = {
        { info->title, sizeof info->title, meta_text(m, META_TITLE) },
        { info->artist, sizeof info->artist, meta_text(m, META_ARTIST) },
        { info->album, sizeof info->album, meta_text(m, META_ALBUM) },
        { info->album_artist, sizeof info->album_artist, meta_text(m, META_ALBUM_ARTIST) },
        { info->genre, sizeof info->genre, meta_text(m, META_GENRE) },
        { info->uploader, sizeof info->uploader, meta_text(m, META_CHANNEL) },
        { info->uploader, sizeof info->uploader, meta_text(m, META_UPLOADER) },
        { info->release_date, sizeof info->release_date, meta_text(m, META_DATE) },
        { info->isrc, sizeof info->isrc, meta_text(m, META_ISRC) },
        { info->channel_id, sizeof info->channel_id, meta_text(m, META_CHANNEL_ID) },
        { info->channel_url, sizeof info->channel_url, meta_text(m, META_CHANNEL_URL) },
        { info->thumbnail_url, sizeof info->thumbnail_url, m->thumbnail_count ? m->thumbnails[0].url : "" },
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (*texts[i].from)
            copy_text(texts[i].to, texts[i].size, texts[i].from);
    info->track_number = meta_number(m, META_TRACK_NUMBER, info->track_number);
    info->disc_number = meta_number(m, META_DISC_NUMBER, info->disc_number);
    info->duration_ms = meta_number(m, META_DURATION_MS, info->duration_ms);
}
