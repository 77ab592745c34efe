#include "clock.h"

#include <stdbool.h>
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

/* Exactly n digits at *p, in [least, most]. */
static bool take_number(const char **p, int n, int least, int most, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        *out = *out * 10 + (**p - '0');
    }
    return *out >= least && *out <= most;
}

static bool take_one_of(const char **p, const char *set)
{
    if (!**p || !strchr(set, **p))
        return false;
    (*p)++;
    return true;
}

/* Z, or +hh:mm in minutes. */
static bool take_zone(const char **p, int *minutes)
{
    int hours, more;
    const char sign = **p;

    *minutes = 0;
    if (take_one_of(p, "Zz"))
        return true;
    if (!take_one_of(p, "+-") || !take_number(p, 2, 0, 23, &hours) || !take_one_of(p, ":") ||
        !take_number(p, 2, 0, 59, &more))
        return false;
    *minutes = (hours * 60 + more) * (sign == '-' ? -1 : 1);
    return true;
}

int clock_parse_iso(const char *text, int64_t *wall_ms)
{
    struct tm tm = { 0 };
    int year, month, ms = 0, zone;
    const char *p = text;

    if (!take_number(&p, 4, 1970, 9999, &year) || !take_one_of(&p, "-") || !take_number(&p, 2, 1, 12, &month) ||
        !take_one_of(&p, "-") || !take_number(&p, 2, 1, 31, &tm.tm_mday) || !take_one_of(&p, "Tt ") ||
        !take_number(&p, 2, 0, 23, &tm.tm_hour) || !take_one_of(&p, ":") || !take_number(&p, 2, 0, 59, &tm.tm_min) ||
        !take_one_of(&p, ":") || !take_number(&p, 2, 0, 59, &tm.tm_sec))
        return -1;
    if (take_one_of(&p, ".") && !take_number(&p, 3, 0, 999, &ms))
        return -1;
    if (!take_zone(&p, &zone) || *p)
        return -1;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    const int day = tm.tm_mday;
    const time_t t = timegm(&tm);
    if (tm.tm_mday != day)          /* the 31st of February */
        return -1;
    *wall_ms = ((int64_t)t - zone * 60) * 1000 + ms;
    return 0;
}
