/*
 * life_album: the tracks of an album wait for each other once, between being measured and being mastered
 * (life_work.h).
 *
 * Nothing can hang on it. The last one that is measured, or that fails, or the end of the list, wakes the others; and
 * who is woken by nobody looks for himself every ALBUM_LOOKS_MS. What is decided is decided for good: a track that is
 * tried again later has the gain of the others.
 */
#include "base/clock.h"
#include "life_tx.h"
#include "life_work.h"

#include "json.h"

#define ALBUM_LOOKS_MS 120000

static void add_measured(void *arg, const char *measured_json)
{
    cJSON *measured = cJSON_Parse(measured_json);

    album_add(arg, measured);
    cJSON_Delete(measured);
}

/* Everything that there is to measure has been: what comes of it, for all. */
static int decide(struct db *db, const struct claim *c, struct album *out, struct err *e)
{
    struct album_sum sum;

    album_start(&sum);
    if (tracks_measured(db, c->job_id, add_measured, &sum, e))
        return -1;
    *out = album_finish(&sum);
    char *text = album_to_json(out);
    const int rc = jobs_set_album(db, c->job_id, text, e) || life_wake_album(db, c->job_id, e) ? -1 : 0;
    cJSON_free(text);
    return rc;
}

static int wait_for_album(struct db *db, const struct claim *c, struct err *e)
{
    struct queue_standing standing;

    if (queue_standing(db, c, &standing, e))
        return -1;
    const struct queue_again again = { .why = QUEUE_RELEASE, .run_after_ms = clock_wall_ms() + ALBUM_LOOKS_MS,
                                       .waits_for = QUEUE_ALBUM, .paused = standing.stop == STOP_PAUSE,
                                       .asks = standing.asks };
    return life_heard(db, c, &life_unasked, e) || queue_again(db, c, &again, e) ||
                   tracks_set_state(db, c->subject_id, again.paused ? "paused" : "queued", e) ||
                   life_settle(db, c, NULL, NULL, e)
               ? -1
               : 0;
}

static int album_in_tx(struct db *db, const struct claim *c, const char *measured_json, struct album *out, bool *waits,
                       struct err *e)
{
    int is_open;

    *waits = false;
    if (queue_check(db, c, e) || tracks_set_measured(db, c->subject_id, measured_json, e))
        return -1;
    const int known = jobs_album(db, c->job_id, out, e);
    if (known)
        return known < 0 ? -1 : 0;
    if ((is_open = tracks_album_is_open(db, c->job_id, e)) < 0)
        return -1;
    *waits = is_open != 0;
    return is_open ? wait_for_album(db, c, e) : decide(db, c, out, e);
}

int life_album(struct db *db, const struct claim *c, const char *measured_json, struct album *out, bool *waits,
               struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, album_in_tx(db, c, measured_json, out, waits, e), e);
}

int life_wake_album(struct db *db, int64_t job_id, struct err *e)
{
    const int is_open = tracks_album_is_open(db, job_id, e);

    return is_open < 0 || (!is_open && queue_wake_album(db, job_id, e)) ? -1 : 0;
}
