/*
 * keep: the files of kept streams (kept.h). They are links to what a task has in its work directory, so that keeping
 * and using one costs no bytes; where the file system has no links, nothing is kept.
 */
#ifndef DUBPLATE_KEEP_H
#define DUBPLATE_KEEP_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "run.h"

/* Is there a stream for this track? */
bool keep_has(const struct run *r, const struct track_info *info);

/* As stage_download, without a source: 1 if the stream is in the work directory now, 0 if none is kept. */
int keep_take(const struct run *r, cJSON *out);

/* Keeps what the download stage of a track has left, which has proved to be good. Failures are logged: nothing depends
 * on it. */
void keep_give(const struct run *r);

/* Lets go of what is too old, and of what has been of no use for longest, until the rest fits into CACHE_MAX_MB; and
 * of directories that nobody knows. */
void keep_tidy(struct db *db, const struct conf *conf);

#endif
