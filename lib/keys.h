/*
 * keys: API keys and browser logins. Both are 256 random bits of which only the SHA-256 is stored; finding the hash
 * in an index leaks nothing useful through time, because nobody can choose a hash.
 */
#ifndef DUBPLATE_KEYS_H
#define DUBPLATE_KEYS_H

#include "base/err.h"
#include "base/id.h"
#include "db.h"
#include "quota.h"

/* Makes the key in DATA_DIR/admin-key (0600) the only admin key; creates one on first start. Whoever replaces the file
 * and restarts has revoked the old one. */
int keys_ensure_admin(struct db *db, const char *data_dir, struct err *e);

/* 1 and *key_id if the key is known, 0 if not, -1. */
int keys_check(struct db *db, const char *key, int64_t *key_id, struct err *e);

/* A key with limits of its own, shown this once. Its name is its handle: unique, and "admin" is taken. It has every
 * right that the admin's has, for now. ERR_INPUT, ERR_CONFLICT. */
int keys_add(struct db *db, const char *name, const struct quota *limits, char key[ID_SECRET_BYTES], struct err *e);

/* Ends it, and its logins; what it submitted stays. ERR_NOT_FOUND; ERR_CONFLICT for the admin's. */
int keys_remove(struct db *db, const char *name, struct err *e);

struct key_row { const char *name; int64_t id, created_at_ms, jobs_open; struct quota limits; };
int keys_list(struct db *db, void (*on_row)(void *arg, const struct key_row *row), void *arg, struct err *e);

/* What the key may ask for; nothing is limited where it is gone. */
int keys_limits(struct db *db, int64_t key_id, struct quota *out, struct err *e);

/* A new login for a key, valid for ttl_ms; its token goes into the cookie. Expired ones are dropped on the way. */
int keys_login(struct db *db, int64_t key_id, int64_t ttl_ms, char token[ID_SECRET_BYTES], struct err *e);
int keys_check_login(struct db *db, const char *token, int64_t *key_id, struct err *e);     /* as keys_check */
int keys_logout(struct db *db, const char *token, struct err *e);

#endif
