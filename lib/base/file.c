#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "utf8.h"

int file_mkdirs(const char *path, struct err *e)
{
    char *copy = xstrdup(path);
    int rc = 0;

    for (char *p = copy + 1; rc == 0; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        const char was = *p;
        *p = '\0';
        if (mkdir(copy, 0700) && errno != EEXIST)
            rc = err_errno(e, "cannot create %s", copy);
        if (was == '\0')
            break;
        *p = was;
    }
    free(copy);
    return rc;
}

static int copy_bytes(int in, int out)
{
    char block[65536];
    ssize_t n;

    while ((n = read(in, block, sizeof block)) > 0)
        for (ssize_t done = 0, w; done < n; done += w)
            if ((w = write(out, block + done, (size_t)(n - done))) < 0)
                return -1;
    return n < 0 || fsync(out) ? -1 : 0;
}

int file_copy(const char *from, const char *to, struct err *e)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    const int rc = out < 0 || copy_bytes(in, out) ? err_errno(e, "cannot copy to %s", to) : 0;

    if (out >= 0)
        close(out);
    if (in >= 0)
        close(in);
    return rc;
}

bool file_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int file_fsync_path(const char *path, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(e, "cannot open %s", path);
    const int rc = fsync(fd) ? err_errno(e, "cannot flush %s", path) : 0;
    close(fd);
    return rc;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        const ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

static int fsync_parent(const char *path, struct err *e)
{
    char *dir = xstrdup(path);
    char *slash = strrchr(dir, '/');
    int rc = 0;

    if (slash) {
        *slash = '\0';
        rc = file_fsync_path(*dir ? dir : "/", e);
    }
    free(dir);
    return rc;
}

int file_write_atomic(const char *path, const void *bytes, size_t n, struct err *e)
{
    char *beside = xasprintf("%s.new", path);
    const int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = -1;

    if (fd < 0) {
        err_errno(e, "cannot create %s", beside);
        goto out;
    }
    if (write_all(fd, bytes, n) || fsync(fd)) {
        err_errno(e, "cannot write %s", beside);
        close(fd);
        unlink(beside);
        goto out;
    }
    close(fd);
    if (rename(beside, path)) {
        err_errno(e, "cannot rename to %s", path);
        unlink(beside);
        goto out;
    }
    rc = fsync_parent(path, e);
out:
    free(beside);
    return rc;
}

int file_read(char **out, size_t *len, const char *path, size_t max, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    int rc = -1;

    *out = NULL;
    if (fd < 0)
        return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, "no file %s", path)
                               : err_errno(e, "cannot open %s", path);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        err_set(e, ERR_SYSTEM, "%s is not a file", path);
        goto out;
    }
    if ((uint64_t)st.st_size > max) {
        err_set(e, ERR_TOO_LARGE, "%s has %lld bytes, more than %zu", path, (long long)st.st_size, max);
        goto out;
    }
    char *p = xmalloc((size_t)st.st_size + 1);
    size_t used = 0;
    while (used < (size_t)st.st_size) {
        const ssize_t n = read(fd, p + used, (size_t)st.st_size - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    p[used] = '\0';
    *out = p;
    if (len)
        *len = used;
    rc = 0;
out:
    close(fd);
    return rc;
}

/* at: a directory descriptor that this call owns and closes. */
static int remove_below(int at, int depth)
{
    DIR *d = fdopendir(at);
    const struct dirent *entry;
    int rc = 0;

    if (!d) {
        close(at);
        return -1;
    }
    while (rc == 0 && (entry = readdir(d))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (unlinkat(dirfd(d), entry->d_name, 0) == 0 || errno == ENOENT)
            continue;
        const int sub = openat(dirfd(d), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (sub < 0)
            rc = -1;
        else if (depth == 0)
            close(sub), errno = ELOOP, rc = -1;
        else
            rc = remove_below(sub, depth - 1);
        if (rc == 0 && unlinkat(dirfd(d), entry->d_name, AT_REMOVEDIR) && errno != ENOENT)
            rc = -1;
    }
    const int saved = errno;
    closedir(d);
    errno = saved;
    return rc;
}

int file_remove_tree(const char *path, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        if (errno == ENOENT)
            return 0;
        if (errno != ENOTDIR || unlink(path))
            return err_errno(e, "cannot remove %s", path);
        return 0;
    }
    if (remove_below(fd, 16) || (rmdir(path) && errno != ENOENT))
        return err_errno(e, "cannot remove %s", path);
    return 0;
}

int file_sha256(char out[ID_SHA256_BYTES], const char *path, int64_t *size_bytes, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    unsigned char block[65536], hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    ssize_t n;

    if (fd < 0)
        return err_errno(e, "cannot open %s", path);
    *size_bytes = 0;
    crypto_hash_sha256_init(&state);
    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        crypto_hash_sha256_update(&state, block, (size_t)n);
        *size_bytes += n;
    }
    const int rc = n < 0 ? err_errno(e, "cannot read %s", path) : 0;
    close(fd);
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(out, ID_SHA256_BYTES, hash, sizeof hash);
    return rc;
}

static size_t skip_leading(const char *out, size_t used)
{
    size_t at = 0;

    while (at < used && (out[at] == '.' || out[at] == ' ' || out[at] == '-'))
        at++;
    return at;
}

void file_safe_name(char *out, size_t max, const char *title, const char *ext)
{
    const size_t tail = ext ? strlen(ext) + 1 : 0, room = max - tail;
    const size_t len = title ? strlen(title) : 0;
    size_t used = 0, n;

    for (size_t i = 0; i < len; i += n ? n : 1) {
        uint32_t cp = 0;
        n = utf8_next(title + i, len - i, &cp);
        if (n == 0 || utf8_is_control(cp))
            continue;
        if (cp < 0x80 && strchr("/\\:*?\"<>|", (int)cp)) {
            if (used + 1 > room)
                break;
            out[used++] = '_';
            continue;
        }
        if (used + n > room)
            break;
        memcpy(out + used, title + i, n);
        used += n;
    }
    const size_t lead = skip_leading(out, used);
    memmove(out, out + lead, used - lead);
    used -= lead;
    while (used > 0 && (out[used - 1] == ' ' || out[used - 1] == '.'))
        used--;
    out[used] = '\0';
    if (used == 0)
        used = (size_t)snprintf(out, room + 1, "untitled");
    if (ext)
        snprintf(out + used, max + 1 - used, ".%s", ext);
}
