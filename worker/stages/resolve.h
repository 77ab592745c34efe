/*
 * resolve: what a link or a search yields, for a job (task_resolve, run.h) or for somebody who only wants to look.
 */
#ifndef DUBPLATE_RESOLVE_H
#define DUBPLATE_RESOLVE_H

#include "run.h"

/* What was found; valid during the call. */
struct findings {
    const struct found   *items;
    int                   count;
    const struct listing *list;     /* NULL: it is no list */
    const char           *note;     /* NULL, or what the reader should know */
    bool                  last;     /* there will be no more */
};
typedef int resolve_taker(void *arg, const struct findings *f, struct err *e);

/* Reads r->job's link or search as r->spec says, in r->work. Entries of a list are handed over while the rest is being
 * read, each attempt from the first one on; not 0 ends it with *e. */
int resolve_link(struct run *r, resolve_taker *take, void *arg, struct err *e);

#endif
