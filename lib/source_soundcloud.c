/*
 * SoundCloud: USER/TRACK, USER/sets/SET, USER and its tabs, what is related to a track, stations; what
 * on.soundcloud.com/… leads to, only the site knows.
 */
#include <string.h>

#include "base/mem.h"
#include "source.h"

#define BASE "https://soundcloud.com"

/* The site's own pages. */
static const char *const pages[] = {
    "charts", "discover", "feed", "go", "imprint", "jobs", "login", "logout", "messages", "mobile", "notifications",
    "pages", "people", "pro", "search", "settings", "signin", "stations", "stream", "tags", "terms-of-use", "upload",
    "you", NULL,
};
/* Of a profile: those that are lists of tracks or sets, and those that yt-dlp would take for tracks. */
static const char *const tabs[] = { "albums", "comments", "likes", "reposts", "sets", "spotlight", "tracks", NULL };
static const char *const other_tabs[] = { "followers", "following", "groups", "popular-tracks", "toptracks", NULL };
/* Of a track. */
static const char *const related[] = { "albums", "recommended", "sets", NULL };

static int is_list(struct source_link *out, const struct source_path *path)
{
    out->kind = SOURCE_LIST;
    source_join(out->id, sizeof out->id, path, 0, path->count);
    source_read_at(out, BASE, path, 0, path->count);
    return 0;
}

static int is_profile(struct source_link *out, const struct source_path *path)
{
    out->kind = SOURCE_PROFILE;
    source_join(out->id, sizeof out->id, path, 0, 2);
    source_read_at(out, BASE, path, 0, 2);
    return 0;
}

/* USER/TRACK/s-…: the last is the key of a private track. */
static int is_track(struct source_link *out, const struct source_path *path)
{
    out->kind = SOURCE_ITEM;
    source_join(out->id, sizeof out->id, path, 0, 3);
    return 0;
}

static int name_it(struct source_link *out, const struct source_path *p, struct err *e)
{
    const char *second = p->count > 1 ? p->segments[1] : "", *third = p->count > 2 ? p->segments[2] : "";

    if (p->count == 1 || (p->count == 2 && source_is_one_of(second, tabs)))
        return is_profile(out, p);
    if (p->count == 2 && source_is_one_of(second, other_tabs))
        return err_set(e, ERR_UNSUPPORTED, "this tab of a SoundCloud profile cannot be read; the profile itself can, "
                                           "and its tracks, albums, sets, reposts and likes");
    if (p->count > 2 && strcmp(second, "sets") == 0)
        return is_list(out, p);
    if (p->count == 3 && source_is_one_of(third, related))
        return is_list(out, p);
    if (p->count == 2 || strncmp(third, "s-", 2) == 0)
        return is_track(out, p);
    return err_set(e, ERR_UNSUPPORTED, "this SoundCloud page tells about a track; submit the track's own link");
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    static const char *const hosts[] = { "soundcloud.com", "www.soundcloud.com", "m.soundcloud.com", NULL };
    struct source_path path;

    source_split(&path, url);
    if (!source_is_one_of(url->host, hosts))
        return 0;
    if ((source_is(&path, 0, "discover") && source_is(&path, 1, "sets") && path.count == 3) ||
        (source_is(&path, 0, "stations") && source_is(&path, 1, "track") && path.count == 4))
        return is_list(out, &path);
    if (path.count == 0 || source_is_one_of(path.segments[0], pages))
        return err_set(e, ERR_UNSUPPORTED, "this SoundCloud page is no track, set or profile");
    copy_text(out->channel, sizeof out->channel, path.segments[0]);
    return name_it(out, &path, e);
}

const struct source source_soundcloud = {
    .name = "soundcloud",
    .domains = SOURCE_DOMAINS("soundcloud.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "[format_id!*=preview]",
    .channels = { .give = SOURCE_GIVE_USER, .clues = SOURCE_USER_URLS | SOURCE_PAGE },
};
