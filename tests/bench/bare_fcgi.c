/*
 * bare_fcgi: the least that a FastCGI program can do, as the yardstick of bench_api.py: reads the body, answers 204.
 *
 *     bare_fcgi SOCKET PROCESSES
 */
#include <fcgiapp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    FCGX_Request request;
    char body[65536];

    if (argc != 3 || FCGX_Init())
        return 2;
    const int fd = FCGX_OpenSocket(argv[1], 128);
    for (long i = 1; i < strtol(argv[2], NULL, 10); i++)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            break;
        }
    FCGX_InitRequest(&request, fd, 0);
    while (FCGX_Accept_r(&request) == 0) {
        while (FCGX_GetStr(body, sizeof body, request.in) > 0)
            continue;
        FCGX_PutS("Status: 204\r\n\r\n", request.out);
        FCGX_Finish_r(&request);
    }
    return 0;
}
