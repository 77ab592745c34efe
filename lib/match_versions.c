#include "match_versions.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "match_words.h"

#define PHRASES 24

/* `extra`: the loss where it is not wanted. `missing`: where it is wanted and not there. Zero: the same recording to
 * most ears, named so that it is no part of the title. Measured by the table in tests/unit/test_match.c. */
static const struct kind {
    int  extra, missing;
    bool named;
    const char *phrases[PHRASES];
} kinds[] = {
    { 35, 30, true, { "live", "concert", "in concert", "unplugged", "en vivo", "en directo", "ao vivo", "en concert",
                      "dal vivo", "canli", "концерт", "концерте", "живое", "лайв", "ライブ", "ライヴ", "라이브", "现场",
                      "現場", "حفلة", "لايف", "rehearsal", "soundcheck" } },
    { 35, 20, true, { "session", "sessions", "tiny desk", "performance", "performs", "performed", "colors show",
                      "first take", "выступление", "fancam", "직캠", "dance practice", "choreography", "busking" } },
    { 50, 35, true, { "cover", "covered", "covers", "coverversion", "cover version", "кавер", "歌ってみた",
                      "弾いてみた", "叩いてみた", "カバー", "커버", "翻唱", "tribute", "in the style of",
                      "made famous by", "originally performed by", "as made famous", "reprise", "versiyon cover",
                      "踊ってみた", "reimagined" } },
    { 55, 40, false, { "karaoke", "караоке", "カラオケ", "노래방", "卡拉ok", "伴奏", "كاريوكي", "sing along",
                       "singalong", "backing track", "sing king", "minus one", "минус", "no vocals", "off vocal" } },
    { 50, 40, false, { "instrumental", "instrumentals", "инструментал", "インスト", "インストゥルメンタル", "inst",
                       "karaoke instrumental", "without vocals" } },
    { 45, 40, true, { "remix", "rmx", "remixed", "bootleg", "mashup", "mash up", "flip", "ремикс", "リミックス", "리믹스",
                      "vip mix", "club mix", "dub mix", "megamix", "rework", "re edit", "dj mix", "混音" } },
    { 50, 40, false, { "nightcore", "ナイトコア", "daycore" } },
    { 50, 40, false, { "sped up", "speed up", "spedup", "speedup", "faster", "speed" } },
    { 50, 40, false, { "slowed", "slowed down", "slow version", "reverb", "slowed and reverb" } },
    { 45, 30, false, { "8d", "8d audio", "16d", "9d", "3d audio", "bass boosted", "bassboosted", "bass boost", "432hz",
                       "432 hz", "in another room", "from another room", "empty arena" } },
    { 60, 30, false, { "reaction", "reacts", "react", "reacting", "review", "explained", "analysis", "breakdown",
                       "interview", "podcast", "реакция", "リアクション", "리액션" } },
    { 60, 30, false, { "tutorial", "lesson", "how to play", "how to", "lessons", "easy version", "tab", "tabs",
                       "chords", "play through", "playthrough", "разбор", "как играть", "drumless" } },
    { 45, 35, false, { "piano", "guitar", "violin", "ukulele", "cello", "flute", "saxophone", "sax", "kalimba", "drums",
                       "drum", "bass", "ピアノ", "ギター", "피아노", "기타", "钢琴", "пианино", "на гитаре", "string quartet",
                       "fingerstyle", "harp", "oud" } },
    { 40, 30, false, { "acoustic", "acustico", "acustica", "acoustique", "akustik", "акустика", "stripped",
                       "アコースティック", "어쿠스틱", "不插电" } },
    { 35, 30, false, { "demo", "demos", "outtake", "rough mix", "early version", "alternate take", "alternate version",
                       "alternative version", "unreleased", "демо", "take 1", "take 2" } },
    { 25, 15, false, { "extended", "extended mix", "extended version", "long version", "12 mix", "12 inch", "maxi",
                       "full length" } },
    { 5, 4, false, { "radio edit", "radio version", "single edit", "radio mix", "edit", "short version", "radio" } },
    { 60, 40, false, { "loop", "looped", "on repeat", "repeat" } },
    { 55, 30, false, { "parody", "parodie", "meme", "пародия", "misheard", "ai cover", "but its", "but every",
      "but youre",
                      "empty mall" } },
    { 55, 30, false, { "teaser", "trailer", "snippet", "preview", "coming soon", "тизер", "трейлер", "ティザー", "티저",
                       "予告", "clip from", "behind the scenes", "making of", "making", "メイキング", "메이킹" } },
    { 60, 30, false, { "full album", "album completo", "full ep", "whole album", "discography", "greatest hits",
                       "best of", "playlist", "compilation", "nonstop", "non stop", "medley", "full concert",
                       "megamix" } },
    { 40, 30, false, { "orchestral", "orchestra", "symphonic", "epic version", "choir", "orchestra version", "big band",
                       "lofi", "lo fi", "jazz version", "rock version", "metal version", "bossa nova", "reggae version",
                       "swing version" } },
    { 45, 30, false, { "8 bit", "8bit", "chiptune", "music box", "lullaby", "オルゴール", "오르골", "midi", "marimba",
                       "ringtone", "kidz bop", "rockabye baby" } },
    { 45, 30, false, { "a cappella", "acapella", "acappella", "vocals only", "isolated vocals", "vocal only" } },
    { 35, 30, true, { "taylors version", "re recorded", "rerecorded", "re recording", "new version",
                      "french version", "english version", "spanish version", "japanese version", "korean version",
                      "japanese ver", "english ver", "korean ver", "german version", "chinese version",
                      "versione italiana", "version francaise", "en espanol", "italian version", "日本語", "remake" } },
    { 0, 0, false, { "remaster", "remastered", "remasterizado", "ремастер", "リマスター", "리마스터", "digital remaster" } },
    { 0, 0, false, { "mono", "stereo", "album version", "single version", "original mix", "original version",
      "bonus track",
                     "explicit", "deluxe", "main version", "lp version", "stereo mix", "mono mix", "video version",
                     "lyric version", "original", "studio version", "studio", "audio version", "hd version",
                     "from the", "soundtrack", "ost" } },
};

version_set versions_in(const char *folded)
{
    version_set set = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (size_t k = 0; k < PHRASES && kinds[i].phrases[k]; k++)
            if (words_phrase(folded, kinds[i].phrases[k])) {
                set |= (version_set)1 << i;
                break;
            }
    return set;
}

/* Two reasons are hardly worse than one: the worst counts, the others a quarter. */
static int loss(version_set set, size_t offset)
{
    int most = 0, sum = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!(set >> i & 1))
            continue;
        int one;
        memcpy(&one, (const char *)&kinds[i] + offset, sizeof one);
        most = one > most ? one : most;
        sum += one;
    }
    return most + (sum - most) / 4;
}

int versions_extra(version_set set)
{
    return loss(set, offsetof(struct kind, extra));
}

int versions_missing(version_set set)
{
    return loss(set, offsetof(struct kind, missing));
}

version_set versions_named(version_set set)
{
    version_set named = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].named)
            named |= set & (version_set)1 << i;
    return named;
}

bool versions_is_word(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (size_t k = 0; k < PHRASES && kinds[i].phrases[k]; k++)
            if (words_phrase(kinds[i].phrases[k], word))
                return true;
    return false;
}
