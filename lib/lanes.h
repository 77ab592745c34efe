/*
 * lanes: every statement on `lanes`: the queues that exist, and which of them are paused. A paused lane gives out no
 * task; what runs goes on.
 */
#ifndef DUBPLATE_LANES_H
#define DUBPLATE_LANES_H

#include <stdint.h>

#include "base/err.h"
#include "db.h"

#define LANES_MAX 16

struct lane { char name[16]; int64_t paused_at_ms; /* 0: it is not */ };

/* Returns the count or -1. */
int lanes_list(struct db *db, struct lane rows[LANES_MAX], struct err *e);

/* [tx] ERR_NOT_FOUND; ERR_CONFLICT if it is so already. */
int lanes_set_paused(struct db *db, const char *name, bool paused, struct err *e);

#endif
