/*
 * life_steer: what is asked of jobs that are there, of a session, a lane, a source (lifecycle.h).
 */
#include <string.h>

#include "idempotency.h"
#include "lanes.h"
#include "life_tx.h"
#include "lifecycle.h"
#include "queue.h"
#include "sessions.h"
#include "sources.h"
#include "status.h"
#include "tracks.h"

#define DELETE_AT_ONCE 50           /* a short transaction each: submits go on in between */

/* Settles, and leaves the job's error as it is. */
static int settle_as_is(struct db *db, const struct job *j, struct err *e)
{
    return jobs_settle(db, j->id, *j->error_kind ? j->error_kind : NULL, *j->error_text ? j->error_text : NULL, e);
}

static int ended_conflict(const struct job *j, struct err *e)
{
    return err_set(e, ERR_CONFLICT, "the job has already ended (%s)", status_word(j));
}

static int cancel_in_tx(struct db *db, struct job *job, struct err *e)
{
    int64_t waiting = 0, running = 0;

    if (status_is_final(job->state))
        return ended_conflict(job, e);
    if (queue_cancel_job(db, job->id, &waiting, &running, e) || tracks_cancel_waiting(db, job->id, e) ||
        (waiting && job->started_at_ms && life_add_tidy(db, job->id, e)) ||
        (!job->cancel_requested && life_tell(db, job->id, running ? "cancelling" : "cancelled", "by request", e)))
        return -1;
    if (running && jobs_offer_work(db, job->id, false, e))  /* who submits it now wants it done */
        return -1;
    return running ? jobs_touch(db, job->id, e) : jobs_settle(db, job->id, NULL, NULL, e);
}

static int pause_in_tx(struct db *db, struct job *job, struct err *e)
{
    int64_t waiting = 0, running = 0;

    if (status_is_final(job->state))
        return ended_conflict(job, e);
    if (job->paused_at_ms)
        return err_set(e, ERR_CONFLICT, "the job is paused already");
    if (jobs_set_paused(db, job->id, true, e) || queue_pause_job(db, job->id, &waiting, &running, e) ||
        tracks_move_waiting(db, job->id, "queued", "paused", e) || life_tell(db, job->id, "paused", "by request", e))
        return -1;
    return settle_as_is(db, job, e);
}

static int resume_in_tx(struct db *db, struct job *job, struct err *e)
{
    if (!job->paused_at_ms || status_is_final(job->state))
        return err_set(e, ERR_CONFLICT, "the job is not paused (%s)", status_word(job));
    if (jobs_set_paused(db, job->id, false, e) || queue_resume_job(db, job->id, e) ||
        tracks_move_waiting(db, job->id, "paused", "queued", e) || life_tell(db, job->id, "resumed", "by request", e))
        return -1;
    return settle_as_is(db, job, e);
}

/* Found as the same work again, unless an open job is that already. */
static int take_up_work(struct db *db, const struct job *job, struct err *e)
{
    struct job_request r = { 0 };
    char other[ID_UUID_BYTES];

    if (jobs_request(db, job->id, &r, e))
        return -1;
    const int found = jobs_find_same(db, r.work_key + strspn(r.work_key, "-"), other, e);
    const int full = r.key_id && found == 0 && life_check_key(db, r.key_id, &r.limits, e);
    job_request_free(&r);
    if (full)
        return -1;
    if (found)
        return found < 0 ? -1 : err_set(e, ERR_CONFLICT, "job %s is doing the same work already", other);
    return jobs_offer_work(db, job->id, true, e);
}

static int retry_in_tx(struct db *db, struct job *job, struct err *e)
{
    int64_t count = 0;

    if (!status_is_final(job->state))
        return err_set(e, ERR_CONFLICT, "the job has not ended yet (%s)", status_word(job));
    if (take_up_work(db, job, e) || queue_retry_job(db, job->id, &count, e))
        return -1;
    if (count == 0)
        return err_set(e, ERR_CONFLICT, "nothing of this job failed (%s)", status_word(job));
    if (jobs_set_paused(db, job->id, false, e) || tracks_move_waiting(db, job->id, "failed", "queued", e) ||
        tracks_move_waiting(db, job->id, "cancelled", "queued", e) ||
        life_tell(db, job->id, "retried", "by request", e))
        return -1;
    return jobs_settle(db, job->id, NULL, NULL, e);
}

static int delete_in_tx(struct db *db, struct job *job, struct err *e)
{
    int64_t waiting = 0, running = 0;

    if (queue_cancel_job(db, job->id, &waiting, &running, e) || jobs_mark_deleted(db, job->id, e))
        return -1;
    return queue_add(db, &(struct new_task){ .kind = "purge", .queue = "maintenance", .job_id = job->id }, e);
}

/* One transaction about one job. */
static int act(struct db *db, const char *uuid, int (*in_tx)(struct db *db, struct job *job, struct err *e),
               struct err *e)
{
    struct job job;

    if (db_begin(db, e))
        return -1;
    return db_end(db, jobs_find(db, uuid, &job, e) || in_tx(db, &job, e) ? -1 : 0, e);
}

int life_cancel(struct db *db, const char *uuid, struct err *e)
{
    return act(db, uuid, cancel_in_tx, e);
}

int life_pause(struct db *db, const char *uuid, struct err *e)
{
    return act(db, uuid, pause_in_tx, e);
}

int life_resume(struct db *db, const char *uuid, struct err *e)
{
    return act(db, uuid, resume_in_tx, e);
}

int life_retry(struct db *db, const char *uuid, struct err *e)
{
    return act(db, uuid, retry_in_tx, e);
}

int life_delete(struct db *db, const char *uuid, struct err *e)
{
    return act(db, uuid, delete_in_tx, e);
}

static int prioritize_in_tx(struct db *db, const char *uuid, int64_t priority, struct err *e)
{
    struct job job;

    if (jobs_find(db, uuid, &job, e))
        return -1;
    return status_is_final(job.state) ? ended_conflict(&job, e) : life_set_priority(db, &job, priority, e);
}

int life_prioritize(struct db *db, const char *uuid, int64_t priority, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, prioritize_in_tx(db, uuid, priority, e), e);
}

static int reschedule_in_tx(struct db *db, const char *uuid, int64_t at_ms, struct err *e)
{
    int64_t count = 0;
    struct job job;

    if (jobs_find(db, uuid, &job, e) || life_set_schedule(db, &job, at_ms, &count, e))
        return -1;
    return count ? 0 : err_set(e, ERR_CONFLICT, "the job has begun already (%s)", status_word(&job));
}

int life_reschedule(struct db *db, const char *uuid, int64_t at_ms, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, reschedule_in_tx(db, uuid, at_ms, e), e);
}

/* By their ids, for who ends a session need not be confined to it. */
static int end_session_in_tx(struct db *db, const char *uuid, struct err *e)
{
    int64_t ids[DELETE_AT_ONCE];

    if (sessions_end(db, uuid, e) || idempotency_forget_session(db, uuid, e))
        return -1;
    const int n = jobs_of_session(db, uuid, ids, DELETE_AT_ONCE, e);
    for (int i = 0; i < n; i++)
        if (delete_in_tx(db, &(struct job){ .id = ids[i] }, e))
            return -1;
    return n < 0 || (n < DELETE_AT_ONCE && sessions_set_cleaned(db, uuid, e)) ? -1 : 0;
}

int life_end_session(struct db *db, const char *uuid, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, end_session_in_tx(db, uuid, e), e);
}

int life_pause_lane(struct db *db, const char *lane, bool paused, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, lanes_set_paused(db, lane, paused, e), e);
}

int life_wake_source(struct db *db, const char *source, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, sources_wake(db, source, e), e);
}
