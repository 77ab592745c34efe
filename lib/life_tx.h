/*
 * life_tx: steps that several events of a life take (lifecycle.h, life_work.h). Each belongs inside the transaction of
 * its event.
 */
#ifndef DUBPLATE_LIFE_TX_H
#define DUBPLATE_LIFE_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf.h"
#include "db.h"
#include "jobs.h"
#include "queue.h"
#include "quota.h"
#include "tracks.h"

bool life_is_track(const struct claim *c);
bool life_is_preview(const struct claim *c);

/* House-keeping is not the job's business: its coming and going changes nothing that a client sees. */
bool life_is_work(const struct claim *c);

/* What was made since may answer again. */
int64_t life_cached_after_ms(const struct conf *conf);

/* Are the files of a finished track still there? What somebody removed by hand answers nothing any more. */
bool life_has_files(const struct conf *conf, const struct track *t);

/* May this key open another job? *limits is narrowed to the key's. ERR_LIMIT. */
int life_check_key(struct db *db, int64_t key_id, struct quota *limits, struct err *e);

/* What happened, for the job's reader: to the job, or in an attempt of one of its tasks. detail, stage, why: NULL for
 * none. */
int life_tell(struct db *db, int64_t job_id, const char *event, const char *detail, struct err *e);
int life_tell_attempt(struct db *db, const struct claim *c, const char *event, const char *stage,
                      const struct err *why, const char *detail, struct err *e);

/* The state of the task's job follows from its tasks; and where that ends a list, its playlist is to be written.
 * kind, text: the job's error; NULL: none. */
int life_settle(struct db *db, const struct claim *c, const char *kind, const char *text, struct err *e);

int life_set_priority(struct db *db, const struct job *job, int64_t priority, struct err *e);

/* *count is 0, and nothing has changed, if the job has begun. at_ms 0: now. */
int life_set_schedule(struct db *db, const struct job *job, int64_t at_ms, int64_t *count, struct err *e);

/* Files of tasks that end without a process of their own are removed by the worker. */
int life_add_tidy(struct db *db, int64_t job_id, struct err *e);

/* What the source of a running task is to think of it; NULL: it answers. life_unasked: it was not asked, or has told
 * already (life_fed), so that this says nothing of it. */
int life_heard(struct db *db, const struct claim *c, const struct err *why, struct err *e);
extern const struct err life_unasked;

/* If no track of this job is left to be measured, those that wait for that need not. */
int life_wake_album(struct db *db, int64_t job_id, struct err *e);

/* Others may want the very files that this track was about: they are there now, or the next one is to make them. At
 * the most so many are woken. */
#define TWINS_AT_ONCE 100           /* in one transaction; the first of them wakes the next */
int life_wake_by_key(struct db *db, const char *result_key, int most, struct err *e);
int life_wake_twins(struct db *db, const struct claim *c, int most, struct err *e);

#endif
