/*
 * unit: what the unit tests share. A test is a sentence about behaviour, in a directory of its own that is gone
 * afterwards:
 *
 *     TEST(a_claim_is_taken_by_one_worker_only) { … check(n == 1, "claimed %d times", n); }
 *     UNIT_MAIN(UNIT(a_claim_is_taken_by_one_worker_only), …)
 */
#ifndef DUBPLATE_UNIT_H
#define DUBPLATE_UNIT_H

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* Behind the five that it needs. */
#include <cmocka.h>

#define TEST(name) static void name(__attribute__((unused)) void **state)
#define UNIT(name) cmocka_unit_test_setup_teardown(name, unit_enter, unit_leave)

#define UNIT_MAIN(...)                                                                                           \
    int main(void)                                                                                               \
    {                                                                                                            \
        const struct CMUnitTest tests[] = { __VA_ARGS__ };                                                       \
        return cmocka_run_group_tests(tests, NULL, NULL);                                                        \
    }

/* As assert_true(), saying which case of a table it was. */
#define check(holds, ...)                                                                                        \
    do {                                                                                                         \
        if (!(holds)) {                                                                                          \
            print_error("%s:%d: ", __FILE__, __LINE__);                                                          \
            print_error(__VA_ARGS__);                                                                            \
            print_error("\n");                                                                                   \
            fail();                                                                                              \
        }                                                                                                        \
    } while (0)

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The test's own directory is the working directory; unit_dir is its absolute path. */
static char unit_dir[PATH_MAX];

static int unit_enter(__attribute__((unused)) void **state)
{
    const char *base = getenv("TMPDIR");

    snprintf(unit_dir, sizeof unit_dir, "%s/dubplate-unit-XXXXXX", base && *base ? base : "/tmp");
    return mkdtemp(unit_dir) && chdir(unit_dir) == 0 ? 0 : -1;
}

/* Not file_remove_tree(): this has to survive a bug in it. */
static int unit_remove(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static int unit_leave(__attribute__((unused)) void **state)
{
    return chdir("/") ? -1 : nftw(unit_dir, unit_remove, 32, FTW_DEPTH | FTW_PHYS);
}

/* A path in the checkout, from where this program was built: <checkout>/<build>/tests/unit/test_x. */
static __attribute__((unused)) const char *unit_checkout(const char *name)
{
    static char path[PATH_MAX + 256];
    char self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    self[n > 0 ? n : 0] = '\0';
    for (int up = 0; up < 4; up++) {
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
    }
    snprintf(path, sizeof path, "%s/%s", self, name);
    return path;
}

static __attribute__((unused)) void unit_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* The whole file as text; free(). */
static __attribute__((unused)) char *unit_read(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 20);

    check(f != NULL, "cannot read %s", path);
    assert_non_null(text);
    text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
    fclose(f);
    return text;
}

#endif
