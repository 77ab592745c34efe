/*
 * /api/whitelist: which channels may be downloaded, and whether that is asked at all. What an entry means is
 * lib/whitelist.h's business.
 */
#include "whitelist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "handler.h"
#include "json.h"

/* One line of at most most characters, or NULL: it is absent, or no such text and an error. */
static const char *read_text(struct request *req, const char *name, int most)
{
    const cJSON *v = json_member(req->json, name);
    int chars = 0;

    if (!v)
        return NULL;
    if (!cJSON_IsString(v)) {
        spec_add_error(&req->errors, name, "has to be text");
        return NULL;
    }
    const size_t len = strlen(v->valuestring);
    for (size_t i = 0, n; i < len; i += n, chars++) {
        uint32_t cp = 0;
        n = utf8_next(v->valuestring + i, len - i, &cp);
        if (n == 0 || utf8_is_control(cp)) {
            spec_add_error(&req->errors, name, "holds a control character");
            return NULL;
        }
    }
    if (chars > most) {
        spec_add_error(&req->errors, name, "is longer than %d characters", most);
        return NULL;
    }
    return v->valuestring;
}

/* ---- answers ---- */

static cJSON *view_entry(const struct whitelist_entry *entry)
{
    cJSON *o = cJSON_CreateObject();

    json_put_text(o, "id", entry->uuid);
    json_put_text(o, "platform", entry->platform);
    json_put_text(o, "channel", entry->channel);
    json_put_text(o, "name", entry->name);
    json_put_text(o, "note", entry->note);
    json_put_time(o, "created_at", entry->created_at_ms);
    return o;
}

struct page { cJSON *entries; int count, limit; int64_t last_id; bool more; };

/* One more than the page is asked for: it tells that there is another page. */
static void add_entry(void *arg, const struct whitelist_entry *entry)
{
    struct page *page = arg;

    page->more = page->count == page->limit;
    if (page->more)
        return;
    cJSON_AddItemToArray(page->entries, view_entry(entry));
    page->last_id = entry->id;
    page->count++;
}

static int answer_page(struct request *req, struct response *res, int64_t before_id, int limit, struct err *e)
{
    const char *decided_by = NULL;
    struct page page = { .limit = limit };
    bool enabled = false;
    int64_t total = 0;
    char cursor[24];

    if (whitelist_enabled(req->db, req->conf, &enabled, &decided_by, e) || whitelist_count(req->db, &total, e))
        return -1;
    res->json = cJSON_CreateObject();
    json_put_bool(res->json, "enabled", enabled);
    json_put_text(res->json, "decided_by", decided_by);
    page.entries = json_put_array(res->json, "entries");
    if (whitelist_list(req->db, before_id, limit + 1, add_entry, &page, e))
        return -1;
    snprintf(cursor, sizeof cursor, "%lld", (long long)page.last_id);
    json_put_text(res->json, "next_cursor", page.more ? cursor : NULL);
    json_put_int(res->json, "total", total);
    return 0;
}

static int answer_entry(struct request *req, struct response *res, struct err *e)
{
    struct whitelist_entry entry;

    if (whitelist_find(req->db, req->id, &entry, e))
        return -1;
    res->json = view_entry(&entry);
    return 0;
}

/* The entity tag is of the answer itself: it changes by hand, and seldom. */
static int if_changed(struct request *req, struct response *res)
{
    char *text = cJSON_PrintUnformatted(res->json), hash[ID_SHA256_BYTES];

    id_sha256(hash, text, strlen(text));
    cJSON_free(text);
    hash[32] = '\0';
    if (response_unchanged(req, res, 0, hash)) {
        cJSON_Delete(res->json);
        res->json = NULL;
    }
    return 0;
}

/* ---- routes ---- */

static int whitelist_show(struct request *req, struct response *res, struct err *e)
{
    const int limit = (int)request_int(req, "limit", 50, 1, 200, &req->errors);
    const int64_t before_id = request_int(req, "cursor", INT64_MAX, 1, INT64_MAX, &req->errors);

    if (response_field_errors(&req->errors, res, e) || answer_page(req, res, before_id, limit, e))
        return -1;
    return if_changed(req, res);
}

/* {"enabled": true | false}; null leaves it to the setting again. */
static int whitelist_put(struct request *req, struct response *res, struct err *e)
{
    const cJSON *enabled = cJSON_GetObjectItemCaseSensitive(req->json, "enabled");

    request_only(req, (const char *const[]){ "enabled", NULL });
    if (!enabled)
        spec_add_error(&req->errors, "enabled", "is required");
    else if (!cJSON_IsBool(enabled) && !cJSON_IsNull(enabled))
        spec_add_error(&req->errors, "enabled", "has to be true or false, or null for what the settings say");
    if (response_field_errors(&req->errors, res, e))
        return -1;
    if (cJSON_IsNull(enabled) ? whitelist_unset(req->db, e) : whitelist_set(req->db, cJSON_IsTrue(enabled), e))
        return -1;
    return answer_page(req, res, INT64_MAX, 50, e);
}

static int entry_add(struct request *req, struct response *res, struct err *e)
{
    struct whitelist_entry entry = { 0 };
    const char *field = NULL;
    bool existing = false;

    request_only(req, (const char *const[]){ "platform", "channel", "name", "note", NULL });
    const char *platform = read_text(req, "platform", 16), *channel = read_text(req, "channel", URL_MAX_BYTES);
    const char *name = read_text(req, "name", WHITELIST_NAME_CHARS);
    const char *note = read_text(req, "note", WHITELIST_NOTE_CHARS);
    if (!json_member(req->json, "channel"))
        spec_add_error(&req->errors, "channel", "is required: an id, a handle, a user name, a host or an address");
    if (req->errors.count == 0 && whitelist_normalise(platform ? platform : "", channel, &entry, &field, e))
        spec_add_error(&req->errors, field, "%s", e->text);
    if (response_field_errors(&req->errors, res, e))
        return -1;
    copy_text(entry.name, sizeof entry.name, name && *name ? name : channel);
    copy_text(entry.note, sizeof entry.note, note);
    if (whitelist_add(req->db, &entry, &existing, e))
        return -1;
    res->json = view_entry(&entry);
    res->status = existing ? 200 : 201;
    snprintf(res->location, sizeof res->location, "/api/whitelist/%s", entry.uuid);
    return 0;
}

static int entry_get(struct request *req, struct response *res, struct err *e)
{
    return answer_entry(req, res, e) ? -1 : if_changed(req, res);
}

static int entry_patch(struct request *req, struct response *res, struct err *e)
{
    request_only(req, (const char *const[]){ "name", "note", NULL });
    const char *name = read_text(req, "name", WHITELIST_NAME_CHARS);
    const char *note = read_text(req, "note", WHITELIST_NOTE_CHARS);
    if (!name && !note && req->errors.count == 0)
        spec_add_error(&req->errors, "note", "or name is required; for another channel, add one");
    if (response_field_errors(&req->errors, res, e) || whitelist_patch(req->db, req->id, name, note, e))
        return -1;
    return answer_entry(req, res, e);
}

static int entry_remove(struct request *req, struct response *res, struct err *e)
{
    res->status = 204;
    return whitelist_remove(req->db, req->id, e);
}

static const struct route routes[] = {
    { "GET",    "/api/whitelist",      whitelist_show, 0 },
    { "PUT",    "/api/whitelist",      whitelist_put,  NEED_JSON },
    { "POST",   "/api/whitelist",      entry_add,      NEED_JSON },
    { "GET",    "/api/whitelist/{id}", entry_get,      0 },
    { "PATCH",  "/api/whitelist/{id}", entry_patch,    NEED_JSON },
    { "DELETE", "/api/whitelist/{id}", entry_remove,   0 },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("whitelist", routes);
}
