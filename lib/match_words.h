/*
 * match_words: how much two texts have in common, word by word. Part of match.c.
 */
#ifndef DUBPLATE_MATCH_WORDS_H
#define DUBPLATE_MATCH_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX   64          /* words beyond these are not looked at */
#define WORDS_BYTES 1700

/* A text in words. Scripts that write no spaces (Han, kana, Thai, …) are taken apart into pairs of characters. */
struct words {
    char  text[WORDS_BYTES];    /* folded */
    int   count;
    struct word { unsigned short at, len; float weight; bool is_number; } list[WORDS_MAX];
};

/* More text behind the text in to, which holds WORDS_BYTES, with a space between. Both folded. */
void words_append(char *to, const char *folded);

/* `folded` comes from fold(). */
void words_read(struct words *out, const char *folded);

/* 0–1: the share of a's weight that b has as well. Near words count in part: a letter added, lost or changed in one of
 * five or more, two in one of nine or more; numbers have to be equal. *rest (may be NULL) is the weight of b that a
 * does not have, as a share of b's. Words of `cheap` (may be NULL) hardly count there. */
double words_cover(const struct words *a, const struct words *b, const struct words *cheap, double *rest);

/* 0–1: the same in both directions; 1 as well if they differ in spaces only. */
double words_alike(const struct words *a, const struct words *b, const struct words *cheap);

/* Does one have a number that the other lacks, and the other way round? "No. 5" is not "No. 7". Years count only when
 * a, which is wanted, has one. */
bool words_numbers_differ(const struct words *a, const struct words *b);

/* Does `of` have a number, but no year, that w lacks? */
bool words_lack_number(const struct words *w, const struct words *of);

/* Is the whole phrase in the text, at word boundaries? Both folded. Han and kana have none. */
bool words_phrase(const char *text, const char *phrase);

#endif
