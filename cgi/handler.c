#include "handler.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "http.h"
#include "idempotency.h"
#include "json.h"
#include "keys.h"
#include "sessions.h"

#define BODY_MAX_BYTES  (64 << 10)
#define REQUEST_LIMIT_S 20          /* a handler that takes longer is stuck; its process is replaced */
#define MAX_ALLOWED     8

/* Everything of one request that has to be freed or reported. */
struct exchange {
    struct request  req;
    struct response res;
    const struct route *route;
    bool        head;               /* HEAD: as GET, without the body */
    bool        in_group;           /* its outcome stands and falls with the group's commit */
    int64_t     started_ms;
    struct err  err;
    char        method[16], path[1024], token[ID_SECRET_BYTES], request_id[17];
    char        allow[128];         /* for a 405 */
    char        body[BODY_MAX_BYTES + 1];
};

static struct conf settings;

void response_header(struct response *res, const char *name, const char *value)
{
    const size_t used = strlen(res->headers);

    for (const unsigned char *p = (const unsigned char *)value; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            return;
    if (strlen(name) + strlen(value) + 5 < sizeof res->headers - used)
        snprintf(res->headers + used, sizeof res->headers - used, "%s: %s\r\n", name, value);
}

static bool client_has(const struct response *res)
{
    const char *known = http_param("HTTP_IF_NONE_MATCH");

    return known && strstr(known, res->etag);
}

bool response_unchanged(const struct request *req, struct response *res, int64_t revision, const char *more)
{
    res->tag_is_content = *req->session_uuid != '\0';
    if (res->tag_is_content)
        return false;
    snprintf(res->etag, sizeof res->etag, "W/\"%lld%s%s\"", (long long)revision, *more ? "-" : "", more);
    if (!client_has(res))
        return false;
    res->status = 304;
    return true;
}

/* The same address shows each session something else: the end of its id tells them apart. */
static void tag_content(const struct request *req, struct response *res, const char *body)
{
    char hash[ID_SHA256_BYTES];

    id_sha256(hash, body, strlen(body));
    snprintf(res->etag, sizeof res->etag, "W/\"%.32s-s%s\"", hash, req->session_uuid + ID_UUID_BYTES - 1 - 8);
    if (client_has(res))
        res->status = 304;
}

void response_problem_member(struct response *res, const char *name, cJSON *value)
{
    if (!res->more)
        res->more = cJSON_CreateObject();
    cJSON_AddItemToObject(res->more, name, value);
}

int response_field_errors(const struct spec_errors *errors, struct response *res, struct err *e)
{
    if (errors->count == 0)
        return 0;
    res->errors = cJSON_CreateArray();
    for (int i = 0; i < errors->count; i++) {
        cJSON *item = cJSON_CreateObject();
        json_put_text(item, "field", errors->list[i].field);
        json_put_text(item, "message", errors->list[i].message);
        cJSON_AddItemToArray(res->errors, item);
    }
    return err_set(e, ERR_INPUT, "%s: %s%s", errors->list[0].field, errors->list[0].message,
                   errors->count > 1 ? " (and more, see errors)" : "");
}

void request_only(struct request *req, const char *const *known)
{
    for (const cJSON *v = req->json->child; v; v = v->next) {
        const char *const *k = known;
        while (*k && strcmp(*k, v->string) != 0)
            k++;
        if (!*k) {
            char field[80];
            copy_text(field, sizeof field, v->string);
            utf8_trim_tail(field);
            spec_add_error(&req->errors, field, "is not a field that this server knows");
        }
    }
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

bool request_query(const struct request *req, const char *name, char *out, size_t size)
{
    const char *p = http_param("QUERY_STRING");
    const size_t n = strlen(name);

    (void)req;
    for (; p && *p; p += strcspn(p, "&"), p += *p == '&') {
        if (strncmp(p, name, n) != 0 || (p[n] != '=' && p[n] != '&' && p[n] != '\0'))
            continue;
        size_t used = 0;
        for (p += n + (p[n] == '='); *p && *p != '&' && used + 1 < size; p++) {
            const int hi = *p == '%' && p[1] ? hex_digit(p[1]) : -1, lo = hi >= 0 ? hex_digit(p[2]) : -1;
            out[used++] = lo >= 0 ? (char)(hi * 16 + lo) : *p == '+' ? ' ' : *p;
            p += lo >= 0 ? 2 : 0;
        }
        out[used] = '\0';
        return true;
    }
    return false;
}

int64_t request_int(const struct request *req, const char *name, int64_t fallback, int64_t least, int64_t most,
                    struct spec_errors *errors)
{
    char text[32], *end = NULL;

    if (!request_query(req, name, text, sizeof text))
        return fallback;
    const long long n = strtoll(text, &end, 10);
    if (end == text || *end || n < least || n > most) {
        spec_add_error(errors, name, "has to be a whole number from %lld to %lld", (long long)least,
                       (long long)most);
        return fallback;
    }
    return n;
}

/* Does the pattern fit the path? {id} and {name} take one segment. */
static bool path_fits(const char *pattern, const char *path, char *id, size_t id_size)
{
    const char *brace = strchr(pattern, '{');

    if (!brace)
        return strcmp(pattern, path) == 0;
    const size_t before = (size_t)(brace - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    const size_t n = strcspn(path + before, "/");
    if (n == 0 || n >= id_size || strcmp(strchr(brace, '}') + 1, path + before + n) != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        id[i] = (char)tolower((unsigned char)path[before + i]);
    id[n] = '\0';
    return true;
}

static int find_route(struct exchange *x, const struct route *routes, struct err *e)
{
    for (const struct route *r = routes; r->method; r++) {
        if (!path_fits(r->path, x->path, x->req.id, sizeof x->req.id))
            continue;
        if (strcmp(r->method, x->req.method) == 0) {
            x->route = r;
            return strstr(r->path, "{id}") && !id_is_uuid(x->req.id)
                       ? err_set(e, ERR_NOT_FOUND, "%s is no id", x->req.id)
                       : 0;
        }
        const size_t used = strlen(x->allow);
        snprintf(x->allow + used, sizeof x->allow - used, "%s%s%s", used ? ", " : "", r->method,
                 strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
    }
    if (x->allow[0]) {
        response_header(&x->res, "Allow", x->allow);
        return err_set(e, ERR_METHOD, "%s is not possible here; allowed: %s", x->req.method, x->allow);
    }
    return err_set(e, ERR_NOT_FOUND, "there is nothing at %.200s", x->path);
}

/* The path without query, doubled or trailing slashes. nginx has already decoded and normalised it. */
static void read_path(struct exchange *x)
{
    const char *p = http_param("DOCUMENT_URI");

    if (!p)
        p = http_param("PATH_INFO");
    if (!p)
        p = http_param("REQUEST_URI");
    copy_text(x->path, sizeof x->path, p ? p : "/");
    x->path[strcspn(x->path, "?")] = '\0';
    for (size_t n = strlen(x->path); n > 1 && x->path[n - 1] == '/'; n--)
        x->path[n - 1] = '\0';
    x->req.path = x->path;
}

/* The value of our cookie, if it has the shape of a token. */
static const char *cookie_token(struct exchange *x)
{
    static const char name[] = "dubplate_login=";
    const char *p = http_param("HTTP_COOKIE");

    for (; p && *p; p += strcspn(p, ";"), p += strspn(p, "; ")) {
        if (strncmp(p, name, sizeof name - 1) != 0)
            continue;
        p += sizeof name - 1;
        const size_t n = strcspn(p, ";");
        if (n != ID_SECRET_BYTES - 1)
            return NULL;
        memcpy(x->token, p, n);
        return x->token;
    }
    return NULL;
}

/* A cookie travels with requests that other sites cause. SameSite=Strict stops those in today's browsers; a request
 * that changes something has to come from our own page as well. */
static int check_origin(const struct exchange *x, struct err *e)
{
    const char *origin = http_param("HTTP_ORIGIN"), *host = http_param("HTTP_HOST");
    const char *site = http_param("HTTP_SEC_FETCH_SITE");

    if (strcmp(x->req.method, "GET") == 0)
        return 0;
    const char *origin_host = origin ? strstr(origin, "://") : NULL;
    if (origin && (!origin_host || !host || strcmp(origin_host + 3, host) != 0))
        return err_set(e, ERR_DENIED, "a page of another site (%.100s) may not do this", origin);
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return err_set(e, ERR_DENIED, "a page of another site may not do this");
    return 0;
}

/* 1: a known key or login; 0: none was sent; -1. */
static int check_key(struct exchange *x, struct err *e)
{
    const char *key = http_param("HTTP_X_API_KEY"), *bearer = http_param("HTTP_AUTHORIZATION");
    int known = 0;

    if (!key && bearer && strncasecmp(bearer, "Bearer ", 7) == 0)
        key = bearer + 7 + strspn(bearer + 7, " ");
    if (key)
        known = keys_check(x->req.db, key, &x->req.key_id, e);
    else if (x->req.login_token) {
        known = keys_check_login(x->req.db, x->req.login_token, &x->req.key_id, e);
        if (known == 1 && check_origin(x, e))
            return -1;
    }
    x->req.is_admin = known == 1;
    return known == 0 && key ? err_set(e, ERR_UNAUTHORIZED, "this key is not known") : known;
}

static int check_session(struct exchange *x, struct err *e)
{
    const char *header = http_param("HTTP_X_SESSION_ID");
    char uuid[ID_UUID_BYTES];
    struct session s;

    if (!header)
        return 0;
    copy_text(uuid, sizeof uuid, header);
    for (char *p = uuid; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    if (strlen(header) != ID_UUID_BYTES - 1 || !id_is_uuid(uuid))
        return err_set(e, ERR_UNAUTHORIZED, "X-Session-ID is not the id of a session");
    if (sessions_check(x->req.db, uuid, &s, e))
        return -1;
    copy_text(x->req.session_uuid, sizeof x->req.session_uuid, uuid);
    return 0;
}

/* Without a key: does the session open this route, or need nobody anything here? */
static int check_keyless(struct exchange *x, struct err *e)
{
    if (!settings.sessions_open)
        return err_set(e, ERR_UNAUTHORIZED, *x->req.session_uuid
                           ? "a key is required beside X-Session-ID: this server takes no session alone"
                           : "a key is required");
    if (x->route->flags & IF_OPEN || (*x->req.session_uuid && x->route->flags & MAY_SESSION))
        return 0;
    return *x->req.session_uuid ? err_set(e, ERR_DENIED, "this is not for sessions; a key is required")
                                : err_set(e, ERR_UNAUTHORIZED, "a key or a session is required");
}

/* Of two keys or sessions one would win, and whoever put the other there would not learn of it. */
static int check_once(struct err *e)
{
    static const struct { const char *variable, *header; } alone[] = {
        { "HTTP_X_API_KEY", "X-API-Key" },
        { "HTTP_X_SESSION_ID", "X-Session-ID" },
    };

    for (size_t i = 0; i < ARRAY_LEN(alone); i++)
        if (http_is_repeated(alone[i].variable))
            return err_set(e, ERR_SYNTAX, "%s may be sent once", alone[i].header);
    return 0;
}

static int check_credentials(struct exchange *x, struct err *e)
{
    if (check_once(e))
        return -1;
    x->req.login_token = cookie_token(x);
    if (x->route->flags & OPEN)
        return check_origin(x, e);      /* signing in and out is a browser's business as well */
    const int known = check_key(x, e);
    if (known < 0 || (!(x->route->flags & IF_OPEN) && check_session(x, e)))
        return -1;
    return known ? 0 : check_keyless(x, e);
}

static int read_body(struct exchange *x, struct err *e)
{
    const char *length = http_param("CONTENT_LENGTH"), *type = http_param("CONTENT_TYPE");
    char *end = NULL;
    const long long n = length ? strtoll(length, &end, 10) : 0;

    if (!(x->route->flags & (NEED_JSON | MAY_JSON)))
        return 0;
    if (x->route->flags & MAY_JSON && n == 0 && !http_param("HTTP_TRANSFER_ENCODING")) {
        x->req.json = cJSON_CreateObject();
        return 0;
    }
    if (n < 0 || (end && *end))
        return err_set(e, ERR_SYNTAX, "Content-Length is not a number");
    if (n > BODY_MAX_BYTES)
        return err_set(e, ERR_TOO_LARGE, "a request has at most %d bytes", BODY_MAX_BYTES);
    if (!type || strncasecmp(type, "application/json", 16) != 0 || (type[16] && !strchr("; \t", type[16])))
        return err_set(e, ERR_MEDIA_TYPE, "send the body as application/json");
    const size_t got = http_read(x->body, (size_t)n);
    if (got < (size_t)n)
        return err_set(e, ERR_SYNTAX, "the body ends after %zu of %lld bytes", got, n);
    x->body[got] = '\0';
    if (json_parse(&x->req.json, x->body, got, &json_limits_request, e))
        return -1;
    if (!cJSON_IsObject(x->req.json))
        return err_set(e, ERR_INPUT, "the body has to be a JSON object");
    const char *twice = json_duplicate_name(x->req.json);
    if (twice)
        spec_add_error(&x->req.errors, twice, "is given twice");
    return 0;
}

static int ensure_db(struct exchange *x, struct db **db, struct err *e)
{
    if (!*db && db_open(db, settings.db_path, e)) {
        log_err(LOG_ERROR, "db_open_failed", e);
        return err_set(e, ERR_BUSY, "the database is not ready yet");
    }
    x->req.db = *db;
    return 0;
}

static void problem(struct exchange *x, struct err *e)
{
    const struct err_class *class = err_class(e->kind);
    cJSON *p = cJSON_CreateObject();

    utf8_clean(e->text);        /* it may quote the request */
    json_put_text(p, "type", "about:blank");
    json_put_text(p, "title", class->title);
    json_put_int(p, "status", class->http);
    json_put_text(p, "detail", e->text);
    json_put_text(p, "kind", class->name);
    if (x->res.errors)
        cJSON_AddItemToObject(p, "errors", x->res.errors);
    x->res.errors = NULL;
    for (cJSON *m; x->res.more && (m = x->res.more->child);)
        cJSON_AddItemToObject(p, m->string, cJSON_DetachItemViaPointer(x->res.more, m));
    json_put_text(p, "request_id", x->request_id);
    cJSON_Delete(x->res.json);
    free(x->res.text);
    x->res.text = NULL;
    x->res.json = p;
    x->res.status = class->http;
    x->res.etag[0] = '\0';
    x->res.tag_is_content = false;
    if (class->http == 503 || class->http == 429)
        response_header(&x->res, "Retry-After", e->kind == ERR_LIMIT ? "60" : "2");
    if (class->http == 401)
        response_header(&x->res, "WWW-Authenticate", "Bearer");
    response_header(&x->res, "Content-Type", "application/problem+json");
}

static void send(struct exchange *x)
{
    char *body = x->res.json ? cJSON_PrintUnformatted(x->res.json) : x->res.text;
    struct buf head = BUF_INIT(8192);
    if (x->res.tag_is_content && body)
        tag_content(&x->req, &x->res, body);
    const int status = x->res.status ? x->res.status : 200;

    buf_printf(&head, "Status: %d\r\n%s", status, x->res.headers);
    if (!strstr(x->res.headers, "Content-Type:") && body)
        buf_printf(&head, "Content-Type: application/json\r\n");
    if (!strstr(x->res.headers, "Cache-Control:"))
        buf_printf(&head, "Cache-Control: %s\r\n", x->res.etag[0] ? "private, no-cache" : "no-store");
    if (x->res.location[0])
        buf_printf(&head, "Location: %s\r\n", x->res.location);
    if (x->res.etag[0])
        buf_printf(&head, "ETag: %s\r\n", x->res.etag);
    buf_printf(&head, "X-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\n\r\n", x->request_id);
    http_write(head.data, head.len);
    if (body && !x->head && status != 304 && status != 204) {
        http_write(body, strlen(body));
        http_write("\n", 1);
    }
    buf_free(&head);
    if (body != x->res.text)
        cJSON_free(body);
}

static void log_request(const struct exchange *x)
{
    const struct err *e = &x->err;
    char path[256], detail[512];
    const int status = x->res.status ? x->res.status : 200;
    const enum log_level level = status >= 500 ? LOG_ERROR : e->kind ? LOG_INFO : LOG_DEBUG;

    log_line(level, "request", "id=%s method=%s path=%s status=%d ms=%lld%s%s", x->request_id, x->req.method,
             log_quote(path, sizeof path, x->path), status, (long long)(clock_boot_ms() - x->started_ms),
             e->kind ? " detail=" : "", e->kind ? log_quote(detail, sizeof detail, e->text) : "");
}

/* Reads the request that http has at hand, up to the point where only its function is left to run. */
static int receive(struct exchange *x, const struct route *routes, struct db **db, struct err *e)
{
    const char *method = http_param("REQUEST_METHOD");
    unsigned char random[8];

    memset(x, 0, offsetof(struct exchange, body) + 1);
    x->started_ms = clock_boot_ms();
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(x->request_id, sizeof x->request_id, random, sizeof random);
    x->head = method && strcmp(method, "HEAD") == 0;
    copy_text(x->method, sizeof x->method, x->head || !method ? "GET" : method);   /* the log outlives the request */
    x->req.method = x->method;
    x->req.conf = &settings;
    read_path(x);
    return find_route(x, routes, e) || ensure_db(x, db, e) || check_credentials(x, e) || read_body(x, e) ? -1 : 0;
}

static int store_answer(struct exchange *x, const struct idempotency_owner *owner, const char *name, const char *hash)
{
    char *body = x->res.json ? cJSON_PrintUnformatted(x->res.json) : xstrdup("");
    const struct stored_answer answer = { .status = x->res.status ? x->res.status : 200, .body = body,
                                          .location = x->res.location[0] ? x->res.location : NULL };
    const int rc = idempotency_store(x->req.db, owner, name, hash, &answer, &x->err);

    cJSON_free(body);
    return rc;
}

static void give_again(struct exchange *x, const struct stored_answer *answer)
{
    x->res.status = (int)answer->status;
    x->res.json = *answer->body ? cJSON_Parse(answer->body) : NULL;
    copy_text(x->res.location, sizeof x->res.location, answer->location ? answer->location : "");
    response_header(&x->res, "Idempotency-Replayed", "true");
}

/* Looks for the answer, carries out and stores in one member of the group's transaction, so that of two that come at
 * the same time the second finds the first one's answer. */
static int run_once(struct exchange *x, const char *name)
{
    const struct idempotency_owner owner = { x->req.key_id, x->req.session_uuid };
    char *all = xasprintf("%s %s\n%s", x->req.method, x->path, x->body);
    struct stored_answer answer = { 0 };
    char hash[ID_SHA256_BYTES];

    id_sha256(hash, all, strlen(all));
    free(all);
    if (db_begin(x->req.db, &x->err))
        return -1;
    const int found = idempotency_find(x->req.db, &owner, name, hash, &answer, &x->err);
    int rc = found < 0 ? -1 : 0;
    if (found == 1)
        give_again(x, &answer);
    else if (found == 0)
        rc = x->route->run(&x->req, &x->res, &x->err) || store_answer(x, &owner, name, hash) ? -1 : 0;
    stored_answer_free(&answer);
    return db_end(x->req.db, rc, &x->err);
}

static void carry_out(struct exchange *x)
{
    const char *name = http_param("HTTP_IDEMPOTENCY_KEY");
    const bool is_nobody = !x->req.key_id && !*x->req.session_uuid;     /* all nobodies would share their answers */

    if (!name || is_nobody || strcmp(x->req.method, "POST") != 0)
        x->route->run(&x->req, &x->res, &x->err);
    else if (!idempotency_key_fits(name))
        err_set(&x->err, ERR_SYNTAX, "Idempotency-Key has to be 1 to 255 visible characters");
    else
        run_once(x, name);
}

static void run(struct exchange *x)
{
    if (!x->err.kind) {
        db_confine(x->req.db, *x->req.session_uuid ? x->req.session_uuid : NULL);
        carry_out(x);
        db_confine(x->req.db, NULL);
    }
    x->in_group = x->req.db && db_group_has_lock(x->req.db);
}

static void answer(struct exchange *x)
{
    if (x->err.kind) {
        x->res.location[0] = '\0';
        problem(x, &x->err);
    }
    send(x);
    http_end();
    log_request(x);
    cJSON_Delete(x->req.json);
    cJSON_Delete(x->res.json);
    free(x->res.text);
    cJSON_Delete(x->res.errors);
    cJSON_Delete(x->res.more);
}

/* On what the group has written: a success, and a refusal because of what an earlier member did. */
static bool outcome_depends(const struct err *e)
{
    return e->kind == ERR_NONE || e->kind == ERR_CONFLICT || e->kind == ERR_NOT_FOUND || e->kind == ERR_LIMIT;
}

static bool is_read(const struct exchange *x)
{
    return strcmp(x->req.method, "GET") == 0;
}

/*
 * The request that is there, and those that wait behind it once it has the write lock: they share its commit (group
 * commit). Nobody is waited for, so a single client notices nothing; under load one fdatasync carries many answers.
 * What only reads is answered when the lock is free again.
 */
static void serve(struct exchange *group, const struct route *routes, struct db **db)
{
    struct err lost = { 0 };
    int n = 1;

    receive(&group[0], routes, db, &group[0].err);
    if (*db)
        db_group_start(*db);
    run(&group[0]);
    while (*db && db_group_has_lock(*db) && n < HTTP_SLOTS && http_accept_waiting(n)) {
        struct exchange *x = &group[n++];
        if (receive(x, routes, db, &x->err) || !is_read(x))
            run(x);
    }
    if (*db && db_group_commit(*db, &lost))
        for (int i = 0; i < n; i++)
            if (group[i].in_group && outcome_depends(&group[i].err))
                group[i].err = lost;
    for (int i = 0; i < n; i++) {
        http_use(i);
        if (i > 0 && is_read(&group[i]))
            run(&group[i]);
        answer(&group[i]);
    }
}

int handler_main(const char *program, const struct route *routes)
{
    static struct exchange group[HTTP_SLOTS];
    struct db *db = NULL;
    struct err e = { 0 };

    cJSON_InitHooks(&(cJSON_Hooks){ .malloc_fn = xmalloc, .free_fn = free });
    if (sodium_init() < 0 || conf_load(&settings, &e)) {
        log_set_context(program);
        log_err(LOG_ERROR, "start_failed", &e);
        return 78;      /* EX_CONFIG of sysexits.h: restarting does not help */
    }
    prctl(PR_SET_TIMERSLACK, 1000UL);      /* ns: naps of the busy handler are as short as they say */
    http_init();
    while ((!db || !db_is_dead(db)) && http_accept(0)) {
        alarm(REQUEST_LIMIT_S);
        serve(group, routes, &db);
        alarm(0);
    }
    const bool dead = db && db_is_dead(db);
    db_close(&db);
    return dead ? 75 : 0;       /* EX_TEMPFAIL: started again, with a fresh look at the file */
}
