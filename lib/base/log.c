#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "utf8.h"

#define LINE_BYTES 4096     /* one write(2) of up to PIPE_BUF is not interleaved with other processes' lines */

static enum log_level threshold = LOG_INFO;
static char context_text[256];

void log_set_level(enum log_level level)
{
    threshold = level;
}

void log_set_context(const char *context)
{
    copy_text(context_text, sizeof context_text, context);
}

/* Appends src to out (size bytes, used so far), escaping what could break or fake a line. */
static size_t append_escaped(char *out, size_t size, size_t used, const char *src, bool quotes)
{
    const size_t len = strlen(src);

    for (size_t i = 0; i < len && used + 8 < size;) {
        uint32_t cp = 0;
        const size_t n = utf8_next(src + i, len - i, &cp);
        if (n == 0 || utf8_is_control(cp)) {
            const size_t step = n ? n : 1;
            for (size_t k = 0; k < step && used + 8 < size; k++)
                used += (size_t)snprintf(out + used, size - used, "\\x%02x", (unsigned char)src[i + k]);
            i += step;
            continue;
        }
        if (quotes && (cp == '"' || cp == '\\'))
            out[used++] = '\\';
        memcpy(out + used, src + i, n);
        used += n;
        i += n;
    }
    out[used] = '\0';
    return used;
}

const char *log_quote(char *out, size_t size, const char *s)
{
    if (!s)
        s = "";
    const bool quotes = !*s || strpbrk(s, " =\"\\\t\r\n");
    size_t used = 0;

    if (quotes)
        out[used++] = '"';
    used = append_escaped(out, size - 1, used, s, quotes);
    if (quotes) {
        out[used++] = '"';
        out[used] = '\0';
    }
    return out;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };
    char details[LINE_BYTES], line[LINE_BYTES];
    va_list ap;

    if (level > threshold)
        return;
    va_start(ap, fmt);
    vsnprintf(details, sizeof details, fmt, ap);
    va_end(ap);
    size_t used = (size_t)snprintf(line, sizeof line, "%s %s%s%s%s", names[level], event,
                                   context_text[0] ? " " : "", context_text, details[0] ? " " : "");
    used = append_escaped(line, sizeof line - 1, used, details, false);
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0) {
        /* Nowhere left to say it. */
    }
}

void log_err(enum log_level level, const char *event, const struct err *e)
{
    char detail[2 * sizeof e->text];

    log_line(level, event, "kind=%s detail=%s", err_class(e->kind)->name,
             log_quote(detail, sizeof detail, e->text));
}
