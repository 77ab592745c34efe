#include "workdir.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "jobs.h"
#include "run.h"
#include "tracks.h"

#define UNKNOWN_AGE_S 600

static void remove_tree(const char *path)
{
    struct err e;

    if (file_remove_tree(path, &e))
        log_err(LOG_WARN, "remove_failed", &e);
}

void workdir_remove(const struct conf *conf, const char *uuid)
{
    char path[RUN_PATH_BYTES];

    snprintf(path, sizeof path, "%s/work/%s", conf->data_dir, uuid);
    remove_tree(path);
}

void workdir_remove_leftovers(struct db *db, const struct conf *conf, int64_t job_id, const char *job_uuid)
{
    char path[RUN_PATH_BYTES];
    struct err e;

    if (tracks_job_has_files(db, job_id, &e) != 0)
        return;
    snprintf(path, sizeof path, "%s/downloads/library/%s", conf->data_dir, job_uuid);
    remove_tree(path);
}

static bool is_older(const struct conf *conf, const char *uuid, int64_t seconds)
{
    char path[RUN_PATH_BYTES];
    struct stat st;

    snprintf(path, sizeof path, "%s/work/%s", conf->data_dir, uuid);
    return lstat(path, &st) == 0 && time(NULL) - st.st_mtime > seconds;
}

/* A last attempt may have moved its file before its transaction failed. */
static void remove_unplaced(struct db *db, const struct conf *conf, const char *track_uuid)
{
    struct job_request job = { 0 };
    struct track track = { 0 };
    struct err e;

    if (tracks_find(db, track_uuid, &track, &e) == 0 && jobs_request(db, track.job_id, &job, &e) == 0)
        workdir_remove_leftovers(db, conf, track.job_id, job.uuid);
    job_request_free(&job);
    track_free(&track);
}

int workdir_sweep(struct db *db, const struct conf *conf)
{
    char path[RUN_PATH_BYTES];
    const struct dirent *entry;
    struct err e;
    int count = 0;

    snprintf(path, sizeof path, "%s/work", conf->data_dir);
    DIR *d = opendir(path);
    while (d && (entry = readdir(d))) {
        if (!id_is_uuid(entry->d_name))
            continue;
        const int state = tracks_work_state(db, entry->d_name, &e);
        if (state == WORK_ENDED ||
            (state == WORK_FAILED && is_older(conf, entry->d_name, conf->keep_failed_h * 3600 - 1)) ||
            (state == WORK_UNKNOWN && is_older(conf, entry->d_name, UNKNOWN_AGE_S))) {
            workdir_remove(conf, entry->d_name);
            if (state == WORK_FAILED)
                remove_unplaced(db, conf, entry->d_name);
            count++;
        }
    }
    if (d)
        closedir(d);
    return count;
}
