/*
 * YouTube, YouTube Music: watch?v=, youtu.be/, shorts/, live/, embed/; playlist?list=; @handle, channel/UC…, c/, user/.
 * A watch link with a list is that one video: who wants the list says so.
 */
#include <string.h>

#include "base/mem.h"
#include "source.h"

#define VIDEO_ID 11

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

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

int source_youtube(struct source_link *out, const struct url *url, struct err *e)
{
    static const char *const items[] = { "shorts", "live", "embed", "v", "e", NULL };
    static const char *const profiles[] = { "channel", "c", "user", NULL };
    const size_t host = strlen(url->host);
    struct source_path path;
    char id[160];

    source_split(&path, url);
    source_query(url, "list", out->list, sizeof out->list);
    const char *first = path.count > 0 ? path.segments[0] : "", *second = path.count > 1 ? path.segments[1] : "";
    if (host >= 8 && strcmp(url->host + host - 8, "youtu.be") == 0)
        return video(out, first, e);
    if (is_one_of(first, items) && strcmp(second, "videoseries") != 0)
        return video(out, second, e);
    if (source_is(&path, 0, "watch") && source_query(url, "v", id, sizeof id))
        return video(out, id, e);
    if (*out->list && (source_is(&path, 0, "playlist") || source_is(&path, 0, "watch") ||
                       strcmp(second, "videoseries") == 0)) {
        out->kind = SOURCE_LIST;
        copy_text(out->id, sizeof out->id, out->list);
        return 0;
    }
    if (first[0] == '@')
        return profile(out, first, e);
    if (is_one_of(first, profiles))
        return profile(out, second, e);
    if (source_is(&path, 0, "browse") && strncmp(second, "MPRE", 4) == 0) {     /* an album of YouTube Music */
        out->kind = SOURCE_LIST;
        copy_text(out->id, sizeof out->id, second);
        return 0;
    }
    return err_set(e, ERR_UNSUPPORTED, "this YouTube page is no video, playlist or channel");
}
