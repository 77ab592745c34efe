/*
 * target: what a request asks for: a link, checked and recognised, or the name of a song.
 */
#ifndef DUBPLATE_TARGET_H
#define DUBPLATE_TARGET_H

#include "handler.h"
#include "source.h"
#include "spec.h"
#include "url.h"

#define SEARCH_MAX_BYTES 401

struct target {
    struct url         url;         /* text "" for a search */
    struct source_link link;        /* of a search: an item of YouTube */
    char               search_query[SEARCH_MAX_BYTES];      /* "" for a link */
};

/* What is wrong goes to errors as the field of this name. */
void target_read_url(const struct request *req, const cJSON *value, const char *field, struct target *t,
                     const struct spec *spec, struct spec_errors *errors);
void target_read_query(const cJSON *value, const char *field, struct target *t, struct spec_errors *errors);

/* Who has to be spared when it refuses. */
const char *target_asked(const struct target *t);

/* What the link alone gives away. ERR_NOT_WHITELISTED, with the entry that would allow it in the answer. */
int target_check_whitelist(const struct request *req, const struct target *t, struct err *e);

#endif
