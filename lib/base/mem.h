/*
 * mem: allocation that does not fail. Sizes are limited where data enters (request body, line length, buf ceiling);
 * past that, running out of memory aborts, the supervisor restarts us and the lease gives the work back.
 */
#ifndef DUBPLATE_MEM_H
#define DUBPLATE_MEM_H

#include <stddef.h>

void *xmalloc(size_t n) __attribute__((returns_nonnull, malloc));
void *xcalloc(size_t n, size_t size) __attribute__((returns_nonnull, malloc));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((returns_nonnull, format(printf, 1, 2)));

/* Copies into a fixed field, cut on a UTF-8 boundary, always terminated; NULL copies as "". */
void copy_text(char *to, size_t size, const char *from);

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
