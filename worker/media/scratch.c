#include "scratch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdio.h"

#define BLOCK_FRAMES 8192

struct block {
    float x[2][BLOCK_FRAMES];
};

struct scratch {
    int          fd;
    bool         lost;
    int64_t      frames;        /* added so far */
    struct block block;         /* being filled, or being read */
};

struct scratch *scratch_open(int fd)
{
    struct scratch *s = fdio_size(fd) == 0 ? calloc(1, sizeof(*s)) : NULL;

    if (s != NULL)
        s->fd = fd;
    return s;
}

static void lose(struct scratch *s)
{
    struct fault unheard;

    s->lost = true;
    if (ftruncate(s->fd, 0) != 0)
        fault_set_write(&unheard, errno);
}

static void store(struct scratch *s, int64_t block)
{
    const int64_t at = block * (int64_t)sizeof(s->block);
    struct fault unheard;

    if (at + (int64_t)sizeof(s->block) > SCRATCH_MAX_BYTES ||
        fdio_write_at(s->fd, at, &s->block, sizeof(s->block), &unheard))
        lose(s);
}

void scratch_add(struct scratch *s, const float *left, const float *right, int frames)
{
    while (s != NULL && !s->lost && frames > 0) {
        int used = (int)(s->frames % BLOCK_FRAMES);
        int n = BLOCK_FRAMES - used < frames ? BLOCK_FRAMES - used : frames;

        memcpy(s->block.x[0] + used, left, (size_t)n * sizeof(float));
        memcpy(s->block.x[1] + used, right, (size_t)n * sizeof(float));
        s->frames += n;
        if (s->frames % BLOCK_FRAMES == 0)
            store(s, s->frames / BLOCK_FRAMES - 1);
        left += n;
        right += n;
        frames -= n;
    }
}

bool scratch_finish(struct scratch *s)
{
    if (s != NULL && !s->lost && s->frames % BLOCK_FRAMES != 0)
        store(s, s->frames / BLOCK_FRAMES);
    return s != NULL && !s->lost;
}

int scratch_read(struct scratch *s, int64_t at, const float *plane[2], struct fault *f)
{
    const int64_t block = at / BLOCK_FRAMES, first = at % BLOCK_FRAMES;
    const int64_t left = s->frames - at;

    if (left <= 0)
        return 0;
    if (pread(s->fd, &s->block, sizeof(s->block), block * (int64_t)sizeof(s->block)) !=
        (ssize_t)sizeof(s->block))
        return fault_set(f, FAULT_SYSTEM, "The scratch file cannot be read.");
    for (int c = 0; c < 2; c++)
        plane[c] = s->block.x[c] + first;
    return (int)(left < BLOCK_FRAMES - first ? left : BLOCK_FRAMES - first);
}

void scratch_close(struct scratch **s)
{
    free(*s);
    *s = NULL;
}
