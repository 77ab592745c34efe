/*
 * life_work: what a worker says of its tasks, one transaction per event (lifecycle.h has the states). Whoever has lost
 * his claim changes nothing: ERR_LOST.
 */
#ifndef DUBPLATE_LIFE_WORK_H
#define DUBPLATE_LIFE_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "album.h"
#include "base/err.h"
#include "base/id.h"
#include "conf.h"
#include "db.h"
#include "queue.h"
#include "tracks.h"

/* 1: *out is ours; 0: nothing due in this lane; -1. */
int life_claim(struct db *db, const struct conf *conf, const char *queue, const char *owner, struct claim *out,
               struct err *e);

/* Makes due what has become due. Returns how many, or -1. */
int life_promote(struct db *db, struct err *e);

/* The wall clock may have been set; boot_id names this boot. */
int life_follow_clock(struct db *db, const char *boot_id, struct err *e);

/* Goes on with the end of a session that is over, some of its jobs at a time. 1: there was one; 0: none; -1. */
int life_clean_session(struct db *db, struct err *e);

/* Progress for clients. ERR_LOST, ERR_CANCELLED, ERR_PAUSED. */
int life_tick(struct db *db, const struct claim *c, const struct queue_progress *p, struct err *e);

/* Something that the job's reader should know and that changes no state: a try repeated inside a stage. */
int life_note(struct db *db, const struct claim *c, const char *event, const char *stage, const struct err *why,
              struct err *e);

/* One piece of audio that a resolve found. */
struct found {
    const char *uuid;               /* made by the caller, names the work directory */
    int64_t     index;              /* 1 … in its job */
    const struct track_info *info;
    const char *meta_json, *wanted_json, *match_json;   /* NULL: none */
    const char *result_key;         /* NULL: not known yet */
    bool        is_known;           /* its page has been read */
    bool        may_share;          /* a file that is there already will do */
    enum asks   asks;               /* what it still wants of its source */
    const char *asked;              /* that source; NULL: the job's */
    const struct err *refused;      /* it is there and will not be fetched: born failed */
};

/* What a resolve says of the list that it reads. */
struct listing { const char *title; int64_t items; /* -1: unknown */ };

/* Entries of a list: their tracks and track tasks exist from now on, while the resolve goes on. Those whose index is
 * there already (an earlier attempt found them) are passed over. ERR_LOST, ERR_CANCELLED. */
int life_found(struct db *db, const struct conf *conf, const struct claim *c, const struct found *items, int count,
               const struct listing *list, struct err *e);

/* The same for the last of them, or the only one (list NULL: it is no list): the resolve task is done. note: what the
 * job's reader should know; NULL. */
int life_resolved(struct db *db, const struct conf *conf, const struct claim *c, const struct found *items, int count,
                  const struct listing *list, const char *note, struct err *e);

/* A preview is done. ERR_LOST. */
int life_previewed(struct db *db, const struct claim *c, const char *result_json, struct err *e);

/* Lets go of a preview that nobody may ask for any more, and of its task; its uuid. 1, 0 (there is none) or -1. */
int life_forget_preview(struct db *db, char uuid[ID_UUID_BYTES], struct err *e);

/* A track was looked for, and what was found (match_json) cannot be had as it is: it is about to fail. ERR_LOST. */
int life_searched(struct db *db, const struct claim *c, const char *match_json, struct err *e);

/* The page of a track has been read. ERR_LOST. */
int life_learned(struct db *db, const struct claim *c, const struct track_page *page, struct err *e);

/*
 * Before a track's files are made: somebody may have made these very files (they are shared, and the task is done), or
 * be making them (the task waits for that, put back). may_share false: make them in any case, one after the other.
 */
enum life_share { SHARE_NOT, SHARE_DONE, SHARE_WAIT };
int life_share(struct db *db, const struct conf *conf, const struct claim *c, const char *result_key, bool may_share,
               enum life_share *how, struct err *e);

/*
 * A track of an album (the option album_gain) has been measured. *waits false: so have all others that there are, and
 * *out is what they amount to. Otherwise the task waits for them, put back.
 */
int life_album(struct db *db, const struct claim *c, const char *measured_json, struct album *out, bool *waits,
               struct err *e);

/* The task has what it wanted of its source, which therefore answers: others need not wait for its end. ERR_LOST. */
int life_fed(struct db *db, const struct claim *c, struct err *e);

/*
 * The track is finished. Inside the transaction, once the claim is known to be ours and not cancelled, `place` moves
 * the files to their final names: a rename and an fsync of the directory, nothing slower. So file and row appear
 * together, and a worker that lost its claim can no longer touch a finished file.
 */
struct life_result {
    const struct artifact *artifacts;
    int         count;
    int64_t     duration_ms;
    const char *report_json;
    int       (*place)(void *arg, struct err *e);
    void       *arg;
};
int life_finished(struct db *db, const struct claim *c, const struct life_result *r, struct err *e);

/* The attempt ended with this error (ERR_CANCELLED and ERR_PAUSED included). Decides, by the kind and the counters,
 * between another attempt and the end; *again tells which. ERR_LOST. */
int life_failed(struct db *db, const struct claim *c, const struct conf *conf, const struct err *why, bool *again,
                struct err *e);

/* The process of the task died. As life_failed, with its own counter. */
int life_crashed(struct db *db, const struct claim *c, const struct conf *conf, const char *how, bool *again,
                 struct err *e);

/* Back to the queue, nothing counted (drain, or not yet possible), due after delay_ms. */
int life_released(struct db *db, const struct claim *c, int64_t delay_ms, struct err *e);

/* A tidy task is done. ERR_LOST. */
int life_kept_house(struct db *db, const struct claim *c, struct err *e);

/* A playlist file is written. path is below DATA_DIR. ERR_LOST. */
int life_playlist_written(struct db *db, const struct claim *c, const char *path, struct err *e);

/* A purge begins: of the deleted job nothing else is to run from now on. *clear: nothing does. ERR_LOST. */
int life_clear_way(struct db *db, const struct claim *c, bool *clear, struct err *e);

/* A job that is being purged lets go of one file; *is_last tells that nobody else refers to it: then it is to be
 * removed, and the reference stays until the job's row goes. ERR_LOST. */
int life_let_go(struct db *db, const struct claim *c, const char *path, bool *is_last, struct err *e);

/* The files are gone; so goes the row, and with it the purge task. ERR_LOST. */
int life_purged(struct db *db, const struct claim *c, struct err *e);

#endif
