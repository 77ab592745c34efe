/*
 * learn, the stage: what a list, a search or Spotify left open about a track. Where it is found, if it has to be looked
 * for; then its page. A track of a single link is known already.
 */
#include "learn.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "json.h"
#include "source.h"

static int read_wanted(const struct run *r, struct wanted *w, struct err *e)
{
    cJSON *doc = cJSON_Parse(r->track.wanted_json);
    const int rc = wanted_from_json(w, doc, e);

    cJSON_Delete(doc);
    return rc;
}

/* What was there before the page was read: of Spotify, of the list. */
static void add_known(const struct run *r, const struct wanted *w, struct learned *l)
{
    cJSON *doc = r->track.meta_json ? cJSON_Parse(r->track.meta_json) : NULL;

    if (w)
        meta_from_wanted(&l->meta, w);
    meta_from_json(&l->meta, doc);
    cJSON_Delete(doc);
}

static int store(struct run *r, struct learned *l, const char *match_json, struct err *e)
{
    const struct track_page page = { .info = &l->info, .meta_json = l->meta_json, .match_json = match_json,
                                     .result_key = l->result_key };

    if (life_learned(r->db, &r->claim, &page, e))
        return -1;
    r->track.info = l->info;
    r->track.is_known = true;
    copy_text(r->track.result_key, sizeof r->track.result_key, l->result_key);
    return 0;
}

/* Although none of it will do, or what would has no page: the others may be taken by hand. */
static void keep_found(const struct run *r, const char *match_json)
{
    struct err e;

    if (life_searched(r->db, &r->claim, match_json, &e))
        log_err(LOG_WARN, "match_not_kept", &e);
}

int stage_learn(struct run *r, cJSON *out, struct err *e)
{
    struct wanted *w = r->track.wanted_json ? xcalloc(1, sizeof *w) : NULL;
    char url[URL_MAX_BYTES + 1], *match_json = NULL;
    struct learned l = { .meta = META_INIT };
    cJSON *match = NULL;

    (void)out;
    copy_text(url, sizeof url, r->track.info.url);
    int rc = w && (read_wanted(r, w, e) || learn_find(r, w, url, sizeof url, &match, e)) ? -1 : 0;
    if (rc == 0)
        rc = learn_page(r, url, r->track.uuid, &l, e);
    match_json = match ? cJSON_PrintUnformatted(match) : NULL;
    if (rc && match)
        keep_found(r, match_json);
    if (rc == 0) {
        add_known(r, w, &l);
        learn_conclude(r, r->job.is_list ? r->track.item_index : 0, &l);
        rc = store(r, &l, match_json, e);
    }
    cJSON_free(match_json);
    cJSON_Delete(match);
    learned_free(&l);
    free(w);
    return rc;
}
