#include "match_alike.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fold.h"
#include "title_signs.h"

#define SAME_MS    2000         /* rounding, and a second of silence */
#define SIMILAR_MS 15000        /* from here on the duration says nothing for it */

/* ---- title ---- */

/* The words of a text that are not those of the artists. */
static void without_names(struct words *out, const struct words *text, const struct aim *a)
{
    char kept[WORDS_BYTES] = "", word[WORDS_BYTES];

    for (const char *s = text->text; *(s += strspn(s, " ")); s += strcspn(s, " ")) {
        copy_text(word, strcspn(s, " ") + 1, s);
        if (!words_phrase(a->artist_text, word))
            words_append(kept, word);
    }
    words_read(out, kept);
}

/* "晴天 Sunny Day", "Palette 팔레트": a title in two scripts, in the one that it is wanted in. */
static void in_script(struct words *out, const struct words *text, const struct words *wanted)
{
    char kept[WORDS_BYTES] = "", word[WORDS_BYTES];
    const bool ascii = (wanted->text[0] & 0x80) == 0;

    for (const char *s = text->text; *(s += strspn(s, " ")); s += strcspn(s, " ")) {
        copy_text(word, strcspn(s, " ") + 1, s);
        if (((word[0] & 0x80) == 0) == ascii)
            words_append(kept, word);
    }
    words_read(out, kept);
}

/* Numbers are compared with the whole of what is wanted, even where words of it are left out. */
static double compare(const struct words *wanted, const struct words *offered, const struct aim *a)
{
    const double alike = words_alike(wanted, offered, &a->cheap);
    const bool left_out = words_lack_number(wanted, &a->title.core) && words_lack_number(offered, &a->title.core);
    return words_numbers_differ(&a->title.core, offered) || left_out ? alike * 0.5 : alike;
}

/* The best of what stands in quotes: "Artist 「Title」 and whatever else". */
static double quoted_likeness(const struct aim *a, const struct offer *o)
{
    struct words *words = xmalloc(sizeof *words);
    char text[TITLE_BYTES], folded[WORDS_BYTES];
    struct title_bracket q;
    double best = 0;

    for (size_t from = 0; title_next_quote(o->c->title, from, &q); from = q.end) {
        copy_text(text, q.inside_end - q.inside + 1, o->c->title + q.inside);
        fold(folded, sizeof folded, text);
        words_read(words, folded);
        best = fmax(best, compare(&a->title.core, words, a));
    }
    free(words);
    return best;
}

/* Of several ways to read both the one that fits best; those that leave something out are worth a little less. */
double match_title_alike(const struct aim *a, const struct offer *o)
{
    struct words *rest = xmalloc(3 * sizeof *rest);
    without_names(&rest[0], &o->all.core, a);
    without_names(&rest[1], &o->all.bare, a);
    in_script(&rest[2], &o->title.core, &a->title.core);
    const struct { const struct words *text; double worth; } offered[] = {
        { &o->title.core, 1 }, { &o->title.bare, 0.97 }, { &o->title.first, 0.97 }, { &rest[0], 0.98 }, { &rest[1],
          0.96 },
        { &rest[2], 0.94 },
    };
    double best = 0;

    for (size_t i = 0; i < ARRAY_LEN(offered); i++) {
        if (offered[i].text->count == 0)
            continue;
        best = fmax(best, offered[i].worth * compare(&a->title.core, offered[i].text, a));
        best = fmax(best, 0.95 * offered[i].worth * compare(&a->title.bare, offered[i].text, a));
        best = fmax(best, 0.92 * offered[i].worth * compare(&a->title.first, offered[i].text, a));
    }
    free(rest);
    return fmax(best, 0.93 * quoted_likeness(a, o));
}

/* ---- artist ---- */

double match_names_alike(const struct words *a, const struct words *b)
{
    const double alike = words_alike(a, b, NULL);
    return alike >= LEAST_NAME ? alike : 0;
}

char *match_next_name(char **rest)
{
    static const char *const between[] = { " feat ", " and ", " x ", " with ", " vs ", " presents ", " y ", " und " };
    char *name = *rest, *end = NULL;
    size_t len = 0;

    for (size_t i = 0; name && i < ARRAY_LEN(between); i++) {
        char *at = strstr(name, between[i]);
        if (at && (!end || at < end))
            end = at, len = strlen(between[i]);
    }
    if (end)
        *end = '\0';
    *rest = end ? end + len : NULL;
    return name;
}

static double among_names(const struct words *name, const char *folded)
{
    struct words *one = xmalloc(sizeof *one);
    char text[WORDS_BYTES];
    double best = 0;

    copy_text(text, sizeof text, folded);
    for (char *rest = text, *part; (part = match_next_name(&rest));) {
        words_read(one, part);
        best = fmax(best, match_names_alike(name, one));
    }
    free(one);
    return best;
}

bool match_is_covered(const struct words *name, const struct words *text)
{
    return name->count > 0 && words_cover(name, text, NULL, NULL) > 0.99;
}

/* A name that stands somewhere in the title: as its artist, or just mentioned? */
static double name_in_title(const struct words *name, const struct aim *a, const struct offer *o)
{
    if (!words_phrase(o->text, name->text) || words_phrase(a->core_text, name->text))
        return 0;
    if (!o->parts.from_title || match_is_covered(name, &o->artist) || match_names_alike(name, &o->title.first) > 0.8 ||
        match_names_alike(name, &o->title.bare) > 0.8)
        return 0.92;
    /* "Somebody Else - Title (Artist)" */
    return 0.5;
}

static double name_points(const struct words *name, const struct aim *a, const struct offer *o)
{
    double best = fmax(match_names_alike(name, &o->artist), among_names(name, o->artist.text));

    best = fmax(best, match_names_alike(name, &o->artist_bare));
    best = fmax(best, match_names_alike(name, &o->channel));
    if (match_is_covered(name, &o->channel))
        best = fmax(best, 0.85);
    return fmax(best, name_in_title(name, a, o));
}

static bool has_surname(const struct words *name, const struct offer *o)
{
    const char *last = strrchr(name->text, ' ');
    return last && strlen(last) > 3 && words_phrase(o->text, last + 1);
}

double match_artist_alike(const struct aim *a, const struct offer *o)
{
    double main = name_points(&a->names[0], a, o), others = 0;
    int there = 0;

    for (int i = 1; i < a->name_count; i++) {
        const double one = name_points(&a->names[i], a, o);
        there += one >= LEAST_NAME;
        others = fmax(others, one);
    }
    /* Uploaded by the guest; or the first is the composer, and only his surname stands there. */
    main = fmax(main, (has_surname(&a->names[0], o) ? 0.95 : 0.75) * others);
    return a->name_count > 1 ? main * (0.93 + 0.07 * there / (a->name_count - 1)) : main;
}

/* ---- duration, channel ---- */

bool match_knows_durations(const struct aim *a, const struct offer *o)
{
    return a->w->duration_ms > 0 && o->c->duration_ms > 0;
}

int64_t match_time_apart(const struct aim *a, const struct offer *o)
{
    return llabs(a->w->duration_ms - o->c->duration_ms);
}

double match_duration_alike(const struct aim *a, const struct offer *o)
{
    const int64_t apart = match_time_apart(a, o);

    if (apart <= SAME_MS)
        return 1;
    return apart >= SIMILAR_MS ? 0 : 1 - (double)(apart - SAME_MS) / (SIMILAR_MS - SAME_MS);
}

/* "Kenshi Yonezu 米津玄師": the name in two scripts, and nothing else. */
static bool is_name_twice(const struct words *name, const struct words *channel)
{
    const char *at = strstr(channel->text, name->text);

    if (!name->count || !at)
        return false;
    const bool ascii = (name->text[0] & 0x80) == 0;
    for (const char *s = channel->text; *s; s++)
        if (*s != ' ' && (s < at || s >= at + strlen(name->text)) && ((*s & 0x80) == 0) == ascii)
            return false;
    return strlen(channel->text) > strlen(name->text);
}

double match_channel_alike(const struct aim *a, const struct offer *o)
{
    double name = 0;

    for (int i = 0; i < a->name_count; i++)
        name = fmax(name, is_name_twice(&a->names[i], &o->channel) ? 1 : match_names_alike(&a->names[i], &o->channel));
    const double official = words_phrase(o->text, "official audio") ? 0.3 :
                            words_phrase(o->text, "official") ? 0.15 : 0;
    const double own = name >= 0.8 ? (o->is_own ? 1 : 0.8) : 0;
    return fmin(1, own + official);
}
