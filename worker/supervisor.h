/*
 * supervisor: see supervisor.c.
 */
#ifndef DUBPLATE_SUPERVISOR_H
#define DUBPLATE_SUPERVISOR_H

#include "conf.h"

int cmd_worker(const struct conf *conf, int argc, char **argv);

/* The worker's own: asks yt-dlp for its version and writes it to the worker's row. */
int cmd_probe(const struct conf *conf, int argc, char **argv);

#endif
