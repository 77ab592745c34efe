/*
 * net: which addresses a stranger's link may make this server talk to. Default deny: IPv4 minus the special-purpose
 * blocks of the IANA registry (RFC 6890 and successors), IPv6 only 2000::/3 minus its special blocks, which leaves out
 * all forms that carry an IPv4 address inside; an exempted IPv4 network exempts them as well.
 *
 * What this can judge is what a link says. Where a public page sends yt-dlp next (a redirect, a name that resolves
 * differently a second later) it cannot: a server that has neighbours to protect should run the worker where it
 * cannot reach them.
 */
#ifndef DUBPLATE_NET_H
#define DUBPLATE_NET_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/err.h"

#define NET_MAX_ALLOWED 32

/* Networks that the admin exempts (ALLOW_SOURCE_NETS). */
struct net_allow {
    int count;
    struct net_block { int family; unsigned char bytes[16]; int prefix; } blocks[NET_MAX_ALLOWED];
};

/* A list like "127.0.0.0/8, ::1, 192.168.1.0/24"; empty is fine. ERR_INPUT names the bad entry. */
int net_allow_parse(struct net_allow *allow, const char *text, struct err *e);

bool net_address_is_public(const struct sockaddr *address);

/* 127.0.0.0/8, ::1, and the former inside IPv6. */
bool net_is_loopback(const struct sockaddr *address);

/* Public, or exempted. */
bool net_address_allowed(const struct net_allow *allow, const struct sockaddr *address);

/* host is a literal IPv4 or IPv6 address (brackets allowed): fills out and returns true. */
bool net_literal(const char *host, struct sockaddr_storage *out);

/* Resolves host and requires every address to be allowed. Blocks on DNS. ERR_INPUT (private), ERR_UNAVAILABLE (no
 * such name), ERR_NETWORK. */
int net_check_host(const struct net_allow *allow, const char *host, struct err *e);

#endif
