/*
 * playlist: of a list that has ended, an M3U8 file beside its tracks that names them in their order (RFC 8216 has the
 * syntax of the extended form, UTF-8). Names in it are relative, so that the directory can be moved as a whole.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "run.h"

#define NAME_MAX_BYTES 200
#define FILE_MAX_BYTES (32 << 20)
#define NOTE_MAX_BYTES 200

/* left_out: tracks for which there was no room; no later one is taken then, so that it ends and has no gaps. */
struct writing { struct buf *buf; const char *job_dir; int64_t left_out; };

/* The files of a track that was there already lie in the directory of another job of the same tenant. */
static const char *relative(const struct writing *w, const char *path, char *out, size_t size)
{
    const size_t n = strlen(w->job_dir), tenant = (size_t)(strrchr(w->job_dir, '/') - w->job_dir) + 1;

    if (strncmp(path, w->job_dir, n) == 0 && path[n] == '/')
        return path + n + 1;
    snprintf(out, size, "../%s", strncmp(path, w->job_dir, tenant) == 0 ? path + tenant : path);
    return out;
}

static void add_track(void *arg, const struct track *t)
{
    struct writing *w = arg;
    struct buf line = BUF_INIT(8192);
    char path[600];

    if (!t->audio.kind[0])
        return;
    buf_printf(&line, "#EXTINF:%lld,%s%s%s\n%s\n",
               (long long)(t->info.duration_ms >= 0 ? (t->info.duration_ms + 500) / 1000 : -1), t->info.artist,
               *t->info.artist ? " - " : "", t->info.title, relative(w, t->audio.path, path, sizeof path));
    if (w->left_out || line.overflow || line.len > w->buf->max - NOTE_MAX_BYTES - w->buf->len)
        w->left_out++;
    else
        buf_add(w->buf, line.data, line.len);
    buf_free(&line);
}

/* A comment, where somebody looks who misses something. */
static void tell_left_out(const struct writing *w)
{
    if (w->left_out == 0)
        return;
    buf_printf(w->buf, "# %lld more tracks have no room in this file of %d MB\n", (long long)w->left_out,
               FILE_MAX_BYTES >> 20);
    log_line(LOG_WARN, "playlist_cut", "tracks_left_out=%lld", (long long)w->left_out);
}

int task_playlist(struct run *r, struct err *e)
{
    const struct track_filter done = { .job_id = r->claim.job_id, .state = "done", .limit = INT_MAX };
    struct buf b = BUF_INIT(FILE_MAX_BYTES);
    char dir[128], name[NAME_MAX_BYTES + 1], path[512], full[RUN_PATH_BYTES + 600];

    run_job_dir(r, dir, sizeof dir);
    file_safe_name(name, NAME_MAX_BYTES, *r->job.list_title ? r->job.list_title : "Playlist", "m3u8");
    snprintf(path, sizeof path, "%s/%s", dir, name);
    buf_printf(&b, "#EXTM3U\n#PLAYLIST:%s\n", r->job.list_title);
    struct writing w = { .buf = &b, .job_dir = dir };
    int rc = tracks_of_job(r->db, &done, add_track, &w, e);
    tell_left_out(&w);
    snprintf(full, sizeof full, "%s/%s", r->conf->data_dir, dir);
    if (rc == 0)
        rc = file_mkdirs(full, e);
    snprintf(full, sizeof full, "%s/%s", r->conf->data_dir, path);
    if (rc == 0)
        rc = file_write_atomic(full, buf_text(&b), b.len, e);
    buf_free(&b);
    return rc ? -1 : life_playlist_written(r->db, &r->claim, path, e);
}
