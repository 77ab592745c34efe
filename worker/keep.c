#include "keep.h"

#include <dirent.h>
#include <errno.h>
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
#include "cache.h"
#include "gates.h"
#include "json.h"
#include "kept.h"

#define DAY_MS         (24 * 3600 * 1000LL)
#define STRAY_AGE_S    600      /* a directory is there before its row */
#define OUT_AT_ONCE    100

static int64_t kept_after_ms(const struct conf *conf)
{
    return clock_wall_ms() - conf->cache_days * DAY_MS;
}

static bool keeps_anything(const struct conf *conf)
{
    return conf->cache_days > 0 && conf->cache_max_mb > 0;
}

static void path_of(const struct conf *conf, const char *key, const char *file, char *out, size_t size)
{
    snprintf(out, size, "%s/cache/%s%s%s", conf->data_dir, key, *file ? "/" : "", file);
}

static int find(const struct run *r, const struct track_info *info, struct kept *k)
{
    char key[ID_SHA256_BYTES];
    struct err e;

    if (!keeps_anything(r->conf) || !r->spec.use_cache)
        return 0;
    cache_stream_key(key, info, r->spec.quality);
    const int row = kept_find(r->db, key, kept_after_ms(r->conf), k, &e);
    return row == 1 && k->size_bytes > r->conf->max_file_size_mb << 20 ? 0 : row;   /* not more than it may download */
}

bool keep_has(const struct run *r, const struct track_info *info)
{
    struct kept k;
    return find(r, info, &k) == 1;
}

/* Into the work directory, over what an earlier attempt has left there. */
static bool link_in(const struct run *r, const struct kept *k, const char *file)
{
    char from[RUN_PATH_BYTES + 160];

    path_of(r->conf, k->key, file, from, sizeof from);
    unlink(run_path(r, file));
    return link(from, run_path(r, file)) == 0;
}

int keep_take(const struct run *r, cJSON *out)
{
    struct stat st;
    struct kept k;
    struct err e;

    if (find(r, &r->track.info, &k) != 1)
        return 0;
    if (!link_in(r, &k, k.file) || stat(run_path(r, k.file), &st)) {
        kept_forget(r->db, k.key, &e);      /* somebody cleared the directory */
        return 0;
    }
    json_put_text(out, "file", k.file);
    json_put_int(out, "size_bytes", st.st_size);
    json_put_text(out, "thumbnail", *k.thumbnail && link_in(r, &k, k.thumbnail) ? k.thumbnail : "");
    json_put_bool(out, "kept", true);
    if (kept_touch(r->db, k.key, &e))
        log_err(LOG_WARN, "kept_not_touched", &e);
    return 1;
}

/* A file of the work directory into the directory that is being made. Its size, or -1. */
static int64_t link_out(const struct run *r, const char *dir, const char *file)
{
    char to[RUN_PATH_BYTES + 200];
    struct stat st;

    snprintf(to, sizeof to, "%s/%s", dir, file);
    return link(run_path(r, file), to) == 0 && stat(to, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* In place of an older one, which is of no use any more: nothing would be made anew for what is kept already. Whoever
 * looks at this moment finds none, and asks the source. */
static int put_in_place(const char *fresh, const char *final, struct err *e)
{
    if (rename(fresh, final) == 0)
        return 0;
    if (errno != EEXIST && errno != ENOTEMPTY)
        return err_errno(e, "cannot keep the stream as %s", final);
    if (file_remove_tree(final, e))
        return -1;
    return rename(fresh, final) ? err_errno(e, "cannot keep the stream as %s", final) : 0;
}

/* Made aside and renamed: half of one is never found. */
static int give(const struct run *r, struct kept *k, struct err *e)
{
    char fresh[RUN_PATH_BYTES + 80], final[RUN_PATH_BYTES + 80];

    path_of(r->conf, r->track.uuid, "", fresh, sizeof fresh);
    path_of(r->conf, k->key, "", final, sizeof final);
    if (file_mkdirs(fresh, e))
        return -1;
    k->size_bytes = link_out(r, fresh, k->file);
    const int64_t picture = k->size_bytes >= 0 && *k->thumbnail ? link_out(r, fresh, k->thumbnail) : 0;
    if (k->size_bytes < 0 || picture < 0)
        return err_errno(e, "cannot link the stream of %s", r->track.uuid);
    k->size_bytes += picture;
    return put_in_place(fresh, final, e) ? -1 : kept_put(r->db, k, e);
}

void keep_give(const struct run *r)
{
    const cJSON *out = run_output(r, "download");
    char fresh[RUN_PATH_BYTES + 80];
    struct kept k = { 0 };
    struct err e;

    if (!keeps_anything(r->conf) || !out || json_bool(out, "kept", false) ||
        json_number(out, "size_bytes", 0) > (double)(r->conf->cache_max_mb << 20))
        return;
    cache_stream_key(k.key, &r->track.info, r->spec.quality);
    copy_text(k.file, sizeof k.file, json_text(out, "file", ""));
    copy_text(k.thumbnail, sizeof k.thumbnail, json_text(out, "thumbnail", ""));
    if (give(r, &k, &e))
        log_err(LOG_WARN, "stream_not_kept", &e);
    path_of(r->conf, r->track.uuid, "", fresh, sizeof fresh);
    file_remove_tree(fresh, &e);        /* where the rename has not taken it away */
}

static void remove_dir(const struct conf *conf, const char *key)
{
    char path[RUN_PATH_BYTES + 80];
    struct err e;

    path_of(conf, key, "", path, sizeof path);
    if (file_remove_tree(path, &e))
        log_err(LOG_WARN, "remove_failed", &e);
}

static bool is_stray(struct db *db, const struct conf *conf, const char *name)
{
    char path[RUN_PATH_BYTES + 80];
    struct kept k;
    struct stat st;
    struct err e;

    path_of(conf, name, "", path, sizeof path);
    return lstat(path, &st) == 0 && time(NULL) - st.st_mtime > STRAY_AGE_S && kept_find(db, name, 0, &k, &e) == 0;
}

static void remove_strays(struct db *db, const struct conf *conf)
{
    char path[RUN_PATH_BYTES];
    const struct dirent *entry;

    snprintf(path, sizeof path, "%s/cache", conf->data_dir);
    DIR *d = opendir(path);
    while (d && (entry = readdir(d)))
        if (entry->d_name[0] != '.' && strlen(entry->d_name) < ID_SHA256_BYTES && is_stray(db, conf, entry->d_name))
            remove_dir(conf, entry->d_name);
    if (d)
        closedir(d);
}

void keep_tidy(struct db *db, const struct conf *conf)
{
    /* Where work waits for free disk, what is only kept goes first. */
    const bool disk_is_low = gates_free_bytes(conf) < conf->min_free_mb << 20;
    const int64_t most_bytes = keeps_anything(conf) && !disk_is_low ? conf->cache_max_mb << 20 : -1;
    char key[ID_SHA256_BYTES];
    struct err e;

    for (int i = 0; i < OUT_AT_ONCE && kept_next_out(db, kept_after_ms(conf), most_bytes, key, &e) == 1; i++) {
        if (kept_forget(db, key, &e))       /* the row first: nobody looks for it any more */
            break;
        remove_dir(conf, key);
    }
    remove_strays(db, conf);
}
