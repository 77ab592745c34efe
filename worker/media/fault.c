#include "fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const names[FAULT_KINDS] = {
    [FAULT_BAD_MEDIA] = "bad_media",
    [FAULT_TOO_LARGE]  = "too_large",
    [FAULT_INPUT]     = "input",
    [FAULT_DISK]      = "disk",
    [FAULT_SYSTEM]    = "system",
};

const char *fault_name(enum fault_kind kind)
{
    return names[kind];
}

int fault_set(struct fault *f, enum fault_kind kind, const char *format, ...)
{
    va_list args;

    f->kind = kind;
    va_start(args, format);
    vsnprintf(f->detail, sizeof(f->detail), format, args);
    va_end(args);
    return -1;
}

int fault_set_write(struct fault *f, int error)
{
    bool full = error == ENOSPC || error == EFBIG || error == EDQUOT;

    return fault_set(f, full ? FAULT_DISK : FAULT_SYSTEM, "The output cannot be written: %s.",
                     strerror(error));
}
