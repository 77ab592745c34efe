#include "lines.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "json.h"

/* Our own progress templates: small and flat. */
static const struct json_limits line_limits = { .max_bytes = 8192, .max_depth = 4, .max_names = 32 };

/* Larger than any media file, smaller than what int64_t and double disagree about. */
#define LARGEST 9e15

static int64_t whole(const cJSON *o, const char *name)
{
    const double n = json_number(o, name, -1);
    return n >= 0 && n < LARGEST ? (int64_t)n : -1;
}

static void read_progress(const cJSON *o, struct ytdlp_progress *p)
{
    const int64_t index = whole(o, "fragment_index"), count = whole(o, "fragment_count");

    p->downloaded_bytes = whole(o, "downloaded_bytes");
    p->total_bytes = whole(o, "total_bytes");
    p->speed_bps = whole(o, "speed");
    p->eta_s = whole(o, "eta");
    p->fraction = -1;
    if (count > 0 && index >= 0)        /* the estimate of fragmented downloads jumps about; their count does not */
        p->fraction = (double)index / (double)count;
    else if (p->total_bytes > 0 && p->downloaded_bytes >= 0)
        p->fraction = (double)p->downloaded_bytes / (double)p->total_bytes;
    if (p->total_bytes < 0)
        p->total_bytes = whole(o, "total_bytes_estimate");
    p->fraction = p->fraction > 1 ? 1 : p->fraction;
}

enum ytdlp_line ytdlp_read_line(const char *line, struct ytdlp_progress *p, char *path, size_t path_size)
{
    enum ytdlp_line kind = YTDLP_OTHER;
    cJSON *doc = NULL;
    struct err e;

    if (line[0] != '@' || (line[1] != 'P' && line[1] != 'F') || line[2] != ' ')
        return YTDLP_OTHER;
    if (json_parse(&doc, line + 3, strlen(line + 3), &line_limits, &e))
        return YTDLP_OTHER;
    if (line[1] == 'P' && cJSON_IsObject(doc)) {
        read_progress(doc, p);
        kind = YTDLP_PROGRESS;
    } else if (line[1] == 'F' && cJSON_IsString(doc) && strlen(doc->valuestring) < path_size) {
        copy_text(path, path_size, doc->valuestring);
        kind = YTDLP_FILE;
    }
    cJSON_Delete(doc);
    return kind;
}

/* The first of these members that holds something to read. */
static void put_first(char *to, size_t size, const cJSON *o, const char *const *names)
{
    for (; *names && !*to; names++) {
        copy_text(to, size, json_text(o, *names, ""));
        utf8_clean(to);
    }
}

/* A link that was cut would be another link. */
static void put_link(char *to, size_t size, const cJSON *o, const char *const *names)
{
    for (; *names && !*to; names++)
        if (strlen(json_text(o, *names, "")) < size)
            put_first(to, size, o, (const char *const[]){ *names, NULL });
}
#define PUT_LINK(field, ...) put_link(field, sizeof field, o, (const char *const[]){ __VA_ARGS__, NULL })
#define PUT(field, ...) put_first(field, sizeof field, o, (const char *const[]){ __VA_ARGS__, NULL })

/* yt-dlp's note to itself behind the link of a feed's entry: it would make another link of the same file. */
static void cut_smuggled(char *url)
{
    char *note = strstr(url, "#__youtubedl_smuggle=");

    if (note)
        *note = '\0';
}

static bool says_live(const cJSON *o)
{
    const char *status = json_text(o, "live_status", "");
    return !strcmp(status, "is_live") || !strcmp(status, "is_upcoming") || json_bool(o, "is_live", false);
}

static void read_list(const cJSON *o, struct ytdlp_entry *out)
{
    static const char *const lists[] = { "Tab", "Playlist", "Album", "Set", "User", "Channel", "Series", "Show" };
    const char *key = json_text(o, "ie_key", "");
    const int64_t index = whole(o, "playlist_index"), count = whole(o, "playlist_count");

    PUT(out->list_id, "playlist_id");
    PUT(out->list_title, "playlist_title", "playlist");
    PUT(out->list_uploader, "playlist_uploader", "playlist_channel");
    out->list_index = index > 0 ? index : -1;
    out->list_items = count >= 0 ? count : whole(o, "n_entries");
    out->in_list = *out->list_id || *out->list_title || out->list_index > 0;
    for (size_t i = 0; out->is_reference && i < ARRAY_LEN(lists); i++) {
        const size_t len = strlen(key), n = strlen(lists[i]);
        out->is_list |= len > n && strcmp(key + len - n, lists[i]) == 0;
    }
}

/* What a list says about entries that cannot be had. A page that was read has been read, with cookies perhaps. */
static void read_refusal(const cJSON *o, struct ytdlp_entry *out)
{
    static const struct { const char *member, *is; enum err_kind kind; const char *text; } signs[] = {
        { "title", "[Private video]", ERR_LOGIN_REQUIRED, "this video is private" },
        { "title", "[Deleted video]", ERR_UNAVAILABLE, "this video has been deleted" },
        { "availability", "private", ERR_LOGIN_REQUIRED, "this is private" },
        { "availability", "premium_only", ERR_LOGIN_REQUIRED, "this is for paying customers of the source only" },
        { "availability", "subscriber_only", ERR_LOGIN_REQUIRED, "this is for members of the channel only" },
    };

    out->is_live = says_live(o);
    for (size_t i = 0; out->is_reference && i < ARRAY_LEN(signs); i++)
        if (strcmp(json_text(o, signs[i].member, ""), signs[i].is) == 0) {
            out->is_gone = true;
            out->refusal = signs[i].kind;
            copy_text(out->refusal_text, sizeof out->refusal_text, signs[i].text);
            return;
        }
    if (out->is_live) {
        out->refusal = ERR_LIVE;
        copy_text(out->refusal_text, sizeof out->refusal_text, "this is a live stream or has not started yet");
    }
}

/* Printed without its streams? Only lists do that. Old recordings lack the member that says so. */
static bool is_reference(const cJSON *o)
{
    const char *type = json_text(o, "_type", NULL);

    return type ? strncmp(type, "url", 3) == 0
                : json_member(o, "ie_key") || strstr(json_text(o, "url", ""), "#__youtubedl_smuggle=");
}

static void read_entry(const cJSON *o, struct ytdlp_entry *out)
{
    struct track_info *info = &out->info;

    out->is_reference = is_reference(o);
    PUT(info->source_id, "id");
    PUT(out->title, "title", "fulltitle");
    PUT(info->extractor, "extractor_key", "ie_key");
    if (out->is_reference)
        PUT_LINK(info->url, "url", "webpage_url");
    else
        PUT_LINK(info->url, "webpage_url", "original_url", "url");
    cut_smuggled(info->url);
    info->duration_ms = -1;
    out->size_bytes = whole(o, "filesize");
    read_list(o, out);
    read_refusal(o, out);
    meta_from_ytdlp(&out->meta, o, out->is_reference ? META_FROM_LIST : META_FROM_PAGE);
    meta_to_info(&out->meta, info);
}

void ytdlp_entry_free(struct ytdlp_entry *entry)
{
    meta_free(&entry->meta);
}

int ytdlp_read_entry(const char *line, struct ytdlp_entry *out, struct err *e)
{
    cJSON *o = NULL;

    memset(out, 0, sizeof *out);
    if (json_parse(&o, line, strlen(line), &json_limits_tool, e))
        return err_set(e, ERR_SYSTEM, "yt-dlp printed metadata that cannot be read");
    const bool is_entry = cJSON_IsObject(o) && (json_text(o, "id", NULL) || json_text(o, "url", NULL));
    const bool drm = json_bool(o, "_has_drm", false);
    if (is_entry && !drm)
        read_entry(o, out);
    cJSON_Delete(o);
    if (!is_entry)
        return err_set(e, ERR_SYSTEM, "yt-dlp printed something that is no entry");
    return drm ? err_set(e, ERR_DRM, "the source protects this by DRM") : 0;
}

typedef int target_check(void *arg, const char *url, bool is_picture, struct err *e);

/* Those members of an object that are addresses. */
static int check_members(const cJSON *o, bool is_picture, target_check *check, void *arg, struct err *e)
{
    static const char *const names[] = { "url", "manifest_url", "fragment_base_url", "webpage_url", "thumbnail" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *url = json_text(o, names[i], NULL);
        if (url && check(arg, url, is_picture || strcmp(names[i], "thumbnail") == 0, e))
            return -1;
    }
    return 0;
}

/* Formats, pictures; and the fragments that a DASH manifest names one by one, wherever it likes. */
static int check_list(const cJSON *list, bool is_picture, target_check *check, void *arg, struct err *e)
{
    for (const cJSON *o = cJSON_IsArray(list) ? list->child : NULL; o; o = o->next) {
        const cJSON *fragments = json_member(o, "fragments");
        if (check_members(o, is_picture, check, arg, e))
            return -1;
        for (const cJSON *f = cJSON_IsArray(fragments) ? fragments->child : NULL; f; f = f->next)
            if (check_members(f, is_picture, check, arg, e))
                return -1;
    }
    return 0;
}

int ytdlp_each_target(const char *line, target_check *check, void *arg, struct err *e)
{
    cJSON *o = NULL;

    if (json_parse(&o, line, strlen(line), &json_limits_tool, e))
        return err_set(e, ERR_SYSTEM, "yt-dlp printed metadata that cannot be read");
    int rc = check_members(o, false, check, arg, e);
    if (rc == 0)
        rc = check_list(json_member(o, "formats"), false, check, arg, e);
    if (rc == 0)
        rc = check_list(json_member(o, "thumbnails"), true, check, arg, e);
    cJSON_Delete(o);
    return rc;
}
