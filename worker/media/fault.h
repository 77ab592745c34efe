/*
 * fault: why an operation failed, once for machines and once for people.
 *
 * A function that can fail returns 0 or -1 (or a count) and takes `struct fault *f` last. Whoever
 * detects the problem fills it; callers pass it on untouched, except where they know the class
 * better. Running out of memory while a file is being decoded is FAULT_BAD_MEDIA: the address
 * space limit is set by the parent, and a file that needs more than that will need it on the next
 * attempt too.
 */
#ifndef DUBPLATE_MEDIA_FAULT_H
#define DUBPLATE_MEDIA_FAULT_H

enum fault_kind {
    FAULT_BAD_MEDIA,    /* corrupt, empty, truncated, not audio: the same file will fail again */
    FAULT_TOO_LARGE,     /* longer than max_duration_seconds */
    FAULT_INPUT,        /* the request or the descriptors are wrong: a bug of the caller */
    FAULT_DISK,         /* ENOSPC, EFBIG or EDQUOT on the output */
    FAULT_SYSTEM,       /* anything else of this machine; worth a retry */
    FAULT_KINDS
};

struct fault {
    enum fault_kind kind;
    char            detail[240];    /* one sentence for people, ASCII, no newline */
};

/* The name used on the wire, such as "bad_media". */
const char *fault_name(enum fault_kind kind);

/* Fills *f and returns -1, so that a failure is one statement:  return fault_set(f, FAULT_X,
 * "..."); */
int fault_set(struct fault *f, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Classifies an errno of a write: ENOSPC, EFBIG and EDQUOT are FAULT_DISK, the rest FAULT_SYSTEM.
 * Returns -1. */
int fault_set_write(struct fault *f, int error);

#endif
