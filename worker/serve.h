/*
 * serve: see serve.c.
 */
#ifndef DUBPLATE_SERVE_H
#define DUBPLATE_SERVE_H

#include "conf.h"

int cmd_serve(const struct conf *conf, int argc, char **argv);

#endif
