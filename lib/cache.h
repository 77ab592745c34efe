/*
 * cache: when two wishes are met by the same file. Keys are SHA-256 over a canonical form, so that spelling, order and
 * options that say nothing about the file make no difference; pure functions.
 *
 *      recording   where it comes from: the platform and its id there; elsewhere the address, and the id below it
 *      stream      recording and quality: a kept stream (DATA_DIR/cache/<key>/)
 *      result      tenant, recording, what its tags say besides what its source knows, and the options that shape the
 *                  file: downloaded_tracks.result_key
 *      work        tenant, what was asked and all options: download_jobs.work_key
 *      outcome     tenant, what was asked and the same options: download_jobs.outcome_key, known before anything is
 *                  resolved
 *
 * Results are a tenant's own: what one session has is no business of another, not even by the time that an answer
 * takes. Streams are shared by all.
 */
#ifndef DUBPLATE_CACHE_H
#define DUBPLATE_CACHE_H

#include "base/id.h"
#include "source.h"
#include "spec.h"
#include "tracks.h"

/* What a link names, whatever the way it was written: "youtube ITEM dQw4w9WgXcQ", else the link itself. */
void cache_canonical(char *out, size_t size, const struct source_link *link, const char *url, bool wants_list);

void cache_stream_key(char out[ID_SHA256_BYTES], const struct track_info *info, const char *quality);

/* number: the place in its list, which its tags and its name say; 0 for none. told: what somebody else than its source
 * says of it, as Spotify does, and will be in its tags; "". */
void cache_result_key(char out[ID_SHA256_BYTES], const char *tenant, const struct track_info *info, int64_t number,
                      const char *told, const struct spec *spec);

/* All that makes two submissions the same: what they are called by their submitter as well. */
void cache_work_key(char out[ID_SHA256_BYTES], const char *tenant, const char *asked, const char *spec_json,
                    const char *client_ref);

/* asked: cache_canonical(), or a search query's normal form. */
void cache_outcome_key(char out[ID_SHA256_BYTES], const char *tenant, const char *asked, const struct spec *spec);

#endif
