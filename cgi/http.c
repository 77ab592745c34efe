#include "http.h"

#include <fcgiapp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static FCGX_Request request;
static bool plain_cgi, served;

static void on_stop(int sig)
{
    (void)sig;
    FCGX_ShutdownPending();
}

void http_init(void)
{
    /* Without SA_RESTART, so that a waiting accept() returns and the process leaves at once (libfcgi restarts it
     * otherwise, and a supervisor would have to kill). */
    struct sigaction stop = { .sa_handler = on_stop };

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    plain_cgi = FCGX_IsCGI();
    FCGX_Init();
    FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR);
}

bool http_accept(void)
{
    if (!plain_cgi)
        return FCGX_Accept_r(&request) == 0;
    const bool first = !served;
    served = true;
    return first;
}

const char *http_param(const char *name)
{
    return plain_cgi ? getenv(name) : FCGX_GetParam(name, request.envp);
}

size_t http_read(char *to, size_t n)
{
    size_t used = 0;

    while (used < n) {
        const ssize_t got = plain_cgi ? read(STDIN_FILENO, to + used, n - used)
                                      : FCGX_GetStr(to + used, (int)(n - used), request.in);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    return used;
}

void http_write(const char *bytes, size_t n)
{
    if (!plain_cgi) {
        FCGX_PutStr(bytes, (int)n, request.out);
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
        FCGX_Finish_r(&request);
}
