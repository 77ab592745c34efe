#include "queue.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define FENCE " WHERE id = :id AND owner = :owner AND attempt = :attempt AND state = 'running'"
#define UNCLAIM " owner = NULL, lease_until_boot_ms = NULL, speed_bps = NULL, eta_s = NULL"

/* The task whose turn it is in a lane. A flow is a source and what is asked of it; the recursion steps from the first
 * task of one flow to the first of the next, each step a seek in the index tasks_claim. */
#define READY " state = 'queued' AND due = 1 AND queue = :queue"
#define ORDER " ORDER BY source, asks, priority DESC, turn_ms, id LIMIT 1"
#define FLOWS                                                                                                    \
    "WITH RECURSIVE flow (id, source, asks) AS ("                                                                \
    "  SELECT id, source, asks FROM (SELECT id, source, asks FROM tasks WHERE" READY ORDER ") AS first"          \
    "  UNION ALL"                                                                                                \
    "  SELECT n.id, n.source, n.asks FROM flow f JOIN tasks n ON n.id = COALESCE("                               \
    "    (SELECT id FROM tasks WHERE" READY " AND source = f.source AND asks > f.asks" ORDER "),"                \
    "    (SELECT id FROM tasks WHERE" READY " AND source > f.source" ORDER ")))"
#define NEXT                                                                                                     \
    "SELECT t.id FROM flow f JOIN tasks t ON t.id = f.id LEFT JOIN sources s ON s.name = f.source"               \
    " WHERE (f.asks = 0 OR s.name IS NULL OR s.trips = 0"                                                        \
    "        OR (s.open_until_ms <= :now_ms AND s.probe_task_id IS NULL))"                                       \
    "   AND (f.asks < 2 OR s.name IS NULL OR s.free_at_ms <= :now_ms)"                                           \
    "   AND NOT EXISTS (SELECT 1 FROM lanes l WHERE l.name = :queue AND l.paused_at_ms IS NOT NULL)"             \
    " ORDER BY t.priority DESC, t.turn_ms, t.id LIMIT 1"

enum {
    Q_ADD, Q_CLAIM, Q_HEARTBEAT, Q_TICK, Q_STANDING, Q_FINISH, Q_AGAIN, Q_CANCEL_WAITING, Q_CANCEL_RUNNING,
    Q_PAUSE_WAITING, Q_PAUSE_RUNNING, Q_RESUME_WAITING, Q_RESUME_RUNNING, Q_RETRY, Q_DROP_TIDY, Q_TIDIES, Q_PRIORITY,
    Q_RESCHEDULE, Q_OTHERS, Q_COUNT_RUNNING, Q_OWNERS, Q_ORPHAN, Q_IS_DUE, Q_NEXT_LATER, Q_PROMOTE,
    Q_CLOCK, Q_SET_CLOCK, Q_SHIFT, Q_LANE, Q_RUNNING, Q_STAGE, Q_FED, Q_PAGE_READ, Q_WAKE_TWINS, Q_WAKE_ALBUM,
    Q_DROP_HOUSE, Q_FORGET_PREVIEW, Q_COUNT
};

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO tasks (kind, queue, job_id, subject_id, priority, turn_ms, source, asks, state, run_after_ms, due,"
        "       waits_for, error_kind, error_text, created_at_ms, finished_at_ms)"
        " VALUES (:kind, :queue, :job_id, :subject_id, :priority, :turn_ms, :source, :asks, :state, :run_after_ms,"
        "       :due, :waits_for, :error_kind, :error_text, :now_ms, :finished_at_ms)",
    /* Select and update are one statement, so two workers cannot both win a row. */
    [Q_CLAIM] =
        FLOWS " UPDATE tasks SET state = 'running', owner = :owner, attempt = attempt + 1,"
        "       lease_until_boot_ms = :lease_until, started_at_ms = COALESCE(started_at_ms, :now_ms), percent = 0"
        " WHERE id = (" NEXT ")"
        " RETURNING id, job_id, subject_id, attempt, kind, source, asks",
    [Q_HEARTBEAT] = "UPDATE tasks SET lease_until_boot_ms = :lease_until" FENCE,
    [Q_TICK] =
        "UPDATE tasks SET stage = :stage, percent = :percent, downloaded_bytes = :downloaded_bytes,"
        "       total_bytes = :total_bytes, speed_bps = :speed_bps, eta_s = :eta_s" FENCE
        " RETURNING cancel_requested, pause_requested",
    [Q_STANDING] =
        "SELECT cancel_requested, pause_requested, failures, crashes, source, asks, COALESCE(stage, '') FROM tasks"
        FENCE,
    [Q_FINISH] =
        "UPDATE tasks SET state = :state, error_kind = :kind, error_text = :text, finished_at_ms = :now_ms,"
        "       percent = CASE WHEN :state = 'done' THEN 100 ELSE percent END,"
        "       stage = CASE WHEN :state = 'failed' THEN stage END," UNCLAIM FENCE,      /* where it failed */
    [Q_AGAIN] =
        "UPDATE tasks SET state = :state, run_after_ms = :run_after_ms, due = :due, waits_for = :waits_for,"
        "       asks = :asks, failures = failures + :failed, crashes = crashes + :crashed, error_kind = :kind,"
        "       error_text = :text, stage = NULL, pause_requested = 0," UNCLAIM FENCE,
    [Q_CANCEL_WAITING] =
        "UPDATE tasks SET state = 'cancelled', finished_at_ms = :now_ms"
        " WHERE job_id = :job_id AND state IN ('queued', 'paused') AND kind IN ('resolve', 'track')",
    [Q_CANCEL_RUNNING] =
        "UPDATE tasks SET cancel_requested = 1"
        " WHERE job_id = :job_id AND state = 'running' AND kind IN ('resolve', 'track')",
    [Q_PAUSE_WAITING] = "UPDATE tasks SET state = 'paused'"
        " WHERE job_id = :job_id AND state = 'queued' AND kind IN ('resolve', 'track')",
    [Q_PAUSE_RUNNING] =
        "UPDATE tasks SET pause_requested = 1"
        " WHERE job_id = :job_id AND state = 'running' AND kind IN ('resolve', 'track')",
    [Q_RESUME_WAITING] =
        "UPDATE tasks SET state = 'queued', due = CASE WHEN run_after_ms <= :now_ms THEN 1 ELSE 0 END,"
        "       waits_for = CASE WHEN run_after_ms <= :now_ms THEN '' ELSE waits_for END"
        " WHERE job_id = :job_id AND state = 'paused'",
    [Q_RESUME_RUNNING] = "UPDATE tasks SET pause_requested = 0 WHERE job_id = :job_id AND state = 'running'",
    [Q_RETRY] =
        "UPDATE tasks SET state = 'queued', due = 1, waits_for = '', run_after_ms = :now_ms, failures = 0, crashes = 0,"
        "       error_kind = NULL, error_text = NULL, cancel_requested = 0, pause_requested = 0, stage = NULL,"
        "       asks = CASE WHEN source = '' THEN 0 ELSE 2 END,"      /* what was kept may be gone by then */
        "       percent = 0, downloaded_bytes = NULL, total_bytes = NULL, finished_at_ms = NULL"
        " WHERE job_id = :job_id AND state IN ('failed', 'cancelled') AND kind IN ('resolve', 'track')",
    [Q_DROP_TIDY] = "DELETE FROM tasks WHERE job_id = :job_id AND kind = 'tidy' AND state = 'queued'",
    [Q_DROP_HOUSE] =
        "DELETE FROM tasks WHERE job_id = :job_id AND state = 'queued' AND kind IN ('tidy', 'playlist')",
    [Q_TIDIES] = "SELECT 1 FROM tasks WHERE job_id = :job_id AND kind = 'tidy' AND state = 'running' LIMIT 1",
    [Q_PRIORITY] =
        "UPDATE tasks SET priority = :priority WHERE job_id = :job_id AND state IN ('queued', 'running', 'paused')",
    [Q_RESCHEDULE] =
        "UPDATE tasks SET run_after_ms = :run_after_ms, due = :due, waits_for = :waits_for"
        " WHERE job_id = :job_id AND state IN ('queued', 'paused') AND kind = 'resolve' AND attempt = 0",
    [Q_OTHERS] = "SELECT 1 FROM tasks WHERE job_id = :job_id AND state = 'running' AND id <> :id LIMIT 1",
    [Q_FED] = "UPDATE tasks SET asks = 0" FENCE,
    [Q_PAGE_READ] = "UPDATE tasks SET asks = min(asks, 1)" FENCE,
    [Q_WAKE_TWINS] =
        "UPDATE tasks SET due = 1, waits_for = '', run_after_ms = :now_ms WHERE id IN ("
        "  SELECT t.id FROM downloaded_tracks k JOIN tasks t ON t.subject_id = k.id AND t.kind = 'track'"
        "   WHERE k.result_key = :result_key AND k.state = 'queued' AND t.state = 'queued' AND t.waits_for = 'twin'"
        "   ORDER BY k.id LIMIT :most) RETURNING job_id",
    [Q_WAKE_ALBUM] =
        "UPDATE tasks SET due = 1, waits_for = '', run_after_ms = :now_ms"
        " WHERE job_id = :job_id AND state = 'queued' AND waits_for = 'album'",
    /* An hour's rows have no job. */
    [Q_FORGET_PREVIEW] = "DELETE FROM tasks WHERE job_id IS NULL AND kind = 'preview' AND subject_id = :id",
    [Q_COUNT_RUNNING] = "SELECT count(*) FROM tasks WHERE state = 'running' AND owner = :owner",
    [Q_OWNERS] = "SELECT DISTINCT owner FROM tasks WHERE state = 'running' AND owner <> :self LIMIT :max",
    [Q_ORPHAN] =
        "SELECT id, job_id, subject_id, attempt, kind, source, asks FROM tasks"
        " WHERE state = 'running' AND owner = :owner AND lease_until_boot_ms < :boot_ms LIMIT 1",
    [Q_IS_DUE] = FLOWS " " NEXT,
    [Q_NEXT_LATER] =
        "SELECT run_after_ms FROM tasks WHERE state = 'queued' AND due = 0 ORDER BY run_after_ms LIMIT 1",
    [Q_PROMOTE] =
        "UPDATE tasks SET due = 1, waits_for = ''"
        " WHERE id IN (SELECT id FROM tasks WHERE state = 'queued' AND due = 0 AND run_after_ms <= :now_ms"
        "              ORDER BY run_after_ms LIMIT :max)"
        " RETURNING job_id",
    [Q_CLOCK] = "SELECT boot_id, offset_ms FROM clock WHERE id = 1",
    [Q_SET_CLOCK] =
        "INSERT INTO clock (id, boot_id, offset_ms) VALUES (1, :boot_id, :offset_ms)"
        " ON CONFLICT (id) DO UPDATE SET boot_id = excluded.boot_id, offset_ms = excluded.offset_ms",
    [Q_SHIFT] =
        "UPDATE tasks SET run_after_ms = run_after_ms + :by_ms"
        " WHERE state IN ('queued', 'paused') AND run_after_ms > 0 AND waits_for <> 'schedule'",
    /* Lengths, by index and no further than somebody wants to count. */
    [Q_LANE] =
        "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM tasks WHERE" READY " LIMIT :most) AS d),"
        "       (SELECT COUNT(*) FROM (SELECT 1 FROM tasks WHERE state = 'queued' AND due = 0 AND queue = :queue"
        "                              LIMIT :most) AS l),"
        "       (SELECT COUNT(*) FROM tasks WHERE state = 'running' AND queue = :queue)",
    [Q_RUNNING] =
        "SELECT t.id, t.kind, t.queue, t.attempt, t.owner, COALESCE(t.stage, ''), t.percent, t.lease_until_boot_ms,"
        "       COALESCE(j.uuid, '')"
        "  FROM tasks t LEFT JOIN download_jobs j ON j.id = t.job_id WHERE t.state = 'running' ORDER BY t.owner, t.id"
        " LIMIT :most",
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

/* When it may run, and if that is ahead, why. */
static void bind_when(struct stmt *s, int64_t run_after_ms, const char *waits_for)
{
    const bool ahead = run_after_ms > clock_wall_ms();

    bind_int(s, ":run_after_ms", run_after_ms);
    bind_int(s, ":due", !ahead);
    bind_text(s, ":waits_for", ahead && waits_for ? waits_for : "");
}

int queue_add(struct db *db, const struct new_task *t, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);
    const int64_t now_ms = clock_wall_ms();

    bind_text(s, ":kind", t->kind);
    bind_text(s, ":queue", t->queue);
    if (t->job_id)
        bind_int(s, ":job_id", t->job_id);
    if (t->subject_id)
        bind_int(s, ":subject_id", t->subject_id);
    if (t->ended)
        bind_int(s, ":finished_at_ms", now_ms);
    bind_text(s, ":error_kind", t->error_kind);
    bind_text(s, ":error_text", t->error_text);
    bind_int(s, ":priority", t->priority);
    bind_int(s, ":turn_ms", t->turn_ms ? t->turn_ms : now_ms);
    bind_text(s, ":source", t->source ? t->source : "");
    bind_int(s, ":asks", t->asks);
    bind_text(s, ":state", t->ended ? t->ended : t->paused ? "paused" : "queued");
    bind_when(s, t->run_after_ms, t->waits_for ? t->waits_for : "schedule");
    bind_int(s, ":now_ms", now_ms);
    return db_run(s, e);
}

static void read_claim(struct stmt *s, const char *owner, struct claim *out)
{
    out->task_id = col_int(s, 0);
    out->job_id = col_int(s, 1);
    out->subject_id = col_int(s, 2);
    out->attempt = col_int(s, 3);
    col_copy(s, 4, out->kind, sizeof out->kind);
    col_copy(s, 5, out->source, sizeof out->source);
    out->asks = (enum asks)col_int(s, 6);
    copy_text(out->owner, sizeof out->owner, owner);
}

static enum queue_stop read_stop(struct stmt *s)
{
    return col_int(s, 0) ? STOP_CANCEL : col_int(s, 1) ? STOP_PAUSE : STOP_NO;
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

int queue_tick(struct db *db, const struct claim *c, const struct queue_progress *p, enum queue_stop *stop,
               struct err *e)
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
        *stop = read_stop(s);
    db_done(s);
    return row == 1 ? 0 : row == 0 ? lost(e) : -1;
}

int queue_standing(struct db *db, const struct claim *c, struct queue_standing *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STANDING]);

    bind_fence(s, c);
    const int row = db_step(s, e);
    if (row == 1) {
        out->stop = read_stop(s);
        out->failures = col_int(s, 2);
        out->crashes = col_int(s, 3);
        col_copy(s, 4, out->source, sizeof out->source);
        out->asks = (enum asks)col_int(s, 5);
        col_copy(s, 6, out->stage, sizeof out->stage);
    }
    db_done(s);
    return row == 1 ? 0 : row == 0 ? lost(e) : -1;
}

int queue_check(struct db *db, const struct claim *c, struct err *e)
{
    struct queue_standing standing;

    if (queue_standing(db, c, &standing, e))
        return -1;
    return standing.stop == STOP_CANCEL ? err_set(e, ERR_CANCELLED, "cancelled") : 0;
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

int queue_again(struct db *db, const struct claim *c, const struct queue_again *a, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_AGAIN]);

    bind_fence(s, c);
    bind_text(s, ":state", a->paused ? "paused" : "queued");
    bind_when(s, a->run_after_ms, a->waits_for ? a->waits_for : a->why == QUEUE_RELEASE ? "" : "retry");
    bind_int(s, ":asks", a->asks);
    bind_int(s, ":failed", a->why == QUEUE_FAILURE);
    bind_int(s, ":crashed", a->why == QUEUE_CRASH);
    bind_text(s, ":kind", a->kind);
    bind_text(s, ":text", a->text);
    return run_fenced(db, s, e);
}

/* Runs one statement about the tasks of a job; how many it changed. */
static int change_job(struct db *db, struct stmt *s, int64_t job_id, int64_t *changed, struct err *e)
{
    bind_int(s, ":job_id", job_id);
    if (db_run(s, e))
        return -1;
    if (changed)
        *changed = db_changes(db);
    return 0;
}

int queue_cancel_job(struct db *db, int64_t job_id, int64_t *waiting, int64_t *running, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CANCEL_WAITING]);

    bind_int(s, ":now_ms", clock_wall_ms());
    return change_job(db, s, job_id, waiting, e) ||
                   change_job(db, db_stmt(db, sql[Q_CANCEL_RUNNING]), job_id, running, e)
               ? -1
               : 0;
}

int queue_pause_job(struct db *db, int64_t job_id, int64_t *waiting, int64_t *running, struct err *e)
{
    return change_job(db, db_stmt(db, sql[Q_PAUSE_WAITING]), job_id, waiting, e) ||
                   change_job(db, db_stmt(db, sql[Q_PAUSE_RUNNING]), job_id, running, e)
               ? -1
               : 0;
}

int queue_resume_job(struct db *db, int64_t job_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_RESUME_WAITING]);

    bind_int(s, ":now_ms", clock_wall_ms());
    return change_job(db, s, job_id, NULL, e) ||
                   change_job(db, db_stmt(db, sql[Q_RESUME_RUNNING]), job_id, NULL, e)
               ? -1
               : 0;
}

int queue_retry_job(struct db *db, int64_t job_id, int64_t *count, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_TIDIES]);

    bind_int(s, ":job_id", job_id);
    const int row = db_has_row(s, e);
    if (row < 0 || change_job(db, db_stmt(db, sql[Q_DROP_TIDY]), job_id, NULL, e))
        return -1;
    if (row == 1)
        return err_set(e, ERR_CONFLICT, "what it left is being cleared away; try again in a moment");
    s = db_stmt(db, sql[Q_RETRY]);
    bind_int(s, ":now_ms", clock_wall_ms());
    return change_job(db, s, job_id, count, e);
}

int queue_set_priority(struct db *db, int64_t job_id, int64_t priority, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PRIORITY]);

    bind_int(s, ":priority", priority);
    return change_job(db, s, job_id, NULL, e);
}

int queue_reschedule(struct db *db, int64_t job_id, int64_t at_ms, int64_t *count, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_RESCHEDULE]);

    bind_when(s, at_ms, "schedule");
    return change_job(db, s, job_id, count, e);
}

int queue_others_running(struct db *db, const struct claim *c, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OTHERS]);

    bind_int(s, ":job_id", c->job_id);
    bind_int(s, ":id", c->task_id);
    return db_has_row(s, e);
}

int queue_count_running(struct db *db, const char *owner, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_COUNT_RUNNING]);

    bind_text(s, ":owner", owner);
    const int row = db_step(s, e);
    const int count = row == 1 ? (int)col_int(s, 0) : -1;
    db_done(s);
    return count;
}

int queue_drop_house(struct db *db, int64_t job_id, struct err *e)
{
    return change_job(db, db_stmt(db, sql[Q_DROP_HOUSE]), job_id, NULL, e);
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
    return db_has_row(s, e);
}

int queue_next_later(struct db *db, int64_t *run_after_ms, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_NEXT_LATER]);

    return db_one_int(s, run_after_ms, e);
}

static int read_ids(struct stmt *s, int64_t *ids, struct err *e)
{
    int n = 0, row;

    while ((row = db_step(s, e)) == 1)
        ids[n++] = col_int(s, 0);
    return row < 0 ? -1 : n;
}

int queue_promote(struct db *db, int64_t *job_ids, int max, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PROMOTE]);

    bind_int(s, ":now_ms", clock_wall_ms());
    bind_int(s, ":max", max);
    return read_ids(s, job_ids, e);     /* 0 for a task without a job */
}

/* Set by NTP in steps of seconds, or by hand by years: smaller steps are slewing and rounding. */
#define CLOCK_STEP_MS 2000

int queue_follow_clock(struct db *db, const char *boot_id, int64_t offset_ms, int64_t *shift_ms, struct err *e)
{
    char known_boot[40] = "";
    int64_t known_ms = 0;
    struct stmt *s = db_stmt(db, sql[Q_CLOCK]);
    const int row = db_step(s, e);

    *shift_ms = 0;
    if (row == 1) {
        col_copy(s, 0, known_boot, sizeof known_boot);
        known_ms = col_int(s, 1);
    }
    db_done(s);
    if (row < 0)
        return -1;
    const bool same_boot = row == 1 && strcmp(known_boot, boot_id) == 0;
    if (same_boot && offset_ms - known_ms < CLOCK_STEP_MS && known_ms - offset_ms < CLOCK_STEP_MS)
        return 0;
    s = db_stmt(db, sql[Q_SET_CLOCK]);
    bind_text(s, ":boot_id", boot_id);
    bind_int(s, ":offset_ms", offset_ms);
    if (db_run(s, e))
        return -1;
    if (!same_boot)
        return 0;       /* across a restart nobody can tell the time that passed from a clock that was set */
    *shift_ms = offset_ms - known_ms;
    s = db_stmt(db, sql[Q_SHIFT]);
    bind_int(s, ":by_ms", *shift_ms);
    return db_run(s, e);
}

int queue_lane(struct db *db, const char *queue, struct queue_lane *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LANE]);

    bind_text(s, ":queue", queue);
    bind_int(s, ":most", QUEUE_COUNT_MOST);
    const int row = db_step(s, e);
    if (row == 1)
        *out = (struct queue_lane){ col_int(s, 0), col_int(s, 1), col_int(s, 2) };
    db_done(s);
    return row == 1 ? 0 : -1;
}

int queue_running(struct db *db, int most, void (*on_row)(void *arg, const struct queue_running *r), void *arg,
                  struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_RUNNING]);
    struct queue_running r;
    int row;

    bind_int(s, ":most", most);
    while ((row = db_step(s, e)) == 1) {
        r.task_id = col_int(s, 0);
        col_copy(s, 1, r.kind, sizeof r.kind);
        col_copy(s, 2, r.queue, sizeof r.queue);
        r.attempt = col_int(s, 3);
        col_copy(s, 4, r.owner, sizeof r.owner);
        col_copy(s, 5, r.stage, sizeof r.stage);
        r.percent = col_real(s, 6);
        r.lease_until_boot_ms = col_int(s, 7);
        col_copy(s, 8, r.job_uuid, sizeof r.job_uuid);
        on_row(arg, &r);
    }
    return row;
}

int queue_wake_twins(struct db *db, const char *result_key, int64_t *job_ids, int max, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_WAKE_TWINS]);

    bind_text(s, ":result_key", result_key);
    bind_int(s, ":now_ms", clock_wall_ms());
    bind_int(s, ":most", max);
    return read_ids(s, job_ids, e);
}

int queue_wake_album(struct db *db, int64_t job_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_WAKE_ALBUM]);

    bind_int(s, ":job_id", job_id);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int queue_page_read(struct db *db, const struct claim *c, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PAGE_READ]);

    bind_fence(s, c);
    return run_fenced(db, s, e);
}

int queue_forget_preview(struct db *db, int64_t preview_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FORGET_PREVIEW]);

    bind_int(s, ":id", preview_id);
    return db_run(s, e);
}

int queue_fed(struct db *db, const struct claim *c, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FED]);

    bind_fence(s, c);
    return run_fenced(db, s, e);
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
