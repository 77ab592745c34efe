#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

static const struct err_class classes[ERR_KINDS] = {
    /*                      name              title                          hint  http may pass, rest */
    [ERR_NONE]          = { "none", "OK", NULL, 200, false, 0 },
    [ERR_SYNTAX]        = { "input", "Malformed request", NULL, 400, false, 0 },
    [ERR_INPUT]         = { "input", "Invalid request", NULL, 422, false, 0 },
    [ERR_UNAUTHORIZED]  = { "unauthorized", "Not signed in",
                            "Send the key as X-API-Key or Authorization: Bearer.", 401, false, 0 },
    [ERR_DENIED]        = { "forbidden", "Not allowed", NULL, 403, false, 0 },
    [ERR_NOT_FOUND]     = { "not_found", "Not found", NULL, 404, false, 0 },
    [ERR_METHOD]        = { "method", "Method not allowed", NULL, 405, false, 0 },
    [ERR_CONFLICT]      = { "conflict", "Not possible in this state", NULL, 409, false, 0 },
    [ERR_LIMIT]         = { "limit", "Limit reached", NULL, 429, false, 0 },
    [ERR_TOO_LARGE]     = { "too_large", "Too large",
                            "The limits are settings: MAX_DURATION_S and MAX_FILE_SIZE_MB.", 413, false, 0 },
    [ERR_MEDIA_TYPE]    = { "media_type", "Unsupported media type", NULL, 415, false, 0 },
    [ERR_UNSUPPORTED]   = { "unsupported", "Nothing to download there",
                            "Open the link in a browser: is there audio or video to play?",
                            422, false, 0 },
    [ERR_NOT_WHITELISTED] = { "not_whitelisted", "Not on the whitelist",
                              "Add the channel to the whitelist, then retry.", 403, false, 0 },
    [ERR_NO_FORMAT]     = { "no_format", "No such stream", "Try quality bestaudio.", 422, false, 0 },
    [ERR_UNAVAILABLE]   = { "unavailable", "Gone from the source",
                            "Open the link in a browser: is it still there?", 404, false, 0 },
    [ERR_NO_MATCH]      = { "no_match", "Not found by its name",
                            "Say artist and title as they are published, or submit the link of what is meant.",
                            404, false, 0 },
    [ERR_LOGIN_REQUIRED] = { "login_required", "The source wants a login",
                             "Give yt-dlp the cookies of an account that may see it (YTDLP_CONFIG).", 403, false, 0 },
    [ERR_CREDENTIALS]   = { "credentials", "The source wants to know this server",
                            "Set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET to those of an app of yours "
                            "(developer.spotify.com), restart, then retry.", 403, false, 0 },
    [ERR_AGE_RESTRICTED] = { "age_restricted", "Age-restricted",
                             "Give yt-dlp the cookies of an adult account (YTDLP_CONFIG).", 403, false, 0 },
    [ERR_GEO_BLOCKED]   = { "geo_blocked", "Not available in this server's country",
                            "A proxy in another country helps (YTDLP_CONFIG).", 403, false, 0 },
    [ERR_DRM]           = { "drm", "Protected by DRM",
                            "It can be played there, not copied. Another source may have it: submit its name as "
                            "search_query.", 403, false, 0 },
    [ERR_PREVIEW_ONLY]  = { "preview_only", "Only its beginning is free",
                            "Give yt-dlp the cookies of an account that may hear all of it (YTDLP_CONFIG).", 403, false,
                            0 },
    [ERR_LIVE]          = { "live", "Not finished yet",
                            "Submit it again when the stream or premiere is over.", 409, false, 0 },
    [ERR_RATE_LIMITED]  = { "rate_limited", "The source limits this server",
                            "Wait; asking more often makes it last longer.", 429, true, 1 },
    [ERR_BOT_CHECK]     = { "bot_check", "The source takes this server for a bot",
                            "Its address is under suspicion: wait, or give yt-dlp cookies (YTDLP_CONFIG).",
                            429, true, 6 },
    [ERR_FORBIDDEN]     = { "forbidden", "The source refused",
                            "Open the link in a private window: if it plays there, the source refuses this server's "
                            "address or yt-dlp, and a proxy or cookies help (YTDLP_CONFIG).", 403, true, 0 },
    [ERR_NETWORK]       = { "network", "Network trouble",
                            "Retry later. If other links work, the trouble is the source's.", 502, true, 0 },
    [ERR_TIMEOUT]       = { "timeout", "Took too long",
                            "Retry later; the source is slow or hangs. STALL_TIMEOUT_S and TASK_TIMEOUT_S say how long "
                            "it is waited for.", 504, true, 0 },
    [ERR_BAD_MEDIA]     = { "bad_media", "Not usable audio",
                            "The source's own file is damaged or no audio: does it play there to its end?",
                            422, false, 0 },
    [ERR_OUTDATED_TOOL] = { "outdated_tool", "yt-dlp no longer understands this site",
                            "Update yt-dlp; sites change weekly.", 502, false, 0 },
    [ERR_DISK]          = { "disk", "No space", "Free space below DATA_DIR.", 507, true, 0 },
    [ERR_BUSY]          = { "busy", "Busy", "Try again in a moment.", 503, true, 0 },
    [ERR_CRASHED]       = { "crashed", "A program crashed", NULL, 500, true, 0 },
    [ERR_CANCELLED]     = { "cancelled", "Cancelled", NULL, 409, false, 0 },
    [ERR_PAUSED]        = { "paused", "Paused", NULL, 409, false, 0 },
    [ERR_LOST]          = { "lost", "Taken over by another worker", NULL, 409, false, 0 },
    [ERR_SYSTEM]        = { "system", "Internal error", "The worker's log says more.", 500, true, 0 },
};

const struct err_class *err_class(enum err_kind kind)
{
    return &classes[kind < ERR_KINDS ? kind : ERR_SYSTEM];
}

enum err_kind err_kind_named(const char *name)
{
    for (int k = ERR_KINDS - 1; k > ERR_NONE; k--)      /* from the end: where two share a word, a job has the later */
        if (name && strcmp(classes[k].name, name) == 0)
            return (enum err_kind)k;
    return ERR_SYSTEM;
}

static void set_text(struct err *e, const char *fmt, va_list ap)
{
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    utf8_trim_tail(e->text);
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
    va_list ap;

    e->kind = kind;
    e->retry_after_s = 0;
    va_start(ap, fmt);
    set_text(e, fmt, ap);
    va_end(ap);
    return -1;
}

int err_errno(struct err *e, const char *fmt, ...)
{
    const int saved = errno;
    va_list ap;

    va_start(ap, fmt);
    set_text(e, fmt, ap);
    va_end(ap);
    e->retry_after_s = 0;
    e->kind = saved == ENOSPC || saved == EDQUOT || saved == EFBIG ? ERR_DISK : ERR_SYSTEM;
    const size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", strerror(saved));
    utf8_trim_tail(e->text);
    return -1;
}
