/*
 * clock: three times, kept apart. Wall time (Unix ms, UTC) is stored and shown. Boot time (CLOCK_BOOTTIME) measures
 * leases and timeouts: it never jumps, and counts sleep. CPU time is accounting.
 */
#ifndef DUBPLATE_CLOCK_H
#define DUBPLATE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_ISO_BYTES sizeof "2026-11-20T18:14:00.123Z"

int64_t clock_wall_ms(void);
int64_t clock_boot_ms(void);

/* ISO 8601 UTC with milliseconds into out; returns out. Years outside 0–9999 are clamped. */
const char *clock_iso(char out[CLOCK_ISO_BYTES], int64_t wall_ms);

/* The reverse, also with a zone (+hh:mm), without milliseconds, and with a space for the T (RFC 3339 §5.6). -1 if it is
 * no such time. */
int clock_parse_iso(const char *text, int64_t *wall_ms);

#endif
