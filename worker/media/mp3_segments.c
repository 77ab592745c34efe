#include "mp3_segments.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fdio.h"
#include "mp3.h"
#include "mp3_info.h"

#define PERIOD        49        /* MP3 frames, of padding at 44.1 kHz */
#define BUDGET_FRAMES 1500      /* MP3 frames of PCM: 14 MB */
#define PERIODS_MAX   8
#define AHEAD         3         /* MP3 frames that LAME wants to see beyond the one it gives out */
#define SAME          4         /* frames that must be equal at a seam */
#define CHUNK         (2 * MP3_FRAME)
#define CHUNK_BYTES   (CHUNK * 5 / 4 + 7200)
#define FRAME_BYTES   1441      /* the largest: 320 kbit/s at 32 kHz */

/* One segment: PCM from where its encoder starts, and what became of it. */
struct segment {
    struct mp3_segments *owner;
    struct crew_task     task;
    lame_global_flags   *lame;
    float   *x[2];
    int      used;              /* frames of PCM */
    bool     last;
    uint8_t *coded;             /* whole MP3 frames once the task is done; room for coded_max */
    size_t   coded_bytes, coded_max;
    size_t   gap_bytes;         /* what LAME left for an info frame, taken off */
    bool     failed;
};

struct mp3_segments {
    struct encoder_options options;
    float    scale;
    int      warm_up;           /* MP3 frames */
    int      step;              /* MP3 frames from the start of one segment to that of the next */
    int      length;            /* frames of PCM in a full one */
    struct segment *segment;    /* a ring */
    int      segments;
    int      filling, joining;  /* numbers, ever growing */
    struct fdio_writer out;
    struct mp3_info info;
    int      seams, mended;

    /* Of the segment that was joined last: */
    lame_global_flags *lame;
    uint8_t  tail[SAME * FRAME_BYTES];          /* the last frames it kept */
    size_t   tail_bytes;
    uint8_t  beyond[2 * AHEAD * FRAME_BYTES];   /* what it gave out after those */
    size_t   beyond_bytes;
};

static int out_of_memory(struct fault *f)
{
    return fault_set(f, FAULT_SYSTEM, "Out of memory.");
}

static struct segment *number(const struct mp3_segments *s, int n)
{
    return &s->segment[n % s->segments];
}

static int open_segment(struct mp3_segments *s, struct segment *g, struct fault *f)
{
    g->owner = s;
    /* LAME may give out a chunk's worth at the end, and an info frame at the start. */
    g->coded_max = (size_t)(s->length / MP3_FRAME + 2) * FRAME_BYTES + 2 * CHUNK_BYTES;
    g->coded = malloc(g->coded_max);
    for (int c = 0; c < 2; c++)
        g->x[c] = malloc((size_t)s->length * sizeof(float));
    return g->coded != NULL && g->x[0] != NULL && g->x[1] != NULL ? 0 : out_of_memory(f);
}

int mp3_segments_open(struct mp3_segments **out, int fd, const struct encoder_options *o,
                      int threads, int warm_up, struct fault *f)
{
    struct mp3_segments *s = calloc(1, sizeof(*s));
    int periods;

    *out = s;
    if (s == NULL)
        return out_of_memory(f);
    if ((s->lame = mp3_start(o, &s->scale)) == NULL)
        return fault_set(f, FAULT_SYSTEM, "The MP3 encoder cannot be started.");
    s->options = *o;
    s->warm_up = warm_up;
    s->info.points_each = 1;
    /* One is filled while each thread works on one of its own. */
    s->segments = threads + 1;
    periods = BUDGET_FRAMES / s->segments / PERIOD;
    s->step = PERIOD * (periods < 1 ? 1 : periods > PERIODS_MAX ? PERIODS_MAX : periods);
    s->length = (s->step + warm_up + AHEAD) * MP3_FRAME;
    if ((s->segment = calloc((size_t)s->segments, sizeof(*s->segment))) == NULL)
        return out_of_memory(f);
    for (int i = 0; i < s->segments; i++)
        if (open_segment(s, &s->segment[i], f))
            return -1;
    return fdio_writer_start(&s->out, fd, f);
}

/* Appends what `lame` makes of the segment's PCM from frame `at`. */
static void encode(struct segment *g, lame_global_flags *lame, int at)
{
    for (int n; at < g->used && !g->failed; at += n) {
        n = g->used - at < CHUNK ? g->used - at : CHUNK;
        int bytes = lame_encode_buffer_ieee_float(lame, g->x[0] + at, g->x[1] + at, n,
                                                  g->coded + g->coded_bytes,
                                                  (int)(g->coded_max - g->coded_bytes));
        g->failed = bytes < 0;
        g->coded_bytes += bytes < 0 ? 0 : (size_t)bytes;
    }
    if (g->last && !g->failed) {
        int bytes = lame_encode_flush(lame, g->coded + g->coded_bytes,
                                      (int)(g->coded_max - g->coded_bytes));
        g->failed = bytes < 0;
        g->coded_bytes += bytes < 0 ? 0 : (size_t)bytes;
    }
}

static void drop(struct segment *g, size_t bytes)
{
    g->coded_bytes -= bytes;
    memmove(g->coded, g->coded + bytes, g->coded_bytes);
}

/* The bytes of the next `frames` MP3 frames, or of all that are whole if there are fewer. */
static size_t span(const uint8_t *data, size_t size, int frames)
{
    size_t at = 0;

    for (size_t n; frames > 0 && at + 4 <= size; at += n, frames--)
        if ((n = mp3_info_frame_bytes(data + at)) == 0 || at + n > size)
            break;
    return at;
}

static void run(void *arg)
{
    struct segment *g = arg;
    float scale = g->owner->scale;

    g->coded_bytes = g->gap_bytes = 0;
    g->lame = mp3_start(&g->owner->options, &scale);
    g->failed = g->lame == NULL;
    if (g->failed)
        return;
    encode(g, g->lame, 0);
    g->gap_bytes = span(g->coded, g->coded_bytes, 1);
    drop(g, g->gap_bytes);
}

/* Does the warm-up end as the segment before did? Takes the warm-up off. */
static bool in_step(const struct mp3_segments *s, struct segment *g)
{
    int same = s->warm_up < SAME ? s->warm_up : SAME;
    size_t skipped = span(g->coded, g->coded_bytes, s->warm_up - same);
    size_t compared = span(g->coded + skipped, g->coded_bytes - skipped, same);
    bool equal = compared > 0 && compared <= s->tail_bytes &&
                 memcmp(g->coded + skipped, s->tail + s->tail_bytes - compared, compared) == 0;

    drop(g, skipped + compared);
    return equal;
}

/* The encoder of the segment before goes on, after what it gave out beyond its own end. */
static void mend(struct mp3_segments *s, struct segment *g)
{
    lame_close(g->lame);
    g->lame = s->lame;
    s->lame = NULL;
    memcpy(g->coded, s->beyond, s->beyond_bytes);
    g->coded_bytes = s->beyond_bytes;
    encode(g, g->lame, (s->warm_up + AHEAD) * MP3_FRAME);
    s->mended++;
}

static void remember_tail(struct mp3_segments *s, const uint8_t *frame, size_t size)
{
    size_t first = s->tail_bytes > 0 ? mp3_info_frame_bytes(s->tail) : 0;

    while (s->tail_bytes + size > sizeof(s->tail)) {
        s->tail_bytes -= first;
        memmove(s->tail, s->tail + first, s->tail_bytes);
        first = mp3_info_frame_bytes(s->tail);
    }
    memcpy(s->tail + s->tail_bytes, frame, size);
    s->tail_bytes += size;
}

/* Writes the frames that the segment keeps, and takes over what may be needed at the next seam. */
static int keep(struct mp3_segments *s, struct segment *g, int frames, struct fault *f)
{
    size_t bytes = span(g->coded, g->coded_bytes, frames);

    for (size_t at = 0, n; at < bytes; at += n) {
        n = mp3_info_frame_bytes(g->coded + at);
        mp3_info_count(&s->info, g->coded + at, n);
        remember_tail(s, g->coded + at, n);
    }
    if (fdio_write(&s->out, g->coded, bytes, f))
        return -1;
    drop(g, bytes);
    if (g->coded_bytes > sizeof(s->beyond))
        return fault_set(f, FAULT_SYSTEM, "The MP3 encoder gave more than it was asked for.");
    memcpy(s->beyond, g->coded, g->coded_bytes);
    s->beyond_bytes = g->coded_bytes;
    if (s->lame != NULL)
        lame_close(s->lame);
    s->lame = g->lame;
    g->lame = NULL;
    return 0;
}

static int join(struct mp3_segments *s, struct fault *f)
{
    static const uint8_t zeros[MP3_INFO_BYTES];
    struct segment *g = number(s, s->joining);
    bool first = s->joining == 0;

    crew_wait(&g->task);
    if (!first && !g->failed) {
        s->seams++;
        if (!in_step(s, g))
            mend(s, g);
    }
    if (g->failed || g->gap_bytes > sizeof(zeros))
        return fault_set(f, FAULT_SYSTEM, "The MP3 encoder failed.");
    if (first && fdio_write(&s->out, zeros, g->gap_bytes, f))
        return -1;
    s->joining++;
    return keep(s, g, g->last ? INT32_MAX : s->step + (first ? s->warm_up : 0), f);
}

/* Hands the filled segment over and begins the next with the frames that both need. */
static int hand_over(struct mp3_segments *s, struct fault *f)
{
    struct segment *g = number(s, s->filling), *next = number(s, s->filling + 1);
    int shared = (s->warm_up + AHEAD) * MP3_FRAME;

    crew_post(&g->task, run, g);
    s->filling++;
    if (g->last)
        return 0;
    while (s->filling - s->joining >= s->segments)
        if (join(s, f))
            return -1;
    next->used = shared;
    for (int c = 0; c < 2; c++)
        memcpy(next->x[c], g->x[c] + g->used - shared, (size_t)shared * sizeof(float));
    return 0;
}

int mp3_segments_write(struct mp3_segments *s, const float *left, const float *right, int frames,
                       struct fault *f)
{
    while (frames > 0) {
        struct segment *g = number(s, s->filling);
        int n = s->length - g->used < frames ? s->length - g->used : frames;

        memcpy(g->x[0] + g->used, left, (size_t)n * sizeof(float));
        memcpy(g->x[1] + g->used, right, (size_t)n * sizeof(float));
        g->used += n;
        left += n;
        right += n;
        frames -= n;
        if (g->used == s->length && hand_over(s, f))
            return -1;
    }
    return 0;
}

/* The info frame goes first, and is known last. */
static int write_info(struct mp3_segments *s, lame_global_flags *lame, struct fault *f)
{
    uint8_t info[MP3_INFO_BYTES];
    size_t size = lame_get_lametag_frame(lame, info, sizeof(info));

    if (size == 0 || size > sizeof(info))
        return fault_set(f, FAULT_SYSTEM, "The MP3 encoder gave no info frame.");
    mp3_info_complete(&s->info, info, size);
    return fdio_write_at(s->out.fd, 0, info, size, f);
}

int mp3_segments_finish(struct mp3_segments *s, struct fault *f)
{
    struct segment *last = number(s, s->filling);

    last->last = true;
    if (hand_over(s, f))
        return -1;
    while (s->joining < s->filling)
        if (join(s, f))
            return -1;
    return fdio_flush(&s->out, f) || write_info(s, s->lame, f) ? -1 : 0;
}

void mp3_segments_seams(const struct mp3_segments *s, int *seams, int *mended)
{
    *seams = s->seams;
    *mended = s->mended;
}

void mp3_segments_close(struct mp3_segments **out)
{
    struct mp3_segments *s = *out;

    if (s == NULL)
        return;
    for (int i = 0; s->segment != NULL && i < s->segments; i++) {
        struct segment *g = &s->segment[i];

        crew_wait(&g->task);
        if (g->lame != NULL)
            lame_close(g->lame);
        free(g->coded);
        free(g->x[0]);
        free(g->x[1]);
    }
    if (s->lame != NULL)
        lame_close(s->lame);
    free(s->segment);
    free(s);
    *out = NULL;
}
