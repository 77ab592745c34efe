#include "lifecycle.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "status.h"

#define RETRY_LONGEST_MS (4 * 3600 * 1000LL)

int life_submit(struct db *db, const char *url, const char *source, const char *spec_json, const char *client_ref,
                int64_t priority, char uuid[ID_UUID_BYTES], struct err *e)
{
    int64_t id = 0;

    id_uuid7(uuid);
    if (db_begin(db, e))
        return -1;
    int rc = jobs_add(db, uuid, url, source, spec_json, client_ref, &id, e);
    if (rc == 0)
        rc = queue_add(db, "resolve", "default", id, 0, priority, NULL, e);
    return db_end(db, rc, e);
}

/* Files of tasks that end without a process of their own are removed by the worker. */
static int add_tidy(struct db *db, int64_t job_id, struct err *e)
{
    return queue_add(db, "tidy", "maintenance", job_id, 0, 0, NULL, e);
}

static int cancel_in_tx(struct db *db, const char *uuid, struct err *e)
{
    struct job job;
    int64_t waiting = 0, running = 0;

    if (jobs_find(db, uuid, &job, e))
        return -1;
    if (status_is_final(job.state))
        return err_set(e, ERR_CONFLICT, "the job has already ended (%s)", status_word(&job));
    if (queue_cancel_job(db, job.id, &waiting, &running, e) || tracks_cancel_waiting(db, job.id, e) ||
        (waiting && job.started_at_ms && add_tidy(db, job.id, e)))
        return -1;
    return running ? jobs_touch(db, job.id, e) : jobs_settle(db, job.id, NULL, NULL, e);
}

int life_cancel(struct db *db, const char *uuid, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, cancel_in_tx(db, uuid, e), e);
}

static int delete_in_tx(struct db *db, const char *uuid, struct err *e)
{
    struct job job;
    int64_t waiting = 0, running = 0;

    if (jobs_find(db, uuid, &job, e) || queue_cancel_job(db, job.id, &waiting, &running, e) ||
        jobs_mark_deleted(db, job.id, e))
        return -1;
    return queue_add(db, "purge", "maintenance", job.id, 0, 0, NULL, e);
}

int life_delete(struct db *db, const char *uuid, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, delete_in_tx(db, uuid, e), e);
}

static bool is_track(const struct claim *c)
{
    return strcmp(c->kind, "track") == 0;
}

/* House-keeping is not the job's business: its coming and going changes nothing that a client sees. */
static int settle_for(struct db *db, const struct claim *c, const char *kind, const char *text, struct err *e)
{
    const bool is_work = is_track(c) || strcmp(c->kind, "resolve") == 0;
    return is_work ? jobs_settle(db, c->job_id, kind, text, e) : 0;
}

int life_claim(struct db *db, const char *queue, const char *owner, int64_t lease_ms, struct claim *out,
               struct err *e)
{
    const int due = queue_is_due(db, queue, e);
    if (due <= 0)
        return due;
    if (db_begin(db, e))
        return -1;
    const int row = queue_claim(db, queue, owner, lease_ms, out, e);
    int rc = row < 0 ? -1 : 0;
    if (row == 1 && is_track(out))
        rc = tracks_set_state(db, out->subject_id, "running", -1, NULL, e);
    if (row == 1 && rc == 0)
        rc = settle_for(db, out, NULL, NULL, e);
    return db_end(db, rc, e) ? -1 : row;
}

int life_tick(struct db *db, const struct claim *c, const struct queue_progress *p, struct err *e)
{
    bool cancelled = false;

    if (db_begin(db, e))
        return -1;
    int rc = queue_tick(db, c, p, &cancelled, e);
    if (rc == 0)
        rc = jobs_touch(db, c->job_id, e);
    if (db_end(db, rc, e))
        return -1;
    return cancelled ? err_set(e, ERR_CANCELLED, "cancelled") : 0;
}

static int resolved_in_tx(struct db *db, const struct claim *c, const char *track_uuid,
                          const struct track_info *info, int64_t priority, struct err *e)
{
    int64_t track_id = 0;

    if (queue_check(db, c, e) || tracks_add(db, track_uuid, c->job_id, 1, info, &track_id, e) ||
        queue_add(db, "track", "default", c->job_id, track_id, priority, NULL, e) ||
        queue_finish(db, c, "done", NULL, NULL, e))
        return -1;
    return jobs_settle(db, c->job_id, NULL, NULL, e);
}

int life_resolved(struct db *db, const struct claim *c, const char *track_uuid, const struct track_info *info,
                  int64_t priority, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, resolved_in_tx(db, c, track_uuid, info, priority, e), e);
}

static int finished_in_tx(struct db *db, const struct claim *c, const struct life_result *r, struct err *e)
{
    if (queue_check(db, c, e) || r->place(r->arg, e))
        return -1;
    for (int i = 0; i < r->count; i++)
        if (tracks_put_artifact(db, c->subject_id, &r->artifacts[i], e))
            return -1;
    if (tracks_set_state(db, c->subject_id, "done", r->duration_ms, r->report_json, e) ||
        queue_finish(db, c, "done", NULL, NULL, e))
        return -1;
    return jobs_settle(db, c->job_id, NULL, NULL, e);
}

int life_finished(struct db *db, const struct claim *c, const struct life_result *r, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, finished_in_tx(db, c, r, e), e);
}

/* base · scale · 2^(n-1), ±20 %, at most RETRY_LONGEST_MS. */
static int64_t retry_delay_ms(const struct conf *conf, int scale, int64_t failures)
{
    int64_t delay = conf->retry_base_ms * scale;

    for (int64_t i = 1; i < failures && delay < RETRY_LONGEST_MS; i++)
        delay *= 2;
    if (delay > RETRY_LONGEST_MS)
        delay = RETRY_LONGEST_MS;
    return delay * 8 / 10 + (int64_t)id_random((uint32_t)(delay * 4 / 10 + 1));
}

/* A first crash is an accident and goes on at once; the next ones wait, so that a machine in trouble does not use up
 * the attempts of everything that it has queued. */
static int64_t crash_delay_ms(int64_t crashes)
{
    return crashes <= 1 ? 0 : crashes == 2 ? 1000 : 5000;
}

/* Ends the task for good, and with it the track. */
static int end_in_tx(struct db *db, const struct claim *c, const char *state, const char *kind, const char *text,
                     struct err *e)
{
    if (queue_finish(db, c, state, kind, text, e))
        return -1;
    if (is_track(c) && tracks_set_state(db, c->subject_id, state, -1, NULL, e))
        return -1;
    return settle_for(db, c, kind, text, e);
}

static int again_in_tx(struct db *db, const struct claim *c, enum queue_again why, int64_t run_after_ms,
                       const char *kind, const char *text, struct err *e)
{
    if (queue_again(db, c, why, run_after_ms, kind, text, e))
        return -1;
    if (is_track(c) && tracks_set_state(db, c->subject_id, "queued", -1, NULL, e))
        return -1;
    return settle_for(db, c, kind, text, e);
}

static int failed_in_tx(struct db *db, const struct claim *c, const struct conf *conf, enum queue_again how,
                        const struct err *why, bool *again, struct err *e)
{
    const struct err_class *class = err_class(why->kind);
    int64_t failures = 0, crashes = 0;
    bool cancelled = false;

    if (queue_counts(db, c, &failures, &crashes, &cancelled, e))
        return -1;
    *again = false;
    if (how == QUEUE_CRASH && (cancelled || crashes + 1 >= conf->max_crashes) && add_tidy(db, c->job_id, e))
        return -1;
    if (cancelled || why->kind == ERR_CANCELLED)
        return end_in_tx(db, c, "cancelled", NULL, NULL, e);
    const int64_t count = (how == QUEUE_CRASH ? crashes : failures) + 1;
    const int64_t most = how == QUEUE_CRASH ? conf->max_crashes - 1 : conf->max_retries;
    if (class->retry_scale == 0 || count > most)
        return end_in_tx(db, c, "failed", class->name, why->text, e);
    *again = true;
    const int64_t delay = how == QUEUE_CRASH ? crash_delay_ms(count) : retry_delay_ms(conf, class->retry_scale, count);
    return again_in_tx(db, c, how, clock_wall_ms() + delay, class->name, why->text, e);
}

int life_failed(struct db *db, const struct claim *c, const struct conf *conf, const struct err *why, bool *again,
                struct err *e)
{
    /* A media program or yt-dlp that died counts like a process of ours that did. */
    const enum queue_again how = why->kind == ERR_CRASHED ? QUEUE_CRASH : QUEUE_FAILURE;

    if (db_begin(db, e))
        return -1;
    return db_end(db, failed_in_tx(db, c, conf, how, why, again, e), e);
}

int life_crashed(struct db *db, const struct claim *c, const struct conf *conf, const char *how, bool *again,
                 struct err *e)
{
    struct err why;

    err_set(&why, ERR_CRASHED, "the process of this task died (%s)", how);
    if (db_begin(db, e))
        return -1;
    return db_end(db, failed_in_tx(db, c, conf, QUEUE_CRASH, &why, again, e), e);
}

/* Put back, unless a cancel came in the meantime: then this is its end. */
static int released_in_tx(struct db *db, const struct claim *c, int64_t delay_ms, struct err *e)
{
    int64_t failures = 0, crashes = 0;
    bool cancelled = false;

    if (queue_counts(db, c, &failures, &crashes, &cancelled, e))
        return -1;
    if (cancelled)
        return add_tidy(db, c->job_id, e) ? -1 : end_in_tx(db, c, "cancelled", NULL, NULL, e);
    return again_in_tx(db, c, QUEUE_RELEASE, clock_wall_ms() + delay_ms, NULL, NULL, e);
}

int life_released(struct db *db, const struct claim *c, int64_t delay_ms, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, released_in_tx(db, c, delay_ms, e), e);
}

int life_kept_house(struct db *db, const struct claim *c, struct err *e)
{
    return queue_finish(db, c, "done", NULL, NULL, e);
}

int life_purged(struct db *db, const struct claim *c, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    int rc = queue_check(db, c, e);
    if (rc == 0)
        rc = jobs_remove(db, c->job_id, e);
    return db_end(db, rc, e);
}
