/*
 * fetch: our only HTTP client (yt-dlp has its own). libcurl, one transfer at a time, http and https only.
 *
 * Every address that a transfer connects to, after redirects too, is checked when its socket is made: what a name
 * resolved to a moment ago does not matter. Nothing comes from the environment: no proxy, no netrc. A request that
 * carries headers, a form or a password follows no redirect, so none of these reaches another host.
 *
 * All functions return 0, or -1 and *e. The kinds: ERR_INPUT (a private address), ERR_NETWORK, ERR_TIMEOUT (stalled, or
 * timeout_ms), ERR_TOO_LARGE, ERR_DISK, ERR_UNSUPPORTED (leads to another protocol, or in a circle); by status code
 * ERR_LOGIN_REQUIRED, ERR_RATE_LIMITED with retry_after_s, ERR_FORBIDDEN, ERR_UNAVAILABLE, ERR_GEO_BLOCKED; and what
 * the callbacks set.
 */
#ifndef DUBPLATE_FETCH_H
#define DUBPLATE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net.h"
#include "url.h"

#define FETCH_CONNECT_S     20
#define FETCH_RETRY_MOST_S  86400       /* a Retry-After beyond a day is taken for a day */

/* What the final answer says. Texts are "" and numbers -1 where it says nothing. */
struct fetch_reply {
    int     status;                     /* 0: there was no answer */
    int64_t size_bytes;                 /* of the whole, not of a range */
    char    url[URL_MAX_BYTES + 1];     /* where it came from, after redirects; cut where that is longer */
    char    content_type[128];          /* without parameters, in lower case */
    char    file_name[256];             /* from Content-Disposition: a bare name in clean UTF-8 */
};

struct fetch {
    const char *url;
    const char *const *headers;         /* "Name: value", NULL-terminated; or NULL */
    const char *form;                   /* POSTed as application/x-www-form-urlencoded; NULL: GET */
    const char *user, *password;        /* basic authentication; NULL: none */
    struct net_allow   allow;           /* private networks that may be reached */
    bool        trusted;                /* any address: the admin named this host. Follows no redirect */
    int64_t     max_bytes;              /* of a file; a text has the ceiling of its buf */
    int64_t     stall_s;                /* less than 1 KiB/s over this long: ERR_TIMEOUT. 0: no such limit */
    int64_t     timeout_ms;             /* for all of it; 0: none */
    /* The headers of a success are here, and nothing of its body. A return other than 0 ends the transfer with *e. */
    int       (*on_reply)(void *arg, const struct fetch_reply *reply, struct err *e);
    /* About once a second and more often while bytes come; total_bytes and speed_bps may be -1. As above. */
    int       (*on_progress)(void *arg, int64_t bytes, int64_t total_bytes, int64_t speed_bps, struct err *e);
    void       *arg;
};

/* A small document into an empty `body`, whose `max` is the limit. After an answer of 4xx or 5xx it holds that. */
int fetch_text(const struct fetch *f, struct buf *body, struct fetch_reply *reply, struct err *e);

/* What a GET would answer, without the body. An empty file is no error. */
int fetch_probe(const struct fetch *f, struct fetch_reply *reply, struct err *e);

/*
 * A file to `path`, which appears when it is complete. Until then its bytes are in PATH.part and what identifies them
 * (ETag, Last-Modified, length) in PATH.part.json; a later call goes on from there if the server still has the same,
 * and starts over if not. A connection that breaks is made again while each brings something. After ERR_TOO_LARGE both
 * are gone.
 */
int fetch_file(const struct fetch *f, const char *path, struct fetch_reply *reply, struct err *e);

/* ---- for tests ---- */

/* The file name of a Content-Disposition (RFC 6266, RFC 8187), "" if it names none: without directories, controls and
 * invalid bytes, at most size - 1 bytes. */
void fetch_disposition_name(char *out, size_t size, const char *value);

/* Seconds of a Retry-After, which may be a date (now: Unix seconds); 0 if it says nothing. */
int fetch_retry_after(const char *value, int64_t now_s);

#endif
