#include "sources.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#define HOUR_MS 3600000LL
#define LARGEST_BUDGET 1000000

enum {
    Q_TRY, Q_SPEND, Q_FIND, Q_REFUSED, Q_ANSWERED, Q_FREE, Q_LIST, Q_WAKE, Q_SHIFT, Q_FREE_PROBES, Q_FORGET, Q_COUNT
};

static const char *const sql[Q_COUNT] = {
    [Q_TRY] = "UPDATE sources SET probe_task_id = :task_id WHERE name = :name AND trips > 0",
    [Q_SPEND] =
        "INSERT INTO sources (name, free_at_ms) VALUES (:name, :free_at_ms)"
        " ON CONFLICT (name) DO UPDATE SET free_at_ms = excluded.free_at_ms",
    [Q_FIND] =
        "SELECT name, trips, open_until_ms, COALESCE(error_kind, ''), COALESCE(error_text, ''),"
        "       COALESCE(probe_task_id, 0), free_at_ms"
        "  FROM sources WHERE name = :name",
    [Q_REFUSED] =
        "INSERT INTO sources (name, trips, open_until_ms, error_kind, error_text)"
        " VALUES (:name, :trips, :open_until_ms, :kind, :text)"
        " ON CONFLICT (name) DO UPDATE SET trips = excluded.trips, open_until_ms = excluded.open_until_ms,"
        "       error_kind = excluded.error_kind, error_text = excluded.error_text, probe_task_id = NULL",
    [Q_ANSWERED] =
        "UPDATE sources SET trips = 0, open_until_ms = 0, error_kind = NULL, error_text = NULL, probe_task_id = NULL"
        " WHERE name = :name",
    [Q_FREE] = "UPDATE sources SET probe_task_id = NULL WHERE name = :name AND probe_task_id = :task_id",
    [Q_LIST] =
        "SELECT name, trips, open_until_ms, COALESCE(error_kind, ''), COALESCE(error_text, ''),"
        "       COALESCE(probe_task_id, 0), free_at_ms"
        "  FROM sources WHERE trips > 0 OR free_at_ms > :now_ms ORDER BY open_until_ms DESC, free_at_ms DESC, name"
        " LIMIT :max",
    [Q_WAKE] = "UPDATE sources SET open_until_ms = 0 WHERE name = :name AND trips > 0",
    [Q_SHIFT] =
        "UPDATE sources SET open_until_ms = CASE WHEN open_until_ms > 0 THEN open_until_ms + :by_ms ELSE 0 END,"
        "       free_at_ms = CASE WHEN free_at_ms > 0 THEN free_at_ms + :by_ms ELSE 0 END",
    [Q_FREE_PROBES] =
        "UPDATE sources SET probe_task_id = NULL"
        " WHERE probe_task_id IS NOT NULL"
        "   AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.id = probe_task_id AND t.state = 'running')",
    [Q_FORGET] =
        "DELETE FROM sources WHERE open_until_ms < :before_ms AND free_at_ms < :before_ms AND probe_task_id IS NULL",
};

/* Takes one "name=number" off *list. 1, 0 at its end, -1 if it is malformed. */
static int next_budget(const char **list, char name[64], int64_t *per_hour)
{
    char *end = NULL;

    *list += strspn(*list, ", ");
    if (!**list)
        return 0;
    const size_t n = strcspn(*list, "=, ");
    if (n == 0 || n >= 64 || (*list)[n] != '=')
        return -1;
    copy_text(name, n + 1, *list);
    *per_hour = strtoll(*list + n + 1, &end, 10);
    if (end == *list + n + 1 || (*end && !strchr(", ", *end)) || *per_hour < 0 || *per_hour > LARGEST_BUDGET)
        return -1;
    *list = end;
    return 1;
}

int sources_check_budgets(const char *budgets, struct err *e)
{
    int64_t per_hour;
    char name[64];
    int rc;

    while ((rc = next_budget(&budgets, name, &per_hour)) == 1)
        ;
    return rc == 0 ? 0 : err_set(e, ERR_INPUT, "SOURCE_BUDGETS: expected name=number, … at \"%.40s\"", budgets);
}

int64_t sources_budget(const char *budgets, const char *name)
{
    int64_t per_hour, others = 0;
    char each[64];

    while (next_budget(&budgets, each, &per_hour) == 1) {
        if (strcmp(each, name) == 0)
            return per_hour;
        if (strcmp(each, "*") == 0)
            others = per_hour;
    }
    return others;
}

static void read_row(struct stmt *s, struct source_row *r)
{
    col_copy(s, 0, r->name, sizeof r->name);
    r->trips = col_int(s, 1);
    r->open_until_ms = col_int(s, 2);
    col_copy(s, 3, r->error_kind, sizeof r->error_kind);
    col_copy(s, 4, r->error_text, sizeof r->error_text);
    r->probe_task_id = col_int(s, 5);
    r->free_at_ms = col_int(s, 6);
}

/* The row, all zero if there is none. */
static int find(struct db *db, const char *name, struct source_row *row, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    memset(row, 0, sizeof *row);
    bind_text(s, ":name", name);
    const int found = db_step(s, e);
    if (found == 1)
        read_row(s, row);
    db_done(s);
    return found < 0 ? -1 : 0;
}

/* v ± 20 % */
static int64_t jitter(int64_t v)
{
    return v * 8 / 10 + (int64_t)id_random((uint32_t)(v * 4 / 10 + 1));
}

/* free_at is the theoretical arrival time less the tolerance, so that the claim has one number to compare. */
static int spend(struct db *db, const struct source_row *row, const char *name, int64_t per_hour, struct err *e)
{
    const int64_t now_ms = clock_wall_ms(), interval_ms = HOUR_MS / per_hour;
    const int64_t tolerance_ms = (SOURCES_BURST - 1) * interval_ms;
    const int64_t arrival_ms = row->free_at_ms + tolerance_ms;
    struct stmt *s = db_stmt(db, sql[Q_SPEND]);

    bind_text(s, ":name", name);
    bind_int(s, ":free_at_ms", (arrival_ms > now_ms ? arrival_ms : now_ms) + jitter(interval_ms) - tolerance_ms);
    return db_run(s, e);
}

int sources_take(struct db *db, const struct claim *c, const char *budgets, struct err *e)
{
    struct source_row row;

    if (c->asks == ASKS_NOTHING || find(db, c->source, &row, e))
        return c->asks == ASKS_NOTHING ? 0 : -1;
    if (row.trips > 0) {
        struct stmt *s = db_stmt(db, sql[Q_TRY]);
        bind_text(s, ":name", c->source);
        bind_int(s, ":task_id", c->task_id);
        if (db_run(s, e))
            return -1;
    }
    const int64_t per_hour = c->asks == ASKS_PAGE ? sources_budget(budgets, c->source) : 0;
    return per_hour > 0 ? spend(db, &row, c->source, per_hour, e) : 0;
}

/* base · 2^trips, ±20 %, at most SOURCES_REST_MOST_MS; never less than what the source itself asked for. */
static int64_t rest_ms(const struct err *why, int64_t rest_s, int64_t trips)
{
    int64_t ms = rest_s * 1000 * err_class(why->kind)->rest_scale;
    const int64_t asked_ms =
        1000LL * (why->retry_after_s < SOURCES_RETRY_AFTER_MOST_S ? why->retry_after_s : SOURCES_RETRY_AFTER_MOST_S);

    for (int64_t i = 0; i < trips && ms < SOURCES_REST_MOST_MS; i++)
        ms *= 2;
    ms = jitter(ms < SOURCES_REST_MOST_MS ? ms : SOURCES_REST_MOST_MS);
    return asked_ms > ms ? asked_ms + (int64_t)id_random((uint32_t)(asked_ms / 10 + 1)) : ms;
}

static int refused(struct db *db, const struct source_row *row, const char *name, const struct err *why,
                   int64_t rest_s, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REFUSED]);

    bind_text(s, ":name", name);
    bind_int(s, ":trips", row->trips + 1);
    bind_int(s, ":open_until_ms", clock_wall_ms() + rest_ms(why, rest_s, row->trips));
    bind_text(s, ":kind", err_class(why->kind)->name);
    bind_text(s, ":text", why->text);
    return db_run(s, e);
}

static int answered(struct db *db, const char *name, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ANSWERED]);

    bind_text(s, ":name", name);
    return db_run(s, e);
}

static int free_probe(struct db *db, const char *name, int64_t task_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FREE]);

    bind_text(s, ":name", name);
    bind_int(s, ":task_id", task_id);
    return db_run(s, e);
}

int sources_heard(struct db *db, const char *name, int64_t task_id, const struct err *why, int64_t rest_s,
                  struct err *e)
{
    const struct err_class *class = why ? err_class(why->kind) : NULL;
    struct source_row row;

    if (!*name || find(db, name, &row, e))
        return *name ? -1 : 0;
    if (class && class->rest_scale) {
        /* Tasks that were under way when it opened hear the same; that is one refusal, not several. */
        if (row.trips > 0 && clock_wall_ms() < row.open_until_ms)
            return free_probe(db, name, task_id, e);
        return refused(db, &row, name, why, rest_s, e);
    }
    if (row.trips == 0)
        return 0;
    /* Those that asked before it opened prove nothing, unless they are the one that tries. */
    if (row.probe_task_id != task_id)
        return 0;
    const bool says_nothing = class && (class->may_pass || why->kind == ERR_CANCELLED || why->kind == ERR_PAUSED ||
                                        why->kind == ERR_LOST);
    return says_nothing ? free_probe(db, name, task_id, e) : answered(db, name, e);
}

int sources_list(struct db *db, int64_t now_ms, struct source_row *rows, int max, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    int n = 0, row;

    bind_int(s, ":now_ms", now_ms);
    bind_int(s, ":max", max);
    while ((row = db_step(s, e)) == 1)
        read_row(s, &rows[n++]);
    return row < 0 ? -1 : n;
}

int sources_wake(struct db *db, const char *name, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_WAKE]);

    bind_text(s, ":name", name);
    if (db_run(s, e))
        return -1;
    return db_changes(db) ? 0 : err_set(e, ERR_NOT_FOUND, "no source of this name rests");
}

int sources_shift(struct db *db, int64_t by_ms, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SHIFT]);

    bind_int(s, ":by_ms", by_ms);
    return db_run(s, e);
}

int sources_forget(struct db *db, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FORGET]);

    bind_int(s, ":before_ms", clock_wall_ms() - SOURCES_FORGET_MS);
    return db_run(s, e);
}

int sources_free_probes(struct db *db, struct err *e)
{
    return db_run(db_stmt(db, sql[Q_FREE_PROBES]), e);
}
