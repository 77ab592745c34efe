/*
 * The HTTP client against a server on loopback that does what each test says: files that go on where they stopped, and
 * everything that a server may do wrong, by accident or on purpose.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/id.h"
#include "fetch.h"

#define WHOLE_BYTES 200000
#define MOST_REQUESTS 64

/* ---- the server: one connection at a time, one request each ---- */

static struct {
    int         fd, port;
    char        base[64];
    atomic_int  count;
    char        requests[MOST_REQUESTS][4096];
    void      (*answer)(int fd, const char *request, int nth);      /* nth: 1 for the first */
} server;

/* What serve_file() does. */
static struct {
    unsigned char bytes[WHOLE_BYTES];
    const char   *etag, *last_modified;     /* NULL: not sent */
    bool          no_ranges, no_if_range;
    bool          chunked, endless;         /* no Content-Length; never ends */
    int64_t       length;                   /* what it claims; -1: the truth */
    int64_t       cut, stall;               /* of each answer: ends, or waits, behind this many bytes; -1: never */
    int64_t       from;                     /* a range begins here, whatever was asked; -1: as asked */
    int           drip_ms;                  /* ten bytes each */
} file;

static void say(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(int fd, const char *fmt, ...)
{
    char text[8192];
    va_list ap;

    va_start(ap, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (send(fd, text, (size_t)n, MSG_NOSIGNAL) < 0)
        return;
}

/* The value of a header of the request, "" without it. */
static const char *asked(const char *request, const char *name)
{
    static char value[512];
    const char *p = request;

    value[0] = '\0';
    while ((p = strcasestr(p, name)) && p[strlen(name)] != ':')
        p++;
    if (p)
        snprintf(value, sizeof value, "%.*s", (int)strcspn(p + strlen(name) + 2, "\r"), p + strlen(name) + 2);
    return value;
}

static void wait_for_leaving(int fd)
{
    char c;

    for (struct pollfd p = { .fd = fd, .events = POLLIN }; poll(&p, 1, 20000) > 0 && recv(fd, &c, 1, 0) > 0;)
        ;
}

static void send_some(int fd, const unsigned char *bytes, int64_t n)
{
    const size_t piece = file.drip_ms ? 10 : 4096;

    for (int64_t sent = 0; sent < n;) {
        const size_t now = (size_t)(n - sent) < piece ? (size_t)(n - sent) : piece;
        if (file.chunked)
            say(fd, "%zx\r\n", now);
        if (send(fd, bytes + sent, now, MSG_NOSIGNAL) < 0)
            return;
        if (file.chunked)
            say(fd, "\r\n");
        sent += (int64_t)now;
        if (file.drip_ms)
            nanosleep(&(struct timespec){ .tv_nsec = file.drip_ms * 1000000L }, NULL);
    }
}

static void serve_file(int fd, const char *request, int nth)
{
    const char *range = strcasestr(request, "\r\nRange: bytes=");
    int64_t start = range ? strtoll(range + 15, NULL, 10) : 0;
    const char *condition = asked(request, "If-Range");
    bool part = range && !file.no_ranges;

    (void)nth;
    if (part && *condition && !file.no_if_range)
        part = (file.etag && !strcmp(condition, file.etag)) ||
               (file.last_modified && !strcmp(condition, file.last_modified));
    if (part && start >= WHOLE_BYTES) {
        say(fd, "HTTP/1.1 416 Behind\r\nContent-Range: bytes */%d\r\nContent-Length: 0\r\n\r\n", WHOLE_BYTES);
        return;
    }
    start = !part ? 0 : file.from >= 0 ? file.from : start;
    say(fd, "HTTP/1.1 %s\r\nContent-Type: audio/x-test; q=1\r\n", part ? "206 Part" : "200 Here");
    if (part)
        say(fd, "Content-Range: bytes %lld-%d/%d\r\n", (long long)start, WHOLE_BYTES - 1, WHOLE_BYTES);
    if (file.etag)
        say(fd, "ETag: %s\r\n", file.etag);
    if (file.last_modified)
        say(fd, "Last-Modified: %s\r\n", file.last_modified);
    if (file.chunked)
        say(fd, "Transfer-Encoding: chunked\r\n\r\n");
    else
        say(fd, "Content-Length: %lld\r\n\r\n", (long long)(file.length >= 0 ? file.length : WHOLE_BYTES - start));
    const int64_t all = WHOLE_BYTES - start;
    const int64_t most = file.cut >= 0 && file.cut < all ? file.cut : file.stall >= 0 && file.stall < all ? file.stall
                                                                                                          : all;
    send_some(fd, file.bytes + start, most);
    while (file.endless && poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0) == 0)
        send_some(fd, file.bytes, WHOLE_BYTES);
    if (most == file.stall)
        wait_for_leaving(fd);
    if (file.chunked && most == all)
        say(fd, "0\r\n\r\n");
}

static void *serve(void *unused)
{
    (void)unused;
    for (int fd; (fd = accept(server.fd, NULL, NULL)) >= 0; close(fd)) {
        char request[4096];
        size_t n = 0;
        ssize_t got;
        request[0] = '\0';
        while (n < sizeof request - 1 && !strstr(request, "\r\n\r\n") &&
               (got = recv(fd, request + n, sizeof request - 1 - n, 0)) > 0) {
            n += (size_t)got;
            request[n] = '\0';
        }
        const char *body = strstr(request, "\r\n\r\n");
        const char *length = strcasestr(request, "\r\nContent-Length:");
        while (body && length && strlen(body + 4) < strtoul(length + 17, NULL, 10) &&
               (got = recv(fd, request + n, sizeof request - 1 - n, 0)) > 0) {
            n += (size_t)got;
            request[n] = '\0';
        }
        const int nth = server.count + 1;
        if (nth <= MOST_REQUESTS)
            memcpy(server.requests[nth - 1], request, n + 1);
        server.count = nth;
        server.answer(fd, request, nth);
        shutdown(fd, SHUT_WR);
        wait_for_leaving(fd);
    }
    return NULL;
}

static pthread_t server_thread;

static int enter(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;

    memset(&server, 0, sizeof server);
    memset(&file, 0, sizeof file);
    file.etag = "\"one\"";
    file.length = file.cut = file.stall = file.from = -1;
    for (size_t i = 0; i < sizeof file.bytes; i++)
        file.bytes[i] = (unsigned char)(i * 2654435761u >> 13);
    server.answer = serve_file;
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server.fd, (struct sockaddr *)&at, sizeof at) || listen(server.fd, 16) ||
        getsockname(server.fd, (struct sockaddr *)&at, &n))
        return -1;
    server.port = ntohs(at.sin_port);
    snprintf(server.base, sizeof server.base, "http://127.0.0.1:%d", server.port);
    return unit_enter(state) || pthread_create(&server_thread, NULL, serve, NULL) ? -1 : 0;
}

static int leave(void **state)
{
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(server_thread, NULL);
    close(server.fd);
    return unit_leave(state);
}

#define SERVED(name) cmocka_unit_test_setup_teardown(name, enter, leave)

/* ---- what is asked of it ---- */

static struct fetch_reply reply;
static struct err e;

static struct fetch request_for(const char *url)
{
    struct fetch f = { .url = url, .max_bytes = 1 << 20, .stall_s = 5, .timeout_ms = 30000 };
    struct err bad;

    assert_int_equal(net_allow_parse(&f.allow, "127.0.0.1/32", &bad), 0);
    return f;
}

static const char *at(const char *path)
{
    static char url[4][3000];
    static int next;
    char *p = url[next++ % 4];

    snprintf(p, sizeof url[0], "%s%s", server.base, path);
    return p;
}

static int get(const struct fetch *f)
{
    e = (struct err){ 0 };
    return fetch_file(f, "out", &reply, &e);
}

static int get_path(const char *path)
{
    const struct fetch f = request_for(at(path));
    return get(&f);
}

#define refused_with(expected, call)                                                                             \
    do {                                                                                                         \
        const int rc_ = (call);                                                                                  \
        check(rc_ == -1 && e.kind == (expected), "%s: %d, %s: %s", #call, rc_, err_class(e.kind)->name, e.text); \
    } while (0)

#define accepted(call) check((call) == 0, "%s: %s: %s", #call, err_class(e.kind)->name, e.text)

static int64_t size_of(const char *path)
{
    struct stat st;
    return lstat(path, &st) ? -1 : (int64_t)st.st_size;
}

/* The finished file is `bytes`, and nothing lies beside it. */
static void is_whole(void)
{
    static unsigned char got[WHOLE_BYTES + 1];
    FILE *f = fopen("out", "rb");

    assert_non_null(f);
    assert_int_equal(fread(got, 1, sizeof got, f), WHOLE_BYTES);
    fclose(f);
    assert_memory_equal(got, file.bytes, WHOLE_BYTES);
    check(size_of("out.part") == -1 && size_of("out.part.json") == -1, "something lies beside it");
    assert_int_equal(unlink("out"), 0);
}

static void answered(int n)
{
    check(server.count == n, "%d requests instead of %d", server.count, n);
}

/* A transfer that ended behind n bytes, as a lost connection leaves it. */
static void leave_part(int64_t n)
{
    char text[sizeof file.bytes];
    FILE *f;

    file.cut = 1;
    assert_int_equal(get_path("/a"), -1);
    file.cut = -1;
    memcpy(text, file.bytes, sizeof text);
    f = fopen("out.part", "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, (size_t)n, f), n);
    fclose(f);
    server.count = 0;
}

/* ---- whole files ---- */

TEST(a_file_arrives_whole_and_says_what_it_is)
{
    accepted(get_path("/a?b=c"));
    is_whole();
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.size_bytes, WHOLE_BYTES);
    assert_string_equal(reply.content_type, "audio/x-test");
    assert_string_equal(reply.url, at("/a?b=c"));
    check(strncmp(server.requests[0], "GET /a?b=c HTTP/1.1\r\n", 21) == 0, "%s", server.requests[0]);
    assert_string_equal(asked(server.requests[0], "User-Agent"), "Dubplate/" DUBPLATE_VERSION);
    assert_string_equal(asked(server.requests[0], "Accept-Encoding"), "identity");
    assert_null(strstr(server.requests[0], "Range"));
    answered(1);
}

TEST(a_file_without_an_announced_length_arrives_whole)
{
    file.chunked = true;
    accepted(get_path("/a"));
    is_whole();
}

static void serve_empty(int fd, const char *request, int nth)
{
    (void)request, (void)nth;
    say(fd, "HTTP/1.1 200 Here\r\nContent-Length: 0\r\n\r\n");
}

TEST(an_empty_file_is_a_file)
{
    server.answer = serve_empty;
    accepted(get_path("/a"));
    assert_int_equal(size_of("out"), 0);
    assert_int_equal(reply.size_bytes, 0);
}

/* ---- continuing ---- */

TEST(a_connection_that_breaks_is_made_again_where_it_ended)
{
    file.cut = 30000;
    accepted(get_path("/a"));
    is_whole();
    answered(7);
    assert_string_equal(asked(server.requests[1], "\r\nRange"), "bytes=30000-");
    assert_string_equal(asked(server.requests[1], "If-Range"), "\"one\"");
}

TEST(a_connection_that_brings_next_to_nothing_is_not_made_again_and_again)
{
    file.cut = 100;
    refused_with(ERR_NETWORK, get_path("/a"));
    check(strstr(e.text, "ended after 100 of 200000 bytes"), "%s", e.text);
    answered(1);
    assert_int_equal(size_of("out.part"), 100);
    refused_with(ERR_NETWORK, get_path("/a"));
    assert_int_equal(size_of("out.part"), 200);
    file.cut = -1;
    accepted(get_path("/a"));
    is_whole();
}

/* A process of its own, killed as soon as `n` bytes are on the disk. */
static void kill_behind(int64_t n)
{
    file.stall = n;
    const pid_t child = fork();
    if (child == 0) {
        get_path("/a");
        _exit(1);
    }
    for (int i = 0; i < 500 && !(size_of("out.part") >= n && size_of("out.part.json") > 0); i++)
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    file.stall = -1;
    check(size_of("out.part") == n, "%lld bytes instead of %lld", (long long)size_of("out.part"), (long long)n);
}

TEST(after_a_kill_at_any_byte_the_file_is_the_same)
{
    static const int64_t edges[] = { 0, 1, 4095, 4096, 4097, WHOLE_BYTES - 1 };

    for (int i = 0; i < 30; i++) {
        const int64_t n = i < (int)LENGTH(edges) ? edges[i] : (int64_t)id_random(WHOLE_BYTES);
        kill_behind(n);
        server.count = 0;
        accepted(get_path("/a"));
        is_whole();
        if (n > 0)
            check(strtoll(asked(server.requests[0], "\r\nRange") + 6, NULL, 10) == n, "asked for all of it again");
    }
}

TEST(any_number_of_broken_connections_gives_the_same_file)
{
    for (int round = 0; round < 20; round++) {
        int tries = 0;
        do
            file.cut = (int64_t)id_random(40000);
        while (get_path("/a") && e.kind == ERR_NETWORK && ++tries < 100);
        is_whole();
        server.count = 0;
    }
}

static void change_file(void)
{
    file.etag = "\"two\"";
    for (size_t i = 0; i < sizeof file.bytes; i++)
        file.bytes[i] ^= 0x5a;
}

TEST(a_file_that_changed_meanwhile_is_fetched_anew)
{
    leave_part(150000);
    change_file();
    accepted(get_path("/a"));
    is_whole();
    answered(1);
}

TEST(a_server_that_ignores_if_range_is_not_believed)
{
    leave_part(150000);
    file.no_if_range = true;
    change_file();
    accepted(get_path("/a"));
    is_whole();
    answered(2);
}

TEST(a_server_without_ranges_starts_over)
{
    leave_part(150000);
    file.no_ranges = true;
    accepted(get_path("/a"));
    is_whole();
    answered(1);
}

TEST(another_range_than_the_one_asked_for_is_not_written)
{
    leave_part(150000);
    file.from = 149999;
    accepted(get_path("/a"));      /* the second request asks for no range */
    is_whole();
    answered(2);
}

TEST(a_complete_file_that_was_not_renamed_is_complete)
{
    leave_part(WHOLE_BYTES);
    accepted(get_path("/a"));
    is_whole();
    answered(1);
    assert_int_equal(reply.status, 416);
}

static void serve_behind_the_end_once(int fd, const char *request, int nth)
{
    if (nth == 1)
        say(fd, "HTTP/1.1 416 Behind\r\nContent-Range: bytes */12345\r\nContent-Length: 0\r\n\r\n");
    else
        serve_file(fd, request, nth);
}

TEST(a_range_behind_the_end_of_what_is_shorter_now_starts_over)
{
    leave_part(150000);
    server.answer = serve_behind_the_end_once;
    accepted(get_path("/a"));
    is_whole();
    answered(2);
}

TEST(without_a_strong_validator_nothing_is_continued)
{
    static const struct { const char *etag, *last_modified; bool continues; } cases[] = {
        { NULL, NULL, false },
        { "W/\"weak\"", NULL, false },
        { "W/\"weak\"", "Thu, 20 May 2004 12:00:00 GMT", true },
        { NULL, "Thu, 20 May 2004 12:00:00 GMT", true },
        { "\"strong\"", NULL, true },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        file.etag = cases[i].etag;
        file.last_modified = cases[i].last_modified;
        leave_part(50000);
        accepted(get_path("/a"));
        is_whole();
        check(!!strstr(server.requests[0], "\r\nRange") == cases[i].continues, "case %zu", i);
    }
}

TEST(what_is_left_of_another_link_or_without_its_description_is_not_continued)
{
    leave_part(50000);
    accepted(get_path("/b"));
    assert_null(strstr(server.requests[0], "\r\nRange"));
    is_whole();
    leave_part(50000);
    unit_write("out.part.json", "{\"url\":");
    accepted(get_path("/a"));
    assert_null(strstr(server.requests[0], "\r\nRange"));
    is_whole();
    leave_part(50000);
    assert_int_equal(unlink("out.part.json"), 0);
    accepted(get_path("/a"));
    assert_null(strstr(server.requests[0], "\r\nRange"));
    is_whole();
}

TEST(a_link_in_the_place_of_the_partial_file_is_not_followed)
{
    unit_write("precious", "precious");
    assert_int_equal(symlink("precious", "out.part"), 0);
    refused_with(ERR_SYSTEM, get_path("/a"));
    assert_int_equal(size_of("precious"), 8);
}

/* ---- limits ---- */

TEST(an_announced_size_over_the_limit_is_refused_before_a_byte_is_written)
{
    struct fetch f = request_for(at("/a"));

    f.max_bytes = WHOLE_BYTES - 1;
    refused_with(ERR_TOO_LARGE, get(&f));
    check(size_of("out") == -1 && size_of("out.part") == -1 && size_of("out.part.json") == -1, "something is left");
    f.max_bytes = WHOLE_BYTES;
    accepted(get(&f));
    is_whole();
}

TEST(bytes_over_the_limit_end_the_transfer_whatever_was_announced)
{
    struct fetch f = request_for(at("/a"));

    file.chunked = file.endless = true;
    f.max_bytes = 1 << 20;
    refused_with(ERR_TOO_LARGE, get(&f));
    check(size_of("out.part") == -1, "something is left");
}

TEST(a_length_that_promises_too_much_is_no_success)
{
    file.length = WHOLE_BYTES + 10;
    file.no_ranges = true;
    refused_with(ERR_NETWORK, get_path("/a"));
    check(strstr(e.text, "after 200000 of 200010 bytes"), "%s", e.text);
    assert_int_equal(size_of("out"), -1);
}

TEST(a_length_that_promises_too_little_is_where_the_file_ends)
{
    file.length = 1000;
    accepted(get_path("/a"));
    assert_int_equal(size_of("out"), 1000);
}

TEST(a_server_that_stalls_or_drips_is_given_up_and_what_came_is_kept)
{
    struct fetch f = request_for(at("/a"));
    const int64_t began = clock_boot_ms();

    f.stall_s = 1;
    file.stall = 50000;
    refused_with(ERR_TIMEOUT, get(&f));
    check(strstr(e.text, "next to nothing"), "%s", e.text);
    assert_int_equal(size_of("out.part"), 50000);
    file.stall = 0;
    refused_with(ERR_TIMEOUT, get(&f));
    file.stall = -1;
    file.drip_ms = 50;
    refused_with(ERR_TIMEOUT, get(&f));
    check(size_of("out.part") > 50000, "the drops are lost");
    file.drip_ms = 0;
    accepted(get(&f));
    is_whole();
    check(clock_boot_ms() - began < 20000, "it took %lld ms", (long long)(clock_boot_ms() - began));
}

TEST(a_transfer_ends_when_its_time_is_over)
{
    struct fetch f = request_for(at("/a"));

    f.stall_s = 0;
    f.timeout_ms = 700;
    file.drip_ms = 50;
    refused_with(ERR_TIMEOUT, get(&f));
    check(strstr(e.text, "end within"), "%s", e.text);
}

static void serve_many_headers(int fd, const char *request, int nth)
{
    (void)request, (void)nth;
    say(fd, "HTTP/1.1 200 Here\r\n");
    for (int i = 0; i < 100000; i++)
        say(fd, "X-Padding-%d: %070d\r\n", i, i);
    say(fd, "\r\n");
}

static void serve_long_header(int fd, const char *request, int nth)
{
    (void)request, (void)nth;
    say(fd, "HTTP/1.1 200 Here\r\nETag: ");
    for (int i = 0; i < 4000; i++)
        say(fd, "%0100d", i);
    say(fd, "\r\nContent-Length: 0\r\n\r\n");
}

static void serve_garbage(int fd, const char *request, int nth)
{
    (void)request, (void)nth;
    say(fd, "\x16\x03\x01 this is no HTTP\r\n\r\n");
}

static void serve_nothing(int fd, const char *request, int nth)
{
    (void)fd, (void)request, (void)nth;
}

TEST(answers_that_are_none_are_failures)
{
    void (*const answers[])(int, const char *, int) = { serve_many_headers, serve_long_header, serve_nothing };

    for (size_t i = 0; i < LENGTH(answers); i++) {
        server.answer = answers[i];
        refused_with(ERR_NETWORK, get_path("/a"));
        assert_int_equal(size_of("out"), -1);
    }
    server.answer = serve_garbage;
    refused_with(ERR_UNSUPPORTED, get_path("/a"));
}

/* ---- where it may go ---- */

static char location[3000];

static void serve_redirect(int fd, const char *request, int nth)
{
    if (strstr(request, " /go "))
        say(fd, "HTTP/1.1 302 There\r\nConnection: close\r\nLocation: %s\r\nContent-Type: text/html\r\nETag: \"no\"\r\n"
                "Content-Length: 5\r\n\r\nthere", location);
    else
        serve_file(fd, request, nth);
}

static void serve_countdown(int fd, const char *request, int nth)
{
    const int left = (int)strtol(request + 5, NULL, 10);

    if (left > 0)
        say(fd, "HTTP/1.1 301 There\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n", left - 1);
    else
        serve_file(fd, request, nth);
}

TEST(redirects_are_followed_and_what_they_say_is_forgotten)
{
    server.answer = serve_redirect;
    snprintf(location, sizeof location, "/a");
    accepted(get_path("/go"));
    is_whole();
    assert_string_equal(reply.url, at("/a"));
    assert_string_equal(reply.content_type, "audio/x-test");
}

TEST(five_redirects_are_followed_and_not_six)
{
    server.answer = serve_countdown;
    accepted(get_path("/5"));
    is_whole();
    refused_with(ERR_UNSUPPORTED, get_path("/6"));
}

TEST(a_redirect_leads_to_the_web_and_nowhere_else)
{
    static const char *const targets[] = { "file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1/a",
                                           "dict://127.0.0.1/a", "scp://127.0.0.1/a" };

    server.answer = serve_redirect;
    for (size_t i = 0; i < LENGTH(targets); i++) {
        snprintf(location, sizeof location, "%s", targets[i]);
        refused_with(ERR_UNSUPPORTED, get_path("/go"));
        assert_int_equal(size_of("out"), -1);
    }
    snprintf(location, sizeof location, "http://user:secret@127.0.0.1:%d/a", server.port);
    refused_with(ERR_UNSUPPORTED, get_path("/go"));
    check(!strstr(e.text, "secret"), "%s", e.text);
}

TEST(no_private_address_is_reached_by_link_name_or_redirect)
{
    static const char *const hosts[] = { "127.0.0.2", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.2]",
                                         "0.0.0.0", "2130706434" };
    struct fetch f = request_for(at("/a"));

    server.answer = serve_redirect;
    for (size_t i = 0; i < LENGTH(hosts); i++) {
        snprintf(location, sizeof location, "http://%s:%d/a", hosts[i], server.port);
        refused_with(ERR_INPUT, get_path("/go"));
        check(strstr(e.text, "points to a private address"), "%s", e.text);
        struct fetch straight = request_for(location);
        refused_with(ERR_INPUT, get(&straight));
    }
    server.count = 0;
    f.allow.count = 0;
    refused_with(ERR_INPUT, get(&f));
    char name[64];
    snprintf(name, sizeof name, "http://localhost:%d/a", server.port);
    f.url = name;
    refused_with(ERR_INPUT, get(&f));
    answered(0);
    f.trusted = true;
    accepted(get(&f));
    is_whole();
}

TEST(an_exempted_network_is_reached_by_redirect_as_well)
{
    struct fetch f = request_for(at("/go"));

    server.answer = serve_redirect;
    snprintf(location, sizeof location, "http://127.0.0.2:%d/a", server.port);
    assert_int_equal(net_allow_parse(&f.allow, "127.0.0.0/8", &e), 0);
    refused_with(ERR_NETWORK, get(&f));     /* nobody listens there */
    snprintf(location, sizeof location, "http://localhost:%d/a", server.port);
    accepted(get(&f));
    is_whole();
}

TEST(a_proxy_or_a_netrc_of_the_environment_is_not_used)
{
    char netrc[PATH_MAX + 16];

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "socks5://127.0.0.1:1", 1);
    setenv("HOME", unit_dir, 1);
    unit_write(".netrc", "default login somebody password secret\n");
    snprintf(netrc, sizeof netrc, "%s/.netrc", unit_dir);
    setenv("NETRC", netrc, 1);
    accepted(get_path("/a"));
    is_whole();
    assert_null(strcasestr(server.requests[0], "Authorization"));
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

TEST(what_is_personal_goes_to_the_host_it_was_meant_for_only)
{
    static const char *const headers[] = { "Authorization: Bearer secret", NULL };
    struct fetch requests[4];

    for (size_t i = 0; i < LENGTH(requests); i++)
        requests[i] = request_for(at("/go"));
    requests[0].headers = headers;
    requests[1].form = "grant_type=secret";
    requests[2].user = "user", requests[2].password = "secret";
    requests[3].trusted = true;
    server.answer = serve_redirect;
    snprintf(location, sizeof location, "%s/a", server.base);
    for (size_t i = 0; i < LENGTH(requests); i++) {
        server.count = 0;
        refused_with(ERR_NETWORK, get(&requests[i]));
        answered(1);
    }
}

/* ---- what a status means ---- */

static const char *status_line;

static void serve_status(int fd, const char *request, int nth)
{
    (void)request, (void)nth;
    say(fd, "HTTP/1.1 %s\r\nContent-Length: 12\r\n\r\nas you wish\n", status_line);
}

TEST(each_status_has_its_kind_and_the_time_it_asks_for)
{
    static const struct { const char *line; enum err_kind kind; int retry_after_s; } cases[] = {
        { "400 x", ERR_FORBIDDEN, 0 },      { "401 x", ERR_LOGIN_REQUIRED, 0 }, { "402 x", ERR_RATE_LIMITED, 0 },
        { "403 x", ERR_FORBIDDEN, 0 },      { "404 x", ERR_UNAVAILABLE, 0 },    { "410 x", ERR_UNAVAILABLE, 0 },
        { "416 x", ERR_FORBIDDEN, 0 },      { "418 x", ERR_FORBIDDEN, 0 },      { "429 x", ERR_RATE_LIMITED, 0 },
        { "451 x", ERR_GEO_BLOCKED, 0 },    { "500 x", ERR_NETWORK, 0 },        { "503 x", ERR_NETWORK, 0 },
        { "599 x", ERR_NETWORK, 0 },        { "304 x", ERR_NETWORK, 0 },        { "302 x", ERR_NETWORK, 0 },
        { "429 x\r\nRetry-After: 17", ERR_RATE_LIMITED, 17 },
        { "503 x\r\nretry-after:  5", ERR_NETWORK, 5 },
        { "429 x\r\nRetry-After: 99999999999999999999", ERR_RATE_LIMITED, FETCH_RETRY_MOST_S },
        { "429 x\r\nRetry-After: soon", ERR_RATE_LIMITED, 0 },
        { "429 x\r\nRetry-After: -5", ERR_RATE_LIMITED, 0 },
        { "429 x\r\nRetry-After: Fri, 01 Jan 2100 00:00:00 GMT", ERR_RATE_LIMITED, FETCH_RETRY_MOST_S },
    };

    server.answer = serve_status;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        status_line = cases[i].line;
        refused_with(cases[i].kind, get_path("/a"));
        check(e.retry_after_s == cases[i].retry_after_s, "%s: %d", cases[i].line, e.retry_after_s);
        assert_int_equal(size_of("out"), -1);
        assert_int_equal(reply.status, strtol(cases[i].line, NULL, 10));
    }
}

TEST(nobody_there_is_network_trouble)
{
    const struct fetch nobody = request_for("http://127.0.0.1:1/a"), no_name = request_for("http://nobody.invalid/a");

    refused_with(ERR_NETWORK, get(&nobody));
    refused_with(ERR_NETWORK, get(&no_name));
}

/* ---- texts, probes, callbacks ---- */

static void serve_text(int fd, const char *request, int nth)
{
    (void)request, (void)nth;
    say(fd, "HTTP/1.1 200 Here\r\nContent-Type: Application/JSON;charset=utf-8\r\nContent-Length: 13\r\n\r\n"
            "{\"hello\":123}");
}

TEST(a_text_is_read_into_memory)
{
    static const char *const headers[] = { "Authorization: Bearer t", "Accept: application/json", NULL };
    struct fetch f = request_for(at("/api"));
    struct buf body = BUF_INIT(13);

    server.answer = serve_text;
    f.headers = headers;
    check(fetch_text(&f, &body, &reply, &e) == 0, "%s", e.text);
    assert_string_equal(buf_text(&body), "{\"hello\":123}");
    assert_string_equal(reply.content_type, "application/json");
    assert_string_equal(asked(server.requests[0], "Authorization"), "Bearer t");
    assert_string_equal(asked(server.requests[0], "Accept"), "application/json");
    buf_free(&body);
}

TEST(a_form_is_posted_with_a_name_and_a_password)
{
    struct fetch f = request_for(at("/token"));
    struct buf body = BUF_INIT(1000);

    server.answer = serve_text;
    f.form = "grant_type=client_credentials";
    f.user = "user";
    f.password = "pass";
    check(fetch_text(&f, &body, &reply, &e) == 0, "%s", e.text);
    check(strncmp(server.requests[0], "POST /token ", 12) == 0, "%s", server.requests[0]);
    assert_string_equal(asked(server.requests[0], "Authorization"), "Basic dXNlcjpwYXNz");
    assert_string_equal(asked(server.requests[0], "Content-Type"), "application/x-www-form-urlencoded");
    check(strstr(server.requests[0], "\r\n\r\ngrant_type=client_credentials"), "%s", server.requests[0]);
    buf_free(&body);
}

TEST(a_text_over_its_limit_is_refused_by_its_length_and_by_its_bytes)
{
    const struct fetch f = request_for(at("/api"));
    struct buf body = BUF_INIT(12);

    server.answer = serve_text;
    assert_int_equal(fetch_text(&f, &body, &reply, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_int_equal(body.len, 0);
    body.max = 10000;
    server.answer = serve_file;
    file.chunked = file.endless = true;
    assert_int_equal(fetch_text(&f, &body, &reply, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    check(body.len <= 10000, "%zu bytes are kept", body.len);
    buf_free(&body);
}

TEST(what_a_refusal_says_can_be_read)
{
    const struct fetch f = request_for(at("/api"));
    struct buf body = BUF_INIT(1000);

    server.answer = serve_status;
    status_line = "400 Bad";
    assert_int_equal(fetch_text(&f, &body, &reply, &e), -1);
    assert_int_equal(reply.status, 400);
    assert_string_equal(buf_text(&body), "as you wish\n");
    buf_free(&body);
}

static void serve_named(int fd, const char *request, int nth)
{
    (void)request, (void)nth;
    say(fd, "HTTP/1.1 200 Here\r\nContent-Disposition: attachment; filename=\"../a b.mp3\"\r\nContent-Length: "
            "100000000\r\n\r\n");
    send_some(fd, file.bytes, WHOLE_BYTES);
    wait_for_leaving(fd);
}

static void serve_nothing_of_nothing(int fd, const char *request, int nth)
{
    (void)request, (void)nth;
    say(fd, "HTTP/1.1 416 Behind\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n\r\n");
}

TEST(a_probe_learns_size_type_and_name_and_reads_no_body)
{
    const struct fetch f = request_for(at("/a"));

    check(fetch_probe(&f, &reply, &e) == 0, "%s", e.text);
    assert_int_equal(reply.size_bytes, WHOLE_BYTES);
    assert_string_equal(asked(server.requests[0], "\r\nRange"), "bytes=0-0");
    server.answer = serve_named;        /* knows no ranges and would send all of it */
    check(fetch_probe(&f, &reply, &e) == 0, "%s", e.text);
    assert_int_equal(reply.size_bytes, 100000000);
    assert_string_equal(reply.file_name, "a b.mp3");
    server.answer = serve_nothing_of_nothing;
    check(fetch_probe(&f, &reply, &e) == 0, "%s", e.text);
    assert_int_equal(reply.size_bytes, 0);
}

struct seen { int64_t bytes, total; int calls; int stop_at; };

static int watch(void *arg, int64_t bytes, int64_t total, int64_t speed, struct err *why)
{
    struct seen *s = arg;

    check(bytes >= s->bytes && speed >= -1, "it goes back");
    s->bytes = bytes;
    s->total = total;
    return ++s->calls == s->stop_at ? err_set(why, ERR_PAUSED, "stop here") : 0;
}

TEST(progress_counts_what_was_there_before)
{
    struct seen s = { 0 };
    struct fetch f = request_for(at("/a"));

    leave_part(150000);
    f.on_progress = watch;
    f.arg = &s;
    accepted(get(&f));
    assert_int_equal(s.bytes, WHOLE_BYTES);
    assert_int_equal(s.total, WHOLE_BYTES);
    is_whole();
}

TEST(the_caller_can_stop_it_even_while_nothing_comes)
{
    struct seen s = { .stop_at = 3 };
    struct fetch f = request_for(at("/a"));
    const int64_t began = clock_boot_ms();

    file.stall = 0;
    f.on_progress = watch;
    f.arg = &s;
    refused_with(ERR_PAUSED, get(&f));
    assert_string_equal(e.text, "stop here");
    check(clock_boot_ms() - began < 4000, "it took %lld ms", (long long)(clock_boot_ms() - began));
}

static int refuse(void *arg, const struct fetch_reply *r, struct err *why)
{
    assert_string_equal(r->content_type, "audio/x-test");
    assert_int_equal(size_of("out.part"), 0);
    *(int *)arg += 1;
    return err_set(why, ERR_UNSUPPORTED, "not this one");
}

TEST(the_caller_can_refuse_what_the_headers_say)
{
    struct fetch f = request_for(at("/a"));
    int calls = 0;

    f.on_reply = refuse;
    f.arg = &calls;
    refused_with(ERR_UNSUPPORTED, get(&f));
    assert_int_equal(calls, 1);
    assert_int_equal(size_of("out.part"), 0);
}

/* ---- headers ---- */

TEST(a_file_name_is_read_from_every_spelling_and_is_only_a_name)
{
    static const struct { const char *value, *name; } cases[] = {
        { "", "" },
        { "inline", "" },
        { "attachment; filename=a.mp3", "a.mp3" },
        { "attachment; filename=\"a b.mp3\"", "a b.mp3" },
        { "attachment;filename=a.mp3;size=3", "a.mp3" },
        { "ATTACHMENT; FILENAME = a.mp3 ; x=y", "a.mp3" },
        { "attachment; filename=\"a\\\"b;c.mp3\"; filename*=", "a\"b;c.mp3" },
        { "attachment; filename*=UTF-8''na%C3%AFve%20.mp3", "naïve .mp3" },
        { "attachment; filename*=utf-8'en'%e2%82%ac.mp3; filename=\"EUR.mp3\"", "€.mp3" },
        { "attachment; filename=\"EUR.mp3\"; filename*=UTF-8''%e2%82%ac.mp3", "€.mp3" },
        { "attachment; filename*=iso-8859-1''na%EFve.mp3", "naïve.mp3" },
        { "attachment; filename*=koi8-r''%f0.mp3; filename=b.mp3", "b.mp3" },
        { "attachment; filename*=UTF-8''%ff%fe; filename=b.mp3", "ÿþ" },
        { "attachment; filename=\"na\xefve.mp3\"", "naïve.mp3" },
        { "attachment; filename=\"../../etc/passwd\"", "passwd" },
        { "attachment; filename=\"C:\\\\Music\\\\a.mp3\"", "a.mp3" },
        { "attachment; filename=\"a/\"", "" },
        { "attachment; filename=..", "" },
        { "attachment; filename*=UTF-8''..%2f..%2fa", "a" },
        { "attachment; filename*=UTF-8''a%00b%0d%0ac", "a" },
        { "attachment; filename=\"a\tb\x01.mp3\"", "a b.mp3" },
        { "attachment; filename=\"unclosed", "unclosed" },
        { "attachment; x=\"filename=no.mp3\"; filename=yes.mp3", "yes.mp3" },
        { ";;;=;filename", "" },
        { "attachment; filename=\"\\", "" },
    };
    char name[64], longest[3000] = "attachment; filename=";

    for (size_t i = 0; i < LENGTH(cases); i++) {
        fetch_disposition_name(name, sizeof name, cases[i].value);
        check(strcmp(name, cases[i].name) == 0, "%s: \"%s\"", cases[i].value, name);
    }
    for (size_t n = strlen(longest); n < sizeof longest - 4; n += 3)
        memcpy(longest + n, "\xe2\x82\xac", 4);
    fetch_disposition_name(name, sizeof name, longest);
    assert_int_equal(strlen(name), 63);
}

TEST(any_bytes_make_a_file_name_that_is_clean_and_fits)
{
    static const char alphabet[] = "filename*=UTF-8''%2f%\";\\/. \xff\xe2\x82\xac\x01";
    char value[200], name[32];

    for (int i = 0; i < 20000; i++) {
        const size_t n = id_random(sizeof value - 1);
        size_t at_byte = 0;
        if (i % 2)
            at_byte = (size_t)snprintf(value, sizeof value, "a; filename%s=", i % 4 == 1 ? "*" : "");
        for (; at_byte < n; at_byte++)
            value[at_byte] = alphabet[id_random(sizeof alphabet - 1)];
        value[at_byte] = '\0';
        fetch_disposition_name(name, sizeof name, value);
        check(strlen(name) < sizeof name && !strpbrk(name, "/\x01"), "%s: %s", value, name);
    }
}

TEST(a_retry_after_is_seconds_or_a_date)
{
    static const struct { const char *value; int seconds; } cases[] = {
        { "0", 0 },      { "1", 1 },         { "86400", 86400 }, { "86401", 86400 }, { "1000000000", 86400 },
        { "", 0 },       { "soon", 0 },      { "-1", 0 },        { "12.7", 12 },
        { "Thu, 20 May 2004 12:00:30 GMT", 30 },                { "Thu, 20 May 2004 11:00:30 GMT", 0 },
        { "Thursday, 20-May-04 12:00:30 GMT", 30 },             { "Fri, 21 May 2004 12:00:01 GMT", 86400 },
    };

    for (size_t i = 0; i < LENGTH(cases); i++)
        check(fetch_retry_after(cases[i].value, 1085054400) == cases[i].seconds, "%s: %d", cases[i].value,
              fetch_retry_after(cases[i].value, 1085054400));
}

UNIT_MAIN(SERVED(a_file_arrives_whole_and_says_what_it_is),
          SERVED(a_file_without_an_announced_length_arrives_whole),
          SERVED(an_empty_file_is_a_file),
          SERVED(a_connection_that_breaks_is_made_again_where_it_ended),
          SERVED(a_connection_that_brings_next_to_nothing_is_not_made_again_and_again),
          SERVED(after_a_kill_at_any_byte_the_file_is_the_same),
          SERVED(any_number_of_broken_connections_gives_the_same_file),
          SERVED(a_file_that_changed_meanwhile_is_fetched_anew),
          SERVED(a_server_that_ignores_if_range_is_not_believed),
          SERVED(a_server_without_ranges_starts_over),
          SERVED(another_range_than_the_one_asked_for_is_not_written),
          SERVED(a_complete_file_that_was_not_renamed_is_complete),
          SERVED(a_range_behind_the_end_of_what_is_shorter_now_starts_over),
          SERVED(without_a_strong_validator_nothing_is_continued),
          SERVED(what_is_left_of_another_link_or_without_its_description_is_not_continued),
          SERVED(a_link_in_the_place_of_the_partial_file_is_not_followed),
          SERVED(an_announced_size_over_the_limit_is_refused_before_a_byte_is_written),
          SERVED(bytes_over_the_limit_end_the_transfer_whatever_was_announced),
          SERVED(a_length_that_promises_too_much_is_no_success),
          SERVED(a_length_that_promises_too_little_is_where_the_file_ends),
          SERVED(a_server_that_stalls_or_drips_is_given_up_and_what_came_is_kept),
          SERVED(a_transfer_ends_when_its_time_is_over),
          SERVED(answers_that_are_none_are_failures),
          SERVED(redirects_are_followed_and_what_they_say_is_forgotten),
          SERVED(five_redirects_are_followed_and_not_six),
          SERVED(a_redirect_leads_to_the_web_and_nowhere_else),
          SERVED(no_private_address_is_reached_by_link_name_or_redirect),
          SERVED(an_exempted_network_is_reached_by_redirect_as_well),
          SERVED(a_proxy_or_a_netrc_of_the_environment_is_not_used),
          SERVED(what_is_personal_goes_to_the_host_it_was_meant_for_only),
          SERVED(each_status_has_its_kind_and_the_time_it_asks_for),
          SERVED(nobody_there_is_network_trouble),
          SERVED(a_text_is_read_into_memory),
          SERVED(a_form_is_posted_with_a_name_and_a_password),
          SERVED(a_text_over_its_limit_is_refused_by_its_length_and_by_its_bytes),
          SERVED(what_a_refusal_says_can_be_read),
          SERVED(a_probe_learns_size_type_and_name_and_reads_no_body),
          SERVED(progress_counts_what_was_there_before),
          SERVED(the_caller_can_stop_it_even_while_nothing_comes),
          SERVED(the_caller_can_refuse_what_the_headers_say),
          UNIT(a_file_name_is_read_from_every_spelling_and_is_only_a_name),
          UNIT(any_bytes_make_a_file_name_that_is_clean_and_fits),
          UNIT(a_retry_after_is_seconds_or_a_date))
