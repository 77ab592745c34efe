/*
 * fetch_run: fetching for a task: limits and private networks from the settings, and every wait is a tick.
 */
#ifndef DUBPLATE_FETCH_RUN_H
#define DUBPLATE_FETCH_RUN_H

#include "fetch.h"
#include "run.h"
#include "spotify.h"

/* *f for `url`, which has to outlive it. on_progress is run_tick() without bytes; max_bytes is MAX_FILE_SIZE_MB. */
int fetch_prepare(struct fetch *f, struct run *r, const char *url, struct err *e);

/* A picture, at most 16 MiB, to run_path(name). What it holds is for the decoder to find out; a failure other than
 * ERR_CANCELLED, ERR_PAUSED and ERR_LOST is no reason to fail a track. */
int fetch_picture(struct run *r, const char *url, const char *name, struct err *e);

/* For spotify_read(): each of its requests is made patiently, and its waits are ticks. */
struct spotify fetch_spotify(struct run *r);

#endif
