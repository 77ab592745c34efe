/*
 * The directories of jobs: what removes one may never remove those of others.
 */
#include "unit.h"

#include "base/file.h"
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

UNIT_MAIN(UNIT(a_task_without_a_name_removes_nothing))
