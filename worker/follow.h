/*
 * follow: see follow.c.
 */
#ifndef DUBPLATE_FOLLOW_H
#define DUBPLATE_FOLLOW_H

#include "conf.h"

int cmd_follow(const struct conf *conf, int argc, char **argv);

#endif
