#include "match_words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

#define LONGEST_WORD 32         /* code points that are compared */
#define NEAR  0.8               /* what a near word counts */
#define CHEAP 0.15

/* Words that say little about which recording it is. */
static const char *const little[] = {
    "the", "a", "an", "of", "and", "in", "on", "to", "by", "de", "la", "el", "le", "les", "der", "die", "das",
    "und", "y",
    "et", "version", "feat", "with", "from", "s", "x", "и", "в", "的",
};

static bool is_unspaced(uint32_t cp)
{
    return (cp >= 0x3040 && cp <= 0x30ff) || (cp >= 0x3400 && cp <= 0x4dbf) || (cp >= 0x4e00 && cp <= 0x9fff) ||
           (cp >= 0xf900 && cp <= 0xfaff) || (cp >= 0x20000 && cp <= 0x3ffff) || (cp >= 0xe00 && cp <= 0xeff) ||
           (cp >= 0x1000 && cp <= 0x109f) || (cp >= 0x1780 && cp <= 0x17ff);
}

static const char *at_word(const struct words *w, int i)
{
    return w->text + w->list[i].at;
}

static bool is_one_of(const char *const *list, size_t count, const char *word, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == len && memcmp(list[i], word, len) == 0)
            return true;
    return false;
}

/* Digits, or a Roman number that is no other word; "i", "v" and "x" are. */
static bool is_number(const char *word, size_t len)
{
    static const char *const roman[] = { "ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii", "xiii", "xiv" };
    return (word[0] >= '0' && word[0] <= '9') || is_one_of(roman, ARRAY_LEN(roman), word, len);
}

static void add(struct words *w, size_t at, size_t len, bool pair)
{
    if (w->count == WORDS_MAX || len == 0)
        return;
    struct word *word = &w->list[w->count++];
    *word = (struct word){ .at = (unsigned short)at, .len = (unsigned short)len, .weight = pair ? 0.6f : 1.0f };
    word->is_number = !pair && is_number(w->text + at, len);
    if (is_one_of(little, ARRAY_LEN(little), w->text + at, len))
        word->weight = 0.2f;
}

/* A run without spaces: each two neighbours are a word. */
static void add_pairs(struct words *w, size_t from, size_t to)
{
    size_t before = from, at = from;

    for (size_t n, i = from; i < to; i += n) {
        n = utf8_next(w->text + i, to - i, NULL);
        n = n ? n : 1;
        before = at, at = i;
        if (i > from)
            add(w, before, i + n - before, true);
        else if (i + n == to)
            add(w, i, n, false);
    }
}

void words_read(struct words *out, const char *folded)
{
    memset(out, 0, sizeof *out);
    copy_text(out->text, sizeof out->text, folded);
    const char *s = out->text;
    for (size_t i = 0, n; s[i]; i += n) {
        uint32_t cp = 0;
        n = utf8_next(s + i, strlen(s + i), &cp);
        n = n ? n : 1;
        if (cp == ' ')
            continue;
        const bool unspaced = is_unspaced(cp);
        size_t end = i + n;
        for (size_t k; s[end] && s[end] != ' '; end += k) {
            k = utf8_next(s + end, strlen(s + end), &cp);
            k = k ? k : 1;
            if (is_unspaced(cp) != unspaced)
                break;
        }
        if (unspaced)
            add_pairs(out, i, end);
        else
            add(out, i, end - i, false);
        n = end - i;
    }
}

static int code_points(uint32_t *out, const char *s, size_t len)
{
    int count = 0;

    for (size_t i = 0, n; i < len && count < LONGEST_WORD; i += n) {
        n = utf8_next(s + i, len - i, &out[count]);
        n = n ? n : 1;
        count++;
    }
    return count;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance of two short words. */
static int distance(const uint32_t *a, int a_len, const uint32_t *b, int b_len)
{
    int row[LONGEST_WORD + 1];

    for (int k = 0; k <= b_len; k++)
        row[k] = k;
    for (int i = 1; i <= a_len; i++) {
        int corner = row[0];
        row[0] = i;
        for (int k = 1; k <= b_len; k++) {
            const int above = row[k];
            row[k] = least(least(row[k], row[k - 1]) + 1, corner + (a[i - 1] != b[k - 1]));
            corner = above;
        }
    }
    return row[b_len];
}

static bool is_same(const struct words *a, int i, const struct words *b, int k)
{
    return a->list[i].len == b->list[k].len && memcmp(at_word(a, i), at_word(b, k), a->list[i].len) == 0;
}

static bool is_near(const struct words *a, int i, const struct words *b, int k)
{
    uint32_t x[LONGEST_WORD], y[LONGEST_WORD];

    if (a->list[i].is_number || b->list[k].is_number || a->list[i].weight < 0.9f || b->list[k].weight < 0.9f)
        return false;
    const int n = code_points(x, at_word(a, i), a->list[i].len), m = code_points(y, at_word(b, k), b->list[k].len);
    const int shorter = least(n, m), allowed = shorter >= 9 ? 2 : shorter >= 5 ? 1 : 0;
    return allowed && abs(n - m) <= allowed && distance(x, n, y, m) <= allowed;
}

/* "heart shaped" and "heartshaped" */
static bool is_joined(const struct words *a, int i, const struct words *b, int k)
{
    const struct word *first = &a->list[i], *second = first + 1, *both = &b->list[k];

    return i + 1 < a->count && both->len == first->len + second->len &&
           memcmp(at_word(b, k), at_word(a, i), first->len) == 0 &&
           memcmp(at_word(b, k) + first->len, at_word(a, i + 1), second->len) == 0;
}

struct pairing { float a[WORDS_MAX], b[WORDS_MAX]; };      /* how far each word has found another: 0, NEAR, 1 */

static void pair_up(const struct words *a, const struct words *b, struct pairing *p)
{
    memset(p, 0, sizeof *p);
    for (int i = 0; i < a->count; i++)
        for (int k = 0; k < b->count && p->a[i] == 0; k++)
            if (p->b[k] == 0 && is_same(a, i, b, k))
                p->a[i] = p->b[k] = 1;
    for (int i = 0; i < a->count; i++)
        for (int k = 0; k < b->count; k++) {
            if (p->a[i] == 0 && p->b[k] == 0 && is_near(a, i, b, k))
                p->a[i] = p->b[k] = (float)NEAR;
            else if (i + 1 < a->count && p->a[i] == 0 && p->a[i + 1] == 0 && p->b[k] == 0 && is_joined(a, i, b, k))
                p->a[i] = p->a[i + 1] = p->b[k] = 1;
            else if (k + 1 < b->count && p->b[k] == 0 && p->b[k + 1] == 0 && p->a[i] == 0 && is_joined(b, k, a, i))
                p->b[k] = p->b[k + 1] = p->a[i] = 1;
        }
}

static bool has(const struct words *w, const struct words *of, int i)
{
    for (int k = 0; w && k < w->count; k++)
        if (is_same(w, k, of, i))
            return true;
    return false;
}

double words_cover(const struct words *a, const struct words *b, const struct words *cheap, double *rest)
{
    double all_a = 0, found_a = 0, all_b = 0, found_b = 0;
    struct pairing p;

    pair_up(a, b, &p);
    for (int i = 0; i < a->count; i++) {
        all_a += a->list[i].weight;
        found_a += (double)a->list[i].weight * p.a[i];
    }
    for (int k = 0; k < b->count; k++) {
        const double weight = b->list[k].weight * (p.b[k] == 0 && has(cheap, b, k) ? CHEAP : 1);
        all_b += weight;
        found_b += weight * p.b[k];
    }
    if (rest)
        *rest = all_b > 0 ? 1 - found_b / all_b : 0;
    return all_a > 0 ? found_a / all_a : 0;
}

static void without_spaces(char *out, const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        if (*text != ' ')
            out[n++] = *text;
    out[n] = '\0';
}

double words_alike(const struct words *a, const struct words *b, const struct words *cheap)
{
    char x[WORDS_BYTES], y[WORDS_BYTES];
    double rest;

    if (a->count == 0 || b->count == 0)
        return 0;
    without_spaces(x, a->text);
    without_spaces(y, b->text);
    if (strcmp(x, y) == 0)
        return 1;
    const double there = words_cover(a, b, cheap, &rest), back = 1 - rest;
    return there + back > 0 ? 2 * there * back / (there + back) : 0;
}

static bool is_year(const struct words *w, int i)
{
    const char *s = at_word(w, i);
    return w->list[i].len == 4 && (memcmp(s, "19", 2) == 0 || memcmp(s, "20", 2) == 0);
}

static bool has_own_number(const struct words *w, const struct words *other, bool years)
{
    for (int i = 0; i < w->count; i++)
        if (w->list[i].is_number && !has(other, w, i) && (years || !is_year(w, i)))
            return true;
    return false;
}

bool words_numbers_differ(const struct words *a, const struct words *b)
{
    return has_own_number(a, b, true) && has_own_number(b, a, false);
}

bool words_lack_number(const struct words *w, const struct words *of)
{
    return has_own_number(of, w, false);
}

bool words_phrase(const char *text, const char *phrase)
{
    const size_t len = strlen(phrase);
    uint32_t first = 0;

    if (len == 0)
        return false;
    utf8_next(phrase, len, &first);
    for (const char *at = text; (at = strstr(at, phrase)); at++)
        if (is_unspaced(first) || ((at == text || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')))
            return true;
    return false;
}

void words_append(char *to, const char *folded)
{
    const size_t used = strlen(to);

    if (*folded && used + 1 < WORDS_BYTES) {
        if (used)
            memcpy(to + used, " ", 2);
        copy_text(to + strlen(to), WORDS_BYTES - strlen(to), folded);
    }
}
