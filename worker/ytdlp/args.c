#include "args.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void add(struct ytdlp_args *a, const char *arg)
{
    assert(a->argc < YTDLP_MAX_ARGS - 1);
    a->argv[a->argc++] = arg;
    a->argv[a->argc] = NULL;
}

static void add_all(struct ytdlp_args *a, const char *const *list)
{
    for (; *list; list++)
        add(a, *list);
}

static void add_joined(struct ytdlp_args *a, const char *head, const char *middle, const char *tail)
{
    char *text = a->text[a->texts++];

    snprintf(text, sizeof a->text[0], "%s%s%s", head, middle, tail);
    add(a, text);
}

/* --ignore-config drops the system's configuration too, so that a job does not depend on it; what the admin wants is
 * named explicitly. --verbose with --print sends all human text to standard error; --print-traffic shows the headers of
 * each reply on standard output, among them the time for which a site that refuses wants to be left alone. */
static void begin(struct ytdlp_args *a, const char *program, const char *config)
{
    static const char *const common[] = {
        "--ignore-config", "--verbose", "--print-traffic", "--no-exec", "--no-playlist", "--no-cache-dir",
        "--socket-timeout", "20", "--extractor-retries", "3",
        /* Its helpers would read a stranger's bytes, and playlists in them, outside the jail: what yt-dlp cannot fetch
         * by itself it does not fetch, and containers are mended, if at all, by our own decoder. */
        "--fixup", "never", "--ffmpeg-location", "/nonexistent", NULL,
    };

    memset(a, 0, sizeof *a);
    add(a, program);
    add_all(a, common);
    if (config[0]) {
        add(a, "--config-locations");
        add(a, config);
    }
}

void ytdlp_resolve_args(struct ytdlp_args *a, const char *program, const char *config, const struct ytdlp_pages *pages)
{
    static const char *const options[] = { "--flat-playlist", "--lazy-playlist", "--dump-json", "-I", NULL };
    char last[24];

    begin(a, program, config);
    add_all(a, options);
    snprintf(last, sizeof last, "%lld", (long long)pages->most);
    add_joined(a, "1:", last, "");
    if (pages->whole)
        add(a, "--yes-playlist");
    add(a, "--");
    add(a, pages->url);
}

/* The stream without pictures if there is one, or the other way round; of either, those that pass the filter. */
static void add_format(struct ytdlp_args *a, const char *quality, const char *filter)
{
    static const struct { const char *quality, *first, *second; } map[] = {
        { "bestaudio", "ba", "b" }, { "worstaudio", "wa", "w" }, { "best", "b", "ba" }, { "worst", "w", "wa" },
    };
    char second[200];
    size_t i = 0;

    while (i + 1 < sizeof map / sizeof map[0] && strcmp(map[i].quality, quality) != 0)
        i++;
    if (strcmp(map[i].quality, quality) != 0)
        i = 0;
    snprintf(second, sizeof second, "/%s%.180s", map[i].second, filter);
    add(a, "-f");
    add_joined(a, map[i].first, filter, second);
}

void ytdlp_download_args(struct ytdlp_args *a, const char *program, const char *config, const char *dir,
                         const struct ytdlp_media *media)
{
    static const char *const options[] = {
        "--no-mtime", "--no-overwrites", "--continue",
        "--abort-on-unavailable-fragments",     /* the default skips them: a hole, and exit code 0 */
        "-o", "src.%(ext)s", "--write-thumbnail", "--no-write-playlist-metafiles",
        "--retries", "5", "--fragment-retries", "5", "--file-access-retries", "3", "--retry-sleep", "exp=1:20",
        "--newline", "--progress",
        "--progress-template",
        "download:@P %(progress.{status,downloaded_bytes,total_bytes,total_bytes_estimate,speed,eta,"
        "fragment_index,fragment_count})j",
        "--print", "after_move:@F %(filepath)j", NULL,
    };

    begin(a, program, config);
    add_all(a, options);
    if (media->options)
        add_all(a, media->options);
    add_format(a, media->quality, media->formats);
    add(a, "-P");
    add_joined(a, "home:", dir, "");
    add(a, "-P");
    add_joined(a, "temp:", dir, "/tmp");
    add(a, "--load-info-json");
    add(a, media->info);
}
