/* The ground floor, lib/base: times, names and secrets. */
#include "unit.h"

#include "base/clock.h"
#include "base/id.h"

TEST(clock_iso_is_utc_with_milliseconds_at_any_time)
{
    static const struct { int64_t ms; const char *iso; } cases[] = {
        { 0, "1970-01-01T00:00:00.000Z" },           { 1, "1970-01-01T00:00:00.001Z" },
        { -1, "1969-12-31T23:59:59.999Z" },          { -1000, "1969-12-31T23:59:59.000Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" }, { 1763662440123, "2025-11-20T18:14:00.123Z" },
        { 4102444799999, "2099-12-31T23:59:59.999Z" }, { 253402300799999, "9999-12-31T23:59:59.999Z" },
        { 253402300800000, "9999-12-31T23:59:59.999Z" }, { INT64_MAX, "9999-12-31T23:59:59.999Z" },
        { -62167219200000, "0000-01-01T00:00:00.000Z" }, { INT64_MIN, "0000-01-01T00:00:00.000Z" },
        { -62135596800000, "0001-01-01T00:00:00.000Z" },
    };
    char out[CLOCK_ISO_BYTES];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        clock_iso(out, cases[i].ms);
        check(strcmp(out, cases[i].iso) == 0, "%lld: %s, not %s", (long long)cases[i].ms, out, cases[i].iso);
    }
    setenv("TZ", "Asia/Kolkata", 1);
    assert_string_equal(clock_iso(out, 0), "1970-01-01T00:00:00.000Z");
    unsetenv("TZ");
}

TEST(boot_time_does_not_go_backwards)
{
    const int64_t first = clock_boot_ms();

    for (int i = 0; i < 1000; i++)
        assert_true(clock_boot_ms() >= first);
    assert_true(clock_wall_ms() > 1700000000000);
}

TEST(a_uuid_is_version_7_and_sorts_by_the_time_it_was_made)
{
    char id[ID_UUID_BYTES], later[ID_UUID_BYTES], ms_hex[16];
    const int64_t before = clock_wall_ms();

    id_uuid7(id);
    const int64_t after = clock_wall_ms();
    assert_true(id_is_uuid(id));
    assert_int_equal(id[14], '7');
    assert_non_null(strchr("89ab", id[19]));
    snprintf(ms_hex, sizeof ms_hex, "%.8s%.4s", id, id + 9);
    const int64_t ms = strtoll(ms_hex, NULL, 16);
    assert_true(ms >= before && ms <= after);
    while (clock_wall_ms() <= after)
        ;
    id_uuid7(later);
    assert_true(strcmp(id, later) < 0);
}

TEST(ten_thousand_uuids_are_ten_thousand_names)
{
    enum { COUNT = 10000 };
    static char ids[COUNT][ID_UUID_BYTES];

    for (int i = 0; i < COUNT; i++)
        id_uuid7(ids[i]);
    qsort(ids, COUNT, sizeof ids[0], (int (*)(const void *, const void *))strcmp);
    for (int i = 1; i < COUNT; i++)
        check(strcmp(ids[i - 1], ids[i]) != 0, "%s twice", ids[i]);
}

TEST(only_the_canonical_form_is_a_uuid)
{
    static const char *const bad[] = {
        "", "0199f3a1-0000-7000-8000-00000000000", "0199f3a1-0000-7000-8000-0000000000000",
        "0199F3A1-0000-7000-8000-000000000000", "0199f3a1_0000-7000-8000-000000000000",
        "0199f3a1-0000-7000-8000-00000000000g", "0199f3a10000-7000-8000-0000000000000",
        "{199f3a1-0000-7000-8000-00000000000}", "../../../../../../../etc/passwd00000",
    };

    assert_true(id_is_uuid("0199f3a1-0000-7000-8000-00000000000f"));
    assert_false(id_is_uuid(NULL));
    for (size_t i = 0; i < LENGTH(bad); i++)
        check(!id_is_uuid(bad[i]), "\"%s\" passes", bad[i]);
}

TEST(a_secret_is_256_bits_of_hex_and_only_its_hash_is_comparable)
{
    char a[ID_SECRET_BYTES], b[ID_SECRET_BYTES], hash[ID_SHA256_BYTES];

    id_secret(a);
    id_secret(b);
    assert_int_equal(strlen(a), 64);
    assert_int_equal(strspn(a, "0123456789abcdef"), 64);
    assert_string_not_equal(a, b);
    id_sha256(hash, "abc", 3);      /* FIPS 180-4 */
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    id_sha256(hash, "", 0);
    assert_string_equal(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (int i = 0; i < 1000; i++)
        assert_true(id_random(3) < 3);
    assert_int_equal(id_random(1), 0);
}

UNIT_MAIN(UNIT(clock_iso_is_utc_with_milliseconds_at_any_time),
          UNIT(boot_time_does_not_go_backwards),
          UNIT(a_uuid_is_version_7_and_sorts_by_the_time_it_was_made),
          UNIT(ten_thousand_uuids_are_ten_thousand_names),
          UNIT(only_the_canonical_form_is_a_uuid),
          UNIT(a_secret_is_256_bits_of_hex_and_only_its_hash_is_comparable))
