/*
 * A file, continued where an earlier transfer stopped. The bytes are only ever added to what the same server has said
 * to be the beginning of the same thing: a strong validator goes with every range that is asked for, and what the
 * answer says is compared once more.
 */
#include "fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "fetch_transfer.h"
#include "json.h"

#define PATH_BYTES     1600
#define RECONNECTS     12
#define LEAST_GAIN     (16 << 10)       /* what a broken connection has to have brought to be made again at once */

struct part {
    const char *url;
    char    path[PATH_BYTES], about[PATH_BYTES];
    int     fd;
    int64_t size, total;            /* -1: unknown */
    char    etag[256], last_modified[64];
    bool    is_complete;            /* the server says that nothing is missing */
    bool    is_other;               /* the server has something else by now */
};

static const char *validator(const struct part *p)
{
    if (*p->etag && strncmp(p->etag, "W/", 2) != 0)
        return p->etag;
    return *p->last_modified ? p->last_modified : NULL;
}

/* What an earlier call wrote down, if it is about this address. */
static void load_about(struct part *p)
{
    char *text = NULL;
    size_t n = 0;
    cJSON *doc = NULL;
    struct err e;

    if (file_read(&text, &n, p->about, 16 << 10, &e) == 0 && json_parse(&doc, text, n, &json_limits_tool, &e) == 0 &&
        strcmp(json_text(doc, "url", ""), p->url) == 0) {
        copy_text(p->etag, sizeof p->etag, json_text(doc, "etag", ""));
        copy_text(p->last_modified, sizeof p->last_modified, json_text(doc, "last_modified", ""));
        p->total = (int64_t)json_number(doc, "total", -1);
    }
    cJSON_Delete(doc);
    free(text);
}

static int save_about(const struct part *p, struct err *e)
{
    cJSON *doc = cJSON_CreateObject();

    json_put_text(doc, "url", p->url);
    json_put_text(doc, "etag", p->etag);
    json_put_text(doc, "last_modified", p->last_modified);
    json_put_int(doc, "total", p->total);
    char *text = cJSON_PrintUnformatted(doc);
    const int rc = file_write_atomic(p->about, text, strlen(text), e);
    cJSON_free(text);
    cJSON_Delete(doc);
    return rc;
}

static int empty(struct part *p, struct err *e)
{
    p->size = 0;
    p->total = -1;
    p->etag[0] = p->last_modified[0] = '\0';
    return ftruncate(p->fd, 0) ? err_errno(e, "cannot empty %s", p->path) : 0;
}

static void drop(struct part *p)
{
    unlink(p->path);
    unlink(p->about);
}

static int open_part(struct part *p, const char *path, struct err *e)
{
    struct stat st;

    if (strlen(path) + sizeof ".part.json" > PATH_BYTES)
        return err_set(e, ERR_SYSTEM, "the path %.200s is too long", path);
    snprintf(p->path, sizeof p->path, "%s.part", path);
    snprintf(p->about, sizeof p->about, "%s.part.json", path);
    p->fd = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->fd < 0 || fstat(p->fd, &st))
        return err_errno(e, "cannot open %s", p->path);
    load_about(p);
    p->size = st.st_size;
    return !validator(p) || (p->total >= 0 && p->size > p->total) ? empty(p, e) : 0;
}

static bool is_another(const struct part *p, const struct transfer *t)
{
    return (*p->etag && *t->etag && strcmp(p->etag, t->etag) != 0) ||
           (p->total >= 0 && t->range_total >= 0 && p->total != t->range_total);
}

/* 416: a range behind the end. Where the end is where we stand, all is there. */
static int stand_at_end(struct transfer *t)
{
    struct part *p = t->sink;
    const int64_t end = t->range_total >= 0 ? t->range_total : p->total;

    p->is_complete = p->size > 0 && p->size == end && !is_another(p, t);
    p->is_other = !p->is_complete;
    t->enough = true;
    return 0;
}

static int go_on(struct transfer *t)
{
    struct part *p = t->sink;

    if (!t->range || t->range_start != p->size || is_another(p, t)) {
        p->is_other = true;
        t->enough = true;
        return 0;
    }
    if (t->range_total >= 0)
        p->total = t->range_total;
    return 0;
}

static int start_over(struct transfer *t)
{
    struct part *p = t->sink;

    if (empty(p, t->e))
        return -1;
    t->offset = 0;
    p->total = t->length;
    copy_text(p->etag, sizeof p->etag, t->etag);
    copy_text(p->last_modified, sizeof p->last_modified, t->last_modified);
    return save_about(p, t->e);
}

static int begin_file(struct transfer *t)
{
    struct part *p = t->sink;
    const int status = t->reply->status;
    const int64_t most = t->f->max_bytes;

    if (status == 416)
        return stand_at_end(t);
    if (status != 206 && t->length > most)      /* before anything is written */
        return err_set(t->e, ERR_TOO_LARGE, "it has %lld MB; the limit is %lld MB", (long long)(t->length >> 20),
                       (long long)(most >> 20));
    if (t->f->on_reply && t->f->on_reply(t->f->arg, t->reply, t->e))
        return -1;
    if (status == 206 ? go_on(t) : start_over(t))
        return -1;
    t->reply->size_bytes = p->total;
    if (p->total > most)
        return err_set(t->e, ERR_TOO_LARGE, "it has %lld MB; the limit is %lld MB", (long long)(p->total >> 20),
                       (long long)(most >> 20));
    return 0;
}

static int add_bytes(struct transfer *t, const char *bytes, size_t n)
{
    struct part *p = t->sink;

    if (p->size + (int64_t)n > t->f->max_bytes)
        return err_set(t->e, ERR_TOO_LARGE, "it is larger than the limit of %lld MB",
                       (long long)(t->f->max_bytes >> 20));
    while (n > 0) {
        const ssize_t done = pwrite(p->fd, bytes, n, p->size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(t->e, "cannot write %s", p->path);
        p->size += done;
        bytes += done;
        n -= (size_t)done;
    }
    return 0;
}

/* 0: complete. -1 with p->is_other: nothing came, and what is there fits no longer. */
static int one_transfer(const struct fetch *f, struct part *p, struct fetch_reply *reply, struct err *e)
{
    char range[40];
    struct transfer t = {
        .f = f, .reply = reply, .e = e, .takes_416 = p->size > 0, .head = begin_file, .body = add_bytes, .sink = p,
        .offset = p->size, .range = p->size > 0 ? range : NULL, .if_range = validator(p),
    };

    snprintf(range, sizeof range, "bytes=%lld-", (long long)p->size);
    p->is_other = p->is_complete = false;
    if (transfer_run(&t))
        return -1;
    if (p->is_other)
        return err_set(e, ERR_NETWORK, "the file changed while it was fetched");
    if (p->is_complete || p->total < 0 || p->size == p->total)
        return 0;
    p->is_other = p->size > p->total;
    return err_set(e, ERR_NETWORK, "it ended after %lld of %lld bytes", (long long)p->size, (long long)p->total);
}

/* Again at once after a connection that brought something, and once for a file that is another by now. */
static int all_transfers(const struct fetch *f, struct part *p, struct fetch_reply *reply, struct err *e)
{
    bool began_anew = false;

    for (int i = 0;; i++) {
        const int64_t before = p->size;
        if (one_transfer(f, p, reply, e) == 0)
            return 0;
        if (e->kind != ERR_NETWORK || i == RECONNECTS)
            return -1;
        if (p->is_other) {
            struct err unsaid;
            if (empty(p, &unsaid) || began_anew)
                return -1;
            began_anew = true;
        } else if (!validator(p) || p->size - before < LEAST_GAIN) {
            return -1;
        }
    }
}

int fetch_file(const struct fetch *f, const char *path, struct fetch_reply *reply, struct err *e)
{
    struct part p = { .url = f->url, .fd = -1, .total = -1 };
    int rc = open_part(&p, path, e);

    if (rc == 0)
        rc = all_transfers(f, &p, reply, e);
    if (p.fd >= 0 && close(p.fd) && rc == 0)
        rc = err_errno(e, "cannot write %s", p.path);
    if (rc == 0 && rename(p.path, path))
        rc = err_errno(e, "cannot rename %s", p.path);
    if (rc == 0)
        unlink(p.about);
    else if (e->kind == ERR_TOO_LARGE)
        drop(&p);
    if (rc == 0)
        reply->size_bytes = p.size;
    return rc;
}
