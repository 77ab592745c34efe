/*
 * inner: the lists that stand in a list (an artist's albums, a channel's playlists), until each has been read in its
 * turn. How far that is lies in the work directory, so that an attempt which breaks off, or is sent away by its source,
 * goes on at the list where it was, and the places of all entries stay what they are.
 */
#ifndef DUBPLATE_INNER_H
#define DUBPLATE_INNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define INNER_MOST 200

struct inner {
    char   *urls[INNER_MOST];       /* owned */
    int     count, next;            /* next: the first that is not read yet */
    int64_t before;                 /* entries that come before it */
    char    title[801];             /* of the list that they stand in */
    bool    cut;                    /* that is longer than what was read of it */
};

enum inner_add { INNER_ADDED, INNER_KNOWN, INNER_FULL };
enum inner_add inner_add(struct inner *in, const char *url);
void inner_free(struct inner *in);      /* leaves it empty */

/* Without such a file, or with one that is not understood, *in stays empty. */
void inner_load(struct inner *in, const char *path);
int inner_save(const struct inner *in, const char *path, struct err *e);

#endif
