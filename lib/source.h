/*
 * source: the platform a URL belongs to, found by its host in one table. The name is what clients see as
 * `source_type`, and later what rests when a platform limits us.
 */
#ifndef DUBPLATE_SOURCE_H
#define DUBPLATE_SOURCE_H

#include <stdbool.h>

/* "youtube", "soundcloud" … or "generic". host is lower case. */
const char *source_of_host(const char *host);

/* Who has to be spared when it refuses: the platform with all its hosts, or this host. */
const char *source_asked(const char *host);

/* A host of the table: named by us, so its address needs no check against the private networks. */
bool source_host_is_known(const char *host);

/* All names, for the option table; NULL-terminated, "auto" first. */
extern const char *const source_names[];

#endif
