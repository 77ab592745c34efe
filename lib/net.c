#include "net.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* https://www.iana.org/assignments/iana-ipv4-special-registry (as of 2026), plus multicast and class E. */
static const char *const special_v4[] = {
    "0.0.0.0/8",       "10.0.0.0/8",      "100.64.0.0/10",    "127.0.0.0/8",     "169.254.0.0/16",
    "172.16.0.0/12",   "192.0.0.0/24",    "192.0.2.0/24",     "192.31.196.0/24", "192.52.193.0/24",
    "192.88.99.0/24",  "192.168.0.0/16",  "192.175.48.0/24",  "198.18.0.0/15",   "198.51.100.0/24",
    "203.0.113.0/24",  "224.0.0.0/4",     "240.0.0.0/4",
};
/* The special blocks inside 2000::/3; everything outside it is refused anyway. */
static const char *const special_v6[] = { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" };

static int block_parse(struct net_block *b, const char *text)
{
    char host[64];
    const char *slash = strchr(text, '/');
    const size_t n = slash ? (size_t)(slash - text) : strlen(text);

    if (n >= sizeof host)
        return -1;
    memcpy(host, text, n);
    host[n] = '\0';
    if (inet_pton(AF_INET, host, b->bytes) == 1)
        b->family = AF_INET, b->prefix = 32;
    else if (inet_pton(AF_INET6, host, b->bytes) == 1)
        b->family = AF_INET6, b->prefix = 128;
    else
        return -1;
    if (slash) {
        char *end = NULL;
        const long p = strtol(slash + 1, &end, 10);
        if (end == slash + 1 || *end || p < 0 || p > b->prefix)
            return -1;
        b->prefix = (int)p;
    }
    return 0;
}

static bool block_holds(const struct net_block *b, int family, const unsigned char *bytes)
{
    const int whole = b->prefix / 8, rest = b->prefix % 8;

    if (b->family != family || memcmp(b->bytes, bytes, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((b->bytes[whole] ^ bytes[whole]) & (0xff << (8 - rest)) & 0xff) == 0;
}

static bool in_any(const char *const *list, size_t n, int family, const unsigned char *bytes)
{
    struct net_block b = { .family = family };

    for (size_t i = 0; i < n; i++)
        if (block_parse(&b, list[i]) == 0 && block_holds(&b, family, bytes))
            return true;
    return false;
}

static bool v4_public(const unsigned char *bytes)
{
    return !in_any(special_v4, ARRAY_LEN(special_v4), AF_INET, bytes);
}

/* The IPv4 address inside: ::ffff:0:0/96, ::/96 (but :: and ::1 are themselves), 64:ff9b::/96, 2002::/16; NULL if
 * there is none. */
static const unsigned char *v4_inside(const unsigned char *b)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff }, zero[12] = { 0 };
    static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

    if (!memcmp(b, mapped, 12) || !memcmp(b, nat64, 12) || (!memcmp(b, zero, 12) && b[12]))
        return b + 12;
    return b[0] == 0x20 && b[1] == 0x02 ? b + 2 : NULL;
}

static bool v6_public(const unsigned char *bytes)
{
    return (bytes[0] & 0xe0) == 0x20 && !in_any(special_v6, ARRAY_LEN(special_v6), AF_INET6, bytes);
}

static const unsigned char *address_bytes(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET)
        return (const unsigned char *)&((const struct sockaddr_in *)(const void *)a)->sin_addr;
    if (a->sa_family == AF_INET6)
        return ((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr;
    return NULL;
}

bool net_address_is_public(const struct sockaddr *address)
{
    const unsigned char *bytes = address_bytes(address);

    if (!bytes)
        return false;
    return address->sa_family == AF_INET ? v4_public(bytes) : v6_public(bytes);
}

bool net_is_loopback(const struct sockaddr *address)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff }, one[16] = { [15] = 1 };
    const unsigned char *bytes = address_bytes(address);

    if (!bytes || address->sa_family == AF_INET)
        return bytes && bytes[0] == 127;
    return memcmp(bytes, one, sizeof one) == 0 || (memcmp(bytes, mapped, sizeof mapped) == 0 && bytes[12] == 127);
}

bool net_address_allowed(const struct net_allow *allow, const struct sockaddr *address)
{
    const unsigned char *bytes = address_bytes(address);

    if (!bytes)
        return false;
    if (net_address_is_public(address))
        return true;
    const unsigned char *inner = address->sa_family == AF_INET6 ? v4_inside(bytes) : NULL;
    for (int i = 0; i < allow->count; i++)
        if (block_holds(&allow->blocks[i], address->sa_family, bytes) ||
            (inner && block_holds(&allow->blocks[i], AF_INET, inner)))
            return true;
    return false;
}

int net_allow_parse(struct net_allow *allow, const char *text, struct err *e)
{
    char *copy = xstrdup(text), *rest = copy, *entry;
    int rc = 0;

    allow->count = 0;
    while (rc == 0 && (entry = strsep(&rest, ", \t"))) {
        if (!*entry)
            continue;
        if (allow->count == NET_MAX_ALLOWED)
            rc = err_set(e, ERR_INPUT, "ALLOW_SOURCE_NETS: more than %d networks", NET_MAX_ALLOWED);
        else if (block_parse(&allow->blocks[allow->count], entry))
            rc = err_set(e, ERR_INPUT, "ALLOW_SOURCE_NETS: %.60s is not an address or CIDR block", entry);
        else
            allow->count++;
    }
    free(copy);
    return rc;
}

bool net_literal(const char *host, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    char bare[64];
    const size_t n = strlen(host);

    memset(out, 0, sizeof *out);
    if (n >= 2 && host[0] == '[' && host[n - 1] == ']' && n - 2 < sizeof bare) {
        memcpy(bare, host + 1, n - 2);
        bare[n - 2] = '\0';
        bare[strcspn(bare, "%")] = '\0';    /* a zone changes the link, not the address */
        host = bare;
    }
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        return true;
    }
    return false;
}

int net_check_host(const struct net_allow *allow, const char *host, struct err *e)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char bare[256];
    const size_t n = strlen(host);

    snprintf(bare, sizeof bare, "%s", host);
    if (n >= 2 && n < sizeof bare && host[0] == '[')
        snprintf(bare, sizeof bare, "%.*s", (int)(n - 2), host + 1);
    const int failed = getaddrinfo(bare, NULL, &hints, &list);
    if (failed)         /* an address that cannot be checked is not fetched */
        return err_set(e, failed == EAI_NONAME ? ERR_UNAVAILABLE : ERR_NETWORK, "cannot look up %.200s: %s", bare,
                       gai_strerror(failed));
    int rc = 0;
    for (const struct addrinfo *a = list; a && rc == 0; a = a->ai_next)
        if (!net_address_allowed(allow, a->ai_addr))
            rc = err_set(e, ERR_INPUT, "%.200s leads to a private address, which links may not reach", bare);
    freeaddrinfo(list);
    return rc;
}
