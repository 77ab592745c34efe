/*
 * scratch: what was decoded once, kept in a file for the second time it is needed.
 *
 * Decoding Opus again costs a sixth of mastering it; writing its PCM to the page cache and reading
 * it back a fiftieth, and a file that is gone within seconds hardly reaches the disk. The file has
 * no name and dies with the process. Nothing depends on it: without the descriptor, beyond
 * SCRATCH_MAX_BYTES (eleven minutes at 48 kHz) or on a full disk there is no scratch, and the input
 * is decoded again.
 */
#ifndef DUBPLATE_MEDIA_SCRATCH_H
#define DUBPLATE_MEDIA_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

#define SCRATCH_MAX_BYTES (256LL << 20)

struct scratch;

/* NULL if `fd` is not open or memory is short: the functions below accept that. */
struct scratch *scratch_open(int fd);

/* Appends. What cannot be written empties the file and ends its use. */
void scratch_add(struct scratch *s, const float *left, const float *right, int frames);

/* True once everything that was added can be read; nothing is added after that. */
bool scratch_finish(struct scratch *s);

/* Frames from `at` on, as many as lie together; 0 at the end. Valid until the next call.
 * FAULT_SYSTEM. */
int scratch_read(struct scratch *s, int64_t at, const float *plane[2], struct fault *f);

void scratch_close(struct scratch **s);     /* accepts a pointer to NULL */

#endif
