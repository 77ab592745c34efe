/*
 * command: what the program can do. One command per process, one file per command.
 *
 * Each takes the request, adds its fields to `result` and returns 0 or -1 with *f. It runs
 * confined (confine.h) and sees only the descriptors of fdio.h. What each field means stands at
 * the top of the command's file.
 */
#ifndef DUBPLATE_MEDIA_COMMAND_H
#define DUBPLATE_MEDIA_COMMAND_H

#include <cjson/cJSON.h>

#include "fault.h"

typedef int command_run(const cJSON *request, cJSON *result, struct fault *f);

command_run master_run, cover_run, tag_run, verify_run;

#endif
