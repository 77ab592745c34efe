#include "relay.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"

#define BLOCK_FRAMES 8192

struct block {
    struct relay    *owner;
    struct crew_task task;
    float            x[2][BLOCK_FRAMES];
    int              used;
};

struct relay {
    limiter_sink *sink;
    void         *arg;
    struct block  block[2];
    int           filling;
    int           rc;           /* the sink's */
    struct fault  fault;
};

int relay_open(struct relay **out, limiter_sink *sink, void *arg, struct fault *f)
{
    struct relay *r = calloc(1, sizeof(*r));

    *out = r;
    if (r == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    r->sink = sink;
    r->arg = arg;
    r->block[0].owner = r->block[1].owner = r;
    return 0;
}

static void run(void *arg)
{
    struct block *b = arg;
    struct relay *r = b->owner;

    r->rc = r->sink(r->arg, b->x[0], b->x[1], b->used, &r->fault);
    b->used = 0;
}

/* Until the block before, if there is one, has been taken. */
static int settle(struct relay *r, struct fault *f)
{
    crew_wait(&r->block[!r->filling].task);
    if (r->rc)
        *f = r->fault;
    return r->rc;
}

static int hand_on(struct relay *r, struct fault *f)
{
    struct block *b = &r->block[r->filling];

    if (settle(r, f))
        return -1;
    crew_post(&b->task, run, b);
    r->filling = !r->filling;
    return 0;
}

int relay_add(struct relay *r, const float *left, const float *right, int frames, struct fault *f)
{
    if (crew_threads() == 1)
        return r->sink(r->arg, left, right, frames, f);
    while (frames > 0) {
        struct block *b = &r->block[r->filling];
        int n = BLOCK_FRAMES - b->used < frames ? BLOCK_FRAMES - b->used : frames;

        memcpy(b->x[0] + b->used, left, (size_t)n * sizeof(float));
        memcpy(b->x[1] + b->used, right, (size_t)n * sizeof(float));
        b->used += n;
        left += n;
        right += n;
        frames -= n;
        if (b->used == BLOCK_FRAMES && hand_on(r, f))
            return -1;
    }
    return 0;
}

int relay_finish(struct relay *r, struct fault *f)
{
    if (r->block[r->filling].used > 0 && hand_on(r, f))
        return -1;
    return settle(r, f);
}

void relay_close(struct relay **r)
{
    if (*r == NULL)
        return;
    crew_wait(&(*r)->block[0].task);
    crew_wait(&(*r)->block[1].task);
    free(*r);
    *r = NULL;
}
