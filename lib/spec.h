/*
 * spec: what a submitter asks for besides the link: the job options. One table (spec.c) holds each option once;
 * validation, defaults, the JSON Schema behind the page's form, and the stored form follow from the row.
 * Pure functions: no database, no network.
 */
#ifndef DUBPLATE_SPEC_H
#define DUBPLATE_SPEC_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct spec {
    char    source_type[16], download_type[16], media_type[8];
    char    quality[16], output_format[8];
    int64_t bitrate_kbps, vbr;                  /* vbr: 0, the best, to 9; -1: the bit rate is constant */
    int64_t bit_depth_bits, sample_rate_hz;     /* sample_rate_hz 0: the source's */
    int64_t id3_version;                        /* 3 or 4 */
    char    chapters[8];                        /* "keep" or "none" */
    int64_t priority;
    int64_t max_items;                          /* of a list; 0: as the settings */
    bool    normalize, embed_metadata, embed_cover, use_cache;
    bool    replaygain_only, album_gain, trim_silence;
    char    loudness_profile[12];
    double  loudness_target_lufs, true_peak_dbtp;   /* the target is that of the profile unless it was given */
    double  start_seconds, end_seconds;         /* of the source; end_seconds 0: its own */
    char    scheduled_at[CLOCK_ISO_BYTES];      /* "" for at once */
    char    client_ref[801];            /* 200 characters of up to 4 bytes */
    struct {                            /* the submitter's overrides; "" means: as the source says */
        char    title[801], artist[801], album[801], album_artist[801], genre[201], date[11], comment[2001];
        int64_t track_number;           /* 0: none */
    } metadata;
};

/* What is wrong with a request, field by field, all of it at once. */
#define SPEC_MAX_ERRORS 32
struct spec_errors {
    int count;
    struct { char field[80]; char message[200]; } list[SPEC_MAX_ERRORS];
};

void spec_add_error(struct spec_errors *errors, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* What keeps s from being printable text of at most max_chars code points, as the end of a sentence; NULL: nothing.
 * Tabs and line breaks are allowed in none of our fields. */
const char *spec_text_fault(const char *s, int max_chars);

/* Fills out with defaults. */
void spec_defaults(struct spec *out);

/*
 * Reads the options from a request object on top of the defaults. Members named in `also` (NULL-terminated; the
 * caller handles them) are passed over; other unknown names are errors. Adds to errors; never fails otherwise.
 */
void spec_from_request(struct spec *out, const cJSON *request, const char *const *also, struct spec_errors *errors);

/* Every option with its value, for storing and showing. Owned by the caller. */
cJSON *spec_to_json(const struct spec *spec);

/* The options that shape the file, as text: two wishes with the same are met by the same file. Owned by the caller. */
char *spec_shape(const struct spec *spec);

/* Is a list asked for where the link leaves it open, or one track? */
bool spec_wants_list(const struct spec *spec);
bool spec_wants_one(const struct spec *spec);

/* What spec_to_json() once wrote. Options added since have their defaults. ERR_SYSTEM if it is not ours. */
int spec_from_stored(struct spec *out, const char *text, struct err *e);

/* JSON Schema (2020-12) of the options. Owned by the caller. */
cJSON *spec_schema(void);

#endif
