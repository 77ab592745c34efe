#include "json.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

const struct json_limits json_limits_request = { .max_bytes = 64 << 10, .max_depth = 16, .max_names = 64 };
const struct json_limits json_limits_tool = { .max_bytes = 8 << 20, .max_depth = 24, .max_names = 200000,
                                               .nul = true };

/* What follows "\u": four hex digits (cJSON reads anything else as U+0000), and not of U+0000, where C strings end. */
static int check_escape(const char *s, size_t len, size_t at, bool nul, struct err *e)
{
    size_t n = 0;

    while (n < 4 && n < len && strchr("0123456789abcdefABCDEF", s[n]) && s[n])
        n++;
    if (n < 4)
        return err_set(e, ERR_SYNTAX, "\\u without four hex digits (byte %zu)", at);
    if (!nul && memcmp(s, "0000", 4) == 0)
        return err_set(e, ERR_SYNTAX, "NUL character in a string (byte %zu)", at);
    return 0;
}

/* Looks at the bytes before any parser does: encoding, depth, number of names, and no way to write U+0000. */
static int prescan(const char *s, size_t len, const struct json_limits *limits, struct err *e)
{
    int depth = 0, names = 0;
    bool in_string = false;

    if (len > limits->max_bytes)
        return err_set(e, ERR_TOO_LARGE, "JSON of %zu bytes; the limit is %zu", len, limits->max_bytes);
    if (!utf8_valid(s, len))
        return err_set(e, ERR_SYNTAX, "not valid UTF-8");
    for (size_t i = 0; i < len; i++) {
        const char c = s[i];
        if (in_string) {
            if ((unsigned char)c < 0x20)
                return err_set(e, ERR_SYNTAX, "raw control character in a string (byte %zu)", i);
            if (c == '\\') {
                if (i + 1 < len && s[i + 1] == 'u' && check_escape(s + i + 2, len - i - 2, i, limits->nul, e))
                    return -1;
                i++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > limits->max_depth)
                return err_set(e, ERR_SYNTAX, "nested deeper than %d", limits->max_depth);
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == ':') {
            if (++names > limits->max_names)
                return err_set(e, ERR_SYNTAX, "more than %d names", limits->max_names);
        } else if (c == '\0') {
            return err_set(e, ERR_SYNTAX, "NUL byte (byte %zu)", i);
        }
    }
    return 0;
}

/* Quadratic: for requests, whose names are few. */
const char *json_duplicate_name(const cJSON *node)
{
    const char *found = NULL;

    for (const cJSON *a = node->child; a && !found; a = a->next) {
        if (cJSON_IsObject(node))
            for (const cJSON *b = a->next; b; b = b->next)
                if (strcmp(a->string, b->string) == 0)
                    return a->string;
        found = json_duplicate_name(a);
    }
    return found;
}

int json_parse(cJSON **out, const char *text, size_t len, const struct json_limits *limits, struct err *e)
{
    const char *end = NULL;

    *out = NULL;
    if (prescan(text, len, limits, e))
        return -1;
    cJSON *doc = cJSON_ParseWithLengthOpts(text, len, &end, false);
    if (!doc)
        return err_set(e, ERR_SYNTAX, "not JSON (byte %td)", end ? end - text : 0);
    while (end < text + len && strchr(" \t\r\n", *end))
        end++;
    if (end != text + len) {
        cJSON_Delete(doc);
        return err_set(e, ERR_SYNTAX, "something follows the JSON document (byte %td)", end - text);
    }
    *out = doc;
    return 0;
}

const cJSON *json_member(const cJSON *object, const char *name)
{
    const cJSON *m = cJSON_GetObjectItemCaseSensitive(object, name);
    return m && !cJSON_IsNull(m) ? m : NULL;
}

const char *json_text(const cJSON *object, const char *name, const char *fallback)
{
    const cJSON *m = json_member(object, name);
    return cJSON_IsString(m) ? m->valuestring : fallback;
}

double json_number(const cJSON *object, const char *name, double fallback)
{
    const cJSON *m = json_member(object, name);
    return cJSON_IsNumber(m) && isfinite(m->valuedouble) ? m->valuedouble : fallback;
}

bool json_bool(const cJSON *object, const char *name, bool fallback)
{
    const cJSON *m = json_member(object, name);
    return cJSON_IsBool(m) ? cJSON_IsTrue(m) : fallback;
}

void json_put_text(cJSON *object, const char *name, const char *value)
{
    if (value)
        cJSON_AddStringToObject(object, name, value);
    else
        cJSON_AddNullToObject(object, name);
}

void json_put_number(cJSON *object, const char *name, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, name, value);
    else
        cJSON_AddNullToObject(object, name);
}

void json_put_int(cJSON *object, const char *name, int64_t value)
{
    cJSON_AddNumberToObject(object, name, (double)value);
}

void json_put_bool(cJSON *object, const char *name, bool value)
{
    cJSON_AddBoolToObject(object, name, value);
}

void json_put_time(cJSON *object, const char *name, int64_t wall_ms)
{
    char iso[CLOCK_ISO_BYTES];
    json_put_text(object, name, wall_ms ? clock_iso(iso, wall_ms) : NULL);
}

cJSON *json_put_object(cJSON *object, const char *name)
{
    return cJSON_AddObjectToObject(object, name);
}

cJSON *json_put_array(cJSON *object, const char *name)
{
    return cJSON_AddArrayToObject(object, name);
}

void json_put_raw(cJSON *object, const char *name, const char *text)
{
    cJSON *doc = text ? cJSON_Parse(text) : NULL;
    cJSON_AddItemToObject(object, name, doc ? doc : cJSON_CreateNull());
}
