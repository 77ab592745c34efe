/* Settings: defaults, DATA_DIR/dubplate.env, environment, in rising order; and everything that stops the start. */
#include "unit.h"

#include "base/file.h"
#include "conf.h"

/* All that conf_load() looks at, and DATA_DIR is the test's directory. */
static void forget_environment(void)
{
#define INT(field, name, def, least, most, help) unsetenv(name);
#define NUM(field, name, def, least, most, help) unsetenv(name);
#define STR(field, name, def, help)              unsetenv(name);
#define SECRET(field, name, help)                unsetenv(name);
#define BOOL(field, name, def, help)             unsetenv(name);
    CONF_TABLE(INT, NUM, STR, SECRET, BOOL)
#undef INT
#undef NUM
#undef STR
#undef SECRET
#undef BOOL
    setenv("DATA_DIR", unit_dir, 1);
}

static void load(struct conf *c)
{
    struct err e;

    check(conf_load(c, &e) == 0, "%s", e.text);
}

/* conf_load() fails, and its text holds all of these (NULL-terminated). */
#define refused(...) refused_with((const char *const[]){ __VA_ARGS__, NULL })
static void refused_with(const char *const *parts)
{
    struct conf c;
    struct err e = { 0 };

    check(conf_load(&c, &e) == -1, "accepted, although %s", parts[0]);
    check(e.kind == ERR_INPUT, "kind %s", err_class(e.kind)->name);
    for (; *parts; parts++)
        check(strstr(e.text, *parts) != NULL, "\"%s\" is not in: %s", *parts, e.text);
}

TEST(without_file_and_environment_the_table_holds)
{
    struct conf c;

    forget_environment();
    load(&c);
#define INT(field, name, def, least, most, help) assert_int_equal(c.field, def);
#define NUM(field, name, def, least, most, help) assert_true(c.field == (double)(def));
#define STR(field, name, def, help) if (strcmp(name, "DATA_DIR") != 0) assert_string_equal(c.field, def);
#define SECRET(field, name, help)   assert_string_equal(c.field, "");
#define BOOL(field, name, def, help) assert_int_equal(c.field, def);
    CONF_TABLE(INT, NUM, STR, SECRET, BOOL)
#undef INT
#undef NUM
#undef STR
#undef SECRET
#undef BOOL
    assert_string_equal(c.data_dir, unit_dir);
    check(strstr(c.db_path, "/dubplate.db") && strstr(c.db_path, unit_dir) == c.db_path, "%s", c.db_path);
}

TEST(every_default_is_within_its_own_range)
{
#define INT(field, name, def, least, most, help)                                                                 \
    check((def) >= (least) && (def) <= (most), "%s", name);                                                      \
    check(strlen(help) > 10, "%s has no help", name);
#define NUM INT
#define STR(field, name, def, help) check(strlen(help) > 10, "%s has no help", name);
#define SECRET(field, name, help)   check(strlen(help) > 10, "%s has no help", name);
#define BOOL STR
    CONF_TABLE(INT, NUM, STR, SECRET, BOOL)
#undef INT
#undef NUM
#undef STR
#undef SECRET
#undef BOOL
}

TEST(the_file_overrides_defaults_and_the_environment_overrides_the_file)
{
    struct conf c;

    forget_environment();
    unit_write("dubplate.env", "# a comment\n\n  MAX_RETRIES=7\nWORKER_NAME=from file\nLEASE_S=61\r\n");
    load(&c);
    assert_int_equal(c.max_retries, 7);
    assert_int_equal(c.lease_s, 61);
    assert_string_equal(c.worker_name, "from file");
    setenv("MAX_RETRIES", "9", 1);
    setenv("WORKER_NAME", "from environment", 1);
    load(&c);
    assert_int_equal(c.max_retries, 9);
    assert_string_equal(c.worker_name, "from environment");
    assert_int_equal(c.lease_s, 61);
    setenv("MAX_RETRIES", "", 1);       /* empty is as good as unset */
    load(&c);
    assert_int_equal(c.max_retries, 7);
}

TEST(a_pair_of_quotes_is_dropped_and_nothing_else)
{
    static const struct { const char *line, *value; } cases[] = {
        { "WORKER_NAME=plain", "plain" }, { "WORKER_NAME=\"two words\"", "two words" },
        { "WORKER_NAME='single'", "single" }, { "WORKER_NAME=\"half", "\"half" },
        { "WORKER_NAME='mixed\"", "'mixed\"" },
        { "WORKER_NAME=\"\"", "" }, { "WORKER_NAME=", "" }, { "WORKER_NAME=a=b", "a=b" }, { "WORKER_NAME=\"", "\"" },
        { "WORKER_NAME=\"a # b\"", "a # b" }, { "\tWORKER_NAME=indented", "indented" },
    };
    struct conf c;

    forget_environment();
    for (size_t i = 0; i < LENGTH(cases); i++) {
        unit_write("dubplate.env", cases[i].line);
        load(&c);
        check(strcmp(c.worker_name, cases[i].value) == 0, "%s gives %s", cases[i].line, c.worker_name);
    }
}

TEST(each_number_is_refused_one_beyond_its_range_and_taken_at_its_ends)
{
    struct conf c;

#define INT(field, name, def, least, most, help)                                                                 \
    {                                                                                                            \
        static const long long good[] = { least, most }, bad[] = { (least) - 1LL, (most) + 1LL };                \
        for (int i = 0; i < 2; i++) {                                                                            \
            char line[128];                                                                                      \
            forget_environment();                                                                                \
            snprintf(line, sizeof line, name "=%lld\n", good[i]);                                                \
            unit_write("dubplate.env", line);                                                                    \
            load(&c);                                                                                            \
            assert_int_equal(c.field, good[i]);                                                                  \
            snprintf(line, sizeof line, name "=%lld\n", bad[i]);                                                 \
            unit_write("dubplate.env", line);                                                                    \
            refused(name, "dubplate.env:1");                                                                     \
        }                                                                                                        \
    }
#define NUM INT
#define STR(field, name, def, help)
#define SECRET(field, name, help)
#define BOOL(field, name, def, help)
    CONF_TABLE(INT, NUM, STR, SECRET, BOOL)
#undef INT
#undef NUM
#undef STR
#undef SECRET
#undef BOOL
}

TEST(what_is_wrong_in_the_file_is_named_with_its_line)
{
    forget_environment();
    unit_write("dubplate.env", "MAX_RETRIES=3\n# fine\nMAX_RETRYS=4\n");
    refused("dubplate.env:3", "MAX_RETRYS");
    unit_write("dubplate.env", "\n\nMAX_RETRIES=three");
    refused("dubplate.env:3", "MAX_RETRIES=three", "0 to 10");
    unit_write("dubplate.env", "MAX_RETRIES\n");
    refused("dubplate.env:1", "NAME=value");
    unit_write("dubplate.env", "max_retries=3\n");
    refused("dubplate.env:1", "max_retries");
    unit_write("dubplate.env", "DATA_DIR=/elsewhere\n");
    refused("dubplate.env:1", "DATA_DIR");
    unit_write("dubplate.env", "LOG_LEVEL=loud\n");
    refused("LOG_LEVEL", "loud");
}

TEST(an_address_to_listen_at_is_no_name)
{
    static const char *const good[] = { "127.0.0.1", "0.0.0.0", "*", "::", "::1", "[::1]", "fe80::1", "192.168.1.5" };
    static const char *const bad[] = { "localhost", "127.1", "127.0.0.1:80", "256.0.0.1", "**", "fe80::1%eth0", "[::1",
                                       "127.0.0.1;", "0x7f000001", "unix:/x" };
    struct conf c;

    for (size_t i = 0; i < LENGTH(good); i++) {
        forget_environment();
        setenv("LISTEN", good[i], 1);
        load(&c);
        assert_string_equal(c.listen, good[i]);
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        forget_environment();
        setenv("LISTEN", bad[i], 1);
        refused("LISTEN", bad[i]);
    }
}

TEST(the_whitelist_is_on_off_or_as_the_address_has_it)
{
    static const char *const good[] = { "true", "false", "" }, *const bad[] = { "yes", "1", "TRUE", "on", "truefalse" };
    struct conf c;

    for (size_t i = 0; i < LENGTH(good); i++) {
        forget_environment();
        setenv("DOWNLOAD_WHITELIST_ENABLED", good[i], 1);
        load(&c);
        assert_string_equal(c.download_whitelist_enabled, good[i]);
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        forget_environment();
        setenv("DOWNLOAD_WHITELIST_ENABLED", bad[i], 1);
        refused("DOWNLOAD_WHITELIST_ENABLED", bad[i]);
    }
}

TEST(a_number_is_only_a_number)
{
    static const char *const bad[] = { "3x", "x3", "0x3", "3.0", "1e1", "-", "+", "99999999999999999999", "3 ", "½" };

    for (size_t i = 0; i < LENGTH(bad); i++) {
        forget_environment();
        setenv("MAX_RETRIES", bad[i], 1);
        refused("environment", "MAX_RETRIES");
    }
}

TEST(a_number_with_decimals_is_only_that)
{
    static const char *const bad[] = { "x", "0x1", "1e1", "nan", "inf", "-inf", "1,5", "1.5s", "-0.1", "60.01" };
    struct conf c;

    for (size_t i = 0; i < LENGTH(bad); i++) {
        forget_environment();
        setenv("TRIM_MIN_SECONDS", bad[i], 1);
        refused("environment", "TRIM_MIN_SECONDS", bad[i], "0 to 60");
    }
    setenv("TRIM_MIN_SECONDS", "1.75", 1);
    load(&c);
    assert_true(c.trim_min_seconds == 1.75);
}

TEST(a_switch_takes_the_words_that_people_use_and_no_others)
{
    static const struct { const char *word; bool means; } words[] = {
        { "true", true }, { "True", true }, { "yes", true }, { "on", true }, { "1", true },
        { "false", false }, { "FALSE", false }, { "no", false }, { "off", false }, { "0", false },
    };
    struct conf c;

    for (size_t i = 0; i < LENGTH(words); i++) {
        forget_environment();
        unit_write("dubplate.env", words[i].means ? "SESSIONS_OPEN=off" : "SESSIONS_OPEN=on");
        setenv("SESSIONS_OPEN", words[i].word, 1);
        load(&c);
        check(c.sessions_open == words[i].means, "%s", words[i].word);
    }
    for (const char *const *word = (const char *const[]){ "2", "-1", "yes!", "truee", "tru", "enabled", NULL }; *word;
         word++) {
        setenv("SESSIONS_OPEN", *word, 1);
        refused("environment", "SESSIONS_OPEN", *word, "neither true nor false");
    }
}

TEST(text_that_does_not_fit_is_refused_and_not_cut)
{
    char line[CONF_STR_BYTES + 64] = "WORKER_NAME=";
    struct conf c;

    forget_environment();
    memset(line + 12, 'a', CONF_STR_BYTES - 1);
    unit_write("dubplate.env", line);
    load(&c);
    assert_int_equal(strlen(c.worker_name), CONF_STR_BYTES - 1);
    line[12 + CONF_STR_BYTES - 1] = 'a';
    unit_write("dubplate.env", line);
    refused("WORKER_NAME", "dubplate.env:1");
}

TEST(the_data_directory_becomes_absolute_without_trailing_slashes)
{
    struct conf c;
    char expected[PATH_MAX + 32];
    struct err e;

    forget_environment();
    setenv("DATA_DIR", "./data", 1);
    load(&c);
    snprintf(expected, sizeof expected, "%s/data", unit_dir);
    assert_string_equal(c.data_dir, expected);
    setenv("DATA_DIR", "data///", 1);
    load(&c);
    assert_string_equal(c.data_dir, expected);
    snprintf(expected, sizeof expected, "%s/data/dubplate.db", unit_dir);
    assert_string_equal(c.db_path, expected);
    setenv("DATA_DIR", "/", 1);
    load(&c);
    assert_string_equal(c.data_dir, "/");
    /* And the file in it is found. */
    assert_int_equal(file_mkdirs("data", &e), 0);
    unit_write("data/dubplate.env", "MAX_RETRIES=8");
    setenv("DATA_DIR", "data/", 1);
    load(&c);
    assert_int_equal(c.max_retries, 8);
    unsetenv("DATA_DIR");
    load(&c);       /* ./data is the default */
    assert_int_equal(c.max_retries, 8);
}

TEST(a_settings_file_that_cannot_be_read_stops_the_start)
{
    struct conf c;
    struct err e;

    forget_environment();
    assert_int_equal(file_mkdirs("dubplate.env", &e), 0);
    assert_int_equal(conf_load(&c, &e), -1);
    assert_int_equal(file_remove_tree("dubplate.env", &e), 0);
    assert_int_equal(symlink("/etc/hostname", "dubplate.env"), 0);
    assert_int_equal(conf_load(&c, &e), -1);
}

TEST(what_is_printed_reads_back_as_it_was)
{
    struct conf c, again;

    forget_environment();
    unit_write("dubplate.env", "MAX_RETRIES=7\nYTDLP_CONFIG=/etc/yt dlp.conf\nALLOW_SOURCE_NETS=127.0.0.0/8, ::1\n"
                               "SESSIONS_OPEN=yes\nTRIM_THRESHOLD_DBFS=-52.5\n");
    load(&c);
    FILE *f = fopen("printed", "w");
    conf_print(&c, f);
    fclose(f);
    char *text = unit_read("printed"), *data_dir = strstr(text, "DATA_DIR=");
    assert_non_null(data_dir);
    assert_memory_equal(data_dir + 9, unit_dir, strlen(unit_dir));
    *data_dir = '#';
    unit_write("dubplate.env", text);
    load(&again);
    assert_memory_equal(&c, &again, sizeof c);
    free(text);
}

TEST(a_secret_is_read_and_never_printed)
{
    struct conf c;

    forget_environment();
    unit_write("dubplate.env", "SPOTIFY_CLIENT_SECRET=hush-hush\n");
    load(&c);
    assert_string_equal(c.spotify_client_secret, "hush-hush");
    FILE *f = fopen("printed", "w");
    conf_print(&c, f);
    fclose(f);
    char *text = unit_read("printed");
    assert_null(strstr(text, "hush"));
    assert_non_null(strstr(text, "SPOTIFY_CLIENT_SECRET=(set)\n"));
    free(text);
}

TEST(the_table_for_the_readme_has_a_row_for_every_setting)
{
    FILE *f = fopen("table", "w");

    conf_print_table(f);
    fclose(f);
    char *text = unit_read("table");
#define INT(field, name, def, least, most, help) check(strstr(text, "| `" name "` | " #def " | "), "%s", name);
#define NUM INT
#define STR(field, name, def, help)              check(strstr(text, "| `" name "` | "), "%s", name);
#define SECRET(field, name, help)                check(strstr(text, "| `" name "` |  | | "), "%s", name);
#define BOOL(field, name, def, help)                                                                             \
    check(strstr(text, (def) ? "| `" name "` | true | " : "| `" name "` | false | "), "%s", name);
    CONF_TABLE(INT, NUM, STR, SECRET, BOOL)
#undef INT
#undef NUM
#undef STR
#undef SECRET
#undef BOOL
    int columns = 0, lines = 0;
    for (const char *p = text; *p; p++)
        columns += *p == '|', lines += *p == '\n';
    assert_int_equal(columns, 5 * lines);
    free(text);
}

UNIT_MAIN(UNIT(without_file_and_environment_the_table_holds),
          UNIT(every_default_is_within_its_own_range),
          UNIT(the_file_overrides_defaults_and_the_environment_overrides_the_file),
          UNIT(a_pair_of_quotes_is_dropped_and_nothing_else),
          UNIT(each_number_is_refused_one_beyond_its_range_and_taken_at_its_ends),
          UNIT(what_is_wrong_in_the_file_is_named_with_its_line),
          UNIT(an_address_to_listen_at_is_no_name), UNIT(the_whitelist_is_on_off_or_as_the_address_has_it),
          UNIT(a_number_is_only_a_number), UNIT(a_number_with_decimals_is_only_that),
          UNIT(a_switch_takes_the_words_that_people_use_and_no_others),
          UNIT(text_that_does_not_fit_is_refused_and_not_cut),
          UNIT(the_data_directory_becomes_absolute_without_trailing_slashes),
          UNIT(a_settings_file_that_cannot_be_read_stops_the_start),
          UNIT(what_is_printed_reads_back_as_it_was),
          UNIT(a_secret_is_read_and_never_printed),
          UNIT(the_table_for_the_readme_has_a_row_for_every_setting))
