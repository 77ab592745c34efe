/*
 * json: reading JSON that strangers wrote, and small helpers for writing our own. cJSON does the parsing; this
 * module puts limits in front of it, because Debian's cJSON accepts depth 1000, trailing garbage, invalid UTF-8,
 * U+0000 (which cuts the string short) and duplicate names.
 */
#ifndef DUBPLATE_JSON_H
#define DUBPLATE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct json_limits {
    size_t max_bytes;
    int    max_depth;
    int    max_names;       /* in the whole document */
    bool   nul;             /* U+0000 may occur; the string then ends there */
};

extern const struct json_limits json_limits_request;    /* what a client sends: 64 KiB, depth 16, 64 names */
extern const struct json_limits json_limits_tool;       /* what yt-dlp and our own files hold: 8 MiB, 24, 200 000 */

/* Exactly one document. *out is owned by the caller (cJSON_Delete). ERR_SYNTAX, ERR_TOO_LARGE. */
int json_parse(cJSON **out, const char *text, size_t len, const struct json_limits *limits, struct err *e);

/* A name that an object of the document, which came through json_limits_request, holds twice; NULL if none does.
 * cJSON finds the first, a proxy may have looked at the last. */
const char *json_duplicate_name(const cJSON *doc);

/* Members, or the fallback when absent, null or of another type. Strings stay owned by the object. */
const char *json_text(const cJSON *object, const char *name, const char *fallback);
double json_number(const cJSON *object, const char *name, double fallback);
bool json_bool(const cJSON *object, const char *name, bool fallback);
const cJSON *json_member(const cJSON *object, const char *name);    /* NULL if absent or null */

/* NULL and non-finite become null. */
void json_put_text(cJSON *object, const char *name, const char *value);
void json_put_number(cJSON *object, const char *name, double value);
void json_put_int(cJSON *object, const char *name, int64_t value);
void json_put_bool(cJSON *object, const char *name, bool value);
void json_put_time(cJSON *object, const char *name, int64_t wall_ms);       /* 0: null */
cJSON *json_put_object(cJSON *object, const char *name);                     /* owned by object */
cJSON *json_put_array(cJSON *object, const char *name);

/* A stored document (text of a column) as a member; null if the text is NULL or does not parse. */
void json_put_raw(cJSON *object, const char *name, const char *text);

#endif
