/*
 * task: see task.c. The commands of the program share this form: they get their own arguments and return the exit code.
 */
#ifndef DUBPLATE_TASK_H
#define DUBPLATE_TASK_H

#include "conf.h"

int cmd_task(const struct conf *conf, int argc, char **argv);

#endif
