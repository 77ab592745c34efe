#include "inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "json.h"

enum inner_add inner_add(struct inner *in, const char *url)
{
    for (int i = 0; i < in->count; i++)
        if (strcmp(in->urls[i], url) == 0)
            return INNER_KNOWN;
    if (in->count == INNER_MOST)
        return INNER_FULL;
    in->urls[in->count++] = xstrdup(url);
    return INNER_ADDED;
}

void inner_free(struct inner *in)
{
    for (int i = 0; i < in->count; i++)
        free(in->urls[i]);
    memset(in, 0, sizeof *in);
}

static void read_doc(struct inner *in, const cJSON *doc)
{
    const cJSON *urls = json_member(doc, "urls");
    const double next = json_number(doc, "next", -1), before = json_number(doc, "before", -1);

    for (const cJSON *url = cJSON_IsArray(urls) ? urls->child : NULL; url; url = url->next)
        if (!cJSON_IsString(url) || inner_add(in, url->valuestring) != INNER_ADDED) {
            inner_free(in);
            return;
        }
    if (next < 0 || next > in->count || before < 0 || before > 1e9) {
        inner_free(in);
        return;
    }
    in->next = (int)next;
    in->before = (int64_t)before;
    in->cut = json_bool(doc, "cut", false);
    copy_text(in->title, sizeof in->title, json_text(doc, "title", ""));
}

void inner_load(struct inner *in, const char *path)
{
    cJSON *doc = NULL;
    char *text = NULL;
    size_t len = 0;
    struct err e;

    inner_free(in);
    if (file_read(&text, &len, path, json_limits_tool.max_bytes, &e) == 0 &&
        json_parse(&doc, text, len, &json_limits_tool, &e) == 0)
        read_doc(in, doc);
    cJSON_Delete(doc);
    free(text);
}

int inner_save(const struct inner *in, const char *path, struct err *e)
{
    cJSON *doc = cJSON_CreateObject(), *urls = json_put_array(doc, "urls");

    for (int i = 0; i < in->count; i++)
        cJSON_AddItemToArray(urls, cJSON_CreateString(in->urls[i]));
    json_put_int(doc, "next", in->next);
    json_put_int(doc, "before", in->before);
    json_put_text(doc, "title", in->title);
    json_put_bool(doc, "cut", in->cut);
    char *text = cJSON_PrintUnformatted(doc);
    const int rc = file_write_atomic(path, text, strlen(text), e);
    cJSON_free(text);
    cJSON_Delete(doc);
    return rc;
}
