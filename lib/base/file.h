/*
 * file: the file-system steps whose order matters for a crash. Names given here are ours; names from outside pass
 * through file_safe_name() first.
 */
#ifndef DUBPLATE_FILE_H
#define DUBPLATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "id.h"

/* Creates path and what leads to it (mode 0700). */
int file_mkdirs(const char *path, struct err *e);

/* Writes beside, fsyncs, renames over path and fsyncs the directory: a reader sees the old bytes or the new. */
int file_write_atomic(const char *path, const void *bytes, size_t n, struct err *e);

/* Whole file, at most max bytes; *out is owned by the caller and NUL-terminated. ERR_NOT_FOUND, ERR_TOO_LARGE. */
int file_read(char **out, size_t *len, const char *path, size_t max, struct err *e);

bool file_exists(const char *path);                     /* as a file of its own, not a link to one */

int file_fsync_path(const char *path, struct err *e);   /* a file or a directory */

/* A copy that lies on the disk when this returns 0; what stood at `to` is overwritten. */
int file_copy(const char *from, const char *to, struct err *e);

/* Removes a tree without following links; a missing path is fine. Directories deeper than 16 are refused. */
int file_remove_tree(const char *path, struct err *e);

int file_sha256(char out[ID_SHA256_BYTES], const char *path, int64_t *size_bytes, struct err *e);

/*
 * A title as a file name: valid UTF-8, no separators, no control or bidi characters, none of the characters that
 * Windows shares refuse, no leading dot or dash, no trailing dot or space, at most max bytes, never empty. `ext` is
 * ours and is appended after a dot (NULL: none). out must hold max + 1 bytes.
 */
void file_safe_name(char *out, size_t max, const char *title, const char *ext);

#endif
