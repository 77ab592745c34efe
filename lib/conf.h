/*
 * conf: the settings of this process, read once at start. Bad numbers, values out of range and names in the file
 * that do not exist stop the start, with the place. The environment wins over the file: a unit or a shell may
 * override what an admin wrote down.
 */
#ifndef DUBPLATE_CONF_H
#define DUBPLATE_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "conf_table.h"

#define CONF_STR_BYTES 1024

struct conf {
#define INT(field, name, def, least, most, help) int64_t field;
#define NUM(field, name, def, least, most, help) double  field;
#define STR(field, name, def, help)              char field[CONF_STR_BYTES];
#define SECRET(field, name, help)                char field[CONF_STR_BYTES];
#define BOOL(field, name, def, help)             bool field;
    CONF_TABLE(INT, NUM, STR, SECRET, BOOL)
#undef INT
#undef NUM
#undef STR
#undef SECRET
#undef BOOL
    char db_path[CONF_STR_BYTES + 32];      /* DATA_DIR/dubplate.db */
};

/* DATA_DIR becomes absolute; log level is applied. ERR_INPUT names file, line and setting. */
int conf_load(struct conf *c, struct err *e);

/* Nobody but this machine reaches the server. A proxy in front of it is somebody else's decision. */
bool conf_listens_on_loopback(const struct conf *c);

/* NAME=value lines, in table order; a secret that is set is "(set)". */
void conf_print(const struct conf *c, FILE *out);

/* The table as Markdown rows, for the README. */
void conf_print_table(FILE *out);

#endif
