/*
 * store: the finished file to its place. It is decoded once more, as a player would, and its hash taken; then the
 * rename and the row happen together (life_work.h). Before this point nothing that is not finished bears a final name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "json.h"
#include "keep.h"
#include "media.h"
#include "workdir.h"

#define NAME_MAX_BYTES 200      /* of 255 that file systems allow; players and archives append to names */
#define FILES_MAX      4        /* audio, cover, waveform, spectrogram */

struct placing {
    const struct run *run;
    struct artifact   artifacts[FILES_MAX];
    char              from[FILES_MAX][RUN_PATH_BYTES + 80];     /* on the file system of its place */
    char              dirs[FILES_MAX][RUN_PATH_BYTES];
    int               count;
};

static void full_path(const struct run *r, const char *below, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", r->conf->data_dir, below);
}

/* Every directory that leads to the file has to outlive a power cut as well. */
static int flush_parents(const struct run *r, struct err *e)
{
    char job_dir[128], path[RUN_PATH_BYTES];

    run_job_dir(r, job_dir, sizeof job_dir);
    full_path(r, job_dir, path, sizeof path);
    while (strlen(path) > strlen(r->conf->data_dir)) {
        if (file_fsync_path(path, e))
            return -1;
        *strrchr(path, '/') = '\0';
    }
    return file_fsync_path(path, e);
}

/* Inside the transaction: renames, and makes them last. */
static int place(void *arg, struct err *e)
{
    const struct placing *p = arg;
    char to[RUN_PATH_BYTES + 600];

    run_failpoint(p->run, "place", "begin");
    for (int i = 0; i < p->count; i++) {
        full_path(p->run, p->artifacts[i].path, to, sizeof to);
        /* The directory may have gone with the leftovers of another track, if the job was over for a moment. */
        if (rename(p->from[i], to) && (errno != ENOENT || file_mkdirs(p->dirs[i], e) || rename(p->from[i], to) ||
                                       flush_parents(p->run, e)))
            return err_errno(e, "cannot move the finished file to %s", to);
        if (file_fsync_path(p->dirs[i], e))
            return -1;
    }
    run_failpoint(p->run, "place", "end");
    return 0;
}

/* A rename does not reach another file system: where downloads/ is one of its own, the file goes there first, beside
 * its place and under no final name. */
static int bring_near(const struct run *r, char *from, size_t size, const char *dir, struct err *e)
{
    char near[RUN_PATH_BYTES + 80];
    struct stat file, place;

    if (stat(from, &file) || stat(dir, &place))
        return err_errno(e, "cannot look at %s", dir);
    if (file.st_dev == place.st_dev)
        return 0;
    snprintf(near, sizeof near, "%s/" WORKDIR_PART "%s", dir, r->track.uuid);
    if (file_copy(from, near, e))
        return -1;
    copy_text(from, size, near);
    return 0;
}

/* Names the artifact, makes its directory, flushes and measures the file. An attempt that ended between the renames and
 * their row has moved it to its place already. */
static int prepare(struct placing *p, const char *from, const char *kind, const char *ext, struct err *e)
{
    struct artifact *a = &p->artifacts[p->count];
    const struct run *r = p->run;
    char job_dir[128], title[840], name[NAME_MAX_BYTES + 1], placed[RUN_PATH_BYTES + 80];

    run_job_dir(r, job_dir, sizeof job_dir);
    /* Of a list: in its order, and no two of the same name. */
    if (r->job.is_list)
        snprintf(title, sizeof title, "%03lld %s", (long long)r->track.item_index, r->track.info.title);
    else
        copy_text(title, sizeof title, r->track.info.title);
    file_safe_name(name, NAME_MAX_BYTES, title, ext);
    copy_text(a->kind, sizeof a->kind, kind);
    copy_text(a->format, sizeof a->format, ext);
    snprintf(a->path, sizeof a->path, "%s/%s/%s", job_dir, kind, name);
    snprintf(p->dirs[p->count], sizeof p->dirs[0], "%s/%s/%s", r->conf->data_dir, job_dir, kind);
    const int i = p->count++;
    copy_text(p->from[i], sizeof p->from[i], run_path(r, from));
    full_path(r, a->path, placed, sizeof placed);
    if (access(p->from[i], F_OK))
        copy_text(p->from[i], sizeof p->from[i], placed);
    if (file_mkdirs(p->dirs[i], e) || file_sha256(a->sha256, p->from[i], &a->size_bytes, e) ||
        file_fsync_path(p->from[i], e))
        return -1;
    return bring_near(r, p->from[i], sizeof p->from[i], p->dirs[i], e);
}

/* What there is to look at. If it is not the file that was made (a power cut can shorten those of an earlier attempt),
 * the track goes without. */
static void prepare_look(struct placing *p, const char *from, const char *kind, const char *ext, const char *size)
{
    const double made = json_number(json_member(run_output(p->run, "master"), "look"), size, -1);
    const int before = p->count;
    struct err e;

    if (prepare(p, from, kind, ext, &e) || (double)p->artifacts[before].size_bytes != made) {
        log_line(LOG_WARN, "look_skipped", "kind=%s", kind);
        p->count = before;
    }
}

/* The finished file has as many samples as were made. *checked: what is known of it then, for the report. */
static int verify(struct run *r, int64_t *duration_ms, cJSON *checked, struct err *e)
{
    const struct media_call call = { .command = "verify", .input = "final.audio" };
    const cJSON *report = run_output(r, "master"), *output = json_member(report, "output");
    const bool damaged = json_number(json_member(report, "input"), "decode_errors", 0) > 0;
    const bool remuxed = cJSON_IsTrue(json_member(output, "remuxed"));
    const double expected = json_number(output, "frames", -1);
    cJSON *request = cJSON_CreateObject();
    cJSON *result = NULL;

    json_put_bool(request, "strict", !(remuxed && damaged));
    json_put_int(request, "max_duration_seconds", r->conf->max_duration_s + 1);
    if (media_run(r, &call, request, 0, 0.8, &result, e))
        return -1;
    const double decoded = json_number(result, "frames", 0);
    *duration_ms = (int64_t)(json_number(result, "duration_seconds", 0) * 1000 + 0.5);
    cJSON_Delete(result);
    if (decoded != expected)
        /* Of a copy that is the fault of the source: encoding would get over it, a second attempt would not. */
        return err_set(e, remuxed ? ERR_BAD_MEDIA : ERR_SYSTEM, "the %s decodes to %.0f frames instead of %.0f",
                       remuxed ? "copy of a damaged source" : "finished file", decoded, expected);
    const struct { const char *what; bool was; } all[] = {
        { "decodes", !(remuxed && damaged) }, { "frames", true }, { "source_duration", r->track.info.duration_ms > 0 },
        { "loudness", !remuxed }, { "sha256", true },
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].was)
            cJSON_AddItemToArray(checked, cJSON_CreateString(all[i].what));
    return 0;
}

/* The renames and the row, together. report: of the track. */
static int finish(struct run *r, int64_t duration_ms, const char *report, struct err *e)
{
    const char *cover = json_text(run_output(r, "tag"), "cover", "");
    const char *ending = json_text(json_member(run_output(r, "master"), "output"), "format", "mp3");
    struct placing p = { .run = r };

    if (prepare(&p, "final.audio", "audio", ending, e) || (*cover && prepare(&p, cover, "cover", "jpg", e)))
        return -1;
    prepare_look(&p, WAVEFORM_FILE, "waveform", "dat", "waveform_bytes");
    prepare_look(&p, SPECTROGRAM_FILE, "spectrogram", "png", "spectrogram_bytes");
    if (flush_parents(r, e))
        return -1;
    const struct life_result result = {
        .artifacts = p.artifacts, .count = p.count, .duration_ms = duration_ms, .report_json = report, .place = place,
        .arg = &p,
    };
    run_book_stage(r, "done");
    keep_give(r);       /* before anybody reads that it is done, and wants it another way */
    /* If it fails after the rename, the files stay: taking them back could take away what a faster worker has just
     * finished under the same name. A further attempt renames over them; the end of the task removes them. */
    return life_finished(r->db, &r->claim, &result, e);
}

int stage_store(struct run *r, cJSON *out, struct err *e)
{
    cJSON *report = cJSON_Duplicate(run_output(r, "master"), true);
    int64_t duration_ms = 0;

    (void)out;
    int rc = verify(r, &duration_ms, json_put_array(report, "checked"), e);
    char *text = cJSON_PrintUnformatted(report);
    cJSON_Delete(report);
    if (rc == 0)
        rc = finish(r, duration_ms, text, e);
    cJSON_free(text);
    return rc;
}
