/*
 * reply: the only writer of stdout. One JSON object per line, flushed at once:
 *
 *   {"progress":0.137}                                   at most about five per second, never
 *   going back {"result":{...}}                                     last line; the process exits 0
 *   {"error":{"kind":"bad_media","detail":"..."}}        last line; the process exits 1
 *
 * A reader that went away is not an error here: the parent decides by exit status and last line.
 */
#ifndef DUBPLATE_MEDIA_REPLY_H
#define DUBPLATE_MEDIA_REPLY_H

#include <cjson/cJSON.h>

#include "fault.h"

/* Says how much of the whole operation is done, 0 to 1. Cheap enough to call for every block of
 * audio; values below the last one said are ignored, so a repeated pass does not move the bar
 * back. */
void reply_progress(double done);

/* The last line. `result` is borrowed. Returns 0, or -1 if it could not be written. */
int reply_result(const cJSON *result);
int reply_fault(const struct fault *f);

/* Adds a number rounded to `decimals` places, or null when it is not finite (loudness of silence
 * is -inf). */
void reply_add_number(cJSON *object, const char *name, double value, int decimals);

#endif
