#include "run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "json.h"
#include "workdir.h"

#define TICK_MS       500
#define NETWORK_TRIES 3         /* after the first */

int run_tick(struct run *r, double fraction, struct err *e)
{
    const int64_t now_ms = clock_boot_ms();
    const double percent = r->percent_done + r->percent_weight * (fraction > 1 ? 1 : fraction);

    if (fraction >= 0 && percent > r->shown.percent)    /* estimates may fall; what is shown does not */
        r->shown.percent = percent;
    if (now_ms - r->ticked_ms < TICK_MS)
        return 0;
    r->ticked_ms = now_ms;
    r->shown.stage = r->stage;
    if (life_tick(r->db, &r->claim, &r->shown, e) == 0)
        return 0;
    if (e->kind == ERR_LOST || e->kind == ERR_CANCELLED || e->kind == ERR_PAUSED)
        return -1;
    log_err(LOG_WARN, "progress_not_written", e);   /* a busy or full database is no reason to throw work away */
    return 0;
}

/* Sleeps, and hears when it is to stop. */
static int wait_for(struct run *r, int64_t ms, struct err *e)
{
    const int64_t until_ms = clock_boot_ms() + ms;

    for (int64_t left; (left = until_ms - clock_boot_ms()) > 0;) {
        const struct timespec t = { .tv_nsec = (left < 200 ? left : 200) * 1000000 };
        nanosleep(&t, NULL);
        if (run_tick(r, -1, e))
            return -1;
    }
    return 0;
}

int run_patiently(struct run *r, int (*attempt)(void *arg, struct err *e), void *arg, struct err *e)
{
    int64_t wait_ms = r->conf->network_retry_ms;
    struct err unsaid;

    for (int tries = 0;; tries++, wait_ms *= 2) {
        const int rc = attempt(arg, e);
        if (rc == 0 || e->kind != ERR_NETWORK || tries == NETWORK_TRIES || e->retry_after_s * 1000 > wait_ms)
            return rc;
        log_err(LOG_WARN, "stage_repeated", e);
        if (life_note(r->db, &r->claim, "repeated", r->stage, e, &unsaid) && unsaid.kind == ERR_LOST)
            return err_set(e, ERR_LOST, "%s", unsaid.text);
        if (wait_for(r, wait_ms, e))
            return -1;
    }
}

void run_book_stage(struct run *r, const char *state)
{
    struct err e;

    if (queue_stage(r->db, &r->claim, r->stage, r->position, state, clock_boot_ms() - r->stage_started_ms, r->cpu_ms,
                    &e))
        log_err(LOG_WARN, "stage_not_booked", &e);
}

const char *run_path(const struct run *r, const char *name)
{
    static char paths[4][RUN_PATH_BYTES + 80];
    static int next;
    char *p = paths[next++ % 4];

    snprintf(p, sizeof paths[0], "%s/%s", r->work, name);
    return p;
}

const cJSON *run_output(const struct run *r, const char *stage)
{
    return json_member(r->state, stage);
}

const char *run_tenant(const struct run *r)
{
    return jobs_tenant(r->job.session_uuid);
}

void run_job_dir(const struct run *r, char *out, size_t size)
{
    workdir_of_job(&r->job, out, size);
}

void run_failpoint(const struct run *r, const char *stage, const char *when)
{
    const char *wanted = getenv("DUBPLATE_FAILPOINT"), *victim = getenv("DUBPLATE_FAILPOINT_VICTIM");
    char here[64], marker[RUN_PATH_BYTES];

    if (!wanted)
        return;
    snprintf(here, sizeof here, "stage:%s:%s", stage, when);
    snprintf(marker, sizeof marker, "%s/run/failpoint", r->conf->data_dir);
    const int fd = strcmp(wanted, here) ? -1 : open(marker, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    kill(victim && strcmp(victim, "worker") == 0 ? getppid() : getpid(), SIGKILL);
    pause();        /* the worker's death ends us as well */
}

/* Paths differ between installations, so their hash does; ids alone would not. */
void run_mark_prefix(const struct conf *conf, int64_t task_id, char *out, size_t size)
{
    char hash[ID_SHA256_BYTES];

    id_sha256(hash, conf->data_dir, strlen(conf->data_dir));
    snprintf(out, size, "%.12s:%lld:", hash, (long long)task_id);
}
