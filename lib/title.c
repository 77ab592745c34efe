#include "title.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fold.h"

#define FOLDED_BYTES (2 * TITLE_BYTES)

/* ---- words of decorations, folded ---- */

enum word_class {
    OTHER,
    STRONG,         /* says by itself that this is a decoration */
    WEAK,           /* one with others, or in brackets: there are songs called "Video" */
    OPENING,        /* the first word of one, if a WEAK follows: "music video" */
    FILLER,         /* between the others */
};

static const char *const strong_words[] = {
    "official", "officiel", "officielle", "oficial", "ufficiale", "offizielles", "offizieller", "oficjalny", "resmi",
    "официальный", "официальное", "официальная", "премьера", "mv", "m v", "pv", "amv", "lyric", "lyrics", "lyricvideo",
    "visualizer", "visualiser", "visualizador", "videoclip", "videoclipe", "musikvideo", "musicvideo", "teledysk",
    "klip", "клип", "видеоклип", "letra", "letras", "paroles", "songtext", "hd", "hq", "uhd", "fhd", "4k", "8k",
    "1080p", "1440p", "2160p", "720p", "480p", "公式", "オフィシャル", "ミュージックビデオ", "歌詞",
    "歌詞付き", "歌詞付", "オリジナル曲", "뮤직비디오", "뮤비", "공식", "가사", "官方", "官方版", "官方完整版", "官方高清",
    "官方高畫質", "歌词", "动态歌词", "動態歌詞", "歌詞版", "高清", "完整版", "高音質", "高画質", "رسمي", "الرسمي",
    "حصريا", "hd1080p", "legendado", "traducao", "clipe",
};
static const char *const weak_words[] = {
    "video", "videos", "audio", "clip", "visual", "premiere", "explicit", "видео", "аудио", "текст", "فيديو",
    "كليب", "الكليب", "كلمات", "オーディオ", "ビデオ", "오디오", "비디오", "download", "testo", "mp3", "flac",
};
static const char *const filler_words[] = {
    "the", "new", "full", "in", "with", "on", "screen", "con", "avec", "mit", "and", "version", "remastered",
    "remaster", "high", "quality", "resolution", "ultra", "only", "free", "upgrade", "ai", "de", "en", "del", "трека",
    "клипа", "песни", "song", "fps", "60fps", "out", "now", "original", "exclusive", "stereo", "dolby", "atmos", "hifi",
};

static bool among(const char *const *list, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

static bool is_year(const char *word)
{
    return strlen(word) == 4 && strspn(word, "0123456789") == 4 && (!strncmp(word, "19", 2) || !strncmp(word, "20", 2));
}

static enum word_class class_of(const char *word)
{
    if (among(strong_words, ARRAY_LEN(strong_words), word))
        return STRONG;
    if (among(weak_words, ARRAY_LEN(weak_words), word))
        return WEAK;
    if (strcmp(word, "music") == 0)
        return OPENING;
    return is_year(word) || among(filler_words, ARRAY_LEN(filler_words), word) ? FILLER : OTHER;
}

/* Takes the next word off *text: up to a space, or to where ASCII and another script meet ("公式MV"). */
static bool next_word(const char **text, char *word, size_t size)
{
    const char *s = *text + strspn(*text, " ");
    size_t n = 0;

    while (s[n] && s[n] != ' ' && ((s[n] & 0x80) != 0) == ((s[0] & 0x80) != 0))
        n++;
    *text = s + n;
    n = n < size ? n : size - 1;
    memcpy(word, s, n);
    word[n] = '\0';
    return n > 0;
}

struct words { int count, strong, weak, opening, other; };

static struct words count_words(const char *text)
{
    char folded[FOLDED_BYTES], word[64];
    struct words w = { 0 };

    fold(folded, sizeof folded, text);
    if (class_of(folded) == STRONG)         /* "m v", and words of both scripts */
        return (struct words){ .count = 1, .strong = 1 };
    for (const char *at = folded; next_word(&at, word, sizeof word); w.count++)
        switch (class_of(word)) {
        case STRONG:  w.strong++; break;
        case WEAK:    w.weak++; break;
        case OPENING: w.opening++; break;
        case FILLER:  break;
        case OTHER:   w.other++; break;
        }
    return w;
}

bool title_is_decoration(const char *text)
{
    const struct words w = count_words(text);
    return w.count > 0 && w.other == 0 && w.strong + w.weak > 0;
}

/* Outside of brackets more is asked. */
static bool is_strong_decoration(const char *text)
{
    const struct words w = count_words(text);
    return w.other == 0 && (w.strong > 0 || w.weak + w.opening > 1);
}

/* ---- signs ---- */

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

/* One code point; never 0 bytes, never beyond the end. */
static size_t step(const char *s, uint32_t *cp)
{
    const size_t n = utf8_next(s, strlen(s), cp);
    if (n == 0)
        *cp = (unsigned char)*s;
    return n ? n : 1;
}

/* One line with plain spaces. */
static void tidy(char *text)
{
    size_t used = 0;

    for (size_t i = 0, n; text[i]; i += n) {
        uint32_t cp;
        n = step(text + i, &cp);
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

static bool is_dash(uint32_t cp)
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
    return is_dash(cp) || is_bar(cp) || cp == '/' || cp == '_' || cp == ':' || cp == ',' || cp == 0xb7 || cp == 0x2022;
}

static void trim_loose(char *text)
{
    for (;;) {
        uint32_t cp = 0;
        tidy(text);
        size_t len = strlen(text), at = len;
        while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
            at--;
        at -= at > 0;
        if (len > 1)
            step(text + at, &cp);
        if (at > 0 && is_loose(cp) && (text[at - 1] == ' ' || is_bar(cp))) {
            text[at] = '\0';
            continue;
        }
        const size_t n = len > 1 ? step(text, &cp) : 0;
        if (n && n < len && is_loose(cp) && (text[n] == ' ' || is_bar(cp))) {
            memmove(text, text + n, len - n + 1);
            continue;
        }
        return;
    }
}

/* Is there anything to read, beyond signs that separate? */
static bool says_something(const char *text)
{
    for (size_t i = 0, n; text[i]; i += n) {
        uint32_t cp;
        n = step(text + i, &cp);
        if (cp != ' ' && !is_loose(cp))
            return true;
    }
    return false;
}

/* Applies a change that may take too much away; a text that would say nothing is kept as it was. */
static void carefully(char *text, void (*change)(char *text))
{
    char before[TITLE_BYTES];

    copy_text(before, sizeof before, text);
    change(text);
    if (!says_something(text))
        copy_text(text, TITLE_BYTES, before);
}

/* ---- what is dropped ---- */

static void cut_out(char *text, size_t from, size_t to)
{
    text[from] = ' ';
    memmove(text + from + 1, text + to, strlen(text + to) + 1);
}

/* Brackets without text, and those whose words are all decoration, from the innermost on. */
static bool drop_inner_brackets(char *text)
{
    uint32_t open_sign = 0;
    size_t open_at = 0, inside = 0;
    bool dropped = false;

    for (size_t i = 0, n; text[i]; i += n) {
        char content[TITLE_BYTES];
        uint32_t cp;
        n = step(text + i, &cp);
        if (sign_opened_by(brackets, ARRAY_LEN(brackets), cp)) {
            open_sign = cp, open_at = i, inside = i + n;
            continue;
        }
        /* One that is cut off, or that somebody forgot to close, ends with the text. */
        const bool is_last = !text[i + n];
        const bool is_close = closes(brackets, ARRAY_LEN(brackets), open_sign, cp);
        if (!open_sign || (!is_close && !is_last))
            continue;
        const size_t end = is_close ? i : i + n;
        memcpy(content, text + inside, end - inside);
        content[end - inside] = '\0';
        open_sign = 0;
        if (says_something(content) && !title_is_decoration(content))
            continue;
        cut_out(text, open_at, i + n);
        dropped = true;
        i = open_at, n = 1;
    }
    return dropped;
}

static void drop_brackets(char *text)
{
    while (drop_inner_brackets(text))
        ;
    tidy(text);
}

/* "… #shorts #music", and "… Official Music Video 4K": words behind the title. */
static void drop_tags(char *text)
{
    for (char *word; (word = strrchr(text, ' ')) && word[1] == '#' && (word[2] & 0x80 || strspn(word + 2,
        "0123456789") == 0);)
        *word = '\0';
}

static void drop_tail(char *text)
{
    size_t cut = strlen(text);

    for (size_t at = cut; at > 0; at--) {
        char folded[FOLDED_BYTES];
        if (at > 1 && text[at - 1] != ' ')
            continue;
        const char *tail = text + at - (at == 1);
        if (count_words(tail).other)
            break;
        fold(folded, sizeof folded, tail);
        const char *rest = folded;
        char word[64] = "";
        next_word(&rest, word, sizeof word);
        const enum word_class first = strcmp(folded, "m v") == 0 ? STRONG : class_of(word);
        if ((first == STRONG || first == WEAK || first == OPENING) && is_strong_decoration(tail))
            cut = at - (at == 1);
    }
    text[cut] = '\0';
    trim_loose(text);
}

/* What is hidden behind a decoration may be one as well: each turn shortens the text. */
static void undecorate(char *text, bool tags)
{
    char before[TITLE_BYTES];

    do {
        copy_text(before, sizeof before, text);
        carefully(text, drop_brackets);
        if (tags)
            carefully(text, drop_tags);
        carefully(text, drop_tail);
        carefully(text, trim_loose);
    } while (strlen(text) < strlen(before));
}

void title_undecorate(char *text)
{
    undecorate(text, true);
}

/* ---- separators ---- */

enum separator { SEP_DASH, SEP_BAR, SEP_SLASHES, SEP_LOW_LINE, SEP_SIDE };

static bool is_separator(enum separator kind, uint32_t cp, const char *next)
{
    switch (kind) {
    case SEP_DASH:     return is_dash(cp) || (cp == '-' && *next == '-');
    case SEP_BAR:      return is_bar(cp);
    case SEP_SLASHES:  return cp == '/' && *next == '/';
    case SEP_LOW_LINE: return cp == '_';
    case SEP_SIDE:     return cp == '/' || cp == 0xff0f || cp == ':' || cp == 0xff1a || is_dash(cp);
    }
    return false;
}

/* Where text inside brackets or quotes ends, or 0 if nothing opens here or nothing closes it. */
static size_t enclosed(const char *text, size_t at)
{
    uint32_t cp, open;
    size_t n = step(text + at, &open);
    const bool is_quote = !!sign_opened_by(quotes, ARRAY_LEN(quotes), open);
    const struct sign *signs = is_quote ? quotes : brackets;
    const size_t count = is_quote ? ARRAY_LEN(quotes) : ARRAY_LEN(brackets);

    if (!sign_opened_by(signs, count, open) || (is_quote && at > 0 && open < 0x80 && text[at - 1] != ' '))
        return 0;
    for (size_t i = at + n; text[i]; i += n) {
        n = step(text + i, &cp);
        /* 'Til: an apostrophe closes only at the end of a word. */
        if (closes(signs, count, open, cp) && (open != '\'' || !text[i + n] || text[i + n] == ' '))
            return i + n;
    }
    return 0;
}

/* The next separator of a kind at or behind `from`; those of SEP_SIDE need no spaces. */
static bool find_separator(const char *text, enum separator kind, size_t from, struct title_separator *out)
{
    for (size_t i = 0, n; text[i]; i += n) {
        uint32_t cp;
        const size_t over = enclosed(text, i);
        n = step(text + i, &cp);
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
        if (find_separator(text, kinds[i], from, &one) && (!found || one.at < out->at)) {
            *out = one;
            found = true;
        }
    return found;
}

bool title_next_quote(const char *text, size_t from, struct title_bracket *out)
{
    for (size_t i = from, n; text[i]; i += n) {
        uint32_t cp;
        const size_t over = enclosed(text, i);
        n = step(text + i, &cp);
        if (over <= i || !sign_opened_by(quotes, ARRAY_LEN(quotes), cp))
            continue;
        *out = (struct title_bracket){ .at = i, .inside = i + n, .end = over };
        for (size_t k = i; k < over; k += step(text + k, &cp))
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
        n = step(text + i, &cp);
        if (depth == 0 ? sign_opened_by(brackets, ARRAY_LEN(brackets), cp) != NULL : cp == open) {
            if (depth++ == 0)
                open = cp, out->at = i, out->inside = i + n;
        } else if (depth > 0 && closes(brackets, ARRAY_LEN(brackets), open, cp) && --depth == 0) {
            out->inside_end = i;
            out->end = i + n;
            return true;
        }
    }
    return false;
}

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
    tidy(to);
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
    const size_t n = step(text, &open);
    if (!sign_opened_by(quotes, ARRAY_LEN(quotes), open) || enclosed(text, 0) != len)
        return false;
    size_t last = n;
    for (size_t i = n, k; text[i]; i += k)
        k = step(text + i, &cp), last = i;
    char inner[TITLE_BYTES];
    take(inner, text + n, last - n);
    if (!says_something(inner))
        return false;
    copy_text(text, TITLE_BYTES, inner);
    return true;
}

/* A number with a leading zero is no artist, even where nobody said that titles are numbered. */
static bool is_name(const char *text)
{
    return says_something(text) && !(text[0] == '0' && strspn(text, "0123456789") == strlen(text));
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
    if (is_uploader(s, s->left) || find_separator(s->right, SEP_DASH, 0, &c) || find_separator(s->right, SEP_BAR, 0,
        &c))
        return false;
    return is_uploader(s, s->right) || (is_quoted(s->left) && !is_quoted(s->right));
}

static bool split_at(struct splitting *s, const struct title_separator *c)
{
    take(s->left, s->text, c->at);
    take(s->right, s->text + c->end, strlen(s->text + c->end));
    if (!is_name(s->left) || !says_something(s->right) || is_strong_decoration(s->right))
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
        for (size_t from = 0; find_separator(s->text, kinds[i], from, &c); from = c.end)
            if (split_at(s, &c))
                return true;
    return false;
}

/* "Artist: Title", "Title / Artist", "Artist- Title": only where one side is the uploader. */
static bool split_by_uploader(struct splitting *s)
{
    struct title_separator c;

    for (size_t from = 0; *s->uploader && find_separator(s->text, SEP_SIDE, from, &c); from = c.end) {
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
    return !says_something(outside) || title_is_decoration(outside);
}

/* Artist "Title" (Live) */
static bool split_by_quotes(struct splitting *s)
{
    char inner[TITLE_BYTES], kept[2 * TITLE_BYTES];

    for (size_t i = 0, n; s->text[i]; i += n) {
        uint32_t cp;
        const size_t over = enclosed(s->text, i);
        n = step(s->text + i, &cp);
        if (over <= i)
            continue;
        take(inner, s->text + i, over - i);
        take(s->left, s->text, i);
        if (sign_opened_by(quotes, ARRAY_LEN(quotes), cp) && is_name(s->left) && read_tail(s->text + over, kept) &&
            unquote(inner)) {
            copy_text(s->right, sizeof s->right, inner);
            const size_t len = strlen(s->right);
            copy_text(s->right + len, sizeof s->right - len, kept);
            tidy(s->right);
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
        cut_out(rest, (size_t)(at - s->text), (size_t)(end - s->text) + strlen(close));
        undecorate(rest, false);
        if (!says_something(rest) || !says_something(inner) || (!is_uploader(s, rest) && !is_uploader(s, inner)))
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
    const size_t n = step(rest, &cp);
    if (is_dash(cp) && rest[n] == ' ')
        rest += n + 1, marked = true;
    if (rest[-1] != ' ' || (!marked && *s != '0') || !says_something(rest))
        return 0;
    const int64_t number = strtoll(s, NULL, 10);
    memmove(text, rest, strlen(rest) + 1);
    tidy(text);
    return number;
}

/* The last part behind a bar or dash, when it is the channel's own name: "Artist - Title | Channel". */
static void drop_channel(struct splitting *s)
{
    struct title_separator c, last = { 0, 0 };
    char part[TITLE_BYTES];

    for (size_t from = 0; find_separator(s->right, SEP_BAR, from, &c); from = c.end)
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
        title_undecorate(text);
    } while (unquote(text) || strlen(text) < strlen(before));
}

void title_split(struct title_parts *out, const char *title, const char *uploader, bool numbered)
{
    struct splitting s = { .text = "" };

    memset(out, 0, sizeof *out);
    const bool own = title_uploader_artist(s.uploader, sizeof s.uploader, uploader);
    copy_text(s.text, sizeof s.text, title);
    tidy(s.text);
    if (numbered)
        out->number = drop_number(s.text);
    carefully(s.text, drop_brackets);
    read_lenticular(&s);
    undecorate(s.text, false);
    const bool split = *s.text && (split_by_separator(&s) || split_by_quotes(&s) || split_by_uploader(&s));
    /* On the artist's own channel "Title - 2011 Remaster" is all title. */
    if (split && (!own || is_uploader(&s, s.left) || strlen(uploader) < 8 ||
                  strcmp(uploader + strlen(uploader) - 8, " - Topic") != 0)) {
        drop_channel(&s);
        copy_text(out->title, sizeof out->title, s.right);
        copy_text(out->artist, sizeof out->artist, s.left);
        undecorate(out->artist, false);
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
    tidy(name);
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
    trim_loose(name);
    copy_text(out, size, name);
    return own && *name;
}
