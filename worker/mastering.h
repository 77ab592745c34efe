/*
 * mastering: what is asked of the media program's `master`, which two stages do.
 */
#ifndef DUBPLATE_MASTERING_H
#define DUBPLATE_MASTERING_H

#include <cjson/cJSON.h>

#include "run.h"

/* By the job's options and the settings. Owned by the caller. */
cJSON *mastering_request(const struct run *r);

#endif
