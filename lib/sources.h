/*
 * sources: a source rests, not a job. Every statement on `sources`: a circuit breaker and a request budget for each
 * platform (for a generic link: for its host), in the database, so that all workers share them.
 *
 *      closed ──refused (429, bot check)──> open until … ──time──> half-open ──one task is let through──┐
 *         ^                                  ^                                                          │
 *         └────────── it answers ────────────┼──────────────────────────────────────────────────────────┤
 *                                            └───────────── refused again: twice as long ───────────────┘
 *
 * The breaker is the one of M. Nygard, Release It! (2007), with exponential rest. The budget is the generic cell rate
 * algorithm (ITU-T I.371): so many pages per hour, the first SOURCES_BURST of them at once; the spacing is jittered,
 * for a fixed rhythm gives a robot away. Claims are held to both by queue.c's claim statement.
 */
#ifndef DUBPLATE_SOURCES_H
#define DUBPLATE_SOURCES_H

#include <stdint.h>

#include "base/err.h"
#include "conf.h"
#include "db.h"
#include "queue.h"

#define SOURCES_BURST          10
#define SOURCES_REST_MOST_MS   (6 * 3600 * 1000LL)
#define SOURCES_RETRY_AFTER_MOST_S (24 * 3600)
#define SOURCES_FORGET_MS      (24 * 3600 * 1000LL)     /* who has not been asked for a day starts afresh */

struct source_row {
    char    name[QUEUE_SOURCE_BYTES], error_kind[24], error_text[480];
    int64_t trips, open_until_ms, probe_task_id, free_at_ms;
};

/* Are the budgets well-formed ("youtube=240,*=600")? ERR_INPUT. */
int sources_check_budgets(const char *budgets, struct err *e);

/* Pages per hour; 0: no limit. */
int64_t sources_budget(const char *budgets, const char *name);

/* [tx] A task of this source was claimed: it uses up budget, and of a half-open source it is the one that tries. */
int sources_take(struct db *db, const struct claim *c, const char *budgets, struct err *e);

/* [tx] The attempt ended. NULL: well; otherwise with *why, which may close the breaker (the source answered, if only
 * that the video is gone), open it, or say nothing about the source. */
int sources_heard(struct db *db, const char *name, int64_t task_id, const struct err *why, int64_t rest_s,
                  struct err *e);

/* Those that rest, or whose budget is used up, at now_ms: at most max. Returns the count or -1. */
int sources_list(struct db *db, int64_t now_ms, struct source_row *rows, int max, struct err *e);

/* [tx] Ends a rest by hand. ERR_NOT_FOUND. */
int sources_wake(struct db *db, const char *name, struct err *e);

/* [tx] The wall clock was set. */
int sources_shift(struct db *db, int64_t by_ms, struct err *e);

/* Those that neither rest nor have been asked lately. */
int sources_forget(struct db *db, struct err *e);

/* [tx] Probes whose task no longer runs try nothing. */
int sources_free_probes(struct db *db, struct err *e);

#endif
