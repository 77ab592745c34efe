/*
 * title_decor: what is written around a title and is no part of it ("Official Video", "4K", "歌詞付き", #tags), and
 * without what it is left. Part of title.c.
 */
#ifndef DUBPLATE_TITLE_DECOR_H
#define DUBPLATE_TITLE_DECOR_H

#include <stdbool.h>

/* Does every word of the text belong to a decoration, like "Official Music Video" or "HD"? Outside of brackets more is
 * asked: there are songs called "Video". */
bool title_is_decoration(const char *text);
bool title_is_strong_decoration(const char *text);

/* Removes decorations in brackets and at the end, and #tags there if `tags`, in place. Text of less than TITLE_BYTES;
 * never empties it. */
void title_undecorate(char *text, bool tags);

/* Only those in brackets. */
void title_drop_brackets(char *text);

#endif
