/*
 * upkeep: what a worker does for its installation beside running tasks. Where one is enough for all, whoever holds the
 * lock does it. What fails is logged, and tried again the next time.
 */
#ifndef DUBPLATE_UPKEEP_H
#define DUBPLATE_UPKEEP_H

#include <stdbool.h>

#include "conf.h"
#include "db.h"

struct upkeep {
    struct db         *db;          /* both borrowed */
    const struct conf *conf;
    int                lock_fd;     /* -1: somebody else does it, or nobody yet */
};

/* Takes the lock if it is free, and keeps it until the process ends. */
bool upkeep_is_ours(struct upkeep *u);

/* One checkpointer per installation. */
void upkeep_checkpoint(struct upkeep *u);

/* Removes what nobody may ask for any more: previews, answers of requests, sessions, work directories, streams. */
void upkeep_run(struct upkeep *u);

#endif
