/*
 * a_job: what the tests of jobs and their queue share: a database of their own, and short words for what a handler, a
 * worker or a client does with a job. A step that must not fail stops the test when it does.
 *
 *     const char *uuid;
 *     const struct claim c = running_track(&uuid);
 *     must(life_pause(db, uuid, &e));
 *     is(uuid, "downloading");
 */
#ifndef DUBPLATE_A_JOB_H
#define DUBPLATE_A_JOB_H

#include "unit.h"

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "events.h"
#include "gates.h"
#include "life_work.h"
#include "lifecycle.h"
#include "status.h"

static struct db *db;
static struct err e;        /* of the last call */
static struct conf conf;

#define must(call) check((call) == 0, #call ": %s", e.text)
#define refuses(call, why) check((call) == -1 && e.kind == (why), #call ": %s %s", err_class(e.kind)->name, e.text)

static int job_enter(void **state)
{
    if (unit_enter(state))
        return -1;
    log_set_level(LOG_WARN);
    conf = (struct conf){ .max_retries = 3, .max_crashes = 3, .retry_base_ms = 1000, .lease_s = 60,
                          .max_duration_s = 14400, .sessions_open_jobs = 200, .source_rest_s = 100,
                          .source_budgets = "", .data_dir = "." };
    return db_migrate("t.db", &e) || db_open(&db, "t.db", &e);
}

static int job_leave(void **state)
{
    db_close(&db);
    return unit_leave(state);
}

#define JOB(name) cmocka_unit_test_setup_teardown(name, job_enter, job_leave)

/* ---- past the calls under test ---- */

static inline int64_t number(const char *sql)
{
    struct stmt *s = db_stmt(db, sql);
    check(db_step(s, &e) == 1, "%s: %s", sql, e.text);
    const int64_t n = col_int(s, 0);
    db_done(s);
    return n;
}

static inline void run(const char *sql)
{
    must(db_run(db_stmt(db, sql), &e));
}

static inline void make_due(void)
{
    run("UPDATE tasks SET run_after_ms = 0, due = 1 WHERE state = 'queued'");
}

/* The counts that pages show, beside what a count over all rows says. */
static inline void counts_are_right(void)
{
    check(number("SELECT COUNT(*) FROM (SELECT source, state, COUNT(*) AS n FROM download_jobs"
                 "  WHERE deleted_at_ms IS NULL GROUP BY source, state) j"
                 "  LEFT JOIN job_counts c ON c.source = j.source AND c.state = j.state"
                 "  WHERE c.jobs IS NOT j.n") == 0, "job_counts lack something");
    check(number("SELECT COALESCE(SUM(jobs), 0) FROM job_counts") ==
          number("SELECT COUNT(*) FROM download_jobs WHERE deleted_at_ms IS NULL"), "job_counts have too much");
    check(number("SELECT COUNT(*) FROM job_counts WHERE jobs < 0") == 0, "less than no job");
}

/* ---- what a handler does ---- */

/* A job of its own work; its uuid lives until the eighth next call. */
static inline const char *submit_to(const char *asked, int64_t priority, int64_t at_ms)
{
    static char uuids[8][ID_UUID_BYTES];
    static int count;
    char work[32], *uuid = uuids[count % 8];
    struct new_job j = { .url = "https://example.org/a", .source = "generic", .asked = asked, .spec_json = "{}",
                         .client_ref = "ref", .work_key = work, .priority = priority, .scheduled_at_ms = at_ms };
    enum submitted how;

    snprintf(work, sizeof work, "work %d", count++);
    must(life_submit(db, &conf, &j, uuid, &how, &e));
    check(how == SUBMIT_NEW, "nobody asked for this before");
    return uuid;
}

static inline const char *submit(void)
{
    return submit_to("example.org", 0, 0);
}

/* ---- what a worker does ---- */

static inline int try_claim(const char *lane, struct claim *c)
{
    return life_claim(db, &conf, lane, "w1", c, &e);
}

static inline struct claim claim_in(const char *lane)
{
    struct claim c;
    check(try_claim(lane, &c) == 1, "nothing to claim in %s: %s", lane, e.text);
    return c;
}

static inline struct claim claim(void)
{
    return claim_in("default");
}

static inline void nothing_to_claim(const char *why)
{
    struct claim c;
    check(try_claim("default", &c) == 0, "%s, yet task %lld was given out", why, (long long)c.task_id);
}

static const struct track_info info = { .url = "https://example.org/a", .title = "Title", .artist = "Artist",
                                        .duration_ms = 60000 };
static char track_uuid[ID_UUID_BYTES];      /* of the track that resolve() made last */

/* With one track, whose files have this key. */
static inline int resolve_as(const struct claim *c, const char *uuid, const char *result_key)
{
    const struct found found = { .uuid = uuid, .index = 1, .info = &info, .is_known = true, .asks = ASKS_MEDIA,
                                 .result_key = result_key, .may_share = true };

    return life_resolved(db, &conf, c, &found, 1, NULL, NULL, &e);
}

static inline void resolve(const struct claim *c)
{
    id_uuid7(track_uuid);
    must(resolve_as(c, track_uuid, NULL));
}

/* A job whose track task is claimed. */
static inline struct claim running_track(const char **uuid)
{
    *uuid = submit();
    const struct claim c = claim();
    resolve(&c);
    return claim();
}

static inline int tick(const struct claim *c)
{
    return life_tick(db, c, &(struct queue_progress){ .stage = "download", .percent = 5, .downloaded_bytes = 5,
                                                      .total_bytes = -1, .speed_bps = -1, .eta_s = -1 }, &e);
}

static int placed;          /* how often the last finish put its files in their place */

struct placing { const struct artifact *files; int count; bool room; };

static inline int place(void *arg, struct err *err)
{
    const struct placing *p = arg;

    placed++;
    for (int i = 0; i < p->count && p->room; i++)
        must(file_mkdirs("downloads", &e) || file_write_atomic(p->files[i].path, "x", 1, &e));
    return p->room ? 0 : err_set(err, ERR_DISK, "no room");
}

/* With two files of its own, for which there is room or not. */
static inline int finish_with(struct db *by, const struct claim *c, bool room)
{
    struct artifact files[] = {
        { .kind = "audio", .format = "mp3", .sha256 = "aa", .size_bytes = 10 },
        { .kind = "cover", .format = "jpg", .sha256 = "bb", .size_bytes = 5 },
    };
    struct placing placing = { files, LENGTH(files), room };
    const struct life_result r = { .artifacts = files, .count = LENGTH(files), .duration_ms = 61000,
                                   .report_json = "{}", .place = place, .arg = &placing };

    for (size_t i = 0; i < LENGTH(files); i++)
        snprintf(files[i].path, sizeof files[i].path, "downloads/%lld.%s", (long long)c->task_id, i ? "jpg" : "mp3");
    placed = 0;
    return life_finished(by, c, &r, &e);
}

static inline int finish(struct db *by, const struct claim *c)
{
    return finish_with(by, c, true);
}

/* Returns whether there is another attempt. */
static inline bool fail_with(const struct claim *c, enum err_kind kind)
{
    const struct err why = { .kind = kind, .text = "what happened" };
    bool again = false;

    must(life_failed(db, c, &conf, &why, &again, &e));
    return again;
}

/* ---- what a client sees ---- */

static inline struct job job(const char *uuid)
{
    struct job j;
    must(jobs_find(db, uuid, &j, &e));
    return j;
}

static inline void is(const char *uuid, const char *word)
{
    const struct job j = job(uuid);
    check(strcmp(status_word(&j), word) == 0, "clients read %s, not %s", status_word(&j), word);
}

/* And in its row. */
static inline void state_is(const char *uuid, const char *state, const char *word)
{
    const struct job j = job(uuid);
    check(strcmp(j.state, state) == 0, "the job is %s, not %s", j.state, state);
    is(uuid, word);
}

static inline const char *whose(const struct claim *c)
{
    static char uuid[ID_UUID_BYTES];
    struct job_request r = { 0 };

    must(jobs_request(db, c->job_id, &r, &e));
    snprintf(uuid, sizeof uuid, "%s", r.uuid);
    job_request_free(&r);
    return uuid;
}

/* With a worker that serves these lanes, and room on the disk. */
static inline const char *waiting_for(const char *uuid)
{
    static struct gates gates;
    static char why[480];
    const struct job j = job(uuid);
    int64_t until_ms;

    must(gates_load(&gates, db, &conf, &e));
    gates.worker_count = 1;
    snprintf(gates.workers[0].queue_names, sizeof gates.workers[0].queue_names, "maintenance,default,slow");
    const char *said = status_waiting_for(&j, &gates, why, sizeof why, &until_ms);
    return said ? said : "(nothing)";
}

static inline void waits_for(const char *uuid, const char *start)
{
    const char *said = waiting_for(uuid);
    check(strncmp(said, start, strlen(start)) == 0, "it waits for \"%s\", not \"%s…\"", said, start);
}

static inline void note_event(void *arg, const struct event *ev)
{
    char *log = arg;
    const size_t n = strlen(log);
    snprintf(log + n, 400 - n, "%s%s", n ? " " : "", ev->event);
}

static inline void happened(const char *uuid, const char *expected)
{
    char log[400] = "";
    must(events_list(db, job(uuid).id, 0, 100, note_event, log, &e));
    assert_string_equal(log, expected);
}

#endif
