#include "target.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "whitelist_check.h"

void target_read_url(const struct request *req, const cJSON *value, const char *field, struct target *t,
                     const struct spec *spec, struct spec_errors *errors)
{
    struct net_allow allow;
    struct err e;

    t->search_query[0] = '\0';
    if (!cJSON_IsString(value))
        spec_add_error(errors, field, "has to be text");
    else if (net_allow_parse(&allow, req->conf->allow_source_nets, &e) ||
             url_check(&t->url, value->valuestring, &allow, &e) || source_recognise(&t->link, &t->url, &e))
        spec_add_error(errors, field, "%s", e.text);
    else if (strcmp(spec->source_type, "auto") && strcmp(spec->source_type, t->link.source))
        spec_add_error(errors, "source_type", "is %s, but the link belongs to %s", spec->source_type,
                       t->link.source);
}

void target_read_query(const cJSON *value, const char *field, struct target *t, struct spec_errors *errors)
{
    *t = (struct target){ .link = { .source = "youtube", .kind = SOURCE_ITEM } };
    if (!cJSON_IsString(value)) {
        spec_add_error(errors, field, "has to be text");
        return;
    }
    copy_text(t->search_query, sizeof t->search_query, value->valuestring);
    utf8_clean(t->search_query);
    const char *fault = strlen(value->valuestring) >= SEARCH_MAX_BYTES ? "is too long"
                        : strspn(t->search_query, " ") == strlen(t->search_query) ? "is empty" : NULL;
    if (fault)
        spec_add_error(errors, field, "%s", fault);
}

const char *target_asked(const struct target *t)
{
    return *t->search_query ? t->link.source : source_asked(t->url.host);
}

int target_check_whitelist(const struct request *req, const struct target *t, struct err *e)
{
    return *t->search_query ? whitelist_check_platform(req->db, req->conf, t->link.source, e)
                            : whitelist_check_link(req->db, req->conf, &t->link, &t->url, e);
}
