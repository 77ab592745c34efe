/*
 * ytdlp: running it. One environment and one set of limits for every call.
 */
#ifndef DUBPLATE_YTDLP_H
#define DUBPLATE_YTDLP_H

#include "errors.h"
#include "proc.h"

struct ytdlp_run {
    const char *const *argv;
    const char *dir;                    /* working directory, HOME and TMPDIR */
    const char *mark;                   /* DUBPLATE_TASK=… */
    int64_t     timeout_ms, max_file_bytes;
    int64_t     cpu_s, memory_bytes;    /* 0: as long as it takes, and what a download may have */
    size_t      line_bytes;
    int       (*on_line)(void *arg, char *line, struct err *e);
    int       (*tick)(void *arg, struct err *e);
    void       *arg;
};

/* 0 if it exited 0. Otherwise -1 and *e by the table of errors.h, or as proc_run(). cpu_ms is added to. */
int ytdlp_run(const struct ytdlp_run *r, struct ytdlp_complaint *complaint, int64_t *cpu_ms, struct err *e);

/* What the program at path answers to --version, or "" (not there, not answering within 10 s). */
void ytdlp_version(char *out, size_t size, const char *path, const char *dir);

#endif
