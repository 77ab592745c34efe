/*
 * args: the two yt-dlp command lines, resolve and download, as argument vectors. Pure. Verified on yt-dlp 2023.03.04,
 * 2025.04.30 and 2026.10.26; an option that any of them lacks belongs into the admin's YTDLP_CONFIG, not here.
 * The link stands last, after "--"; nothing that a submitter wrote is ever an option or a template.
 */
#ifndef DUBPLATE_YTDLP_ARGS_H
#define DUBPLATE_YTDLP_ARGS_H

#include <stdint.h>

#define YTDLP_MAX_ARGS 72

struct ytdlp_args {
    const char *argv[YTDLP_MAX_ARGS];
    char        text[4][1200];      /* arguments that are put together */
    int         argc, texts;
};

/* Metadata only: one JSON object per entry on standard output, at most two (more than one is a list). */
void ytdlp_resolve_args(struct ytdlp_args *a, const char *program, const char *config, const char *url);

/*
 * The stream into dir/src.EXT, its thumbnail beside it, partial files in dir/tmp. From info (a file that resolve's
 * output was saved to: no second extraction) or, if that is NULL, from url. quality as in the option table.
 */
void ytdlp_download_args(struct ytdlp_args *a, const char *program, const char *config, const char *dir,
                         const char *quality, const char *info, const char *url);

#endif
