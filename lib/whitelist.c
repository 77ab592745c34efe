#include "whitelist.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "net.h"

#define LONGEST_NAME 120        /* bytes of a handle; YouTube's have up to 30 characters of any script */

/* ---- whose is it? ---- */

/* NULL for what has no channels. */
static const struct source *source_of(const char *platform)
{
    const struct source *s = source_named(platform);
    return s && s->channels.give ? s : NULL;
}

static bool has_hosts(const struct source *s)
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

/* What the platform itself says, as an entry has it. What YouTube calls neither by id nor by handle (/c/NAME,
 * /user/NAME) is somebody, but nobody knows who: a handle of the same name may be somebody else's. */
static bool identify(const struct source *s, const char *text, char out[WHITELIST_CHANNEL_BYTES])
{
    if (s->channels.is_id && s->channels.is_id(text)) {
        copy_text(out, WHITELIST_CHANNEL_BYTES, text);
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
    char id[WHITELIST_CHANNEL_BYTES];

    if (text && identify(s, text, id))
        add_id(who, id);
}

static void add_host(struct who *who, const struct url *url)
{
    char host[WHITELIST_CHANNEL_BYTES];

    copy_text(host, sizeof host, url->host);
    for (size_t n = strlen(host); n > 0 && host[n - 1] == '.'; n--)
        host[n - 1] = '\0';
    add_id(who, host);
}

/* Any link, private ones too: who may be reached is decided elsewhere. link->source is set in any case. */
static int read_link(const char *text, struct url *url, struct source_link *link, struct err *e)
{
    struct net_allow anywhere;
    struct err ignored;

    if (net_allow_parse(&anywhere, "0.0.0.0/0, ::/0", e) || url_check(url, text, &anywhere, e))
        return -1;
    source_recognise(link, url, &ignored);
    return 0;
}

/* What the link claims by itself: enough to refuse by, not to allow. */
static void who_from_link(struct who *out, const struct source_link *link, const struct url *url)
{
    const struct source *s = source_of(link->source);

    *out = (struct who){ 0 };
    copy_text(out->platform, sizeof out->platform, link->source);
    if (has_hosts(s))
        add_host(out, url);
    else if (s)
        add_named(out, s, link->channel);
}

static void add_from_url(struct who *who, const struct source *s, const char *text)
{
    struct source_link link;
    struct url url;
    struct err e;

    if (text && *text && read_link(text, &url, &link, &e) == 0 && strcmp(link.source, s->name) == 0)
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
    if (!c->page_url || read_link(c->page_url, &url, &link, &e))
        return;
    copy_text(out->platform, sizeof out->platform, link.source);
    const struct source *s = source_of(link.source);
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

/* ---- what somebody wrote ---- */

static int find_source(const char *platform, const struct source **s, struct err *e)
{
    char names[120] = "";
    size_t used = 0;

    *s = source_of(platform);
    if (*s || !*platform)
        return 0;
    if (source_named(platform))
        return err_set(e, ERR_INPUT, "has no channels here: what %s names is fetched from youtube", platform);
    for (const char *const *name = source_names; *name && used < sizeof names; name++)
        if (source_of(*name))
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", *name);
    return err_set(e, ERR_INPUT, "has to be one of %s", names);
}

/* The platform that gives out such ids; NULL for what may be a name anywhere. */
static const struct source *source_of_id(const char *text)
{
    for (const char *const *name = source_names; *name; name++) {
        const struct source *s = source_of(*name);
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

    if (strchr(text, '/') || has_hosts(s))
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
    if (read_link(full, &url, &link, e))
        return -1;
    const struct source *its = source_of(link.source);
    *field = "platform";
    if (!its)
        return find_source(link.source, &its, e);
    if (s && s != its && !(has_hosts(s) && has_hosts(its)))
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
    if (!identify(s, name, out->channel))
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

/* ---- the tables ---- */

#define COLUMNS "id, uuid, platform, channel, name, note, created_at_ms FROM whitelist"

enum { Q_ADD, Q_OF_CHANNEL, Q_FIND, Q_LIST, Q_TOTAL, Q_PATCH, Q_REMOVE, Q_ANY, Q_OTHERS, Q_SWITCH, Q_SET, Q_UNSET,
       Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO whitelist (uuid, platform, channel, name, note, created_at_ms)"
        " VALUES (:uuid, :platform, :channel, :name, :note, :now_ms) ON CONFLICT (platform, channel) DO NOTHING",
    [Q_OF_CHANNEL] = "SELECT " COLUMNS " WHERE platform = :platform AND channel = :channel",
    [Q_FIND] = "SELECT " COLUMNS " WHERE uuid = :uuid",
    [Q_LIST] = "SELECT " COLUMNS " WHERE id < :before_id ORDER BY id DESC LIMIT :limit",
    [Q_TOTAL] = "SELECT COUNT(*) FROM whitelist",
    [Q_PATCH] =
        "UPDATE whitelist SET name = COALESCE(:name, name), note = COALESCE(:note, note) WHERE uuid = :uuid",
    [Q_REMOVE] = "DELETE FROM whitelist WHERE uuid = :uuid",
    [Q_ANY] = "SELECT 1 FROM whitelist WHERE platform = :platform LIMIT 1",
    /* Of those that are handles where :is_handle is 0, and the other way round. */
    [Q_OTHERS] =
        "SELECT 1 FROM whitelist WHERE platform = :platform"
        "  AND CASE WHEN channel LIKE '@%' THEN 1 ELSE 0 END <> :is_handle LIMIT 1",
    [Q_SWITCH] = "SELECT value FROM switches WHERE name = 'whitelist'",
    [Q_SET] =
        "INSERT INTO switches (name, value, changed_at_ms) VALUES ('whitelist', :value, :now_ms)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at_ms = excluded.changed_at_ms",
    [Q_UNSET] = "DELETE FROM switches WHERE name = 'whitelist'",
};

/* 1: *out is the row; 0: there is none; -1. */
static int read_row(struct stmt *s, struct whitelist_entry *out, struct err *e)
{
    const int row = db_step(s, e);

    if (row != 1)
        return row;
    out->id = col_int(s, 0);
    col_copy(s, 1, out->uuid, sizeof out->uuid);
    col_copy(s, 2, out->platform, sizeof out->platform);
    col_copy(s, 3, out->channel, sizeof out->channel);
    col_copy(s, 4, out->name, sizeof out->name);
    col_copy(s, 5, out->note, sizeof out->note);
    out->created_at_ms = col_int(s, 6);
    return 1;
}

static int read_one(struct stmt *s, struct whitelist_entry *out, struct err *e)
{
    const int row = read_row(s, out, e);

    db_done(s);
    return row;
}

/* 1: the statement has a row; 0, -1. */
static int has_row(struct stmt *s, struct err *e)
{
    const int row = db_step(s, e);

    db_done(s);
    return row;
}

static int not_found(const char *uuid, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "there is no entry %.40s", uuid);
}

static int add_in_tx(struct db *db, struct whitelist_entry *entry, bool *existing, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);
    char uuid[ID_UUID_BYTES];

    id_uuid7(uuid);
    bind_text(s, ":uuid", uuid);
    bind_text(s, ":platform", entry->platform);
    bind_text(s, ":channel", entry->channel);
    bind_text(s, ":name", entry->name);
    bind_text(s, ":note", entry->note);
    bind_int(s, ":now_ms", clock_wall_ms());
    if (db_run(s, e))
        return -1;
    *existing = db_changes(db) == 0;
    s = db_stmt(db, sql[Q_OF_CHANNEL]);
    bind_text(s, ":platform", entry->platform);
    bind_text(s, ":channel", entry->channel);
    return read_one(s, entry, e) < 0 ? -1 : 0;
}

int whitelist_add(struct db *db, struct whitelist_entry *entry, bool *existing, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, add_in_tx(db, entry, existing, e), e);
}

int whitelist_find(struct db *db, const char *uuid, struct whitelist_entry *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":uuid", uuid);
    const int row = read_one(s, out, e);
    return row == 0 ? not_found(uuid, e) : row < 0 ? -1 : 0;
}

int whitelist_list(struct db *db, int64_t before_id, int limit,
                   void (*on_row)(void *arg, const struct whitelist_entry *entry), void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    struct whitelist_entry entry;
    int row;

    bind_int(s, ":before_id", before_id);
    bind_int(s, ":limit", limit);
    while ((row = read_row(s, &entry, e)) == 1)
        on_row(arg, &entry);
    return row;
}

int whitelist_count(struct db *db, int64_t *count, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_TOTAL]);
    const int row = db_step(s, e);

    *count = row == 1 ? col_int(s, 0) : 0;
    db_done(s);
    return row < 0 ? -1 : 0;
}

/* Runs a change of the one row that bears this uuid. */
static int change_one(struct db *db, struct stmt *s, const char *uuid, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    bind_text(s, ":uuid", uuid);
    int rc = db_run(s, e);
    if (rc == 0 && db_changes(db) == 0)
        rc = not_found(uuid, e);
    return db_end(db, rc, e);
}

int whitelist_patch(struct db *db, const char *uuid, const char *name, const char *note, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PATCH]);

    bind_text(s, ":name", name);
    bind_text(s, ":note", note);
    return change_one(db, s, uuid, e);
}

int whitelist_remove(struct db *db, const char *uuid, struct err *e)
{
    return change_one(db, db_stmt(db, sql[Q_REMOVE]), uuid, e);
}

/* ---- on or off ---- */

int whitelist_set(struct db *db, bool enabled, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_SET]);
    bind_text(s, ":value", enabled ? "on" : "off");
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_end(db, db_run(s, e), e);
}

int whitelist_unset(struct db *db, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, db_run(db_stmt(db, sql[Q_UNSET]), e), e);
}

int whitelist_enabled(struct db *db, const struct conf *conf, bool *enabled, const char **decided_by, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SWITCH]);
    const int row = db_step(s, e);

    if (row == 1) {
        *enabled = strcmp(col_text(s, 0), "off") != 0;
        *decided_by = "switch";
    } else if (*conf->download_whitelist_enabled) {
        *enabled = strcmp(conf->download_whitelist_enabled, "false") != 0;
        *decided_by = "setting";
    } else {
        *enabled = !conf_listens_on_loopback(conf);
        *decided_by = "default";
    }
    db_done(s);
    return row < 0 ? -1 : 0;
}

static int is_enabled(struct db *db, const struct conf *conf, bool *enabled, struct err *e)
{
    const char *decided_by;
    return whitelist_enabled(db, conf, enabled, &decided_by, e);
}

/* ---- may this be downloaded? Each answers 1: yes; 0: no; -1: *e. ---- */

static int is_listed(struct db *db, const char *platform, const char *channel, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OF_CHANNEL]);

    bind_text(s, ":platform", platform);
    bind_text(s, ":channel", channel);
    return has_row(s, e);
}

/* The host, or a domain that it is below. A single label is nobody's domain, an address has none. */
static int host_is_listed(struct db *db, const char *platform, const char *host, struct err *e)
{
    struct sockaddr_storage address;
    int listed = is_listed(db, platform, host, e);

    if (net_literal(host, &address))
        return listed;
    for (const char *dot = strchr(host, '.'); listed == 0 && dot && strchr(dot + 1, '.'); dot = strchr(dot + 1, '.'))
        listed = is_listed(db, platform, dot + 1, e);
    return listed;
}

static int is_allowed_as(struct db *db, const char *platform, const struct who *who, struct err *e)
{
    int listed = is_listed(db, platform, "*", e);

    for (int i = 0; i < who->count && listed == 0; i++)
        listed = (has_hosts(source_of(platform)) ? host_is_listed : is_listed)(db, platform, who->ids[i], e);
    return listed;
}

static int is_allowed(struct db *db, const struct who *who, struct err *e)
{
    const int allowed = is_allowed_as(db, who->platform, who, e);

    return allowed == 0 && strcmp(who->platform, "direct") == 0 ? is_allowed_as(db, "generic", who, e) : allowed;
}

static int has_any(struct db *db, const char *platform, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ANY]);

    bind_text(s, ":platform", platform);
    return has_row(s, e);
}

/* Entries that cannot be compared with this id by looks: an id is no handle, and may yet be of the same channel. */
static int has_others(struct db *db, const char *platform, const char *id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OTHERS]);

    bind_text(s, ":platform", platform);
    bind_int(s, ":is_handle", id[0] == '@');
    return has_row(s, e);
}

#define REFUSED " is not on the whitelist"

/* whitelist_offer() reads this again. */
static int refuse(const struct who *who, struct err *e)
{
    const char *id = who->ids[0], *bare = id[0] == '@' ? id + 1 : id;

    if (who->count == 0)
        return err_set(e, ERR_NOT_WHITELISTED, "what is there does not say whose it is; only an entry for the whole of "
                       "%s would allow it", who->platform);
    if (has_hosts(source_of(who->platform)))
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
    const int any = enabled ? has_any(db, platform, e) : 1;
    if (any == 0)
        return err_set(e, ERR_NOT_WHITELISTED, "this is fetched from %s, and nothing of it" REFUSED, platform);
    return any < 0 ? -1 : 0;
}

/* A list is judged entry by entry: its owner need not be theirs. */
static int check_claim(struct db *db, const struct source_link *link, const struct who *who, struct err *e)
{
    const bool by_name = who->count && link->kind != SOURCE_LIST;
    int maybe = is_allowed(db, who, e);

    if (maybe == 0)
        maybe = by_name ? has_others(db, who->platform, who->ids[0], e) : has_any(db, who->platform, e);
    if (maybe == 0)
        return by_name ? refuse(who, e)
                       : err_set(e, ERR_NOT_WHITELISTED, "nothing of %s" REFUSED, who->platform);
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
    return *id && source_of(platform) != NULL;
}
