/*
 * gates: what holds waiting jobs back, all of it read once per answer: paused lanes, resting sources, a full disk, no
 * worker. From it each job's one sentence (status.h).
 */
#ifndef DUBPLATE_GATES_H
#define DUBPLATE_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf.h"
#include "db.h"
#include "lanes.h"
#include "sources.h"
#include "workers.h"

#define GATES_MAX_SOURCES 64
#define GATES_MAX_WORKERS 64

struct gates {
    int64_t now_ms;
    struct lane lanes[LANES_MAX];
    int     lane_count;
    struct source_row sources[GATES_MAX_SOURCES];       /* those that rest or have no budget left */
    int     source_count;
    struct worker_row workers[GATES_MAX_WORKERS];       /* those that live */
    int     worker_count;
    int64_t free_bytes, needed_bytes;                   /* disk; below needed_bytes no work is begun */
    const char *budgets;
    char    tag[48];            /* another one when any of this changes: part of an ETag */
};

int gates_load(struct gates *g, struct db *db, const struct conf *conf, struct err *e);

bool gates_disk_is_low(const struct gates *g);
const struct lane *gates_lane(const struct gates *g, const char *name);         /* NULL: none */
const struct source_row *gates_source(const struct gates *g, const char *name); /* NULL: free */
/* Is the word in the list, which commas or spaces separate? */
bool gates_list_has(const char *list, const char *word);

bool gates_lane_is_served(const struct gates *g, const char *name);

/* The least free space of the file systems below DATA_DIR that work writes to. */
int64_t gates_free_bytes(const struct conf *conf);

#endif
