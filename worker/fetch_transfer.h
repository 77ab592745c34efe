/*
 * fetch_transfer: one request and its answer, as the parts of fetch see it. Not for others: use fetch.h.
 */
#ifndef DUBPLATE_FETCH_TRANSFER_H
#define DUBPLATE_FETCH_TRANSFER_H

#include <curl/curl.h>

#include "fetch.h"

struct transfer {
    const struct fetch *f;
    struct fetch_reply *reply;
    struct err *e;
    const char *range, *if_range;       /* values of these headers; NULL: none */
    int64_t     offset;                 /* bytes that are there from before */
    bool        takes_416;              /* an answer of 416 is a success, without body */
    /* Where the body goes. head: a success begins; refused: the body of a failure. -1 and *t->e ends it. NULL: none. */
    int       (*head)(struct transfer *t);
    int       (*body)(struct transfer *t, const char *bytes, size_t n);
    int       (*refused)(struct transfer *t, const char *bytes, size_t n);
    void       *sink;
    bool        enough;                 /* set by these: that was all we wanted */
    /* Of the answer that is being read. */
    char        etag[256], last_modified[64];
    int         retry_after_s;
    int64_t     length, range_start, range_total;       /* -1: it does not say */
    int64_t     received;
    /* transfer_run()'s own. */
    CURL       *curl;
    bool        failed;                 /* *e is set */
    bool        settled;                /* the headers of the last answer are over: no redirect follows */
    size_t      header_bytes;
    int         opened, refusals;       /* sockets since the last answer */
};

/* 0 after a success, -1 and *t->e after anything else. t is zeroed but for the first block. */
int transfer_run(struct transfer *t);

#endif
