/*
 * source: the platform that a link belongs to, and what the link names there: one item, a list, a profile. Decided by
 * the link alone, at submit and without the network; what a platform has nothing to play for is refused here, before
 * it is queued.
 *
 * Adding a platform is a file source_NAME.c with one `struct source` and a row in SOURCE_TABLE. The name is what
 * clients see as `source_type`, and what rests when the platform limits us (sources.h).
 */
#ifndef DUBPLATE_SOURCE_H
#define DUBPLATE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "url.h"

enum source_kind {
    SOURCE_ITEM,        /* one piece of audio */
    SOURCE_LIST,        /* playlist, set, album, feed */
    SOURCE_PROFILE,     /* everything of one channel, user, artist */
    SOURCE_ANY,         /* only a look at the page will tell */
};

struct source_link {
    const char      *source;        /* "youtube" … "generic" */
    enum source_kind kind;
    char id[160];                   /* of item, list or profile, and of no other on this platform; "" if unknown */
    char list[160];                 /* of a list that an item's link also names; "" if none */
    char channel[160];              /* whose, where the link tells: "@handle", an id, a user; "" if it does not */
    char form[16];                  /* Spotify: "track", "album", "playlist" */
    char list_url[400];             /* where that list, or all that the profile has, is read; "": the link itself */
};

/* Who finds out what a link yields. */
enum source_way {
    SOURCE_BY_YTDLP,
    SOURCE_BY_SPOTIFY,              /* Spotify's API says what it is; it is fetched elsewhere */
    SOURCE_BY_FETCH,                /* a media file: nothing to find out, libcurl fetches it */
};

/* What a link names. Fills out->kind and the ids; the rest of *out is set. ERR_UNSUPPORTED. */
typedef int source_recogniser(struct source_link *out, const struct url *url, struct err *e);

/* Which of what yt-dlp says of an item only the platform itself can have written: the whitelist goes by these. */
enum {
    SOURCE_CHANNEL_ID = 1,
    SOURCE_UPLOADER_ID = 2,
    SOURCE_USER_URLS = 4,           /* channel_url, uploader_url */
    SOURCE_CHANNEL_NAME = 8,        /* "channel" is the user name, not what they call themselves */
    SOURCE_PAGE = 16,               /* the item's address: under another user's name there is nothing to be found */
};

/* Who publishes at a platform, and how they are told apart (whitelist.h). */
struct source_channels {
    const char *give;               /* what somebody should give to name one; NULL: it has none */
    unsigned    clues;
    bool        hosts;              /* they are hosts */
    bool        at;                 /* names are written @name */
    bool        any_script;         /* names are not of ASCII alone */
    bool      (*is_id)(const char *text);       /* what is an id and no name; NULL: there are none */
};
#define SOURCE_GIVE_USER "the user's name, or the address of the user's page"
#define SOURCE_GIVE_HOST "a host like example.org"

struct source {
    const char        *name;
    const char *const *domains;     /* NULL-terminated; each with all its subdomains. NULL: any host (see fits) */
    bool             (*fits)(const struct url *url);    /* without domains: is this link one of them? */
    source_recogniser *recognise;   /* NULL: kind SOURCE_ANY */
    enum source_way    way;
    const char        *formats;     /* SOURCE_BY_YTDLP: a filter for its streams, e.g. "[format_id!*=preview]"; "" */
    const char *const *options;     /* SOURCE_BY_YTDLP: more of its options; NULL-terminated, or NULL */
    struct source_channels channels;
};

/* By name; NULL for none. "generic" has a row as well. */
const struct source *source_named(const char *name);

/* What the link names. ERR_UNSUPPORTED where the platform has nothing to play at such a link; out->source, and
 * out->channel where the link tells it, hold even then. */
int source_recognise(struct source_link *out, const struct url *url, struct err *e);

/* Who has to be spared when it refuses: the platform with all its hosts, or this host. */
const char *source_asked(const char *host);

/* A host of the table: named by us, so its address needs no check against the private networks. */
bool source_host_is_known(const char *host);

/* All names, for the option table; NULL-terminated, "auto" first. */
extern const char *const source_names[];

/* ---- for the files of the platforms ---- */

/* One row per file. The first that fits wins; what none of them knows is "generic". */
#define SOURCE_TABLE(ROW)                                                                                              \
    ROW(youtube) ROW(soundcloud) ROW(instagram) ROW(tiktok) ROW(spotify) ROW(bandcamp) ROW(vimeo) ROW(direct)

#define SOURCE_DECLARED(name) extern const struct source source_##name;
SOURCE_TABLE(SOURCE_DECLARED)

#define SOURCE_DOMAINS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* The path's segments, percent-decoded, and the values of its query. */
#define SOURCE_SEGMENTS 8
struct source_path {
    char segments[SOURCE_SEGMENTS][160];
    int  count;
};
void source_split(struct source_path *out, const struct url *url);
bool source_query(const struct url *url, const char *name, char *out, size_t size);

/* Is segment i this word? False beyond the end. */
bool source_is(const struct source_path *p, int i, const char *word);

/* Is it one of these? The list is NULL-terminated. */
bool source_is_one_of(const char *word, const char *const *words);

/* Segments from … to-1 as an id ("artist/song"; "" if it does not fit); and as the address, behind a base like
 * "https://example.org", at which a list is read. */
void source_join(char *out, size_t size, const struct source_path *p, int from, int to);
void source_read_at(struct source_link *out, const char *base, const struct source_path *p, int from, int to);

/* n characters of letters, digits, - and _? */
bool source_is_id(const char *text, size_t least, size_t most);

#endif
