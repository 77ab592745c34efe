/*
 * run: one attempt at one task, as its process sees it, and the contract of a stage.
 *
 * A stage may be run again from its start after a crash: it writes to a new file below run->work and renames. What it
 * has to tell later stages goes into `out`, which is saved when it returns together with a hash of what it was made
 * from; a later attempt skips stages that are saved, whose inputs are the same and whose file is still there. Every
 * loop calls run_tick().
 */
#ifndef DUBPLATE_RUN_H
#define DUBPLATE_RUN_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "album.h"
#include "base/err.h"
#include "base/id.h"
#include "conf.h"
#include "db.h"
#include "jobs.h"
#include "life_work.h"
#include "queue.h"
#include "spec.h"
#include "tracks.h"

#define RUN_PATH_BYTES 1300
#define INFO_FILE      "info.json"      /* in work/: the track's page as it was read and judged, for its download */

/* In work/, by master: what there is to look at. */
#define WAVEFORM_FILE    "waveform.dat"
#define SPECTROGRAM_FILE "spectrogram.png"

struct run {
    struct db         *db;
    const struct conf *conf;                    /* with the limits of the job's session and key */
    struct claim       claim;
    struct spec        spec;
    struct job_request job;                     /* what was asked: its link as submitted, its options */
    struct track       track;                   /* kind "track" only */
    char               work[RUN_PATH_BYTES];    /* DATA_DIR/work/<track or job>; ours alone */
    char               mark[128];               /* DUBPLATE_TASK=…, the environment of everything we start */
    struct album       album;                   /* what it is mastered as a part of; tracks 0: none */
    cJSON             *state;                   /* saved outputs by stage name */
    int64_t            cpu_ms;                  /* of children, in the current stage */
    bool               put_back;                /* by itself: it goes on from its work directory */
    bool               has_read_page;           /* INFO_FILE is of this attempt */
    /* Progress. */
    const char        *stage;
    int                position;                    /* of the stage in its task */
    int64_t            stage_started_ms;
    double             percent_done, percent_weight;    /* of the task: before this stage, and its share */
    struct queue_progress shown;
    int64_t            ticked_ms;
};

struct stage {
    const char *name;
    int       (*run)(struct run *r, cJSON *out, struct err *e);
    double      weight;         /* share of the task's percent */
    bool        feeds;          /* the last that needs the source */
    const char *file;           /* what it leaves in run->work; NULL: what its output names as "file" */
    int         version;        /* another one voids what was saved; raise it when the same inputs yield another file */
    bool      (*wanted)(const struct run *r);   /* NULL: always */
    bool        together;       /* not before all tracks of its album have come so far */
};

/*
 * How far the current stage is (0–1; negative: unknown, stays). Stored for clients about twice a second; in between
 * this is free. ERR_CANCELLED, ERR_PAUSED, ERR_LOST: stop.
 */
int run_tick(struct run *r, double fraction, struct err *e);

/* Writes down what the current stage cost, as long as the task is ours: before what ends the task, for a stage that
 * does. */
void run_book_stage(struct run *r, const char *state);

/* Calls `attempt` until it succeeds or fails with something else than network trouble, four times at most, and waits in
 * between. Longer troubles are for the queue. */
int run_patiently(struct run *r, int (*attempt)(void *arg, struct err *e), void *arg, struct err *e);

/* A path below run->work; the result lives until the fourth next call. */
const char *run_path(const struct run *r, const char *name);

/* The saved output of an earlier stage; NULL if it has none. */
const cJSON *run_output(const struct run *r, const char *stage);

/* Whose job it is: the session's id, or "library". */
const char *run_tenant(const struct run *r);

/* DATA_DIR/downloads/<session or library>/<job>, below DATA_DIR. */
void run_job_dir(const struct run *r, char *out, size_t size);

/*
 * Everything that an attempt starts, its own process included, bears this in its environment: <installation>:<task>:
 * <attempt>:. The prefix ends behind the task, so that a later attempt finds what earlier ones left.
 */
#define RUN_MARK "DUBPLATE_TASK"
void run_mark_prefix(const struct conf *conf, int64_t task_id, char *out, size_t size);

/* The programs of a task, by kind. Each does its own life_…() at the end. 0, or -1 and *e. */
int task_resolve(struct run *r, struct err *e);
int task_track(struct run *r, struct err *e);
int task_tidy(struct run *r, struct err *e);
int task_purge(struct run *r, struct err *e);
int task_playlist(struct run *r, struct err *e);
int task_preview(struct run *r, struct err *e);
int preview_open(struct run *r, struct err *e);     /* in place of a job's request */

/* What is still to be found out about a track of a list before anything is fetched: its page, and where that is. */
int stage_learn(struct run *r, cJSON *out, struct err *e);

int stage_download(struct run *r, cJSON *out, struct err *e);
/* Only of an album that gets one gain. */
bool measure_is_wanted(const struct run *r);
int stage_measure(struct run *r, cJSON *out, struct err *e);
/* What its album amounts to, in r->album; or the task is put back (r->put_back), until all of it is measured. */
int measure_gather(struct run *r, struct err *e);
int stage_master(struct run *r, cJSON *out, struct err *e);
int stage_tag(struct run *r, cJSON *out, struct err *e);
int stage_store(struct run *r, cJSON *out, struct err *e);

/* Kills this process here if the environment asks for it (DUBPLATE_FAILPOINT=stage:NAME:begin|end, once per
 * installation; DUBPLATE_FAILPOINT_VICTIM=worker kills the worker instead). Crash tests only. */
void run_failpoint(const struct run *r, const char *stage, const char *when);

#endif
