/*
 * Running other programs: what they get, what is read from them, and that none of them outlives its time, its task or
 * its parent. The programs are short shell scripts; proc itself knows no shell.
 */
#include "unit.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "proc.h"

static const char *const path_only[] = { "PATH=/usr/bin:/bin", NULL };

/* What a run left behind. */
struct heard {
    struct buf out, err;        /* lines, each ended by '|' */
    int     lines, ticks;
    size_t  longest;
    int     stop_at_line, stop_at_tick;     /* 0: never */
};

static int on_line(void *arg, char *line, struct err *e)
{
    struct heard *h = arg;
    const size_t n = strlen(line);

    h->longest = n > h->longest ? n : h->longest;
    buf_printf(&h->out, "%.2000s|", line);
    return ++h->lines == h->stop_at_line ? err_set(e, ERR_DISK, "stopped at a line") : 0;
}

static void on_error_line(void *arg, const char *line)
{
    buf_printf(&((struct heard *)arg)->err, "%s|", line);
}

static int tick(void *arg, struct err *e)
{
    struct heard *h = arg;
    return ++h->ticks == h->stop_at_tick ? err_set(e, ERR_CANCELLED, "stopped at a tick") : 0;
}

static struct heard heard;
static struct proc_result result;
static struct err e;
static int64_t took_ms;

/* Runs a script as proc_spec says; what is not set is filled in. */
static int run_as(struct proc_spec spec, const char *script)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };

    spec.argv = spec.argv ? spec.argv : argv;
    spec.env = spec.env ? spec.env : path_only;
    spec.cwd = spec.cwd ? spec.cwd : unit_dir;
    spec.line_bytes = spec.line_bytes ? spec.line_bytes : 1000;
    spec.on_line = on_line;
    spec.on_error_line = on_error_line;
    spec.tick = tick;
    spec.arg = &heard;
    buf_free(&heard.out);
    buf_free(&heard.err);
    heard.out.max = heard.err.max = 1 << 20;
    heard.lines = heard.ticks = 0;
    heard.longest = 0;
    e = (struct err){ 0 };
    const int64_t began = clock_boot_ms();
    const int rc = proc_run(&spec, &result, &e);
    took_ms = clock_boot_ms() - began;
    return rc;
}

static void run(const char *script)
{
    check(run_as((struct proc_spec){ 0 }, script) == 0, "%s: %s", script, e.text);
}

static int leave(void **state)
{
    buf_free(&heard.out);
    buf_free(&heard.err);
    heard = (struct heard){ 0 };
    return unit_leave(state);
}

/* A number that a script wrote to a file, e.g. a process id; waits for it for at most 2 s. */
static pid_t pid_in(const char *file)
{
    const struct timespec nap = { .tv_nsec = 5000000 };

    for (int i = 0; i < 400; i++, nanosleep(&nap, NULL)) {
        FILE *f = fopen(file, "r");
        char line[32] = "";
        if (f && fgets(line, sizeof line, f) && strchr(line, '\n')) {
            fclose(f);
            return (pid_t)strtol(line, NULL, 10);
        }
        if (f)
            fclose(f);
    }
    check(false, "no process id in %s", file);
    return -1;
}

/* Is it running? A zombie that nobody has reaped yet is not. */
static bool is_alive(pid_t pid)
{
    char path[32], text[512] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    const bool read = fgets(text, sizeof text, f) != NULL;
    fclose(f);
    const char *paren = strrchr(text, ')');
    return read && paren && paren[2] != 'Z' && paren[2] != 'X';
}

static void is_gone(pid_t pid, int within_ms)
{
    const struct timespec nap = { .tv_nsec = 5000000 };

    for (int64_t end = clock_boot_ms() + within_ms; is_alive(pid);) {
        if (clock_boot_ms() > end) {
            kill(pid, SIGKILL);
            check(false, "process %d is still there after %d ms", (int)pid, within_ms);
        }
        nanosleep(&nap, NULL);
    }
}

/* ---- how it ends ---- */

TEST(the_exit_code_is_handed_on_and_is_no_error)
{
    static const int codes[] = { 0, 1, 2, 101, 127, 255 };
    char script[32];

    for (size_t i = 0; i < LENGTH(codes); i++) {
        snprintf(script, sizeof script, "exit %d", codes[i]);
        run(script);
        assert_int_equal(result.exit_code, codes[i]);
    }
}

TEST(death_by_signal_is_128_and_its_number)
{
    run("kill -9 $$");
    assert_int_equal(result.exit_code, 128 + SIGKILL);
    run("kill -11 $$");
    assert_int_equal(result.exit_code, 128 + SIGSEGV);
    run("kill -15 $$");
    assert_int_equal(result.exit_code, 128 + SIGTERM);
}

TEST(a_program_that_cannot_run_says_so_on_standard_error_and_ends_with_127)
{
    const char *const none[] = { "/no/such/program", NULL }, *const text[] = { "/etc/hostname", NULL };

    assert_int_equal(run_as((struct proc_spec){ .argv = none }, ""), 0);
    assert_int_equal(result.exit_code, 127);
    assert_string_equal(buf_text(&heard.err), "ERROR: cannot run /no/such/program: No such file or directory|");
    assert_int_equal(run_as((struct proc_spec){ .argv = text }, ""), 0);
    assert_int_equal(result.exit_code, 127);
    assert_int_equal(run_as((struct proc_spec){ .cwd = "/no/such/directory" }, "exit 0"), 0);
    assert_int_equal(result.exit_code, 127);
}

TEST(time_and_cpu_of_the_whole_family_are_counted)
{
    run("sleep 0.2");
    check(result.wall_ms >= 200 && result.wall_ms < 1500, "%lld ms", (long long)result.wall_ms);
    run("sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done'; exit 0");
    check(result.cpu_ms > 10, "%lld ms", (long long)result.cpu_ms);
}

/* ---- what it says ---- */

TEST(lines_arrive_one_by_one_and_the_last_needs_no_newline)
{
    run("echo one; echo two; printf three");
    assert_string_equal(buf_text(&heard.out), "one|two|three|");
    run("printf 'a\\n\\n\\nb\\n'");
    assert_string_equal(buf_text(&heard.out), "a|b|");      /* empty lines say nothing */
    run("printf 'one\\ntwo'; sleep 0.1; printf ' and a half\\n'");
    assert_string_equal(buf_text(&heard.out), "one|two and a half|");
    run("true");
    assert_string_equal(buf_text(&heard.out), "");
}

TEST(the_two_streams_stay_apart)
{
    run("echo out; echo err >&2; echo out2; echo err2 >&2");
    assert_string_equal(buf_text(&heard.out), "out|out2|");
    assert_string_equal(buf_text(&heard.err), "err|err2|");
}

TEST(a_longer_line_is_cut_and_the_next_one_is_whole)
{
    assert_int_equal(run_as((struct proc_spec){ .line_bytes = 10 }, "echo 1234567890; echo 12345678901; echo next"), 0);
    assert_string_equal(buf_text(&heard.out), "1234567890|1234567890|next|");
    assert_int_equal(run_as((struct proc_spec){ .line_bytes = 10 }, "head -c 1000000 /dev/zero | tr "
                                                                    "'\\0' x; echo; echo next"), 0);
    assert_string_equal(buf_text(&heard.out), "xxxxxxxxxx|next|");
    run("head -c 100000 /dev/zero | tr '\\0' y >&2");
    assert_int_equal(heard.err.len, 4096 + 1);
}

TEST(a_flood_is_read_to_its_end_and_does_not_keep_us_from_ticking)
{
    assert_int_equal(run_as((struct proc_spec){ .line_bytes = 100 },
                            "yes 0123456789012345678901234567890123456789 | head -c 20500000; echo last"), 0);
    assert_int_equal(result.exit_code, 0);
    assert_true(heard.lines == 500001);
    assert_true(heard.longest == 40);
    assert_true(heard.ticks >= 1);
}

TEST(an_endless_flood_can_be_stopped_by_a_tick_or_a_line)
{
    heard.stop_at_tick = 2;
    assert_int_equal(run_as((struct proc_spec){ 0 }, "yes"), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    check(took_ms < 3000, "%lld ms", (long long)took_ms);
    heard.stop_at_tick = 0;
    heard.stop_at_line = 3;
    assert_int_equal(run_as((struct proc_spec){ 0 }, "yes"), -1);
    assert_int_equal(e.kind, ERR_DISK);
    assert_string_equal(e.text, "stopped at a line");
    assert_int_equal(heard.lines, 3);       /* nothing is delivered after that */
    check(took_ms < 3000, "%lld ms", (long long)took_ms);
}

/* ---- what it gets ---- */

TEST(standard_input_is_empty_or_what_was_given)
{
    static char large[(1 << 20) + 1];      /* more than a pipe holds */

    run("cat; echo end");
    assert_string_equal(buf_text(&heard.out), "end|");
    assert_int_equal(run_as((struct proc_spec){ .input = "{\"a\":1}\nsecond" }, "cat; echo; echo end"), 0);
    assert_string_equal(buf_text(&heard.out), "{\"a\":1}|second|end|");
    assert_int_equal(run_as((struct proc_spec){ .input = "unread" }, "exit 3"), 0);
    assert_int_equal(result.exit_code, 3);
    memset(large, 'x', sizeof large - 1);
    assert_int_equal(run_as((struct proc_spec){ .input = large }, "wc -c"), 0);
    assert_string_equal(buf_text(&heard.out), "1048576|");
}

TEST(the_environment_and_the_directory_are_the_ones_given_and_nothing_else)
{
    const char *const env[] = { "PATH=/usr/bin:/bin", "ONLY=this", NULL };
    char expected[PATH_MAX + 2];

    setenv("SECRET", "leaks", 1);
    assert_int_equal(run_as((struct proc_spec){ .env = env }, "env | grep -v '^PWD=\\|^_=\\|^OLDPWD=\\|^SHLVL=' "
                                                              "| sort"), 0);
    unsetenv("SECRET");
    assert_string_equal(buf_text(&heard.out), "ONLY=this|PATH=/usr/bin:/bin|");
    run("pwd -P");
    char real[PATH_MAX];
    snprintf(expected, sizeof expected, "%s|", realpath(unit_dir, real));
    assert_string_equal(buf_text(&heard.out), expected);
}

TEST(only_the_named_descriptors_are_open_and_in_that_order)
{
    const int secret = open("secret", O_RDWR | O_CREAT, 0600), a = open("a", O_RDWR | O_CREAT, 0600),
              b = open("b", O_RDWR | O_CREAT, 0600);

    /* The two are swapped on the way, and one bears a number that the other gets. */
    assert_int_equal(run_as((struct proc_spec){ .fds = { b, a }, .fd_count = 2 },
                            "echo in-b >&3; echo in-a >&4; exec ls /proc/self/fd | tr '\\n' ' '"), 0);
    char *text = unit_read("a");
    assert_string_equal(text, "in-a\n");
    free(text);
    text = unit_read("b");
    assert_string_equal(text, "in-b\n");
    free(text);
    run("ls -l /proc/$$/fd | grep -c secret; ls /proc/$$/fd | wc -l");
    check(strncmp(buf_text(&heard.out), "0|", 2) == 0, "a descriptor leaks: %s", buf_text(&heard.out));
    run("readlink /proc/$$/fd/3 /proc/$$/fd/4 /proc/$$/fd/5 /proc/$$/fd/64 /proc/$$/fd/65");
    assert_string_equal(buf_text(&heard.out), "");
    close(secret);
    close(a);
    close(b);
}

TEST(descriptors_arrive_whatever_numbers_they_have_here)
{
    int low[4];

    /* 3, 4, 5, 6 or thereabouts, in falling order: every mapping overwrites one that is still needed. */
    for (int i = 0; i < 4; i++)
        low[i] = open((const char[2]){ (char)('a' + i) }, O_RDWR | O_CREAT, 0600);
    assert_int_equal(run_as((struct proc_spec){ .fds = { low[3], low[2], low[1], low[0] }, .fd_count = 4 },
                            "echo d >&3; echo c >&4; echo b >&5; echo a >&6"), 0);
    assert_int_equal(result.exit_code, 0);
    for (int i = 0; i < 4; i++) {
        char *text = unit_read((const char[2]){ (char)('a' + i) });
        check(text[0] == 'a' + i, "file %c holds %s", 'a' + i, text);
        free(text);
        close(low[i]);
    }
}

TEST(a_signal_that_we_ignore_or_block_is_not_ignored_or_blocked_there)
{
    sigset_t set, before;

    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &before);
    run("grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t' | tr '\\n' ' '");
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    /* SIGXFSZ, number 25, is ignored on purpose; 32 and 33 belong to glibc, which hands on how it found them. */
    const char *blocked = strstr(buf_text(&heard.out), "SigBlk:"), *ignored = strstr(buf_text(&heard.out), "SigIgn:");
    const unsigned long long glibc = 3ULL << 31;
    check(blocked && (strtoull(blocked + 7, NULL, 16) & ~glibc) == 0 && ignored &&
              (strtoull(ignored + 7, NULL, 16) & ~glibc) == 1ULL << 24,
          "%s", buf_text(&heard.out));
}

TEST(a_file_that_grows_past_its_limit_is_an_error_that_the_program_sees)
{
    struct stat st;

    assert_int_equal(run_as((struct proc_spec){ .limit_file_bytes = 65536 },
                            "LC_ALL=C dd if=/dev/zero of=big bs=4096 count=100 2>&1 | grep -o 'File too large'"), 0);
    assert_string_equal(buf_text(&heard.out), "File too large|");
    assert_int_equal(stat("big", &st), 0);
    assert_int_equal(st.st_size, 65536);
}

TEST(memory_and_cpu_are_limited)
{
    assert_int_equal(run_as((struct proc_spec){ .limit_memory_bytes = 256 << 20, .limit_cpu_s = 7 },
                            "ulimit -v; ulimit -t; ulimit -f"), 0);
    assert_string_equal(buf_text(&heard.out), "262144|7|unlimited|");
    assert_int_equal(run_as((struct proc_spec){ .limit_cpu_s = 1 }, "while :; do :; done"), 0);
    assert_true(result.exit_code == 128 + SIGXCPU || result.exit_code == 128 + SIGKILL);
}

/* ---- how it is ended ---- */

TEST(after_its_time_a_program_and_its_helpers_are_gone)
{
    assert_int_equal(run_as((struct proc_spec){ .timeout_ms = 300 },
                            "sh -c 'sleep 60 & echo $! >grandchild; wait' & echo $! >child; wait"), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    check(took_ms >= 300 && took_ms < 2000, "%lld ms", (long long)took_ms);
    assert_int_equal(result.exit_code, 128 + SIGTERM);
    is_gone(pid_in("child"), 1000);
    is_gone(pid_in("grandchild"), 1000);
}

TEST(a_program_that_ignores_sigterm_is_killed_after_two_seconds)
{
    assert_int_equal(run_as((struct proc_spec){ .timeout_ms = 200 },
                            "trap '' TERM; echo $$ >child; while :; do sleep 0.05; done"), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_int_equal(result.exit_code, 128 + SIGKILL);
    check(took_ms >= 2000 && took_ms < 4000, "%lld ms", (long long)took_ms);
    is_gone(pid_in("child"), 500);
}

TEST(a_program_that_cleans_up_on_sigterm_may)
{
    assert_int_equal(run_as((struct proc_spec){ .timeout_ms = 200 },
                            "trap 'echo clean >cleaned; exit 5' TERM; while :; do sleep 0.05; done"), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_int_equal(result.exit_code, 5);
    assert_int_equal(access("cleaned", F_OK), 0);
    check(took_ms < 1500, "%lld ms", (long long)took_ms);
}

TEST(a_program_that_closes_its_output_and_stays_is_still_watched)
{
    heard.stop_at_tick = 3;
    assert_int_equal(run_as((struct proc_spec){ 0 }, "echo $$ >child; exec >/dev/null 2>&1; sleep 60"), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    check(took_ms < 2500, "%lld ms", (long long)took_ms);
    is_gone(pid_in("child"), 500);
    assert_int_equal(run_as((struct proc_spec){ .timeout_ms = 300 }, "exec >&- 2>&-; sleep 60"), -1);
    assert_true(e.kind == ERR_TIMEOUT || e.kind == ERR_CANCELLED);
}

TEST(a_helper_that_keeps_the_pipe_does_not_keep_us)
{
    run("sleep 60 & echo $! >helper; echo done");       /* it holds both pipes; its leader is gone */
    assert_string_equal(buf_text(&heard.out), "done|");
    check(took_ms < 2000, "%lld ms", (long long)took_ms);
    is_gone(pid_in("helper"), 1000);
    run("yes & echo $! >helper; exit 7");               /* and goes on talking */
    assert_int_equal(result.exit_code, 7);
    check(took_ms < 3000, "%lld ms", (long long)took_ms);
    is_gone(pid_in("helper"), 1000);
}

TEST(ticks_come_about_four_times_a_second_and_the_first_error_is_the_answer)
{
    run("sleep 1.1");
    assert_in_range(heard.ticks, 3, 6);
    heard.stop_at_tick = 2;
    assert_int_equal(run_as((struct proc_spec){ .timeout_ms = 60000 }, "sleep 60"), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_string_equal(e.text, "stopped at a tick");
    assert_int_equal(heard.ticks, 2);       /* and none after it */
    check(took_ms < 2000, "%lld ms", (long long)took_ms);
}

TEST(a_child_does_not_outlive_its_parent)
{
    const pid_t parent = fork();

    if (parent == 0) {
        run_as((struct proc_spec){ 0 }, "echo $$ >child; exec sleep 60");
        _exit(0);
    }
    const pid_t child = pid_in("child");
    assert_true(is_alive(child));
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    is_gone(child, 1000);
}

TEST(nothing_is_left_open_after_many_runs)
{
    const int before = open("/dev/null", O_RDONLY);

    close(before);
    for (int i = 0; i < 50; i++)
        run("echo x; echo y >&2");
    const char *const none[] = { "/no/such/program", NULL };
    for (int i = 0; i < 10; i++)
        run_as((struct proc_spec){ .argv = none, .input = "x" }, "");
    const int after = open("/dev/null", O_RDONLY);
    close(after);
    assert_int_equal(after, before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);      /* no zombies either */
}

/* ---- what an earlier attempt left ---- */

/* A process of its own session with this in its environment; its id. */
static pid_t stray(const char *mark, const char *file)
{
    const char *const env[] = { "PATH=/usr/bin:/bin", mark, NULL };
    char script[256];

    snprintf(script, sizeof script, "setsid -f sh -c 'echo $$ >%s; exec sleep 60' </dev/null >/dev/null 2>&1;"
             "while [ ! -s %s ]; do sleep 0.01; done", file, file);
    assert_int_equal(run_as((struct proc_spec){ .env = env }, script), 0);
    return pid_in(file);
}

TEST(a_marked_process_is_found_wherever_it_went_and_others_are_spared)
{
    char mark[64], prefix[64], other[64], except[64], longer[64], joined[64];
    const int self = (int)getpid();

    /* The process id keeps two runs of this test apart. */
    snprintf(mark, sizeof mark, "UNIT_MARK=%d:17:1:", self);
    snprintf(prefix, sizeof prefix, "%d:17:", self);
    snprintf(other, sizeof other, "UNIT_MARK=%d:171:1:", self);
    snprintf(except, sizeof except, "UNIT_MARK=%d:17:2:", self);
    snprintf(longer, sizeof longer, "XUNIT_MARK=%d:17:1:", self);
    snprintf(joined, sizeof joined, "UNIT_MARKX17_%d=1", self);
    const pid_t left = stray(mark, "left"), spared = stray(other, "other"), kept = stray(except, "except"),
                unrelated = stray(longer, "longer"), similar = stray(joined, "joined");

    assert_true(is_alive(left) && is_alive(spared) && is_alive(kept) && is_alive(unrelated));
    assert_int_equal(proc_kill_marked("UNIT_MARK", prefix, strchr(except, '=') + 1), 1);
    assert_false(is_alive(left));       /* gone when it returns, not some time later */
    assert_true(is_alive(spared) && is_alive(kept) && is_alive(unrelated));
    assert_int_equal(proc_kill_marked("UNIT_MARK", prefix, NULL), 1);
    assert_false(is_alive(kept));
    assert_true(is_alive(spared) && is_alive(unrelated) && is_alive(similar));
    assert_int_equal(proc_kill_marked("UNIT_MARK", prefix, NULL), 0);
    assert_int_equal(proc_kill_marked("UNIT_MARK", "17_", NULL), 0);     /* the name is a whole name */
    assert_true(is_alive(similar));
    kill(spared, SIGKILL);
    kill(unrelated, SIGKILL);
    kill(similar, SIGKILL);
    is_gone(similar, 1000);
    is_gone(spared, 1000);
    is_gone(unrelated, 1000);
}

/* ---- finding a program ---- */

TEST(a_program_is_found_by_path_or_on_path)
{
    char out[PATH_MAX], expected[PATH_MAX + 16];
    const char *path = getenv("PATH");
    char *saved = path ? strdup(path) : NULL;

    assert_int_equal(proc_find(out, sizeof out, "/bin/sh", &e), 0);
    assert_string_equal(out, "/bin/sh");        /* not where a link leads: a wrapper may look at its name */
    assert_int_equal(mkdir("bin", 0700), 0);
    unit_write("bin/tool", "#!/bin/sh\n");
    assert_int_equal(proc_find(out, sizeof out, "./bin/tool", &e), -1);     /* not executable */
    assert_int_equal(chmod("bin/tool", 0755), 0);
    assert_int_equal(proc_find(out, sizeof out, "./bin/tool", &e), 0);
    char real[PATH_MAX];
    snprintf(expected, sizeof expected, "%s/bin/tool", realpath(unit_dir, real));
    assert_string_equal(out, expected);
    char search[PATH_MAX + 64];
    snprintf(search, sizeof search, "/no/such:%s/bin:/bin", unit_dir);
    setenv("PATH", search, 1);
    assert_int_equal(proc_find(out, sizeof out, "tool", &e), 0);
    snprintf(expected, sizeof expected, "%s/bin/tool", unit_dir);
    assert_string_equal(out, expected);
    assert_int_equal(proc_find(out, sizeof out, "no-such-tool", &e), -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    assert_non_null(strstr(e.text, "no-such-tool"));
    assert_int_equal(proc_find(out, sizeof out, "/no/such/tool", &e), -1);
    unsetenv("PATH");
    assert_int_equal(proc_find(out, sizeof out, "sh", &e), 0);
    if (saved)
        setenv("PATH", saved, 1);
    free(saved);
}

#define PROC(name) cmocka_unit_test_setup_teardown(name, unit_enter, leave)

UNIT_MAIN(PROC(the_exit_code_is_handed_on_and_is_no_error),
          PROC(death_by_signal_is_128_and_its_number),
          PROC(a_program_that_cannot_run_says_so_on_standard_error_and_ends_with_127),
          PROC(time_and_cpu_of_the_whole_family_are_counted),
          PROC(lines_arrive_one_by_one_and_the_last_needs_no_newline),
          PROC(the_two_streams_stay_apart),
          PROC(a_longer_line_is_cut_and_the_next_one_is_whole),
          PROC(a_flood_is_read_to_its_end_and_does_not_keep_us_from_ticking),
          PROC(an_endless_flood_can_be_stopped_by_a_tick_or_a_line),
          PROC(standard_input_is_empty_or_what_was_given),
          PROC(the_environment_and_the_directory_are_the_ones_given_and_nothing_else),
          PROC(only_the_named_descriptors_are_open_and_in_that_order),
          PROC(descriptors_arrive_whatever_numbers_they_have_here),
          PROC(a_signal_that_we_ignore_or_block_is_not_ignored_or_blocked_there),
          PROC(a_file_that_grows_past_its_limit_is_an_error_that_the_program_sees),
          PROC(memory_and_cpu_are_limited),
          PROC(after_its_time_a_program_and_its_helpers_are_gone),
          PROC(a_program_that_ignores_sigterm_is_killed_after_two_seconds),
          PROC(a_program_that_cleans_up_on_sigterm_may),
          PROC(a_program_that_closes_its_output_and_stays_is_still_watched),
          PROC(a_helper_that_keeps_the_pipe_does_not_keep_us),
          PROC(ticks_come_about_four_times_a_second_and_the_first_error_is_the_answer),
          PROC(a_child_does_not_outlive_its_parent),
          PROC(nothing_is_left_open_after_many_runs),
          PROC(a_marked_process_is_found_wherever_it_went_and_others_are_spared),
          PROC(a_program_is_found_by_path_or_on_path))
