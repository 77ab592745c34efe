#include "loudness.h"

#include <ebur128.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "truepeak.h"

#define HOPS_PER_STEP   (LOUDNESS_HOPS_PER_SECOND / 10)         /* blocks start every 100 ms */
#define HOPS_PER_BLOCK  (LOUDNESS_HOPS_PER_SECOND * 4 / 10)
#define HOP_MS          (1000 / LOUDNESS_HOPS_PER_SECOND)
#define HOP_FRAMES_MAX  (192000 / LOUDNESS_HOPS_PER_SECOND)
#define CHUNK_FRAMES    2048
#define MARGIN          (TRUEPEAK_BEFORE + TRUEPEAK_AFTER)

struct loudness {
    ebur128_state *meter;
    float  hop[2 * HOP_FRAMES_MAX];     /* interleaved, as the meter wants it */
    float  hop_peak;
    int    hop_frames, hop_used;

    float *energy, *peak;
    size_t hops, hops_max;

    float  true_peak;
    float  x[2][MARGIN + CHUNK_FRAMES];     /* the last MARGIN frames are carried over */
    int    used;
};

int loudness_open(struct loudness **out, int rate_hz, struct fault *f)
{
    struct loudness *m = calloc(1, sizeof(*m));

    *out = m;
    if (m == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    m->hop_frames = rate_hz / LOUDNESS_HOPS_PER_SECOND;
    m->used = TRUEPEAK_BEFORE;      /* silence before the first frame */
    m->meter = ebur128_init(2, (unsigned long)rate_hz, EBUR128_MODE_I | EBUR128_MODE_LRA);
    return m->meter ? 0 : fault_set(f, FAULT_SYSTEM, "Out of memory.");
}

/* BS.1770-4: -0.691 makes a 997 Hz sine at 0 dBFS in one channel read -3.01 LUFS. */
static double to_lufs(double energy)
{
    return energy > 0 ? 10 * log10(energy) - 0.691 : -INFINITY;
}

static double from_lufs(double lufs)
{
    return pow(10, (lufs + 0.691) / 10);
}

static int reserve_hop(struct loudness *m, struct fault *f)
{
    size_t max = m->hops_max + m->hops_max / 4 + 3000;
    float *grown;

    if (m->hops < m->hops_max)
        return 0;
    if ((grown = realloc(m->energy, max * sizeof(*grown))) == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    m->energy = grown;
    if ((grown = realloc(m->peak, max * sizeof(*grown))) == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    m->peak = grown;
    m->hops_max = max;
    return 0;
}

/* Hands the collected frames to the meter and takes their energy back out of it. */
static int end_hop(struct loudness *m, struct fault *f)
{
    double lufs = -INFINITY;

    if (reserve_hop(m, f))
        return -1;
    if (ebur128_add_frames_float(m->meter, m->hop, (size_t)m->hop_frames) ||
        ebur128_loudness_window(m->meter, HOP_MS, &lufs))
        return fault_set(f, FAULT_SYSTEM, "The loudness meter failed.");
    m->energy[m->hops] = (float)from_lufs(lufs);
    m->peak[m->hops] = m->hop_peak;
    m->hops++;
    m->hop_used = 0;
    m->hop_peak = 0;
    return 0;
}

static int add_energy(struct loudness *m, const float *left, const float *right, int frames,
                      struct fault *f)
{
    while (frames > 0) {
        int n = m->hop_frames - m->hop_used;
        float *to = m->hop + 2 * m->hop_used;

        if (n > frames)
            n = frames;
        for (int i = 0; i < n; i++) {
            to[2 * i] = left[i];
            to[2 * i + 1] = right[i];
        }
        m->hop_peak = fmaxf(m->hop_peak, fmaxf(truepeak_sample_peak(left, n),
                                               truepeak_sample_peak(right, n)));
        m->hop_used += n;
        if (m->hop_used == m->hop_frames && end_hop(m, f))
            return -1;
        left += n;
        right += n;
        frames -= n;
    }
    return 0;
}

/* Scans all buffered frames that have their neighbours on both sides, and keeps those that do not.
 * */
static void scan_peaks(struct loudness *m)
{
    int n = m->used - MARGIN;

    if (n <= 0)
        return;
    for (int c = 0; c < 2; c++) {
        m->true_peak = truepeak_scan(m->x[c] + TRUEPEAK_BEFORE, n, m->true_peak);
        memmove(m->x[c], m->x[c] + n, MARGIN * sizeof(float));
    }
    m->used = MARGIN;
}

static void add_peaks(struct loudness *m, const float *left, const float *right, int frames)
{
    while (frames > 0) {
        int n = MARGIN + CHUNK_FRAMES - m->used;

        if (n > frames)
            n = frames;
        memcpy(m->x[0] + m->used, left, (size_t)n * sizeof(float));
        memcpy(m->x[1] + m->used, right, (size_t)n * sizeof(float));
        m->used += n;
        if (m->used == MARGIN + CHUNK_FRAMES)
            scan_peaks(m);
        left += n;
        right += n;
        frames -= n;
    }
}

int loudness_add(struct loudness *m, const float *left, const float *right, int frames,
                 struct fault *f)
{
    add_peaks(m, left, right, frames);
    return add_energy(m, left, right, frames, f);
}

/* The mean energy of each span of `width` hops, starting every 100 ms: calls for all above `gate`.
 * */
static double gated_mean(const float *energy, size_t hops, size_t width, double gate)
{
    double total = 0;
    size_t count = 0;

    for (size_t at = 0; at + width <= hops; at += HOPS_PER_STEP) {
        double sum = 0;

        for (size_t i = 0; i < width; i++)
            sum += (double)energy[at + i];
        sum /= (double)width;
        if (sum >= gate) {
            total += sum;
            count++;
        }
    }
    return count > 0 ? total / (double)count : 0;
}

double loudness_integrate(const float *energy, size_t hops)
{
    double absolute = from_lufs(-70);
    double ungated = gated_mean(energy, hops, HOPS_PER_BLOCK, absolute);
    double relative = ungated * 0.1;    /* -10 LU */

    if (ungated <= 0)
        return -INFINITY;
    return to_lufs(gated_mean(energy, hops, HOPS_PER_BLOCK, fmax(relative, absolute)));
}

int loudness_finish(struct loudness *m, struct loudness_result *result, struct fault *f)
{
    static const float silence[TRUEPEAK_AFTER];

    scan_peaks(m);
    add_peaks(m, silence, silence, TRUEPEAK_AFTER);     /* the last frames get their neighbours */
    scan_peaks(m);
    result->true_peak = (double)m->true_peak;
    if (ebur128_add_frames_float(m->meter, m->hop, (size_t)m->hop_used) ||
        ebur128_loudness_global(m->meter, &result->integrated_lufs) ||
        ebur128_loudness_range(m->meter, &result->range_lu))
        return fault_set(f, FAULT_SYSTEM, "The loudness meter failed.");
    return 0;
}

struct loudness_hops loudness_get_hops(const struct loudness *m)
{
    return (struct loudness_hops){ m->energy, m->peak, m->hops, m->hop_frames };
}

void loudness_close(struct loudness **m)
{
    if (*m == NULL)
        return;
    if ((*m)->meter != NULL)
        ebur128_destroy(&(*m)->meter);
    free((*m)->energy);
    free((*m)->peak);
    free(*m);
    *m = NULL;
}
