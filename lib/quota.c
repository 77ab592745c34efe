#include "quota.h"

int64_t quota_smaller(int64_t a, int64_t b)
{
    return a && (!b || a < b) ? a : b;
}

void quota_narrow(struct quota *l, const struct quota *by)
{
    l->max_items = quota_smaller(l->max_items, by->max_items);
    l->max_duration_s = quota_smaller(l->max_duration_s, by->max_duration_s);
    l->max_file_mb = quota_smaller(l->max_file_mb, by->max_file_mb);
}
