/*
 * match_alike: how well an offer fits what is wanted, 0-1, each thing judged by itself. Part of match.c.
 */
#ifndef DUBPLATE_MATCH_ALIKE_H
#define DUBPLATE_MATCH_ALIKE_H

#include <stdbool.h>
#include <stdint.h>

#include "match_sides.h"

#define LEAST_NAME 0.6          /* names that are less alike are different */

double match_title_alike(const struct aim *a, const struct offer *o);
double match_artist_alike(const struct aim *a, const struct offer *o);      /* a names at least one */

/* Where both are known. */
bool match_knows_durations(const struct aim *a, const struct offer *o);
int64_t match_time_apart(const struct aim *a, const struct offer *o);       /* ms */
double match_duration_alike(const struct aim *a, const struct offer *o);

/* How sure the channel makes it that this is what the artist put out. */
double match_channel_alike(const struct aim *a, const struct offer *o);

/* 0 below LEAST_NAME. */
double match_names_alike(const struct words *a, const struct words *b);

/* Are all words of the name in the text? */
bool match_is_covered(const struct words *name, const struct words *text);

/* Cuts the next name off a folded text: "A feat B", "A and B", "A x B". NULL at the end. */
char *match_next_name(char **rest);

#endif
