#include "send.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* RFC 3986 escaping of everything but unreserved characters and what `also` lists. */
static void add_escaped(struct buf *b, const char *s, const char *also)
{
    for (; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) ||
            strchr(also, c))
            buf_add(b, s, 1);
        else
            buf_printf(b, "%%%02X", c);
    }
}

/* RFC 6266: an ASCII name for old clients, the real one as filename* (RFC 8187). */
static void add_disposition(struct response *res, const char *name, bool attachment)
{
    struct buf b = BUF_INIT(1500);

    buf_printf(&b, "%s; filename=\"", attachment ? "attachment" : "inline");
    for (const char *p = name; *p; p++)
        buf_add(&b, (unsigned char)*p < 0x80 && *p != '"' && *p != '\\' && *p != '%' ? p : "_", 1);
    buf_printf(&b, "\"; filename*=UTF-8''");
    add_escaped(&b, name, "");
    response_header(res, "Content-Disposition", buf_text(&b));
    buf_free(&b);
}

void send_file(const struct request *req, struct response *res, const char *path, const char *type, const char *name)
{
    struct buf b = BUF_INIT(1700);
    char download[8];

    buf_printf(&b, "/media/");
    add_escaped(&b, path + strlen("downloads/"), "/");
    response_header(res, "X-Accel-Redirect", buf_text(&b));
    buf_free(&b);
    response_header(res, "Content-Type", type);
    response_header(res, "Cache-Control", "private, no-cache");
    add_disposition(res, name, request_query(req, "download", download, sizeof download));
}
