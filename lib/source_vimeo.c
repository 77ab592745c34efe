/*
 * Vimeo: /ID and player.vimeo.com/video/ID are videos; channels, groups and showcases lists; /NAME, /NAME/videos and
 * /NAME/likes somebody's; events and things to buy only the site knows.
 */
#include <string.h>

#include "base/mem.h"
#include "source.h"

#define BASE "https://vimeo.com"        /* yt-dlp knows its lists there, and at no other host */

static bool is_number(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* Behind the number of a video that not everybody sees. */
static bool is_key(const char *s)
{
    return strlen(s) == 10 && strspn(s, "0123456789abcdef") == 10;
}

/* The segment that is a video's number; -1. */
static int video_at(const struct source_path *p)
{
    const int last = p->count - 1;

    if (is_number(p->segments[0]))
        return 0;
    if (source_is(p, 1, "review"))
        return p->count > 2 && is_number(p->segments[2]) ? 2 : -1;
    if (last > 1 && is_key(p->segments[last]) && is_number(p->segments[last - 1]))
        return last - 1;
    /* Of a list the number comes behind its name: showcase/1 is one itself. */
    static const char *const lists[] = { "album", "channels", "event", "groups", "ondemand", "showcase", NULL };
    const int least = source_is_one_of(p->segments[0], lists) ? 2 : 1;
    return last >= least && is_number(p->segments[last]) ? last : -1;
}

static int is_list(struct source_link *out, const struct source_path *p, int segments, enum source_kind kind)
{
    out->kind = kind;
    source_join(out->id, sizeof out->id, p, 0, segments);
    source_read_at(out, BASE, p, 0, segments);
    return 0;
}

static int name_it(struct source_link *out, const struct source_path *p, struct err *e)
{
    static const char *const lists[] = { "album", "channels", "groups", "showcase", NULL };
    static const char *const unknown[] = { "event", "ondemand", NULL };
    static const char *const pages[] = { "blog", "categories", "features", "help", "home", "join", "log_in", "search",
                                         "settings", "staffpicks", "upload", "user", "video", "watch", "watchlater",
                                         NULL };
    const char *first = p->segments[0];

    if (p->count > 1 && source_is_one_of(first, lists))
        return is_list(out, p, 2, SOURCE_LIST);
    if (p->count > 1 && source_is_one_of(first, unknown))
        return 0;
    if (source_is_one_of(first, lists) || source_is_one_of(first, unknown) || source_is_one_of(first, pages))
        return err_set(e, ERR_UNSUPPORTED, "this Vimeo page is no video or list");
    copy_text(out->channel, sizeof out->channel, first);
    if (p->count == 1 || (p->count == 2 && source_is(p, 1, "videos")))
        return is_list(out, p, 1, SOURCE_PROFILE);
    if (p->count == 2 && source_is(p, 1, "likes"))
        return is_list(out, p, 2, SOURCE_PROFILE);
    return err_set(e, ERR_UNSUPPORTED, "this page of a Vimeo user is no list of videos");
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    struct source_path path;

    source_split(&path, url);
    if (path.count == 0)
        return err_set(e, ERR_UNSUPPORTED, "this Vimeo page is no video or list");
    const int at = video_at(&path);
    if (at < 0)
        return name_it(out, &path, e);
    out->kind = SOURCE_ITEM;
    source_join(out->id, sizeof out->id, &path, at, at + 1 + (at + 1 < path.count && is_key(path.segments[at + 1])));
    return 0;
}

const struct source source_vimeo = {
    .name = "vimeo",
    .domains = SOURCE_DOMAINS("vimeo.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "",
    .channels = { .give = SOURCE_GIVE_USER, .clues = SOURCE_UPLOADER_ID | SOURCE_USER_URLS },
};
