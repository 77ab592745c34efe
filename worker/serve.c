/*
 * `dubplate serve NGINX_CONF`: the whole stack in one place, for machines and containers without systemd: binds the
 * handlers' sockets, starts nginx, the handlers and the worker, and replaces what dies. On SIGTERM nginx goes first,
 * so that nothing new comes in, then the rest; the worker drains. Children are told by the kernel when this process
 * dies, so even kill -9 leaves nothing behind.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "installation.h"
#include "workers.h"

#define MAX_PROCESSES 32
#define BACKLOG       1024
#define QUICK_MS      2000      /* what dies sooner after its start waits before the next one */
#define BACKOFF_MS    1000
#define EXIT_CONFIG   78

enum role { HANDLER, WORKER, NGINX };

/* Submits wait for the disk in turn, so one more process than that needs keeps reads going. */
static const struct program { const char *name; enum role role; int instances; } programs[] = {
    { "jobs", HANDLER, 3 },  { "queue", HANDLER, 1 },  { "tracks", HANDLER, 1 }, { "whitelist", HANDLER, 1 },
    { "auth", HANDLER, 1 },  { "system", HANDLER, 1 }, { "sessions", HANDLER, 1 },
    { "preview", HANDLER, 1 }, { "worker", WORKER, 1 }, { "nginx", NGINX, 1 },
};

struct process {
    const struct program *program;
    int     socket;                 /* what a handler listens on; -1 */
    pid_t   pid;                    /* 0: not running */
    int64_t started_ms, next_ms;    /* when it may start again */
};

struct stack {
    const struct conf *conf;
    const char        *nginx_conf;
    char               bin[PATH_MAX];       /* directory of this program */
    struct process     list[MAX_PROCESSES];
    int                count, signal_fd;
    bool               stopping, failed;
    int                lock_fd;             /* one per DATA_DIR: a second would take the sockets away */
    int64_t            kill_ms;
};

static int listen_at(const struct conf *conf, const char *name, struct err *e)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/run/%s.sock", conf->data_dir, name);

    if (n >= (int)sizeof address.sun_path)
        return err_set(e, ERR_INPUT, "DATA_DIR is too long for a socket in it (%d of %zu bytes): choose a shorter path",
                       n, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(address.sun_path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || chmod(address.sun_path, 0660) ||
        listen(fd, BACKLOG)) {
        err_errno(e, "cannot listen at %s", address.sun_path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

static void exec_program(const struct stack *s, const struct process *p, pid_t parent)
{
    char path[PATH_MAX + 64];
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    switch (p->program->role) {
    case HANDLER:
        dup2(p->socket, 0);
        snprintf(path, sizeof path, "%s/cgi/%s.fcgi", s->bin, p->program->name);
        execl(path, p->program->name, (char *)NULL);
        break;
    case WORKER:
        snprintf(path, sizeof path, "%s/dubplate", s->bin);
        execl(path, "dubplate", "worker", (char *)NULL);
        break;
    case NGINX:
        snprintf(path, sizeof path, "%s/log/nginx.log", s->conf->data_dir);
        execlp("nginx", "nginx", "-e", path, "-c", s->nginx_conf, "-g", "daemon off;", (char *)NULL);
        execl("/usr/sbin/nginx", "nginx", "-e", path, "-c", s->nginx_conf, "-g", "daemon off;", (char *)NULL);
        break;
    }
    log_line(LOG_ERROR, "exec_failed", "program=%s detail=\"%s\"", p->program->name, strerror(errno));
    _exit(EXIT_CONFIG);
}

static void start(struct stack *s, struct process *p)
{
    const pid_t parent = getpid();

    p->started_ms = clock_boot_ms();
    p->pid = fork();
    if (p->pid == 0)
        exec_program(s, p, parent);
    if (p->pid < 0) {
        log_line(LOG_ERROR, "fork_failed", "detail=\"%s\"", strerror(errno));
        p->pid = 0;
        p->next_ms = p->started_ms + BACKOFF_MS;
    }
}

static void start_missing(struct stack *s)
{
    for (int i = 0; i < s->count; i++)
        if (!s->list[i].pid && !s->stopping && clock_boot_ms() >= s->list[i].next_ms)
            start(s, &s->list[i]);
}

static void tell(const struct stack *s, enum role role, int sig)
{
    for (int i = 0; i < s->count; i++)
        if (s->list[i].pid && s->list[i].program->role == role)
            kill(s->list[i].pid, sig);
}

static void stop_all(struct stack *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->kill_ms = clock_boot_ms() + (s->conf->drain_s + 5) * 1000;
}

/* Again and again: a signal that comes between a handler's check and its accept() is lost on it. */
static void tell_to_stop(const struct stack *s)
{
    tell(s, NGINX, SIGTERM);
    tell(s, HANDLER, SIGTERM);
    tell(s, WORKER, SIGTERM);
}

static void reap(struct stack *s)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < s->count; i++) {
            struct process *p = &s->list[i];
            if (p->pid != pid)
                continue;
            const int64_t now_ms = clock_boot_ms();
            p->pid = 0;
            p->next_ms = now_ms - p->started_ms < QUICK_MS ? now_ms + BACKOFF_MS : now_ms;
            if (s->stopping)
                continue;
            log_line(LOG_WARN, "process_ended", "program=%s pid=%d %s=%d", p->program->name, (int)pid,
                     WIFSIGNALED(status) ? "signal" : "exit_code",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            if (WIFEXITED(status) && (WEXITSTATUS(status) == EXIT_CONFIG || p->program->role == NGINX)) {
                s->failed = true;       /* it has said why; starting it again does not help */
                stop_all(s);
            }
        }
}

static int running(const struct stack *s)
{
    int n = 0;

    for (int i = 0; i < s->count; i++)
        n += s->list[i].pid != 0;
    return n;
}

static void loop(struct stack *s)
{
    struct signalfd_siginfo info;

    start_missing(s);
    while (!s->stopping || running(s) > 0) {
        struct pollfd p = { .fd = s->signal_fd, .events = POLLIN };
        poll(&p, 1, 500);
        while (read(s->signal_fd, &info, sizeof info) == sizeof info)
            if (info.ssi_signo != SIGCHLD)
                stop_all(s);
        reap(s);
        start_missing(s);
        if (s->stopping)
            tell_to_stop(s);
        if (s->stopping && clock_boot_ms() > s->kill_ms)
            for (int i = 0; i < s->count; i++)
                if (s->list[i].pid)
                    kill(s->list[i].pid, SIGKILL);
    }
}

static int add_processes(struct stack *s, int workers, struct err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        const struct program *p = &programs[i];
        int fd = -1;
        if (p->role == HANDLER && (fd = listen_at(s->conf, p->name, e)) < 0)
            return -1;
        const int n = p->role == WORKER ? workers : p->instances;
        for (int k = 0; k < n && s->count < MAX_PROCESSES; k++)
            s->list[s->count++] = (struct process){ .program = p, .socket = fd };
    }
    return 0;
}

static int begin(struct stack *s, int workers, struct err *e)
{
    sigset_t set;
    char self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n < 0)
        return err_errno(e, "cannot find my own path");
    self[n] = '\0';
    copy_text(s->bin, sizeof s->bin, dirname(self));
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    setenv("DATA_DIR", s->conf->data_dir, 1);      /* absolute from here on */
    if (installation_prepare(s->conf, e) || (s->lock_fd = workers_lock(s->conf->data_dir, "serve", e)) < 0)
        return -1;
    return add_processes(s, workers, e);
}

int cmd_serve(const struct conf *conf, int argc, char **argv)
{
    struct stack s = { .conf = conf };
    struct err e;

    if (argc < 1 || argc > 2) {
        fputs("usage: dubplate serve NGINX_CONF [WORKERS]\n", stderr);
        return 2;
    }
    s.nginx_conf = argv[0];
    const long workers = argc == 2 ? strtol(argv[1], NULL, 10) : 1;
    if (workers < 0 || workers > 16 ? err_set(&e, ERR_INPUT, "0 to 16 workers") : begin(&s, (int)workers, &e)) {
        log_err(LOG_ERROR, "start_failed", &e);
        return EXIT_CONFIG;
    }
    log_line(LOG_INFO, "serving", "port=%lld data_dir=%s", (long long)conf->port, conf->data_dir);
    loop(&s);
    log_line(LOG_INFO, "stopped", "failed=%d", s.failed);
    return s.failed;
}
