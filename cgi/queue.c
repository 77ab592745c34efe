/*
 * /api/queue, /api/workers: the lanes and how long they are, who works, what rests; and the levers that belong to all
 * jobs together.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "gates.h"
#include "handler.h"
#include "jobs.h"
#include "json.h"
#include "lifecycle.h"
#include "queue.h"

#define RUNNING_MOST 200

static int put_lanes(cJSON *o, struct db *db, const struct gates *g, struct err *e)
{
    cJSON *list = json_put_array(o, "lanes");

    for (int i = 0; i < g->lane_count; i++) {
        struct queue_lane lane;
        if (queue_lane(db, g->lanes[i].name, &lane, e))
            return -1;
        cJSON *row = cJSON_CreateObject();
        json_put_text(row, "name", g->lanes[i].name);
        json_put_bool(row, "paused", g->lanes[i].paused_at_ms != 0);
        json_put_time(row, "paused_at", g->lanes[i].paused_at_ms);
        json_put_bool(row, "served", gates_lane_is_served(g, g->lanes[i].name));
        json_put_int(row, "queued", lane.due);
        json_put_int(row, "later", lane.later);
        json_put_bool(row, "more", lane.due == QUEUE_COUNT_MOST || lane.later == QUEUE_COUNT_MOST);
        json_put_int(row, "running", lane.running);
        cJSON_AddItemToArray(list, row);
    }
    return 0;
}

static void put_sources(cJSON *o, const struct gates *g)
{
    cJSON *list = json_put_array(o, "sources");

    for (int i = 0; i < g->source_count; i++) {
        const struct source_row *s = &g->sources[i];
        const bool open = s->trips && s->open_until_ms > g->now_ms;
        cJSON *row = cJSON_CreateObject();
        json_put_text(row, "name", s->name);
        json_put_text(row, "state", !s->trips ? "closed" : open ? "open" : "half_open");
        json_put_time(row, "until", open ? s->open_until_ms : 0);
        json_put_int(row, "refusals", s->trips);
        json_put_text(row, "kind", *s->error_kind ? s->error_kind : NULL);
        json_put_text(row, "detail", *s->error_text ? s->error_text : NULL);
        json_put_int(row, "budget_per_hour", sources_budget(g->budgets, s->name));
        json_put_time(row, "next_at", s->free_at_ms > g->now_ms ? s->free_at_ms : 0);
        cJSON_AddItemToArray(list, row);
    }
}

static void add_running(void *arg, const struct queue_running *r)
{
    cJSON *row = cJSON_CreateObject();

    json_put_int(row, "task", r->task_id);
    json_put_text(row, "job_id", r->job_uuid);
    json_put_text(row, "kind", r->kind);
    json_put_text(row, "queue", r->queue);
    json_put_text(row, "stage", *r->stage ? r->stage : NULL);
    json_put_number(row, "percent", round(r->percent * 10) / 10);
    json_put_int(row, "attempt", r->attempt);
    json_put_text(row, "owner", r->owner);
    json_put_number(row, "lease_seconds", (double)(r->lease_until_boot_ms - clock_boot_ms()) / 1000);
    cJSON_AddItemToArray(arg, row);
}

static void put_jobs(cJSON *o, const struct job_totals *t)
{
    cJSON *jobs = json_put_object(o, "jobs");

    json_put_int(jobs, "queued", t->queued);
    json_put_int(jobs, "running", t->running);
    json_put_int(jobs, "paused", t->paused);
    json_put_int(jobs, "done", t->done);
    json_put_int(jobs, "failed", t->failed);
    json_put_int(jobs, "cancelled", t->cancelled);
}

static int answer_queue(struct request *req, struct response *res, const struct gates *g, struct err *e)
{
    struct job_totals totals;

    res->json = cJSON_CreateObject();
    if (put_lanes(res->json, req->db, g, e) || jobs_totals(req->db, &totals, e))
        return -1;
    put_sources(res->json, g);
    put_jobs(res->json, &totals);
    cJSON *disk = json_put_object(res->json, "disk");
    json_put_int(disk, "free_bytes", g->free_bytes);
    json_put_int(disk, "needed_bytes", g->needed_bytes);
    json_put_bool(disk, "low", gates_disk_is_low(g));
    json_put_int(res->json, "workers", g->worker_count);
    return queue_running(req->db, RUNNING_MOST, add_running, json_put_array(res->json, "running"), e);
}

static int queue_info(struct request *req, struct response *res, struct err *e)
{
    static struct gates gates;
    int64_t revision = 0;

    if (jobs_revision(req->db, &revision, e) || gates_load(&gates, req->db, req->conf, e))
        return -1;
    return response_unchanged(req, res, revision, gates.tag) ? 0 : answer_queue(req, res, &gates, e);
}

static int steer_lane(struct request *req, struct response *res, bool paused, struct err *e)
{
    static struct gates gates;

    if (life_pause_lane(req->db, req->id, paused, e) || gates_load(&gates, req->db, req->conf, e))
        return -1;
    return answer_queue(req, res, &gates, e);
}

static int lane_pause(struct request *req, struct response *res, struct err *e)
{
    return steer_lane(req, res, true, e);
}

static int lane_resume(struct request *req, struct response *res, struct err *e)
{
    return steer_lane(req, res, false, e);
}

static int source_wake(struct request *req, struct response *res, struct err *e)
{
    static struct gates gates;

    if (life_wake_source(req->db, req->id, e) || gates_load(&gates, req->db, req->conf, e))
        return -1;
    return answer_queue(req, res, &gates, e);
}

static int workers(struct request *req, struct response *res, struct err *e)
{
    static struct gates gates;

    if (gates_load(&gates, req->db, req->conf, e))
        return -1;
    res->json = cJSON_CreateObject();
    cJSON *list = json_put_array(res->json, "workers");
    for (int i = 0; i < gates.worker_count; i++) {
        const struct worker_row *w = &gates.workers[i];
        cJSON *row = cJSON_CreateObject();
        json_put_text(row, "owner", w->owner);
        json_put_text(row, "name", w->name);
        json_put_int(row, "pid", w->pid);
        json_put_text(row, "version", w->version);
        json_put_text(row, "queues", w->queue_names);
        json_put_int(row, "concurrency", w->concurrency);
        json_put_text(row, "ytdlp_path", w->ytdlp_path);
        json_put_text(row, "ytdlp_version", strcmp(w->ytdlp_version, "?") ? w->ytdlp_version : NULL);
        json_put_time(row, "started_at", w->started_at_ms);
        cJSON_AddItemToArray(list, row);
    }
    json_put_text(res->json, "next_cursor", NULL);
    json_put_int(res->json, "total", gates.worker_count);
    return 0;
}

static const struct route routes[] = {
    { "GET",  "/api/queue",                     queue_info,  0 },
    { "GET",  "/api/queue/info",                queue_info,  0 },
    { "POST", "/api/queue/{name}/pause",        lane_pause,  0 },
    { "POST", "/api/queue/{name}/resume",       lane_resume, 0 },
    { "POST", "/api/queue/sources/{name}/wake", source_wake, 0 },
    { "GET",  "/api/workers",                   workers,     0 },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("queue", routes);
}
