#include "reply.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_INTERVAL_MS 220

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* stdio is left alone: one write() per line keeps lines whole and needs no buffer at exit. */
static int write_line(const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, text, size);

        if (n < 0)
            return -1;
        text += n;
        size -= (size_t)n;
    }
    return 0;
}

void reply_progress(double done)
{
    static int64_t last_ms;
    static double last_done;
    int64_t now = now_ms();
    char line[40];

    if (!(done > last_done) || (last_ms != 0 && now - last_ms < PROGRESS_INTERVAL_MS))
        return;
    last_ms = now;
    last_done = done;
    write_line(line, (size_t)snprintf(line, sizeof(line), "{\"progress\":%.3f}\n", fmin(done, 1)));
}

static int write_wrapped(const char *name, const cJSON *value)
{
    char *json = cJSON_PrintUnformatted(value);
    char *line = NULL;
    int size, rc = -1;

    if (json == NULL)
        return -1;
    size = asprintf(&line, "{\"%s\":%s}\n", name, json);
    if (size > 0)
        rc = write_line(line, (size_t)size);
    free(line);
    cJSON_free(json);
    return rc;
}

int reply_result(const cJSON *result)
{
    return write_wrapped("result", result);
}

int reply_fault(const struct fault *f)
{
    cJSON *error = cJSON_CreateObject();
    int rc;

    cJSON_AddStringToObject(error, "kind", fault_name(f->kind));
    cJSON_AddStringToObject(error, "detail", f->detail);
    rc = write_wrapped("error", error);
    cJSON_Delete(error);
    return rc;
}

void reply_add_number(cJSON *object, const char *name, double value, int decimals)
{
    double scale = pow(10, decimals);

    if (isfinite(value))
        cJSON_AddNumberToObject(object, name, round(value * scale) / scale + 0.0);
    else
        cJSON_AddNullToObject(object, name);
}
