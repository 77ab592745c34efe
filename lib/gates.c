#include "gates.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

int64_t gates_free_bytes(const struct conf *conf)
{
    static const char *const below[] = { "", "/work", "/downloads" };
    int64_t least = INT64_MAX;
    char path[CONF_STR_BYTES + 16];
    struct statvfs v;

    for (size_t i = 0; i < ARRAY_LEN(below); i++) {
        snprintf(path, sizeof path, "%s%s", conf->data_dir, below[i]);
        if (statvfs(path, &v))
            continue;
        const int64_t free_bytes = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
        least = free_bytes < least ? free_bytes : least;
    }
    return least;
}

/* A hash of all that a sentence may be made of: what it says changes with time as well as with rows. */
static void set_tag(struct gates *g)
{
    struct buf b = BUF_INIT(65536);
    char hash[ID_SHA256_BYTES];

    for (int i = 0; i < g->lane_count; i++)
        buf_printf(&b, "%s %d\n", g->lanes[i].name, g->lanes[i].paused_at_ms != 0);
    for (int i = 0; i < g->source_count; i++) {
        const struct source_row *s = &g->sources[i];
        buf_printf(&b, "%s %d %lld %d %lld %lld\n", s->name, s->trips > 0, (long long)s->open_until_ms,
                   s->open_until_ms > g->now_ms, (long long)s->probe_task_id, (long long)s->free_at_ms);
    }
    for (int i = 0; i < g->worker_count; i++)
        buf_printf(&b, "%s\n", g->workers[i].queue_names);
    if (gates_disk_is_low(g))
        buf_printf(&b, "%lld", (long long)(g->free_bytes >> 20));
    id_sha256(hash, b.data ? b.data : "", b.len);
    snprintf(g->tag, sizeof g->tag, "%.16s", hash);
    buf_free(&b);
}

int gates_load(struct gates *g, struct db *db, const struct conf *conf, struct err *e)
{
    g->now_ms = clock_wall_ms();
    g->budgets = conf->source_budgets;
    g->free_bytes = gates_free_bytes(conf);
    g->needed_bytes = conf->min_free_mb << 20;
    g->lane_count = lanes_list(db, g->lanes, e);
    g->source_count = g->lane_count < 0 ? -1 : sources_list(db, g->now_ms, g->sources, GATES_MAX_SOURCES, e);
    const int n = g->source_count < 0 ? -1 : workers_list(db, g->workers, GATES_MAX_WORKERS, e);
    g->worker_count = 0;
    for (int i = 0; i < n; i++)
        if (workers_alive(conf->data_dir, g->workers[i].owner))
            g->workers[g->worker_count++] = g->workers[i];
    if (n < 0)
        return -1;
    set_tag(g);
    return 0;
}

bool gates_disk_is_low(const struct gates *g)
{
    return g->free_bytes < g->needed_bytes;
}

const struct lane *gates_lane(const struct gates *g, const char *name)
{
    for (int i = 0; i < g->lane_count; i++)
        if (strcmp(g->lanes[i].name, name) == 0)
            return &g->lanes[i];
    return NULL;
}

const struct source_row *gates_source(const struct gates *g, const char *name)
{
    for (int i = 0; i < g->source_count; i++)
        if (strcmp(g->sources[i].name, name) == 0)
            return &g->sources[i];
    return NULL;
}

bool gates_list_has(const char *list, const char *word)
{
    const size_t n = strlen(word);

    for (; *list; list += strcspn(list, ", "), list += strspn(list, ", "))
        if (strcspn(list, ", ") == n && strncmp(list, word, n) == 0)
            return true;
    return false;
}

bool gates_lane_is_served(const struct gates *g, const char *name)
{
    for (int i = 0; i < g->worker_count; i++)
        if (gates_list_has(g->workers[i].queue_names, name))
            return true;
    return false;
}
