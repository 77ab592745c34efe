/*
 * /api/health, /api/options: what this server is and what may be asked of it.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "handler.h"
#include "jobs.h"
#include "json.h"
#include "spec.h"
#include "workers.h"

#define YTDLP_OLD_DAYS 90       /* sites change weekly; a yt-dlp older than this fails on the big ones */
#define MAX_WORKERS    64

/* Days since the release that a version like 2026.10.26 names; -1 if it is no date. */
static int release_age_days(const char *version, int64_t now_ms)
{
    struct tm tm = { 0 };
    int year, month, day;

    if (sscanf(version, "%4d.%2d.%2d", &year, &month, &day) != 3)
        return -1;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    return (int)((now_ms / 1000 - (int64_t)timegm(&tm)) / 86400);
}

static void put_ytdlp(cJSON *o, cJSON *services, const struct worker_row *w)
{
    cJSON *y = json_put_object(o, "ytdlp");
    const int age = w ? release_age_days(w->ytdlp_version, clock_wall_ms()) : -1;

    const bool asked = w && w->ytdlp_version[0] != '?';

    json_put_text(y, "version", asked && w->ytdlp_version[0] ? w->ytdlp_version : NULL);
    if (age >= 0)
        json_put_int(y, "age_days", age);
    else
        cJSON_AddNullToObject(y, "age_days");
    json_put_text(services, "ytdlp",
                  !asked ? "unknown" : !w->ytdlp_version[0] ? "missing" : age > YTDLP_OLD_DAYS ? "outdated" : "ok");
}

static int health(struct request *req, struct response *res, struct err *e)
{
    static struct worker_row rows[MAX_WORKERS];
    const struct worker_row *newest = NULL;
    struct job_totals totals;
    int alive = 0;

    const int n = workers_list(req->db, rows, MAX_WORKERS, e);
    if (n < 0 || jobs_totals(req->db, &totals, e))
        return -1;
    for (int i = 0; i < n; i++)
        if (workers_alive(req->conf->data_dir, rows[i].owner)) {
            newest = newest ? newest : &rows[i];
            alive++;
        }
    res->json = cJSON_CreateObject();
    json_put_text(res->json, "status", newest && newest->ytdlp_version[0] ? "ok" : "degraded");
    json_put_text(res->json, "version", DUBPLATE_VERSION);
    json_put_time(res->json, "timestamp", clock_wall_ms());
    cJSON *services = json_put_object(res->json, "services");
    json_put_text(services, "database", "ok");
    json_put_text(services, "worker", alive ? "ok" : "down");
    put_ytdlp(res->json, services, newest);
    json_put_int(res->json, "workers", alive);
    cJSON *queue = json_put_object(res->json, "queue");
    json_put_int(queue, "queued", totals.queued);
    json_put_int(queue, "running", totals.running);
    json_put_int(queue, "paused", totals.paused);
    return 0;
}

static int job_options(struct request *req, struct response *res, struct err *e)
{
    (void)req;
    (void)e;
    res->json = spec_schema();
    return 0;
}

static const struct route routes[] = {
    { "GET", "/api/health",  health,      OPEN },
    { "GET", "/api/options", job_options, MAY_SESSION },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("system", routes);
}
