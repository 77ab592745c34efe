/*
 * kept: every statement on `kept_sources`: streams as their source sent them, below DATA_DIR/cache/<key>/, for another
 * wish about the same recording. The files are the worker's (worker/keep.h); a row without its files is forgotten when
 * that shows, files without a row are swept.
 */
#ifndef DUBPLATE_KEPT_H
#define DUBPLATE_KEPT_H

#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "db.h"

struct kept {
    char    key[ID_SHA256_BYTES], file[32], thumbnail[32];      /* thumbnail "" if there is none */
    int64_t size_bytes;                                         /* of both */
};

/* One that was kept at after_ms or later. 1, 0 or -1. */
int kept_find(struct db *db, const char *key, int64_t after_ms, struct kept *out, struct err *e);

int kept_put(struct db *db, const struct kept *k, struct err *e);       /* takes the place of an older one */
int kept_touch(struct db *db, const char *key, struct err *e);          /* it was of use just now */
int kept_forget(struct db *db, const char *key, struct err *e);

/* Which one goes next: older than before_ms, or if all of them together are larger than most_bytes the one that was of
 * no use for longest. 1, 0 or -1. */
int kept_next_out(struct db *db, int64_t before_ms, int64_t most_bytes, char key[ID_SHA256_BYTES], struct err *e);

#endif
