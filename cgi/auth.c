/*
 * /api/login, /api/logout: a browser trades the key for a cookie, so that the key itself is neither kept by the page
 * nor sent again.
 */
#include <stdio.h>
#include <string.h>

#include "handler.h"
#include "json.h"
#include "keys.h"

#define LOGIN_DAYS 30

static void set_cookie(struct response *res, const char *token, int max_age_s)
{
    char cookie[256];

    /* No Secure: the server may be reached over plain HTTP on loopback; nginx adds it where it terminates TLS. */
    snprintf(cookie, sizeof cookie, "dubplate_login=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict", token,
             max_age_s);
    response_header(res, "Set-Cookie", cookie);
}

static int login(struct request *req, struct response *res, struct err *e)
{
    const char *key = json_text(req->json, "api_key", NULL);
    char token[ID_SECRET_BYTES];
    int64_t key_id = 0;

    for (const cJSON *m = req->json->child; m; m = m->next)
        if (strcmp(m->string, "api_key") != 0)
            spec_add_error(&req->errors, m->string, "is not a field that this server knows");
    if (!key)
        spec_add_error(&req->errors, "api_key", "is required, as text");
    if (response_field_errors(&req->errors, res, e))
        return -1;
    const int known = keys_check(req->db, key, &key_id, e);
    if (known <= 0)
        return known < 0 ? -1 : err_set(e, ERR_UNAUTHORIZED, "this key is not known");
    if (keys_login(req->db, key_id, LOGIN_DAYS * 86400000LL, token, e))
        return -1;
    set_cookie(res, token, LOGIN_DAYS * 86400);
    res->status = 204;
    return 0;
}

static int logout(struct request *req, struct response *res, struct err *e)
{
    set_cookie(res, "", 0);
    res->status = 204;
    return req->login_token ? keys_logout(req->db, req->login_token, e) : 0;
}

static const struct route routes[] = {
    { "POST", "/api/login",  login,  OPEN | NEED_JSON },
    { "POST", "/api/logout", logout, OPEN },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("auth", routes);
}
