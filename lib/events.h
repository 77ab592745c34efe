/*
 * events: what happened to a job, when, and why: every statement on `job_events`. Written in the transaction of the
 * change itself, so that the log and the state never disagree. Progress is no event.
 *
 * Words: submitted, cached, started, resolved, note, repeated, retrying, crashed, put_back, paused, stopped, resumed,
 * cancelling, cancelled, retried, priority, scheduled, done, failed.
 */
#ifndef DUBPLATE_EVENTS_H
#define DUBPLATE_EVENTS_H

#include <stdint.h>

#include "base/err.h"
#include "db.h"

struct event {
    int64_t     seq, at_ms, attempt;    /* seq and at_ms are the log's; attempt 0: of the job as a whole */
    int64_t     track_id;               /* to add: the row of the track that it happened to; 0: to none */
    const char *track_uuid;             /* as listed */
    const char *event, *task_kind, *stage, *error_kind, *detail;    /* all but the first may be NULL */
};

/* [tx] */
int events_add(struct db *db, int64_t job_id, const struct event *ev, struct err *e);

/* Oldest first, from behind seq `after`; at most limit. */
int events_list(struct db *db, int64_t job_id, int64_t after, int limit,
                void (*on_row)(void *arg, const struct event *ev), void *arg, struct err *e);

#endif
