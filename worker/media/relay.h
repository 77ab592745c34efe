/*
 * relay: hands audio on to a sink that works beside the caller, block by block and in order.
 *
 * While one block is decoded the one before is measured. With a crew of one (crew.h) the sink is
 * simply called. What the sink uses must be left alone by the caller until relay_finish().
 */
#ifndef DUBPLATE_MEDIA_RELAY_H
#define DUBPLATE_MEDIA_RELAY_H

#include "fault.h"
#include "limiter.h"

struct relay;

/* FAULT_SYSTEM (memory). */
int relay_open(struct relay **r, limiter_sink *sink, void *arg, struct fault *f);

/* Copies. Fails as the sink did with what was given before. */
int relay_add(struct relay *r, const float *left, const float *right, int frames, struct fault *f);

/* Returns when the sink has had everything. */
int relay_finish(struct relay *r, struct fault *f);

/* Accepts a pointer to NULL; waits for a sink at work, gives it no more. */
void relay_close(struct relay **r);

#endif
