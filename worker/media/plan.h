/*
 * plan: which gain, and how much limiting, takes a measured song to its target. Pure functions.
 *
 * Loudness is that of the two channels that are encoded: mono counts as two equal ones, which is
 * what a player makes of it, and surround as its downmix.
 *
 * The rules, in this order:
 *   1. normalize off, or ReplayGain tags wanted instead: gain 0, no ceiling; measured all the same,
 *      and the note says that nothing was done.
 *   2. No loudness to go by (silence, or less than one 400 ms block): gain 0; a true peak above
 *      the ceiling is lowered by gain alone.
 *   3. Otherwise the gain is target - integrated loudness, at most +30 dB (a recording that quiet
 *      is mostly noise).
 *   4. Peaks that this gain takes over the ceiling are limited, by 8 dB at most. If that is not
 *      enough the gain is lowered until it is, the song stays under the target, and the note says
 *      so. Eight dB on the highest peaks is audible on purpose-built material only; more turns
 *      drums into cardboard.
 *   5. Limiting costs loudness, so the gain is raised by what it costs. The cost is predicted from
 *      the hops of the first measurement instead of another pass over the file.
 *   6. MP3 coding makes new peaks, so the ceiling for the encoder's input lies a little lower: a
 *      margin measured on limited music, larger at low bit rates.
 *   7. The decoded result is measured. Too high a peak lowers the inner ceiling by the excess and
 *      a little more, loudness off by more than 0.1 LU corrects the gain, and the song is encoded
 *      again: at most twice.
 * A gain that the album has decided replaces rules 2 to 5: tracks keep their distances. Its peaks
 * are limited all the same; plan_album() has seen to it that 8 dB are enough.
 */
#ifndef DUBPLATE_MEDIA_PLAN_H
#define DUBPLATE_MEDIA_PLAN_H

#include <stdbool.h>

#include "loudness.h"

#define PLAN_GAIN_MAX_DB      30.0
#define PLAN_REDUCTION_MAX_DB 8.0
#define PLAN_TOLERANCE_LU     0.1

struct plan_target {
    bool   normalize;
    bool   replaygain_only;
    double album_gain_db;       /* NAN: the track's own */
    double loudness_lufs;
    double true_peak_dbtp;
    double coding_margin_db;   /* encoder_peak_margin_db() */
};

struct plan {
    double      gain_db;
    double      ceiling_db;     /* for the limiter: true peak before coding; INFINITY: none */
    double      gain_max_db;    /* rules 3 and 4; a correction may not go beyond */
    bool aims; /* the target is meant to be met, so a miss is worth another encoding */
    const char *note;           /* static; NULL: nothing to say */
};

/* FAULT_SYSTEM (memory for the prediction). */
int plan_make(struct plan *plan, const struct plan_target *target,
              const struct loudness_result *input, const struct loudness_hops *hops,
              struct fault *f);

/* Looks at the decoded result. True: *plan was changed, encode again. When it was the `last`
 * encoding that may be spent, the plan stays as it was carried out and only the note says what was
 * missed. */
bool plan_correct(struct plan *plan, const struct plan_target *target,
                  const struct loudness_result *output, bool last);

#endif
