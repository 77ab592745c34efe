#include "title_decor.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "fold.h"
#include "title.h"
#include "title_signs.h"

#define FOLDED_BYTES (2 * TITLE_BYTES)

/* ---- words, folded ---- */

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

bool title_is_strong_decoration(const char *text)
{
    const struct words w = count_words(text);
    return w.other == 0 && (w.strong > 0 || w.weak + w.opening > 1);
}

/* ---- what is dropped ---- */

/* Applies a change that may take too much away; a text that would say nothing is kept as it was. */
static void carefully(char *text, void (*change)(char *text))
{
    char before[TITLE_BYTES];

    copy_text(before, sizeof before, text);
    change(text);
    if (!title_says_something(text))
        copy_text(text, TITLE_BYTES, before);
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
        n = title_step(text + i, &cp);
        if (title_opens_bracket(cp)) {
            open_sign = cp, open_at = i, inside = i + n;
            continue;
        }
        /* One that is cut off, or that somebody forgot to close, ends with the text. */
        const bool is_last = !text[i + n];
        const bool is_close = title_closes_bracket(open_sign, cp);
        if (!open_sign || (!is_close && !is_last))
            continue;
        const size_t end = is_close ? i : i + n;
        memcpy(content, text + inside, end - inside);
        content[end - inside] = '\0';
        open_sign = 0;
        if (title_says_something(content) && !title_is_decoration(content))
            continue;
        title_cut_out(text, open_at, i + n);
        dropped = true;
        i = open_at, n = 1;
    }
    return dropped;
}

static void drop_brackets(char *text)
{
    while (drop_inner_brackets(text))
        ;
    title_tidy(text);
}

void title_drop_brackets(char *text)
{
    carefully(text, drop_brackets);
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
        if ((first == STRONG || first == WEAK || first == OPENING) && title_is_strong_decoration(tail))
            cut = at - (at == 1);
    }
    text[cut] = '\0';
    title_trim(text);
}

/* What is hidden behind a decoration may be one as well: each turn shortens the text. */
void title_undecorate(char *text, bool tags)
{
    char before[TITLE_BYTES];

    do {
        copy_text(before, sizeof before, text);
        title_drop_brackets(text);
        if (tags)
            carefully(text, drop_tags);
        carefully(text, drop_tail);
        carefully(text, title_trim);
    } while (strlen(text) < strlen(before));
}
