#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH_HERE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH_HERE AUDIT_ARCH_AARCH64
#else
#error "confine: state the audit architecture of this machine"
#endif

#define LOAD(member)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define LOAD_ARG(n)    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define RETURN(value)  BPF_STMT(BPF_RET | BPF_K, value)
#define REFUSE         RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ALLOW(name)                                                                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), RETURN(SECCOMP_RET_ALLOW)

/* Executable memory is refused: `prot` is argument 2 of both mmap and mprotect. Little-endian
 * machines only, which the list of architectures above guarantees. */
#define ALLOW_UNLESS_EXECUTABLE(name)                               \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4),         \
    LOAD_ARG(2),                                                    \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),          \
    REFUSE,                                                         \
    RETURN(SECCOMP_RET_ALLOW)

static const struct sock_filter program[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_HERE, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS), /* another ABI renumbers the calls below */
    LOAD(nr),
#ifdef __x86_64__
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
    REFUSE,
#endif
    ALLOW(read),
    ALLOW(pread64),
    ALLOW(readv),
    ALLOW(write),
    ALLOW(pwrite64),
    ALLOW(writev),
    ALLOW(lseek),
    ALLOW(ftruncate),
    ALLOW(close),
    ALLOW_UNLESS_EXECUTABLE(mmap),
    ALLOW_UNLESS_EXECUTABLE(mprotect),
    ALLOW(munmap),
    ALLOW(mremap),
    ALLOW(madvise),
    ALLOW(brk),
    ALLOW(futex),
    ALLOW(sched_yield),
    ALLOW(sched_getaffinity),
    ALLOW(clock_gettime),
    ALLOW(clock_nanosleep),
    ALLOW(gettimeofday),
    ALLOW(getrandom),
    ALLOW(sysinfo),
    ALLOW(getpid),
    ALLOW(gettid),
    ALLOW(getrusage),
    ALLOW(rt_sigaction),
    ALLOW(rt_sigprocmask),
    ALLOW(rt_sigreturn),
    ALLOW(sigaltstack),
    ALLOW(restart_syscall),
    ALLOW(exit),
    ALLOW(exit_group),
    REFUSE,
};

int confine_enter(int last_fd, struct fault *f)
{
    struct sock_fprog filter = {
        .len = sizeof(program) / sizeof(program[0]),
        .filter =
            (struct sock_filter *)program, /* the kernel copies it; the type only lacks const */
    };

    if (syscall(SYS_close_range, (unsigned)last_fd + 1, ~0U, 0) != 0)
        return fault_set(f, FAULT_SYSTEM, "Confinement failed: close_range: %s.", strerror(errno));
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fault_set(f, FAULT_SYSTEM, "Confinement failed: prctl: %s.", strerror(errno));
    /* For all threads of the crew or for none. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
        return fault_set(f, FAULT_SYSTEM, "Confinement failed: seccomp: %s.", strerror(errno));
    /* Asked again, because a filter that is believed to be there is worse than none. */
    if (syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) != -1 || errno != EPERM)
        return fault_set(f, FAULT_SYSTEM,
                         "Confinement failed: the filter does not refuse sockets.");
    return 0;
}

int confine_selftest(cJSON *result)
{
    static const char path[] = "/etc/passwd";
    static const struct { const char *name; long call[7];
    } attempts[] = {
        { "socket", { SYS_socket, AF_INET, SOCK_STREAM, 0 } },
        { "socket_unix", { SYS_socket, AF_UNIX, SOCK_STREAM, 0 } },
        { "socketpair", { SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 0 } },
        { "connect", { SYS_connect, 0, 0, 0 } },
#ifdef SYS_open
        { "open", { SYS_open, (long)path, O_RDONLY } },
        { "fork", { SYS_fork } },
#endif
        { "openat", { SYS_openat, AT_FDCWD, (long)path, O_RDONLY } },
        { "execve", { SYS_execve, (long)path, 0, 0 } },
        { "clone", { SYS_clone, SIGCHLD, 0, 0, 0, 0 } },
        { "ptrace", { SYS_ptrace, PTRACE_TRACEME, 0, 0, 0 } },
        { "kill", { SYS_kill, 1, 0 } },
        { "unlinkat", { SYS_unlinkat, AT_FDCWD, (long)path, 0 } },
        { "memfd_create", { SYS_memfd_create, (long)path, 0 } },
        { "io_uring", { SYS_io_uring_setup, 1, 0 } },
        { "bpf", { SYS_bpf, 0, 0, 0 } },
        { "prctl", { SYS_prctl, PR_GET_NAME, 0 } },
        { "dup", { SYS_dup, 0 } },
        { "mmap_exec",
          { SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } },
    };
    int allowed = 0;

    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        const long *c = attempts[i].call;
        long rc = syscall(c[0], c[1], c[2], c[3], c[4], c[5], c[6]);
        int error = rc == -1 ? errno : 0;

        allowed += error != EPERM;
        cJSON_AddStringToObject(result, attempts[i].name,
                                error == EPERM ? "EPERM"
                                : error == 0   ? "allowed"
                                               : "another error");
    }
    return allowed;
}
