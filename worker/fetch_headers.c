/* The two headers that want more than a copy: Content-Disposition and Retry-After. */
#include "fetch.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"

#define NAME_ROOM 1024      /* of a name as it was sent; three times as long when percent-encoded */

int fetch_retry_after(const char *value, int64_t now_s)
{
    int64_t seconds = 0;

    if (isdigit((unsigned char)*value)) {
        seconds = strlen(value) > 9 ? FETCH_RETRY_MOST_S : strtol(value, NULL, 10);
    } else {
        const time_t at = curl_getdate(value, NULL);
        seconds = at > 0 ? at - now_s : 0;
    }
    return seconds < 0 ? 0 : seconds > FETCH_RETRY_MOST_S ? FETCH_RETRY_MOST_S : (int)seconds;
}

/* A token or a quoted string; what does not fit is left out. Returns what stands behind it. */
static const char *read_value(const char *p, char *out, size_t size)
{
    const bool quoted = *p == '"';
    size_t n = 0;

    for (p += quoted; *p && (quoted ? *p != '"' : *p != ';'); p++) {
        if (quoted && *p == '\\' && p[1])
            p++;
        if (n + 1 < size)
            out[n++] = *p;
    }
    while (!quoted && n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\t'))
        n--;
    out[n] = '\0';
    return p + (quoted && *p);
}

/* Latin-1, which HTTP headers once were in, as UTF-8. */
static void from_latin1(char *out, size_t size, const char *text)
{
    size_t n = 0;

    for (; *text && n + 3 < size; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c >= 0x80)
            out[n++] = (char)(0xc0 | c >> 6);
        out[n++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
    }
    out[n] = '\0';
}

/* UTF-8'de'na%C3%AFve.mp3; "" if it is in another charset. */
static void read_extended(char *out, size_t size, const char *value)
{
    const char *charset_end = strchr(value, '\''), *text = charset_end ? strchr(charset_end + 1, '\'') : NULL;
    const size_t n = charset_end ? (size_t)(charset_end - value) : 0;
    int length = 0;

    out[0] = '\0';
    char *plain = text ? curl_easy_unescape(NULL, text + 1, 0, &length) : NULL;
    if (plain && n == 5 && strncasecmp(value, "utf-8", n) == 0)
        copy_text(out, size, plain);
    else if (plain && n == 10 && strncasecmp(value, "iso-8859-1", n) == 0)
        from_latin1(out, size, plain);
    curl_free(plain);
}

/* A bare name: no directory in front of it, in either spelling. */
static void tidy(char *out, size_t size, const char *name)
{
    char clean[NAME_ROOM * 2];

    for (const char *p = name; *p; p++)
        if (*p == '/' || *p == '\\')
            name = p + 1;
    if (utf8_valid(name, strlen(name)))
        copy_text(clean, sizeof clean, name);
    else
        from_latin1(clean, sizeof clean, name);
    utf8_clean(clean);
    copy_text(out, size, strcmp(clean, ".") == 0 || strcmp(clean, "..") == 0 ? "" : clean);
}

void fetch_disposition_name(char *out, size_t size, const char *value)
{
    char plain[NAME_ROOM] = "", extended[NAME_ROOM] = "", text[NAME_ROOM * 3];
    const char *p = value + strcspn(value, ";");

    while (*p == ';') {
        p += 1 + strspn(p + 1, " \t");
        const char *name = p;
        const size_t n = strcspn(p, "=; \t");
        p += n + strspn(p + n, " \t");
        if (*p == '=') {
            p = read_value(p + 1 + strspn(p + 1, " \t"), text, sizeof text);
            if (n == 8 && strncasecmp(name, "filename", n) == 0)
                copy_text(plain, sizeof plain, text);
            else if (n == 9 && strncasecmp(name, "filename*", n) == 0)
                read_extended(extended, sizeof extended, text);
        }
        p += strcspn(p, ";");
    }
    tidy(out, size, *extended ? extended : plain);
}
