/*
 * whitelist_check: may this be downloaded? And if not, what would allow it?
 */
#ifndef DUBPLATE_WHITELIST_CHECK_H
#define DUBPLATE_WHITELIST_CHECK_H

#include <stdbool.h>

#include "base/err.h"
#include "conf.h"
#include "db.h"
#include "source.h"
#include "url.h"
#include "whitelist.h"
#include "who.h"

/* Of what was resolved, before a byte of its media is fetched. ERR_NOT_WHITELISTED; 0 if the whitelist is off. */
int whitelist_check(struct db *db, const struct conf *conf, const struct who *who, struct err *e);

/* At submit: refuses what the link alone gives away; the rest is for whitelist_check(). ERR_NOT_WHITELISTED. */
int whitelist_check_link(struct db *db, const struct conf *conf, const struct source_link *link, const struct url *url,
                         struct err *e);

/* The same for what will be looked for on this platform (a search, a Spotify link): is anything of it allowed? */
int whitelist_check_platform(struct db *db, const struct conf *conf, const char *platform, struct err *e);

/*
 * The entry that would allow what was refused, from the text of the refusal: platform, channel and name of *out. False
 * if it names no channel. Of what the worker refuses only the sentence is kept (error_text), and shown from there.
 */
bool whitelist_offer(const char *refusal, struct whitelist_entry *out);

#endif
