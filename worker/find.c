/*
 * find: a recording that is named and not linked is looked for on YouTube. One search, its first results, and the one
 * that fits best (match.h), if it fits well enough: a wrong song is worse than none.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json.h"
#include "learn.h"
#include "match.h"
#include "pages.h"

#define RESULTS          10
#define SEARCH_LONGEST_S 120

struct finding {
    struct run      *run;
    char             url[600];          /* ytsearch10:… */
    struct candidate results[RESULTS];
    int              count;
};

static int on_line(void *arg, char *line, struct err *e)
{
    struct ytdlp_entry entry = { .size_bytes = -1 };
    struct finding *f = arg;

    if (line[0] != '{' || f->count == RESULTS)
        return 0;
    if (ytdlp_read_entry(line, &entry, e) == 0 && !entry.refusal) {
        struct candidate *c = &f->results[f->count++];
        memset(c, 0, sizeof *c);
        copy_text(c->id, sizeof c->id, entry.info.source_id);
        copy_text(c->url, sizeof c->url, entry.info.url);
        copy_text(c->title, sizeof c->title, entry.title);
        copy_text(c->channel, sizeof c->channel, meta_text(&entry.meta, META_CHANNEL));
        copy_text(c->channel_id, sizeof c->channel_id, meta_text(&entry.meta, META_CHANNEL_ID));
        c->duration_ms = entry.info.duration_ms;
        c->view_count = meta_number(&entry.meta, META_VIEW_COUNT, -1);
        c->is_live = entry.is_live;
        c->rank = f->count;
    }
    ytdlp_entry_free(&entry);
    return 0;
}

static int on_tick(void *arg, struct err *e)
{
    return run_tick(((struct finding *)arg)->run, -1, e);
}

static int search(void *arg, struct err *e)
{
    struct finding *f = arg;
    const struct pages_reading reading = {
        .pages = { .url = f->url, .most = RESULTS }, .longest_s = SEARCH_LONGEST_S, .on_line = on_line,
        .tick = on_tick, .arg = f,
    };

    f->count = 0;
    return pages_read(f->run, &reading, e);
}

static void write_query(struct finding *f, const struct wanted *w)
{
    if (*w->query)
        snprintf(f->url, sizeof f->url, "ytsearch%d:%s", RESULTS, w->query);
    else
        snprintf(f->url, sizeof f->url, "ytsearch%d:%.200s %.300s", RESULTS,
                 *w->first_artist ? w->first_artist : w->artist, w->title);
}

/* What was found and how well it fits, the others with their scores: a person may judge for himself, above all where
 * nothing was taken (no url). */
static cJSON *report_of(const struct finding *f, const struct match *m, int64_t threshold)
{
    cJSON *o = cJSON_CreateObject();

    json_put_number(o, "score", f->count ? m->score : (double)NAN);
    json_put_int(o, "threshold", threshold);
    json_put_text(o, "url", m->best < 0 ? NULL : f->results[m->best].url);
    cJSON *list = json_put_array(o, "candidates");
    for (int i = 0; i < f->count; i++) {
        const struct candidate *c = &f->results[i];
        const struct match_parts *p = &m->parts[i];
        cJSON *row = cJSON_CreateObject(), *why;
        json_put_int(row, "score", p->score);
        json_put_text(row, "title", c->title);
        json_put_text(row, "channel", c->channel);
        json_put_text(row, "url", c->url);
        json_put_number(row, "duration_seconds", c->duration_ms < 0 ? (double)NAN : (double)c->duration_ms / 1000);
        why = json_put_object(row, "parts");
        json_put_int(why, "title", p->title);
        json_put_int(why, "artist", p->artist);
        json_put_int(why, "duration", p->duration);
        json_put_int(why, "channel", p->channel);
        json_put_int(why, "penalty", p->penalty);
        cJSON_AddItemToArray(list, row);
    }
    return o;
}

int learn_find(struct run *r, const struct wanted *wanted, char *url, size_t size, cJSON **match, struct err *e)
{
    const int threshold = (int)r->conf->match_threshold;
    struct finding *f = xcalloc(1, sizeof *f);
    struct match m;

    f->run = r;
    write_query(f, wanted);
    int rc = run_patiently(r, search, f, e);
    if (rc == 0) {
        match_best(wanted, f->results, (size_t)f->count, threshold, &m);
        *match = report_of(f, &m, threshold);
        if (m.best >= 0)
            copy_text(url, size, f->results[m.best].url);
        else if (f->count)
            rc = err_set(e, ERR_NO_MATCH, "no result fits well enough: the best of %d scores %d, %d are needed",
                         f->count, m.score, threshold);
        else
            rc = err_set(e, ERR_NO_MATCH, "YouTube finds nothing for \"%.200s\"", strchr(f->url, ':') + 1);
    }
    free(f);
    return rc;
}
