/*
 * who: whose something is, by what its platform gives out once only (whitelist.h says what that is on each).
 */
#ifndef DUBPLATE_WHO_H
#define DUBPLATE_WHO_H

#include <stdbool.h>

#include "base/err.h"
#include "source.h"
#include "url.h"

#define WHO_ID_BYTES 256

/* Whose something is: all that identifies them on their platform. */
#define WHO_IDS 6
struct who {
    char platform[16];
    int  count;                                         /* 0: it does not say whose it is */
    char ids[WHO_IDS][WHO_ID_BYTES];         /* normalised, the lasting one first */
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

/* What the link claims by itself: enough to refuse by, not to allow. */
void who_from_link(struct who *out, const struct source_link *link, const struct url *url);

/* Any link, private ones too: who may be reached is decided elsewhere. link->source is set in any case. */
int who_read_link(const char *text, struct url *url, struct source_link *link, struct err *e);

/* The platform; NULL for what has no channels. Are its channels hosts? (of NULL: no) */
const struct source *who_source(const char *platform);
bool who_has_hosts(const struct source *s);

/* What the platform itself says, as an id is kept. False for what YouTube calls neither by id nor by handle (/c/NAME,
 * /user/NAME): that is somebody, but nobody knows who, for a handle of the same name may be somebody else's. */
bool who_identify(const struct source *s, const char *text, char out[WHO_ID_BYTES]);

#endif
