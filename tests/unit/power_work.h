/* power_work: the choices of the power-loss test, and what it asks the code under test. */
#ifndef DUBPLATE_POWER_WORK_H
#define DUBPLATE_POWER_WORK_H

#include "unit.h"

#include "base/id.h"
#include "life_work.h"
#include "lifecycle.h"
#include "status.h"

static struct err e;            /* of the last call; not inside a cut, which may come in the middle of one */
#define must(call) check((call) == 0, "seed %llu: " #call ": %s", seed, e.text)

/* ---- choices: what is done and where the power is cut come from two streams, so that controls do the same ---- */

static unsigned long long seed;
static uint64_t work, fate;     /* states of the two streams */

static inline uint64_t next_random(uint64_t *stream)      /* splitmix64 */
{
    uint64_t z = *stream += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline unsigned below(uint64_t *stream, unsigned bound)
{
    return (unsigned)(next_random(stream) % bound);
}

static inline unsigned long long setting(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    char *end = NULL;
    const unsigned long long value = text && *text ? strtoull(text, &end, 10) : otherwise;

    if (end && (*end || end == text)) {
        fprintf(stderr, "%s=%s is no number\n", name, text);
        exit(2);
    }
    return value;
}

/* ---- what the code under test is asked; the only calls into it ---- */

enum state { GONE, OPEN, DONE, FAILED, CANCELLED, NONSENSE };
static const char *const state_names[] = { "gone", "open", "done", "failed", "cancelled", "nonsense" };
/* Another attempt every time, and at once. */
static const struct conf conf = { .lease_s = 60, .max_retries = 1000, .max_crashes = 1000 };

/* Sometimes long enough for a chain of overflow pages. */
static inline const char *some_json(void)
{
    static char json[6100];
    const size_t n = below(&work, 4) ? 20 : 500 + below(&work, 5500);

    memset(json, 'x', sizeof json);
    memcpy(json, "{\"a\":\"", 6);
    memcpy(json + n, "\"}", 3);
    return json;
}

/* Every link another one: no two jobs are the same work. */
static inline int submit(struct db *db, const char *spec_json, char uuid[ID_UUID_BYTES], struct err *err)
{
    static unsigned links;
    char url[64];
    struct new_job j = { .url = url, .source = "generic", .asked = "example.org", .spec_json = spec_json,
                         .client_ref = "ref", .work_key = url };
    enum submitted how;

    snprintf(url, sizeof url, "https://example.org/%08u", ++links);
    return life_submit(db, &conf, &j, uuid, &how, err);
}

/* 1: it is ours; 0: nothing is due; -1. */
static inline int claim(struct db *db, const char *lane, struct claim *out)
{
    if (life_promote(db, &e) < 0)
        return -1;
    return life_claim(db, &conf, lane, "w1", out, &e);
}

static inline int tick(struct db *db, const struct claim *c)
{
    const struct queue_progress p = { .stage = "download", .percent = below(&work, 100), .downloaded_bytes = 1,
                                      .total_bytes = 2, .speed_bps = 3, .eta_s = 4 };
    return life_tick(db, c, &p, &e);
}

static inline int resolve(struct db *db, const struct claim *c)
{
    static const struct track_info info = { .url = "https://example.org/a", .title = "T", .duration_ms = 60000 };
    char uuid[ID_UUID_BYTES];

    id_uuid7(uuid);
    const struct found found = { .uuid = uuid, .index = 1, .info = &info, .is_known = true, .asks = ASKS_MEDIA };
    return life_resolved(db, &conf, c, &found, 1, NULL, NULL, &e);
}

static inline int place(void *arg, struct err *err)
{
    (void)arg, (void)err;
    return 0;
}

static inline int finish(struct db *db, const struct claim *c)
{
    struct artifact audio = { .kind = "audio", .format = "mp3", .sha256 = "aa", .size_bytes = 10 };
    const struct life_result r = { .artifacts = &audio, .count = 1, .duration_ms = 61000, .report_json = some_json(),
                                   .place = place };

    snprintf(audio.path, sizeof audio.path, "downloads/%lld.mp3", (long long)c->task_id);
    return life_finished(db, c, &r, &e);
}

static inline int end_badly(struct db *db, const struct claim *c, enum err_kind kind)
{
    struct err why;
    bool again = false;

    err_set(&why, kind, "as told");
    return life_failed(db, c, &conf, &why, &again, &e);
}

static inline void job_of(struct db *db, const struct claim *c, char uuid[ID_UUID_BYTES])
{
    struct stmt *s = db_stmt(db, "SELECT uuid FROM download_jobs WHERE id = :id");

    bind_int(s, ":id", c->job_id);
    check(db_step(s, &e) == 1, "seed %llu: a task of no job", seed);
    col_copy(s, 0, uuid, ID_UUID_BYTES);
    db_done(s);
}

/* As a client sees it. Done means that there is something to fetch. */
static inline enum state state_of(struct db *db, const char *uuid)
{
    struct job job;
    struct err err;

    if (jobs_find(db, uuid, &job, &err))
        return err.kind == ERR_NOT_FOUND ? GONE : NONSENSE;
    if (!status_is_final(job.state))
        return OPEN;
    for (enum state s = DONE; s <= CANCELLED; s++)
        if (strcmp(job.state, state_names[s]) == 0)
            return s == DONE && !job.has_audio ? NONSENSE : s;
    return NONSENSE;
}

/* Grows with every change that a client can see, progress included. -1: unreadable. */
static inline int64_t revision_of(struct db *db)
{
    int64_t revision = -1;
    struct err err;

    return jobs_revision(db, &revision, &err) ? -1 : revision;
}

#endif
