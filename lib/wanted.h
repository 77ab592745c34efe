/*
 * wanted: a recording that is named but not yet found: what a Spotify link stands for, or what somebody typed. It is
 * looked for elsewhere; match.c decides what is it. Stored as JSON with the job that asks for it.
 */
#ifndef DUBPLATE_WANTED_H
#define DUBPLATE_WANTED_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/err.h"

struct wanted {
    char    query[401];
    char    title[801], artist[801] /* all, ", " between */, first_artist[401], album[801], album_artist[801];
    char    isrc[16], date[11] /* YYYY or YYYY-MM-DD */, url[2049] /* page there */, cover_url[2049];
    char    source_id[64], source[16] /* "spotify", "search" */;
    int64_t duration_ms /* -1 unknown */, track_number, track_total, disc_number /* 0 unknown */;
};

/* Owned by the caller. */
cJSON *wanted_to_json(const struct wanted *w);

/* What wanted_to_json() once wrote; absent members are "", 0 and -1. ERR_SYSTEM if it is no object, or names neither a
 * title nor a query. */
int wanted_from_json(struct wanted *out, const cJSON *doc, struct err *e);

#endif
