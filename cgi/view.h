/*
 * view: how rows look as JSON. One place, because a job is shown by several routes.
 */
#ifndef DUBPLATE_VIEW_H
#define DUBPLATE_VIEW_H

#include <cjson/cJSON.h>

#include "events.h"
#include "gates.h"
#include "jobs.h"
#include "tracks.h"

/* "error" of a job, a track, a preview; kind "" for none. */
void view_put_error(cJSON *o, const char *kind, const char *text);

cJSON *view_job(const struct job *j, const struct gates *g);
cJSON *view_event(const struct event *ev);

/* One of many; and alone, with its chapters, which of a long mix are more than all the rest. */
cJSON *view_track(const struct track *t);
cJSON *view_track_alone(const struct track *t);

/* What POST /api/whitelist takes to allow what was refused with this kind and sentence; NULL if there is no such. */
cJSON *view_offer(const char *kind, const char *refusal);

#endif
