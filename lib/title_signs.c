#include "title_signs.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

/* ---- which signs there are ---- */

struct sign { uint32_t open, close; };

static const struct sign brackets[] = {
    { '(', ')' }, { '[', ']' }, { '{', '}' }, { 0xff08, 0xff09 }, { 0xff3b, 0xff3d }, { 0x3010, 0x3011 },
    { 0x3014, 0x3015 }, { 0x3008, 0x3009 }, { 0x27e8, 0x27e9 }, { 0xff5b, 0xff5d },
};

/* Around a title. */
static const struct sign quotes[] = {
    { '"', '"' }, { 0x201c, 0x201d }, { 0x201e, 0x201c }, { 0x201e, 0x201d }, { 0x201d, 0x201d }, { 0xab, 0xbb },
    { 0x300c, 0x300d }, { 0x300e, 0x300f }, { 0x300a, 0x300b }, { 0xff02, 0xff02 }, { '\'', '\'' }, { 0x2018, 0x2019 },
    { 0xff62, 0xff63 },
};

static const struct sign *sign_opened_by(const struct sign *signs, size_t count, uint32_t cp)
{
    for (size_t i = 0; i < count; i++)
        if (signs[i].open == cp)
            return &signs[i];
    return NULL;
}

static bool closes(const struct sign *signs, size_t count, uint32_t open, uint32_t close)
{
    for (size_t i = 0; i < count; i++)
        if (signs[i].open == open && signs[i].close == close)
            return true;
    return false;
}

bool title_opens_bracket(uint32_t cp)
{
    return sign_opened_by(brackets, ARRAY_LEN(brackets), cp) != NULL;
}

bool title_closes_bracket(uint32_t open, uint32_t close)
{
    return closes(brackets, ARRAY_LEN(brackets), open, close);
}

bool title_opens_quote(uint32_t cp)
{
    return sign_opened_by(quotes, ARRAY_LEN(quotes), cp) != NULL;
}

size_t title_step(const char *s, uint32_t *cp)
{
    const size_t n = utf8_next(s, strlen(s), cp);
    if (n == 0)
        *cp = (unsigned char)*s;
    return n ? n : 1;
}

bool title_is_dash(uint32_t cp)
{
    return cp == '-' || (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212 || cp == 0xff0d;
}

static bool is_bar(uint32_t cp)
{
    return cp == '|' || cp == 0xff5c || cp == 0x2502 || cp == 0xa6;
}

/* What a removed decoration leaves behind at the ends: "Title -", "| Title". */
static bool is_loose(uint32_t cp)
{
    return title_is_dash(cp) || is_bar(cp) || cp == '/' || cp == '_' || cp == ':' || cp == ',' ||
           cp == 0xb7 || cp == 0x2022;
}

/* ---- text ---- */

void title_tidy(char *text)
{
    size_t used = 0;

    for (size_t i = 0, n; text[i]; i += n) {
        uint32_t cp;
        n = title_step(text + i, &cp);
        if (cp == 0xa0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x202f || cp == 0x205f) {
            text[used++] = ' ';
        } else {
            memmove(text + used, text + i, n);
            used += n;
        }
    }
    text[used] = '\0';
    utf8_clean(text);
}

void title_trim(char *text)
{
    for (;;) {
        uint32_t cp = 0;
        title_tidy(text);
        size_t len = strlen(text), at = len;
        while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
            at--;
        at -= at > 0;
        if (len > 1)
            title_step(text + at, &cp);
        if (at > 0 && is_loose(cp) && (text[at - 1] == ' ' || is_bar(cp))) {
            text[at] = '\0';
            continue;
        }
        const size_t n = len > 1 ? title_step(text, &cp) : 0;
        if (n && n < len && is_loose(cp) && (text[n] == ' ' || is_bar(cp))) {
            memmove(text, text + n, len - n + 1);
            continue;
        }
        return;
    }
}

bool title_says_something(const char *text)
{
    for (size_t i = 0, n; text[i]; i += n) {
        uint32_t cp;
        n = title_step(text + i, &cp);
        if (cp != ' ' && !is_loose(cp))
            return true;
    }
    return false;
}

void title_cut_out(char *text, size_t from, size_t to)
{
    text[from] = ' ';
    memmove(text + from + 1, text + to, strlen(text + to) + 1);
}

/* ---- what they enclose and separate ---- */

size_t title_enclosed(const char *text, size_t at)
{
    uint32_t cp, open;
    size_t n = title_step(text + at, &open);
    const bool is_quote = title_opens_quote(open);
    const struct sign *signs = is_quote ? quotes : brackets;
    const size_t count = is_quote ? ARRAY_LEN(quotes) : ARRAY_LEN(brackets);

    if (!sign_opened_by(signs, count, open) || (is_quote && at > 0 && open < 0x80 && text[at - 1] != ' '))
        return 0;
    for (size_t i = at + n; text[i]; i += n) {
        n = title_step(text + i, &cp);
        /* 'Til: an apostrophe closes only at the end of a word. */
        if (closes(signs, count, open, cp) && (open != '\'' || !text[i + n] || text[i + n] == ' '))
            return i + n;
    }
    return 0;
}

static bool is_separator(enum separator kind, uint32_t cp, const char *next)
{
    switch (kind) {
    case SEP_DASH:     return title_is_dash(cp) || (cp == '-' && *next == '-');
    case SEP_BAR:      return is_bar(cp);
    case SEP_SLASHES:  return cp == '/' && *next == '/';
    case SEP_LOW_LINE: return cp == '_';
    case SEP_SIDE:     return cp == '/' || cp == 0xff0f || cp == ':' || cp == 0xff1a || title_is_dash(cp);
    }
    return false;
}

bool title_find_separator(const char *text, enum separator kind, size_t from, struct title_separator *out)
{
    for (size_t i = 0, n; text[i]; i += n) {
        uint32_t cp;
        const size_t over = title_enclosed(text, i);
        n = title_step(text + i, &cp);
        if (over > i) {
            n = over - i;
            continue;
        }
        if (i < from || i == 0 || !is_separator(kind, cp, text + i + n))
            continue;
        size_t end = i + n;
        if (kind == SEP_SLASHES || (kind == SEP_DASH && text[end] == '-'))
            end++;
        const bool left = text[i - 1] == ' ', right = text[end] == ' ';
        /* Full-width signs carry their own space. */
        if (kind == SEP_SIDE ? !text[end] : !text[end] || ((!left || !right) && cp < 0xff00))
            continue;
        *out = (struct title_separator){ i - left, end + right };
        return true;
    }
    return false;
}

bool title_next_separator(const char *text, size_t from, struct title_separator *out)
{
    static const enum separator kinds[] = { SEP_DASH, SEP_BAR, SEP_SLASHES };
    struct title_separator one;
    bool found = false;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (title_find_separator(text, kinds[i], from, &one) && (!found || one.at < out->at)) {
            *out = one;
            found = true;
        }
    return found;
}

bool title_next_quote(const char *text, size_t from, struct title_bracket *out)
{
    for (size_t i = from, n; text[i]; i += n) {
        uint32_t cp;
        const size_t over = title_enclosed(text, i);
        n = title_step(text + i, &cp);
        if (over <= i || !title_opens_quote(cp))
            continue;
        *out = (struct title_bracket){ .at = i, .inside = i + n, .end = over };
        for (size_t k = i; k < over; k += title_step(text + k, &cp))
            out->inside_end = k;
        return true;
    }
    return false;
}

bool title_next_bracket(const char *text, size_t from, struct title_bracket *out)
{
    int depth = 0;
    uint32_t open = 0, cp;

    for (size_t i = from, n; text[i]; i += n) {
        n = title_step(text + i, &cp);
        if (depth == 0 ? title_opens_bracket(cp) : cp == open) {
            if (depth++ == 0)
                open = cp, out->at = i, out->inside = i + n;
        } else if (depth > 0 && title_closes_bracket(open, cp) && --depth == 0) {
            out->inside_end = i;
            out->end = i + n;
            return true;
        }
    }
    return false;
}
