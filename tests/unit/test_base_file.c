/* The ground floor, lib/base: files, their names and their trees. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "base/id.h"
#include "base/utf8.h"

/* Everything that a name on disk must hold, whoever wrote the title. */
static void is_harmless(const char *name, size_t max, const char *title)
{
    const size_t n = strlen(name);

    check(n > 0 && n <= max, "\"%s\": %zu bytes for %zu", title, n, max);
    check(utf8_valid(name, n), "\"%s\" is cut inside a character", title);
    check(!strpbrk(name, "/\\:*?\"<>|\r\n\t"), "\"%s\": %s", title, name);
    check(!strchr(".- ", name[0]), "\"%s\": %s", title, name);
    check(!strchr(". ", name[n - 1]), "\"%s\": %s", title, name);
    for (size_t i = 0, step; i < n; i += step) {
        uint32_t cp = 0;
        step = utf8_next(name + i, n - i, &cp);
        check(!utf8_is_control(cp), "\"%s\": U+%04X stays", title, cp);
    }
}

TEST(a_title_becomes_a_file_name_that_people_recognise)
{
    static const struct { const char *title, *name; } cases[] = {
        { "Song", "Song.mp3" },
        { "Björk — Jóga (Live)", "Björk — Jóga (Live).mp3" },
        { "AC/DC: Back in Black?", "AC_DC_ Back in Black_.mp3" },
        { "../../etc/passwd", "_.._etc_passwd.mp3" },
        { "-rf --no-preserve-root", "rf --no-preserve-root.mp3" },
        { "...And Justice for All", "And Justice for All.mp3" },
        { ".hidden", "hidden.mp3" },
        { "ends with dots...", "ends with dots.mp3" },
        { "ends with space   ", "ends with space.mp3" },
        { "tab\tand\nnewline", "tabandnewline.mp3" },
        { "\xe2\x80\xaegnp.exe", "gnp.exe.mp3" },           /* right-to-left override: shown as exe.png */
        { "zero\xe2\x80\x8bwidth", "zerowidth.mp3" },
        { "nul", "nul.mp3" },
        { "bad\xff" "bytes\xc3", "badbytes.mp3" },
        { "", "untitled.mp3" },
        { NULL, "untitled.mp3" },
        { "...", "untitled.mp3" },
        { " - . - ", "untitled.mp3" },
        { "\x01\x02\x03", "untitled.mp3" },
        { "日本語のタイトル", "日本語のタイトル.mp3" },
    };
    char out[201];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        file_safe_name(out, 200, cases[i].title, "mp3");
        check(strcmp(out, cases[i].name) == 0, "case %zu: %s, not %s", i, out, cases[i].name);
        is_harmless(out, 200, cases[i].name);
    }
}

TEST(a_long_title_is_cut_on_a_character_and_keeps_its_extension)
{
    char emoji[1601] = "", ascii[301], *out = malloc(201);

    for (int i = 0; i < 400; i++)
        memcpy(emoji + 4 * i, "🎧", 5);
    memset(ascii, 'a', 300);
    ascii[300] = '\0';
    for (size_t max = 20; max <= 200; max++) {
        free(out);
        out = malloc(max + 1);      /* just as large as promised */
        file_safe_name(out, max, emoji, "mp3");
        is_harmless(out, max, "400 emoji");
        check(strlen(out) > max - 4 && strcmp(out + strlen(out) - 4, ".mp3") == 0, "%s", out);
        file_safe_name(out, max, ascii, "mp3");
        is_harmless(out, max, "300 a");
        assert_int_equal(strlen(out), max);
        file_safe_name(out, max, ascii, NULL);
        assert_int_equal(strlen(out), max);
    }
    free(out);
}

TEST(ten_thousand_random_titles_are_harmless_names)
{
    static const char *const parts[] = { "/", "\\", "..", ".", "-", " ", "a", "é", "日", "🎧", "\xff", "\x80", "\n", ":",
                                         "\xe2\x80\xae", "\xf0\x9f", "\x1b", "CON", "|" };
    char out[65], title[256];

    for (int i = 0; i < 10000; i++) {
        size_t used = 0;
        for (uint32_t k = id_random(40); k > 0; k--)
            used += (size_t)snprintf(title + used, sizeof title - used, "%s", parts[id_random(LENGTH(parts))]);
        title[used] = '\0';
        file_safe_name(out, 64, title, id_random(2) ? "mp3" : NULL);
        is_harmless(out, 64, title);
    }
}

TEST(an_atomic_write_replaces_the_file_and_leaves_nothing_beside_it)
{
    struct err e;
    struct stat st;
    char *text = NULL;
    size_t n = 0;

    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/file", unit_dir);
    assert_int_equal(file_write_atomic(path, "one", 3, &e), 0);
    assert_int_equal(file_write_atomic(path, "second", 6, &e), 0);
    assert_int_equal(file_read(&text, &n, path, 100, &e), 0);
    assert_string_equal(text, "second");
    assert_int_equal(n, 6);
    free(text);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_not_equal(access("file.new", F_OK), 0);
    assert_int_equal(file_write_atomic(path, "", 0, &e), 0);
    assert_int_equal(file_read(&text, &n, path, 0, &e), 0);
    assert_int_equal(n, 0);
    free(text);
}

TEST(an_atomic_write_that_fails_keeps_the_old_bytes)
{
    struct err e;

    unit_write("file", "old");
    assert_int_equal(mkdir("file.new", 0700), 0);       /* its place beside is taken */
    assert_int_equal(file_write_atomic("file", "new", 3, &e), -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    char *text = unit_read("file");
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(file_write_atomic("no/such/place", "x", 1, &e), -1);
    assert_int_equal(mkdir("taken", 0700), 0);
    assert_int_equal(file_write_atomic("taken", "x", 1, &e), -1);   /* the rename fails */
    assert_int_not_equal(access("taken.new", F_OK), 0);
}

TEST(file_read_has_a_limit_and_follows_no_link)
{
    struct err e;
    char *text = NULL;
    size_t n = 0;

    unit_write("five", "12345");
    assert_int_equal(symlink("five", "link"), 0);
    assert_int_equal(file_read(&text, &n, "five", 5, &e), 0);
    assert_int_equal(n, 5);
    free(text);
    assert_int_equal(file_read(&text, &n, "five", 4, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_null(text);
    assert_int_equal(file_read(&text, &n, "none", 4, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_int_equal(file_read(&text, &n, "link", 9, &e), -1);
    assert_int_equal(file_read(&text, &n, ".", 9, &e), -1);
    assert_int_equal(file_read(&text, NULL, "five", 5, &e), 0);
    free(text);
}

TEST(file_mkdirs_makes_the_whole_path_for_us_alone)
{
    struct err e;
    struct stat st;

    assert_int_equal(file_mkdirs("a/b/c", &e), 0);
    assert_int_equal(file_mkdirs("a/b/c", &e), 0);
    assert_int_equal(stat("a/b/c", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(file_mkdirs("a/b/c/d/", &e), 0);
    unit_write("a/file", "");
    assert_int_equal(file_mkdirs("a/file/x", &e), -1);
}

TEST(file_remove_tree_does_not_follow_a_link)
{
    struct err e;

    assert_int_equal(file_mkdirs("tree/sub/deep", &e), 0);
    assert_int_equal(file_mkdirs("outside/sub", &e), 0);
    unit_write("outside/precious", "x");
    unit_write("tree/file", "x");
    unit_write("tree/sub/deep/file", "x");
    assert_int_equal(symlink("../outside", "tree/link"), 0);
    assert_int_equal(symlink("../../outside/precious", "tree/sub/link"), 0);
    assert_int_equal(symlink("nowhere", "tree/dangling"), 0);
    assert_int_equal(mkfifo("tree/fifo", 0600), 0);
    assert_int_equal(file_remove_tree("tree", &e), 0);
    assert_int_not_equal(access("tree", F_OK), 0);
    assert_int_equal(access("outside/precious", F_OK), 0);
    /* A link in place of the tree is itself removed, and no more. */
    assert_int_equal(symlink("outside", "tree"), 0);
    if (file_remove_tree("tree", &e) == 0)
        assert_int_not_equal(faccessat(AT_FDCWD, "tree", F_OK, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(access("outside/precious", F_OK), 0);
    assert_int_equal(access("outside/sub", F_OK), 0);
}

TEST(file_remove_tree_takes_a_missing_path_a_file_and_16_levels)
{
    struct err e;
    char path[200] = "d";

    assert_int_equal(file_remove_tree("none", &e), 0);
    unit_write("file", "");
    assert_int_equal(file_remove_tree("file", &e), 0);
    assert_int_not_equal(access("file", F_OK), 0);
    for (int i = 0; i < 16; i++)
        snprintf(path + strlen(path), 8, "/d");
    assert_int_equal(file_mkdirs(path, &e), 0);
    assert_int_equal(file_remove_tree("d", &e), 0);
    for (int i = 0; i < 20; i++)
        snprintf(path + strlen(path), 8, "/d");
    assert_int_equal(file_mkdirs(path, &e), 0);
    assert_int_equal(file_remove_tree("d", &e), -1);       /* refused, not an endless walk */
}

TEST(file_sha256_is_the_hash_and_size_of_the_bytes)
{
    char hash[ID_SHA256_BYTES], expected[ID_SHA256_BYTES];
    static char large[200001];
    int64_t size = -1;
    struct err e;

    memset(large, 'x', sizeof large - 1);
    unit_write("large", large);
    id_sha256(expected, large, sizeof large - 1);
    assert_int_equal(file_sha256(hash, "large", &size, &e), 0);
    assert_string_equal(hash, expected);
    assert_int_equal(size, sizeof large - 1);
    assert_int_equal(file_sha256(hash, "none", &size, &e), -1);
}

UNIT_MAIN(UNIT(a_title_becomes_a_file_name_that_people_recognise),
          UNIT(a_long_title_is_cut_on_a_character_and_keeps_its_extension),
          UNIT(ten_thousand_random_titles_are_harmless_names),
          UNIT(an_atomic_write_replaces_the_file_and_leaves_nothing_beside_it),
          UNIT(an_atomic_write_that_fails_keeps_the_old_bytes),
          UNIT(file_read_has_a_limit_and_follows_no_link),
          UNIT(file_mkdirs_makes_the_whole_path_for_us_alone),
          UNIT(file_remove_tree_does_not_follow_a_link),
          UNIT(file_remove_tree_takes_a_missing_path_a_file_and_16_levels),
          UNIT(file_sha256_is_the_hash_and_size_of_the_bytes))
