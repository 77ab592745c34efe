/*
 * Instagram: p/ID, reel/ID, reels/ID, tv/ID, also below a user; with cookies also stories/USER, stories/USER/ID and
 * stories/highlights/ID; share/… only the site can resolve. Profiles and tags yt-dlp cannot read.
 */
#include <string.h>

#include "base/mem.h"
#include "source.h"

/* /NAME: somebody's page, unless it is one of the site's own. */
static bool is_user(const struct source_path *path)
{
    static const char *const words[] = { "about", "accounts", "direct", "developer", "explore", "legal", "p", "reel",
                                         "reels", "stories", "tv", "web", NULL };

    return path->count > 0 && !source_is_one_of(path->segments[0], words);
}

/* stories/USER is all that somebody tells today, stories/highlights/ID a collection. */
static int is_story(struct source_link *out, const struct source_path *path)
{
    const bool of_user = !source_is(path, 1, "highlights");

    out->kind = path->count > 2 && of_user ? SOURCE_ITEM : SOURCE_LIST;
    copy_text(out->channel, sizeof out->channel, of_user ? path->segments[1] : "");
    source_join(out->id, sizeof out->id, path, 0, 3);
    return 0;
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    static const char *const items[] = { "p", "reel", "reels", "tv", NULL };
    struct source_path path;

    source_split(&path, url);
    if (source_is(&path, 0, "share"))
        return 0;
    if (source_is(&path, 0, "stories") && path.count > 1)
        return is_story(out, &path);
    for (int at = 0; at < 2; at++)          /* /reel/ID, or /USER/reel/ID */
        for (const char *const *word = items; *word; word++)
            if (source_is(&path, at, *word) && at + 1 < path.count && !source_is(&path, at + 1, "audio") &&
                source_is_id(path.segments[at + 1], 5, 64)) {
                out->kind = SOURCE_ITEM;
                copy_text(out->id, sizeof out->id, path.segments[at + 1]);
                copy_text(out->channel, sizeof out->channel, at ? path.segments[0] : "");
                return 0;
            }
    copy_text(out->channel, sizeof out->channel, is_user(&path) ? path.segments[0] : "");
    return err_set(e, ERR_UNSUPPORTED, "this Instagram page is no post or reel; yt-dlp cannot read profiles and tags "
                                       "there");
}

const struct source source_instagram = {
    .name = "instagram",
    .domains = SOURCE_DOMAINS("instagram.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "",
    .channels = { .give = SOURCE_GIVE_USER, .clues = SOURCE_CHANNEL_NAME | SOURCE_USER_URLS },
};
