/*
 * The directories of jobs: what removes one may never remove those of others.
 */
#include "fresh_db.h"

#include "base/file.h"
#include "previews.h"
#include "workdir.h"

TEST(a_task_without_a_name_removes_nothing)
{
    static const char *const names[] = { "", ".", "..", "../work", "0190aaaa-0000-7000-8000-00000000000" };
    struct conf conf = { .data_dir = "." };
    struct err e;

    assert_int_equal(file_mkdirs("work/0190aaaa-0000-7000-8000-000000000001", &e), 0);
    assert_int_equal(file_mkdirs("work/0190aaaa-0000-7000-8000-00000000000", &e), 0);
    for (size_t i = 0; i < LENGTH(names); i++) {
        workdir_remove(&conf, names[i]);
        check(access("work/0190aaaa-0000-7000-8000-000000000001", F_OK) == 0, "\"%s\" took all with it", names[i]);
    }
    workdir_remove(&conf, "0190aaaa-0000-7000-8000-000000000001");
    assert_int_equal(access("work/0190aaaa-0000-7000-8000-000000000001", F_OK), -1);
}

TEST(pictures_of_previews_that_are_gone_go_and_nothing_else)
{
    struct preview p = { .uuid = "0190aaaa-0000-7000-8000-000000000001", .url = "https://example.org/",
                         .source = "generic", .download_type = "auto" };
    char forgotten[PREVIEWS_COVER_BYTES], kept[PREVIEWS_COVER_BYTES];
    struct conf conf = { .data_dir = "." };
    struct db *db = fresh();
    struct err e;

    check(db_begin(db, &e) == 0 && db_end(db, previews_add(db, &p, &e), &e) == 0, "%s", e.text);
    previews_cover("0190aaaa-0000-7000-8000-000000000002", forgotten);
    previews_cover(p.uuid, kept);
    assert_int_equal(file_mkdirs(PREVIEWS_COVERS, &e), 0);
    const char *const files[] = { forgotten, kept, PREVIEWS_COVERS "/notes.txt" };
    for (size_t i = 0; i < LENGTH(files); i++)
        assert_int_equal(file_write_atomic(files[i], "x", 1, &e), 0);
    workdir_sweep_previews(db, &conf);
    assert_int_equal(access(forgotten, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
    assert_int_equal(access(PREVIEWS_COVERS "/notes.txt", F_OK), 0);
    db_close(&db);
}

UNIT_MAIN(UNIT(a_task_without_a_name_removes_nothing), UNIT(pictures_of_previews_that_are_gone_go_and_nothing_else))
