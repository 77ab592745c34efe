/*
 * /api/tracks: finished tracks and their files.
 */
#include "tracks.h"

#include <stdio.h>
#include <string.h>

#include "formats.h"
#include "handler.h"
#include "send.h"
#include "view.h"

static int send_artifact(struct request *req, struct response *res, const struct artifact *a, struct err *e)
{
    if (!a->kind[0])
        return err_set(e, ERR_NOT_FOUND, "there is no such file yet");
    send_file(req, res, a->path, formats_media_type(a->format), strrchr(a->path, '/') + 1);
    return 0;
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
    { NULL, NULL, NULL, 0 },
};

int main(void)
{
    return handler_main("tracks", routes);
}
