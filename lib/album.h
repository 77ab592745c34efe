/*
 * album: how loud the tracks of a list are together, and the one gain that follows for all of them, so that they keep
 * their distances. Pure functions.
 *
 * Loudness of an album is that of its tracks played one after the other (ReplayGain 2.0, EBU R 128 s2): not a mean of
 * their loudness, for the gates of BS.1770 look at all blocks at once. Each track therefore says how many of its blocks
 * had which loudness, in steps of 0.1 LU.
 */
#ifndef DUBPLATE_ALBUM_H
#define DUBPLATE_ALBUM_H

#include <cjson/cJSON.h>
#include <stdint.h>

#define ALBUM_BINS     800          /* from -70 LUFS on, 0.1 LU each */
#define ALBUM_LEAST_LUFS (-70.0)

struct album_sum {
    int64_t blocks[ALBUM_BINS];
    double  true_peak_dbtp;
    int     tracks;
};

struct album {
    double lufs;                    /* -INFINITY: nothing but silence */
    double true_peak_dbtp;          /* the highest of all tracks */
    int    tracks;
};

void album_start(struct album_sum *sum);

/* One track, as the media program measures it: {"input_true_peak_dbtp", "blocks": [bin, count, …]}. What is no such
 * thing adds nothing. */
void album_add(struct album_sum *sum, const cJSON *measured);

struct album album_finish(const struct album_sum *sum);

/* The gain that takes the album to its target: 30 dB at most, and none that would take 8 dB of limiting (plan.h has the
 * same bounds for a track alone). 0 for silence. */
double album_gain_db(const struct album *album, double target_lufs, double ceiling_dbtp);

/* For storing. Owned by the caller. */
char *album_to_json(const struct album *album);
struct album album_from_json(const char *text);

#endif
