/*
 * log: one line per event on stderr, in logfmt: `level event key=value …`. journald, or the file that stderr was
 * sent to, does the rest. Levels by consequence: error = a person must act; warn = it will heal; info = a state
 * changed; debug = off. Control characters are escaped on the way out, so a title cannot forge a line; values from
 * outside go through log_quote(). Secrets never enter.
 */
#ifndef DUBPLATE_LOG_H
#define DUBPLATE_LOG_H

#include <stddef.h>

#include "err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);

/* Keys that stand behind the event in every later line of this process, e.g. "job=… attempt=2"; NULL for none. */
void log_set_context(const char *context);

void log_line(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A failure: its kind and its sentence. */
void log_err(enum log_level level, const char *event, const struct err *e);

/* s as one logfmt value: quoted and escaped where needed, cut to fit size. Returns out. */
const char *log_quote(char *out, size_t size, const char *s);

#endif
