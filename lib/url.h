/*
 * url: may this link be fetched at all? Decided without the network: syntax by libcurl's parser (which also
 * normalises 0x7f.1 and 2130706433 to 127.0.0.1), then scheme, credentials, length, bytes, and literal addresses.
 * Names are looked up, and every address checked, by the worker just before it hands the link on.
 */
#ifndef DUBPLATE_URL_H
#define DUBPLATE_URL_H

#include "base/err.h"
#include "net.h"

#define URL_MAX_BYTES 2048

struct url {
    char text[URL_MAX_BYTES + 1];   /* as normalised by the parser; starts with http:// or https:// */
    char host[256];                 /* lower case; IPv6 in brackets */
};

/* ERR_INPUT with a sentence about what is wrong with the link. */
int url_check(struct url *out, const char *text, const struct net_allow *allow, struct err *e);

#endif
