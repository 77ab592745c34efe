#include "http.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static FCGX_Request requests[HTTP_SLOTS], *request = requests;
static bool plain_cgi, served;
static volatile sig_atomic_t stopped;

static void on_stop(int sig)
{
    (void)sig;
    stopped = 1;
    FCGX_ShutdownPending();
}

void http_init(void)
{
    /* Without SA_RESTART, so that a waiting poll() returns and the process leaves at once. */
    struct sigaction stop = { .sa_handler = on_stop };

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    plain_cgi = FCGX_IsCGI();
    FCGX_Init();
    for (int i = 0; i < HTTP_SLOTS; i++)
        FCGX_InitRequest(&requests[i], 0, FCGI_FAIL_ACCEPT_ON_INTR);
    if (!plain_cgi)
        fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
}

void http_use(int slot)
{
    request = &requests[slot];
}

/* The socket does not block: of several processes that poll() wakes, one gets the request. */
bool http_accept(int slot)
{
    sigset_t stops, before;

    http_use(slot);
    if (plain_cgi) {
        const bool first = !served;
        served = true;
        return first;
    }
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGHUP);
    sigprocmask(SIG_BLOCK, &stops, &before);
    while (!stopped) {
        struct pollfd p = { .fd = 0, .events = POLLIN };
        if (ppoll(&p, 1, NULL, &before) < 0 && errno != EINTR)
            break;
        if (!stopped && FCGX_Accept_r(request) == 0) {
            sigprocmask(SIG_SETMASK, &before, NULL);
            return true;
        }
    }
    return false;
}

bool http_accept_waiting(int slot)
{
    http_use(slot);
    return !plain_cgi && !stopped && FCGX_Accept_r(request) == 0;
}

const char *http_param(const char *name)
{
    return plain_cgi ? getenv(name) : FCGX_GetParam(name, request->envp);
}

bool http_is_repeated(const char *name)
{
    const char *value = http_param(name);
    const size_t n = strlen(name);
    int count = 0;

    for (char **p = plain_cgi ? NULL : request->envp; p && *p; p++)
        count += strncmp(*p, name, n) == 0 && (*p)[n] == '=';
    return count > 1 || (value && strchr(value, ','));
}

size_t http_read(char *to, size_t n)
{
    size_t used = 0;

    while (used < n) {
        const ssize_t got = plain_cgi ? read(STDIN_FILENO, to + used, n - used)
                                      : FCGX_GetStr(to + used, (int)(n - used), request->in);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    return used;
}

void http_write(const char *bytes, size_t n)
{
    if (!plain_cgi) {
        FCGX_PutStr(bytes, (int)n, request->out);
        return;
    }
    while (n > 0) {
        const ssize_t done = write(STDOUT_FILENO, bytes, n);
        if (done <= 0)
            return;
        bytes += done;
        n -= (size_t)done;
    }
}

void http_end(void)
{
    if (!plain_cgi)
        FCGX_Finish_r(request);
}
