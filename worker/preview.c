/*
 * preview: what a link would yield, before anybody submits it. Resolved as a job is, but what is found becomes a
 * document instead of tracks; a search is carried out, so that the result can be judged.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "fetch_run.h"
#include "json.h"
#include "learn.h"
#include "media.h"
#include "previews.h"
#include "stages/resolve.h"
#include "workdir.h"

#define COVER_MAX_PIXELS 480
#define COVER_MAX_BYTES  (1 << 20)

struct looking {
    struct run *run;
    cJSON      *result;         /* owned */
    cJSON      *entries;        /* its member */
    int64_t     last;           /* index of the last of them */
    char        cover[URL_MAX_BYTES + 1];       /* of the first entry that has one */
};

/* A preview is no job, and answers to what a job's request answers. */
int preview_open(struct run *r, struct err *e)
{
    struct preview p;

    if (previews_by_id(r->db, r->claim.subject_id, &p, e))
        return -1;
    spec_defaults(&r->spec);
    copy_text(r->spec.download_type, sizeof r->spec.download_type, p.download_type);
    r->spec.max_items = p.max_items;
    copy_text(r->job.uuid, sizeof r->job.uuid, p.uuid);
    copy_text(r->job.session_uuid, sizeof r->job.session_uuid, p.session_uuid);
    copy_text(r->job.source, sizeof r->job.source, p.source);
    r->job.url = xstrdup(p.url);
    r->job.search_query = xstrdup(p.search_query);
    r->job.spec_json = xstrdup("{}");
    preview_free(&p);
    return 0;
}

static const char *or_null(const char *s)
{
    return *s ? s : NULL;
}

static void put_track(cJSON *o, const struct track_info *k)
{
    json_put_text(o, "title", or_null(k->title));
    json_put_text(o, "artist", or_null(k->artist));
    json_put_text(o, "album", or_null(k->album));
    json_put_text(o, "uploader", or_null(k->uploader));
    json_put_number(o, "duration_seconds", k->duration_ms >= 0 ? (double)k->duration_ms / 1000 : (double)NAN);
    json_put_text(o, "url", or_null(k->url));
    json_put_text(o, "thumbnail_url", or_null(k->thumbnail_url));
}

static void add_entry(struct looking *l, const struct found *f)
{
    cJSON *o = cJSON_CreateObject();

    json_put_int(o, "index", f->index);
    put_track(o, f->info);
    json_put_bool(o, "available", !f->refused);
    if (f->refused) {
        cJSON *error = json_put_object(o, "error");
        json_put_text(error, "kind", err_class(f->refused->kind)->name);
        json_put_text(error, "detail", f->refused->text);
        json_put_text(error, "hint", err_class(f->refused->kind)->hint);
    } else {
        cJSON_AddNullToObject(o, "error");
    }
    cJSON_AddItemToArray(l->entries, o);
    if (!*l->cover)
        copy_text(l->cover, sizeof l->cover, f->info->thumbnail_url);
}

/* What has to be looked for is: title and length of what was found, beside what was wanted. */
static int find(struct looking *l, const struct found *f, struct err *e)
{
    struct wanted *w = xcalloc(1, sizeof *w);
    cJSON *doc = cJSON_Parse(f->wanted_json), *match = NULL;
    char url[URL_MAX_BYTES + 1];

    int rc = wanted_from_json(w, doc, e);
    if (rc == 0)
        rc = learn_find(l->run, w, url, sizeof url, &match, e);
    if (rc == 0) {
        const cJSON *best = json_member(match, "candidates") ? json_member(match, "candidates")->child : NULL;
        while (best && strcmp(json_text(best, "url", ""), url) != 0)
            best = best->next;
        if (!*w->title && best)
            cJSON_ReplaceItemInObjectCaseSensitive(l->result, "title",
                                                   cJSON_CreateString(json_text(best, "title", "")));
        cJSON_ReplaceItemInObjectCaseSensitive(l->result, "duration_seconds",
                                               cJSON_CreateNumber(json_number(best, "duration_seconds", 0)));
        cJSON_ReplaceItemInObjectCaseSensitive(l->result, "url", cJSON_CreateString(url));
        cJSON_ReplaceItemInObjectCaseSensitive(l->result, "match", match);
        match = NULL;
        copy_text(l->cover, sizeof l->cover, w->cover_url);
    }
    cJSON_Delete(match);
    cJSON_Delete(doc);
    free(w);
    return rc;
}

static int take_one(struct looking *l, const struct found *f, struct err *e)
{
    put_track(l->result, f->info);
    json_put_text(l->result, "source_url", f->info->url);
    copy_text(l->cover, sizeof l->cover, f->info->thumbnail_url);
    json_put_raw(l->result, "match", NULL);
    return f->wanted_json ? find(l, f, e) : 0;
}

static int take(void *arg, const struct findings *f, struct err *e)
{
    struct looking *l = arg;

    for (int i = 0; i < f->count; i++)      /* a page that was read leaves what its download would need */
        workdir_remove(l->run->conf, f->items[i].uuid);
    if (!f->list && f->count)
        return take_one(l, &f->items[0], e);
    /* A list that broke off is read again from its first entry on. */
    for (int i = 0; i < f->count; i++)
        if (f->items[i].index > l->last) {
            add_entry(l, &f->items[i]);
            l->last = f->items[i].index;
        }
    if (f->last) {
        json_put_text(l->result, "title", f->list ? or_null(f->list->title) : NULL);
        json_put_text(l->result, "source_url", l->run->job.url);
        if (f->list && f->list->items >= 0)
            json_put_int(l->result, "total", f->list->items);
        else
            cJSON_AddNullToObject(l->result, "total");
        json_put_text(l->result, "note", f->note);
        json_put_bool(l->result, "more", f->note != NULL);
    }
    return 0;
}

/* Where nginx may serve it from (cgi/preview.c); goes with the preview. */
static int keep_cover(struct run *r, const char *url, struct err *e)
{
    const struct media_call call = { .command = "cover", .input = "thumbnail", .output = "cover.jpg",
                                     .output_max_bytes = COVER_MAX_BYTES };
    cJSON *request = cJSON_CreateObject(), *result = NULL;
    char path[RUN_PATH_BYTES + PREVIEWS_COVER_BYTES], below[PREVIEWS_COVER_BYTES];

    json_put_int(request, "max_pixels", COVER_MAX_PIXELS);
    if (fetch_picture(r, url, "thumbnail", e)) {
        cJSON_Delete(request);
        return -1;
    }
    if (media_run(r, &call, request, 0, 1, &result, e))
        return -1;
    cJSON_Delete(result);
    snprintf(path, sizeof path, "%s/" PREVIEWS_COVERS, r->conf->data_dir);
    if (file_mkdirs(path, e))
        return -1;
    snprintf(path, sizeof path, "%s/%s", r->conf->data_dir, previews_cover(r->job.uuid, below));
    return file_copy(run_path(r, "cover.jpg"), path, e);
}

static void put_cover(struct looking *l)
{
    char url[128];
    struct err e;

    const bool have = *l->cover && keep_cover(l->run, l->cover, &e) == 0;
    if (*l->cover && !have)
        log_err(LOG_INFO, "preview_without_cover", &e);
    snprintf(url, sizeof url, "/api/preview/%s/cover", l->run->job.uuid);
    json_put_text(l->result, "cover_url", have ? url : NULL);
}

int task_preview(struct run *r, struct err *e)
{
    struct looking l = { .run = r, .result = cJSON_CreateObject() };

    l.entries = cJSON_CreateArray();
    snprintf(r->work, sizeof r->work, "%s/work/%s", r->conf->data_dir, r->job.uuid);
    int rc = resolve_link(r, take, &l, e);
    if (rc == 0) {
        put_cover(&l);
        json_put_bool(l.result, "is_list", l.entries->child != NULL);
        cJSON_AddItemToObject(l.result, "entries", l.entries);
        l.entries = NULL;
        char *text = cJSON_PrintUnformatted(l.result);
        rc = life_previewed(r->db, &r->claim, text, e);
        cJSON_free(text);
    }
    cJSON_Delete(l.entries);
    cJSON_Delete(l.result);
    return rc;
}
