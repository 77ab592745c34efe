/*
 * httpload: N keep-alive clients in one thread, each sending the next request when its answer is complete. Made for
 * bench_api.py, because a client in Python would be what is measured.
 *
 *     httpload PORT CLIENTS SECONDS METHOD PATH [KEY [BODY]]
 *
 * "%" in BODY becomes a number that no other request of this run has. Prints one JSON object: requests per second,
 * latencies in ms, and how often an answer was not 2xx. Understands Content-Length and 204; chunked answers are read
 * to their last chunk.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENTS 256
#define ANSWER_BYTES 65536

struct client {
    int     fd;
    int64_t sent_ns;
    size_t  used;
    char    answer[ANSWER_BYTES];
};

static struct client clients[MAX_CLIENTS];
static double *latencies_ms;
static size_t count, room, failed;
static const char *method, *path, *key, *body;
static int port;
static unsigned long serial;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void open_client(struct client *c, int poll_fd)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to))
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = c }))
        die("epoll_ctl");
}

static void send_request(struct client *c)
{
    char text[4096], content[2048] = "", number[32];
    int n;

    if (body) {
        const char *percent = strchr(body, '%');
        snprintf(number, sizeof number, "%d-%lu", (int)getpid(), serial++);
        n = percent ? snprintf(content, sizeof content, "%.*s%s%s", (int)(percent - body), body, number, percent + 1)
                    : snprintf(content, sizeof content, "%s", body);
        n = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-API-Key: %s\r\n"
                     "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                     method, path, port, key, n, content);
    } else {
        n = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-API-Key: %s\r\n\r\n", method,
                     path, port, key);
    }
    c->used = 0;
    c->sent_ns = now_ns();
    if (write(c->fd, text, (size_t)n) != n)
        die("write");
}

/* The answer in c is complete. */
static bool complete(struct client *c)
{
    c->answer[c->used] = '\0';
    const char *end = strstr(c->answer, "\r\n\r\n");
    if (!end)
        return false;
    const size_t head = (size_t)(end - c->answer) + 4;
    const char *length = strcasestr(c->answer, "\r\nContent-Length:");
    if (length && length < end)
        return c->used >= head + strtoul(length + 17, NULL, 10);
    const char *chunked = strcasestr(c->answer, "\r\nTransfer-Encoding: chunked");
    if (chunked && chunked < end)
        return c->used >= head + 5 && memcmp(c->answer + c->used - 5, "0\r\n\r\n", 5) == 0;
    return true;
}

static void record(struct client *c)
{
    if (count == room) {
        room = room ? room * 2 : 65536;
        latencies_ms = realloc(latencies_ms, room * sizeof *latencies_ms);
        if (!latencies_ms)
            die("realloc");
    }
    latencies_ms[count++] = (double)(now_ns() - c->sent_ns) / 1e6;
    if (c->used < 12 || c->answer[9] != '2')
        if (failed++ == 0)
            fprintf(stderr, "first refusal: %.400s\n", c->answer);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double at(double part)
{
    return count ? latencies_ms[(size_t)(part * (double)(count - 1))] : 0;
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    port = (int)strtol(argv[1], NULL, 10);
    const int wanted = (int)strtol(argv[2], NULL, 10), n = wanted < MAX_CLIENTS ? wanted : MAX_CLIENTS;
    const double seconds = atof(argv[3]);
    method = argv[4];
    path = argv[5];
    key = argc > 6 ? argv[6] : "";
    body = argc > 7 ? argv[7] : NULL;
    const int poll_fd = epoll_create1(0);
    for (int i = 0; i < n; i++)
        open_client(&clients[i], poll_fd);
    const int64_t began = now_ns(), until = began + (int64_t)(seconds * 1e9);
    int open = n;
    for (int i = 0; i < n; i++)
        send_request(&clients[i]);
    while (open > 0) {
        struct epoll_event ready[64];
        const int got = epoll_wait(poll_fd, ready, 64, 10000);
        if (got == 0) {
            fprintf(stderr, "%d clients wait for an answer for 10 s\n", open);
            failed += (size_t)open;
            break;
        }
        for (int i = 0; i < got; i++) {
            struct client *c = ready[i].data.ptr;
            const ssize_t r = read(c->fd, c->answer + c->used, ANSWER_BYTES - 1 - c->used);
            if (r < 0 && errno == EAGAIN)
                continue;
            if (r <= 0) {       /* nginx closes after keepalive_requests */
                const bool cut = c->used > 0;
                close(c->fd);
                failed += cut;
                open_client(c, poll_fd);
                send_request(c);
                continue;
            }
            c->used += (size_t)r;
            if (!complete(c))
                continue;
            record(c);
            if (now_ns() < until) {
                send_request(c);
            } else {
                close(c->fd);
                open--;
            }
        }
    }
    const double took = (double)(now_ns() - began) / 1e9;
    qsort(latencies_ms, count, sizeof *latencies_ms, by_value);
    printf("{\"requests\": %zu, \"seconds\": %.3f, \"rate\": %.1f, \"failed\": %zu, \"p50\": %.3f, \"p99\": %.3f, "
           "\"p999\": %.3f, \"max\": %.3f}\n",
           count, took, (double)count / took, failed, at(0.5), at(0.99), at(0.999), at(1));
    return 0;
}
