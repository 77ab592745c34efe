/*
 * match_penalty: what makes an offer another recording: another version, a guest, another length. In points. Part of
 * match.c.
 */
#ifndef DUBPLATE_MATCH_PENALTY_H
#define DUBPLATE_MATCH_PENALTY_H

#include "match_sides.h"

#define MOST_PENALTY 70

/* At most MOST_PENALTY. */
int match_penalty(const struct aim *a, const struct offer *o);

/* For these kinds, which nobody asked for, and for what makes anything something else: hours of it, a short. known:
 * folded, the words that are asked for. */
int match_common_penalty(const struct offer *o, version_set extra, const char *known);

/* Kinds that the candidate names: those in brackets and behind separators, and those among its words that are none of
 * the wanted title's or artist's. */
version_set match_versions_of(const struct offer *o, const char *known);

#endif
