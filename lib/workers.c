#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"

enum { Q_ADD, Q_SET_YTDLP, Q_REMOVE, Q_LIST, Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO workers (owner, name, pid, version, ytdlp_path, ytdlp_version, queue_names,"
        "       concurrency, started_at_ms)"
        " VALUES (:owner, :name, :pid, :version, :ytdlp_path, '?', :queue_names, :concurrency, :now_ms)",
    [Q_SET_YTDLP] = "UPDATE workers SET ytdlp_path = :path, ytdlp_version = :ytdlp_version WHERE owner = :owner",
    [Q_REMOVE] = "DELETE FROM workers WHERE owner = :owner",
    [Q_LIST] =
        "SELECT owner, name, ytdlp_path, ytdlp_version, started_at_ms, pid, version, queue_names, concurrency"
        "  FROM workers"
        " ORDER BY started_at_ms DESC, owner LIMIT :max",
};

static void lock_path(char *out, size_t size, const char *data_dir, const char *owner)
{
    snprintf(out, size, "%s/run/%s.lock", data_dir, owner);
}

int workers_lock(const char *data_dir, const char *owner, struct err *e)
{
    char path[1400];

    lock_path(path, sizeof path, data_dir, owner);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(e, "cannot create %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        err_errno(e, "cannot lock %s", path);
        close(fd);
        return -1;
    }
    return fd;
}

bool workers_alive(const char *data_dir, const char *owner)
{
    char path[1400];

    lock_path(path, sizeof path, data_dir, owner);
    const int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno != ENOENT;     /* when in doubt, the lease decides */
    const bool free_now = flock(fd, LOCK_SH | LOCK_NB) == 0;
    close(fd);
    return !free_now;
}

int workers_add(struct db *db, const struct worker_row *w, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);

    bind_text(s, ":owner", w->owner);
    bind_text(s, ":name", w->name);
    bind_int(s, ":pid", getpid());
    bind_text(s, ":version", DUBPLATE_VERSION);
    bind_text(s, ":ytdlp_path", w->ytdlp_path);
    bind_text(s, ":queue_names", w->queue_names);
    bind_int(s, ":concurrency", w->concurrency);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int workers_set_ytdlp(struct db *db, const char *owner, const char *path, const char *version, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SET_YTDLP]);

    bind_text(s, ":owner", owner);
    bind_text(s, ":path", path);
    bind_text(s, ":ytdlp_version", version);
    return db_run(s, e);
}

int workers_remove(struct db *db, const char *data_dir, const char *owner, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REMOVE]);
    char path[1400];

    bind_text(s, ":owner", owner);
    if (db_run(s, e))
        return -1;
    lock_path(path, sizeof path, data_dir, owner);
    unlink(path);
    return 0;
}

int workers_list(struct db *db, struct worker_row *rows, int max, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    int n = 0, row;

    bind_int(s, ":max", max);
    while ((row = db_step(s, e)) == 1) {
        struct worker_row *w = &rows[n++];
        col_copy(s, 0, w->owner, sizeof w->owner);
        col_copy(s, 1, w->name, sizeof w->name);
        col_copy(s, 2, w->ytdlp_path, sizeof w->ytdlp_path);
        col_copy(s, 3, w->ytdlp_version, sizeof w->ytdlp_version);
        w->started_at_ms = col_int(s, 4);
        w->pid = col_int(s, 5);
        col_copy(s, 6, w->version, sizeof w->version);
        col_copy(s, 7, w->queue_names, sizeof w->queue_names);
        w->concurrency = col_int(s, 8);
    }
    return row < 0 ? -1 : n;
}
