/*
 * What a link names, by its words alone: links as people copy them from the address bar, the share menu, an app.
 */
#include "unit.h"

#include "cache.h"
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
        YT("@RickAstleyYT/playlists", PROFILE, "@RickAstleyYT", .channel = "@RickAstleyYT"),
        YT("@RickAstleyYT/live", ANY, "@RickAstleyYT/live", .channel = "@RickAstleyYT"),
        YT("RickAstleyVEVO", PROFILE, "RickAstleyVEVO", .list = NULL),
        YT("RickAstleyVEVO/videos", PROFILE, "RickAstleyVEVO", .list = NULL),
        YT("hashtag/music", LIST, "hashtag/music", .list = NULL),
        YT("source/dQw4w9WgXcQ/shorts", LIST, "source/dQw4w9WgXcQ/shorts", .list = NULL),
        { "https://music.youtube.com/browse/VLPL123", "youtube", SOURCE_LIST, "PL123", "PL123", NULL },
        { "https://music.youtube.com/browse/MPSPPL123", "youtube", SOURCE_LIST, "PL123", "PL123", NULL },
        { "https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ", "youtube",
          SOURCE_ANY, "", NULL, NULL },
        SC("artist/track", ITEM, "artist/track", .channel = "artist"),
        SC("artist/track?utm_source=clipboard#t=1", ITEM, "artist/track", .channel = "artist"),
        SC("artist/sets/album", LIST, "artist/sets/album", .channel = "artist"),
        SC("artist/sets/album/s-Secret", LIST, "artist/sets/album/s-Secret", .channel = "artist"),
        SC("artist", PROFILE, "artist", .channel = "artist"),
        SC("artist/tracks", PROFILE, "artist/tracks", .channel = "artist"),
        SC("artist/sets", PROFILE, "artist/sets", .channel = "artist"),
        SC("artist/reposts", PROFILE, "artist/reposts", .channel = "artist"),
        SC("artist/comments", PROFILE, "artist/comments", .channel = "artist"),
        SC("artist/track/s-Secret", ITEM, "artist/track/s-Secret", .channel = "artist"),
        SC("artist/track/recommended", LIST, "artist/track/recommended", .channel = "artist"),
        SC("artist/track/sets", LIST, "artist/track/sets", .channel = "artist"),
        SC("discover/sets/weekly::artist", LIST, "discover/sets/weekly::artist", .list = NULL),
        SC("stations/track/artist/track", LIST, "stations/track/artist/track", .list = NULL),
        { "https://api.soundcloud.com/tracks/1", "soundcloud", SOURCE_ANY, "", NULL, NULL },
        { "https://on.soundcloud.com/AbCd", "soundcloud", SOURCE_ANY, "", NULL, NULL },
        { "https://www.instagram.com/reel/Cabc_de-f/?igsh=x", "instagram", SOURCE_ITEM, "Cabc_de-f", NULL, NULL },
        { "https://instagram.com/p/Cabcdef", "instagram", SOURCE_ITEM, "Cabcdef", NULL, NULL },
        { "https://www.instagram.com/somebody/reel/Cabcdef/", "instagram", SOURCE_ITEM, "Cabcdef", NULL, "somebody" },
        { "https://www.tiktok.com/@somebody/video/7123456789012345678", "tiktok", SOURCE_ITEM, "7123456789012345678",
          NULL, "@somebody" },
        { "https://www.tiktok.com/@somebody", "tiktok", SOURCE_PROFILE, "@somebody", NULL, "@somebody" },
        { "https://www.tiktok.com/@somebody/collection/best-12", "tiktok", SOURCE_LIST, "@somebody/collection/best-12",
          NULL, "@somebody" },
        { "https://www.tiktok.com/@somebody/live", "tiktok", SOURCE_ANY, "", NULL, "@somebody" },
        { "https://www.tiktok.com/embed/7123456789012345678", "tiktok", SOURCE_ITEM, "7123456789012345678", NULL,
          NULL },
        { "https://www.instagram.com/stories/somebody/123/", "instagram", SOURCE_ITEM, "stories/somebody/123", NULL,
          "somebody" },
        { "https://www.instagram.com/stories/somebody/", "instagram", SOURCE_LIST, "stories/somebody", NULL,
          "somebody" },
        { "https://www.instagram.com/stories/highlights/123/", "instagram", SOURCE_LIST, "stories/highlights/123", NULL,
          NULL },
        { "https://vm.tiktok.com/ZMabc/", "tiktok", SOURCE_ANY, "", NULL, NULL },
        { "https://artist.bandcamp.com/track/song", "bandcamp", SOURCE_ITEM, "artist/song", NULL, "artist" },
        { "https://artist.bandcamp.com/album/record", "bandcamp", SOURCE_LIST, "artist/record", NULL, "artist" },
        { "https://artist.bandcamp.com/music", "bandcamp", SOURCE_PROFILE, "artist", NULL, "artist" },
        { "https://daily.bandcamp.com/lists/ten", "bandcamp", SOURCE_ANY, "", NULL, NULL },
        { "https://bandcamp.com/EmbeddedPlayer/album=1/", "bandcamp", SOURCE_ANY, "", NULL, NULL },
        { "https://bandcamp.com/radio?show=1", "bandcamp", SOURCE_ANY, "", NULL, NULL },
        { "https://artist.bandcamp.com/", "bandcamp", SOURCE_PROFILE, "artist", NULL, "artist" },
        { "https://vimeo.com/76979871", "vimeo", SOURCE_ITEM, "76979871", NULL, NULL },
        { "https://vimeo.com/channels/staffpicks/76979871", "vimeo", SOURCE_ITEM, "76979871", NULL, NULL },
        { "https://vimeo.com/76979871/0123456789?share=copy", "vimeo", SOURCE_ITEM, "76979871/0123456789", NULL, NULL },
        { "https://player.vimeo.com/video/76979871", "vimeo", SOURCE_ITEM, "76979871", NULL, NULL },
        { "https://vimeo.com/showcase/12/video/76979871", "vimeo", SOURCE_ITEM, "76979871", NULL, NULL },
        { "https://vimeo.com/staff/review/76979871/0123456789", "vimeo", SOURCE_ITEM, "76979871/0123456789", NULL,
          NULL },
        { "https://vimeo.com/channels/staffpicks", "vimeo", SOURCE_LIST, "channels/staffpicks", NULL, NULL },
        { "https://vimeo.com/groups/shorts/videos", "vimeo", SOURCE_LIST, "groups/shorts", NULL, NULL },
        { "https://vimeo.com/showcase/12", "vimeo", SOURCE_LIST, "showcase/12", NULL, NULL },
        { "https://vimeo.com/staff", "vimeo", SOURCE_PROFILE, "staff", NULL, "staff" },
        { "https://www.vimeo.com/staff/videos", "vimeo", SOURCE_PROFILE, "staff", NULL, "staff" },
        { "https://vimeo.com/staff/likes", "vimeo", SOURCE_PROFILE, "staff/likes", NULL, "staff" },
        { "https://vimeo.com/ondemand/film", "vimeo", SOURCE_ANY, "", NULL, NULL },
        { "https://vimeo.com/event/12", "vimeo", SOURCE_ANY, "", NULL, NULL },
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
        "https://www.youtube.com/feed/history", "https://www.youtube.com/@somebody/community",
        "https://www.youtube.com/@somebody/about", "https://www.youtube.com/clip/Ugkx",
        "https://www.youtube.com/premium",
        "https://music.youtube.com/search?q=x", "https://music.youtube.com/explore", "https://www.youtube.com/hashtag",
        "https://soundcloud.com/", "https://soundcloud.com/discover", "https://soundcloud.com/search?q=x",
        "https://soundcloud.com/artist/popular-tracks", "https://soundcloud.com/artist/followers",
        "https://soundcloud.com/artist/track/likes", "https://soundcloud.com/charts/top",
        "https://soundcloud.com/stations/artist/x", "https://www.instagram.com/reels/audio/123456/",
        "https://www.instagram.com/explore/tags/x", "https://www.tiktok.com/music/song-12",
        "https://www.tiktok.com/tag/x", "https://www.tiktok.com/@somebody/photo/12",
        "https://www.tiktok.com/@somebody/playlist/x-12", "https://artist.bandcamp.com/merch",
        "https://artist.bandcamp.com/community", "https://bandcamp.com/somebody", "https://bandcamp.com/discover",
        "https://vimeo.com/watch", "https://vimeo.com/watchlater", "https://vimeo.com/staff/collections",
        "https://vimeo.com/channels",
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

TEST(lists_are_read_where_yt_dlp_knows_them)
{
    static const struct { const char *link, *at; } table[] = {
        { "https://m.youtube.com/@name?si=x", "https://www.youtube.com/@name/videos" },
        { "https://www.youtube.com/@name/featured", "https://www.youtube.com/@name/videos" },
        { "https://www.youtube.com/@name/releases", "https://www.youtube.com/@name/releases" },
        { "https://www.youtube.com/c/n%C3%A4me%20x/shorts", "https://www.youtube.com/c/n%C3%A4me%20x/shorts" },
        { "https://www.youtube.com/@a%2Fb%3Fc", "https://www.youtube.com/@a%2Fb%3Fc/videos" },
        { "https://music.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw",
          "https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw/videos" },
        { "https://music.youtube.com/browse/VLPL123", "https://www.youtube.com/playlist?list=PL123" },
        { "https://m.soundcloud.com/artist/likes?x=1", "https://soundcloud.com/artist/likes" },
        { "http://soundcloud.com/discover/sets/weekly::a", "https://soundcloud.com/discover/sets/weekly::a" },
        { "http://www.vimeo.com/channels/staffpicks", "https://vimeo.com/channels/staffpicks" },
        { "https://vimeo.com/staff/videos", "https://vimeo.com/staff" },
        { "https://artist.bandcamp.com/", "" },
    };
    struct source_link got;
    struct err e;

    for (size_t i = 0; i < LENGTH(table); i++) {
        check(recognise(&got, table[i].link, &e) == 0, "%s: %s", table[i].link, e.text);
        check(strcmp(got.list_url, table[i].at) == 0, "%s is read at %s", table[i].link, got.list_url);
    }
}

/* What makes two links the same work: another artist's song of that name, or another tab, is not. */
TEST(different_things_have_different_names_and_the_same_has_one)
{
    static const struct { const char *a, *b; bool same; } table[] = {
        { "https://soundcloud.com/one/intro", "https://soundcloud.com/two/intro", false },
        { "https://soundcloud.com/one/sets/lp", "https://soundcloud.com/two/sets/lp", false },
        { "https://soundcloud.com/one/tracks", "https://soundcloud.com/one/likes", false },
        { "https://soundcloud.com/one/intro", "https://soundcloud.com/one/intro/s-Key", false },
        { "https://soundcloud.com/one/intro?si=1", "https://m.soundcloud.com/one/intro", true },
        { "https://one.bandcamp.com/track/intro", "https://two.bandcamp.com/track/intro", false },
        { "https://one.bandcamp.com/", "https://one.bandcamp.com/music", true },
        { "https://vimeo.com/channels/12", "https://vimeo.com/showcase/12", false },
        { "https://vimeo.com/12/0123456789", "https://vimeo.com/12", false },
        { "https://vimeo.com/staff", "https://vimeo.com/staff/likes", false },
        { "https://vimeo.com/event/12", "https://vimeo.com/event/13", false },
        { "https://www.youtube.com/@a", "https://www.youtube.com/@a/videos", true },
        { "https://www.youtube.com/@a/shorts", "https://www.youtube.com/@a/videos", false },
        { "https://www.youtube.com/@a/live", "https://www.youtube.com/@b/live", false },
        { "https://www.youtube.com/c/a", "https://www.youtube.com/user/a", false },
        { "https://www.tiktok.com/@a/collection/x-1", "https://www.tiktok.com/@a/collection/x-2", false },
    };
    char names[2][2000];
    struct source_link got;
    struct err e;

    for (size_t i = 0; i < LENGTH(table); i++) {
        for (int k = 0; k < 2; k++) {
            const char *link = k ? table[i].b : table[i].a;
            check(recognise(&got, link, &e) == 0, "%s: %s", link, e.text);
            cache_canonical(names[k], sizeof names[k], &got, link, false);
        }
        check((strcmp(names[0], names[1]) == 0) == table[i].same, "%s: %s, %s", table[i].a, names[0], names[1]);
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
          UNIT(a_page_with_nothing_to_play_still_tells_whose_it_is), UNIT(lists_are_read_where_yt_dlp_knows_them),
          UNIT(different_things_have_different_names_and_the_same_has_one),
          UNIT(odd_links_are_cut_and_not_more))
