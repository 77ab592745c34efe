/*
 * spotify: what Spotify says about a track, an album or a playlist. Its Web API, with the client credentials of the
 * admin's own app (SPOTIFY_CLIENT_ID, SPOTIFY_CLIENT_SECRET); without these only the title and picture of a single
 * track, from oEmbed. Nothing is fetched from there but words and the addresses of pictures.
 *
 * Since February 2026 an app in development mode reads playlists at /playlists/ID/items, where an entry's track is
 * called `item`; others still know /tracks and `track`. Both are asked for and read.
 *
 * The token is kept in DATA_DIR/spotify-token.json (0600), with a hash that ties it to the credentials, until a minute
 * before its end; a 401 fetches a new one, once.
 *
 * Errors: ERR_CREDENTIALS (no credentials, or bad ones: the text names the settings; or the app may not see it),
 * ERR_UNAVAILABLE, ERR_RATE_LIMITED with retry_after_s, ERR_NETWORK, ERR_TIMEOUT, ERR_SYSTEM (an answer that is not
 * understood), and what on_item, tick and patiently set.
 */
#ifndef DUBPLATE_SPOTIFY_H
#define DUBPLATE_SPOTIFY_H

#include <stdint.h>

#include "base/err.h"
#include "conf.h"
#include "wanted.h"

struct spotify {
    const struct conf *conf;
    /* While it waits; a return other than 0 ends it with *e. NULL: none. */
    int       (*tick)(void *arg, struct err *e);
    /* run_patiently() for one request: an error in the middle of a list repeats a page, not the list. NULL: once. */
    int       (*patiently)(void *arg, int (*attempt)(void *attempt_arg, struct err *e), void *attempt_arg,
                           struct err *e);
    void       *arg;
};

struct spotify_list {
    char    title[801];         /* of the album or playlist; "" for a track */
    int64_t total;              /* entries, as Spotify counts them; -1: it does not say */
    int64_t given, skipped;     /* skipped: local files, episodes, what is gone. Their positions stay empty */
};

/* index: its position in the list, 1 for the first. list has its title and total already. w is valid during the call.
 * Not 0 ends it with *e. */
typedef int spotify_item(void *arg, const struct wanted *w, int64_t index, const struct spotify_list *list,
                         struct err *e);

/*
 * form: "track", "album" or "playlist" (source_link.form). Calls on_item for each track as pages arrive, until
 * max_items were given; one page is in memory at a time. *list is filled as far as it came, on failure too.
 */
int spotify_read(const struct spotify *s, const char *form, const char *id, int64_t max_items,
                 struct spotify_list *list, spotify_item *on_item, void *arg, struct err *e);

#endif
