#include "view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json.h"
#include "status.h"
#include "whitelist_check.h"

static void put_known(cJSON *o, const char *name, int64_t value)
{
    if (value >= 0)
        json_put_int(o, name, value);
    else
        cJSON_AddNullToObject(o, name);
}

static const char *or_null(const char *s)
{
    return *s ? s : NULL;
}

static void put_track_url(cJSON *o, const char *name, bool present, const char *uuid, const char *what)
{
    char url[128];

    snprintf(url, sizeof url, "/api/tracks/%s/%s", uuid, what);
    json_put_text(o, name, present ? url : NULL);
}

/* A resolve task counts for little: the bar belongs to the track. */
static double job_percent(const struct job *j)
{
    const int64_t ended = j->completed_items + j->failed_items;
    const bool is_track = strcmp(j->stage, "resolve") != 0 && strcmp(j->task_state, "running") == 0;

    if (strcmp(j->state, "done") == 0)
        return 100;
    if (!j->is_list)
        return round(j->percent * 10) / 10;
    /* Of what is there by now: how long a list will be, nobody knows as long as it is read. */
    const int64_t items = j->total_items;
    return items ? round(((double)ended * 100 + (is_track ? j->percent : 0)) * 10 / (double)items) / 10 : 0;
}

static void put_progress(cJSON *o, const struct job *j)
{
    cJSON *p = json_put_object(o, "progress");
    const int64_t ended = j->completed_items + j->failed_items;

    json_put_number(p, "percent", job_percent(j));
    json_put_int(p, "current_item", ended < j->total_items ? ended + 1 : j->total_items);
    json_put_int(p, "completed_items", j->completed_items);
    json_put_int(p, "failed_items", j->failed_items);
    json_put_int(p, "cached_items", j->cached_items);
    json_put_int(p, "total_items", j->total_items);
    put_known(p, "downloaded_bytes", j->downloaded_bytes);
    put_known(p, "total_bytes", j->total_bytes);
    put_known(p, "speed", j->speed_bps);
    put_known(p, "eta", j->eta_s);
}

void view_put_error(cJSON *o, const char *kind, const char *text)
{
    if (!*kind) {
        cJSON_AddNullToObject(o, "error");
        return;
    }
    cJSON *error = json_put_object(o, "error");
    json_put_text(error, "kind", kind);
    json_put_text(error, "detail", text);
    json_put_text(error, "hint", err_class(err_kind_named(kind))->hint);
    cJSON *offer = view_offer(kind, text);
    if (offer)
        cJSON_AddItemToObject(error, "whitelist", offer);
}

cJSON *view_offer(const char *kind, const char *refusal)
{
    struct whitelist_entry entry;

    if (err_kind_named(kind) != ERR_NOT_WHITELISTED || !whitelist_offer(refusal, &entry))
        return NULL;
    cJSON *o = cJSON_CreateObject();
    json_put_text(o, "platform", entry.platform);
    json_put_text(o, "channel", entry.channel);
    json_put_text(o, "name", entry.name);
    return o;
}

cJSON *view_job(const struct job *j, const struct gates *g)
{
    cJSON *o = cJSON_CreateObject();
    int64_t until_ms = 0;
    char why[480];

    json_put_text(o, "job_id", j->uuid);
    json_put_text(o, "job_uuid", j->uuid);
    json_put_text(o, "session_uuid", or_null(j->session_uuid));
    json_put_text(o, "url", or_null(j->url));
    json_put_text(o, "search_query", or_null(j->search_query));
    json_put_text(o, "source_type", j->source);
    json_put_text(o, "status", status_word(j));
    json_put_text(o, "state", j->state);
    json_put_text(o, "stage", or_null(j->stage));
    json_put_bool(o, "is_list", j->is_list);
    json_put_bool(o, "cached", j->total_items > 0 && j->cached_items == j->total_items);
    put_known(o, "list_items", j->list_items);
    json_put_text(o, "title", or_null(j->is_list ? j->list_title : j->title));
    json_put_text(o, "artist", j->is_list ? NULL : or_null(j->artist));
    const bool has_length = !j->is_list && j->duration_ms >= 0;
    json_put_number(o, "duration_seconds", has_length ? (double)j->duration_ms / 1000 : (double)NAN);
    put_known(o, "match_score", j->is_list ? -1 : j->match_score);
    json_put_number(o, "progress_percent", job_percent(j));
    put_progress(o, j);
    json_put_int(o, "attempt", j->attempts);
    view_put_error(o, j->error_kind, j->error_text);
    json_put_text(o, "waiting_for", status_waiting_for(j, g, why, sizeof why, &until_ms));
    json_put_time(o, "waiting_until", until_ms);
    json_put_text(o, "stopping", status_is_final(j->state) ? NULL : j->cancel_requested ? "cancel"
                                 : j->pause_requested ? "pause" : NULL);
    json_put_text(o, "queue", or_null(j->queue));
    json_put_int(o, "priority", j->priority);
    json_put_time(o, "scheduled_at", j->scheduled_at_ms);
    json_put_text(o, "client_ref", or_null(j->client_ref));
    json_put_text(o, "track_id", or_null(j->track_uuid));
    put_track_url(o, "cover_url", j->has_cover, j->track_uuid, "cover");
    put_track_url(o, "file_url", j->has_audio, j->track_uuid, "file");
    json_put_time(o, "created_at", j->created_at_ms);
    json_put_time(o, "updated_at", j->updated_at_ms);
    json_put_time(o, "started_at", j->started_at_ms);
    json_put_time(o, "finished_at", j->finished_at_ms);
    return o;
}

cJSON *view_event(const struct event *ev)
{
    cJSON *o = cJSON_CreateObject();

    json_put_int(o, "seq", ev->seq);
    json_put_time(o, "at", ev->at_ms);
    json_put_text(o, "event", ev->event);
    json_put_text(o, "task", ev->task_kind);
    json_put_text(o, "track_id", ev->track_uuid);
    if (ev->attempt)
        json_put_int(o, "attempt", ev->attempt);
    else
        cJSON_AddNullToObject(o, "attempt");
    json_put_text(o, "stage", ev->stage);
    json_put_text(o, "kind", ev->error_kind);
    json_put_text(o, "detail", ev->detail);
    return o;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void put_file(cJSON *o, const struct track *t)
{
    if (!t->audio.kind[0]) {
        cJSON_AddNullToObject(o, "file");
        return;
    }
    cJSON *file = json_put_object(o, "file");
    json_put_text(file, "name", file_name(t->audio.path));
    json_put_text(file, "path", t->audio.is_foreign ? NULL : t->audio.path);
    json_put_text(file, "format", t->audio.format);
    json_put_int(file, "size_bytes", t->audio.size_bytes);
    json_put_text(file, "sha256", t->audio.sha256);
    put_track_url(file, "url", true, t->uuid, "file");
    put_track_url(file, "download_url", true, t->uuid, "file?download=1");
}

cJSON *view_track_alone(const struct track *t)
{
    static const char *const parts[] = { "input", "output", "loudness", "trim", "checked" };     /* of the report */
    cJSON *o = cJSON_CreateObject();
    cJSON *report = t->report_json ? cJSON_Parse(t->report_json) : NULL;

    json_put_text(o, "track_id", t->uuid);
    json_put_int(o, "index", t->item_index);
    json_put_text(o, "status", strcmp(t->state, "done") == 0 ? "completed" : t->state);
    json_put_text(o, "title", or_null(t->info.title));
    json_put_text(o, "artist", or_null(t->info.artist));
    json_put_text(o, "album", or_null(t->info.album));
    json_put_text(o, "date", or_null(t->info.release_date));
    json_put_text(o, "uploader", or_null(t->info.uploader));
    json_put_number(o, "duration_seconds", t->info.duration_ms >= 0 ? (double)t->info.duration_ms / 1000 : (double)NAN);
    json_put_text(o, "source_url", t->info.url);
    json_put_text(o, "channel_id", or_null(t->info.channel_id));
    json_put_text(o, "channel_url", or_null(t->info.channel_url));
    json_put_text(o, "isrc", or_null(t->info.isrc));
    json_put_int(o, "track_number", t->info.track_number);
    json_put_bool(o, "cached", t->is_cached);
    view_put_error(o, t->error_kind, t->error_text);
    json_put_raw(o, "wanted", t->wanted_json);
    json_put_raw(o, "match", t->match_json);
    json_put_raw(o, "metadata", t->meta_json);
    put_file(o, t);
    put_track_url(o, "cover_url", t->cover.kind[0] != '\0', t->uuid, "cover");
    put_track_url(o, "waveform_url", t->waveform.kind[0] != '\0', t->uuid, "waveform");
    put_track_url(o, "spectrogram_url", t->spectrogram.kind[0] != '\0', t->uuid, "spectrogram");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        cJSON *part = cJSON_DetachItemFromObjectCaseSensitive(report, parts[i]);
        cJSON_AddItemToObject(o, parts[i], part ? part : cJSON_CreateNull());
    }
    cJSON_Delete(report);
    return o;
}

cJSON *view_track(const struct track *t)
{
    cJSON *o = view_track_alone(t), *metadata = cJSON_GetObjectItemCaseSensitive(o, "metadata");

    cJSON_DeleteItemFromObjectCaseSensitive(metadata, "chapters");
    cJSON_DeleteItemFromObjectCaseSensitive(metadata, "chapters_from");
    return o;
}
