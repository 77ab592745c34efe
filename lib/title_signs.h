/*
 * title_signs: brackets, quotes, dashes and bars of any script, and what they enclose and separate. Part of title.c.
 */
#ifndef DUBPLATE_TITLE_SIGNS_H
#define DUBPLATE_TITLE_SIGNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool title_opens_bracket(uint32_t cp);
bool title_closes_bracket(uint32_t open, uint32_t close);
bool title_opens_quote(uint32_t cp);
bool title_is_dash(uint32_t cp);

/* One code point; never 0 bytes, never beyond the end. */
size_t title_step(const char *s, uint32_t *cp);

/* In place: one line with plain spaces; the same without dashes, bars and the like that stand loose at its ends; a
 * space instead of [from, to). */
void title_tidy(char *text);
void title_trim(char *text);
void title_cut_out(char *text, size_t from, size_t to);

/* Is there anything to read, beyond signs that separate? */
bool title_says_something(const char *text);

/* Where text inside brackets or quotes ends, or 0 if nothing opens here or nothing closes it. */
size_t title_enclosed(const char *text, size_t at);

/* The next pair of brackets of any script, the outermost where they are nested. Offsets into the text: the brackets
 * take [at, end), their content [inside, inside_end). False if there is none at or behind `from`. */
struct title_bracket { size_t at, inside, inside_end, end; };
bool title_next_bracket(const char *text, size_t from, struct title_bracket *out);

/* The same for quotes. */
bool title_next_quote(const char *text, size_t from, struct title_bracket *out);

/* The next " - ", " | " or " // " outside of brackets and quotes, with its spaces: [at, end). */
struct title_separator { size_t at, end; };
bool title_next_separator(const char *text, size_t from, struct title_separator *out);

/* The same for one kind of them. Those of SEP_SIDE (a slash, a colon, a dash) need no spaces. */
enum separator { SEP_DASH, SEP_BAR, SEP_SLASHES, SEP_LOW_LINE, SEP_SIDE };
bool title_find_separator(const char *text, enum separator kind, size_t from, struct title_separator *out);

#endif
