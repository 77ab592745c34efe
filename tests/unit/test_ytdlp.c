/*
 * yt-dlp from outside: the two command lines word by word, and what is read out of what it says. The recordings in
 * data/ytdlp-<version>/ are what those versions printed.
 */
#include "unit.h"

#include <signal.h>
#include <strings.h>

#include "base/buf.h"
#include "ytdlp/args.h"
#include "ytdlp/errors.h"
#include "ytdlp/lines.h"
#include "ytdlp/ytdlp.h"

static const char *const versions[] = { "2023.03.04", "2025.04.30", "2026.10.26" };

/* ---- args ---- */

static void is_vector(const struct ytdlp_args *a, const char *const *expected)
{
    int n = 0;

    for (; expected[n]; n++)
        check(n < a->argc && strcmp(a->argv[n], expected[n]) == 0, "argument %d is %s, not %s", n,
              n < a->argc ? a->argv[n] : "(none)", expected[n]);
    check(a->argc == n && a->argv[n] == NULL, "%d arguments, not %d", a->argc, n);
}

TEST(resolve_runs_this_command_and_no_other)
{
    static const char *const expected[] = {
        "/usr/bin/yt-dlp", "--ignore-config", "--verbose", "--print-traffic", "--no-exec", "--no-playlist",
        "--no-cache-dir",
        "--socket-timeout", "20", "--extractor-retries", "3", "--fixup", "never",
        "--ffmpeg-location", "/nonexistent", "--flat-playlist", "--lazy-playlist", "--dump-json",
        "-I", "1:2", "--", "https://example.org/a", NULL,
    };
    struct ytdlp_args a;

    ytdlp_resolve_args(&a, "/usr/bin/yt-dlp", "", &(struct ytdlp_pages){ .url = "https://example.org/a", .most = 2 });
    is_vector(&a, expected);
}

TEST(download_runs_this_command_and_no_other)
{
    static const char *const expected[] = {
        "/usr/bin/yt-dlp", "--ignore-config", "--verbose", "--print-traffic", "--no-exec", "--no-playlist",
        "--no-cache-dir",
        "--socket-timeout", "20", "--extractor-retries", "3", "--fixup", "never",
        "--ffmpeg-location", "/nonexistent", "--config-locations", "/etc/yt-dlp.conf",
        "--no-mtime", "--no-overwrites", "--continue", "--abort-on-unavailable-fragments",
        "-o", "src.%(ext)s", "--write-thumbnail", "--no-write-playlist-metafiles",
        "--retries", "5", "--fragment-retries", "5", "--file-access-retries", "3", "--retry-sleep", "exp=1:20",
        "--newline", "--progress", "--progress-template",
        "download:@P %(progress.{status,downloaded_bytes,total_bytes,total_bytes_estimate,speed,eta,"
        "fragment_index,fragment_count})j",
        "--print", "after_move:@F %(filepath)j", "-f", "ba/b", "-P",
        "home:/data/1", "-P", "temp:/data/1/tmp",
        "--load-info-json", "/data/1/info.json", NULL,
    };
    struct ytdlp_args a;

    const struct ytdlp_media media = { .quality = "bestaudio", .formats = "", .info = "/data/1/info.json" };

    ytdlp_download_args(&a, "/usr/bin/yt-dlp", "/etc/yt-dlp.conf", "/data/1", &media);
    is_vector(&a, expected);
}

static void download_args(struct ytdlp_args *a, const char *quality)
{
    const struct ytdlp_media media = { .quality = quality, .formats = "", .info = "/d/info.json" };
    ytdlp_download_args(a, "yt", "c", "/d", &media);
}

static void resolve_args(struct ytdlp_args *a, const char *url)
{
    ytdlp_resolve_args(a, "yt", "c", &(struct ytdlp_pages){ .url = url, .most = 2 });
}

TEST(a_source_may_sort_out_streams)
{
    const struct ytdlp_media media = { .quality = "bestaudio", .formats = "[format_id!*=preview]",
                                       .info = "/d/info.json" };
    struct ytdlp_args a;
    int seen = 0;

    ytdlp_download_args(&a, "yt", "", "/d", &media);
    for (int i = 0; i + 1 < a.argc; i++)
        if (strcmp(a.argv[i], "-f") == 0 && ++seen)
            assert_string_equal(a.argv[i + 1], "ba[format_id!*=preview]/b[format_id!*=preview]");
    assert_int_equal(seen, 1);
}

TEST(each_quality_names_a_stream_and_what_is_unknown_names_the_best)
{
    static const char *const cases[][2] = {
        { "bestaudio", "ba/b" }, { "worstaudio", "wa/w" }, { "best", "b/ba" }, { "worst", "w/wa" },
        { "", "ba/b" }, { "best[height<=?720]", "ba/b" }, { "--exec", "ba/b" },
    };
    struct ytdlp_args a;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        download_args(&a, cases[i][0]);
        int f = 0;
        while (f < a.argc && strcmp(a.argv[f], "-f") != 0)
            f++;
        check(f + 1 < a.argc && strcmp(a.argv[f + 1], cases[i][1]) == 0, "%s", cases[i][0]);
    }
}

/* url.c would not let most of these through; the vector does not depend on that. */
TEST(nothing_that_a_submitter_wrote_becomes_an_option)
{
    static const char *const links[] = {
        "--exec=id", "-o", "--", "-", "--batch-file=/etc/passwd", "--config-locations=/tmp/x", "-a", "--netrc-cmd=id",
        "https://example.org/ --exec id", "$(id)", "`id`", "; id", "| id", "https://example.org/%(id)s", "%(exec)s", "",
        "https://example.org/\n--exec\nid", "file:///etc/passwd", "'", "\"", "\\",
    };
    struct ytdlp_args plain, hostile;

    for (size_t i = 0; i < LENGTH(links); i++) {
        resolve_args(&plain, "https://example.org/");
        resolve_args(&hostile, links[i]);
        assert_int_equal(plain.argc, hostile.argc);
        for (int k = 0; k < plain.argc - 1; k++)
            check(strcmp(plain.argv[k], hostile.argv[k]) == 0, "%s changes argument %d", links[i], k);
        assert_string_equal(hostile.argv[hostile.argc - 2], "--");
        assert_ptr_equal(hostile.argv[hostile.argc - 1], links[i]);
    }
}

/* ---- lines ---- */

/* Calls on_line for each line of a recording. */
static void replay(const char *version, const char *name, void (*on_line)(char *line, void *arg), void *arg)
{
    char path[128];

    snprintf(path, sizeof path, "tests/unit/data/ytdlp-%s/%s", version, name);
    char *text = unit_read(unit_checkout(path)), *rest = text, *line;
    while ((line = strsep(&rest, "\n")))
        on_line(line, arg);
    free(text);
}

struct download {
    int    progress, files;
    double last_fraction;
    struct ytdlp_progress last;
    char   path[128];
};

static void read_download(char *line, void *arg)
{
    struct download *d = arg;
    struct ytdlp_progress p;

    switch (ytdlp_read_line(line, &p, d->path, sizeof d->path)) {
    case YTDLP_PROGRESS:
        d->progress++;
        check(p.fraction >= d->last_fraction && p.fraction <= 1, "%s: from %g to %g", line, d->last_fraction,
              p.fraction);
        d->last_fraction = p.fraction;
        d->last = p;
        break;
    case YTDLP_FILE:
        d->files++;
        break;
    case YTDLP_OTHER:
        check(strncmp(line, "@P", 2) != 0 && strncmp(line, "@F", 2) != 0, "unread: %s", line);
    }
}

TEST(a_download_is_followed_from_its_first_byte_to_its_file)
{
    static const struct { const char *name, *path; int64_t bytes; } cases[] = {
        { "dl_http.stdout", "/w/job/src.webm", 746909 },
        { "dl_youtube_fixture.stdout", "/w/job/src.webm", 746909 },
        { "dl_hls.stdout", "/w/job/src.mp4", -1 },
    };

    for (size_t v = 0; v < LENGTH(versions); v++)
        for (size_t i = 0; i < LENGTH(cases); i++) {
            struct download d = { .last_fraction = 0 };
            replay(versions[v], cases[i].name, read_download, &d);
            check(d.progress >= 5 && d.files == 1, "%s %s: %d, %d", versions[v], cases[i].name, d.progress, d.files);
            check(strcmp(d.path, cases[i].path) == 0, "%s %s: %s", versions[v], cases[i].name, d.path);
            check(d.last_fraction == 1, "%s %s ends at %g", versions[v], cases[i].name, d.last_fraction);
            if (cases[i].bytes > 0)
                check(d.last.downloaded_bytes == cases[i].bytes && d.last.total_bytes == cases[i].bytes, "%s",
                      versions[v]);
        }
}

TEST(progress_holds_what_the_line_holds_and_says_what_is_unknown)
{
    static const struct { const char *line; struct ytdlp_progress p; } cases[] = {
        { "@P {\"downloaded_bytes\": 50, \"total_bytes\": 200, \"speed\": 10.9, \"eta\": 15}", { 50, 200, 10, 15,
                                                                                                 0.25 } },
        { "@P {\"downloaded_bytes\": 50, \"total_bytes_estimate\": 100.7, \"speed\": null}", { 50, 100, -1, -1, -1 } },
        { "@P {\"downloaded_bytes\": 9, \"total_bytes_estimate\": 10, \"fragment_index\": 1, \"fragment_count\": 4}",
          { 9, 10, -1, -1, 0.25 } },
        { "@P {}", { -1, -1, -1, -1, -1 } },
        { "@P {\"downloaded_bytes\": 300, \"total_bytes\": 200}", { 300, 200, -1, -1, 1 } },
        { "@P {\"downloaded_bytes\": -5, \"total_bytes\": \"200\", \"speed\": 1e300}", { -1, -1, -1, -1, -1 } },
        { "@P {\"downloaded_bytes\": 0, \"total_bytes\": 0}", { 0, 0, -1, -1, -1 } },
        { "@P {\"fragment_index\": 5, \"fragment_count\": 0, \"downloaded_bytes\": 1, \"total_bytes\": 2}",
          { 1, 2, -1, -1, 0.5 } },
    };
    char path[64];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ytdlp_progress p;
        const struct ytdlp_progress *x = &cases[i].p;
        check(ytdlp_read_line(cases[i].line, &p, path, sizeof path) == YTDLP_PROGRESS, "%s", cases[i].line);
        check(p.downloaded_bytes == x->downloaded_bytes && p.total_bytes == x->total_bytes &&
              p.speed_bps == x->speed_bps &&
              p.eta_s == x->eta_s && p.fraction == x->fraction, "%s: %lld of %lld, %lld/s, %lld s, %g", cases[i].line,
              (long long)p.downloaded_bytes, (long long)p.total_bytes, (long long)p.speed_bps, (long long)p.eta_s,
              p.fraction);
    }
}

TEST(a_line_that_is_not_ours_is_another)
{
    static const char *const lines[] = {
        "", "@", "@P", "@P ", "@P{}", "@X {}", " @P {}", "@P []", "@P 1", "@P \"x\"", "@P {", "@P {} {}", "@F {}", "@F",
        "@F ", "@F 7", "@F \"", "@F \"a\" \"b\"", "@F \"\\u0000\"", "[download] 10%", "@P {\"a\":\"\xff\"}", "@F null",
    };
    struct ytdlp_progress p;
    char path[16];

    for (size_t i = 0; i < LENGTH(lines); i++)
        check(ytdlp_read_line(lines[i], &p, path, sizeof path) == YTDLP_OTHER, "%s", lines[i]);
}

TEST(a_path_arrives_whole_or_not_at_all)
{
    struct ytdlp_progress p;
    char path[16];

    assert_int_equal(ytdlp_read_line("@F \"/a/\\u65e5 \\\"b\"", &p, path, sizeof path), YTDLP_FILE);
    assert_string_equal(path, "/a/日 \"b");
    assert_int_equal(ytdlp_read_line("@F \"/a/b/c/d/e/f/gh\"", &p, path, sizeof path), YTDLP_FILE);
    assert_int_equal(ytdlp_read_line("@F \"/a/b/c/d/e/f/ghi\"", &p, path, sizeof path), YTDLP_OTHER);
}

TEST(ten_thousand_damaged_lines_give_nothing_but_sane_answers)
{
    static const char *const seeds[] = {
        "@P {\"status\": \"downloading\", \"downloaded_bytes\": 1024, \"total_bytes\": 746909, "
        "\"speed\": 1.5, \"eta\": 2}",
        "@P {\"downloaded_bytes\": 9, \"total_bytes_estimate\": 10.5, \"fragment_index\": 1, \"fragment_count\": 4}",
        "@F \"/w/job/src.webm\"",
        "{\"id\": \"abcdefghijk\", \"title\": \"t\\u00edtulo\", \"url\": \"http://127.0.0.1/a\", \"duration\": 60, "
        "\"upload_date\": \"20260102\", \"live_status\": \"is_live\", \"_type\": \"url\"}",
    };
    struct ytdlp_progress p;
    static struct ytdlp_entry entry;
    char line[512], path[32];
    struct err e;

    srand(3);
    for (int i = 0; i < 10000; i++) {
        snprintf(line, sizeof line, "%s", seeds[rand() % (int)LENGTH(seeds)]);
        for (int k = rand() % 6; k >= 0; k--)
            line[rand() % (int)strlen(line)] = (char)(rand() % 255 + 1);
        if (rand() % 5 == 0)
            line[rand() % (int)strlen(line)] = '\0';
        memset(path, 'x', sizeof path);
        switch (ytdlp_read_line(line, &p, path, sizeof path)) {
        case YTDLP_PROGRESS:
            check(p.downloaded_bytes >= -1 && p.total_bytes >= -1 && p.speed_bps >= -1 && p.eta_s >= -1, "%s", line);
            check(p.fraction == -1 || (p.fraction >= 0 && p.fraction <= 1), "%s: %g", line, p.fraction);
            break;
        case YTDLP_FILE:
            check(memchr(path, '\0', sizeof path) != NULL, "%s", line);
            break;
        case YTDLP_OTHER:
            break;
        }
        if (ytdlp_read_entry(line, &entry, &e) == 0)
            check(entry.info.duration_ms >= -1 && entry.size_bytes >= -1 && entry.info.track_number >= 0, "%s", line);
        else
            check(*e.text && (e.kind == ERR_SYSTEM || e.kind == ERR_DRM), "%s: %s", line,
                  e.text);
        ytdlp_entry_free(&entry);
    }
}

/* ---- entries ---- */

struct entries {
    int                count;
    struct ytdlp_entry list[8];
};

static void read_entries(char *line, void *arg)
{
    struct entries *found = arg;
    struct err e;

    if (*line)
        check(ytdlp_read_entry(line, &found->list[found->count++], &e) == 0, "%s: %s", line, e.text);
}

static void forget(struct entries *found)
{
    for (int i = 0; i < found->count; i++)
        ytdlp_entry_free(&found->list[i]);
    found->count = 0;
}

TEST(entries_of_three_versions_read_alike)
{
    static struct entries found;

    for (size_t v = 0; v < LENGTH(versions); v++) {
        const struct track_info *k = &found.list[0].info;
        found.count = 0;
        replay(versions[v], "resolve_video.stdout", read_entries, &found);
        assert_int_equal(found.count, 1);
        assert_string_equal(k->source_id, "abcdefghijk");
        assert_string_equal(k->title, "“один” / 日本");
        assert_string_equal(k->url, "https://www.youtube.com/watch?v=abcdefghijk");
        assert_string_equal(k->extractor, "Youtube");
        assert_string_equal(k->artist, "Fixture título abcdefghijk");
        assert_string_equal(k->channel_id, "UCfixture");
        assert_string_equal(k->thumbnail_url, "http://127.0.0.1:18777/files/thumb.jpg");
        assert_string_equal(k->uploader, "Fixture Artist");
        assert_string_equal(k->release_date, "2026-01-02");
        assert_int_equal(k->duration_ms, 60000);
        assert_int_equal(found.list[0].size_bytes, -1);
        assert_false(found.list[0].is_live || found.list[0].in_list || found.list[0].is_reference);
        assert_int_equal(found.list[0].refusal, ERR_NONE);

        forget(&found);
        replay(versions[v], "resolve_playlist.stdout", read_entries, &found);
        assert_true(found.count >= 3);
        assert_true(found.list[1].in_list && found.list[1].is_reference);
        assert_string_equal(found.list[1].list_id, "PL3");
        assert_string_equal(found.list[1].list_title, "Fixture list");
        assert_int_equal(found.list[1].list_index, 2);
        assert_int_equal(found.list[1].list_items, -1);
        assert_int_equal(found.list[1].refusal, ERR_NONE);
        assert_int_equal(found.list[1].meta.texts[META_TITLE].from, META_FROM_LIST);
        assert_true(found.list[2].is_gone);
        assert_int_equal(found.list[2].refusal, ERR_LOGIN_REQUIRED);
        assert_string_equal(found.list[1].info.source_id, "PL3xxx00002");
        assert_string_equal(found.list[1].info.url, "https://www.youtube.com/watch?v=PL3xxx00002");

        forget(&found);
        replay(versions[v], "resolve_rss.stdout", read_entries, &found);
        assert_int_equal(found.count, 3);
        assert_true(found.list[0].in_list && found.list[0].is_reference);
        assert_int_equal(found.list[0].list_items, 3);
        assert_string_equal(k->url, "http://127.0.0.1:18777/files/tone.mp3");
        assert_string_equal(k->album, "Fixture Cast");
        assert_string_equal(k->artist, "Fixture Cast");
        assert_string_equal(k->title, "Ep 1 & co");
        assert_string_equal(k->release_date, "2026-01-01");
        assert_int_equal(k->duration_ms, -1);
        forget(&found);
    }
}

TEST(an_entry_takes_each_field_from_the_first_member_that_has_it)
{
    static struct ytdlp_entry n;
    struct err e;

#define READ(line)                                                                                              \
    do {                                                                                                        \
        ytdlp_entry_free(&n);                                                                                   \
        check(ytdlp_read_entry(line, &n, &e) == 0, "%s: %s", line, e.text);                                     \
    } while (0)
    READ("{\"id\":\"1\",\"track\":\"Track\",\"title\":\"Title\",\"artist\":\"Artist\",\"uploader\":\"Up\","
         "\"album\":\"Al\","
         "\"album_artist\":\"AA\",\"genre\":\"G\",\"track_number\":7,\"release_date\":\"20250102\","
         "\"upload_date\":\"20260102\","
         "\"filesize\":123,\"duration\":1.2345}");
    assert_string_equal(n.info.title, "Track");
    assert_string_equal(n.info.artist, "Artist");
    assert_string_equal(n.info.album_artist, "AA");
    assert_string_equal(n.info.release_date, "2025-01-02");
    assert_int_equal(n.info.track_number, 7);
    assert_int_equal(n.info.duration_ms, 1235);
    assert_int_equal(n.size_bytes, 123);
    READ("{\"id\":\"1\",\"title\":null,\"fulltitle\":\"Full\",\"artist\":\"\",\"channel\":\"Ch\","
         "\"release_year\":1999}");
    assert_string_equal(n.info.title, "Full");
    assert_string_equal(n.info.artist, "Ch");
    assert_string_equal(n.info.uploader, "Ch");
    assert_string_equal(n.info.release_date, "1999");
    READ("{\"id\":\"only an id\"}");
    assert_string_equal(n.info.title, "only an id");
    READ("{\"id\":\"1\",\"_type\":\"url\",\"url\":\"https://a.example/\",\"webpage_url\":\"https://b.example/\"}");
    assert_true(n.is_reference);
    assert_string_equal(n.info.url, "https://a.example/");
    READ("{\"id\":\"1\",\"_type\":\"url_transparent\",\"url\":\"https://a.example/\"}");
    assert_true(n.is_reference);
    READ("{\"id\":\"1\",\"_type\":\"video\",\"url\":\"https://cdn.example/x.webm\","
         "\"webpage_url\":\"https://b.example/\"}");
    assert_false(n.is_reference);
    assert_string_equal(n.info.url, "https://b.example/");
    ytdlp_entry_free(&n);
}

TEST(nonsense_in_an_entry_is_unknown_and_not_believed)
{
    static const char *const bad_dates[] = { "2026-01-02", "202601", "2026010x", "", "20260102T" };
    static struct ytdlp_entry n;
    struct err e;
    char text[200];

    for (size_t i = 0; i < LENGTH(bad_dates); i++) {
        snprintf(text, sizeof text, "{\"id\":\"1\",\"upload_date\":\"%s\"}", bad_dates[i]);
        READ(text);
        check(*n.info.release_date == '\0', "%s gives %s", bad_dates[i], n.info.release_date);
    }
    READ("{\"id\":\"1\",\"duration\":-5,\"filesize\":-1,\"track_number\":-2,\"release_year\":99999}");
    assert_int_equal(n.info.duration_ms, -1);
    assert_int_equal(n.size_bytes, -1);
    assert_int_equal(n.info.track_number, 0);
    assert_string_equal(n.info.release_date, "");
    READ("{\"id\":\"1\",\"duration\":1e300,\"filesize\":1e300,\"track_number\":1e300,\"title\":7,\"artist\":[\"x\"]}");
    assert_int_equal(n.info.duration_ms, -1);
    assert_int_equal(n.info.track_number, 0);
    assert_string_equal(n.info.title, "1");
    READ("{\"id\":\"1\",\"duration\":\"60\",\"filesize\":\"1\"}");
    assert_int_equal(n.info.duration_ms, -1);
    ytdlp_entry_free(&n);
}

TEST(live_and_protected_entries_are_told_apart)
{
    static const struct { const char *text; bool live; } cases[] = {
        { "{\"id\":\"1\",\"live_status\":\"is_live\"}", true },
                { "{\"id\":\"1\",\"live_status\":\"is_upcoming\"}", true },
        { "{\"id\":\"1\",\"is_live\":true}", true },                { "{\"id\":\"1\",\"live_status\":\"was_live\"}",
                                                                      false },
        { "{\"id\":\"1\",\"live_status\":\"not_live\"}", false },   { "{\"id\":\"1\",\"live_status\":null}", false },
        { "{\"id\":\"1\",\"is_live\":\"true\"}", false },
    };
    static struct ytdlp_entry n;
    struct err e;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        READ(cases[i].text);
        check(n.is_live == cases[i].live && n.refusal == (n.is_live ? ERR_LIVE : ERR_NONE), "%s", cases[i].text);
    }
    ytdlp_entry_free(&n);
    assert_int_equal(ytdlp_read_entry("{\"id\":\"1\",\"_has_drm\":true}", &n, &e), -1);
    assert_int_equal(e.kind, ERR_DRM);
    READ("{\"id\":\"1\",\"_has_drm\":null}");
}

#define LISTED "{\"id\":\"1\",\"_type\":\"url\",\"url\":\"https://a.example/\","                                     \
               "\"playlist_id\":\"L\",\"playlist_index\":4,"

TEST(a_list_says_which_of_its_entries_cannot_be_had)
{
    static const struct { const char *text; enum err_kind refusal; bool gone, live; } cases[] = {
        { LISTED "\"title\":\"[Private video]\"}", ERR_LOGIN_REQUIRED, true, false },
        { LISTED "\"title\":\"[Deleted video]\"}", ERR_UNAVAILABLE, true, false },
        { LISTED "\"title\":\"Private video\"}", ERR_NONE, false, false },
        { LISTED "\"availability\":\"private\"}", ERR_LOGIN_REQUIRED, true, false },
        { LISTED "\"availability\":\"premium_only\"}", ERR_LOGIN_REQUIRED, true, false },
        { LISTED "\"availability\":\"subscriber_only\"}", ERR_LOGIN_REQUIRED, true, false },
        { LISTED "\"availability\":\"unlisted\"}", ERR_NONE, false, false },
        { LISTED "\"live_status\":\"is_upcoming\"}", ERR_LIVE, false, true },
        { LISTED "\"live_status\":\"was_live\"}", ERR_NONE, false, false },
        { "{\"id\":\"1\",\"title\":\"read with cookies\",\"availability\":\"subscriber_only\"}", ERR_NONE, false,
          false },
    };
    static struct ytdlp_entry n;
    struct err e;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        READ(cases[i].text);
        check(n.refusal == cases[i].refusal && n.is_gone == cases[i].gone && n.is_live == cases[i].live, "%s: %d",
              cases[i].text, n.refusal);
        check((n.refusal != ERR_NONE) == (*n.refusal_text != '\0'), "%s", cases[i].text);
    }
    ytdlp_entry_free(&n);
}

TEST(an_entry_says_which_list_it_stands_in)
{
    static struct ytdlp_entry n;
    struct err e;

    READ(LISTED "\"playlist_title\":\"Mix\",\"playlist_uploader\":\"Somebody\",\"playlist_count\":200,"
        "\"n_entries\":50}");
    assert_true(n.in_list && !n.is_list);
    assert_string_equal(n.list_id, "L");
    assert_string_equal(n.list_title, "Mix");
    assert_string_equal(n.list_uploader, "Somebody");
    assert_int_equal(n.list_index, 4);
    assert_int_equal(n.list_items, 200);
    READ(LISTED "\"playlist_count\":null,\"n_entries\":50}");
    assert_int_equal(n.list_items, 50);
    READ(LISTED "\"playlist_count\":null,\"n_entries\":null}");
    assert_int_equal(n.list_items, -1);
    READ("{\"id\":\"1\",\"url\":\"https://a.example/\",\"playlist\":null,\"playlist_id\":null,"
        "\"playlist_index\":null}");
    assert_false(n.in_list);
    assert_int_equal(n.list_index, -1);
    READ("{\"url\":\"https://a.example/\",\"_type\":\"url\",\"playlist_index\":1}");
    assert_true(n.in_list);
    READ(LISTED "\"ie_key\":\"YoutubeTab\"}");
    assert_true(n.is_list);
    READ(LISTED "\"ie_key\":\"Youtube\"}");
    assert_false(n.is_list);
    READ(LISTED "\"ie_key\":\"BandcampAlbum\"}");
    assert_true(n.is_list);
    ytdlp_entry_free(&n);
}

TEST(an_entry_of_a_feed_keeps_what_the_feed_said)
{
    static struct ytdlp_entry n;
    struct err e;

    READ("{\"_type\":\"url_transparent\",\"url\":\"https://cdn.example/a.mp3#__youtubedl_smuggle=%7B%22x%22%3A+1%7D\","
         "\"title\":\"Guest - Topic 1\",\"description\":\"long\",\"timestamp\":1767261600,\"duration\":3723,"
         "\"thumbnail\":\"https://cdn.example/a.jpg\",\"episode\":null,\"extractor_key\":\"Generic\","
         "\"playlist_id\":\"https://cast.example/feed.rss\",\"playlist_title\":\"Cast\",\"playlist_index\":1,"
         "\"upload_date\":\"20260101\",\"webpage_url\":\"https://cdn.example/a.mp3#__youtubedl_smuggle=%7B%7D\"}");
    assert_string_equal(n.info.url, "https://cdn.example/a.mp3");
    assert_string_equal(n.info.title, "Guest - Topic 1");
    assert_string_equal(n.info.artist, "Cast");
    assert_string_equal(n.info.album, "Cast");
    assert_string_equal(n.info.release_date, "2026-01-01");
    assert_string_equal(n.info.thumbnail_url, "https://cdn.example/a.jpg");
    assert_string_equal(meta_text(&n.meta, META_DESCRIPTION), "long");
    assert_int_equal(n.info.duration_ms, 3723000);
    assert_true(n.in_list && n.is_reference);
    ytdlp_entry_free(&n);
}
#undef READ

static int note_target(void *arg, const char *url, bool is_picture, struct err *targets_err)
{
    struct buf *seen = arg;

    buf_printf(seen, "%s%s ", is_picture ? "picture " : "", url);
    return strstr(url, "stop") ? err_set(targets_err, ERR_UNSUPPORTED, "stop") : 0;
}

TEST(each_address_that_yt_dlp_would_fetch_is_shown_to_the_check)
{
    static const char entry[] =
        "{\"id\":\"1\",\"url\":\"http://a/\",\"webpage_url\":\"http://b/\",\"thumbnail\":\"http://c/\","
        "\"formats\":[{\"url\":\"http://d/\",\"manifest_url\":\"http://e/\"},{\"fragment_base_url\":\"http://f/\","
        "\"fragments\":[{\"path\":\"x\"},{\"url\":\"HTTP://h/\"}]},7],"
        "\"thumbnails\":[{\"url\":\"http://g/\"}]}";
    struct buf seen = BUF_INIT(1000);
    struct err e;

    assert_int_equal(ytdlp_each_target(entry, note_target, &seen, &e), 0);
    assert_string_equal(buf_text(&seen), "http://a/ http://b/ picture http://c/ http://d/ http://e/ http://f/ "
                                         "HTTP://h/ picture http://g/ ");
    buf_clear(&seen);
    assert_int_equal(ytdlp_each_target("{\"url\":\"http://stop/\",\"webpage_url\":\"x\"}", note_target, &seen, &e), -1);
    assert_int_equal(e.kind, ERR_UNSUPPORTED);
    assert_string_equal(buf_text(&seen), "http://stop/ ");
    assert_int_equal(ytdlp_each_target("{", note_target, &seen, &e), -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    buf_free(&seen);
}

TEST(what_is_no_entry_is_refused)
{
    static const char *const bad[] = { "", "{}", "[]", "null", "7", "\"id\"", "{\"title\":\"x\"}", "{\"id\":7}",
                                       "{\"id\":\"1\"", "[download] x",
                                       "{\"id\":\"1\"} {\"id\":\"2\"}" };
    static struct ytdlp_entry n;
    struct err e;

    for (size_t i = 0; i < LENGTH(bad); i++)
        check(ytdlp_read_entry(bad[i], &n, &e) == -1 && e.kind == ERR_SYSTEM, "%s passes", bad[i]);
}

/* ---- complaints ---- */

static void note(char *line, void *arg)
{
    ytdlp_note_line(arg, line);
}

TEST(real_complaints_of_three_versions_have_their_kind)
{
    static const struct { const char *name; enum err_kind kind; const char *text; bool stale; } cases[] = {
        { "err_429_data.stderr", ERR_RATE_LIMITED, "HTTP Error 429", false },
        { "err_429_page.stderr", ERR_RATE_LIMITED, "HTTP Error 429", false },
        { "err_fragment.stderr", ERR_NETWORK, "fragment 4 not found", true },
        { "err_geo.stderr", ERR_GEO_BLOCKED, "in your country", false },
        { "err_private.stderr", ERR_LOGIN_REQUIRED, "Private video", false },
        { "err_unsupported.stderr", ERR_UNSUPPORTED, "Unsupported URL", false },
    };

    for (size_t v = 0; v < LENGTH(versions); v++)
        for (size_t i = 0; i < LENGTH(cases); i++) {
            struct ytdlp_complaint c = { 0 };
            struct err e;
            replay(versions[v], cases[i].name, note, &c);
            assert_int_equal(ytdlp_classify(&c, 1, &e), -1);
            check(e.kind == cases[i].kind, "%s %s: %s (%s)", versions[v], cases[i].name, err_class(e.kind)->name,
                  e.text);
            check(strstr(e.text, cases[i].text) && !strstr(e.text, "ERROR:"), "%s %s: %s", versions[v], cases[i].name,
                  e.text);
            check(ytdlp_is_stale_partial(&c) == cases[i].stale, "%s %s", versions[v], cases[i].name);
        }
}

static enum err_kind kind_of(const char *warning, const char *error)
{
    struct ytdlp_complaint c = { 0 };
    struct err e;

    if (warning)
        ytdlp_note_line(&c, warning);
    ytdlp_note_line(&c, error);
    ytdlp_classify(&c, 1, &e);
    return e.kind;
}

#define REPORT                                                                                                         \
    "; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= , filling out the appropriate issue "   \
    "template. Confirm you are on the latest version using  yt-dlp -U"
#define COOKIES                                                                                                        \
    ". Use --cookies-from-browser or --cookies for the authentication. See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ" \
    "#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies"

TEST(what_platforms_say_has_the_kind_that_helps)
{
    static const struct { const char *line; enum err_kind kind; } cases[] = {
        { "ERROR: [youtube] abcdefghijk: Sign in to confirm you\xe2\x80\x99re not a bot. Use --cookies-from-browser "
          "or --cookies "
          "for the authentication.", ERR_BOT_CHECK },
        { "ERROR: [youtube] abcdefghijk: Sign in to confirm you're not a bot", ERR_BOT_CHECK },
        { "ERROR: [youtube] abcdefghijk: Video unavailable. This content isn't available, try again "
          "later. Your account has "
          "been rate-limited by YouTube for up to an hour.", ERR_RATE_LIMITED },
        { "ERROR: [youtube] abcdefghijk: Video unavailable", ERR_UNAVAILABLE },
        { "ERROR: [youtube] abcdefghijk: Video unavailable. This video has been removed by the uploader",
          ERR_UNAVAILABLE },
        { "ERROR: [youtube] abcdefghijk: Video unavailable. This video is no longer available because "
          "the YouTube account "
          "associated with this video has been terminated.", ERR_UNAVAILABLE },
        { "ERROR: [youtube] abcdefghijk: Private video. Sign in if you've been granted access to this video",
          ERR_LOGIN_REQUIRED },
        { "ERROR: [youtube] abcdefghijk: Join this channel to get access to members-only content like this video",
          ERR_LOGIN_REQUIRED },
        { "ERROR: [youtube] abcdefghijk: Sign in to confirm your age. This video may be inappropriate for some users.",
          ERR_AGE_RESTRICTED },
        { "ERROR: [youtube] abcdefghijk: The uploader has not made this video available in your country",
          ERR_GEO_BLOCKED },
        { "ERROR: [vimeo] 1: This video is not available from your location due to geo restriction", ERR_GEO_BLOCKED },
        { "ERROR: [youtube] abcdefghijk: This video is DRM protected", ERR_DRM },
        { "ERROR: [youtube] abcdefghijk: Premieres in 3 hours", ERR_LIVE },
        { "ERROR: [youtube] abcdefghijk: This live event will begin in 5 days.", ERR_LIVE },
        { "ERROR: [youtube] abcdefghijk: Requested format is not available. Use --list-formats", ERR_NO_FORMAT },
        { "ERROR: [generic] Unable to download webpage: HTTP Error 403: Forbidden (caused by <HTTPError "
          "403: Forbidden>)",
          ERR_FORBIDDEN },
        { "ERROR: unable to download video data: HTTP Error 403: Forbidden", ERR_FORBIDDEN },
        { "ERROR: [generic] Unable to download webpage: HTTP Error 404: Not Found", ERR_UNAVAILABLE },
        { "ERROR: [generic] Unable to download webpage: HTTP Error 410: Gone", ERR_UNAVAILABLE },
        { "ERROR: [generic] Unable to download webpage: HTTP Error 401: Unauthorized", ERR_LOGIN_REQUIRED },
        { "ERROR: [generic] Unable to download webpage: HTTP Error 451: Unavailable For Legal Reasons",
          ERR_GEO_BLOCKED },
        { "ERROR: [generic] Unable to download webpage: HTTP Error 503: Service Unavailable", ERR_NETWORK },
        { "ERROR: [generic] Unable to download webpage: HTTP Error 500: Internal Server Error", ERR_NETWORK },
        { "ERROR: unable to download video data: HTTP Error 416: Requested range not satisfiable", ERR_NETWORK },
        { "ERROR: [generic] None: Unable to download webpage: <urlopen error [Errno 111] Connection "
          "refused> (caused by "
          "URLError(ConnectionRefusedError(111, 'Connection refused'))); please report this issue on  "
          "https://github.com/",
          ERR_NETWORK },
        { "ERROR: [generic] None: Unable to download webpage: The read operation timed out", ERR_NETWORK },
        { "ERROR: [generic] a: Unable to download webpage: <urlopen error [Errno -2] Name or service not known>",
          ERR_NETWORK },
        { "ERROR: [download] Got error: 1024 bytes read, 5120 more expected. Giving up after 5 retries", ERR_NETWORK },
        { "ERROR: Unsupported URL: https://example.org/", ERR_UNSUPPORTED },
        { "ERROR: [generic] 'x' is not a valid URL. Set --default-search", ERR_UNSUPPORTED },
        { "ERROR: unable to write data: [Errno 28] No space left on device", ERR_DISK },
        { "ERROR: unable to write data: [Errno 27] File too large", ERR_TOO_LARGE },
        { "ERROR: The downloaded file is empty", ERR_BAD_MEDIA },
        { "ERROR: [youtube] abcdefghijk: Unable to extract initial data; please report this issue on "
          " https://github.com/",
          ERR_OUTDATED_TOOL },
        { "ERROR: [instagram] x: Requested content is not available, rate-limit reached or login required. "
          "Use --cookies",
          ERR_RATE_LIMITED },
        { "ERROR: [soundcloud] 1: This track is only available for registered users", ERR_LOGIN_REQUIRED },
        { "ERROR: [tiktok] 7: Video not available, status code 100004" REPORT, ERR_UNAVAILABLE },
        { "ERROR: [tiktok] 7: Your IP address is blocked from accessing this post", ERR_BOT_CHECK },
        { "ERROR: [tiktok] 7: This post may not be comfortable for some audiences. Log in for access" COOKIES,
          ERR_AGE_RESTRICTED },
        { "ERROR: [tiktok:user] a: This account does not have any videos posted", ERR_UNSUPPORTED },
        { "ERROR: [tiktok:live] a: The channel is not currently live", ERR_LIVE },
        { "ERROR: [vimeo] 1: This request has been blocked due to its TLS fingerprint. Install a required "
          "impersonation dependency if possible, or else if you are okay with compromising your security/cookies, try "
          "replacing \"https:\" with \"http:\" in the input URL. If you are using a data center IP or VPN/proxy, "
          "your IP may be blocked.", ERR_BOT_CHECK },
        { "ERROR: [vimeo] 1: Got HTTP Error 403. If you are using a data center IP or VPN/proxy, your IP may be "
          "blocked", ERR_BOT_CHECK },
        { "ERROR: [generic] a: Unable to download webpage: <urlopen error EOF occurred (TLS)>", ERR_NETWORK },
        { "ERROR: [vimeo] 1: This video is protected by a password, use the --video-password option",
          ERR_LOGIN_REQUIRED },
        { "ERROR: [vimeo] 1: Cannot download embed-only video without embedding URL. Please call yt-dlp with the URL "
          "of the page that embeds this video.", ERR_UNSUPPORTED },
        { "ERROR: [vimeo] 1: This live event is scheduled for 2099-12-31 12:00:00+00:00", ERR_LIVE },
        { "ERROR: [vimeo] 1: The requested video couldn't be found. Authentication may be needed due to your location. "
          "Use --cookies, --cookies-from-browser, --username and --password, --netrc-cmd, or --netrc (vimeo) to "
          "provide account credentials", ERR_LOGIN_REQUIRED },
        { "ERROR: [youtube:tab] @a: This channel does not have a videos tab", ERR_UNSUPPORTED },
        { "ERROR: [youtube:tab] PL1: YouTube said: This playlist type is unviewable.", ERR_UNSUPPORTED },
        { "ERROR: [youtube:tab] PL1: YouTube said: Unknown error.", ERR_NETWORK },
        { "ERROR: [youtube:tab] PL1: YouTube said: The playlist does not exist.", ERR_UNAVAILABLE },
        { "ERROR: [youtube:tab] @a: Unable to recognize tab page" REPORT, ERR_UNSUPPORTED },
        { "ERROR: [youtube] a: This live stream recording is not available.", ERR_UNAVAILABLE },
        { "ERROR: [youtube] a: Premiere will begin shortly", ERR_LIVE },
        { "ERROR: [youtube] a: This video requires payment to watch.", ERR_LOGIN_REQUIRED },
        { "ERROR: [youtube] a: This video is only available to Music Premium members", ERR_LOGIN_REQUIRED },
        { "ERROR: [Instagram] C: There is no video in this post", ERR_UNSUPPORTED },
        { "ERROR: [Instagram] C: Restricted Video: You must be 18 years old or over to see this video" COOKIES,
          ERR_AGE_RESTRICTED },
        { "ERROR: [Instagram] C: Geo-restricted Video: This video isn't available in your location.", ERR_GEO_BLOCKED },
        { "ERROR: [Instagram] C: Instagram sent an empty media response. Check if this post is accessible in your "
          "browser without being logged-in. If it is not, then use --cookies-from-browser or --cookies for the "
          "authentication", ERR_LOGIN_REQUIRED },
        { "ERROR: [Bandcamp:album] a: The page doesn't contain any tracks" REPORT, ERR_UNSUPPORTED },
        { "ERROR: something that nobody has seen yet", ERR_SYSTEM },
    };

    for (size_t i = 0; i < LENGTH(cases); i++)
        check(kind_of(NULL, cases[i].line) == cases[i].kind, "%s: %s", cases[i].line,
              err_class(kind_of(NULL, cases[i].line))->name);
}

TEST(people_read_what_happened_and_not_what_developers_are_told)
{
    static const struct { const char *line, *text; } cases[] = {
        { "ERROR: [tiktok] 7: Video not available, status code 100004" REPORT,
          "Video not available, status code 100004" },
        { "ERROR: [youtube] a: Private video. Sign in if you've been granted access to this video" COOKIES,
          "Private video. Sign in if you've been granted access to this video." },
        { "ERROR: [Instagram] C: Instagram sent an empty media response. Check if this post is accessible in your "
          "browser without being logged-in. If it is not, then use --cookies-from-browser or --cookies for the "
          "authentication", "Instagram sent an empty media response. Check if this post is accessible in your browser "
          "without being logged-in." },
        { "ERROR: [generic] Unable to download webpage: HTTP Error 404: Not Found (caused by <HTTPError 404: Not "
          "Found>)", "Unable to download webpage: HTTP Error 404: Not Found" },
        { "ERROR: [generic] a: Unable to download webpage: <urlopen error [Errno 111] Connection refused> (caused by "
          "URLError(ConnectionRefusedError(111, 'Connection refused')))" REPORT,
          "the source's server refuses the connection" },
        { "ERROR: Unsupported URL: http://127.0.0.1:1/x", "yt-dlp finds nothing to play at this link "
          "(Unsupported URL)" },
        { "ERROR: [vimeo] 1: This video is protected by a secret, use the --secret option",
          "This video is protected by a secret" },
        { "ERROR: [youtube] a: Video unavailable. The current session has been rate-limited by YouTube for up to an "
          "hour. It is recommended to use `-t sleep` to add a delay", "Video unavailable. The current session has "
          "been rate-limited by YouTube for up to an hour." },
        { "ERROR: [a] b: Requested format is not available. Use --list-formats for a list of available formats",
          "Requested format is not available." },
        { "ERROR: [a] b: one; two. three", "one; two. three" },
        { "ERROR: [a] b: v1.2 of example.org broke", "v1.2 of example.org broke" },
        { "ERROR: [a] b: --all advice", "yt-dlp gave up without saying why" },
        { "ERROR: [a] b: Please report this issue", "yt-dlp gave up without saying why" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ytdlp_complaint c = { 0 };
        struct err e;
        ytdlp_note_line(&c, cases[i].line);
        ytdlp_classify(&c, 1, &e);
        check(strcmp(e.text, cases[i].text) == 0, "%s: \"%s\"", cases[i].line, e.text);
    }
}

/* The link is part of some complaints; it must not choose their kind. */
TEST(a_link_cannot_choose_its_error)
{
    static const char *const words[] = { "rate-limit", "age-restricted", "members-only", "terminated", "fragment",
                                         "SSL", "TLS",
                                         "ssl-tls", "HTTP%20Error%20429" };
    char line[200];

    for (size_t i = 0; i < LENGTH(words); i++) {
        snprintf(line, sizeof line, "ERROR: Unsupported URL: https://example.org/why-%s", words[i]);
        check(kind_of(NULL, line) == ERR_UNSUPPORTED, "%s: %s", line, err_class(kind_of(NULL, line))->name);
    }
}

TEST(the_last_complaint_counts_and_only_whole_lines_are_complaints)
{
    struct ytdlp_complaint c = { 0 };
    struct err e;

    ytdlp_note_line(&c, "ERROR: [download] Got error: HTTP Error 404: Not Found. Giving up after 5 retries");
    ytdlp_note_line(&c, "    self.trouble(f'{self._format_err(\"ERROR:\", self.Styles.ERROR)} {message}')");
    ytdlp_note_line(&c, "WARNING: ERROR: not this");
    ytdlp_note_line(&c, "[debug] ERROR: nor this");
    ytdlp_note_line(&c, "");
    ytdlp_classify(&c, 1, &e);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    ytdlp_note_line(&c, "ERROR: fragment 4 not found, unable to continue");
    ytdlp_classify(&c, 1, &e);
    assert_int_equal(e.kind, ERR_NETWORK);
    assert_string_equal(e.text, "fragment 4 not found, unable to continue");
}

TEST(the_extractor_and_the_id_are_dropped_and_nothing_else)
{
    static const char *const cases[][2] = {
        { "ERROR: [youtube] abcdefghijk: Video unavailable", "Video unavailable" },
        { "ERROR: [fixture:youtube] geogeog0001: Not here", "Not here" },
        { "ERROR: [generic] Unable to download webpage: no", "Unable to download webpage: no" },
        { "ERROR: [download] Got error: HTTP", "Got error: HTTP" },
        { "ERROR: plain", "plain" },
        { "ERROR: [unclosed text", "[unclosed text" },
        { "ERROR:no space", "no space" },
        { "ERROR: [a]", "" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ytdlp_complaint c = { 0 };
        ytdlp_note_line(&c, cases[i][0]);
        check(strcmp(c.error, cases[i][1]) == 0, "%s: \"%s\"", cases[i][0], c.error);
    }
}

TEST(a_missing_runtime_explains_missing_formats_and_unknown_errors_only)
{
    static const char *const warning = "WARNING: [youtube] No supported JavaScript runtime could be found.";

    assert_int_equal(kind_of(warning, "ERROR: [youtube] a: Requested format is not available"), ERR_OUTDATED_TOOL);
    assert_int_equal(kind_of(warning, "ERROR: never seen"), ERR_OUTDATED_TOOL);
    assert_int_equal(kind_of(warning, "ERROR: [youtube] a: Private video"), ERR_LOGIN_REQUIRED);
    assert_int_equal(kind_of(warning, "ERROR: unable to download video data: HTTP Error 429: x"), ERR_RATE_LIMITED);
    assert_int_equal(kind_of("WARNING: something else", "ERROR: [youtube] a: Requested format is not available"),
                     ERR_NO_FORMAT);
    assert_int_equal(kind_of("[debug] No supported JavaScript runtime", "ERROR: never seen"), ERR_SYSTEM);
}

TEST(without_a_complaint_the_exit_code_is_all_there_is)
{
    const struct ytdlp_complaint silent = { 0 };
    struct err e;

    ytdlp_classify(&silent, 1, &e);
    assert_int_equal(e.kind, ERR_SYSTEM);
    assert_non_null(strstr(e.text, "1"));
    ytdlp_classify(&silent, 128 + 9, &e);
    assert_int_equal(e.kind, ERR_CRASHED);
    assert_non_null(strstr(e.text, "9"));
    ytdlp_classify(&silent, 128 + SIGXCPU, &e);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
}

/* Limits are the kernel's; any program shows them. */
static enum err_kind run_limited(const char *script, int64_t cpu_s, int64_t memory_bytes)
{
    const char *const argv[] = { "/usr/bin/python3", "-c", script, NULL };
    const struct ytdlp_run run = { .argv = argv, .dir = "/tmp", .mark = "DUBPLATE_TASK=test", .timeout_ms = 60000,
                                   .line_bytes = 4096, .cpu_s = cpu_s, .memory_bytes = memory_bytes };
    struct ytdlp_complaint complaint;
    int64_t cpu_ms = 0;
    struct err e = { 0 };

    return ytdlp_run(&run, &complaint, &cpu_ms, &e) ? e.kind : ERR_NONE;
}

TEST(reading_a_page_has_limits_of_its_own)
{
    assert_int_equal(run_limited("while True: pass", 1, 0), ERR_TOO_LARGE);
    assert_int_equal(run_limited("len(bytearray(600 << 20))", 0, 512 << 20), ERR_TOO_LARGE);
    assert_int_equal(run_limited("len(bytearray(100 << 20))", 10, 512 << 20), ERR_NONE);
}

TEST(a_page_that_needs_more_memory_than_it_may_have_is_too_large)
{
    struct ytdlp_complaint c = { 0 };
    struct err e;

    ytdlp_note_line(&c, "Traceback (most recent call last):");
    ytdlp_note_line(&c, "MemoryError");
    ytdlp_classify(&c, 1, &e);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_int_equal(kind_of("", "ERROR: [generic] Unable to download: (caused by MemoryError())"), ERR_TOO_LARGE);
}

TEST(partial_files_are_dropped_after_416_and_broken_fragments)
{
    static const struct { const char *line; bool stale; } cases[] = {
        { "ERROR: unable to download video data: HTTP Error 416: Requested range not satisfiable", true },
        { "ERROR: fragment 4 not found, unable to continue", true },
        { "ERROR: unable to download video data: HTTP Error 403: Forbidden", false },
        { "ERROR: [generic] The read operation timed out", false },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ytdlp_complaint c = { 0 };
        ytdlp_note_line(&c, cases[i].line);
        check(ytdlp_is_stale_partial(&c) == cases[i].stale, "%s", cases[i].line);
    }
}

/* ---- Retry-After ---- */

TEST(the_time_that_a_refusal_names_is_kept_and_no_other)
{
    static const struct { const char *lines[6]; int seconds; } cases[] = {
        { { "reply: 'HTTP/1.1 429 Too Many Requests\\r\\n'", "header: Retry-After: 37" }, 37 },
        { { "reply: 'HTTP/1.1 503 Busy\\r\\n'", "header: retry-after: 5" }, 5 },
        { { "reply: 'HTTP/1.1 200 OK\\r\\n'", "header: Retry-After: 37" }, 0 },
        { { "reply: 'HTTP/1.1 429 x'", "header: Retry-After: 9", "reply: 'HTTP/1.1 200 OK'", "header: Retry-After: 4" },
          0 },
        { { "reply: 'HTTP/1.1 429 x'", "header: Retry-After: 9", "reply: 'HTTP/1.1 429 x'", "header: Date: now" }, 0 },
        { { "reply: 'HTTP/1.1 429 x'", "header: Retry-After: soon" }, 0 },
        { { "reply: 'HTTP/1.1 429 x'", "header: Retry-After: -5" }, 0 },
        { { "reply: 'HTTP/1.1 429 x'", "header: Retry-After: 99999999999999" }, 24 * 3600 },
        { { "reply: 'HTTP/1.1 429 x'", "header: Retry-After: Fri, 01 Jan 2010 00:00:00 GMT" }, 0 },
        { { "reply: 'HTTP/1.1 429 x'", "header: Retry-After: Fri, 01 Jan 2100 00:00:00 GMT" }, 24 * 3600 },
        { { "header: Retry-After: 3" }, 0 },
    };
    struct err e;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ytdlp_complaint c = { 0 };
        for (int k = 0; k < 6 && cases[i].lines[k]; k++)
            check(ytdlp_note_traffic(&c, cases[i].lines[k]), "case %zu, line %d is traffic", i, k);
        ytdlp_note_line(&c, "ERROR: [generic] Unable to download webpage: HTTP Error 429: Too Many Requests");
        ytdlp_classify(&c, 1, &e);
        assert_int_equal(e.kind, ERR_RATE_LIMITED);
        check(e.retry_after_s == cases[i].seconds, "case %zu: %d s", i, e.retry_after_s);
    }
    struct ytdlp_complaint c = { 0 };
    assert_false(ytdlp_note_traffic(&c, "{\"id\": \"x\"}"));
    assert_false(ytdlp_note_traffic(&c, "@P {}"));
    assert_false(ytdlp_note_traffic(&c, " header: Retry-After: 3"));
}

UNIT_MAIN(UNIT(the_time_that_a_refusal_names_is_kept_and_no_other),
          UNIT(resolve_runs_this_command_and_no_other),
          UNIT(download_runs_this_command_and_no_other),
          UNIT(a_source_may_sort_out_streams),
          UNIT(each_quality_names_a_stream_and_what_is_unknown_names_the_best),
          UNIT(nothing_that_a_submitter_wrote_becomes_an_option),
          UNIT(a_download_is_followed_from_its_first_byte_to_its_file),
          UNIT(progress_holds_what_the_line_holds_and_says_what_is_unknown),
          UNIT(a_line_that_is_not_ours_is_another),
          UNIT(a_path_arrives_whole_or_not_at_all),
          UNIT(ten_thousand_damaged_lines_give_nothing_but_sane_answers),
          UNIT(entries_of_three_versions_read_alike),
          UNIT(an_entry_takes_each_field_from_the_first_member_that_has_it),
          UNIT(nonsense_in_an_entry_is_unknown_and_not_believed),
          UNIT(live_and_protected_entries_are_told_apart),
          UNIT(a_list_says_which_of_its_entries_cannot_be_had), UNIT(an_entry_says_which_list_it_stands_in),
          UNIT(an_entry_of_a_feed_keeps_what_the_feed_said),
          UNIT(each_address_that_yt_dlp_would_fetch_is_shown_to_the_check), UNIT(what_is_no_entry_is_refused),
          UNIT(real_complaints_of_three_versions_have_their_kind),
          UNIT(what_platforms_say_has_the_kind_that_helps),
          UNIT(people_read_what_happened_and_not_what_developers_are_told), UNIT(a_link_cannot_choose_its_error),
          UNIT(the_last_complaint_counts_and_only_whole_lines_are_complaints),
          UNIT(the_extractor_and_the_id_are_dropped_and_nothing_else),
          UNIT(a_missing_runtime_explains_missing_formats_and_unknown_errors_only),
          UNIT(without_a_complaint_the_exit_code_is_all_there_is),
          UNIT(a_page_that_needs_more_memory_than_it_may_have_is_too_large),
          UNIT(reading_a_page_has_limits_of_its_own),
          UNIT(partial_files_are_dropped_after_416_and_broken_fragments))
