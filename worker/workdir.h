/*
 * workdir: the directories of jobs. Below DATA_DIR/work, while tasks run, one belongs to one track (or one job that is
 * being resolved) and bears its id. Below DATA_DIR/downloads finished files lie in <session or "library">/<job>.
 */
#ifndef DUBPLATE_WORKDIR_H
#define DUBPLATE_WORKDIR_H

#include "conf.h"
#include "db.h"
#include "jobs.h"

/* downloads/<session or library>/<job>, below DATA_DIR. */
void workdir_of_job(const struct job_request *job, char *out, size_t size);

/* Removes DATA_DIR/work/<uuid>; failures are logged, the sweep tries again. */
void workdir_remove(const struct conf *conf, const char *uuid);

/* A file on its way to its place, in that very directory: this and the id of its track. */
#define WORKDIR_PART ".part-"

/*
 * Removes what a track that will never finish may have left under its final name: files in the directory of its job
 * that no row refers to, and those on their way there of this track (NULL: of any that has ended). Looks while it holds
 * the write lock, so that a file that is being placed is never taken for one. Where the job is over, its directories go
 * as well if they are empty.
 */
void workdir_remove_leftovers(struct db *db, const struct conf *conf, int64_t job_id, const char *track_uuid);

/* Of a job that goes: what lies beside the directories of its files. It need not be in its row yet. */
void workdir_remove_playlists(const struct conf *conf, const struct job_request *job);

/* Removes one finished file (path below DATA_DIR), and the directories that are empty without it. */
void workdir_remove_file(const struct conf *conf, const char *path);

/* Removes the directories of tasks that have ended, and those that nobody knows and nobody touched for ten minutes
 * (a resolve makes its track's directory before the row). Returns how many. */
int workdir_sweep(struct db *db, const struct conf *conf);

/* Removes the directory of a session that is over, or unknown, once nothing lies in it. */
void workdir_leave_session(struct db *db, const struct conf *conf, const char *session_uuid);

/* The same for all that have a directory. */
void workdir_sweep_sessions(struct db *db, const struct conf *conf);

/* Removes pictures whose preview is gone: a worker that forgets one may be killed before it has removed the file, or
 * after another has made it. */
void workdir_sweep_previews(struct db *db, const struct conf *conf);

#endif
