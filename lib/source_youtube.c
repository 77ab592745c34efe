/*
 * YouTube, YouTube Music: watch?v=, youtu.be/, shorts/, live/, embed/; playlist?list=, browse/; @handle, channel/UC…,
 * c/, user/, NAME, each with its tabs; hashtag/. A watch link with a list is that one video: who wants the list says
 * so.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "source.h"

#define BASE       "https://www.youtube.com"
#define VIDEO_ID   11
#define CHANNEL_ID 24

static int video(struct source_link *out, const char *id, struct err *e)
{
    if (!source_is_id(id, VIDEO_ID, VIDEO_ID))
        return err_set(e, ERR_UNSUPPORTED, "a YouTube video has an id of 11 characters; this link has none");
    out->kind = SOURCE_ITEM;
    copy_text(out->id, sizeof out->id, id);
    return 0;
}

static int playlist(struct source_link *out, const char *id)
{
    out->kind = SOURCE_LIST;
    copy_text(out->list, sizeof out->list, id);
    copy_text(out->id, sizeof out->id, id);
    return 0;
}

/* The channel is segment `at`. Its root is a list of its tabs, and what is meant is its videos. */
static int profile(struct source_link *out, const struct source_path *p, int at, struct err *e)
{
    static const char *const tabs[] = { "videos", "shorts", "streams", "playlists", "releases", "podcasts", "courses",
                                        NULL };
    const char *tab = at + 1 < p->count ? p->segments[at + 1] : "";
    char root[sizeof out->list_url];

    if (at >= p->count)
        return err_set(e, ERR_UNSUPPORTED, "this link names no channel");
    out->kind = SOURCE_PROFILE;
    copy_text(out->id, sizeof out->id, p->segments[at]);
    copy_text(out->channel, sizeof out->channel, p->segments[at]);
    source_read_at(out, BASE, p, 0, at + 1);
    copy_text(root, sizeof root, out->list_url);
    if (!*tab || strcmp(tab, "featured") == 0) {
        snprintf(out->list_url, sizeof out->list_url, "%.380s/videos", root);
    } else if (source_is_one_of(tab, tabs)) {
        source_read_at(out, BASE, p, 0, at + 2);
    } else if (strcmp(tab, "live") == 0) {      /* what runs there now, if anything: only the site knows */
        out->kind = SOURCE_ANY;
        out->list_url[0] = '\0';
        source_join(out->id, sizeof out->id, p, 0, at + 2);
    } else {
        return err_set(e, ERR_UNSUPPORTED, "this tab of the channel has nothing to play; the channel's address "
                                           "without a tab means its videos");
    }
    return 0;
}

/* youtube.com/NAME, as channels had it before handles. */
static bool is_name(const struct url *url, const char *first)
{
    static const char *const hosts[] = { "youtube.com", "www.youtube.com", "m.youtube.com", NULL };
    static const char *const pages[] = {
        "about", "account", "ads", "attribution_link", "browse", "channel", "clip", "creators", "e", "embed", "explore",
        "feed", "feeds", "gaming", "hashtag", "iframe_api", "index", "kids", "learning", "live", "logout", "movies",
        "music", "news", "oembed", "oops", "playlist", "podcasts", "post", "premium", "redirect", "results", "search",
        "shared", "shorts", "show", "signin", "source", "sports", "storefront", "trending", "upload", "user", "watch",
        "watch_popup", "watch_videos", NULL,
    };

    return source_is_one_of(url->host, hosts) && source_is_id(first, 3, 100) && !source_is_one_of(first, pages);
}

/* Of YouTube Music: albums, and playlists and channels by other names. */
static int browse(struct source_link *out, const struct source_path *p, struct err *e)
{
    static const char *const prefixes[] = { "VL", "MPSP", NULL };
    const char *id = p->count > 1 ? p->segments[1] : "";

    for (const char *const *prefix = prefixes; *prefix; prefix++)
        if (strncmp(id, *prefix, strlen(*prefix)) == 0)
            return playlist(out, id + strlen(*prefix));
    if (strncmp(id, "MPRE", 4) == 0) {
        out->kind = SOURCE_LIST;
        copy_text(out->id, sizeof out->id, id);
        return 0;
    }
    return err_set(e, ERR_UNSUPPORTED, "this page of YouTube Music is no album or playlist");
}

/* What is there and is not taken. */
static int refuse(const char *first, struct err *e)
{
    static const struct { const char *word, *text; } pages[] = {
        { "clip", "a clip is a piece of a video; submit the video's own link" },
        { "feed", "what YouTube shows in its feeds is for those who are logged in" },
        { "results", "this is a search: submit its words as search_query" },
        { "search", "this is a search: submit its words as search_query" },
    };

    for (size_t i = 0; i < ARRAY_LEN(pages); i++)
        if (strcmp(pages[i].word, first) == 0)
            return err_set(e, ERR_UNSUPPORTED, "%s", pages[i].text);
    return err_set(e, ERR_UNSUPPORTED, "this YouTube page is no video, playlist or channel");
}

static int name_channel(struct source_link *out, const struct url *url, const struct source_path *p, struct err *e)
{
    static const char *const profiles[] = { "channel", "c", "user", NULL };
    const char *first = p->count > 0 ? p->segments[0] : "";

    if (first[0] == '@')
        return profile(out, p, 0, e);
    if (source_is_one_of(first, profiles))
        return profile(out, p, 1, e);
    if (strcmp(first, "browse") == 0)
        return browse(out, p, e);
    if ((strcmp(first, "hashtag") == 0 && p->count == 2) || (source_is(p, 2, "shorts") && source_is(p, 0, "source"))) {
        out->kind = SOURCE_LIST;
        source_join(out->id, sizeof out->id, p, 0, 3);
        source_read_at(out, BASE, p, 0, 3);
        return 0;
    }
    if (!is_name(url, first))
        return refuse(first, e);
    const int rc = profile(out, p, 0, e);
    out->channel[0] = '\0';     /* whether that is a handle too, the site may say */
    return rc;
}

static int name_it(struct source_link *out, const struct url *url, const struct source_path *p, struct err *e)
{
    static const char *const items[] = { "shorts", "live", "embed", "v", "e", NULL };
    const size_t host = strlen(url->host);
    char id[160];

    if (strcmp(url->host, "consent.youtube.com") == 0)      /* it leads on to what was asked for */
        return 0;
    source_query(url, "list", out->list, sizeof out->list);
    const char *first = p->count > 0 ? p->segments[0] : "", *second = p->count > 1 ? p->segments[1] : "";
    if (host >= 8 && strcmp(url->host + host - 8, "youtu.be") == 0)
        return video(out, first, e);
    if (source_is_one_of(first, items) && strcmp(second, "videoseries") != 0)
        return video(out, second, e);
    if (source_is(p, 0, "watch") && source_query(url, "v", id, sizeof id))
        return video(out, id, e);
    if (*out->list && (source_is(p, 0, "playlist") || source_is(p, 0, "watch") ||
                       strcmp(second, "videoseries") == 0)) {
        copy_text(id, sizeof id, out->list);
        return playlist(out, id);
    }
    return name_channel(out, url, p, e);
}

/* Where yt-dlp reads a list that a link names. A mix exists around its video only. */
static void name_list(struct source_link *out)
{
    if (!*out->list || out->kind == SOURCE_PROFILE)
        return;
    if (strncmp(out->list, "RD", 2) == 0 && out->kind == SOURCE_ITEM)
        snprintf(out->list_url, sizeof out->list_url, BASE "/watch?v=%.11s&list=%.160s", out->id, out->list);
    else
        snprintf(out->list_url, sizeof out->list_url, BASE "/playlist?list=%.160s", out->list);
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    struct source_path path;

    source_split(&path, url);
    if (name_it(out, url, &path, e))
        return -1;
    if (*out->list && !source_is_id(out->list, 2, sizeof out->list - 1))
        return err_set(e, ERR_UNSUPPORTED, "this is no id of a YouTube playlist");
    name_list(out);
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
