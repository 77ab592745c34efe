/*
 * chapters: the source's chapters as chapters of the file that was made from it, which may begin later and end earlier.
 * Pure.
 */
#ifndef DUBPLATE_CHAPTERS_H
#define DUBPLATE_CHAPTERS_H

#include <cjson/cJSON.h>

#include "meta.h"

/*
 * A list of {start_ms, end_ms, title}, owned by the caller; empty if none is in the file. The file's first sample is
 * `offset_seconds` behind the source's; what of a chapter lies outside of the file is cut off. A chapter without an end
 * goes on until the next one.
 */
cJSON *chapters_of(const struct meta *m, double offset_seconds, double duration_seconds);

#endif
