/*
 * The process of one task: `dubplate task …`, started by the supervisor with the claim it won. Runs the program of the
 * task's kind and writes the outcome; the exit code tells the supervisor that it did. A crash in here is one failed
 * attempt and nothing more.
 */
#include "task.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "proc.h"
#include "run.h"
#include "workdir.h"

#define HOUSE_WAIT_MS  500          /* a job whose tasks still run is looked at again after this */
#define HOUSE_RETRY_MS 60000        /* files that could not be removed */
#define OUTCOME_TRIES  60           /* seconds in which a busy or full database may recover */

static int open_job(struct run *r, struct err *e);

static const struct kind {
    const char *name;
    int       (*run)(struct run *r, struct err *e);
    bool        keeps_house;        /* removes files; never gives up, and its end is not the job's */
    int       (*open)(struct run *r, struct err *e);
} kinds[] = {
    { "resolve", task_resolve, false, open_job },
    { "track", task_track, false, open_job },
    { "tidy", task_tidy, true, open_job },
    { "purge", task_purge, true, open_job },
    { "playlist", task_playlist, true, open_job },
    { "preview", task_preview, false, preview_open },
};

struct names { char **list; size_t count; };

static void add_name(struct names *n, const char *name)
{
    n->list = xrealloc(n->list, (n->count + 1) * sizeof *n->list);
    n->list[n->count++] = xstrdup(name);
}

static void free_names(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->list[i]);
    free(n->list);
}

static void add_track(void *arg, const struct track *t)
{
    add_name(arg, t->uuid);
}

/* What is queued goes on from what it has, and may begin at any moment. */
static void remove_ended(const struct run *r, const char *uuid)
{
    struct err e;
    const int state = tracks_work_state(r->db, uuid, &e);

    if (state >= 0 && state != WORK_OPEN)
        workdir_remove(r->conf, uuid);
}

/* Removes the job's work directories. */
static int clear_work(struct run *r, struct err *e)
{
    const struct track_filter all = { .job_id = r->claim.job_id, .limit = INT_MAX };
    struct names tracks = { 0 };

    const int rc = tracks_of_job(r->db, &all, add_track, &tracks, e);
    remove_ended(r, r->job.uuid);
    for (size_t i = 0; i < tracks.count; i++)
        remove_ended(r, tracks.list[i]);
    free_names(&tracks);
    return rc;
}

/* What the tasks of a job left that ended without a process of their own to clean up: cancelled while they waited, or
 * died too often. */
int task_tidy(struct run *r, struct err *e)
{
    const int running = queue_others_running(r->db, &r->claim, e);

    if (running)
        return running < 0 ? -1 : life_released(r->db, &r->claim, HOUSE_WAIT_MS, e);
    if (clear_work(r, e))
        return -1;
    workdir_remove_leftovers(r->db, r->conf, r->claim.job_id, NULL);
    return life_kept_house(r->db, &r->claim, e);
}

static void add_path(void *arg, const char *path)
{
    add_name(arg, path);
}

/* The files of a job that nobody else refers to. */
static int remove_files(struct run *r, struct err *e)
{
    struct names p = { 0 };
    bool is_last = false;

    int rc = tracks_paths_of_job(r->db, r->claim.job_id, add_path, &p, e);
    for (size_t i = 0; i < p.count && rc == 0; i++) {
        rc = life_let_go(r->db, &r->claim, p.list[i], &is_last, e);
        run_failpoint(r, "purge", "let-go");
        if (rc == 0 && is_last)
            workdir_remove_file(r->conf, p.list[i]);
        run_failpoint(r, "purge", "removed");
    }
    free_names(&p);
    return rc;
}

/* The files of a deleted job, then its row. */
int task_purge(struct run *r, struct err *e)
{
    bool clear = false;

    run_failpoint(r, "purge", "begin");
    if (life_clear_way(r->db, &r->claim, &clear, e))
        return -1;
    if (!clear)
        return life_released(r->db, &r->claim, HOUSE_WAIT_MS, e);
    if (clear_work(r, e) || remove_files(r, e))
        return -1;
    workdir_remove_leftovers(r->db, r->conf, r->claim.job_id, NULL);
    workdir_remove_playlists(r->conf, &r->job);
    if (*r->job.session_uuid)
        workdir_leave_session(r->db, r->conf, r->job.session_uuid);
    run_failpoint(r, "purge", "end");
    return life_purged(r->db, &r->claim, e);
}

/* What an attempt that did not succeed leaves: partial files and finished stages where it runs again, by itself or, for
 * KEEP_FAILED_H hours, by hand; else nothing. A full disk gets its room back in any case. */
static void clean_up(struct run *r, const struct err *why, bool again)
{
    const char *uuid = r->track.uuid[0] ? r->track.uuid : r->job.uuid;
    struct err e;
    const bool by_hand = err_class(why->kind)->may_pass && r->conf->keep_failed_h > 0 &&
                         tracks_work_state(r->db, uuid, &e) == WORK_FAILED;

    if (why->kind != ERR_DISK && (again || by_hand))
        return;
    workdir_remove(r->conf, r->track.uuid[0] ? r->track.uuid : r->job.uuid);
    if (r->track.uuid[0])
        workdir_remove_leftovers(r->db, r->conf, r->claim.job_id, r->track.uuid);
}

static int write_failure(struct run *r, const struct kind *kind, const struct err *why, bool *again, struct err *e)
{
    if (kind && kind->keeps_house) {
        *again = true;
        return life_released(r->db, &r->claim, HOUSE_RETRY_MS, e);
    }
    return life_failed(r->db, &r->claim, r->conf, why, again, e);
}

static int conclude_failure(struct run *r, const struct kind *kind, const struct err *why, struct err *e)
{
    char detail[600];
    bool again = false;
    int rc;

    if (why->kind == ERR_LOST)
        return err_set(e, ERR_LOST, "%s", why->text);
    for (int i = 0; (rc = write_failure(r, kind, why, &again, e)) && i < OUTCOME_TRIES && e->kind != ERR_LOST; i++)
        sleep(1);
    if (rc)
        return -1;
    const bool asked = why->kind == ERR_CANCELLED || why->kind == ERR_PAUSED;
    log_line(asked ? LOG_INFO : LOG_WARN, asked ? "task_stopped" : "task_failed", "kind=%s again=%d detail=%s",
             err_class(why->kind)->name, again, log_quote(detail, sizeof detail, why->text));
    clean_up(r, why, again);
    return 0;
}

static const struct kind *kind_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* The settings as they hold for this job: its session and its key may have less. Stages read no others. */
static void narrow_limits(struct run *r)
{
    static struct conf mine;

    mine = *r->conf;
    mine.max_duration_s = quota_smaller(r->job.limits.max_duration_s, mine.max_duration_s);
    mine.max_file_size_mb = quota_smaller(r->job.limits.max_file_mb, mine.max_file_size_mb);
    r->conf = &mine;
}

static int open_job(struct run *r, struct err *e)
{
    if (jobs_request(r->db, r->claim.job_id, &r->job, e))
        return -1;
    narrow_limits(r);
    return spec_from_stored(&r->spec, r->job.spec_json, e);
}

static int open_run(struct run *r, const struct kind *kind, struct err *e)
{
    char context[200], prefix[64];
    const struct claim *c = &r->claim;

    if (kind->open(r, e))
        return -1;
    snprintf(context, sizeof context, "job=%s task=%s attempt=%lld", r->job.uuid, r->claim.kind,
             (long long)r->claim.attempt);
    log_set_context(context);
    /* An earlier attempt's processes may live on where a worker died or hung: they would write where we will. */
    run_mark_prefix(r->conf, c->task_id, prefix, sizeof prefix);
    snprintf(r->mark, sizeof r->mark, RUN_MARK "=%s%lld:", prefix, (long long)c->attempt);
    const int killed = c->attempt > 1 ? proc_kill_marked(RUN_MARK, prefix, strchr(r->mark, '=') + 1) : 0;
    if (killed)
        log_line(LOG_WARN, "leftovers_killed", "processes=%d", killed);
    return 0;
}

static int64_t number(const char *s)
{
    return strtoll(s, NULL, 10);
}

int cmd_task(const struct conf *conf, int argc, char **argv)
{
    struct run r = { .conf = conf };
    struct err why = { 0 }, e = { 0 };

    if (argc != 6) {
        fputs("usage: dubplate task ID JOB SUBJECT KIND ATTEMPT OWNER (started by `dubplate worker`)\n", stderr);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    r.claim = (struct claim){ .task_id = number(argv[0]), .job_id = number(argv[1]), .subject_id = number(argv[2]),
                              .attempt = number(argv[4]) };
    copy_text(r.claim.kind, sizeof r.claim.kind, argv[3]);
    copy_text(r.claim.owner, sizeof r.claim.owner, argv[5]);
    int rc = db_open(&r.db, conf->db_path, &e);
    if (rc == 0) {
        const struct kind *kind = kind_named(r.claim.kind);
        if (!kind)
            err_set(&why, ERR_SYSTEM, "this version knows no task of kind %s", r.claim.kind);
        if (!kind || open_run(&r, kind, &why) || kind->run(&r, &why)) {
            rc = conclude_failure(&r, kind, &why, &e);
        } else if (!kind->keeps_house && !r.put_back) {
            log_line(LOG_INFO, "task_done", "kind=%s", r.claim.kind);
            workdir_remove(conf, r.track.uuid[0] ? r.track.uuid : r.job.uuid);
        }
    }
    if (rc)
        log_err(LOG_WARN, "task_lost", &e);
    cJSON_Delete(r.state);
    job_request_free(&r.job);
    track_free(&r.track);
    db_close(&r.db);
    return rc ? TASK_NO_OUTCOME : 0;
}
