/* Which addresses a stranger's link may reach: a table of edges, and random addresses against a second opinion. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/id.h"
#include "net.h"

static bool is_public(const char *text)
{
    struct sockaddr_storage a;

    check(net_literal(text, &a), "%s is no literal", text);
    return net_address_is_public((struct sockaddr *)&a);
}

static void all(bool expected, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(is_public(list[i]) == expected, "%s is %s", list[i], expected ? "refused" : "public");
}

TEST(each_special_block_of_ipv4_is_refused_from_its_first_to_its_last_address)
{
    static const char *const refused[] = {
        "0.0.0.0", "0.0.0.1", "0.255.255.255",              /* this network */
        "10.0.0.0", "10.0.0.1", "10.255.255.255",
        "100.64.0.0", "100.127.255.255",                    /* carrier-grade NAT */
        "127.0.0.0", "127.0.0.1", "127.1.2.3", "127.255.255.255",
        "169.254.0.0", "169.254.169.254", "169.254.255.255",    /* link-local; cloud metadata */
        "172.16.0.0", "172.31.255.255",
        "192.0.0.0", "192.0.0.255",                         /* IETF protocol assignments */
        "192.0.2.0", "192.0.2.255",                         /* documentation */
        "192.31.196.0", "192.31.196.255", "192.52.193.0", "192.52.193.255",
        "192.88.99.0", "192.88.99.255",                     /* 6to4 relay */
        "192.168.0.0", "192.168.255.255",
        "192.175.48.0", "192.175.48.255",
        "198.18.0.0", "198.19.255.255",                     /* benchmarks */
        "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255",
        "224.0.0.0", "239.255.255.255",                     /* multicast */
        "240.0.0.0", "255.255.255.254", "255.255.255.255",
    };
    static const char *const next_door[] = {
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
        "192.0.1.255", "192.0.3.0", "192.31.195.255", "192.31.197.0", "192.52.192.255", "192.52.194.0",
        "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "192.175.47.255", "192.175.49.0",
        "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
        "223.255.255.255", "8.8.8.8", "93.184.216.34",
    };

    all(false, refused, LENGTH(refused));
    all(true, next_door, LENGTH(next_door));
}

TEST(ipv6_is_refused_outside_global_unicast_and_in_its_special_blocks)
{
    static const char *const refused[] = {
        "::", "::1", "::2", "1fff:ffff::", "4000::", "4000::1", "fc00::1", "fdff:ffff::1", "fe80::1", "febf::1",
        "fec0::1",
        "ff02::1", "ffff::1", "100::1", "5f00::1",
        "2001::", "2001:0:ffff::1",                         /* Teredo */
        "2001:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",     /* documentation */
        "2002::", "2002:808:808::1", "2002:7f00:1::1", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",       /* 6to4 */
        "3fff::", "3fff:fff:ffff::1",                       /* documentation */
        "64:ff9b::808:808", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",        /* NAT64 */
        "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe",            /* mapped */
        "::ffff:0:8.8.8.8", "::127.0.0.1", "::8.8.8.8",     /* translated, compatible */
    };
    static const char *const open[] = {
        "2000::", "2000::1", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "2001:4860:4860::8888",
        "2606:4700::1111", "3ffe:ffff::1", "3fff:1000::1", "2a00:1450::1",
    };

    all(false, refused, LENGTH(refused));
    all(true, open, LENGTH(open));
}

TEST(loopback_is_this_machine_alone)
{
    static const struct { const char *text; bool is; } table[] = {
        { "127.0.0.1", true }, { "127.255.255.255", true }, { "::1", true }, { "[::1]", true },
        { "::ffff:127.0.0.1", true }, { "::ffff:7f01:203", true }, { "0.0.0.0", false }, { "126.255.255.255", false },
        { "128.0.0.1", false }, { "10.0.0.1", false }, { "::", false }, { "::2", false }, { "1::1", false },
        { "::127.0.0.1", false }, { "::ffff:10.0.0.1", false }, { "fe80::1", false },
    };
    const struct sockaddr nowhere = { .sa_family = AF_UNIX };

    for (size_t i = 0; i < LENGTH(table); i++) {
        struct sockaddr_storage a;
        check(net_literal(table[i].text, &a), "%s", table[i].text);
        check(net_is_loopback((struct sockaddr *)&a) == table[i].is, "%s", table[i].text);
    }
    assert_false(net_is_loopback(&nowhere));
}

TEST(brackets_and_zones_do_not_hide_an_address)
{
    static const char *const refused[] = { "[::1]", "[fe80::1%eth0]", "[fe80::1%25eth0]", "[::ffff:10.0.0.1]",
                                           "[127.0.0.1]" };
    static const char *const open[] = { "[2606:4700::1111]", "[2606:4700::1111%eth0]" };

    all(false, refused, LENGTH(refused));
    all(true, open, LENGTH(open));
}

TEST(only_whole_addresses_are_literals)
{
    static const char *const names[] = { "", "example.org", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5", "1.2.3",
                                         "[", "[]",
                                         "[::1", "::1]", "1.2.3.256", "::g", "1.2.3.4 ", "localhost", "::1/128",
                                         "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]" };
    struct sockaddr_storage a;

    for (size_t i = 0; i < LENGTH(names); i++)
        check(!net_literal(names[i], &a), "%s is one", names[i]);
}

TEST(other_address_families_are_refused)
{
    const struct sockaddr local = { .sa_family = AF_UNIX }, none = { .sa_family = AF_UNSPEC };
    struct net_allow all_nets;
    struct err e;

    assert_false(net_address_is_public(&local));
    assert_false(net_address_is_public(&none));
    assert_int_equal(net_allow_parse(&all_nets, "0.0.0.0/0,::/0", &e), 0);
    assert_false(net_address_allowed(&all_nets, &local));
}

/* ---- a second opinion: numbers and comparisons, nothing shared with net.c ---- */

static bool reference_v4(uint32_t a)
{
    return !(a < 0x01000000u || (a >= 0x0a000000u && a < 0x0b000000u) || (a >= 0x64400000u && a < 0x64800000u) ||
             (a >= 0x7f000000u && a < 0x80000000u) || (a >= 0xa9fe0000u && a < 0xa9ff0000u) ||
             (a >= 0xac100000u && a < 0xac200000u) || (a >= 0xc0000000u && a < 0xc0000100u) ||
             (a >= 0xc0000200u && a < 0xc0000300u) || (a >= 0xc01fc400u && a < 0xc01fc500u) ||
             (a >= 0xc034c100u && a < 0xc034c200u) || (a >= 0xc0586300u && a < 0xc0586400u) ||
             (a >= 0xc0a80000u && a < 0xc0a90000u) || (a >= 0xc0af3000u && a < 0xc0af3100u) ||
             (a >= 0xc6120000u && a < 0xc6140000u) || (a >= 0xc6336400u && a < 0xc6336500u) ||
             (a >= 0xcb007100u && a < 0xcb007200u) || a >= 0xe0000000u);
}

static bool reference_v6(uint64_t high)
{
    if (high < 0x2000000000000000u || high >= 0x4000000000000000u)
        return false;
    return !((high >= 0x2001000000000000u && high < 0x2001020000000000u) ||
             (high >= 0x20010db800000000u && high < 0x20010db900000000u) ||
             (high >= 0x2002000000000000u && high < 0x2003000000000000u) ||
             (high >= 0x3fff000000000000u && high < 0x3fff100000000000u));
}

/* Half of them anywhere, half close to the edge of a block, where mistakes live. */
TEST(random_ipv4_addresses_are_judged_as_by_the_reference)
{
    static const uint32_t edges[] = {
        0x01000000u, 0x0a000000u, 0x0b000000u, 0x64400000u, 0x64800000u, 0x7f000000u, 0x80000000u, 0xa9fe0000u,
        0xa9ff0000u, 0xac100000u, 0xac200000u, 0xc0000000u, 0xc0000100u, 0xc0000200u, 0xc0000300u, 0xc01fc400u,
        0xc034c100u, 0xc0586300u, 0xc0a80000u, 0xc0a90000u, 0xc0af3000u, 0xc6120000u, 0xc6140000u, 0xc6336400u,
        0xcb007100u, 0xe0000000u, 0xf0000000u,
    };

    for (int i = 0; i < 100000; i++) {
        uint32_t a = id_random(UINT32_MAX);
        if (i % 2)
            a = edges[id_random(LENGTH(edges))] + id_random(1024) - 512;
        const struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(a) };
        if (net_address_is_public((const struct sockaddr *)&in) != reference_v4(a))
            check(false, "%s", inet_ntoa(in.sin_addr));
    }
}

TEST(random_ipv6_addresses_are_judged_as_by_the_reference)
{
    static const uint64_t edges[] = { 0x2000000000000000u, 0x4000000000000000u, 0x2001000000000000u,
                                      0x2001020000000000u,
                                      0x20010db800000000u, 0x20010db900000000u, 0x2002000000000000u,
                                      0x2003000000000000u, 0x3fff000000000000u, 0x3fff100000000000u, 0 };

    for (int i = 0; i < 100000; i++) {
        struct sockaddr_in6 in = { .sin6_family = AF_INET6 };
        uint64_t high = (uint64_t)id_random(UINT32_MAX) << 32 | id_random(UINT32_MAX);
        if (i % 2)
            high = edges[id_random(LENGTH(edges))] + ((uint64_t)id_random(64) << 26) - ((uint64_t)32 << 26);
        for (int k = 0; k < 8; k++)
            in.sin6_addr.s6_addr[k] = (unsigned char)(high >> (56 - 8 * k));
        for (int k = 8; k < 16; k++)
            in.sin6_addr.s6_addr[k] = (unsigned char)id_random(256);
        char text[INET6_ADDRSTRLEN];
        if (net_address_is_public((struct sockaddr *)&in) != reference_v6(high))
            check(false, "%s", inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text));
    }
}

/* ---- ALLOW_SOURCE_NETS ---- */

TEST(a_list_of_networks_is_read_with_any_separators)
{
    struct net_allow a;
    struct err e;

    assert_int_equal(net_allow_parse(&a, "", &e), 0);
    assert_int_equal(a.count, 0);
    assert_int_equal(net_allow_parse(&a, " ,, \t", &e), 0);
    assert_int_equal(a.count, 0);
    assert_int_equal(net_allow_parse(&a, "127.0.0.0/8, ::1,192.168.1.0/24\tfd00::/8", &e), 0);
    assert_int_equal(a.count, 4);
}

TEST(a_bad_network_is_named)
{
    static const char *const bad[] = { "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "10.0.0/8", "::/129",
                                       "example.org", "/8", "10.0.0.0/8/8", "[::1]",
                                       "1111111111111111111111111111111111111111111111111111111111111111111111111/8" };
    struct net_allow a;
    struct err e;

    for (size_t i = 0; i < LENGTH(bad); i++) {
        char list[200];
        snprintf(list, sizeof list, "127.0.0.1, %s", bad[i]);
        check(net_allow_parse(&a, list, &e) == -1 && e.kind == ERR_INPUT, "%s passes", bad[i]);
        check(strstr(e.text, "ALLOW_SOURCE_NETS") && strstr(e.text, (char[8]){ bad[i][0], bad[i][1] }), "%s", e.text);
    }
}

TEST(at_most_32_networks_are_taken)
{
    struct net_allow a;
    struct err e;
    char list[40 * 24] = "";

    for (int i = 0; i < NET_MAX_ALLOWED; i++)
        snprintf(list + strlen(list), 24, "10.0.0.%d,", i);
    assert_int_equal(net_allow_parse(&a, list, &e), 0);
    assert_int_equal(a.count, NET_MAX_ALLOWED);
    snprintf(list + strlen(list), 24, "10.0.1.1");
    assert_int_equal(net_allow_parse(&a, list, &e), -1);
    assert_int_equal(e.kind, ERR_INPUT);
}

TEST(an_exempted_network_is_reached_and_not_one_address_more)
{
    static const struct { const char *allow, *address; bool reached; } cases[] = {
        { "", "127.0.0.1", false },
        { "", "8.8.8.8", true },
        { "10.1.2.3", "10.1.2.3", true },          { "10.1.2.3", "10.1.2.4", false },
        { "10.1.2.3/32", "10.1.2.2", false },      { "10.1.2.4/31", "10.1.2.5", true },
        { "10.1.2.4/31", "10.1.2.6", false },      { "10.1.2.4/31", "10.1.2.3", false },
        { "192.168.1.0/24", "192.168.1.255", true }, { "192.168.1.0/24", "192.168.2.0", false },
        { "192.168.1.77/24", "192.168.1.1", true }, /* host bits do not matter */
        { "172.16.0.0/12", "172.31.255.255", true }, { "172.16.0.0/13", "172.24.0.0", false },
        { "0.0.0.0/0", "127.0.0.1", true },        { "0.0.0.0/0", "::1", false },
        { "::/0", "fe80::1", true },               { "::/0", "10.0.0.1", false },
        { "::1", "::1", true },                    { "::1", "::2", false },
        { "fd00::/8", "fdff::1", true },           { "fd00::/8", "fc00::1", false },
        { "127.0.0.0/8", "::ffff:127.0.0.1", true },   /* an address inside is judged as well */
        { "127.0.0.0/8", "::ffff:10.0.0.1", false },
        { "10.0.0.0/8", "64:ff9b::a00:1", true },
        { "10.0.0.0/8", "2002:a00:1::1", true },
    };
    struct err e;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct net_allow a;
        struct sockaddr_storage s;
        assert_int_equal(net_allow_parse(&a, cases[i].allow, &e), 0);
        assert_true(net_literal(cases[i].address, &s));
        check(net_address_allowed(&a, (struct sockaddr *)&s) == cases[i].reached, "\"%s\" and %s", cases[i].allow,
              cases[i].address);
    }
}

TEST(a_host_is_checked_by_every_address_it_has)
{
    struct net_allow none, loopback;
    struct err e = { 0 };

    assert_int_equal(net_allow_parse(&none, "", &e), 0);
    assert_int_equal(net_allow_parse(&loopback, "127.0.0.0/8,::1", &e), 0);
    assert_int_equal(net_check_host(&none, "localhost", &e), -1);
    assert_true(e.kind == ERR_INPUT || e.kind == ERR_DENIED);
    assert_int_equal(net_check_host(&loopback, "localhost", &e), 0);
    assert_int_equal(net_check_host(&none, "127.0.0.1", &e), -1);
    assert_int_equal(net_check_host(&none, "[::1]", &e), -1);
    assert_int_equal(net_check_host(&loopback, "[::1]", &e), 0);
    assert_int_equal(net_check_host(&none, "8.8.8.8", &e), 0);
    /* Forms that only a resolver understands. */
    assert_int_equal(net_check_host(&none, "127.1", &e), -1);
    assert_int_equal(net_check_host(&none, "0x7f.1", &e), -1);
    assert_int_equal(net_check_host(&none, "2130706433", &e), -1);
    /* RFC 6761: this name never exists, and what cannot be checked is not fetched. */
    assert_int_equal(net_check_host(&none, "no-such-host.invalid", &e), -1);
    assert_true(e.kind == ERR_UNAVAILABLE || e.kind == ERR_NETWORK);
}

UNIT_MAIN(UNIT(each_special_block_of_ipv4_is_refused_from_its_first_to_its_last_address),
          UNIT(ipv6_is_refused_outside_global_unicast_and_in_its_special_blocks),
          UNIT(loopback_is_this_machine_alone), UNIT(brackets_and_zones_do_not_hide_an_address),
          UNIT(only_whole_addresses_are_literals),
          UNIT(other_address_families_are_refused),
          UNIT(random_ipv4_addresses_are_judged_as_by_the_reference),
          UNIT(random_ipv6_addresses_are_judged_as_by_the_reference),
          UNIT(a_list_of_networks_is_read_with_any_separators),
          UNIT(a_bad_network_is_named),
          UNIT(at_most_32_networks_are_taken),
          UNIT(an_exempted_network_is_reached_and_not_one_address_more),
          UNIT(a_host_is_checked_by_every_address_it_has))
