#include "workdir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "jobs.h"
#include "previews.h"
#include "run.h"
#include "sessions.h"
#include "status.h"
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

    if (!id_is_uuid(uuid))      /* a task that failed before its row was read: "" would be everybody's */
        return;
    snprintf(path, sizeof path, "%s/work/%s", conf->data_dir, uuid);
    remove_tree(path);
}

/* Empty ones only, up to downloads/. */
static void remove_empty_dirs(const struct conf *conf, const char *path)
{
    char full[RUN_PATH_BYTES + 600];
    const size_t top = strlen(conf->data_dir) + strlen("/downloads");

    snprintf(full, sizeof full, "%s/%s", conf->data_dir, path);
    while (strrchr(full, '/') > full + top && rmdir(full) == 0)
        *strrchr(full, '/') = '\0';
}

void workdir_remove_file(const struct conf *conf, const char *path)
{
    char full[RUN_PATH_BYTES + 600], dir[600];

    snprintf(full, sizeof full, "%s/%s", conf->data_dir, path);
    if (unlink(full) && errno != ENOENT)
        log_line(LOG_WARN, "remove_failed", "detail=\"%s\"", strerror(errno));
    copy_text(dir, sizeof dir, path);
    if (strrchr(dir, '/')) {
        *strrchr(dir, '/') = '\0';
        remove_empty_dirs(conf, dir);
    }
}

static bool is_left(struct db *db, const char *path, const char *track_uuid)
{
    const char *name = strrchr(path, '/') + 1;
    int64_t refs = 0;
    struct err e;

    if (strncmp(name, WORKDIR_PART, strlen(WORKDIR_PART)) == 0) {
        const char *whose = name + strlen(WORKDIR_PART);
        const int state = track_uuid ? WORK_OPEN : tracks_work_state(db, whose, &e);
        return track_uuid ? strcmp(whose, track_uuid) == 0 : state >= 0 && state != WORK_OPEN;
    }
    return tracks_count_refs(db, path, 0, &refs, &e) == 0 && refs == 0;
}

/* The files of one directory, path below DATA_DIR. */
static void remove_left_in(struct db *db, const struct conf *conf, const char *dir, const char *track_uuid)
{
    char full[RUN_PATH_BYTES + 200], path[600];
    const struct dirent *entry;
    struct err e;

    snprintf(full, sizeof full, "%s/%s", conf->data_dir, dir);
    DIR *d = opendir(full);
    while (d && (entry = readdir(d))) {
        if (entry->d_type == DT_DIR)
            continue;
        snprintf(path, sizeof path, "%s/%.255s", dir, entry->d_name);
        if (db_begin(db, &e))
            break;
        if (is_left(db, path, track_uuid))
            unlinkat(dirfd(d), entry->d_name, 0);
        db_end(db, 0, &e);
    }
    if (d)
        closedir(d);
}

/* Of a job that is over: another track of it may just have made them, to put its file there. */
static void remove_empty_dirs_of(struct db *db, const struct conf *conf, const struct job_request *request,
                                 const char *dir)
{
    struct job job;
    struct err e;

    if (db_begin(db, &e))
        return;
    const int rc = jobs_find(db, request->uuid, &job, &e);
    if (rc == 0 ? status_is_final(job.state) : e.kind == ERR_NOT_FOUND)
        remove_empty_dirs(conf, dir);
    db_end(db, 0, &e);
}

void workdir_of_job(const struct job_request *job, char *out, size_t size)
{
    snprintf(out, size, "downloads/%s/%s", jobs_tenant(job->session_uuid), job->uuid);
}

void workdir_remove_leftovers(struct db *db, const struct conf *conf, int64_t job_id, const char *track_uuid)
{
    static const char *const kinds[] = { "audio", "cover", "waveform", "spectrogram" };
    struct job_request job = { 0 };
    char dir[128], below[160];
    struct err e;

    if (jobs_request(db, job_id, &job, &e) == 0) {
        workdir_of_job(&job, dir, sizeof dir);
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
            snprintf(below, sizeof below, "%s/%s", dir, kinds[i]);
            remove_left_in(db, conf, below, track_uuid);
            remove_empty_dirs_of(db, conf, &job, below);
        }
    }
    job_request_free(&job);
}

void workdir_remove_playlists(const struct conf *conf, const struct job_request *job)
{
    char dir[128], full[RUN_PATH_BYTES + 200];
    const struct dirent *entry;

    workdir_of_job(job, dir, sizeof dir);
    snprintf(full, sizeof full, "%s/%s", conf->data_dir, dir);
    DIR *d = opendir(full);
    while (d && (entry = readdir(d)))
        if (entry->d_type != DT_DIR)
            unlinkat(dirfd(d), entry->d_name, 0);
    if (d)
        closedir(d);
    remove_empty_dirs(conf, dir);
}

/* rmdir() takes none that holds anything: a job whose purge is yet to come. */
void workdir_leave_session(struct db *db, const struct conf *conf, const char *session_uuid)
{
    char path[RUN_PATH_BYTES];
    struct session s;
    struct err e;

    if (sessions_check(db, session_uuid, &s, &e) == 0 || e.kind != ERR_UNAUTHORIZED)
        return;
    snprintf(path, sizeof path, "%s/downloads/%s", conf->data_dir, session_uuid);
    if (rmdir(path) == 0)
        log_line(LOG_INFO, "session_removed", "session=%.8s", session_uuid);
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
    struct track track = { 0 };
    struct err e;

    if (tracks_find(db, track_uuid, &track, &e) == 0)
        workdir_remove_leftovers(db, conf, track.job_id, track_uuid);
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

void workdir_sweep_sessions(struct db *db, const struct conf *conf)
{
    char path[RUN_PATH_BYTES];
    const struct dirent *entry;

    snprintf(path, sizeof path, "%s/downloads", conf->data_dir);
    DIR *d = opendir(path);
    while (d && (entry = readdir(d)))
        if (id_is_uuid(entry->d_name))
            workdir_leave_session(db, conf, entry->d_name);
    if (d)
        closedir(d);
}

/* The row is there before its picture, and a row that has gone never comes back. */
static void remove_if_forgotten(struct db *db, const struct conf *conf, const char *name)
{
    char uuid[ID_UUID_BYTES], path[PREVIEWS_COVER_BYTES];
    struct preview p = { 0 };
    struct err e;

    copy_text(uuid, sizeof uuid, name);
    if (!id_is_uuid(uuid))
        return;
    if (previews_find(db, uuid, &p, &e) && e.kind == ERR_NOT_FOUND) {
        previews_cover(uuid, path);
        workdir_remove_file(conf, path);
    }
    preview_free(&p);
}

void workdir_sweep_previews(struct db *db, const struct conf *conf)
{
    char path[RUN_PATH_BYTES];
    const struct dirent *entry;

    snprintf(path, sizeof path, "%s/" PREVIEWS_COVERS, conf->data_dir);
    DIR *d = opendir(path);
    while (d && (entry = readdir(d)))
        remove_if_forgotten(db, conf, entry->d_name);
    if (d)
        closedir(d);
}
