#include "url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <locale.h>
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
    if (strstr(text, "__youtubedl_smuggle"))    /* how yt-dlp's parts talk to each other; not for outsiders */
        return err_set(e, ERR_INPUT, "holds data for the inside of yt-dlp");
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

/* The last label is a number (decimal, octal or hex): some resolver takes the name for an address, whatever we think
 * it is (https://url.spec.whatwg.org/#ends-in-a-number-checker). */
static bool ends_in_number(const char *host)
{
    size_t end = strlen(host);

    while (end > 0 && host[end - 1] == '.')
        end--;
    size_t start = end;
    while (start > 0 && host[start - 1] != '.')
        start--;
    if (end - start > 2 && host[start] == '0' && host[start + 1] == 'x')
        return strspn(host + start + 2, "0123456789abcdef") == end - start - 2;
    return end > start && strspn(host + start, "0123456789") == end - start;
}

static int check_host(const char *host, const struct net_allow *allow, struct err *e)
{
    struct sockaddr_storage address;

    if (strspn(host, ".") == strlen(host))
        return err_set(e, ERR_INPUT, "names no host");
    if (net_literal(host, &address)) {
        if (!net_address_allowed(allow, (struct sockaddr *)&address))
            return err_set(e, ERR_INPUT, "points to a private address (%.60s)", host);
    } else if (ends_in_number(host)) {
        return err_set(e, ERR_INPUT, "names a host that looks like an address and is none (%.60s)", host);
    } else if (name_is_local(host) && allow->count == 0) {
        return err_set(e, ERR_INPUT, "points into the local network (%.60s)", host);
    }
    return 0;
}

/* One part of the parsed URL; false if it is absent or does not fit. */
static bool get_part(CURLU *u, CURLUPart part, char *out, size_t size)
{
    char *s = NULL;
    const bool fits = curl_url_get(u, part, &s, CURLU_PUNYCODE) == CURLUE_OK && strlen(s) < size;

    copy_text(out, size, fits ? s : "");
    curl_free(s);
    return fits;
}

/* Parses text, and once more what came of it: international names become ASCII in between, and ①②⑦.① is then 127.1,
 * which only a parser turns into 127.0.0.1. */
static int parse(CURLU *u, const char *text, char *normal, size_t size, struct err *e)
{
    CURLUcode code = curl_url_set(u, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);

    if (code == CURLUE_BAD_SCHEME || (code && !strstr(text, "://")))
        return err_set(e, ERR_INPUT, "is not a link: it has to start with http:// or https://");
    if (!code && !get_part(u, CURLUPART_URL, normal, size))
        return err_set(e, ERR_INPUT, "names a host that is no valid name, or is longer than %d bytes", URL_MAX_BYTES);
    if (!code)
        code = curl_url_set(u, CURLUPART_URL, normal, CURLU_NON_SUPPORT_SCHEME);
    if (!code)
        get_part(u, CURLUPART_URL, normal, size);
    return code ? err_set(e, ERR_INPUT, "is not a valid link (%s)", curl_url_strerror(code)) : 0;
}

static int check_parts(CURLU *u, struct url *out, const struct net_allow *allow, struct err *e)
{
    char scheme[32];

    get_part(u, CURLUPART_SCHEME, scheme, sizeof scheme);
    if (strcmp(scheme, "http") && strcmp(scheme, "https"))
        return err_set(e, ERR_INPUT, "has the scheme %s; only http and https are fetched", scheme);
    char *name = NULL;
    const bool has_user = curl_url_get(u, CURLUPART_USER, &name, 0) == CURLUE_OK;
    curl_free(name);
    if (has_user)
        return err_set(e, ERR_INPUT, "carries a user name; credentials do not belong into a link");
    if (!get_part(u, CURLUPART_HOST, out->host, sizeof out->host) || !out->host[0])
        return err_set(e, ERR_INPUT, "names no valid host");
    for (char *p = out->host; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return check_host(out->host, allow, e);
}

int url_check(struct url *out, const char *text, const struct net_allow *allow, struct err *e)
{
    if (check_bytes(text, e))
        return -1;
    setlocale(LC_CTYPE, "C.UTF-8");     /* libidn2, behind libcurl, reads names in the locale's encoding */
    CURLU *u = curl_url();
    if (!u)
        return err_set(e, ERR_SYSTEM, "out of memory");
    int rc = parse(u, text, out->text, sizeof out->text, e);
    if (rc == 0)
        rc = check_parts(u, out, allow, e);
    curl_url_cleanup(u);
    return rc;
}
