/*
 * vfs_shim: a VFS in front of SQLite's own, through which everything passes. Who wants to see or to change something
 * puts a function of his own into shim_methods or shim_vfs, which may end in SHIM_PASS().
 *
 * Needs nothing of Dubplate: the control of test_wal_reset.c is built without it.
 */
#ifndef DUBPLATE_VFS_SHIM_H
#define DUBPLATE_VFS_SHIM_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* The real file stands behind it. */
struct shim_file {
    sqlite3_file base;
    void        *mine;          /* the user's; NULL when a file is opened */
};

#define SHIM_REAL(f) ((sqlite3_file *)((struct shim_file *)(f) + 1))
#define SHIM_PASS(f, method, ...) SHIM_REAL(f)->pMethods->method(SHIM_REAL(f), ##__VA_ARGS__)

static sqlite3_vfs *real_vfs;

static int shim_close(sqlite3_file *f) { return SHIM_PASS(f, xClose); }
static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return SHIM_PASS(f, xRead, p, n, at); }
static int shim_truncate(sqlite3_file *f, sqlite3_int64 size) { return SHIM_PASS(f, xTruncate, size); }
static int shim_sync(sqlite3_file *f, int flags) { return SHIM_PASS(f, xSync, flags); }
static int shim_size(sqlite3_file *f, sqlite3_int64 *size) { return SHIM_PASS(f, xFileSize, size); }
static int shim_lock(sqlite3_file *f, int kind) { return SHIM_PASS(f, xLock, kind); }
static int shim_unlock(sqlite3_file *f, int kind) { return SHIM_PASS(f, xUnlock, kind); }
static int shim_reserved(sqlite3_file *f, int *out) { return SHIM_PASS(f, xCheckReservedLock, out); }
static int shim_control(sqlite3_file *f, int op, void *arg) { return SHIM_PASS(f, xFileControl, op, arg); }
static int shim_sector(sqlite3_file *f) { return SHIM_PASS(f, xSectorSize); }
static int shim_device(sqlite3_file *f) { return SHIM_PASS(f, xDeviceCharacteristics); }
static int shim_shm_lock(sqlite3_file *f, int at, int n, int flags) { return SHIM_PASS(f, xShmLock, at, n, flags); }
static void shim_shm_barrier(sqlite3_file *f) { SHIM_PASS(f, xShmBarrier); }
static int shim_shm_unmap(sqlite3_file *f, int drop) { return SHIM_PASS(f, xShmUnmap, drop); }
static int shim_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **p) { return SHIM_PASS(f, xFetch, at, n, p); }
static int shim_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p) { return SHIM_PASS(f, xUnfetch, at, p); }

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return SHIM_PASS(f, xWrite, p, n, at);
}

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return SHIM_PASS(f, xShmMap, page, size, extend, p);
}

static sqlite3_io_methods shim_methods = {
    .iVersion = 3, .xClose = shim_close, .xRead = shim_read, .xWrite = shim_write, .xTruncate = shim_truncate,
    .xSync = shim_sync, .xFileSize = shim_size, .xLock = shim_lock, .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved, .xFileControl = shim_control, .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_device, .xShmMap = shim_shm_map, .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier, .xShmUnmap = shim_shm_unmap, .xFetch = shim_fetch, .xUnfetch = shim_unfetch,
};

static sqlite3_vfs shim_vfs;

static int shim_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *flags_out)
{
    (void)vfs;
    const int rc = real_vfs->xOpen(real_vfs, name, SHIM_REAL(f), flags, flags_out);
    f->pMethods = rc == SQLITE_OK ? &shim_methods : NULL;
    ((struct shim_file *)f)->mine = NULL;
    return rc;
}

/* Under the name "shim". Once, until sqlite3_vfs_unregister(). */
static inline void shim_register(bool for_all)
{
    real_vfs = sqlite3_vfs_find(NULL);
    shim_vfs = *real_vfs;
    shim_vfs.zName = "shim";
    shim_vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    shim_vfs.xOpen = shim_open;
    sqlite3_vfs_register(&shim_vfs, for_all);
}

#endif
