#include "learn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "cache.h"
#include "json.h"
#include "net.h"
#include "pages.h"
#include "source.h"
#include "stages/direct.h"
#include "url.h"
#include "whitelist_check.h"

#define PAGE_LONGEST_S 180       /* metadata that takes longer will not come */

void learned_free(struct learned *l)
{
    meta_free(&l->meta);
    free(l->meta_json);
    l->meta_json = NULL;
}

/* ---- may it be fetched? ---- */

/* The link was checked at submit; settings may have changed since, and only now are names looked up. Hosts of the
 * source table are named by us, not by a stranger. */
int learn_check_link(const struct run *r, const char *text, struct err *e)
{
    struct net_allow allow;
    struct url url;

    if (net_allow_parse(&allow, r->conf->allow_source_nets, e) || url_check(&url, text, &allow, e))
        return -1;
    return source_host_is_known(url.host) ? 0 : net_check_host(&allow, url.host, e);
}

#define HOSTS_MOST     64       /* of one page; each costs a lookup */

/* The hosts whose names have been looked up, so that thirty formats of one host cost one lookup. */
struct targets {
    struct net_allow  allow;
    int               count;
    char              hosts[HOSTS_MOST][256];
    bool              lost[HOSTS_MOST];         /* nobody knows it: good enough for a picture */
};

static int check_target(void *arg, const char *text, bool is_picture, struct err *e)
{
    struct targets *t = arg;
    char authority[300];
    struct url url;

    if (strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0)
        return 0;       /* yt-dlp refuses files by itself; what else there is goes nowhere from here */
    /* Scheme and host only: signed addresses are longer than any link that people submit. */
    const size_t scheme = (size_t)(strstr(text, "://") - text) + 3, n = scheme + strcspn(text + scheme, "/?#");
    snprintf(authority, sizeof authority, "%.*s", (int)(n < 290 ? n : 290), text);
    if (url_check(&url, authority, &t->allow, e))
        return err_set(e, ERR_UNSUPPORTED, "the page leads to an address that is not fetched (%.200s)", authority);
    if (source_host_is_known(url.host))
        return 0;
    int i = 0;
    while (i < t->count && strcmp(t->hosts[i], url.host) != 0)
        i++;
    if (i < t->count && (is_picture || !t->lost[i]))
        return 0;
    if (i == HOSTS_MOST)
        return err_set(e, ERR_UNSUPPORTED, "the page leads to more than %d hosts", HOSTS_MOST);
    const bool refused = net_check_host(&t->allow, url.host, e) != 0;
    if (refused && (!is_picture || e->kind == ERR_INPUT))
        return -1;
    copy_text(t->hosts[i], sizeof t->hosts[0], url.host);
    t->lost[i] = refused;
    t->count += i == t->count;
    return 0;
}

/* A public page may name private addresses as its streams and pictures: yt-dlp would fetch them. */
static int check_targets(const struct run *r, const char *line, struct err *e)
{
    struct targets t = { 0 };

    return net_allow_parse(&t.allow, r->conf->allow_source_nets, e) ? -1
                                                                     : ytdlp_each_target(line, check_target, &t, e);
}

static int check_limits(const struct run *r, const struct ytdlp_entry *entry, struct err *e)
{
    const int64_t most = r->conf->max_file_size_mb << 20;

    if (entry->refusal)
        return err_set(e, entry->refusal, "%s", entry->refusal_text);
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

static int check_owner(const struct run *r, const struct track_info *info, const struct meta *m, bool must_say,
                       struct err *e)
{
    const struct who_clues clues = {
        .extractor_key = info->extractor, .page_url = info->url,
        .channel_id = meta_text(m, META_CHANNEL_ID), .channel_url = meta_text(m, META_CHANNEL_URL),
        .channel = meta_text(m, META_CHANNEL), .uploader_id = meta_text(m, META_UPLOADER_ID),
        .uploader_url = meta_text(m, META_UPLOADER_URL), .uploader = meta_text(m, META_UPLOADER),
    };
    struct who who = { .count = 0 };

    who_from_entry(&who, &clues);
    return who.count || must_say ? whitelist_check(r->db, r->conf, &who, e) : 0;
}

int learn_check_entry(const struct run *r, const struct ytdlp_entry *entry, bool must_say, struct err *e)
{
    return check_limits(r, entry, e) || check_owner(r, &entry->info, &entry->meta, must_say, e) ? -1 : 0;
}

int learn_check_host(const struct run *r, const char *url, struct err *e)
{
    struct who who;

    who_from_entry(&who, &(struct who_clues){ .page_url = url });
    if (strcmp(who.platform, "generic") == 0)       /* a file at an address that does not look like one */
        copy_text(who.platform, sizeof who.platform, "direct");
    return whitelist_check(r->db, r->conf, &who, e);
}

int learn_check_track(const struct run *r, struct err *e)
{
    cJSON *doc = r->track.meta_json ? cJSON_Parse(r->track.meta_json) : NULL;
    struct meta m = META_INIT;

    meta_from_json(&m, doc);
    const int rc = check_owner(r, &r->track.info, &m, true, e);
    meta_free(&m);
    cJSON_Delete(doc);
    return rc;
}

/* Where a platform streams the beginning only, its streams say so by their names. */
static int check_preview(const char *line, const struct ytdlp_entry *entry, struct err *e)
{
    cJSON *o = NULL;
    bool whole = false;
    int count = 0;

    if (strcasecmp(entry->info.extractor, "soundcloud") != 0 ||
        json_parse(&o, line, strlen(line), &json_limits_tool, e))
        return 0;
    const cJSON *formats = json_member(o, "formats");
    for (const cJSON *f = cJSON_IsArray(formats) ? formats->child : NULL; f; f = f->next, count++)
        whole = whole || !strstr(json_text(f, "format_id", ""), "preview");
    cJSON_Delete(o);
    return count && !whole ? err_set(e, ERR_PREVIEW_ONLY, "the source gives away its beginning only") : 0;
}

/* ---- one page ---- */

static bool recognise(const struct run *r, const char *text, struct source_link *link)
{
    struct net_allow allow;
    struct url url;
    struct err e;

    return net_allow_parse(&allow, r->conf->allow_source_nets, &e) == 0 && url_check(&url, text, &allow, &e) == 0 &&
           source_recognise(link, &url, &e) == 0;
}

void learn_number_id(struct track_info *info, int64_t place)
{
    const size_t size = sizeof info->source_id, used = strlen(info->source_id);
    char number[24];
    const size_t n = (size_t)snprintf(number, sizeof number, " #%lld", (long long)place);

    copy_text(info->source_id + (used + n < size ? used : size - 1 - n), n + 1, number);
}

/* What yt-dlp reads again by itself where a stream fails (with --abort-on-error in YTDLP_CONFIG), unasked and unjudged:
 * without this key it cannot. No value can be taken for the key: a quote in it is escaped. */
static char *without_page(const char *line)
{
    static const char key[] = "\"webpage_url\":";
    char *text = xstrdup(line);

    for (char *p = text; (p = strstr(p, key)); p++)
        p[1] = '_';
    return text;
}

/* The track's work directory with what the download needs. A reference has no streams yet: its link is enough. */
static int hand_over(const struct run *r, const char *track_uuid, const char *line, struct err *e)
{
    char dir[RUN_PATH_BYTES], path[RUN_PATH_BYTES + 16];

    snprintf(dir, sizeof dir, "%s/work/%s", r->conf->data_dir, track_uuid);
    snprintf(path, sizeof path, "%s/" INFO_FILE, dir);
    if (file_mkdirs(dir, e))
        return -1;
    char *text = line ? without_page(line) : NULL;
    const int rc = text ? file_write_atomic(path, text, strlen(text), e) : 0;
    free(text);
    return rc;
}

int learn_line(const struct run *r, const char *line, const struct ytdlp_entry *entry, const char *track_uuid,
               struct learned *out, struct err *e)
{
    cJSON *doc = NULL;

    if (learn_check_entry(r, entry, !entry->is_reference, e) || check_preview(line, entry, e) ||
        check_targets(r, line, e) || hand_over(r, track_uuid, entry->is_reference ? NULL : line, e))
        return -1;
    out->info = entry->info;
    out->is_known = !entry->is_reference;
    doc = meta_to_json(&entry->meta);
    meta_from_json(&out->meta, doc);
    cJSON_Delete(doc);
    return 0;
}

struct reading {
    struct run *run;
    const char *url;
    bool        numbers;        /* ids of this job's entries end in their place */
    int64_t     seen;
    char       *line;           /* the first, or the track's own; owned */
    bool        is_own;
};

/* Of a page with several recordings: is it the one that the track is? */
static bool is_own(const struct reading *p, const char *line)
{
    const struct track_info *track = &p->run->track.info;
    struct ytdlp_entry entry = { .size_bytes = -1 };
    bool is = false;
    struct err unsaid;

    if (*track->source_id && ytdlp_read_entry(line, &entry, &unsaid) == 0) {
        if (p->numbers)
            learn_number_id(&entry.info, entry.list_index > 0 ? entry.list_index : p->seen);
        is = entry.in_list && !entry.is_reference && strcmp(entry.info.source_id, track->source_id) == 0;
    }
    ytdlp_entry_free(&entry);
    return is;
}

static int on_line(void *arg, char *line, struct err *e)
{
    struct reading *p = arg;

    (void)e;
    if (line[0] != '{' || p->is_own)
        return 0;
    p->seen++;
    p->is_own = is_own(p, line);
    if (!p->line || p->is_own) {
        free(p->line);
        p->line = xstrdup(line);
    }
    return 0;
}

static int on_tick(void *arg, struct err *e)
{
    return run_tick(((struct reading *)arg)->run, -1, e);
}

static int read_page(void *arg, struct err *e)
{
    struct reading *p = arg;
    const struct pages_reading reading = {
        .pages = { .url = p->url, .most = *p->run->track.info.source_id ? p->run->conf->max_items : 1 },
        .longest_s = PAGE_LONGEST_S, .on_line = on_line, .tick = on_tick, .arg = p,
    };

    free(p->line);
    p->line = NULL;
    p->seen = 0;
    p->is_own = false;
    if (pages_read(p->run, &reading, e))
        return -1;
    return p->line ? 0 : err_set(e, ERR_UNSUPPORTED, "there is nothing to download at this link");
}

static int learn_by_ytdlp(struct run *r, const char *url, const char *track_uuid, struct learned *out, struct err *e)
{
    struct ytdlp_entry entry = { .size_bytes = -1 };
    struct reading p = { .run = r, .url = url };
    struct source_link job;

    p.numbers = r->job.is_list && recognise(r, r->job.url, &job) && strcmp(job.source, "generic") == 0;
    int rc = run_patiently(r, read_page, &p, e) || ytdlp_read_entry(p.line, &entry, e) ? -1 : 0;
    if (rc == 0 && entry.in_list && !p.is_own)
        rc = err_set(e, ERR_UNSUPPORTED, "this leads to a list, not to a track");
    if (rc == 0)
        rc = learn_line(r, p.line, &entry, track_uuid, out, e);
    if (rc == 0 && p.is_own)
        copy_text(out->info.source_id, sizeof out->info.source_id, r->track.info.source_id);
    r->has_read_page = rc == 0;
    ytdlp_entry_free(&entry);
    free(p.line);
    return rc;
}

int learn_again(struct run *r, struct err *e)
{
    struct learned l = { .meta = META_INIT };
    const int rc = learn_check_link(r, r->track.info.url, e) ||
                           learn_by_ytdlp(r, r->track.info.url, r->track.uuid, &l, e) ? -1 : 0;

    learned_free(&l);
    return rc;
}

int learn_page(struct run *r, const char *url, const char *track_uuid, struct learned *out, struct err *e)
{
    struct ytdlp_entry entry = { .size_bytes = -1, .info.duration_ms = -1 };

    if (learn_check_link(r, url, e))
        return -1;
    const int direct = direct_resolve(r, url, &entry.info, &entry.size_bytes, e);
    if (direct == DIRECT_NOT && learn_by_ytdlp(r, url, track_uuid, out, e))
        return -1;
    if (direct < 0 || (direct == 0 && (check_limits(r, &entry, e) || hand_over(r, track_uuid, NULL, e))))
        return -1;
    if (direct == 0) {
        out->info = entry.info;
        out->is_known = true;
        meta_set(&out->meta, META_TITLE, entry.info.title, META_FROM_GUESS);
    }
    if (!out->info.url[0])
        copy_text(out->info.url, sizeof out->info.url, url);
    return 0;
}

/* Of the words about one track, a list takes those that fit all of its tracks. */
static void add_spec(const struct run *r, bool in_list, struct meta *m)
{
    struct spec spec = r->spec;

    if (in_list) {
        spec.metadata.title[0] = '\0';
        spec.metadata.track_number = 0;
    }
    meta_from_spec(m, &spec);
}

/* The same recording with a song's own words around it is another file. */
static char *told_by_spotify(const struct meta *m)
{
    static const enum meta_text texts[] = { META_TITLE, META_ARTIST, META_ALBUM, META_ALBUM_ARTIST, META_DATE,
                                            META_ISRC };
    static const enum meta_number numbers[] = { META_TRACK_NUMBER, META_DISC_NUMBER };
    char *told = xstrdup("");

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (m->texts[texts[i]].from == META_FROM_SPOTIFY) {
            char *longer = xasprintf("%s%zu %s\n", told, i, m->texts[texts[i]].value);
            free(told);
            told = longer;
        }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (m->numbers[numbers[i]].from == META_FROM_SPOTIFY) {
            char *longer = xasprintf("%s%zu %lld\n", told, i, (long long)m->numbers[numbers[i]].value);
            free(told);
            told = longer;
        }
    return told;
}

void learn_conclude(const struct run *r, int64_t item_index, struct learned *l)
{
    if (item_index && l->meta.numbers[META_TRACK_NUMBER].from < META_FROM_LIST)
        meta_set_number(&l->meta, META_TRACK_NUMBER, item_index, META_FROM_LIST);
    add_spec(r, item_index > 0, &l->meta);
    meta_to_info(&l->meta, &l->info);
    cJSON *doc = meta_to_json(&l->meta);
    free(l->meta_json);
    l->meta_json = cJSON_PrintUnformatted(doc);
    cJSON_Delete(doc);
    char *told = told_by_spotify(&l->meta);
    if (r->spec.album_gain && item_index)
        l->result_key[0] = '\0';       /* it is the album's, whose other tracks no key says */
    else
        cache_result_key(l->result_key, run_tenant(r), &l->info, item_index, told, &r->spec);
    free(told);
}
