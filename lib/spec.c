#include "spec.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "formats.h"
#include "json.h"
#include "source.h"

enum type { CHOICE, INTEGER, INTEGER_CHOICE, NUMBER, BOOLEAN, TEXT, DATE, TIME, GROUP };

struct option {
    const char        *name;
    enum type          type;
    size_t             offset, size;        /* place in struct spec; size of a text field */
    const char        *text_default;        /* CHOICE; others start empty */
    double             number_default;      /* INTEGER, NUMBER; BOOLEAN as 0 or 1 */
    double             least, most;
    const char *const *choices;
    const int64_t     *int_choices;         /* 0-terminated */
    const char        *zero_word;           /* INTEGER_CHOICE: a word that may be given as well, and stands for 0 */
    int                max_chars;           /* TEXT */
    bool               no_default;          /* its number_default means "not given" */
    bool               aside;               /* says nothing about the file */
    const struct option *group;             /* GROUP: rows up to a NULL name */
    const char        *title, *help;
};

static const char *const download_types[] = { "auto", "single", "playlist", "channel", "track", "profile", NULL };
static const char *const media_types[] = { "audio", NULL };
static const char *const qualities[] = { "bestaudio", "worstaudio", "best", "worst", NULL };
static const char *const profiles[] = { "music", "podcast", "broadcast", NULL };
static const double profile_lufs[] = { -14, -16, -23 };
static const int64_t bitrates[] = { 320, 256, 192, 128, 0 };
static const int64_t rates[] = { 48000, 44100, 0 };
static const int64_t depths[] = { 16, 24, 0 };
static const int64_t id3_versions[] = { 3, 4, 0 };
static const char *const chapter_ways[] = { "keep", "none", NULL };

#define AT(field) .offset = offsetof(struct spec, field), .size = sizeof(((struct spec *)0)->field)

static const struct option metadata_options[] = {
    { .name = "title", .type = TEXT, AT(metadata.title), .max_chars = 200, .title = "Title" },
    { .name = "artist", .type = TEXT, AT(metadata.artist), .max_chars = 200, .title = "Artist" },
    { .name = "album", .type = TEXT, AT(metadata.album), .max_chars = 200, .title = "Album" },
    { .name = "album_artist", .type = TEXT, AT(metadata.album_artist), .max_chars = 200, .title = "Album artist" },
    { .name = "genre", .type = TEXT, AT(metadata.genre), .max_chars = 50, .title = "Genre" },
    { .name = "date", .type = DATE, AT(metadata.date), .title = "Date", .help = "YYYY or YYYY-MM-DD" },
    { .name = "track_number", .type = INTEGER, AT(metadata.track_number), .least = 0, .most = 9999, .no_default = true,
      .title = "Track number" },
    { .name = "comment", .type = TEXT, AT(metadata.comment), .max_chars = 500, .title = "Comment" },
    { .name = NULL },
};

static const struct option options[] = {
    { .name = "source_type", .type = CHOICE, AT(source_type), .text_default = "auto", .choices = source_names,
      .aside = true, .title = "Source", .help = "the platform; a link to another one is refused" },
    { .name = "download_type", .type = CHOICE, AT(download_type), .text_default = "auto", .choices = download_types,
      .aside = true, .title = "Download", .help = "auto: what the link names; a watch link is one track even with a "
      "list in it. single (or track), playlist, channel (or profile) say it" },
    { .name = "max_items", .type = INTEGER, AT(max_items), .least = 0, .most = 100000, .no_default = true,
      .aside = true, .title = "At most", .help = "so many entries of a list; MAX_ITEMS if not given" },
    { .name = "use_cache", .type = BOOLEAN, AT(use_cache), .number_default = 1, .aside = true,
      .title = "Use what is there", .help = "a finished file or a kept stream of the same recording, up to CACHE_DAYS "
      "old" },
    { .name = "media_type", .type = CHOICE, AT(media_type), .text_default = "audio", .choices = media_types,
      .aside = true, .title = "Media" },
    { .name = "quality", .type = CHOICE, AT(quality), .text_default = "bestaudio", .choices = qualities,
      .title = "Source stream", .help = "which of the source's streams is taken" },
    { .name = "output_format", .type = CHOICE, AT(output_format), .text_default = "mp3", .choices = formats_choices,
      .title = "Format", .help = "source: the stream as it is, never re-encoded; its loudness goes into tags" },
    { .name = "bitrate_kbps", .type = INTEGER_CHOICE, AT(bitrate_kbps), .number_default = 320,
      .int_choices = bitrates, .title = "Bit rate (kbit/s)", .help = "of MP3, M4A, Ogg and Opus" },
    { .name = "vbr", .type = INTEGER, AT(vbr), .number_default = -1, .least = 0, .most = 9, .no_default = true,
      .title = "Constant quality", .help = "instead of a bit rate: 0 is the best and largest, 9 the smallest" },
    { .name = "bit_depth_bits", .type = INTEGER_CHOICE, AT(bit_depth_bits), .number_default = 16,
      .int_choices = depths, .title = "Bit depth", .help = "of WAV and FLAC; 16 bits are dithered" },
    { .name = "sample_rate_hz", .type = INTEGER_CHOICE, AT(sample_rate_hz), .number_default = 48000,
      .int_choices = rates, .zero_word = "source", .title = "Sample rate (Hz)",
      .help = "source: as it comes, or the nearest that the format has" },
    { .name = "normalize", .type = BOOLEAN, AT(normalize), .number_default = 1, .title = "Normalise loudness",
      .help = "EBU R128: one linear gain, true peak kept under its ceiling" },
    /* Aside: the target that follows from it says it all. */
    { .name = "loudness_profile", .type = CHOICE, AT(loudness_profile), .text_default = "music", .choices = profiles,
      .aside = true, .title = "Loudness profile",
      .help = "the target: music -14 LUFS, podcast -16, broadcast -23; unless one is given" },
    { .name = "loudness_target_lufs", .type = NUMBER, AT(loudness_target_lufs), .number_default = -14,
      .least = -31, .most = -5, .title = "Loudness target (LUFS)" },
    { .name = "true_peak_dbtp", .type = NUMBER, AT(true_peak_dbtp), .number_default = -1, .least = -9, .most = 0,
      .title = "True-peak ceiling (dBTP)" },
    { .name = "replaygain_only", .type = BOOLEAN, AT(replaygain_only), .title = "ReplayGain instead",
      .help = "the sound stays as it is, its loudness goes into tags, and players do the rest" },
    { .name = "album_gain", .type = BOOLEAN, AT(album_gain), .title = "One gain for the list",
      .help = "tracks keep their distances: none is mastered before all of them are measured" },
    { .name = "trim_silence", .type = BOOLEAN, AT(trim_silence), .title = "Trim silence",
      .help = "at both ends, not into fades; the settings say what silence is" },
    { .name = "start_seconds", .type = NUMBER, AT(start_seconds), .least = 0, .most = 86400, .no_default = true,
      .title = "From (seconds)", .help = "a clip: what lies before is left out" },
    { .name = "end_seconds", .type = NUMBER, AT(end_seconds), .least = 0, .most = 86400, .no_default = true,
      .title = "To (seconds)", .help = "a clip: what lies behind is left out" },
    { .name = "embed_metadata", .type = BOOLEAN, AT(embed_metadata), .number_default = 1, .title = "Write tags" },
    { .name = "id3_version", .type = INTEGER_CHOICE, AT(id3_version), .number_default = 3, .int_choices = id3_versions,
      .title = "ID3v2 version", .help = "of MP3 and WAV: 3 is read by everything, 4 is the newer one" },
    { .name = "chapters", .type = CHOICE, AT(chapters), .text_default = "keep", .choices = chapter_ways,
      .title = "Chapters", .help = "keep: those that the source names, in the file" },
    { .name = "embed_cover", .type = BOOLEAN, AT(embed_cover), .number_default = 1, .title = "Embed cover" },
    { .name = "metadata", .type = GROUP, .group = metadata_options, .title = "Tags",
      .help = "instead of what the source says" },
    { .name = "priority", .type = INTEGER, AT(priority), .aside = true, .least = -10, .most = 10, .title = "Priority",
      .help = "higher runs earlier" },
    { .name = "scheduled_at", .type = TIME, AT(scheduled_at), .aside = true, .no_default = true, .title = "Not before",
      .help = "ISO 8601 with a zone, e.g. 2026-12-24T18:00:00Z: the job is not begun earlier" },
    { .name = "client_ref", .type = TEXT, AT(client_ref), .aside = true, .max_chars = 200, .title = "Your reference",
      .help = "echoed wherever the job is shown" },
    { .name = NULL },
};

void spec_add_error(struct spec_errors *errors, const char *field, const char *fmt, ...)
{
    va_list ap;

    if (errors->count == SPEC_MAX_ERRORS)
        return;
    copy_text(errors->list[errors->count].field, sizeof errors->list[0].field, field);
    va_start(ap, fmt);
    vsnprintf(errors->list[errors->count].message, sizeof errors->list[0].message, fmt, ap);
    va_end(ap);
    utf8_trim_tail(errors->list[errors->count].message);
    errors->count++;
}

static void *at(struct spec *s, const struct option *o)
{
    return (char *)s + o->offset;
}

static const void *at_const(const struct spec *s, const struct option *o)
{
    return (const char *)s + o->offset;
}

static void set_defaults(struct spec *s, const struct option *o)
{
    for (; o->name; o++)
        switch (o->type) {
        case CHOICE:         copy_text(at(s, o), o->size, o->text_default); break;
        case INTEGER:
        case INTEGER_CHOICE: *(int64_t *)at(s, o) = (int64_t)o->number_default; break;
        case NUMBER:         *(double *)at(s, o) = o->number_default; break;
        case BOOLEAN:        *(bool *)at(s, o) = o->number_default != 0; break;
        case TEXT:
        case TIME:
        case DATE:           break;
        case GROUP:          set_defaults(s, o->group); break;
        }
}

void spec_defaults(struct spec *out)
{
    memset(out, 0, sizeof *out);
    set_defaults(out, options);
}

/* "a, b or c" */
static const char *choice_list(char *out, size_t size, const struct option *o)
{
    const char *words[16];
    char numbers[16][24];
    int count = 0;
    size_t used = 0;

    for (int i = 0; o->choices && o->choices[i]; i++)
        words[count++] = o->choices[i];
    for (int i = 0; o->int_choices && o->int_choices[i]; i++, count++) {
        snprintf(numbers[i], sizeof numbers[0], "%lld", (long long)o->int_choices[i]);
        words[count] = numbers[i];
    }
    if (o->zero_word)
        words[count++] = o->zero_word;
    out[0] = '\0';
    for (int i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s",
                                 i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]);
    return out;
}

static bool is_choice(const struct option *o, const cJSON *v)
{
    for (int i = 0; o->choices && o->choices[i]; i++)
        if (cJSON_IsString(v) && strcmp(o->choices[i], v->valuestring) == 0)
            return true;
    for (int i = 0; o->int_choices && o->int_choices[i]; i++)
        if (cJSON_IsNumber(v) && v->valuedouble == (double)o->int_choices[i])
            return true;
    return o->zero_word && cJSON_IsString(v) && strcmp(o->zero_word, v->valuestring) == 0;
}

const char *spec_text_fault(const char *s, int max_chars)
{
    const size_t len = strlen(s);
    int chars = 0;

    for (size_t i = 0, n; i < len; i += n, chars++) {
        uint32_t cp = 0;
        n = utf8_next(s + i, len - i, &cp);
        if (n == 0)
            return "is not valid UTF-8";
        if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || utf8_is_noncharacter(cp))
            return "holds a control character";
    }
    return chars > max_chars ? "is too long" : NULL;
}

static bool is_date(const char *s)
{
    static const char shape[] = "dddd-dd-dd";
    const size_t len = strlen(s);

    if (len != 4 && len != 10)
        return false;
    for (size_t i = 0; i < len; i++)
        if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
            return false;
    return len == 4 || (strncmp(s + 5, "00", 2) > 0 && strncmp(s + 5, "12", 2) <= 0 &&
                        strncmp(s + 8, "00", 2) > 0 && strncmp(s + 8, "31", 2) <= 0);
}

static void read_group(struct spec *s, const struct option *table, const cJSON *object, const char *prefix,
                       const char *const *also, struct spec_errors *errors);

static void read_value(struct spec *s, const struct option *o, const cJSON *v, const char *field,
                       struct spec_errors *errors)
{
    char list[160];
    const char *fault;
    int64_t time_ms;

    switch (o->type) {
    case CHOICE:
    case INTEGER_CHOICE:
        if (!is_choice(o, v))
            spec_add_error(errors, field, "has to be %s", choice_list(list, sizeof list, o));
        else if (o->type == CHOICE)
            copy_text(at(s, o), o->size, v->valuestring);
        else if (cJSON_IsString(v))
            *(int64_t *)at(s, o) = 0;
        else
            *(int64_t *)at(s, o) = (int64_t)v->valuedouble;
        break;
    case INTEGER:
    case NUMBER:
        if (!cJSON_IsNumber(v) || !isfinite(v->valuedouble) || v->valuedouble < o->least ||
            v->valuedouble > o->most || (o->type == INTEGER && v->valuedouble != floor(v->valuedouble)))
            spec_add_error(errors, field, "has to be a %s from %g to %g",
                           o->type == INTEGER ? "whole number" : "number", o->least, o->most);
        else if (o->type == INTEGER)
            *(int64_t *)at(s, o) = (int64_t)v->valuedouble;
        else
            *(double *)at(s, o) = v->valuedouble;
        break;
    case BOOLEAN:
        if (!cJSON_IsBool(v))
            spec_add_error(errors, field, "has to be true or false");
        else
            *(bool *)at(s, o) = cJSON_IsTrue(v);
        break;
    case TEXT:
        if (!cJSON_IsString(v))
            spec_add_error(errors, field, "has to be text");
        else if ((fault = spec_text_fault(v->valuestring, o->max_chars)))
            spec_add_error(errors, field, "%s (at most %d characters)", fault, o->max_chars);
        else
            copy_text(at(s, o), o->size, v->valuestring);
        break;
    case DATE:
        if (!cJSON_IsString(v) || !(v->valuestring[0] == '\0' || is_date(v->valuestring)))
            spec_add_error(errors, field, "has to be a date, YYYY or YYYY-MM-DD");
        else
            copy_text(at(s, o), o->size, v->valuestring);
        break;
    case TIME:
        if (!cJSON_IsString(v) || clock_parse_iso(v->valuestring, &time_ms))
            spec_add_error(errors, field, "has to be a time, YYYY-MM-DDThh:mm:ssZ or with a zone like +01:00");
        else
            clock_iso(at(s, o), time_ms);
        break;
    case GROUP:
        if (!cJSON_IsObject(v))
            spec_add_error(errors, field, "has to be an object");
        else
            read_group(s, o->group, v, field, NULL, errors);
        break;
    }
}

static bool listed(const char *const *list, const char *name)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

static void read_group(struct spec *s, const struct option *table, const cJSON *object, const char *prefix,
                       const char *const *also, struct spec_errors *errors)
{
    for (const cJSON *v = object->child; v; v = v->next) {
        char field[80];
        const struct option *o = table;
        while (o->name && strcmp(o->name, v->string) != 0)
            o++;
        snprintf(field, sizeof field, "%s%s%.40s", prefix, *prefix ? "." : "", v->string);
        utf8_trim_tail(field);
        if (o->name && o->no_default && cJSON_IsNull(v))
            continue;
        if (o->name)
            read_value(s, o, v, field, errors);
        else if (!listed(also, v->string))
            spec_add_error(errors, field, "is not a field that this server knows");
    }
}

static double target_of_profile(const char *profile)
{
    int i = 0;

    while (profiles[i + 1] && strcmp(profiles[i], profile) != 0)
        i++;
    return profile_lufs[i];
}

void spec_from_request(struct spec *out, const cJSON *request, const char *const *also, struct spec_errors *errors)
{
    spec_defaults(out);
    read_group(out, options, request, "", also, errors);
    if (!json_member(request, "loudness_target_lufs"))
        out->loudness_target_lufs = target_of_profile(out->loudness_profile);
    /* What each allows, but not together. */
    if (strcmp(out->output_format, "opus") == 0 && out->sample_rate_hz == 44100)
        spec_add_error(errors, "sample_rate_hz", "has to be 48000 or source: Opus has no 44100");
    if (strcmp(out->output_format, "source") == 0 && (out->start_seconds > 0 || out->end_seconds > 0))
        spec_add_error(errors, "output_format", "source cannot be clipped: that needs another format");
    if (out->end_seconds > 0 && out->end_seconds <= out->start_seconds)
        spec_add_error(errors, "end_seconds", "has to be after start_seconds");
}

static void write_number(const struct option *o, double value, cJSON *object)
{
    if (o->no_default && value == o->number_default)
        cJSON_AddNullToObject(object, o->name);
    else
        json_put_number(object, o->name, value);
}

static void write_integer(const struct option *o, int64_t value, cJSON *object)
{
    if (o->no_default && value == (int64_t)o->number_default)
        cJSON_AddNullToObject(object, o->name);
    else if (o->zero_word && value == 0)
        json_put_text(object, o->name, o->zero_word);
    else
        json_put_int(object, o->name, value);
}

static void write_group(const struct spec *s, const struct option *o, cJSON *object)
{
    for (; o->name; o++)
        switch (o->type) {
        case TIME:
            json_put_text(object, o->name, *(const char *)at_const(s, o) ? at_const(s, o) : NULL);
            break;
        case CHOICE:
        case TEXT:
        case DATE:
            json_put_text(object, o->name, at_const(s, o));
            break;
        case INTEGER:
        case INTEGER_CHOICE:
            write_integer(o, *(const int64_t *)at_const(s, o), object);
            break;
        case NUMBER:
            write_number(o, *(const double *)at_const(s, o), object);
            break;
        case BOOLEAN:
            json_put_bool(object, o->name, *(const bool *)at_const(s, o));
            break;
        case GROUP:
            write_group(s, o->group, json_put_object(object, o->name));
            break;
        }
}

cJSON *spec_to_json(const struct spec *spec)
{
    cJSON *object = cJSON_CreateObject();
    write_group(spec, options, object);
    return object;
}

char *spec_shape(const struct spec *spec)
{
    cJSON *object = spec_to_json(spec);

    for (const struct option *o = options; o->name; o++)
        if (o->aside)
            cJSON_DeleteItemFromObjectCaseSensitive(object, o->name);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

static bool is_type(const struct spec *spec, const char *a, const char *b)
{
    return strcmp(spec->download_type, a) == 0 || strcmp(spec->download_type, b) == 0;
}

bool spec_wants_list(const struct spec *spec)
{
    return is_type(spec, "playlist", "channel") || is_type(spec, "profile", "profile");
}

bool spec_wants_one(const struct spec *spec)
{
    return is_type(spec, "single", "track");
}

int spec_from_stored(struct spec *out, const char *text, struct err *e)
{
    struct spec_errors errors = { 0 };
    cJSON *doc = NULL;

    if (json_parse(&doc, text, strlen(text), &json_limits_tool, e) || !cJSON_IsObject(doc)) {
        cJSON_Delete(doc);
        return err_set(e, ERR_SYSTEM, "the stored options are no JSON object");
    }
    spec_from_request(out, doc, NULL, &errors);
    cJSON_Delete(doc);
    return errors.count == 0 ? 0
                             : err_set(e, ERR_SYSTEM, "stored option %s %s", errors.list[0].field,
                                       errors.list[0].message);
}

static void schema_group(const struct option *o, cJSON *schema);

static void schema_value(const struct option *o, cJSON *p)
{
    static const char *const names[] = {
        [CHOICE] = "string", [INTEGER] = "integer", [INTEGER_CHOICE] = "integer", [NUMBER] = "number",
        [BOOLEAN] = "boolean", [TEXT] = "string", [DATE] = "string",
        [TIME] = "string", [GROUP] = "object",
    };

    if (o->zero_word) {
        cJSON *types = json_put_array(p, "type");
        cJSON_AddItemToArray(types, cJSON_CreateString(names[o->type]));
        cJSON_AddItemToArray(types, cJSON_CreateString("string"));
    } else {
        json_put_text(p, "type", names[o->type]);
    }
    json_put_text(p, "title", o->title);
    if (o->help)
        json_put_text(p, "description", o->help);
    if (o->type == CHOICE || o->type == INTEGER_CHOICE) {
        cJSON *list = json_put_array(p, "enum");
        for (int i = 0; o->choices && o->choices[i]; i++)
            cJSON_AddItemToArray(list, cJSON_CreateString(o->choices[i]));
        for (int i = 0; o->int_choices && o->int_choices[i]; i++)
            cJSON_AddItemToArray(list, cJSON_CreateNumber((double)o->int_choices[i]));
        if (o->zero_word)
            cJSON_AddItemToArray(list, cJSON_CreateString(o->zero_word));
    }
    if (o->type == INTEGER || o->type == NUMBER) {
        json_put_number(p, "minimum", o->least);
        json_put_number(p, "maximum", o->most);
    }
    if (o->type == TEXT)
        json_put_int(p, "maxLength", o->max_chars);
    if (o->type == TIME)
        json_put_text(p, "format", "date-time");
    if (o->type == DATE)
        json_put_text(p, "pattern", "^([0-9]{4}(-[0-9]{2}-[0-9]{2})?)?$");
    if (o->type == CHOICE)
        json_put_text(p, "default", o->text_default);
    else if (o->type == BOOLEAN)
        json_put_bool(p, "default", o->number_default != 0);
    else if (!o->no_default && (o->type == INTEGER || o->type == INTEGER_CHOICE || o->type == NUMBER))
        json_put_number(p, "default", o->number_default);
    else if (o->type == GROUP)
        schema_group(o->group, p);
}

static void schema_group(const struct option *o, cJSON *schema)
{
    cJSON *properties = json_put_object(schema, "properties");

    for (; o->name; o++)
        schema_value(o, json_put_object(properties, o->name));
    json_put_bool(schema, "additionalProperties", false);
}

cJSON *spec_schema(void)
{
    cJSON *schema = cJSON_CreateObject();

    json_put_text(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_put_text(schema, "title", "Options of a job");
    json_put_text(schema, "type", "object");
    schema_group(options, schema);
    return schema;
}
