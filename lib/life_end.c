/*
 * life_end: attempts that did not end well: to be made again, or the end (life_work.h).
 */
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "life_tx.h"
#include "life_work.h"
#include "previews.h"
#include "sources.h"

#define RETRY_LONGEST_MS (3600 * 1000LL)
#define REFUSALS_PER_TRY 8          /* a refusal rests the source and hardly is the job's fault; but not for ever */

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
    if (life_is_track(c) && (tracks_set_error(db, c->subject_id, state, kind, text, e) ||
                             life_wake_twins(db, c, 1, e) || life_wake_album(db, c->job_id, e)))
        return -1;
    if (life_is_preview(c) && previews_set_state(db, c->subject_id, "failed", NULL, kind, text, e))
        return -1;
    return life_tell_attempt(db, c, event, n->standing.stage, failed ? n->why : NULL, text, e) ||
                   life_settle(db, c, kind, text, e)
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
    if (life_is_track(n->c) && tracks_set_error(db, n->c->subject_id, state, n->again.kind, n->again.text, e))
        return -1;
    if (n->again.paused && life_wake_twins(db, n->c, 1, e))      /* nobody knows how long that will be */
        return -1;
    return life_tell_attempt(db, n->c, event, n->standing.stage, n->again.kind ? n->why : NULL, n->again.text, e) ||
                   life_settle(db, n->c, n->again.kind, n->again.text, e)
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
    const int64_t most = crash ? conf->max_crashes - 1 : life_is_preview(n->c) ? 0 : conf->max_retries;
    const bool keep = !cancelled && conf->keep_failed_h > 0;        /* for a retry by hand */
    if (crash && (cancelled || count > most) && !keep && n->c->job_id && life_add_tidy(db, n->c->job_id, e))
        return -1;
    if (cancelled)
        return end_in_tx(db, n, "cancelled", "cancelled", e);
    *again = true;
    if (n->why->kind == ERR_PAUSED) {
        n->again = (struct queue_again){ .why = QUEUE_RELEASE };
        return again_in_tx(db, n, "stopped", e);
    }
    if (rests && !life_is_preview(n->c) &&
        n->c->attempt < (conf->max_retries + (conf->max_retries > 0)) * REFUSALS_PER_TRY)
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
        return life_add_tidy(db, n->c->job_id, e) ? -1 : end_in_tx(db, n, "cancelled", "cancelled", e);
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
