#include "direct.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fetch_run.h"
#include "json.h"
#include "learn.h"
#include "source.h"

#define ENDING_MOST 5       /* letters of a file name's ending */

/* Is it a link that needs no looking at? Fills path with its segments. */
static bool is_direct(const struct fetch *f, struct source_path *path)
{
    struct source_link link;
    struct url url;
    struct err e;

    if (url_check(&url, f->url, &f->allow, &e) || source_recognise(&link, &url, &e) ||
        source_named(link.source)->way != SOURCE_BY_FETCH)
        return false;
    source_split(path, &url);
    return path->count > 0;
}

/* Pages for people, and lists of fragments: whatever the link ends in. Servers call files that they do not know
 * text/plain or nothing. */
static bool is_for_ytdlp(const struct fetch_reply *reply)
{
    static const char *const types[] = {
        "text/html", "application/xhtml+xml", "application/vnd.apple.mpegurl", "application/x-mpegurl",
        "audio/mpegurl", "audio/x-mpegurl", "application/dash+xml",
    };

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(reply->content_type, types[i]) == 0)
            return true;
    return false;
}

/* ---- what it is called ---- */

/* The ending of a name, in lower case and without the dot; "" if it has none. Returns where its dot stands. */
static size_t ending_of(const char *name, char ending[ENDING_MOST + 1])
{
    const char *dot = strrchr(name, '.');
    const size_t n = dot ? strlen(dot + 1) : 0;
    bool is_word = n > 0 && n <= ENDING_MOST && dot > name;

    for (size_t i = 0; i < n && is_word; i++) {
        is_word = isalnum((unsigned char)dot[i + 1]);
        ending[i] = (char)tolower((unsigned char)dot[i + 1]);
    }
    ending[is_word ? n : 0] = '\0';
    return is_word ? (size_t)(dot - name) : strlen(name);
}

/* file_name-of_a_song: underscores are spaces, and so are dashes where nothing else parts the words; between digits
 * they are part of a number or a date. */
static void words_of(char *name)
{
    bool has_spaces = false;

    for (char *p = name; *p; p++) {
        if (*p == '_')
            *p = ' ';
        has_spaces = has_spaces || *p == ' ';
    }
    for (char *p = name; *p && !has_spaces; p++)
        if (*p == '-' && p > name && !(isdigit((unsigned char)p[-1]) && isdigit((unsigned char)p[1])))
            *p = ' ';
    utf8_clean(name);
}

static void title_of(char *out, size_t size, const char *name)
{
    char ending[ENDING_MOST + 1], words[512];

    copy_text(words, sizeof words, name);
    utf8_clean(words);
    words[ending_of(words, ending)] = '\0';
    words_of(words);
    copy_text(out, size, *words ? words : name);
}

/* The link is its name among all files; where that is too long for the field, its hash. */
static void id_of(char *out, size_t size, const char *url)
{
    char hash[ID_SHA256_BYTES];

    id_sha256(hash, url, strlen(url));
    copy_text(out, size, strlen(url) < size ? url : hash);
}

/* ---- resolve ---- */

struct probing { const struct fetch *f; struct fetch_reply reply; };

static int probe(void *arg, struct err *e)
{
    struct probing *p = arg;
    return fetch_probe(p->f, &p->reply, e);
}

int direct_resolve(struct run *r, const char *url, struct track_info *info, int64_t *size_bytes, struct err *e)
{
    struct source_path path;
    struct fetch f;
    struct probing p = { .f = &f };

    if (fetch_prepare(&f, r, url, e))
        return -1;
    if (!is_direct(&f, &path))
        return DIRECT_NOT;
    if (run_patiently(r, probe, &p, e))
        return -1;
    if (is_for_ytdlp(&p.reply))
        return DIRECT_NOT;
    if (learn_check_host(r, p.reply.url, e))
        return -1;
    *size_bytes = p.reply.size_bytes;
    memset(info, 0, sizeof *info);
    info->duration_ms = -1;
    copy_text(info->extractor, sizeof info->extractor, "direct");
    copy_text(info->url, sizeof info->url, url);
    id_of(info->source_id, sizeof info->source_id, url);
    title_of(info->title, sizeof info->title, *p.reply.file_name ? p.reply.file_name : path.segments[path.count - 1]);
    return 0;
}

/* ---- download ---- */

struct fetching { struct run *run; bool is_page; };

static int on_reply(void *arg, const struct fetch_reply *reply, struct err *e)
{
    struct fetching *d = arg;

    d->is_page = is_for_ytdlp(reply);
    return d->is_page ? err_set(e, ERR_UNSUPPORTED, "it is a page, not a file")
                      : learn_check_host(d->run, reply->url, e);
}

static int on_progress(void *arg, int64_t bytes, int64_t total_bytes, int64_t speed_bps, struct err *e)
{
    struct run *r = ((struct fetching *)arg)->run;

    r->shown.downloaded_bytes = bytes;
    r->shown.total_bytes = total_bytes;
    r->shown.speed_bps = speed_bps;
    r->shown.eta_s = total_bytes >= bytes && speed_bps > 0 ? (total_bytes - bytes) / speed_bps : -1;
    return run_tick(r, total_bytes > 0 ? (double)bytes / (double)total_bytes : -1, e);
}

int direct_download(struct run *r, cJSON *out, struct err *e)
{
    struct fetching d = { .run = r };
    char ending[ENDING_MOST + 1], name[16];
    struct fetch_reply reply;
    struct source_path path;
    struct fetch f;

    /* What yt-dlp has resolved is its to download. */
    if (access(run_path(r, INFO_FILE), F_OK) == 0)
        return DIRECT_NOT;
    if (fetch_prepare(&f, r, r->track.info.url, e))
        return -1;
    if (!is_direct(&f, &path))
        return DIRECT_NOT;
    f.on_reply = on_reply;
    f.on_progress = on_progress;
    f.arg = &d;
    ending_of(path.segments[path.count - 1], ending);
    snprintf(name, sizeof name, "src.%s", *ending ? ending : "bin");
    if (fetch_file(&f, run_path(r, name), &reply, e))
        return d.is_page ? DIRECT_NOT : -1;
    if (reply.size_bytes == 0)
        return err_set(e, ERR_BAD_MEDIA, "the source sent an empty file");
    json_put_text(out, "file", name);
    json_put_int(out, "size_bytes", reply.size_bytes);
    json_put_text(out, "thumbnail", "");
    return 0;
}
