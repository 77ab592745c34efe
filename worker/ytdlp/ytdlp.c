#include "ytdlp.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define DATA_MAX_BYTES (1LL << 30)     /* Python takes 80 MB; a small page that unpacks to gigabytes ends here */

struct forward { const struct ytdlp_run *run; struct ytdlp_complaint *complaint; };

static int forward_line(void *arg, char *line, struct err *e)
{
    const struct forward *f = arg;

    if (ytdlp_note_traffic(f->complaint, line))
        return 0;
    return f->run->on_line ? f->run->on_line(f->run->arg, line, e) : 0;
}

static void forward_error(void *arg, const char *line)
{
    const struct forward *f = arg;
    char quoted[1024];

    ytdlp_note_line(f->complaint, line);
    log_line(LOG_DEBUG, "ytdlp", "line=%s", log_quote(quoted, sizeof quoted, line));
}

static int forward_tick(void *arg, struct err *e)
{
    const struct forward *f = arg;
    return f->run->tick ? f->run->tick(f->run->arg, e) : 0;
}

int ytdlp_run(const struct ytdlp_run *r, struct ytdlp_complaint *complaint, int64_t *cpu_ms, struct err *e)
{
    struct forward f = { r, complaint };
    char home[1200], tmp[1200];
    /* Nothing of ours leaks: no keys, no proxies, no Python paths. */
    const char *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1",
                                home, tmp, r->mark, NULL };
    struct proc_spec spec = {
        .argv = r->argv, .env = env, .cwd = r->dir, .timeout_ms = r->timeout_ms, .line_bytes = r->line_bytes,
        .limit_file_bytes = r->max_file_bytes, .limit_data_bytes = r->memory_bytes ? r->memory_bytes : DATA_MAX_BYTES,
        .limit_cpu_s = r->cpu_s ? r->cpu_s : r->timeout_ms / 1000, .on_line = forward_line,
        .on_error_line = forward_error, .tick = forward_tick, .arg = &f,
    };
    struct proc_result result;

    snprintf(home, sizeof home, "HOME=%s", r->dir);
    snprintf(tmp, sizeof tmp, "TMPDIR=%s", r->dir);
    memset(complaint, 0, sizeof *complaint);
    const int rc = proc_run(&spec, &result, e);
    *cpu_ms += result.cpu_ms;
    if (rc)
        return -1;
    return result.exit_code == 0 ? 0 : ytdlp_classify(complaint, result.exit_code, e);
}

static int keep_line(void *arg, char *line, struct err *e)
{
    (void)e;
    copy_text(arg, 64, line);
    return 0;
}

void ytdlp_version(char *out, size_t size, const char *path, const char *dir)
{
    const char *const argv[] = { path, "--ignore-config", "--version", NULL };
    char line[64] = "";
    struct ytdlp_run run = { .argv = argv, .dir = dir, .mark = "DUBPLATE_TASK=version", .timeout_ms = 10000,
                             .line_bytes = 64, .on_line = keep_line, .arg = line };
    struct ytdlp_complaint complaint;
    int64_t cpu_ms = 0;
    struct err e;

    if (ytdlp_run(&run, &complaint, &cpu_ms, &e)) {
        log_err(LOG_ERROR, "ytdlp_unusable", &e);
        line[0] = '\0';
    }
    copy_text(out, size, line);
}
