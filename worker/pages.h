/*
 * pages: what a link leads to, read by yt-dlp: metadata only, and never more of the machine than metadata is worth. A
 * page of 200,000 players or a feed without an end is a stranger's to make.
 */
#ifndef DUBPLATE_PAGES_H
#define DUBPLATE_PAGES_H

#include "run.h"
#include "ytdlp/args.h"

struct pages_reading {
    struct ytdlp_pages pages;
    int64_t longest_s;          /* never more than TASK_TIMEOUT_S */
    int   (*on_line)(void *arg, char *line, struct err *e);     /* an entry, if it begins with '{' */
    int   (*tick)(void *arg, struct err *e);
    void   *arg;
};

/* 0, or -1 with yt-dlp's complaint as *e; ERR_TOO_LARGE where a page wants more than it may have. */
int pages_read(struct run *r, const struct pages_reading *reading, struct err *e);

#endif
