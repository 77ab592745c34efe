/*
 * /api/jobs: the table, and looking. Each function is one short transaction and an answer; it never waits for the
 * network and never touches media.
 */
#include "jobs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "events.h"
#include "gates.h"
#include "job_routes.h"
#include "json.h"
#include "send.h"
#include "status.h"
#include "tracks.h"
#include "view.h"

#define TRACKS_SHOWN 200

struct list {
    cJSON       *items;
    const char  *word;
    struct gates gates;
    int64_t      last_id;
    char         last[ID_UUID_BYTES];
    int          count;
};

static void add_job(void *arg, const struct job *job)
{
    struct list *list = arg;

    if (status_is_meant(job, list->word))
        cJSON_AddItemToArray(list->items, view_job(job, &list->gates));
    list->last_id = job->id;
    copy_text(list->last, sizeof list->last, job->uuid);
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

/* Rows are numbered over all tenants, and how the numbers grow is no session's business: its cursors are ids of jobs
 * that it knows. */
static int read_cursor(const struct request *req, struct asked_list *a, struct spec_errors *errors, struct err *e)
{
    const char *session = *req->session_uuid ? req->session_uuid : a->filter.session;
    char last[ID_UUID_BYTES + 1];

    if (!session) {
        a->filter.before_id = request_int(req, "cursor", INT64_MAX, 1, INT64_MAX, errors);
        return 0;
    }
    a->filter.before_id = INT64_MAX;
    if (!request_query(req, "cursor", last, sizeof last) || !*last)
        return 0;
    if (id_is_uuid(last))
        return jobs_place(req->db, session, last, &a->filter.before_id, e);
    spec_add_error(errors, "cursor", "is none that this server gave");
    return 0;
}

static int read_filter(const struct request *req, struct asked_list *a, struct response *res, struct err *e)
{
    struct job_filter *f = &a->filter;
    struct spec_errors errors = { 0 };

    *f = (struct job_filter){ .limit = (int)request_int(req, "limit", 50, 1, 200, &errors) };
    if (request_query(req, "status", a->word, sizeof a->word) && *a->word &&
        !(f->state = status_state_of_word(a->word)))
        spec_add_error(&errors, "status", "is not a status");
    if (request_query(req, "source_type", a->source, sizeof a->source) && *a->source)
        f->source = a->source;
    return read_session(req, a, &errors, e) || read_cursor(req, a, &errors, e)
               ? -1
               : response_field_errors(&errors, res, e);
}

static int job_list(struct request *req, struct response *res, struct err *e)
{
    static struct list list;
    struct asked_list asked = { 0 };
    int64_t revision = 0, total = 0;
    char number[32];

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
    snprintf(number, sizeof number, "%lld", (long long)list.last_id);
    const char *cursor = *req->session_uuid || asked.filter.session ? list.last : number;
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
    struct spec_errors errors = { 0 };
    struct job_request asked = { 0 };
    struct job job;

    const bool with_tracks = request_int(req, "tracks", 1, 0, 1, &errors);
    if (response_field_errors(&errors, res, e) || jobs_find(req->db, req->id, &job, e) ||
        gates_load(&gates, req->db, req->conf, e))
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
    const struct track_filter first = { .job_id = job.id, .limit = TRACKS_SHOWN };
    if (with_tracks && put_tracks(req, res->json, &first, e))
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
    add_path(arg, t, &t->waveform, "waveform");
    add_path(arg, t, &t->spectrogram, "spectrogram");
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

static const struct route routes[] = {
    { "POST",   "/api/jobs",             job_create,     NEED_JSON | MAY_SESSION },
    { "GET",    "/api/jobs",             job_list,       MAY_SESSION },
    { "POST",   "/api/jobs/actions",     job_act_on_many, NEED_JSON | MAY_SESSION },
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
