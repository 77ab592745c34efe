#include "match_sides.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fold.h"
#include "title_decor.h"
#include "title_signs.h"

/* ---- what a title says ---- */

/* Folded text behind the word "feat" or "with" in front; NULL if it does not start so. */
static const char *guests_of(const char *folded)
{
    return strncmp(folded, "feat ", 5) == 0 || strncmp(folded, "with ", 5) == 0 ? folded + 5 : NULL;
}

/* Sorts what a bracket holds; true if it belongs to the title. */
static bool sort_bracket(struct reading *r, const char *content)
{
    char folded[WORDS_BYTES];

    fold(folded, sizeof folded, content);
    if (guests_of(folded))
        words_append(r->guests, guests_of(folded));
    else if (versions_in(folded))
        words_append(r->qualifier, folded);
    else
        return strncmp(folded, "prod ", 5) != 0 && !title_is_decoration(content);
    return false;
}

/* A part between separators. Behind the first one of a title it may be all version; behind an artist it is not. */
static void sort_part(struct reading *r, const char *text, bool is_first, bool is_whole, char *core)
{
    char folded[WORDS_BYTES];

    fold(folded, sizeof folded, text);
    char *feat = strstr(folded, " feat ");
    if (feat) {
        words_append(r->guests, feat + 6);
        *feat = '\0';
    }
    if (!is_first && guests_of(folded))
        words_append(r->guests, guests_of(folded));
    else if (!is_first && !is_whole && (versions_in(folded) || strncmp(folded, "from ", 5) == 0))
        words_append(r->qualifier, folded);
    else if (is_first || !title_is_decoration(text))
        words_append(core, folded);
}

static void sort_parts(struct reading *r, char *text, bool is_whole, char *core, char *first)
{
    struct title_separator sep;
    bool is_first = true;

    while (title_next_separator(text, 0, &sep)) {
        text[sep.at] = '\0';
        sort_part(r, text, is_first, is_whole, core);
        if (is_first && first)
            words_append(first, core);
        is_first = false;
        text += sep.end;
    }
    sort_part(r, text, is_first, is_whole, core);
    if (is_first && first)
        words_append(first, core);
}

/* The text with those brackets that belong to the title; without r, with none. */
static void copy_outside(struct reading *r, const char *title, char *to)
{
    struct title_bracket b;
    struct buf out = BUF_INIT(TITLE_BYTES - 1);
    size_t from = 0;

    for (; title_next_bracket(title, from, &b); from = b.end) {
        char content[TITLE_BYTES];
        copy_text(content, sizeof content, title + b.inside);
        content[b.inside_end - b.inside < sizeof content ? b.inside_end - b.inside : sizeof content - 1] = '\0';
        buf_add(&out, title + from, b.at - from);
        if (r && sort_bracket(r, content))
            buf_add(&out, title + b.at, b.end - b.at);
        else
            buf_add(&out, " ", 1);
    }
    buf_add(&out, title + from, strlen(title + from));
    copy_text(to, TITLE_BYTES, buf_text(&out));
    buf_free(&out);
}

static void read_title(struct reading *r, const char *title, bool is_whole)
{
    char text[TITLE_BYTES], core[WORDS_BYTES] = "", first[WORDS_BYTES] = "", bare[WORDS_BYTES] = "";
    struct reading *ignored = xmalloc(sizeof *ignored);

    memset(r, 0, sizeof *r);
    memset(ignored, 0, sizeof *ignored);
    copy_outside(r, title, text);
    sort_parts(r, text, is_whole, core, first);
    copy_outside(NULL, title, text);
    sort_parts(ignored, text, is_whole, bare, NULL);
    if (!*core)     /* all of it is a version: a song called "Live", or "(Intro)" */
        fold(core, sizeof core, title);
    words_read(&r->core, core);
    words_read(&r->bare, *bare ? bare : core);
    words_read(&r->first, *first ? first : core);
    free(ignored);
}

/* ---- what is wanted ---- */

static void add_name(struct aim *a, const char *name)
{
    char folded[WORDS_BYTES];

    fold(folded, sizeof folded, name);
    for (int i = 0; i < a->name_count; i++)
        if (strcmp(a->names[i].text, folded) == 0)
            return;
    if (*folded && a->name_count < NAMES_MAX)
        words_read(&a->names[a->name_count++], folded);
}

static void read_names(struct aim *a)
{
    char all[sizeof a->w->artist], *rest = all;

    add_name(a, a->w->first_artist);
    copy_text(all, sizeof all, a->w->artist);
    for (char *end; (end = strstr(rest, ", ")); rest = end + 2) {
        *end = '\0';
        add_name(a, rest);
    }
    add_name(a, rest);
    /* "Various Artists" sings nothing. */
    if (a->name_count == 1 && (!strcmp(a->names[0].text, "various artists") || !strcmp(a->names[0].text, "various")))
        a->name_count = 0;
}

struct aim *match_aim(const struct wanted *w)
{
    struct aim *a = xcalloc(1, sizeof *a);
    char text[WORDS_BYTES];

    a->w = w;
    read_title(&a->title, w->title, false);
    read_names(a);
    fold(a->artist_text, sizeof a->artist_text, w->artist);
    words_append(a->artist_text, a->name_count ? a->names[0].text : "");
    copy_text(a->core_text, sizeof a->core_text, a->title.core.text);
    a->versions = versions_in(a->title.qualifier);
    fold(text, sizeof text, w->album);
    words_append(text, a->artist_text);
    words_append(text, a->title.guests);
    words_read(&a->cheap, text);
    return a;
}

/* ---- what a candidate is ---- */

/* "A, B / C" as "A & B & C" */
static void fold_names(char *folded, const char *artist)
{
    struct buf text = BUF_INIT(WORDS_BYTES);

    for (; *artist; artist++)
        if (strchr(",;/", *artist))
            buf_add(&text, " & ", 3);
        else
            buf_add(&text, artist, 1);
    fold(folded, WORDS_BYTES, buf_text(&text));
    buf_free(&text);
}

struct offer *match_offer(const struct candidate *c)
{
    struct offer *o = xcalloc(1, sizeof *o);
    char name[TITLE_BYTES], whole[TITLE_BYTES], bare[TITLE_BYTES], folded[WORDS_BYTES];

    o->c = c;
    title_split(&o->parts, c->title, c->channel, false);
    read_title(&o->title, o->parts.title, false);
    copy_text(whole, sizeof whole, c->title);
    title_undecorate(whole, true);
    read_title(&o->all, whole, true);
    fold_names(folded, o->parts.artist);
    words_read(&o->artist, folded);
    copy_outside(NULL, o->parts.artist, bare);
    fold(folded, sizeof folded, bare);
    words_read(&o->artist_bare, folded);
    o->is_own = title_uploader_artist(name, sizeof name, c->channel);
    fold(folded, sizeof folded, name);
    words_read(&o->channel, folded);
    fold(o->text, sizeof o->text, c->title);
    return o;
}
