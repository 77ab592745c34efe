#include "who.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "net.h"

#define LONGEST_NAME 120        /* bytes of a handle; YouTube's have up to 30 characters of any script */

const struct source *who_source(const char *platform)
{
    const struct source *s = source_named(platform);
    return s && s->channels.give ? s : NULL;
}

bool who_has_hosts(const struct source *s)
{
    return s && s->channels.hosts;
}

/* A name without its @, in lower case. */
static bool read_name(const struct source *s, const char *name, char out[LONGEST_NAME + 1])
{
    const size_t len = strlen(name);

    if (len == 0 || len > LONGEST_NAME)
        return false;
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t cp = 0;
        n = utf8_next(name + i, len - i, &cp);
        if (n == 0 || utf8_is_control(cp) || (cp < 0x80 ? !isalnum((int)cp) && !strchr("._-", (int)cp)
                                                        : !s->channels.any_script))
            return false;
        for (size_t k = 0; k < n; k++)
            out[i + k] = cp < 0x80 ? (char)tolower((int)cp) : name[i + k];
    }
    out[len] = '\0';
    return true;
}

bool who_identify(const struct source *s, const char *text, char out[WHO_ID_BYTES])
{
    if (s->channels.is_id && s->channels.is_id(text)) {
        copy_text(out, WHO_ID_BYTES, text);
        return true;
    }
    if (!s->channels.at)
        return read_name(s, text, out);
    out[0] = '@';
    return text[0] == '@' && read_name(s, text + 1, out + 1);
}

static void add_id(struct who *who, const char *id)
{
    for (int i = 0; i < who->count; i++)
        if (strcmp(who->ids[i], id) == 0)
            return;
    if (who->count < WHO_IDS)
        copy_text(who->ids[who->count++], sizeof who->ids[0], id);
}

static void add_named(struct who *who, const struct source *s, const char *text)
{
    char id[WHO_ID_BYTES];

    if (text && who_identify(s, text, id))
        add_id(who, id);
}

static void add_host(struct who *who, const struct url *url)
{
    char host[WHO_ID_BYTES];

    copy_text(host, sizeof host, url->host);
    for (size_t n = strlen(host); n > 0 && host[n - 1] == '.'; n--)
        host[n - 1] = '\0';
    add_id(who, host);
}

int who_read_link(const char *text, struct url *url, struct source_link *link, struct err *e)
{
    struct net_allow anywhere;
    struct err ignored;

    if (net_allow_parse(&anywhere, "0.0.0.0/0, ::/0", e) || url_check(url, text, &anywhere, e))
        return -1;
    source_recognise(link, url, &ignored);
    return 0;
}

void who_from_link(struct who *out, const struct source_link *link, const struct url *url)
{
    const struct source *s = who_source(link->source);

    *out = (struct who){ 0 };
    copy_text(out->platform, sizeof out->platform, link->source);
    if (who_has_hosts(s))
        add_host(out, url);
    else if (s)
        add_named(out, s, link->channel);
}

static void add_from_url(struct who *who, const struct source *s, const char *text)
{
    struct source_link link;
    struct url url;
    struct err e;

    if (text && *text && who_read_link(text, &url, &link, &e) == 0 && strcmp(link.source, s->name) == 0)
        add_named(who, s, link.channel);
}

/* The extractor has to be one of the platform: others repeat what the page of a stranger says. */
static void add_clues(struct who *who, const struct source *s, const struct who_clues *c)
{
    if (s->channels.clues & SOURCE_CHANNEL_ID)
        add_named(who, s, c->channel_id);
    if (s->channels.clues & SOURCE_UPLOADER_ID)
        add_named(who, s, c->uploader_id);
    if (s->channels.clues & SOURCE_USER_URLS) {
        add_from_url(who, s, c->channel_url);
        add_from_url(who, s, c->uploader_url);
    }
    if (s->channels.clues & SOURCE_CHANNEL_NAME)
        add_named(who, s, c->channel);
}

void who_from_entry(struct who *out, const struct who_clues *c)
{
    const char *extractor = c->extractor_key ? c->extractor_key : "", *name = c->channel;
    struct source_link link;
    struct url url;
    struct err e;

    *out = (struct who){ .platform = "generic" };
    copy_text(out->name, sizeof out->name, name && *name ? name : c->uploader);
    utf8_clean(out->name);
    if (!c->page_url || who_read_link(c->page_url, &url, &link, &e))
        return;
    copy_text(out->platform, sizeof out->platform, link.source);
    const struct source *s = who_source(link.source);
    if (!s)
        return;
    const bool is_its_own = strcasestr(extractor, s->name) != NULL;
    if (s->channels.hosts)
        add_host(out, &url);
    else if (is_its_own)
        add_clues(out, s, c);
    if ((s->channels.clues & SOURCE_PAGE) && (is_its_own || !*extractor))
        add_named(out, s, link.channel);
}
