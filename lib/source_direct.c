/* Media files at any host, by the ending of their path: fetched as they are, without yt-dlp. */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "source.h"

/* What the decoder takes. Playlists of fragments (m3u8, mpd) are none of these: yt-dlp puts them together. */
static const char *const endings[] = {
    "aac", "aif", "aiff", "flac", "m4a", "m4b", "mka", "mp3", "mp4", "oga", "ogg", "opus", "wav", "weba", "webm", NULL,
};

static bool fits(const struct url *url)
{
    struct source_path path;

    source_split(&path, url);
    const char *name = path.count ? path.segments[path.count - 1] : "", *dot = strrchr(name, '.');
    for (const char *const *ending = endings; dot && *ending; ending++)
        if (strcasecmp(dot + 1, *ending) == 0)
            return true;
    return false;
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    (void)e;
    out->kind = SOURCE_ITEM;
    copy_text(out->channel, sizeof out->channel, url->host);
    return 0;
}

const struct source source_direct = {
    .name = "direct",
    .fits = fits,
    .recognise = recognise,
    .way = SOURCE_BY_FETCH,
    .formats = "",
    .channels = { .give = SOURCE_GIVE_HOST, .hosts = true },
};
