#include "media.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "json.h"
#include "proc.h"

#define LINE_BYTES       16384
#define MEMORY_MAX_BYTES (768LL << 20)
#define SCRATCH_BYTES    (256LL << 20)  /* what the program puts there at most */

struct talking {
    struct run *run;
    double      from, to, fraction;
    cJSON      *result;
    struct err  error;          /* what the program reported; kind ERR_NONE until then */
};

static int on_line(void *arg, char *line, struct err *e)
{
    struct talking *t = arg;
    cJSON *doc = NULL;

    if (json_parse(&doc, line, strlen(line), &json_limits_tool, e))
        return 0;       /* no reply of ours; the exit code decides */
    const cJSON *error = json_member(doc, "error");
    if (error)
        err_set(&t->error, err_kind_named(json_text(error, "kind", "system")), "%s",
                json_text(error, "detail", "the media program failed"));
    if (json_member(doc, "result")) {
        cJSON_Delete(t->result);
        t->result = cJSON_DetachItemFromObjectCaseSensitive(doc, "result");
    }
    const double progress = json_number(doc, "progress", -1);
    cJSON_Delete(doc);
    if (progress >= 0)
        t->fraction = t->from + (t->to - t->from) * progress;
    return run_tick(t->run, t->fraction, e);
}

static void on_error_line(void *arg, const char *line)
{
    char quoted[1024];

    (void)arg;
    log_line(LOG_WARN, "media", "line=%s", log_quote(quoted, sizeof quoted, line));
}

static int on_tick(void *arg, struct err *e)
{
    const struct talking *t = arg;
    return run_tick(t->run, t->fraction, e);
}

/* dubplate-media lies beside this program. */
static int program_path(char *out, size_t size, struct err *e)
{
    char self[PATH_MAX - 64];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n < 0)
        return err_errno(e, "cannot find my own path");
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(out, size, "%s/dubplate-media", self);
    return access(out, X_OK) ? err_errno(e, "cannot run %s", out) : 0;
}

static const char *full_path(const struct run *r, const char *name)
{
    return name[0] == '/' ? name : run_path(r, name);
}

enum { FD_IN, FD_OUT, FD_SECOND, FD_WAVEFORM, FD_SPECTROGRAM, FD_SCRATCH, FDS };     /* as its descriptors 3, 4, … */

static int create(const struct run *r, const char *name, int *fd, struct err *e)
{
    if (!name)
        return 0;
    unlink(full_path(r, name));
    *fd = open(full_path(r, name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *fd < 0 ? err_errno(e, "cannot create %s", name) : 0;
}

/* If there is room for it beside what is to be kept free, and the file system has files without a name. */
static int scratch_file(const struct run *r)
{
    const int64_t needed = (r->conf->min_free_mb << 20) + 2 * SCRATCH_BYTES;
    struct statvfs disk;

    if (statvfs(r->work, &disk) || (int64_t)disk.f_bavail * (int64_t)disk.f_frsize < needed)
        return -1;
    return open(r->work, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* Those that there are; the others stay -1, but for an output, which is /dev/null then. A second input may be missing.
 */
static int open_files(const struct run *r, const struct media_call *c, int fds[FDS], struct err *e)
{
    fds[FD_IN] = open(full_path(r, c->input), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fds[FD_IN] < 0)
        return err_errno(e, "cannot open %s", c->input);
    if (!c->output)
        fds[FD_OUT] = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (c->second)
        fds[FD_SECOND] = open(full_path(r, c->second), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (c->scratch)
        fds[FD_SCRATCH] = scratch_file(r);
    return create(r, c->output, &fds[FD_OUT], e) || create(r, c->waveform, &fds[FD_WAVEFORM], e) ||
           create(r, c->spectrogram, &fds[FD_SPECTROGRAM], e) ? -1 : 0;
}

/* A partial file must never reach the next stage. */
static void remove_outputs(const struct run *r, const struct media_call *c)
{
    const char *const names[] = { c->output, c->waveform, c->spectrogram };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i])
            unlink(full_path(r, names[i]));
}

static int outcome(struct talking *t, const struct proc_result *p, struct err *e)
{
    if (p->exit_code > 128)
        return err_set(e, ERR_CRASHED, "the media program was killed by signal %d", p->exit_code - 128);
    if (t->error.kind) {
        *e = t->error;
        return -1;
    }
    if (p->exit_code || !t->result)
        return err_set(e, ERR_SYSTEM, "the media program ended with exit code %d and no result", p->exit_code);
    return 0;
}

int media_run(struct run *r, const struct media_call *call, cJSON *request, double from, double to, cJSON **result,
              struct err *e)
{
    struct talking t = { .run = r, .from = from, .to = to, .fraction = from };
    char program[PATH_MAX], *input = cJSON_PrintUnformatted(request);
    const char *const env[] = { r->mark, "LANG=C.UTF-8", NULL };
    struct proc_result p = { 0 };
    int fds[FDS] = { -1, -1, -1, -1, -1, -1 }, rc = -1;

    *result = NULL;
    cJSON_Delete(request);
    if (program_path(program, sizeof program, e) || open_files(r, call, fds, e))
        goto out;
    const char *const argv[] = { program, call->command, NULL };
    struct proc_spec spec = {
        .argv = argv, .env = env, .cwd = "/", .input = input, .fd_count = FDS,
        .timeout_ms = r->conf->task_timeout_s * 1000, .line_bytes = LINE_BYTES,
        .limit_file_bytes = call->output_max_bytes,
#ifndef DUBPLATE_ASAN       /* its shadow memory alone takes terabytes of address space */
        .limit_memory_bytes = MEMORY_MAX_BYTES,
#endif
        .limit_cpu_s = r->conf->task_timeout_s * get_nprocs(),
        .on_line = on_line, .on_error_line = on_error_line, .tick = on_tick,
        .arg = &t,
    };
    memcpy(spec.fds, fds, sizeof fds);
    rc = proc_run(&spec, &p, e);
    r->cpu_ms += p.cpu_ms;
    if (rc == 0)
        rc = outcome(&t, &p, e);
out:
    for (int i = 0; i < FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    cJSON_free(input);
    if (rc)
        remove_outputs(r, call);
    if (rc == 0)
        *result = t.result;
    else
        cJSON_Delete(t.result);
    return rc;
}
