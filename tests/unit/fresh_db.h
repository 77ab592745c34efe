/*
 * fresh_db: what the tests of the door to SQLite share: a fresh database, ways past the door, and short calls through
 * it.
 */
#ifndef DUBPLATE_FRESH_DB_H
#define DUBPLATE_FRESH_DB_H

#include "unit.h"

#include <sqlite3.h>

#include "base/log.h"
#include "db.h"

/* In the test's directory. */
static inline struct db *fresh(void)
{
    struct db *db = NULL;
    struct err e;

    log_set_level(LOG_WARN);
    check(db_migrate("t.db", &e) == 0, "%s", e.text);
    check(db_open(&db, "t.db", &e) == 0, "%s", e.text);
    return db;
}

/* Past the door: a handle of our own on the same file. */
static inline sqlite3 *raw(const char *path)
{
    sqlite3 *h = NULL;

    check(sqlite3_open(path, &h) == SQLITE_OK, "%s", sqlite3_errmsg(h));
    return h;
}

/* One value of one query through the door. sql must be a literal. */
static inline int64_t number(struct db *db, const char *sql)
{
    struct stmt *s = db_stmt(db, sql);
    struct err e;

    check(db_step(s, &e) == 1, "%s: %s", sql, e.text);
    const int64_t n = col_int(s, 0);
    db_done(s);
    return n;
}

static inline void run(struct db *db, const char *sql)
{
    struct err e;
    check(db_run(db_stmt(db, sql), &e) == 0, "%s: %s", sql, e.text);
}

#endif
