/* Bandcamp: ARTIST.bandcamp.com/track/…, /album/…; the artist's own page is its profile. */
#include <string.h>

#include "base/mem.h"
#include "source.h"

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    const size_t artist = strcspn(url->host, ".");
    struct source_path path;

    source_split(&path, url);
    if (strcmp(url->host, "bandcamp.com") == 0 || strncmp(url->host, "www.", 4) == 0)
        return path.count ? 0 : err_set(e, ERR_UNSUPPORTED, "this Bandcamp page is no track, album or artist");
    copy_text(out->channel, artist + 1 < sizeof out->channel ? artist + 1 : sizeof out->channel, url->host);
    out->kind = source_is(&path, 0, "track")   ? SOURCE_ITEM
                : source_is(&path, 0, "album") ? SOURCE_LIST
                                               : SOURCE_PROFILE;
    copy_text(out->id, sizeof out->id, out->kind == SOURCE_PROFILE || path.count < 2 ? out->channel : path.segments[1]);
    return 0;
}

const struct source source_bandcamp = {
    .name = "bandcamp",
    .domains = SOURCE_DOMAINS("bandcamp.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "",
    .channels = { .give = SOURCE_GIVE_USER, .clues = SOURCE_USER_URLS | SOURCE_PAGE },
};
