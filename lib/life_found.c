/*
 * life_found: the tracks that a resolve finds, and the files that several of them share (life_work.h).
 */
#include "base/clock.h"
#include "life_tx.h"
#include "life_work.h"
#include "source.h"

#define TWIN_LOOKS_MS 30000         /* where nobody wakes it: the other one waits, or was stopped while it did */

static int find_shared(struct db *db, const struct conf *conf, const char *result_key, int64_t *id, struct err *e)
{
    struct track t = { 0 };

    *id = 0;
    if (!conf->cache_days)
        return 0;
    if (tracks_find_result(db, result_key, life_cached_after_ms(conf), id, e) || (*id && tracks_by_id(db, *id, &t, e)))
        return -1;
    if (*id && !life_has_files(conf, &t))
        *id = 0;
    track_free(&t);
    return 0;
}

/* Whom its page is asked of. Each host is a flow of its own in the queue, which a claim has to look at: where a
 * stranger names a list, all its unknown hosts are one with the list's. */
static const char *asked_of(const struct job_request *r, const struct found *f)
{
    const bool is_keyless = *r->session_uuid && !r->key_id;

    return f->asked && (!is_keyless || source_named(f->asked)) ? f->asked : r->asked;
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
        .turn_ms = r->created_at_ms + (f->index - 1) * QUEUE_TURN_MS, .source = asked_of(r, f),
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

    if (add_all_found(db, conf, c, items, count, list, e) || life_heard(db, c, NULL, e) ||
        queue_finish(db, c, "done", NULL, NULL, e) ||
        (list && life_wake_album(db, c->job_id, e)) ||
        life_tell_attempt(db, c, "resolved", NULL, NULL, list ? list->title : items[0].info->title, e) ||
        (note && life_tell_attempt(db, c, "note", NULL, NULL, note, e)))
        return -1;
    return life_settle(db, c, refused ? err_class(refused->kind)->name : NULL, refused ? refused->text : NULL, e);
}

int life_resolved(struct db *db, const struct conf *conf, const struct claim *c, const struct found *items, int count,
                  const struct listing *list, const char *note, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, resolved_in_tx(db, conf, c, items, count, list, note, e), e);
}

static int shared_in_tx(struct db *db, const struct claim *c, int64_t from, const char *result_key, struct err *e)
{
    return tracks_share(db, from, c->subject_id, e) || jobs_add_cached(db, c->job_id, e) ||
                   life_heard(db, c, &life_unasked, e) || queue_finish(db, c, "done", NULL, NULL, e) ||
                   life_wake_by_key(db, result_key, TWINS_AT_ONCE, e) ||
                   life_tell_attempt(db, c, "cached", NULL, NULL, NULL, e) || life_settle(db, c, NULL, NULL, e)
               ? -1
               : 0;
}

static int wait_for_twin(struct db *db, const struct claim *c, const struct queue_standing *standing, struct err *e)
{
    const struct queue_again again = { .why = QUEUE_RELEASE, .run_after_ms = clock_wall_ms() + TWIN_LOOKS_MS,
                                       .waits_for = QUEUE_TWIN, .paused = standing->stop == STOP_PAUSE,
                                       .asks = standing->asks };

    return life_heard(db, c, &life_unasked, e) || queue_again(db, c, &again, e) ||
                   tracks_set_state(db, c->subject_id, again.paused ? "paused" : "queued", e) ||
                   life_settle(db, c, NULL, NULL, e)
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
