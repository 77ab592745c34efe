/*
 * idempotency: the first answer to a POST that bore an Idempotency-Key, given again to whoever sends the same request
 * with the same key within a day (draft-ietf-httpapi-idempotency-key-header). Stored in the transaction of what the
 * request did: either both are there or neither.
 *
 * There is room for so many answers of each tenant. When it is full, a request with yet another key is refused: an
 * answer that is kept is a promise for a day, and to forget the oldest would carry out its request a second time, with
 * nobody told.
 */
#ifndef DUBPLATE_IDEMPOTENCY_H
#define DUBPLATE_IDEMPOTENCY_H

#include <stdint.h>

#include <stdbool.h>

#include "base/err.h"
#include "base/id.h"
#include "db.h"

#define IDEMPOTENCY_KEEP_MS       (24 * 3600 * 1000LL)
#define IDEMPOTENCY_KEY_ANSWERS   5000          /* of one API key in the library */
#define IDEMPOTENCY_KEY_BYTES     (32 << 20)
#define IDEMPOTENCY_SESSION_ANSWERS 200         /* of one session */
#define IDEMPOTENCY_SESSION_BYTES (1 << 20)

/* Is this a key? 1 to 255 visible characters. */
bool idempotency_key_fits(const char *name);

struct stored_answer {
    int64_t status;
    char   *location, *body;    /* owned by whom it is given; location may be NULL */
};

void stored_answer_free(struct stored_answer *a);

/* Whose answers: an API key's (0: nobody's), and within it a session's ("": the library's). */
struct idempotency_owner { int64_t key_id; const char *session_uuid; };

/* [tx] 1: there is an answer; 0, and there is room for one; -1. ERR_INPUT: the key belongs to another request.
 * ERR_LIMIT: no more room. */
int idempotency_find(struct db *db, const struct idempotency_owner *owner, const char *name, const char *request_hash,
                     struct stored_answer *out, struct err *e);

/* [tx] ERR_LIMIT: this answer has no room; what the request did has to be undone. */
int idempotency_store(struct db *db, const struct idempotency_owner *owner, const char *name, const char *request_hash,
                      const struct stored_answer *a, struct err *e);

/* [tx] Of a session that is over: nobody can ask for them any more. */
int idempotency_forget_session(struct db *db, const char *session_uuid, struct err *e);

/* Forgets up to max that are older than a day. Returns how many, or -1. */
int idempotency_expire(struct db *db, int max, struct err *e);

#endif
