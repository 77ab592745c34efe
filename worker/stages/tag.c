/*
 * tag: title, artist and the rest into the file, with the thumbnail as a square cover. A thumbnail that cannot be used
 * is a warning; the music matters.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "chapters.h"
#include "fetch_run.h"
#include "json.h"
#include "media.h"
#include "meta.h"

#define COVER_MAX_PIXELS 1000
#define COVER_MAX_BYTES  (4 << 20)

/* A picture is no reason to fail; somebody who wants us to stop is. */
static bool is_stop(enum err_kind kind)
{
    return kind == ERR_CANCELLED || kind == ERR_PAUSED || kind == ERR_LOST;
}

/* One that did not come with the stream: *picture is `name`, or stays if it cannot be had. -1: stop. */
static int fetch_other(struct run *r, const char *url, const char *name, const char **picture, struct err *e)
{
    if (**picture || !*url)
        return 0;
    if (fetch_picture(r, url, name, e) == 0) {
        *picture = name;
        return 0;
    }
    if (is_stop(e->kind))
        return -1;
    log_err(LOG_WARN, "picture_not_fetched", e);
    return 0;
}

/* The picture that belongs to what was looked for (Spotify's), rather than that of the place where it was found; that
 * of the stream; or, for a feed's file, the one that the feed names. */
static int find_picture(struct run *r, const char **picture, struct err *e)
{
    cJSON *wanted = r->track.wanted_json ? cJSON_Parse(r->track.wanted_json) : NULL;

    *picture = "";
    int rc = fetch_other(r, json_text(wanted, "cover_url", ""), "wanted.image", picture, e);
    if (!**picture)
        *picture = json_text(run_output(r, "download"), "thumbnail", "");
    if (rc == 0)
        rc = fetch_other(r, r->track.info.thumbnail_url, "named.image", picture, e);
    cJSON_Delete(wanted);
    return rc;
}

/* work/cover.jpg from the thumbnail; "" and a warning if that is not possible. -1 only when we have to stop. */
static int make_cover(struct run *r, const char **cover, struct err *e)
{
    const char *thumbnail;
    cJSON *result = NULL;

    *cover = NULL;
    if (find_picture(r, &thumbnail, e))
        return -1;
    if (!*thumbnail)
        return 0;
    const struct media_call call = {
        .command = "cover", .input = thumbnail, .output = "cover.jpg", .output_max_bytes = COVER_MAX_BYTES,
    };
    cJSON *request = cJSON_CreateObject();
    json_put_int(request, "max_pixels", COVER_MAX_PIXELS);
    if (media_run(r, &call, request, 0, 0.4, &result, e)) {
        if (is_stop(e->kind))
            return -1;
        log_err(LOG_WARN, "cover_skipped", e);
        return 0;
    }
    cJSON_Delete(result);
    *cover = call.output;
    return 0;
}

static void put_number(cJSON *to, const char *name, int64_t number)
{
    if (number > 0 && number < 10000)
        json_put_int(to, name, number);
}

static void put_texts(cJSON *tags, const struct run *r, const struct meta *m)
{
    const struct track_info *k = &r->track.info;
    const struct { const char *name, *value; } texts[] = {
        { "title", k->title }, { "artist", k->artist }, { "album", k->album }, { "album_artist", k->album_artist },
        { "composer", meta_text(m, META_COMPOSER) }, { "genre", k->genre }, { "date", k->release_date },
        { "isrc", k->isrc }, { "comment", r->spec.metadata.comment }, { "source_url", k->url },
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (*texts[i].value)
            json_put_text(tags, texts[i].name, texts[i].value);
    put_number(tags, "track_number", k->track_number);
    put_number(tags, "track_total", meta_number(m, META_TRACK_TOTAL, 0));
    put_number(tags, "disc_number", k->disc_number);
}

/* How loud the file is, for players: where it was left as it came, and only there, for everything else is at its target
 * already. */
static void put_replaygain(const struct run *r, cJSON *tags)
{
    const cJSON *master = run_output(r, "master");
    const cJSON *gains = json_member(json_member(master, "loudness"), "replaygain");
    const bool as_it_came = r->spec.replaygain_only || strcmp(r->spec.output_format, "source") == 0;
    char name[40];

    for (const cJSON *g = as_it_came && gains ? gains->child : NULL; g; g = g->next)
        if (cJSON_IsNumber(g)) {
            snprintf(name, sizeof name, "replaygain_%s", g->string);
            json_put_number(tags, name, g->valuedouble);
        }
}

static cJSON *tags_of(const struct run *r)
{
    const cJSON *master = run_output(r, "master");
    cJSON *tags = cJSON_CreateObject(), *doc = r->track.meta_json ? cJSON_Parse(r->track.meta_json) : NULL;
    struct meta m = META_INIT;

    meta_from_json(&m, doc);
    put_replaygain(r, tags);
    if (r->spec.embed_metadata)
        put_texts(tags, r, &m);
    if (strcmp(r->spec.chapters, "keep") == 0)
        cJSON_AddItemToObject(tags, "chapters",
                              chapters_of(&m, json_number(json_member(master, "trim"), "offset_seconds", 0),
                                          json_number(json_member(master, "output"), "duration_seconds", 0)));
    json_put_int(tags, "id3_version", r->spec.id3_version);
    meta_free(&m);
    cJSON_Delete(doc);
    return tags;
}

int stage_tag(struct run *r, cJSON *out, struct err *e)
{
    const char *cover = NULL;
    cJSON *result = NULL;

    if (make_cover(r, &cover, e))
        return -1;
    const struct media_call call = {
        .command = "tag", .input = "master.audio", .second = r->spec.embed_cover ? cover : NULL,
        .output = "final.audio", .output_max_bytes = MEDIA_MAX_BYTES(r->conf) + COVER_MAX_BYTES,
    };
    if (media_run(r, &call, tags_of(r), 0.4, 1, &result, e))
        return -1;
    cJSON_Delete(result);
    json_put_text(out, "cover", cover ? cover : "");
    return 0;
}
