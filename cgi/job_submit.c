/*
 * job_submit: POST /api/jobs: links and songs become jobs.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cache.h"
#include "fold.h"
#include "gates.h"
#include "job_routes.h"
#include "json.h"
#include "lifecycle.h"
#include "source.h"
#include "spec.h"
#include "target.h"
#include "url.h"
#include "view.h"
#include "whitelist.h"

#define RECENT_MS        500
#define CLOCKS_DIFFER_MS 60000

/* After a change, inside the lock that its group holds: what was read a moment ago is new enough. */
static const struct gates *recent_gates(const struct request *req, struct err *e)
{
    static struct gates gates;
    static int64_t read_ms;
    const int64_t now_ms = clock_boot_ms();

    if (!read_ms || now_ms - read_ms > RECENT_MS) {
        if (gates_load(&gates, req->db, req->conf, e))
            return NULL;
        read_ms = now_ms;
    }
    gates.now_ms = clock_wall_ms();
    return &gates;
}

int job_answer(const struct request *req, const char *uuid, struct response *res, struct err *e)
{
    const struct gates *gates = recent_gates(req, e);
    struct job job;

    if (!gates || jobs_find(req->db, uuid, &job, e))
        return -1;
    res->json = view_job(&job, gates);
    return 0;
}

int64_t job_read_schedule(const char *text, struct spec_errors *errors)
{
    int64_t at_ms = 0;

    if (*text && clock_parse_iso(text, &at_ms) == 0 && at_ms < clock_wall_ms() - CLOCKS_DIFFER_MS)
        spec_add_error(errors, "scheduled_at", "is in the past");
    return at_ms;
}

void job_check_priority(struct request *req, int64_t priority)
{
    if (!req->key_id && priority > 0)
        spec_add_error(&req->errors, "priority", "may not be above 0 without a key");
}

/* Options that say when, not what: they have columns, and can be changed later. */
static const char *const own_columns[] = { "priority", "scheduled_at", NULL };

/* What every link of one request is submitted with. */
struct submission {
    struct spec spec;
    char       *spec_json;          /* owned; made when the options are known to be good */
    int64_t     scheduled_at_ms;
};

/* A list may have changed since; and a file that was made anew is wanted as such. */
static bool may_be_cached(const struct spec *spec, const struct source_link *link)
{
    const bool may_be_list = link->kind != SOURCE_ITEM || (spec_wants_list(spec) && *link->list);

    return spec->use_cache && (!may_be_list || link->kind == SOURCE_ANY);
}

/* Under which names what is asked for is known. */
struct names { char work[ID_SHA256_BYTES], outcome[ID_SHA256_BYTES]; };

static void name_work(const struct request *req, const struct submission *sub, const struct target *t,
                      struct names *names)
{
    char asked[URL_MAX_BYTES + 400];
    const char *tenant = jobs_tenant(req->session_uuid);

    if (*t->search_query)
        fold_query(asked + snprintf(asked, sizeof asked, "search "), sizeof asked - 16, t->search_query);
    else
        cache_canonical(asked, sizeof asked, &t->link, t->url.text, spec_wants_list(&sub->spec));
    cache_work_key(names->work, tenant, asked, sub->spec_json, sub->spec.client_ref);
    if (spec_wants_one(&sub->spec))     /* which may be the first of many */
        strncat(asked, " one", sizeof asked - strlen(asked) - 1);
    cache_outcome_key(names->outcome, tenant, asked, &sub->spec);
}

static int submit(struct request *req, const struct submission *sub, const struct target *t, const struct names *names,
                  char uuid[ID_UUID_BYTES], enum submitted *how, struct err *e)
{
    struct new_job job = { .url = t->url.text, .search_query = t->search_query, .source = t->link.source,
                           .asked = target_asked(t),
                           .spec_json = sub->spec_json, .client_ref = sub->spec.client_ref, .work_key = names->work,
                           .outcome_key = names->outcome,
                           .priority = sub->spec.priority, .scheduled_at_ms = sub->scheduled_at_ms,
                           .key_id = req->key_id, .wants_anew = !sub->spec.use_cache };
    const char *decided_by;
    bool only_listed;

    if (whitelist_enabled(req->db, req->conf, &only_listed, &decided_by, e))
        return -1;
    /* Whose it is has to be read first; then the worker takes what is there already. */
    job.may_be_cached = !only_listed && may_be_cached(&sub->spec, &t->link);
    return life_submit(req->db, req->conf, &job, uuid, how, e);
}

static int create_one(struct request *req, const struct submission *sub, const struct target *t, struct response *res,
                      struct err *e)
{
    char uuid[ID_UUID_BYTES];
    struct names names;
    enum submitted how;

    if (target_check_whitelist(req, t, e)) {
        cJSON *offer = view_offer(err_class(e->kind)->name, e->text);
        if (offer)
            response_problem_member(res, "whitelist", offer);
        return -1;
    }
    name_work(req, sub, t, &names);
    if (submit(req, sub, t, &names, uuid, &how, e) || job_answer(req, uuid, res, e))
        return -1;
    snprintf(res->location, sizeof res->location, "/api/jobs/%s", uuid);
    res->status = how == SUBMIT_NEW ? 201 : 200;    /* the same work is under way, or done */
    return 0;
}

static void add_refusal(cJSON *errors, int index, const cJSON *value, enum err_kind kind, const char *message)
{
    const char *name = err_class(kind)->name;
    cJSON *o = cJSON_CreateObject(), *offer = view_offer(name, message);
    char field[24];

    snprintf(field, sizeof field, "urls[%d]", index);
    json_put_text(o, "field", field);
    json_put_int(o, "index", index);
    json_put_text(o, "url", cJSON_IsString(value) ? value->valuestring : NULL);
    json_put_text(o, "kind", name);
    json_put_text(o, "message", message);
    if (offer)
        cJSON_AddItemToObject(o, "whitelist", offer);
    cJSON_AddItemToArray(errors, o);
}

/* When no link was good: the list of why becomes the problem's. */
static int refuse_all(struct response *res, int count, bool by_whitelist, struct err *e)
{
    res->errors = cJSON_DetachItemFromObjectCaseSensitive(res->json, "errors");
    return by_whitelist ? err_set(e, ERR_NOT_WHITELISTED, "none of the %d links is on the whitelist", count)
                        : err_set(e, ERR_INPUT, "none of the %d links can be fetched", count);
}

/* What the links of one request have become so far. */
struct batch {
    struct { char work[ID_SHA256_BYTES], uuid[ID_UUID_BYTES]; } done[BULK_MOST];
    int    count;
    cJSON *jobs, *errors, *same;        /* of the answer */
};

/* The same link again, however it is written, is the same job, which is shown once. */
static bool is_same(struct batch *b, int index, const struct names *names)
{
    for (int i = 0; i < b->count; i++)
        if (strcmp(b->done[i].work, names->work) == 0) {
            cJSON *o = cJSON_CreateObject();
            json_put_int(o, "index", index);
            json_put_text(o, "job_id", b->done[i].uuid);
            cJSON_AddItemToArray(b->same, o);
            return true;
        }
    return false;
}

static int create_each(struct request *req, const struct submission *sub, const cJSON *urls, struct response *res,
                       struct err *e)
{
    const struct gates *gates = recent_gates(req, e);
    static struct batch b;
    static struct target t;
    char uuid[ID_UUID_BYTES];
    struct names names;
    struct err full = { 0 };
    enum submitted how;
    struct err refused;
    struct job job;
    int index = 0, foreign = 0;

    if (!gates)
        return -1;
    res->json = cJSON_CreateObject();
    b.count = 0;
    b.jobs = json_put_array(res->json, "jobs");
    b.errors = json_put_array(res->json, "errors");
    b.same = json_put_array(res->json, "same");
    for (const cJSON *value = urls->child; value; value = value->next, index++) {
        struct spec_errors wrong = { 0 };
        target_read_url(req, value, "url", &t, &sub->spec, &wrong);
        if (wrong.count) {
            add_refusal(b.errors, index, value, ERR_INPUT, wrong.list[0].message);
            continue;
        }
        if (target_check_whitelist(req, &t, &refused)) {
            if (refused.kind != ERR_NOT_WHITELISTED) {
                *e = refused;
                return -1;
            }
            add_refusal(b.errors, index, value, refused.kind, refused.text);
            foreign++;
            continue;
        }
        name_work(req, sub, &t, &names);
        if (is_same(&b, index, &names))
            continue;
        if (submit(req, sub, &t, &names, uuid, &how, e)) {
            if (e->kind != ERR_LIMIT)
                return -1;
            full = *e;
            e->kind = ERR_NONE;
            add_refusal(b.errors, index, value, full.kind, full.text);
            continue;
        }
        if (jobs_find(req->db, uuid, &job, e))
            return -1;
        cJSON_AddItemToArray(b.jobs, view_job(&job, gates));
        copy_text(b.done[b.count].work, sizeof names.work, names.work);
        copy_text(b.done[b.count++].uuid, sizeof uuid, uuid);
    }
    res->status = 201;
    if (b.jobs->child)
        return 0;
    return full.kind ? err_set(e, full.kind, "%s", full.text) : refuse_all(res, index, foreign == index, e);
}

/* "urls": a job for each good link, and the others by their index. All or none is stored. */
static int create_many(struct request *req, const struct submission *sub, const cJSON *urls, struct response *res,
                       struct err *e)
{
    if (db_begin(req->db, e))
        return -1;
    return db_end(req->db, create_each(req, sub, urls, res, e), e);
}

int job_create(struct request *req, struct response *res, struct err *e)
{
    static const char *const also[] = { "url", "urls", "search_query", NULL };
    const cJSON *one = cJSON_GetObjectItemCaseSensitive(req->json, "url");
    const cJSON *many = cJSON_GetObjectItemCaseSensitive(req->json, "urls");
    const cJSON *query = cJSON_GetObjectItemCaseSensitive(req->json, "search_query");
    struct submission sub = { 0 };
    static struct target t;

    spec_from_request(&sub.spec, req->json, also, &req->errors);
    if (!!one + !!many + !!query != 1)
        spec_add_error(&req->errors, "url",
                       one || many || query ? "or urls or search_query: one of them" : "or search_query is required");
    else if (one)
        target_read_url(req, one, "url", &t, &sub.spec, &req->errors);
    else if (query)
        target_read_query(query, "search_query", &t, &req->errors);
    else if (!cJSON_IsArray(many) || !many->child || cJSON_GetArraySize(many) > BULK_MOST)
        spec_add_error(&req->errors, "urls", "has to be a list of 1 to %d links", BULK_MOST);
    sub.scheduled_at_ms = job_read_schedule(sub.spec.scheduled_at, &req->errors);
    job_check_priority(req, sub.spec.priority);
    if (response_field_errors(&req->errors, res, e))
        return -1;
    cJSON *stored = spec_to_json(&sub.spec);
    for (const char *const *own = own_columns; *own; own++)
        cJSON_DeleteItemFromObjectCaseSensitive(stored, *own);
    sub.spec_json = cJSON_PrintUnformatted(stored);
    const int rc = !many ? create_one(req, &sub, &t, res, e) : create_many(req, &sub, many, res, e);
    cJSON_free(sub.spec_json);
    cJSON_Delete(stored);
    return rc;
}
