#include "life_tx.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "events.h"
#include "keys.h"
#include "queue.h"
#include "sources.h"
#include "tracks.h"

#define DAY_MS (24 * 3600 * 1000LL)

const struct err life_unasked = { .kind = ERR_LOST };

bool life_is_track(const struct claim *c)
{
    return strcmp(c->kind, "track") == 0;
}

bool life_is_preview(const struct claim *c)
{
    return strcmp(c->kind, "preview") == 0;
}

bool life_is_work(const struct claim *c)
{
    return life_is_track(c) || strcmp(c->kind, "resolve") == 0;
}

int64_t life_cached_after_ms(const struct conf *conf)
{
    return clock_wall_ms() - conf->cache_days * DAY_MS;
}

static bool is_there(const struct conf *conf, const struct artifact *a)
{
    char path[CONF_STR_BYTES + sizeof a->path];

    snprintf(path, sizeof path, "%s/%s", conf->data_dir, a->path);
    return file_exists(path);
}

bool life_has_files(const struct conf *conf, const struct track *t)
{
    return *t->audio.kind && is_there(conf, &t->audio) && (!*t->cover.kind || is_there(conf, &t->cover));
}

int life_check_key(struct db *db, int64_t key_id, struct quota *limits, struct err *e)
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

int life_tell(struct db *db, int64_t job_id, const char *event, const char *detail, struct err *e)
{
    return events_add(db, job_id, &(struct event){ .event = event, .detail = detail }, e);
}

int life_tell_attempt(struct db *db, const struct claim *c, const char *event, const char *stage,
                      const struct err *why, const char *detail, struct err *e)
{
    const struct event ev = { .event = event, .task_kind = c->kind, .attempt = c->attempt, .stage = stage,
                              .track_id = life_is_track(c) ? c->subject_id : 0,
                              .error_kind = why ? err_class(why->kind)->name : NULL, .detail = detail };

    return life_is_work(c) ? events_add(db, c->job_id, &ev, e) : 0;
}

int life_settle(struct db *db, const struct claim *c, const char *kind, const char *text, struct err *e)
{
    if (!life_is_work(c))
        return 0;
    if (jobs_settle(db, c->job_id, kind, text, e))
        return -1;
    const int ended = jobs_is_ended_list(db, c->job_id, e);
    const struct new_task task = { .kind = "playlist", .queue = "maintenance", .job_id = c->job_id };
    return ended == 1 ? queue_add(db, &task, e) : ended;
}

int life_set_priority(struct db *db, const struct job *job, int64_t priority, struct err *e)
{
    char detail[64];

    snprintf(detail, sizeof detail, "from %lld to %lld", (long long)job->priority, (long long)priority);
    return jobs_set_priority(db, job->id, priority, e) || queue_set_priority(db, job->id, priority, e) ||
                   life_tell(db, job->id, "priority", detail, e) || jobs_touch(db, job->id, e)
               ? -1
               : 0;
}

int life_set_schedule(struct db *db, const struct job *job, int64_t at_ms, int64_t *count, struct err *e)
{
    char iso[CLOCK_ISO_BYTES];

    if (queue_reschedule(db, job->id, at_ms, count, e))
        return -1;
    if (*count == 0)
        return 0;
    return jobs_set_schedule(db, job->id, at_ms, e) ||
                   life_tell(db, job->id, "scheduled", at_ms ? clock_iso(iso, at_ms) : "now", e) ||
                   jobs_touch(db, job->id, e)
               ? -1
               : 0;
}

int life_add_tidy(struct db *db, int64_t job_id, struct err *e)
{
    return queue_add(db, &(struct new_task){ .kind = "tidy", .queue = "maintenance", .job_id = job_id }, e);
}

int life_heard(struct db *db, const struct claim *c, const struct err *why, struct err *e)
{
    struct queue_standing standing;

    if (queue_standing(db, c, &standing, e))
        return -1;
    return standing.asks == ASKS_NOTHING ? 0 : sources_heard(db, standing.source, c->task_id, why, 0, e);
}

int life_wake_by_key(struct db *db, const char *result_key, int most, struct err *e)
{
    int64_t jobs[TWINS_AT_ONCE];
    const int n = queue_wake_twins(db, result_key, jobs, most, e);
    int rc = n < 0 ? -1 : 0;

    for (int i = 0; i < n && rc == 0; i++)
        rc = jobs_touch(db, jobs[i], e);
    return rc;
}

int life_wake_twins(struct db *db, const struct claim *c, int most, struct err *e)
{
    struct track t = { 0 };

    if (!life_is_track(c))
        return 0;
    int rc = tracks_by_id(db, c->subject_id, &t, e);
    if (rc == 0 && *t.result_key)
        rc = life_wake_by_key(db, t.result_key, most, e);
    track_free(&t);
    return rc;
}
