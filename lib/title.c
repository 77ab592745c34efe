#include "title.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fold.h"
#include "title_decor.h"
#include "title_signs.h"

/* ---- splitting ---- */

struct splitting {
    char text[TITLE_BYTES];
    char uploader[TITLE_BYTES];     /* as an artist's name */
    char left[TITLE_BYTES], right[TITLE_BYTES];
    char named[TITLE_BYTES];        /* the artist, where brackets of his name stood beside the title */
};

static void take(char *to, const char *from, size_t len)
{
    memcpy(to, from, len);
    to[len] = '\0';
    title_tidy(to);
}

static bool is_uploader(const struct splitting *s, const char *name)
{
    return *s->uploader && fold_equal(s->uploader, name);
}

/* Text that is all in quotes, without them. */
static bool unquote(char *text)
{
    const size_t len = strlen(text);
    uint32_t open, cp = 0;

    if (len < 3)
        return false;
    const size_t n = title_step(text, &open);
    if (!title_opens_quote(open) || title_enclosed(text, 0) != len)
        return false;
    size_t last = n;
    for (size_t i = n, k; text[i]; i += k)
        k = title_step(text + i, &cp), last = i;
    char inner[TITLE_BYTES];
    take(inner, text + n, last - n);
    if (!title_says_something(inner))
        return false;
    copy_text(text, TITLE_BYTES, inner);
    return true;
}

/* A number with a leading zero is no artist, even where nobody said that titles are numbered. */
static bool is_name(const char *text)
{
    return title_says_something(text) && !(text[0] == '0' && strspn(text, "0123456789") == strlen(text));
}

static bool is_quoted(const char *text)
{
    char copy[TITLE_BYTES];
    copy_text(copy, sizeof copy, text);
    return unquote(copy);
}

/* "Title - Artist" where the other side is the uploader, or where only the left one is in quotes. */
static bool is_turned(const struct splitting *s)
{
    struct title_separator c;
    if (is_uploader(s, s->left) || title_find_separator(s->right, SEP_DASH, 0, &c) ||
        title_find_separator(s->right, SEP_BAR, 0, &c))
        return false;
    return is_uploader(s, s->right) || (is_quoted(s->left) && !is_quoted(s->right));
}

static bool split_at(struct splitting *s, const struct title_separator *c)
{
    take(s->left, s->text, c->at);
    take(s->right, s->text + c->end, strlen(s->text + c->end));
    if (!is_name(s->left) || !title_says_something(s->right) || title_is_strong_decoration(s->right))
        return false;
    if (is_turned(s)) {
        char other[TITLE_BYTES];
        copy_text(other, sizeof other, s->left);
        copy_text(s->left, sizeof s->left, s->right);
        copy_text(s->right, sizeof s->right, other);
    }
    return true;
}

static bool split_by_separator(struct splitting *s)
{
    static const enum separator kinds[] = { SEP_DASH, SEP_BAR, SEP_SLASHES, SEP_LOW_LINE };
    struct title_separator c;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (size_t from = 0; title_find_separator(s->text, kinds[i], from, &c); from = c.end)
            if (split_at(s, &c))
                return true;
    return false;
}

/* "Artist: Title", "Title / Artist", "Artist- Title": only where one side is the uploader. */
static bool split_by_uploader(struct splitting *s)
{
    struct title_separator c;

    for (size_t from = 0; *s->uploader && title_find_separator(s->text, SEP_SIDE, from, &c); from = c.end) {
        char side[TITLE_BYTES];
        take(side, s->text, c.at);
        bool fits = is_uploader(s, side);
        take(side, s->text + c.end, strlen(s->text + c.end));
        fits = fits || (is_uploader(s, side) && (s->text[c.at] == '/' || s->text[c.at] == ' ' || (s->text[c.at] &
            0x80)));
        if (fits && split_at(s, &c))
            return true;
    }
    return false;
}

/* What may follow a quoted title: brackets, which are kept, and decorations. */
static bool read_tail(const char *rest, char *kept)
{
    char outside[TITLE_BYTES] = "";
    struct title_bracket b;
    size_t from = 0, used = 0, left = 0;

    for (; title_next_bracket(rest, from, &b); from = b.end) {
        memcpy(outside + left, rest + from, b.at - from);
        left += b.at - from;
        kept[used++] = ' ';
        memcpy(kept + used, rest + b.at, b.end - b.at);
        used += b.end - b.at;
    }
    kept[used] = '\0';
    copy_text(outside + left, sizeof outside - left, rest + from);
    return !title_says_something(outside) || title_is_decoration(outside);
}

/* Artist "Title" (Live) */
static bool split_by_quotes(struct splitting *s)
{
    char inner[TITLE_BYTES], kept[2 * TITLE_BYTES];

    for (size_t i = 0, n; s->text[i]; i += n) {
        uint32_t cp;
        const size_t over = title_enclosed(s->text, i);
        n = title_step(s->text + i, &cp);
        if (over <= i)
            continue;
        take(inner, s->text + i, over - i);
        take(s->left, s->text, i);
        if (title_opens_quote(cp) && is_name(s->left) && read_tail(s->text + over, kept) &&
            unquote(inner)) {
            copy_text(s->right, sizeof s->right, inner);
            const size_t len = strlen(s->right);
            copy_text(s->right + len, sizeof s->right - len, kept);
            title_tidy(s->right);
            return true;
        }
        n = over - i;
    }
    return false;
}

/* "【…】": a decoration to most, the title to some ("Ado【うっせぇわ】"), the artist's name to others ("【Ado】うっせぇわ"). */
static void read_lenticular(struct splitting *s)
{
    static const char open[] = "\u3010", close[] = "\u3011";
    char rest[TITLE_BYTES], inner[TITLE_BYTES];
    const char *end;

    for (char *at = s->text; (at = strstr(at, open)) && (end = strstr(at, close)); at += strlen(open)) {
        take(inner, at + strlen(open), (size_t)(end - at) - strlen(open));
        copy_text(rest, sizeof rest, s->text);
        title_cut_out(rest, (size_t)(at - s->text), (size_t)(end - s->text) + strlen(close));
        title_undecorate(rest, false);
        if (!title_says_something(rest) || !title_says_something(inner) ||
            (!is_uploader(s, rest) && !is_uploader(s, inner)))
            continue;
        const bool is_title = is_uploader(s, rest);
        copy_text(s->named, sizeof s->named, is_title ? rest : inner);
        copy_text(s->text, sizeof s->text, is_title ? inner : rest);
        return;
    }
}

/* "01. ", "03 - ", "(07) ", "[12] ", "01 Title". */
static int64_t drop_number(char *text)
{
    const char *s = text + (*text == '[' || *text == '(');
    const size_t digits = strspn(s, "0123456789");
    const char *rest = s + digits;
    bool marked = false;

    if (digits == 0 || digits > 3)
        return 0;
    if (s > text && *rest != (*text == '[' ? ']' : ')'))
        return 0;
    if (*rest && strchr(".)]:_", *rest))
        rest++, marked = true;
    rest += strspn(rest, " ");
    uint32_t cp;
    const size_t n = title_step(rest, &cp);
    if (title_is_dash(cp) && rest[n] == ' ')
        rest += n + 1, marked = true;
    if (rest[-1] != ' ' || (!marked && *s != '0') || !title_says_something(rest))
        return 0;
    const int64_t number = strtoll(s, NULL, 10);
    memmove(text, rest, strlen(rest) + 1);
    title_tidy(text);
    return number;
}

/* The last part behind a bar or dash, when it is the channel's own name: "Artist - Title | Channel". */
static void drop_channel(struct splitting *s)
{
    struct title_separator c, last = { 0, 0 };
    char part[TITLE_BYTES];

    for (size_t from = 0; title_find_separator(s->right, SEP_BAR, from, &c); from = c.end)
        last = c;
    if (!last.end)
        return;
    take(part, s->right + last.end, strlen(s->right + last.end));
    if (is_uploader(s, part) || title_is_decoration(part))
        s->right[last.at] = '\0';
}

static void finish(char *text)
{
    char before[TITLE_BYTES];

    do {
        copy_text(before, sizeof before, text);
        title_undecorate(text, true);
    } while (unquote(text) || strlen(text) < strlen(before));
}

void title_split(struct title_parts *out, const char *title, const char *uploader, bool numbered)
{
    struct splitting s = { .text = "" };

    memset(out, 0, sizeof *out);
    const bool own = title_uploader_artist(s.uploader, sizeof s.uploader, uploader);
    copy_text(s.text, sizeof s.text, title);
    title_tidy(s.text);
    if (numbered)
        out->number = drop_number(s.text);
    title_drop_brackets(s.text);
    read_lenticular(&s);
    title_undecorate(s.text, false);
    const bool split = *s.text && (split_by_separator(&s) || split_by_quotes(&s) || split_by_uploader(&s));
    /* On the artist's own channel "Title - 2011 Remaster" is all title. */
    if (split && (!own || is_uploader(&s, s.left) || strlen(uploader) < 8 ||
                  strcmp(uploader + strlen(uploader) - 8, " - Topic") != 0)) {
        drop_channel(&s);
        copy_text(out->title, sizeof out->title, s.right);
        copy_text(out->artist, sizeof out->artist, s.left);
        title_undecorate(out->artist, false);
        out->from_title = true;
    } else {
        copy_text(out->title, sizeof out->title, s.text);
        out->from_title = *s.named;
        if (own || *s.named)
            copy_text(out->artist, sizeof out->artist, *s.named ? s.named : s.uploader);
    }
    finish(out->title);
    if (!*out->title)
        copy_text(out->title, sizeof out->title, "Untitled");
}

/* ---- channels ---- */

/* "TaylorSwift" -> "Taylor Swift"; names in capitals stay. */
static void part_words(char *out, size_t size, const char *name)
{
    size_t used = 0;

    for (size_t i = 0; name[i] && used + 2 < size; i++) {
        if (i > 0 && name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z')
            out[used++] = ' ';
        out[used++] = name[i];
    }
    out[used] = '\0';
    utf8_trim_tail(out);
}

static bool cut_suffix(char *text, const char *suffix)
{
    const size_t len = strlen(text), n = strlen(suffix);

    if (len <= n || strcasecmp(text + len - n, suffix) != 0)
        return false;
    text[len - n] = '\0';
    return true;
}

bool title_uploader_artist(char *out, size_t size, const char *uploader)
{
    static const char *const suffixes[] = {
        " official channel", " official youtube channel", " official artist channel", " official", " oficial",
        " officiel", " official music", "公式チャンネル", " official youtube", "オフィシャルチャンネル", " 公式", "公式",
    };
    char name[TITLE_BYTES];

    copy_text(name, sizeof name, uploader);
    title_tidy(name);
    bool own = cut_suffix(name, " - Topic");
    if (!own && (cut_suffix(name, " VEVO") || cut_suffix(name, "VEVO"))) {
        char apart[TITLE_BYTES];
        part_words(apart, sizeof apart, name);
        copy_text(name, sizeof name, apart);
        own = true;
    }
    for (size_t i = 0; !own && i < ARRAY_LEN(suffixes); i++)
        if (cut_suffix(name, suffixes[i]))
            break;
    title_trim(name);
    copy_text(out, size, name);
    return own && *name;
}
