/*
 * resolve: what does the link yield? One track, or the entries of a list, which become tracks while the rest is still
 * being read: nothing grows with the length of a list but the database. Lists in a list are read after it, each in its
 * turn, and go on with its numbering; one level deep. A single track's page is read here and kept as info.json in its
 * work directory, from which the download takes the streams without asking the site again; the pages of a list's
 * entries are read by their own tasks (learn.c).
 */
#include "resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cache.h"
#include "fetch_run.h"
#include "inner.h"
#include "json.h"
#include "keep.h"
#include "learn.h"
#include "net.h"
#include "pages.h"
#include "places.h"
#include "run.h"
#include "source.h"
#include "url.h"
#include "workdir.h"
#include "ytdlp/lines.h"

#define SILENCE_LONGEST_S 180       /* entries that take longer will not come */
#define BATCH             20        /* entries that are stored in one transaction */
#define BATCH_MS          300       /* … or as many as came within this time */
#define INNER_FILE        "lists.json"

/* An entry, until it is stored. */
struct item {
    int64_t     index;
    char        uuid[ID_UUID_BYTES], asked[QUEUE_SOURCE_BYTES];
    struct learned learned;
    char       *wanted_json;        /* owned; NULL */
    struct err  refused;            /* kind ERR_NONE: it is not */
    enum asks   asks;
};

struct resolving {
    struct run        *run;
    resolve_taker     *take;
    void              *arg;
    struct source_link link;
    char               url[URL_MAX_BYTES + 1];      /* that is read: the link, or the list that it names */
    bool               whole;           /* the list is wanted, where the link names a track as well */
    bool               is_list;
    bool               inside;          /* of one of the lists in it: the next of `inner` */
    struct inner       inner;
    struct places      places;
    int64_t            most, seen;      /* entries: wanted, and met so far in the list that is being read */
    int64_t            lists;           /* … of which are lists, and have no place of their own */
    int64_t            last;            /* the highest place that was given */
    bool               cut;             /* there are more than wanted */
    char               complaint[200];  /* about entries that are not there */
    char               title[801];
    int64_t            items;           /* as the source says; -1 */
    char              *first;           /* the line of a single track; owned */
    struct item        batch[BATCH];
    int                count;
    int64_t            batch_ms, line_ms;           /* boot clock: of the batch's first entry, of the last line */
};

/* ---- what was found, on its way into the database ---- */

static void forget_batch(struct resolving *s)
{
    for (int i = 0; i < s->count; i++) {
        learned_free(&s->batch[i].learned);
        cJSON_free(s->batch[i].wanted_json);
    }
    s->count = 0;
}

/* Of what nobody took no page is left behind either. */
static void drop_batch(struct resolving *s)
{
    for (int i = 0; i < s->count; i++)
        workdir_remove(s->run->conf, s->batch[i].uuid);
    forget_batch(s);
}

static struct found found_of(const struct resolving *s, const struct item *i)
{
    return (struct found){
        .uuid = i->uuid, .index = i->index, .info = &i->learned.info, .meta_json = i->learned.meta_json,
        .wanted_json = i->wanted_json, .result_key = *i->learned.result_key ? i->learned.result_key : NULL,
        .is_known = i->learned.is_known, .may_share = s->run->spec.use_cache, .asks = i->asks,
        .asked = *i->asked ? i->asked : NULL, .refused = i->refused.kind ? &i->refused : NULL,
    };
}

/* A page that was read has left what its download needs. Of files that are there already nothing is downloaded, nor of
 * an entry that an earlier attempt has found. */
static void drop_unneeded(const struct run *r, const struct findings *f)
{
    struct err e;

    for (int i = 0; i < f->count; i++) {
        const int state = f->items[i].is_known ? tracks_work_state(r->db, f->items[i].uuid, &e) : WORK_OPEN;
        if (state == WORK_ENDED || state == WORK_UNKNOWN)
            workdir_remove(r->conf, f->items[i].uuid);
    }
}

static int store_in_db(void *arg, const struct findings *f, struct err *e)
{
    struct run *r = arg;

    if (f->last) {
        run_failpoint(r, "resolve", "end");
        run_book_stage(r, "done");
    }
    const int rc = f->last ? life_resolved(r->db, r->conf, &r->claim, f->items, f->count, f->list, f->note, e)
                           : life_found(r->db, r->conf, &r->claim, f->items, f->count, f->list, e);
    if (rc == 0)
        drop_unneeded(r, f);
    return rc;
}

/* The batch, and with `last` the end of it all. */
static int store(struct resolving *s, bool last, struct err *e)
{
    const struct listing list = { s->title, s->items };
    struct found found[BATCH];
    char note[200] = "";

    for (int i = 0; i < s->count; i++)
        found[i] = found_of(s, &s->batch[i]);
    if (s->cut)
        snprintf(note, sizeof note, "the list is longer; its first %lld entries are taken", (long long)s->most);
    else if (*s->complaint)
        snprintf(note, sizeof note, "not all of it could be read: %.160s", s->complaint);
    const struct findings findings = { .items = found, .count = s->count, .list = s->is_list ? &list : NULL,
                                       .note = *note ? note : NULL, .last = last };
    if (s->take(s->arg, &findings, e)) {
        drop_batch(s);
        return -1;
    }
    forget_batch(s);
    return 0;
}

static int store_if_full(struct resolving *s, struct err *e)
{
    const bool old = s->count && clock_boot_ms() - s->batch_ms > BATCH_MS;
    return s->count == BATCH || old ? store(s, false, e) : 0;
}

static struct item *next_item(struct resolving *s, int64_t index)
{
    struct item *i = &s->batch[s->count++];

    s->last = index > s->last ? index : s->last;
    *i = (struct item){ .index = index, .asks = ASKS_PAGE, .learned.info.duration_ms = -1 };
    id_uuid7(i->uuid);
    if (s->count == 1)
        s->batch_ms = clock_boot_ms();
    return i;
}

/* What a track still wants of its source, and who that is. */
static void set_asks(const struct resolving *s, struct item *i)
{
    struct source_link link;
    struct net_allow none = { 0 };
    struct url url;
    struct err e;

    if (i->learned.is_known)
        i->asks = keep_has(s->run, &i->learned.info) ? ASKS_NOTHING : ASKS_MEDIA;
    if (net_allow_parse(&none, s->run->conf->allow_source_nets, &e) == 0 &&
        url_check(&url, i->learned.info.url, &none, &e) == 0 && source_recognise(&link, &url, &e) == 0)
        copy_text(i->asked, sizeof i->asked, source_asked(url.host));
}

/* ---- lists ---- */

/* The place of an entry among all of the job: as it stands in its list, without the lists before it there. */
static int64_t place_of(const struct resolving *s, int64_t list_index)
{
    return s->inner.before + (list_index > 0 ? list_index : s->seen) - s->lists;
}

static int read_link(const struct resolving *s, const char *text, struct url *url, struct source_link *link,
                     struct err *e)
{
    struct net_allow allow;

    return net_allow_parse(&allow, s->run->conf->allow_source_nets, e) || url_check(url, text, &allow, e) ||
                   source_recognise(link, url, e)
               ? -1
               : 0;
}

/* Do both name the same? Then reading the one reads the other. */
static bool is_the_list(const struct resolving *s, const struct source_link *link, const struct url *url)
{
    char ours[URL_MAX_BYTES + 400], its[URL_MAX_BYTES + 400];

    cache_canonical(ours, sizeof ours, &s->link, s->run->job.url, s->whole);
    cache_canonical(its, sizeof its, link, url->text, false);
    return strcmp(ours, its) == 0 || strcmp(s->url, url->text) == 0;
}

/* An entry that is a list: 1 if it is kept for later, 0 if it is none, -1 if it is not taken. */
static int keep_list(struct resolving *s, const struct ytdlp_entry *entry, const struct source_link *link,
                     const struct url *url, struct err *e)
{
    const bool names_list = link->kind == SOURCE_LIST || link->kind == SOURCE_PROFILE;

    if (!entry->is_list && !names_list)
        return 0;
    if (s->inside || source_named(link->source)->way != SOURCE_BY_YTDLP)
        return err_set(e, ERR_UNSUPPORTED, "this entry is a list itself; submit it by its own link");
    if (is_the_list(s, link, url))
        return err_set(e, ERR_UNSUPPORTED, "this entry is the list that it stands in");
    if (inner_add(&s->inner, names_list && *link->list_url ? link->list_url : url->text) == INNER_FULL)
        return err_set(e, ERR_UNSUPPORTED, "there are more than %d lists in this one; submit the others by their own "
                                           "links", INNER_MOST);
    s->lists++;
    return 1;
}

/* A reference to another page, judged by its link alone: its name is looked up when its turn comes. As keep_list(). */
static int check_reference(struct resolving *s, const struct ytdlp_entry *entry, bool *is_file, struct err *e)
{
    struct source_link link;
    struct url url;

    if (read_link(s, entry->info.url, &url, &link, e))
        return -1;
    *is_file = source_named(link.source)->way == SOURCE_BY_FETCH;       /* a feed's: there is no page to read */
    return keep_list(s, entry, &link, &url, e);
}

/* Nothing that the entry is to blame for: a name that could not be looked up, a full disk. */
static bool is_trouble(enum err_kind kind)
{
    return kind == ERR_NETWORK || kind == ERR_TIMEOUT || kind == ERR_DISK || kind == ERR_BUSY || kind == ERR_SYSTEM;
}

static int add_entry(struct resolving *s, const char *line, const struct ytdlp_entry *entry, struct err *e)
{
    int64_t place = place_of(s, entry->list_index);
    struct err refused = { 0 }, unsaid;
    bool is_file = false;

    const int reference = entry->is_reference ? check_reference(s, entry, &is_file, &refused) : 0;
    if (reference > 0 || !places_find(&s->places, &entry->info, &place))
        return 0;
    struct item *i = next_item(s, place);
    cJSON *meta = meta_to_json(&entry->meta);
    i->refused = refused;
    i->learned.info = entry->info;
    i->learned.is_known = is_file;
    meta_from_json(&i->learned.meta, meta);
    cJSON_Delete(meta);
    /* Slides of a post come with their streams, and are all of one page; the others refer to pages of their own. */
    if (!entry->is_reference)
        learn_line(s->run, line, entry, i->uuid, &i->learned, &i->refused);
    if (!entry->is_reference && strcmp(s->link.source, "generic") == 0)
        learn_number_id(&i->learned.info, entry->list_index > 0 ? entry->list_index : s->seen);
    if (is_file)        /* as if it had been submitted by its own link */
        copy_text(i->learned.info.extractor, sizeof i->learned.info.extractor, "direct");
    if (entry->is_reference && reference == 0)
        learn_check_entry(s->run, entry, is_file, &i->refused);
    if (s->inside)      /* an album numbers its tracks by itself */
        meta_set_number(&i->learned.meta, META_TRACK_NUMBER, place - s->inner.before, META_FROM_LIST);
    if (i->refused.kind)
        i->learned.is_known = false;        /* who retries it has it judged again */
    if (is_trouble(i->refused.kind))
        i->refused.kind = ERR_NONE;         /* its own task judges it, and may try again */
    learn_conclude(s->run, i->index, &i->learned);
    if (!i->learned.is_known && learn_check_entry(s->run, entry, true, &unsaid))
        i->learned.result_key[0] = '\0';    /* of what is there nobody gets a file before its page says whose it is */
    set_asks(s, i);
    return store_if_full(s, e);
}

static int read_entry(struct resolving *s, const char *line, struct ytdlp_entry *entry, struct err *e)
{
    if (ytdlp_read_entry(line, entry, e)) {
        if (!s->is_list)
            return -1;
        struct item *i = next_item(s, place_of(s, -1));         /* one bad entry does not stop a list */
        i->refused = *e;
        return store_if_full(s, e);
    }
    if (s->inside)
        return add_entry(s, line, entry, e);
    if (!entry->in_list || spec_wants_one(&s->run->spec)) {
        s->first = xstrdup(line);
        return 0;
    }
    s->is_list = true;
    copy_text(s->title, sizeof s->title, entry->list_title);
    const int rc = add_entry(s, line, entry, e);
    /* Else it counts what was asked for; and what is in the lists in it, nobody has counted. */
    s->items = entry->list_items > s->most && !s->lists ? entry->list_items : -1;
    return rc;
}

static int on_line(void *arg, char *line, struct err *e)
{
    struct resolving *s = arg;
    struct ytdlp_entry entry = { .size_bytes = -1 };

    if (line[0] != '{')
        return 0;
    s->line_ms = clock_boot_ms();
    if (s->inner.before + ++s->seen > s->most) {
        s->cut = true;
        return 0;
    }
    if (s->first)
        return 0;
    const int rc = read_entry(s, line, &entry, e);
    ytdlp_entry_free(&entry);
    return rc;
}

static int on_tick(void *arg, struct err *e)
{
    struct resolving *s = arg;

    if (clock_boot_ms() - s->line_ms > SILENCE_LONGEST_S * 1000)
        return err_set(e, ERR_TIMEOUT, "the source said nothing for %d s", SILENCE_LONGEST_S);
    return store_if_full(s, e) || run_tick(s->run, -1, e) ? -1 : 0;
}

static bool has_some(const struct resolving *s)
{
    return s->inside ? s->seen > 0 : s->is_list;
}

/* What a list gave before it broke off stays; the rest is for another attempt. Only a post with pictures among its
 * slides is whole without them: yt-dlp goes on behind each, and complains in the end. */
static int break_off(struct resolving *s, struct err *e)
{
    struct err unsaid;

    if (!has_some(s))
        return -1;
    if (e->kind != ERR_NO_FORMAT) {
        store(s, false, &unsaid);
        return -1;
    }
    copy_text(s->complaint, sizeof s->complaint, e->text);
    return 0;
}

static int ask(void *arg, struct err *e)
{
    struct resolving *s = arg;
    struct run *r = s->run;
    const struct pages_reading reading = {
        .pages = { .url = s->url, .whole = s->whole,
                   .most = s->most - s->inner.before + !spec_wants_one(&r->spec) },
        .longest_s = r->conf->task_timeout_s, .on_line = on_line, .tick = on_tick, .arg = s,
    };

    drop_batch(s);
    free(s->first);
    s->first = NULL;
    s->seen = s->lists = 0;
    s->last = s->inner.before;
    if (!s->inside) {
        s->complaint[0] = '\0';
        inner_free(&s->inner);
    }
    s->line_ms = clock_boot_ms();
    if (places_begin(&s->places, r->db, s->take == store_in_db ? r->claim.job_id : 0, e))
        return -1;
    if (pages_read(r, &reading, e))
        return break_off(s, e);
    if (s->first || has_some(s))
        return 0;
    return err_set(e, ERR_UNSUPPORTED, !s->inside && (s->link.kind == SOURCE_ITEM || s->link.kind == SOURCE_ANY)
                                           ? "there is nothing to download at this link"
                                           : "the list is empty");
}

/* ---- lists in a list ---- */

/* Is it this list that cannot be read, and will not be, while the next one may? A source that refuses us refuses the
 * next one too; trouble that may pass is for the next attempt, except for the last one. */
static bool is_lost(const struct run *r, enum err_kind kind)
{
    const struct err_class *class = err_class(kind);
    const bool is_its_own = kind == ERR_INPUT || kind == ERR_SYSTEM ||
                            (kind >= ERR_UNSUPPORTED && kind <= ERR_OUTDATED_TOOL && !class->rest_scale);
    struct queue_standing standing;
    struct err unsaid;

    if (!is_its_own || !class->may_pass)
        return is_its_own;
    return queue_standing(r->db, &r->claim, &standing, &unsaid) == 0 && standing.failures >= r->conf->max_retries;
}

/* One failed track stands for all of it. */
static int add_lost(struct resolving *s, struct err *e)
{
    const struct err why = *e;

    if (store(s, false, e))         /* what came before it broke off */
        return -1;
    struct item *i = next_item(s, s->last + 1);
    i->refused = why;
    copy_text(i->learned.info.url, sizeof i->learned.info.url, s->url);
    learn_conclude(s->run, i->index, &i->learned);
    set_asks(s, i);
    return 0;
}

/* What an attempt has done the next one need not do, where it is written down; who only looks starts afresh. */
static int remember(const struct resolving *s, struct err *e)
{
    return s->take == store_in_db ? inner_save(&s->inner, run_path(s->run, INNER_FILE), e) : 0;
}

static int read_inner(struct resolving *s, struct err *e)
{
    struct run *r = s->run;

    copy_text(s->url, sizeof s->url, s->inner.urls[s->inner.next]);
    if ((learn_check_link(r, s->url, e) || run_patiently(r, ask, s, e)) && (!is_lost(r, e->kind) || add_lost(s, e)))
        return -1;
    if (store(s, false, e))
        return -1;
    s->inner.next++;
    s->inner.before = s->last;
    run_failpoint(r, "resolve", "inner");
    return remember(s, e);
}

static int read_inner_lists(struct resolving *s, struct err *e)
{
    s->inside = true;
    s->whole = false;
    s->items = -1;
    while (s->inner.next < s->inner.count && s->inner.before < s->most)
        if (read_inner(s, e))
            return -1;
    s->cut = s->cut || s->inner.next < s->inner.count;
    return store(s, true, e);
}

/* The list has been read: what is in it has its places from here on. */
static int begin_inner_lists(struct resolving *s, struct err *e)
{
    s->inner.before = s->last;
    s->inner.cut = s->cut;
    copy_text(s->inner.title, sizeof s->inner.title, s->title);
    return store(s, false, e) || remember(s, e) ? -1 : read_inner_lists(s, e);
}

static int go_on_with_inner_lists(struct resolving *s, struct err *e)
{
    s->is_list = true;
    s->last = s->inner.before;
    s->cut = s->inner.cut;
    copy_text(s->title, sizeof s->title, s->inner.title);
    return read_inner_lists(s, e);
}

/* ---- one track ---- */

static int end_with(struct resolving *s, struct item *i, struct err *e)
{
    if (!i->wanted_json) {
        learn_conclude(s->run, 0, &i->learned);
        set_asks(s, i);
    }
    return store(s, true, e);
}

static int resolve_one(struct resolving *s, struct err *e)
{
    struct item *i = next_item(s, 1);
    struct ytdlp_entry entry = { .size_bytes = -1 };

    int rc = ytdlp_read_entry(s->first, &entry, e);
    if (rc == 0)
        rc = learn_line(s->run, s->first, &entry, i->uuid, &i->learned, e);
    ytdlp_entry_free(&entry);
    if (rc == 0 && !i->learned.info.url[0])
        copy_text(i->learned.info.url, sizeof i->learned.info.url, s->url);
    return rc ? -1 : end_with(s, i, e);
}

static int resolve_page(struct resolving *s, struct err *e)
{
    if (s->take == store_in_db)
        inner_load(&s->inner, run_path(s->run, INNER_FILE));
    if (s->inner.count)
        return go_on_with_inner_lists(s, e);
    if (learn_check_link(s->run, s->url, e) || run_patiently(s->run, ask, s, e))
        return -1;
    if (!s->is_list)
        return resolve_one(s, e);
    return s->inner.count ? begin_inner_lists(s, e) : store(s, true, e);
}

/* A media file: nothing to ask yt-dlp for, unless it turns out to be a page. */
static int resolve_file(struct resolving *s, struct err *e)
{
    struct item *i = next_item(s, 1);

    if (learn_page(s->run, s->url, i->uuid, &i->learned, e) == 0)
        return end_with(s, i, e);
    return -1;
}

/* ---- what has to be looked for ---- */

static void add_wanted(struct resolving *s, const struct wanted *w, int64_t index)
{
    struct item *i = next_item(s, index);
    cJSON *doc = wanted_to_json(w);

    i->wanted_json = cJSON_PrintUnformatted(doc);
    cJSON_Delete(doc);
    copy_text(i->asked, sizeof i->asked, "youtube");
    meta_from_wanted(&i->learned.meta, w);
    if (!*w->title)
        meta_set(&i->learned.meta, META_TITLE, w->query, META_FROM_GUESS);
    learn_conclude(s->run, s->is_list ? index : 0, &i->learned);
    copy_text(i->learned.info.url, sizeof i->learned.info.url, w->url);
    i->learned.result_key[0] = '\0';        /* known when it is found */
}

static int resolve_search(struct resolving *s, struct err *e)
{
    struct wanted *w = xcalloc(1, sizeof *w);

    w->duration_ms = -1;
    copy_text(w->source, sizeof w->source, "search");
    copy_text(w->query, sizeof w->query, s->run->job.search_query);
    add_wanted(s, w, 1);
    free(w);
    return store(s, true, e);
}

static int on_spotify(void *arg, const struct wanted *w, int64_t index, const struct spotify_list *list, struct err *e)
{
    struct resolving *s = arg;

    s->items = list->total;
    copy_text(s->title, sizeof s->title, list->title);
    add_wanted(s, w, index);
    return store_if_full(s, e);
}

static int resolve_spotify(struct resolving *s, struct err *e)
{
    const struct spotify spotify = fetch_spotify(s->run);
    struct spotify_list list = { .total = -1 };
    struct err unsaid;

    s->is_list = s->link.kind == SOURCE_LIST;
    if (spotify_read(&spotify, s->link.form, s->link.id, s->most, &list, on_spotify, s, e)) {
        if (s->is_list && s->count)
            store(s, false, &unsaid);       /* what came before it broke off stays */
        return -1;
    }
    s->cut = list.total > list.given + list.skipped;
    if (list.given == 0)
        return err_set(e, ERR_UNSUPPORTED, "the list is empty");
    return store(s, true, e);
}

/* ---- the task ---- */

static int resolve(struct resolving *s, struct err *e)
{
    struct run *r = s->run;
    struct net_allow allow;
    struct url url;

    if (*r->job.search_query)
        return resolve_search(s, e);
    if (net_allow_parse(&allow, r->conf->allow_source_nets, e) || url_check(&url, r->job.url, &allow, e) ||
        source_recognise(&s->link, &url, e))
        return -1;
    const bool names_list = *s->link.list_url && !spec_wants_one(&r->spec);
    s->whole = spec_wants_list(&r->spec);
    const bool reads_list = names_list && (s->whole || s->link.kind != SOURCE_ITEM);
    copy_text(s->url, sizeof s->url, reads_list ? s->link.list_url : url.text);
    switch (source_named(s->link.source)->way) {
    case SOURCE_BY_SPOTIFY: return resolve_spotify(s, e);
    case SOURCE_BY_FETCH:   return resolve_file(s, e);
    case SOURCE_BY_YTDLP:   break;
    }
    return resolve_page(s, e);
}

int resolve_link(struct run *r, resolve_taker *take, void *arg, struct err *e)
{
    struct resolving *s = xcalloc(1, sizeof *s);

    s->run = r;
    s->take = take;
    s->arg = arg;
    s->items = -1;
    s->most = quota_smaller(spec_wants_one(&r->spec) ? 1 : r->spec.max_items ? r->spec.max_items : r->conf->max_items,
                            r->job.limits.max_items);
    r->stage = "resolve";
    r->stage_started_ms = clock_boot_ms();
    r->shown = (struct queue_progress){ .downloaded_bytes = -1, .total_bytes = -1, .speed_bps = -1, .eta_s = -1 };
    int rc = file_mkdirs(r->work, e);
    if (rc == 0)
        rc = run_tick(r, 0, e);
    if (rc == 0)
        rc = resolve(s, e);
    drop_batch(s);
    inner_free(&s->inner);
    free(s->first);
    free(s);
    return rc;
}

int task_resolve(struct run *r, struct err *e)
{
    snprintf(r->work, sizeof r->work, "%s/work/%s", r->conf->data_dir, r->job.uuid);
    run_failpoint(r, "resolve", "begin");
    const int rc = resolve_link(r, store_in_db, r, e);
    if (rc)
        run_book_stage(r, "failed");
    return rc;
}
