#include "crew.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#define STACK_BYTES (1 << 20)

static struct {
    pthread_mutex_t lock;
    pthread_cond_t  changed;        /* a task was posted or done, or a thread has arrived */
    struct crew_task *first, **last;
    int started, arrived;
    int threads, busy;              /* helpers that may work, and that do */
} crew = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER,
           .last = &crew.first };

/* The lock is held before and after, not while the task runs. */
static void run_first(void)
{
    struct crew_task *task = crew.first;

    if ((crew.first = task->next) == NULL)
        crew.last = &crew.first;
    pthread_mutex_unlock(&crew.lock);
    task->run(task->arg);
    pthread_mutex_lock(&crew.lock);
    task->done = true;
}

static void *help(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&crew.lock);
    crew.arrived++;
    pthread_cond_broadcast(&crew.changed);
    for (;;) {
        if (crew.first != NULL && crew.busy < crew.threads) {
            crew.busy++;
            run_first();
            crew.busy--;
            pthread_cond_broadcast(&crew.changed);
        } else {
            pthread_cond_wait(&crew.changed, &crew.lock);
        }
    }
    return NULL;
}

int crew_start(int helpers, struct fault *f)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);      /* signals are the first thread's */
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (int i = 0; i < helpers && error == 0; i++)
        if ((error = pthread_create(&thread, &attributes, help, NULL)) == 0)
            crew.started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    /* Whatever a new thread asks of the kernel, it has asked now. */
    pthread_mutex_lock(&crew.lock);
    while (crew.arrived < crew.started)
        pthread_cond_wait(&crew.changed, &crew.lock);
    pthread_mutex_unlock(&crew.lock);
    if (error != 0)
        return fault_set(f, FAULT_SYSTEM, "No threads can be started: %s.", strerror(error));
    return 0;
}

void crew_limit(int threads)
{
    pthread_mutex_lock(&crew.lock);
    crew.threads = threads - 1 < crew.started ? threads - 1 : crew.started;
    pthread_mutex_unlock(&crew.lock);
}

int crew_threads(void)
{
    return crew.threads + 1;
}

void crew_post(struct crew_task *task, void (*run)(void *arg), void *arg)
{
    *task = (struct crew_task){ .run = run, .arg = arg, .posted = true };
    pthread_mutex_lock(&crew.lock);
    *crew.last = task;
    crew.last = &task->next;
    pthread_cond_broadcast(&crew.changed);
    pthread_mutex_unlock(&crew.lock);
}

void crew_wait(struct crew_task *task)
{
    if (!task->posted)
        return;
    pthread_mutex_lock(&crew.lock);
    while (!task->done) {
        if (crew.first != NULL)
            run_first();
        else
            pthread_cond_wait(&crew.changed, &crew.lock);
    }
    task->posted = false;
    pthread_mutex_unlock(&crew.lock);
}
