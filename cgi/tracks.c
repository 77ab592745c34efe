/*
 * /api/tracks: finished tracks and their files.
 */
#include "tracks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "formats.h"
#include "handler.h"
#include "http.h"
#include "send.h"
#include "view.h"
#include "waveform.h"

static int send_artifact(struct request *req, struct response *res, const struct artifact *a, struct err *e)
{
    if (!a->kind[0])
        return err_set(e, ERR_NOT_FOUND, "there is no such file yet");
    send_file(req, res, a->path, formats_media_type(a->format), strrchr(a->path, '/') + 1);
    return 0;
}

#define SVG "image/svg+xml"

/* json, svg or dat: as the query says, or else as the client prefers. */
static int choose_format(struct request *req, struct response *res, char *out, size_t size, struct err *e)
{
    static const char *const formats[] = { "json", "svg", "dat" };
    const char *accept = http_param("HTTP_ACCEPT");

    response_header(res, "Vary", "Accept");
    if (!request_query(req, "format", out, size)) {
        copy_text(out, size, accept && strstr(accept, SVG) ? "svg" : "json");
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(out, formats[i]) == 0)
            return 0;
    spec_add_error(&req->errors, "format", "has to be json, svg or dat");
    return response_field_errors(&req->errors, res, e);
}

static void show_waveform(const struct waveform *w, const struct track *t, const char *format, struct response *res)
{
    struct buf svg = BUF_INIT(1 << 20), title = BUF_INIT(2000);

    if (strcmp(format, "json") == 0) {
        res->json = waveform_json(w);
        return;
    }
    buf_printf(&title, "%s%s%s", t->info.artist, *t->info.artist && *t->info.title ? " - " : "", t->info.title);
    waveform_svg(w, buf_text(&title), &svg);
    buf_free(&title);
    res->text = svg.data;
    response_header(res, "Content-Type", SVG);
    response_header(res, "Content-Security-Policy", "default-src 'none'; sandbox");
}

static int read_waveform(const struct request *req, const struct artifact *a, struct waveform *w, struct err *e)
{
    char path[1600];
    char *bytes = NULL;
    size_t n = 0;

    snprintf(path, sizeof path, "%s/%s", req->conf->data_dir, a->path);
    const int rc = file_read(&bytes, &n, path, WAVEFORM_BYTES_MAX, e) || waveform_read(w, bytes, n, e) ? -1 : 0;
    free(bytes);
    return rc;
}

static int send_waveform(struct request *req, struct response *res, const struct track *t, struct err *e)
{
    const struct artifact *a = &t->waveform;
    char format[8], tag[32];
    struct waveform w;

    if (choose_format(req, res, format, sizeof format, e))
        return -1;
    if (!a->kind[0] || strcmp(format, "dat") == 0)
        return send_artifact(req, res, a, e);
    snprintf(tag, sizeof tag, "%.16s-%s", a->sha256, format);
    if (response_unchanged(req, res, t->id, tag))
        return 0;
    if (read_waveform(req, a, &w, e))
        return -1;
    show_waveform(&w, t, format, res);
    return 0;
}

static int track_waveform(struct request *req, struct response *res, struct err *e)
{
    struct track t;

    if (tracks_find(req->db, req->id, &t, e))
        return -1;
    const int rc = send_waveform(req, res, &t, e);
    track_free(&t);
    return rc;
}

static int track_spectrogram(struct request *req, struct response *res, struct err *e)
{
    struct track t;

    if (tracks_find(req->db, req->id, &t, e))
        return -1;
    const int rc = send_artifact(req, res, &t.spectrogram, e);
    track_free(&t);
    return rc;
}

static int track_file(struct request *req, struct response *res, struct err *e)
{
    struct track t;

    if (tracks_find(req->db, req->id, &t, e))
        return -1;
    const int rc = send_artifact(req, res, &t.audio, e);
    track_free(&t);
    return rc;
}

static int track_cover(struct request *req, struct response *res, struct err *e)
{
    struct track t;

    if (tracks_find(req->db, req->id, &t, e))
        return -1;
    const int rc = send_artifact(req, res, &t.cover, e);
    track_free(&t);
    return rc;
}

static int track_get(struct request *req, struct response *res, struct err *e)
{
    struct track t;

    if (tracks_find(req->db, req->id, &t, e))
        return -1;
    res->json = view_track_alone(&t);
    track_free(&t);
    return 0;
}

static const struct route routes[] = {
    { "GET", "/api/tracks/{id}",       track_get,   MAY_SESSION },
    { "GET", "/api/tracks/{id}/file",  track_file,  MAY_SESSION },
    { "GET", "/api/tracks/{id}/cover", track_cover, MAY_SESSION },
    { "GET", "/api/tracks/{id}/waveform", track_waveform, MAY_SESSION },
    { "GET", "/api/tracks/{id}/spectrogram", track_spectrogram, MAY_SESSION },
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("tracks", routes);
}
