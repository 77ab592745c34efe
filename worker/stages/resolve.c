/*
 * resolve: what does the link yield? A media file tells it itself (direct.h); for the rest yt-dlp is asked for the
 * metadata, once. The answer is kept as info.json in the work directory of the track, from which the download then
 * takes the streams without asking the site again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cache.h"
#include "direct.h"
#include "json.h"
#include "keep.h"
#include "net.h"
#include "run.h"
#include "source.h"
#include "url.h"
#include "ytdlp/args.h"
#include "ytdlp/lines.h"
#include "ytdlp/ytdlp.h"

#define RESOLVE_LONGEST_S 180       /* metadata that takes longer will not come */

struct resolving {
    struct run *run;
    int         entries;
    char       *first;          /* the first entry's line; owned */
};

static int on_line(void *arg, char *line, struct err *e)
{
    struct resolving *s = arg;

    if (line[0] != '{')
        return 0;
    if (++s->entries == 1)
        s->first = xstrdup(line);
    else if (s->entries > 1)
        return err_set(e, ERR_UNSUPPORTED, "the link leads to a list; give the link of one track of it");
    return 0;
}

static int on_tick(void *arg, struct err *e)
{
    return run_tick(((struct resolving *)arg)->run, -1, e);
}

/* The link was checked at submit; settings may have changed since, and only now are names looked up. Hosts of the
 * source table are named by us, not by a stranger. */
static int check_target(const struct run *r, const char *text, struct err *e)
{
    struct net_allow allow;
    struct url url;

    if (net_allow_parse(&allow, r->conf->allow_source_nets, e) || url_check(&url, text, &allow, e))
        return -1;
    return source_host_is_known(url.host) ? 0 : net_check_host(&allow, url.host, e);
}

/* The hosts whose names have been looked up, so that thirty formats of one host cost one lookup. */
struct targets {
    struct net_allow  allow;
    int               count;
    char              hosts[16][256];
};

static int check_one(void *arg, const char *text, bool is_picture, struct err *e)
{
    struct targets *t = arg;
    char authority[300];
    struct url url;

    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        return 0;       /* yt-dlp refuses files by itself; what else there is goes nowhere from here */
    /* Scheme and host only: signed addresses are longer than any link that people submit. */
    const size_t scheme = (size_t)(strstr(text, "://") - text) + 3, n = scheme + strcspn(text + scheme, "/?#");
    snprintf(authority, sizeof authority, "%.*s", (int)(n < 290 ? n : 290), text);
    if (url_check(&url, authority, &t->allow, e))
        return err_set(e, ERR_UNSUPPORTED, "the page leads to an address that is not fetched (%.200s)", authority);
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->hosts[i], url.host) == 0)
            return 0;
    if (is_picture || source_host_is_known(url.host) || t->count == (int)ARRAY_LEN(t->hosts))
        return 0;
    copy_text(t->hosts[t->count++], sizeof t->hosts[0], url.host);
    return net_check_host(&t->allow, url.host, e);
}

/* A public page may name private addresses as its streams and pictures: yt-dlp would fetch them. */
static int check_targets(const struct run *r, const char *line, struct err *e)
{
    struct targets t = { 0 };

    return net_allow_parse(&t.allow, r->conf->allow_source_nets, e) ? -1 : ytdlp_each_target(line, check_one, &t, e);
}

static int check_limits(const struct run *r, const struct ytdlp_entry *entry, struct err *e)
{
    const int64_t most = r->conf->max_file_size_mb << 20;

    if (entry->is_live)
        return err_set(e, ERR_LIVE, "this is a live stream or has not started yet");
    if (entry->info.duration_ms > r->conf->max_duration_s * 1000)
        return err_set(e, ERR_TOO_LARGE, "it lasts %lld s; the limit is %lld s",
                       (long long)(entry->info.duration_ms / 1000), (long long)r->conf->max_duration_s);
    if (entry->size_bytes > most)
        return err_set(e, ERR_TOO_LARGE, "it has %lld MB; the limit is %lld MB",
                       (long long)(entry->size_bytes >> 20), (long long)r->conf->max_file_size_mb);
    return 0;
}

/* The submitter's words win over the source's. */
static void apply_overrides(struct track_info *info, const struct spec *spec)
{
    const struct { char *to; size_t size; const char *from; } fields[] = {
        { info->title, sizeof info->title, spec->metadata.title },
        { info->artist, sizeof info->artist, spec->metadata.artist },
        { info->album, sizeof info->album, spec->metadata.album },
        { info->album_artist, sizeof info->album_artist, spec->metadata.album_artist },
        { info->genre, sizeof info->genre, spec->metadata.genre },
        { info->release_date, sizeof info->release_date, spec->metadata.date },
    };

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (*fields[i].from)
            copy_text(fields[i].to, fields[i].size, fields[i].from);
    if (spec->metadata.track_number)
        info->track_number = spec->metadata.track_number;
}

/* The track's work directory with what the download needs. A reference has no streams yet: its link is enough. */
static int hand_over(const struct run *r, const char *track_uuid, const struct ytdlp_entry *entry, const char *line,
                     struct err *e)
{
    char dir[RUN_PATH_BYTES], path[RUN_PATH_BYTES + 16];

    snprintf(dir, sizeof dir, "%s/work/%s", r->conf->data_dir, track_uuid);
    snprintf(path, sizeof path, "%s/info.json", dir);
    if (file_mkdirs(dir, e))
        return -1;
    return entry->is_reference ? 0 : file_write_atomic(path, line, strlen(line), e);
}

static int64_t resolve_timeout_ms(const struct conf *c)
{
    return 1000 * (c->task_timeout_s < RESOLVE_LONGEST_S ? c->task_timeout_s : RESOLVE_LONGEST_S);
}

static int ask(void *arg, struct err *e)
{
    struct resolving *s = arg;
    struct run *r = s->run;
    struct ytdlp_complaint complaint;
    struct ytdlp_args args;

    free(s->first);
    s->first = NULL;
    s->entries = 0;
    ytdlp_resolve_args(&args, r->conf->ytdlp_path, r->conf->ytdlp_config, r->job.url);
    const struct ytdlp_run run = {
        .argv = args.argv, .dir = r->work, .mark = r->mark, .timeout_ms = resolve_timeout_ms(r->conf),
        .max_file_bytes = 64 << 20, .line_bytes = json_limits_tool.max_bytes, .on_line = on_line, .tick = on_tick,
        .arg = s,
    };
    if (ytdlp_run(&run, &complaint, &r->cpu_ms, e))
        return -1;
    return s->first ? 0 : err_set(e, ERR_UNSUPPORTED, "there is nothing to download at this link");
}

static int resolve(struct resolving *s, struct err *e)
{
    struct run *r = s->run;
    char track_uuid[ID_UUID_BYTES];
    struct ytdlp_entry entry = { .is_reference = true };

    if (check_target(r, r->job.url, e))
        return -1;
    const int direct = direct_resolve(r, r->job.url, &entry.info, &entry.size_bytes, e);
    if (direct == DIRECT_NOT && (run_patiently(r, ask, s, e) || ytdlp_read_entry(s->first, &entry, e)))
        return -1;
    ytdlp_entry_free(&entry);       /* entry.info is all that a single track needs */
    if (direct == DIRECT_NOT && check_targets(r, s->first, e))
        return -1;
    if (direct < 0 || check_limits(r, &entry, e))
        return -1;
    if (!entry.info.url[0])
        copy_text(entry.info.url, sizeof entry.info.url, r->job.url);
    apply_overrides(&entry.info, &r->spec);
    id_uuid7(track_uuid);
    if (hand_over(r, track_uuid, &entry, s->first, e))
        return -1;
    const bool is_reference = direct == DIRECT_NOT && entry.is_reference;
    char key[ID_SHA256_BYTES];
    cache_result_key(key, "library", &entry.info, 0, &r->spec);
    const struct found found = { .uuid = track_uuid, .index = 1, .info = &entry.info, .result_key = key,
                                 .is_known = !is_reference, .may_share = r->spec.use_cache,
                                 .asks = is_reference ? ASKS_PAGE
                                         : keep_has(r, &entry.info) ? ASKS_NOTHING : ASKS_MEDIA };
    run_failpoint(r, "resolve", "end");
    run_book_stage(r, "done");
    return life_resolved(r->db, r->conf, &r->claim, &found, 1, NULL, NULL, e);
}

int task_resolve(struct run *r, struct err *e)
{
    struct resolving s = { .run = r };

    snprintf(r->work, sizeof r->work, "%s/work/%s", r->conf->data_dir, r->job.uuid);
    r->stage = "resolve";
    r->stage_started_ms = clock_boot_ms();
    r->shown = (struct queue_progress){ .downloaded_bytes = -1, .total_bytes = -1, .speed_bps = -1, .eta_s = -1 };
    run_failpoint(r, "resolve", "begin");
    int rc = file_mkdirs(r->work, e);
    if (rc == 0)
        rc = run_tick(r, 0, e);
    if (rc == 0)
        rc = resolve(&s, e);
    if (rc)
        run_book_stage(r, "failed");
    free(s.first);
    return rc;
}
