/*
 * tracks: every statement on `downloaded_tracks`, `artifacts` and `task_stages` as clients see them. Functions
 * marked [tx] belong inside their caller's transaction (lifecycle.h).
 */
#ifndef DUBPLATE_TRACKS_H
#define DUBPLATE_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "db.h"
#include "url.h"

/* What a source says about a piece of audio. Text fields may be empty. */
struct track_info {
    char    source_id[128], extractor[64], url[URL_MAX_BYTES + 1];
    char    title[801], artist[801], album[801], album_artist[801], genre[201], uploader[801], release_date[11];
    char    isrc[16], channel_id[128], channel_url[URL_MAX_BYTES + 1], thumbnail_url[URL_MAX_BYTES + 1];
    int64_t track_number, disc_number;      /* 0: none */
    int64_t duration_ms;        /* -1: unknown */
};

struct artifact {
    char    kind[12], path[512], format[8], sha256[ID_SHA256_BYTES];
    int64_t size_bytes;
    bool    is_foreign;         /* through a confined handle: lies outside of its session's directory; not to be told */
};

struct track {
    int64_t id, job_id, item_index;
    char    uuid[ID_UUID_BYTES], state[12], error_kind[24], error_text[480], result_key[ID_SHA256_BYTES];
    bool    is_known;           /* its page has been read; until then it is what a list says of its entry */
    bool    is_cached;          /* its files were there already */
    struct track_info info;
    char   *report_json;        /* owned, as the next three; NULL until measured */
    char   *meta_json;          /* all that is known, and from where (meta.h) */
    char   *wanted_json;        /* what has to be found; NULL: its page is where its link says */
    char   *match_json;         /* what was found, taken or not */
    struct artifact audio, cover, waveform, spectrogram;    /* kind "" if there is none */
};

void track_free(struct track *t);

struct new_track {
    const char *uuid;
    int64_t     job_id, item_index;
    const struct track_info *info;
    const char *state;
    bool        is_known, is_cached;
    const char *meta_json, *wanted_json, *match_json, *result_key, *error_kind, *error_text;    /* NULL: none */
};

/* [tx] id in *id; 0 if the job has an entry of this index already: then nothing has changed. */
int tracks_add(struct db *db, const struct new_track *n, int64_t *id, struct err *e);

/* [tx] Its page has been read. */
struct track_page { const struct track_info *info; const char *meta_json, *match_json, *result_key; };
int tracks_learn(struct db *db, int64_t id, const struct track_page *page, struct err *e);

/* [tx] What it adds to its album's loudness; what all tracks of a job have added; is there one that may yet? 1, 0 or
 * -1. */
int tracks_set_measured(struct db *db, int64_t id, const char *measured_json, struct err *e);
int tracks_measured(struct db *db, int64_t job_id, void (*on_row)(void *arg, const char *measured_json), void *arg,
                    struct err *e);
int tracks_album_is_open(struct db *db, int64_t job_id, struct err *e);

/* [tx] What was found for it, though none of it is taken. */
int tracks_set_match(struct db *db, int64_t id, const char *match_json, struct err *e);

/* Of the tracks of a job: the highest place (0: it has none); 1 unless the one at this place is known to be another
 * recording, 0; where the recording stands, 1 or 0 if it does not. -1 and *e. */
int tracks_last_place(struct db *db, int64_t job_id, int64_t *place, struct err *e);
int tracks_may_be_at(struct db *db, int64_t job_id, int64_t place, const struct track_info *info, struct err *e);
int tracks_place_of(struct db *db, int64_t job_id, const struct track_info *info, int64_t *place, struct err *e);

/* [tx] The newest finished track with these very files, of a job that is there, made at after_ms or later: its id, or
 * 0. Older ones may have lost theirs to somebody's hand. */
int tracks_find_result(struct db *db, const char *result_key, int64_t after_ms, int64_t *id, struct err *e);

/* [tx] Is another track at work on these files, or next to be? 1, 0 or -1. */
int tracks_has_twin(struct db *db, const char *result_key, int64_t id, struct err *e);

/* [tx] A running track goes ahead with making these files: 1; or another one is at it already: 0. */
int tracks_lead(struct db *db, const char *result_key, int64_t id, struct err *e);

/* [tx] The files of one track for another one: references to them. The report goes with them. */
int tracks_share(struct db *db, int64_t from, int64_t to, struct err *e);

/* Of a live job; through a confined handle, of its session's. */
int tracks_find(struct db *db, const char *uuid, struct track *out, struct err *e);
int tracks_by_id(struct db *db, int64_t id, struct track *out, struct err *e);

/* In their order, from the one behind item_index `after`; at most limit. */
struct track_filter { int64_t job_id, after; int limit; const char *state; /* NULL: any */ };
int tracks_of_job(struct db *db, const struct track_filter *filter, void (*on_row)(void *arg, const struct track *t),
                  void *arg, struct err *e);

/* Every path that the job's tracks refer to. on_path may not change tracks or artifacts. */
int tracks_paths_of_job(struct db *db, int64_t job_id, void (*on_path)(void *arg, const char *path), void *arg,
                        struct err *e);

/* [tx] How many rows refer to a file, those of one job or (job_id 0) all; and takes away those of one job. */
int tracks_count_refs(struct db *db, const char *path, int64_t job_id, int64_t *total, struct err *e);
int tracks_drop_refs(struct db *db, int64_t job_id, const char *path, struct err *e);

/* [tx] What went wrong before is no longer said of it: the next attempt has begun. */
int tracks_set_state(struct db *db, int64_t id, const char *state, struct err *e);

/* [tx] Done: what came of it. */
int tracks_set_result(struct db *db, int64_t id, int64_t duration_ms, const char *report_json, struct err *e);

/* [tx] Failed, or another attempt is to come: why. */
int tracks_set_error(struct db *db, int64_t id, const char *state, const char *kind, const char *text, struct err *e);

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

struct stage_row { char name[16], state[8]; int64_t attempt, wall_ms, cpu_ms; };
int tracks_stages_of_job(struct db *db, int64_t job_id, void (*on_row)(void *arg, const struct stage_row *r),
                         void *arg, struct err *e);

#endif
