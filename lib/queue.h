/*
 * queue: every statement on `tasks`. Knows no audio.
 *
 *                    claim                        finish
 *      add --> queued -----> running ------------------------> done | failed | cancelled
 *                 ^             |   retry (failure, crash), release (drain)
 *                 +-------------+
 *
 * A claim is (task, owner, attempt). Every later write is fenced by it: a worker that was presumed dead changes no
 * row and learns it as ERR_LOST. Functions marked [tx] belong inside a transaction that their caller began, because
 * something else has to change with the task; lifecycle.c composes them.
 */
#ifndef DUBPLATE_QUEUE_H
#define DUBPLATE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "db.h"

#define QUEUE_OWNER_BYTES 96

struct claim {
    int64_t task_id, job_id, subject_id, attempt;
    char    kind[16];
    char    owner[QUEUE_OWNER_BYTES];
};

struct queue_progress {
    const char *stage;
    double      percent;            /* of the whole task, 0–100 */
    int64_t     downloaded_bytes, total_bytes, speed_bps, eta_s;    /* -1: unknown */
};

/* [tx] A new task; returns its id in *id (may be NULL). */
int queue_add(struct db *db, const char *kind, const char *queue, int64_t job_id, int64_t subject_id,
              int64_t priority, int64_t *id, struct err *e);

/* [tx] Takes the next due task of one lane. 1: *out is ours; 0: nothing is due; -1. */
int queue_claim(struct db *db, const char *queue, const char *owner, int64_t lease_ms, struct claim *out,
                struct err *e);

/* Extends the lease. ERR_LOST. */
int queue_heartbeat(struct db *db, const struct claim *c, int64_t lease_ms, struct err *e);

/* [tx] Stores progress; *cancelled tells whether a cancel was requested. ERR_LOST. */
int queue_tick(struct db *db, const struct claim *c, const struct queue_progress *p, bool *cancelled, struct err *e);

/* [tx] Is the claim still ours, and not cancelled? ERR_LOST, ERR_CANCELLED. */
int queue_check(struct db *db, const struct claim *c, struct err *e);

/* [tx] Ends the task as done, failed or cancelled; kind and text may be NULL. ERR_LOST. */
int queue_finish(struct db *db, const struct claim *c, const char *state, const char *kind, const char *text,
                 struct err *e);

enum queue_again { QUEUE_FAILURE, QUEUE_CRASH, QUEUE_RELEASE };

/* [tx] Back to queued, due at run_after_ms; counts a failure, a crash or nothing. ERR_LOST. */
int queue_again(struct db *db, const struct claim *c, enum queue_again why, int64_t run_after_ms, const char *kind,
                const char *text, struct err *e);

/* The counters of a claimed task, to decide whether there is another attempt. ERR_LOST. */
int queue_counts(struct db *db, const struct claim *c, int64_t *failures, int64_t *crashes, bool *cancelled,
                 struct err *e);

/* [tx] Cancels a job's waiting tasks and asks its running ones to stop (house-keeping excepted); how many of each. */
int queue_cancel_job(struct db *db, int64_t job_id, int64_t *waiting, int64_t *running, struct err *e);

/* Does another task of the claim's job run? A purge waits for it. 1, 0 or -1. */
int queue_others_running(struct db *db, const struct claim *c, struct err *e);

/* Owners, other than `self`, that hold running tasks; at most max. Returns the count or -1. */
int queue_other_owners(struct db *db, const char *self, char (*owners)[QUEUE_OWNER_BYTES], int max, struct err *e);

/* A running task of this owner whose lease ended before boot_ms (INT64_MAX: any). 1, 0 or -1. */
int queue_next_orphan(struct db *db, const char *owner, int64_t boot_ms, struct claim *out, struct err *e);

/* Is there something to claim in this lane? A read: an idle worker that asks takes no lock. 1, 0 or -1. */
int queue_is_due(struct db *db, const char *queue, struct err *e);

/* What runs and waits, for health. */
int queue_totals(struct db *db, int64_t *queued, int64_t *running, struct err *e);

/* Bookkeeping of one stage of a task, by position in its pipeline. Changes nothing if the claim is no longer ours. */
int queue_stage(struct db *db, const struct claim *c, const char *name, int position, const char *state,
                int64_t wall_ms, int64_t cpu_ms, struct err *e);

#endif
