/* The source's chapters in a file that begins later and ends earlier. */
#include "unit.h"

#include "chapters.h"
#include "json.h"

static void gives(const char *chapters, double offset, double duration, const char *expected)
{
    struct meta m = META_INIT;
    cJSON *doc = cJSON_Parse(chapters);

    meta_from_json(&m, doc);
    cJSON *list = chapters_of(&m, offset, duration);
    char *text = cJSON_PrintUnformatted(list);
    check(strcmp(text, expected) == 0, "%s from %g for %g s gives %s", chapters, offset, duration, text);
    cJSON_free(text);
    cJSON_Delete(list);
    cJSON_Delete(doc);
    meta_free(&m);
}

#define CHAPTERS(list) "{\"chapters\":[" list "],\"chapters_from\":\"page\"}"
#define THREE CHAPTERS("{\"start_ms\":0,\"end_ms\":10000,\"title\":\"a\"},{\"start_ms\":10000,\"end_ms\":20000," \
                       "\"title\":\"b\"},{\"start_ms\":20000,\"title\":\"c\"}")

TEST(chapters_move_with_the_beginning_and_are_cut_at_both_ends)
{
    gives(THREE, 0, 30, "[{\"start_ms\":0,\"end_ms\":10000,\"title\":\"a\"},{\"start_ms\":10000,\"end_ms\":20000,"
                        "\"title\":\"b\"},{\"start_ms\":20000,\"end_ms\":30000,\"title\":\"c\"}]");
    gives(THREE, 2.5, 20, "[{\"start_ms\":0,\"end_ms\":7500,\"title\":\"a\"},{\"start_ms\":7500,\"end_ms\":17500,"
                          "\"title\":\"b\"},{\"start_ms\":17500,\"end_ms\":20000,\"title\":\"c\"}]");
    gives(THREE, 10, 10, "[{\"start_ms\":0,\"end_ms\":10000,\"title\":\"b\"}]");
    gives(THREE, 9.9996, 10, "[{\"start_ms\":0,\"end_ms\":10000,\"title\":\"b\"}]");
    gives(THREE, 25, 5, "[{\"start_ms\":0,\"end_ms\":5000,\"title\":\"c\"}]");
}

TEST(what_is_not_in_the_file_is_no_chapter)
{
    gives(THREE, 0, 0, "[]");
    gives(THREE, 40, 0, "[]");
    gives("{}", 0, 30, "[]");
    gives(CHAPTERS("{\"start_ms\":5000,\"title\":\"a\"},{\"start_ms\":5000,\"title\":\"b\"}"), 0, 8,
          "[{\"start_ms\":5000,\"end_ms\":8000,\"title\":\"b\"}]");
}

TEST(an_end_that_is_not_known_is_the_next_beginning)
{
    gives(CHAPTERS("{\"start_ms\":1000,\"title\":\"a\"},{\"start_ms\":3000,\"title\":\"\"}"), 0.5, 8,
          "[{\"start_ms\":500,\"end_ms\":2500,\"title\":\"a\"},{\"start_ms\":2500,\"end_ms\":8000,\"title\":\"\"}]");
}

UNIT_MAIN(UNIT(chapters_move_with_the_beginning_and_are_cut_at_both_ends), UNIT(what_is_not_in_the_file_is_no_chapter),
          UNIT(an_end_that_is_not_known_is_the_next_beginning))
