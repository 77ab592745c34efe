#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (n > b->max - b->len) {
        n = b->max - b->len;
        b->overflow = true;
    }
    if (n == 0)
        return;
    if (b->len + n + 1 > b->room) {
        b->room = b->len + n + 1 + b->room;     /* at least doubles */
        b->data = xrealloc(b->data, b->room);
    }
    memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;

    va_start(ap, fmt);
    const int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n > 0)
        buf_add(b, s, (size_t)n);
    free(s);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = BUF_INIT(b->max);
}

const char *buf_text(const struct buf *b)
{
    return b->data ? b->data : "";
}
