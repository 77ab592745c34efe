#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#define STOP_GRACE_MS    2000       /* between SIGTERM and SIGKILL */
#define ERROR_LINE_BYTES 4096

/* One of the child's output pipes, cut into lines. */
struct stream {
    int        fd;
    struct buf line;
};

struct child {
    const struct proc_spec *spec;
    pid_t         pid;
    int           pidfd;
    struct stream out, err;
    int64_t       started_ms, stop_ms;      /* stop_ms: when SIGTERM was sent; 0 */
    bool          killed;
    struct err    stop_reason;
};

/* `more` above the limit is the end without a word: at the limit itself the kernel says what it is (SIGXCPU). */
static void set_limit(int which, int64_t value, int64_t more)
{
    const struct rlimit r = { .rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)(value + more) };

    if (value > 0)
        setrlimit(which, &r);
}

/* In the child, after fork: only what is safe there. */
static void become(const struct proc_spec *s, pid_t parent, int in, int out, int err)
{
    int held[ARRAY_LEN(s->fds)];
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 0; i < s->fd_count; i++)       /* out of the way of the numbers they will get */
        held[i] = fcntl(s->fds[i], F_DUPFD, 64);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    for (int i = 0; i < s->fd_count; i++)
        if (held[i] < 0)
            close(3 + i);
        else
            dup2(held[i], 3 + i);
    syscall(SYS_close_range, 3 + s->fd_count, ~0U, 0);
    set_limit(RLIMIT_FSIZE, s->limit_file_bytes, 0);
    set_limit(RLIMIT_AS, s->limit_memory_bytes, 0);
    set_limit(RLIMIT_DATA, s->limit_data_bytes, 0);
    set_limit(RLIMIT_CPU, s->limit_cpu_s, 1);
    signal(SIGXFSZ, SIG_IGN);       /* a write past the limit is EFBIG, which programs report, not a death */
    if (chdir(s->cwd) == 0)
        execve(s->argv[0], (char *const *)(uintptr_t)s->argv, (char *const *)(uintptr_t)s->env);
    dprintf(2, "ERROR: cannot run %s: %s\n", s->argv[0], strerror(errno));
    _exit(127);
}

/* A file in memory, not a pipe: it takes all of it before anybody reads. */
static int open_input(const char *text)
{
    if (!text)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int fd = memfd_create("input", MFD_CLOEXEC);
    const size_t n = strlen(text);
    if (fd < 0 || (write(fd, text, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0))
        return fd;
    close(fd);
    return -1;
}

static int start(struct child *c, struct err *e)
{
    int out[2] = { -1, -1 }, err[2] = { -1, -1 };
    const int in = open_input(c->spec->input);
    const pid_t parent = getpid();

    if (in < 0 || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
        goto fail;
    c->pid = fork();
    if (c->pid < 0)
        goto fail;
    if (c->pid == 0)
        become(c->spec, parent, in, out[1], err[1]);
    setpgid(c->pid, c->pid);        /* in both, so that it holds whoever runs first */
    c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
    if (c->pidfd < 0) {     /* without it its end would not be noticed */
        kill(c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
        goto fail;
    }
    close(in);
    close(out[1]);
    close(err[1]);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    c->out = (struct stream){ out[0], BUF_INIT(c->spec->line_bytes) };
    c->err = (struct stream){ err[0], BUF_INIT(ERROR_LINE_BYTES) };
    return 0;
fail:
    err_errno(e, "cannot start %s", c->spec->argv[0]);
    for (int i = 0; i < 2; i++) {
        if (out[i] >= 0)
            close(out[i]);
        if (err[i] >= 0)
            close(err[i]);
    }
    if (in >= 0)
        close(in);
    return -1;
}

static void stop(struct child *c, const struct err *why)
{
    if (c->stop_ms)
        return;
    c->stop_reason = *why;
    c->stop_ms = clock_boot_ms();
    kill(-c->pid, SIGTERM);
}

static void deliver(struct child *c, struct stream *s)
{
    struct err e;

    if (s->line.len == 0)
        return;
    if (s == &c->err) {
        if (c->spec->on_error_line)
            c->spec->on_error_line(c->spec->arg, s->line.data);
    } else if (c->spec->on_line && !c->stop_ms && c->spec->on_line(c->spec->arg, s->line.data, &e)) {
        stop(c, &e);
    }
    buf_clear(&s->line);
}

/* Reads what is there; false at the end of the stream. A chatty child gets one block per turn, so that it cannot keep
 * us from ticking. */
static bool pump(struct child *c, struct stream *s)
{
    char block[16384];
    const ssize_t n = read(s->fd, block, sizeof block);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    for (ssize_t at = 0; at < n;) {
        const char *newline = memchr(block + at, '\n', (size_t)(n - at));
        const ssize_t end = newline ? newline - block : n;
        buf_add(&s->line, block + at, (size_t)(end - at));
        if (newline)
            deliver(c, s);
        at = end + 1;
    }
    return n > 0;
}

/* Once the leader is gone: what is still in the pipes, but not what stragglers may go on writing. */
static void drain(struct child *c, struct stream *s)
{
    for (int i = 0; s->fd >= 0 && i < 64 && pump(c, s); i++) {
        struct pollfd p = { .fd = s->fd, .events = POLLIN };
        if (poll(&p, 1, 0) <= 0)
            break;
    }
    deliver(c, s);
}

static void check_time(struct child *c)
{
    const int64_t now_ms = clock_boot_ms();
    struct err e;

    if (c->stop_ms) {
        if (!c->killed && now_ms - c->stop_ms > STOP_GRACE_MS) {
            kill(-c->pid, SIGKILL);
            c->killed = true;
        }
    } else if (c->spec->timeout_ms && now_ms - c->started_ms > c->spec->timeout_ms) {
        err_set(&e, ERR_TIMEOUT, "%s ran longer than %lld s", strrchr(c->spec->argv[0], '/') + 1,
                (long long)(c->spec->timeout_ms / 1000));
        stop(c, &e);
    } else if (c->spec->tick && c->spec->tick(c->spec->arg, &e)) {
        stop(c, &e);
    }
}

static void watch(struct child *c)
{
    int64_t ticked_ms = 0;

    for (;;) {
        struct pollfd p[3] = {
            { .fd = c->out.fd, .events = POLLIN },
            { .fd = c->err.fd, .events = POLLIN },
            { .fd = c->pidfd, .events = POLLIN },
        };
        poll(p, 3, PROC_TICK_MS);
        if (p[0].revents && !pump(c, &c->out))
            close(c->out.fd), c->out.fd = -1;
        if (p[1].revents && !pump(c, &c->err))
            close(c->err.fd), c->err.fd = -1;
        if (clock_boot_ms() - ticked_ms >= PROC_TICK_MS) {
            ticked_ms = clock_boot_ms();
            check_time(c);
        }
        if (p[2].revents)
            return;
    }
}

static void reap(struct child *c, struct proc_result *r)
{
    struct rusage u;
    int status = 0;

    kill(-c->pid, SIGKILL);         /* helpers that outlive their leader; before its number can pass on */
    while (wait4(c->pid, &status, 0, &u) < 0 && errno == EINTR)
        ;
    r->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    r->wall_ms = clock_boot_ms() - c->started_ms;
    r->cpu_ms = (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000LL + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static void close_stream(struct stream *s)
{
    if (s->fd >= 0)
        close(s->fd);
    buf_free(&s->line);
}

int proc_run(const struct proc_spec *spec, struct proc_result *result, struct err *e)
{
    struct child c = { .spec = spec, .started_ms = clock_boot_ms() };

    *result = (struct proc_result){ .exit_code = -1 };
    if (start(&c, e))
        return -1;
    watch(&c);
    drain(&c, &c.out);
    drain(&c, &c.err);
    reap(&c, result);
    close_stream(&c.out);
    close_stream(&c.err);
    close(c.pidfd);
    if (c.stop_ms) {
        *e = c.stop_reason;
        return -1;
    }
    return 0;
}

/* Does /proc/<pid>/environ hold name=prefix…, other than name=except? */
static bool is_marked(const char *pid, const char *name, const char *prefix, const char *except)
{
    char path[64], environment[32768];
    const size_t n = strlen(name);

    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t len = read(fd, environment, sizeof environment - 1);
    close(fd);
    if (len <= 0)
        return false;
    environment[len] = '\0';
    for (const char *p = environment; p < environment + len; p += strlen(p) + 1)
        if (strncmp(p, name, n) == 0 && p[n] == '=' && strncmp(p + n + 1, prefix, strlen(prefix)) == 0)
            return !except || strcmp(p + n + 1, except) != 0;
    return false;
}

int proc_kill_marked(const char *name, const char *prefix, const char *except)
{
    DIR *d = opendir("/proc");
    const struct dirent *entry;
    int count = 0;

    while (d && (entry = readdir(d))) {
        const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 1 || pid == getpid() || !is_marked(entry->d_name, name, prefix, except))
            continue;
        /* Hold on to the process, then look again: the number may have passed to another one. */
        const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (fd >= 0 && is_marked(entry->d_name, name, prefix, except) &&
            syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0) {
            struct pollfd p = { .fd = fd, .events = POLLIN };
            poll(&p, 1, 2000);      /* gone before we go on: it may be writing where we will */
            count++;
        }
        if (fd >= 0)
            close(fd);
    }
    if (d)
        closedir(d);
    return count;
}

int proc_find(char *out, size_t size, const char *program, struct err *e)
{
    char full[PATH_MAX];

    if (strchr(program, '/')) {
        if (!realpath(program, full) || access(full, X_OK))
            return err_errno(e, "cannot run %s", program);
        /* Not the resolved path: a wrapper may look at its own name. */
        if (program[0] == '/')
            copy_text(out, size, program);
        else
            copy_text(out, size, full);
        return 0;
    }
    const char *path = getenv("PATH");
    for (const char *p = path ? path : "/usr/local/bin:/usr/bin:/bin"; *p; p += strcspn(p, ":"), p += *p == ':') {
        snprintf(out, size, "%.*s/%s", (int)strcspn(p, ":"), p, program);
        if (access(out, X_OK) == 0)
            return 0;
    }
    return err_set(e, ERR_SYSTEM, "there is no program %s on PATH", program);
}
