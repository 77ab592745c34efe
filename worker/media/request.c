#include "request.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>

/* The number of bytes read, or -1 if stdin fails or holds more than `size`. */
static ssize_t read_stdin(char *buffer, size_t size)
{
    size_t used = 0;

    for (;;) {
        ssize_t n = read(STDIN_FILENO, buffer + used, size - used);

        if (n <= 0)
            return n < 0 ? -1 : (ssize_t)used;
        used += (size_t)n;
        if (used == size)
            return -1;
    }
}

cJSON *request_read(struct fault *f)
{
    char *text = malloc(REQUEST_BYTES_MAX + 2);
    cJSON *request = NULL;
    ssize_t size;

    if (text == NULL) {
        fault_set(f, FAULT_SYSTEM, "Out of memory.");
        return NULL;
    }
    size = read_stdin(text, REQUEST_BYTES_MAX + 1);
    if (size < 0) {
        fault_set(f, FAULT_INPUT, "The request is longer than %d bytes.", REQUEST_BYTES_MAX);
        goto out;
    }
    text[size] = '\0';
    if (memchr(text, '\0', (size_t)size) == NULL)
        request = cJSON_ParseWithLengthOpts(text, (size_t)size + 1, NULL, true);
    if (!cJSON_IsObject(request)) {
        cJSON_Delete(request);
        request = NULL;
        fault_set(f, FAULT_INPUT, "The request is not a JSON object.");
    }
out:
    free(text);
    return request;
}

static bool is_utf8(const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + strlen(text);
    int32_t code;

    while (p < end)
        if (av_utf8_decode(&code, &p, end, 0) < 0)
            return false;
    return true;
}

static bool is_list(const cJSON *value, double max)
{
    const cJSON *member;
    double count = 0;

    cJSON_ArrayForEach(member, value) {
        count++;
        if (!cJSON_IsObject(member))
            return false;
    }
    return cJSON_IsArray(value) && count <= max;
}

static bool store(const struct field *field, const cJSON *value, void *member)
{
    bool in_range = cJSON_IsNumber(value) && value->valuedouble >= field->min &&
                    value->valuedouble <= field->max;

    switch (field->type) {
    case FIELD_BOOL:
        *(bool *)member = cJSON_IsTrue(value);
        return cJSON_IsBool(value);
    case FIELD_INT:
        if (in_range)
            *(int *)member = (int)value->valuedouble;
        return in_range && value->valuedouble == floor(value->valuedouble);
    case FIELD_DOUBLE:
        if (in_range)
            *(double *)member = value->valuedouble;
        return in_range;
    case FIELD_TEXT:
        if (!cJSON_IsString(value) || strlen(value->valuestring) > (size_t)field->max)
            return false;
        *(const char **)member = value->valuestring;
        return is_utf8(value->valuestring);
    case FIELD_LIST:
        *(const cJSON **)member = value;
        return is_list(value, field->max);
    }
    return false;
}

static const struct field *find(const struct field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

int request_parse(const cJSON *request, const struct field *fields, size_t count, void *options,
                  struct fault *f)
{
    const cJSON *value;

    cJSON_ArrayForEach(value, request) {
        const struct field *field = find(fields, count, value->string);

        if (field == NULL)
            return fault_set(f, FAULT_INPUT, "The request has a field that is not known here.");
        if (!cJSON_IsNull(value) && !store(field, value, (char *)options + field->offset))
            return fault_set(f, FAULT_INPUT, "%s has the wrong type or is out of range.",
                             field->name);
    }
    return 0;
}
