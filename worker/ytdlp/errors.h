/*
 * errors: what yt-dlp's complaint means. It has one exit code for everything, so the last line that starts with
 * "ERROR:" decides, by one ordered table.
 */
#ifndef DUBPLATE_YTDLP_ERRORS_H
#define DUBPLATE_YTDLP_ERRORS_H

#include <stdbool.h>

#include "base/err.h"

/* Collects standard error: remembers the last complaint and the telling warnings. */
struct ytdlp_complaint {
    char error[480];            /* without "ERROR:" and "[extractor] id:" */
    bool named;                 /* what stands before the first colon may be an id with spaces, a stranger's words */
    int  retry_after_s;         /* of the last reply that was a refusal; 0: it named no time */
    bool refused;               /* the reply whose headers are being read is one */
    bool outdated;              /* a warning that only a newer yt-dlp or a JavaScript runtime will cure */
};

void ytdlp_note_line(struct ytdlp_complaint *c, const char *line);

/* Lines of --print-traffic on standard output: the one way to learn a Retry-After, which no message of yt-dlp repeats.
 * False if it is none of those. */
bool ytdlp_note_traffic(struct ytdlp_complaint *c, const char *line);

/* Fills *e for an exit code other than 0. Always returns -1. */
int ytdlp_classify(const struct ytdlp_complaint *c, int exit_code, struct err *e);

/* Partial files that can no longer be continued: delete them and try once more. */
bool ytdlp_is_stale_partial(const struct ytdlp_complaint *c);

#endif
