#include "source.h"

#include <string.h>

#include "base/mem.h"

static const struct { const char *domain, *name; } hosts[] = {
    { "youtube.com", "youtube" },       { "youtu.be", "youtube" },      { "youtube-nocookie.com", "youtube" },
    { "soundcloud.com", "soundcloud" }, { "instagram.com", "instagram" }, { "tiktok.com", "tiktok" },
    { "bandcamp.com", "bandcamp" },     { "vimeo.com", "vimeo" },
};

const char *const source_names[] = { "auto",     "youtube", "soundcloud", "instagram", "tiktok",
                                     "bandcamp", "vimeo",   "generic",    NULL };

/* host equals domain, or ends in ".domain". */
static bool host_within(const char *host, const char *domain)
{
    const size_t h = strlen(host), d = strlen(domain);

    return h >= d && strcmp(host + h - d, domain) == 0 && (h == d || host[h - d - 1] == '.');
}

const char *source_of_host(const char *host)
{
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        if (host_within(host, hosts[i].domain))
            return hosts[i].name;
    return "generic";
}

const char *source_asked(const char *host)
{
    const char *name = source_of_host(host);
    return strcmp(name, "generic") == 0 ? host : name;
}

bool source_host_is_known(const char *host)
{
    return strcmp(source_of_host(host), "generic") != 0;
}
