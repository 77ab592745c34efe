#include "match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fold.h"
#include "match_versions.h"
#include "match_words.h"
#include "title.h"

#define TITLE_POINTS    40.0
#define ARTIST_POINTS   28.0
#define DURATION_POINTS 22.0
#define CHANNEL_POINTS  10.0

#define SAME_MS     2000        /* rounding, and a second of silence */
#define SIMILAR_MS  15000       /* from here on the duration says nothing for it */
#define FAR_MS      30000       /* from here on it is another cut */
#define FAR_PENALTY 30
#define MOST_PENALTY 70
#define OTHER_NAME_PENALTY 30   /* a remix, but by somebody else */
#define OTHER_PLACE_PENALTY 8   /* live, but elsewhere */
#define GUEST_PENALTY 12        /* a guest that nobody asked for */
#define LONE_MOST   65          /* a title without an artist */
#define LONE_BONUS  15          /* … that only one artist has */

#define LEAST_NAME  0.6         /* names that are less alike are different */
#define NAMES_MAX   12

/* ---- what a title says ---- */

struct reading {
    struct words core;          /* the title without versions, guests and decorations */
    struct words bare;          /* without anything in brackets as well */
    struct words first;         /* of several parts the first */
    char qualifier[WORDS_BYTES];    /* folded: "live at wembley", "torsten stenzel remix" */
    char guests[WORDS_BYTES];       /* folded: who is behind "feat." */
};

static void append(char *to, const char *folded)
{
    const size_t used = strlen(to);

    if (*folded && used + 1 < WORDS_BYTES) {
        if (used)
            memcpy(to + used, " ", 2);
        copy_text(to + strlen(to), WORDS_BYTES - strlen(to), folded);
    }
}

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
        append(r->guests, guests_of(folded));
    else if (versions_in(folded))
        append(r->qualifier, folded);
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
        append(r->guests, feat + 6);
        *feat = '\0';
    }
    if (!is_first && guests_of(folded))
        append(r->guests, guests_of(folded));
    else if (!is_first && !is_whole && (versions_in(folded) || strncmp(folded, "from ", 5) == 0))
        append(r->qualifier, folded);
    else if (is_first || !title_is_decoration(text))
        append(core, folded);
}

static void sort_parts(struct reading *r, char *text, bool is_whole, char *core, char *first)
{
    struct title_separator sep;
    bool is_first = true;

    while (title_next_separator(text, 0, &sep)) {
        text[sep.at] = '\0';
        sort_part(r, text, is_first, is_whole, core);
        if (is_first && first)
            append(first, core);
        is_first = false;
        text += sep.end;
    }
    sort_part(r, text, is_first, is_whole, core);
    if (is_first && first)
        append(first, core);
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

struct aim {
    const struct wanted *w;
    struct reading title;
    struct words names[NAMES_MAX];      /* of the artists, the first one first */
    int          name_count;
    struct words cheap;                 /* words that may stand beside the title: artists, album */
    char         artist_text[WORDS_BYTES], core_text[WORDS_BYTES];
    version_set  versions;
};

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

static struct aim *aim_at(const struct wanted *w)
{
    struct aim *a = xcalloc(1, sizeof *a);
    char text[WORDS_BYTES];

    a->w = w;
    read_title(&a->title, w->title, false);
    read_names(a);
    fold(a->artist_text, sizeof a->artist_text, w->artist);
    append(a->artist_text, a->name_count ? a->names[0].text : "");
    copy_text(a->core_text, sizeof a->core_text, a->title.core.text);
    a->versions = versions_in(a->title.qualifier);
    fold(text, sizeof text, w->album);
    append(text, a->artist_text);
    append(text, a->title.guests);
    words_read(&a->cheap, text);
    return a;
}

/* ---- what a candidate is ---- */

struct offer {
    const struct candidate *c;
    struct title_parts  parts;
    struct reading      title;          /* of the title that was split off */
    struct reading      all;            /* of the whole */
    struct words        artist, artist_bare;    /* that was split off; and without brackets */
    struct words        channel;        /* without "Topic" and the like */
    bool                is_own;         /* a Topic or VEVO channel */
    char                text[WORDS_BYTES];      /* all of the title, folded */
};

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

static struct offer *offer_of(const struct candidate *c)
{
    struct offer *o = xcalloc(1, sizeof *o);
    char name[TITLE_BYTES], whole[TITLE_BYTES], bare[TITLE_BYTES], folded[WORDS_BYTES];

    o->c = c;
    title_split(&o->parts, c->title, c->channel, false);
    read_title(&o->title, o->parts.title, false);
    copy_text(whole, sizeof whole, c->title);
    title_undecorate(whole);
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

/* ---- title ---- */

/* The words of a text that are not those of the artists. */
static void without_names(struct words *out, const struct words *text, const struct aim *a)
{
    char kept[WORDS_BYTES] = "", word[WORDS_BYTES];

    for (const char *s = text->text; *(s += strspn(s, " ")); s += strcspn(s, " ")) {
        copy_text(word, strcspn(s, " ") + 1, s);
        if (!words_phrase(a->artist_text, word))
            append(kept, word);
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
            append(kept, word);
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
static double title_likeness(const struct aim *a, const struct offer *o)
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

static double name_likeness(const struct words *a, const struct words *b)
{
    const double alike = words_alike(a, b, NULL);
    return alike >= LEAST_NAME ? alike : 0;
}

/* Cuts the next name off a folded text: "A feat B", "A and B", "A x B". NULL at the end. */
static char *next_name(char **rest)
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
    for (char *rest = text, *part; (part = next_name(&rest));) {
        words_read(one, part);
        best = fmax(best, name_likeness(name, one));
    }
    free(one);
    return best;
}

static bool is_covered(const struct words *name, const struct words *text)
{
    return name->count > 0 && words_cover(name, text, NULL, NULL) > 0.99;
}

/* A name that stands somewhere in the title: as its artist, or just mentioned? */
static double name_in_title(const struct words *name, const struct aim *a, const struct offer *o)
{
    if (!words_phrase(o->text, name->text) || words_phrase(a->core_text, name->text))
        return 0;
    if (!o->parts.from_title || is_covered(name, &o->artist) || name_likeness(name, &o->title.first) > 0.8 ||
        name_likeness(name, &o->title.bare) > 0.8)
        return 0.92;
    /* "Somebody Else - Title (Artist)" */
    return 0.5;
}

static double name_points(const struct words *name, const struct aim *a, const struct offer *o)
{
    double best = fmax(name_likeness(name, &o->artist), among_names(name, o->artist.text));

    best = fmax(best, name_likeness(name, &o->artist_bare));
    best = fmax(best, name_likeness(name, &o->channel));
    if (is_covered(name, &o->channel))
        best = fmax(best, 0.85);
    return fmax(best, name_in_title(name, a, o));
}

static bool has_surname(const struct words *name, const struct offer *o)
{
    const char *last = strrchr(name->text, ' ');
    return last && strlen(last) > 3 && words_phrase(o->text, last + 1);
}

static double artist_likeness(const struct aim *a, const struct offer *o)
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

static bool knows_durations(const struct aim *a, const struct offer *o)
{
    return a->w->duration_ms > 0 && o->c->duration_ms > 0;
}

static int64_t time_apart(const struct aim *a, const struct offer *o)
{
    return llabs(a->w->duration_ms - o->c->duration_ms);
}

static double duration_likeness(const struct aim *a, const struct offer *o)
{
    const int64_t apart = time_apart(a, o);

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

/* How sure the channel makes it that this is what the artist put out. */
static double channel_likeness(const struct aim *a, const struct offer *o)
{
    double name = 0;

    for (int i = 0; i < a->name_count; i++)
        name = fmax(name, is_name_twice(&a->names[i], &o->channel) ? 1 : name_likeness(&a->names[i], &o->channel));
    const double official = words_phrase(o->text, "official audio") ? 0.3 :
                            words_phrase(o->text, "official") ? 0.15 : 0;
    const double own = name >= 0.8 ? (o->is_own ? 1 : 0.8) : 0;
    return fmin(1, own + official);
}

/* ---- another recording? ---- */

/* "2 hours", "10h" */
static bool says_hours(const char *folded)
{
    static const char *const hours[] = { "hour", "hours", "hr", "hrs", "h", "stunden", "horas", "heures", "часов",
        "час",
                                         "часа", "小时", "時間", "시간", "saat", "ساعة" };

    for (const char *s = folded; *s; s++) {
        if ((s > folded && s[-1] != ' ') || *s < '0' || *s > '9')
            continue;
        const char *unit = s + strspn(s, "0123456789");
        unit += *unit == ' ';
        const size_t len = strcspn(unit, " ");
        for (size_t i = 0; i < ARRAY_LEN(hours); i++)
            if (strlen(hours[i]) == len && memcmp(hours[i], unit, len) == 0)
                return true;
    }
    return false;
}

/* Kinds that the candidate names: those in brackets and behind separators, and those among its words that are none of
 * the wanted title's or artist's. */
static version_set versions_of(const struct offer *o, const char *known)
{
    return versions_in(o->title.qualifier) | (versions_in(o->text) & ~versions_in(known));
}

/* A channel that does nothing else; the artist's own is above suspicion. */
static version_set versions_of_channel(const struct aim *a, const struct offer *o)
{
    for (int i = 0; i < a->name_count; i++)
        if (name_likeness(&a->names[i], &o->channel) >= 0.8)
            return 0;
    return versions_in(o->channel.text) & ~versions_in(a->artist_text);
}

/* Whose remix, live where: the words of a qualifier that are names. */
static void qualifier_names(struct words *out, const char *qualifier)
{
    char kept[WORDS_BYTES] = "", word[WORDS_BYTES];

    for (const char *s = qualifier; *(s += strspn(s, " ")); s += strcspn(s, " ")) {
        copy_text(word, strcspn(s, " ") + 1, s);
        if (!versions_is_word(word))
            append(kept, word);
    }
    words_read(out, kept);
}

static int name_penalty(const struct aim *a, const struct offer *o, version_set both)
{
    struct words *names = xmalloc(2 * sizeof *names);
    int points = 0;

    qualifier_names(&names[0], a->title.qualifier);
    words_read(&names[1], o->text);
    if (versions_named(both) && names[0].count && words_cover(&names[0], &names[1], NULL, NULL) < 0.5)
        points = versions_missing(both) > versions_missing(versions_in("live")) ? OTHER_NAME_PENALTY :
            OTHER_PLACE_PENALTY;
    free(names);
    return points;
}

/* Is this part of the artist's name one of those wanted, or a piece of one? */
static bool is_wanted_name(const struct aim *a, const struct words *part)
{
    for (int i = 0; i < a->name_count; i++)
        if (name_likeness(&a->names[i], part) > 0 || is_covered(part, &a->names[i]) || is_covered(&a->names[i], part))
            return true;
    return is_covered(part, &a->cheap);
}

/* Does the artist that was split off name somebody besides who is wanted? */
static bool has_other_names(const struct aim *a, const struct offer *o)
{
    struct words *part = xmalloc(sizeof *part);
    char text[WORDS_BYTES];
    int wanted = 0, other = 0;

    copy_text(text, sizeof text, o->artist.text);
    for (char *rest = text, *name; (name = next_name(&rest));) {
        words_read(part, name);
        if (part->count)
            *(is_wanted_name(a, part) ? &wanted : &other) += 1;
    }
    free(part);
    return wanted && other;
}

static int guest_penalty(const struct aim *a, const struct offer *o)
{
    struct words *guests = xmalloc(sizeof *guests);
    int points = 0;

    words_read(guests, o->title.guests);
    if (guests->count && words_cover(guests, &a->cheap, NULL, NULL) < 0.5)
        points = GUEST_PENALTY;
    free(guests);
    return points ? points : has_other_names(a, o) ? GUEST_PENALTY : 0;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int common_penalty(const struct offer *o, version_set extra, const char *known)
{
    int points = versions_extra(extra);

    if (says_hours(o->text) && !says_hours(known))
        points = most(points, 60);
    if (strcasestr(o->c->title, "#short"))
        points = most(points, 45);
    return points;
}

static int penalty(const struct aim *a, const struct offer *o)
{
    char known[WORDS_BYTES];

    copy_text(known, sizeof known, a->core_text);
    append(known, a->artist_text);
    const version_set there = versions_of(o, known), channel = versions_of_channel(a, o);
    int points = common_penalty(o, (there | channel) & ~a->versions, known);
    points += versions_missing(a->versions & ~there);
    points += name_penalty(a, o, a->versions & there) + guest_penalty(a, o);
    if (knows_durations(a, o) && time_apart(a, o) > FAR_MS)
        points += FAR_PENALTY;
    return points < MOST_PENALTY ? points : MOST_PENALTY;
}

/* ---- scores ---- */

static int rounded(double points)
{
    return (int)lround(points);
}

static void sum_up(struct match_parts *p)
{
    const int sum = p->title + p->artist + p->duration + p->channel - p->penalty;
    p->score = sum < 0 ? 0 : sum > 100 ? 100 : sum;
}

/* Half a title is as good as none: below 0.5 there are no points. */
static double title_worth(double likeness)
{
    return likeness <= 0.5 ? 0 : (likeness - 0.5) / 0.5;
}

static void score_song(const struct aim *a, const struct offer *o, struct match_parts *p)
{
    const bool timed = knows_durations(a, o);
    const double scale = timed ? 1 : 100 / (100 - DURATION_POINTS);
    const double artist = artist_likeness(a, o);

    p->title = rounded(scale * TITLE_POINTS * title_worth(title_likeness(a, o)));
    p->artist = rounded(scale * ARTIST_POINTS * artist);
    p->duration = timed ? rounded(DURATION_POINTS * duration_likeness(a, o)) : 0;
    p->channel = artist >= LEAST_NAME ? rounded(scale * CHANNEL_POINTS * channel_likeness(a, o)) : 0;
    p->penalty = penalty(a, o);
    sum_up(p);
}

/* Nobody said who sings it: only the exact title counts, and never enough by itself. */
static void score_lone_title(const struct aim *a, const struct offer *o, struct match_parts *p)
{
    const bool timed = knows_durations(a, o);

    p->title = title_likeness(a, o) >= 0.95 ? 50 : 0;
    p->duration = timed ? rounded(10 * duration_likeness(a, o)) : 5;
    p->channel = o->is_own ? 5 : 0;
    p->penalty = penalty(a, o);
    sum_up(p);
    p->score = p->title && p->score < LONE_MOST ? p->score : p->title ? LONE_MOST : 0;
}

/* Some words in any order: each has to be found, in title or channel; what stands there besides costs little. */
static void score_query(const struct wanted *w, const struct offer *o, struct match_parts *p)
{
    struct words *words = xmalloc(2 * sizeof *words);
    char query[WORDS_BYTES], text[WORDS_BYTES];
    double rest = 0;

    fold(query, sizeof query, w->query);
    copy_text(text, sizeof text, o->all.core.text);
    append(text, o->all.guests);
    append(text, o->all.qualifier);
    append(text, o->channel.text);
    words_read(&words[0], query);
    words_read(&words[1], text);
    double covered = words_cover(&words[0], &words[1], NULL, NULL);
    if (words[0].count == 1 && covered < 1)
        covered = 0;
    words_read(&words[1], o->all.core.text);
    words_cover(&words[0], &words[1], NULL, &rest);
    /* One word of four that is not there is too much, a slip of the finger is not. */
    p->title = rounded(80 * pow(covered, 3) + (covered > 0.8 ? 12 * (1 - rest) : 0));
    p->channel = o->is_own && words_cover(&o->channel, &words[0], NULL, NULL) > 0.9 ? 8 : 0;
    const version_set asked = versions_in(query);
    p->penalty = common_penalty(o, versions_of(o, query) & ~asked, query) +
                 versions_missing(asked & ~versions_in(o->text) & ~versions_in(o->channel.text));
    p->penalty = p->penalty < MOST_PENALTY ? p->penalty : MOST_PENALTY;
    sum_up(p);
    free(words);
}

static void score_one(const struct aim *a, const struct offer *o, struct match_parts *p)
{
    memset(p, 0, sizeof *p);
    if (o->c->is_live || !*o->text)
        return;
    if (!*a->w->title)
        score_query(a->w, o, p);
    else if (a->name_count == 0)
        score_lone_title(a, o, p);
    else
        score_song(a, o, p);
}

int match_score(const struct wanted *w, const struct candidate *c, struct match_parts *parts)
{
    struct match_parts own;
    struct aim *a = aim_at(w);
    struct offer *o = offer_of(c);

    score_one(a, o, &own);
    if (parts)
        *parts = own;
    free(a);
    free(o);
    return own.score;
}

/* ---- the best ---- */

static const struct words *artist_of(const struct offer *o)
{
    return o->artist.count ? &o->artist : &o->channel;
}

/* All candidates that carry the title are by one artist: then it is that one's. */
static void raise_lone_titles(struct offer *const *offers, size_t count, struct match *m)
{
    const struct offer *first = NULL;
    int carriers = 0;

    for (size_t i = 0; i < count; i++) {
        if (m->parts[i].title == 0 || m->parts[i].score < 40)
            continue;
        carriers++;
        if (first && name_likeness(artist_of(first), artist_of(offers[i])) < 0.8 &&
            !is_covered(artist_of(first), &offers[i]->channel) && !is_covered(artist_of(offers[i]), &first->channel))
            return;
        first = first ? first : offers[i];
    }
    for (size_t i = 0; carriers && i < count; i++)
        if (m->parts[i].title && m->parts[i].penalty == 0) {
            m->parts[i].artist = LONE_BONUS;
            m->parts[i].score += LONE_BONUS;
        }
}

static bool is_ahead(const struct match *m, const struct candidate *list, size_t i, size_t best)
{
    if (m->parts[i].score != m->parts[best].score)
        return m->parts[i].score > m->parts[best].score;
    return list[i].rank < list[best].rank;
}

int match_best(const struct wanted *w, const struct candidate *list, size_t count, int threshold, struct match *out)
{
    struct aim *a = aim_at(w);
    struct offer *offers[MATCH_CANDIDATES];
    size_t best = 0;

    memset(out, 0, sizeof *out);
    count = count < MATCH_CANDIDATES ? count : MATCH_CANDIDATES;
    for (size_t i = 0; i < count; i++) {
        offers[i] = offer_of(&list[i]);
        score_one(a, offers[i], &out->parts[i]);
    }
    if (*w->title && a->name_count == 0)
        raise_lone_titles(offers, count, out);
    for (size_t i = 0; i < count; i++) {
        if (is_ahead(out, list, i, best))
            best = i;
        free(offers[i]);
    }
    free(a);
    out->score = count ? out->parts[best].score : 0;
    out->best = count && out->score >= threshold && out->score > 0 ? (int)best : -1;
    return out->best;
}
