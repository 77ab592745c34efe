/*
 * lines: what yt-dlp says, read line by line. Pure and bounded; whatever the bytes, the answer is one of these kinds.
 */
#ifndef DUBPLATE_YTDLP_LINES_H
#define DUBPLATE_YTDLP_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "meta.h"
#include "tracks.h"

enum ytdlp_line { YTDLP_OTHER, YTDLP_PROGRESS, YTDLP_FILE };

struct ytdlp_progress {
    int64_t downloaded_bytes, total_bytes, speed_bps, eta_s;    /* -1: unknown */
    double  fraction;                                           /* 0–1 of this file; -1: unknown */
};

/* One line of the download's standard output. PROGRESS fills *p, FILE fills path. */
enum ytdlp_line ytdlp_read_line(const char *line, struct ytdlp_progress *p, char *path, size_t path_size);

/* One entry of the resolve's output: a track, or one line of a list. */
struct ytdlp_entry {
    struct track_info info;     /* ids, extractor, url, and what meta knows for a row of the database */
    struct meta meta;           /* everything that it says, with its origin: the page, or the list that it stands in */
    char    title[801];         /* as its uploader wrote it, before meta took the artist out; cut; "" if unknown */
    bool    is_reference;       /* a list's entry without its own streams: info.url has to be extracted */
    bool    is_live;            /* running, or yet to come */
    int64_t size_bytes;         /* -1: unknown */

    bool    in_list;
    bool    is_list;            /* by its extractor the entry is a list itself: a channel's tab, an album */
    char    list_id[160], list_title[801], list_uploader[201];      /* cut; "" if unknown */
    int64_t list_index;         /* from 1; -1: unknown */
    int64_t list_items;         /* of the whole list, or as many as were asked for; -1: unknown, as it streams */

    bool    is_gone;            /* private, deleted, or for members only: nothing to download */
    enum err_kind refusal;      /* why it is not taken: gone, live; ERR_NONE if it is */
    char    refusal_text[200];
};

/* Calls check with every address that the entry tells yt-dlp to fetch: streams and, with is_picture, thumbnails. Stops
 * and returns -1 when check does. */
int ytdlp_each_target(const char *line, int (*check)(void *arg, const char *url, bool is_picture, struct err *e),
                      void *arg, struct err *e);

/* ERR_SYSTEM if the line is no entry, ERR_DRM if the source says so. What it filled needs ytdlp_entry_free(); after a
 * failure there is nothing to free, and freeing does no harm. */
int ytdlp_read_entry(const char *line, struct ytdlp_entry *out, struct err *e);
void ytdlp_entry_free(struct ytdlp_entry *entry);

#endif
