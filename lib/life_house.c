/*
 * life_house: what no stage does: time goes on, and what is not wanted any more is cleared away (life_work.h).
 */
#include "base/clock.h"
#include "life_work.h"
#include "lifecycle.h"
#include "previews.h"
#include "sessions.h"
#include "sources.h"

#define PROMOTE_AT_ONCE 100         /* a short transaction each: submits go on in between */

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

int life_clean_session(struct db *db, struct err *e)
{
    char uuid[ID_UUID_BYTES];
    const int row = sessions_next_over(db, uuid, e);

    return row == 1 && life_end_session(db, uuid, e) ? -1 : row;
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
