/*
 * Several processes and the same job at the same moment: one gets it, it ends once, and in one state.
 *
 *     DUBPLATE_TEST_RACES     how often three of them race
 */
#include "a_job.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* A process that opens the database and runs `work`; its exit code is the answer. */
static pid_t forked(int (*work)(void))
{
    const pid_t child = fork();

    if (child == 0) {
        db = NULL;      /* the parent's connection stays the parent's */
        if (db_open(&db, "t.db", &e))
            _exit(100);
        const int rc = work();
        db_close(&db);
        _exit(rc);
    }
    return child;
}

static int exit_code(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    check(WIFEXITED(status), "a process died: %d", status);
    return WEXITSTATUS(status);
}

/* ---- two claim ---- */

enum { TASKS = 500 };

static int claim_until_empty(void)
{
    struct claim c;
    char owner[32];
    int row;

    snprintf(owner, sizeof owner, "w%d", (int)getpid());
    FILE *f = fopen(owner, "w");
    while ((row = life_claim(db, &conf, "default", owner, &c, &e)) == 1)
        fprintf(f, "%lld\n", (long long)c.task_id);
    fclose(f);
    return row == 0 ? 0 : 1;
}

TEST(two_processes_claim_500_tasks_and_none_twice)
{
    static int taken[TASKS + 1];
    struct err err;

    must(db_begin(db, &e));
    for (int i = 0; i < TASKS; i++) {
        int64_t id = 0;
        char uuid[ID_UUID_BYTES], spec[32];
        snprintf(spec, sizeof spec, "{\"task\":%d}", i);
        const struct new_job j = { .uuid = uuid, .url = "https://example.org/", .source = "generic",
                                   .asked = "example.org", .spec_json = spec, .client_ref = "" };
        id_uuid7(uuid);
        must(jobs_add(db, &j, &id, &e));
        must(queue_add(db, &(struct new_task){ .kind = "resolve", .queue = "default", .job_id = id,
                                               .source = "example.org", .asks = ASKS_PAGE }, &e));
    }
    must(db_end(db, 0, &err));
    const pid_t workers[] = { forked(claim_until_empty), forked(claim_until_empty) };
    int total = 0;
    for (int i = 0; i < 2; i++) {
        char name[32], line[32];
        assert_int_equal(exit_code(workers[i]), 0);
        snprintf(name, sizeof name, "w%d", (int)workers[i]);
        FILE *f = fopen(name, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f)) {
            const long id = strtol(line, NULL, 10);
            assert_in_range(id, 1, TASKS);
            check(taken[id]++ == 0, "task %ld was claimed twice", id);
            total++;
        }
        fclose(f);
    }
    assert_int_equal(total, TASKS);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE state = 'running' AND attempt = 1"), TASKS);
}

/* ---- two end it ---- */

static struct claim race_claim;
static char race_uuid[ID_UUID_BYTES];
static int gate[2];

static void wait_at_gate(void)
{
    char c;
    close(gate[1]);
    if (read(gate[0], &c, 1) < 0)
        _exit(101);
}

static int race_finish(void)
{
    wait_at_gate();
    const int rc = finish(db, &race_claim);
    return rc == 0 ? placed == 1 ? 0 : 3 : placed ? 4 : e.kind == ERR_CANCELLED ? 1 : 2;
}

static int race_cancel(void)
{
    wait_at_gate();
    return life_cancel(db, race_uuid, &e) == 0 ? 0 : e.kind == ERR_CONFLICT ? 1 : 2;
}

TEST(cancel_and_finish_at_the_same_moment_end_in_exactly_one_state)
{
    int finished = 0, cancelled = 0;

    for (int round = 0; round < 60; round++) {
        const char *uuid;
        bool again;
        race_claim = running_track(&uuid);
        run("DELETE FROM artifacts");
        snprintf(race_uuid, sizeof race_uuid, "%s", uuid);
        assert_int_equal(pipe(gate), 0);
        /* Who is forked first is a little ahead. */
        const pid_t a = forked(round % 2 ? race_finish : race_cancel),
            b = forked(round % 2 ? race_cancel : race_finish);
        close(gate[0]);
        close(gate[1]);
        const int first = exit_code(a), second = exit_code(b);
        const int finish_rc = round % 2 ? first : second, cancel_rc = round % 2 ? second : first;
        if (finish_rc == 0) {           /* the cancel came too late and was told so */
            check(cancel_rc == 1, "round %d: finished and cancelled", round);
            state_is(uuid, "done", "completed");
            finished++;
        } else {
            check(finish_rc == 1 && cancel_rc == 0, "round %d: finish %d, cancel %d", round, finish_rc, cancel_rc);
            must(life_failed(db, &race_claim, &conf, &(struct err){ .kind = ERR_CANCELLED }, &again, &e));
            state_is(uuid, "cancelled", "cancelled");
            assert_int_equal(number("SELECT COUNT(*) FROM artifacts"), 0);
            cancelled++;
        }
    }
    assert_int_equal(finished + cancelled, 60);
}

/* ---- three end and pause it ---- */

#define MOST_RACES 5000

/* DUBPLATE_TEST_RACES sets another number; `make fault` runs 2,000. */
static int race_count(void)
{
    const char *set = getenv("DUBPLATE_TEST_RACES");
    const int n = set ? (int)strtol(set, NULL, 10) : 250;
    return n >= 1 && n <= MOST_RACES ? n : 250;
}

static struct claim race_claims[MOST_RACES];
static char race_uuids[MOST_RACES][ID_UUID_BYTES];
static atomic_int *arrived;         /* shared by the racers */

/* All three start upon job i together. */
static void line_up(int i)
{
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < 3 * (i + 1))
        sched_yield();
}

static int finish_one(struct db *mine, int i)
{
    const struct err stop = { .kind = ERR_CANCELLED, .text = "cancelled" };
    bool again;

    return finish(mine, &race_claims[i]) &&
           (e.kind != ERR_CANCELLED || life_failed(mine, &race_claims[i], &conf, &stop, &again, &e));
}

static int cancel_one(struct db *mine, int i)
{
    return life_cancel(mine, race_uuids[i], &e) && e.kind != ERR_CONFLICT;
}

static int pause_one(struct db *mine, int i)
{
    return (life_pause(mine, race_uuids[i], &e) && e.kind != ERR_CONFLICT) ||
           (life_resume(mine, race_uuids[i], &e) && e.kind != ERR_CONFLICT);
}

static pid_t racer(int (*one)(struct db *mine, int i))
{
    const pid_t pid = fork();
    struct db *mine = NULL;

    if (pid)
        return pid;
    alarm(120);
    if (db_open(&mine, "t.db", &e))
        _exit(9);
    for (int i = 0; i < race_count(); i++) {
        line_up(i);
        usleep(id_random(300));
        if (one(mine, i))
            _exit(1);
    }
    _exit(0);
}

/* Finish, cancel, pause and resume of the same jobs from three processes: each ends once, in one state, and its log has
 * one end. */
TEST(a_race_of_finish_cancel_and_pause_has_one_outcome)
{
    const int races = race_count();
    const char *uuid;

    arrived = mmap(NULL, sizeof *arrived, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(arrived, MAP_FAILED);
    for (int i = 0; i < races; i++) {
        race_claims[i] = running_track(&uuid);
        snprintf(race_uuids[i], sizeof race_uuids[i], "%s", uuid);
    }
    const pid_t pids[] = { racer(finish_one), racer(cancel_one), racer(pause_one) };
    for (size_t i = 0; i < LENGTH(pids); i++)
        assert_int_equal(exit_code(pids[i]), 0);
    const int64_t done = number("SELECT COUNT(*) FROM download_jobs WHERE state = 'done'");
    const int64_t cancelled = number("SELECT COUNT(*) FROM download_jobs WHERE state = 'cancelled'");
    assert_int_equal(done + cancelled, races);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'track' AND state = 'done'"), done);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'track' AND state = 'cancelled'"), cancelled);
    assert_int_equal(number("SELECT COUNT(*) FROM downloaded_tracks WHERE state = 'done'"), done);
    assert_int_equal(number("SELECT COUNT(*) FROM job_events WHERE event IN ('done', 'cancelled', 'failed')"), races);
    assert_int_equal(number("SELECT COUNT(DISTINCT job_id) FROM job_events"
                            " WHERE event IN ('done', 'cancelled', 'failed')"), races);
    counts_are_right();
    print_message("# %lld finished, %lld cancelled\n", (long long)done, (long long)cancelled);
}

UNIT_MAIN(JOB(two_processes_claim_500_tasks_and_none_twice),
          JOB(cancel_and_finish_at_the_same_moment_end_in_exactly_one_state),
          JOB(a_race_of_finish_cancel_and_pause_has_one_outcome))
