/*
 * lifecycle: what happens to a job, one transaction per event. This module composes the statements of queue, jobs,
 * tracks, sources and events, so that a task, what clients see of it and what is told of it never disagree; handlers
 * and worker call it and nothing else to change a job.
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

#include "base/err.h"
#include "conf.h"
#include "db.h"
#include "jobs.h"
#include "queue.h"
#include "tracks.h"

/* Handlers. */

/* A new job with its resolve task, durable when this returns 0; *existing is false and uuid (which j->uuid is set to)
 * the new one's. Or, where an open job does exactly this work already, that one's, and nothing has changed. */
int life_submit(struct db *db, struct new_job *j, char uuid[ID_UUID_BYTES], bool *existing, struct err *e);

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

/* ERR_NOT_FOUND, ERR_CONFLICT. */
int life_pause_lane(struct db *db, const char *lane, bool paused, struct err *e);
int life_wake_source(struct db *db, const char *source, struct err *e);

/* Worker. */

/* 1: *out is ours; 0: nothing due in this lane; -1. */
int life_claim(struct db *db, const struct conf *conf, const char *queue, const char *owner, struct claim *out,
               struct err *e);

/* Makes due what has become due. Returns how many, or -1. */
int life_promote(struct db *db, struct err *e);

/* The wall clock may have been set; boot_id names this boot. */
int life_follow_clock(struct db *db, const char *boot_id, struct err *e);

/* Progress for clients. ERR_LOST, ERR_CANCELLED, ERR_PAUSED. */
int life_tick(struct db *db, const struct claim *c, const struct queue_progress *p, struct err *e);

/* Something that the job's reader should know and that changes no state: a try repeated inside a stage. */
int life_note(struct db *db, const struct claim *c, const char *event, const char *stage, const struct err *why,
              struct err *e);

/* The resolve task is done: its track and track task exist. uuid: made by the caller, names the work directory.
 * asks: what the track still wants of its source. */
int life_resolved(struct db *db, const struct claim *c, const char *track_uuid, const struct track_info *info,
                  enum asks asks, struct err *e);

/* The task has what it wanted of its source, which therefore answers: others need not wait for its end. ERR_LOST. */
int life_fed(struct db *db, const struct claim *c, struct err *e);

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

/* The attempt ended with this error (ERR_CANCELLED and ERR_PAUSED included). Decides, by the kind and the counters,
 * between another attempt and the end; *again tells which. ERR_LOST. */
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
