/*
 * life_submit: what begins: jobs, and previews, which belong to no job (lifecycle.h).
 */
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "life_tx.h"
#include "lifecycle.h"
#include "queue.h"
#include "sessions.h"
#include "status.h"
#include "tracks.h"

#define PREVIEWS_OPEN_MOST         50
#define PREVIEWS_OPEN_MOST_SESSION 5    /* a flow each, in the worst case (queue.h), times so many sessions */

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

/* Strangers take of the queue what is left for them all, however many they are. */
static int check_keyless(struct db *db, const struct conf *conf, struct err *e)
{
    int64_t open = 0;

    if (jobs_open_of_keyless(db, &open, e))
        return -1;
    return open < conf->sessions_open_jobs
               ? 0
               : err_set(e, ERR_LIMIT, "sessions without a key have %lld jobs open, as many as all of them together"
                         " may; try again when some have ended", (long long)open);
}

/* May there be another job of this session, of this key? In the transaction that adds it: two that come at the same
 * time are counted one after the other. */
static int admit(struct db *db, const struct conf *conf, struct new_job *j, struct err *e)
{
    j->limits = (struct quota){ 0 };
    if (j->session_uuid && check_session(db, j, e))
        return -1;
    if (j->key_id)
        return life_check_key(db, j->key_id, &j->limits, e);
    return j->session_uuid ? check_keyless(db, conf, e) : 0;
}

static int add_in_tx(struct db *db, const struct new_job *j, struct err *e)
{
    /* A search is carried out by its track: until then nobody is asked, and nothing is heard of the source. */
    const bool asks = !j->search_query || !*j->search_query;
    struct new_task task = { .kind = "resolve", .queue = "default", .priority = j->priority,
                             .source = asks ? j->asked : NULL, .asks = asks ? ASKS_PAGE : ASKS_NOTHING,
                             .run_after_ms = j->scheduled_at_ms };

    return jobs_add(db, j, &task.job_id, e) || queue_add(db, &task, e) ||
                   life_tell(db, task.job_id, "submitted", NULL, e)
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
    if (j->priority > job.priority && life_set_priority(db, &job, j->priority, e))
        return -1;
    return j->scheduled_at_ms < job.scheduled_at_ms ? life_set_schedule(db, &job, j->scheduled_at_ms, &count, e) : 0;
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
        life_tell(db, job_id, "submitted", NULL, e) || life_tell(db, job_id, "cached", NULL, e))
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
    if (jobs_find_outcome(db, j->outcome_key, life_cached_after_ms(conf), &id, e) || (id && tracks_by_id(db, id, t, e)))
        return -1;
    if (t->info.duration_ms > most_ms || (t->id && !life_has_files(conf, t)))
        t->id = 0;
    return 0;
}

/* Of a list its first track speaks for all. */
static int has_files(struct db *db, const struct conf *conf, const char *uuid, struct err *e)
{
    struct track t = { 0 };
    struct job job;

    if (jobs_find(db, uuid, &job, e))
        return -1;
    if (!job.has_audio)
        return 1;
    const int rc = tracks_find(db, job.track_uuid, &t, e);
    const bool there = rc == 0 && life_has_files(conf, &t);
    track_free(&t);
    return rc ? -1 : there;
}

static int find_same(struct db *db, const struct conf *conf, const struct new_job *j, char uuid[ID_UUID_BYTES],
                     struct err *e)
{
    const int open = jobs_find_same(db, j->work_key, uuid, e);

    if (open || !j->session_uuid || j->wants_anew)
        return open;
    const int finished = jobs_find_finished(db, j->session_uuid, j->work_key, uuid, e);
    return finished == 1 ? has_files(db, conf, uuid, e) : finished;
}

static int submit_in_tx(struct db *db, const struct conf *conf, struct new_job *j, char uuid[ID_UUID_BYTES],
                        enum submitted *how, struct err *e)
{
    char other[ID_UUID_BYTES];
    const int same = find_same(db, conf, j, other, e);
    struct track from = { 0 };

    j->uuid = uuid;
    *how = SUBMIT_SAME;
    if (same == 1)
        copy_text(uuid, ID_UUID_BYTES, other);
    if (same)
        return same < 0 ? -1 : hasten(db, uuid, j, e);
    if (admit(db, conf, j, e))
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
    const int64_t most = db_session(db) ? PREVIEWS_OPEN_MOST_SESSION : PREVIEWS_OPEN_MOST;
    int64_t open = 0;

    if (previews_open(db, &open, e))
        return -1;
    if (open >= most)
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
