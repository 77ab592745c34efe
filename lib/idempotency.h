/*
 * idempotency: the first answer to a POST that bore an Idempotency-Key, given again to whoever sends the same request
 * with the same key within a day (draft-ietf-httpapi-idempotency-key-header). Stored in the transaction of what the
 * request did: either both are there or neither.
 */
#ifndef DUBPLATE_IDEMPOTENCY_H
#define DUBPLATE_IDEMPOTENCY_H

#include <stdint.h>

#include "base/err.h"
#include "db.h"

#define IDEMPOTENCY_KEEP_MS (24 * 3600 * 1000LL)

/* Is this a key? 1 to 255 visible characters. */
bool idempotency_key_fits(const char *name);

struct stored_answer {
    int64_t status;
    char   *location, *body;    /* owned by whom it is given; location may be NULL */
};

void stored_answer_free(struct stored_answer *a);

/* [tx] 1: there is an answer; 0; -1. ERR_INPUT: the key belongs to another request. */
int idempotency_find(struct db *db, int64_t key_id, const char *name, const char *request_hash,
                     struct stored_answer *out, struct err *e);

/* [tx] */
int idempotency_store(struct db *db, int64_t key_id, const char *name, const char *request_hash,
                      const struct stored_answer *a, struct err *e);

/* Forgets up to max that are older than a day. Returns how many, or -1. */
int idempotency_expire(struct db *db, int max, struct err *e);

#endif
