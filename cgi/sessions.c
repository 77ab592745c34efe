/*
 * /api/sessions: tenants. Who has a key opens, lists and ends them; with SESSIONS_OPEN=true anybody opens one. A
 * session sees and ends itself and knows of no other.
 */
#include "sessions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "handler.h"
#include "json.h"
#include "keys.h"
#include "lifecycle.h"

/* ---- as JSON ---- */

static cJSON *view(const struct session *s, const struct conf *conf)
{
    const int64_t left = s->limits.max_jobs - s->jobs;
    cJSON *o = cJSON_CreateObject();

    json_put_text(o, "session_uuid", s->uuid);
    json_put_text(o, "label", *s->label ? s->label : NULL);
    json_put_bool(o, "is_active", s->is_active);
    json_put_time(o, "created_at", s->created_at_ms);
    json_put_time(o, "expires_at", s->expires_at_ms);
    json_put_time(o, "ended_at", s->ended_at_ms);
    json_put_time(o, "last_used_at", s->used_at_ms);
    cJSON *jobs = json_put_object(o, "jobs");
    json_put_int(jobs, "submitted", s->jobs_submitted);
    json_put_int(jobs, "open", s->jobs_open);
    json_put_int(jobs, "completed", s->jobs_completed);
    json_put_int(jobs, "failed", s->jobs_failed);
    json_put_int(o, "max_jobs", s->limits.max_jobs);
    json_put_int(o, "remaining_jobs", s->is_active && left > 0 ? left : 0);
    cJSON *limits = json_put_object(o, "limits");
    json_put_int(limits, "max_items", quota_smaller(s->limits.max_items, conf->session_max_items));
    json_put_int(limits, "max_duration_seconds", quota_smaller(s->limits.max_duration_s, conf->max_duration_s));
    json_put_int(limits, "max_file_size_mb", quota_smaller(s->limits.max_file_mb, conf->max_file_size_mb));
    json_put_int(o, "used_bytes", s->used_bytes);
    return o;
}

/* ---- opening ---- */

/* What a new session may be given: whole numbers from 1 to what the settings allow. */
struct number { const char *name; int64_t *to, most; };

static void read_number(const cJSON *v, const char *field, const struct number *n, struct spec_errors *errors)
{
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 1) || v->valuedouble > (double)n->most ||
        v->valuedouble != floor(v->valuedouble))
        spec_add_error(errors, field, "has to be a whole number from 1 to %lld", (long long)n->most);
    else
        *n->to = (int64_t)v->valuedouble;
}

/* Members that are numbers of this table; `also` is read by the caller. */
static void read_numbers(const cJSON *object, const char *prefix, const struct number *table,
                         const char *const *also, struct spec_errors *errors)
{
    for (const cJSON *v = object->child; v; v = v->next) {
        const struct number *n = table;
        const char *const *known = also;
        char field[80];
        while (n->name && strcmp(n->name, v->string) != 0)
            n++;
        while (*known && strcmp(*known, v->string) != 0)
            known++;
        snprintf(field, sizeof field, "%s%.40s", prefix, v->string);
        utf8_trim_tail(field);
        if (n->name)
            read_number(v, field, n, errors);
        else if (!*known)
            spec_add_error(errors, field, "is not a field that this server knows");
    }
}

static void read_label(const cJSON *v, struct session *s, struct spec_errors *errors)
{
    if (!v)
        return;
    const char *fault = cJSON_IsString(v) ? spec_text_fault(v->valuestring, SESSIONS_LABEL_CHARS) : "has to be text";
    if (fault)
        spec_add_error(errors, "label", "%s (at most %d characters)", fault, SESSIONS_LABEL_CHARS);
    else
        copy_text(s->label, sizeof s->label, v->valuestring);
}

static void read_limits(const cJSON *v, const struct conf *conf, struct quota *limits, struct spec_errors *errors)
{
    const struct number numbers[] = {
        { "max_items", &limits->max_items, conf->session_max_items },
        { "max_duration_seconds", &limits->max_duration_s, conf->max_duration_s },
        { "max_file_size_mb", &limits->max_file_mb, conf->max_file_size_mb },
        { NULL, NULL, 0 },
    };

    if (v && !cJSON_IsObject(v))
        spec_add_error(errors, "limits", "has to be an object");
    else if (v)
        read_numbers(v, "limits.", numbers, (const char *const[]){ NULL }, errors);
}

/* What was asked for on top of what the settings give. A session keeps the limits that it was opened with. */
static void read_session(struct request *req, struct session *s)
{
    const struct conf *conf = req->conf;
    int64_t seconds = conf->session_hours * 3600;
    const struct number numbers[] = {
        { "expires_in_seconds", &seconds, seconds },
        { "max_jobs", &s->limits.max_jobs, conf->session_max_jobs },
        { NULL, NULL, 0 },
    };

    *s = (struct session){ .key_id = req->key_id, .limits = { .max_jobs = conf->session_max_jobs,
                                                              .max_items = conf->session_max_items } };
    read_numbers(req->json, "", numbers, (const char *const[]){ "label", "limits", NULL }, &req->errors);
    read_label(cJSON_GetObjectItemCaseSensitive(req->json, "label"), s, &req->errors);
    read_limits(cJSON_GetObjectItemCaseSensitive(req->json, "limits"), conf, &s->limits, &req->errors);
    s->expires_at_ms = clock_wall_ms() + seconds * 1000;
}

static int session_create(struct request *req, struct response *res, struct err *e)
{
    struct quota of_key = { 0 };
    struct session s;

    read_session(req, &s);
    if (response_field_errors(&req->errors, res, e) ||
        (req->key_id && keys_limits(req->db, req->key_id, &of_key, e)))
        return -1;
    quota_narrow(&s.limits, &of_key);
    if (db_begin(req->db, e) || db_end(req->db, sessions_add(req->db, &s, req->conf->sessions_open_most, e), e))
        return -1;
    res->json = view(&s, req->conf);
    snprintf(res->location, sizeof res->location, "/api/sessions/%s", s.uuid);
    res->status = 201;
    return 0;
}

/* ---- looking, ending ---- */

/* Others do not exist for a session. */
static int check_own(const struct request *req, struct err *e)
{
    return req->is_admin || strcmp(req->id, req->session_uuid) == 0
               ? 0
               : err_set(e, ERR_NOT_FOUND, "there is no session %.36s", req->id);
}

static int session_get(struct request *req, struct response *res, struct err *e)
{
    struct session s;

    if (check_own(req, e) || sessions_find(req->db, req->id, &s, e))
        return -1;
    res->json = view(&s, req->conf);
    return 0;
}

static int session_end(struct request *req, struct response *res, struct err *e)
{
    res->status = 204;
    return check_own(req, e) ? -1 : life_end_session(req->db, req->id, e);
}

struct list { const struct conf *conf; cJSON *items; char last[ID_UUID_BYTES]; int count; };

static void add_session(void *arg, const struct session *s)
{
    struct list *list = arg;

    cJSON_AddItemToArray(list->items, view(s, list->conf));
    copy_text(list->last, sizeof list->last, s->uuid);
    list->count++;
}

static int session_list(struct request *req, struct response *res, struct err *e)
{
    struct list list = { .conf = req->conf };
    struct spec_errors errors = { 0 };
    struct session_totals totals;
    char before[ID_UUID_BYTES + 1] = "";

    const int limit = (int)request_int(req, "limit", 50, 1, 200, &errors);
    if (request_query(req, "cursor", before, sizeof before) && *before && !id_is_uuid(before))
        spec_add_error(&errors, "cursor", "is none that this server gave");
    if (response_field_errors(&errors, res, e))
        return -1;
    res->json = cJSON_CreateObject();
    list.items = json_put_array(res->json, "sessions");
    if (sessions_list(req->db, before, limit, add_session, &list, e) || sessions_totals(req->db, &totals, e))
        return -1;
    json_put_text(res->json, "next_cursor", list.count == limit ? list.last : NULL);
    json_put_int(res->json, "total", totals.total);
    return 0;
}

static int session_overview(struct request *req, struct response *res, struct err *e)
{
    struct session_totals t;

    if (sessions_totals(req->db, &t, e))
        return -1;
    res->json = cJSON_CreateObject();
    json_put_int(res->json, "active", t.active);
    json_put_int(res->json, "expired", t.expired);
    json_put_int(res->json, "total", t.total);
    json_put_int(res->json, "jobs", t.jobs);
    json_put_int(res->json, "jobs_submitted", t.jobs_submitted);
    json_put_int(res->json, "used_bytes", t.used_bytes);
    return 0;
}

static const struct route routes[] = {
    { "POST",   "/api/sessions",                session_create,   MAY_JSON | IF_OPEN },
    { "GET",    "/api/sessions",                session_list,     0 },
    { "GET",    "/api/sessions/stats/overview", session_overview, 0 },
    { "GET",    "/api/sessions/{id}",           session_get,      MAY_SESSION },
    { "DELETE", "/api/sessions/{id}",           session_end,      MAY_SESSION },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("sessions", routes);
}
