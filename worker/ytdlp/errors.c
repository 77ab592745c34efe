#include "errors.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/utf8.h"

#define MOST_RETRY_AFTER_S (24 * 3600)

/*
 * Real texts of 2023–2026, in the order in which they have to be looked for: "Video unavailable" also heads YouTube's
 * rate-limit text, the age check also speaks of cookies, and old versions append "please report this issue" to plain
 * network errors.
 */
static const struct { enum err_kind kind; const char *part; } table[] = {
    { ERR_RATE_LIMITED, "HTTP Error 429" },
    { ERR_RATE_LIMITED, "HTTP Error 402" },
    { ERR_RATE_LIMITED, "rate-limit" },
    { ERR_RATE_LIMITED, "This content isn't available, try again later" },
    { ERR_RATE_LIMITED, "captcha challenge" },
    { ERR_BOT_CHECK, "not a bot" },
    { ERR_AGE_RESTRICTED, "confirm your age" },
    { ERR_AGE_RESTRICTED, "age-restricted" },
    { ERR_AGE_RESTRICTED, "inappropriate for some users" },
    { ERR_LOGIN_REQUIRED, "Private video" },
    { ERR_LOGIN_REQUIRED, "This video is private" },
    { ERR_LOGIN_REQUIRED, "only available for registered users" },
    { ERR_LOGIN_REQUIRED, "members-only" },
    { ERR_LOGIN_REQUIRED, "available to this channel's members" },
    { ERR_LOGIN_REQUIRED, "Join this channel" },
    { ERR_LOGIN_REQUIRED, "account credentials" },
    { ERR_LOGIN_REQUIRED, "--cookies for the authentication" },
    { ERR_LOGIN_REQUIRED, "HTTP Error 401" },
    { ERR_GEO_BLOCKED, "not available from your location" },
    { ERR_GEO_BLOCKED, "in your country" },
    { ERR_GEO_BLOCKED, "geo restriction" },
    { ERR_GEO_BLOCKED, "HTTP Error 451" },
    { ERR_DRM, "DRM protected" },
    { ERR_LIVE, "Premieres in" },
    { ERR_LIVE, "live event will begin" },
    { ERR_LIVE, "not currently live" },
    { ERR_UNAVAILABLE, "Video unavailable" },
    { ERR_UNAVAILABLE, "has been removed" },
    { ERR_UNAVAILABLE, "terminated" },
    { ERR_UNAVAILABLE, "does not exist" },
    { ERR_UNAVAILABLE, "no longer available" },
    { ERR_UNAVAILABLE, "HTTP Error 404" },
    { ERR_UNAVAILABLE, "HTTP Error 410" },
    { ERR_UNSUPPORTED, "Unsupported URL" },
    { ERR_UNSUPPORTED, "is not a valid URL" },
    { ERR_UNSUPPORTED, "No suitable extractor" },
    { ERR_UNSUPPORTED, "file:// URLs are" },
    { ERR_UNSUPPORTED, "HTTP Error 30" },      /* a redirect to something that is not the web */
    { ERR_NO_FORMAT, "Requested format is not available" },
    { ERR_NO_FORMAT, "No video formats found" },
    { ERR_NO_FORMAT, "Only images are available" },
    { ERR_FORBIDDEN, "HTTP Error 403" },
    { ERR_DISK, "No space left on device" },
    { ERR_TOO_LARGE, "File too large" },
    { ERR_DISK, "unable to create directory" },
    { ERR_DISK, "unable to open for writing" },
    { ERR_NETWORK, "timed out" },
    { ERR_NETWORK, "Connection refused" },
    { ERR_NETWORK, "Connection reset" },
    { ERR_NETWORK, "Name or service not known" },
    { ERR_NETWORK, "name resolution" },
    { ERR_NETWORK, "Remote end closed" },
    { ERR_NETWORK, "IncompleteRead" },
    { ERR_NETWORK, "more expected" },
    { ERR_NETWORK, "bytes read" },
    { ERR_NETWORK, "fragment" },
    { ERR_NETWORK, "HTTP Error 416" },
    { ERR_NETWORK, "HTTP Error 5" },
    { ERR_NETWORK, "SSL" },
    { ERR_NETWORK, "TLS" },
    { ERR_BAD_MEDIA, "Did not get any data blocks" },
    { ERR_BAD_MEDIA, "The downloaded file is empty" },
    { ERR_BAD_MEDIA, "Postprocessing:" },
    { ERR_OUTDATED_TOOL, "please report this issue on" },
    { ERR_OUTDATED_TOOL, "Unable to extract" },
};

static const char *const outdated_warnings[] = {
    "No supported JavaScript runtime", "n challenge solving failed", "Signature solving failed",
    "no impersonate target is available",
};

/* "[youtube] abcdefghijk: Video unavailable" -> "Video unavailable" */
static const char *skip_prefix(const char *s)
{
    const char *close, *colon;

    s += strspn(s, " ");
    if (*s != '[' || !(close = strchr(s, ']')))
        return s;
    close += 1 + strspn(close + 1, " ");
    colon = strstr(close, ": ");
    return colon && (size_t)(colon - close) == strcspn(close, " :") ? colon + 2 : close;
}

void ytdlp_note_line(struct ytdlp_complaint *c, const char *line)
{
    if (strncmp(line, "ERROR:", 6) == 0) {
        const char *text = skip_prefix(line + 6);
        c->named = text[-1] == ' ' && text > line + 7 && text[-2] == ']';
        copy_text(c->error, sizeof c->error, text);
    }
    if (strncmp(line, "WARNING:", 8) == 0)
        for (size_t i = 0; i < ARRAY_LEN(outdated_warnings); i++)
            if (strstr(line, outdated_warnings[i]))
                c->outdated = true;
}

/* Seconds, or a date (RFC 9110 §10.2.3); 0 if it is neither. */
static int read_retry_after(const char *value)
{
    char *end = NULL;
    const long seconds = strtol(value, &end, 10);

    if (end != value && *end == '\0')
        return seconds > 0 && seconds < MOST_RETRY_AFTER_S ? (int)seconds : seconds > 0 ? MOST_RETRY_AFTER_S : 0;
    const time_t at = curl_getdate(value, NULL), now = time(NULL);
    if (at <= now)      /* -1: no date */
        return 0;
    return at - now < MOST_RETRY_AFTER_S ? (int)(at - now) : MOST_RETRY_AFTER_S;
}

bool ytdlp_note_traffic(struct ytdlp_complaint *c, const char *line)
{
    static const char retry_after[] = "header: Retry-After: ";
    static const char *const heads[] = { "header: ", "reply: ", "send: ", "director: " };

    if (strncmp(line, "reply: ", 7) == 0) {
        const char *status = strchr(line + 7, ' ');
        c->refused = status && (strncmp(status, " 429", 4) == 0 || strncmp(status, " 503", 4) == 0 ||
                                strncmp(status, " 402", 4) == 0);
        c->retry_after_s = 0;       /* of the last reply, and no other */
    }
    if (c->refused && strncasecmp(line, retry_after, sizeof retry_after - 1) == 0)
        c->retry_after_s = read_retry_after(line + sizeof retry_after - 1);
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        if (strncmp(line, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

/* The text without the links in it, whose words are their author's. */
static void drop_links(char *out, size_t size, const char *in)
{
    size_t used = 0;

    while (*in && used + 1 < size) {
        if (strncmp(in, "http://", 7) == 0 || strncmp(in, "https://", 8) == 0)
            in += strcspn(in, " ");
        else
            out[used++] = *in++;
    }
    out[used] = '\0';
}

static enum err_kind kind_of(const struct ytdlp_complaint *c)
{
    char text[sizeof c->error];

    const char *cause = c->named ? strstr(c->error, ": ") : NULL;
    drop_links(text, sizeof text, cause ? cause + 2 : c->error);
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcasestr(text, table[i].part))
            return c->outdated && table[i].kind == ERR_NO_FORMAT ? ERR_OUTDATED_TOOL : table[i].kind;
    return c->outdated ? ERR_OUTDATED_TOOL : ERR_SYSTEM;
}

/* Where yt-dlp stops talking to people and goes on to its developers. */
static int readable_length(const char *s)
{
    static const char *const tails[] = { " (caused by ", "; please report this issue", " Use --cookies" };
    size_t n = strlen(s);

    for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
        const char *tail = strstr(s, tails[i]);
        if (tail && tail > s && (size_t)(tail - s) < n)
            n = (size_t)(tail - s);
    }
    return (int)n;
}

int ytdlp_classify(const struct ytdlp_complaint *c, int exit_code, struct err *e)
{
    if (c->error[0]) {
        err_set(e, kind_of(c), "%.*s", readable_length(c->error), c->error);
        utf8_clean(e->text);        /* it quotes what a site said */
        e->retry_after_s = err_class(e->kind)->may_pass ? c->retry_after_s : 0;
        return -1;
    }
    if (exit_code > 128)
        return err_set(e, ERR_CRASHED, "yt-dlp was killed by signal %d", exit_code - 128);
    return err_set(e, ERR_SYSTEM, "yt-dlp ended with exit code %d and no message", exit_code);
}

bool ytdlp_is_stale_partial(const struct ytdlp_complaint *c)
{
    char text[sizeof c->error];

    drop_links(text, sizeof text, c->error);
    return strcasestr(text, "HTTP Error 416") || strcasestr(text, "fragment");
}
