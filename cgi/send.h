/*
 * send: files that nginx sends for us (X-Accel-Redirect), with Range and all that belongs to it. The handler decides
 * who may have which file under which name.
 */
#ifndef DUBPLATE_SEND_H
#define DUBPLATE_SEND_H

#include <stdbool.h>

#include "handler.h"

/* path is below DATA_DIR, name is what a browser saves it as. */
void send_file(const struct request *req, struct response *res, const char *path, const char *type, const char *name);

#endif
