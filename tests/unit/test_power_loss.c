/*
 * Power loss: what was acknowledged is still there when the machine comes up again, whatever the disk made of the
 * writes that it had not been told to keep. After test6.c of SQLite's own suite.
 *
 *   1. A VFS in front of the real one (power_disk.h) keeps two views of the database and of its WAL: what is durable
 *      (as of the last sync of that file) and what was written since. Reads and locks pass through; nothing waits for
 *      a real disk.
 *   2. Random requests and random work go through the real code, which says when it takes something for done. What it
 *      acknowledged is noted here, not read back: a promise.
 *   3. At random moments (before a write, before a sync, between the members of a group, behind an acknowledgement)
 *      the power is cut: an image is what is durable and, of each write since, all, nothing, or some sectors of it,
 *      old, new or garbage. The image is opened like any database, and has to keep every promise.
 *   4. The next round often goes on from an image: a machine that came up again loses its power once more.
 *
 * What the disk is trusted with, as SQLite does: a sync that returned has happened, and a write does not harm the bytes
 * beside it (SQLITE_IOCAP_POWERSAFE_OVERWRITE). The -shm is no data: no image has one. A file's name is as durable as
 * its first sync, which is when the unix VFS syncs the directory.
 *
 * Two controls keep this honest. The same with synchronous=NORMAL has to lose jobs, and a disk that only pretends to
 * sync has to damage databases; a test that sees neither sees nothing.
 *
 *     DUBPLATE_TEST_SEED      repeats the choices of a run (not its ids and times)
 *     DUBPLATE_TEST_IMAGES    how often the power is cut
 */
#include "power_disk.h"
#include "power_work.h"

#include "base/log.h"

#define TURNS        40         /* of one round */
#define MAX_PROMISES 256
#define MAX_HELD     4

/* ---- promises, and whether an image keeps them ---- */

struct promise {
    char       uuid[ID_UUID_BYTES];
    enum state acked;
    enum state next;            /* what the transaction that is under way makes of it */
    int        held;            /* claims on tasks of it */
    bool       stop;            /* cancelled or deleted while one of them ran */
};

static struct promise promises[MAX_PROMISES];
static int promised;
static int64_t acked_revision;

static struct {
    int  wanted, cuts, lost, broken;
    char first[600];            /* what was wrong with the first image that was lost or broken */
} tally;

static void complain(int *kind, const char *when, const char *what, const char *more)
{
    ++*kind;
    if (tally.lost + tally.broken == 1)
        snprintf(tally.first, sizeof tally.first, "power cut %d, %s: %s%s", tally.cuts, when, what, more);
}

/* The one text that a query answers, "" without a row. */
static void answer(struct db *db, const char *sql, char *out, size_t size)
{
    struct err err;
    struct stmt *s = db_stmt(db, sql);
    const int row = db_step(s, &err);

    out[0] = '\0';
    if (row == 1)
        col_copy(s, 0, out, size);
    else if (row < 0)
        copy_text(out, size, err.text);
    db_done(s);
}

/* Sound for SQLite and for us? What is wrong goes to `why`. */
static bool is_sound(struct db *db, char *why, size_t size)
{
    static const struct { const char *sql, *good; } all[] = {
        { "PRAGMA integrity_check(1)", "ok" },
        { "PRAGMA foreign_key_check", "" },
        { "SELECT 'a job without a task: ' || uuid FROM download_jobs j"
          " WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE job_id = j.id) LIMIT 1", "" },
    };

    for (size_t i = 0; i < LENGTH(all); i++) {
        answer(db, all[i].sql, why, size);
        if (strcmp(why, all[i].good) != 0)
            return false;
    }
    return true;
}

/* Everything acknowledged is there; what is under way may be there too. Returns what is not, or NULL. */
static const char *broken_promise(struct db *db, bool *half)
{
    static char why[200];
    int came = 0, coming = 0;

    *half = false;
    for (int i = 0; i < promised; i++) {
        const struct promise *p = &promises[i];
        const enum state s = state_of(db, p->uuid);
        if (s != p->acked && s != p->next) {
            snprintf(why, sizeof why, "%.36s is %s, was acknowledged as %s", p->uuid, state_names[s],
                     state_names[p->acked]);
            return why;
        }
        coming += p->acked == GONE && p->next == OPEN;
        came += p->acked == GONE && p->next == OPEN && s == OPEN;
    }
    *half = came != 0 && came != coming;
    if (*half)
        snprintf(why, sizeof why, "%d of a group's %d new jobs", came, coming);
    else if (revision_of(db) < acked_revision)
        snprintf(why, sizeof why, "revision %lld, was acknowledged as %lld", (long long)revision_of(db),
                 (long long)acked_revision);
    else
        return NULL;
    return why;
}

static void judge(struct db *db, const char *when)
{
    char why[300], uuid[ID_UUID_BYTES];
    struct err err;
    bool half = false;

    if (!is_sound(db, why, sizeof why)) {
        complain(&tally.broken, when, "", why);
        return;
    }
    const char *promise = broken_promise(db, &half);
    if (promise)
        complain(half ? &tally.broken : &tally.lost, when, promise, "");
    else if (submit(db, "{}", uuid, &err))
        complain(&tally.broken, when, "takes no new job: ", err.text);
}

/* May come while SQLite works on the live database: nothing here may fail() or touch a live connection. */
static void cut_power(const char *when)
{
    struct db *db = NULL;
    struct err err;

    tally.cuts++;
    write_images();
    if (db_open(&db, image_names[0], &err))     /* checks the schema's version */
        complain(&tally.broken, when, "", err.text);
    else
        judge(db, when);
    db_close(&db);
}

static bool is_up;      /* before that nothing is promised */

static void may_cut(unsigned one_in, const char *when)
{
    if (is_up && tally.cuts < tally.wanted && below(&fate, one_in) == 0)
        cut_power(when);
}

/* ---- what goes on: handlers take requests, a worker has some tasks at a time, a reader takes its time ---- */

static struct db *handler, *worker, *reader;
static struct stmt *reading;
static struct { struct claim claim; struct promise *of; } held[MAX_HELD];
static int holding;

static void acknowledge(void)
{
    for (int i = 0; i < promised; i++)
        promises[i].acked = promises[i].next;
    acked_revision = revision_of(handler);
    may_cut(2, "after an acknowledgement");
}

static void request_job(void)
{
    struct promise *p = &promises[promised];

    *p = (struct promise){ .acked = GONE, .next = OPEN };
    must(submit(handler, some_json(), p->uuid, &e));
    promised++;
}

/* The answer is known beforehand, a refusal too; only a cancel on its way may be asked for once more or not. */
static void request_end(struct promise *p, enum state to)
{
    const enum state now = p->next;
    const bool refused = now == GONE || (to == CANCELLED && now != OPEN);

    if (!refused && (to == GONE || !p->held))
        p->next = to;
    const int rc = to == GONE ? life_delete(handler, p->uuid, &e) : life_cancel(handler, p->uuid, &e);
    check((rc != 0) == refused || (to == CANCELLED && p->stop), "seed %llu: %s to %s: %d, %s", seed,
          state_names[now], state_names[to], rc, rc ? e.text : "");
    if (!refused && p->held)
        p->stop = true;
}

static void request(void)
{
    const unsigned what = below(&work, 6);

    if (promised && (what < 2 || promised == MAX_PROMISES))
        request_end(&promises[below(&work, (unsigned)promised)], what == 0 ? GONE : CANCELLED);
    else
        request_job();
}

static void handler_turn(void)
{
    const bool grouped = below(&work, 2);

    if (grouped)
        db_group_start(handler);
    for (unsigned n = grouped ? 1 + below(&work, 6) : 1; n > 0; n--) {
        request();
        if (grouped)
            may_cut(8, "inside a group");
    }
    if (grouped)
        must(db_group_commit(handler, &e));
    acknowledge();
}

static void claim_turn(void)
{
    char uuid[ID_UUID_BYTES];
    struct claim *c = &held[holding].claim;

    const int row = claim(worker, below(&work, 3) ? "default" : "maintenance", c);
    check(row >= 0, "seed %llu: %s", seed, e.text);
    if (row == 1) {
        job_of(worker, c, uuid);
        held[holding].of = NULL;
        for (int i = 0; i < promised; i++)
            if (strcmp(promises[i].uuid, uuid) == 0)
                held[holding].of = &promises[i];
        check(held[holding].of != NULL, "seed %llu: a task of job %s, which nobody submitted", seed, uuid);
        held[holding++].of->held++;
    }
    acknowledge();
}

/* Says before the transaction what it will make of the job. A deleted one stays deleted. */
static void will_be(struct promise *p, enum state s)
{
    if (p->acked != GONE)
        p->next = s;
}

/* One transaction of a resolve or track task. Returns whether its claim has ended. */
static bool work_on(const struct claim *c, struct promise *p)
{
    const unsigned what = below(&work, 12);

    if (p->stop) {
        will_be(p, CANCELLED);
        must(end_badly(worker, c, ERR_CANCELLED));
    } else if (what < 5) {
        must(tick(worker, c));
        return false;
    } else if (what == 5) {
        will_be(p, FAILED);
        must(end_badly(worker, c, ERR_BAD_MEDIA));
    } else if (what == 6) {
        must(end_badly(worker, c, ERR_NETWORK));
    } else if (strcmp(c->kind, "resolve") == 0) {
        must(resolve(worker, c));
    } else {
        will_be(p, DONE);
        must(finish(worker, c));
    }
    return true;
}

static bool keep_house(const struct claim *c, const struct promise *p)
{
    if (strcmp(c->kind, "purge") == 0 && p->held > 1)
        must(life_released(worker, c, 0, &e));
    else if (strcmp(c->kind, "purge") == 0)
        must(life_purged(worker, c, &e));
    else
        must(life_kept_house(worker, c, &e));
    return true;
}

static void task_turn(void)
{
    const int i = (int)below(&work, (unsigned)holding);
    struct promise *p = held[i].of;
    const struct claim *c = &held[i].claim;
    const bool is_work = strcmp(c->kind, "resolve") == 0 || strcmp(c->kind, "track") == 0;

    if (is_work ? work_on(c, p) : keep_house(c, p)) {
        p->held--;
        p->stop = p->stop && p->held > 0;
        held[i] = held[--holding];
    }
    acknowledge();
}

/* An old snapshot: while it is read, checkpoints stop half-way and the WAL cannot start over. */
static void reader_turn(void)
{
    if (reading) {
        db_done(reading);
        reading = NULL;
    } else {
        reading = db_stmt(reader, "SELECT name FROM sqlite_schema");
        check(db_step(reading, &e) == 1, "seed %llu: %s", seed, e.text);
    }
}

/* One that starts the WAL over waits for readers in vain, for as long as it is told: not with ours. */
static void checkpoint_turn(void)
{
    must(db_checkpoint(worker, reading || below(&work, 2) ? INT64_MAX : 0, &e));
}

static void turn(void)
{
    const unsigned what = below(&work, 16);

    if (what == 0)
        reader_turn();
    else if (what <= 2)
        checkpoint_turn();
    else if (what <= 7)
        handler_turn();
    else if (holding == 0 || (holding < MAX_HELD && what <= 10))
        claim_turn();
    else
        task_turn();
}

/* ---- rounds ---- */

static void shut_down(void)
{
    is_up = false;
    reading = NULL;
    db_close(&handler);
    db_close(&worker);
    db_close(&reader);
}

static void boot_from(bool the_image)
{
    disk_boot(the_image);
    if (!the_image) {
        promised = holding = 0;
        acked_revision = 0;
    }
}

static void set_up(bool normal)
{
    must(db_migrate("live.db", &e));
    must(db_open(&handler, "live.db", &e));
    must(db_open(&worker, "live.db", &e));
    must(db_open(&reader, "live.db", &e));
    if (normal) {
        must(db_run(db_stmt(handler, "PRAGMA synchronous=NORMAL"), &e));
        must(db_run(db_stmt(worker, "PRAGMA synchronous=NORMAL"), &e));
    }
    if (below(&work, 2))        /* spills: pages of a transaction reach the WAL long before its commit */
        must(db_run(db_stmt(handler, "PRAGMA cache_size=5"), &e));
    is_up = true;
}

/* Three rounds of the life of one database, the power cut in between, then a new one. Controls begin anew every time:
 * what they lost would be missed. */
static void run(int images, bool normal, const struct disk *lies)
{
    work = fate = seed;
    fate = next_random(&fate);
    memset(&tally, 0, sizeof tally);
    tally.wanted = images;
    liar = NULL;
    for (int round = 0; tally.cuts < tally.wanted; round++) {
        boot_from(!normal && !lies && round % 3 != 0);
        set_up(normal);
        liar = lies;
        for (int i = 0; i < TURNS && tally.cuts < tally.wanted; i++)
            turn();
        shut_down();
        compare_with_the_real_files();
        cut_power("at the end of a round");
        liar = NULL;
        if (tally.lost + tally.broken && !normal && !lies)
            return;     /* nothing to go on from */
    }
}

/* ---- tests ---- */

static int enter(void **state)
{
    log_set_level(LOG_WARN);
    disk_register(may_cut);
    return unit_enter(state);
}

static int leave(void **state)
{
    shut_down();
    disk_unregister();
    return unit_leave(state);
}

static char figures[200];       /* of the first test, for the one line of all */

static int wanted_images(void)
{
    return (int)setting("DUBPLATE_TEST_IMAGES", 600);
}

TEST(what_was_acknowledged_survives_a_power_cut)
{
    run(wanted_images(), false, NULL);
    snprintf(figures, sizeof figures, "%d power cuts: %d lost something acknowledged, %d damaged", tally.cuts,
             tally.lost, tally.broken);
    check(tally.lost + tally.broken == 0, "DUBPLATE_TEST_SEED=%llu: %s; %s", seed, figures, tally.first);
    check(tally.cuts >= wanted_images(), "only %d cuts", tally.cuts);
}

TEST(with_less_than_full_synchronisation_it_would_not)
{
    run(wanted_images() / 10 + 40, true, NULL);
    print_message("# seed %llu: %s; control with synchronous=NORMAL, %d: %d lost, %d damaged\n", seed, figures,
                  tally.cuts, tally.lost, tally.broken);
    check(tally.broken == 0, "DUBPLATE_TEST_SEED=%llu: NORMAL may lose, not damage; %s", seed, tally.first);
    check(tally.lost > 0, "DUBPLATE_TEST_SEED=%llu: a loss goes unnoticed here", seed);
}

TEST(a_disk_that_only_pretends_to_sync_damages_the_database)
{
    run(200, false, &disks[0]);
    check(tally.broken > 0, "DUBPLATE_TEST_SEED=%llu: damage goes unnoticed here", seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_acknowledged_survives_a_power_cut, enter, leave),
        cmocka_unit_test_setup_teardown(with_less_than_full_synchronisation_it_would_not, enter, leave),
        cmocka_unit_test_setup_teardown(a_disk_that_only_pretends_to_sync_damages_the_database, enter, leave),
    };

    seed = setting("DUBPLATE_TEST_SEED", 1 + id_random(999999999));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
