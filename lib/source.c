#include "source.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static const struct source source_generic = {
    .name = "generic",
    .way = SOURCE_BY_YTDLP,
    .formats = "",
    .channels = { .give = SOURCE_GIVE_HOST, .hosts = true },
};

#define ADDRESS(name) &source_##name,
#define NAME(name)    #name,

static const struct source *const table[] = { SOURCE_TABLE(ADDRESS) &source_generic };

const char *const source_names[] = { "auto", SOURCE_TABLE(NAME) "generic", NULL };

/* host equals domain, or ends in ".domain". */
static bool host_within(const char *host, const char *domain)
{
    const size_t h = strlen(host), d = strlen(domain);

    return h >= d && strcmp(host + h - d, domain) == 0 && (h == d || host[h - d - 1] == '.');
}

static bool has_host(const struct source *s, const char *host)
{
    for (const char *const *domain = s->domains; domain && *domain; domain++)
        if (host_within(host, *domain))
            return true;
    return false;
}

static const struct source *platform_of(const char *host)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (has_host(table[i], host))
            return table[i];
    return NULL;
}

const struct source *source_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}

const char *source_asked(const char *host)
{
    const struct source *p = platform_of(host);
    return p ? p->name : host;
}

bool source_host_is_known(const char *host)
{
    return platform_of(host) != NULL;
}

int source_recognise(struct source_link *out, const struct url *url, struct err *e)
{
    const struct source *s = platform_of(url->host);

    for (size_t i = 0; !s; i++)
        if (!table[i]->domains && (!table[i]->fits || table[i]->fits(url)))
            s = table[i];
    *out = (struct source_link){ .source = s->name, .kind = SOURCE_ANY };
    return s->recognise ? s->recognise(out, url, e) : 0;
}

/* n bytes, percent-decoded, and cut to fit; a decoded zero byte ends it. */
static void decode(char *out, size_t size, const char *text, size_t n)
{
    int length = 0;
    char *plain = curl_easy_unescape(NULL, text, (int)n, &length);

    copy_text(out, size, plain ? plain : "");
    curl_free(plain);
}

/* Where the path starts: behind the authority. */
static const char *path_of(const struct url *url)
{
    const char *p = strstr(url->text, "://");

    p = p ? p + 3 : url->text;
    return p + strcspn(p, "/?#");
}

void source_split(struct source_path *out, const struct url *url)
{
    const char *p = path_of(url), *end = p + strcspn(p, "?#");

    out->count = 0;
    while (p < end && out->count < SOURCE_SEGMENTS) {
        p += strspn(p, "/");
        const size_t n = strcspn(p, "/?#");
        if (n > 0)
            decode(out->segments[out->count++], sizeof out->segments[0], p, n);
        p += n;
    }
}

bool source_query(const struct url *url, const char *name, char *out, size_t size)
{
    const char *p = path_of(url) + strcspn(path_of(url), "?#");
    const size_t n = strlen(name);

    if (*p != '?')
        return false;
    for (p++; *p && *p != '#'; p += strcspn(p, "&#"), p += *p == '&')
        if (strncmp(p, name, n) == 0 && p[n] == '=') {
            decode(out, size, p + n + 1, strcspn(p + n + 1, "&#"));
            return *out != '\0';
        }
    return false;
}

bool source_is(const struct source_path *p, int i, const char *word)
{
    return i < p->count && strcmp(p->segments[i], word) == 0;
}

bool source_is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

void source_join(char *out, size_t size, const struct source_path *p, int from, int to)
{
    size_t used = 0;

    *out = '\0';
    for (int i = from; i < to && i < p->count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > from ? "/" : "", p->segments[i]);
    if (used >= size)
        *out = '\0';
}

/* Only what a path cannot hold is escaped: extractors look for "@" and ":" as they are. */
static void add_segment(struct buf *url, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@";

    buf_printf(url, "/");
    for (; *text; text++)
        buf_printf(url, strchr(plain, *text) ? "%c" : "%%%02X", (unsigned char)*text);
}

void source_read_at(struct source_link *out, const char *base, const struct source_path *p, int from, int to)
{
    struct buf url = BUF_INIT(sizeof out->list_url - 1);

    buf_printf(&url, "%s", base);
    for (int i = from; i < to && i < p->count; i++)
        add_segment(&url, p->segments[i]);
    copy_text(out->list_url, sizeof out->list_url, url.overflow ? "" : buf_text(&url));
    buf_free(&url);
}

bool source_is_id(const char *text, size_t least, size_t most)
{
    const size_t n = strlen(text);

    return n >= least && n <= most &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}
