/*
 * /api/preview: what a link or a search would yield, before it is submitted. A worker looks; who asked polls.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "handler.h"
#include "json.h"
#include "lifecycle.h"
#include "previews.h"
#include "send.h"
#include "spec.h"
#include "target.h"
#include "view.h"

#define ITEMS_MOST 500

static cJSON *view(const struct preview *p)
{
    static const struct { const char *state, *word; } words[] = {
        { "queued", "pending" }, { "running", "running" }, { "done", "completed" }, { "failed", "failed" },
    };
    cJSON *o = cJSON_CreateObject();

    json_put_text(o, "preview_id", p->uuid);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].state, p->state) == 0)
            json_put_text(o, "status", words[i].word);
    json_put_text(o, "url", *p->url ? p->url : NULL);
    json_put_text(o, "search_query", *p->search_query ? p->search_query : NULL);
    json_put_text(o, "source_type", p->source);
    json_put_raw(o, "result", p->result_json);
    view_put_error(o, p->error_kind, p->error_text);
    json_put_time(o, "created_at", p->created_at_ms);
    json_put_time(o, "expires_at", p->created_at_ms + PREVIEWS_KEEP_MS);
    return o;
}

static int preview_get(struct request *req, struct response *res, struct err *e)
{
    struct preview p;

    if (previews_find(req->db, req->id, &p, e))
        return -1;
    if (!response_unchanged(req, res, p.finished_at_ms, p.state))
        res->json = view(&p);
    preview_free(&p);
    return 0;
}

static int preview_cover(struct request *req, struct response *res, struct err *e)
{
    char path[PREVIEWS_COVER_BYTES];
    struct preview p;

    if (previews_find(req->db, req->id, &p, e))
        return -1;
    const bool has_cover = p.result_json && strstr(p.result_json, "\"cover_url\":\"");
    previews_cover(p.uuid, path);
    preview_free(&p);
    if (!has_cover)
        return err_set(e, ERR_NOT_FOUND, "there is no picture");
    send_file(req, res, path, "image/jpeg", "cover.jpg");
    return 0;
}

/* url or search_query, with the options that say what of it is meant. */
static int read_request(struct request *req, struct spec *spec, struct target *t)
{
    static const char *const also[] = { "url", "search_query", NULL };
    static const char *const options[] = { "url", "search_query", "download_type", "max_items", "source_type", NULL };
    const cJSON *url = cJSON_GetObjectItemCaseSensitive(req->json, "url");
    const cJSON *query = cJSON_GetObjectItemCaseSensitive(req->json, "search_query");

    request_only(req, options);
    if (req->errors.count == 0)
        spec_from_request(spec, req->json, also, &req->errors);
    else
        spec_defaults(spec);
    if (!url == !query)
        spec_add_error(&req->errors, "url", url ? "or search_query, not both" : "or search_query is required");
    else if (url)
        target_read_url(req, url, "url", t, spec, &req->errors);
    else
        target_read_query(query, "search_query", t, &req->errors);
    return req->errors.count;
}

static int preview_create(struct request *req, struct response *res, struct err *e)
{
    static struct target t;
    struct preview p = { .state = "queued" };
    struct spec spec;

    if (read_request(req, &spec, &t))
        return response_field_errors(&req->errors, res, e);
    copy_text(p.url, sizeof p.url, t.url.text);
    copy_text(p.search_query, sizeof p.search_query, t.search_query);
    copy_text(p.source, sizeof p.source, t.link.source);
    copy_text(p.download_type, sizeof p.download_type, spec.download_type);
    const int64_t wanted = spec.max_items ? spec.max_items : req->conf->max_items;
    p.max_items = quota_smaller(wanted, *req->session_uuid ? req->conf->session_max_items : ITEMS_MOST);
    p.max_items = quota_smaller(p.max_items, ITEMS_MOST);
    if (target_check_whitelist(req, &t, e)) {
        response_problem_member(res, "whitelist", view_offer(err_class(e->kind)->name, e->text));
        return -1;
    }
    if (life_preview(req->db, &p, target_asked(&t), e) || previews_find(req->db, p.uuid, &p, e))
        return -1;
    snprintf(res->location, sizeof res->location, "/api/preview/%s", p.uuid);
    res->status = 202;
    res->json = view(&p);
    preview_free(&p);
    return 0;
}

static const struct route routes[] = {
    { "POST", "/api/preview",            preview_create, NEED_JSON | MAY_SESSION },
    { "GET",  "/api/preview/{id}",       preview_get,    MAY_SESSION },
    { "GET",  "/api/preview/{id}/cover", preview_cover,  MAY_SESSION },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("preview", routes);
}
