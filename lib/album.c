#include "album.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "json.h"

#define GAIN_MAX_DB      30.0
#define REDUCTION_MAX_DB 8.0
#define CODING_MARGIN_DB 1.0    /* the limiter works so far below the ceiling, or less */

void album_start(struct album_sum *sum)
{
    memset(sum, 0, sizeof *sum);
    sum->true_peak_dbtp = -INFINITY;
}

void album_add(struct album_sum *sum, const cJSON *measured)
{
    const cJSON *bin = json_member(measured, "blocks");

    sum->tracks++;
    sum->true_peak_dbtp = fmax(sum->true_peak_dbtp, json_number(measured, "input_true_peak_dbtp", -INFINITY));
    for (bin = bin ? bin->child : NULL; bin && bin->next; bin = bin->next->next)
        if (bin->valuedouble >= 0 && bin->valuedouble < ALBUM_BINS && bin->next->valuedouble > 0)
            sum->blocks[(int)bin->valuedouble] += (int64_t)bin->next->valuedouble;
}

/* The mean of all blocks from `first` on, as loudness. */
static double mean_lufs(const struct album_sum *sum, int first)
{
    double energy = 0, blocks = 0;

    for (int i = first; i < ALBUM_BINS; i++) {
        energy += (double)sum->blocks[i] * pow(10, (ALBUM_LEAST_LUFS + (i + 0.5) / 10) / 10);
        blocks += (double)sum->blocks[i];
    }
    return blocks > 0 ? 10 * log10(energy / blocks) : -INFINITY;
}

struct album album_finish(const struct album_sum *sum)
{
    const double ungated = mean_lufs(sum, 0);
    const double gate = isfinite(ungated) ? (ungated - 10 - ALBUM_LEAST_LUFS) * 10 : 0;

    return (struct album){ .lufs = mean_lufs(sum, gate > 0 ? (int)lround(gate) : 0),
                           .true_peak_dbtp = sum->true_peak_dbtp, .tracks = sum->tracks };
}

double album_gain_db(const struct album *album, double target_lufs, double ceiling_dbtp)
{
    if (!isfinite(album->lufs))
        return 0;
    return fmin(target_lufs - album->lufs,
                fmin(GAIN_MAX_DB, ceiling_dbtp - CODING_MARGIN_DB + REDUCTION_MAX_DB - album->true_peak_dbtp));
}

char *album_to_json(const struct album *album)
{
    cJSON *o = cJSON_CreateObject();

    json_put_number(o, "lufs", album->lufs);
    json_put_number(o, "true_peak_dbtp", album->true_peak_dbtp);
    json_put_int(o, "tracks", album->tracks);
    char *text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

struct album album_from_json(const char *text)
{
    cJSON *o = cJSON_Parse(text);
    const struct album album = { .lufs = json_number(o, "lufs", -INFINITY),
                                 .true_peak_dbtp = json_number(o, "true_peak_dbtp", -INFINITY),
                                 .tracks = (int)json_number(o, "tracks", 0) };

    cJSON_Delete(o);
    return album;
}
