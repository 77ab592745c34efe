/*
 * direct: links to media files themselves (SOURCE_BY_FETCH), resolved and downloaded without yt-dlp. What turns out to
 * be a page, or a list of fragments, is yt-dlp's after all.
 */
#ifndef DUBPLATE_DIRECT_H
#define DUBPLATE_DIRECT_H

#include "run.h"

#define DIRECT_NOT 1

/* What one request tells about the file at `url`, if the whitelist allows the host that answers. *size_bytes -1:
 * unknown. 0, DIRECT_NOT (yt-dlp has to look at it), or -1 and *e. */
int direct_resolve(struct run *r, const char *url, struct track_info *info, int64_t *size_bytes, struct err *e);

/* As stage_download() for such a track; DIRECT_NOT for any other. */
int direct_download(struct run *r, cJSON *out, struct err *e);

#endif
