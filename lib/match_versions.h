/*
 * match_versions: words that make it another recording of the same song: live, cover, karaoke, remix, sped up, … in
 * the languages that search results come in. Part of match.c.
 */
#ifndef DUBPLATE_MATCH_VERSIONS_H
#define DUBPLATE_MATCH_VERSIONS_H

#include <stdbool.h>
#include <stdint.h>

/* A set of kinds: bit k is row k of the table in match_versions.c. */
typedef uint64_t version_set;

/* Every kind that is named in a folded text. */
version_set versions_in(const char *folded);

/* What a candidate loses that names these although nobody wants them, and one that lacks them although they are
 * wanted: points of 100. */
int versions_extra(version_set set);
int versions_missing(version_set set);

/* Those that have a name of their own: whose remix, live where. */
version_set versions_named(version_set set);

/* Is the word one of the table's, in whole or in part? Then it is no name. */
bool versions_is_word(const char *word);

#endif
