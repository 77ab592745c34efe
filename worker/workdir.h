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

/* A file on its way to its place, in that very directory: this and the id of its track. */
#define WORKDIR_PART ".part-"

/*
 * Removes what a track that will never finish may have left under its final name: files in the directory of its job
 * that no row refers to, and those on their way there of this track (NULL: of any). Looks while it holds the write
 * lock, so that a file that is being placed is never taken for one.
 */
void workdir_remove_leftovers(struct db *db, const struct conf *conf, int64_t job_id, const char *track_uuid);

/* Removes one finished file (path below DATA_DIR), and the directories that are empty without it. */
void workdir_remove_file(const struct conf *conf, const char *path);

/* Removes the directories of tasks that have ended, and those that nobody knows and nobody touched for ten minutes
 * (a resolve makes its track's directory before the row). Returns how many. */
int workdir_sweep(struct db *db, const struct conf *conf);

#endif
