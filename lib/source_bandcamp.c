/*
 * Bandcamp: ARTIST.bandcamp.com/track/…, /album/…; the artist's own page, or /music, is all of it. Of bandcamp.com
 * itself, players and radio shows; of daily.bandcamp.com, the players in an article.
 */
#include <string.h>

#include "base/mem.h"
#include "source.h"

/* What belongs to no artist. */
static int of_the_site(const struct source_path *path, struct err *e)
{
    static const char *const words[] = { "album", "radio", "EmbeddedPlayer", NULL };

    return path->count && source_is_one_of(path->segments[0], words)
               ? 0
               : err_set(e, ERR_UNSUPPORTED, "this Bandcamp page is no track, album or artist");
}

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    const size_t artist = strcspn(url->host, ".");
    struct source_path path;

    source_split(&path, url);
    if (strcmp(url->host, "bandcamp.com") == 0 || strncmp(url->host, "www.", 4) == 0)
        return of_the_site(&path, e);
    if (strcmp(url->host, "daily.bandcamp.com") == 0)
        return 0;
    copy_text(out->channel, artist + 1 < sizeof out->channel ? artist + 1 : sizeof out->channel, url->host);
    copy_text(out->id, sizeof out->id, out->channel);
    const bool is_track = source_is(&path, 0, "track"), is_album = source_is(&path, 0, "album");
    if ((is_track || is_album) && path.count > 1) {
        out->kind = is_track ? SOURCE_ITEM : SOURCE_LIST;
        const size_t n = strlen(out->id);       /* a label has songs of the same name as another's */
        out->id[n] = '/';
        copy_text(out->id + n + 1, sizeof out->id - n - 1, path.segments[1]);
        return 0;
    }
    out->kind = SOURCE_PROFILE;
    if (path.count == 0 || source_is(&path, 0, "music"))
        return 0;
    return err_set(e, ERR_UNSUPPORTED, "this page of a Bandcamp artist has nothing to play; the artist's address by "
                                       "itself means all tracks and albums");
}

const struct source source_bandcamp = {
    .name = "bandcamp",
    .domains = SOURCE_DOMAINS("bandcamp.com"),
    .recognise = recognise,
    .way = SOURCE_BY_YTDLP,
    .formats = "",
    .channels = { .give = SOURCE_GIVE_USER, .clues = SOURCE_USER_URLS | SOURCE_PAGE },
};
