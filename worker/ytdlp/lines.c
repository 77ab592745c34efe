#include "lines.h"

#include <math.h>
#include <stdio.h>
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
#define PUT(field, ...) put_first(field, sizeof field, o, (const char *const[]){ __VA_ARGS__, NULL })

/* "20260102" -> "2026-01-02"; anything else is no date. */
static void put_date(char out[11], const cJSON *o)
{
    const char *names[] = { "release_date", "upload_date" };

    for (size_t i = 0; i < ARRAY_LEN(names) && !*out; i++) {
        const char *d = json_text(o, names[i], "");
        if (strlen(d) == 8 && strspn(d, "0123456789") == 8)
            snprintf(out, 11, "%.4s-%.2s-%.2s", d, d + 4, d + 6);
    }
    const int64_t year = whole(o, "release_year");
    if (!*out && year > 1000 && year < 10000)
        snprintf(out, 11, "%d", (int)year);
}

static bool says_live(const cJSON *o)
{
    const char *status = json_text(o, "live_status", "");
    return !strcmp(status, "is_live") || !strcmp(status, "is_upcoming") || json_bool(o, "is_live", false);
}

int ytdlp_read_entry(const char *line, struct ytdlp_entry *out, struct err *e)
{
    struct track_info *info = &out->info;
    cJSON *o = NULL;

    memset(out, 0, sizeof *out);
    if (json_parse(&o, line, strlen(line), &json_limits_tool, e))
        return err_set(e, ERR_SYSTEM, "yt-dlp printed metadata that cannot be read");
    if (!cJSON_IsObject(o) || !(json_text(o, "id", NULL) || json_text(o, "url", NULL))) {
        cJSON_Delete(o);
        return err_set(e, ERR_SYSTEM, "yt-dlp printed something that is no entry");
    }
    const char *type = json_text(o, "_type", "video");
    out->is_reference = !strncmp(type, "url", 3);
    PUT(info->source_id, "id");
    PUT(info->extractor, "extractor_key", "ie_key");
    if (out->is_reference)
        PUT(info->url, "url", "webpage_url");
    else
        PUT(info->url, "webpage_url", "original_url", "url");
    PUT(info->title, "track", "title", "fulltitle", "id");
    PUT(info->artist, "artist", "creator", "uploader", "channel");
    PUT(info->album, "album");
    PUT(info->album_artist, "album_artist");
    PUT(info->genre, "genre");
    PUT(info->uploader, "uploader", "channel");
    put_date(info->release_date, o);
    info->track_number = whole(o, "track_number") > 0 ? whole(o, "track_number") : 0;
    const double duration = json_number(o, "duration", -1);
    info->duration_ms = duration > 0 && duration < LARGEST / 1000 ? (int64_t)llround(duration * 1000) : -1;
    out->size_bytes = whole(o, "filesize");
    out->is_live = says_live(o);
    const bool drm = json_bool(o, "_has_drm", false);
    cJSON_Delete(o);
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

static int check_list(const cJSON *list, bool is_picture, target_check *check, void *arg, struct err *e)
{
    for (const cJSON *o = cJSON_IsArray(list) ? list->child : NULL; o; o = o->next)
        if (check_members(o, is_picture, check, arg, e))
            return -1;
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
