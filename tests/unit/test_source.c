/*
 * What a link names, by its words alone: links as people copy them from the address bar, the share menu, an app.
 */
#include "unit.h"

#include "source.h"

struct expected { const char *link, *source; enum source_kind kind; const char *id, *list, *channel; };

static int recognise(struct source_link *out, const char *link, struct err *e)
{
    struct net_allow allow = { 0 };
    struct url url;

    check(url_check(&url, link, &allow, e) == 0, "%s: %s", link, e->text);
    return source_recognise(out, &url, e);
}

static void is(const struct expected *x)
{
    struct source_link got;
    struct err e;

    check(recognise(&got, x->link, &e) == 0, "%s: %s", x->link, e.text);
    check(strcmp(got.source, x->source) == 0, "%s is of %s", x->link, got.source);
    check(got.kind == x->kind, "%s is of kind %d, not %d", x->link, got.kind, x->kind);
    check(strcmp(got.id, x->id) == 0, "%s has the id %s, not %s", x->link, got.id, x->id);
    check(strcmp(got.list, x->list ? x->list : "") == 0, "%s names the list \"%s\"", x->link, got.list);
    check(strcmp(got.channel, x->channel ? x->channel : "") == 0, "%s names the channel \"%s\"", x->link, got.channel);
}

#define YT(path, k, id_, ...) { .link = "https://www.youtube.com/" path, .source = "youtube", .kind = SOURCE_##k,      \
                               .id = id_, __VA_ARGS__ }
#define SC(path, k, id_, ...) { .link = "https://soundcloud.com/" path, .source = "soundcloud", .kind = SOURCE_##k,    \
                               .id = id_, __VA_ARGS__ }

TEST(links_are_recognised_as_people_paste_them)
{
    static const struct expected table[] = {
        YT("watch?v=dQw4w9WgXcQ", ITEM, "dQw4w9WgXcQ", .list = NULL),
        YT("watch?app=desktop&v=dQw4w9WgXcQ&t=42s", ITEM, "dQw4w9WgXcQ", .list = NULL),
        YT("watch?v=dQw4w9WgXcQ&list=RDdQw4w9WgXcQ&start_radio=1", ITEM, "dQw4w9WgXcQ", .list = "RDdQw4w9WgXcQ"),
        YT("watch/?v=dQw4w9WgXcQ", ITEM, "dQw4w9WgXcQ", .list = NULL),
        YT("watch?list=PL123&index=4", LIST, "PL123", .list = "PL123"),
        YT("shorts/dQw4w9WgXcQ?feature=share", ITEM, "dQw4w9WgXcQ", .list = NULL),
        YT("live/dQw4w9WgXcQ", ITEM, "dQw4w9WgXcQ", .list = NULL),
        YT("embed/dQw4w9WgXcQ", ITEM, "dQw4w9WgXcQ", .list = NULL),
        YT("embed/videoseries?list=PL123", LIST, "PL123", .list = "PL123"),
        YT("playlist?list=PL123", LIST, "PL123", .list = "PL123"),
        YT("@RickAstleyYT", PROFILE, "@RickAstleyYT", .channel = "@RickAstleyYT"),
        YT("@RickAstleyYT/videos", PROFILE, "@RickAstleyYT", .channel = "@RickAstleyYT"),
        YT("%40RickAstleyYT", PROFILE, "@RickAstleyYT", .channel = "@RickAstleyYT"),
        YT("channel/UCuAXFkgsw1L7xaCfnd5JJOw", PROFILE, "UCuAXFkgsw1L7xaCfnd5JJOw",
           .channel = "UCuAXFkgsw1L7xaCfnd5JJOw"),
        YT("c/Rick", PROFILE, "Rick", .channel = "Rick"),
        YT("user/Rick/videos", PROFILE, "Rick", .channel = "Rick"),
        { "https://youtu.be/dQw4w9WgXcQ?si=abc", "youtube", SOURCE_ITEM, "dQw4w9WgXcQ", NULL, NULL },
        { "https://m.youtube.com/watch?v=dQw4w9WgXcQ", "youtube", SOURCE_ITEM, "dQw4w9WgXcQ", NULL, NULL },
        { "https://music.youtube.com/watch?v=dQw4w9WgXcQ&list=RDAMVM", "youtube", SOURCE_ITEM, "dQw4w9WgXcQ",
          "RDAMVM", NULL },
        { "https://music.youtube.com/browse/MPREb_abc", "youtube", SOURCE_LIST, "MPREb_abc", NULL, NULL },
        { "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "youtube", SOURCE_ITEM, "dQw4w9WgXcQ", NULL, NULL },
        SC("artist/track", ITEM, "track", .channel = "artist"),
        SC("artist/track?utm_source=clipboard#t=1", ITEM, "track", .channel = "artist"),
        SC("artist/sets/album", LIST, "album", .channel = "artist"),
        SC("artist", PROFILE, "artist", .channel = "artist"),
        SC("artist/tracks", PROFILE, "artist", .channel = "artist"),
        SC("artist/track/s-Secret", ITEM, "track", .channel = "artist"),
        { "https://on.soundcloud.com/AbCd", "soundcloud", SOURCE_ANY, "", NULL, NULL },
        { "https://www.instagram.com/reel/Cabc_de-f/?igsh=x", "instagram", SOURCE_ITEM, "Cabc_de-f", NULL, NULL },
        { "https://instagram.com/p/Cabcdef", "instagram", SOURCE_ITEM, "Cabcdef", NULL, NULL },
        { "https://www.instagram.com/somebody/reel/Cabcdef/", "instagram", SOURCE_ITEM, "Cabcdef", NULL, "somebody" },
        { "https://www.tiktok.com/@somebody/video/7123456789012345678", "tiktok", SOURCE_ITEM, "7123456789012345678",
          NULL, "@somebody" },
        { "https://www.tiktok.com/@somebody", "tiktok", SOURCE_PROFILE, "@somebody", NULL, "@somebody" },
        { "https://vm.tiktok.com/ZMabc/", "tiktok", SOURCE_ANY, "", NULL, NULL },
        { "https://artist.bandcamp.com/track/song", "bandcamp", SOURCE_ITEM, "song", NULL, "artist" },
        { "https://artist.bandcamp.com/album/record", "bandcamp", SOURCE_LIST, "record", NULL, "artist" },
        { "https://artist.bandcamp.com/", "bandcamp", SOURCE_PROFILE, "artist", NULL, "artist" },
        { "https://vimeo.com/76979871", "vimeo", SOURCE_ITEM, "76979871", NULL, NULL },
        { "https://vimeo.com/channels/staffpicks/76979871", "vimeo", SOURCE_ITEM, "76979871", NULL, NULL },
        { "https://vimeo.com/channels/staffpicks", "vimeo", SOURCE_LIST, "staffpicks", NULL, NULL },
        { "https://vimeo.com/staff", "vimeo", SOURCE_ANY, "", NULL, "staff" },
        { "https://vimeo.com/staff/videos", "vimeo", SOURCE_ANY, "", NULL, "staff" },
        { "https://vimeo.com/watch", "vimeo", SOURCE_ANY, "", NULL, NULL },
        { "https://example.org/podcast.rss", "generic", SOURCE_ANY, "", NULL, NULL },
        { "https://notyoutube.com/watch?v=x", "generic", SOURCE_ANY, "", NULL, NULL },
    };

    for (size_t i = 0; i < LENGTH(table); i++)
        is(&table[i]);
}

TEST(what_a_platform_has_nothing_to_play_for_is_refused)
{
    static const char *const links[] = {
        "https://www.youtube.com/", "https://www.youtube.com/watch?v=short", "https://www.youtube.com/watch",
        "https://www.youtube.com/results?search_query=x", "https://youtu.be/", "https://www.youtube.com/shorts/",
        "https://www.youtube.com/watch?v=%3Cscript%3E", "https://www.youtube.com/channel/",
        "https://www.youtube.com/feed/history",
        "https://soundcloud.com/", "https://soundcloud.com/discover", "https://soundcloud.com/search?q=x",
        "https://www.instagram.com/somebody/", "https://www.instagram.com/", "https://www.tiktok.com/",
        "https://vm.tiktok.com/",
        "https://www.tiktok.com/explore", "https://bandcamp.com/", "https://vimeo.com/",
    };
    struct source_link got;
    struct err e;

    for (size_t i = 0; i < LENGTH(links); i++) {
        check(recognise(&got, links[i], &e) == -1, "%s passes as kind %d", links[i], got.kind);
        check(e.kind == ERR_UNSUPPORTED && *e.text, "%s: %s", links[i], e.text);
    }
}

TEST(a_page_with_nothing_to_play_still_tells_whose_it_is)
{
    static const struct { const char *link, *channel; } table[] = {
        { "https://www.instagram.com/somebody/", "somebody" }, { "https://www.instagram.com/some.body", "some.body" },
        { "https://www.instagram.com/explore/tags/x", "" }, { "https://www.instagram.com/", "" },
        { "https://www.instagram.com/reel/", "" },
    };
    struct source_link got;
    struct err e;

    for (size_t i = 0; i < LENGTH(table); i++) {
        check(recognise(&got, table[i].link, &e) == -1, "%s passes", table[i].link);
        check(strcmp(got.channel, table[i].channel) == 0, "%s is of \"%s\"", table[i].link, got.channel);
        assert_string_equal(got.source, "instagram");
    }
}

/* No link, however odd, reads beyond its fields. */
TEST(odd_links_are_cut_and_not_more)
{
    static const char *const hosts[] = { "www.youtube.com", "youtu.be", "soundcloud.com", "www.instagram.com",
                                         "www.tiktok.com", "a.bandcamp.com", "vimeo.com", "example.org" };
    static const char *const pieces[] = { "/", "//", "%2f", "%00", "%ff", "?", "&", "=", "#", "@", "watch", "v=",
                                          "list=", "sets", "reel", "video", "track", "..", "%25",
                                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    unsigned seed = 7;
    struct source_link got;
    struct url url;
    struct err e;

    for (int i = 0; i < 20000; i++) {
        int n = snprintf(url.text, sizeof url.text, "https://%s", hosts[i % LENGTH(hosts)]);
        snprintf(url.host, sizeof url.host, "%s", hosts[i % LENGTH(hosts)]);
        for (int k = 0; k < 20; k++) {
            seed = seed * 1103515245u + 12345u;
            n += snprintf(url.text + n, sizeof url.text - (size_t)n, "%s", pieces[seed / 65536u % LENGTH(pieces)]);
        }
        if (source_recognise(&got, &url, &e) == 0)
            check(strlen(got.id) < sizeof got.id && strlen(got.channel) < sizeof got.channel, "%s", url.text);
    }
}

UNIT_MAIN(UNIT(links_are_recognised_as_people_paste_them), UNIT(what_a_platform_has_nothing_to_play_for_is_refused),
          UNIT(a_page_with_nothing_to_play_still_tells_whose_it_is),
          UNIT(odd_links_are_cut_and_not_more))
