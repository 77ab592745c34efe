/*
 * TikTok: @USER/video/ID, @USER, @USER/collection/NAME-ID, and short links (vm., vt., /t/) that only the site can
 * resolve. Sounds, tags and effects yt-dlp cannot read, and posts of pictures have no sound of their own.
 */
#include <string.h>

#include "base/mem.h"
#include "source.h"

static bool is_number(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

static int of_user(struct source_link *out, const struct source_path *p, struct err *e)
{
    copy_text(out->channel, sizeof out->channel, p->segments[0]);
    if (p->count == 1) {
        out->kind = SOURCE_PROFILE;
        copy_text(out->id, sizeof out->id, p->segments[0]);
    } else if (source_is(p, 1, "video") && p->count > 2) {
        out->kind = SOURCE_ITEM;
        copy_text(out->id, sizeof out->id, p->segments[2]);
    } else if (source_is(p, 1, "collection") && p->count > 2) {
        out->kind = SOURCE_LIST;
        source_join(out->id, sizeof out->id, p, 0, 3);
    } else if (!source_is(p, 1, "live")) {      /* that is told by its page */
        return err_set(e, ERR_UNSUPPORTED, source_is(p, 1, "photo") ? "this TikTok shows pictures and is no video"
                                                                    : "this TikTok page is no video or profile");
    }
    return 0;
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    static const char *const words[] = { "music", "tag", "sticker", NULL };
    struct source_path path;

    source_split(&path, url);
    if (strcmp(url->host, "vm.tiktok.com") == 0 || strcmp(url->host, "vt.tiktok.com") == 0 ||
        source_is(&path, 0, "t"))
        return path.count > 0 ? 0 : err_set(e, ERR_UNSUPPORTED, "this TikTok link leads nowhere");
    if (path.count > 0 && path.segments[0][0] == '@')
        return of_user(out, &path, e);
    const int at = source_is(&path, 0, "embed") ? 1 : source_is(&path, 0, "share") ? 2 : path.count;
    if (at < path.count && is_number(path.segments[at])) {
        out->kind = SOURCE_ITEM;
        copy_text(out->id, sizeof out->id, path.segments[at]);
        return 0;
    }
    if (path.count > 0 && source_is_one_of(path.segments[0], words))
        return err_set(e, ERR_UNSUPPORTED, "yt-dlp cannot read TikTok's pages of sounds, tags and effects; submit "
                                           "their videos");
    return err_set(e, ERR_UNSUPPORTED, "this TikTok page is no video or profile");
}

const struct source source_tiktok = {
    .name = "tiktok",
    .domains = SOURCE_DOMAINS("tiktok.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    /* "audio" is the piece of music that the video uses, not what is heard in it. */
    .formats = "[format_id!=audio]",
    .channels = { .give = SOURCE_GIVE_USER, .clues = SOURCE_USER_URLS, .at = true },
};
