/*
 * sessions: every statement on `sessions`. A session is an isolated tenant: jobs and a directory of its own, limits,
 * and an end, after which both are removed. Its UUID is its credential as well.
 *
 * What keeps tenants apart is not here but where rows are found: a confined handle (db_confine) finds the jobs and
 * tracks of its session and no others. Functions marked [tx] belong inside their caller's transaction (lifecycle.h).
 */
#ifndef DUBPLATE_SESSIONS_H
#define DUBPLATE_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "db.h"
#include "quota.h"

#define SESSIONS_LABEL_CHARS 200
#define SESSIONS_AHEAD_MS    (24 * 3600 * 1000LL)           /* created further ahead than this: the clock was wrong */
#define SESSIONS_KEEP_MS     (30 * 24 * 3600 * 1000LL)      /* how long the row of an ended one is kept, for lists */

struct session {
    char    uuid[ID_UUID_BYTES], label[4 * SESSIONS_LABEL_CHARS + 1];
    int64_t key_id;                                     /* who opened it; 0: somebody without a key */
    int64_t created_at_ms, expires_at_ms, used_at_ms;   /* used: last submission */
    int64_t ended_at_ms;                                /* 0: not yet, or not yet noticed */
    int64_t jobs_submitted;
    struct quota limits;
    bool    is_active;
    /* By sessions_find() and sessions_list(): of the jobs that it holds. */
    int64_t jobs, jobs_open, jobs_completed, jobs_failed, used_bytes;
};

/* [tx] Stores s, whose label, key, limits and expiry are set, as a new one; sets its uuid, times and state. ERR_LIMIT:
 * nobody's key, and most_open of these are open already. */
int sessions_add(struct db *db, struct session *s, int64_t most_open, struct err *e);

/* Is it a credential? One that a wrong clock opened years ahead is none either, when the clock is right again.
 * 0 and *out without counts; ERR_UNAUTHORIZED says why not: unknown, ended, expired. */
int sessions_check(struct db *db, const char *uuid, struct session *out, struct err *e);

/* ERR_NOT_FOUND. */
int sessions_find(struct db *db, const char *uuid, struct session *out, struct err *e);

/* Newest first, those with a uuid below `before` ("" for the newest); at most limit. 0 or -1. */
int sessions_list(struct db *db, const char *before, int limit, void (*on_row)(void *arg, const struct session *s),
                  void *arg, struct err *e);

/* All that are remembered, and what those hold that are still there. active + expired = total. */
struct session_totals { int64_t total, active, expired, jobs_submitted, jobs, used_bytes; };
int sessions_totals(struct db *db, struct session_totals *out, struct err *e);

/* [tx] A job was submitted. */
int sessions_used(struct db *db, const char *uuid, struct err *e);

/* [tx] From now on it is no credential. Ended ones may be ended again. ERR_NOT_FOUND. */
int sessions_end(struct db *db, const char *uuid, struct err *e);

/* [tx] All its jobs are on their way out. */
int sessions_set_cleaned(struct db *db, const char *uuid, struct err *e);

/* One that is over and not cleaned. 1, 0 or -1. */
int sessions_next_over(struct db *db, char uuid[ID_UUID_BYTES], struct err *e);

/* Drops the rows of those that were cleaned SESSIONS_KEEP_MS ago. */
int sessions_forget(struct db *db, struct err *e);

#endif
