#include "match_penalty.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "match_alike.h"

#define FAR_MS      30000           /* from here on it is another cut */
#define FAR_PENALTY 30
#define OTHER_NAME_PENALTY 30       /* a remix, but by somebody else */
#define OTHER_PLACE_PENALTY 8       /* live, but elsewhere */
#define GUEST_PENALTY 12            /* a guest that nobody asked for */

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

version_set match_versions_of(const struct offer *o, const char *known)
{
    return versions_in(o->title.qualifier) | (versions_in(o->text) & ~versions_in(known));
}

/* A channel that does nothing else; the artist's own is above suspicion. */
static version_set versions_of_channel(const struct aim *a, const struct offer *o)
{
    for (int i = 0; i < a->name_count; i++)
        if (match_names_alike(&a->names[i], &o->channel) >= 0.8)
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
            words_append(kept, word);
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
        if (match_names_alike(&a->names[i], part) > 0 || match_is_covered(part, &a->names[i]) ||
            match_is_covered(&a->names[i], part))
            return true;
    return match_is_covered(part, &a->cheap);
}

/* Does the artist that was split off name somebody besides who is wanted? */
static bool has_other_names(const struct aim *a, const struct offer *o)
{
    struct words *part = xmalloc(sizeof *part);
    char text[WORDS_BYTES];
    int wanted = 0, other = 0;

    copy_text(text, sizeof text, o->artist.text);
    for (char *rest = text, *name; (name = match_next_name(&rest));) {
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

int match_common_penalty(const struct offer *o, version_set extra, const char *known)
{
    int points = versions_extra(extra);

    if (says_hours(o->text) && !says_hours(known))
        points = most(points, 60);
    if (strcasestr(o->c->title, "#short"))
        points = most(points, 45);
    return points;
}

int match_penalty(const struct aim *a, const struct offer *o)
{
    char known[WORDS_BYTES];

    copy_text(known, sizeof known, a->core_text);
    words_append(known, a->artist_text);
    const version_set there = match_versions_of(o, known), channel = versions_of_channel(a, o);
    int points = match_common_penalty(o, (there | channel) & ~a->versions, known);
    points += versions_missing(a->versions & ~there);
    points += name_penalty(a, o, a->versions & there) + guest_penalty(a, o);
    if (match_knows_durations(a, o) && match_time_apart(a, o) > FAR_MS)
        points += FAR_PENALTY;
    return points < MOST_PENALTY ? points : MOST_PENALTY;
}
