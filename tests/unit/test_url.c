/* Links: what is refused before any network is touched, and how the rest is normalised. */
#include "unit.h"

#include "net.h"
#include "url.h"

static const struct net_allow nobody = { .count = 0 };

static void refused(const char *link, const struct net_allow *allow)
{
    struct url u;
    struct err e = { 0 };

    check(url_check(&u, link, allow, &e) == -1, "%.200s passes as %.200s", link, u.text);
    check(e.kind == ERR_INPUT, "%.200s: %s", link, err_class(e.kind)->name);
    check(strlen(e.text) > 5 && strlen(e.text) < 200, "%.200s: \"%s\"", link, e.text);
}

static void all_refused(const char *const *links, size_t n)
{
    for (size_t i = 0; i < n; i++)
        refused(links[i], &nobody);
}

TEST(only_http_and_https_are_links)
{
    static const char *const bad[] = {
        "file:///etc/passwd", "file://localhost/etc/passwd", "FILE:///etc/passwd", "javascript:alert(1)",
        "javascript://example.org/%0aalert(1)", "data:text/html,x", "data:audio/mpeg;base64,AAAA",
        "ftp://example.org/a.mp3", "sftp://example.org/a", "gopher://example.org/", "smb://example.org/share",
        "rtsp://example.org/a", "rtmp://example.org/a", "ytsearch:song", "ytsearch10:song",
        "blob:https://example.org/1",
        "view-source:https://example.org/", "magnet:?xt=urn:btih:0", "http:", "https:", "http:/", "://example.org/",
        "example", "a song title",
    };

    all_refused(bad, LENGTH(bad));
}

TEST(nothing_that_looks_like_an_option_is_a_link)
{
    static const char *const bad[] = { "-o", "--exec=id", "-", "--", "--batch-file=/etc/passwd",
                                       "-https://example.org/",
                                       "--config-locations=http://example.org/", "-a http://example.org" };

    all_refused(bad, LENGTH(bad));
}

TEST(a_link_holds_no_space_no_control_and_no_broken_character)
{
    static const char *const bad[] = {
        "", " ", "\n", " https://example.org/", "https://example.org/ ", "https://example.org/a b",
        "https://example.org/a\tb", "https://example.org/\r\nHost: evil", "https://example.org/a\nb",
        "https://example.org/\x01", "https://example.org/\x1b[31m", "https://example.org/\x7f",
        "https://example.org/\xc2\x85", "https://example.org/\xe2\x80\xaegpj", "https://example.org/\xe2\x80\x8b",
        "https://example.org/\xff", "https://example.org/\xc0\xaf", "https://exa\xe2\x80\x8bmple.org/",
        "\xef\xbb\xbfhttps://example.org/",
    };

    all_refused(bad, LENGTH(bad));
}

TEST(a_link_has_at_most_2048_bytes)
{
    char text[3001] = "https://example.org/";
    struct url u;
    struct err e;

    memset(text + 20, 'a', sizeof text - 21);
    refused(text, &nobody);
    text[2049] = '\0';
    refused(text, &nobody);
    text[2048] = '\0';
    check(url_check(&u, text, &nobody, &e) == 0, "%s", e.text);
    assert_int_equal(strlen(u.text), 2048);
    text[2047] = '\0';
    check(url_check(&u, text, &nobody, &e) == 0, "%s", e.text);
}

/* What the parser makes of it may be longer than what was sent; nothing is cut off silently. */
TEST(a_link_that_grows_past_the_limit_is_refused)
{
    char text[2100] = "https://example.org";        /* the path is added: one byte more */

    memset(text + 19, '?', 1);
    memset(text + 20, 'q', 2048 - 20);
    text[2048] = '\0';
    refused(text, &nobody);
}

TEST(credentials_do_not_belong_into_a_link)
{
    static const char *const bad[] = {
        "https://user@example.org/", "https://user:secret@example.org/", "https://:secret@example.org/",
        "https://@example.org/", "https://youtube.com@127.0.0.1/", "https://youtube.com%2f@127.0.0.1/",
        "https://youtube.com#@127.0.0.1@evil.example/",
    };

    for (size_t i = 0; i < LENGTH(bad) - 1; i++)
        refused(bad[i], &nobody);
    /* The last is a fragment: the host is the one in front of it, for us and for everybody behind us. */
    struct url u;
    struct err e;
    check(url_check(&u, bad[LENGTH(bad) - 1], &nobody, &e) == 0, "%s", e.text);
    assert_string_equal(u.host, "youtube.com");
}

TEST(an_address_of_this_machine_or_its_network_is_refused_in_any_spelling)
{
    static const char *const bad[] = {
        "http://127.0.0.1/", "http://127.0.0.1:8080/x", "http://127.1/", "http://127.0.1/", "http://0x7f.1/",
        "http://0x7f000001/", "http://0X7F.0.0.1/", "http://2130706433/", "http://017700000001/", "http://0177.0.0.1/",
        "http://0/", "http://0.0.0.0/", "http://10.0.0.1/", "http://10.1/", "http://192.168.1/", "http://192.168.1.1/",
        "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data/", "http://0xa9fea9fe/", "http://2852039166/",
        "http://100.64.0.1/", "http://255.255.255.255/", "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:10.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::ffff:127.0.0.1]:80/", "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/", "http://[fd00::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://[2001:db8::1]/", "http://[::127.0.0.1]/", "http://127.0.0.1./", "http://127.0.0.1.:80/",
        "http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.\xe2\x91\xa0/",    /* circled digits: 127.1 to IDNA */
        "http://127\xe3\x80\x82" "0\xe3\x80\x82" "0\xe3\x80\x82" "1/",  /* ideographic full stops */
        "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",           /* full-width digits */
        "http://%31%32%37.0.0.1/", "http://127.0.0.%31/",
    };

    all_refused(bad, LENGTH(bad));
}

TEST(what_ends_in_a_number_and_is_no_address_is_refused)
{
    static const char *const bad[] = { "http://1.2.3.4.5/", "http://256.256.256.256/", "http://1.2.3.08/", "http://08/",
                                       "http://foo.1/", "http://foo.0x1/", "http://1.2.3.4./", "http://99999999999/",
                                       "http://foo.09./" };

    all_refused(bad, LENGTH(bad));
}

TEST(names_of_the_local_network_are_refused)
{
    static const char *const bad[] = {
        "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://localhost:8080/",
        "http://foo.localhost/",
        "http://foo.localhost./", "http://a.b.localhost/", "http://localhost.localdomain/", "http://printer.local/",
        "http://db.internal/", "http://metadata.google.internal/", "http://nas.home.arpa/", "http://router/",
        "http://intranet/a", "http://router./", "http://x..localhost/", "http://local%68ost/",
        "http://\xe2\x93\x9bocalhost/",
    };

    all_refused(bad, LENGTH(bad));
}

TEST(a_link_without_a_host_is_none)
{
    static const char *const bad[] = { "http://", "https://", "http:///path", "http://?q", "http://#f", "http://:80/",
                                       "http://./", "http://../", "http://[]/", "http://[/",
                                       "http://example.org:99999/",
                                       "http://example.org:x/", "http://exa mple.org/", "http://a<b>.example/",
                                       "http://-/", "http://.../" };

    all_refused(bad, LENGTH(bad));
}

TEST(a_good_link_is_normalised)
{
    static const struct { const char *in, *text, *host; } cases[] = {
        { "https://example.org", "https://example.org/", "example.org" },
        { "https://example.org/", "https://example.org/", "example.org" },
        { "HTTPS://Example.ORG/Path", "https://Example.ORG/Path", "example.org" },
        { "http://example.org:8080/a?b=c&d=e#f", "http://example.org:8080/a?b=c&d=e#f", "example.org" },
        { "https://www.youtube.com/watch?v=abcdefghijk&list=PL1",
          "https://www.youtube.com/watch?v=abcdefghijk&list=PL1",
          "www.youtube.com" },
        { "https://example.org/a/../b/./c", "https://example.org/b/c", "example.org" },
        { "https://example.org/%2e%2e/x", NULL, "example.org" },
        { "https://example.org/'\"<>`$(id);|&", NULL, "example.org" },
        { "https://example.org/-o", "https://example.org/-o", "example.org" },
        { "https://example.org/\xc3\xa9t\xc3\xa9", NULL, "example.org" },
        { "http://8.8.8.8/a", "http://8.8.8.8/a", "8.8.8.8" },
        { "http://0x08080808/", "http://8.8.8.8/", "8.8.8.8" },
        { "http://[2606:4700::1111]/", "http://[2606:4700::1111]/", "[2606:4700::1111]" },
        { "https://b\xc3\xbc" "cher.example/", NULL, "xn--bcher-kva.example" },
        { "https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example" },
        { "https://localhost.example.org/", "https://localhost.example.org/", "localhost.example.org" },
        { "https://notlocal.example/", "https://notlocal.example/", "notlocal.example" },
    };
    struct url u, again;
    struct err e;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        check(url_check(&u, cases[i].in, &nobody, &e) == 0, "%s: %s", cases[i].in, e.text);
        check(!cases[i].text || strcasecmp(u.text, cases[i].text) == 0, "%s gives %s", cases[i].in, u.text);
        check(strcmp(u.host, cases[i].host) == 0, "%s has the host %s", cases[i].in, u.host);
        check(strncmp(u.text, "http://", 7) == 0 || strncmp(u.text, "https://", 8) == 0, "%s", u.text);
        check(url_check(&again, u.text, &nobody, &e) == 0 && strcmp(again.text, u.text) == 0, "%s is not stable",
              u.text);
    }
}

TEST(an_exempted_network_opens_its_addresses_and_local_names_and_nothing_else)
{
    struct net_allow loopback;
    struct url u;
    struct err e;

    assert_int_equal(net_allow_parse(&loopback, "127.0.0.0/8", &e), 0);
    check(url_check(&u, "http://127.0.0.1:8080/a", &loopback, &e) == 0, "%s", e.text);
    check(url_check(&u, "http://127.1/", &loopback, &e) == 0 && strcmp(u.host, "127.0.0.1") == 0, "%s", e.text);
    check(url_check(&u, "http://localhost:8080/", &loopback, &e) == 0, "%s", e.text);     /* the worker looks it up */
    refused("http://10.0.0.1/", &loopback);
    refused("http://[::1]/", &loopback);
    refused("http://169.254.169.254/", &loopback);
    refused("file:///etc/passwd", &loopback);
    refused("http://user@127.0.0.1/", &loopback);
}

TEST(ten_thousand_mutated_links_never_pass_as_something_else)
{
    static const char *const seeds[] = { "https://user:pw@example.org:80/a?b#c", "http://127.0.0.1/",
                                         "http://[::1]:80/x",
                                         "http://localhost/", "https://www.youtube.com/watch?v=abcdefghijk" };
    static const char bytes[] = "@:/?#[]%.\\-_0123456789abcdefx\xc3\xa9\xe2\x91\xa0 \n\t";
    struct url u;
    struct err e;

    srand(2);
    for (int i = 0; i < 10000; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s", seeds[rand() % (int)LENGTH(seeds)]);
        for (int k = rand() % 4; k >= 0; k--)
            text[rand() % (int)strlen(text)] = bytes[rand() % (int)(sizeof bytes - 1)];
        if (url_check(&u, text, &nobody, &e))
            continue;
        struct sockaddr_storage a;
        check(strncmp(u.text, "http://", 7) == 0 || strncmp(u.text, "https://", 8) == 0, "%s: %s", text, u.text);
        check(!strpbrk(u.text, " \n\t"), "%s: %s", text, u.text);
        check(!net_literal(u.host, &a) || net_address_is_public((struct sockaddr *)&a), "%s: %s", text, u.host);
        check(strcmp(u.host, "localhost") != 0, "%s", text);
    }
}

UNIT_MAIN(UNIT(only_http_and_https_are_links),
          UNIT(nothing_that_looks_like_an_option_is_a_link),
          UNIT(a_link_holds_no_space_no_control_and_no_broken_character),
          UNIT(a_link_has_at_most_2048_bytes),
          UNIT(a_link_that_grows_past_the_limit_is_refused),
          UNIT(credentials_do_not_belong_into_a_link),
          UNIT(an_address_of_this_machine_or_its_network_is_refused_in_any_spelling),
          UNIT(what_ends_in_a_number_and_is_no_address_is_refused),
          UNIT(names_of_the_local_network_are_refused),
          UNIT(a_link_without_a_host_is_none),
          UNIT(a_good_link_is_normalised),
          UNIT(an_exempted_network_opens_its_addresses_and_local_names_and_nothing_else),
          UNIT(ten_thousand_mutated_links_never_pass_as_something_else))
