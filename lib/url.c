#include "url.h"

#include <curl/curl.h>
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static int check_bytes(const char *text, struct err *e)
{
    const size_t len = strlen(text);

    if (len == 0)
        return err_set(e, ERR_INPUT, "is empty");
    if (len > URL_MAX_BYTES)
        return err_set(e, ERR_INPUT, "is longer than %d bytes", URL_MAX_BYTES);
    if (text[0] == '-')
        return err_set(e, ERR_INPUT, "starts with a dash: that is no link");
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t cp = 0;
        n = utf8_next(text + i, len - i, &cp);
        if (n == 0 || cp == ' ' || utf8_is_control(cp))
            return err_set(e, ERR_INPUT, "holds a space, a control or an invalid character (byte %zu)", i);
    }
    return 0;
}

/* Names that mean this machine or its network without any lookup. */
static bool name_is_local(const char *host)
{
    static const char *const local[] = { "localhost", "localdomain", "local", "internal", "home.arpa" };
    char bare[256];

    copy_text(bare, sizeof bare, host);
    for (size_t n = strlen(bare); n > 0 && bare[n - 1] == '.'; n--)     /* "localhost." is localhost */
        bare[n - 1] = '\0';
    const size_t h = strlen(bare);
    for (size_t i = 0; i < ARRAY_LEN(local); i++) {
        const size_t d = strlen(local[i]);
        if (h >= d && strcmp(bare + h - d, local[i]) == 0 && (h == d || bare[h - d - 1] == '.'))
            return true;
    }
    return h > 0 && !strchr(bare, '.') && bare[0] != '[';     /* a single label is resolved by the local network */
}

static int check_host(const char *host, const struct net_allow *allow, struct err *e)
{
    struct sockaddr_storage address;

    if (net_literal(host, &address)) {
        if (!net_address_allowed(allow, (struct sockaddr *)&address))
            return err_set(e, ERR_INPUT, "points to a private address (%.60s)", host);
    } else if (name_is_local(host) && allow->count == 0) {
        return err_set(e, ERR_INPUT, "points into the local network (%.60s)", host);
    }
    return 0;
}

/* One part of the parsed URL; empty if it is absent. */
static void get_part(CURLU *u, CURLUPart part, char *out, size_t size)
{
    char *s = NULL;

    copy_text(out, size, curl_url_get(u, part, &s, 0) == CURLUE_OK ? s : "");
    curl_free(s);
}

int url_check(struct url *out, const char *text, const struct net_allow *allow, struct err *e)
{
    char scheme[32], user[8];
    int rc = -1;

    if (check_bytes(text, e))
        return -1;
    CURLU *u = curl_url();
    if (!u)
        return err_set(e, ERR_SYSTEM, "out of memory");
    const CURLUcode code = curl_url_set(u, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_BAD_SCHEME || (code && !strstr(text, "://"))) {
        err_set(e, ERR_INPUT, "is not a link: it has to start with http:// or https://");
        goto out;
    }
    if (code) {
        err_set(e, ERR_INPUT, "is not a valid link (%s)", curl_url_strerror(code));
        goto out;
    }
    get_part(u, CURLUPART_SCHEME, scheme, sizeof scheme);
    if (strcmp(scheme, "http") && strcmp(scheme, "https")) {
        err_set(e, ERR_INPUT, "has the scheme %s; only http and https are fetched", scheme);
        goto out;
    }
    get_part(u, CURLUPART_USER, user, sizeof user);
    if (user[0]) {
        err_set(e, ERR_INPUT, "carries a user name; credentials do not belong into a link");
        goto out;
    }
    get_part(u, CURLUPART_HOST, out->host, sizeof out->host);
    for (char *p = out->host; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    if (!out->host[0]) {
        err_set(e, ERR_INPUT, "names no host");
        goto out;
    }
    if (check_host(out->host, allow, e))
        goto out;
    get_part(u, CURLUPART_URL, out->text, sizeof out->text);
    rc = 0;
out:
    curl_url_cleanup(u);
    return rc;
}
