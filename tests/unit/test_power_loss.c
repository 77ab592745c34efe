/*
 * Power loss: what was acknowledged is still there when the machine comes up again, whatever the disk made of the
 * writes that it had not been told to keep. After test6.c of SQLite's own suite.
 *
 *   1. A VFS in front of the real one keeps two views of the database and of its WAL: what is durable (as of the last
 *      sync of that file) and what was written since. Reads and locks pass through; nothing waits for a real disk.
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
#include "unit.h"

#include <fcntl.h>
#include <sqlite3.h>

#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "lifecycle.h"
#include "status.h"

#define SECTOR       512
#define TURNS        40         /* of one round */
#define MAX_PROMISES 256
#define MAX_HELD     4

static struct err e;            /* of the last call; not inside a cut, which may come in the middle of one */
#define must(call) check((call) == 0, "seed %llu: " #call ": %s", seed, e.text)

/* ---- choices: what is done and where the power is cut come from two streams, so that controls do the same ---- */

static unsigned long long seed;
static uint64_t work, fate;     /* states of the two streams */

static uint64_t next_random(uint64_t *stream)      /* splitmix64 */
{
    uint64_t z = *stream += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static unsigned below(uint64_t *stream, unsigned bound)
{
    return (unsigned)(next_random(stream) % bound);
}

static unsigned long long setting(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    char *end = NULL;
    const unsigned long long value = text && *text ? strtoull(text, &end, 10) : otherwise;

    if (end && (*end || end == text)) {
        fprintf(stderr, "%s=%s is no number\n", name, text);
        exit(2);
    }
    return value;
}

/* ---- what the code under test is asked; the only calls into it ---- */

enum state { GONE, OPEN, DONE, FAILED, CANCELLED, NONSENSE };
static const char *const state_names[] = { "gone", "open", "done", "failed", "cancelled", "nonsense" };
/* Another attempt every time, and at once. */
static const struct conf conf = { .lease_s = 60, .max_retries = 1000, .max_crashes = 1000 };

/* Sometimes long enough for a chain of overflow pages. */
static const char *some_json(void)
{
    static char json[6100];
    const size_t n = below(&work, 4) ? 20 : 500 + below(&work, 5500);

    memset(json, 'x', sizeof json);
    memcpy(json, "{\"a\":\"", 6);
    memcpy(json + n, "\"}", 3);
    return json;
}

/* Every link another one: no two jobs are the same work. */
static int submit(struct db *db, const char *spec_json, char uuid[ID_UUID_BYTES], struct err *err)
{
    static unsigned links;
    char url[64];
    struct new_job j = { .url = url, .source = "generic", .asked = "example.org", .spec_json = spec_json,
                         .client_ref = "ref" };
    bool existing = false;

    snprintf(url, sizeof url, "https://example.org/%08u", ++links);
    return life_submit(db, &j, uuid, &existing, err);
}

/* 1: it is ours; 0: nothing is due; -1. */
static int claim(struct db *db, const char *lane, struct claim *out)
{
    if (life_promote(db, &e) < 0)
        return -1;
    return life_claim(db, &conf, lane, "w1", out, &e);
}

static int tick(struct db *db, const struct claim *c)
{
    const struct queue_progress p = { .stage = "download", .percent = below(&work, 100), .downloaded_bytes = 1,
                                      .total_bytes = 2, .speed_bps = 3, .eta_s = 4 };
    return life_tick(db, c, &p, &e);
}

static int resolve(struct db *db, const struct claim *c)
{
    static const struct track_info info = { .url = "https://example.org/a", .title = "T", .duration_ms = 60000 };
    char uuid[ID_UUID_BYTES];

    id_uuid7(uuid);
    return life_resolved(db, c, uuid, &info, ASKS_MEDIA, &e);
}

static int place(void *arg, struct err *err)
{
    (void)arg, (void)err;
    return 0;
}

static int finish(struct db *db, const struct claim *c)
{
    struct artifact audio = { .kind = "audio", .format = "mp3", .sha256 = "aa", .size_bytes = 10 };
    const struct life_result r = { .artifacts = &audio, .count = 1, .duration_ms = 61000, .report_json = some_json(),
                                   .place = place };

    snprintf(audio.path, sizeof audio.path, "downloads/%lld.mp3", (long long)c->task_id);
    return life_finished(db, c, &r, &e);
}

static int end_badly(struct db *db, const struct claim *c, enum err_kind kind)
{
    struct err why;
    bool again = false;

    err_set(&why, kind, "as told");
    return life_failed(db, c, &conf, &why, &again, &e);
}

static void job_of(struct db *db, const struct claim *c, char uuid[ID_UUID_BYTES])
{
    struct stmt *s = db_stmt(db, "SELECT uuid FROM download_jobs WHERE id = :id");

    bind_int(s, ":id", c->job_id);
    check(db_step(s, &e) == 1, "seed %llu: a task of no job", seed);
    col_copy(s, 0, uuid, ID_UUID_BYTES);
    db_done(s);
}

/* As a client sees it. Done means that there is something to fetch. */
static enum state state_of(struct db *db, const char *uuid)
{
    struct job job;
    struct err err;

    if (jobs_find(db, uuid, &job, &err))
        return err.kind == ERR_NOT_FOUND ? GONE : NONSENSE;
    if (!status_is_final(job.state))
        return OPEN;
    for (enum state s = DONE; s <= CANCELLED; s++)
        if (strcmp(job.state, state_names[s]) == 0)
            return s == DONE && !job.has_audio ? NONSENSE : s;
    return NONSENSE;
}

/* Grows with every change that a client can see, progress included. -1: unreadable. */
static int64_t revision_of(struct db *db)
{
    int64_t revision = -1;
    struct err err;

    return jobs_revision(db, &revision, &err) ? -1 : revision;
}

/* ---- the disk ---- */

struct bytes { uint8_t *data; size_t len, room; };
struct change { size_t at, n; uint8_t *bytes; };        /* bytes NULL: the file ends at `at` */
struct disk {
    const char    *name;
    struct bytes   durable;
    struct change *changes;     /* since the last sync, in their order */
    int            count, room;
};

static struct disk disks[] = { { .name = "live.db" }, { .name = "live.db-wal" } };
static struct bytes image[LENGTH(disks)];
static const char *const image_names[] = { "image.db", "image.db-wal" };
static const struct disk *liar;     /* says that it has synced */

static void resize(struct bytes *b, size_t len)
{
    if (len > b->room) {
        b->room = len * 2;
        b->data = xrealloc(b->data, b->room);
    }
    if (len > b->len)
        memset(b->data + b->len, 0, len - b->len);
    b->len = len;
}

static void put(struct bytes *b, size_t at, const uint8_t *from, size_t n)
{
    if (at + n > b->len)
        resize(b, at + n);
    memcpy(b->data + at, from, n);
}

static void copy(struct bytes *to, const struct bytes *from)
{
    resize(to, 0);
    resize(to, from->len);
    if (from->len)
        memcpy(to->data, from->data, from->len);
}

static void note(struct disk *d, size_t at, const void *from, size_t n)
{
    if (d->count == d->room) {
        d->room = d->room * 2 + 64;
        d->changes = xrealloc(d->changes, (size_t)d->room * sizeof *d->changes);
    }
    struct change *c = &d->changes[d->count++];
    *c = (struct change){ .at = at, .n = n };
    if (from) {
        c->bytes = xmalloc(n);
        memcpy(c->bytes, from, n);
    }
}

static void apply(struct bytes *to, const struct change *c)
{
    if (c->bytes)
        put(to, c->at, c->bytes, c->n);
    else
        resize(to, c->at);
}

static void forget_changes(struct disk *d)
{
    for (int i = 0; i < d->count; i++)
        free(d->changes[i].bytes);
    d->count = 0;
}

static void harden(struct disk *d)
{
    for (int i = 0; i < d->count; i++)
        apply(&d->durable, &d->changes[i]);
    forget_changes(d);
}

/* Of each sector: the new bytes, the old ones, or neither. */
static void tear(struct bytes *to, const struct change *c)
{
    uint8_t garbage[SECTOR];
    const size_t end = c->at + c->n;

    for (size_t at = c->at, next; at < end; at = next) {
        next = (at / SECTOR + 1) * SECTOR;
        if (next > end)
            next = end;
        const unsigned what = below(&fate, 4);
        for (size_t i = 0; what == 0 && i < sizeof garbage; i++)
            garbage[i] = (uint8_t)next_random(&fate);
        if (what != 1)
            put(to, at, what == 0 ? garbage : c->bytes + (at - c->at), next - at);
    }
}

/* The file grew, the bytes did not come. */
static void only_grow(struct bytes *to, const struct change *c)
{
    if (c->at + c->n > to->len)
        resize(to, c->at + c->n);
}

/* What is there after a power cut now. Some cuts take everything that was not synced, some nothing, most a part. */
static void develop(struct bytes *to, const struct disk *d)
{
    const unsigned keep = below(&fate, 5) * 25;

    copy(to, &d->durable);
    for (int i = 0; i < d->count; i++) {
        const struct change *c = &d->changes[i];
        const unsigned how = below(&fate, 4);
        if (below(&fate, 100) < keep)
            apply(to, c);
        else if (c->bytes && how < 2)
            tear(to, c);
        else if (c->bytes && how == 2)
            only_grow(to, c);
    }
}

static void write_file(const char *name, const struct bytes *b)
{
    unlink(name);       /* a new file: ext4 waits for the disk when one is cut to nothing and written anew */
    const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, b->data, b->len) != (ssize_t)b->len || close(fd) != 0) {
        perror(name);
        abort();        /* not fail(): SQLite is on the stack */
    }
}

/* ---- the VFS ---- */

struct shim_file {
    sqlite3_file  base;
    struct disk  *disk;         /* NULL: passes through (images, the journal of the first moments) */
};

static sqlite3_vfs *real_vfs;
static void may_cut(unsigned one_in, const char *when);

#define DISK(f) (((struct shim_file *)(f))->disk)
#define REAL(f) ((sqlite3_file *)((struct shim_file *)(f) + 1))
#define PASS(f, method, ...) REAL(f)->pMethods->method(REAL(f), ##__VA_ARGS__)

static int shim_close(sqlite3_file *f) { return PASS(f, xClose); }
static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return PASS(f, xRead, p, n, at); }
static int shim_size(sqlite3_file *f, sqlite3_int64 *size) { return PASS(f, xFileSize, size); }
static int shim_lock(sqlite3_file *f, int kind) { return PASS(f, xLock, kind); }
static int shim_unlock(sqlite3_file *f, int kind) { return PASS(f, xUnlock, kind); }
static int shim_reserved(sqlite3_file *f, int *out) { return PASS(f, xCheckReservedLock, out); }
static int shim_control(sqlite3_file *f, int op, void *arg) { return PASS(f, xFileControl, op, arg); }
static int shim_sector(sqlite3_file *f) { return PASS(f, xSectorSize); }
static int shim_device(sqlite3_file *f) { return PASS(f, xDeviceCharacteristics); }
static int shim_shm_lock(sqlite3_file *f, int at, int n, int flags) { return PASS(f, xShmLock, at, n, flags); }
static void shim_shm_barrier(sqlite3_file *f) { PASS(f, xShmBarrier); }
static int shim_shm_unmap(sqlite3_file *f, int drop) { return PASS(f, xShmUnmap, drop); }
static int shim_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **p) { return PASS(f, xFetch, at, n, p); }
static int shim_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p) { return PASS(f, xUnfetch, at, p); }

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return PASS(f, xShmMap, page, size, extend, p);
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (DISK(f)) {
        may_cut(24, "before a write");
        note(DISK(f), (size_t)at, p, (size_t)n);
    }
    return PASS(f, xWrite, p, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    if (DISK(f)) {
        may_cut(4, "before a truncation");
        note(DISK(f), (size_t)size, NULL, 0);
    }
    return PASS(f, xTruncate, size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    (void)flags;
    if (DISK(f) && DISK(f) != liar) {
        may_cut(3, "before a sync");
        harden(DISK(f));
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 3, .xClose = shim_close, .xRead = shim_read, .xWrite = shim_write, .xTruncate = shim_truncate,
    .xSync = shim_sync, .xFileSize = shim_size, .xLock = shim_lock, .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved, .xFileControl = shim_control, .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_device, .xShmMap = shim_shm_map, .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier, .xShmUnmap = shim_shm_unmap, .xFetch = shim_fetch, .xUnfetch = shim_unfetch,
};

static struct disk *disk_named(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    for (size_t i = 0; slash && i < LENGTH(disks); i++)
        if (strcmp(slash + 1, disks[i].name) == 0)
            return &disks[i];
    return NULL;
}

static int shim_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *flags_out)
{
    (void)vfs;
    const int rc = real_vfs->xOpen(real_vfs, name, REAL(f), flags, flags_out);
    f->pMethods = rc == SQLITE_OK ? &shim_methods : NULL;
    DISK(f) = disk_named(name);
    return rc;
}

/* A connection that ends with a checkpoint deletes the WAL, and SQLite lives with a refusal. Ours do not end that way;
 * should one, the file stays what the disk above takes it for. */
static int shim_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    (void)vfs;
    return disk_named(name) ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync_dir);
}

static sqlite3_vfs shim_vfs;

static void shim_register(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    shim_vfs = *real_vfs;
    shim_vfs.zName = "shim";
    shim_vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    shim_vfs.xOpen = shim_open;
    shim_vfs.xDelete = shim_delete;
    sqlite3_vfs_register(&shim_vfs, 1);
}

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
    for (size_t i = 0; i < LENGTH(disks); i++) {
        develop(&image[i], &disks[i]);
        write_file(image_names[i], &image[i]);
    }
    unlink("image.db-shm");
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

/* Everything that was written passed through the disk above, or the images are not what they claim to be. */
static void compare_with_the_real_files(void)
{
    static uint8_t real[1 << 23];

    for (size_t i = 0; i < LENGTH(disks); i++) {
        const struct disk *d = &disks[i];
        copy(&image[i], &d->durable);
        for (int k = 0; k < d->count; k++)
            apply(&image[i], &d->changes[k]);
        FILE *f = fopen(d->name, "rb");
        check(f != NULL, "no %s", d->name);
        const size_t n = fread(real, 1, sizeof real, f);
        fclose(f);
        check(n == image[i].len && memcmp(real, image[i].data, n) == 0, "seed %llu: %s is %zu bytes, %zu were noted",
              seed, d->name, n, image[i].len);
    }
}

/* The disk as the image that is in memory has it, or an empty one. */
static void boot_from(bool the_image)
{
    for (size_t i = 0; i < LENGTH(disks); i++) {
        forget_changes(&disks[i]);
        if (!the_image)
            resize(&image[i], 0);
        copy(&disks[i].durable, &image[i]);
        write_file(disks[i].name, &image[i]);
    }
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
    shim_register();
    return unit_enter(state);
}

static int leave(void **state)
{
    shut_down();
    sqlite3_vfs_unregister(&shim_vfs);
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
