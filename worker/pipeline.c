/*
 * The stages of a track, and the only place that knows their order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "json.h"
#include "learn.h"
#include "run.h"
#include "workdir.h"

/* What is left open about a track of a list is learnt first, in every attempt until it is known; what follows is made
 * of that. */
static const struct stage learning = { .name = "resolve", .run = stage_learn, .weight = 3, .version = 1 };

static const struct stage stages[] = {
    /* link -> src.EXT, thumbnail */
    { .name = "download", .run = stage_download, .weight = 55, .feeds = true, .version = 1 },
    /* src.EXT -> its share of the album */
    { .name = "measure", .run = stage_measure, .file = "measured.json", .version = 1, .wanted = measure_is_wanted },
    /* src.EXT -> audio without tags, report */
    { .name = "master", .run = stage_master, .weight = 37, .file = "master.audio", .version = 3, .together = true },
    /* audio, thumbnail -> tagged audio, cover.jpg */
    { .name = "tag", .run = stage_tag, .weight = 3, .file = "final.audio", .version = 3 },
    /* tagged audio -> its final place, row */
    { .name = "store", .run = stage_store, .weight = 5, .version = 1 },
};

static struct queue_progress no_bytes(const char *stage, double percent)
{
    return (struct queue_progress){ .stage = stage, .percent = percent, .downloaded_bytes = -1, .total_bytes = -1,
                                    .speed_bps = -1, .eta_s = -1 };
}

static int save_state(const struct run *r, struct err *e)
{
    char *text = cJSON_PrintUnformatted(r->state);
    const int rc = file_write_atomic(run_path(r, "state.json"), text, strlen(text), e);

    cJSON_free(text);
    return rc;
}

/* What earlier attempts saved. Unreadable is as good as absent: the stages run again. */
static void load_state(struct run *r)
{
    char *text = NULL;
    size_t len = 0;
    struct err e;

    if (file_read(&text, &len, run_path(r, "state.json"), 1 << 20, &e) == 0 &&
        json_parse(&r->state, text, len, &json_limits_tool, &e) == 0 && !cJSON_IsObject(r->state)) {
        cJSON_Delete(r->state);
        r->state = NULL;
    }
    free(text);
    if (!r->state)
        r->state = cJSON_CreateObject();
}

/* All that a stage's outcome depends on: what was asked, and what the stage before it has made. */
static void hash_inputs(const struct run *r, int position, char hash[ID_SHA256_BYTES])
{
    const struct stage *s = &stages[position];
    const cJSON *before = NULL;

    while (!before && position > 0)     /* not all are wanted of every track */
        before = run_output(r, stages[--position].name);
    char *made = before ? cJSON_PrintUnformatted(before) : NULL;
    char *all = xasprintf("%s %d\n%s\n%s\n%s", s->name, s->version, r->track.info.url, r->job.spec_json,
                          made ? made : "");

    id_sha256(hash, all, strlen(all));
    free(all);
    cJSON_free(made);
}

/* Its size is a part of what is saved: a file that was cut short since is no longer what the stage made. */
static int64_t output_size(const struct run *r, const struct stage *s, const cJSON *out)
{
    const char *file = s->file ? s->file : json_text(out, "file", NULL);
    struct stat st;

    return file && stat(run_path(r, file), &st) == 0 ? (int64_t)st.st_size : -1;
}

static bool is_done(const struct run *r, int position)
{
    const struct stage *s = &stages[position];
    const cJSON *out = run_output(r, s->name);
    char hash[ID_SHA256_BYTES];
    const int64_t size = output_size(r, s, out);

    hash_inputs(r, position, hash);
    return out && size > 0 && strcmp(json_text(out, "inputs", ""), hash) == 0 &&
           json_number(out, "bytes", -1) == (double)size;
}

struct trying { struct run *run; const struct stage *stage; cJSON *out; };

static int try_stage(void *arg, struct err *e)
{
    const struct trying *t = arg;

    while (t->out->child)       /* of a try that failed half-way */
        cJSON_Delete(cJSON_DetachItemViaPointer(t->out, t->out->child));
    return t->stage->run(t->run, t->out, e);
}

static int begin_stage(struct run *r, const struct stage *s, int position, struct err *e)
{
    r->stage = s->name;
    r->position = position;
    r->percent_weight = s->weight;
    r->stage_started_ms = clock_boot_ms();
    r->cpu_ms = 0;
    r->ticked_ms = 0;
    r->shown = no_bytes(s->name, r->shown.percent);
    run_failpoint(r, s->name, "begin");
    const int rc = run_tick(r, 0, e);
    run_book_stage(r, "running");
    return rc;
}

static int end_stage(struct run *r, const struct stage *s, int rc, const struct err *e)
{
    run_book_stage(r, rc ? "failed" : "done");
    log_line(rc ? LOG_WARN : LOG_INFO, rc ? "stage_failed" : "stage_done", "stage=%s wall_ms=%lld cpu_ms=%lld%s%s",
             s->name, (long long)(clock_boot_ms() - r->stage_started_ms), (long long)r->cpu_ms, rc ? " kind=" : "",
             rc ? err_class(e->kind)->name : "");
    if (rc == 0)
        run_failpoint(r, s->name, "end");
    r->percent_done += s->weight;
    return rc;
}

/* Its patience is its own: a search and a page are two things to ask for. */
static int learn(struct run *r, struct err *e)
{
    const int rc = begin_stage(r, &learning, 0, e) || learning.run(r, NULL, e) ? -1 : 0;
    return end_stage(r, &learning, rc, e);
}

static int run_stage(struct run *r, int position, struct err *e)
{
    const struct stage *s = &stages[position];
    cJSON *out = cJSON_CreateObject();
    char hash[ID_SHA256_BYTES];
    struct err unsaid;

    int rc = begin_stage(r, s, position + 1, e);
    if (rc == 0)
        rc = run_patiently(r, try_stage, &(struct trying){ r, s, out }, e);
    if (rc == 0) {
        hash_inputs(r, position, hash);
        json_put_text(out, "inputs", hash);
        json_put_int(out, "bytes", output_size(r, s, out));
        cJSON_DeleteItemFromObjectCaseSensitive(r->state, s->name);
        cJSON_AddItemToObject(r->state, s->name, out);
        out = NULL;
        rc = position + 1 < (int)ARRAY_LEN(stages) ? save_state(r, e) : 0;
        if (rc == 0 && s->feeds && life_fed(r->db, &r->claim, &unsaid) && unsaid.kind == ERR_LOST)
            rc = err_set(e, ERR_LOST, "%s", unsaid.text);
    }
    cJSON_Delete(out);
    return end_stage(r, s, rc, e);
}

/* Is there any need for it? Somebody may have made these very files, or be making them. */
static int share(struct run *r, bool *needed, struct err *e)
{
    enum life_share how = SHARE_NOT;

    *needed = true;
    if (!*r->track.result_key)
        return 0;
    if (life_share(r->db, r->conf, &r->claim, r->track.result_key, r->spec.use_cache, &how, e))
        return -1;
    *needed = how == SHARE_NOT;
    r->put_back = how == SHARE_WAIT;
    if (!*needed)
        log_line(LOG_INFO, r->put_back ? "task_waits_for_twin" : "task_shared", "key=%.12s", r->track.result_key);
    return 0;
}

int task_track(struct run *r, struct err *e)
{
    bool skipping = true, needed = true;

    if (tracks_by_id(r->db, r->claim.subject_id, &r->track, e))
        return -1;
    snprintf(r->work, sizeof r->work, "%s/work/%s", r->conf->data_dir, r->track.uuid);
    if (file_mkdirs(r->work, e))
        return -1;
    load_state(r);
    if (r->track.is_known ? learn_check_track(r, e) : learn(r, e))
        return -1;
    if (share(r, &needed, e) || !needed)
        return needed ? -1 : 0;
    for (int i = 0; i < (int)ARRAY_LEN(stages); i++) {
        if (stages[i].wanted && !stages[i].wanted(r))
            continue;
        skipping = skipping && is_done(r, i);
        if (skipping) {
            r->percent_done += stages[i].weight;
            continue;
        }
        if (stages[i].together && measure_is_wanted(r) && (measure_gather(r, e) || r->put_back))
            return r->put_back ? 0 : -1;
        if (run_stage(r, i, e))
            return -1;
    }
    return 0;
}
