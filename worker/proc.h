/*
 * proc: run one external program and stream its output. Blocks until the child is reaped. The child leads its own
 * process group; on timeout or stop the whole group gets SIGTERM, then SIGKILL, so helpers started by yt-dlp do not
 * outlive the task. It dies with us (PR_SET_PDEATHSIG), inherits only the descriptors named here, and no shell is
 * ever involved.
 */
#ifndef DUBPLATE_PROC_H
#define DUBPLATE_PROC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PROC_TICK_MS 250

struct proc_spec {
    const char *const *argv;        /* NULL-terminated; argv[0] is absolute */
    const char *const *env;         /* NULL-terminated; the whole environment */
    const char *cwd;
    const char *input;              /* what it reads on standard input; NULL: /dev/null */
    int         fds[6];             /* become its descriptors 3, 4, …; the first fd_count; -1: stays closed */
    int         fd_count;
    int64_t     timeout_ms;         /* wall clock; 0: no limit */
    size_t      line_bytes;         /* longer lines of its standard output are cut here, not grown */
    /* rlimits FSIZE, AS, DATA, CPU; 0: none. AS does not suit programs that reserve what they never touch (V8). */
    int64_t     limit_file_bytes, limit_memory_bytes, limit_data_bytes, limit_cpu_s;
    /* line is valid during the call only. A return other than 0 stops the child with *e. */
    int       (*on_line)(void *arg, char *line, struct err *e);
    void      (*on_error_line)(void *arg, const char *line);       /* standard error, at most 4 KiB a line */
    int       (*tick)(void *arg, struct err *e);                   /* every PROC_TICK_MS; as on_line */
    void       *arg;
};

struct proc_result {
    int     exit_code;              /* 128 + signal if it died by one */
    int64_t wall_ms, cpu_ms;        /* CPU of the child and what it waited for */
};

/*
 * 0 if the program ran and ended by itself, whatever its exit code. Otherwise -1 and *e: ERR_TIMEOUT, ERR_SYSTEM
 * (could not start), or what on_line or tick set. *result is filled in both cases.
 */
int proc_run(const struct proc_spec *spec, struct proc_result *result, struct err *e);

/*
 * Ends every process whose environment holds NAME=value with a value that starts with `prefix` and is not `except`
 * (NULL: none): what an earlier attempt left behind, even if it left its process group. Returns how many.
 */
int proc_kill_marked(const char *name, const char *prefix, const char *except);

/* The absolute path of a program: itself if it holds a slash (made absolute), else the first match on PATH. */
int proc_find(char *out, size_t size, const char *program, struct err *e);

#endif
