/*
 * Artist and title out of what videos are called. The table is what the rules in lib/title.c are measured by: a case
 * that somebody meets goes in here first.
 */
#include "unit.h"

#include "base/utf8.h"
#include "title.h"
#include "title_decor.h"

struct expected { const char *title, *uploader, *artist, *is; };

/* The artist is "" where only the uploader's name is left, which the caller decides about. */
static const struct expected table[] = {
    /* the plain forms */
    { "Daft Punk - One More Time", "Daft Punk", "Daft Punk", "One More Time" },
    { "Daft Punk - One More Time (Official Video)", "Daft Punk", "Daft Punk", "One More Time" },
    { "Adele – Hello", "AdeleVEVO", "Adele", "Hello" },
    { "Adele — Hello [Official Audio]", "", "Adele", "Hello" },
    { "Artist ― Title", "", "Artist", "Title" },
    { "Artist -- Title", "", "Artist", "Title" },
    { "Massive Attack | Teardrop", "Some Label", "Massive Attack", "Teardrop" },
    { "Massive Attack // Teardrop", "Some Label", "Massive Attack", "Teardrop" },
    { "Only A Title", "Somebody", "", "Only A Title" },
    { "Spaces   everywhere -   and  here", "", "Spaces everywhere", "and here" },
    { "Jay-Z - 99 Problems", "", "Jay-Z", "99 Problems" },
    { "Twenty One Pilots - Stressed Out - Live", "", "Twenty One Pilots", "Stressed Out - Live" },
    { "a-ha - Take On Me (Official Video) [Remastered in 4K]", "a-ha", "a-ha", "Take On Me" },
    { "Rick Astley - Never Gonna Give You Up (Official Video) (4K Remaster)", "Rick Astley", "Rick Astley",
      "Never Gonna Give You Up" },
    /* decorations */
    { "Ed Sheeran - Shape of You (Official Music Video)", "Ed Sheeran", "Ed Sheeran", "Shape of You" },
    { "Ed Sheeran - Shape of You [Official Lyric Video]", "Ed Sheeran", "Ed Sheeran", "Shape of You" },
    { "Arctic Monkeys - Do I Wanna Know? (Official Video)", "Official Arctic Monkeys", "Arctic Monkeys",
      "Do I Wanna Know?" },
    { "Hozier - Too Sweet (Official Visualizer)", "", "Hozier", "Too Sweet" },
    { "Hozier - Too Sweet (Visualiser)", "", "Hozier", "Too Sweet" },
    { "Coldplay - Yellow (Lyrics)", "7clouds", "Coldplay", "Yellow" },
    { "Coldplay - Yellow (Lyrics) 🎵", "7clouds", "Coldplay", "Yellow 🎵" },
    { "Coldplay - Yellow Lyrics", "7clouds", "Coldplay", "Yellow" },
    { "Coldplay - Yellow [HD]", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow HQ", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow 4K", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow | Official Video", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow - Official Video HD", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow // Official Music Video", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow (Audio)", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow Official Music Video", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow (Official Video - HD - 1080p)", "", "Coldplay", "Yellow" },
    { "[Official Video] Coldplay - Yellow", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow (Official Video [4K])", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow (Official Video", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow ()", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow (Official Video) #coldplay #shorts", "", "Coldplay", "Yellow" },
    { "Coldplay - Yellow [OUT NOW]", "Label", "Coldplay", "Yellow [OUT NOW]" },
    { "Rosalía - SAOKO (Video Oficial)", "ROSALÍA", "Rosalía", "SAOKO" },
    { "Stromae - Alors On Danse (Clip Officiel)", "StromaeVEVO", "Stromae", "Alors On Danse" },
    { "Shakira - Antología (Letra)", "x", "Shakira", "Antología" },
    { "Rammstein - Sonne (Offizielles Video)", "", "Rammstein", "Sonne" },
    { "Måneskin - Zitti e buoni (Official Video – Sanremo)", "", "Måneskin",
      "Zitti e buoni (Official Video – Sanremo)" },
    { "Avicii - Levels [MP3 Download]", "", "Avicii", "Levels" },
    /* what names another recording stays */
    { "Nirvana - Lithium (Live at Reading 1992)", "NirvanaVEVO", "Nirvana", "Lithium (Live at Reading 1992)" },
    { "Nirvana - Lithium (Live) [Official Video]", "", "Nirvana", "Lithium (Live)" },
    { "Daft Punk - Get Lucky (feat. Pharrell Williams) (Official Audio)", "", "Daft Punk",
      "Get Lucky (feat. Pharrell Williams)" },
    { "Dua Lipa - Levitating (feat. DaBaby - Remix)", "", "Dua Lipa", "Levitating (feat. DaBaby - Remix)" },
    { "Queen - Bohemian Rhapsody (2011 Remaster)", "", "Queen", "Bohemian Rhapsody (2011 Remaster)" },
    { "Queen - Bohemian Rhapsody (Remastered)", "", "Queen", "Bohemian Rhapsody (Remastered)" },
    { "Foo Fighters - Everlong (Acoustic Version)", "", "Foo Fighters", "Everlong (Acoustic Version)" },
    { "Eric Prydz - Opus (Radio Edit)", "", "Eric Prydz", "Opus (Radio Edit)" },
    { "Moby - Porcelain [Torsten Stenzel Remix]", "", "Moby", "Porcelain [Torsten Stenzel Remix]" },
    { "Adele - Hello (Cover by Somebody)", "Somebody", "Adele", "Hello (Cover by Somebody)" },
    { "Prince - 1999 (Official Live Video)", "", "Prince", "1999 (Official Live Video)" },
    /* songs that are called like decorations */
    { "Madonna - Music", "Madonna", "Madonna", "Music" },
    { "Madonna - Music (Official Video) [HD]", "Madonna", "Madonna", "Music" },
    { "India.Arie - Video", "", "India.Arie", "Video" },
    { "LSD - Audio", "", "LSD", "Audio" },
    { "Official Video", "", "", "Official Video" },
    { "(Official Video)", "", "", "(Official Video)" },
    { "Beyoncé - 7/11", "", "Beyoncé", "7/11" },
    { "Blur - Song 2", "blur", "Blur", "Song 2" },
    { "Mariah Carey - #Beautiful (Official Video)", "", "Mariah Carey", "#Beautiful" },
    { "Garbage - #1 Crush", "", "Garbage", "#1 Crush" },
    { "Kanye West - New Slaves", "", "Kanye West", "New Slaves" },
    { "Artist - Brand New Official Video", "", "Artist", "Brand New" },
    { "HD", "", "", "HD" },
    { "4K", "", "", "4K" },
    /* quotes */
    { "Björk \"Army of Me\"", "Label", "Björk", "Army of Me" },
    { "Björk “Army of Me” (Official Video)", "Label", "Björk", "Army of Me" },
    { "Kraftwerk «Das Model»", "Label", "Kraftwerk", "Das Model" },
    { "Kraftwerk „Das Model“ (Live)", "Label", "Kraftwerk", "Das Model (Live)" },
    { "BTS (방탄소년단) 'Dynamite' Official MV", "HYBE LABELS", "BTS (방탄소년단)", "Dynamite" },
    { "aespa 에스파 'Supernova' MV", "SMTOWN", "aespa 에스파", "Supernova" },
    { "David Bowie - \"Heroes\"", "", "David Bowie", "Heroes" },
    { "\"Heroes\" - David Bowie", "", "David Bowie", "Heroes" },
    { "He said \"hello\" to me", "x", "", "He said \"hello\" to me" },
    { "Don't Stop 'Til You Get Enough", "x", "", "Don't Stop 'Til You Get Enough" },
    { "Michael Jackson - Don't Stop 'Til You Get Enough (Official Video)", "", "Michael Jackson",
      "Don't Stop 'Til You Get Enough" },
    { "Artist \"Foo - Bar\"", "", "Artist", "Foo - Bar" },
    /* what only the uploader's name makes clear */
    { "Kendrick Lamar: HUMBLE.", "Kendrick Lamar", "Kendrick Lamar", "HUMBLE." },
    { "Chapter 3: The Return", "Somebody", "", "Chapter 3: The Return" },
    { "Hallelujah - Jeff Buckley", "Jeff Buckley", "Jeff Buckley", "Hallelujah" },
    { "Hallelujah - Jeff Buckley", "jeffbuckleyVEVO", "Hallelujah", "Jeff Buckley" },
    { "夜に駆ける / YOASOBI", "YOASOBI", "YOASOBI", "夜に駆ける" },
    { "Love / Hate", "Somebody", "", "Love / Hate" },
    { "Shakira- Waka Waka", "Shakira", "Shakira", "Waka Waka" },
    { "Re- Animator", "Somebody", "", "Re- Animator" },
    { "Mahalia - Sober | COLORS", "COLORS", "Mahalia", "Sober" },
    /* channels that are artists */
    { "Bohemian Rhapsody - Remastered 2011", "Queen - Topic", "Queen", "Bohemian Rhapsody - Remastered 2011" },
    { "Queen - Bohemian Rhapsody", "Queen - Topic", "Queen", "Bohemian Rhapsody" },
    { "One More Time", "Daft Punk - Topic", "Daft Punk", "One More Time" },
    { "Blank Space", "TaylorSwiftVEVO", "Taylor Swift", "Blank Space" },
    { "Blank Space (Official Video)", "Taylor Swift VEVO", "Taylor Swift", "Blank Space" },
    { "Hello", "Adele Official", "", "Hello" },
    /* Cyrillic */
    { "Кино - Группа крови", "Label", "Кино", "Группа крови" },
    { "Земфира — Хочешь? (Официальный клип)", "", "Земфира", "Хочешь?" },
    { "Скриптонит - Положение [Премьера клипа, 2017]", "", "Скриптонит", "Положение" },
    { "Би-2 — Полковнику никто не пишет (live)", "", "Би-2", "Полковнику никто не пишет (live)" },
    { "Молчат Дома «Судно»", "", "Молчат Дома", "Судно" },
    /* Japanese */
    { "米津玄師　MV「Lemon」", "Kenshi Yonezu  米津玄師", "米津玄師", "Lemon" },
    { "YOASOBI「夜に駆ける」 Official Music Video", "Ayase / YOASOBI", "YOASOBI", "夜に駆ける" },
    { "Ado【うっせぇわ】", "Ado", "Ado", "うっせぇわ" },
    { "【Ado】うっせぇわ", "Ado", "Ado", "うっせぇわ" },
    { "【公式MV】Official髭男dism - Pretender", "Official髭男dism", "Official髭男dism", "Pretender" },
    { "宇多田ヒカル　－　First Love（Official Video）", "", "宇多田ヒカル", "First Love" },
    { "Ｐｅｒｆｕｍｅ － ポリリズム", "", "Ｐｅｒｆｕｍｅ", "ポリリズム" },
    { "Aimer『残響散歌』", "", "Aimer", "残響散歌" },
    { "Aimer『残響散歌』MUSIC VIDEO（テレビアニメ）", "Aimer Official", "Aimer", "残響散歌 （テレビアニメ）" },
    { "星野源｜恋【MV】", "x", "星野源", "恋" },
    { "千本桜 歌ってみた【まふまふ】", "まふまふちゃんねる", "", "千本桜 歌ってみた【まふまふ】" },
    /* Korean, Chinese */
    { "[MV] IU(아이유) _ Palette(팔레트) (Feat. G-DRAGON)", "1theK", "IU(아이유)", "Palette(팔레트) (Feat. G-DRAGON)" },
    { "NewJeans (뉴진스) 'Ditto' Official MV (side A)", "HYBE", "NewJeans (뉴진스)", "Ditto (side A)" },
    { "아이유 - 밤편지 [뮤직비디오]", "", "아이유", "밤편지" },
    { "[M/V] 잔나비 - 주저하는 연인들을 위해", "", "잔나비", "주저하는 연인들을 위해" },
    { "周杰倫 Jay Chou【晴天 Sunny Day】-Official Music Video", "周杰倫 Jay Chou", "周杰倫 Jay Chou", "晴天 Sunny Day" },
    { "陳奕迅 - 十年 (官方完整版MV)", "", "陳奕迅", "十年" },
    /* Arabic, Hebrew, Hindi, Thai, Greek */
    { "فيروز - نسم علينا الهوى", "", "فيروز", "نسم علينا الهوى" },
    { "عمرو دياب - تملي معاك (فيديو كليب)", "", "عمرو دياب", "تملي معاك" },
    { "נועה קירל - פנתרה (Official Video)", "", "נועה קירל", "פנתרה" },
    { "अरिजीत सिंह - तुम ही हो | Lyrics", "", "अरिजीत सिंह", "तुम ही हो" },
    { "บอดี้สแลม - แสงสุดท้าย [Official MV]", "", "บอดี้สแลม", "แสงสุดท้าย" },
    { "Σάκης Ρουβάς - Shake It (Official Video)", "", "Σάκης Ρουβάς", "Shake It" },
    /* no numbers unless told so */
    { "03 - Title", "", "", "03 - Title" },
    { "7 rings", "Ariana Grande", "", "7 rings" },
    /* hostile */
    { "", "", "", "Untitled" },
    { "   \t\n", "x", "", "Untitled" },
    { "-", "", "", "-" },
    { " - ", "", "", "-" },
    { "- - -", "", "", "- - -" },
    { "Artist -", "", "", "Artist" },
    { "- Title", "", "", "Title" },
    { "Artist - (Official Video)", "", "", "Artist" },
    { "((((((((((", "", "", "((((((((((" },
    { "))))((((", "", "", "))))((((" },
    { "()()()()[]{}", "", "", "()()()()[]{}" },
    { "\"\"\"\"\"\"", "", "", "\"\"\"\"\"\"" },
    { "\xff\xfe\xc3", "", "", "Untitled" },
    { "a\xff" "b - c\xfe", "", "ab", "c" },
    { "Artist - \u202eeltiT\u202c", "", "Artist", "eltiT" },
    { "../../etc/passwd - $(id)", "", "../../etc/passwd", "$(id)" },
    { "%s%n - %d", "", "%s%n", "%d" },
    { "<b>Artist</b> - <script>", "", "<b>Artist</b>", "<script>" },
};

TEST(titles_are_split_as_people_write_them)
{
    static struct title_parts got;
    int wrong = 0;

    for (size_t i = 0; i < LENGTH(table); i++) {
        const struct expected *x = &table[i];
        title_split(&got, x->title, x->uploader, false);
        if (strcmp(got.title, x->is) == 0 && strcmp(got.artist, x->artist) == 0)
            continue;
        wrong++;
        print_error("\"%s\" by \"%s\": \"%s\" by \"%s\"\n", x->title, x->uploader, got.title, got.artist);
    }
    check(wrong == 0, "%d of %d", wrong, (int)LENGTH(table));
    assert_true(LENGTH(table) >= 80);
}

/* Valid, with a title from which nothing more can be dropped. */
static void is_sane(const struct title_parts *got, const char *from)
{
    static char bare[TITLE_BYTES];

    check(*got->title && utf8_valid(got->title, strlen(got->title)) && utf8_valid(got->artist, strlen(got->artist)),
        "%s",
          from);
    snprintf(bare, sizeof bare, "%s", got->title);
    title_undecorate(bare, true);
    check(strcmp(bare, got->title) == 0, "%s: \"%s\" becomes \"%s\"", from, got->title, bare);
}

/* What came out, put together again, comes out once more. */
static void is_settled(const struct title_parts *got, const char *from)
{
    static struct title_parts again;
    static char text[2 * TITLE_BYTES + 4];

    is_sane(got, from);
    if (!got->from_title)
        return;
    snprintf(text, sizeof text, "%s - %s", got->artist, got->title);
    title_split(&again, text, got->artist, false);
    check(strcmp(again.title, got->title) == 0 && strcmp(again.artist, got->artist) == 0,
          "\"%s\": \"%s\" by \"%s\", and then \"%s\" by \"%s\"", from, got->title, got->artist, again.title,
          again.artist);
}

TEST(splitting_again_changes_nothing)
{
    static struct title_parts got;

    for (size_t i = 0; i < LENGTH(table); i++) {
        title_split(&got, table[i].title, table[i].uploader, false);
        is_settled(&got, table[i].title);
    }
}

TEST(numbers_go_only_when_told_so)
{
    static const struct { const char *title, *artist, *is; int number; } cases[] = {
        { "01. Title", "", "Title", 1 },
        { "03 - Title", "", "Title", 3 },
        { "03 - Artist - Title", "Artist", "Title", 3 },
        { "7) Title", "", "Title", 7 },
        { "[12] Artist - Title", "Artist", "Title", 12 },
        { "(04) Title", "", "Title", 4 },
        { "01 Title", "", "Title", 1 },
        { "10 – Title", "", "Title", 10 },
        { "99 Problems", "", "99 Problems", 0 },
        { "50 Cent - In Da Club", "50 Cent", "In Da Club", 0 },
        { "1999", "", "1999", 0 },
        { "4.44", "", "4.44", 0 },
        { "01. ", "", "01.", 0 },
        { "01", "", "01", 0 },
        { "2001. Title", "", "2001. Title", 0 },
        { "(4 a.m.) Title", "", "(4 a.m.) Title", 0 },
    };
    static struct title_parts got;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        title_split(&got, cases[i].title, "", true);
        check(strcmp(got.title, cases[i].is) == 0 && strcmp(got.artist, cases[i].artist) == 0 &&
              got.number == cases[i].number, "\"%s\": %d, \"%s\" by \"%s\"", cases[i].title, (int)got.number, got.title,
              got.artist);
        title_split(&got, cases[i].title, "", false);
        assert_int_equal(got.number, 0);
    }
}

TEST(channels_say_whose_they_are)
{
    static const struct { const char *uploader, *artist; bool own; } cases[] = {
        { "Daft Punk - Topic", "Daft Punk", true }, { "TaylorSwiftVEVO", "Taylor Swift", true },
        { "ABBAVEVO", "ABBA", true },               { "Adele VEVO", "Adele", true },
        { "Coldplay Official", "Coldplay", false }, { "Coldplay", "Coldplay", false },
        { "The Music", "The Music", false },        { "VEVO", "VEVO", false },
        { " - Topic", "Topic", false },             { "", "", false },
        { "米津玄師 公式", "米津玄師", false },      { "OfficialMusic", "OfficialMusic", false },
    };
    char name[TITLE_BYTES];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        const bool own = title_uploader_artist(name, sizeof name, cases[i].uploader);
        check(own == cases[i].own && strcmp(name, cases[i].artist) == 0, "%s: %s, %d", cases[i].uploader, name, own);
    }
}

TEST(random_titles_give_bounded_valid_parts)
{
    static const char *const pieces[] = {
        "(", ")", "[", "]", "【", "】", "「", "」", "\"", "'", "“", "”", "«", "»", " ", " ", " - ", " – ", "|", " | ", "//",
        "/", ":", "#a", "_", " _ ", "Official", "Video", "HD", "MV", "M/V", "Live", "Artist", "Title", "feat.", "01",
        "\u3000", "－", "日本", "é", "\xff", "\xe3\x80", "\n", "公式", "4K", "Music", "the",
    };
    const unsigned seed = 5;
    static struct title_parts got;
    static char text[4096], uploader[64];

    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        *text = '\0';
        const int most = i % 500 == 0 ? 400 : 14;
        for (int k = rand() % most; k >= 0; k--) {
            const size_t used = strlen(text);
            snprintf(text + used, sizeof text - used, "%s", pieces[(size_t)rand() % LENGTH(pieces)]);
        }
        if (i % 4 == 0)
            text[(size_t)rand() % strlen(text)] = (char)(rand() % 255 + 1);
        snprintf(uploader, sizeof uploader, "%s%s", pieces[(size_t)rand() % LENGTH(pieces)],
                 i % 3 ? "" : i % 2 ? " - Topic" : "VEVO");
        title_split(&got, text, uploader, i % 2);
        assert_in_range(strlen(got.title), 1, TITLE_BYTES - 1);
        is_sane(&got, text);
    }
}

UNIT_MAIN(UNIT(titles_are_split_as_people_write_them), UNIT(splitting_again_changes_nothing),
          UNIT(numbers_go_only_when_told_so), UNIT(channels_say_whose_they_are),
          UNIT(random_titles_give_bounded_valid_parts))
