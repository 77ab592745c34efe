/*
 * `dubplate follow JOB`: a job's progress in the terminal until it ends, then where its file is. On a terminal one line
 * moves; into a file or a pipe each change is a line.
 */
#include "follow.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "db.h"
#include "jobs.h"
#include "json.h"
#include "status.h"
#include "tracks.h"

#define LOOK_EVERY_MS 150
#define BAR_CELLS     28

static void print_size(char *out, size_t size, int64_t bytes)
{
    snprintf(out, size, bytes < 0 ? "?" : "%.1f MB", (double)bytes / 1e6);
}

static void print_bytes(const struct job *j, char *out, size_t size)
{
    char done[24], total[24];

    out[0] = '\0';
    if (strcmp(j->stage, "download") != 0 || j->downloaded_bytes < 0)
        return;
    print_size(done, sizeof done, j->downloaded_bytes);
    print_size(total, sizeof total, j->total_bytes);
    const int n = snprintf(out, size, "  %s of %s", done, total);
    if (j->speed_bps > 0 && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, "  %.1f MB/s  %llds left", (double)j->speed_bps / 1e6,
                 (long long)(j->eta_s < 0 ? 0 : j->eta_s));
}

static void show(const struct job *j, bool terminal)
{
    static char last[400];
    char line[400], bytes[120], bar[BAR_CELLS * 3 + 1] = "";
    const int cells = (int)(j->percent * BAR_CELLS / 100);

    for (int i = 0; i < BAR_CELLS; i++)
        memcpy(bar + i * 3, i < cells ? "█" : "░", 4);     /* three bytes of UTF-8 each, and the end */
    print_bytes(j, bytes, sizeof bytes);
    snprintf(line, sizeof line, "%s %5.1f%%  %-9s%s", terminal ? bar : "", j->percent,
             *j->stage ? j->stage : status_word(j), bytes);
    if (strcmp(line, last) == 0)
        return;
    copy_text(last, sizeof last, line);
    if (terminal)
        printf("\r\033[K%s", line);
    else
        printf("%s\n", line);
    fflush(stdout);
}

struct reporting { const struct conf *conf; };

static void report_track(void *arg, const struct track *t)
{
    const struct reporting *r = arg;
    cJSON *report = t->report_json ? cJSON_Parse(t->report_json) : NULL;
    const cJSON *l = json_member(report, "loudness");

    printf("  title     %s%s%s\n", t->info.title, *t->info.artist ? " — " : "", t->info.artist);
    if (l)
        printf("  loudness  %.1f LUFS in, %.1f LUFS out, true peak %.1f dBTP\n", json_number(l, "input_lufs", 0),
               json_number(l, "output_lufs", 0), json_number(l, "output_true_peak_dbtp", 0));
    if (t->audio.kind[0])
        printf("  file      %s/%s (%.1f MB)\n", r->conf->data_dir, t->audio.path, (double)t->audio.size_bytes / 1e6);
    cJSON_Delete(report);
}

static int follow(struct db *db, const struct conf *conf, const char *uuid, struct err *e)
{
    const struct timespec nap = { .tv_nsec = LOOK_EVERY_MS * 1000000L };
    struct reporting reporting = { conf };
    const bool terminal = isatty(STDOUT_FILENO);
    struct job j;

    for (;; nanosleep(&nap, NULL)) {
        if (jobs_find(db, uuid, &j, e))
            return -1;
        show(&j, terminal);
        if (status_is_final(j.state))
            break;
    }
    printf("%s%s\n", terminal ? "\n" : "", status_word(&j));
    if (*j.error_kind)
        printf("  %s: %s\n", j.error_kind, j.error_text);
    return tracks_of_job(db, &(struct track_filter){ .job_id = j.id, .limit = INT_MAX }, report_track, &reporting, e);
}

int cmd_follow(const struct conf *conf, int argc, char **argv)
{
    struct db *db = NULL;
    struct job j = { 0 };
    struct err e;

    if (argc != 1) {
        fputs("usage: dubplate follow JOB\n", stderr);
        return 2;
    }
    int rc = db_open(&db, conf->db_path, &e);
    if (rc == 0)
        rc = follow(db, conf, argv[0], &e);
    if (rc == 0)
        rc = jobs_find(db, argv[0], &j, &e);
    if (rc)
        fprintf(stderr, "dubplate: %s\n", e.text);
    db_close(&db);
    return rc ? 1 : strcmp(j.state, "done") != 0;
}
