/*
 * places: the place of an entry among the tracks of its job, where a list that broke off is read again. A channel gets
 * a new recording in between, or loses one, and every entry behind it has moved: it stays the track that it is, and
 * what came after the list was submitted is not a part of it.
 */
#ifndef DUBPLATE_PLACES_H
#define DUBPLATE_PLACES_H

#include "db.h"
#include "tracks.h"

struct places {
    struct db *db;
    int64_t    job_id;
    int64_t    last;            /* the highest place that an earlier reading gave; 0: there was none */
    int64_t    shift;           /* by how much entries stand further back than they did */
    int        moves;           /* how often that has changed */
};

/* The list is read from its beginning. ERR_BUSY, ERR_SYSTEM. */
int places_begin(struct places *p, struct db *db, int64_t job_id, struct err *e);

/* *place: where the entry stands now; becomes the place that it had. False: it is new among what was read before. */
bool places_find(struct places *p, const struct track_info *info, int64_t *place);

#endif
