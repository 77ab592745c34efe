#include "key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db.h"
#include "keys.h"

static const char usage[] =
    "usage: dubplate key add NAME [--max-jobs N] [--max-items N] [--max-duration S] [--max-file-mb N]\n"
    "       dubplate key list\n"
    "       dubplate key remove NAME\n"
    "\n"
    "add prints the new key, this once: only its hash is stored. A key has every right that the admin's has (scopes\n"
    "are yet to come), within its limits: jobs open at a time, items of a list, seconds of a recording, MB of a\n"
    "download. Without a limit, and beyond the settings, the settings hold.\n";

/* --name N pairs. 0, or -1 if there is anything else. */
static int read_options(int argc, char **argv, struct quota *limits)
{
    const struct { const char *name; int64_t *to, most; } options[] = {
        { "--max-jobs", &limits->max_jobs, 1000000 },       { "--max-items", &limits->max_items, 100000 },
        { "--max-duration", &limits->max_duration_s, 86400 }, { "--max-file-mb", &limits->max_file_mb, 65536 },
    };

    for (int i = 0; i < argc; i += 2) {
        size_t o = 0;
        char *end = NULL;
        while (o < ARRAY_LEN(options) && strcmp(options[o].name, argv[i]) != 0)
            o++;
        const long long n = i + 1 < argc ? strtoll(argv[i + 1], &end, 10) : 0;
        if (o == ARRAY_LEN(options) || !end || end == argv[i + 1] || *end || n < 1 || n > options[o].most) {
            if (o < ARRAY_LEN(options))
                fprintf(stderr, "dubplate: %s is a whole number from 1 to %lld\n", argv[i], (long long)options[o].most);
            return -1;
        }
        *options[o].to = n;
    }
    return 0;
}

static void print_limit(int64_t limit)
{
    if (limit)
        printf(" %9lld", (long long)limit);
    else
        printf(" %9s", "-");
}

static void print_row(void *arg, const struct key_row *row)
{
    char iso[CLOCK_ISO_BYTES];

    (void)arg;
    printf("%-24s %.19sZ %9lld", row->name, clock_iso(iso, row->created_at_ms), (long long)row->jobs_open);
    print_limit(row->limits.max_jobs);
    print_limit(row->limits.max_items);
    print_limit(row->limits.max_duration_s);
    print_limit(row->limits.max_file_mb);
    putchar('\n');
}

static int list(struct db *db, struct err *e)
{
    printf("%-24s %-20s %9s %9s %9s %9s %9s\n", "name", "created", "open jobs", "max jobs", "max items", "max s",
           "max MB");
    return keys_list(db, print_row, NULL, e);
}

static int add(struct db *db, const char *name, const struct quota *limits, struct err *e)
{
    char key[ID_SECRET_BYTES];

    if (keys_add(db, name, limits, key, e))
        return -1;
    puts(key);
    return 0;
}

int cmd_key(const struct conf *conf, int argc, char **argv)
{
    const bool adds = argc >= 2 && strcmp(argv[0], "add") == 0, lists = argc == 1 && strcmp(argv[0], "list") == 0;
    const bool removes = argc == 2 && strcmp(argv[0], "remove") == 0;
    struct quota limits = { 0 };
    struct db *db = NULL;
    struct err e;

    if (!(adds || lists || removes) || (adds && read_options(argc - 2, argv + 2, &limits))) {
        fputs(usage, stderr);
        return 2;
    }
    const int rc = db_open(&db, conf->db_path, &e) ? -1
                   : adds                          ? add(db, argv[1], &limits, &e)
                   : lists                         ? list(db, &e)
                                                   : keys_remove(db, argv[1], &e);
    db_close(&db);
    if (rc)
        fprintf(stderr, "dubplate: %s\n", e.text);
    return rc ? 1 : 0;
}
