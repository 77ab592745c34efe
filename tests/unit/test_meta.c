/*
 * What is known about a track and who said so: the strongest word stays, whatever order it was heard in.
 */
#include "unit.h"

#include "base/utf8.h"
#include "json.h"
#include "meta.h"

static cJSON *parsed(const char *text)
{
    cJSON *doc = NULL;
    struct err e;

    check(json_parse(&doc, text, strlen(text), &json_limits_tool, &e) == 0, "%s: %s", text, e.text);
    return doc;
}

static void hear(struct meta *m, const char *text, enum meta_origin from)
{
    cJSON *doc = parsed(text);

    meta_from_ytdlp(m, doc, from);
    cJSON_Delete(doc);
}

static void says(const struct meta *m, enum meta_text field, const char *value, enum meta_origin from)
{
    check(strcmp(meta_text(m, field), value) == 0 && m->texts[field].from == from, "field %d is \"%s\" from %s", field,
          meta_text(m, field), meta_origin_name(m->texts[field].from));
}

TEST(a_stronger_origin_overwrites_a_weaker_one_and_never_the_other_way)
{
    struct meta m = META_INIT;

    for (int first = META_FROM_GUESS; first < META_ORIGINS; first++)
        for (int then = META_FROM_GUESS; then < META_ORIGINS; then++) {
            assert_true(meta_set(&m, META_TITLE, "first", (enum meta_origin)first));
            assert_true(meta_set_number(&m, META_TRACK_NUMBER, 1, (enum meta_origin)first));
            assert_int_equal(meta_set(&m, META_TITLE, "then", (enum meta_origin)then), then >= first);
            assert_int_equal(meta_set_number(&m, META_TRACK_NUMBER, 2, (enum meta_origin)then), then >= first);
            says(&m, META_TITLE, then >= first ? "then" : "first", (enum meta_origin)(then >= first ? then : first));
            assert_int_equal(meta_number(&m, META_TRACK_NUMBER, 0), then >= first ? 2 : 1);
            meta_free(&m);
        }
    assert_false(meta_set(&m, META_TITLE, "x", META_NONE));
}

TEST(what_is_no_value_is_passed_over)
{
    static const struct { enum meta_text field; const char *value, *is; } cases[] = {
        { META_TITLE, "", "" },                           { META_TITLE, " \t\n", "" },
        { META_TITLE, "  two\nlines ", "two lines" },     { META_TITLE, "bad \xff byte", "bad byte" },
        { META_DATE, "2026", "2026" },                    { META_DATE, "2026-05", "2026-05" },
        { META_DATE, "2026-05-09", "2026-05-09" },        { META_DATE, "2026-13-01", "" },
        { META_DATE, "2026-00-01", "" },                  { META_DATE, "2026-01-32", "" },
        { META_DATE, "20260509", "" },                    { META_DATE, "0000", "" },
        { META_DATE, "2026-05-09T10:00:00Z", "" },        { META_DATE, "May 9", "" },
        { META_ISRC, "USRC17607839", "USRC17607839" },    { META_ISRC, "us-rc1-76-07839", "USRC17607839" },
        { META_ISRC, "USRC1760783", "" },                 { META_ISRC, "USRC176078390", "" },
        { META_ISRC, "12RC17607839", "" },                { META_ISRC, "USRC1760783X", "" },
        { META_CHANNEL_URL, "https://a.example/x", "https://a.example/x" },
        { META_CHANNEL_URL, "javascript:alert(1)", "" },  { META_CHANNEL_URL, "https://a.example/\"onload=", "" },
        { META_CHANNEL_URL, "ftp://a.example/", "" },     { META_UPLOADER_URL, "//a.example/", "" },
        { META_DESCRIPTION, "one\r\n\r\n\r\n two \n", "one\n\ntwo" },
        { META_COMMENT, "\n\n", "" },
    };
    struct meta m = META_INIT;
    char *longest = calloc(1, 100001);

    for (size_t i = 0; i < LENGTH(cases); i++) {
        const bool taken = meta_set(&m, cases[i].field, cases[i].value, META_FROM_PAGE);
        check(taken == (*cases[i].is != '\0') && strcmp(meta_text(&m, cases[i].field), cases[i].is) == 0,
            "\"%s\": \"%s\"",
              cases[i].value, meta_text(&m, cases[i].field));
        meta_free(&m);
    }
    for (int field = 0; field < META_TEXTS; field++) {
        for (size_t at = 0; at + 2 <= 100000; at += 2)
            memcpy(longest + at, "é", 3);
        if (meta_set(&m, (enum meta_text)field, longest, META_FROM_PAGE))
            check(utf8_valid(meta_text(&m, field), strlen(meta_text(&m, field))) && strlen(meta_text(&m, field)) <=
                20000,
                  "%d", field);
        memcpy(longest, "https://", 8);
        meta_set(&m, (enum meta_text)field, longest, META_FROM_PAGE);
    }
    assert_string_equal(meta_text(&m, META_CHANNEL_URL), "");   /* half a link is none */
    assert_false(meta_set_number(&m, META_TRACK_NUMBER, 0, META_FROM_PAGE));
    assert_true(meta_set_number(&m, META_VIEW_COUNT, 0, META_FROM_PAGE));
    assert_false(meta_set_number(&m, META_VIEW_COUNT, -1, META_FROM_PAGE));
    meta_free(&m);
    free(longest);
}

/* ---- yt-dlp ---- */

struct heard {
    const char *entry;
    enum meta_origin from;
    const char *title, *artist;
    enum meta_origin title_from, artist_from;
};

TEST(title_and_artist_come_from_the_best_that_an_entry_has)
{
    static const struct heard cases[] = {
        { "{\"id\":\"1\",\"title\":\"X - Y (Official Video)\",\"track\":\"Track\",\"artists\":[\"A\",\"B\"],"
          "\"artist\":\"old\"}",
          META_FROM_PAGE, "Track", "A, B", META_FROM_PAGE, META_FROM_PAGE },
        { "{\"id\":\"1\",\"title\":\"A - Song (Official Video)\",\"artist\":\"A\"}",
          META_FROM_PAGE, "Song", "A", META_FROM_TITLE, META_FROM_PAGE },
        { "{\"id\":\"1\",\"title\":\"B - Song [HD]\",\"artist\":\"A\"}",
          META_FROM_PAGE, "B - Song", "A", META_FROM_TITLE, META_FROM_PAGE },
        { "{\"id\":\"1\",\"title\":\"A - Song (Official Video)\",\"uploader\":\"Label\"}",
          META_FROM_PAGE, "Song", "A", META_FROM_TITLE, META_FROM_TITLE },
        { "{\"id\":\"1\",\"title\":\"Song\",\"uploader\":\"Somebody Official\"}",
          META_FROM_PAGE, "Song", "Somebody", META_FROM_TITLE, META_FROM_UPLOADER },
        { "{\"id\":\"1\",\"title\":\"Song\",\"channel\":\"Queen - Topic\"}",
          META_FROM_PAGE, "Song", "Queen", META_FROM_TITLE, META_FROM_TITLE },
        { "{\"id\":\"1\",\"title\":\"Song\",\"uploader\":\"Up\",\"creators\":[\"C\",\"D\"]}",
          META_FROM_PAGE, "Song", "C, D", META_FROM_TITLE, META_FROM_UPLOADER },
        { "{\"id\":\"1\",\"title\":\"A - Song\",\"track\":\"Song\"}",
          META_FROM_PAGE, "Song", "A", META_FROM_PAGE, META_FROM_TITLE },
        { "{\"id\":\"1\",\"title\":\"A - Something\",\"track\":\"Song\",\"uploader\":\"Up\"}",
          META_FROM_PAGE, "Song", "Up", META_FROM_PAGE, META_FROM_UPLOADER },
        { "{\"id\":\"1\",\"title\":\"A - Song\",\"uploader\":\"Up\"}",
          META_FROM_LIST, "Song", "A", META_FROM_LIST, META_FROM_LIST },
        { "{\"id\":\"1\",\"title\":\"Host - Guest\",\"series\":\"The Show\",\"uploader\":\"Net\"}",
          META_FROM_PAGE, "Host - Guest", "Net", META_FROM_TITLE, META_FROM_UPLOADER },
        { "{\"id\":\"1\",\"title\":\"Host - Guest\",\"media_type\":\"podcast\"}",
          META_FROM_PAGE, "Host - Guest", "", META_FROM_TITLE, META_NONE },
        { "{\"id\":\"1\",\"title\":\"A - Song\",\"extractor_key\":\"Generic\",\"direct\":true}",
          META_FROM_PAGE, "Song", "A", META_FROM_GUESS, META_FROM_GUESS },
        { "{\"id\":\"a1b2\"}", META_FROM_PAGE, "a1b2", "", META_FROM_GUESS, META_NONE },
        { "{\"id\":\"1\",\"title\":\"03 - Song\",\"playlist_id\":\"L\",\"playlist_index\":3}",
          META_FROM_LIST, "Song", "", META_FROM_LIST, META_NONE },
        { "{\"id\":\"1\",\"title\":\"03 - Song\",\"playlist_id\":\"L\",\"playlist_index\":4}",
          META_FROM_LIST, "03 - Song", "", META_FROM_LIST, META_NONE },
        { "{\"id\":\"1\",\"title\":7,\"artist\":[\"x\"],\"artists\":\"y\",\"track\":{}}", META_FROM_PAGE, "1", "",
          META_FROM_GUESS, META_NONE },
    };
    struct meta m = META_INIT;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct heard *x = &cases[i];
        hear(&m, x->entry, x->from);
        check(strcmp(meta_text(&m, META_TITLE), x->title) == 0 && strcmp(meta_text(&m, META_ARTIST), x->artist) == 0,
              "%s: \"%s\" by \"%s\"", x->entry, meta_text(&m, META_TITLE), meta_text(&m, META_ARTIST));
        check(m.texts[META_TITLE].from == x->title_from && m.texts[META_ARTIST].from == x->artist_from, "%s: %d, %d",
              x->entry, m.texts[META_TITLE].from, m.texts[META_ARTIST].from);
        meta_free(&m);
    }
}

TEST(dates_are_when_it_came_out_before_when_it_was_uploaded)
{
    static const char *const cases[][2] = {
        { "{\"release_date\":\"20200102\",\"upload_date\":\"20210102\"}", "2020-01-02" },
        { "{\"release_timestamp\":1577923200,\"upload_date\":\"20210102\"}", "2020-01-02" },
        { "{\"release_year\":1999,\"upload_date\":\"20210102\"}", "1999" },
        { "{\"upload_date\":\"20210102\",\"timestamp\":1}", "2021-01-02" },
        { "{\"timestamp\":1577923200.7}", "2020-01-02" },
        { "{\"release_date\":\"20201301\",\"upload_date\":\"20210102\"}", "2021-01-02" },
        { "{\"release_year\":99999,\"timestamp\":-5}", "" },
        { "{\"timestamp\":1e300,\"release_date\":5}", "" },
        { "{\"timestamp\":253402300800}", "" },
    };
    struct meta m = META_INIT;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        hear(&m, cases[i][0], META_FROM_PAGE);
        check(strcmp(meta_text(&m, META_DATE), cases[i][1]) == 0, "%s: %s", cases[i][0], meta_text(&m, META_DATE));
        meta_free(&m);
    }
}

TEST(albums_are_believed_where_they_are_albums)
{
    struct meta m = META_INIT;

    hear(&m, "{\"id\":\"1\",\"album\":\"My likes\",\"album_type\":\"playlist\",\"album_artist\":\"Me\"}",
        META_FROM_LIST);
    says(&m, META_ALBUM, "", META_NONE);
    says(&m, META_ALBUM_ARTIST, "", META_NONE);
    hear(&m, "{\"id\":\"1\",\"album\":\"Record\",\"album_type\":\"album\",\"album_artists\":[\"A\",\"B\"]}",
        META_FROM_LIST);
    says(&m, META_ALBUM, "Record", META_FROM_LIST);
    says(&m, META_ALBUM_ARTIST, "A, B", META_FROM_LIST);
    meta_free(&m);
    hear(&m, "{\"id\":\"1\",\"title\":\"Song\",\"playlist_id\":\"OLAK5uy_x\",\"playlist_title\":\"Album - Record\","
         "\"playlist_index\":2,\"playlist_count\":9}", META_FROM_LIST);
    says(&m, META_ALBUM, "Record", META_FROM_LIST);
    assert_int_equal(meta_number(&m, META_TRACK_NUMBER, 0), 2);
    assert_int_equal(meta_number(&m, META_TRACK_TOTAL, 0), 9);
    meta_free(&m);
}

/* The list is read first, each page later; both may say it in any order. */
TEST(list_page_spotify_and_submitter_add_up)
{
    static const char listed[] =
        "{\"_type\":\"url_transparent\",\"url\":\"https://c.example/a.mp3#__youtubedl_smuggle=%7B%7D\","
        "\"title\":\"Ep 1\","
        "\"extractor_key\":\"Generic\",\"upload_date\":\"20260101\",\"duration\":60,"
        "\"thumbnail\":\"https://c.example/a.jpg\","
        "\"description\":\"said by the feed\",\"playlist_id\":\"https://c.example/feed\",\"playlist_title\":\"Cast\"}";
    static const char file[] =
        "{\"id\":\"a\",\"title\":\"Mix - a\",\"extractor_key\":\"Generic\",\"direct\":true,"
        "\"upload_date\":\"20250505\","
        "\"duration\":61,\"ext\":\"mp3\"}";
    struct wanted w = { .title = "Song", .artist = "A, B", .album = "Record", .isrc = "USRC17607839", .date =
        "2001-02-03",
                        .cover_url = "https://i.example/c.jpg", .source = "spotify", .duration_ms = 1, .track_number
                            = 3 };
    struct spec spec = { .metadata = { .title = "Mine", .comment = "a\nb" } };
    struct meta m = META_INIT, other = META_INIT;
    struct track_info info = { .source_id = "keep", .duration_ms = -1 };

    hear(&m, listed, META_FROM_LIST);
    hear(&m, file, META_FROM_PAGE);
    hear(&other, file, META_FROM_PAGE);
    hear(&other, listed, META_FROM_LIST);
    for (int i = 0; i < 2; i++) {
        const struct meta *x = i ? &other : &m;
        says(x, META_TITLE, "Ep 1", META_FROM_LIST);
        says(x, META_ARTIST, "Cast", META_FROM_UPLOADER);
        says(x, META_ALBUM, "Cast", META_FROM_LIST);
        says(x, META_DATE, "2026-01-01", META_FROM_LIST);
        says(x, META_DESCRIPTION, "said by the feed", META_FROM_LIST);
        assert_int_equal(meta_number(x, META_DURATION_MS, 0), 60000);
    }
    meta_from_spec(&m, &spec);
    meta_from_wanted(&m, &w);
    says(&m, META_TITLE, "Mine", META_FROM_SUBMITTER);
    says(&m, META_ARTIST, "A, B", META_FROM_SPOTIFY);
    says(&m, META_ISRC, "USRC17607839", META_FROM_SPOTIFY);
    says(&m, META_COMMENT, "a\nb", META_FROM_SUBMITTER);
    assert_int_equal(m.thumbnails_from, META_FROM_SPOTIFY);
    meta_to_info(&m, &info);
    assert_string_equal(info.title, "Mine");
    assert_string_equal(info.artist, "A, B");
    assert_string_equal(info.source_id, "keep");
    assert_string_equal(info.isrc, "USRC17607839");
    assert_string_equal(info.thumbnail_url, "https://i.example/c.jpg");
    assert_int_equal(info.track_number, 3);
    assert_int_equal(info.duration_ms, 60000);      /* of what is fetched, not of what is wanted */
    meta_free(&m);
    meta_free(&other);
}

TEST(the_best_picture_is_square_then_large_and_real)
{
    static const struct { const char *thumbnails, *best; } cases[] = {
        { "[{\"url\":\"https://i/a\",\"width\":1920,\"height\":1080},{\"url\":\"https://i/b\",\"width\":544,"
          "\"height\":544}]",
          "https://i/b" },
        { "[{\"url\":\"https://i/a\",\"width\":640,\"height\":480},{\"url\":\"https://i/b\",\"width\":1280,"
          "\"height\":720}]",
          "https://i/b" },
        { "[{\"url\":\"https://i/a\",\"width\":60,\"height\":60},{\"url\":\"https://i/b\",\"width\":1280,"
          "\"height\":720}]",
          "https://i/b" },
        { "[{\"url\":\"https://i/a\",\"width\":60,\"height\":60},{\"url\":\"https://i/b\"}]", "https://i/b" },
        { "[{\"url\":\"https://i/a\"},{\"url\":\"https://i/b\"}]", "https://i/b" },
        { "[{\"url\":\"https://i/a\",\"preference\":1},{\"url\":\"https://i/b\",\"preference\":-10}]", "https://i/a" },
        { "[{\"url\":\"https://i/a\",\"width\":300,\"height\":300},{\"url\":\"https://i/b\",\"width\":640,"
          "\"height\":640}]",
          "https://i/b" },
        { "[{\"url\":\"file:///etc/passwd\",\"width\":640,\"height\":640},{\"url\":\"https://i/b\"}]", "https://i/b" },
        { "[{\"url\":7},null,\"x\",{\"url\":\"https://i/b\",\"width\":1e300,\"height\":-5}]", "https://i/b" },
        { "[]", "" }, { "{}", "" }, { "\"https://i/a\"", "" },
    };
    struct meta m = META_INIT;
    char text[512];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        snprintf(text, sizeof text, "{\"thumbnails\":%s}", cases[i].thumbnails);
        hear(&m, text, META_FROM_PAGE);
        check(strcmp(m.thumbnail_count ? m.thumbnails[0].url : "", cases[i].best) == 0, "%s", text);
        meta_free(&m);
    }
    hear(&m, "{\"thumbnails\":[{\"url\":\"https://i/a\"},{\"url\":\"https://i/b\"}],\"thumbnail\":\"https://i/c\"}",
        META_FROM_PAGE);
    assert_string_equal(m.thumbnails[0].url, "https://i/c");
    meta_free(&m);
}

TEST(lists_are_bounded_and_in_order)
{
    char *text = calloc(1, 1 << 20);
    size_t n = 0;
    struct meta m = META_INIT;

    n += (size_t)snprintf(text, 1 << 20, "{\"chapters\":[{\"start_time\":5,\"end_time\":3,\"title\":\"<Untitled "
        "Chapter 1>\"},"
                         "{\"start_time\":-1},{\"start_time\":\"x\"},{\"start_time\":4,\"title\":\"back\"}");
    for (int i = 0; i < 1000; i++)
        n += (size_t)snprintf(text + n, (1 << 20) - n, ",{\"start_time\":%d.5,\"end_time\":%d,\"title\":\"c%d\"}", i
            + 6, i + 7, i);
    n += (size_t)snprintf(text + n, (1 << 20) - n, "],\"thumbnails\":[{\"url\":\"https://i/first\"}");
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(text + n, (1 << 20) - n, ",{\"url\":\"https://i/%d\",\"width\":%d,\"height\":%d}", i %
            90, i, i);
    snprintf(text + n, (1 << 20) - n, "]}");
    hear(&m, text, META_FROM_PAGE);
    assert_int_equal(m.chapter_count, META_MAX_CHAPTERS);
    assert_int_equal(m.chapters[0].start_ms, 5000);
    assert_int_equal(m.chapters[0].end_ms, -1);
    assert_string_equal(m.chapters[0].title, "");
    assert_int_equal(m.chapters[1].start_ms, 6500);
    assert_int_equal(m.chapters[1].end_ms, 7000);
    assert_int_equal(m.thumbnail_count, META_MAX_THUMBNAILS);
    meta_free(&m);
    free(text);
}

TEST(chapter_titles_have_200_characters_at_most)
{
    static const char *const letters[] = { "a", "ü", "𝄞" };
    char text[4000], want[1000];

    for (size_t i = 0; i < LENGTH(letters); i++) {
        struct meta m = META_INIT;
        size_t n = (size_t)snprintf(text, sizeof text, "{\"chapters\":[{\"start_time\":0,\"title\":\"");
        size_t wanted = 0;
        for (int k = 0; k < 700; k++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", letters[i]);
            if (k < 200)
                wanted += (size_t)snprintf(want + wanted, sizeof want - wanted, "%s", letters[i]);
        }
        snprintf(text + n, sizeof text - n, "\"}]}");
        hear(&m, text, META_FROM_PAGE);
        assert_int_equal(m.chapter_count, 1);
        assert_string_equal(m.chapters[0].title, want);
        meta_free(&m);
    }
}

/* ---- JSON ---- */

static void reads_back(const struct meta *m)
{
    struct meta copy = META_INIT;
    cJSON *doc = meta_to_json(m);
    char *text = cJSON_PrintUnformatted(doc);

    meta_from_json(&copy, doc);
    cJSON *again = meta_to_json(&copy);
    char *other = cJSON_PrintUnformatted(again);
    check(strcmp(text, other) == 0, "%s\n%s", text, other);
    cJSON_Delete(doc);
    cJSON_Delete(again);
    free(text);
    free(other);
    meta_free(&copy);
}

TEST(json_holds_everything_and_reads_back)
{
    struct meta m = META_INIT;

    reads_back(&m);
    hear(&m, "{\"id\":\"1\",\"title\":\"A - B\",\"track\":\"B\",\"album\":\"C\",\"genres\":[\"d\",\"e\"],"
        "\"composers\":[\"f\"],"
         "\"language\":\"en\",\"description\":\"x\\n\\ny\",\"uploader\":\"U\",\"uploader_id\":\"@u\",\"uploader_url\":"
         "\"https://u.example/\",\"channel_id\":\"UC1\",\"license\":\"CC\",\"view_count\":12,\"age_limit\":18,"
         "\"duration\":1.5,"
         "\"track_number\":2,\"disc_number\":1,\"chapters\":[{\"start_time\":0,\"end_time\":1,\"title\":\"one\"},"
         "{\"start_time\":1}],"
         "\"thumbnails\":[{\"url\":\"https://i/a\"},{\"url\":\"https://i/b\"},{\"url\":\"https://i/c\",\"width\":640,"
         "\"height\":640}],"
         "\"thumbnail\":\"https://i/b\"}", META_FROM_PAGE);
    meta_set(&m, META_TITLE, "Mine", META_FROM_SUBMITTER);
    reads_back(&m);
    cJSON *doc = meta_to_json(&m);
    assert_string_equal(json_text(json_member(doc, "title"), "value", ""), "Mine");
    assert_string_equal(json_text(json_member(doc, "title"), "from", ""), "submitter");
    assert_string_equal(json_text(json_member(doc, "album"), "from", ""), "page");
    assert_int_equal((int)json_number(json_member(doc, "age_limit"), "value", -1), 18);
    cJSON_Delete(doc);
    meta_free(&m);
}

TEST(nonsense_in_json_is_passed_over)
{
    static const char *const texts[] = {
        "{}", "[]", "1", "null", "{\"title\":\"x\"}", "{\"title\":{\"value\":\"x\"}}",
        "{\"title\":{\"value\":7,\"from\":\"page\"}}",
        "{\"title\":{\"value\":\"x\",\"from\":\"god\"}}", "{\"title\":{\"value\":\"x\",\"from\":\"\"}}",
        "{\"chapters\":[{}],\"chapters_from\":\"page\"}", "{\"chapters\":[{\"start_ms\":1}]}",
        "{\"thumbnails\":{\"url\":\"https://i/\"},\"thumbnails_from\":\"page\",\"track_number\":{\"value\":-4,"
        "\"from\":\"page\"}}",
    };
    struct meta m = META_INIT;

    for (size_t i = 0; i < LENGTH(texts); i++) {
        cJSON *doc = parsed(texts[i]);
        meta_from_json(&m, doc);
        cJSON_Delete(doc);
        for (int k = 0; k < META_TEXTS; k++)
            check(m.texts[k].value == NULL, "%s", texts[i]);
        check(i == 11 || (m.chapter_count == 0 && m.thumbnail_count == 0), "%s", texts[i]);
        meta_free(&m);
    }
}

TEST(what_is_wanted_reads_back)
{
    struct wanted w = { .query = "some song", .title = "T", .artist = "A, B", .first_artist = "A", .album = "R",
                        .isrc = "USRC17607839", .date = "2001", .url = "https://o.example/t", .source_id = "id",
                        .source = "spotify", .duration_ms = 200040, .track_number = 3, .disc_number = 1 }, back;
    struct err e;
    cJSON *doc = wanted_to_json(&w);

    assert_int_equal(wanted_from_json(&back, doc, &e), 0);
    assert_memory_equal(&w, &back, sizeof w);
    cJSON_Delete(doc);
    doc = parsed("{\"title\":\"T\",\"duration_ms\":-7,\"track_number\":1e300,\"artist\":7}");
    assert_int_equal(wanted_from_json(&back, doc, &e), 0);
    assert_int_equal(back.duration_ms, -1);
    assert_int_equal(back.track_number, 0);
    assert_string_equal(back.artist, "");
    cJSON_Delete(doc);
    doc = parsed("{\"album\":\"R\"}");
    assert_int_equal(wanted_from_json(&back, doc, &e), -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    cJSON_Delete(doc);
    assert_int_equal(wanted_from_json(&back, NULL, &e), -1);
}

TEST(damaged_entries_give_sane_answers)
{
    static const char *const seeds[] = {
        "{\"id\":\"1\",\"title\":\"A - B (Live)\",\"artists\":[\"x\",\"y\"],\"duration\":60.5,"
        "\"chapters\":[{\"start_time\":1,"
        "\"end_time\":2,\"title\":\"c\"}],\"thumbnails\":[{\"url\":\"https://i/a\",\"width\":640,\"height\":640}]}",
        "{\"title\":{\"value\":\"x\",\"from\":\"page\"},\"chapters\":[{\"start_ms\":1,\"end_ms\":2,\"title\":\"c\"}],"
        "\"chapters_from\":\"list\",\"thumbnails\":[{\"url\":\"https://i/a\",\"width\":9}],"
        "\"thumbnails_from\":\"spotify\"}",
        "{\"query\":\"q\",\"title\":\"t\",\"duration_ms\":5,\"track_number\":1}",
    };
    const unsigned seed = 17;
    static struct wanted w;
    struct track_info *info = calloc(1, sizeof *info);
    char line[512];
    struct err e;

    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        struct meta m = META_INIT;
        cJSON *doc = NULL;
        snprintf(line, sizeof line, "%s", seeds[(size_t)rand() % LENGTH(seeds)]);
        for (int k = rand() % 5; k > 0; k--)
            line[(size_t)rand() % strlen(line)] = (char)(rand() % 2 ? rand() % 255 + 1 : "{}[]\":,0-e"[rand() % 10]);
        if (json_parse(&doc, line, strlen(line), &json_limits_tool, &e))
            continue;
        meta_from_ytdlp(&m, doc, META_FROM_PAGE);
        meta_from_json(&m, doc);
        wanted_from_json(&w, doc, &e);
        meta_from_wanted(&m, &w);
        meta_to_info(&m, info);
        check(m.chapter_count <= META_MAX_CHAPTERS && m.thumbnail_count <= META_MAX_THUMBNAILS, "%s", line);
        check(utf8_valid(info->title, strlen(info->title)) && info->duration_ms >= -1, "%s", line);
        reads_back(&m);
        meta_free(&m);
        cJSON_Delete(doc);
    }
    free(info);
}

UNIT_MAIN(UNIT(a_stronger_origin_overwrites_a_weaker_one_and_never_the_other_way),
    UNIT(what_is_no_value_is_passed_over),
          UNIT(title_and_artist_come_from_the_best_that_an_entry_has),
          UNIT(dates_are_when_it_came_out_before_when_it_was_uploaded), UNIT(albums_are_believed_where_they_are_albums),
          UNIT(list_page_spotify_and_submitter_add_up), UNIT(the_best_picture_is_square_then_large_and_real),
          UNIT(lists_are_bounded_and_in_order), UNIT(chapter_titles_have_200_characters_at_most),
          UNIT(json_holds_everything_and_reads_back),
          UNIT(nonsense_in_json_is_passed_over), UNIT(what_is_wanted_reads_back),
              UNIT(damaged_entries_give_sane_answers))
