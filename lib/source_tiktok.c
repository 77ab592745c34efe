/* TikTok: @USER/video/ID, @USER, and short links (vm., vt., /t/) that only the site can resolve. */
#include <string.h>

#include "base/mem.h"
#include "source.h"

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    struct source_path path;

    source_split(&path, url);
    if (strcmp(url->host, "vm.tiktok.com") == 0 || strcmp(url->host, "vt.tiktok.com") == 0 ||
        source_is(&path, 0, "t"))
        return path.count > 0 ? 0 : err_set(e, ERR_UNSUPPORTED, "this TikTok link leads nowhere");
    if (path.count >= 1 && path.segments[0][0] == '@') {
        copy_text(out->channel, sizeof out->channel, path.segments[0]);
        const bool is_item = source_is(&path, 1, "video") && path.count >= 3;
        out->kind = is_item ? SOURCE_ITEM : SOURCE_PROFILE;
        copy_text(out->id, sizeof out->id, is_item ? path.segments[2] : path.segments[0]);
        return 0;
    }
    return err_set(e, ERR_UNSUPPORTED, "this TikTok page is no video or profile");
}

const struct source source_tiktok = {
    .name = "tiktok",
    .domains = SOURCE_DOMAINS("tiktok.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "",
    .channels = { .give = SOURCE_GIVE_USER, .clues = SOURCE_USER_URLS, .at = true },
};
