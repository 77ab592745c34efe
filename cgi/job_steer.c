/*
 * job_steer: what is asked of jobs that are there: of one, or the same of many.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job_routes.h"
#include "json.h"
#include "lifecycle.h"
#include "spec.h"
#include "status.h"

/* What can be asked of a job, and the status that asks for the same (PUT …/status). */
static const struct action {
    const char  *name, *status;
    life_action *run;
} actions[] = {
    { "cancel", "cancelled", life_cancel },
    { "pause", "paused", life_pause },
    { "resume", "pending", life_resume },       /* or retry, as its state has it */
    { "retry", NULL, life_retry },
    { "delete", NULL, life_delete },
};

static const struct action *action_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int act(const struct request *req, const char *name, struct response *res, struct err *e)
{
    return action_named(name)->run(req->db, req->id, e) ? -1 : job_answer(req, req->id, res, e);
}

int job_cancel(struct request *req, struct response *res, struct err *e)
{
    return act(req, "cancel", res, e);
}

int job_pause(struct request *req, struct response *res, struct err *e)
{
    return act(req, "pause", res, e);
}

int job_resume(struct request *req, struct response *res, struct err *e)
{
    return act(req, "resume", res, e);
}

int job_retry(struct request *req, struct response *res, struct err *e)
{
    return act(req, "retry", res, e);
}

int job_delete(struct request *req, struct response *res, struct err *e)
{
    res->status = 204;
    return life_delete(req->db, req->id, e);
}

/* A member of the body that has to be text; NULL and an error if it is absent or not. */
static const char *body_text(struct request *req, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(req->json, name);

    if (!cJSON_IsString(v)) {
        spec_add_error(&req->errors, name, v ? "has to be text" : "is required");
        return NULL;
    }
    return v->valuestring;
}

int job_set_status(struct request *req, struct response *res, struct err *e)
{
    const struct action *action = NULL;
    struct job job;

    request_only(req, (const char *const[]){ "status", NULL });
    const char *status = body_text(req, "status");
    for (size_t i = 0; status && i < ARRAY_LEN(actions); i++)
        if (actions[i].status && strcmp(actions[i].status, status) == 0)
            action = &actions[i];
    if (status && !action)
        spec_add_error(&req->errors, "status", "has to be cancelled, paused or pending");
    if (response_field_errors(&req->errors, res, e) || jobs_find(req->db, req->id, &job, e))
        return -1;
    if (strcmp(status, "pending") == 0 && status_is_final(job.state))
        action = action_named("retry");
    return act(req, action->name, res, e);
}

/* priority, scheduled_at: what can be changed of a job that waits. */
int job_patch(struct request *req, struct response *res, struct err *e)
{
    const cJSON *priority = cJSON_GetObjectItemCaseSensitive(req->json, "priority");
    const cJSON *scheduled = cJSON_GetObjectItemCaseSensitive(req->json, "scheduled_at");
    static const char *const also[] = { NULL };
    struct spec spec;

    /* The option table checks both; the rest of it cannot be changed any more. */
    request_only(req, (const char *const[]){ "priority", "scheduled_at", NULL });
    if (req->errors.count == 0)
        spec_from_request(&spec, req->json, also, &req->errors);
    const int64_t at_ms = req->errors.count == 0 ? job_read_schedule(spec.scheduled_at, &req->errors) : 0;
    if (priority && req->errors.count == 0)
        job_check_priority(req, spec.priority);
    if (!priority && !scheduled)
        spec_add_error(&req->errors, "priority", "or scheduled_at is required");
    if (response_field_errors(&req->errors, res, e))
        return -1;
    if (db_begin(req->db, e))
        return -1;
    const int rc = (priority && life_prioritize(req->db, req->id, spec.priority, e)) ||
                           (scheduled && life_reschedule(req->db, req->id, at_ms, e))
                       ? -1
                       : 0;
    return db_end(req->db, rc, e) ? -1 : job_answer(req, req->id, res, e);      /* both or neither */
}

struct bulk { char (*ids)[ID_UUID_BYTES]; const char *word; int count, seen; int64_t last_id; };

static void collect_id(void *arg, const struct job *job)
{
    struct bulk *b = arg;

    b->seen++;
    b->last_id = job->id;
    if (status_is_meant(job, b->word))
        copy_text(b->ids[b->count++], ID_UUID_BYTES, job->uuid);
}

/* "ids": which jobs, one by one. */
static void read_ids(struct request *req, const cJSON *ids, struct bulk *b)
{
    const cJSON *id;

    if (!cJSON_IsArray(ids) || cJSON_GetArraySize(ids) < 1 || cJSON_GetArraySize(ids) > BULK_MOST) {
        spec_add_error(&req->errors, "ids", "has to be a list of 1 to %d ids", BULK_MOST);
        return;
    }
    cJSON_ArrayForEach(id, ids) {
        if (!cJSON_IsString(id) || strlen(id->valuestring) != ID_UUID_BYTES - 1)
            spec_add_error(&req->errors, "ids", "holds what is no id");
        else
            copy_text(b->ids[b->count++], ID_UUID_BYTES, id->valuestring);
    }
}

/* "status": all jobs of this status, among the newest BULK_MOST of its state; the next ones from "cursor" on. */
static int find_by_status(struct request *req, const char *word, struct bulk *b, struct err *e)
{
    const cJSON *cursor = cJSON_GetObjectItemCaseSensitive(req->json, "cursor");
    const int64_t before = cJSON_IsString(cursor) ? strtoll(cursor->valuestring, NULL, 10) : INT64_MAX;
    const struct job_filter f = { .state = status_state_of_word(word), .before_id = before, .limit = BULK_MOST };

    b->word = word;
    if (cursor && before < 1)
        spec_add_error(&req->errors, "cursor", "is none that this server gave");

    if (!f.state)
        spec_add_error(&req->errors, "status", "is not a status");
    return f.state ? jobs_list(req->db, &f, collect_id, b, e) : 0;
}

static void add_outcome(cJSON *list, const char *uuid, const struct err *failed)
{
    cJSON *o = cJSON_CreateObject();

    json_put_text(o, "job_id", uuid);
    json_put_bool(o, "ok", !failed);
    json_put_text(o, "kind", failed ? err_class(failed->kind)->name : NULL);
    json_put_text(o, "detail", failed ? failed->text : NULL);
    cJSON_AddItemToArray(list, o);
}

static int act_on_each(struct request *req, const struct action *action, const struct bulk *bulk, bool by_status,
                       struct response *res, struct err *e)
{
    struct err each;
    char cursor[24];
    int done = 0;

    res->json = cJSON_CreateObject();
    json_put_text(res->json, "action", action->name);
    cJSON *results = json_put_array(res->json, "results");
    for (int i = 0; i < bulk->count; i++) {
        const int rc = action->run(req->db, bulk->ids[i], &each);
        if (rc && each.kind != ERR_NOT_FOUND && each.kind != ERR_CONFLICT && each.kind != ERR_LIMIT) {
            *e = each;
            return -1;
        }
        done += rc == 0;
        add_outcome(results, bulk->ids[i], rc ? &each : NULL);
    }
    const bool more = by_status && bulk->seen == BULK_MOST;
    snprintf(cursor, sizeof cursor, "%lld", (long long)bulk->last_id);
    json_put_int(res->json, "done", done);
    json_put_int(res->json, "refused", bulk->count - done);
    json_put_bool(res->json, "more", more);
    json_put_text(res->json, "next_cursor", more ? cursor : NULL);
    return 0;
}

/* The same action on many jobs: refused for each alone, carried out in one commit. */
int job_act_on_many(struct request *req, struct response *res, struct err *e)
{
    static char ids[BULK_MOST][ID_UUID_BYTES];
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(req->json, "ids");
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(req->json, "status");
    struct bulk bulk = { .ids = ids };

    request_only(req, (const char *const[]){ "ids", "status", "cursor", "action", NULL });
    const char *name = body_text(req, "action");
    const struct action *action = name ? action_named(name) : NULL;
    if (name && !action)
        spec_add_error(&req->errors, "action", "has to be cancel, pause, resume, retry or delete");
    if (!list == !status)
        spec_add_error(&req->errors, "ids", "or status is required, and not both");
    else if (list)
        read_ids(req, list, &bulk);
    else if (!cJSON_IsString(status))
        spec_add_error(&req->errors, "status", "has to be text");
    else if (find_by_status(req, status->valuestring, &bulk, e))
        return -1;
    if (response_field_errors(&req->errors, res, e))
        return -1;
    if (db_begin(req->db, e))
        return -1;
    return db_end(req->db, act_on_each(req, action, &bulk, status != NULL, res, e), e);
}
