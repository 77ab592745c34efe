/*
 * power_disk: the disk of the power-loss test, which knows what of the database and of its WAL is durable and what was
 * only written, and makes of it what a power cut may leave. See test_power_loss.c.
 */
#ifndef DUBPLATE_POWER_DISK_H
#define DUBPLATE_POWER_DISK_H

#include <fcntl.h>

#include "base/mem.h"
#include "power_work.h"
#include "vfs_shim.h"

#define SECTOR 512

/* ---- files ---- */

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

static inline void resize(struct bytes *b, size_t len)
{
    if (len > b->room) {
        b->room = len * 2;
        b->data = xrealloc(b->data, b->room);
    }
    if (len > b->len)
        memset(b->data + b->len, 0, len - b->len);
    b->len = len;
}

static inline void put(struct bytes *b, size_t at, const uint8_t *from, size_t n)
{
    if (at + n > b->len)
        resize(b, at + n);
    memcpy(b->data + at, from, n);
}

static inline void copy(struct bytes *to, const struct bytes *from)
{
    resize(to, 0);
    resize(to, from->len);
    if (from->len)
        memcpy(to->data, from->data, from->len);
}

static inline void note(struct disk *d, size_t at, const void *from, size_t n)
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

static inline void apply(struct bytes *to, const struct change *c)
{
    if (c->bytes)
        put(to, c->at, c->bytes, c->n);
    else
        resize(to, c->at);
}

static inline void forget_changes(struct disk *d)
{
    for (int i = 0; i < d->count; i++)
        free(d->changes[i].bytes);
    d->count = 0;
}

static inline void harden(struct disk *d)
{
    for (int i = 0; i < d->count; i++)
        apply(&d->durable, &d->changes[i]);
    forget_changes(d);
}

/* Of each sector: the new bytes, the old ones, or neither. */
static inline void tear(struct bytes *to, const struct change *c)
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
static inline void only_grow(struct bytes *to, const struct change *c)
{
    if (c->at + c->n > to->len)
        resize(to, c->at + c->n);
}

/* What is there after a power cut now. Some cuts take everything that was not synced, some nothing, most a part. */
static inline void develop(struct bytes *to, const struct disk *d)
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

static inline void write_file(const char *name, const struct bytes *b)
{
    unlink(name);       /* a new file: ext4 waits for the disk when one is cut to nothing and written anew */
    const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, b->data, b->len) != (ssize_t)b->len || close(fd) != 0) {
        perror(name);
        abort();        /* not fail(): SQLite is on the stack */
    }
}

/* ---- the VFS ---- */

/* Before the disk is told something; the test cuts the power here, about once in so many times. */
static void (*at_disk)(unsigned one_in, const char *when);

/* NULL: passes through (images, the journal of the first moments). */
static inline struct disk *disk_of(sqlite3_file *f)
{
    return ((struct shim_file *)f)->mine;
}

static int disk_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (disk_of(f)) {
        at_disk(24, "before a write");
        note(disk_of(f), (size_t)at, p, (size_t)n);
    }
    return SHIM_PASS(f, xWrite, p, n, at);
}

static int disk_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    if (disk_of(f)) {
        at_disk(4, "before a truncation");
        note(disk_of(f), (size_t)size, NULL, 0);
    }
    return SHIM_PASS(f, xTruncate, size);
}

static int disk_sync(sqlite3_file *f, int flags)
{
    (void)flags;
    if (disk_of(f) && disk_of(f) != liar) {
        at_disk(3, "before a sync");
        harden(disk_of(f));
    }
    return SQLITE_OK;
}

static inline struct disk *disk_named(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    for (size_t i = 0; slash && i < LENGTH(disks); i++)
        if (strcmp(slash + 1, disks[i].name) == 0)
            return &disks[i];
    return NULL;
}

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *flags_out)
{
    const int rc = shim_open(vfs, name, f, flags, flags_out);
    ((struct shim_file *)f)->mine = disk_named(name);
    return rc;
}

/* A connection that ends with a checkpoint deletes the WAL, and SQLite lives with a refusal. Ours do not end that way;
 * should one, the file stays what the disk takes it for. */
static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    (void)vfs;
    return disk_named(name) ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync_dir);
}

static inline void disk_register(void (*before)(unsigned one_in, const char *when))
{
    at_disk = before;
    shim_register(true);
    shim_methods.xWrite = disk_write;
    shim_methods.xTruncate = disk_truncate;
    shim_methods.xSync = disk_sync;
    shim_vfs.xOpen = disk_open;
    shim_vfs.xDelete = disk_delete;
}

static inline void disk_unregister(void)
{
    sqlite3_vfs_unregister(&shim_vfs);
}

/* ---- power off, power on ---- */

/* What is there after a power cut now. */
static inline void write_images(void)
{
    for (size_t i = 0; i < LENGTH(disks); i++) {
        develop(&image[i], &disks[i]);
        write_file(image_names[i], &image[i]);
    }
    unlink("image.db-shm");
}

/* The disk as the image that is in memory has it, or an empty one. */
static inline void disk_boot(bool the_image)
{
    for (size_t i = 0; i < LENGTH(disks); i++) {
        forget_changes(&disks[i]);
        if (!the_image)
            resize(&image[i], 0);
        copy(&disks[i].durable, &image[i]);
        write_file(disks[i].name, &image[i]);
    }
}

/* Everything that was written passed through here, or the images are not what they claim to be. */
static inline void compare_with_the_real_files(void)
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

#endif
