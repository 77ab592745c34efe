/*
 * Who may be downloaded: what people write as a channel and what is kept of it, whose something is by what yt-dlp
 * says, what is refused at submit and what only later, and what strangers may try.
 */
#include "fresh_db.h"

#include "conf.h"
#include "whitelist_check.h"

#define UC "UCuAXFkgsw1L7xaCfnd5JJOw"

static struct db *db;
static struct err e;        /* of the last call */
static struct conf conf;

#define must(call) check((call) == 0, #call ": %s", e.text)
#define refuses(call, why) check((call) == -1 && e.kind == (why), #call ": %s %s", err_class(e.kind)->name, e.text)

static int enter(void **state)
{
    if (unit_enter(state))
        return -1;
    conf = (struct conf){ .listen = "127.0.0.1", .download_whitelist_enabled = "true" };
    db = fresh();
    return 0;
}

static int leave(void **state)
{
    db_close(&db);
    return unit_leave(state);
}

#define LISTED(name) cmocka_unit_test_setup_teardown(name, enter, leave)

/* ---- what people write ---- */

TEST(channels_are_kept_in_one_spelling)
{
    static const struct { const char *platform, *text, *as, *channel; } table[] = {
        /* YouTube: an id as it is, a handle in lower case. */
        { "youtube", UC, "youtube", UC },
        { "", UC, "youtube", UC },
        { "youtube", "@RickAstleyYT", "youtube", "@rickastleyyt" },
        { "youtube", "RickAstleyYT", "youtube", "@rickastleyyt" },
        { "youtube", "  @RickAstleyYT ", "youtube", "@rickastleyyt" },
        { "youtube", "john.doe-the_3rd", "youtube", "@john.doe-the_3rd" },
        { "youtube", "@" UC, "youtube", "@ucuaxfkgsw1l7xacfnd5jjow" },
        { "youtube", "UCshort", "youtube", "@ucshort" },
        { "youtube", "@日本の音楽", "youtube", "@日本の音楽" },
        { "", "https://www.youtube.com/@RickAstleyYT", "youtube", "@rickastleyyt" },
        { "", "https://www.youtube.com/@RickAstleyYT/videos?view=0", "youtube", "@rickastleyyt" },
        { "", "https://www.youtube.com/%40RickAstleyYT", "youtube", "@rickastleyyt" },
        { "", "https://m.youtube.com/channel/" UC "/videos", "youtube", UC },
        { "youtube", "https://music.youtube.com/channel/" UC, "youtube", UC },
        { "youtube", "HTTPS://WWW.YOUTUBE.COM/channel/" UC, "youtube", UC },
        { "", "youtube.com/@RickAstleyYT", "youtube", "@rickastleyyt" },
        { "", "www.youtube.com/channel/" UC, "youtube", UC },
        /* SoundCloud, Bandcamp, Instagram, TikTok, Vimeo. */
        { "soundcloud", "Artist-01", "soundcloud", "artist-01" },
        { "soundcloud", "@artist", "soundcloud", "artist" },
        { "soundcloud", "12345", "soundcloud", "12345" },
        { "", "https://soundcloud.com/Artist", "soundcloud", "artist" },
        { "", "https://soundcloud.com/artist/sets/album", "soundcloud", "artist" },
        { "", "https://m.soundcloud.com/artist/track?si=1", "soundcloud", "artist" },
        { "", "soundcloud.com/artist", "soundcloud", "artist" },
        { "bandcamp", "Artist", "bandcamp", "artist" },
        { "", "https://artist.bandcamp.com/album/record", "bandcamp", "artist" },
        { "", "artist.bandcamp.com", "bandcamp", "artist" },
        { "bandcamp", "Artist.Bandcamp.com", "bandcamp", "artist" },
        { "instagram", "john.doe", "instagram", "john.doe" },
        { "instagram", "@John.Doe", "instagram", "john.doe" },
        { "", "https://www.instagram.com/John.Doe/", "instagram", "john.doe" },
        { "", "https://www.instagram.com/john.doe/reels/?hl=de", "instagram", "john.doe" },
        { "", "https://www.instagram.com/somebody/reel/Cabcdef/", "instagram", "somebody" },
        { "tiktok", "Somebody", "tiktok", "@somebody" },
        { "tiktok", "@some.body", "tiktok", "@some.body" },
        { "", "https://www.tiktok.com/@somebody/video/7123456789012345678", "tiktok", "@somebody" },
        { "vimeo", "Staff", "vimeo", "staff" },
        { "", "https://vimeo.com/User123", "vimeo", "user123" },
        { "", "https://vimeo.com/user123/videos", "vimeo", "user123" },
        /* Hosts. */
        { "generic", "example.org", "generic", "example.org" },
        { "", "Example.ORG", "generic", "example.org" },
        { "", "example.org.", "generic", "example.org" },
        { "", "https://user.example.org:8443/feed.rss?x=1#y", "generic", "user.example.org" },
        { "direct", "example.org", "direct", "example.org" },
        { "", "https://example.org/a.mp3", "direct", "example.org" },
        { "generic", "https://example.org/a.mp3", "generic", "example.org" },
        { "direct", "https://example.org/", "direct", "example.org" },
        { "generic", "b\xc3\xbc" "cher.example", "generic", "xn--bcher-kva.example" },
        { "generic", "127.0.0.1", "generic", "127.0.0.1" },
        { "generic", "http://127.1:8080/x", "generic", "127.0.0.1" },
        { "generic", "localhost", "generic", "localhost" },
        { "generic", "http://[::1]:8080/", "generic", "[::1]" },
        /* Whole platforms. */
        { "youtube", "*", "youtube", "*" },
        { "generic", " * ", "generic", "*" },
    };
    struct whitelist_entry got;
    const char *field;

    assert_true(LENGTH(table) >= 40);
    for (size_t i = 0; i < LENGTH(table); i++) {
        check(whitelist_normalise(table[i].platform, table[i].text, &got, &field, &e) == 0, "\"%s\": %s %s",
              table[i].text, field, e.text);
        check(!strcmp(got.platform, table[i].as) && !strcmp(got.channel, table[i].channel), "\"%s\" is %s of %s",
              table[i].text, got.channel, got.platform);
        /* And what is kept is its own spelling. */
        const struct whitelist_entry first = got;
        check(whitelist_normalise(first.platform, first.channel, &got, &field, &e) == 0 &&
              !strcmp(got.channel, first.channel), "%s again: %s", first.channel, e.text);
    }
}

TEST(what_names_no_channel_is_refused_by_the_field_that_is_wrong)
{
    static const struct { const char *platform, *text, *field, *part; } table[] = {
        { "youtube", "", "channel", "empty" },
        { "youtube", "   ", "channel", "empty" },
        { "youtube", "two words", "channel", "is no channel" },
        { "youtube", "@", "channel", "is no channel" },
        { "youtube", "a<b>", "channel", "is no channel" },
        { "youtube", "a@b", "channel", "is no channel" },
        { "youtube", "name\n", "channel", "is no channel" },
        { "youtube", "na\xe2\x80\xaeme", "channel", "is no channel" },
        { "youtube", "\xff\xfe", "channel", "is no channel" },
        { "soundcloud", "b\xc3\xb6se", "channel", "is no channel" },
        { "youtube", "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "channel", "handle" },
        { "", "https://youtu.be/dQw4w9WgXcQ", "channel", "handle" },
        { "", "https://www.youtube.com/playlist?list=PL123", "channel", "handle" },
        { "", "https://www.youtube.com/c/Rick", "channel", "handle" },         /* who that is, nobody knows */
        { "", "https://www.youtube.com/user/Rick", "channel", "handle" },
        { "", "https://www.youtube.com/feed/history", "channel", "handle" },
        { "youtube", "youtube.com", "channel", "handle" },
        { "", "https://www.instagram.com/p/Cabcdef", "channel", "name" },
        { "", "https://www.instagram.com/explore", "channel", "name" },
        { "", "https://vm.tiktok.com/ZMabc/", "channel", "name" },
        { "", "https://vimeo.com/76979871", "channel", "name" },
        { "", "https://vimeo.com/channels/staffpicks", "channel", "name" },
        { "", "https://vimeo.com/search", "channel", "name" },
        { "", "https://on.soundcloud.com/AbCd", "channel", "name" },
        { "", "https://bandcamp.com/", "channel", "name" },
        { "", "ftp://example.org/", "channel", "http" },
        { "", "https://user:secret@example.org/", "channel", "credentials" },
        { "generic", "two words", "channel", "space" },
        { "generic", "example.org/\x01", "channel", "control" },
        { "", "@name", "platform", "required" },
        { "", "name", "platform", "required" },
        { "", "*", "platform", "required" },
        { "spotify", "4uLU6hMCjMI75M1A2tKUQC", "platform", "youtube" },
        { "", "https://open.spotify.com/artist/4uLU6hMCjMI75M1A2tKUQC", "platform", "youtube" },
        { "myspace", "tom", "platform", "youtube" },
        { "YouTube", "@name", "platform", "youtube" },
        { "soundcloud", "https://www.youtube.com/@name", "platform", "belongs to youtube" },
        { "generic", "https://www.youtube.com/@name", "platform", "belongs to youtube" },
        { "generic", "youtube.com", "platform", "belongs to youtube" },
        { "youtube", "https://example.org/", "platform", "belongs to generic" },
    };
    struct whitelist_entry got;

    for (size_t i = 0; i < LENGTH(table); i++) {
        const char *field = "";
        refuses(whitelist_normalise(table[i].platform, table[i].text, &got, &field, &e), ERR_INPUT);
        check(!strcmp(field, table[i].field), "\"%s\": %s %s", table[i].text, field, e.text);
        check(strstr(e.text, table[i].part) != NULL, "\"%s\": %s", table[i].text, e.text);
    }
}

TEST(hostile_text_is_refused_or_harmless)
{
    static const char *const platforms[] = { "", "youtube", "soundcloud", "bandcamp", "instagram", "tiktok", "vimeo",
                                             "generic", "direct" };
    static const char *const pieces[] = { "@", "/", "https://", "youtube.com/", "UC", "\xff", "\x01", " ", "%00", "%2f",
                                          "\xe2\x80\x8b", ".", "..", "*", "'", "\"", "(", ")", " of ", "a",
                                          "AAAAAAAAAAAAAAAAAAAAAAAA", "\xf0\x9f\x8e\xb5", "?", "#", ":", "[::1]" };
    static char huge[10001];
    struct whitelist_entry got;
    const char *field;
    unsigned seed = 11;
    int good = 0;

    memset(huge, 'a', sizeof huge - 1);
    for (size_t p = 0; p < LENGTH(platforms); p++)
        refuses(whitelist_normalise(platforms[p], huge, &got, &field, &e), ERR_INPUT);
    refuses(whitelist_normalise(huge, "@a", &got, &field, &e), ERR_INPUT);
    for (int i = 0; i < 40000; i++) {
        char text[512] = "";
        size_t n = 0;
        for (int k = i % 7; k >= 0; k--) {
            seed = seed * 1103515245u + 12345u;
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", pieces[seed / 65536u % LENGTH(pieces)]);
        }
        if (whitelist_normalise(platforms[i % (int)LENGTH(platforms)], text, &got, &field, &e))
            continue;
        good++;
        check(strlen(got.channel) > 0 && strlen(got.channel) < 256, "%s", text);
        for (const char *c = got.channel; *c; c++)
            check((unsigned char)*c > ' ' && !strchr("\"'()<>/\\", *c), "\"%s\" is kept as \"%s\"", text, got.channel);
    }
    check(good > 100, "only %d of them name anything", good);
}

/* ---- entries ---- */

static void add(const char *platform, const char *text)
{
    struct whitelist_entry entry = { 0 };
    const char *field;
    bool existing;

    must(whitelist_normalise(platform, text, &entry, &field, &e));
    snprintf(entry.name, sizeof entry.name, "%s", text);
    must(whitelist_add(db, &entry, &existing, &e));
}

static void collect(void *arg, const struct whitelist_entry *entry)
{
    const size_t n = strlen(arg);
    snprintf((char *)arg + n, 200 - n, "%s ", entry->channel);
}

TEST(an_entry_is_there_once_and_goes_with_its_id)
{
    struct whitelist_entry first = { .platform = "youtube", .channel = "@a", .name = "A", .note = "one" };
    struct whitelist_entry again = first;
    char seen[200] = "";
    bool existing;
    int64_t n;

    must(whitelist_add(db, &first, &existing, &e));
    assert_false(existing);
    snprintf(again.note, sizeof again.note, "two");
    must(whitelist_add(db, &again, &existing, &e));
    assert_true(existing);
    assert_string_equal(again.uuid, first.uuid);
    assert_string_equal(again.note, "one");
    add("tiktok", "@a");
    add("generic", "example.org");
    must(whitelist_count(db, &n, &e));
    assert_int_equal(n, 3);
    must(whitelist_list(db, INT64_MAX, 10, collect, seen, &e));
    assert_string_equal(seen, "example.org @a @a ");
    seen[0] = '\0';
    must(whitelist_list(db, first.id + 1, 10, collect, seen, &e));
    assert_string_equal(seen, "@a ");
    must(whitelist_patch(db, first.uuid, NULL, "three", &e));
    must(whitelist_find(db, first.uuid, &again, &e));
    assert_string_equal(again.note, "three");
    assert_string_equal(again.name, "A");
    must(whitelist_remove(db, first.uuid, &e));
    refuses(whitelist_remove(db, first.uuid, &e), ERR_NOT_FOUND);
    refuses(whitelist_patch(db, first.uuid, "x", NULL, &e), ERR_NOT_FOUND);
    refuses(whitelist_find(db, first.uuid, &again, &e), ERR_NOT_FOUND);
}

/* ---- on or off ---- */

static void is_on(bool expected, const char *because)
{
    const char *decided_by = "";
    bool enabled = !expected;

    must(whitelist_enabled(db, &conf, &enabled, &decided_by, &e));
    check(enabled == expected && !strcmp(decided_by, because), "LISTEN=%s, setting \"%s\": %d by %s", conf.listen,
          conf.download_whitelist_enabled, enabled, decided_by);
}

TEST(it_is_on_by_default_unless_only_this_machine_can_ask)
{
    static const struct { const char *listen; bool on; } table[] = {
        { "127.0.0.1", false }, { "127.8.7.6", false }, { "::1", false }, { "[::1]", false },
        { "::ffff:127.0.0.1", false }, { "0.0.0.0", true }, { "*", true }, { "::", true }, { "192.168.1.5", true },
        { "10.0.0.1", true }, { "::ffff:10.0.0.1", true }, { "2001:4860:4860::8888", true }, { "fe80::1", true },
        { "128.0.0.1", true }, { "::2", true }, { "", true },
    };

    conf.download_whitelist_enabled[0] = '\0';
    for (size_t i = 0; i < LENGTH(table); i++) {
        snprintf(conf.listen, sizeof conf.listen, "%s", table[i].listen);
        is_on(table[i].on, "default");
    }
}

TEST(the_switch_wins_over_the_setting_and_that_over_the_default)
{
    is_on(true, "setting");
    must(whitelist_set(db, false, &e));
    is_on(false, "switch");
    must(whitelist_set(db, true, &e));
    snprintf(conf.download_whitelist_enabled, sizeof conf.download_whitelist_enabled, "false");
    is_on(true, "switch");
    db_close(&db);
    must(db_open(&db, "t.db", &e));
    is_on(true, "switch");
    must(whitelist_unset(db, &e));
    is_on(false, "setting");
    snprintf(conf.listen, sizeof conf.listen, "0.0.0.0");
    is_on(false, "setting");
    conf.download_whitelist_enabled[0] = '\0';
    is_on(true, "default");
}

/* ---- whose is it? ---- */

static void ids_are(const struct who_clues *clues, const char *platform, const char *ids)
{
    char got[WHO_IDS * WHO_ID_BYTES] = "";
    struct who who;
    size_t n = 0;

    who_from_entry(&who, clues);
    for (int i = 0; i < who.count; i++)
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%s", i ? " " : "", who.ids[i]);
    check(!strcmp(who.platform, platform) && !strcmp(got, ids), "%s: \"%s\" of %s", clues->page_url, got, who.platform);
}

#define WATCH "https://www.youtube.com/watch?v=dQw4w9WgXcQ"

TEST(an_entry_is_told_by_what_only_its_platform_can_have_written)
{
    static const struct { struct who_clues clues; const char *platform, *ids; } table[] = {
        { { .extractor_key = "Youtube", .page_url = WATCH, .channel_id = UC, .uploader_id = "@RickAstleyYT",
            .channel_url = "https://www.youtube.com/channel/" UC,
            .uploader_url = "https://www.youtube.com/@RickAstleyYT" }, "youtube", UC " @rickastleyyt" },
        { { .extractor_key = "Youtube", .page_url = WATCH, .channel_id = UC }, "youtube", UC },
        /* As an old yt-dlp says it: a user name of another time, which is no handle. */
        { { .extractor_key = "Youtube", .page_url = WATCH, .channel_id = UC, .uploader_id = "Rick",
            .uploader_url = "http://www.youtube.com/user/Rick" }, "youtube", UC },
        { { .extractor_key = "Youtube", .page_url = WATCH, .channel = "@rickastleyyt", .uploader = UC }, "youtube",
          "" },
        { { .extractor_key = "Youtube", .page_url = WATCH,
            .uploader_url = "https://evil.example/@rickastleyyt" }, "youtube", "" },
        /* A page of somebody else that says it is of YouTube. */
        { { .extractor_key = "PeerTube", .page_url = WATCH, .channel_id = UC, .uploader_id = "@RickAstleyYT" },
          "youtube", "" },
        { { .extractor_key = "Generic", .page_url = "https://evil.example/watch", .channel_id = UC,
            .channel_url = "https://www.youtube.com/channel/" UC }, "generic", "evil.example" },
        { { .extractor_key = "PeerTube", .page_url = "https://soundcloud.com/artist/track" }, "soundcloud", "" },
        { { .page_url = WATCH, .channel_id = UC }, "youtube", "" },     /* a list that does not say whose extractor */
        { { .extractor_key = "Soundcloud", .page_url = "https://soundcloud.com/Artist/track", .uploader = "Other",
            .uploader_id = "12345", .uploader_url = "https://soundcloud.com/Artist" }, "soundcloud", "artist" },
        { { .page_url = "https://soundcloud.com/artist/track" }, "soundcloud", "artist" },
        { { .extractor_key = "Soundcloud", .page_url = "https://api.soundcloud.com/tracks/1" }, "soundcloud", "" },
        { { .extractor_key = "Bandcamp", .page_url = "https://artist.bandcamp.com/track/song", .uploader = "x",
            .uploader_id = "artist", .uploader_url = "https://artist.bandcamp.com" }, "bandcamp", "artist" },
        /* The address says one user, the site says another: the site knows. */
        { { .extractor_key = "TikTok", .page_url = "https://www.tiktok.com/@liked/video/71", .uploader = "liked",
            .channel = "liked", .uploader_url = "https://www.tiktok.com/@evil",
            .channel_url = "https://www.tiktok.com/@evil" }, "tiktok", "@evil" },
        { { .extractor_key = "TikTok", .page_url = "https://www.tiktok.com/@liked/video/71" }, "tiktok", "" },
        { { .extractor_key = "Instagram", .page_url = "https://www.instagram.com/liked/reel/Cabcdef", .channel = "evil",
            .uploader = "liked", .uploader_id = "123" }, "instagram", "evil" },
        { { .extractor_key = "Instagram", .page_url = "https://www.instagram.com/liked/reel/Cabcdef" }, "instagram",
          "" },
        { { .extractor_key = "Vimeo", .page_url = "https://vimeo.com/1", .uploader = "Staff", .uploader_id = "User123",
            .uploader_url = "https://vimeo.com/user123",
            .channel_url = "https://vimeo.com/channels/staffpicks" }, "vimeo", "user123" },
        { { .extractor_key = "Generic", .page_url = "https://cdn.example.org/x", .uploader_id = "@a" }, "generic",
          "cdn.example.org" },
        { { .page_url = "https://cdn.example.org./a.mp3" }, "direct", "cdn.example.org" },
        { { .page_url = "not a link" }, "generic", "" },
        { { .page_url = NULL }, "generic", "" },
    };

    for (size_t i = 0; i < LENGTH(table); i++)
        ids_are(&table[i].clues, table[i].platform, table[i].ids);
}

TEST(hostile_metadata_identifies_nobody)
{
    static char huge[10001];
    static const char *const values[] = { "\x01\x02", "\xff\xfe\xfd", "", " ", "@", "@@", "*", "UC", "' OR 1=1 --",
                                          huge, "\xe2\x80\xae@a" };
    struct who who;

    memset(huge, '@', sizeof huge - 1);
    for (size_t i = 0; i < LENGTH(values); i++) {
        const char *v = values[i];
        who_from_entry(&who, &(struct who_clues){ .extractor_key = "Youtube", .page_url = WATCH, .channel_id = v,
                                                  .channel_url = v, .channel = v, .uploader_id = v, .uploader_url = v,
                                                  .uploader = v });
        check(who.count == 0 && strlen(who.name) < sizeof who.name, "value %zu: %s", i, who.ids[0]);
        who_from_entry(&who, &(struct who_clues){ .extractor_key = v, .page_url = v });
        assert_int_equal(who.count, 0);
    }
    add("youtube", "@somebody");
    refuses(whitelist_check(db, &conf, &who, &e), ERR_NOT_WHITELISTED);
}

/* ---- may it? ---- */

static int check_who(const char *platform, const char *id, const char *name)
{
    struct who who = { .count = *id != '\0' };

    snprintf(who.platform, sizeof who.platform, "%s", platform);
    snprintf(who.ids[0], sizeof who.ids[0], "%s", id);
    snprintf(who.name, sizeof who.name, "%s", name);
    return whitelist_check(db, &conf, &who, &e);
}

TEST(only_what_is_listed_passes)
{
    static const struct { const char *platform, *id; bool passes; } table[] = {
        { "youtube", UC, true }, { "youtube", "UCuaXFkgsw1L7xaCfnd5JJOw", false }, { "youtube", "@rick", true },
        { "youtube", "@rickk", false }, { "youtube", "rick", false }, { "tiktok", "@rick", false },
        { "youtube", "", false }, { "soundcloud", "artist", true }, { "soundcloud", "artis", false },
        { "bandcamp", "artist", false },
        { "vimeo", "anybody", true }, { "vimeo", "", true },
        { "generic", "example.org", true }, { "generic", "media.example.org", true },
        { "generic", "a.b.c.example.org", true }, { "generic", "notexample.org", false },
        { "generic", "example.org.evil.net", false }, { "generic", "org", false }, { "generic", "other.org", false },
        { "generic", "files.example.net", false }, { "generic", "127.0.0.1", true },
        { "generic", "0.0.1", false }, { "generic", "[::1]", true }, { "generic", "intranet", true },
        { "generic", "x.intranet", false }, { "generic", "example.museum", false },
        /* Media files: what covers the pages of a host covers its files, not the other way round. */
        { "direct", "media.example.org", true }, { "direct", "files.example.net", true },
        { "direct", "example.net", false }, { "direct", "10.0.0.1", true }, { "direct", "110.0.0.1", false },
        { "spotify", "x", false }, { "nonsense", "x", false },
    };

    add("youtube", UC);
    add("youtube", "@Rick");
    add("soundcloud", "artist");
    add("vimeo", "*");
    add("generic", "example.org");
    add("generic", "127.0.0.1");
    add("generic", "http://[::1]/");
    add("generic", "intranet");
    add("generic", "museum");
    add("direct", "files.example.net");
    add("direct", "10.0.0.1");
    for (size_t i = 0; i < LENGTH(table); i++) {
        const int rc = check_who(table[i].platform, table[i].id, "Rick");
        check((rc == 0) == table[i].passes, "%s of %s: %d %s", table[i].id, table[i].platform, rc, e.text);
        check(rc == 0 || e.kind == ERR_NOT_WHITELISTED, "%s: %s", table[i].id, e.text);
    }
    conf.download_whitelist_enabled[0] = '\0';
    must(check_who("youtube", "@evil", ""));
}

TEST(any_one_of_several_identifiers_is_enough)
{
    struct who who = { .platform = "youtube", .count = 3, .ids = { UC, "@a", "@b" } };

    refuses(whitelist_check(db, &conf, &who, &e), ERR_NOT_WHITELISTED);
    add("youtube", "@B");
    must(whitelist_check(db, &conf, &who, &e));
}

static int check_link(const char *text)
{
    struct net_allow allow = { 0 };
    struct source_link link;
    struct url url;

    must(url_check(&url, text, &allow, &e));
    must(source_recognise(&link, &url, &e));
    return whitelist_check_link(db, &conf, &link, &url, &e);
}

static void links(bool pass, const char *const *list)
{
    for (; *list; list++) {
        const int rc = check_link(*list);
        check((rc == 0) == pass && (rc == 0 || e.kind == ERR_NOT_WHITELISTED), "%s: %d %s", *list, rc, e.text);
    }
}

#define pass(...)      links(true, (const char *const[]){ __VA_ARGS__, NULL })
#define are_refused(...) links(false, (const char *const[]){ __VA_ARGS__, NULL })
#define SPOTIFY "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"

TEST(a_link_is_refused_at_submit_only_for_what_it_says_itself)
{
    /* Nothing of the platform is listed. */
    are_refused(WATCH, "https://www.youtube.com/@a", "https://soundcloud.com/a/b", "https://on.soundcloud.com/x",
                "https://example.org/", "https://example.org/a.mp3", SPOTIFY, "https://vimeo.com/1");
    add("youtube", "@A");
    add("soundcloud", "a");
    add("tiktok", "@a");
    add("generic", "example.org");
    pass(WATCH, "https://www.youtube.com/@A/videos", "https://www.youtube.com/playlist?list=PL123", SPOTIFY,
         "https://www.youtube.com/channel/" UC,                 /* may be @a */
         "https://www.youtube.com/c/Other", "https://www.youtube.com/user/Other",
         "https://soundcloud.com/a/b", "https://on.soundcloud.com/x",
         "https://soundcloud.com/other/sets/mix",               /* with tracks of a, perhaps */
         "https://www.tiktok.com/@a/video/71", "https://vm.tiktok.com/x/", "https://media.example.org/a.mp3");
    are_refused("https://www.youtube.com/@other", "https://soundcloud.com/other", "https://soundcloud.com/other/b",
                "https://www.tiktok.com/@other/video/71", "https://example.net/", "https://vimeo.com/1");
    /* Once there is an entry of the other kind, @other may be that. */
    add("youtube", UC);
    pass("https://www.youtube.com/@other", "https://www.youtube.com/channel/UCaaaaaaaaaaaaaaaaaaaaaa");
    add("soundcloud", "*");
    pass("https://soundcloud.com/other");
    must(whitelist_set(db, false, &e));
    pass("https://example.net/", "https://vimeo.com/1");
}

TEST(a_search_needs_something_of_where_it_looks)
{
    refuses(whitelist_check_platform(db, &conf, "youtube", &e), ERR_NOT_WHITELISTED);
    add("youtube", "@a");
    must(whitelist_check_platform(db, &conf, "youtube", &e));
}

/* ---- what a refusal says ---- */

TEST(a_refusal_names_the_channel_and_offers_its_entry)
{
    static const struct { const char *platform, *id, *name, *text, *offered; } table[] = {
        { "youtube", UC, "Fisher Music", "the channel \"Fisher Music\" (" UC ") of youtube is not on the whitelist",
          "Fisher Music" },
        { "youtube", "@fisher", "", "the channel @fisher of youtube is not on the whitelist", "@fisher" },
        { "youtube", "@fisher", "Fisher", "the channel @fisher of youtube is not on the whitelist", "@fisher" },
        { "soundcloud", "a", "x\" (y) of z is not on the whitelist", NULL, "x\" (y) of z is not on the whitelist" },
        { "soundcloud", "a", "\" (b) of youtube", NULL, "\" (b) of youtube" },
        { "soundcloud", "a", "\"", NULL, "\"" },
        { "generic", "media.example.org", "Radio", "the host media.example.org (generic) is not on the whitelist",
          "media.example.org" },
        { "direct", "[::1]", "", "the host [::1] (direct) is not on the whitelist", "[::1]" },
    };
    struct whitelist_entry offer;

    for (size_t i = 0; i < LENGTH(table); i++) {
        refuses(check_who(table[i].platform, table[i].id, table[i].name), ERR_NOT_WHITELISTED);
        check(!table[i].text || !strcmp(e.text, table[i].text), "%s", e.text);
        check(whitelist_offer(e.text, &offer), "no offer in: %s", e.text);
        check(!strcmp(offer.platform, table[i].platform) && !strcmp(offer.channel, table[i].id) &&
              !strcmp(offer.name, table[i].offered), "%s of %s, \"%s\" in: %s", offer.channel, offer.platform,
              offer.name, e.text);
        add(offer.platform, offer.channel);
        must(check_who(table[i].platform, table[i].id, table[i].name));
        must(db_run(db_stmt(db, "DELETE FROM whitelist"), &e));
    }
}

TEST(the_longest_refusal_still_offers)
{
    char id[WHO_ID_BYTES] = "@", name[160];
    struct whitelist_entry offer;
    struct who who;

    memset(id + 1, 'a', 120);
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    refuses(check_who("youtube", id, name), ERR_NOT_WHITELISTED);
    check(whitelist_offer(e.text, &offer) && !strcmp(offer.channel, id) && !strcmp(offer.name, name), "%s", e.text);
    /* And one that is longer is cut before it gets here. */
    char longer[400];
    memset(longer, 'n', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    who_from_entry(&who, &(struct who_clues){ .extractor_key = "Youtube", .page_url = WATCH, .channel_id = UC,
                                              .channel = longer });
    refuses(whitelist_check(db, &conf, &who, &e), ERR_NOT_WHITELISTED);
    assert_true(whitelist_offer(e.text, &offer));
}

TEST(where_no_channel_is_known_nothing_is_offered)
{
    static const char *const texts[] = {
        "", "x", " is not on the whitelist", "the channel  is not on the whitelist",
        "the channel  of youtube is not on the whitelist", "the channel x of myspace is not on the whitelist",
        "the channel x of youtube is not on the whitelist.", "the channel \"a of youtube",
        "the channel \"\" ( of youtube is not on the whitelist", "the host x is not on the whitelist",
        "the host  (generic) is not on the whitelist", "nothing of youtube is on the whitelist: add the channel first",
    };
    struct whitelist_entry offer;

    for (size_t i = 0; i < LENGTH(texts); i++)
        check(!whitelist_offer(texts[i], &offer), "%s of %s in: %s", offer.channel, offer.platform, texts[i]);
    refuses(check_link(WATCH), ERR_NOT_WHITELISTED);
    assert_false(whitelist_offer(e.text, &offer));
    refuses(check_who("youtube", "", "Fisher"), ERR_NOT_WHITELISTED);
    assert_false(whitelist_offer(e.text, &offer));
}

UNIT_MAIN(UNIT(channels_are_kept_in_one_spelling), UNIT(what_names_no_channel_is_refused_by_the_field_that_is_wrong),
          UNIT(hostile_text_is_refused_or_harmless), LISTED(an_entry_is_there_once_and_goes_with_its_id),
          LISTED(it_is_on_by_default_unless_only_this_machine_can_ask),
          LISTED(the_switch_wins_over_the_setting_and_that_over_the_default),
          LISTED(an_entry_is_told_by_what_only_its_platform_can_have_written),
          LISTED(hostile_metadata_identifies_nobody), LISTED(only_what_is_listed_passes),
          LISTED(any_one_of_several_identifiers_is_enough),
          LISTED(a_link_is_refused_at_submit_only_for_what_it_says_itself),
          LISTED(a_search_needs_something_of_where_it_looks), LISTED(a_refusal_names_the_channel_and_offers_its_entry),
          LISTED(the_longest_refusal_still_offers), LISTED(where_no_channel_is_known_nothing_is_offered))
