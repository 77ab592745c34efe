/*
 * task: see task.c. The commands of the program share this form: they get their own arguments and return the exit code.
 */
#ifndef DUBPLATE_TASK_H
#define DUBPLATE_TASK_H

#include "conf.h"

/* Exit code of a task process that could not write its outcome: trouble of this machine, not of the task (sysexits.h,
 * EX_TEMPFAIL). */
#define TASK_NO_OUTCOME 75

int cmd_task(const struct conf *conf, int argc, char **argv);

#endif
