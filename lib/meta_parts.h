/*
 * meta_parts: chapters and thumbnails, and what else the files of meta share.
 */
#ifndef DUBPLATE_META_PARTS_H
#define DUBPLATE_META_PARTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meta.h"

/* ---- in meta.c ---- */

/* The weaker of both. */
enum meta_origin meta_at_most(enum meta_origin from, enum meta_origin most);

/* What the field may hold, in bytes. */
size_t meta_text_max(enum meta_text field);

/* The text as the field may hold it; free(). NULL if it may not. */
char *meta_fitting(enum meta_text field, const char *value);

/* ---- in meta_parts.c ---- */

/* -1 for what is no number, or none that an int64_t can have. */
int64_t meta_whole(double n);
int64_t meta_milliseconds(const cJSON *o, const char *name);    /* of a member in seconds */

/* Chapters follow each other in time; one that does not is passed over. Stronger ones stay. */
typedef struct meta_chapter meta_chapter_reader(const cJSON *o);
meta_chapter_reader meta_chapter_of_ytdlp, meta_chapter_of_ours;
void meta_read_chapters(struct meta *m, const cJSON *list, meta_chapter_reader *read, enum meta_origin from);
void meta_drop_chapters(struct meta *m);

/* `chosen` is one of unknown size that the source would take itself; NULL. yt-dlp lists the worst first, we the best.
 * Stronger ones stay. */
void meta_read_thumbnails(struct meta *m, const cJSON *list, const char *chosen, bool worst_first,
                          enum meta_origin from);
void meta_drop_thumbnails(struct meta *m);

#endif
