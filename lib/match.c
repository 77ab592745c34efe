#include "match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fold.h"
#include "match_alike.h"
#include "match_penalty.h"
#include "match_sides.h"

#define TITLE_POINTS    40.0
#define ARTIST_POINTS   28.0
#define DURATION_POINTS 22.0
#define CHANNEL_POINTS  10.0
#define LONE_MOST       65      /* a title without an artist */
#define LONE_BONUS      15      /* … that only one artist has */

/* ---- one candidate ---- */

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
    const bool timed = match_knows_durations(a, o);
    const double scale = timed ? 1 : 100 / (100 - DURATION_POINTS);
    const double artist = match_artist_alike(a, o);

    p->title = rounded(scale * TITLE_POINTS * title_worth(match_title_alike(a, o)));
    p->artist = rounded(scale * ARTIST_POINTS * artist);
    p->duration = timed ? rounded(DURATION_POINTS * match_duration_alike(a, o)) : 0;
    p->channel = artist >= LEAST_NAME ? rounded(scale * CHANNEL_POINTS * match_channel_alike(a, o)) : 0;
    p->penalty = match_penalty(a, o);
    sum_up(p);
}

/* Nobody said who sings it: only the exact title counts, and never enough by itself. */
static void score_lone_title(const struct aim *a, const struct offer *o, struct match_parts *p)
{
    const bool timed = match_knows_durations(a, o);

    p->title = match_title_alike(a, o) >= 0.95 ? 50 : 0;
    p->duration = timed ? rounded(10 * match_duration_alike(a, o)) : 5;
    p->channel = o->is_own ? 5 : 0;
    p->penalty = match_penalty(a, o);
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
    words_append(text, o->all.guests);
    words_append(text, o->all.qualifier);
    words_append(text, o->channel.text);
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
    p->penalty = match_common_penalty(o, match_versions_of(o, query) & ~asked, query) +
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
    struct aim *a = match_aim(w);
    struct offer *o = match_offer(c);

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
        if (first && match_names_alike(artist_of(first), artist_of(offers[i])) < 0.8 &&
            !match_is_covered(artist_of(first), &offers[i]->channel) &&
            !match_is_covered(artist_of(offers[i]), &first->channel))
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
    struct aim *a = match_aim(w);
    struct offer *offers[MATCH_CANDIDATES];
    size_t best = 0;

    memset(out, 0, sizeof *out);
    count = count < MATCH_CANDIDATES ? count : MATCH_CANDIDATES;
    for (size_t i = 0; i < count; i++) {
        offers[i] = match_offer(&list[i]);
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
