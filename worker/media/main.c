/*
 * dubplate-media: everything that touches the bytes of a media file, in a process that can do
 * nothing else.
 *
 * The worker starts one process per operation, with an empty environment, rlimits and these
 * descriptors:
 *
 *   argv[1]  the command        stdin  the request, one JSON object (request.h)
 *   fd 3     input, read only   stdout progress and the last line (reply.h)
 *   fd 4     output, empty      fd 5   second input, only for `tag`, may be missing
 *                               fd 6   waveform, fd 7 spectrogram: outputs that are empty, only for
 *                                      `master`; what is missing is not made
 *                               fd 8   scratch, empty; only for `master`, may be missing
 *
 * Exit status 0 means that the last line is a result and that all outputs are complete; 1 that it is
 * an error and that they hold garbage. Anything else is a crash: the parent counts it as one.
 * Nobody calls fsync here.
 *
 * What it must never do: see a path, open a socket, keep state, or trust a length that it read.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <libavutil/log.h>

#include "command.h"
#include "confine.h"
#include "crew.h"
#include "fdio.h"
#include "reply.h"
#include "request.h"

#ifdef __SANITIZE_ADDRESS__
/* The leak checker works by ptrace from a second thread, which confinement refuses, as it should.
 * */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

static int confine_test_run(const cJSON *request, cJSON *result, struct fault *f);

static const struct {
    const char  *name;
    command_run *run;
    int          last_fd;       /* descriptors above are closed */
    bool         writes;        /* needs fd 4 */
    bool         threads;       /* has work for more than one */
} commands[] = {
    { "master",       master_run,       FD_SCRATCH,     true,  true  },
    { "cover",        cover_run,        FD_OUTPUT,      true,  false },
    { "tag",          tag_run,          FD_COVER,       true,  false },
    { "verify",       verify_run,       FD_INPUT,       false, false },
    { "confine-test", confine_test_run, STDERR_FILENO,  false, false },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int confine_test_run(const cJSON *request, cJSON *result, struct fault *f)
{
    (void)request;
    if (confine_selftest(result) != 0)
        return fault_set(f, FAULT_SYSTEM, "The confinement allows what it must refuse.");
    return 0;
}

static size_t find_command(const char *name)
{
    size_t i = 0;

    while (i < COMMANDS && (name == NULL || strcmp(commands[i].name, name) != 0))
        i++;
    return i;
}

static int check_fd(int fd, int access, struct fault *f)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fstat(fd, &st) != 0)
        return fault_set(f, FAULT_INPUT, "Descriptor %d is not open.", fd);
    if (!S_ISREG(st.st_mode))
        return fault_set(f, FAULT_INPUT, "Descriptor %d is not a regular file.", fd);
    if ((flags & O_ACCMODE) != access)
        return fault_set(f, FAULT_INPUT, "Descriptor %d has the wrong access mode.", fd);
    if (access == O_RDWR && st.st_size != 0)
        return fault_set(f, FAULT_INPUT, "Descriptor %d is not empty.", fd);
    return 0;
}

static const struct { int fd, access; } optional[] = {
    { FD_COVER, O_RDONLY }, { FD_WAVEFORM, O_RDWR }, { FD_SPECTROGRAM, O_RDWR },
    { FD_SCRATCH, O_RDWR },
};

static int check_fds(size_t command, struct fault *f)
{
    int last_fd = commands[command].last_fd;

    if (last_fd >= FD_INPUT && check_fd(FD_INPUT, O_RDONLY, f))
        return -1;
    if (commands[command].writes && check_fd(FD_OUTPUT, O_RDWR, f))
        return -1;
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
        if (last_fd >= optional[i].fd && fcntl(optional[i].fd, F_GETFD) >= 0 &&
            check_fd(optional[i].fd, optional[i].access, f))
            return -1;
    return 0;
}

/* As many as there are cores; the request says how many of them may work. */
static int start_crew(struct fault *f)
{
    int cores = get_nprocs();

    mallopt(M_ARENA_MAX, 1);    /* a heap of its own for every thread is 64 MB of address space */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);     /* fixed: what is large and freed is the kernel's again */
    return crew_start(cores < CREW_MAX ? cores - 1 : CREW_MAX - 1, f);
}

/* Eighty libraries lie behind libavcodec, and starting them touched 20 MB of code and tables that
 * are never looked at again. What is given back here is unchanged and comes again when it is. */
static int forget_start(struct dl_phdr_info *object, size_t size, void *arg)
{
    const uintptr_t page = (uintptr_t)getpagesize() - 1;

    (void)size, (void)arg;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t from = (object->dlpi_addr + part->p_vaddr) & ~page;
        uintptr_t to = object->dlpi_addr + part->p_vaddr + part->p_memsz;

        if (part->p_type == PT_LOAD && (part->p_flags & PF_W) == 0)
            madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

/* libav's messages quote the file and go to nobody; our own sentences say what happened. */
static void no_log(void *context, int level, const char *format, va_list args)
{
    (void)context, (void)level, (void)format, (void)args;
}

static int run(size_t command, cJSON *result, struct fault *f)
{
    cJSON *request = NULL;
    int rc = -1;

    if (command == COMMANDS)
        return fault_set(f, FAULT_INPUT, "There is no such command.");
    /* Checked first: fcntl is not among the calls that are left afterwards. */
    if (check_fds(command, f) || (commands[command].threads && start_crew(f)) ||
        confine_enter(commands[command].last_fd, f))
        return -1;
    dl_iterate_phdr(forget_start, NULL);
    if ((request = request_read(f)) != NULL)
        rc = commands[command].run(request, result, f);
    cJSON_Delete(request);
    return rc;
}

int main(int argc, char **argv)
{
    cJSON *result = cJSON_CreateObject();
    struct fault f = { 0 };
    int rc;

    av_log_set_callback(no_log);
    signal(SIGXFSZ, SIG_IGN);   /* a full quota is an errno here, and a sentence for people */
    signal(SIGPIPE, SIG_IGN);
    if (result == NULL)
        return EXIT_FAILURE;
    rc = run(find_command(argc == 2 ? argv[1] : NULL), result, &f);
    if (rc == 0)
        rc = reply_result(result);
    else
        reply_fault(&f);
    cJSON_Delete(result);
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
