#include "fetch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "fetch_transfer.h"

#define MOST_REDIRECTS     5L
#define LEAST_BPS          1024L
#define HEADERS_MAX_BYTES  (256 << 10)      /* of all answers together; libcurl 7.88 limits only a line */
#define REDIRECT_MAX_BYTES (1 << 20)        /* of bodies that nobody reads */
#define REFUSED_MAX_BYTES  (64 << 10)

/* ---- what an answer's headers say ---- */

static void read_number(int64_t *to, const char *value)
{
    char *end = NULL;
    const long long n = strtoll(value, &end, 10);

    *to = isdigit((unsigned char)*value) && !*end ? (int64_t)n : -1;
}

static void read_length(struct transfer *t, const char *value)
{
    read_number(&t->length, value);
}

static void read_etag(struct transfer *t, const char *value)
{
    copy_text(t->etag, sizeof t->etag, strlen(value) < sizeof t->etag ? value : "");
}

static void read_last_modified(struct transfer *t, const char *value)
{
    copy_text(t->last_modified, sizeof t->last_modified, strlen(value) < sizeof t->last_modified ? value : "");
}

static void read_retry_after(struct transfer *t, const char *value)
{
    t->retry_after_s = fetch_retry_after(value, time(NULL));
}

/* bytes 0-499/1234, bytes 0-499/STAR, bytes STAR/1234 */
static void read_range(struct transfer *t, const char *value)
{
    const char *slash = strchr(value, '/');

    if (strncasecmp(value, "bytes", 5) != 0 || !slash)
        return;
    value += 5 + strspn(value + 5, " =");
    read_number(&t->range_total, slash + 1);
    if (isdigit((unsigned char)*value))
        t->range_start = strtoll(value, NULL, 10);
}

static void read_type(struct transfer *t, const char *value)
{
    char *type = t->reply->content_type;

    copy_text(type, sizeof t->reply->content_type, value);
    type[strcspn(type, "; \t")] = '\0';
    for (; *type; type++)
        *type = (char)tolower((unsigned char)*type);
}

static void read_disposition(struct transfer *t, const char *value)
{
    fetch_disposition_name(t->reply->file_name, sizeof t->reply->file_name, value);
}

static const struct { const char *name; void (*read)(struct transfer *t, const char *value); } headers[] = {
    { "Content-Length", read_length },  { "Content-Range", read_range },  { "Content-Type", read_type },
    { "ETag", read_etag },              { "Retry-After", read_retry_after },
    { "Last-Modified", read_last_modified }, { "Content-Disposition", read_disposition },
};

static void begin_answer(struct transfer *t, const char *line)
{
    const char *space = strchr(line, ' ');

    *t->reply = (struct fetch_reply){ .status = space ? (int)strtol(space, NULL, 10) : 0, .size_bytes = -1 };
    t->etag[0] = t->last_modified[0] = '\0';
    t->retry_after_s = 0;
    t->length = t->range_start = t->range_total = -1;
    t->opened = t->refusals = 0;
}

static bool is_success(const struct transfer *t)
{
    const int status = t->reply->status;
    return (status >= 200 && status < 300) || (status == 416 && t->takes_416);
}

static void end_headers(struct transfer *t)
{
    const int status = t->reply->status;

    if (status < 200 || (status >= 300 && status < 400))
        return;
    t->settled = true;
    t->reply->size_bytes = status == 206 || status == 416 ? t->range_total : t->length;
    copy_text(t->reply->url, sizeof t->reply->url, t->f->url);
    const char *url = NULL;
    if (curl_easy_getinfo(t->curl, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url)
        copy_text(t->reply->url, sizeof t->reply->url, url);
    if (is_success(t))
        t->failed = t->head && t->head(t);
    else if (!t->refused)
        t->enough = true;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    char line[4096];

    n *= size;
    t->header_bytes += n;
    if (t->header_bytes > HEADERS_MAX_BYTES) {
        t->failed = true;
        err_set(t->e, ERR_NETWORK, "the server sends headers without end");
        return 0;
    }
    if (t->settled)         /* trailers */
        return n;
    snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), bytes);
    line[strcspn(line, "\r\n")] = '\0';
    if (!*line)
        end_headers(t);
    else if (strncmp(line, "HTTP/", 5) == 0)
        begin_answer(t, line);
    char *value = strchr(line, ':');
    if (value && n < sizeof line) {
        *value++ = '\0';
        value += strspn(value, " \t");
        for (size_t i = 0; i < ARRAY_LEN(headers); i++)
            if (strcasecmp(line, headers[i].name) == 0)
                headers[i].read(t, value);
    }
    return t->failed || t->enough ? 0 : n;
}

/* ---- bytes, sockets, the clock ---- */

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    int (*take)(struct transfer *, const char *, size_t) = is_success(t) ? t->body : t->refused;

    n *= size;
    if (take && take(t, bytes, n))
        t->failed = true;
    t->received += (int64_t)n;
    return t->failed || t->enough ? 0 : n;
}

static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;

    if (purpose != CURLSOCKTYPE_IPCXN || (!t->f->trusted && !net_address_allowed(&t->f->allow, &address->addr))) {
        t->refusals++;
        return CURL_SOCKET_BAD;
    }
    t->opened++;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    struct transfer *t = arg;
    curl_off_t speed = -1;

    (void)total, (void)up_total, (void)up_now;
    if (!t->settled && now > REDIRECT_MAX_BYTES) {
        t->failed = true;
        return err_set(t->e, ERR_NETWORK, "the server sends a redirect without end");
    }
    if (t->failed || !t->f->on_progress)        /* libcurl tells of the end as well: *e is of the failure */
        return t->failed;
    if (t->received > 0)
        curl_easy_getinfo(t->curl, CURLINFO_SPEED_DOWNLOAD_T, &speed);
    if (t->f->on_progress(t->f->arg, t->offset + t->received, t->settled ? t->reply->size_bytes : -1, (int64_t)speed,
                          t->e))
        t->failed = true;
    return t->failed;
}

/* ---- one transfer ---- */

/* The host of the address that was asked last: a whole address may hold a signature, or a password. */
static void last_host(const struct transfer *t, char *out, size_t size)
{
    const char *url = NULL, *host;

    curl_easy_getinfo(t->curl, CURLINFO_EFFECTIVE_URL, &url);
    url = url ? url : t->f->url;
    host = strstr(url, "://");
    host = host ? host + 3 : url;
    const char *end = host + strcspn(host, "/?#");
    for (const char *p = host; p < end; p++)
        if (*p == '@')
            host = p + 1;
    snprintf(out, size, "%.*s", (int)(end - host < 256 ? end - host : 256), host);
}

static int fail_by_status(const struct transfer *t)
{
    static const struct { int status; enum err_kind kind; const char *means; } table[] = {
        { 401, ERR_LOGIN_REQUIRED, "it wants a login" },        { 402, ERR_RATE_LIMITED, "it wants to be paid" },
        { 403, ERR_FORBIDDEN, "it refuses" },                   { 404, ERR_UNAVAILABLE, "it is not there" },
        { 408, ERR_NETWORK, "it was tired of waiting" },        { 410, ERR_UNAVAILABLE, "it is gone" },
        { 425, ERR_NETWORK, "it is too early" },                { 429, ERR_RATE_LIMITED, "it was asked too often" },
        { 451, ERR_GEO_BLOCKED, "it may not show it here" },
    };
    const int status = t->reply->status;
    enum err_kind kind = status >= 500 ? ERR_NETWORK : ERR_FORBIDDEN;
    const char *means = status >= 500 ? "it has trouble of its own" : "it refuses";
    char host[256];

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].status == status)
            kind = table[i].kind, means = table[i].means;
    last_host(t, host, sizeof host);
    err_set(t->e, kind, "%s answers with HTTP %d: %s", host, status, means);
    t->e->retry_after_s = t->retry_after_s;
    return -1;
}

/* libcurl has one code for three kinds of waiting; only its words tell them apart. */
static int fail_by_timeout(const struct transfer *t, const char *host, const char *detail)
{
    curl_off_t total_us = 0;

    curl_easy_getinfo(t->curl, CURLINFO_TOTAL_TIME_T, &total_us);
    if (strncmp(detail, "Operation too slow", 18) == 0)
        return err_set(t->e, ERR_TIMEOUT, "nothing, or next to nothing, came from %s for %lld s", host,
                       (long long)t->f->stall_s);
    if (t->f->timeout_ms && total_us / 1000 >= t->f->timeout_ms - 500)
        return err_set(t->e, ERR_TIMEOUT, "%s did not come to an end within %lld s", host,
                       (long long)(t->f->timeout_ms / 1000));
    return err_set(t->e, ERR_NETWORK, "cannot connect to %s within %d s", host, FETCH_CONNECT_S);
}

static int fail_by_code(const struct transfer *t, CURLcode code, const char *detail)
{
    static const struct { CURLcode code; enum err_kind kind; const char *text; } table[] = {
        { CURLE_COULDNT_RESOLVE_HOST, ERR_NETWORK, "cannot look up" },
        { CURLE_COULDNT_CONNECT, ERR_NETWORK, "cannot connect to" },
        { CURLE_TOO_MANY_REDIRECTS, ERR_UNSUPPORTED, "redirects in a circle, or without end:" },
        { CURLE_UNSUPPORTED_PROTOCOL, ERR_UNSUPPORTED, "neither http nor https is spoken by what it leads to:" },
        { CURLE_URL_MALFORMAT, ERR_UNSUPPORTED, "leads to no valid address:" },
        { CURLE_LOGIN_DENIED, ERR_UNSUPPORTED, "leads to an address with a user name:" },
        { CURLE_PEER_FAILED_VERIFICATION, ERR_NETWORK, "no valid certificate from" },
    };
    char host[256];

    last_host(t, host, sizeof host);
    if (t->refusals && !t->opened)      /* versions of libcurl differ in what they call this */
        return err_set(t->e, ERR_INPUT, "%s points to a private address, which links may not reach", host);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fail_by_timeout(t, host, detail);
    const long long got = t->offset + t->received;
    if (t->settled && t->reply->size_bytes > got)
        return err_set(t->e, ERR_NETWORK, "%s ended after %lld of %lld bytes", host, got,
                       (long long)t->reply->size_bytes);
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].code == code)
            return err_set(t->e, table[i].kind, "%s %s%s%.200s", table[i].text, host, *detail ? ": " : "", detail);
    return err_set(t->e, ERR_NETWORK, "%s broke the connection after %lld bytes (%.200s)", host, got,
                   *detail ? detail : curl_easy_strerror(code));
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    char *line = xasprintf("%s%s%s", name, *name ? ": " : "", value);
    struct curl_slist *longer = curl_slist_append(list, line);

    free(line);
    return longer ? longer : list;
}

static struct curl_slist *request_headers(const struct transfer *t)
{
    struct curl_slist *list = add_header(NULL, "Accept-Encoding", "identity");

    for (const char *const *h = t->f->headers; h && *h; h++)
        list = add_header(list, "", *h);
    if (t->range)
        list = add_header(list, "Range", t->range);
    if (t->range && t->if_range)
        list = add_header(list, "If-Range", t->if_range);
    return list;
}

static void set_options(struct transfer *t, struct curl_slist *list, char *detail)
{
    const struct fetch *f = t->f;
    const bool personal = f->headers || f->form || f->user || f->trusted;
    CURL *c = t->curl;

    curl_easy_setopt(c, CURLOPT_URL, f->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, personal ? 0L : 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, MOST_REDIRECTS);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "Dubplate/" DUBPLATE_VERSION);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT_S);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, LEAST_BPS);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)f->stall_s);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)f->timeout_ms);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 65536L);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    if (f->form)
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->form);
    if (f->user) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, f->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, f->password);
    }
}

static int conclude(struct transfer *t, CURLcode code, const char *detail)
{
    if (t->failed)
        return -1;
    if (t->settled && !is_success(t))
        return fail_by_status(t);
    if (code != CURLE_OK && !t->enough)
        return fail_by_code(t, code, detail);
    return t->settled ? 0 : err_set(t->e, ERR_NETWORK, "an answer of HTTP %d is not expected here", t->reply->status);
}

int transfer_run(struct transfer *t)
{
    char detail[CURL_ERROR_SIZE] = "";

    *t->reply = (struct fetch_reply){ .size_bytes = -1 };
    t->curl = curl_easy_init();
    if (!t->curl)
        return err_set(t->e, ERR_SYSTEM, "libcurl does not start");
    struct curl_slist *list = request_headers(t);
    set_options(t, list, detail);
    const int rc = conclude(t, curl_easy_perform(t->curl), detail);
    curl_slist_free_all(list);
    curl_easy_cleanup(t->curl);
    return rc;
}

/* ---- text, and no body at all ---- */

static int too_long(const struct transfer *t, const struct buf *b)
{
    return err_set(t->e, ERR_TOO_LARGE, "the answer is larger than %zu KB", b->max >> 10);
}

static int begin_text(struct transfer *t)
{
    const struct buf *b = t->sink;

    if (t->reply->size_bytes > (int64_t)b->max)
        return too_long(t, b);
    return t->f->on_reply ? t->f->on_reply(t->f->arg, t->reply, t->e) : 0;
}

static int add_text(struct transfer *t, const char *bytes, size_t n)
{
    struct buf *b = t->sink;

    buf_add(b, bytes, n);
    return b->overflow ? too_long(t, b) : 0;
}

/* What a refusal says is worth reading, but not worth failing for. */
static int add_refusal(struct transfer *t, const char *bytes, size_t n)
{
    buf_add(t->sink, bytes, n);
    t->enough = t->received > REFUSED_MAX_BYTES;
    return 0;
}

int fetch_text(const struct fetch *f, struct buf *body, struct fetch_reply *reply, struct err *e)
{
    struct transfer t = { .f = f, .reply = reply, .e = e, .head = begin_text, .body = add_text,
                          .refused = add_refusal, .sink = body };

    return transfer_run(&t);
}

static int end_probe(struct transfer *t)
{
    t->enough = true;
    return t->f->on_reply ? t->f->on_reply(t->f->arg, t->reply, t->e) : 0;
}

int fetch_probe(const struct fetch *f, struct fetch_reply *reply, struct err *e)
{
    struct transfer t = { .f = f, .reply = reply, .e = e, .range = "bytes=0-0", .takes_416 = true, .head = end_probe };

    return transfer_run(&t);
}
