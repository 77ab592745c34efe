/*
 * /api/tracks: finished files. The handler decides who may have which file under which name; nginx sends the bytes
 * (X-Accel-Redirect), with Range and all that belongs to it.
 */
#include "tracks.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "handler.h"
#include "view.h"

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

static int send_file(struct request *req, struct response *res, const struct artifact *a, const char *type,
                     struct err *e)
{
    struct buf b = BUF_INIT(1700);
    char download[8];

    if (!a->kind[0])
        return err_set(e, ERR_NOT_FOUND, "there is no such file yet");
    buf_printf(&b, "/media/");
    add_escaped(&b, a->path + strlen("downloads/"), "/");
    response_header(res, "X-Accel-Redirect", buf_text(&b));
    buf_free(&b);
    response_header(res, "Content-Type", type);
    response_header(res, "Cache-Control", "private, no-cache");
    add_disposition(res, strrchr(a->path, '/') + 1, request_query(req, "download", download, sizeof download));
    return 0;
}

static int track_file(struct request *req, struct response *res, struct err *e)
{
    struct track t;

    if (tracks_find(req->db, req->id, &t, e))
        return -1;
    const int rc = send_file(req, res, &t.audio, "audio/mpeg", e);
    track_free(&t);
    return rc;
}

static int track_cover(struct request *req, struct response *res, struct err *e)
{
    struct track t;

    if (tracks_find(req->db, req->id, &t, e))
        return -1;
    const int rc = send_file(req, res, &t.cover, "image/jpeg", e);
    track_free(&t);
    return rc;
}

static int track_get(struct request *req, struct response *res, struct err *e)
{
    struct track t;

    if (tracks_find(req->db, req->id, &t, e))
        return -1;
    res->json = view_track(&t);
    track_free(&t);
    return 0;
}

static const struct route routes[] = {
    { "GET", "/api/tracks/{id}",       track_get,   0 },
    { "GET", "/api/tracks/{id}/file",  track_file,  0 },
    { "GET", "/api/tracks/{id}/cover", track_cover, 0 },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("tracks", routes);
}
