#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now_ms(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return now_ms(CLOCK_REALTIME);
}

int64_t clock_boot_ms(void)
{
    return now_ms(CLOCK_BOOTTIME);
}

const char *clock_iso(char out[CLOCK_ISO_BYTES], int64_t wall_ms)
{
    static const int64_t least = -62167219200000, most = 253402300799999;
    struct tm tm;

    if (wall_ms < least)
        wall_ms = least;
    if (wall_ms > most)
        wall_ms = most;
    int64_t seconds = wall_ms / 1000, ms = wall_ms % 1000;
    if (ms < 0)
        seconds--, ms += 1000;
    const time_t t = (time_t)seconds;
    gmtime_r(&t, &tm);
    const size_t n = (size_t)snprintf(out, CLOCK_ISO_BYTES, "%04d", (tm.tm_year + 1900) % 10000);
    strftime(out + n, CLOCK_ISO_BYTES - n, "-%m-%dT%H:%M:%S", &tm);
    const size_t used = strlen(out);
    snprintf(out + used, CLOCK_ISO_BYTES - used, ".%03dZ", (int)(ms % 1000));
    return out;
}
