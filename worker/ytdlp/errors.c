#include "errors.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/utf8.h"

#define MOST_RETRY_AFTER_S (24 * 3600)
#define ADVICE_BEGINS      16       /* letters: ", use the --…" */

/*
 * Real texts of 2023–2026, in the order in which they have to be looked for: "Video unavailable" also heads YouTube's
 * rate-limit text, the age check also speaks of cookies, and many carry "please report this issue" behind them. `says`
 * is the sentence for people where that of yt-dlp is none, or where there is more to say than its kind does.
 */
static const struct { enum err_kind kind; const char *part, *says; } table[] = {
    { ERR_RATE_LIMITED, "HTTP Error 429", NULL },
    { ERR_RATE_LIMITED, "HTTP Error 402", NULL },
    { ERR_RATE_LIMITED, "rate-limit", NULL },
    { ERR_RATE_LIMITED, "This content isn't available, try again later", NULL },
    { ERR_RATE_LIMITED, "captcha challenge", NULL },
    { ERR_BOT_CHECK, "not a bot", NULL },
    { ERR_BOT_CHECK, "TLS fingerprint", "the source tells yt-dlp from a browser by its TLS; with curl_cffi installed "
                                        "beside it, it passes" },
    { ERR_BOT_CHECK, "IP may be blocked", "the source refuses this server's address, as it does those of data "
                                          "centres" },
    { ERR_BOT_CHECK, "IP address is blocked", NULL },
    { ERR_BOT_CHECK, "Got client challenge", "the source wants a browser to solve a task first" },
    { ERR_AGE_RESTRICTED, "confirm your age", NULL },
    { ERR_AGE_RESTRICTED, "age-restricted", NULL },
    { ERR_AGE_RESTRICTED, "inappropriate for some users", NULL },
    { ERR_AGE_RESTRICTED, "comfortable for some audiences", NULL },
    { ERR_AGE_RESTRICTED, "You must be 18 years old", NULL },
    { ERR_LOGIN_REQUIRED, "protected by a password", "it is protected by a password; yt-dlp takes one from its "
                                                     "configuration (video-password)" },
    { ERR_LOGIN_REQUIRED, "Wrong password", "the password in yt-dlp's configuration is not the one of this video" },
    { ERR_LOGIN_REQUIRED, "Private video", NULL },
    { ERR_LOGIN_REQUIRED, "This video is private", NULL },
    { ERR_LOGIN_REQUIRED, "only available for registered users", NULL },
    { ERR_LOGIN_REQUIRED, "members-only", NULL },
    { ERR_LOGIN_REQUIRED, "available to this channel's members", NULL },
    { ERR_LOGIN_REQUIRED, "Join this channel", NULL },
    { ERR_LOGIN_REQUIRED, "Music Premium members", NULL },
    { ERR_LOGIN_REQUIRED, "requires payment", NULL },
    { ERR_LOGIN_REQUIRED, "account credentials", NULL },
    { ERR_LOGIN_REQUIRED, "--cookies for the authentication", NULL },
    { ERR_LOGIN_REQUIRED, "HTTP Error 401", NULL },
    { ERR_GEO_BLOCKED, "not available from your location", NULL },
    { ERR_GEO_BLOCKED, "available in your location", NULL },
    { ERR_GEO_BLOCKED, "in your country", NULL },
    { ERR_GEO_BLOCKED, "geo restriction", NULL },
    { ERR_GEO_BLOCKED, "HTTP Error 451", NULL },
    { ERR_DRM, "DRM protected", NULL },
    { ERR_LIVE, "Premieres in", NULL },
    { ERR_LIVE, "Premiere will begin", NULL },
    { ERR_LIVE, "live event will begin", NULL },
    { ERR_LIVE, "live event is scheduled", NULL },
    { ERR_LIVE, "live event has ended", NULL },     /* YouTube's words until the recording is there */
    { ERR_LIVE, "processing this video", NULL },
    { ERR_LIVE, "not currently live", NULL },
    { ERR_UNSUPPORTED, "embed-only video", "it plays only where it is embedded: submit the page that shows it" },
    { ERR_UNSUPPORTED, "no video in this post", NULL },
    { ERR_UNSUPPORTED, "does not have a", NULL },   /* … videos tab; … any videos posted */
    { ERR_UNSUPPORTED, "playlist type is unviewable", NULL },
    { ERR_UNSUPPORTED, "Unable to recognize tab page", "this tab of the channel is no list of recordings" },
    { ERR_UNSUPPORTED, "doesn't contain any tracks", NULL },
    { ERR_UNAVAILABLE, "Video unavailable", NULL },
    { ERR_UNAVAILABLE, "Video not available", NULL },
    { ERR_UNAVAILABLE, "has been removed", NULL },
    { ERR_UNAVAILABLE, "terminated", NULL },
    { ERR_UNAVAILABLE, "does not exist", NULL },
    { ERR_UNAVAILABLE, "no longer available", NULL },
    { ERR_UNAVAILABLE, "recording is not available", NULL },
    { ERR_UNAVAILABLE, "livestream has ended", NULL },
    { ERR_UNAVAILABLE, "HTTP Error 404", NULL },
    { ERR_UNAVAILABLE, "HTTP Error 410", NULL },
    { ERR_UNSUPPORTED, "Unsupported URL", "yt-dlp finds nothing to play at this link (Unsupported URL)" },
    { ERR_UNSUPPORTED, "is not a valid URL", NULL },
    { ERR_UNSUPPORTED, "No suitable extractor", NULL },
    { ERR_UNSUPPORTED, "file:// URLs are", NULL },
    { ERR_UNSUPPORTED, "HTTP Error 30", "it redirects in a circle, or to something that is not the web" },
    { ERR_NO_FORMAT, "Requested format is not available", NULL },
    { ERR_NO_FORMAT, "No video formats found", NULL },
    { ERR_NO_FORMAT, "Only images are available", NULL },
    { ERR_FORBIDDEN, "HTTP Error 403", NULL },
    { ERR_DISK, "No space left on device", NULL },
    { ERR_TOO_LARGE, "File too large", "it is larger than the limit" },
    { ERR_TOO_LARGE, "MemoryError", "the page needs more memory than a page may have" },
    { ERR_DISK, "unable to create directory", NULL },
    { ERR_DISK, "unable to open for writing", NULL },
    { ERR_NETWORK, "timed out", "the source did not answer in time" },
    { ERR_NETWORK, "Connection refused", "the source's server refuses the connection" },
    { ERR_NETWORK, "Connection reset", "the source's server broke the connection" },
    { ERR_NETWORK, "Name or service not known", "the source's name cannot be looked up" },
    { ERR_NETWORK, "name resolution", "the source's name cannot be looked up" },
    { ERR_NETWORK, "Remote end closed", "the source's server broke the connection" },
    { ERR_NETWORK, "IncompleteRead", "the source broke off in the middle" },
    { ERR_NETWORK, "more expected", "the source broke off in the middle" },
    { ERR_NETWORK, "bytes read", "the source broke off in the middle" },
    { ERR_NETWORK, "Unknown error.", NULL },        /* of YouTube's servers, which yt-dlp too asks again */
    { ERR_NETWORK, "fragment", NULL },
    { ERR_NETWORK, "HTTP Error 416", NULL },
    { ERR_NETWORK, "HTTP Error 5", NULL },
    { ERR_NETWORK, "SSL", NULL },
    { ERR_NETWORK, "TLS", NULL },
    { ERR_BAD_MEDIA, "Did not get any data blocks", NULL },
    { ERR_BAD_MEDIA, "The downloaded file is empty", NULL },
    { ERR_BAD_MEDIA, "Postprocessing:", NULL },
    { ERR_OUTDATED_TOOL, "please report this issue on", NULL },
    { ERR_OUTDATED_TOOL, "Unable to extract", NULL },
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
    if (strncmp(line, "MemoryError", 11) == 0 && !c->error[0])     /* where it ends without a word of its own */
        copy_text(c->error, sizeof c->error, "MemoryError");
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

/* The first row that fits; ARRAY_LEN(table) if none does. */
static size_t row_of(const struct ytdlp_complaint *c)
{
    const char *cause = c->named ? strstr(c->error, ": ") : NULL;
    char text[sizeof c->error];
    size_t row = 0;

    drop_links(text, sizeof text, cause ? cause + 2 : c->error);
    while (row < ARRAY_LEN(table) && !strcasestr(text, table[row].part))
        row++;
    return row;
}

static enum err_kind kind_of(const struct ytdlp_complaint *c, size_t row)
{
    if (row == ARRAY_LEN(table))
        return c->outdated ? ERR_OUTDATED_TOOL : ERR_SYSTEM;
    return c->outdated && table[row].kind == ERR_NO_FORMAT ? ERR_OUTDATED_TOOL : table[row].kind;
}

/* Up to the end of its first sentence, with it. */
static size_t sentence_length(const char *s)
{
    const char *p = s;

    while (*p && !(strchr(".;?!", *p) && (p[1] == ' ' || !p[1])))
        p++;
    return (size_t)(p - s) + (*p != '\0');
}

/* Where a sentence of n characters begins to talk of options, other programs, or to developers; n: nowhere. */
static size_t advice_in(const char *s, size_t n)
{
    static const char *const words[] = { "(caused by ", "--", "`-", "yt-dlp", "please report", "input URL", "http://",
                                         "https://" };
    size_t first = n;

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        const char *word = strcasestr(s, words[i]);
        if (word && (size_t)(word - s) < first)
            first = (size_t)(word - s);
    }
    return first;
}

/* "It is protected by a password, use the --video-password option": up to the comma. */
static size_t before_advice(const char *s, size_t advice)
{
    for (size_t n = advice; n > 0 && n + ADVICE_BEGINS > advice; n--)
        if (s[n] == ',')
            return n;
    return advice;
}

/* How much of it is for people: the sentences before the first that advises somebody else, or the beginning of that. */
static int readable_length(const char *s)
{
    size_t n = 0;

    while (s[n]) {
        const size_t length = sentence_length(s + n), advice = advice_in(s + n, length);
        if (advice < length) {
            n = n ? n : before_advice(s, advice);
            break;
        }
        n += length;
        n += strspn(s + n, " ");
    }
    while (n > 0 && strchr(" ,:;(", s[n - 1]))
        n--;
    return (int)n;
}

int ytdlp_classify(const struct ytdlp_complaint *c, int exit_code, struct err *e)
{
    if (c->error[0]) {
        const size_t row = row_of(c);
        const char *says = row < ARRAY_LEN(table) ? table[row].says : NULL;
        const int n = readable_length(c->error);
        if (says || n == 0)
            err_set(e, kind_of(c, row), "%s", says ? says : "yt-dlp gave up without saying why");
        else
            err_set(e, kind_of(c, row), "%.*s", n, c->error);
        utf8_clean(e->text);        /* it quotes what a site said */
        e->retry_after_s = err_class(e->kind)->may_pass ? c->retry_after_s : 0;
        return -1;
    }
    if (exit_code == 128 + SIGXCPU)
        return err_set(e, ERR_TOO_LARGE, "the page needs more computing time than a page may have");
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
