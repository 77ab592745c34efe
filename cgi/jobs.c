/*
 * /api/jobs: submit, look, cancel, delete. Each handler is one short transaction and an answer; it never waits for
 * the network and never touches media.
 */
#include "jobs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "handler.h"
#include "json.h"
#include "lifecycle.h"
#include "source.h"
#include "spec.h"
#include "status.h"
#include "tracks.h"
#include "url.h"
#include "view.h"

/* The link, checked; what is wrong with it goes to errors as the field "url". */
static void read_url(const struct request *req, struct url *url, const struct spec *spec, struct spec_errors *errors)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(req->json, "url");
    struct net_allow allow;
    struct err e;

    if (!value)
        spec_add_error(errors, "url", "is required");
    else if (!cJSON_IsString(value))
        spec_add_error(errors, "url", "has to be text");
    else if (net_allow_parse(&allow, req->conf->allow_source_nets, &e) ||
             url_check(url, value->valuestring, &allow, &e))
        spec_add_error(errors, "url", "%s", e.text);
    else if (strcmp(spec->source_type, "auto") && strcmp(spec->source_type, source_of_host(url->host)))
        spec_add_error(errors, "source_type", "is %s, but the link belongs to %s", spec->source_type,
                       source_of_host(url->host));
}

static int answer_job(const struct request *req, const char *uuid, struct response *res, struct err *e)
{
    struct job job;

    if (jobs_find(req->db, uuid, &job, e))
        return -1;
    res->json = view_job(&job);
    return 0;
}

static int job_create(struct request *req, struct response *res, struct err *e)
{
    static const char *const also[] = { "url", NULL };
    char uuid[ID_UUID_BYTES], location[64];
    struct spec spec;
    struct url url;

    spec_from_request(&spec, req->json, also, &req->errors);
    read_url(req, &url, &spec, &req->errors);
    if (response_field_errors(&req->errors, res, e))
        return -1;
    cJSON *stored = spec_to_json(&spec);
    char *spec_json = cJSON_PrintUnformatted(stored);
    int rc = life_submit(req->db, url.text, source_of_host(url.host), spec_json, spec.client_ref, spec.priority,
                         uuid, e);
    cJSON_free(spec_json);
    cJSON_Delete(stored);
    if (rc == 0)
        rc = answer_job(req, uuid, res, e);
    if (rc == 0) {
        snprintf(location, sizeof location, "/api/jobs/%s", uuid);
        response_header(res, "Location", location);
        res->status = 201;
    }
    return rc;
}

/* A whole number in [least, most] from the query; the fallback when absent. */
static int64_t query_int(const struct request *req, const char *name, int64_t fallback, int64_t least, int64_t most,
                         struct spec_errors *errors)
{
    char text[32], *end = NULL;

    if (!request_query(req, name, text, sizeof text))
        return fallback;
    const long long n = strtoll(text, &end, 10);
    if (end == text || *end || n < least || n > most) {
        spec_add_error(errors, name, "has to be a whole number from %lld to %lld", (long long)least,
                       (long long)most);
        return fallback;
    }
    return n;
}

struct list { cJSON *items; int64_t last_id; int count; };

static void add_job(void *arg, const struct job *job)
{
    struct list *list = arg;

    cJSON_AddItemToArray(list->items, view_job(job));
    list->last_id = job->id;
    list->count++;
}

static int read_filter(const struct request *req, struct job_filter *f, char word[24], char source[24],
                       struct response *res, struct err *e)
{
    struct spec_errors errors = { 0 };

    *f = (struct job_filter){ .limit = (int)query_int(req, "limit", 50, 1, 200, &errors) };
    f->before_id = query_int(req, "cursor", INT64_MAX, 1, INT64_MAX, &errors);
    if (request_query(req, "status", word, 24) && *word && !(f->state = status_state_of_word(word)))
        spec_add_error(&errors, "status", "is not a status");
    if (request_query(req, "source_type", source, 24) && *source)
        f->source = source;
    return response_field_errors(&errors, res, e);
}

static int job_list(struct request *req, struct response *res, struct err *e)
{
    struct job_filter filter;
    struct list list = { 0 };
    int64_t revision = 0, total = 0;
    char cursor[32], word[24], source[24];

    if (read_filter(req, &filter, word, source, res, e) || jobs_revision(req->db, &revision, e))
        return -1;
    if (response_unchanged(req, res, revision))
        return 0;
    res->json = cJSON_CreateObject();
    list.items = json_put_array(res->json, "jobs");
    if (jobs_list(req->db, &filter, add_job, &list, e) || jobs_count(req->db, &filter, &total, e))
        return -1;
    snprintf(cursor, sizeof cursor, "%lld", (long long)list.last_id);
    json_put_text(res->json, "next_cursor", list.count == filter.limit ? cursor : NULL);
    json_put_int(res->json, "total", total);
    return 0;
}

static void add_track(void *arg, const struct track *t)
{
    cJSON_AddItemToArray(arg, view_track(t));
}

static void add_stage(void *arg, const struct stage_row *r)
{
    cJSON *o = cJSON_CreateObject();

    json_put_text(o, "name", r->name);
    json_put_text(o, "state", r->state);
    json_put_int(o, "attempt", r->attempt);
    json_put_number(o, "wall_seconds", (double)r->wall_ms / 1000);
    json_put_number(o, "cpu_seconds", (double)r->cpu_ms / 1000);
    cJSON_AddItemToArray(arg, o);
}

static int job_get(struct request *req, struct response *res, struct err *e)
{
    char uuid[ID_UUID_BYTES], *url = NULL, *spec_json = NULL;
    struct job job;

    if (jobs_find(req->db, req->id, &job, e))
        return -1;
    if (response_unchanged(req, res, job.revision))
        return 0;
    if (jobs_request(req->db, job.id, uuid, &url, &spec_json, e))
        return -1;
    res->json = view_job(&job);
    json_put_raw(res->json, "options", spec_json);
    free(url);
    free(spec_json);
    if (tracks_of_job(req->db, job.id, add_track, json_put_array(res->json, "tracks"), e))
        return -1;
    return tracks_stages_of_job(req->db, job.id, add_stage, json_put_array(res->json, "stages"), e);
}

struct paths { const struct request *req; cJSON *files; char first[1200]; };

static void add_path(struct paths *p, const struct track *t, const struct artifact *a, const char *what)
{
    char url[128], full[1600];

    if (!a->kind[0])
        return;
    cJSON *o = cJSON_CreateObject();
    snprintf(url, sizeof url, "/api/tracks/%s/%s", t->uuid, what);
    snprintf(full, sizeof full, "%s/%s", p->req->conf->data_dir, a->path);
    json_put_text(o, "track_id", t->uuid);
    json_put_text(o, "kind", a->kind);
    json_put_text(o, "path", full);
    json_put_text(o, "url", url);
    json_put_text(o, "format", a->format);
    json_put_int(o, "size_bytes", a->size_bytes);
    json_put_text(o, "sha256", a->sha256);
    cJSON_AddItemToArray(p->files, o);
    if (!p->first[0])
        copy_text(p->first, sizeof p->first, full);
}

static void add_paths(void *arg, const struct track *t)
{
    add_path(arg, t, &t->audio, "file");
    add_path(arg, t, &t->cover, "cover");
}

static int job_paths(struct request *req, struct response *res, struct err *e)
{
    struct paths paths = { .req = req };
    struct job job;

    if (jobs_find(req->db, req->id, &job, e))
        return -1;
    if (response_unchanged(req, res, job.revision))
        return 0;
    res->json = cJSON_CreateObject();
    json_put_text(res->json, "job_id", job.uuid);
    json_put_text(res->json, "status", status_word(&job));
    paths.files = json_put_array(res->json, "files");
    if (tracks_of_job(req->db, job.id, add_paths, &paths, e))
        return -1;
    json_put_text(res->json, "output_path", paths.first[0] ? paths.first : NULL);
    return 0;
}

static void add_result(void *arg, const struct track *t)
{
    if (!t->audio.kind[0])
        return;
    cJSON *track = view_track(t);
    cJSON *file = cJSON_DetachItemFromObjectCaseSensitive(track, "file");
    cJSON_AddItemToObject(track, "audio", file);
    cJSON_AddItemToArray(arg, track);
}

static int job_result(struct request *req, struct response *res, struct err *e)
{
    struct job job;

    if (jobs_find(req->db, req->id, &job, e))
        return -1;
    if (response_unchanged(req, res, job.revision))
        return 0;
    if (!status_is_final(job.state))
        return err_set(e, ERR_CONFLICT, "the job is not finished yet (%s)", status_word(&job));
    res->json = cJSON_CreateObject();
    json_put_text(res->json, "job_id", job.uuid);
    json_put_text(res->json, "status", status_word(&job));
    return tracks_of_job(req->db, job.id, add_result, json_put_array(res->json, "tracks"), e);
}

static int job_cancel(struct request *req, struct response *res, struct err *e)
{
    return life_cancel(req->db, req->id, e) ? -1 : answer_job(req, req->id, res, e);
}

static int job_delete(struct request *req, struct response *res, struct err *e)
{
    res->status = 204;
    return life_delete(req->db, req->id, e);
}

static const struct route routes[] = {
    { "POST",   "/api/jobs",             job_create, NEED_JSON },
    { "GET",    "/api/jobs",             job_list,   0 },
    { "GET",    "/api/jobs/{id}",        job_get,    0 },
    { "DELETE", "/api/jobs/{id}",        job_delete, 0 },
    { "GET",    "/api/jobs/{id}/paths",  job_paths,  0 },
    { "GET",    "/api/jobs/{id}/result", job_result, 0 },
    { "POST",   "/api/jobs/{id}/cancel", job_cancel, 0 },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("jobs", routes);
}
