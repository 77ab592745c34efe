/* Lists in a list: what an attempt leaves for the next one. */
#include "unit.h"

#include "base/file.h"
#include "inner.h"

static void add_many(struct inner *in, int count)
{
    char url[64];

    for (int i = 0; i < count; i++) {
        snprintf(url, sizeof url, "https://example.org/%d", i);
        inner_add(in, url);
    }
}

TEST(a_list_is_kept_once_and_not_more_of_them_than_stated)
{
    struct inner in = { .count = 0 };

    assert_int_equal(inner_add(&in, "https://example.org/0"), INNER_ADDED);
    assert_int_equal(inner_add(&in, "https://example.org/0"), INNER_KNOWN);
    add_many(&in, INNER_MOST);
    assert_int_equal(in.count, INNER_MOST);
    assert_int_equal(inner_add(&in, "https://example.org/another"), INNER_FULL);
    assert_int_equal(inner_add(&in, "https://example.org/1"), INNER_KNOWN);
    inner_free(&in);
    assert_int_equal(in.count, 0);
}

TEST(what_was_saved_is_read_back)
{
    struct inner in = { .title = "Ein \"Künstler\"", .cut = true }, back = { .count = 0 };
    struct err e;

    add_many(&in, INNER_MOST);
    in.next = 7;
    in.before = 1234;
    assert_int_equal(inner_save(&in, "lists.json", &e), 0);
    inner_load(&back, "lists.json");
    assert_int_equal(back.count, INNER_MOST);
    assert_int_equal(back.next, 7);
    assert_int_equal(back.before, 1234);
    assert_true(back.cut);
    assert_string_equal(back.title, in.title);
    assert_string_equal(back.urls[INNER_MOST - 1], in.urls[INNER_MOST - 1]);
    inner_free(&in);
    inner_free(&back);
}

TEST(what_is_not_understood_is_as_good_as_absent)
{
    static const char *const bad[] = {
        "", "{", "[]", "null", "{\"urls\":[1],\"next\":0,\"before\":0}",
        "{\"urls\":[\"a\",\"a\"],\"next\":0,\"before\":0}",
        "{\"urls\":[\"a\"],\"next\":2,\"before\":0}", "{\"urls\":[\"a\"],\"next\":-1,\"before\":0}",
        "{\"urls\":[\"a\"],\"next\":0}", "{\"urls\":[\"a\"],\"next\":0,\"before\":1e99}",
    };
    struct inner in = { .count = 0 };
    struct err e;

    inner_load(&in, "nobody.json");
    assert_int_equal(in.count, 0);
    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_int_equal(file_write_atomic("lists.json", bad[i], strlen(bad[i]), &e), 0);
        inner_load(&in, "lists.json");
        check(in.count == 0 && in.next == 0 && in.before == 0, "%s", bad[i]);
    }
}

UNIT_MAIN(UNIT(a_list_is_kept_once_and_not_more_of_them_than_stated), UNIT(what_was_saved_is_read_back),
          UNIT(what_is_not_understood_is_as_good_as_absent))
