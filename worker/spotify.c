#include "spotify.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fetch.h"
#include "json.h"
#include "source.h"

#define DEFAULT_API      "https://api.spotify.com/v1"
#define DEFAULT_ACCOUNTS "https://accounts.spotify.com"
#define DEFAULT_OEMBED   "https://open.spotify.com/oembed"
#define ID_LETTERS       22
#define PAGE             "50"       /* the most that /items and /albums/ID/tracks give at once */
#define MOST_ENTRIES     100000     /* of a list, whatever its pages say */
#define LONGEST_MS       30000      /* one request */
#define TOKEN_BYTES      2048
#define TOKEN_MARGIN_MS  60000
#define URL_ROOM         (URL_MAX_BYTES + 512)

/* ---- one request ---- */

struct asking {
    const struct spotify *s;
    const char *url, *base, *default_base, *form;   /* form: POST it, with the credentials */
    const char *token;                              /* NULL: none */
    int         status;
    cJSON      *doc;                                /* owned by who asks */
};

static int tick(void *arg, int64_t bytes, int64_t total_bytes, int64_t speed_bps, struct err *e)
{
    const struct spotify *s = arg;

    (void)bytes, (void)total_bytes, (void)speed_bps;
    return s->tick ? s->tick(s->arg, e) : 0;
}

static int ask_once(void *arg, struct err *e)
{
    struct asking *a = arg;
    const struct conf *c = a->s->conf;
    char bearer[TOKEN_BYTES + 32];
    const char *const headers[] = { bearer, NULL };
    struct fetch_reply reply;
    struct buf body = BUF_INIT(json_limits_tool.max_bytes);
    struct fetch f = { .url = a->url, .form = a->form, .headers = a->token ? headers : NULL,
                       .trusted = strcmp(a->base, a->default_base) != 0, .stall_s = c->stall_timeout_s,
                       .timeout_ms = LONGEST_MS, .on_progress = tick, .arg = (void *)a->s };

    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", a->token ? a->token : "");
    if (a->form) {
        f.user = c->spotify_client_id;
        f.password = c->spotify_client_secret;
    }
    cJSON_Delete(a->doc);
    a->doc = NULL;
    int rc = fetch_text(&f, &body, &reply, e);
    a->status = reply.status;
    if (rc == 0 && json_parse(&a->doc, buf_text(&body), body.len, &json_limits_tool, e))
        rc = err_set(e, ERR_NETWORK, "Spotify's answer broke off or is no JSON");
    buf_free(&body);
    return rc;
}

static int ask(struct asking *a, struct err *e)
{
    a->doc = NULL;
    const int rc = a->s->patiently ? a->s->patiently(a->s->arg, ask_once, a, e) : ask_once(a, e);

    if (rc) {
        cJSON_Delete(a->doc);
        a->doc = NULL;
    }
    return rc;
}

static int not_understood(struct err *e, const char *what)
{
    return err_set(e, ERR_SYSTEM, "Spotify's answer is not understood: %s", what);
}

/* A base address as the admin wrote it, without the slash that may end it. */
static const char *base_of(const char *setting, char *out, size_t size)
{
    copy_text(out, size, setting);
    for (size_t n = strlen(out); n > 0 && out[n - 1] == '/'; n--)
        out[n - 1] = '\0';
    return out;
}

/* ---- the token ---- */

struct token { char text[TOKEN_BYTES]; int64_t until_ms; };

static void token_path(const struct conf *c, char *out, size_t size)
{
    snprintf(out, size, "%s/spotify-token.json", c->data_dir);
}

/* Whose token it is, without saying so. */
static void token_owner(const struct conf *c, char hash[ID_SHA256_BYTES])
{
    char *all = xasprintf("%s\n%s\n%s", c->spotify_accounts_url, c->spotify_client_id, c->spotify_client_secret);

    id_sha256(hash, all, strlen(all));
    free(all);
}

/* It becomes a header: letters, digits and what else RFC 6750 allows. */
static bool is_token(const char *text)
{
    const size_t n = strlen(text);

    if (n == 0 || n >= TOKEN_BYTES)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("-._~+/=", text[i]))
            return false;
    return true;
}

static bool load_token(const struct conf *c, struct token *t)
{
    char path[CONF_STR_BYTES + 32], hash[ID_SHA256_BYTES], *text = NULL;
    cJSON *doc = NULL;
    size_t n = 0;
    struct err e;

    token_path(c, path, sizeof path);
    token_owner(c, hash);
    t->until_ms = 0;
    if (file_read(&text, &n, path, 16 << 10, &e) == 0 && json_parse(&doc, text, n, &json_limits_tool, &e) == 0 &&
        strcmp(json_text(doc, "owner", ""), hash) == 0 && is_token(json_text(doc, "token", ""))) {
        copy_text(t->text, sizeof t->text, json_text(doc, "token", ""));
        t->until_ms = (int64_t)json_number(doc, "until_ms", 0);
    }
    cJSON_Delete(doc);
    free(text);
    return t->until_ms > clock_wall_ms();
}

static void save_token(const struct conf *c, const struct token *t)
{
    char path[CONF_STR_BYTES + 32], hash[ID_SHA256_BYTES];
    cJSON *doc = cJSON_CreateObject();
    struct err unsaid;      /* then the next one asks again */

    token_path(c, path, sizeof path);
    token_owner(c, hash);
    json_put_text(doc, "owner", hash);
    json_put_text(doc, "token", t->text);
    json_put_int(doc, "until_ms", t->until_ms);
    char *text = cJSON_PrintUnformatted(doc);
    (void)file_write_atomic(path, text, strlen(text), &unsaid);
    cJSON_free(text);
    cJSON_Delete(doc);
}

static int bad_credentials(struct err *e)
{
    return err_set(e, ERR_CREDENTIALS,
                   "Spotify does not accept SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET as they are set");
}

static int fetch_token(const struct spotify *s, struct token *t, struct err *e)
{
    char base[CONF_STR_BYTES], url[CONF_STR_BYTES + 32];
    struct asking a = { .s = s, .url = url, .base = base, .default_base = DEFAULT_ACCOUNTS,
                        .form = "grant_type=client_credentials" };

    snprintf(url, sizeof url, "%s/api/token", base_of(s->conf->spotify_accounts_url, base, sizeof base));
    if (ask(&a, e))
        return a.status == 400 || a.status == 401 || a.status == 403 ? bad_credentials(e) : -1;
    const char *text = json_text(a.doc, "access_token", "");
    const double seconds = json_number(a.doc, "expires_in", 0);
    const bool usable = is_token(text) && strcasecmp(json_text(a.doc, "token_type", ""), "bearer") == 0;
    copy_text(t->text, sizeof t->text, usable ? text : "");
    cJSON_Delete(a.doc);
    if (!usable)
        return not_understood(e, "it holds no token");
    t->until_ms = clock_wall_ms() + (int64_t)(seconds > 0 && seconds < 1e6 ? seconds * 1000 : 0) - TOKEN_MARGIN_MS;
    save_token(s->conf, t);
    return 0;
}

/* ---- the Web API ---- */

static int fail_by_status(int status, struct err *e)
{
    static const struct { int status; enum err_kind kind; const char *text; } table[] = {
        { 400, ERR_UNAVAILABLE, "Spotify knows nothing of this id" },
        { 403, ERR_CREDENTIALS, "Spotify does not let this app see it; in development mode an app sees only what "
                                "belongs to its owner" },
        { 404, ERR_UNAVAILABLE, "Spotify knows no such track, album or playlist, or does not show it to apps (its own "
                                "playlists, for one)" },
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].status == status)
            return err_set(e, table[i].kind, "%s", table[i].text);
    return -1;
}

/* *doc is owned by the caller. */
static int api(const struct spotify *s, const char *url, cJSON **doc, int *status, struct err *e)
{
    char base[CONF_STR_BYTES];
    struct token token;
    struct asking a = { .s = s, .url = url, .base = base, .default_base = DEFAULT_API, .token = token.text };
    bool is_new = !load_token(s->conf, &token);

    base_of(s->conf->spotify_api_url, base, sizeof base);
    *doc = NULL;
    if (is_new && fetch_token(s, &token, e))
        return -1;
    int rc = ask(&a, e);
    if (rc && a.status == 401 && !is_new) {     /* taken back before its time */
        if (fetch_token(s, &token, e))
            return -1;
        rc = ask(&a, e);
    }
    *doc = a.doc;
    *status = a.status;
    if (rc)
        return a.status == 401 ? bad_credentials(e) : fail_by_status(a.status, e);
    if (cJSON_IsObject(a.doc))
        return 0;
    cJSON_Delete(a.doc);
    *doc = NULL;
    return not_understood(e, "it is no object");
}

static int api_path(const struct spotify *s, cJSON **doc, int *status, struct err *e, const char *kind, const char *id,
                    const char *rest)
{
    char base[CONF_STR_BYTES], url[URL_ROOM];

    snprintf(url, sizeof url, "%s/%s/%s%s", base_of(s->conf->spotify_api_url, base, sizeof base), kind, id, rest);
    return api(s, url, doc, status, e);
}

/* ---- what a track is ---- */

static void know_nothing(struct wanted *w)
{
    *w = (struct wanted){ .source = "spotify", .duration_ms = -1 };
}

/* One clean line, cut on a character. */
static void put_text(char *to, size_t size, const char *from)
{
    char *clean = xstrdup(from);

    utf8_clean(clean);
    copy_text(to, size, clean);
    free(clean);
}

static void join_artists(char *out, size_t size, const cJSON *artists)
{
    struct buf all = BUF_INIT(4096);
    const cJSON *artist;

    cJSON_ArrayForEach(artist, artists)
        if (*json_text(artist, "name", ""))
            buf_printf(&all, "%s%s", all.len ? ", " : "", json_text(artist, "name", ""));
    put_text(out, size, buf_text(&all));
    buf_free(&all);
}

/* 2004, 2004-05 (which says no day: 2004) or 2004-05-20. */
static void read_date(char out[11], const char *text)
{
    size_t n = 0;

    while (n < 10 && (n == 4 || n == 7 ? text[n] == '-' : isdigit((unsigned char)text[n])))
        n++;
    snprintf(out, 11, "%.*s", n == 10 && !text[10] ? 10 : n >= 4 ? 4 : 0, text);
}

static void read_cover(char *out, size_t size, const cJSON *images)
{
    const cJSON *image;
    double widest = -1;

    out[0] = '\0';
    cJSON_ArrayForEach(image, images) {
        const char *url = json_text(image, "url", "");
        const double width = json_number(image, "width", 0);
        if (width > widest && strlen(url) < size && strncmp(url, "http", 4) == 0) {
            put_text(out, size, url);
            widest = width;
        }
    }
}

static int64_t count_of(const cJSON *object, const char *name, int64_t most, int64_t unknown)
{
    const double n = json_number(object, name, -1);
    return n > 0 && n <= (double)most ? (int64_t)n : unknown;
}

static void read_album(struct wanted *w, const cJSON *album)
{
    put_text(w->album, sizeof w->album, json_text(album, "name", ""));
    join_artists(w->album_artist, sizeof w->album_artist, json_member(album, "artists"));
    read_date(w->date, json_text(album, "release_date", ""));
    read_cover(w->cover_url, sizeof w->cover_url, json_member(album, "images"));
    w->track_total = count_of(album, "total_tracks", 100000, 0);
}

/* False for what is no track, or is not on Spotify: local files, episodes, what was taken away. */
static bool read_track(struct wanted *w, const cJSON *track, const cJSON *album)
{
    const char *id = json_text(track, "id", ""), *isrc = json_text(json_member(track, "external_ids"), "isrc", "");
    const cJSON *artists = json_member(track, "artists");

    know_nothing(w);
    if (!cJSON_IsObject(track) || json_bool(track, "is_local", false) || !source_is_id(id, ID_LETTERS, ID_LETTERS) ||
        strcmp(json_text(track, "type", "track"), "track") != 0)
        return false;
    put_text(w->title, sizeof w->title, json_text(track, "name", ""));
    join_artists(w->artist, sizeof w->artist, artists);
    put_text(w->first_artist, sizeof w->first_artist, json_text(cJSON_GetArrayItem(artists, 0), "name", ""));
    read_album(w, album ? album : json_member(track, "album"));
    copy_text(w->source_id, sizeof w->source_id, id);
    snprintf(w->url, sizeof w->url, "https://open.spotify.com/track/%s", id);
    if (strlen(isrc) < sizeof w->isrc && source_is_id(isrc, 12, 12))
        copy_text(w->isrc, sizeof w->isrc, isrc);
    w->duration_ms = count_of(track, "duration_ms", 1000000000, -1);
    w->track_number = count_of(track, "track_number", 100000, 0);
    w->disc_number = count_of(track, "disc_number", 1000, 0);
    return *w->title != '\0';
}

/* ---- lists ---- */

struct reading {
    const struct spotify *s;
    int64_t         max_items, index;
    struct spotify_list *list;
    const cJSON    *album;              /* of all tracks; NULL: each has its own */
    spotify_item   *on_item;
    void           *arg;
};

static int give_page(struct reading *r, const cJSON *page, struct err *e)
{
    const cJSON *items = json_member(page, "items"), *entry;
    struct wanted w;

    if (!cJSON_IsArray(items))
        return not_understood(e, "the list has no entries");
    const double total = json_number(page, "total", -1);
    r->list->total = total >= 0 && total < 1e9 ? (int64_t)total : -1;
    cJSON_ArrayForEach(entry, items) {
        const cJSON *track = r->album ? entry : json_member(entry, "item");
        if (r->list->given >= r->max_items)
            return 0;
        r->index++;
        if (!read_track(&w, track ? track : json_member(entry, "track"), r->album) ||
            json_bool(entry, "is_local", false)) {
            r->list->skipped++;
            continue;
        }
        r->list->given++;
        if (r->on_item(r->arg, &w, r->index, r->list, e))
            return -1;
    }
    return 0;
}

/* Where the list goes on: only below the address that we were told to trust with our token. */
static int next_url(const struct reading *r, const cJSON *page, char *out, size_t size, struct err *e)
{
    const char *next = json_text(page, "next", "");
    char base[CONF_STR_BYTES];
    const size_t n = strlen(base_of(r->s->conf->spotify_api_url, base, sizeof base));

    out[0] = '\0';
    if (!*next || r->list->given >= r->max_items || cJSON_GetArraySize(json_member(page, "items")) == 0)
        return 0;
    if (strncmp(next, base, n) != 0 || next[n] != '/' || strlen(next) >= size || r->index >= MOST_ENTRIES)
        return not_understood(e, "its list goes on elsewhere");
    copy_text(out, size, next);
    return 0;
}

/* `page` is the first; the caller's. */
static int give_pages(struct reading *r, const cJSON *page, struct err *e)
{
    char url[URL_ROOM];
    cJSON *more = NULL;
    int status, rc = give_page(r, page, e);

    if (rc == 0)
        rc = next_url(r, page, url, sizeof url, e);
    while (rc == 0 && *url) {
        cJSON_Delete(more);
        rc = api(r->s, url, &more, &status, e);
        if (rc == 0)
            rc = give_page(r, more, e);
        if (rc == 0)
            rc = next_url(r, more, url, sizeof url, e);
    }
    cJSON_Delete(more);
    return rc;
}

static int read_album_of(struct reading *r, const char *id, struct err *e)
{
    cJSON *album = NULL;
    int status;

    if (api_path(r->s, &album, &status, e, "albums", id, ""))
        return -1;
    put_text(r->list->title, sizeof r->list->title, json_text(album, "name", ""));
    r->album = album;
    const int rc = give_pages(r, json_member(album, "tracks"), e);
    cJSON_Delete(album);
    return rc;
}

static int read_playlist(struct reading *r, const char *id, struct err *e)
{
    static const char *const rests[] = { "/items?limit=" PAGE, "/tracks?limit=" PAGE };
    cJSON *about = NULL, *page = NULL;
    int status = 0, rc = -1;

    if (api_path(r->s, &about, &status, e, "playlists", id, "?fields=name"))
        return -1;
    put_text(r->list->title, sizeof r->list->title, json_text(about, "name", ""));
    cJSON_Delete(about);
    for (size_t i = 0; i < ARRAY_LEN(rests) && rc; i++) {
        rc = api_path(r->s, &page, &status, e, "playlists", id, rests[i]);
        if (rc && status != 403 && status != 404)
            return -1;
    }
    if (rc == 0)
        rc = give_pages(r, page, e);
    cJSON_Delete(page);
    return rc;
}

static int read_one(struct reading *r, const char *id, struct err *e)
{
    struct wanted w;
    cJSON *track = NULL;
    int status;

    if (api_path(r->s, &track, &status, e, "tracks", id, ""))
        return -1;
    const bool usable = read_track(&w, track, NULL);
    cJSON_Delete(track);
    if (!usable)
        return not_understood(e, "it describes no track");
    r->list->total = r->list->given = 1;
    return r->on_item(r->arg, &w, 1, r->list, e);
}

/* ---- without credentials ---- */

static int read_oembed(struct reading *r, const char *id, struct err *e)
{
    char base[CONF_STR_BYTES], url[CONF_STR_BYTES + 128];
    struct asking a = { .s = r->s, .url = url, .base = base, .default_base = DEFAULT_OEMBED };
    struct wanted w;

    know_nothing(&w);
    snprintf(w.url, sizeof w.url, "https://open.spotify.com/track/%s", id);
    snprintf(url, sizeof url, "%s?url=https%%3A%%2F%%2Fopen.spotify.com%%2Ftrack%%2F%s",
             base_of(r->s->conf->spotify_oembed_url, base, sizeof base), id);
    if (ask(&a, e))
        return fail_by_status(a.status, e);
    copy_text(w.source_id, sizeof w.source_id, id);
    put_text(w.title, sizeof w.title, json_text(a.doc, "title", ""));
    const char *cover = json_text(a.doc, "thumbnail_url", "");
    if (strncmp(cover, "http", 4) == 0 && strlen(cover) < sizeof w.cover_url)
        put_text(w.cover_url, sizeof w.cover_url, cover);
    cJSON_Delete(a.doc);
    if (!*w.title)
        return not_understood(e, "it names no title");
    r->list->total = r->list->given = 1;
    return r->on_item(r->arg, &w, 1, r->list, e);
}

static int need_credentials(struct reading *r, const char *id, struct err *e)
{
    (void)r, (void)id;
    return err_set(e, ERR_CREDENTIALS,
                   "albums and playlists of Spotify need SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET");
}

int spotify_read(const struct spotify *s, const char *form, const char *id, int64_t max_items,
                 struct spotify_list *list, spotify_item *on_item, void *arg, struct err *e)
{
    static const struct {
        const char *form;
        int       (*read)(struct reading *r, const char *id, struct err *e);
        int       (*without)(struct reading *r, const char *id, struct err *e);      /* credentials */
    } forms[] = {
        { "track", read_one, read_oembed },
        { "album", read_album_of, need_credentials },
        { "playlist", read_playlist, need_credentials },
    };
    struct reading r = { .s = s, .max_items = max_items, .list = list, .on_item = on_item, .arg = arg };
    const bool known = *s->conf->spotify_client_id && *s->conf->spotify_client_secret;

    *list = (struct spotify_list){ .total = -1 };
    for (size_t i = 0; i < ARRAY_LEN(forms) && source_is_id(id, ID_LETTERS, ID_LETTERS); i++)
        if (strcmp(forms[i].form, form) == 0)
            return (known ? forms[i].read : forms[i].without)(&r, id, e);
    return err_set(e, ERR_UNSUPPORTED, "this Spotify page is no track, album or playlist");
}
