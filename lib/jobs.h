/*
 * jobs: every statement on `download_jobs`, and the view of a job that clients see (its row, the task that runs or
 * ran last, its first track). Through a confined handle (db_confine) only its session's jobs are found, listed and
 * counted. Functions marked [tx] belong inside their caller's transaction (lifecycle.h).
 */
#ifndef DUBPLATE_JOBS_H
#define DUBPLATE_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "album.h"
#include "base/err.h"
#include "base/id.h"
#include "db.h"
#include "queue.h"
#include "quota.h"
#include "url.h"

struct job {
    int64_t id, revision;
    char    uuid[ID_UUID_BYTES], session_uuid[ID_UUID_BYTES];
    char    url[URL_MAX_BYTES + 1], source[16], client_ref[801];
    char    state[12], stage[16], error_kind[24], error_text[480];
    char    asked[QUEUE_SOURCE_BYTES];
    char    search_query[801], list_title[801], playlist_path[512];
    bool    is_list;
    int64_t list_items;                                                     /* as the source says; -1: unknown */
    int64_t total_items, completed_items, failed_items, cached_items;
    int64_t priority, scheduled_at_ms, paused_at_ms;                        /* times: 0 for none */
    int64_t created_at_ms, updated_at_ms, started_at_ms, finished_at_ms;    /* 0: not yet */
    /* From its current task. */
    double  percent;
    int64_t downloaded_bytes, total_bytes, speed_bps, eta_s;                /* -1: unknown */
    int64_t attempts, run_after_ms;
    bool    cancel_requested, pause_requested, due;
    char    task_state[12], queue[16], task_source[QUEUE_SOURCE_BYTES], waits_for[12];
    enum asks asks;
    /* From its first track; empty until resolved. */
    char    track_uuid[ID_UUID_BYTES], title[801], artist[801];
    int64_t duration_ms;                                                    /* -1: unknown */
    int64_t match_score;            /* of the best that was found for a name, 0–100; -1: nothing was looked for */
    bool    has_audio, has_cover;
};

struct job_filter {
    const char *state;          /* NULL: any */
    const char *source;         /* NULL: any */
    const char *session;        /* NULL: any; a confined handle has its own */
    int64_t     before_id;      /* keyset: ids below this; INT64_MAX: from the newest */
    int         limit;
};

struct new_job {
    const char *uuid, *url;
    const char *source;             /* the platform's name, "generic" for others */
    const char *asked;              /* who has to be spared: the platform, or the host of a generic link */
    const char *search_query;       /* in place of a link; NULL */
    const char *work_key;           /* cache_work_key(): an open job with the same one does the same work */
    const char *outcome_key;        /* cache_outcome_key(); NULL: none */
    bool        may_be_cached;      /* a job that ended with this outcome will do */
    const char *spec_json, *client_ref;
    int64_t     priority, scheduled_at_ms;      /* 0: at once */
    const char *session_uuid;       /* whose; NULL: the admin's own. Two sessions never share a job */
    int64_t     key_id;             /* who submits it; 0: nobody with a key */
    struct quota limits;            /* life_submit() sets them: those of its session and its key */
    bool        wants_anew;         /* a session's finished job of the same work will not do */
};

/* Under what a session's jobs are filed (NULL, "": the library's): directories, keys of what is known already. */
const char *jobs_tenant(const char *session_uuid);

/* An open job of exactly this work. 1: its uuid; 0; -1. */
int jobs_find_same(struct db *db, const char *work_key, char uuid[ID_UUID_BYTES], struct err *e);

/* The newest finished job of exactly this work in a session. 1: its uuid; 0; -1. */
int jobs_find_finished(struct db *db, const char *session_uuid, const char *work_key, char uuid[ID_UUID_BYTES],
                       struct err *e);

/* [tx] Is the job found as the same work? Not while it is being cancelled. */
int jobs_offer_work(struct db *db, int64_t id, bool offered, struct err *e);

/* [tx] id in *id; state queued. */
int jobs_add(struct db *db, const struct new_job *j, int64_t *id, struct err *e);

/* By public id; deleted ones are ERR_NOT_FOUND. */
int jobs_find(struct db *db, const char *uuid, struct job *out, struct err *e);

/* Newest first; on_row is called at most filter->limit times. 0 or -1. */
int jobs_list(struct db *db, const struct job_filter *filter, void (*on_row)(void *arg, const struct job *job),
              void *arg, struct err *e);

/* The place of a job in its session's list, for before_id: also of one that is deleted. */
int jobs_place(struct db *db, const char *session_uuid, const char *uuid, int64_t *id, struct err *e);

int jobs_count(struct db *db, const struct job_filter *filter, int64_t *total, struct err *e);

/* How many a key has open. */
int jobs_open_of_key(struct db *db, int64_t key_id, int64_t *count, struct err *e);

/* How many sessions without a key have open, all together. */
int jobs_open_of_keyless(struct db *db, int64_t *count, struct err *e);

/* The oldest that a session holds: their ids, at most max. Returns how many, or -1. */
int jobs_of_session(struct db *db, const char *session_uuid, int64_t *ids, int max, struct err *e);

struct job_totals { int64_t queued, running, paused, done, failed, cancelled; };
int jobs_totals(struct db *db, struct job_totals *out, struct err *e);

/* What was asked, as stored, and what its tasks inherit. */
struct job_request {
    char    uuid[ID_UUID_BYTES], asked[QUEUE_SOURCE_BYTES], source[16], list_title[801], playlist_path[512];
    char    work_key[ID_SHA256_BYTES + 1];
    char   *url, *spec_json, *search_query;         /* owned */
    bool    is_list;
    int64_t priority, created_at_ms;
    bool    is_paused;
    char    session_uuid[ID_UUID_BYTES];    /* "": none */
    int64_t key_id;                         /* 0: none */
    struct quota limits;                    /* of session and key, at submit; max_jobs is none of them */
};
void job_request_free(struct job_request *r);
int jobs_request(struct db *db, int64_t id, struct job_request *out, struct err *e);

/* The number of the last visible change anywhere. */
int jobs_revision(struct db *db, int64_t *revision, struct err *e);

/* [tx] Says that a client sees something new about this job. */
int jobs_touch(struct db *db, int64_t id, struct err *e);

/* [tx] Recomputes state and counts from the job's tasks, and touches it. error kind and text may be NULL. */
int jobs_settle(struct db *db, int64_t id, const char *error_kind, const char *error_text, struct err *e);

/* [tx] What its tasks inherit from now on. */
int jobs_set_paused(struct db *db, int64_t id, bool paused, struct err *e);
int jobs_set_priority(struct db *db, int64_t id, int64_t priority, struct err *e);
int jobs_set_schedule(struct db *db, int64_t id, int64_t at_ms, struct err *e);

/* [tx] It is a list: its title, and how many entries the source says that it has (-1: it does not). */
int jobs_set_list(struct db *db, int64_t id, const char *title, int64_t items, struct err *e);

/* [tx] One more of its tracks has files that were there already. */
int jobs_add_cached(struct db *db, int64_t id, struct err *e);

/* Has it ended as a list of which something is there, and no task to write that down yet? 1, 0 or -1. */
int jobs_is_ended_list(struct db *db, int64_t id, struct err *e);

/* [tx] The loudness of its tracks together; reads it: 1, 0 (not known yet) or -1. */
int jobs_set_album(struct db *db, int64_t id, const char *album_json, struct err *e);
int jobs_album(struct db *db, int64_t id, struct album *out, struct err *e);

/* [tx] */
int jobs_set_playlist(struct db *db, int64_t id, const char *path, struct err *e);

/* The newest job with this outcome that ended well, its file made at after_ms or later: the id of its track, or 0. */
int jobs_find_outcome(struct db *db, const char *outcome_key, int64_t after_ms, int64_t *track_id, struct err *e);

/* [tx] Hides the job from clients. */
int jobs_mark_deleted(struct db *db, int64_t id, struct err *e);

/* [tx] Removes the row and all that hangs on it. */
int jobs_remove(struct db *db, int64_t id, struct err *e);

#endif
