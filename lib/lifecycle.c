#include "lifecycle.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "events.h"
#include "keys.h"
#include "lanes.h"
#include "sessions.h"
#include "sources.h"
#include "status.h"

#define DAY_MS           (24 * 3600 * 1000LL)
#define RETRY_LONGEST_MS (3600 * 1000LL)
#define TWIN_LOOKS_MS    30000      /* where nobody wakes it: the other one waits, or was stopped while it did */
#define TWINS_AT_ONCE    100        /* woken in one transaction; the first of them wakes the next */
#define REFUSALS_PER_TRY 8          /* a refusal rests the source and hardly is the job's fault; but not for ever */
#define PREVIEWS_OPEN_MOST 50
#define PROMOTE_AT_ONCE  100        /* a short transaction each: submits go on in between */
#define DELETE_AT_ONCE   50         /* likewise */

static bool is_track(const struct claim *c)
{
    return strcmp(c->kind, "track") == 0;
}

static bool is_preview(const struct claim *c)
{
    return strcmp(c->kind, "preview") == 0;
}

/* House-keeping is not the job's business: its coming and going changes nothing that a client sees. */
static bool is_work(const struct claim *c)
{
    return is_track(c) || strcmp(c->kind, "resolve") == 0;
}

/* What was made since may answer again. */
static int64_t cached_after_ms(const struct conf *conf)
{
    return clock_wall_ms() - conf->cache_days * DAY_MS;
}

/* ---- handlers ---- */

static int tell(struct db *db, int64_t job_id, const char *event, const char *detail, struct err *e)
{
    return events_add(db, job_id, &(struct event){ .event = event, .detail = detail }, e);
}

static int check_session(struct db *db, struct new_job *j, struct err *e)
{
    struct session s;
    int64_t held = 0;

    if (sessions_check(db, j->session_uuid, &s, e) ||
        jobs_count(db, &(struct job_filter){ .session = j->session_uuid }, &held, e))
        return -1;
    if (s.limits.max_jobs && held >= s.limits.max_jobs)
        return err_set(e, ERR_LIMIT, "this session may hold %lld jobs and does; delete one to submit another",
                       (long long)s.limits.max_jobs);
    j->limits = s.limits;
    j->key_id = j->key_id ? j->key_id : s.key_id;       /* what a limited key has opened is under its limits as well */
    return sessions_used(db, j->session_uuid, e);
}

static int check_key(struct db *db, int64_t key_id, struct quota *limits, struct err *e)
{
    struct quota l = { 0 };
    int64_t open = 0;

    if (keys_limits(db, key_id, &l, e) || (l.max_jobs && jobs_open_of_key(db, key_id, &open, e)))
        return -1;
    quota_narrow(limits, &l);
    return l.max_jobs && open >= l.max_jobs
               ? err_set(e, ERR_LIMIT, "this key may have %lld jobs open at a time and has; wait for one to end",
                         (long long)l.max_jobs)
               : 0;
}

/* May there be another job of this session, of this key? In the transaction that adds it: two that come at the same
 * time are counted one after the other. */
static int admit(struct db *db, struct new_job *j, struct err *e)
{
    j->limits = (struct quota){ 0 };
    if (j->session_uuid && check_session(db, j, e))
        return -1;
    return j->key_id ? check_key(db, j->key_id, &j->limits, e) : 0;
}

static int add_in_tx(struct db *db, const struct new_job *j, struct err *e)
{
    /* A search is carried out by its track: until then nobody is asked, and nothing is heard of the source. */
    const bool asks = !j->search_query || !*j->search_query;
    struct new_task task = { .kind = "resolve", .queue = "default", .priority = j->priority,
                             .source = asks ? j->asked : NULL, .asks = asks ? ASKS_PAGE : ASKS_NOTHING,
                             .run_after_ms = j->scheduled_at_ms };

    return jobs_add(db, j, &task.job_id, e) || queue_add(db, &task, e) ||
                   tell(db, task.job_id, "submitted", NULL, e)
               ? -1
               : 0;
}

static int set_priority(struct db *db, const struct job *job, int64_t priority, struct err *e)
{
    char detail[64];

    snprintf(detail, sizeof detail, "from %lld to %lld", (long long)job->priority, (long long)priority);
    return jobs_set_priority(db, job->id, priority, e) || queue_set_priority(db, job->id, priority, e) ||
                   tell(db, job->id, "priority", detail, e) || jobs_touch(db, job->id, e)
               ? -1
               : 0;
}

/* *count is 0, and nothing has changed, if the job has begun. at_ms 0: now. */
static int set_schedule(struct db *db, const struct job *job, int64_t at_ms, int64_t *count, struct err *e)
{
    char iso[CLOCK_ISO_BYTES];

    if (queue_reschedule(db, job->id, at_ms, count, e))
        return -1;
    if (*count == 0)
        return 0;
    return jobs_set_schedule(db, job->id, at_ms, e) ||
                   tell(db, job->id, "scheduled", at_ms ? clock_iso(iso, at_ms) : "now", e) ||
                   jobs_touch(db, job->id, e)
               ? -1
               : 0;
}

/* Somebody wants the same, and sooner: so it is. */
static int hasten(struct db *db, const char *uuid, const struct new_job *j, struct err *e)
{
    int64_t count = 0;
    struct job job;

    if (jobs_find(db, uuid, &job, e))
        return -1;
    if (status_is_final(job.state))
        return 0;
    if (j->priority > job.priority && set_priority(db, &job, j->priority, e))
        return -1;
    return j->scheduled_at_ms < job.scheduled_at_ms ? set_schedule(db, &job, j->scheduled_at_ms, &count, e) : 0;
}

/* A job that is done as it is born, with the files of another one. */
static int add_cached(struct db *db, const struct new_job *j, const struct track *from, struct err *e)
{
    char uuid[ID_UUID_BYTES];
    int64_t job_id = 0, id = 0;

    id_uuid7(uuid);
    if (jobs_add(db, j, &job_id, e))
        return -1;
    const struct new_track track = {
        .uuid = uuid, .job_id = job_id, .item_index = 1, .info = &from->info, .state = "queued", .is_known = true,
        .meta_json = from->meta_json, .wanted_json = from->wanted_json, .match_json = from->match_json,
        .result_key = *from->result_key ? from->result_key : NULL,
    };
    if (tracks_add(db, &track, &id, e))
        return -1;
    const struct new_task task = { .kind = "track", .queue = "default", .job_id = job_id, .subject_id = id,
                                   .ended = "done" };
    if (tracks_share(db, from->id, id, e) || queue_add(db, &task, e) || jobs_add_cached(db, job_id, e) ||
        tell(db, job_id, "submitted", NULL, e) || tell(db, job_id, "cached", NULL, e))
        return -1;
    return jobs_settle(db, job_id, NULL, NULL, e);
}

/* A finished file that will do, and that its submitter might have had made. id is 0 if there is none. */
static int find_cached(struct db *db, const struct conf *conf, const struct new_job *j, struct track *t, struct err *e)
{
    const int64_t most_ms = quota_smaller(j->limits.max_duration_s, conf->max_duration_s) * 1000;
    int64_t id = 0;

    if (!conf->cache_days || !j->may_be_cached)
        return 0;
    if (jobs_find_outcome(db, j->outcome_key, cached_after_ms(conf), &id, e) || (id && tracks_by_id(db, id, t, e)))
        return -1;
    if (t->info.duration_ms > most_ms)
        t->id = 0;
    return 0;
}

static int find_same(struct db *db, const struct new_job *j, char uuid[ID_UUID_BYTES], struct err *e)
{
    const int open = jobs_find_same(db, j->work_key, uuid, e);

    return open || !j->session_uuid || j->wants_anew ? open
                                                     : jobs_find_finished(db, j->session_uuid, j->work_key, uuid, e);
}

static int submit_in_tx(struct db *db, const struct conf *conf, struct new_job *j, char uuid[ID_UUID_BYTES],
                        enum submitted *how, struct err *e)
{
    const int same = find_same(db, j, uuid, e);
    struct track from = { 0 };

    j->uuid = uuid;
    *how = SUBMIT_SAME;
    if (same)
        return same < 0 ? -1 : hasten(db, uuid, j, e);
    if (admit(db, j, e))
        return -1;
    int rc = find_cached(db, conf, j, &from, e);
    *how = from.id ? SUBMIT_CACHED : SUBMIT_NEW;
    if (rc == 0)
        rc = from.id ? add_cached(db, j, &from, e) : add_in_tx(db, j, e);
    track_free(&from);
    return rc;
}

int life_submit(struct db *db, const struct conf *conf, struct new_job *j, char uuid[ID_UUID_BYTES],
                enum submitted *how, struct err *e)
{
    id_uuid7(uuid);
    if (db_session(db))
        j->session_uuid = db_session(db);
    if (db_begin(db, e))
        return -1;
    return db_end(db, submit_in_tx(db, conf, j, uuid, how, e), e);
}

static int add_preview(struct db *db, struct preview *p, const char *asked, struct err *e)
{
    int64_t open = 0;

    if (previews_open(db, &open, e))
        return -1;
    if (open >= PREVIEWS_OPEN_MOST)
        return err_set(e, ERR_LIMIT, "%lld previews are waiting already; try again in a moment", (long long)open);
    if (previews_add(db, p, e))
        return -1;
    const struct new_task task = { .kind = "preview", .queue = "preview", .subject_id = p->id, .source = asked,
                                   .asks = ASKS_PAGE };
    return queue_add(db, &task, e);
}

int life_preview(struct db *db, struct preview *p, const char *asked, struct err *e)
{
    id_uuid7(p->uuid);
    if (db_begin(db, e))
        return -1;
    return db_end(db, add_preview(db, p, asked, e), e);
}

/* Files of tasks that end without a process of their own are removed by the worker. */
static int add_tidy(struct db *db, int64_t job_id, struct err *e)
{
    return queue_add(db, &(struct new_task){ .kind = "tidy", .queue = "maintenance", .job_id = job_id }, e);
}

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
        (waiting && job->started_at_ms && add_tidy(db, job->id, e)) ||
        (!job->cancel_requested && tell(db, job->id, running ? "cancelling" : "cancelled", "by request", e)))
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
        tracks_move_waiting(db, job->id, "queued", "paused", e) || tell(db, job->id, "paused", "by request", e))
        return -1;
    return settle_as_is(db, job, e);
}

static int resume_in_tx(struct db *db, struct job *job, struct err *e)
{
    if (!job->paused_at_ms || status_is_final(job->state))
        return err_set(e, ERR_CONFLICT, "the job is not paused (%s)", status_word(job));
    if (jobs_set_paused(db, job->id, false, e) || queue_resume_job(db, job->id, e) ||
        tracks_move_waiting(db, job->id, "paused", "queued", e) || tell(db, job->id, "resumed", "by request", e))
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
    const int full = r.key_id && found == 0 && check_key(db, r.key_id, &r.limits, e);
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
        tracks_move_waiting(db, job->id, "cancelled", "queued", e) || tell(db, job->id, "retried", "by request", e))
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

/* By their ids, for who ends a session need not be confined to it. */
static int end_session_in_tx(struct db *db, const char *uuid, struct err *e)
{
    int64_t ids[DELETE_AT_ONCE];

    if (sessions_end(db, uuid, e))
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

int life_clean_session(struct db *db, struct err *e)
{
    char uuid[ID_UUID_BYTES];
    const int row = sessions_next_over(db, uuid, e);

    return row == 1 && life_end_session(db, uuid, e) ? -1 : row;
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
    return status_is_final(job.state) ? ended_conflict(&job, e) : set_priority(db, &job, priority, e);
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

    if (jobs_find(db, uuid, &job, e) || set_schedule(db, &job, at_ms, &count, e))
        return -1;
    return count ? 0 : err_set(e, ERR_CONFLICT, "the job has begun already (%s)", status_word(&job));
}

int life_reschedule(struct db *db, const char *uuid, int64_t at_ms, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, reschedule_in_tx(db, uuid, at_ms, e), e);
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

/* ---- worker ---- */

static int tell_attempt(struct db *db, const struct claim *c, const char *event, const char *stage,
                        const struct err *why, const char *detail, struct err *e)
{
    const struct event ev = { .event = event, .task_kind = c->kind, .attempt = c->attempt, .stage = stage,
                              .error_kind = why ? err_class(why->kind)->name : NULL, .detail = detail };

    return is_work(c) ? events_add(db, c->job_id, &ev, e) : 0;
}

/* And where that ends a list, its playlist is to be written. */
static int settle_for(struct db *db, const struct claim *c, const char *kind, const char *text, struct err *e)
{
    if (!is_work(c))
        return 0;
    if (jobs_settle(db, c->job_id, kind, text, e))
        return -1;
    const int ended = jobs_is_ended_list(db, c->job_id, e);
    const struct new_task task = { .kind = "playlist", .queue = "maintenance", .job_id = c->job_id };
    return ended == 1 ? queue_add(db, &task, e) : ended;
}

/* Where a source was not asked, or has told already (life_fed): that says nothing of it. */
static const struct err unasked = { .kind = ERR_LOST };

static int wake_by_key(struct db *db, const char *result_key, int most, struct err *e)
{
    int64_t jobs[TWINS_AT_ONCE];
    const int n = queue_wake_twins(db, result_key, jobs, most, e);
    int rc = n < 0 ? -1 : 0;

    for (int i = 0; i < n && rc == 0; i++)
        rc = jobs_touch(db, jobs[i], e);
    return rc;
}

/* Others may want the very files that this track was about: they are there now, or the next one is to make them. */
static int wake_twins(struct db *db, const struct claim *c, int most, struct err *e)
{
    struct track t = { 0 };

    if (!is_track(c))
        return 0;
    int rc = tracks_by_id(db, c->subject_id, &t, e);
    if (rc == 0 && *t.result_key)
        rc = wake_by_key(db, t.result_key, most, e);
    track_free(&t);
    return rc;
}

static int claimed_in_tx(struct db *db, const struct conf *conf, const struct claim *c, struct err *e)
{
    if (is_track(c) && tracks_set_state(db, c->subject_id, "running", e))
        return -1;
    if (is_preview(c) && previews_set_state(db, c->subject_id, "running", NULL, NULL, NULL, e))
        return -1;
    return sources_take(db, c, conf->source_budgets, e) || tell_attempt(db, c, "started", NULL, NULL, NULL, e) ||
                   settle_for(db, c, NULL, NULL, e)
               ? -1
               : 0;
}

int life_claim(struct db *db, const struct conf *conf, const char *queue, const char *owner, struct claim *out,
               struct err *e)
{
    const int due = queue_is_due(db, queue, e);
    if (due <= 0)
        return due;
    if (db_begin(db, e))
        return -1;
    const int row = queue_claim(db, queue, owner, conf->lease_s * 1000, out, e);
    const int rc = row == 1 ? claimed_in_tx(db, conf, out, e) : row;
    return db_end(db, rc, e) ? -1 : row;
}

int life_promote(struct db *db, struct err *e)
{
    int64_t jobs[PROMOTE_AT_ONCE], next_ms = 0;

    const int row = queue_next_later(db, &next_ms, e);
    if (row <= 0 || next_ms > clock_wall_ms())
        return row < 0 ? -1 : 0;
    if (db_begin(db, e))
        return -1;
    const int n = queue_promote(db, jobs, PROMOTE_AT_ONCE, e);
    int rc = n < 0 ? -1 : 0;
    for (int i = 0; i < n && rc == 0; i++)
        rc = jobs[i] ? jobs_touch(db, jobs[i], e) : 0;
    return db_end(db, rc, e) ? -1 : n;
}

int life_follow_clock(struct db *db, const char *boot_id, struct err *e)
{
    const int64_t offset_ms = clock_wall_ms() - clock_boot_ms();
    int64_t shift_ms = 0;

    if (db_begin(db, e))
        return -1;
    int rc = queue_follow_clock(db, boot_id, offset_ms, &shift_ms, e);
    if (rc == 0 && shift_ms)
        rc = sources_shift(db, shift_ms, e);
    return db_end(db, rc, e);
}

int life_tick(struct db *db, const struct claim *c, const struct queue_progress *p, struct err *e)
{
    enum queue_stop stop = STOP_NO;

    if (db_begin(db, e))
        return -1;
    int rc = queue_tick(db, c, p, &stop, e);
    if (rc == 0 && c->job_id)
        rc = jobs_touch(db, c->job_id, e);
    if (db_end(db, rc, e))
        return -1;
    if (stop == STOP_PAUSE)
        return err_set(e, ERR_PAUSED, "paused");
    return stop == STOP_CANCEL ? err_set(e, ERR_CANCELLED, "cancelled") : 0;
}

int life_note(struct db *db, const struct claim *c, const char *event, const char *stage, const struct err *why,
              struct err *e)
{
    if (db_begin(db, e))
        return -1;
    struct queue_standing standing;
    const int rc = queue_standing(db, c, &standing, e) ||
                           tell_attempt(db, c, event, stage, why, why->text, e) ||
                           (c->job_id && jobs_touch(db, c->job_id, e))
                       ? -1
                       : 0;
    return db_end(db, rc, e);
}

/* What the source of a running task is to think of it; NULL: it answers. */
static int heard(struct db *db, const struct claim *c, const struct err *why, struct err *e)
{
    struct queue_standing standing;

    if (queue_standing(db, c, &standing, e))
        return -1;
    return standing.asks == ASKS_NOTHING ? 0 : sources_heard(db, standing.source, c->task_id, why, 0, e);
}

int life_fed(struct db *db, const struct claim *c, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, heard(db, c, NULL, e) || queue_fed(db, c, e) ? -1 : 0, e);
}

static int find_shared(struct db *db, const struct conf *conf, const char *result_key, int64_t *id, struct err *e)
{
    *id = 0;
    return conf->cache_days ? tracks_find_result(db, result_key, cached_after_ms(conf), id, e) : 0;
}

/* A track and its task, in the state in which they are born: queued, a twin of one that is under way, done with files
 * that are there, or failed. */
static int add_found(struct db *db, const struct conf *conf, const struct claim *c, const struct job_request *r,
                     const struct found *f, struct err *e)
{
    const char *kind = f->refused ? err_class(f->refused->kind)->name : NULL;
    const char *text = f->refused ? f->refused->text : NULL;
    const bool keyed = f->result_key && !f->refused;
    int64_t shared = 0, id = 0;

    if (keyed && f->may_share && find_shared(db, conf, f->result_key, &shared, e))
        return -1;
    const int twin = keyed && !shared ? tracks_has_twin(db, f->result_key, 0, e) : 0;
    const struct new_track track = {
        .uuid = f->uuid, .job_id = c->job_id, .item_index = f->index, .info = f->info, .is_known = f->is_known,
        .state = f->refused ? "failed" : r->is_paused ? "paused" : "queued", .meta_json = f->meta_json,
        .wanted_json = f->wanted_json, .match_json = f->match_json, .result_key = f->result_key, .error_kind = kind,
        .error_text = text,
    };
    if (twin < 0 || tracks_add(db, &track, &id, e))
        return -1;
    if (id == 0)
        return 0;
    const struct new_task task = {
        .kind = "track", .queue = "default", .job_id = c->job_id, .subject_id = id, .priority = r->priority,
        .turn_ms = r->created_at_ms + (f->index - 1) * QUEUE_TURN_MS, .source = f->asked ? f->asked : r->asked,
        .asks = f->asks, .paused = r->is_paused, .ended = f->refused ? "failed" : shared ? "done" : NULL,
        .error_kind = kind, .error_text = text, .waits_for = twin ? QUEUE_TWIN : NULL,
        .run_after_ms = twin ? clock_wall_ms() + TWIN_LOOKS_MS : 0,
    };
    if (shared && (tracks_share(db, shared, id, e) || jobs_add_cached(db, c->job_id, e)))
        return -1;
    return queue_add(db, &task, e);
}

static int add_all_found(struct db *db, const struct conf *conf, const struct claim *c, const struct found *items,
                         int count, const struct listing *list, struct err *e)
{
    struct job_request r = { 0 };

    if (queue_check(db, c, e) || jobs_request(db, c->job_id, &r, e))
        return -1;
    int rc = list ? jobs_set_list(db, c->job_id, list->title, list->items, e) : 0;
    for (int i = 0; i < count && rc == 0; i++)
        rc = add_found(db, conf, c, &r, &items[i], e);
    job_request_free(&r);
    return rc;
}

int life_found(struct db *db, const struct conf *conf, const struct claim *c, const struct found *items, int count,
               const struct listing *list, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    const int rc = add_all_found(db, conf, c, items, count, list, e) || jobs_settle(db, c->job_id, NULL, NULL, e);
    return db_end(db, rc ? -1 : 0, e);
}

static int resolved_in_tx(struct db *db, const struct conf *conf, const struct claim *c, const struct found *items,
                          int count, const struct listing *list, const char *note, struct err *e)
{
    const struct err *refused = count == 1 && !list ? items[0].refused : NULL;      /* then it is the job's own end */

    if (add_all_found(db, conf, c, items, count, list, e) || heard(db, c, NULL, e) ||
        queue_finish(db, c, "done", NULL, NULL, e) ||
        tell_attempt(db, c, "resolved", NULL, NULL, list ? list->title : items[0].info->title, e) ||
        (note && tell_attempt(db, c, "note", NULL, NULL, note, e)))
        return -1;
    return settle_for(db, c, refused ? err_class(refused->kind)->name : NULL, refused ? refused->text : NULL, e);
}

int life_resolved(struct db *db, const struct conf *conf, const struct claim *c, const struct found *items, int count,
                  const struct listing *list, const char *note, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, resolved_in_tx(db, conf, c, items, count, list, note, e), e);
}

static int previewed_in_tx(struct db *db, const struct claim *c, const char *result_json, struct err *e)
{
    return queue_check(db, c, e) || heard(db, c, NULL, e) ||
                   previews_set_state(db, c->subject_id, "done", result_json, NULL, NULL, e) ||
                   queue_finish(db, c, "done", NULL, NULL, e)
               ? -1
               : 0;
}

int life_previewed(struct db *db, const struct claim *c, const char *result_json, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, previewed_in_tx(db, c, result_json, e), e);
}

int life_forget_preview(struct db *db, char uuid[ID_UUID_BYTES], struct err *e)
{
    int64_t id = 0;

    if (db_begin(db, e))
        return -1;
    const int row = previews_expire(db, &id, uuid, e);
    const int rc = row < 0 || (row == 1 && queue_forget_preview(db, id, e)) ? -1 : 0;
    return db_end(db, rc, e) ? -1 : row;
}

static int learned_in_tx(struct db *db, const struct claim *c, const struct track_page *page, struct err *e)
{
    return queue_check(db, c, e) || tracks_learn(db, c->subject_id, page, e) || queue_page_read(db, c, e) ||
                   jobs_touch(db, c->job_id, e)
               ? -1
               : 0;
}

int life_learned(struct db *db, const struct claim *c, const struct track_page *page, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, learned_in_tx(db, c, page, e), e);
}

static int shared_in_tx(struct db *db, const struct claim *c, int64_t from, const char *result_key, struct err *e)
{
    return tracks_share(db, from, c->subject_id, e) || jobs_add_cached(db, c->job_id, e) || heard(db, c, &unasked, e) ||
                   queue_finish(db, c, "done", NULL, NULL, e) ||
                   wake_by_key(db, result_key, TWINS_AT_ONCE, e) ||
                   tell_attempt(db, c, "cached", NULL, NULL, NULL, e) || settle_for(db, c, NULL, NULL, e)
               ? -1
               : 0;
}

static int wait_for_twin(struct db *db, const struct claim *c, const struct queue_standing *standing, struct err *e)
{
    const struct queue_again again = { .why = QUEUE_RELEASE, .run_after_ms = clock_wall_ms() + TWIN_LOOKS_MS,
                                       .waits_for = QUEUE_TWIN, .paused = standing->stop == STOP_PAUSE,
                                       .asks = standing->asks };

    return heard(db, c, &unasked, e) || queue_again(db, c, &again, e) ||
                   tracks_set_state(db, c->subject_id, again.paused ? "paused" : "queued", e) ||
                   settle_for(db, c, NULL, NULL, e)
               ? -1
               : 0;
}

static int share_in_tx(struct db *db, const struct conf *conf, const struct claim *c, const char *result_key,
                       bool may_share, enum life_share *how, struct err *e)
{
    struct queue_standing standing;
    int64_t from = 0;

    *how = SHARE_NOT;
    if (queue_check(db, c, e) || queue_standing(db, c, &standing, e) ||
        (may_share && find_shared(db, conf, result_key, &from, e)))
        return -1;
    if (from) {
        *how = SHARE_DONE;
        return shared_in_tx(db, c, from, result_key, e);
    }
    const int leads = tracks_lead(db, result_key, c->subject_id, e);
    if (leads)
        return leads < 0 ? -1 : 0;
    *how = SHARE_WAIT;
    return wait_for_twin(db, c, &standing, e);
}

int life_share(struct db *db, const struct conf *conf, const struct claim *c, const char *result_key, bool may_share,
               enum life_share *how, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, share_in_tx(db, conf, c, result_key, may_share, how, e), e);
}

static int finished_in_tx(struct db *db, const struct claim *c, const struct life_result *r, struct err *e)
{
    if (queue_check(db, c, e) || r->place(r->arg, e))
        return -1;
    for (int i = 0; i < r->count; i++)
        if (tracks_put_artifact(db, c->subject_id, &r->artifacts[i], e))
            return -1;
    if (tracks_set_result(db, c->subject_id, r->duration_ms, r->report_json, e) || heard(db, c, &unasked, e) ||
        queue_finish(db, c, "done", NULL, NULL, e) || tell_attempt(db, c, "done", NULL, NULL, NULL, e) ||
        wake_twins(db, c, TWINS_AT_ONCE, e))
        return -1;
    return settle_for(db, c, NULL, NULL, e);
}

int life_finished(struct db *db, const struct claim *c, const struct life_result *r, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, finished_in_tx(db, c, r, e), e);
}

/* base · 2^(n-1), ±20 %, at most RETRY_LONGEST_MS; what the source asked for, if that is longer. */
static int64_t retry_delay_ms(const struct conf *conf, const struct err *why, int64_t failures)
{
    int64_t delay = conf->retry_base_ms;

    for (int64_t i = 1; i < failures && delay < RETRY_LONGEST_MS; i++)
        delay *= 2;
    if (delay > RETRY_LONGEST_MS)
        delay = RETRY_LONGEST_MS;
    delay = delay * 8 / 10 + (int64_t)id_random((uint32_t)(delay * 4 / 10 + 1));
    const int64_t asked_ms = 1000LL * why->retry_after_s;
    return asked_ms > delay && asked_ms <= SOURCES_RETRY_AFTER_MOST_S * 1000LL ? asked_ms : delay;
}

/* A first crash is an accident and goes on at once; the next ones wait, so that a machine in trouble does not use up
 * the attempts of everything that it has queued. */
static int64_t crash_delay_ms(int64_t crashes)
{
    return crashes <= 1 ? 0 : crashes == 2 ? 1000 : 5000;
}

/* How an attempt ended, and what is to come of it. */
struct ending {
    const struct claim    *c;
    const struct err      *why;
    struct queue_standing  standing;
    struct queue_again     again;
};

/* Ends the task for good, and with it the track. */
static int end_in_tx(struct db *db, const struct ending *n, const char *state, const char *event, struct err *e)
{
    const bool failed = strcmp(state, "failed") == 0;
    const char *kind = failed ? err_class(n->why->kind)->name : NULL, *text = failed ? n->why->text : NULL;
    const struct claim *c = n->c;

    if (queue_finish(db, c, state, kind, text, e))
        return -1;
    if (is_track(c) && (tracks_set_error(db, c->subject_id, state, kind, text, e) || wake_twins(db, c, 1, e)))
        return -1;
    if (is_preview(c) && previews_set_state(db, c->subject_id, "failed", NULL, kind, text, e))
        return -1;
    return tell_attempt(db, c, event, n->standing.stage, failed ? n->why : NULL, text, e) ||
                   settle_for(db, c, kind, text, e)
               ? -1
               : 0;
}

/* Before the download has ended its source is needed again; behind it, no longer. */
static enum asks asks_again(const struct ending *n)
{
    const char *stage = n->standing.stage;
    const bool before = !*stage || strcmp(stage, "resolve") == 0 || strcmp(stage, "download") == 0;

    if (n->why->kind == ERR_DISK && *n->standing.source)
        return ASKS_PAGE;       /* what was downloaded is dropped, to make room */
    if (!before || n->standing.asks == ASKS_NOTHING)
        return ASKS_NOTHING;
    const bool afresh = n->again.why == QUEUE_FAILURE || err_class(n->why->kind)->rest_scale;
    return afresh ? ASKS_PAGE : n->standing.asks;
}

static int again_in_tx(struct db *db, struct ending *n, const char *event, struct err *e)
{
    const char *state;

    n->again.paused = n->standing.stop == STOP_PAUSE;
    n->again.asks = asks_again(n);
    state = n->again.paused ? "paused" : "queued";
    if (queue_again(db, n->c, &n->again, e))
        return -1;
    if (is_track(n->c) && tracks_set_error(db, n->c->subject_id, state, n->again.kind, n->again.text, e))
        return -1;
    if (n->again.paused && wake_twins(db, n->c, 1, e))      /* nobody knows how long that will be */
        return -1;
    return tell_attempt(db, n->c, event, n->standing.stage, n->again.kind ? n->why : NULL, n->again.text, e) ||
                   settle_for(db, n->c, n->again.kind, n->again.text, e)
               ? -1
               : 0;
}

/* What the source is to think of this. */
static int hear(struct db *db, const struct ending *n, const struct conf *conf, bool *rests, struct err *e)
{
    *rests = false;
    if (n->standing.asks == ASKS_NOTHING)
        return 0;
    *rests = err_class(n->why->kind)->rest_scale > 0;
    return sources_heard(db, n->standing.source, n->c->task_id, n->why, conf->source_rest_s, e);
}

static int failed_in_tx(struct db *db, struct ending *n, const struct conf *conf, bool *again, struct err *e)
{
    const struct err_class *class = err_class(n->why->kind);
    const bool crash = n->again.why == QUEUE_CRASH;
    bool rests = false;

    *again = false;
    if (queue_standing(db, n->c, &n->standing, e) || hear(db, n, conf, &rests, e))
        return -1;
    const bool cancelled = n->standing.stop == STOP_CANCEL || n->why->kind == ERR_CANCELLED;
    const int64_t count = (crash ? n->standing.crashes : n->standing.failures) + 1;
    /* Whoever looks at a preview would rather try again himself than wait. */
    const int64_t most = crash ? conf->max_crashes - 1 : is_preview(n->c) ? 0 : conf->max_retries;
    const bool keep = !cancelled && conf->keep_failed_h > 0;        /* for a retry by hand */
    if (crash && (cancelled || count > most) && !keep && n->c->job_id && add_tidy(db, n->c->job_id, e))
        return -1;
    if (cancelled)
        return end_in_tx(db, n, "cancelled", "cancelled", e);
    *again = true;
    if (n->why->kind == ERR_PAUSED) {
        n->again = (struct queue_again){ .why = QUEUE_RELEASE };
        return again_in_tx(db, n, "stopped", e);
    }
    if (rests && !is_preview(n->c) && n->c->attempt < (conf->max_retries + (conf->max_retries > 0)) * REFUSALS_PER_TRY)
        n->again.why = QUEUE_RELEASE;
    else if (rests || !class->may_pass || count > most) {
        *again = false;
        return end_in_tx(db, n, "failed", "failed", e);
    }
    /* Where the source rests, that is what the task waits for, and not a time of its own. */
    const int64_t delay_ms = crash ? crash_delay_ms(count) : rests ? 0 : retry_delay_ms(conf, n->why, count);
    n->again.run_after_ms = clock_wall_ms() + delay_ms;
    n->again.kind = class->name;
    n->again.text = n->why->text;
    return again_in_tx(db, n, crash ? "crashed" : "retrying", e);
}

int life_failed(struct db *db, const struct claim *c, const struct conf *conf, const struct err *why, bool *again,
                struct err *e)
{
    /* A media program or yt-dlp that died counts like a process of ours that did. */
    struct ending n = { .c = c, .why = why,
                        .again.why = why->kind == ERR_CRASHED ? QUEUE_CRASH : QUEUE_FAILURE };

    if (db_begin(db, e))
        return -1;
    return db_end(db, failed_in_tx(db, &n, conf, again, e), e);
}

int life_crashed(struct db *db, const struct claim *c, const struct conf *conf, const char *how, bool *again,
                 struct err *e)
{
    struct err why;
    struct ending n = { .c = c, .why = &why, .again.why = QUEUE_CRASH };

    err_set(&why, ERR_CRASHED, "the process of this task died (%s)", how);
    if (db_begin(db, e))
        return -1;
    return db_end(db, failed_in_tx(db, &n, conf, again, e), e);
}

/* Put back, unless a cancel came in the meantime: then this is its end. */
static int released_in_tx(struct db *db, struct ending *n, int64_t delay_ms, struct err *e)
{
    if (queue_standing(db, n->c, &n->standing, e) ||
        sources_heard(db, n->standing.source, n->c->task_id, n->why, 0, e))
        return -1;
    if (n->standing.stop == STOP_CANCEL)
        return add_tidy(db, n->c->job_id, e) ? -1 : end_in_tx(db, n, "cancelled", "cancelled", e);
    n->again.run_after_ms = clock_wall_ms() + delay_ms;
    return again_in_tx(db, n, "put_back", e);
}

int life_released(struct db *db, const struct claim *c, int64_t delay_ms, struct err *e)
{
    const struct err why = { .kind = ERR_LOST };        /* of the source it says nothing */
    struct ending n = { .c = c, .why = &why, .again.why = QUEUE_RELEASE };

    if (db_begin(db, e))
        return -1;
    return db_end(db, released_in_tx(db, &n, delay_ms, e), e);
}

int life_kept_house(struct db *db, const struct claim *c, struct err *e)
{
    return queue_finish(db, c, "done", NULL, NULL, e);
}

int life_playlist_written(struct db *db, const struct claim *c, const char *path, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    const int rc = queue_check(db, c, e) || jobs_set_playlist(db, c->job_id, path, e) ||
                           jobs_touch(db, c->job_id, e) || queue_finish(db, c, "done", NULL, NULL, e)
                       ? -1
                       : 0;
    return db_end(db, rc, e);
}

static int clear_way_in_tx(struct db *db, const struct claim *c, bool *clear, struct err *e)
{
    if (queue_check(db, c, e) || queue_drop_house(db, c->job_id, e))
        return -1;
    const int running = queue_others_running(db, c, e);
    *clear = running == 0;
    return running < 0 ? -1 : 0;
}

int life_clear_way(struct db *db, const struct claim *c, bool *clear, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, clear_way_in_tx(db, c, clear, e), e);
}

static int let_go_in_tx(struct db *db, const struct claim *c, const char *path, bool *is_last, struct err *e)
{
    int64_t all = 0, own = 0;

    if (queue_check(db, c, e) || tracks_count_refs(db, path, 0, &all, e) ||
        tracks_count_refs(db, path, c->job_id, &own, e))
        return -1;
    *is_last = all == own;
    return *is_last ? 0 : tracks_drop_refs(db, c->job_id, path, e);
}

int life_let_go(struct db *db, const struct claim *c, const char *path, bool *is_last, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, let_go_in_tx(db, c, path, is_last, e), e);
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
