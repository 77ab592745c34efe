/* Instagram: p/ID, reel/ID, reels/ID, tv/ID, also below a user; stories/USER/ID; share/… only the site can resolve. */
#include <string.h>

#include "base/mem.h"
#include "source.h"

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    static const char *const items[] = { "p", "reel", "reels", "tv", NULL };
    struct source_path path;

    source_split(&path, url);
    if (source_is(&path, 0, "share"))
        return 0;
    if (source_is(&path, 0, "stories") && path.count >= 3) {
        out->kind = SOURCE_ITEM;
        copy_text(out->channel, sizeof out->channel, path.segments[1]);
        copy_text(out->id, sizeof out->id, path.segments[2]);
        return 0;
    }
    for (int at = 0; at < 2; at++)          /* /reel/ID, or /USER/reel/ID */
        for (const char *const *word = items; *word; word++)
            if (source_is(&path, at, *word) && at + 1 < path.count && source_is_id(path.segments[at + 1], 5, 64)) {
                out->kind = SOURCE_ITEM;
                copy_text(out->id, sizeof out->id, path.segments[at + 1]);
                copy_text(out->channel, sizeof out->channel, at ? path.segments[0] : "");
                return 0;
            }
    return err_set(e, ERR_UNSUPPORTED, "this Instagram page is no post or reel; profiles need a login there");
}

const struct source source_instagram = {
    .name = "instagram",
    .domains = SOURCE_DOMAINS("instagram.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "",
};
