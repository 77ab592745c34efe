/*
 * YouTube, YouTube Music: watch?v=, youtu.be/, shorts/, live/, embed/; playlist?list=; @handle, channel/UC…, c/, user/.
 * A watch link with a list is that one video: who wants the list says so.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "source.h"

#define VIDEO_ID   11
#define CHANNEL_ID 24

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static int video(struct source_link *out, const char *id, struct err *e)
{
    if (!source_is_id(id, VIDEO_ID, VIDEO_ID))
        return err_set(e, ERR_UNSUPPORTED, "a YouTube video has an id of 11 characters; this link has none");
    out->kind = SOURCE_ITEM;
    copy_text(out->id, sizeof out->id, id);
    return 0;
}

static int profile(struct source_link *out, const char *channel, struct err *e)
{
    if (!*channel)
        return err_set(e, ERR_UNSUPPORTED, "this link names no channel");
    out->kind = SOURCE_PROFILE;
    copy_text(out->id, sizeof out->id, channel);
    copy_text(out->channel, sizeof out->channel, channel);
    return 0;
}

/* Where yt-dlp reads a list. A mix exists around its video only; a channel's root is a list of its tabs, and what is
 * meant is its videos. */
static void name_list(struct source_link *out, const struct source_path *path)
{
    static const char *const tabs[] = { "videos", "shorts", "streams", "playlists", "releases", "podcasts", NULL };
    const char *last = path->count ? path->segments[path->count - 1] : "";

    if (out->kind == SOURCE_PROFILE && !is_one_of(last, tabs))
        snprintf(out->list_url, sizeof out->list_url, "https://www.youtube.com/%s%s%.160s/videos",
                 out->id[0] == '@' ? "" : path->segments[0], out->id[0] == '@' ? "" : "/", out->id);
    else if (*out->list && strncmp(out->list, "RD", 2) == 0 && out->kind == SOURCE_ITEM)
        snprintf(out->list_url, sizeof out->list_url, "https://www.youtube.com/watch?v=%.11s&list=%.160s", out->id,
                 out->list);
    else if (*out->list)
        snprintf(out->list_url, sizeof out->list_url, "https://www.youtube.com/playlist?list=%.160s", out->list);
}

static int name_it(struct source_link *out, const struct url *url, const struct source_path *p, struct err *e)
{
    static const char *const items[] = { "shorts", "live", "embed", "v", "e", NULL };
    static const char *const profiles[] = { "channel", "c", "user", NULL };
    const size_t host = strlen(url->host);
    char id[160];

    source_query(url, "list", out->list, sizeof out->list);
    const char *first = p->count > 0 ? p->segments[0] : "", *second = p->count > 1 ? p->segments[1] : "";
    if (host >= 8 && strcmp(url->host + host - 8, "youtu.be") == 0)
        return video(out, first, e);
    if (is_one_of(first, items) && strcmp(second, "videoseries") != 0)
        return video(out, second, e);
    if (source_is(p, 0, "watch") && source_query(url, "v", id, sizeof id))
        return video(out, id, e);
    if (*out->list && (source_is(p, 0, "playlist") || source_is(p, 0, "watch") ||
                       strcmp(second, "videoseries") == 0)) {
        out->kind = SOURCE_LIST;
        copy_text(out->id, sizeof out->id, out->list);
        return 0;
    }
    if (first[0] == '@')
        return profile(out, first, e);
    if (is_one_of(first, profiles))
        return profile(out, second, e);
    if (source_is(p, 0, "browse") && strncmp(second, "MPRE", 4) == 0) {     /* an album of YouTube Music */
        out->kind = SOURCE_LIST;
        copy_text(out->id, sizeof out->id, second);
        return 0;
    }
    return err_set(e, ERR_UNSUPPORTED, "this YouTube page is no video, playlist or channel");
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    struct source_path path;

    source_split(&path, url);
    if (name_it(out, url, &path, e))
        return -1;
    if (*out->list && !source_is_id(out->list, 2, sizeof out->list - 1))
        return err_set(e, ERR_UNSUPPORTED, "this is no id of a YouTube playlist");
    name_list(out, &path);
    return 0;
}

/* A channel that YouTube numbers. */
static bool is_channel_id(const char *text)
{
    return strncmp(text, "UC", 2) == 0 && source_is_id(text, CHANNEL_ID, CHANNEL_ID);
}

const struct source source_youtube = {
    .name = "youtube",
    .domains = SOURCE_DOMAINS("youtube.com", "youtu.be", "youtube-nocookie.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "",
    .channels = { .give = "its id (UC…), its handle (@name), or the address of its page with one of these",
                  .clues = SOURCE_CHANNEL_ID | SOURCE_UPLOADER_ID | SOURCE_USER_URLS,
                  .at = true, .any_script = true, .is_id = is_channel_id },
};
