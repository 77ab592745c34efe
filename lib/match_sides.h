/*
 * match_sides: the two sides that are compared: what is wanted, and what a candidate offers, read into words. Part of
 * match.c.
 */
#ifndef DUBPLATE_MATCH_SIDES_H
#define DUBPLATE_MATCH_SIDES_H

#include <stdbool.h>

#include "match.h"
#include "match_versions.h"
#include "match_words.h"
#include "title.h"

#define NAMES_MAX 12            /* artists beyond these are not looked at */

/* What a title says. */
struct reading {
    struct words core;          /* the title without versions, guests and decorations */
    struct words bare;          /* without anything in brackets as well */
    struct words first;         /* of several parts the first */
    char qualifier[WORDS_BYTES];    /* folded: "live at wembley", "torsten stenzel remix" */
    char guests[WORDS_BYTES];       /* folded: who is behind "feat." */
};

/* What is wanted. */
struct aim {
    const struct wanted *w;
    struct reading title;
    struct words names[NAMES_MAX];      /* of the artists, the first one first */
    int          name_count;
    struct words cheap;                 /* words that may stand beside the title: artists, album */
    char         artist_text[WORDS_BYTES], core_text[WORDS_BYTES];
    version_set  versions;
};

/* What a candidate is. */
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

/* Both borrow what they read, which has to outlive them; free() is enough. */
struct aim *match_aim(const struct wanted *w);
struct offer *match_offer(const struct candidate *c);

#endif
