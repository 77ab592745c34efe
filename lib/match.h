/*
 * match: which of the results of a search is the recording that is wanted? Pure: text, seconds and names in, points
 * out, each with its reason, so that a person can see why.
 *
 * The points: title 40, artist 28, duration 22, channel 10; what makes it another recording (live, cover, sped up, see
 * match_penalty.c) is taken off. Each alone, and each two without the title, stay below the threshold. The weights are
 * ours, set by hand and measured by the table in tests/unit/test_match.c, which prints its rate; the idea of judging
 * name, artist and time apart and of words that disqualify is spotDL's. A case that goes wrong belongs in that table
 * before anything here is turned.
 */
#ifndef DUBPLATE_MATCH_H
#define DUBPLATE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanted.h"

#define MATCH_THRESHOLD  70     /* the default */
#define MATCH_CANDIDATES 20     /* those beyond are not looked at */

struct candidate {
    char    id[64], url[2049], title[801], channel[401], channel_id[128];
    int64_t duration_ms /* -1 */, view_count /* -1 */;
    bool    is_live;
    int     rank;               /* 1 = first result */
};

/* Points for each part, as they add up to the score; penalty is what was taken off. Where a duration is unknown, the
 * other parts count for more; in a free-text query title is how much of it is covered. */
struct match_parts { int title, artist, duration, channel, penalty, score; };

/* 0–100. parts may be NULL. What is live now scores 0. Without an artist to compare with, a score stays below 70: only
 * the other candidates can tell (match_best). */
int match_score(const struct wanted *w, const struct candidate *c, struct match_parts *parts);

struct match {
    int best;                   /* index, -1: none reached the threshold */
    int score;                  /* of the best candidate, taken or not */
    struct match_parts parts[MATCH_CANDIDATES];
};

/* The best candidate of at least `threshold` points; of equals the one that the search ranked first. Returns its index
 * or -1. A title without an artist is taken only if all candidates that carry exactly it are by one artist. */
int match_best(const struct wanted *w, const struct candidate *list, size_t count, int threshold, struct match *out);

#endif
