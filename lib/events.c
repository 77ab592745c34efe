#include "events.h"

#include "base/clock.h"

enum { Q_ADD, Q_LIST, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO job_events (job_id, seq, at_ms, event, task_kind, track_id, attempt, stage,"
        "       error_kind, detail)"
        " VALUES (:job_id, (SELECT COALESCE(MAX(seq), 0) + 1 FROM job_events WHERE job_id = :job_id), :now_ms,"
        "         :event, :task_kind, :track_id, :attempt, :stage, :kind, :detail)",
    [Q_LIST] =
        "SELECT v.seq, v.at_ms, v.event, v.task_kind, k.uuid, v.attempt, v.stage, v.error_kind, v.detail"
        "  FROM job_events v LEFT JOIN downloaded_tracks k ON k.id = v.track_id"
        " WHERE v.job_id = :job_id AND v.seq > :after ORDER BY v.seq LIMIT :limit",
};

int events_add(struct db *db, int64_t job_id, const struct event *ev, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);

    bind_int(s, ":job_id", job_id);
    bind_int(s, ":now_ms", clock_wall_ms());
    bind_text(s, ":event", ev->event);
    bind_text(s, ":task_kind", ev->task_kind);
    if (ev->track_id)
        bind_int(s, ":track_id", ev->track_id);
    if (ev->attempt)
        bind_int(s, ":attempt", ev->attempt);
    bind_text(s, ":stage", ev->stage && *ev->stage ? ev->stage : NULL);
    bind_text(s, ":kind", ev->error_kind);
    bind_text(s, ":detail", ev->detail);
    return db_run(s, e);
}

int events_list(struct db *db, int64_t job_id, int64_t after, int limit,
                void (*on_row)(void *arg, const struct event *ev), void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    int row;

    bind_int(s, ":job_id", job_id);
    bind_int(s, ":after", after);
    bind_int(s, ":limit", limit);
    while ((row = db_step(s, e)) == 1)
        on_row(arg, &(struct event){ .seq = col_int(s, 0), .at_ms = col_int(s, 1), .event = col_text(s, 2),
                                     .task_kind = col_text(s, 3), .track_uuid = col_text(s, 4),
                                     .attempt = col_int(s, 5), .stage = col_text(s, 6),
                                     .error_kind = col_text(s, 7), .detail = col_text(s, 8) });
    return row;
}
