#include "limiter.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "truepeak.h"

#define BLOCK         32
#define SMOOTH_NODES  9         /* length of the smoothing window, and so of the look-ahead */
#define HOLD_MS       20
#define RELEASE_MS    150
#define HOLD_NODES_MAX 120      /* at 192 kHz */
#define RING          256 /* nodes remembered; a power of two above SMOOTH_NODES + HOLD_NODES_MAX */
#define CAPACITY      (BLOCK * 128)

struct limiter {
    float         gain, ceiling;
    int           hold_nodes;
    float         release;              /* share of the way back to 1 that one node takes */
    float         smooth[SMOOTH_NODES];
    limiter_sink *sink;
    void         *arg;

    /* Frames after the gain. [0, emitted) went out, [emitted, scanned) wait for their nodes. */
    float         x[2][TRUEPEAK_BEFORE + CAPACITY];
    int           used, scanned, emitted;
    int64_t       frames_in, frames_out;

    /* Nodes by number; node n stands before block n. */
    int64_t       nodes;                /* blocks scanned so far */
    float         bearable[RING];       /* per node: the lower of its neighbours' */
    float         released[RING];
    float         last_block;           /* what the block before the newest can bear */
    float curve; /* the smoothed gain at the node before the next block to go out */
    float         lowest;
};

static void init_curve(struct limiter *l, int rate_hz)
{
    float sum = 0;
    float node_ms = 1000.0f * BLOCK / (float)rate_hz;

    for (int i = 0; i < SMOOTH_NODES; i++) {
        l->smooth[i] = (float)(1 - cos(2 * M_PI * (i + 1) / (SMOOTH_NODES + 1)));
        sum += l->smooth[i];
    }
    for (int i = 0; i < SMOOTH_NODES; i++)
        l->smooth[i] /= sum;
    for (int i = 0; i < RING; i++)
        l->bearable[i] = l->released[i] = 1;
    l->hold_nodes = (int)(HOLD_MS / node_ms);
    l->release = 1 - expf(-node_ms / RELEASE_MS);
    l->last_block = l->curve = l->lowest = 1;
}

int limiter_open(struct limiter **limiter, int rate_hz, double gain, double ceiling,
                 limiter_sink *sink, void *arg, struct fault *f)
{
    struct limiter *l = calloc(1, sizeof(*l));

    *limiter = l;
    if (l == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    l->gain = (float)gain;
    l->ceiling = (float)ceiling;
    l->sink = sink;
    l->arg = arg;
    l->used = TRUEPEAK_BEFORE;      /* silence before the first frame */
    l->scanned = l->emitted = TRUEPEAK_BEFORE;
    init_curve(l, rate_hz);
    return 0;
}

/* The lowest gain that any node from `first` to `last` asks for. */
static float lowest_bearable(const struct limiter *l, int64_t first, int64_t last)
{
    float low = 1;

    for (int64_t n = first < 0 ? 0 : first; n <= last; n++)
        low = fminf(low, l->bearable[n % RING]);
    return low;
}

/* The final gain at node n. Nodes up to n + SMOOTH_NODES - 1 must be known. */
static float settle_node(struct limiter *l, int64_t n)
{
    float needed = lowest_bearable(l, n - l->hold_nodes, n + SMOOTH_NODES - 1);
    float last = n > 0 ? l->released[(n - 1) % RING] : needed;
    float gain = 0;

    if (needed > last) {
        needed = last + l->release * (needed - last);
        if (needed > 0.9999f)
            needed = 1;
    }
    l->released[n % RING] = needed;
    if (needed == 1 && l->curve == 1)
        return 1;                       /* sums of weights are not exactly 1 */
    for (int i = 0; i < SMOOTH_NODES; i++)
        gain += l->smooth[i] * (n >= i ? l->released[(n - i) % RING] : l->released[0]);
    return gain > 0.99999f ? 1 : gain;
}

static void shape(float *x, float from, float to)
{
    float step = (to - from) / BLOCK;

    for (int i = 0; i < BLOCK; i++)
        x[i] *= from + step * (float)i;
}

/* Gives block b its gain, which goes from node b to node b + 1. */
static void settle_block(struct limiter *l, int64_t b, int at)
{
    float from = b == 0 ? settle_node(l, 0) : l->curve;
    float to = settle_node(l, b + 1);

    l->curve = to;
    if (from == 1 && to == 1)
        return;
    l->lowest = fminf(l->lowest, fminf(from, to));
    shape(l->x[0] + at, from, to);
    shape(l->x[1] + at, from, to);
}

static void scan_block(struct limiter *l)
{
    float peak = truepeak_scan(l->x[0] + l->scanned, BLOCK, l->ceiling);
    float bearable;

    peak = truepeak_scan(l->x[1] + l->scanned, BLOCK, peak);
    bearable = peak > l->ceiling ? l->ceiling / peak : 1;
    l->bearable[l->nodes % RING] = fminf(bearable, l->last_block);
    l->last_block = bearable;
    l->nodes++;
    l->scanned += BLOCK;
}

static int emit(struct limiter *l, int from, int to, struct fault *f)
{
    int64_t left = l->frames_in - l->frames_out;
    int n = to - from < left ? to - from : (int)left;

    if (n <= 0)
        return 0;
    l->frames_out += n;
    return l->sink(l->arg, l->x[0] + from, l->x[1] + from, n, f);
}

/* Scans every block whose neighbours have arrived, settles and emits those whose nodes are known,
 * and makes room. */
static int advance(struct limiter *l, struct fault *f)
{
    int start = l->emitted, keep;

    while (l->scanned + BLOCK + TRUEPEAK_AFTER <= l->used) {
        scan_block(l);
        if (l->nodes > SMOOTH_NODES) {
            settle_block(l, l->nodes - 1 - SMOOTH_NODES, l->emitted);
            l->emitted += BLOCK;
        }
    }
    if (emit(l, start, l->emitted, f))
        return -1;
    keep = l->emitted - TRUEPEAK_BEFORE;
    for (int c = 0; c < 2; c++)
        memmove(l->x[c], l->x[c] + keep, (size_t)(l->used - keep) * sizeof(float));
    l->used -= keep;
    l->scanned -= keep;
    l->emitted -= keep;
    return 0;
}

static void append(struct limiter *l, const float *left, const float *right, int frames)
{
    float *x = l->x[0] + l->used, *y = l->x[1] + l->used;

    for (int i = 0; i < frames; i++) {
        x[i] = left[i] * l->gain;
        y[i] = right[i] * l->gain;
    }
    l->used += frames;
}

int limiter_add(struct limiter *l, const float *left, const float *right, int frames,
                struct fault *f)
{
    l->frames_in += frames;
    while (frames > 0) {
        int n = TRUEPEAK_BEFORE + CAPACITY - l->used;

        if (n > frames)
            n = frames;
        append(l, left, right, n);
        if (advance(l, f))
            return -1;
        left += n;
        right += n;
        frames -= n;
    }
    return 0;
}

int limiter_flush(struct limiter *l, struct fault *f)
{
    static const float silence[BLOCK];

    while (l->frames_out < l->frames_in) {
        append(l, silence, silence, BLOCK);
        if (advance(l, f))
            return -1;
    }
    return 0;
}

double limiter_max_reduction_db(const struct limiter *l)
{
    return l->lowest < 1 ? -20 * log10((double)l->lowest) : 0;
}

void limiter_close(struct limiter **limiter)
{
    free(*limiter);
    *limiter = NULL;
}
