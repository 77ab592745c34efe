/*
 * whitelist_read: what somebody wrote, as an entry (whitelist.h).
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "whitelist.h"
#include "who.h"

static int find_source(const char *platform, const struct source **s, struct err *e)
{
    char names[120] = "";
    size_t used = 0;

    *s = who_source(platform);
    if (*s || !*platform)
        return 0;
    if (source_named(platform))
        return err_set(e, ERR_INPUT, "has no channels here: what %s names is fetched from youtube", platform);
    for (const char *const *name = source_names; *name && used < sizeof names; name++)
        if (who_source(*name))
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", *name);
    return err_set(e, ERR_INPUT, "has to be one of %s", names);
}

/* The platform that gives out such ids; NULL for what may be a name anywhere. */
static const struct source *source_of_id(const char *text)
{
    for (const char *const *name = source_names; *name; name++) {
        const struct source *s = who_source(*name);
        if (s && s->channels.is_id && s->channels.is_id(text))
            return s;
    }
    return NULL;
}

static int trim(char *out, size_t size, const char *text, struct err *e)
{
    text += strspn(text, " ");
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == ' ')
        n--;
    if (n == 0)
        return err_set(e, ERR_INPUT, "is empty");
    if (n >= size)
        return err_set(e, ERR_INPUT, "is longer than %zu bytes", size - 1);
    snprintf(out, size, "%.*s", (int)n, text);
    return 0;
}

/* Is this the address of something, with or without its https://? */
static bool is_address(const struct source *s, const char *text)
{
    char host[256];

    if (strchr(text, '/') || who_has_hosts(s))
        return true;
    if (!strchr(text, '.') || strchr(text, '@'))
        return false;
    copy_text(host, sizeof host, text);
    for (char *p = host; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return !s || source_host_is_known(host);     /* handles have dots as well */
}

static int from_address(const struct source *s, const char *text, struct whitelist_entry *out, const char **field,
                        struct err *e)
{
    char full[URL_MAX_BYTES + 16];
    struct source_link link;
    struct who who;
    struct url url;

    snprintf(full, sizeof full, "%s%s", strstr(text, "://") ? "" : "https://", text);
    if (who_read_link(full, &url, &link, e))
        return -1;
    const struct source *its = who_source(link.source);
    *field = "platform";
    if (!its)
        return find_source(link.source, &its, e);
    if (s && s != its && !(who_has_hosts(s) && who_has_hosts(its)))
        return err_set(e, ERR_INPUT, "is %s, but the link belongs to %s", s->name, its->name);
    *field = "channel";
    who_from_link(&who, &link, &url);
    if (who.count == 0)
        return err_set(e, ERR_INPUT, "names no channel of %s: give %s", its->name, its->channels.give);
    copy_text(out->platform, sizeof out->platform, s ? s->name : its->name);
    copy_text(out->channel, sizeof out->channel, who.ids[0]);
    return 0;
}

static int from_name(const struct source *s, const char *text, struct whitelist_entry *out, const char **field,
                     struct err *e)
{
    char name[URL_MAX_BYTES + 2];

    if (!s)
        s = source_of_id(text);
    if (!s) {
        *field = "platform";
        return err_set(e, ERR_INPUT, "is required: a name alone may be of any platform");
    }
    const struct source_channels *c = &s->channels;
    const bool is_id = c->is_id && c->is_id(text), has_at = text[0] == '@';
    snprintf(name, sizeof name, "%s%s", c->at && !has_at && !is_id ? "@" : "", text + (!c->at && has_at));
    if (!who_identify(s, name, out->channel))
        return err_set(e, ERR_INPUT, "is no channel of %s: give %s", s->name, c->give);
    copy_text(out->platform, sizeof out->platform, s->name);
    return 0;
}

int whitelist_normalise(const char *platform, const char *text, struct whitelist_entry *out, const char **field,
                        struct err *e)
{
    const struct source *s;
    char trimmed[URL_MAX_BYTES + 1];

    *field = "platform";
    if (find_source(platform, &s, e))
        return -1;
    *field = "channel";
    if (trim(trimmed, sizeof trimmed, text, e))
        return -1;
    if (strcmp(trimmed, "*") != 0)
        return is_address(s, trimmed) ? from_address(s, trimmed, out, field, e)
                                      : from_name(s, trimmed, out, field, e);
    *field = "platform";
    if (!s)
        return err_set(e, ERR_INPUT, "is required: * is the whole of one platform");
    copy_text(out->platform, sizeof out->platform, s->name);
    copy_text(out->channel, sizeof out->channel, "*");
    return 0;
}
