/*
 * whitelist: every statement on `whitelist` and `switches`, and who of a platform an entry means.
 *
 * An entry is a platform and one of its channels, by what the platform itself gives out once only: an id, a handle, a
 * user name in an address, a host. Names that people choose for show (the channel "Fisher Music") match nothing, since
 * anybody may choose them again; nor does an address that leads to the same video whoever it names.
 *
 *      youtube                       UC… (as it is), or @handle
 *      tiktok                        @name
 *      soundcloud instagram vimeo    the name in the address of the page
 *      bandcamp                      ARTIST of ARTIST.bandcamp.com
 *      generic                       a host with all its subdomains; media files there (direct) as well
 *      direct                        the same, for media files only
 *      (any)                         * is the whole platform
 *
 * Handles, names and hosts are kept in lower case. Spotify has no entries: what is asked for there is fetched from
 * YouTube, and judged there.
 *
 * Each function that changes something is a transaction of its own.
 */
#ifndef DUBPLATE_WHITELIST_H
#define DUBPLATE_WHITELIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "conf.h"
#include "db.h"
#include "source.h"
#include "url.h"

#define WHITELIST_CHANNEL_BYTES 256
#define WHITELIST_NAME_CHARS    200
#define WHITELIST_NOTE_CHARS    500

struct whitelist_entry {
    int64_t id, created_at_ms;
    char    uuid[ID_UUID_BYTES];
    char    platform[16], channel[WHITELIST_CHANNEL_BYTES];     /* normalised */
    char    name[4 * WHITELIST_NAME_CHARS + 1];                 /* for people */
    char    note[4 * WHITELIST_NOTE_CHARS + 1];
};

/*
 * What somebody wrote, as platform and channel of *out (the rest stays): an id, a handle, a user name, a host, the
 * address of a channel's page (or of anything that names its channel), "*". platform may be "" where the text tells it.
 * ERR_INPUT with a sentence, and in *field which of the two it is about: "platform" or "channel".
 */
int whitelist_normalise(const char *platform, const char *text, struct whitelist_entry *out, const char **field,
                        struct err *e);

/* Adds entry->platform, channel (both normalised), name and note. If there is one for this channel already, *existing,
 * and nothing changes. *entry is what is stored in both cases. */
int whitelist_add(struct db *db, struct whitelist_entry *entry, bool *existing, struct err *e);

/* ERR_NOT_FOUND. */
int whitelist_find(struct db *db, const char *uuid, struct whitelist_entry *out, struct err *e);

/* Newest first, with ids below before_id. */
int whitelist_list(struct db *db, int64_t before_id, int limit,
                   void (*on_row)(void *arg, const struct whitelist_entry *entry), void *arg, struct err *e);
int whitelist_count(struct db *db, int64_t *count, struct err *e);

/* NULL leaves it as it is. ERR_NOT_FOUND. */
int whitelist_patch(struct db *db, const char *uuid, const char *name, const char *note, struct err *e);

/* ERR_NOT_FOUND. */
int whitelist_remove(struct db *db, const char *uuid, struct err *e);

/* On or off, whatever the setting says, until whitelist_unset(). */
int whitelist_set(struct db *db, bool enabled, struct err *e);
int whitelist_unset(struct db *db, struct err *e);

/* *decided_by: "switch" (whitelist_set), "setting" (DOWNLOAD_WHITELIST_ENABLED), or "default": on unless nobody but
 * this machine can reach the server. */
int whitelist_enabled(struct db *db, const struct conf *conf, bool *enabled, const char **decided_by, struct err *e);

/* ---- may this be downloaded? ---- */

/* Whose something is: all that identifies them on their platform. */
#define WHO_IDS 6
struct who {
    char platform[16];
    int  count;                                         /* 0: it does not say whose it is */
    char ids[WHO_IDS][WHITELIST_CHANNEL_BYTES];         /* normalised, the lasting one first */
    char name[160];                                     /* for people: "" or what they call themselves */
};

/* What yt-dlp says of an entry, by its own names; NULL or "" where it says nothing. */
struct who_clues {
    const char *extractor_key;          /* of a list's entry: ie_key */
    const char *page_url;               /* webpage_url; of a list's entry: url. Of a file: where it is fetched */
    const char *channel_id, *channel_url, *channel, *uploader_id, *uploader_url, *uploader;
};

/* A list's entry may tell too little (count 0): judge it when its own page has been read. */
void who_from_entry(struct who *out, const struct who_clues *clues);

/* Of what was resolved, before a byte of its media is fetched. ERR_NOT_WHITELISTED; 0 if the whitelist is off. */
int whitelist_check(struct db *db, const struct conf *conf, const struct who *who, struct err *e);

/* At submit: refuses what the link alone gives away; the rest is for whitelist_check(). ERR_NOT_WHITELISTED. */
int whitelist_check_link(struct db *db, const struct conf *conf, const struct source_link *link, const struct url *url,
                         struct err *e);

/* The same for what will be looked for on this platform (a search, a Spotify link): is anything of it allowed? */
int whitelist_check_platform(struct db *db, const struct conf *conf, const char *platform, struct err *e);

/*
 * The entry that would allow what was refused, from the text of the refusal: platform, channel and name of *out. False
 * if it names no channel. Of what the worker refuses only the sentence is kept (error_text), and shown from there.
 */
bool whitelist_offer(const char *refusal, struct whitelist_entry *out);

#endif
