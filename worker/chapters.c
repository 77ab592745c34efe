#include "chapters.h"

#include <math.h>

#include "json.h"

cJSON *chapters_of(const struct meta *m, double offset_seconds, double duration_seconds)
{
    const int64_t offset = llround(offset_seconds * 1000), last = llround(duration_seconds * 1000);
    cJSON *list = cJSON_CreateArray();

    for (int i = 0; i < m->chapter_count; i++) {
        const struct meta_chapter *c = &m->chapters[i];
        int64_t start = c->start_ms - offset, end = c->end_ms - offset;

        if (c->end_ms < 0)
            end = i + 1 < m->chapter_count ? c[1].start_ms - offset : last;
        start = start > 0 ? start : 0;
        end = end < last ? end : last;
        if (end <= start)
            continue;
        cJSON *o = cJSON_CreateObject();
        json_put_int(o, "start_ms", start);
        json_put_int(o, "end_ms", end);
        json_put_text(o, "title", c->title);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}
