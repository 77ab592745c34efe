/*
 * request: the JSON object on stdin, checked against a table with one row per field.
 *
 * Every field is optional; one that is missing or null leaves the caller's default in place. An
 * unknown name, a wrong type, a number out of range or a string that is too long or not UTF-8
 * refuses the whole request: a misspelt option must not become a default in silence.
 */
#ifndef DUBPLATE_MEDIA_REQUEST_H
#define DUBPLATE_MEDIA_REQUEST_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "fault.h"

#define REQUEST_BYTES_MAX (1 << 20)    /* five hundred chapters with long titles are half of it */

enum field_type {
    FIELD_BOOL,     /* bool */
    FIELD_INT,      /* int, min to max, no fraction */
    FIELD_DOUBLE,   /* double, min to max */
    FIELD_TEXT,     /* const char *, borrowed from the request; at most `max` bytes */
    FIELD_LIST,     /* const cJSON *, borrowed: an array of at most `max` objects, each for request_parse() */
};

struct field {
    const char     *name;
    enum field_type type;
    size_t          offset;     /* of the member in the caller's options struct */
    double          min, max;
};

/* Reads stdin to its end. NULL and *f (FAULT_INPUT) if it is not exactly one JSON object of at most
 * REQUEST_BYTES_MAX bytes. The caller owns the result. */
cJSON *request_read(struct fault *f);

/* Copies the fields of `request` into `options`. FAULT_INPUT. */
int request_parse(const cJSON *request, const struct field *fields, size_t count, void *options,
                  struct fault *f);

#endif
