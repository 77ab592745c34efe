/*
 * whitelist: every statement on `whitelist` and `switches`, and who of a platform an entry means. What follows from it
 * for a download: whitelist_check.h.
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
#include "who.h"

#define WHITELIST_NAME_CHARS 200
#define WHITELIST_NOTE_CHARS 500

struct whitelist_entry {
    int64_t id, created_at_ms;
    char    uuid[ID_UUID_BYTES];
    char    platform[16], channel[WHO_ID_BYTES];     /* normalised */
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

/* Is there such an entry? 1, 0 or -1. _any: any of the platform; _others: one that cannot be compared with this id by
 * looks: an id is no handle, and may yet be of the same channel. */
int whitelist_is_listed(struct db *db, const char *platform, const char *channel, struct err *e);
int whitelist_has_any(struct db *db, const char *platform, struct err *e);
int whitelist_has_others(struct db *db, const char *platform, const char *id, struct err *e);

#endif
