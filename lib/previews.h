/*
 * previews: every statement on `previews`: what a link would yield, looked up by a worker before anybody submits it.
 * Kept for an hour. Functions marked [tx] belong inside their caller's transaction (lifecycle.h).
 */
#ifndef DUBPLATE_PREVIEWS_H
#define DUBPLATE_PREVIEWS_H

#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "db.h"

#define PREVIEWS_KEEP_MS (3600 * 1000LL)

/* Its picture, below DATA_DIR. */
#define PREVIEWS_COVERS      "downloads/previews"
#define PREVIEWS_COVER_BYTES 64
const char *previews_cover(const char *uuid, char out[PREVIEWS_COVER_BYTES]);

struct preview {
    int64_t id, max_items, created_at_ms, finished_at_ms;
    char    uuid[ID_UUID_BYTES], session_uuid[ID_UUID_BYTES];
    char    source[16], download_type[16], state[12], error_kind[24], error_text[480];
    char    url[2049], search_query[801];
    char   *result_json;        /* owned; NULL until it is done */
};
void preview_free(struct preview *p);

/* [tx] p's uuid, url, search_query, source, download_type and max_items are set; its id is, afterwards. The session is
 * the one that the handle is confined to. */
int previews_add(struct db *db, struct preview *p, struct err *e);

/* By public id, within the session that the handle is confined to. ERR_NOT_FOUND. */
int previews_find(struct db *db, const char *uuid, struct preview *out, struct err *e);
int previews_by_id(struct db *db, int64_t id, struct preview *out, struct err *e);

/* How many of this tenant wait or run. */
int previews_open(struct db *db, int64_t *count, struct err *e);

/* [tx] state: running, done, failed. */
int previews_set_state(struct db *db, int64_t id, const char *state, const char *result_json, const char *error_kind,
                       const char *error_text, struct err *e);

/* [tx] Removes one that is older than PREVIEWS_KEEP_MS; its id and uuid. 1, 0 or -1. */
int previews_expire(struct db *db, int64_t *id, char uuid[ID_UUID_BYTES], struct err *e);

#endif
