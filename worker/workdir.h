/*
 * workdir: what lies below DATA_DIR/work while tasks run, and its end. A directory belongs to one track (or one job
 * that is being resolved) and bears its id.
 */
#ifndef DUBPLATE_WORKDIR_H
#define DUBPLATE_WORKDIR_H

#include "conf.h"
#include "db.h"

/* Removes DATA_DIR/work/<uuid>; failures are logged, the sweep tries again. */
void workdir_remove(const struct conf *conf, const char *uuid);

/* Removes what a track that will never finish may have left under its final name: DATA_DIR/downloads/…/<job>, if no
 * track of the job has a finished file. */
void workdir_remove_leftovers(struct db *db, const struct conf *conf, int64_t job_id, const char *job_uuid);

/* Removes the directories of tasks that have ended, and those that nobody knows and nobody touched for ten minutes
 * (a resolve makes its track's directory before the row). Returns how many. */
int workdir_sweep(struct db *db, const struct conf *conf);

#endif
