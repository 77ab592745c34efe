/*
 * `dubplate key`: API keys besides the admin's, each with limits of its own. Works on the database, so it needs no
 * running server and is heard by one at once.
 */
#ifndef DUBPLATE_KEY_COMMAND_H
#define DUBPLATE_KEY_COMMAND_H

#include "conf.h"

/* Returns the exit code. */
int cmd_key(const struct conf *conf, int argc, char **argv);

#endif
