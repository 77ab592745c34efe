#include "queue.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/mem.h"

#define FENCE " WHERE id = :id AND owner = :owner AND attempt = :attempt AND state = 'running'"
#define UNCLAIM " owner = NULL, lease_until_boot_ms = NULL, speed_bps = NULL, eta_s = NULL"

enum {
    Q_ADD, Q_CLAIM, Q_HEARTBEAT, Q_TICK, Q_CHECK, Q_FINISH, Q_AGAIN, Q_CANCEL_WAITING, Q_CANCEL_RUNNING, Q_OTHERS,
    Q_OWNERS, Q_ORPHAN, Q_IS_DUE, Q_TOTALS, Q_STAGE, Q_COUNT
};

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO tasks (kind, queue, job_id, subject_id, priority, created_at_ms)"
        " VALUES (:kind, :queue, :job_id, :subject_id, :priority, :now_ms)",
    /* Select and update are one statement, so two workers cannot both win a row. Written for the index tasks_claim. */
    [Q_CLAIM] =
        "UPDATE tasks SET state = 'running', owner = :owner, attempt = attempt + 1,"
        "       lease_until_boot_ms = :lease_until, started_at_ms = COALESCE(started_at_ms, :now_ms), percent = 0"
        " WHERE id = (SELECT id FROM tasks WHERE state = 'queued' AND queue = :queue AND run_after_ms <= :now_ms"
        "             ORDER BY priority DESC, run_after_ms, id LIMIT 1)"
        " RETURNING id, job_id, subject_id, attempt, kind",
    [Q_HEARTBEAT] = "UPDATE tasks SET lease_until_boot_ms = :lease_until" FENCE,
    [Q_TICK] =
        "UPDATE tasks SET stage = :stage, percent = :percent, downloaded_bytes = :downloaded_bytes,"
        "       total_bytes = :total_bytes, speed_bps = :speed_bps, eta_s = :eta_s" FENCE
        " RETURNING cancel_requested",
    [Q_CHECK] = "SELECT cancel_requested, failures, crashes FROM tasks" FENCE,
    [Q_FINISH] =
        "UPDATE tasks SET state = :state, error_kind = :kind, error_text = :text, finished_at_ms = :now_ms,"
        "       percent = CASE WHEN :state = 'done' THEN 100 ELSE percent END,"
        "       stage = CASE WHEN :state = 'failed' THEN stage END," UNCLAIM FENCE,      /* where it failed */
    [Q_AGAIN] =
        "UPDATE tasks SET state = 'queued', run_after_ms = :run_after_ms, failures = failures + :failed,"
        "       crashes = crashes + :crashed, error_kind = :kind, error_text = :text, stage = NULL," UNCLAIM FENCE,
    [Q_CANCEL_WAITING] =
        "UPDATE tasks SET state = 'cancelled', finished_at_ms = :now_ms"
        " WHERE job_id = :job_id AND state IN ('queued', 'paused') AND kind IN ('resolve', 'track')",
    [Q_CANCEL_RUNNING] =
        "UPDATE tasks SET cancel_requested = 1"
        " WHERE job_id = :job_id AND state = 'running' AND kind IN ('resolve', 'track')",
    [Q_OTHERS] = "SELECT 1 FROM tasks WHERE job_id = :job_id AND state = 'running' AND id <> :id LIMIT 1",
    [Q_OWNERS] = "SELECT DISTINCT owner FROM tasks WHERE state = 'running' AND owner <> :self LIMIT :max",
    [Q_ORPHAN] =
        "SELECT id, job_id, subject_id, attempt, kind FROM tasks"
        " WHERE state = 'running' AND owner = :owner AND lease_until_boot_ms < :boot_ms LIMIT 1",
    [Q_IS_DUE] =
        "SELECT 1 FROM tasks WHERE state = 'queued' AND queue = :queue AND run_after_ms <= :now_ms LIMIT 1",
    [Q_TOTALS] =
        "SELECT (SELECT COUNT(*) FROM tasks WHERE state = 'queued'),"
        "       (SELECT COUNT(*) FROM tasks WHERE state = 'running')",
    [Q_STAGE] =
        "INSERT INTO task_stages (task_id, name, position, state, attempt, wall_ms, cpu_ms)"
        " SELECT id, :name, :position, :stage_state, attempt, :wall_ms, :cpu_ms FROM tasks" FENCE
        " ON CONFLICT (task_id, name) DO UPDATE SET state = excluded.state, attempt = excluded.attempt,"
        "       wall_ms = excluded.wall_ms, cpu_ms = excluded.cpu_ms",
};

static void bind_fence(struct stmt *s, const struct claim *c)
{
    bind_int(s, ":id", c->task_id);
    bind_text(s, ":owner", c->owner);
    bind_int(s, ":attempt", c->attempt);
}

static int lost(struct err *e)
{
    return err_set(e, ERR_LOST, "the task was taken over by another worker");
}

/* For fenced updates without RETURNING: no changed row means that the claim is gone. */
static int run_fenced(struct db *db, struct stmt *s, struct err *e)
{
    if (db_run(s, e))
        return -1;
    return db_changes(db) == 1 ? 0 : lost(e);
}

static void bind_known(struct stmt *s, const char *name, int64_t value)
{
    if (value < 0)
        bind_null(s, name);
    else
        bind_int(s, name, value);
}

int queue_add(struct db *db, const char *kind, const char *queue, int64_t job_id, int64_t subject_id,
              int64_t priority, int64_t *id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);

    bind_text(s, ":kind", kind);
    bind_text(s, ":queue", queue);
    bind_int(s, ":job_id", job_id);
    if (subject_id)
        bind_int(s, ":subject_id", subject_id);
    bind_int(s, ":priority", priority);
    bind_int(s, ":now_ms", clock_wall_ms());
    if (db_run(s, e))
        return -1;
    if (id)
        *id = db_last_id(db);
    return 0;
}

static void read_claim(struct stmt *s, const char *owner, struct claim *out)
{
    out->task_id = col_int(s, 0);
    out->job_id = col_int(s, 1);
    out->subject_id = col_int(s, 2);
    out->attempt = col_int(s, 3);
    col_copy(s, 4, out->kind, sizeof out->kind);
    copy_text(out->owner, sizeof out->owner, owner);
}

int queue_claim(struct db *db, const char *queue, const char *owner, int64_t lease_ms, struct claim *out,
                struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CLAIM]);

    bind_text(s, ":queue", queue);
    bind_text(s, ":owner", owner);
    bind_int(s, ":now_ms", clock_wall_ms());
    bind_int(s, ":lease_until", clock_boot_ms() + lease_ms);
    const int row = db_step(s, e);
    if (row == 1)
        read_claim(s, owner, out);
    db_done(s);
    return row;
}

int queue_heartbeat(struct db *db, const struct claim *c, int64_t lease_ms, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_HEARTBEAT]);

    bind_fence(s, c);
    bind_int(s, ":lease_until", clock_boot_ms() + lease_ms);
    return run_fenced(db, s, e);
}

int queue_tick(struct db *db, const struct claim *c, const struct queue_progress *p, bool *cancelled, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_TICK]);

    bind_fence(s, c);
    bind_text(s, ":stage", p->stage);
    bind_real(s, ":percent", p->percent);
    bind_known(s, ":downloaded_bytes", p->downloaded_bytes);
    bind_known(s, ":total_bytes", p->total_bytes);
    bind_known(s, ":speed_bps", p->speed_bps);
    bind_known(s, ":eta_s", p->eta_s);
    const int row = db_step(s, e);
    if (row == 1)
        *cancelled = col_int(s, 0) != 0;
    db_done(s);
    return row == 1 ? 0 : row == 0 ? lost(e) : -1;
}

int queue_counts(struct db *db, const struct claim *c, int64_t *failures, int64_t *crashes, bool *cancelled,
                 struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CHECK]);

    bind_fence(s, c);
    const int row = db_step(s, e);
    if (row == 1) {
        *cancelled = col_int(s, 0) != 0;
        *failures = col_int(s, 1);
        *crashes = col_int(s, 2);
    }
    db_done(s);
    return row == 1 ? 0 : row == 0 ? lost(e) : -1;
}

int queue_check(struct db *db, const struct claim *c, struct err *e)
{
    int64_t failures, crashes;
    bool cancelled = false;

    if (queue_counts(db, c, &failures, &crashes, &cancelled, e))
        return -1;
    return cancelled ? err_set(e, ERR_CANCELLED, "cancelled") : 0;
}

int queue_finish(struct db *db, const struct claim *c, const char *state, const char *kind, const char *text,
                 struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FINISH]);

    bind_fence(s, c);
    bind_text(s, ":state", state);
    bind_text(s, ":kind", kind);
    bind_text(s, ":text", text);
    bind_int(s, ":now_ms", clock_wall_ms());
    return run_fenced(db, s, e);
}

int queue_again(struct db *db, const struct claim *c, enum queue_again why, int64_t run_after_ms, const char *kind,
                const char *text, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_AGAIN]);

    bind_fence(s, c);
    bind_int(s, ":run_after_ms", run_after_ms);
    bind_int(s, ":failed", why == QUEUE_FAILURE);
    bind_int(s, ":crashed", why == QUEUE_CRASH);
    bind_text(s, ":kind", kind);
    bind_text(s, ":text", text);
    return run_fenced(db, s, e);
}

int queue_cancel_job(struct db *db, int64_t job_id, int64_t *waiting, int64_t *running, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CANCEL_WAITING]);

    bind_int(s, ":job_id", job_id);
    bind_int(s, ":now_ms", clock_wall_ms());
    if (db_run(s, e))
        return -1;
    *waiting = db_changes(db);
    s = db_stmt(db, sql[Q_CANCEL_RUNNING]);
    bind_int(s, ":job_id", job_id);
    if (db_run(s, e))
        return -1;
    *running = db_changes(db);
    return 0;
}

int queue_others_running(struct db *db, const struct claim *c, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OTHERS]);

    bind_int(s, ":job_id", c->job_id);
    bind_int(s, ":id", c->task_id);
    const int row = db_step(s, e);
    db_done(s);
    return row;
}

int queue_other_owners(struct db *db, const char *self, char (*owners)[QUEUE_OWNER_BYTES], int max, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OWNERS]);
    int n = 0, row;

    bind_text(s, ":self", self);
    bind_int(s, ":max", max);
    while ((row = db_step(s, e)) == 1)
        col_copy(s, 0, owners[n++], QUEUE_OWNER_BYTES);
    return row < 0 ? -1 : n;
}

int queue_next_orphan(struct db *db, const char *owner, int64_t boot_ms, struct claim *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ORPHAN]);

    bind_text(s, ":owner", owner);
    bind_int(s, ":boot_ms", boot_ms);
    const int row = db_step(s, e);
    if (row == 1)
        read_claim(s, owner, out);
    db_done(s);
    return row;
}

int queue_is_due(struct db *db, const char *queue, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_IS_DUE]);

    bind_text(s, ":queue", queue);
    bind_int(s, ":now_ms", clock_wall_ms());
    const int row = db_step(s, e);
    db_done(s);
    return row;
}

int queue_totals(struct db *db, int64_t *queued, int64_t *running, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_TOTALS]);
    const int row = db_step(s, e);

    if (row == 1) {
        *queued = col_int(s, 0);
        *running = col_int(s, 1);
    }
    db_done(s);
    return row == 1 ? 0 : -1;
}

int queue_stage(struct db *db, const struct claim *c, const char *name, int position, const char *state,
                int64_t wall_ms, int64_t cpu_ms, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STAGE]);

    bind_fence(s, c);
    bind_text(s, ":name", name);
    bind_int(s, ":position", position);
    bind_text(s, ":stage_state", state);
    bind_int(s, ":wall_ms", wall_ms);
    bind_int(s, ":cpu_ms", cpu_ms);
    return db_run(s, e);
}
