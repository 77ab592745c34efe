#include "fold.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

/* What Unicode does not decompose and people write without. */
static const struct { uint32_t letter; const char *as; } letters[] = {
    { 0xe6, "ae" },   { 0xf0, "d" },    { 0xf8, "o" },    { 0xfe, "th" },   { 0x111, "d" },   { 0x127, "h" },
    { 0x131, "i" },   { 0x142, "l" },   { 0x153, "oe" },  { 0x167, "t" },   { 0x180, "b" },   { 0x259, "e" },
    { 0x4c0, "i" },   { 0x6a9, "\u0643" /* the Persian kaf as the Arabic one */ },
    { 0x6cc, "\u064a" /* and yeh */ }, { 0x649, "\u064a" },
};

/* Words that stand for others. */
static const struct { const char *word, *as; } words[] = {
    { "ft", "feat" }, { "featuring", "feat" }, { "n", "and" }, { "versus", "vs" }, { "pt", "part" }, { "vol",
      "volume" },
};

/* The marks that are accents. Others are vowels (Devanagari, Thai) or make another consonant (kana). */
static bool is_accent(uint32_t cp)
{
    static const struct { uint32_t first, last; } ranges[] = {
        { 0x300, 0x36f },   { 0x483, 0x487 },   { 0x591, 0x5bd },   { 0x5bf, 0x5bf },   { 0x5c1, 0x5c7 },
        { 0x610, 0x61a },   { 0x640, 0x640 },   { 0x64b, 0x65f },   { 0x670, 0x670 },   { 0x6d6, 0x6dc },
        { 0x6df, 0x6e8 },   { 0x6ea, 0x6ed },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff },
        { 0xfe20, 0xfe2f },
    };

    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return true;
    return false;
}

/* Written inside words, and as often left out. */
static bool is_apostrophe(uint32_t cp)
{
    return cp == '\'' || cp == '`' || cp == 0x2018 || cp == 0x2019 || cp == 0x201b || (cp >= 0x2b9 && cp <= 0x2c1) ||
           cp == 0x2032 || cp == 0x5f3 || cp == 0x5f4;
}

static bool is_word(uint32_t cp)
{
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return false;
    }
}

/* A normal form, xmalloc'ed or the library's own malloc: free(). Valid input only fails for want of memory. */
static char *normal(const char *text, int options)
{
    utf8proc_uint8_t *out = NULL;

    if (utf8proc_map((const utf8proc_uint8_t *)text, 0, &out, UTF8PROC_NULLTERM | UTF8PROC_STABLE | options) < 0)
        return xstrdup(text);
    return (char *)out;
}

/* What is left of a text, tidy and no longer than we care for; free(). */
static char *tidied(const char *text)
{
    char *copy = xmalloc(FOLD_MAX_BYTES + 1);

    copy_text(copy, FOLD_MAX_BYTES + 1, text);
    utf8_clean(copy);
    return copy;
}

static void add_code_point(struct buf *b, uint32_t cp)
{
    utf8proc_uint8_t bytes[4];

    buf_add(b, bytes, (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, bytes));
}

static void add_letter(struct buf *b, uint32_t cp)
{
    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        if (letters[i].letter == cp) {
            buf_add(b, letters[i].as, strlen(letters[i].as));
            return;
        }
    add_code_point(b, cp);
}

static bool is_ascii_letter(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

/* A sign inside a word that stands for a letter: "A$AP", "P!nk". */
static char letter_for(const char *text, size_t at)
{
    if (at == 0 || !is_ascii_letter((unsigned char)text[at - 1]) || !is_ascii_letter((unsigned char)text[at + 1]))
        return '\0';
    return text[at] == '$' ? 's' : text[at] == '!' ? 'i' : '\0';
}

/* Decomposed and case-folded text to words. With signs, those stay, for a title that has nothing else. */
static void keep_words(struct buf *b, const char *text, bool signs)
{
    const size_t len = strlen(text);
    uint32_t cp = 0, before = 0;

    for (size_t i = 0, n; i < len; i += n, before = cp) {
        n = utf8_next(text + i, len - i, &cp);
        if (n == 0)
            n = 1;
        else if (cp == 0x306 && before == 0x438)
            add_code_point(b, cp);      /* a letter of its own; the dots of the other one are left out */
        else if (cp == '&')
            buf_add(b, " and ", 5);
        else if (letter_for(text, i))
            buf_add(b, &(char){ letter_for(text, i) }, 1);
        else if (is_word(cp) && !is_accent(cp))
            add_letter(b, cp);
        else if (signs && !is_accent(cp))
            add_code_point(b, cp);
        else if (!is_accent(cp) && !is_apostrophe(cp))
            buf_add(b, " ", 1);
    }
}

static const char *word_for(const char *word, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0)
            return words[i].as;
    return NULL;
}

/* The words of a text one after another, each in the spelling that stands for it. */
static void join_words(struct buf *b, const char *text)
{
    for (size_t len; *(text += strspn(text, " ")); text += len) {
        len = strcspn(text, " ");
        const char *as = word_for(text, len);
        if (b->len)
            buf_add(b, " ", 1);
        buf_add(b, as ? as : text, as ? strlen(as) : len);
    }
}

static size_t give(char *out, size_t size, const char *text)
{
    copy_text(out, size, text);
    const size_t len = strlen(out);
    if (len && out[len - 1] == ' ')
        out[len - 1] = '\0';
    return strlen(out);
}

size_t fold(char *out, size_t size, const char *text)
{
    /* Compatibility forms decompose to at most 18 code points. */
    struct buf kept = BUF_INIT(FOLD_MAX_BYTES * 20), joined = BUF_INIT(FOLD_MAX_BYTES * 20);
    char *clean = tidied(text);
    char *flat = normal(clean, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

    keep_words(&kept, flat, false);
    join_words(&joined, buf_text(&kept));
    if (!joined.len) {
        buf_clear(&kept);
        keep_words(&kept, flat, true);
        join_words(&joined, buf_text(&kept));
    }
    char *composed = normal(buf_text(&joined), UTF8PROC_COMPOSE);
    const size_t len = give(out, size, composed);
    free(composed);
    buf_free(&kept);
    buf_free(&joined);
    free(flat);
    free(clean);
    return len;
}

bool fold_equal(const char *a, const char *b)
{
    char *x = xmalloc(2 * FOLD_MAX_BYTES), *y = xmalloc(2 * FOLD_MAX_BYTES);

    fold(x, 2 * FOLD_MAX_BYTES, a);
    fold(y, 2 * FOLD_MAX_BYTES, b);
    const bool equal = strcmp(x, y) == 0;
    free(x);
    free(y);
    return equal;
}

size_t fold_query(char *out, size_t size, const char *text)
{
    char *clean = tidied(text);
    char *composed = normal(clean, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

    utf8_clean(composed);       /* NFKC makes spaces of several signs */
    const size_t len = give(out, size, composed);
    free(composed);
    free(clean);
    return len;
}
