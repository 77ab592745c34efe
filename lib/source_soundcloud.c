/*
 * SoundCloud: USER/TRACK, USER/sets/SET, USER and its tabs; what on.soundcloud.com/… leads to, only the site knows.
 */
#include <string.h>

#include "base/mem.h"
#include "source.h"

static bool is_page_of_the_site(const char *first)
{
    static const char *const words[] = { "discover", "search", "upload", "you", "stream", "charts", "pages",
                                         "settings", "feed", "people", "terms-of-use", "signin", NULL };

    for (const char *const *word = words; *word; word++)
        if (strcmp(first, *word) == 0)
            return true;
    return false;
}

static bool is_tab(const char *second)
{
    static const char *const words[] = { "tracks", "albums", "likes", "reposts", "popular-tracks", "spotlight", "sets",
                                         NULL };

    for (const char *const *word = words; *word; word++)
        if (strcmp(second, *word) == 0)
            return true;
    return false;
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    struct source_path path;

    source_split(&path, url);
    if (strcmp(url->host, "soundcloud.com") != 0 && strcmp(url->host, "www.soundcloud.com") != 0 &&
        strcmp(url->host, "m.soundcloud.com") != 0)
        return 0;
    if (path.count == 0 || is_page_of_the_site(path.segments[0]))
        return err_set(e, ERR_UNSUPPORTED, "this SoundCloud page is no track, set or profile");
    copy_text(out->channel, sizeof out->channel, path.segments[0]);
    if (path.count >= 3 && source_is(&path, 1, "sets")) {
        out->kind = SOURCE_LIST;
        copy_text(out->id, sizeof out->id, path.segments[2]);
    } else if (path.count >= 2 && !is_tab(path.segments[1])) {
        out->kind = SOURCE_ITEM;
        copy_text(out->id, sizeof out->id, path.segments[1]);
    } else {
        out->kind = SOURCE_PROFILE;
        copy_text(out->id, sizeof out->id, path.segments[0]);
    }
    return 0;
}

const struct source source_soundcloud = {
    .name = "soundcloud",
    .domains = SOURCE_DOMAINS("soundcloud.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "[format_id!*=preview]",
    .channels = { .give = SOURCE_GIVE_USER, .clues = SOURCE_USER_URLS | SOURCE_PAGE },
};
