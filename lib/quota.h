/*
 * quota: how much a tenant (a session, a key) may ask for. 0 stands for no limit of its own: then the settings decide,
 * which nothing here can raise.
 */
#ifndef DUBPLATE_QUOTA_H
#define DUBPLATE_QUOTA_H

#include <stdint.h>

struct quota {
    int64_t max_jobs;           /* of a session: that it holds; of a key: open at the same time */
    int64_t max_items;          /* of one list */
    int64_t max_duration_s;     /* of one recording */
    int64_t max_file_mb;        /* of one download */
};

/* The smaller of two limits. */
int64_t quota_smaller(int64_t a, int64_t b);

/* The smaller of both, one by one; max_jobs stays, for it counts something else for each. */
void quota_narrow(struct quota *l, const struct quota *by);

#endif
