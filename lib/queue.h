/*
 * queue: every statement on `tasks`. Knows no audio.
 *
 *                    claim                        finish
 *      add --> queued -----> running ------------------------> done | failed | cancelled
 *              ^ | ^            |   retry (failure, crash), release (drain, pause)   |
 *      resume  | | +------------+<--------------------------- by hand --------------+
 *              | v pause
 *             paused
 *
 * A claim is (task, owner, attempt). Every later write is fenced by it: a worker that was presumed dead changes no
 * row and learns it as ERR_LOST. Functions marked [tx] belong inside a transaction that their caller began, because
 * something else has to change with the task; lifecycle.h composes them.
 *
 * Waiting. A queued task is due, or its time (run_after_ms) is ahead: then a worker makes it due when that comes
 * (queue_promote). Only due tasks are in the index that a claim walks, so what waits costs a claim nothing. Times are
 * wall clock, for they are shown and survive a restart; when that clock is set, waits that are durations (a retry, not
 * a schedule) are set with it (queue_follow_clock). A twin waits for the track that makes the very files that it wants,
 * and is woken at that one's end; its time is for the case that nobody wakes it. So waits a track of an album for the
 * others to be measured.
 *
 * Fairness. Equals are ordered by turn_ms. The n-th track of a job bears the time of the job plus n times
 * QUEUE_TURN_MS, as if it had been submitted then: a single link goes before the rest of a playlist of a thousand, two
 * playlists alternate, and nothing starves, for every turn comes. Static, so the order is an index.
 *
 * Sources. A due task whose source rests, or has used up its budget, is passed over (sources.h). A claim steps from
 * flow to flow: it costs what there are sources with waiting tasks, not tasks (measured: 1 ms for 100, 4 ms for 1,000).
 */
#ifndef DUBPLATE_QUEUE_H
#define DUBPLATE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "db.h"

#define QUEUE_OWNER_BYTES  96
#define QUEUE_SOURCE_BYTES 256      /* a host name */
#define QUEUE_TURN_MS      600000   /* longer than nearly every track takes */
#define QUEUE_COUNT_MOST   1000     /* longer lanes are "more than 1000": who polls should not walk them */

/* What a task wants of its source. */
enum asks { ASKS_NOTHING, ASKS_MEDIA, ASKS_PAGE /* counts in the source's budget */ };

struct claim {
    int64_t task_id, job_id, subject_id, attempt;
    char    kind[16], source[QUEUE_SOURCE_BYTES];
    enum asks asks;
    char    owner[QUEUE_OWNER_BYTES];
};

struct queue_progress {
    const char *stage;
    double      percent;            /* of the whole task, 0–100 */
    int64_t     downloaded_bytes, total_bytes, speed_bps, eta_s;    /* -1: unknown */
};

struct new_task {
    const char *kind, *queue;
    int64_t     job_id, subject_id;
    int64_t     priority, turn_ms;          /* turn_ms 0: now */
    const char *source;                     /* NULL: nobody */
    enum asks   asks;
    int64_t     run_after_ms;               /* a schedule; 0: at once */
    bool        paused;
    const char *waits_for;                  /* why run_after_ms is ahead; NULL: "schedule" */
    const char *ended;                      /* born "done" or "failed": nothing is to be done; NULL */
    const char *error_kind, *error_text;    /* of one born failed */
};

/* [tx] */
int queue_add(struct db *db, const struct new_task *t, struct err *e);

/* [tx] Takes the next due task of one lane. 1: *out is ours; 0: nothing is due; -1. */
int queue_claim(struct db *db, const char *queue, const char *owner, int64_t lease_ms, struct claim *out,
                struct err *e);

/* Extends the lease. ERR_LOST. */
int queue_heartbeat(struct db *db, const struct claim *c, int64_t lease_ms, struct err *e);

/* What its owner is asked to do. */
enum queue_stop { STOP_NO, STOP_PAUSE, STOP_CANCEL };

/* [tx] Stores progress. ERR_LOST. */
int queue_tick(struct db *db, const struct claim *c, const struct queue_progress *p, enum queue_stop *stop,
               struct err *e);

/* How a claimed task stands, to decide what comes after this attempt. ERR_LOST. */
struct queue_standing {
    enum queue_stop stop;
    int64_t failures, crashes;
    char    source[QUEUE_SOURCE_BYTES], stage[16];
    enum asks asks;
};
int queue_standing(struct db *db, const struct claim *c, struct queue_standing *out, struct err *e);

/* [tx] Is the claim still ours, and not cancelled? ERR_LOST, ERR_CANCELLED. A pause comes too late for an end. */
int queue_check(struct db *db, const struct claim *c, struct err *e);

/* [tx] Ends the task as done, failed or cancelled; kind and text may be NULL. ERR_LOST. */
int queue_finish(struct db *db, const struct claim *c, const char *state, const char *kind, const char *text,
                 struct err *e);

/* [tx] Back to queued, or to paused, due at run_after_ms; counts a failure, a crash or nothing. ERR_LOST. */
struct queue_again {
    enum { QUEUE_FAILURE, QUEUE_CRASH, QUEUE_RELEASE } why;
    int64_t     run_after_ms;
    const char *waits_for;          /* NULL: "retry", or nothing for a release */
    bool        paused;
    enum asks   asks;
    const char *kind, *text;        /* of the error; may be NULL */
};
int queue_again(struct db *db, const struct claim *c, const struct queue_again *a, struct err *e);

/* [tx] What somebody asks for a job's tasks (house-keeping excepted): waiting ones change now, running ones are asked
 * to stop; how many of each. */
int queue_cancel_job(struct db *db, int64_t job_id, int64_t *waiting, int64_t *running, struct err *e);
int queue_pause_job(struct db *db, int64_t job_id, int64_t *waiting, int64_t *running, struct err *e);
int queue_resume_job(struct db *db, int64_t job_id, struct err *e);

/* [tx] Failed and cancelled tasks go back, their counters at zero. ERR_CONFLICT while a tidy task runs. */
int queue_retry_job(struct db *db, int64_t job_id, int64_t *count, struct err *e);

/* [tx] */
int queue_set_priority(struct db *db, int64_t job_id, int64_t priority, struct err *e);

/* [tx] Another time for a job that has not begun; *count is 0 if it has. */
int queue_reschedule(struct db *db, int64_t job_id, int64_t at_ms, int64_t *count, struct err *e);

/* Does another task of the claim's job run? A purge waits for it. 1, 0 or -1. */
int queue_others_running(struct db *db, const struct claim *c, struct err *e);

/* [tx] House-keeping that waits, of a job that goes: it is not to begin any more. */
int queue_drop_house(struct db *db, int64_t job_id, struct err *e);

/* How many tasks this owner runs now, or -1. */
int queue_count_running(struct db *db, const char *owner, struct err *e);

/* Owners, other than `self`, that hold running tasks; at most max. Returns the count or -1. */
int queue_other_owners(struct db *db, const char *self, char (*owners)[QUEUE_OWNER_BYTES], int max, struct err *e);

/* A running task of this owner whose lease ended before boot_ms (INT64_MAX: any). 1, 0 or -1. */
int queue_next_orphan(struct db *db, const char *owner, int64_t boot_ms, struct claim *out, struct err *e);

/* Is there something to claim in this lane? A read: an idle worker that asks takes no lock. 1, 0 or -1. */
int queue_is_due(struct db *db, const char *queue, struct err *e);

/* When the next of those whose time is ahead becomes due. 1, 0 (there is none) or -1. */
int queue_next_later(struct db *db, int64_t *run_after_ms, struct err *e);

/* [tx] Makes up to max tasks due whose time has come; their jobs. Returns the count or -1. */
int queue_promote(struct db *db, int64_t *job_ids, int max, struct err *e);

/* [tx] Compares wall minus boot clock with what was last seen; *shift_ms tells how far the wall clock was set. */
int queue_follow_clock(struct db *db, const char *boot_id, int64_t offset_ms, int64_t *shift_ms, struct err *e);

#define QUEUE_TWIN "twin"

/* [tx] Makes tracks due that wait for others with this result key, at most max of them; their jobs. Returns the count
 * or -1. */
int queue_wake_twins(struct db *db, const char *result_key, int64_t *job_ids, int max, struct err *e);

#define QUEUE_ALBUM "album"

/* [tx] Makes the tracks of this job due that wait for their album. */
int queue_wake_album(struct db *db, int64_t job_id, struct err *e);

/* [tx] The task has read the page that it wanted; its media is to come. ERR_LOST. */
int queue_page_read(struct db *db, const struct claim *c, struct err *e);

/* [tx] The task has all that it wanted of its source. ERR_LOST. */
int queue_fed(struct db *db, const struct claim *c, struct err *e);

/* [tx] Removes the tasks of a preview, whatever they are at: no job's end does. */
int queue_forget_preview(struct db *db, int64_t preview_id, struct err *e);

/* For those who look. */
struct queue_lane { int64_t due, later, running; };     /* due and later: at most QUEUE_COUNT_MOST */
int queue_lane(struct db *db, const char *queue, struct queue_lane *out, struct err *e);

struct queue_running {
    int64_t task_id, attempt, lease_until_boot_ms;
    char    kind[16], queue[16], stage[16], owner[QUEUE_OWNER_BYTES], job_uuid[ID_UUID_BYTES];
    double  percent;
};
int queue_running(struct db *db, int most, void (*on_row)(void *arg, const struct queue_running *r), void *arg,
                  struct err *e);

/* Bookkeeping of one stage of a task, by position in its pipeline. Changes nothing if the claim is no longer ours. */
int queue_stage(struct db *db, const struct claim *c, const char *name, int position, const char *state,
                int64_t wall_ms, int64_t cpu_ms, struct err *e);

#endif
