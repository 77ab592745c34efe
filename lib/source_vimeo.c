/* Vimeo: /ID and player.vimeo.com/video/ID are videos, channels and showcases lists; the rest only the site knows. */
#include <string.h>

#include "base/mem.h"
#include "source.h"

static bool is_number(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* /NAME, /NAME/videos: somebody's page, unless it is one of the site's own. */
static bool is_user(const struct source_path *path)
{
    static const char *const words[] = { "album", "blog", "categories", "channels", "features", "groups", "help",
                                         "log_in", "join", "ondemand", "search", "showcase", "staffpicks", "upload",
                                         "video", "watch", NULL };

    if (path->count > 2 || is_number(path->segments[0]) || (path->count == 2 && !source_is(path, 1, "videos")))
        return false;
    for (const char *const *word = words; *word; word++)
        if (source_is(path, 0, *word))
            return false;
    return true;
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    struct source_path path;

    source_split(&path, url);
    if (path.count == 0)
        return err_set(e, ERR_UNSUPPORTED, "this Vimeo page is no video or list");
    const char *last = path.segments[path.count - 1];
    const bool is_list = path.count == 2 && (source_is(&path, 0, "channels") || source_is(&path, 0, "showcase") ||
                                             source_is(&path, 0, "album") || source_is(&path, 0, "groups"));
    if (is_list || is_number(path.segments[0]) || (path.count >= 2 && is_number(last))) {
        out->kind = is_list ? SOURCE_LIST : SOURCE_ITEM;
        copy_text(out->id, sizeof out->id, is_list || !is_number(path.segments[0]) ? last : path.segments[0]);
    } else if (is_user(&path)) {
        copy_text(out->channel, sizeof out->channel, path.segments[0]);
    }
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
