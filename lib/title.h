/*
 * title: artist and title out of what a video is called and who uploaded it. Sites without music fields have nothing
 * else. Rules, not guesses: text is split only at separators that people use for it, and what is dropped is in a table
 * of decorations ("Official Video", "4K", "歌詞付き"); whatever names another recording (live, remix, feat., acoustic,
 * remaster) stays. The table in tests/unit/test_title.c is what the rules are measured by.
 */
#ifndef DUBPLATE_TITLE_H
#define DUBPLATE_TITLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TITLE_BYTES 801         /* 200 characters of up to 4 bytes */

struct title_parts {
    char    title[TITLE_BYTES];     /* never empty: "Untitled" if there is nothing at all */
    char    artist[TITLE_BYTES];    /* "" if neither the title nor a channel that is an artist's names one */
    bool    from_title;             /* the artist stood in the title; false: the uploader's name is the artist's */
    int64_t number;                 /* the track number that stood in front; 0: none */
};

/* Splits a title. uploader may be "". `numbered` says that the title may start with a track number ("03 - "), as those
 * of albums and files do; without it, digits are part of the title. Titles that people
 * wrote come out the same when "artist - title" of what came out is split again. */
void title_split(struct title_parts *out, const char *title, const char *uploader, bool numbered);

/* The name without what makes it a channel's: "Artist - Topic", "ArtistVEVO", "Artist Official". True if the channel
 * is certainly the artist's own (Topic, VEVO). */
bool title_uploader_artist(char *out, size_t size, const char *uploader);

#endif
