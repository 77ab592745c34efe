/*
 * The form in which text is compared: what people spell differently and mean alike, in many scripts.
 */
#include "unit.h"

#include "base/utf8.h"
#include "fold.h"

TEST(what_is_meant_alike_folds_alike)
{
    static const char *const cases[][2] = {
        { "Beyoncé – Déjà‐Vu (ft. JAY‑Z)", "beyonce deja vu feat jay z" },
        { "  Simple  ", "simple" },
        { "Sigur Rós — Svefn-g-englar", "sigur ros svefn g englar" },
        { "Røyksopp", "royksopp" },
        { "Mötley Crüe", "motley crue" },
        { "Łona", "lona" },
        { "STRAßE", "strasse" },
        { "Don't Stop Me Now", "dont stop me now" },
        { "Don’t Stop Me Now", "dont stop me now" },
        { "Simon & Garfunkel", "simon and garfunkel" },
        { "Guns N' Roses", "guns and roses" },
        { "A$AP Rocky", "asap rocky" },
        { "P!nk", "pink" },
        { "AC/DC", "ac dc" },
        { "Ｐｅｒｆｕｍｅ　ポリリズム", "perfume ポリリズム" },
        { "ﾎﾟﾘﾘｽﾞﾑ", "ポリリズム" },
        { "が", "が" },
        { "夜に駆ける", "夜に駆ける" },
        { "Ёлка — Прованс", "елка прованс" },
        { "방탄소년단", "방탄소년단" },
        { "فَيْرُوز", "فيروز" },
        { "अरिजीत सिंह", "अरिजीत सिंह" },
        { "Title featuring Somebody", "title feat somebody" },
        { "Title (Feat. Somebody)", "title feat somebody" },
        { "½ Ⅳ ①", "1 2 iv 1" },
        { "÷", "÷" },
        { "?!?", "?!?" },
        { "?!?!", "?!?!" },
        { "", "" },
        { "\xff\xfe ok \xc3", "ok" },
        { "zero\u200bwidth \u202eflip", "zerowidth flip" },
        { "🎵 Song 🎵", "song" },
    };
    char out[256];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        check(fold(out, sizeof out, cases[i][0]) == strlen(out), "%s", cases[i][0]);
        check(strcmp(out, cases[i][1]) == 0, "\"%s\" folds to \"%s\", not \"%s\"", cases[i][0], out, cases[i][1]);
    }
    assert_true(fold_equal("MÖTLEY CRÜE", "Motley Crue"));
    assert_true(fold_equal("", ""));
    assert_false(fold_equal("ハ", "バ"));
}

TEST(a_query_keeps_its_signs_and_loses_its_looks)
{
    static const char *const cases[][2] = {
        { "  Daft   Punk\tOne More Time ", "daft punk one more time" },
        { "ＡＣ／ＤＣ　Ｔ．Ｎ．Ｔ．", "ac/dc t.n.t." },
        { "\"Heroes\" David Bowie", "\"heroes\" david bowie" },
        { "Beyonce\u0301", "beyoncé" },
        { "STRASSE", "strasse" },
        { "", "" },
        { " \u3000 ", "" },
    };
    char out[256];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        fold_query(out, sizeof out, cases[i][0]);
        check(strcmp(out, cases[i][1]) == 0, "\"%s\" is \"%s\", not \"%s\"", cases[i][0], out, cases[i][1]);
    }
}

static uint32_t random_code_point(void)
{
    static const uint32_t ranges[][2] = {
        { 1, 0x7f }, { 0x80, 0x24f }, { 0x250, 0x5ff }, { 0x600, 0x6ff }, { 0x900, 0xe7f }, { 0x1100, 0x1fff },
        { 0x2000, 0x2bff }, { 0x3000, 0x4e20 }, { 0xac00, 0xad00 }, { 0xf900, 0xffff }, { 0x1d400, 0x1f9ff },
        { 1, 0x10ffff },
    };
    const uint32_t *r = ranges[(size_t)rand() % LENGTH(ranges)];

    return r[0] + (uint32_t)rand() % (r[1] - r[0] + 1);
}

static size_t put_utf8(char *to, uint32_t c)
{
    const size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
    return n;
}

TEST(random_text_folds_to_valid_words_and_twice_is_once)
{
    const unsigned seed = 11;
    char text[128], once[1024], twice[1024], tiny[8];

    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        size_t len = 0;
        for (int k = rand() % 12; k >= 0; k--)
            len += put_utf8(text + len, random_code_point());
        text[len] = '\0';
        if (i % 3 == 0)
            text[rand() % (int)len] = (char)(rand() % 255 + 1);
        const size_t n = fold(once, sizeof once, text);
        check(n == strlen(once) && utf8_valid(once, n), "%s", text);
        fold(twice, sizeof twice, once);
        check(strcmp(once, twice) == 0, "\"%s\": \"%s\" and then \"%s\"", text, once, twice);
        fold_query(once, sizeof once, text);
        check(utf8_valid(once, strlen(once)), "%s", text);
        fold_query(twice, sizeof twice, once);
        check(strcmp(once, twice) == 0, "query \"%s\": \"%s\" and then \"%s\"", text, once, twice);
        fold(tiny, sizeof tiny, text);
        check(strlen(tiny) < sizeof tiny && utf8_valid(tiny, strlen(tiny)), "%s", text);
    }
}

TEST(a_text_of_any_length_is_bounded)
{
    static const char *const units[] = { "a", "\ufdfa", "ä", "& ", "\xf0\x9f\x8e\xb5", "\xff", "'", "n " };
    char *text = calloc(1, 200001), *out = calloc(1, 8192);

    for (size_t i = 0; i < LENGTH(units); i++) {
        const size_t n = strlen(units[i]);
        for (size_t at = 0; at + n <= 200000; at += n)
            memcpy(text + at, units[i], n + 1);
        check(fold(out, 8192, text) < 8192 && utf8_valid(out, strlen(out)), "%s", units[i]);
        check(fold_query(out, 8192, text) < 8192, "%s", units[i]);
    }
    free(text);
    free(out);
}

UNIT_MAIN(UNIT(what_is_meant_alike_folds_alike), UNIT(a_query_keeps_its_signs_and_loses_its_looks),
          UNIT(random_text_folds_to_valid_words_and_twice_is_once), UNIT(a_text_of_any_length_is_bounded))
