/*
 * lifecycle: what happens to a job, one transaction per event. This module composes the statements of queue, jobs and
 * tracks, so that a task and what clients see of it never disagree; handlers and worker call it and nothing else to
 * change a job.
 *
 *      submit ──> resolve task ──resolved──> track task ──finished──> done
 *                     │  failed (may pass: again later; else: failed), crashed, released, cancelled
 *      delete ──> hidden at once; a purge task removes files, then the row
 *      an end without a process to clean up after it ──> a tidy task removes what lies about
 */
#ifndef DUBPLATE_LIFECYCLE_H
#define DUBPLATE_LIFECYCLE_H

#include <stdbool.h>

#include "base/err.h"
#include "conf.h"
#include "db.h"
#include "jobs.h"
#include "queue.h"
#include "tracks.h"

/* Handlers. */

/* A new job with its resolve task. Durable when this returns 0. uuid is filled. */
int life_submit(struct db *db, const char *url, const char *source, const char *spec_json, const char *client_ref,
                int64_t priority, char uuid[ID_UUID_BYTES], struct err *e);

/* Waiting tasks end now, running ones within a second. ERR_NOT_FOUND; ERR_CONFLICT if it has ended. */
int life_cancel(struct db *db, const char *uuid, struct err *e);

int life_delete(struct db *db, const char *uuid, struct err *e);

/* Worker. */

/* 1: *out is ours; 0: nothing due in this lane; -1. */
int life_claim(struct db *db, const char *queue, const char *owner, int64_t lease_ms, struct claim *out,
               struct err *e);

/* Progress for clients. ERR_LOST, ERR_CANCELLED. */
int life_tick(struct db *db, const struct claim *c, const struct queue_progress *p, struct err *e);

/* The resolve task is done: its track and track task exist. uuid: made by the caller, names the work directory. */
int life_resolved(struct db *db, const struct claim *c, const char *track_uuid, const struct track_info *info,
                  int64_t priority, struct err *e);

/*
 * The track is finished. Inside the transaction, once the claim is known to be ours and not cancelled, `place` moves
 * the files to their final names: a rename and an fsync of the directory, nothing slower. So file and row appear
 * together, and a worker that lost its claim can no longer touch a finished file.
 */
struct life_result {
    const struct artifact *artifacts;
    int         count;
    int64_t     duration_ms;
    const char *report_json;
    int       (*place)(void *arg, struct err *e);
    void       *arg;
};
int life_finished(struct db *db, const struct claim *c, const struct life_result *r, struct err *e);

/* The attempt ended with this error (ERR_CANCELLED included). Decides, by the kind and the counters, between another
 * attempt and the end; *again tells which. ERR_LOST. */
int life_failed(struct db *db, const struct claim *c, const struct conf *conf, const struct err *why, bool *again,
                struct err *e);

/* The process of the task died. As life_failed, with its own counter. */
int life_crashed(struct db *db, const struct claim *c, const struct conf *conf, const char *how, bool *again,
                 struct err *e);

/* Back to the queue, nothing counted (drain, or not yet possible), due after delay_ms. */
int life_released(struct db *db, const struct claim *c, int64_t delay_ms, struct err *e);

/* A tidy task is done. ERR_LOST. */
int life_kept_house(struct db *db, const struct claim *c, struct err *e);

/* The files are gone; so goes the row, and with it the purge task. ERR_LOST. */
int life_purged(struct db *db, const struct claim *c, struct err *e);

#endif
