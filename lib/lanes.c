#include "lanes.h"

#include "base/clock.h"

enum { Q_LIST, Q_SET, Q_FIND, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_LIST] = "SELECT name, paused_at_ms FROM lanes ORDER BY name LIMIT :max",
    [Q_SET] =
        "UPDATE lanes SET paused_at_ms = :paused_at_ms"
        " WHERE name = :name AND (paused_at_ms IS NULL) = (:paused_at_ms IS NOT NULL)",
    [Q_FIND] = "SELECT 1 FROM lanes WHERE name = :name",
};

int lanes_list(struct db *db, struct lane rows[LANES_MAX], struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    int n = 0, row;

    bind_int(s, ":max", LANES_MAX);
    while ((row = db_step(s, e)) == 1) {
        col_copy(s, 0, rows[n].name, sizeof rows[n].name);
        rows[n++].paused_at_ms = col_int(s, 1);
    }
    return row < 0 ? -1 : n;
}

int lanes_set_paused(struct db *db, const char *name, bool paused, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SET]);

    bind_text(s, ":name", name);
    if (paused)
        bind_int(s, ":paused_at_ms", clock_wall_ms());
    if (db_run(s, e))
        return -1;
    if (db_changes(db))
        return 0;
    s = db_stmt(db, sql[Q_FIND]);
    bind_text(s, ":name", name);
    const int row = db_has_row(s, e);
    if (row < 0)
        return -1;
    return row ? err_set(e, ERR_CONFLICT, "the lane %s is %s already", name, paused ? "paused" : "running")
               : err_set(e, ERR_NOT_FOUND, "there is no lane %.40s", name);
}
