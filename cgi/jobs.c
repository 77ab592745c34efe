/*
 * /api/jobs: submit, look, steer. Each handler is one short transaction and an answer; it never waits for the network
 * and never touches media.
 */
#include "jobs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cache.h"
#include "events.h"
#include "fold.h"
#include "gates.h"
#include "handler.h"
#include "json.h"
#include "lifecycle.h"
#include "send.h"
#include "source.h"
#include "spec.h"
#include "status.h"
#include "target.h"
#include "tracks.h"
#include "url.h"
#include "view.h"
#include "whitelist.h"

#define RECENT_MS        500
#define CLOCKS_DIFFER_MS 60000
#define BULK_MOST        500
#define TRACKS_SHOWN     200

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

static int answer_job(const struct request *req, const char *uuid, struct response *res, struct err *e)
{
    const struct gates *gates = recent_gates(req, e);
    struct job job;

    if (!gates || jobs_find(req->db, uuid, &job, e))
        return -1;
    res->json = view_job(&job, gates);
    return 0;
}

/* A time that lies ahead, or "" for none; a little behind is ahead on another clock. */
static int64_t read_schedule(const char *text, struct spec_errors *errors)
{
    int64_t at_ms = 0;

    if (*text && clock_parse_iso(text, &at_ms) == 0 && at_ms < clock_wall_ms() - CLOCKS_DIFFER_MS)
        spec_add_error(errors, "scheduled_at", "is in the past");
    return at_ms;
}

/* Who has no key waits his turn. */
static void check_priority(struct request *req, int64_t priority)
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

static int submit(struct request *req, const struct submission *sub, const struct target *t, char uuid[ID_UUID_BYTES],
                  enum submitted *how, struct err *e)
{
    char asked[URL_MAX_BYTES + 400], work[ID_SHA256_BYTES], outcome[ID_SHA256_BYTES];
    const char *tenant = jobs_tenant(req->session_uuid);
    struct new_job job = { .url = t->url.text, .search_query = t->search_query, .source = t->link.source,
                           .asked = target_asked(t),
                           .spec_json = sub->spec_json, .client_ref = sub->spec.client_ref, .work_key = work,
                           .priority = sub->spec.priority, .scheduled_at_ms = sub->scheduled_at_ms,
                           .key_id = req->key_id, .wants_anew = !sub->spec.use_cache };
    const char *decided_by;
    bool only_listed;

    if (*t->search_query)
        fold_query(asked + snprintf(asked, sizeof asked, "search "), sizeof asked - 16, t->search_query);
    else
        cache_canonical(asked, sizeof asked, &t->link, t->url.text, spec_wants_list(&sub->spec));
    cache_work_key(work, tenant, asked, sub->spec_json, sub->spec.client_ref);
    if (spec_wants_one(&sub->spec))     /* which may be the first of many */
        strncat(asked, " one", sizeof asked - strlen(asked) - 1);
    cache_outcome_key(outcome, tenant, asked, &sub->spec);
    job.outcome_key = outcome;
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
    enum submitted how;

    if (target_check_whitelist(req, t, e)) {
        cJSON *offer = view_offer(err_class(e->kind)->name, e->text);
        if (offer)
            response_problem_member(res, "whitelist", offer);
        return -1;
    }
    if (submit(req, sub, t, uuid, &how, e) || answer_job(req, uuid, res, e))
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

static int create_each(struct request *req, const struct submission *sub, const cJSON *urls, struct response *res,
                       struct err *e)
{
    const struct gates *gates = recent_gates(req, e);
    char uuid[ID_UUID_BYTES];
    static struct target t;
    struct err full = { 0 };
    enum submitted how;
    struct err refused;
    struct job job;
    int index = 0, foreign = 0;

    if (!gates)
        return -1;
    res->json = cJSON_CreateObject();
    cJSON *jobs = json_put_array(res->json, "jobs"), *errors = json_put_array(res->json, "errors");
    for (const cJSON *value = urls->child; value; value = value->next, index++) {
        struct spec_errors wrong = { 0 };
        target_read_url(req, value, "url", &t, &sub->spec, &wrong);
        if (wrong.count) {
            add_refusal(errors, index, value, ERR_INPUT, wrong.list[0].message);
            continue;
        }
        if (target_check_whitelist(req, &t, &refused)) {
            if (refused.kind != ERR_NOT_WHITELISTED) {
                *e = refused;
                return -1;
            }
            add_refusal(errors, index, value, refused.kind, refused.text);
            foreign++;
            continue;
        }
        if (submit(req, sub, &t, uuid, &how, e)) {
            if (e->kind != ERR_LIMIT)
                return -1;
            full = *e;
            e->kind = ERR_NONE;
            add_refusal(errors, index, value, full.kind, full.text);
            continue;
        }
        if (jobs_find(req->db, uuid, &job, e))
            return -1;
        cJSON_AddItemToArray(jobs, view_job(&job, gates));
    }
    res->status = 201;
    if (jobs->child)
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

static int job_create(struct request *req, struct response *res, struct err *e)
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
    sub.scheduled_at_ms = read_schedule(sub.spec.scheduled_at, &req->errors);
    check_priority(req, sub.spec.priority);
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

/* A filter's word is a state, or one of several words for it: "scheduled" is some of what is queued. */
static bool is_meant(const struct job *job, const char *word)
{
    return !word || strcmp(word, job->state) == 0 || strcmp(word, status_word(job)) == 0 ||
           (strcmp(word, "completed") == 0 && strcmp(job->state, "done") == 0);
}

struct list { cJSON *items; const char *word; struct gates gates; int64_t last_id; int count; };

static void add_job(void *arg, const struct job *job)
{
    struct list *list = arg;

    if (!is_meant(job, list->word)) {
        list->last_id = job->id;
        list->count++;
        return;
    }
    cJSON_AddItemToArray(list->items, view_job(job, &list->gates));
    list->last_id = job->id;
    list->count++;
}

/* What a list is to show, and the texts that this points to. */
struct asked_list { struct job_filter filter; char word[24], source[24], session[ID_UUID_BYTES + 1]; };

/* A session's list is its own, whatever it asks for (db_confine); asking for another's is not answered with that. */
static int read_session(const struct request *req, struct asked_list *a, struct spec_errors *errors, struct err *e)
{
    if (!request_query(req, "session", a->session, sizeof a->session) || !*a->session)
        return 0;
    if (!id_is_uuid(a->session))
        spec_add_error(errors, "session", "has to be the id of a session");
    else if (*req->session_uuid && strcmp(a->session, req->session_uuid) != 0)
        return err_set(e, ERR_DENIED, "a session sees its own jobs only");
    a->filter.session = a->session;
    return 0;
}

static int read_filter(const struct request *req, struct asked_list *a, struct response *res, struct err *e)
{
    struct job_filter *f = &a->filter;
    struct spec_errors errors = { 0 };

    *f = (struct job_filter){ .limit = (int)request_int(req, "limit", 50, 1, 200, &errors) };
    f->before_id = request_int(req, "cursor", INT64_MAX, 1, INT64_MAX, &errors);
    if (request_query(req, "status", a->word, sizeof a->word) && *a->word &&
        !(f->state = status_state_of_word(a->word)))
        spec_add_error(&errors, "status", "is not a status");
    if (request_query(req, "source_type", a->source, sizeof a->source) && *a->source)
        f->source = a->source;
    return read_session(req, a, &errors, e) ? -1 : response_field_errors(&errors, res, e);
}

static int job_list(struct request *req, struct response *res, struct err *e)
{
    static struct list list;
    struct asked_list asked = { 0 };
    int64_t revision = 0, total = 0;
    char cursor[32];

    if (read_filter(req, &asked, res, e) || jobs_revision(req->db, &revision, e) ||
        gates_load(&list.gates, req->db, req->conf, e))
        return -1;
    if (response_unchanged(req, res, revision, list.gates.tag))
        return 0;
    list.count = 0;
    list.word = asked.filter.state ? asked.word : NULL;
    res->json = cJSON_CreateObject();
    list.items = json_put_array(res->json, "jobs");
    if (jobs_list(req->db, &asked.filter, add_job, &list, e) || jobs_count(req->db, &asked.filter, &total, e))
        return -1;
    snprintf(cursor, sizeof cursor, "%lld", (long long)list.last_id);
    json_put_text(res->json, "next_cursor", list.count == asked.filter.limit ? cursor : NULL);
    json_put_int(res->json, "total", total);
    return 0;
}

static void add_track(void *arg, const struct track *t)
{
    cJSON_AddItemToArray(arg, view_track(t));
}

/* "tracks", and "tracks_cursor" where there are more. */
static int put_tracks(const struct request *req, cJSON *o, const struct track_filter *filter, struct err *e)
{
    cJSON *list = json_put_array(o, "tracks");
    char cursor[24];

    if (tracks_of_job(req->db, filter, add_track, list, e))
        return -1;
    const int n = cJSON_GetArraySize(list);
    const cJSON *last = n == filter->limit ? cJSON_GetArrayItem(list, n - 1) : NULL;
    snprintf(cursor, sizeof cursor, "%.0f", last ? json_number(last, "index", 0) : 0);
    json_put_text(o, "next_cursor", last ? cursor : NULL);
    return 0;
}

static int job_tracks(struct request *req, struct response *res, struct err *e)
{
    struct track_filter filter = { 0 };
    struct spec_errors errors = { 0 };
    char word[24];
    struct job job;

    filter.after = request_int(req, "cursor", 0, 0, INT64_MAX, &errors);
    filter.limit = (int)request_int(req, "limit", 50, 1, 200, &errors);
    if (request_query(req, "status", word, sizeof word) && *word && !(filter.state = status_state_of_word(word)))
        spec_add_error(&errors, "status", "is not a status");
    if (response_field_errors(&errors, res, e) || jobs_find(req->db, req->id, &job, e))
        return -1;
    if (response_unchanged(req, res, job.revision, ""))
        return 0;
    filter.job_id = job.id;
    res->json = cJSON_CreateObject();
    if (put_tracks(req, res->json, &filter, e))
        return -1;
    json_put_int(res->json, "total", job.total_items);
    return 0;
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
    static struct gates gates;
    struct job_request asked = { 0 };
    struct job job;

    if (jobs_find(req->db, req->id, &job, e) || gates_load(&gates, req->db, req->conf, e))
        return -1;
    if (response_unchanged(req, res, job.revision, gates.tag))
        return 0;
    if (jobs_request(req->db, job.id, &asked, e))
        return -1;
    res->json = view_job(&job, &gates);
    cJSON *options = cJSON_Parse(asked.spec_json);
    json_put_int(options, "priority", job.priority);
    json_put_time(options, "scheduled_at", job.scheduled_at_ms);
    cJSON_AddItemToObject(res->json, "options", options);
    job_request_free(&asked);
    if (put_tracks(req, res->json, &(struct track_filter){ .job_id = job.id, .limit = TRACKS_SHOWN }, e))
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
    json_put_text(o, "path", a->is_foreign ? NULL : full);
    json_put_text(o, "url", url);
    json_put_text(o, "format", a->format);
    json_put_int(o, "size_bytes", a->size_bytes);
    json_put_text(o, "sha256", a->sha256);
    cJSON_AddItemToArray(p->files, o);
    if (!p->first[0] && !a->is_foreign)
        copy_text(p->first, sizeof p->first, full);
}

static void add_paths(void *arg, const struct track *t)
{
    add_path(arg, t, &t->audio, "file");
    add_path(arg, t, &t->cover, "cover");
}

/* Of a list that has ended: the M3U8 file that names its tracks in their order. */
static void put_playlist(cJSON *o, const struct request *req, const struct job *job)
{
    char url[128], full[1600];

    if (!*job->playlist_path) {
        cJSON_AddNullToObject(o, "playlist");
        return;
    }
    cJSON *p = json_put_object(o, "playlist");
    snprintf(url, sizeof url, "/api/jobs/%s/playlist", job->uuid);
    snprintf(full, sizeof full, "%s/%s", req->conf->data_dir, job->playlist_path);
    json_put_text(p, "path", full);
    json_put_text(p, "url", url);
}

static int job_paths(struct request *req, struct response *res, struct err *e)
{
    struct paths paths = { .req = req };
    struct job job;

    if (jobs_find(req->db, req->id, &job, e))
        return -1;
    if (response_unchanged(req, res, job.revision, ""))
        return 0;
    res->json = cJSON_CreateObject();
    json_put_text(res->json, "job_id", job.uuid);
    json_put_text(res->json, "status", status_word(&job));
    paths.files = json_put_array(res->json, "files");
    if (tracks_of_job(req->db, &(struct track_filter){ .job_id = job.id, .limit = INT_MAX }, add_paths, &paths, e))
        return -1;
    put_playlist(res->json, req, &job);
    json_put_text(res->json, "output_path", paths.first[0] ? paths.first : NULL);
    return 0;
}

static int job_playlist(struct request *req, struct response *res, struct err *e)
{
    struct job job;

    if (jobs_find(req->db, req->id, &job, e))
        return -1;
    if (!*job.playlist_path)
        return err_set(e, ERR_NOT_FOUND, "there is no playlist file (yet)");
    send_file(req, res, job.playlist_path, "application/vnd.apple.mpegurl", strrchr(job.playlist_path, '/') + 1);
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
    if (response_unchanged(req, res, job.revision, ""))
        return 0;
    if (!status_is_final(job.state))
        return err_set(e, ERR_CONFLICT, "the job is not finished yet (%s)", status_word(&job));
    res->json = cJSON_CreateObject();
    json_put_text(res->json, "job_id", job.uuid);
    json_put_text(res->json, "status", status_word(&job));
    put_playlist(res->json, req, &job);
    return tracks_of_job(req->db, &(struct track_filter){ .job_id = job.id, .limit = INT_MAX }, add_result,
                         json_put_array(res->json, "tracks"), e);
}

static void add_event(void *arg, const struct event *ev)
{
    cJSON_AddItemToArray(arg, view_event(ev));
}

static int job_events(struct request *req, struct response *res, struct err *e)
{
    struct spec_errors errors = { 0 };
    struct job job;

    const int64_t after = request_int(req, "cursor", 0, 0, INT64_MAX, &errors);
    const int limit = (int)request_int(req, "limit", 200, 1, 200, &errors);
    if (response_field_errors(&errors, res, e) || jobs_find(req->db, req->id, &job, e))
        return -1;
    if (response_unchanged(req, res, job.revision, ""))
        return 0;
    res->json = cJSON_CreateObject();
    cJSON *list = json_put_array(res->json, "events");
    if (events_list(req->db, job.id, after, limit, add_event, list, e))
        return -1;
    const int n = cJSON_GetArraySize(list);
    const cJSON *last = n == limit ? cJSON_GetArrayItem(list, n - 1) : NULL;
    char cursor[24];
    snprintf(cursor, sizeof cursor, "%.0f", last ? json_number(last, "seq", 0) : 0);
    json_put_text(res->json, "next_cursor", last ? cursor : NULL);
    return 0;
}

/* ---- steering ---- */

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
    return action_named(name)->run(req->db, req->id, e) ? -1 : answer_job(req, req->id, res, e);
}

static int job_cancel(struct request *req, struct response *res, struct err *e)
{
    return act(req, "cancel", res, e);
}

static int job_pause(struct request *req, struct response *res, struct err *e)
{
    return act(req, "pause", res, e);
}

static int job_resume(struct request *req, struct response *res, struct err *e)
{
    return act(req, "resume", res, e);
}

static int job_retry(struct request *req, struct response *res, struct err *e)
{
    return act(req, "retry", res, e);
}

static int job_delete(struct request *req, struct response *res, struct err *e)
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

static int job_set_status(struct request *req, struct response *res, struct err *e)
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
static int job_patch(struct request *req, struct response *res, struct err *e)
{
    const cJSON *priority = cJSON_GetObjectItemCaseSensitive(req->json, "priority");
    const cJSON *scheduled = cJSON_GetObjectItemCaseSensitive(req->json, "scheduled_at");
    static const char *const also[] = { NULL };
    struct spec spec;

    /* The option table checks both; the rest of it cannot be changed any more. */
    request_only(req, (const char *const[]){ "priority", "scheduled_at", NULL });
    if (req->errors.count == 0)
        spec_from_request(&spec, req->json, also, &req->errors);
    const int64_t at_ms = req->errors.count == 0 ? read_schedule(spec.scheduled_at, &req->errors) : 0;
    if (priority && req->errors.count == 0)
        check_priority(req, spec.priority);
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
    return db_end(req->db, rc, e) ? -1 : answer_job(req, req->id, res, e);      /* both or neither */
}

struct bulk { char (*ids)[ID_UUID_BYTES]; const char *word; int count, seen; int64_t last_id; };

static void collect_id(void *arg, const struct job *job)
{
    struct bulk *b = arg;

    b->seen++;
    b->last_id = job->id;
    if (is_meant(job, b->word))
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
static int jobs_act(struct request *req, struct response *res, struct err *e)
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

static const struct route routes[] = {
    { "POST",   "/api/jobs",             job_create,     NEED_JSON | MAY_SESSION },
    { "GET",    "/api/jobs",             job_list,       MAY_SESSION },
    { "POST",   "/api/jobs/actions",     jobs_act,       NEED_JSON | MAY_SESSION },
    { "GET",    "/api/jobs/{id}",        job_get,        MAY_SESSION },
    { "PATCH",  "/api/jobs/{id}",        job_patch,      NEED_JSON | MAY_SESSION },
    { "DELETE", "/api/jobs/{id}",        job_delete,     MAY_SESSION },
    { "GET",    "/api/jobs/{id}/tracks", job_tracks,     MAY_SESSION },
    { "GET",    "/api/jobs/{id}/paths",  job_paths,      MAY_SESSION },
    { "GET",    "/api/jobs/{id}/playlist", job_playlist, MAY_SESSION },
    { "GET",    "/api/jobs/{id}/result", job_result,     MAY_SESSION },
    { "GET",    "/api/jobs/{id}/events", job_events,     MAY_SESSION },
    { "PUT",    "/api/jobs/{id}/status", job_set_status, NEED_JSON | MAY_SESSION },
    { "POST",   "/api/jobs/{id}/cancel", job_cancel,     MAY_SESSION },
    { "POST",   "/api/jobs/{id}/pause",  job_pause,      MAY_SESSION },
    { "POST",   "/api/jobs/{id}/resume", job_resume,     MAY_SESSION },
    { "POST",   "/api/jobs/{id}/retry",  job_retry,      MAY_SESSION },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("jobs", routes);
}
