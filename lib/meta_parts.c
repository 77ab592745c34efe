#include "meta_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "json.h"

#define CHAPTER_CHARS 200
#define MOST_LOOKED_AT 200      /* thumbnails; YouTube names about forty */
#define LARGEST 9e15            /* beyond this, int64_t and double disagree */

int64_t meta_whole(double n)
{
    return n >= 0 && n < LARGEST ? (int64_t)n : -1;
}

int64_t meta_milliseconds(const cJSON *o, const char *name)
{
    const double s = json_number(o, name, -1);
    return s >= 0 && s < LARGEST / 1000 ? (int64_t)llround(s * 1000) : -1;
}

/* ---- chapters ---- */

void meta_drop_chapters(struct meta *m)
{
    for (int i = 0; i < m->chapter_count; i++)
        free(m->chapters[i].title);
    free(m->chapters);
    m->chapters = NULL;
    m->chapter_count = 0;
}

static char *chapter_title(const cJSON *o)
{
    char *title = xmalloc(4 * CHAPTER_CHARS + 1);
    size_t n = 0;

    copy_text(title, 4 * CHAPTER_CHARS + 1, json_text(o, "title", ""));
    const size_t len = utf8_clean(title);
    for (int i = 0; i < CHAPTER_CHARS && n < len; i++)
        n += utf8_next(title + n, len - n, NULL);
    title[n] = '\0';
    if (strncmp(title, "<Untitled Chapter", 17) == 0)      /* what yt-dlp writes for none */
        *title = '\0';
    return title;
}

struct meta_chapter meta_chapter_of_ytdlp(const cJSON *o)
{
    return (struct meta_chapter){ meta_milliseconds(o, "start_time"), meta_milliseconds(o, "end_time"),
                                  chapter_title(o) };
}

struct meta_chapter meta_chapter_of_ours(const cJSON *o)
{
    return (struct meta_chapter){ meta_whole(json_number(o, "start_ms", -1)), meta_whole(json_number(o, "end_ms", -1)),
                                  chapter_title(o) };
}

void meta_read_chapters(struct meta *m, const cJSON *list, meta_chapter_reader *read, enum meta_origin from)
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
    meta_drop_chapters(m);
    m->chapters = found;
    m->chapter_count = count;
    m->chapters_from = from;
}

/* ---- thumbnails ---- */

void meta_drop_thumbnails(struct meta *m)
{
    for (int i = 0; i < m->thumbnail_count; i++)
        free(m->thumbnails[i].url);
    free(m->thumbnails);
    m->thumbnails = NULL;
    m->thumbnail_count = 0;
}

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
    char *link = url ? meta_fitting(META_CHANNEL_URL, url) : NULL;
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

void meta_read_thumbnails(struct meta *m, const cJSON *list, const char *chosen, bool worst_first,
                          enum meta_origin from)
{
    struct meta found = META_INIT;
    int seen = 0;

    if (from == META_NONE || from < m->thumbnails_from)
        return;
    for (const cJSON *o = cJSON_IsArray(list) ? list->child : NULL; o && seen < MOST_LOOKED_AT; o = o->next, seen++)
        add_thumbnail(&found, json_text(o, "url", NULL), &(struct meta_thumbnail){
            .width = meta_whole(json_number(o, "width", 0)), .height = meta_whole(json_number(o, "height", 0)),
            .preference = signed_number(o, "preference") }, worst_first);
    add_thumbnail(&found, chosen, &(struct meta_thumbnail){ .preference = 100 }, worst_first);
    if (found.thumbnail_count == 0)
        return;
    meta_drop_thumbnails(m);
    m->thumbnails = found.thumbnails;
    m->thumbnail_count = found.thumbnail_count;
    m->thumbnails_from = from;
}
