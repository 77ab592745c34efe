#include "places.h"

#include <strings.h>

#define MOVES_MOST 100      /* each costs a look at all tracks of the job; who shuffles his list gets it as it comes */

int places_begin(struct places *p, struct db *db, int64_t job_id, struct err *e)
{
    *p = (struct places){ .db = db, .job_id = job_id };
    return tracks_last_place(db, job_id, &p->last, e);
}

/* Ids that a list and the pages of its entries agree on. A page's own name is none. */
static bool has_lasting_id(const struct track_info *info)
{
    return *info->source_id && *info->extractor && strcasecmp(info->extractor, "generic") != 0;
}

bool places_find(struct places *p, const struct track_info *info, int64_t *place)
{
    int64_t before = 0;
    struct err unsaid;

    *place -= p->shift;
    if (*place > p->last || p->moves == MOVES_MOST || !has_lasting_id(info) ||
        tracks_may_be_at(p->db, p->job_id, *place, info, &unsaid) != 0)
        return true;
    p->moves++;
    const bool known = tracks_place_of(p->db, p->job_id, info, &before, &unsaid) == 1;
    p->shift += known ? *place - before : 1;
    *place = before;
    return known;
}
