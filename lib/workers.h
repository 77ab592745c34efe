/*
 * workers: the table of worker processes, and the proof of life. A worker holds flock() on DATA_DIR/run/<owner>.lock
 * for as long as it lives; the kernel lets go when it dies, however it dies. So a dead worker is known at once, and a
 * lease only has to catch one that hangs.
 */
#ifndef DUBPLATE_WORKERS_H
#define DUBPLATE_WORKERS_H

#include <stdbool.h>

#include "base/err.h"
#include "conf.h"
#include "db.h"
#include "queue.h"

struct worker_row {
    char    owner[QUEUE_OWNER_BYTES], name[64], ytdlp_path[512], ytdlp_version[64], version[32];
    char    queue_names[CONF_STR_BYTES];        /* lanes, as the setting names them */
    int64_t started_at_ms, pid, concurrency;    /* pid and version are the table's own */
};

/* Takes the lock; the descriptor stays open (and locked) until the process ends. Returns it or -1. */
int workers_lock(const char *data_dir, const char *owner, struct err *e);

/* False if the lock is free or its file is gone. */
bool workers_alive(const char *data_dir, const char *owner);

int workers_add(struct db *db, const struct worker_row *w, struct err *e);   /* ytdlp_version: "?" until it is known */
int workers_set_ytdlp(struct db *db, const char *owner, const char *path, const char *version, struct err *e);
int workers_remove(struct db *db, const char *data_dir, const char *owner, struct err *e);   /* row and lock file */

/* At most max rows, newest first. Returns the count or -1. */
int workers_list(struct db *db, struct worker_row *rows, int max, struct err *e);

#endif
