#include "wanted.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "json.h"

#define TEXT(member) { #member, offsetof(struct wanted, member), sizeof ((struct wanted *)0)->member }
static const struct { const char *name; size_t at, size; } texts[] = {
    TEXT(query), TEXT(title), TEXT(artist), TEXT(first_artist), TEXT(album), TEXT(album_artist), TEXT(isrc), TEXT(date),
    TEXT(url), TEXT(cover_url), TEXT(source_id), TEXT(source),
};

#define NUMBER(member, none) { #member, offsetof(struct wanted, member), none }
static const struct { const char *name; size_t at; int64_t none; } numbers[] = {
    NUMBER(duration_ms, -1), NUMBER(track_number, 0), NUMBER(track_total, 0), NUMBER(disc_number, 0),
};

cJSON *wanted_to_json(const struct wanted *w)
{
    cJSON *doc = cJSON_CreateObject();

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *text = (const char *)w + texts[i].at;
        if (*text)
            json_put_text(doc, texts[i].name, text);
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t n;
        memcpy(&n, (const char *)w + numbers[i].at, sizeof n);
        if (n > numbers[i].none)
            json_put_int(doc, numbers[i].name, n);
    }
    return doc;
}

int wanted_from_json(struct wanted *out, const cJSON *doc, struct err *e)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char *to = (char *)out + texts[i].at;
        copy_text(to, texts[i].size, json_text(doc, texts[i].name, ""));
        utf8_clean(to);
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        const double n = json_number(doc, numbers[i].name, -1);
        const int64_t whole = n > (double)numbers[i].none && n < 9e15 ? (int64_t)n : numbers[i].none;
        memcpy((char *)out + numbers[i].at, &whole, sizeof whole);
    }
    if (!*out->title && !*out->query)
        return err_set(e, ERR_SYSTEM, "what is looked for has no name");
    return 0;
}
