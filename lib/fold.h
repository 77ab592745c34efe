/*
 * fold: text in the form in which it is compared. Whatever people and sites spell differently and mean alike comes out
 * alike: case, accents, full-width forms, apostrophes, punctuation, "&" and "and", "ft." and "feat.". What tells words
 * apart stays: letters, digits, the vowel signs of Indic scripts, voiced and unvoiced kana. For comparing and for
 * keys; nothing that is folded is shown to anybody.
 *
 * The normal forms are utf8proc's (Unicode); the choice of what to drop is ours. Invalid bytes are passed over.
 */
#ifndef DUBPLATE_FOLD_H
#define DUBPLATE_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#define FOLD_MAX_BYTES 4096     /* of a text that are looked at */

/* Words with one space between, without any punctuation; "Beyoncé – Déjà‐Vu (ft. JAY‑Z)" is
    "beyonce deja vu feat jay z".
 * A text of nothing but signs ("÷", "?!") keeps them. Cut on a code point where it does not fit. Folding twice changes
 * nothing. Returns the length. */
size_t fold(char *out, size_t size, const char *text);

/* Do they read alike? Two empty texts do. */
bool fold_equal(const char *a, const char *b);

/* The normal form of a search query, for cache keys: NFKC and case-folded, trimmed, single spaces; punctuation, which
 * may mean something to the search, stays. Returns the length. */
size_t fold_query(char *out, size_t size, const char *text);

#endif
