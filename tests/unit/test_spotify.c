/* The client of Spotify's Web API against tests/fakes/spotify.py, which speaks the real protocol. */
#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/clock.h"
#include "fetch.h"
#include "json.h"
#include "spotify.h"

/* ---- the fake ---- */

static struct { pid_t pid; int in; char base[64]; } fake;
static struct conf conf;
static struct spotify spotify;
static struct spotify_list list;
static struct err e;

static int start_fake(void **state)
{
    int in[2], out[2];
    char line[100] = "";

    (void)state;
    if (pipe(in) || pipe(out))
        return -1;
    fake.pid = fork();
    if (fake.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        execl("/usr/bin/python3", "python3", unit_checkout("tests/fakes/spotify.py"), "--until-eof", NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    fake.in = in[1];        /* its end is the fake's */
    FILE *f = fdopen(out[0], "r");
    const bool there = fgets(line, sizeof line, f) && sscanf(line, "listening %63s", fake.base) == 1;
    fclose(f);
    return there ? 0 : -1;
}

static int stop_fake(void **state)
{
    (void)state;
    close(fake.in);
    waitpid(fake.pid, NULL, 0);
    return 0;
}

/* Its answer to a form, or to a GET. free() it. */
static char *tell(const char *path, const char *form)
{
    char url[128];
    struct buf body = BUF_INIT(4 << 20);
    struct fetch_reply reply;
    const struct fetch f = { .url = url, .form = form, .trusted = true, .timeout_ms = 10000 };

    snprintf(url, sizeof url, "%s%s", fake.base, path);
    check(fetch_text(&f, &body, &reply, &e) == 0, "%s", e.text);
    return body.data;
}

static void control(const char *form)
{
    free(tell("/control", form));
}

/* How many requests so far had this path. */
static int requests(const char *path)
{
    char *text = tell("/log", NULL);
    cJSON *log = cJSON_Parse(text);
    const cJSON *entry;
    int n = 0;

    cJSON_ArrayForEach(entry, log)
        n += strcmp(json_text(entry, "path", ""), path) == 0;
    cJSON_Delete(log);
    free(text);
    return n;
}

static const char *id(char letter, int number)
{
    static char ids[4][24];
    static int next;
    char *p = ids[next++ % 4];

    snprintf(p, sizeof ids[0], "%c%021d", letter, number);
    return p;
}

static int enter(void **state)
{
    memset(&conf, 0, sizeof conf);
    snprintf(conf.spotify_api_url, sizeof conf.spotify_api_url, "%s/v1", fake.base);
    snprintf(conf.spotify_accounts_url, sizeof conf.spotify_accounts_url, "%s/", fake.base);
    snprintf(conf.spotify_oembed_url, sizeof conf.spotify_oembed_url, "%s/oembed", fake.base);
    snprintf(conf.spotify_client_id, sizeof conf.spotify_client_id, "dubplate-id");
    snprintf(conf.spotify_client_secret, sizeof conf.spotify_client_secret, "dubplate-secret");
    conf.stall_timeout_s = 1;
    spotify = (struct spotify){ .conf = &conf };
    e = (struct err){ 0 };
    if (unit_enter(state))
        return -1;
    snprintf(conf.data_dir, sizeof conf.data_dir, "%.1000s", unit_dir);
    control("mode=none&api=new");
    return 0;
}

#define ASKED(name) cmocka_unit_test_setup_teardown(name, enter, unit_leave)

/* ---- what comes ---- */

static struct {
    struct wanted first, last;
    int64_t count, first_index, last_index, total, stop_at;
} got;

static int on_item(void *arg, const struct wanted *w, int64_t index, const struct spotify_list *so_far, struct err *why)
{
    assert_ptr_equal(arg, &got);
    check(index > got.last_index, "%lld after %lld", (long long)index, (long long)got.last_index);
    if (got.count++ == 0)
        got.first = *w, got.first_index = index;
    got.last = *w;
    got.last_index = index;
    got.total = so_far->total;
    return got.count == got.stop_at ? err_set(why, ERR_CANCELLED, "stop here") : 0;
}

static int read_list(const char *form, const char *what, int64_t most)
{
    const int64_t stop_at = got.stop_at;

    memset(&got, 0, sizeof got);
    got.stop_at = stop_at;
    const int rc = spotify_read(&spotify, form, what, most, &list, on_item, &got, &e);
    got.stop_at = 0;
    check(list.given == got.count, "%lld given, %lld counted", (long long)got.count, (long long)list.given);
    return rc;
}

#define accepted(call) check((call) == 0, "%s: %s: %s", #call, err_class(e.kind)->name, e.text)
#define refused_with(expected, call)                                                                             \
    do {                                                                                                         \
        const int rc_ = (call);                                                                                  \
        check(rc_ == -1 && e.kind == (expected), "%s: %d, %s: %s", #call, rc_, err_class(e.kind)->name, e.text); \
    } while (0)

TEST(a_track_says_all_that_is_known_of_it)
{
    accepted(read_list("track", id('T', 25), 1));
    const struct wanted *w = &got.first;
    assert_string_equal(w->title, "Song 25");
    assert_string_equal(w->artist, "Die Ersten, Zweite & Söhne");
    assert_string_equal(w->first_artist, "Die Ersten");
    assert_string_equal(w->album, "Album 13");
    assert_string_equal(w->album_artist, "Die Ersten");
    assert_string_equal(w->isrc, "DEA000000025");
    assert_string_equal(w->date, "2004");       /* 2004-05 is no day */
    assert_string_equal(w->source, "spotify");
    assert_string_equal(w->source_id, id('T', 25));
    check(strstr(w->url, "https://open.spotify.com/track/T0000"), "%s", w->url);
    check(strstr(w->cover_url, "size=640"), "%s", w->cover_url);
    assert_string_equal(w->query, "");
    assert_int_equal(w->duration_ms, 180025);
    assert_int_equal(w->track_number, 2);
    assert_int_equal(w->track_total, 13);
    assert_int_equal(w->disc_number, 1);
    assert_int_equal(list.total, 1);
    assert_string_equal(list.title, "");
    accepted(read_list("track", id('T', 24), 1));
    assert_string_equal(got.first.date, "2004-05-20");
}

TEST(an_album_gives_each_of_its_tracks_its_name_date_and_cover)
{
    accepted(read_list("album", id('A', 120), 1000));
    assert_int_equal(got.count, 120);
    assert_int_equal(got.first_index, 1);
    assert_int_equal(got.last_index, 120);
    assert_int_equal(got.total, 120);
    assert_string_equal(list.title, "Album 120");
    assert_string_equal(got.last.title, "Song 119");
    assert_string_equal(got.last.album, "Album 120");
    assert_string_equal(got.last.date, "2004-05-20");
    check(strstr(got.last.cover_url, "/cover/120.jpg?size=640"), "%s", got.last.cover_url);
    assert_int_equal(got.last.track_number, 120);
    assert_int_equal(got.last.track_total, 120);
    assert_string_equal(got.last.isrc, "");
}

TEST(a_playlist_of_any_length_comes_page_by_page)
{
    static const int sizes[] = { 0, 1, 49, 50, 51, 250 };

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        accepted(read_list("playlist", id('P', sizes[i]), 1000));
        check(got.count == sizes[i] && got.last_index == sizes[i] && list.total == sizes[i], "%d: %lld", sizes[i],
              (long long)got.count);
    }
    assert_string_equal(list.title, "Liste 250 für dich");
    assert_string_equal(got.last.isrc, "DEA000000249");
}

TEST(no_more_is_asked_for_than_was_wanted)
{
    char path[100];

    accepted(read_list("playlist", id('P', 240), 60));
    assert_int_equal(got.count, 60);
    assert_int_equal(list.total, 240);
    snprintf(path, sizeof path, "/v1/playlists/%s/items", id('P', 240));
    assert_int_equal(requests(path), 2);
    accepted(read_list("playlist", id('P', 241), 50));
    snprintf(path, sizeof path, "/v1/playlists/%s/items", id('P', 241));
    assert_int_equal(requests(path), 1);
}

TEST(what_is_no_song_is_skipped_and_keeps_its_position)
{
    accepted(read_list("playlist", id('X', 103), 1000));
    assert_int_equal(list.total, 103);
    assert_int_equal(list.given, 21);
    assert_int_equal(list.skipped, 82);
    assert_int_equal(got.last_index, 101);
    assert_string_equal(got.last.title, "Song 100");
}

TEST(values_of_the_wrong_type_are_unknown)
{
    accepted(read_list("playlist", id('W', 1), 1000));
    assert_int_equal(list.given, 1);
    assert_int_equal(list.skipped, 5);
    assert_int_equal(list.total, -1);
    assert_int_equal(got.first_index, 6);
    assert_string_equal(got.first.title, "Song 1");
    assert_string_equal(got.first.artist, "");
    assert_int_equal(got.first.duration_ms, -1);
}

TEST(an_app_that_knows_only_the_old_path_of_playlists_uses_it)
{
    control("api=old");
    accepted(read_list("playlist", id('P', 60), 1000));
    assert_int_equal(got.count, 60);
    control("api=closed");
    refused_with(ERR_CREDENTIALS, read_list("playlist", id('P', 60), 1000));
    check(strstr(e.text, "development mode"), "%s", e.text);
}

TEST(a_list_goes_on_only_where_the_token_may_go)
{
    refused_with(ERR_SYSTEM, read_list("playlist", id('E', 60), 1000));
    assert_int_equal(got.count, 50);
    accepted(read_list("playlist", id('E', 50), 1000));
}

TEST(the_caller_can_stop_in_the_middle)
{
    got.stop_at = 70;
    refused_with(ERR_CANCELLED, read_list("playlist", id('P', 250), 1000));
    assert_int_equal(got.count, 70);
    assert_string_equal(e.text, "stop here");
}

/* ---- the token ---- */

TEST(a_token_is_asked_for_once_and_kept_for_others)
{
    struct stat st;
    const int before = requests("/api/token");

    accepted(read_list("track", id('T', 1), 1));
    accepted(read_list("playlist", id('P', 120), 1000));
    assert_int_equal(requests("/api/token"), before + 1);
    assert_int_equal(stat("spotify-token.json", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char *text = unit_read("spotify-token.json");
    assert_null(strstr(text, "dubplate-secret"));
    free(text);
}

TEST(a_token_that_is_over_broken_or_anothers_is_not_used)
{
    const int before = requests("/api/token");
    char changed[4096];

    accepted(read_list("track", id('T', 1), 1));
    char *text = unit_read("spotify-token.json"), *until = strstr(text, "\"until_ms\":");
    assert_non_null(until);
    snprintf(changed, sizeof changed, "%.*s\"until_ms\":%lld}", (int)(until - text), text,
             (long long)clock_wall_ms() - 1);
    unit_write("spotify-token.json", changed);
    accepted(read_list("track", id('T', 1), 1));
    assert_int_equal(requests("/api/token"), before + 2);
    unit_write("spotify-token.json", "{\"token\": \"");
    accepted(read_list("track", id('T', 1), 1));
    assert_int_equal(requests("/api/token"), before + 3);
    snprintf(conf.spotify_client_id, sizeof conf.spotify_client_id, "somebody-else");
    refused_with(ERR_CREDENTIALS, read_list("track", id('T', 1), 1));
    free(text);
}

TEST(a_token_that_was_taken_back_is_replaced_once)
{
    int before;

    accepted(read_list("track", id('T', 1), 1));
    before = requests("/api/token");
    control("mode=expired&times=1");
    accepted(read_list("track", id('T', 1), 1));
    assert_int_equal(requests("/api/token"), before + 1);
    control("mode=401");
    refused_with(ERR_CREDENTIALS, read_list("track", id('T', 1), 1));
    assert_int_equal(requests("/api/token"), before + 2);
    control("mode=expired&times=1&path=/v1/playlists/P000000000000000000130/items");
    accepted(read_list("playlist", id('P', 130), 1000));
    assert_int_equal(got.count, 130);
}

TEST(bad_credentials_name_the_settings)
{
    snprintf(conf.spotify_client_secret, sizeof conf.spotify_client_secret, "wrong");
    refused_with(ERR_CREDENTIALS, read_list("track", id('T', 1), 1));
    check(strstr(e.text, "SPOTIFY_CLIENT_ID") && strstr(e.text, "SPOTIFY_CLIENT_SECRET") && !strstr(e.text, "wrong"),
          "%s", e.text);
}

/* ---- trouble ---- */

TEST(each_trouble_has_its_kind)
{
    static const struct { const char *form; enum err_kind kind; int retry_after_s; } cases[] = {
        { "mode=400", ERR_UNAVAILABLE, 0 },     { "mode=403", ERR_CREDENTIALS, 0 },
        { "mode=404", ERR_UNAVAILABLE, 0 },     { "mode=429&retry_after=37", ERR_RATE_LIMITED, 37 },
        { "mode=429", ERR_RATE_LIMITED, 0 },    { "mode=500", ERR_NETWORK, 0 },
        { "mode=503&retry_after=5", ERR_NETWORK, 5 }, { "mode=hang", ERR_TIMEOUT, 0 },
        { "mode=truncated", ERR_NETWORK, 0 },   { "mode=html", ERR_NETWORK, 0 },
        { "mode=array", ERR_SYSTEM, 0 },        { "mode=empty", ERR_SYSTEM, 0 },
        { "mode=redirect", ERR_NETWORK, 0 },
        { "mode=429&retry_after=9&path=/api/token", ERR_RATE_LIMITED, 9 },
        { "mode=500&path=/api/token", ERR_NETWORK, 0 },
        { "mode=truncated&path=/api/token", ERR_NETWORK, 0 },
        { "mode=empty&path=/api/token", ERR_SYSTEM, 0 },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        unlink("spotify-token.json");
        control(cases[i].form);
        const int rc = read_list("album", id('A', 60), 1000);
        check(rc == -1 && e.kind == cases[i].kind && e.retry_after_s == cases[i].retry_after_s, "%s: %d, %s, %d: %s",
              cases[i].form, rc, err_class(e.kind)->name, e.retry_after_s, e.text);
        assert_int_equal(got.count, 0);
    }
    control("mode=none");
    refused_with(ERR_UNAVAILABLE, read_list("track", id('X', 5), 1));
    refused_with(ERR_UNAVAILABLE, read_list("playlist", id('Y', 5), 1));
}

TEST(trouble_in_the_middle_keeps_what_was_given)
{
    control("mode=429&retry_after=3&path=/v1/albums/A000000000000000000120/tracks");
    refused_with(ERR_RATE_LIMITED, read_list("album", id('A', 120), 1000));
    assert_int_equal(e.retry_after_s, 3);
    assert_int_equal(got.count, 50);
    assert_int_equal(list.total, 120);
}

static int thrice(void *arg, int (*attempt)(void *, struct err *), void *attempt_arg, struct err *why)
{
    int rc = -1;

    for (int i = 0; i < 3 && rc; i++) {
        *(int *)arg += 1;
        rc = attempt(attempt_arg, why);
    }
    return rc;
}

TEST(patience_repeats_a_page_and_not_the_list)
{
    int attempts = 0;

    accepted(read_list("track", id('T', 1), 1));        /* a token */
    spotify.patiently = thrice;
    spotify.arg = &attempts;
    control("mode=truncated&times=2&path=/v1/albums/A000000000000000000120/tracks");
    accepted(read_list("album", id('A', 120), 1000));
    assert_int_equal(got.count, 120);
    assert_int_equal(attempts, 5);
}

static int stop_soon(void *arg, struct err *why)
{
    return ++*(int *)arg == 3 ? err_set(why, ERR_PAUSED, "paused") : 0;
}

TEST(the_caller_can_stop_it_while_nothing_comes)
{
    int ticks = 0;

    conf.stall_timeout_s = 20;
    spotify.tick = stop_soon;
    spotify.arg = &ticks;
    control("mode=hang&path=/api/token");
    const int64_t began = clock_boot_ms();
    refused_with(ERR_PAUSED, read_list("track", id('T', 1), 1));
    check(clock_boot_ms() - began < 5000, "it took %lld ms", (long long)(clock_boot_ms() - began));
}

/* ---- without an app ---- */

TEST(without_credentials_a_track_has_a_title_and_a_picture)
{
    const int before = requests("/api/token");

    conf.spotify_client_secret[0] = '\0';
    accepted(read_list("track", id('T', 5), 1));
    assert_string_equal(got.first.title, "Song 5");
    assert_string_equal(got.first.artist, "");
    check(strstr(got.first.cover_url, "/cover/5.jpg"), "%s", got.first.cover_url);
    check(strstr(got.first.url, "open.spotify.com/track/T"), "%s", got.first.url);
    assert_string_equal(got.first.source_id, id('T', 5));
    assert_int_equal(got.first.duration_ms, -1);
    assert_int_equal(requests("/api/token"), before);
    refused_with(ERR_UNAVAILABLE, read_list("track", id('N', 5), 1));
}

TEST(without_credentials_a_list_says_which_settings_it_needs)
{
    static const char *const forms[] = { "album", "playlist" };

    conf.spotify_client_id[0] = '\0';
    for (size_t i = 0; i < LENGTH(forms); i++) {
        refused_with(ERR_CREDENTIALS, read_list(forms[i], id('A', 5), 1000));
        check(strstr(e.text, "need SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET"), "%s", e.text);
    }
}

TEST(what_is_no_id_never_reaches_an_address)
{
    refused_with(ERR_UNSUPPORTED, read_list("track", "../../api/token?x=00000", 1));
    refused_with(ERR_UNSUPPORTED, read_list("track", "", 1));
    refused_with(ERR_UNSUPPORTED, read_list("artist", id('T', 1), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASKED(a_track_says_all_that_is_known_of_it),
        ASKED(an_album_gives_each_of_its_tracks_its_name_date_and_cover),
        ASKED(a_playlist_of_any_length_comes_page_by_page),
        ASKED(no_more_is_asked_for_than_was_wanted),
        ASKED(what_is_no_song_is_skipped_and_keeps_its_position),
        ASKED(values_of_the_wrong_type_are_unknown),
        ASKED(an_app_that_knows_only_the_old_path_of_playlists_uses_it),
        ASKED(a_list_goes_on_only_where_the_token_may_go),
        ASKED(the_caller_can_stop_in_the_middle),
        ASKED(a_token_is_asked_for_once_and_kept_for_others),
        ASKED(a_token_that_is_over_broken_or_anothers_is_not_used),
        ASKED(a_token_that_was_taken_back_is_replaced_once),
        ASKED(bad_credentials_name_the_settings),
        ASKED(each_trouble_has_its_kind),
        ASKED(trouble_in_the_middle_keeps_what_was_given),
        ASKED(patience_repeats_a_page_and_not_the_list),
        ASKED(the_caller_can_stop_it_while_nothing_comes),
        ASKED(without_credentials_a_track_has_a_title_and_a_picture),
        ASKED(without_credentials_a_list_says_which_settings_it_needs),
        ASKED(what_is_no_id_never_reaches_an_address),
    };

    return cmocka_run_group_tests(tests, start_fake, stop_fake);
}
