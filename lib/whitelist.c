#include "whitelist.h"

#include <string.h>

#include "base/clock.h"

#define COLUMNS "id, uuid, platform, channel, name, note, created_at_ms FROM whitelist"

enum { Q_ADD, Q_OF_CHANNEL, Q_FIND, Q_LIST, Q_TOTAL, Q_PATCH, Q_REMOVE, Q_ANY, Q_OTHERS, Q_SWITCH, Q_SET, Q_UNSET,
       Q_COUNT };

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO whitelist (uuid, platform, channel, name, note, created_at_ms)"
        " VALUES (:uuid, :platform, :channel, :name, :note, :now_ms) ON CONFLICT (platform, channel) DO NOTHING",
    [Q_OF_CHANNEL] = "SELECT " COLUMNS " WHERE platform = :platform AND channel = :channel",
    [Q_FIND] = "SELECT " COLUMNS " WHERE uuid = :uuid",
    [Q_LIST] = "SELECT " COLUMNS " WHERE id < :before_id ORDER BY id DESC LIMIT :limit",
    [Q_TOTAL] = "SELECT COUNT(*) FROM whitelist",
    [Q_PATCH] =
        "UPDATE whitelist SET name = COALESCE(:name, name), note = COALESCE(:note, note) WHERE uuid = :uuid",
    [Q_REMOVE] = "DELETE FROM whitelist WHERE uuid = :uuid",
    [Q_ANY] = "SELECT 1 FROM whitelist WHERE platform = :platform LIMIT 1",
    /* Of those that are handles where :is_handle is 0, and the other way round. */
    [Q_OTHERS] =
        "SELECT 1 FROM whitelist WHERE platform = :platform"
        "  AND CASE WHEN channel LIKE '@%' THEN 1 ELSE 0 END <> :is_handle LIMIT 1",
    [Q_SWITCH] = "SELECT value FROM switches WHERE name = 'whitelist'",
    [Q_SET] =
        "INSERT INTO switches (name, value, changed_at_ms) VALUES ('whitelist', :value, :now_ms)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at_ms = excluded.changed_at_ms",
    [Q_UNSET] = "DELETE FROM switches WHERE name = 'whitelist'",
};

/* 1: *out is the row; 0: there is none; -1. */
static int read_row(struct stmt *s, struct whitelist_entry *out, struct err *e)
{
    const int row = db_step(s, e);

    if (row != 1)
        return row;
    out->id = col_int(s, 0);
    col_copy(s, 1, out->uuid, sizeof out->uuid);
    col_copy(s, 2, out->platform, sizeof out->platform);
    col_copy(s, 3, out->channel, sizeof out->channel);
    col_copy(s, 4, out->name, sizeof out->name);
    col_copy(s, 5, out->note, sizeof out->note);
    out->created_at_ms = col_int(s, 6);
    return 1;
}

static int read_one(struct stmt *s, struct whitelist_entry *out, struct err *e)
{
    const int row = read_row(s, out, e);

    db_done(s);
    return row;
}

static int not_found(const char *uuid, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "there is no entry %.40s", uuid);
}

static int add_in_tx(struct db *db, struct whitelist_entry *entry, bool *existing, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);
    char uuid[ID_UUID_BYTES];

    id_uuid7(uuid);
    bind_text(s, ":uuid", uuid);
    bind_text(s, ":platform", entry->platform);
    bind_text(s, ":channel", entry->channel);
    bind_text(s, ":name", entry->name);
    bind_text(s, ":note", entry->note);
    bind_int(s, ":now_ms", clock_wall_ms());
    if (db_run(s, e))
        return -1;
    *existing = db_changes(db) == 0;
    s = db_stmt(db, sql[Q_OF_CHANNEL]);
    bind_text(s, ":platform", entry->platform);
    bind_text(s, ":channel", entry->channel);
    return read_one(s, entry, e) < 0 ? -1 : 0;
}

int whitelist_add(struct db *db, struct whitelist_entry *entry, bool *existing, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, add_in_tx(db, entry, existing, e), e);
}

int whitelist_find(struct db *db, const char *uuid, struct whitelist_entry *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":uuid", uuid);
    const int row = read_one(s, out, e);
    return row == 0 ? not_found(uuid, e) : row < 0 ? -1 : 0;
}

int whitelist_list(struct db *db, int64_t before_id, int limit,
                   void (*on_row)(void *arg, const struct whitelist_entry *entry), void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LIST]);
    struct whitelist_entry entry;
    int row;

    bind_int(s, ":before_id", before_id);
    bind_int(s, ":limit", limit);
    while ((row = read_row(s, &entry, e)) == 1)
        on_row(arg, &entry);
    return row;
}

int whitelist_count(struct db *db, int64_t *count, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_TOTAL]);

    *count = 0;
    return db_one_int(s, count, e) < 0 ? -1 : 0;
}

/* Runs a change of the one row that bears this uuid. */
static int change_one(struct db *db, struct stmt *s, const char *uuid, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    bind_text(s, ":uuid", uuid);
    int rc = db_run(s, e);
    if (rc == 0 && db_changes(db) == 0)
        rc = not_found(uuid, e);
    return db_end(db, rc, e);
}

int whitelist_patch(struct db *db, const char *uuid, const char *name, const char *note, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PATCH]);

    bind_text(s, ":name", name);
    bind_text(s, ":note", note);
    return change_one(db, s, uuid, e);
}

int whitelist_remove(struct db *db, const char *uuid, struct err *e)
{
    return change_one(db, db_stmt(db, sql[Q_REMOVE]), uuid, e);
}

/* ---- is there a row ---- */

int whitelist_is_listed(struct db *db, const char *platform, const char *channel, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OF_CHANNEL]);

    bind_text(s, ":platform", platform);
    bind_text(s, ":channel", channel);
    return db_has_row(s, e);
}

int whitelist_has_any(struct db *db, const char *platform, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ANY]);

    bind_text(s, ":platform", platform);
    return db_has_row(s, e);
}

int whitelist_has_others(struct db *db, const char *platform, const char *id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OTHERS]);

    bind_text(s, ":platform", platform);
    bind_int(s, ":is_handle", id[0] == '@');
    return db_has_row(s, e);
}

/* ---- on or off ---- */

int whitelist_set(struct db *db, bool enabled, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    struct stmt *s = db_stmt(db, sql[Q_SET]);
    bind_text(s, ":value", enabled ? "on" : "off");
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_end(db, db_run(s, e), e);
}

int whitelist_unset(struct db *db, struct err *e)
{
    if (db_begin(db, e))
        return -1;
    return db_end(db, db_run(db_stmt(db, sql[Q_UNSET]), e), e);
}

int whitelist_enabled(struct db *db, const struct conf *conf, bool *enabled, const char **decided_by, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SWITCH]);
    const int row = db_step(s, e);

    if (row == 1) {
        *enabled = strcmp(col_text(s, 0), "off") != 0;
        *decided_by = "switch";
    } else if (*conf->download_whitelist_enabled) {
        *enabled = strcmp(conf->download_whitelist_enabled, "false") != 0;
        *decided_by = "setting";
    } else {
        *enabled = !conf_listens_on_loopback(conf);
        *decided_by = "default";
    }
    db_done(s);
    return row < 0 ? -1 : 0;
}
