/*
 * tag: title, artist and the rest into the MP3, with the thumbnail as a square cover. A thumbnail that cannot be used
 * is a warning; the music matters.
 */
#include "base/log.h"
#include "fetch_run.h"
#include "json.h"
#include "media.h"

#define COVER_MAX_PIXELS 1000
#define COVER_MAX_BYTES  (4 << 20)

/* One that did not come with the stream: `name`, or "" if it cannot be had. */
static const char *fetch_other(struct run *r, const char *url, const char *name)
{
    struct err e;

    const bool have = *url && fetch_picture(r, url, name, &e) == 0;
    if (*url && !have)
        log_err(LOG_WARN, "picture_not_fetched", &e);
    return have ? name : "";
}

/* The picture that belongs to what was looked for (Spotify's), rather than that of the place where it was found; that
 * of the stream; or, for a feed's file, the one that the feed names. */
static const char *find_picture(struct run *r)
{
    cJSON *wanted = r->track.wanted_json ? cJSON_Parse(r->track.wanted_json) : NULL;
    const char *picture = fetch_other(r, json_text(wanted, "cover_url", ""), "wanted.image");

    if (!*picture)
        picture = json_text(run_output(r, "download"), "thumbnail", "");
    if (!*picture)
        picture = fetch_other(r, r->track.info.thumbnail_url, "named.image");
    cJSON_Delete(wanted);
    return picture;
}

/* work/cover.jpg from the thumbnail; "" and a warning if that is not possible. -1 only when we have to stop. */
static int make_cover(struct run *r, const char **cover, struct err *e)
{
    const char *thumbnail = find_picture(r);
    const struct media_call call = {
        .command = "cover", .input = thumbnail, .output = "cover.jpg", .output_max_bytes = COVER_MAX_BYTES,
    };
    cJSON *request = cJSON_CreateObject(), *result = NULL;

    *cover = NULL;
    if (!*thumbnail) {
        cJSON_Delete(request);
        return 0;
    }
    json_put_int(request, "max_pixels", COVER_MAX_PIXELS);
    if (media_run(r, &call, request, 0, 0.4, &result, e)) {
        if (e->kind == ERR_CANCELLED || e->kind == ERR_LOST)
            return -1;
        log_err(LOG_WARN, "cover_skipped", e);
        return 0;
    }
    cJSON_Delete(result);
    *cover = call.output;
    return 0;
}

static cJSON *tags_of(const struct run *r)
{
    const struct track_info *k = &r->track.info;
    const struct { const char *name, *value; } texts[] = {
        { "title", k->title }, { "artist", k->artist }, { "album", k->album }, { "album_artist", k->album_artist },
        { "genre", k->genre }, { "date", k->release_date }, { "comment", r->spec.metadata.comment },
        { "source_url", k->url },
    };
    cJSON *tags = cJSON_CreateObject();

    if (!r->spec.embed_metadata)
        return tags;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (*texts[i].value)
            json_put_text(tags, texts[i].name, texts[i].value);
    if (k->track_number > 0)
        json_put_int(tags, "track_number", k->track_number);
    return tags;
}

int stage_tag(struct run *r, cJSON *out, struct err *e)
{
    const char *cover = NULL;
    cJSON *result = NULL;

    if (make_cover(r, &cover, e))
        return -1;
    const struct media_call call = {
        .command = "tag", .input = "master.mp3", .second = r->spec.embed_cover ? cover : NULL, .output = "final.mp3",
        .output_max_bytes = MEDIA_MP3_MAX_BYTES(r->conf) + COVER_MAX_BYTES,
    };
    if (media_run(r, &call, tags_of(r), 0.4, 1, &result, e))
        return -1;
    cJSON_Delete(result);
    json_put_text(out, "cover", cover ? cover : "");
    return 0;
}
