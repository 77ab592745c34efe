#include "upkeep.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "idempotency.h"
#include "keep.h"
#include "life_work.h"
#include "previews.h"
#include "run.h"
#include "sessions.h"
#include "sources.h"
#include "workdir.h"

#define EXPIRE_AT_ONCE    1000
#define SESSIONS_AT_ONCE  200
#define WAL_RESTART_BYTES (8LL << 20)

bool upkeep_is_ours(struct upkeep *u)
{
    char path[RUN_PATH_BYTES];

    if (u->lock_fd >= 0)
        return true;
    snprintf(path, sizeof path, "%s/run/checkpoint.lock", u->conf->data_dir);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        u->lock_fd = fd;
    else if (fd >= 0)
        close(fd);
    return u->lock_fd >= 0;
}

void upkeep_checkpoint(struct upkeep *u)
{
    struct err e;

    if (upkeep_is_ours(u) && db_checkpoint(u->db, WAL_RESTART_BYTES, &e))
        log_err(LOG_WARN, "checkpoint_failed", &e);
}

static void expire(struct upkeep *u)
{
    struct err e;

    if (upkeep_is_ours(u) && (idempotency_expire(u->db, EXPIRE_AT_ONCE, &e) < 0 || sources_free_probes(u->db, &e) ||
                              sources_forget(u->db, &e)))
        log_err(LOG_WARN, "expire_failed", &e);
}

/* Sessions that are over: their jobs, some at a time and submits in between; their directories, when the purges of
 * those jobs have emptied them. */
static void end_sessions(struct upkeep *u)
{
    struct err e = { 0 };
    int row = 0;

    if (!upkeep_is_ours(u))
        return;
    for (int i = 0; i < SESSIONS_AT_ONCE && (row = life_clean_session(u->db, &e)) == 1; i++)
        ;
    if (row < 0 || sessions_forget(u->db, &e))
        log_err(LOG_WARN, "sessions_not_ended", &e);
    workdir_sweep_sessions(u->db, u->conf);
}

static void forget_previews(struct upkeep *u)
{
    char uuid[ID_UUID_BYTES], path[PREVIEWS_COVER_BYTES];
    struct err e;

    while (life_forget_preview(u->db, uuid, &e) == 1) {
        previews_cover(uuid, path);
        workdir_remove_file(u->conf, path);
    }
    workdir_sweep_previews(u->db, u->conf);
}

void upkeep_run(struct upkeep *u)
{
    forget_previews(u);
    expire(u);
    end_sessions(u);
    workdir_sweep(u->db, u->conf);
    keep_tidy(u->db, u->conf);
}
