/*
 * args: the two yt-dlp command lines, resolve and download, as argument vectors. Pure. Verified on yt-dlp 2023.03.04,
 * 2025.04.30 and 2026.10.26; an option that any of them lacks belongs into the admin's YTDLP_CONFIG, not here.
 * The link stands last, after "--"; nothing that a submitter wrote is ever an option or a template.
 */
#ifndef DUBPLATE_YTDLP_ARGS_H
#define DUBPLATE_YTDLP_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#define YTDLP_MAX_ARGS 72

struct ytdlp_args {
    const char *argv[YTDLP_MAX_ARGS];
    char        text[6][1200];      /* arguments that are put together */
    int         argc, texts;
};

/* Metadata only: the first `most` entries, each as a JSON object on a line of standard output as soon as it is known.
 * whole: of a link that names both a track and a list, the list. */
struct ytdlp_pages { const char *url; int64_t most; bool whole; };
void ytdlp_resolve_args(struct ytdlp_args *a, const char *program, const char *config,
                        const struct ytdlp_pages *pages);

/*
 * The stream into dir/src.EXT, its thumbnail beside it, partial files in dir/tmp; from a file that resolve's output was
 * saved to, for that is what was judged. No page is read a second time.
 */
struct ytdlp_media {
    const char *quality;                /* as in the option table */
    const char *formats;                /* a filter for streams, "" for none (source.h) */
    const char *const *options;         /* of the source; NULL */
    const char *info;
};
void ytdlp_download_args(struct ytdlp_args *a, const char *program, const char *config, const char *dir,
                         const struct ytdlp_media *media);

#endif
