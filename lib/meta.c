#include "meta.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "json.h"
#include "meta_parts.h"

#define LONGEST_TEXT 20000      /* 5000 characters of up to 4 bytes */

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

enum meta_origin meta_at_most(enum meta_origin from, enum meta_origin most)
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

size_t meta_text_max(enum meta_text field)
{
    return text_fields[field].max;
}

char *meta_fitting(enum meta_text field, const char *value)
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
    char *text = meta_fitting(field, value);
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

void meta_free(struct meta *m)
{
    for (int i = 0; i < META_TEXTS; i++)
        free(m->texts[i].value);
    meta_drop_chapters(m);
    meta_drop_thumbnails(m);
    *m = META_INIT;
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
    meta_read_thumbnails(m, NULL, w->cover_url, false, from);
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
        meta_set_number(m, (enum meta_number)i, meta_whole(json_number(o, "value", -1)), origin_named(json_text(o,
            "from", "")));
    }
    meta_read_chapters(m, json_member(doc, "chapters"), meta_chapter_of_ours,
                       origin_named(json_text(doc, "chapters_from", "")));
    meta_read_thumbnails(m, json_member(doc, "thumbnails"), NULL, false,
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
