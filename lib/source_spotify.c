/*
 * Spotify: track/ID, album/ID, playlist/ID, also below /intl-xx/ and /embed/; what spotify.link/… leads to, only the
 * site knows. Nothing is fetched from there but what it says about a recording; that is then looked for on YouTube.
 */
#include <string.h>

#include "base/mem.h"
#include "source.h"

#define SPOTIFY_ID 22       /* base 62 */

static int recognise(struct source_link *out, const struct url *url, struct err *e)
{
    static const struct { const char *word; enum source_kind kind; } kinds[] = {
        { "track", SOURCE_ITEM }, { "album", SOURCE_LIST }, { "playlist", SOURCE_LIST },
    };
    struct source_path path;

    if (strcmp(url->host, "spotify.link") == 0)
        return err_set(e, ERR_UNSUPPORTED, "this short link says nothing by itself; give the one that it leads to");
    source_split(&path, url);
    int at = path.count && strncmp(path.segments[0], "intl-", 5) == 0;
    at += source_is(&path, at, "embed");
    for (size_t i = 0; i < ARRAY_LEN(kinds) && at + 1 < path.count; i++)
        if (source_is(&path, at, kinds[i].word) && source_is_id(path.segments[at + 1], SPOTIFY_ID, SPOTIFY_ID)) {
            out->kind = kinds[i].kind;
            copy_text(out->id, sizeof out->id, path.segments[at + 1]);
            copy_text(out->form, sizeof out->form, kinds[i].word);
            return 0;
        }
    return err_set(e, ERR_UNSUPPORTED, "this Spotify page is no track, album or playlist");
}

const struct source source_spotify = {
    .name = "spotify",
    .domains = SOURCE_DOMAINS("spotify.com", "spotify.link"),
    .recognise = recognise,
    .way = SOURCE_BY_SPOTIFY,
    .formats = "",
};
