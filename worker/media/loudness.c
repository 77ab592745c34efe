#include "loudness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "truepeak.h"

#define HOPS_PER_STEP   (LOUDNESS_HOPS_PER_SECOND / 10)         /* blocks start every 100 ms */
#define HOPS_PER_BLOCK  (LOUDNESS_HOPS_PER_SECOND * 4 / 10)
#define HOPS_PER_WINDOW (LOUDNESS_HOPS_PER_SECOND * 3)
#define CHUNK_FRAMES    2048
#define MARGIN          (TRUEPEAK_BEFORE + TRUEPEAK_AFTER)

/* Left and right are filtered side by side in one register. */
typedef double pair __attribute__((vector_size(2 * sizeof(double))));

struct loudness {
    double a[5], b[5];          /* both K-weighting biquads multiplied out, a[0] = 1 */
    pair   state[4];
    pair   sum;                 /* of squares in the present hop */
    float  hop_peak;
    int    hop_frames, hop_used;

    float *energy, *peak;
    size_t hops, hops_max;

    float  true_peak;
    float  x[2][MARGIN + CHUNK_FRAMES];     /* the last MARGIN frames are carried over */
    int    used;
};

/* BS.1770-4 annex 1: a high shelf for the head, then a high pass. */
static void init_filter(struct loudness *m, double rate_hz)
{
    double k = tan(M_PI * 1681.974450955533 / rate_hz);
    double q = 0.7071752369554196;
    double vh = pow(10, 3.999843853973347 / 20);
    double vb = pow(vh, 0.4996667741545416);
    double a0 = 1 + k / q + k * k;
    double pb[3] = { (vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0,
                     (vh - vb * k / q + k * k) / a0 };
    double pa[3] = { 1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0 };
    double rb[3] = { 1, -2, 1 };
    double ra[3] = { 1, 0, 0 };

    k = tan(M_PI * 38.13547087602444 / rate_hz);
    q = 0.5003270373238773;
    ra[1] = 2 * (k * k - 1) / (1 + k / q + k * k);
    ra[2] = (1 - k / q + k * k) / (1 + k / q + k * k);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            m->a[i + j] += pa[i] * ra[j];
            m->b[i + j] += pb[i] * rb[j];
        }
}

int loudness_open(struct loudness **out, int rate_hz, struct fault *f)
{
    struct loudness *m = calloc(1, sizeof(*m));

    *out = m;
    if (m == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    m->hop_frames = rate_hz / LOUDNESS_HOPS_PER_SECOND;
    m->used = TRUEPEAK_BEFORE;      /* silence before the first frame */
    init_filter(m, rate_hz);
    return 0;
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

/* A decaying filter ends in denormals, which cost a hundred times as much as numbers. */
static void flush_denormals(struct loudness *m)
{
    for (int i = 0; i < 4; i++)
        for (int c = 0; c < 2; c++)
            if (fabs(m->state[i][c]) < 1e-20)
                m->state[i][c] = 0;
}

static int end_hop(struct loudness *m, struct fault *f)
{
    if (reserve_hop(m, f))
        return -1;
    m->energy[m->hops] = (float)((m->sum[0] + m->sum[1]) / m->hop_frames);
    m->peak[m->hops] = m->hop_peak;
    m->hops++;
    m->hop_used = 0;
    m->hop_peak = 0;
    m->sum = (pair){ 0, 0 };
    flush_denormals(m);
    return 0;
}

/* Direct form II of order 4. The term of the newest state comes last: it is the only one that
 * waits for the frame before. */
static void filter(struct loudness *m, const float *left, const float *right, int frames)
{
    const double *a = m->a, *b = m->b;
    pair s1 = m->state[0], s2 = m->state[1], s3 = m->state[2], s4 = m->state[3], sum = m->sum;

    for (int i = 0; i < frames; i++) {
        pair x = { (double)left[i], (double)right[i] };
        pair rest = x - a[2] * s2 - a[3] * s3 - a[4] * s4;
        pair tail = b[1] * s1 + b[2] * s2 + b[3] * s3 + b[4] * s4;
        pair s0 = rest - a[1] * s1;
        pair y = b[0] * s0 + tail;

        sum += y * y;
        s4 = s3, s3 = s2, s2 = s1, s1 = s0;
    }
    m->state[0] = s1, m->state[1] = s2, m->state[2] = s3, m->state[3] = s4;
    m->sum = sum;
}

static int add_energy(struct loudness *m, const float *left, const float *right, int frames,
                      struct fault *f)
{
    while (frames > 0) {
        int n = m->hop_frames - m->hop_used;

        if (n > frames)
            n = frames;
        filter(m, left, right, n);
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

/* BS.1770-4: -0.691 makes a 997 Hz sine at 0 dBFS in one channel read -3.01 LUFS. */
static double to_lufs(double energy)
{
    return energy > 0 ? 10 * log10(energy) - 0.691 : -INFINITY;
}

static double from_lufs(double lufs)
{
    return pow(10, (lufs + 0.691) / 10);
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

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* EBU Tech 3342: the spread of short-term loudness, without the silent and the incidental. */
static int loudness_range(const struct loudness *m, double *range_lu, struct fault *f)
{
    double gate = from_lufs(-70);
    size_t windows = m->hops / HOPS_PER_STEP + 1, count = 0;
    float *window = malloc(windows * sizeof(*window));

    *range_lu = 0;
    if (window == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    gate = fmax(gate, gated_mean(m->energy, m->hops, HOPS_PER_WINDOW, gate) * 0.01);    /* -20 LU */
    for (size_t at = 0; at + HOPS_PER_WINDOW <= m->hops; at += HOPS_PER_STEP) {
        double sum = 0;

        for (size_t i = 0; i < HOPS_PER_WINDOW; i++)
            sum += (double)m->energy[at + i];
        if (sum / HOPS_PER_WINDOW >= gate)
            window[count++] = (float)(sum / HOPS_PER_WINDOW);
    }
    if (count > 0) {
        qsort(window, count, sizeof(*window), compare);
        *range_lu = to_lufs((double)window[(size_t)(0.95 * (double)(count - 1) + 0.5)]) -
                    to_lufs((double)window[(size_t)(0.10 * (double)(count - 1) + 0.5)]);
    }
    free(window);
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
    return loudness_range(m, &result->range_lu, f);
}

struct loudness_hops loudness_get_hops(const struct loudness *m)
{
    return (struct loudness_hops){ m->energy, m->peak, m->hops };
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
