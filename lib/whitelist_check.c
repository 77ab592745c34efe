#include "whitelist_check.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net.h"

static int is_enabled(struct db *db, const struct conf *conf, bool *enabled, struct err *e)
{
    const char *decided_by;
    return whitelist_enabled(db, conf, enabled, &decided_by, e);
}

/* ---- is it listed? Each answers 1: yes; 0: no; -1: *e. ---- */

/* The host, or a domain that it is below. A single label is nobody's domain, an address has none. */
static int host_is_listed(struct db *db, const char *platform, const char *host, struct err *e)
{
    struct sockaddr_storage address;
    int listed = whitelist_is_listed(db, platform, host, e);

    if (net_literal(host, &address))
        return listed;
    for (const char *dot = strchr(host, '.'); listed == 0 && dot && strchr(dot + 1, '.'); dot = strchr(dot + 1, '.'))
        listed = whitelist_is_listed(db, platform, dot + 1, e);
    return listed;
}

static int is_allowed_as(struct db *db, const char *platform, const struct who *who, struct err *e)
{
    const bool hosts = who_has_hosts(who_source(platform));
    int listed = whitelist_is_listed(db, platform, "*", e);

    for (int i = 0; i < who->count && listed == 0; i++)
        listed = (hosts ? host_is_listed : whitelist_is_listed)(db, platform, who->ids[i], e);
    return listed;
}

static int is_allowed(struct db *db, const struct who *who, struct err *e)
{
    const int allowed = is_allowed_as(db, who->platform, who, e);

    return allowed == 0 && strcmp(who->platform, "direct") == 0 ? is_allowed_as(db, "generic", who, e) : allowed;
}

/* ---- checks ---- */

#define REFUSED " is not on the whitelist"

/* whitelist_offer() reads this again. */
static int refuse(const struct who *who, struct err *e)
{
    const char *id = who->ids[0], *bare = id[0] == '@' ? id + 1 : id;

    if (who->count == 0)
        return err_set(e, ERR_NOT_WHITELISTED, "what is there does not say whose it is; only an entry for the whole of "
                       "%s would allow it", who->platform);
    if (who_has_hosts(who_source(who->platform)))
        return err_set(e, ERR_NOT_WHITELISTED, "the host %s (%s)" REFUSED, id, who->platform);
    if (!*who->name || strcasecmp(who->name, id) == 0 || strcasecmp(who->name, bare) == 0)
        return err_set(e, ERR_NOT_WHITELISTED, "the channel %s of %s" REFUSED, id, who->platform);
    return err_set(e, ERR_NOT_WHITELISTED, "the channel \"%s\" (%s) of %s" REFUSED, who->name, id, who->platform);
}

int whitelist_check(struct db *db, const struct conf *conf, const struct who *who, struct err *e)
{
    bool enabled;

    if (is_enabled(db, conf, &enabled, e))
        return -1;
    const int allowed = enabled ? is_allowed(db, who, e) : 1;
    return allowed == 0 ? refuse(who, e) : allowed < 0 ? -1 : 0;
}

int whitelist_check_platform(struct db *db, const struct conf *conf, const char *platform, struct err *e)
{
    bool enabled;

    if (is_enabled(db, conf, &enabled, e))
        return -1;
    const int any = enabled ? whitelist_has_any(db, platform, e) : 1;
    if (any == 0)
        return err_set(e, ERR_NOT_WHITELISTED, "this is fetched from %s, and nothing of it is on the whitelist: "
                       "add the channel first", platform);
    return any < 0 ? -1 : 0;
}

/* A list is judged entry by entry: its owner need not be theirs. */
static int check_claim(struct db *db, const struct source_link *link, const struct who *who, struct err *e)
{
    const bool by_name = who->count && link->kind != SOURCE_LIST;
    int maybe = is_allowed(db, who, e);

    if (maybe == 0)
        maybe = by_name ? whitelist_has_others(db, who->platform, who->ids[0], e)
                        : whitelist_has_any(db, who->platform, e);
    if (maybe == 0)
        return by_name ? refuse(who, e)
                       : err_set(e, ERR_NOT_WHITELISTED, "nothing of %s is on the whitelist: add the channel first",
                                 who->platform);
    return maybe < 0 ? -1 : 0;
}

int whitelist_check_link(struct db *db, const struct conf *conf, const struct source_link *link, const struct url *url,
                         struct err *e)
{
    struct who who;
    bool enabled;

    const struct source *s = source_named(link->source);
    if (s && s->way == SOURCE_BY_SPOTIFY)
        return whitelist_check_platform(db, conf, "youtube", e);
    if (is_enabled(db, conf, &enabled, e))
        return -1;
    who_from_link(&who, link, url);
    return enabled ? check_claim(db, link, &who, e) : 0;
}

/* ---- what a refusal offers ---- */

/* Cuts text at its last `mark`; what follows that, or NULL. */
static char *cut_at_last(char *text, const char *mark)
{
    char *at = NULL;

    for (char *p = text; (p = strstr(p, mark)); p++)
        at = p;
    if (!at)
        return NULL;
    *at = '\0';
    return at + strlen(mark);
}

/* Names may hold any of our own words, platforms and channels none: so it is read from its end. */
bool whitelist_offer(const char *refusal, struct whitelist_entry *out)
{
    static const char host[] = "the host ", channel[] = "the channel ";
    char text[sizeof ((struct err *)0)->text], *platform, *id;

    *out = (struct whitelist_entry){ 0 };
    copy_text(text, sizeof text, refusal);
    char *rest = cut_at_last(text, REFUSED);
    if (!rest || *rest)
        return false;
    if (strncmp(text, host, sizeof host - 1) == 0) {
        id = text + sizeof host - 1;
        platform = cut_at_last(id, " (");
    } else if (strncmp(text, channel, sizeof channel - 1) == 0) {
        char *name = id = text + sizeof channel - 1;
        platform = cut_at_last(id, " of ");
        if (name[0] == '"' && (id = cut_at_last(name, "\" (")))
            copy_text(out->name, sizeof out->name, name + 1);
    } else {
        return false;
    }
    if (!platform || !id)
        return false;
    id[strcspn(id, ")")] = platform[strcspn(platform, ")")] = '\0';
    copy_text(out->platform, sizeof out->platform, platform);
    copy_text(out->channel, sizeof out->channel, id);
    if (!*out->name)
        copy_text(out->name, sizeof out->name, id);
    return *id && who_source(platform) != NULL;
}
