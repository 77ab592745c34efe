/*
 * utf8: the few things that every string from outside needs. RFC 3629: no surrogates, no overlong forms, at most
 * U+10FFFF. Code points only; nothing here knows about graphemes or normal forms.
 */
#ifndef DUBPLATE_UTF8_H
#define DUBPLATE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length in bytes (1–4) of the sequence at s and its code point in *cp (may be NULL); 0 if the bytes at s, of
 * which `len` may be read, are no valid sequence. */
size_t utf8_next(const char *s, size_t len, uint32_t *cp);

bool utf8_valid(const char *s, size_t len);

/* Largest n ≤ max such that the first n bytes of the valid string s end on a code point. */
size_t utf8_cut(const char *s, size_t max);

/* Removes an incomplete sequence from the end of s, as snprintf leaves one behind. */
void utf8_trim_tail(char *s);

/* C0, DEL, C1, and what reorders or hides text (bidi overrides, isolates and marks, zero-width space, BOM, line
 * separators): no place for these in a name or a log line. The joiners U+200C and U+200D, which scripts and emoji
 * need, are none. */
bool utf8_is_control(uint32_t cp);

/* U+FDD0–FDEF and the last two of each plane: never text (Unicode 23.7). A control as well. */
bool utf8_is_noncharacter(uint32_t cp);

/* Makes s one tidy line, in place: invalid bytes and controls go, white space at the ends too, and what remains of
 * it between words becomes one space. Returns the length. */
size_t utf8_clean(char *s);

#endif
