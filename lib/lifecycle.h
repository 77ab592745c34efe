/*
 * lifecycle: what happens to a job, one transaction per event. This module composes the statements of queue, jobs,
 * tracks, sources and events, so that a task, what clients see of it and what is told of it never disagree; handlers
 * and worker call it and nothing else to change a job. Here: what is asked of jobs from outside; what a worker says of
 * its tasks: life_work.h.
 *
 *      submit ──> resolve task ──resolved──> track task ──finished──> done
 *                     │  failed (may pass: again later; else: failed), crashed, released, cancelled, paused
 *      retry  <── failed, cancelled: by hand, from the stage where it failed
 *      delete ──> hidden at once; a purge task removes files, then the row
 *      an end without a process to clean up after it ──> a tidy task removes what lies about
 */
#ifndef DUBPLATE_LIFECYCLE_H
#define DUBPLATE_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf.h"
#include "db.h"
#include "jobs.h"
#include "previews.h"

/* A new job with its resolve task, durable when this returns 0; uuid (which j->uuid is set to) is the new one's. Or,
 * where an open job (in a session: also a finished one) does exactly this work already, that one's, and nothing has
 * changed. Or a new job that is done already, with the files of one that ended well within CACHE_DAYS (where
 * j->may_be_cached). Through a confined handle it is a job of that session. ERR_LIMIT: session or key has all that it
 * may have; ERR_UNAUTHORIZED: the session is over. */
enum submitted { SUBMIT_NEW, SUBMIT_SAME, SUBMIT_CACHED };
int life_submit(struct db *db, const struct conf *conf, struct new_job *j, char uuid[ID_UUID_BYTES],
                enum submitted *how, struct err *e);

/* A preview and its task, in a lane of its own: somebody waits for it. p as for previews_add(), its uuid is made here;
 * asked: whose page it is (new_job). ERR_LIMIT: too many are waiting. */
int life_preview(struct db *db, struct preview *p, const char *asked, struct err *e);

/* What somebody asks of one job. ERR_NOT_FOUND; ERR_CONFLICT where its state forbids it. */
typedef int life_action(struct db *db, const char *uuid, struct err *e);
life_action life_cancel;    /* waiting tasks end now, running ones within a second */
life_action life_pause;     /* the same, but to go on later from the bytes that are there */
life_action life_resume;
life_action life_retry;     /* failed and cancelled tracks go back into the queue */
life_action life_delete;

/* Before the next attempt of anything of equal turn; tracks found later inherit it. priority: -10…10. */
int life_prioritize(struct db *db, const char *uuid, int64_t priority, struct err *e);

/* Another time for a job that has not begun; 0: now. */
int life_reschedule(struct db *db, const char *uuid, int64_t at_ms, struct err *e);

/* The end of a session, by hand: it is no credential any more, and its jobs are deleted; many of them by the worker,
 * soon. Ended ones may be ended again. ERR_NOT_FOUND. */
int life_end_session(struct db *db, const char *uuid, struct err *e);

/* ERR_NOT_FOUND, ERR_CONFLICT. */
int life_pause_lane(struct db *db, const char *lane, bool paused, struct err *e);
int life_wake_source(struct db *db, const char *source, struct err *e);

#endif
