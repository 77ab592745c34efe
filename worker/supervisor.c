/*
 * `dubplate worker`: claims tasks, runs each in a process of its own, keeps their leases, notices what died, drains on
 * SIGTERM. Holds no media, parses nothing from outside, and stays small: it has to outlive everything else.
 *
 * Time here is a loop around poll(): a signal, or POLL_MS, wakes it. Looking whether the database changed costs a read
 * of shared memory, so an idle worker looks often and a submit waits little.
 */
#include "supervisor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "db.h"
#include "gates.h"
#include "installation.h"
#include "life_work.h"
#include "proc.h"
#include "run.h"
#include "sources.h"
#include "task.h"
#include "upkeep.h"
#include "workers.h"
#include "ytdlp/ytdlp.h"

#define MAX_CHILDREN      72            /* WORKER_CONCURRENCY and the other lanes' */
#define CLAIM_EVERY_MS    250           /* for what becomes due without a change: retries, schedules */
#define DISK_EVERY_MS     1000
#define SWEEP_EVERY_MS    1000
#define UPKEEP_EVERY_MS   20000
#define CHECKPOINT_EVERY_MS 1000
#define MAX_OWNERS        64
#define NOT_RUN_DELAY_MS  1000LL
#define CLOCK_DRIFT_MS    1000          /* between looks: more than slewing does */

struct child {
    pid_t        pid;                   /* 0: free */
    struct claim claim;
    char         lane[16];
    bool         told_to_stop;          /* drain: its end is not its fault */
};

struct supervisor {
    struct conf        conf;            /* ytdlp_path made absolute */
    struct db         *db;
    struct worker_row  row;
    struct upkeep      upkeep;
    char               self[PATH_MAX];
    struct child       children[MAX_CHILDREN];
    int                running, lock_fd, signal_fd;
    bool               draining, stop_sent, disk_is_low;
    int64_t            drain_until_ms;
    int64_t            data_version, clock_offset_ms;
    int64_t            claimed_ms, swept_ms, upkept_ms, checkpointed_ms, beaten_ms, disk_ms;
    char               boot_id[40];
    struct stat        ytdlp_stat;      /* of the program whose version was asked */
    pid_t              probe_pid;       /* the process that asks; 0: none */
    bool               probed;
    char               ytdlp_name[CONF_STR_BYTES];      /* YTDLP_PATH as set */
};

static bool elapsed(int64_t *since_ms, int64_t every_ms)
{
    const int64_t now_ms = clock_boot_ms();

    if (now_ms - *since_ms < every_ms)
        return false;
    *since_ms = now_ms;
    return true;
}

/* ---- children ---- */

/* In a forked child, before exec: dies with us, and knows the settings that we made absolute. */
static void become_child(const struct supervisor *s, pid_t parent)
{
    static char data_dir[CONF_STR_BYTES + 16], ytdlp[CONF_STR_BYTES + 16];
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    snprintf(data_dir, sizeof data_dir, "DATA_DIR=%s", s->conf.data_dir);
    snprintf(ytdlp, sizeof ytdlp, "YTDLP_PATH=%s", s->conf.ytdlp_path);
    putenv(data_dir);
    putenv(ytdlp);
}

static void exec_task(const struct supervisor *s, const struct claim *c, pid_t parent)
{
    char id[24], job[24], subject[24], attempt[24], mark[128], prefix[64];

    become_child(s, parent);
    snprintf(id, sizeof id, "%lld", (long long)c->task_id);
    snprintf(job, sizeof job, "%lld", (long long)c->job_id);
    snprintf(subject, sizeof subject, "%lld", (long long)c->subject_id);
    snprintf(attempt, sizeof attempt, "%lld", (long long)c->attempt);
    run_mark_prefix(&s->conf, c->task_id, prefix, sizeof prefix);
    snprintf(mark, sizeof mark, RUN_MARK "=%s%s:", prefix, attempt);
    putenv(mark);
    execl(s->self, "dubplate", "task", id, job, subject, c->kind, attempt, c->owner, (char *)NULL);
    _exit(127);
}

static void start_child(struct supervisor *s, const struct claim *c, const char *lane)
{
    struct child *slot = s->children;
    const pid_t parent = getpid();
    struct err e;

    while (slot->pid)
        slot++;
    const pid_t pid = fork();
    if (pid == 0)
        exec_task(s, c, parent);
    if (pid < 0) {
        log_line(LOG_ERROR, "fork_failed", "detail=\"%s\"", strerror(errno));
        if (life_released(s->db, c, 1000, &e))
            log_err(LOG_WARN, "release_failed", &e);
        return;
    }
    setpgid(pid, pid);      /* in both, so that it holds whoever runs first */
    *slot = (struct child){ .pid = pid, .claim = *c };
    copy_text(slot->lane, sizeof slot->lane, lane);
    s->running++;
    log_line(LOG_INFO, "task_started", "task=%lld kind=%s attempt=%lld pid=%d", (long long)c->task_id, c->kind,
             (long long)c->attempt, (int)pid);
}

/* This machine's trouble, not the task's: the program could not be started, or the outcome could not be written. */
static bool could_not_run(int status)
{
    return WIFEXITED(status) && (WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == TASK_NO_OUTCOME);
}

/* The same will most likely happen again, but the task is not to blame: 1, 2, 4 … 64 s. */
static int64_t not_run_delay_ms(const struct claim *c)
{
    return NOT_RUN_DELAY_MS << (c->attempt < 7 ? c->attempt - 1 : 6);
}

/* The process ended without having written an outcome; otherwise the fence tells, and there is nothing to do. */
static void child_died(struct supervisor *s, struct child *ch, int status)
{
    char how[64], prefix[64], mark[96];
    bool again = false;
    struct err e;

    /* Helpers in process groups of their own: those of this attempt, for by now another worker may have the task. */
    run_mark_prefix(&s->conf, ch->claim.task_id, prefix, sizeof prefix);
    snprintf(mark, sizeof mark, "%s%lld:", prefix, (long long)ch->claim.attempt);
    proc_kill_marked(RUN_MARK, mark, NULL);
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exit code %d", WEXITSTATUS(status));
    const bool put_back = ch->told_to_stop || could_not_run(status);
    const int rc = put_back ? life_released(s->db, &ch->claim, ch->told_to_stop ? 0 : not_run_delay_ms(&ch->claim), &e)
                            : life_crashed(s->db, &ch->claim, &s->conf, how, &again, &e);
    if (rc == 0)
        log_line(LOG_WARN, put_back ? "task_put_back" : "task_crashed", "task=%lld kind=%s how=\"%s\" again=%d",
                 (long long)ch->claim.task_id, ch->claim.kind, how, again);
    else if (e.kind != ERR_LOST)
        log_err(LOG_WARN, "task_outcome_not_written", &e);   /* the lease ends, and another sweep finds it */
}

static void reap(struct supervisor *s)
{
    siginfo_t info = { 0 };
    int status;

    /* Looked at before it is reaped: until then its number, and that of its group, cannot pass to another process. */
    for (; waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid; info.si_pid = 0) {
        const pid_t pid = info.si_pid;
        kill(-pid, SIGKILL);
        waitpid(pid, &status, 0);
        if (pid == s->probe_pid)
            s->probe_pid = 0;
        for (int i = 0; i < MAX_CHILDREN; i++)
            if (s->children[i].pid == pid) {
                if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                    child_died(s, &s->children[i], status);
                s->children[i].pid = 0;
                s->running--;
                s->claimed_ms = 0;      /* a free place: look at once */
            }
    }
}

static void heartbeat(struct supervisor *s)
{
    struct err e;

    for (int i = 0; i < MAX_CHILDREN; i++) {
        struct child *ch = &s->children[i];
        if (!ch->pid || queue_heartbeat(s->db, &ch->claim, s->conf.lease_s * 1000, &e) == 0)
            continue;
        if (e.kind == ERR_LOST)     /* ended a moment ago, or taken over because we hung: it has no business left */
            kill(-ch->pid, SIGKILL);
        else
            s->beaten_ms = 0;       /* the database is locked: again at once, and no sweep before it has worked */
    }
}

/* ---- claiming ---- */

/* Every lane has places of its own, so that no lane starves another: an hour of separation leaves the downloads alone,
 * and what frees disk space does not wait for what fills it. */
static const struct lane_rule {
    const char *name;
    int         places;             /* 0: WORKER_CONCURRENCY */
    int         places_beside;      /* where the worker serves "default" as well */
    bool        needs_disk;
} lane_rules[] = {
    { "default", 0, 0, true },
    { "slow", 0, 1, true },
    { "webhook", 2, 2, false },
    { "preview", 2, 2, false },     /* somebody waits for it */
    { "maintenance", 1, 1, false },
};

static const struct lane_rule *rule_of(const char *lane)
{
    for (size_t i = 0; i < ARRAY_LEN(lane_rules); i++)
        if (strcmp(lane_rules[i].name, lane) == 0)
            return &lane_rules[i];
    return &lane_rules[0];
}

static bool has_place(const struct supervisor *s, const char *lane)
{
    const struct lane_rule *rule = rule_of(lane);
    const bool beside = gates_list_has(s->conf.queue_names, "default");
    const int places = beside ? rule->places_beside : rule->places;
    int taken = 0;

    if (rule->needs_disk && s->disk_is_low)
        return false;
    for (int i = 0; i < MAX_CHILDREN; i++)
        if (s->children[i].pid && strcmp(s->children[i].lane, lane) == 0)
            taken++;
    return s->running < MAX_CHILDREN && taken < (places ? places : s->conf.worker_concurrency);
}

/* A misspelt lane would be served by nobody, and nobody would know. */
static int check_lanes(const char *names, struct err *e)
{
    char lanes[CONF_STR_BYTES], *rest = lanes, *lane;
    int count = 0;

    copy_text(lanes, sizeof lanes, names);
    while ((lane = strsep(&rest, ", "))) {
        if (*lane && strcmp(rule_of(lane)->name, lane) != 0)
            return err_set(e, ERR_INPUT, "QUEUE_NAMES: there is no lane %.40s", lane);
        count += *lane != '\0';
    }
    return count ? 0 : err_set(e, ERR_INPUT, "QUEUE_NAMES names no lane");
}

static void claim(struct supervisor *s)
{
    char lanes[CONF_STR_BYTES], *rest = lanes, *lane;
    struct claim c;
    struct err e;

    copy_text(lanes, sizeof lanes, s->conf.queue_names);
    while ((lane = strsep(&rest, ", "))) {
        int row = 1;
        while (*lane && row == 1 && has_place(s, lane)) {
            row = life_claim(s->db, &s->conf, lane, s->row.owner, &c, &e);
            if (row == 1)
                start_child(s, &c, lane);
            else if (row < 0)
                log_err(LOG_WARN, "claim_failed", &e);
        }
    }
}

static void promote(struct supervisor *s)
{
    struct err e;
    int n;

    while ((n = life_promote(s->db, &e)) > 0)
        ;
    if (n < 0)
        log_err(LOG_WARN, "promote_failed", &e);
}

static void claim_if_due(struct supervisor *s)
{
    const int64_t version = db_data_version(s->db);
    const bool changed = version != s->data_version;

    s->data_version = version;
    if (s->draining || !(elapsed(&s->claimed_ms, CLAIM_EVERY_MS) || changed))
        return;
    promote(s);
    claim(s);
}

/* ---- what the machine does to us ---- */

/* With a full disk nothing new is begun: it would fail, and what fails uses up attempts. */
static void look_at_disk(struct supervisor *s)
{
    const int64_t free_bytes = gates_free_bytes(&s->conf);
    const bool low = free_bytes < s->conf.min_free_mb << 20;

    if (low == s->disk_is_low)
        return;
    s->disk_is_low = low;
    log_line(low ? LOG_ERROR : LOG_INFO, low ? "disk_low" : "disk_has_room", "free_mb=%lld needed_mb=%lld",
             (long long)(free_bytes >> 20), (long long)s->conf.min_free_mb);
}

/* The wall clock may be set at any time. One worker follows it for all. */
static void look_at_clock(struct supervisor *s)
{
    const int64_t offset_ms = clock_wall_ms() - clock_boot_ms(), drift_ms = offset_ms - s->clock_offset_ms;
    struct err e;

    if (s->clock_offset_ms && drift_ms < CLOCK_DRIFT_MS && drift_ms > -CLOCK_DRIFT_MS)
        return;
    if (life_follow_clock(s->db, s->boot_id, &e))
        log_err(LOG_WARN, "clock_not_followed", &e);
    else
        s->clock_offset_ms = offset_ms;
}

/* ---- the others ---- */

/* Tasks of this owner go back: all of them if it is dead, those with an ended lease if it only hangs. */
static void rescue(struct supervisor *s, const char *owner, bool alive)
{
    const int64_t before_ms = alive ? clock_boot_ms() : INT64_MAX;
    struct claim c;
    struct err e;
    bool again;
    int row;

    while ((row = queue_next_orphan(s->db, owner, before_ms, &c, &e)) == 1) {
        if (life_crashed(s->db, &c, &s->conf, alive ? "its worker hangs" : "its worker died", &again, &e)) {
            if (e.kind != ERR_LOST)
                break;
            continue;
        }
        log_line(LOG_WARN, "task_rescued", "task=%lld kind=%s from=%s again=%d", (long long)c.task_id, c.kind, owner,
                 again);
        s->claimed_ms = 0;
    }
    if (row < 0)
        log_err(LOG_WARN, "rescue_failed", &e);
}

static void sweep(struct supervisor *s)
{
    static char owners[MAX_OWNERS][QUEUE_OWNER_BYTES];
    struct err e;

    const int n = queue_other_owners(s->db, s->row.owner, owners, MAX_OWNERS, &e);
    if (n < 0)
        log_err(LOG_WARN, "sweep_failed", &e);
    for (int i = 0; i < n; i++)
        rescue(s, owners[i], workers_alive(s->conf.data_dir, owners[i]));
    rescue(s, s->row.owner, true);      /* what could not be written when its process ended: nobody extends its lease */
}

static void forget_dead_workers(struct supervisor *s)
{
    static struct worker_row rows[MAX_OWNERS];
    struct err e;

    const int n = workers_list(s->db, rows, MAX_OWNERS, &e);
    for (int i = 0; i < n; i++)
        if (strcmp(rows[i].owner, s->row.owner) != 0 && !workers_alive(s->conf.data_dir, rows[i].owner))
            workers_remove(s->db, s->conf.data_dir, rows[i].owner, &e);
}

/* ---- which yt-dlp ---- */

/* YTDLP_PATH as the admin wrote it, to the program it names today. */
static void find_ytdlp(struct supervisor *s)
{
    struct err e;

    if (proc_find(s->row.ytdlp_path, sizeof s->row.ytdlp_path, s->ytdlp_name, &e))
        copy_text(s->row.ytdlp_path, sizeof s->row.ytdlp_path, s->ytdlp_name);      /* a job's error will say it */
    copy_text(s->conf.ytdlp_path, sizeof s->conf.ytdlp_path, s->row.ytdlp_path);
}

/* The version that is shown is asked of the very path that is run, at start and whenever the file changes. By a process
 * of its own: the answer takes a second, or never comes. */
static void probe_ytdlp(struct supervisor *s)
{
    const pid_t parent = getpid();
    struct stat st = { 0 };

    find_ytdlp(s);
    stat(s->conf.ytdlp_path, &st);
    const bool known = s->ytdlp_stat.st_ino == st.st_ino && s->ytdlp_stat.st_mtime == st.st_mtime && s->probed;
    if (known || s->probe_pid)
        return;
    s->ytdlp_stat = st;
    s->probed = true;
    s->probe_pid = fork();
    if (s->probe_pid == 0) {
        become_child(s, parent);
        execl(s->self, "dubplate", "probe", s->row.owner, (char *)NULL);
        _exit(127);
    }
}

int cmd_probe(const struct conf *conf, int argc, char **argv)
{
    char work[RUN_PATH_BYTES], version[64];
    struct db *db = NULL;
    struct err e;

    if (argc != 1)
        return 2;
    snprintf(work, sizeof work, "%s/work", conf->data_dir);
    ytdlp_version(version, sizeof version, conf->ytdlp_path, work);
    log_line(version[0] ? LOG_INFO : LOG_ERROR, "ytdlp", "path=%s version=%s", conf->ytdlp_path,
             version[0] ? version : "none");
    int rc = db_open(&db, conf->db_path, &e);
    if (rc == 0)
        rc = workers_set_ytdlp(db, argv[0], conf->ytdlp_path, version, &e);
    if (rc)
        log_err(LOG_WARN, "worker_row_failed", &e);
    db_close(&db);
    return rc ? 1 : 0;
}

/* ---- life ---- */

static void begin_drain(struct supervisor *s)
{
    if (s->draining)
        return;
    s->draining = true;
    s->drain_until_ms = clock_boot_ms() + s->conf.drain_s * 1000;
    log_line(LOG_INFO, "draining", "running=%d seconds=%lld", s->running, (long long)s->conf.drain_s);
}

static void stop_children(struct supervisor *s)
{
    s->stop_sent = true;
    for (int i = 0; i < MAX_CHILDREN; i++)
        if (s->children[i].pid) {
            s->children[i].told_to_stop = true;
            kill(-s->children[i].pid, SIGKILL);     /* its own children die with it; partial files stay for the next */
        }
}

static void read_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (read(s->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(s);
        else
            begin_drain(s);
    }
}

static void loop(struct supervisor *s)
{
    while ((!s->draining || s->running > 0) && !db_is_dead(s->db)) {
        struct pollfd p = { .fd = s->signal_fd, .events = POLLIN };
        poll(&p, 1, (int)s->conf.poll_ms);
        read_signals(s);
        if (elapsed(&s->disk_ms, DISK_EVERY_MS))
            look_at_disk(s);
        claim_if_due(s);
        if (elapsed(&s->beaten_ms, s->conf.lease_s * 1000 / 4))
            heartbeat(s);
        if (s->beaten_ms && elapsed(&s->swept_ms, SWEEP_EVERY_MS))
            sweep(s);
        if (elapsed(&s->checkpointed_ms, CHECKPOINT_EVERY_MS))
            upkeep_checkpoint(&s->upkeep);
        if (upkeep_is_ours(&s->upkeep))
            look_at_clock(s);
        if (elapsed(&s->upkept_ms, UPKEEP_EVERY_MS) && !s->draining) {
            upkeep_run(&s->upkeep);
            forget_dead_workers(s);
            probe_ytdlp(s);
        }
        if (s->draining && !s->stop_sent && clock_boot_ms() > s->drain_until_ms)
            stop_children(s);
    }
}

static int block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Of this boot of the machine: times of the boot clock mean nothing in another. */
static int read_boot_id(char *out, size_t size, struct err *e)
{
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (!f || !fgets(out, (int)size, f))
        err_errno(e, "cannot read the boot id");
    else
        out[strcspn(out, "\n")] = '\0';
    if (f)
        fclose(f);
    return *out ? 0 : -1;
}

static int begin(struct supervisor *s, struct err *e)
{
    char random[ID_SECRET_BYTES];

    if (check_lanes(s->conf.queue_names, e) || sources_check_budgets(s->conf.source_budgets, e) ||
        installation_prepare(&s->conf, e))
        return -1;
    const ssize_t n = readlink("/proc/self/exe", s->self, sizeof s->self - 1);
    if (n < 0)
        return err_errno(e, "cannot find my own path");
    if (read_boot_id(s->boot_id, sizeof s->boot_id, e))
        return -1;
    copy_text(s->ytdlp_name, sizeof s->ytdlp_name, s->conf.ytdlp_path);
    find_ytdlp(s);
    id_secret(random);
    snprintf(s->row.owner, sizeof s->row.owner, "%.48s-%d-%.8s", s->conf.worker_name, (int)getpid(), random);
    copy_text(s->row.name, sizeof s->row.name, s->conf.worker_name);
    copy_text(s->row.queue_names, sizeof s->row.queue_names, s->conf.queue_names);
    s->row.concurrency = s->conf.worker_concurrency;
    s->lock_fd = workers_lock(s->conf.data_dir, s->row.owner, e);
    if (s->lock_fd < 0 || db_open(&s->db, s->conf.db_path, e))
        return -1;
    s->upkeep = (struct upkeep){ .db = s->db, .conf = &s->conf, .lock_fd = -1 };
    return workers_add(s->db, &s->row, e);
}

int cmd_worker(const struct conf *conf, int argc, char **argv)
{
    static struct supervisor s;
    struct err e;

    (void)argv;
    if (argc) {
        fputs("usage: dubplate worker\n", stderr);
        return 2;
    }
    s = (struct supervisor){ .conf = *conf, .lock_fd = -1 };
    s.signal_fd = block_signals();
    if (begin(&s, &e)) {
        log_err(LOG_ERROR, "start_failed", &e);
        /* A lock or a full disk may pass: EX_TEMPFAIL of sysexits.h, and the starter tries again. Else EX_CONFIG. */
        return e.kind == ERR_BUSY || e.kind == ERR_DISK ? 75 : 78;
    }
    log_line(LOG_INFO, "worker_started", "owner=%s concurrency=%lld queues=%s", s.row.owner,
             (long long)s.conf.worker_concurrency, s.conf.queue_names);
    loop(&s);
    if (db_is_dead(s.db)) {         /* its file can no longer be trusted through this handle; children die with us */
        log_line(LOG_ERROR, "database_dead", "owner=%s", s.row.owner);
        return 75;      /* EX_TEMPFAIL: the starter tries again */
    }
    if (workers_remove(s.db, s.conf.data_dir, s.row.owner, &e))
        log_err(LOG_WARN, "worker_row_failed", &e);
    db_close(&s.db);
    log_line(LOG_INFO, "worker_stopped", "owner=%s", s.row.owner);
    return 0;
}
