/*
 * learn: what there is to know about one recording before a byte of it is fetched. Its page is read, limits and
 * whitelist are asked, and what Spotify, a list or the submitter say is put together with what the page says.
 */
#ifndef DUBPLATE_LEARN_H
#define DUBPLATE_LEARN_H

#include "meta.h"
#include "run.h"
#include "wanted.h"
#include "ytdlp/lines.h"

/* All that is known about a track; learned_free() it. */
struct learned {
    struct track_info info;
    struct meta meta;
    char       *meta_json;          /* owned; filled by learn_conclude() */
    char        result_key[ID_SHA256_BYTES];
    bool        is_known;           /* false: it refers to another page, which is yet to be read */
};
void learned_free(struct learned *l);

/* May this link be fetched at all? Names are looked up, unless they are in the source table. ERR_INPUT, ERR_NETWORK. */
int learn_check_link(const struct run *r, const char *text, struct err *e);

/* Duration, size, live streams, and whose it is, as far as the entry says. must_say: an entry whose owner cannot be
 * told is refused where the whitelist is on. ERR_TOO_LARGE, ERR_LIVE, ERR_NOT_WHITELISTED … */
int learn_check_entry(const struct run *r, const struct ytdlp_entry *entry, bool must_say, struct err *e);

/* Whose a media file is: the host that sends it, after redirects. ERR_NOT_WHITELISTED. */
int learn_check_host(const struct run *r, const char *url, struct err *e);

/* The same of a track that has been known for a while: by what was read then, and the whitelist of now. */
int learn_check_track(const struct run *r, struct err *e);

/* The page at `url`, which is one track's: read patiently, checked, and left as info.json in the track's work directory
 * for the download. Fills info and meta. */
int learn_page(struct run *r, const char *url, const char *track_uuid, struct learned *out, struct err *e);

/* The page of a track that is known, once more: what it names now is what is judged, and what will be fetched. */
int learn_again(struct run *r, struct err *e);

/* Of several recordings on one page, each may have the page's name for its id: its place becomes a part of it. */
void learn_number_id(struct track_info *info, int64_t place);

/* The same from a line that yt-dlp has printed already. */
int learn_line(const struct run *r, const char *line, const struct ytdlp_entry *entry, const char *track_uuid,
               struct learned *out, struct err *e);

/* Adds the submitter's words, and in a list the place as its number (item_index 0: no list); then fills info, meta_json
 * and result_key. */
void learn_conclude(const struct run *r, int64_t item_index, struct learned *l);

/* Looks for a recording on YouTube: the page of the one that fits best. ERR_NO_MATCH if none does; the report about
 * all of them (owned by the caller) is there then too. It is NULL only if the search itself failed. */
int learn_find(struct run *r, const struct wanted *wanted, char *url, size_t size, cJSON **match, struct err *e);

#endif
