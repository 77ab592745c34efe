#include "plan.h"

#include <math.h>
#include <stdlib.h>

#define SEARCH_STEPS     24

/* A lower ceiling does not lower every new peak by as much. */
#define EXCESS_FACTOR    1.5
#define EXCESS_MARGIN_DB 0.1

/* What a correction of 1 dB changes once the limiter works: measured, about 0.75 LU. */
#define CORRECTION       1.3

/* The limiter of limiter.c seen through hops of 20 ms: it holds for one hop and releases in 150
 * ms. */
#define RELEASE_PER_HOP  0.125

static double to_db(double linear)
{
    return linear > 0 ? 20 * log10(linear) : -INFINITY;
}

static double from_db(double db)
{
    return pow(10, db / 20);
}

/* The loudness after `gain` and the limiter. `scaled` has room for all hops. */
static double predict(const struct loudness_hops *hops, double gain, double ceiling, float *scaled)
{
    double curve = 1, held = 1;

    for (size_t i = 0; i < hops->count; i++) {
        double peak = (double)hops->peak[i] * gain;
        double bearable = peak > ceiling ? ceiling / peak : 1;
        double needed = fmin(bearable, held);

        curve = needed < curve ? needed : curve + RELEASE_PER_HOP * (needed - curve);
        held = bearable;
        scaled[i] = (float)((double)hops->energy[i] * gain * gain * curve * curve);
    }
    return loudness_integrate(scaled, hops->count);
}

static void give_up(struct plan *plan)
{
    plan->gain_db = plan->gain_max_db;
    plan->aims = false;
    plan->note = plan->gain_max_db < PLAN_GAIN_MAX_DB
                     ? "quieter than the target: more than 8 dB of limiting would be needed"
                     : "quieter than the target: more than 30 dB of gain would be needed";
}

/* The gain in [low, high] dB that is predicted to end at the target: bisection, for the loss only
 * grows. */
static int search(struct plan *plan, const struct plan_target *target,
                  const struct loudness_hops *hops, struct fault *f)
{
    float *scaled = malloc((hops->count + 1) * sizeof(*scaled));
    double low = plan->gain_db, high = plan->gain_max_db;
    double ceiling = from_db(plan->ceiling_db);

    if (scaled == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    for (int i = 0; i < SEARCH_STEPS && high - low > 0.005; i++) {
        double middle = (low + high) / 2;

        if (predict(hops, from_db(middle), ceiling, scaled) < target->loudness_lufs)
            low = middle;
        else
            high = middle;
    }
    plan->gain_db = low;
    if (predict(hops, from_db(low), ceiling, scaled) < target->loudness_lufs - PLAN_TOLERANCE_LU)
        give_up(plan);
    free(scaled);
    return 0;
}

int plan_make(struct plan *plan, const struct plan_target *target,
              const struct loudness_result *input, const struct loudness_hops *hops,
              struct fault *f)
{
    double peak_db = to_db(input->true_peak);

    *plan = (struct plan){ .ceiling_db = INFINITY };
    if (!target->normalize || target->replaygain_only) {
        plan->note = target->replaygain_only
                         ? "not changed: ReplayGain tags tell players how loud it is"
                         : "not normalised, as asked";
        return 0;
    }
    plan->ceiling_db = target->true_peak_dbtp - target->coding_margin_db;
    if (isfinite(target->album_gain_db)) {
        plan->gain_db = plan->gain_max_db = target->album_gain_db;
        return 0;
    }
    if (!isfinite(input->integrated_lufs)) {
        plan->gain_db = plan->gain_max_db = fmin(0, plan->ceiling_db - peak_db);
        plan->note = "silent or too short to measure its loudness";
        return 0;
    }
    plan->gain_db = target->loudness_lufs - input->integrated_lufs;
    plan->gain_max_db = fmin(PLAN_GAIN_MAX_DB, plan->ceiling_db + PLAN_REDUCTION_MAX_DB - peak_db);
    plan->aims = true;
    if (plan->gain_db > plan->gain_max_db) {
        give_up(plan);
        return 0;
    }
    if (peak_db + plan->gain_db <= plan->ceiling_db)
        return 0;
    return search(plan, target, hops, f);
}

bool plan_correct(struct plan *plan, const struct plan_target *target,
                  const struct loudness_result *output, bool last)
{
    double excess = to_db(output->true_peak) - target->true_peak_dbtp;
    double miss = target->loudness_lufs - output->integrated_lufs;
    bool again = false;

    if (!target->normalize || target->replaygain_only)
        return false;
    if (last) {
        if (excess > 0)
            plan->note = "the true peak is above the ceiling: coding at this bit rate raises it";
        return false;
    }
    if (excess > 0) {
        double lower = excess * EXCESS_FACTOR + EXCESS_MARGIN_DB;

        plan->ceiling_db -= lower;
        if (!isfinite(output->integrated_lufs) && !isfinite(target->album_gain_db))
            plan->gain_db -= lower;
        again = true;
    }
    if (plan->aims && isfinite(miss) && fabs(miss) > PLAN_TOLERANCE_LU) {
        double corrected = fmin(plan->gain_db + miss * CORRECTION, plan->gain_max_db);

        again = again || fabs(corrected - plan->gain_db) > PLAN_TOLERANCE_LU / 2;
        plan->gain_db = corrected;
    }
    return again;
}
