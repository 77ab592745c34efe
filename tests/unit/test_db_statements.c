/*
 * Every statement of every module: it prepares on a fresh schema, and a hot one never walks a whole table.
 */
#include "fresh_db.h"

#include "base/file.h"
#include "base/id.h"
#include "events.h"
#include "gates.h"
#include "idempotency.h"
#include "jobs.h"
#include "keys.h"
#include "kept.h"
#include "life_work.h"
#include "lifecycle.h"
#include "queue.h"
#include "sessions.h"
#include "sources.h"
#include "tracks.h"
#include "whitelist_check.h"
#include "workers.h"

/* The text of each statement that ran, once. */
static char *seen[256];
static int seen_count;

static int on_statement(unsigned what, void *arg, void *stmt, void *text)
{
    const char *sql = sqlite3_sql(stmt);

    (void)what, (void)arg, (void)text;
    for (int i = 0; i < seen_count; i++)
        if (strcmp(seen[i], sql) == 0)
            return 0;
    if (seen_count < (int)LENGTH(seen))
        seen[seen_count++] = strdup(sql);
    return 0;
}

/* SQLite calls this for every connection that opens, db.c's included. */
static int listen_in(sqlite3 *h, const char **why, const void *api)
{
    (void)why, (void)api;
    return sqlite3_trace_v2(h, SQLITE_TRACE_STMT, on_statement, NULL);
}

static void ignore_job(void *arg, const struct job *j) { (void)arg, (void)j; }
static void ignore_track(void *arg, const struct track *t) { (void)arg, (void)t; }
static void ignore_event(void *arg, const struct event *ev) { (void)arg, (void)ev; }
static void ignore_running(void *arg, const struct queue_running *r) { (void)arg, (void)r; }
static void ignore_session(void *arg, const struct session *s) { (void)arg, (void)s; }
static void ignore_key(void *arg, const struct key_row *row) { (void)arg, (void)row; }
static void ignore_stage(void *arg, const struct stage_row *r) { (void)arg, (void)r; }
static void ignore_path(void *arg, const char *path) { (void)arg, (void)path; }
static void ignore_entry(void *arg, const struct whitelist_entry *entry) { (void)arg, (void)entry; }
static int place(void *arg, struct err *e) { return file_write_atomic(arg, "x", 1, e); }

#define ok(call) check((call) >= 0, #call ": %s", e.text)

static void use_whitelist(struct db *db, const struct conf *conf)
{
    struct whitelist_entry entry = { .platform = "youtube", .channel = "@a" };
    const struct source_link link = { .source = "youtube", .channel = "@b" };
    const struct url url = { .text = "https://www.youtube.com/@b" };
    bool existing;
    struct err e;
    int64_t n;

    ok(whitelist_set(db, true, &e));
    ok(whitelist_add(db, &entry, &existing, &e));
    ok(whitelist_list(db, INT64_MAX, 1, ignore_entry, NULL, &e));
    ok(whitelist_count(db, &n, &e));
    ok(whitelist_patch(db, entry.uuid, NULL, "x", &e));
    ok(whitelist_find(db, entry.uuid, &entry, &e));
    assert_int_equal(whitelist_check_link(db, conf, &link, &url, &e), -1);
    ok(whitelist_check_platform(db, conf, "youtube", &e));
    ok(whitelist_remove(db, entry.uuid, &e));
    ok(whitelist_unset(db, &e));
}

/* Keys with limits, and sessions. */
static void use_tenants(struct db *db, const struct conf *conf)
{
    const struct quota limits = { .max_jobs = 2 };
    struct session s = { .expires_at_ms = INT64_MAX };
    struct new_job ask = { .url = "https://example.org/", .source = "generic", .asked = "example.org",
                           .spec_json = "{}", .client_ref = "", .session_uuid = s.uuid, .work_key = "tenant's" };
    struct job_filter filter = { .before_id = INT64_MAX, .limit = 10, .session = s.uuid };
    struct session_totals totals;
    char key[ID_SECRET_BYTES], uuid[ID_UUID_BYTES];
    enum submitted how;
    struct err e;
    int64_t n;

    ok(keys_add(db, "tenant", &limits, key, &e));
    ok(keys_check(db, key, &s.key_id, &e));
    ok(keys_list(db, ignore_key, NULL, &e));
    ok(sessions_add(db, &s, 100, &e));
    struct session nobodys = s;
    nobodys.key_id = 0;
    ok(sessions_add(db, &nobodys, 100, &e));
    ok(life_submit(db, conf, &ask, uuid, &how, &e));
    ask.session_uuid = nobodys.uuid;
    ask.key_id = 0;
    ask.work_key = "nobody's";
    ok(life_submit(db, conf, &ask, uuid, &how, &e));
    ok(sessions_find(db, s.uuid, &s, &e));
    ok(sessions_list(db, "", 10, ignore_session, NULL, &e));
    ok(sessions_totals(db, &totals, &e));
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    ok(jobs_count(db, &filter, &n, &e));
    ok(jobs_place(db, s.uuid, uuid, &n, &e));
    ok(life_end_session(db, s.uuid, &e));
    ok(life_clean_session(db, &e));
    ok(sessions_forget(db, &e));
    ok(keys_remove(db, "tenant", &e));
}

/* Calls whatever lib does to the database. A new statement needs a call here: the test below counts them. */
static void use_everything(void)
{
    struct db *db = fresh();
    struct conf conf = { .max_retries = 3, .max_crashes = 3, .retry_base_ms = 10, .lease_s = 60, .source_rest_s = 1,
                         .source_budgets = "*=1000", .data_dir = ".", .cache_days = 30, .max_duration_s = 60,
                         .sessions_open_jobs = 1 };
    struct job_filter filter = { .before_id = INT64_MAX, .limit = 10 };
    struct queue_progress p = { .stage = "download", .percent = 1, .downloaded_bytes = -1, .total_bytes = -1,
                                .speed_bps = -1, .eta_s = -1 };
    struct track_info info = { .url = "https://example.org/", .duration_ms = -1 };
    const struct artifact artifact = { .kind = "audio", .path = "b.mp3", .format = "mp3", .sha256 = "0",
                                       .size_bytes = 1 };
    const struct life_result result = { .artifacts = &artifact, .count = 1, .duration_ms = 1, .report_json = "{}",
                                        .place = place, .arg = (void *)artifact.path };
    struct worker_row worker = { .owner = "w1", .name = "w" }, workers[2];
    char uuid[ID_UUID_BYTES], second[ID_UUID_BYTES], track[ID_UUID_BYTES], owners[4][QUEUE_OWNER_BYTES];
    char token[ID_SECRET_BYTES], key[ID_SECRET_BYTES];
    const struct err network = { .kind = ERR_NETWORK, .text = "x" };
    const struct err refused = { .kind = ERR_RATE_LIMITED, .text = "x" };
    const struct err gone = { .kind = ERR_UNAVAILABLE, .text = "x" };
    struct new_job ask = { .url = "https://example.org/", .source = "generic", .asked = "example.org",
                           .spec_json = "{}", .client_ref = "", .work_key = "w", .outcome_key = "o",
                           .may_be_cached = true };
    struct preview preview = { .url = "https://example.org/", .source = "generic", .download_type = "auto" };
    struct preview seen_preview;
    struct job_request request;
    struct album album;
    bool waits;
    struct job_totals totals;
    struct queue_lane lane;
    char body[] = "{}";
    struct stored_answer answer = { .status = 201, .body = body }, given;
    static struct gates gates;
    int64_t n, key_id = 0;
    const struct track_filter all = { .job_id = 1, .limit = 10 };
    const struct listing list = { "A list", 3 };
    struct kept kept = { .key = "k", .file = "src.webm" };
    enum submitted how;
    enum life_share share;
    bool again, last;
    struct claim c, d;
    struct job job;
    struct track t;
    struct err e;

    ok(life_submit(db, &conf, &ask, uuid, &how, &e));
    ok(life_pause(db, uuid, &e));
    ok(life_resume(db, uuid, &e));
    ok(life_prioritize(db, uuid, 1, &e));
    ok(life_reschedule(db, uuid, 0, &e));
    ok(life_pause_lane(db, "slow", true, &e));
    assert_int_equal(life_pause_lane(db, "slow", true, &e), -1);
    ok(life_follow_clock(db, "boot", &e));
    run(db, "UPDATE clock SET offset_ms = 0");
    ok(life_follow_clock(db, "boot", &e));
    ok(life_promote(db, &e));
    ok(life_claim(db, &conf, "default", "w1", &c, &e));
    ok(queue_heartbeat(db, &c, 60000, &e));
    ok(life_tick(db, &c, &p, &e));
    ok(queue_stage(db, &c, "resolve", 0, "done", 1, 1, &e));
    ok(queue_other_owners(db, "w2", owners, 4, &e));
    ok(queue_next_orphan(db, "w1", INT64_MAX, &d, &e));
    ok(queue_others_running(db, &c, &e));
    ok(queue_count_running(db, "w1", &e));
    ok(queue_lane(db, "default", &lane, &e));
    ok(queue_running(db, 10, ignore_running, NULL, &e));
    ok(jobs_totals(db, &totals, &e));
    ok(sources_forget(db, &e));
    ok(sources_free_probes(db, &e));
    ok(gates_load(&gates, db, &conf, &e));
    ok(events_list(db, c.job_id, 0, 10, ignore_event, NULL, &e));
    ok(idempotency_find(db, &(struct idempotency_owner){ 1, "" }, "a", "h", &given, &e));
    ok(idempotency_store(db, &(struct idempotency_owner){ 1, "" }, "a", "h", &answer, &e));
    ok(idempotency_expire(db, 10, &e));
    ok(jobs_request(db, c.job_id, &request, &e));
    job_request_free(&request);
    id_uuid7(track);
    ok(life_fed(db, &c, &e));
    run(db, "UPDATE tasks SET asks = 2");
    ok(life_note(db, &c, "repeated", "resolve", &network, &e));
    struct found found = { .uuid = track, .index = 1, .info = &info, .is_known = true, .asks = ASKS_PAGE,
                           .result_key = "r", .may_share = true };
    const struct track_page page = { .info = &info, .result_key = "r" };
    ok(life_resolved(db, &conf, &c, &found, 1, &list, "note", &e));
    ok(life_claim(db, &conf, "default", "w1", &c, &e));
    ok(life_failed(db, &c, &conf, &network, &again, &e));
    run(db, "UPDATE tasks SET run_after_ms = 0");
    ok(life_promote(db, &e));
    ok(life_claim(db, &conf, "default", "w1", &c, &e));
    ok(life_failed(db, &c, &conf, &refused, &again, &e));
    ok(life_wake_source(db, "example.org", &e));
    check(life_claim(db, &conf, "default", "w1", &c, &e) == 1, "the source may be tried: %s", e.text);
    ok(life_failed(db, &c, &conf, &network, &again, &e));
    run(db, "UPDATE tasks SET run_after_ms = 0");
    ok(life_promote(db, &e));
    check(life_claim(db, &conf, "default", "w1", &c, &e) == 1, "the source may be tried again: %s", e.text);
    ok(life_failed(db, &c, &conf, &gone, &again, &e));
    ok(life_retry(db, uuid, &e));
    check(life_claim(db, &conf, "default", "w1", &c, &e) == 1, "retried: %s", e.text);
    ok(life_searched(db, &c, "{}", &e));
    ok(life_learned(db, &c, &page, &e));
    ok(life_share(db, &conf, &c, "r", true, &share, &e));
    ok(life_album(db, &c, "{}", &album, &waits, &e));
    ok(life_finished(db, &c, &result, &e));
    ok(jobs_find(db, uuid, &job, &e));
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    filter.state = "done";
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    filter.source = "generic";
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    filter.state = NULL;
    ok(jobs_list(db, &filter, ignore_job, NULL, &e));
    ok(jobs_count(db, &filter, &n, &e));
    ok(jobs_revision(db, &n, &e));
    ok(tracks_find(db, track, &t, &e));
    track_free(&t);
    ok(tracks_by_id(db, 1, &t, &e));
    track_free(&t);
    ok(tracks_of_job(db, &all, ignore_track, NULL, &e));
    ok(tracks_work_state(db, track, &e));
    ok(tracks_last_place(db, job.id, &n, &e));
    ok(tracks_may_be_at(db, job.id, 1, &info, &e));
    ok(tracks_place_of(db, job.id, &info, &n, &e));
    ok(tracks_paths_of_job(db, job.id, ignore_path, NULL, &e));
    ok(life_claim(db, &conf, "maintenance", "w1", &c, &e));
    ok(life_playlist_written(db, &c, "a/b.m3u8", &e));
    run(db, "UPDATE download_jobs SET is_list = 0");
    ok(life_submit(db, &conf, &ask, second, &how, &e));
    assert_int_equal(how, SUBMIT_CACHED);
    ok(kept_put(db, &kept, &e));
    ok(kept_find(db, "k", 0, &kept, &e));
    ok(kept_touch(db, "k", &e));
    ok(kept_next_out(db, 0, -1, key, &e));
    ok(kept_forget(db, "k", &e));
    ok(tracks_stages_of_job(db, job.id, ignore_stage, NULL, &e));
    ok(life_delete(db, uuid, &e));
    ok(life_claim(db, &conf, "maintenance", "w1", &c, &e));
    ok(life_clear_way(db, &c, &last, &e));
    ok(life_let_go(db, &c, "b.mp3", &last, &e));
    ok(life_purged(db, &c, &e));
    ok(life_delete(db, second, &e));
    ok(life_submit(db, &conf, &ask, uuid, &how, &e));
    ok(life_claim(db, &conf, "default", "w1", &c, &e));
    found.uuid = second;
    ok(life_found(db, &conf, &c, &found, 1, &list, &e));
    ok(life_cancel(db, uuid, &e));
    ask.work_key = "of nothing";
    ok(life_submit(db, &conf, &ask, uuid, &how, &e));
    ok(life_claim(db, &conf, "default", "w1", &c, &e));
    id_uuid7(track);
    found.uuid = track;
    found.refused = &(struct err){ .kind = ERR_UNAVAILABLE };
    ok(life_resolved(db, &conf, &c, &found, 1, &list, NULL, &e));
    ok(queue_forget_preview(db, 4711, &e));
    ok(life_preview(db, &preview, "example.org", &e));
    ok(life_claim(db, &conf, "preview", "w1", &c, &e));
    ok(previews_by_id(db, c.subject_id, &seen_preview, &e));
    ok(previews_find(db, preview.uuid, &seen_preview, &e));
    ok(life_previewed(db, &c, "{}", &e));
    ok(life_forget_preview(db, uuid, &e));
    ok(workers_add(db, &worker, &e));
    ok(workers_set_ytdlp(db, worker.owner, "/usr/bin/yt-dlp", "2026.10.26", &e));
    ok(workers_list(db, workers, 2, &e));
    ok(workers_remove(db, ".", "w1", &e));
    ok(keys_ensure_admin(db, unit_dir, &e));
    char *text = unit_read("admin-key");
    snprintf(key, sizeof key, "%s", text);
    free(text);
    ok(keys_check(db, key, &key_id, &e));
    ok(keys_login(db, key_id, 1000, token, &e));
    ok(keys_check_login(db, token, &key_id, &e));
    ok(keys_logout(db, token, &e));
    use_whitelist(db, &conf);
    use_tenants(db, &conf);
    db_close(&db);
}

/* Not the test's own, and not SQLite's own. */
static bool is_statement_of_a_module(const char *sql)
{
    static const char *const verbs[] = { "SELECT", "INSERT", "UPDATE", "DELETE", "WITH R" };

    if (strstr(sql, "SET run_after_ms = 0") || strstr(sql, "SET offset_ms = 0") || strstr(sql, "SET asks = 2") ||
        strstr(sql, "SET is_list = 0") ||
        strstr(sql, "sqlite_schema"))
        return false;
    for (size_t i = 0; i < LENGTH(verbs); i++)
        if (strncmp(sql, verbs[i], 6) == 0)
            return true;
    return false;
}

/* How many rows "[Q_…] =" the statement tables of lib have. */
static int statements_in_source(void)
{
    static const char *const modules[] = { "events", "idempotency", "jobs", "kept", "keys", "lanes", "previews",
                                          "queue", "sessions", "sources", "tracks", "whitelist", "workers" };
    int n = 0;

    for (size_t i = 0; i < LENGTH(modules); i++) {
        char name[64];
        snprintf(name, sizeof name, "lib/%s.c", modules[i]);
        char *text = unit_read(unit_checkout(name));
        for (const char *p = text; (p = strstr(p, "\n    [Q_")); p++)
            n++;
        free(text);
    }
    return n;
}

TEST(each_statement_of_each_module_prepares_and_is_known_to_this_test)
{
    struct db *db = fresh();        /* migrations are no module's statements */
    db_close(&db);
    seen_count = 0;
    sqlite3_auto_extension((void (*)(void))listen_in);
    use_everything();
    sqlite3_reset_auto_extension();
    int known = 0;
    for (int i = 0; i < seen_count; i++)
        known += is_statement_of_a_module(seen[i]);
    check(known == statements_in_source(),
          "%d statements ran here, lib/*.c has %d: use_everything() misses some, or two are alike", known,
          statements_in_source());
}

/* The statements that may walk a table, and why that stays small. Everything else has to use an index. */
static const struct { const char *part, *reason; } may_scan[] = {
    { "FROM job_counts", "a row per source and state" },
    { "FROM lanes ORDER BY", "four rows" },
    { "FROM sources WHERE trips > 0", "one row per source that ever refused or has a budget" },
    { "UPDATE sources SET", "the same" },
    { "DELETE FROM sources", "the same" },
    { "SET run_after_ms = run_after_ms +", "all that wait, when the clock was set" },
    { "SELECT (SELECT COUNT(*) FROM (SELECT 1", "a lane's length: QUEUE_COUNT_MOST rows at most" },
    { "WHERE t.state = 'running' ORDER BY t.owner", "what runs, by the index of it" },
    { "SELECT run_after_ms FROM tasks", "one row of the index tasks_later" },
    { "WITH RECURSIVE flow", "one row per flow: claiming_walks_the_index… looks at its steps" },
    { "SELECT DISTINCT owner FROM tasks", "running tasks only, by their partial index" },
    { "DELETE FROM logins WHERE expires_at_ms", "one row per signed-in browser" },
    { "FROM kept_sources", "as many streams as CACHE_MAX_MB has room for" },
    { "FROM previews WHERE state IN", "an hour's rows" },
    { "AND key_id IS NULL AND ended_at_ms", "as many sessions as SESSIONS_OPEN_MOST has room for" },
    { "FROM workers", "one row per worker process" },
    { "SELECT COUNT(*) FROM whitelist", "its entries, which somebody wrote by hand" },
    { "DELETE FROM api_keys", "at start and by hand, over a handful of keys" },
    { "FROM api_keys WHERE name", "the same" },
    { "FROM api_keys k ORDER BY", "the same" },
    { "SUM(jobs_submitted), 0) FROM sessions", "one row per session of SESSIONS_KEEP_MS, when somebody looks" },
    { "DELETE FROM sessions", "the same, by upkeep" },
};

TEST(no_hot_statement_walks_a_whole_table)
{
    /* Without statistics, and on empty tables: what the planner does by the schema alone. */
    struct db *db = fresh();
    db_close(&db);
    sqlite3 *h = raw("t.db");
    int plans = 0;

    assert_true(seen_count > 0);        /* by the test before */
    for (int i = 0; i < seen_count; i++) {
        sqlite3_stmt *s = NULL;
        char explain[4096];
        bool excused = false;
        if (!is_statement_of_a_module(seen[i]))
            continue;
        for (size_t k = 0; k < LENGTH(may_scan); k++)
            excused = excused || strstr(seen[i], may_scan[k].part);
        snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", seen[i]);
        check(sqlite3_prepare_v2(h, explain, -1, &s, NULL) == SQLITE_OK, "%s: %s", seen[i], sqlite3_errmsg(h));
        while (sqlite3_step(s) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(s, 3);
            plans++;
            check(excused || strncmp(step, "SCAN", 4) != 0 || strstr(step, "CONSTANT ROW"), "%s\nin: %s", step,
                  seen[i]);
            check(excused || !strstr(step, "TEMP B-TREE") || !strstr(seen[i], "UPDATE tasks"), "%s\nin: %s", step,
                  seen[i]);
        }
        sqlite3_finalize(s);
    }
    sqlite3_close(h);
    assert_true(plans > 40);
}

/* SQLite's own measure of work. */
static int steps_of(sqlite3 *h, const char *sql)
{
    sqlite3_stmt *s = NULL;

    assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_int64(s, sqlite3_bind_parameter_index(s, ":job_id"), 1), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW)
        ;
    const int steps = sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(s);
    return steps;
}

static void add_stages_of(sqlite3 *h, int from, int to)
{
    char sql[400];

    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO task_stages (task_id, name, position, state, attempt)"
             " SELECT i, p.value, p.key, 'done', 1 FROM n, json_each('[\"find\",\"download\",\"master\",\"tag\"]') p",
             from, to);
    check(sqlite3_exec(h, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(h));
}

TEST(stages_that_are_not_shown_cost_nothing)
{
    struct db *db = fresh();
    const char *stages = NULL;

    db_close(&db);
    sqlite3 *h = raw("t.db");
    for (int i = 0; i < seen_count; i++)
        if (strstr(seen[i], "FROM task_stages"))
            stages = seen[i];
    assert_non_null(stages);
    check(sqlite3_exec(h, "INSERT INTO download_jobs (id, uuid, url, source, spec_json, created_at_ms, updated_at_ms,"
                       "       revision) VALUES (1, 'u', '', '', '{}', 1, 1, 1);"
                       "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                       " INSERT INTO tasks (id, kind, queue, job_id, state, created_at_ms)"
                       " SELECT i, 'track', 'default', 1, 'done', 1 FROM n",
                       NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(h));
    add_stages_of(h, 1, 16);
    const int few = steps_of(h, stages);
    add_stages_of(h, 17, 300);
    check(steps_of(h, stages) < few + 16, "%d steps, %d without them", steps_of(h, stages), few);
    sqlite3_close(h);
}

TEST(claiming_walks_the_index_of_waiting_tasks)
{
    struct db *db = fresh();
    bool claim = false, due = false;

    db_close(&db);
    sqlite3 *h = raw("t.db");
    for (int i = 0; i < seen_count; i++) {
        const bool is_claim = strstr(seen[i], "RETURNING id, job_id");
        const bool is_due = strstr(seen[i], "WITH RECURSIVE flow") && !strstr(seen[i], "UPDATE");
        if (!is_claim && !is_due)
            continue;
        sqlite3_stmt *s = NULL;
        char explain[4096];
        int by_index = 0;
        snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", seen[i]);
        assert_int_equal(sqlite3_prepare_v2(h, explain, -1, &s, NULL), SQLITE_OK);
        while (sqlite3_step(s) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(s, 3);
            check(strncmp(step, "SCAN tasks", 10) != 0 && strncmp(step, "SCAN t", 7) != 0, "%s\nin: %s", step, seen[i]);
            if (strstr(step, "INDEX tasks_claim (queue=? AND source=? AND asks>?)") ||
                strstr(step, "INDEX tasks_claim (queue=? AND source>?)") ||
                strstr(step, "INDEX tasks_claim (queue=?)"))
                by_index++;
        }
        sqlite3_finalize(s);
        check(by_index == 3, "first flow, next of its source, next source: %d steps by the index in %s", by_index,
              seen[i]);
        claim = claim || is_claim;
        due = due || is_due;
    }
    sqlite3_close(h);
    assert_true(claim && due);
}

UNIT_MAIN(UNIT(each_statement_of_each_module_prepares_and_is_known_to_this_test),
          UNIT(no_hot_statement_walks_a_whole_table),
          UNIT(stages_that_are_not_shown_cost_nothing), UNIT(claiming_walks_the_index_of_waiting_tasks))
