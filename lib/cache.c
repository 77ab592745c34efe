#include "cache.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void cache_canonical(char *out, size_t size, const struct source_link *link, const char *url, bool wants_list)
{
    static const char *const kinds[] = { "item", "list", "profile", "any" };
    const bool is_list = wants_list && link->kind == SOURCE_ITEM && *link->list;

    if (strcmp(link->source, "direct") == 0 || strcmp(link->source, "generic") == 0 || !*link->id)
        copy_text(out, size, url);
    else
        snprintf(out, size, "%s %s %s%s%s", link->source, is_list ? "list" : kinds[link->kind], link->form,
                 is_list ? link->list : link->id, link->kind == SOURCE_ITEM ? "" : link->list_url);
}

/* Of whose ids there is one each, whoever asks; yt-dlp's names of them all begin so. */
static bool is_platform(const char *name)
{
    static const char *const names[] = { "youtube", "soundcloud", "instagram", "tiktok", "bandcamp", "vimeo" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* The platform, in lower case, and its id. Elsewhere an id is what a page says, often the last part of its address
 * (yt-dlp's HTML5MediaEmbed: "intro-1"): it proves nothing without that address, and tells apart what is there. */
static char *recording(const struct track_info *info)
{
    char *name = xasprintf("%s", info->extractor);

    for (char *p = name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    char *text = !*name || !strcmp(name, "direct")       ? xasprintf("url %s", info->url)
                 : is_platform(name) && *info->source_id ? xasprintf("%s %s", name, info->source_id)
                                                         : xasprintf("url %s %s", info->url, info->source_id);
    free(name);
    return text;
}

static void hash_and_free(char out[ID_SHA256_BYTES], char *text)
{
    id_sha256(out, text, strlen(text));
    free(text);
}

void cache_stream_key(char out[ID_SHA256_BYTES], const struct track_info *info, const char *quality)
{
    char *what = recording(info);

    hash_and_free(out, xasprintf("stream 1\n%s\n%s", what, quality));
    free(what);
}

void cache_result_key(char out[ID_SHA256_BYTES], const char *tenant, const struct track_info *info, int64_t number,
                      const char *told, const struct spec *spec)
{
    char *what = recording(info), *shape = spec_shape(spec);

    hash_and_free(out, xasprintf("result 1\n%s\n%s\n%lld\n%s\n%s", tenant, what, (long long)number, told, shape));
    free(what);
    free(shape);
}

void cache_work_key(char out[ID_SHA256_BYTES], const char *tenant, const char *asked, const char *spec_json,
                    const char *client_ref)
{
    hash_and_free(out, xasprintf("work 1\n%s\n%s\n%s\n%s", tenant, asked, spec_json, client_ref));
}

void cache_outcome_key(char out[ID_SHA256_BYTES], const char *tenant, const char *asked, const struct spec *spec)
{
    char *shape = spec_shape(spec);

    hash_and_free(out, xasprintf("outcome 1\n%s\n%s\n%s", tenant, asked, shape));
    free(shape);
}
