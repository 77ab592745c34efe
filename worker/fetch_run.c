#include "fetch_run.h"

#define PICTURE_MAX_BYTES (16 << 20)
#define PICTURE_LONGEST_S 60

static int tick(void *arg, int64_t bytes, int64_t total_bytes, int64_t speed_bps, struct err *e)
{
    (void)bytes, (void)total_bytes, (void)speed_bps;
    return run_tick(arg, -1, e);
}

int fetch_prepare(struct fetch *f, struct run *r, const char *url, struct err *e)
{
    const struct conf *c = r->conf;

    *f = (struct fetch){ .url = url, .max_bytes = c->max_file_size_mb << 20, .stall_s = c->stall_timeout_s,
                         .timeout_ms = c->task_timeout_s * 1000, .on_progress = tick, .arg = r };
    return net_allow_parse(&f->allow, c->allow_source_nets, e);
}

int fetch_picture(struct run *r, const char *url, const char *name, struct err *e)
{
    struct fetch_reply reply;
    struct fetch f;

    if (fetch_prepare(&f, r, url, e))
        return -1;
    f.max_bytes = PICTURE_MAX_BYTES;
    f.timeout_ms = PICTURE_LONGEST_S * 1000;
    return fetch_file(&f, run_path(r, name), &reply, e);
}

static int tick_only(void *arg, struct err *e)
{
    return run_tick(arg, -1, e);
}

static int patiently(void *arg, int (*attempt)(void *attempt_arg, struct err *e), void *attempt_arg, struct err *e)
{
    return run_patiently(arg, attempt, attempt_arg, e);
}

struct spotify fetch_spotify(struct run *r)
{
    return (struct spotify){ .conf = r->conf, .tick = tick_only, .patiently = patiently, .arg = r };
}
