#include "life_work.h"

#include "life_tx.h"
#include "previews.h"
#include "sources.h"

static int claimed_in_tx(struct db *db, const struct conf *conf, const struct claim *c, struct err *e)
{
    if (life_is_track(c) && tracks_set_state(db, c->subject_id, "running", e))
        return -1;
    if (life_is_preview(c) && previews_set_state(db, c->subject_id, "running", NULL, NULL, NULL, e))
        return -1;
    return sources_take(db, c, conf->source_budgets, e) || life_tell_attempt(db, c, "started", NULL, NULL, NULL, e) ||
                   life_settle(db, c, NULL, NULL, e)
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
                           life_tell_attempt(db, c, event, stage, why, why->text, e) ||
                           (c->job_id && jobs_touch(db, c->job_id, e))
                       ? -1
                       : 0;
    return db_end(db, rc, e);
}

static int searched_in_tx(struct db *db, const struct claim *c, const char *match_json, struct err *e)
{
    return queue_check(db, c, e) || tracks_set_match(db, c->subject_id, match_json, e) || jobs_touch(db, c->job_id, e)
               ? -1
               : 0;
}

int life_searched(struct db *db, const struct claim *c, const char *match_json, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, searched_in_tx(db, c, match_json, e), e);
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

int life_fed(struct db *db, const struct claim *c, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, life_heard(db, c, NULL, e) || queue_fed(db, c, e) ? -1 : 0, e);
}

static int finished_in_tx(struct db *db, const struct claim *c, const struct life_result *r, struct err *e)
{
    if (queue_check(db, c, e) || r->place(r->arg, e))
        return -1;
    for (int i = 0; i < r->count; i++)
        if (tracks_put_artifact(db, c->subject_id, &r->artifacts[i], e))
            return -1;
    if (tracks_set_result(db, c->subject_id, r->duration_ms, r->report_json, e) ||
        life_heard(db, c, &life_unasked, e) || queue_finish(db, c, "done", NULL, NULL, e) ||
        life_tell_attempt(db, c, "done", NULL, NULL, NULL, e) || life_wake_twins(db, c, TWINS_AT_ONCE, e))
        return -1;
    return life_settle(db, c, NULL, NULL, e);
}

int life_finished(struct db *db, const struct claim *c, const struct life_result *r, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, finished_in_tx(db, c, r, e), e);
}

static int previewed_in_tx(struct db *db, const struct claim *c, const char *result_json, struct err *e)
{
    return queue_check(db, c, e) || life_heard(db, c, NULL, e) ||
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
