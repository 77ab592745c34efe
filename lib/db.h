/*
 * db: the only door to SQLite. Opens with the pragmas that our promises rest on, keeps prepared statements, hands out
 * transactions. Statements live in the modules of their tables and are bound by name; a misspelt name is our bug and
 * aborts. One process, one connection, never across fork().
 *
 * Why these settings (measured; see README, Durability):
 *  - WAL and synchronous=FULL: a commit that returned survives power loss.
 *  - every writer begins with BEGIN IMMEDIATE: a read that upgrades fails at once under contention.
 *  - a busy handler of 0.05–0.2 ms sleeps: SQLite's own grows its steps and starves one of two writers.
 *  - no connection checkpoints by itself; one worker does (db_checkpoint).
 *  - SQLite older than the fix of the WAL-reset bug is refused: it corrupts a file that one process writes while
 *    another checkpoints, which is how we live (https://sqlite.org/wal.html#walresetbug).
 */
#ifndef DUBPLATE_DB_H
#define DUBPLATE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct stmt;

/* The database must exist and have this program's schema version. ERR_BUSY (migrating), ERR_SYSTEM. */
int db_open(struct db **out, const char *path, struct err *e);

/* Creates or upgrades the file at path to this program's schema, in one transaction; an upgrade first writes a copy
 * beside it (path.before-N). A file of a newer schema, or one that is no database, is refused and left alone. */
int db_migrate(const char *path, struct err *e);

void db_close(struct db **db);

/*
 * Confines the handle to one session (copied; NULL: to none). It changes no statement by itself: modules whose rows
 * belong to somebody bind db_session() where they find rows by public id, list them or add them, so that what calls
 * them can neither forget nor get around it. The handlers' loop sets it for each request.
 */
void db_confine(struct db *db, const char *session_uuid);
const char *db_session(const struct db *db);        /* NULL: not confined */

bool db_version_is_safe(int sqlite_version_number);

/* Has an I/O error or a damaged page been met? Then the process has to end and be started afresh; nothing is written
 * through this handle any more. */
bool db_is_dead(const struct db *db);

/* BEGIN IMMEDIATE; waits up to 5 s. ERR_BUSY. */
int db_begin(struct db *db, struct err *e);

/* Commits if rc is 0, rolls back otherwise. Returns rc, or -1 with *e if the commit failed. */
int db_end(struct db *db, int rc, struct err *e);

/*
 * Group commit: between start and commit, every db_begin()…db_end() is a member of one transaction, which the first of
 * them opens; each member alone can still fail and be rolled back. Nothing is durable before db_group_commit() has
 * returned 0; if it fails, all members failed. The disk is waited for once, however many they are.
 */
void db_group_start(struct db *db);
bool db_group_has_lock(const struct db *db);        /* has a member opened the transaction? */
int db_group_commit(struct db *db, struct err *e);

/* The statement of this text, ready to bind. `sql` must be a string that lives as long as the program: its address
 * is the key of the cache. Never NULL; a failure to prepare is reported by db_step. */
struct stmt *db_stmt(struct db *db, const char *sql);

void bind_int(struct stmt *s, const char *name, int64_t value);
void bind_real(struct stmt *s, const char *name, double value);     /* NaN binds NULL */
void bind_text(struct stmt *s, const char *name, const char *value);    /* copied; NULL binds NULL */
void bind_null(struct stmt *s, const char *name);
void bind_given(struct stmt *s, const char *name, int64_t value);   /* 0 is "not given": NULL */

/* 1: a row is there; 0: done (the statement is reset); -1: *e. After a row either step again or db_done(). */
int db_step(struct stmt *s, struct err *e);
void db_done(struct stmt *s);

/* For what has one row at the most: 1, with its first column in *out; 0: there is none, *out is as it was; -1. */
int db_has_row(struct stmt *s, struct err *e);
int db_one_int(struct stmt *s, int64_t *out, struct err *e);
int db_one_text(struct stmt *s, char *out, size_t size, struct err *e);

/* Runs to the end, ignoring rows. 0 or -1. */
int db_run(struct stmt *s, struct err *e);

/* Columns by position, valid until the next step. */
int64_t col_int(struct stmt *s, int i);             /* NULL: 0 */
double col_real(struct stmt *s, int i);             /* NULL: NaN */
const char *col_text(struct stmt *s, int i);        /* may be NULL */
void col_copy(struct stmt *s, int i, char *to, size_t size);    /* NULL: "" */

/* Rows changed by the last statement; the rowid it inserted. */
int db_changes(struct db *db);
int64_t db_last_id(struct db *db);

/* A number that differs when another connection has committed since the last call. Cheap (reads shared memory). */
int64_t db_data_version(struct db *db);

/* Moves what can be moved from the WAL into the database, and starts a WAL of more than restart_above_bytes over,
 * unless a reader is in the way; waits 50 ms at most. Only one process of an installation may call this. */
int db_checkpoint(struct db *db, int64_t restart_above_bytes, struct err *e);

#endif
