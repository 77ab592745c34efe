/*
 * err: what went wrong, once for machines and once for people.
 *
 * A function that can fail returns 0 (or a count) on success and -1 on failure, takes `struct err *e` last and
 * fills it before it returns -1. The kind decides everything mechanical (HTTP status, whether to try again); the
 * text is one sentence for the person who has to act. One table says what a kind means; nobody else asks.
 * An assert is for our bugs, a struct err is for the world.
 */
#ifndef DUBPLATE_ERR_H
#define DUBPLATE_ERR_H

#include <stdbool.h>

enum err_kind {
    ERR_NONE,
    /* The request. */
    ERR_SYNTAX,          /* not JSON, not HTTP */
    ERR_INPUT,           /* understood, and wrong: the submitter can fix it */
    ERR_UNAUTHORIZED,
    ERR_DENIED,
    ERR_NOT_FOUND,
    ERR_METHOD,
    ERR_CONFLICT,        /* the state forbids it */
    ERR_LIMIT,           /* a session or a key has all that it may have */
    ERR_TOO_LARGE,
    ERR_MEDIA_TYPE,
    /* The source: what a platform or its file is to blame for. */
    ERR_UNSUPPORTED,
    ERR_NOT_WHITELISTED, /* whoever runs this server allows certain channels only */
    ERR_NO_FORMAT,
    ERR_UNAVAILABLE,
    ERR_NO_MATCH,        /* a song was named, and nothing that was found is it */
    ERR_LOGIN_REQUIRED,
    ERR_CREDENTIALS,     /* a platform's API that wants to know which app asks, and this server has none to name */
    ERR_AGE_RESTRICTED,
    ERR_GEO_BLOCKED,
    ERR_DRM,
    ERR_PREVIEW_ONLY,    /* a platform that gives away the beginning only */
    ERR_LIVE,
    ERR_RATE_LIMITED,
    ERR_BOT_CHECK,
    ERR_FORBIDDEN,
    ERR_NETWORK,
    ERR_TIMEOUT,
    ERR_BAD_MEDIA,
    /* Us. */
    ERR_OUTDATED_TOOL,
    ERR_DISK,
    ERR_BUSY,
    ERR_CRASHED,
    ERR_CANCELLED,
    ERR_PAUSED,
    ERR_LOST,            /* our lease went to another worker; write nothing more */
    ERR_SYSTEM,
    ERR_KINDS
};

struct err {
    enum err_kind kind;
    int           retry_after_s;    /* what the other side asked for (Retry-After); 0: nothing */
    char          text[480];
};

struct err_class {
    const char *name;       /* the word in SQL, JSON, logs and page */
    const char *title;      /* RFC 9457 title */
    const char *hint;       /* what the admin can do; NULL when the text says it */
    int         http;
    bool        may_pass;   /* another attempt may succeed; false: never again by itself */
    int         rest_scale; /* not 0: it is the source that has to rest, SOURCE_REST_S times this */
};

const struct err_class *err_class(enum err_kind kind);

/* The kind that a job's error of this name has, or ERR_SYSTEM for a name this version does not know. */
enum err_kind err_kind_named(const char *name);

/* Fills *e and returns -1, so that a failure is one statement: return err_set(e, ERR_INPUT, "..."). The text is
 * cut to fit on a UTF-8 boundary. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": strerror(errno)" behind the text; ENOSPC, EDQUOT and EFBIG make it ERR_DISK. */
int err_errno(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
