/*
 * buf: bytes that grow up to a stated ceiling. Always NUL-terminated. Past the ceiling further bytes are dropped
 * and `overflow` says so; the owner of the buffer decides whether that is an error.
 */
#ifndef DUBPLATE_BUF_H
#define DUBPLATE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char  *data;        /* owned; NULL until something is added */
    size_t len, room;
    size_t max;
    bool   overflow;
};

#define BUF_INIT(ceiling) ((struct buf){ .max = (ceiling) })

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *b);          /* empty, memory kept */
void buf_free(struct buf *b);
const char *buf_text(const struct buf *b);  /* never NULL */

#endif
