/*
 * installation: what has to be there before anything else runs.
 */
#ifndef DUBPLATE_INSTALLATION_H
#define DUBPLATE_INSTALLATION_H

#include "base/err.h"
#include "conf.h"

/* Directories, schema and admin key. Repeatable. */
int installation_prepare(const struct conf *conf, struct err *e);

#endif
