/*
 * tracks: every statement on `downloaded_tracks`, `artifacts` and `task_stages` as clients see them. Functions
 * marked [tx] belong inside their caller's transaction (lifecycle.c).
 */
#ifndef DUBPLATE_TRACKS_H
#define DUBPLATE_TRACKS_H

#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "db.h"
#include "url.h"

/* What a source says about a piece of audio. Text fields may be empty. */
struct track_info {
    char    source_id[128], extractor[64], url[URL_MAX_BYTES + 1];
    char    title[801], artist[801], album[801], album_artist[801], genre[201], uploader[801], release_date[11];
    int64_t track_number;       /* 0: none */
    int64_t duration_ms;        /* -1: unknown */
};

struct artifact {
    char    kind[8], path[512], format[8], sha256[ID_SHA256_BYTES];
    int64_t size_bytes;
};

struct track {
    int64_t id, job_id, item_index;
    char    uuid[ID_UUID_BYTES], state[12];
    struct track_info info;
    char   *report_json;        /* owned; NULL until measured */
    struct artifact audio, cover;   /* kind "" if there is none */
};

void track_free(struct track *t);

/* [tx] */
int tracks_add(struct db *db, const char *uuid, int64_t job_id, int64_t item_index, const struct track_info *info,
               const char *state, int64_t *id, struct err *e);

int tracks_find(struct db *db, const char *uuid, struct track *out, struct err *e);     /* of a live job */
int tracks_by_id(struct db *db, int64_t id, struct track *out, struct err *e);
int tracks_of_job(struct db *db, int64_t job_id, void (*on_row)(void *arg, const struct track *t), void *arg,
                  struct err *e);

/* [tx] duration_ms and report_json are kept as they are when -1 and NULL. */
int tracks_set_state(struct db *db, int64_t id, const char *state, int64_t duration_ms, const char *report_json,
                     struct err *e);

/* [tx] The tracks of a job whose tasks were cancelled while they waited. */
int tracks_cancel_waiting(struct db *db, int64_t job_id, struct err *e);

/* [tx] The tracks of a job that are in one state, to another: paused, resumed, retried. */
int tracks_move_waiting(struct db *db, int64_t job_id, const char *from, const char *to, struct err *e);

/* [tx] Replaces the track's artifact of this kind. */
int tracks_put_artifact(struct db *db, int64_t track_id, const struct artifact *a, struct err *e);

/* Who uses the work directory of this name (a track, or a job that is being resolved)? WORK_UNKNOWN: no such row,
 * or not yet. -1 on error. */
enum { WORK_UNKNOWN, WORK_ENDED, WORK_FAILED, WORK_OPEN };
int tracks_work_state(struct db *db, const char *uuid, struct err *e);

/* Does any track of the job have a finished file? 1, 0 or -1. */
int tracks_job_has_files(struct db *db, int64_t job_id, struct err *e);

struct stage_row { char name[16], state[8]; int64_t attempt, wall_ms, cpu_ms; };
int tracks_stages_of_job(struct db *db, int64_t job_id, void (*on_row)(void *arg, const struct stage_row *r),
                         void *arg, struct err *e);

#endif
