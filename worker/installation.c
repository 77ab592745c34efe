#include "installation.h"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "db.h"
#include "keys.h"
#include "run.h"

static int make_dirs(const struct conf *c, struct err *e)
{
    static const char *const names[] = { "run", "work", "cache", "downloads/library" };
    char path[RUN_PATH_BYTES];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", c->data_dir, names[i]);
        if (file_mkdirs(path, e))
            return -1;
    }
    return 0;
}

int installation_prepare(const struct conf *conf, struct err *e)
{
    struct db *db = NULL;

    if (make_dirs(conf, e) || db_migrate(conf->db_path, e) || db_open(&db, conf->db_path, e))
        return -1;
    const int rc = keys_ensure_admin(db, conf->data_dir, e);
    db_close(&db);
    return rc;
}
