/*
 * crew: a few threads that wait for work.
 *
 * They are started before the process is confined, because afterwards none can be: the filter
 * refuses clone, and covers them too (confine.h). Whoever waits for a task works meanwhile, so a
 * crew of nobody is a crew: everything then runs in the calling thread.
 *
 * One thread posts and waits. Tasks start in the order of posting.
 */
#ifndef DUBPLATE_MEDIA_CREW_H
#define DUBPLATE_MEDIA_CREW_H

#include <stdbool.h>

#include "fault.h"

#define CREW_MAX 16     /* threads, the first one included */

struct crew_task {
    void (*run)(void *arg);
    void *arg;
    struct crew_task *next;
    bool  posted, done;
};

/* Starts `helpers` threads beside the caller, for the life of the process. FAULT_SYSTEM. */
int crew_start(int helpers, struct fault *f);

/* How many threads may be at work from here on, the caller's included; no more than there are. */
void crew_limit(int threads);
int crew_threads(void);

/* Borrowed until crew_wait() returns. */
void crew_post(struct crew_task *task, void (*run)(void *arg), void *arg);

/* Returns when the task is done, at once if it was never posted. Runs what is posted while it is
 * not. */
void crew_wait(struct crew_task *task);

#endif
