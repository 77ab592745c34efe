/*
 * master: from whatever the source sent to the file that is kept: decoded, measured (EBU R128), brought to the target
 * by one gain with the true peak under its ceiling, encoded in the format asked for. All of it happens in
 * dubplate-media; here we say what is wanted and check what came of it.
 */
#include <sys/sysinfo.h>

#include <math.h>
#include <string.h>

#include "json.h"
#include "mastering.h"
#include "media.h"

#define REPLAYGAIN_LUFS (-18.0)     /* ReplayGain 2.0: what a gain of 0 stands for */

/* The source knew how long it is, and much less could be decoded: the download was cut. Sources round to seconds. A
 * clip is decoded to its end and no further. */
static int check_duration(const struct run *r, const cJSON *result, struct err *e)
{
    const double clip = r->spec.end_seconds, whole = (double)r->track.info.duration_ms / 1000;
    const double known = clip > 0 && clip < whole ? clip : whole;
    const double decoded = json_number(json_member(result, "input"), "duration_seconds", 0);

    if (known > 0 && decoded < known - 2 && decoded < known * 0.98)
        return err_set(e, ERR_BAD_MEDIA, "only %.1f of %.1f seconds could be decoded", decoded, known);
    return 0;
}

static void move_member(cJSON *to, cJSON *from, const char *name)
{
    cJSON *part = cJSON_DetachItemFromObjectCaseSensitive(from, name);
    cJSON_AddItemToObject(to, name, part ? part : cJSON_CreateNull());
}

/* What the other tasks of this worker leave of the machine. */
static int threads_left(const struct run *r, struct err *e)
{
    const int running = queue_count_running(r->db, r->claim.owner, e), cores = get_nprocs();

    if (running < 0)
        return -1;
    return running < cores ? cores / (running < 1 ? 1 : running) : 1;
}

cJSON *mastering_request(const struct run *r)
{
    cJSON *request = cJSON_CreateObject();

    json_put_text(request, "output_format", r->spec.output_format);
    json_put_int(request, "vbr_quality", r->spec.vbr);
    json_put_int(request, "bit_depth_bits", r->spec.bit_depth_bits);
    json_put_bool(request, "normalize", r->spec.normalize);
    json_put_number(request, "loudness_target_lufs", r->spec.loudness_target_lufs);
    json_put_number(request, "true_peak_dbtp", r->spec.true_peak_dbtp);
    json_put_bool(request, "replaygain_only", r->spec.replaygain_only);
    json_put_bool(request, "trim_silence", r->spec.trim_silence);
    json_put_number(request, "trim_threshold_dbfs", r->conf->trim_threshold_dbfs);
    json_put_number(request, "trim_min_seconds", r->conf->trim_min_seconds);
    json_put_number(request, "trim_padding_seconds", r->conf->trim_padding_seconds);
    json_put_number(request, "clip_start_seconds", r->spec.start_seconds);
    if (r->spec.end_seconds > 0)
        json_put_number(request, "clip_end_seconds", r->spec.end_seconds);
    json_put_int(request, "bitrate_kbps", r->spec.bitrate_kbps);
    json_put_int(request, "sample_rate_hz", r->spec.sample_rate_hz);
    json_put_int(request, "max_duration_seconds", r->conf->max_duration_s);
    return request;
}

static bool changes_loudness(const struct run *r)
{
    return r->spec.normalize && !r->spec.replaygain_only && strcmp(r->spec.output_format, "source") != 0;
}

static double gain_of_album(const struct run *r)
{
    return changes_loudness(r) ? album_gain_db(&r->album, r->spec.loudness_target_lufs, r->spec.true_peak_dbtp) : 0;
}

/* Of the album as its files are: with the gain, and with its peaks below the ceiling if there was one. */
static void report_album(const struct run *r, double gain_db, const cJSON *loudness)
{
    cJSON *gains = cJSON_GetObjectItemCaseSensitive(loudness, "replaygain");
    const double peak_db = r->album.true_peak_dbtp + gain_db;
    const double highest_db = changes_loudness(r) ? fmin(peak_db, r->spec.true_peak_dbtp) : peak_db;

    json_put_number(gains, "album_gain_db", REPLAYGAIN_LUFS - r->album.lufs - gain_db);
    json_put_number(gains, "album_peak", pow(10, highest_db / 20));
}

int stage_master(struct run *r, cJSON *out, struct err *e)
{
    const int threads = threads_left(r, e);

    if (threads < 0)
        return -1;
    cJSON *request = mastering_request(r), *result = NULL;
    const double gain_db = gain_of_album(r);
    const struct media_call call = {
        .command = "master", .input = json_text(run_output(r, "download"), "file", "src"), .output = "master.audio",
        .waveform = WAVEFORM_FILE, .spectrogram = SPECTROGRAM_FILE, .output_max_bytes = MEDIA_MAX_BYTES(r->conf),
        .scratch = true,
    };

    json_put_int(request, "threads", threads < MEDIA_THREADS_MAX ? threads : MEDIA_THREADS_MAX);
    if (r->album.tracks)
        json_put_number(request, "album_gain_db", gain_db);
    if (media_run(r, &call, request, 0, 1, &result, e))
        return -1;
    if (r->album.tracks)
        report_album(r, gain_db, json_member(result, "loudness"));
    const int rc = check_duration(r, result, e);
    move_member(out, result, "input");
    move_member(out, result, "output");
    move_member(out, result, "loudness");
    move_member(out, result, "trim");
    move_member(out, result, "look");
    cJSON_Delete(result);
    return rc;
}
