/*
 * download: the stream into work/src.EXT, continuing what an earlier attempt left. A media file is fetched as it is
 * (direct.h), the rest by yt-dlp. Its success is the after_move line, a file of that name with bytes in it, and nothing
 * less: yt-dlp exits with 0 without any file in several cases. Whether the bytes are the whole recording shows when
 * they are decoded.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "direct.h"
#include "json.h"
#include "keep.h"
#include "learn.h"
#include "net.h"
#include "run.h"
#include "source.h"
#include "url.h"
#include "ytdlp/args.h"
#include "ytdlp/lines.h"
#include "ytdlp/ytdlp.h"

#define LINE_BYTES       4096
#define LEAST_BPS        1024       /* on the average: a source that drips would hold a place for hours */
#define START_MS         20000      /* until the first byte may come: Python, a JavaScript runtime, the site's pages */
#define INFO_MAX_AGE_S   3600       /* media addresses expire; YouTube's after six hours */

struct downloading {
    struct run *run;
    char        file[RUN_PATH_BYTES + 80];      /* from the after_move line; "" until then */
    int64_t     mark_bytes, moved_ms;           /* where it was (-1: nowhere yet), and when, at the last mark */
};

static int on_line(void *arg, char *line, struct err *e)
{
    struct downloading *d = arg;
    struct run *r = d->run;
    struct ytdlp_progress p;

    if (ytdlp_read_line(line, &p, d->file, sizeof d->file) != YTDLP_PROGRESS)
        return 0;
    if (d->mark_bytes < 0 || p.downloaded_bytes - d->mark_bytes >= r->conf->stall_timeout_s * LEAST_BPS ||
        p.downloaded_bytes < d->mark_bytes) {
        d->mark_bytes = p.downloaded_bytes;
        d->moved_ms = clock_boot_ms();
    }
    r->shown.downloaded_bytes = p.downloaded_bytes;
    r->shown.total_bytes = p.total_bytes;
    r->shown.speed_bps = p.speed_bps;
    r->shown.eta_s = p.eta_s;
    return run_tick(r, p.fraction, e);
}

static int on_tick(void *arg, struct err *e)
{
    const struct downloading *d = arg;
    const int64_t patience_ms = d->run->conf->stall_timeout_s * 1000 + (d->mark_bytes < 0 ? START_MS : 0);

    if (clock_boot_ms() - d->moved_ms > patience_ms)
        return err_set(e, ERR_TIMEOUT, "nothing, or next to nothing, came for %lld s",
                       (long long)d->run->conf->stall_timeout_s);
    return run_tick(d->run, -1, e);
}

/*
 * A worker that was killed after the last byte but before the rename leaves a complete .part, and yt-dlp then asks
 * for a range behind its end: HTTP 416, for ever (yt-dlp #12994). One byte less, and it continues to an identical
 * file. Complete fragments have the same trouble and are cheap to fetch again.
 */
static void repair_partials(const struct run *r, bool drop)
{
    DIR *dir = opendir(run_path(r, "tmp"));
    const struct dirent *entry;
    struct stat st;

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        const size_t n = strlen(entry->d_name);
        if (drop || strstr(entry->d_name, ".part-Frag"))
            unlinkat(dirfd(dir), entry->d_name, 0);
        else if (n > 5 && strcmp(entry->d_name + n - 5, ".part") == 0 &&
                 fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
                 st.st_size > 0) {
            const int fd = openat(dirfd(dir), entry->d_name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
            if (fd < 0 || ftruncate(fd, st.st_size - 1))
                unlinkat(dirfd(dir), entry->d_name, 0);
            if (fd >= 0)
                close(fd);
        }
    }
    if (dir)
        closedir(dir);
}

static const char *const thumbnail_names[] = {
    "src.jpg", "src.jpeg", "src.png", "src.webp", "src.avif", "src.gif", "src.image", NULL,
};

/* yt-dlp takes a picture that lies there for the whole of it. */
static void drop_thumbnails(const struct run *r)
{
    char name[40];

    for (int i = 0; thumbnail_names[i]; i++) {
        snprintf(name, sizeof name, "tmp/%s", thumbnail_names[i]);
        unlink(run_path(r, name));
    }
}

/* The page that was read, unless it is old, or an attempt with it has already failed and this one has not read it. */
static bool has_page(const struct run *r)
{
    struct queue_standing standing;
    struct stat st;
    struct err e;

    return stat(run_path(r, INFO_FILE), &st) == 0 && time(NULL) - st.st_mtime <= INFO_MAX_AGE_S &&
           (r->has_read_page || (queue_standing(r->db, &r->claim, &standing, &e) == 0 && standing.failures == 0));
}

static const struct source *source_of(const struct run *r, const char *text)
{
    struct source_link link;
    struct net_allow allow;
    struct url url;
    struct err e;

    if (net_allow_parse(&allow, r->conf->allow_source_nets, &e) || url_check(&url, text, &allow, &e) ||
        source_recognise(&link, &url, &e))
        return source_named("generic");
    return source_named(link.source);
}

static int call(struct downloading *d, struct ytdlp_complaint *complaint, struct err *e)
{
    struct run *r = d->run;
    struct ytdlp_args args;

    d->file[0] = '\0';
    d->mark_bytes = -1;
    d->moved_ms = clock_boot_ms();
    const struct source *source = source_of(r, r->track.info.url);
    const struct ytdlp_media media = {
        .quality = r->spec.quality, .formats = source->formats, .options = source->options,
        .info = run_path(r, INFO_FILE),
    };
    ytdlp_download_args(&args, r->conf->ytdlp_path, r->conf->ytdlp_config, r->work, &media);
    const struct ytdlp_run run = {
        .argv = args.argv, .dir = r->work, .mark = r->mark, .timeout_ms = r->conf->task_timeout_s * 1000,
        .max_file_bytes = r->conf->max_file_size_mb << 20, .line_bytes = LINE_BYTES, .on_line = on_line,
        .tick = on_tick, .arg = d,
    };
    return ytdlp_run(&run, complaint, &r->cpu_ms, e);
}

/* The named file is where we asked for it, a plain file, and not empty. *name points into d->file. */
static int check_file(struct downloading *d, const char **name, int64_t *size_bytes, struct err *e)
{
    const size_t n = strlen(d->run->work);
    struct stat st;

    if (!d->file[0])
        return err_set(e, ERR_UNSUPPORTED, "yt-dlp ended without a file");
    *name = d->file + n + 1;
    if (strncmp(d->file, d->run->work, n) != 0 || d->file[n] != '/' || strchr(*name, '/') ||
        strncmp(*name, "src.", 4) != 0)
        return err_set(e, ERR_SYSTEM, "yt-dlp named a file that it was not asked for");
    if (lstat(d->file, &st) || !S_ISREG(st.st_mode))
        return err_set(e, ERR_SYSTEM, "the file that yt-dlp named is not there");
    if (st.st_size == 0)
        return err_set(e, ERR_BAD_MEDIA, "the source sent an empty file");
    *size_bytes = st.st_size;
    return 0;
}

/* The thumbnail that yt-dlp left beside the stream, by its ending; "" if there is none. */
static void find_thumbnail(const struct run *r, char *out, size_t size)
{
    struct stat st;

    out[0] = '\0';
    for (int i = 0; thumbnail_names[i] && !*out; i++)
        if (lstat(run_path(r, thumbnail_names[i]), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
            copy_text(out, size, thumbnail_names[i]);
}

int stage_download(struct run *r, cJSON *out, struct err *e)
{
    struct downloading d = { .run = r };
    struct ytdlp_complaint complaint;
    const char *name = NULL;
    char thumbnail[16];
    int64_t size_bytes = 0;

    if (keep_take(r, out) == 1)
        return 0;
    const int direct = direct_download(r, out, e);
    if (direct != DIRECT_NOT)
        return direct;
    if (!has_page(r) && learn_again(r, e))
        return -1;
    repair_partials(r, false);
    drop_thumbnails(r);
    int rc = call(&d, &complaint, e);
    if (rc && e->kind == ERR_NETWORK && ytdlp_is_stale_partial(&complaint)) {
        log_err(LOG_WARN, "partials_dropped", e);
        repair_partials(r, true);
        rc = call(&d, &complaint, e);
    }
    if (rc && err_class(e->kind)->rest_scale)
        unlink(run_path(r, INFO_FILE));       /* its addresses were refused: the next attempt asks for others */
    if (rc || check_file(&d, &name, &size_bytes, e))
        return -1;
    find_thumbnail(r, thumbnail, sizeof thumbnail);
    json_put_text(out, "file", name);
    json_put_int(out, "size_bytes", size_bytes);
    json_put_text(out, "thumbnail", thumbnail);
    return 0;
}
