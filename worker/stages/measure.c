/*
 * measure: how loud a track of an album is, before any of its tracks is mastered: they are to get one gain, and it
 * follows from all of them (lib/album.h). Their streams wait in their work directories meanwhile, so a list takes as
 * much disk as it has tracks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "json.h"
#include "mastering.h"
#include "media.h"

#define MEASURED "measured.json"
#define MEASURED_MAX_BYTES 65536

bool measure_is_wanted(const struct run *r)
{
    const bool is_used = r->spec.normalize || r->spec.replaygain_only || strcmp(r->spec.output_format, "source") == 0;
    return r->spec.album_gain && r->job.is_list && is_used;
}

int stage_measure(struct run *r, cJSON *out, struct err *e)
{
    const struct media_call call = {
        .command = "master", .input = json_text(run_output(r, "download"), "file", "src"), .output = "measured.none",
        .output_max_bytes = 1,
    };
    cJSON *request = mastering_request(r), *result = NULL;

    (void)out;
    json_put_bool(request, "measure_only", true);
    if (media_run(r, &call, request, 0, 1, &result, e))
        return -1;
    char *text = cJSON_PrintUnformatted(json_member(result, "loudness"));
    const int rc = file_write_atomic(run_path(r, MEASURED), text, strlen(text), e);
    cJSON_free(text);
    cJSON_Delete(result);
    return rc;
}

int measure_gather(struct run *r, struct err *e)
{
    char *text = NULL;

    if (file_read(&text, NULL, run_path(r, MEASURED), MEASURED_MAX_BYTES, e))
        return -1;
    const int rc = life_album(r->db, &r->claim, text, &r->album, &r->put_back, e);
    free(text);
    if (rc == 0 && r->put_back)
        log_line(LOG_INFO, "task_waits_for_album", "track=%lld", (long long)r->track.item_index);
    else if (rc == 0)
        log_line(LOG_INFO, "album_measured", "tracks=%d lufs=%.1f", r->album.tracks, r->album.lufs);
    return rc;
}
