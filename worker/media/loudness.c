#include "loudness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kweight.h"
#include "truepeak.h"

#define HOPS_PER_STEP   (LOUDNESS_HOPS_PER_SECOND / 10)         /* blocks start every 100 ms */
#define HOPS_PER_BLOCK  (LOUDNESS_HOPS_PER_SECOND * 4 / 10)
#define HOPS_PER_TERM   (LOUDNESS_HOPS_PER_SECOND * 3)          /* short-term: 3 s */
#define HOPS_GROWN      65536           /* a quarter of a megabyte, which the kernel moves for nothing */
#define CHUNK_FRAMES    2048
#define MARGIN          (TRUEPEAK_BEFORE + TRUEPEAK_AFTER)

struct loudness {
    struct kweight filter;
    double hop_energy;                  /* the sum of squares so far */
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
    kweight_start(&m->filter, rate_hz);
    return 0;
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
    size_t max = m->hops_max + HOPS_GROWN;
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

static int end_hop(struct loudness *m, struct fault *f)
{
    if (reserve_hop(m, f))
        return -1;
    m->energy[m->hops] = (float)(m->hop_energy / m->hop_frames);
    m->peak[m->hops] = m->hop_peak;
    m->hops++;
    m->hop_used = 0;
    m->hop_energy = 0;
    m->hop_peak = 0;
    return 0;
}

static int add_energy(struct loudness *m, const float *left, const float *right, int frames,
                      struct fault *f)
{
    while (frames > 0) {
        int n = m->hop_frames - m->hop_used;

        if (n > frames)
            n = frames;
        m->hop_energy += kweight_energy(&m->filter, left, right, n);
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

void loudness_count_blocks(const float *energy, size_t hops, int counts[LOUDNESS_BINS])
{
    for (size_t at = 0; at + HOPS_PER_BLOCK <= hops; at += HOPS_PER_STEP) {
        double sum = 0;

        for (size_t i = 0; i < HOPS_PER_BLOCK; i++)
            sum += (double)energy[at + i];
        double bin = (to_lufs(sum / HOPS_PER_BLOCK) + 70) * 10;

        if (bin >= 0)
            counts[bin < LOUDNESS_BINS ? (int)bin : LOUDNESS_BINS - 1]++;
    }
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* EBU Tech 3342: short-term loudness above -70 LUFS and -20 LU, from its 10th to its 95th of a
 * hundred. */
static int loudness_range(const float *energy, size_t hops, double *range_lu, struct fault *f)
{
    size_t terms = hops < HOPS_PER_TERM ? 0 : (hops - HOPS_PER_TERM) / HOPS_PER_STEP + 1;
    float *term = malloc((terms + 1) * sizeof(*term));
    double absolute = from_lufs(-70), total = 0;
    size_t count = 0, quiet = 0;

    if (term == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    for (size_t t = 0; t < terms; t++) {
        double sum = 0;

        for (size_t i = 0; i < HOPS_PER_TERM; i++)
            sum += (double)energy[t * HOPS_PER_STEP + i];
        sum /= HOPS_PER_TERM;
        if (sum >= absolute) {
            total += sum;
            term[count++] = (float)sum;
        }
    }
    qsort(term, count, sizeof(*term), by_size);
    while (quiet < count && (double)term[quiet] < total / (double)count / 100)
        quiet++;
    *range_lu = 0;
    if (quiet < count) {
        double last = (double)(count - quiet - 1);

        *range_lu = to_lufs((double)term[quiet + (size_t)(last * 0.95 + 0.5)]) -
                    to_lufs((double)term[quiet + (size_t)(last * 0.1 + 0.5)]);
    }
    free(term);
    return 0;
}

int loudness_finish(struct loudness *m, struct loudness_result *result, struct fault *f)
{
    static const float silence[TRUEPEAK_AFTER];

    scan_peaks(m);
    add_peaks(m, silence, silence, TRUEPEAK_AFTER);     /* the last frames get their neighbours */
    scan_peaks(m);
    result->true_peak = (double)m->true_peak;
    result->integrated_lufs = loudness_integrate(m->energy, m->hops);
    return loudness_range(m->energy, m->hops, &result->range_lu, f);
}

struct loudness_hops loudness_get_hops(const struct loudness *m)
{
    return (struct loudness_hops){ m->energy, m->peak, m->hops, m->hop_frames };
}

void loudness_close(struct loudness **m)
{
    if (*m == NULL)
        return;
    free((*m)->energy);
    free((*m)->peak);
    free(*m);
    *m = NULL;
}
