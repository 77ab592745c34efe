/*
 * Which of the results is it? Each case is what a search gives: the right one among others that look like it, or none
 * that is right. Results of other cases fill up to ten. The rate is printed; it has to be all of them, and what goes
 * wrong for somebody becomes a row here before a weight is turned.
 */
#include "unit.h"

#include "base/utf8.h"
#include "match.h"
#include "match_words.h"

#define NONE (-1)
#define OWN  8          /* a case's own results */
#define ALL  10

struct result { const char *title, *channel; int seconds /* negative: live now */; };
struct example {
    const char *title, *artist, *album;
    int seconds;            /* 0: unknown */
    const char *query;      /* instead of the others */
    int right;              /* index into results */
    struct result results[OWN];
};

static const struct example examples[] = {
    /* ---- the usual page of results: the artist's own among everybody else's ---- */
    { "One More Time", "Daft Punk", "Discovery", 320, NULL, 2, {
        { "Daft Punk - One More Time (Official Video)", "Daft Punk", 323 },
        { "Daft Punk - One More Time (Live 2007)", "somebody", 430 },
        { "One More Time", "Daft Punk - Topic", 321 },
        { "Daft Punk - One More Time (Piano Tutorial)", "Piano Lessons", 240 },
        { "One More Time (Nightcore)", "NightcoreWorld", 250 } } },
    { "Bohemian Rhapsody - Remastered 2011", "Queen", "A Night At The Opera", 354, NULL, 0, {
        { "Queen – Bohemian Rhapsody (Official Video Remastered)", "Queen Official", 360 },
        { "Queen - Bohemian Rhapsody (Live Aid 1985)", "Queen Official", 150 },
        { "Bohemian Rhapsody - Pentatonix (Official Video)", "PTXVEVO", 365 },
        { "Bohemian Rhapsody | Muppet Music Video", "The Muppets", 287 },
        { "Queen - Bohemian Rhapsody (Karaoke Version)", "Sing King", 362 } } },
    { "Hello", "Adele", "25", 295, NULL, 1, {
        { "Lionel Richie - Hello (Official Music Video)", "LionelRichieVEVO", 330 },
        { "Adele - Hello (Official Audio)", "Label", 296 },
        { "Adele - Hello (Live at the NRJ Awards)", "Adele", 301 },
        { "Hello - Adele (Boyce Avenue acoustic cover)", "Boyce Avenue", 290 },
        { "Hello", "Martin Solveig", 280 } } },
    { "Shape of You", "Ed Sheeran", "÷ (Deluxe)", 233, NULL, 0, {
        { "Ed Sheeran - Shape of You (Official Lyric Video)", "Ed Sheeran", 234 },
        { "Ed Sheeran - Shape of You (Official Music Video)", "Ed Sheeran", 263 },
        { "Ed Sheeran - Shape of You [Galantis Remix]", "Ed Sheeran", 198 },
        { "Shape of You (8D AUDIO) - Ed Sheeran", "8D Tunes", 234 },
        { "Ed Sheeran - Shape of You (Acoustic)", "Ed Sheeran", 223 } } },
    { "Blinding Lights", "The Weeknd", "After Hours", 200, NULL, 1, {
        { "The Weeknd - Blinding Lights (Official Video)", "TheWeekndVEVO", 262 },
        { "The Weeknd - Blinding Lights (Official Audio)", "TheWeekndVEVO", 202 },
        { "The Weeknd - Blinding Lights (slowed + reverb)", "chill", 235 },
        { "Blinding Lights 1 hour", "Loops", 3600 } } },
    { "Get Lucky (feat. Pharrell Williams & Nile Rodgers)", "Daft Punk, Pharrell Williams, Nile Rodgers",
      "Random Access Memories", 369, NULL, 0, {
        { "Daft Punk - Get Lucky (Official Audio) ft. Pharrell Williams, Nile Rodgers", "DaftPunkVEVO", 369 },
        { "Daft Punk - Get Lucky (Radio Edit)", "somebody", 248 },
        { "Get Lucky - Daft Punk (cover by Daughter)", "BBC", 300 },
        { "Daft Punk - Get Lucky (Daft Punk Remix)", "x", 633 } } },
    { "Levitating", "Dua Lipa", "Future Nostalgia", 203, NULL, 1, {
        { "Dua Lipa - Levitating Featuring DaBaby (Official Music Video)", "Dua Lipa", 231 },
        { "Levitating", "Dua Lipa - Topic", 204 },
        { "Levitating (feat. DaBaby)", "Dua Lipa - Topic", 203 } } },
    { "Umbrella", "Rihanna, JAY-Z", "Good Girl Gone Bad", 275, NULL, 0, {
        { "Rihanna - Umbrella (Orange Version) (Official Music Video) ft. JAY-Z", "RihannaVEVO", 254 },
        { "Umbrella (Live)", "somebody", 275 }, } },
    { "Smells Like Teen Spirit", "Nirvana", "Nevermind", 301, NULL, 0, {
        { "Nirvana - Smells Like Teen Spirit (Official Music Video)", "NirvanaVEVO", 279 },
        { "Nirvana - Smells Like Teen Spirit (Live at Reading 1992)", "NirvanaVEVO", 290 },
        { "Smells Like Teen Spirit guitar lesson", "GuitarJamz", 540 },
        { "Weird Al Yankovic - Smells Like Nirvana (Parody)", "alyankovicVEVO", 222 } } },
    { "Billie Jean", "Michael Jackson", "Thriller 25", 294, NULL, 0, {
        { "Michael Jackson - Billie Jean (Official Video)", "Michael Jackson", 296 },
        { "Billie Jean - The Civil Wars", "x", 230 },
        { "Michael Jackson - Billie Jean (Motown 25 live)", "y", 295 } } },
    { "Take on Me", "a-ha", "Hunting High and Low", 225, NULL, 1, {
        { "a-ha - Take On Me (Live From MTV Unplugged)", "a-ha", 227 },
        { "a-ha - Take On Me (Official Video) [Remastered in 4K]", "a-ha", 245 },
        { "Take On Me - Weezer", "WeezerVEVO", 221 } } },
    { "Wonderwall - Remastered", "Oasis", "(What's The Story) Morning Glory?", 258, NULL, 0, {
        { "Oasis - Wonderwall (Official Video)", "OasisVEVO", 278 },
        { "How to play Wonderwall by Oasis", "Andy Guitar", 600 },
        { "Wonderwall - Ryan Adams", "z", 250 },
        { "Anyway, here's Wonderwall (meme)", "memes", 30 } } },
    { "Hurt", "Johnny Cash", "American IV", 218, NULL, 1, {
        { "Nine Inch Nails - Hurt (Official Video)", "Nine Inch Nails", 374 },
        { "Johnny Cash - Hurt (Official Music Video)", "Johnny Cash", 230 },
        { "Hurt - Christina Aguilera", "CAguileraVEVO", 245 } } },
    { "Hurt", "Nine Inch Nails", "The Downward Spiral", 373, NULL, 0, {
        { "Nine Inch Nails - Hurt", "NIN", 374 },
        { "Johnny Cash - Hurt (Official Music Video)", "Johnny Cash", 230 } } },
    { "Stay", "Rihanna, Mikky Ekko", "Unapologetic", 240, NULL, 2, {
        { "The Kid LAROI, Justin Bieber - STAY (Official Video)", "TheKidLAROIVEVO", 158 },
        { "Zedd, Alessia Cara - Stay", "ZEDDVEVO", 210 },
        { "Rihanna - Stay ft. Mikky Ekko", "RihannaVEVO", 244 } } },
    { "Love Story (Taylor’s Version)", "Taylor Swift", "Fearless (Taylor's Version)", 235, NULL, 1, {
        { "Taylor Swift - Love Story", "TaylorSwiftVEVO", 236 },
        { "Taylor Swift - Love Story (Taylor’s Version) [Official Lyric Video]", "Taylor Swift", 236 } } },
    { "Love Story", "Taylor Swift", "Fearless", 235, NULL, 0, {
        { "Taylor Swift - Love Story", "TaylorSwiftVEVO", 236 },
        { "Taylor Swift - Love Story (Taylor’s Version) [Official Lyric Video]", "Taylor Swift", 236 } } },
    { "Everlong - Acoustic Version", "Foo Fighters", "Greatest Hits", 251, NULL, 1, {
        { "Foo Fighters - Everlong (Official HD Video)", "foofightersVEVO", 250 },
        { "Foo Fighters - Everlong (Acoustic)", "foofightersVEVO", 251 },
        { "Foo Fighters Everlong acoustic cover", "somebody", 252 } } },
    { "Porcelain - Torsten Stenzel Remix", "Moby", "Reprise", 400, NULL, 1, {
        { "Moby - Porcelain (Official Video)", "Moby", 215 },
        { "Moby - Porcelain (Torsten Stenzel Remix)", "x", 401 },
        { "Moby - Porcelain (Clubbed To Death Variation Remix)", "y", 399 } } },
    { "Alive - Live", "Pearl Jam", "MTV Unplugged", 300, NULL, 0, {
        { "Pearl Jam - Alive (MTV Unplugged)", "PearlJamVEVO", 300 },
        { "Pearl Jam - Alive (Official Video)", "PearlJamVEVO", 341 } } },
    { "Live and Let Die", "Wings", "Wingspan", 192, NULL, 0, {
        { "Paul McCartney & Wings - Live And Let Die", "x", 193 },
        { "Live And Let Die (Live)", "Paul McCartney & Wings", 200 },
        { "Guns N' Roses - Live And Let Die", "GunsNRosesVEVO", 184 } } },
    { "Sweet Child O' Mine", "Guns N' Roses", "Appetite For Destruction", 356, NULL, 2, {
        { "Guns N' Roses - Sweet Child O' Mine (Official Music Video)", "Guns N' Roses", 303 },
        { "Guns and Roses Sweet Child of Mine", "rock radio", 356 },
        { "Sweet Child O' Mine", "Guns N' Roses - Topic", 356 } } },
    { "(I Can't Get No) Satisfaction - Mono Version", "The Rolling Stones", "Out Of Our Heads", 222, NULL, 0, {
        { "The Rolling Stones - (I Can't Get No) Satisfaction (Official Lyric Video)", "ABKCOVEVO", 225 },
        { "Satisfaction - Benny Benassi", "Ministry of Sound", 220 } } },
    { "P.I.M.P.", "50 Cent", "Get Rich or Die Tryin'", 249, NULL, 1, {
        { "50 Cent - P.I.M.P. (Snoop Dogg Remix) ft. Snoop Dogg, G-Unit", "50CentVEVO", 310 },
        { "50 Cent - P.I.M.P.", "somebody", 250 } } },
    { "7 rings", "Ariana Grande", "thank u, next", 178, NULL, 0, {
        { "Ariana Grande - 7 rings (Official Video)", "ArianaGrandeVEVO", 185 },
        { "Ariana Grande - 7 rings (Lyrics)", "7clouds", 179 } } },
    { "Old Town Road - Remix", "Lil Nas X, Billy Ray Cyrus", "7 EP", 157, NULL, 1, {
        { "Lil Nas X - Old Town Road", "x", 113 },
        { "Lil Nas X - Old Town Road (Lyrics) ft. Billy Ray Cyrus [Remix]", "y", 157 } } },
    { "Mr. Brightside", "The Killers", "Hot Fuss", 222, NULL, 0, {
        { "The Killers - Mr. Brightside (Official Music Video)", "TheKillersVEVO", 230 },
        { "Mr Brightside but it's in an empty arena", "x", 222 } } },
    { "Heart-Shaped Box", "Nirvana", "In Utero", 281, NULL, 0, {
        { "Nirvana - Heart Shaped Box (Official Music Video)", "NirvanaVEVO", 285 } } },
    { "Beyoncé Song Déjà Vu", "Beyoncé", "B'Day", 240, NULL, NONE, {
        { "Olivia Rodrigo - deja vu (Official Video)", "OliviaRodrigoVEVO", 215 } } },
    { "Déjà Vu (feat. JAY-Z)", "Beyoncé, JAY-Z", "B'Day", 240, NULL, 1, {
        { "Olivia Rodrigo - deja vu (Official Video)", "OliviaRodrigoVEVO", 239 },
        { "Beyonce - Deja Vu ft. Jay-Z", "beyonceVEVO", 245 } } },
    { "Numb", "Linkin Park", "Meteora", 185, NULL, 1, {
        { "Numb / Encore [Live] (Official Music Video) - Linkin Park & JAY-Z", "Linkin Park", 205 },
        { "Numb (Official Music Video) [4K UPGRADE] – Linkin Park", "Linkin Park", 187 },
        { "Usher - Numb", "u", 222 } } },
    { "Intro", "The xx", "xx", 127, NULL, 0, {
        { "Intro", "The xx - Topic", 128 },
        { "The xx - Intro (Long Version)", "x", 360 },
        { "Intro", "M83 - Topic", 322 } } },
    { "Iron Maiden", "Iron Maiden", "Iron Maiden", 216, NULL, 1, {
        { "Iron Maiden - The Trooper (Official Video)", "Iron Maiden", 250 },
        { "Iron Maiden - Iron Maiden", "x", 217 } } },
    { "99 Problems", "JAY-Z", "The Black Album", 234, NULL, 0, {
        { "JAY-Z - 99 Problems", "JayZVEVO", 240 },
        { "Ice-T - 99 Problems", "x", 291 } } },
    { "Another Brick in the Wall, Pt. 2", "Pink Floyd", "The Wall", 238, NULL, 3, {
        { "Pink Floyd - Another Brick in the Wall, Part 1", "Pink Floyd - Topic", 190 },
        { "Pink Floyd - Another Brick In The Wall, Part Two (Official Music Video)", "Pink Floyd", 196 },
        { "Another Brick in the Wall, Pt. 3", "Pink Floyd - Topic", 238 },
        { "Another Brick in the Wall, Pt. 2", "Pink Floyd - Topic", 239 } } },
    { "Hallelujah", "Jeff Buckley", "Grace", 413, NULL, 2, {
        { "Hallelujah", "Leonard Cohen - Topic", 278 },
        { "Pentatonix - Hallelujah (Official Video)", "PTXVEVO", 314 },
        { "Jeff Buckley - Hallelujah (Official Video)", "jeffbuckleyVEVO", 412 },
        { "Rufus Wainwright - Hallelujah", "x", 250 } } },
    { "God Is a DJ - Radio Edit", "Faithless", "Forever Faithless", 212, NULL, 0, {
        { "Faithless - God Is A DJ (Official Video)", "Faithless", 214 },
        { "Faithless - God Is A DJ (Monster Mix)", "x", 480 } } },
    { "Teardrop", "Massive Attack, Elizabeth Fraser", "Mezzanine", 330, NULL, 0, {
        { "Massive Attack - Teardrop (Official Video)", "MassiveAttackVEVO", 331 },
        { "José González - Teardrop", "x", 200 } } },
    { "Titanium (feat. Sia)", "David Guetta, Sia", "Nothing but the Beat", 245, NULL, 0, {
        { "David Guetta - Titanium ft. Sia (Official Video)", "David Guetta", 247 },
        { "Titanium (David Guetta feat. Sia) violin cover", "x", 245 },
        { "Sia - Titanium (solo piano)", "x", 244 } } },
    { "Lose Yourself - From \"8 Mile\" Soundtrack", "Eminem", "Curtain Call", 326, NULL, 0, {
        { "Eminem - Lose Yourself", "msvogue23", 322 },
        { "Eminem - Lose Yourself (Instrumental)", "x", 326 } } },
    { "My Heart Will Go On - Love Theme from \"Titanic\"", "Céline Dion", "Let's Talk About Love", 280, NULL, 0, {
        { "Céline Dion - My Heart Will Go On (Official 25th Anniversary Alternate Music Video)", "CelineDionVEVO",
          282 },
        { "My Heart Will Go On (flute cover)", "Shittyflute", 200 } } },
    { "Don't Stop Believin' (2022 Remaster)", "Journey", "Escape", 250, NULL, 0, {
        { "Journey - Don't Stop Believin' (Official Audio)", "journeyVEVO", 251 },
        { "Don't Stop Believin' - Glee Cast", "x", 230 } } },
    { "Supermassive Black Hole", "Muse", "Black Holes and Revelations", 212, NULL, 0, {
        { "MUSE - Supermassive Black Hole [Official Music Video]", "Muse", 216 },
        { "Muse - Supermassive Black Hole (bass cover with tabs)", "x", 212 } } },
    { "Clair de Lune", "Claude Debussy, Martin Jones", "Debussy: Piano Works", 300, NULL, 0, {
        { "Debussy: Clair de Lune - Martin Jones", "Nimbus", 301 },
        { "Clair de Lune Piano Tutorial", "x", 300 } } },
    /* ---- classical: numbers are what tells them apart ---- */
    { "Symphony No. 5 in C Minor, Op. 67: I. Allegro con brio", "Ludwig van Beethoven, Wiener Philharmoniker",
      "Beethoven: Symphonies Nos. 5 & 7", 443, NULL, 1, {
        { "Beethoven: Symphony No. 7 in A Major, Op. 92: I. Poco sostenuto", "Wiener Philharmoniker - Topic", 820 },
        { "Beethoven: Symphony No. 5 in C Minor, Op. 67: I. Allegro con brio", "Wiener Philharmoniker - Topic", 443 },
        { "Beethoven Symphony No. 5 (Full)", "x", 2000 } } },
    { "Cello Suite No. 1 in G Major, BWV 1007: I. Prélude", "Johann Sebastian Bach, Yo-Yo Ma", "Six Evolutions", 146,
      NULL, 0, {
        { "Yo-Yo Ma - Bach: Cello Suite No. 1 in G Major, Prélude (Official Video)", "YoYoMaVEVO", 150 },
        { "Bach: Cello Suite No. 3 in C Major, BWV 1009: I. Prélude", "Yo-Yo Ma - Topic", 160 } } },
    { "Gymnopédie No. 1", "Erik Satie, Alexandre Tharaud", "Satie", 190, NULL, 1, {
        { "Gymnopédie No. 3", "Alexandre Tharaud - Topic", 190 },
        { "Gymnopédie No. 1", "Alexandre Tharaud - Topic", 191 },
        { "Erik Satie - Gymnopédie No.1", "Kevin MacLeod", 190 } } },
    { "The Four Seasons, Violin Concerto No. 4 in F Minor, RV 297 \"Winter\": II. Largo",
      "Antonio Vivaldi, Itzhak Perlman", "Vivaldi: The Four Seasons", 140, NULL, 1, {
        { "Vivaldi: The Four Seasons, Violin Concerto No. 1 in E Major \"Spring\": II. Largo",
          "Itzhak Perlman - Topic", 150 },
        { "Vivaldi: The Four Seasons, Violin Concerto No. 4 in F Minor, RV 297 \"Winter\": II. Largo",
          "Itzhak Perlman - Topic", 141 } } },
    /* ---- other scripts ---- */
    { "夜に駆ける", "YOASOBI", "THE BOOK", 258, NULL, 0, {
        { "YOASOBI「夜に駆ける」 Official Music Video", "Ayase / YOASOBI", 262 },
        { "夜に駆ける / YOASOBI 歌ってみた【cover】", "somebody", 259 },
        { "YOASOBI - 夜に駆ける / THE FIRST TAKE", "THE FIRST TAKE", 270 },
        { "【カラオケ】夜に駆ける / YOASOBI", "カラオケ", 258 } } },
    { "Lemon", "米津玄師", "STRAY SHEEP", 255, NULL, 1, {
        { "Lemon - U2", "U2", 400 },
        { "米津玄師  MV「Lemon」", "Kenshi Yonezu  米津玄師", 275 },
        { "【ピアノ】Lemon / 米津玄師", "piano", 256 } } },
    { "残響散歌", "Aimer", "残響散歌", 184, NULL, 0, {
        { "Aimer『残響散歌』MUSIC VIDEO（テレビアニメ「鬼滅の刃」遊郭編オープニングテーマ）", "Aimer Official", 190 },
        { "残響散歌 - 弾いてみた", "x", 184 } } },
    { "ポリリズム", "Perfume", "GAME", 250, NULL, 0, {
        { "[Official Music Video] Perfume「ポリリズム」", "Perfume Official", 255 },
        { "Ｐｅｒｆｕｍｅ　ﾎﾟﾘﾘｽﾞﾑ　踊ってみた", "x", 250 } } },
    { "Группа крови", "Кино", "Группа крови", 286, NULL, 1, {
        { "Группа крови (кавер на гитаре)", "x", 280 },
        { "КИНО - Группа крови", "Moroz Records", 287 },
        { "Metallica - Группа крови (Live in Moscow)", "y", 290 } } },
    { "Ёлка", "Елка", "Прованс", 230, NULL, NONE, {
        { "Елка - Прованс", "Velvet Music", 240 } } },
    { "Прованс", "Ёлка", "Точки расставлены", 235, NULL, 0, {
        { "Елка - Прованс (Официальный клип)", "Velvet Music", 240 },
        { "Прованс караоке", "x", 235 } } },
    { "밤편지", "아이유", "Palette", 253, NULL, 2, {
        { "[MV] IU(아이유) _ Through the Night(밤편지)", "1theK (원더케이)", 300 },
        { "밤편지", "IU - Topic", 254 },
        { "아이유 - 밤편지 [가사]", "lyrics", 253 } } },
    { "Dynamite", "BTS", "BE", 199, NULL, 1, {
        { "Taio Cruz - Dynamite (Official UK Version)", "TaioCruzVEVO", 203 },
        { "BTS (방탄소년단) 'Dynamite' Official MV", "HYBE LABELS", 224 },
        { "BTS 'Dynamite' dance practice", "BANGTANTV", 199 } } },
    { "نسم علينا الهوى", "فيروز", "", 215, NULL, 0, {
        { "فيروز - نسّم علينا الهوى", "x", 216 },
        { "نسم علينا الهوى - كاريوكي", "y", 215 } } },
    { "تملي معاك", "عمرو دياب", "تملي معاك", 270, NULL, 1, {
        { "تملي معاك عمرو دياب حفلة", "x", 320 },
        { "عمرو دياب - تملي معاك (فيديو كليب)", "Amr Diab", 272 } } },
    { "तुम ही हो", "अरिजीत सिंह", "Aashiqui 2", 262, NULL, 0, {
        { "अरिजीत सिंह - तुम ही हो | Aashiqui 2", "T-Series", 262 },
        { "तुम ही हो पियानो", "x", 200 } } },
    { "晴天", "周杰倫", "葉惠美", 269, NULL, 0, {
        { "周杰倫 Jay Chou【晴天 Sunny Day】-Official Music Video", "周杰倫 Jay Chou", 270 },
        { "晴天 (钢琴版)", "x", 269 },
        { "周杰倫 - 晴天 翻唱", "y", 268 } } },
    { "Svefn-g-englar", "Sigur Rós", "Ágætis byrjun", 604, NULL, 0, {
        { "Sigur Ros - Svefn-g-englar", "x", 603 }, { "Sigur Rós - Hoppípolla", "Sigur Rós", 270 } } },
    /* ---- none of them is it ---- */
    { "One More Time", "Daft Punk", "Discovery", 320, NULL, NONE, {
        { "Daft Punk - One More Time (Live 2007)", "somebody", 321 },
        { "Daft Punk - One More Time (Karaoke)", "Sing King", 320 },
        { "Britney Spears - ...Baby One More Time", "BritneySpearsVEVO", 211 },
        { "Daft Punk - One More Time (Nightcore)", "n", 320 },
        { "One More Time", "Joe Jackson - Topic", 200 } } },
    { "Yesterday", "The Beatles", "Help!", 125, NULL, NONE, {
        { "Yesterday (Beatles cover)", "Boyz II Men", 126 },
        { "Yesterday - The Beatles - fingerstyle guitar", "x", 125 },
        { "The Beatles - Help!", "The Beatles", 140 },
        { "Yesterday", "Leona Lewis - Topic", 125 },
        { "The Beatles - Yesterday reaction", "reactor", 600 } } },
    { "Stairway to Heaven", "Led Zeppelin", "IV", 482, NULL, NONE, {
        { "Stairway to Heaven Led Zeppelin Lyrics", "x", 3600 },
        { "Heart - Stairway to Heaven (Live at Kennedy Center Honors)", "x", 420 },
        { "Led Zeppelin - Stairway To Heaven (Live at Earls Court 1975)", "Led Zeppelin", 660 },
        { "Stairway to Heaven", "Rodrigo y Gabriela", 300 },
        { "How to play Stairway to Heaven", "y", 1200 } } },
    { "Halo", "Beyoncé", "I AM...SASHA FIERCE", 261, NULL, NONE, {
        { "Halo Theme (main menu)", "Bungie", 261 }, { "Depeche Mode - Halo", "x", 270 },
        { "Halo - Beyoncé (sped up)", "y", 220 }, { "Halo (Beyonce) choir cover", "z", 261 } } },
    { "Obscure Song", "Unknown Band", "", 200, NULL, NONE, {
        { "Obscure Songs You Should Hear", "Lists", 200 }, { "Unknown Band - Other Song", "Unknown Band", 200 },
        { "Unknown Song", "Obscure Band", 200 } } },
    { "Thriller", "Michael Jackson", "Thriller", 357, NULL, NONE, {
        { "Michael Jackson - Billie Jean (Official Video)", "Michael Jackson", 357 },
        { "Michael Jackson - Thriller (full album)", "x", 2540 },
        { "Thriller (8 bit)", "8bit Universe", 357 }, { "Fall Out Boy - Thriller", "FOB", 210 } } },
    { "Symphony No. 9 in D Minor, Op. 125: IV. Presto", "Ludwig van Beethoven", "", 1440, NULL, NONE, {
        { "Beethoven: Symphony No. 6 in F Major, Op. 68: IV. Allegro", "Orchestra", 1440 },
        { "Mahler: Symphony No. 9 in D Major: IV. Adagio", "x", 1440 } } },
    { "紅蓮華", "LiSA", "LEO-NiNE", 238, NULL, NONE, {
        { "紅蓮華 歌ってみた", "x", 238 }, { "LiSA - 炎", "LiSA", 275 }, { "紅蓮華 ピアノ", "p", 238 } } },
    { "Radio", "Rammstein", "", 277, NULL, NONE, {
        { "Rammstein Radio 24/7 live", "radio", -277 }, { "Rammstein - Deutschland", "Rammstein", 277 } } },
    { "lofi hip hop radio", "Lofi Girl", "", 0, NULL, NONE, {
        { "lofi hip hop radio - beats to relax/study to", "Lofi Girl", -1 } } },
    /* ---- nobody knows how long it is ---- */
    { "Karma Police", "Radiohead", "OK Computer", 0, NULL, 0, {
        { "Radiohead - Karma Police", "Radiohead", 265 }, { "Karma Police (cover)", "x", 260 } } },
    { "Creep", "Radiohead", "Pablo Honey", 0, NULL, 1, {
        { "Creep - TLC", "TLCVEVO", 270 }, { "Radiohead - Creep", "Radiohead", 237 },
        { "Radiohead - Creep (Acoustic)", "Radiohead", 259 } } },
    /* ---- only a title ---- */
    { "Svefn-g-englar", "", "", 0, NULL, 1, {
        { "Sigur Rós - Svefn-g-englar", "Sigur Rós", 600 }, { "Svefn-g-englar", "Sigur Rós - Topic", 604 },
        { "Sigur Rós - Hoppípolla", "Sigur Rós", 270 } } },
    { "Hello", "", "", 0, NULL, NONE, {
        { "Adele - Hello", "AdeleVEVO", 367 }, { "Lionel Richie - Hello", "LionelRichieVEVO", 330 } } },
    { "Hello", "", "", 295, NULL, 0, {
        { "Adele - Hello", "AdeleVEVO", 296 }, { "Lionel Richie - Hello", "LionelRichieVEVO", 330 } } },
    { "Something Nobody Sang", "", "", 200, NULL, NONE, { { "Something Else", "Somebody", 200 } } },
    /* ---- words in any order ---- */
    { "", "", "", 0, "daft punk one more time", 0, {
        { "Daft Punk - One More Time (Official Video)", "Daft Punk", 323 },
        { "Daft Punk - One More Time (Live 2007)", "x", 321 }, { "Daft Punk - Around the World", "Daft Punk", 430 } } },
    { "", "", "", 0, "one more time daft punk", 1, {
        { "One More Time (Piano Cover)", "Daft Punk Covers", 321 }, { "One More Time", "Daft Punk - Topic", 321 } } },
    { "", "", "", 0, "one more time daft punk live", 1, {
        { "One More Time", "Daft Punk - Topic", 321 }, { "Daft Punk - One More Time (Live 2007)", "x", 321 } } },
    { "", "", "", 0, "bohemian rapsody queen", 0, {
        { "Queen – Bohemian Rhapsody (Official Video Remastered)", "Queen Official", 360 },
        { "Queen - We Will Rock You", "Queen Official", 134 } } },
    { "", "", "", 0, "米津玄師 lemon", 0, {
        { "米津玄師  MV「Lemon」", "Kenshi Yonezu  米津玄師", 275 }, { "Lemon Tree - Fools Garden", "x", 190 } } },
    { "", "", "", 0, "Teardrop", 0, {
        { "Massive Attack - Teardrop", "Massive Attack", 331 }, { "Tear Drops - Somebody", "x", 200 } } },
    { "", "", "", 0, "Teardrip", NONE, { { "Massive Attack - Teardrop", "Massive Attack", 331 } } },
    { "", "", "", 0, "unknown words never sung", NONE, {
        { "Never Gonna Give You Up", "Rick Astley", 213 }, { "Words - Boyzone", "x", 240 },
        { "The Unknown", "Jon Bryant", 200 } } },
    { "", "", "", 0, "moby porcelain torsten stenzel remix", 1, {
        { "Moby - Porcelain (Official Video)", "Moby", 215 }, { "Moby - Porcelain (Torsten Stenzel Remix)", "x", 401
          } } },
    { "", "", "", 0, "rick astley never gonna give you up", 0, {
        { "Rick Astley - Never Gonna Give You Up (Official Video) (4K Remaster)", "Rick Astley", 213 },
        { "Never Gonna Give You Up 10 hours", "x", 36000 } } },
    /* ---- written after the weights were set: 23 of these 26 were right at once ---- */
    { "Feeling Good", "Nina Simone", "I Put A Spell On You", 177, NULL, 1, {
        { "Muse - Feeling Good (Official Video)", "Muse", 200 }, { "Nina Simone - Feeling Good (Official Audio)",
          "x", 178 },
        { "Michael Bublé - Feeling Good", "michaelbuble", 240 },
        { "Nina Simone - Feeling Good (Avicii Remix)", "y", 180 } } },
    { "I Will Always Love You", "Whitney Houston", "The Bodyguard", 271, NULL, 2, {
        { "Dolly Parton - I Will Always Love You", "Dolly Parton", 175 },
        { "Whitney Houston - I Will Always Love You LIVE 1999", "x", 280 },
        { "Whitney Houston - I Will Always Love You (Official 4K Video)", "whitneyhoustonVEVO", 275 } } },
    { "Somebody That I Used To Know", "Gotye, Kimbra", "Making Mirrors", 244, NULL, 0, {
        { "Gotye - Somebody That I Used To Know (feat. Kimbra) [Official Music Video]", "gotyemusic", 245 },
        { "Somebody That I Used to Know - Walk off the Earth (Gotye - Cover)", "Walk off the Earth", 265 } } },
    { "Zombie", "The Cranberries", "No Need To Argue", 306, NULL, 0, {
        { "The Cranberries - Zombie (Official Music Video)", "TheCranberriesVEVO", 307 },
        { "Bad Wolves - Zombie (Official Video)", "BadWolvesVEVO", 255 },
        { "Zombie - The Cranberries | guitar tutorial", "x", 400 } } },
    { "The Sound of Silence - Electric Version", "Simon & Garfunkel", "Sounds Of Silence", 185, NULL, 1, {
        { "Disturbed - The Sound Of Silence (Official Music Video)", "Disturbed", 255 },
        { "Simon & Garfunkel - The Sound of Silence (Audio)", "SimonGarfunkelVEVO", 184 } } },
    { "Sandstorm - Original Mix", "Darude", "Before The Storm", 223, NULL, 0, {
        { "Darude - Sandstorm", "Darude", 226 }, { "Sandstorm 10 hours", "x", 36000 },
        { "Darude - Sandstorm (extended mix)", "y", 443 } } },
    { "bad guy", "Billie Eilish", "WHEN WE ALL FALL ASLEEP", 194, NULL, 0, {
        { "Billie Eilish - bad guy (Official Music Video)", "BillieEilishVEVO", 205 },
        { "Billie Eilish, Justin Bieber - bad guy (Lyrics)", "x", 195 },
        { "bad guy (slowed)", "y", 220 } } },
    { "Running Up That Hill (A Deal With God)", "Kate Bush", "Hounds of Love", 300, NULL, 0, {
        { "Kate Bush - Running Up That Hill - Official Music Video", "KateBushMusic", 296 },
        { "Placebo - Running Up That Hill", "x", 300 },
        { "Running Up That Hill (Totem Remix) Stranger Things", "y", 290 } } },
    { "Despacito", "Luis Fonsi, Daddy Yankee", "VIDA", 229, NULL, 2, {
        { "Luis Fonsi, Daddy Yankee ft. Justin Bieber - Despacito (Remix)", "x", 229 },
        { "Luis Fonsi - Despacito ft. Daddy Yankee", "LuisFonsiVEVO", 282 },
        { "Despacito", "Luis Fonsi - Topic", 228 } } },
    { "Ne me quitte pas", "Jacques Brel", "Infiniment", 227, NULL, 1, {
        { "Nina Simone - Ne me quitte pas", "x", 215 }, { "Jacques Brel - Ne me quitte pas", "y", 230 },
        { "Ne me quitte pas (Jacques Brel) - paroles", "z", 229 } } },
    { "Gangnam Style (강남스타일)", "PSY", "PSY 6", 219, NULL, 1, {
        { "PSY - GANGNAM STYLE(강남스타일) M/V", "officialpsy", 253 },
        { "PSY - Gangnam Style (Official Audio)", "x", 220 },
        { "Gangnam Style parody", "y", 220 } } },
    { "Nothing Else Matters", "Metallica", "Metallica", 388, NULL, 0, {
        { "Metallica: Nothing Else Matters (Official Music Video)", "Metallica", 385 },
        { "Apocalyptica - Nothing Else Matters", "Apocalyptica", 285 },
        { "Metallica & San Francisco Symphony - Nothing Else Matters (Live)", "Metallica", 390 } } },
    { "In the End", "Linkin Park", "Hybrid Theory", 216, NULL, 1, {
        { "In The End (Mellen Gi & Tommee Profitt Remix)", "x", 217 },
        { "In The End [Official HD Music Video] - Linkin Park", "Linkin Park", 218 },
        { "Linkin Park - In The End (Demo)", "y", 215 } } },
    { "Moonlight Sonata: I. Adagio sostenuto", "Ludwig van Beethoven, Daniel Barenboim", "", 360, NULL, NONE, {
        { "Beethoven - Moonlight Sonata (1st Movement) 1 HOUR", "x", 3600 },
        { "Beethoven: Moonlight Sonata: III. Presto agitato", "Daniel Barenboim - Topic", 430 } } },
    { "Sans contrefaçon", "Mylène Farmer", "Ainsi soit je...", 246, NULL, 0, {
        { "Mylène Farmer - Sans contrefaçon (Clip Officiel HD)", "Mylène Farmer", 250 } } },
    { "Polyushko Polye", "Origa", "", 200, NULL, NONE, {
        { "Полюшко-поле", "Red Army Choir", 200 }, { "Origa - Inner Universe", "x", 290 } } },
    { "Кукушка", "Полина Гагарина", "Битва за Севастополь", 277, NULL, 1, {
        { "Кино - Кукушка", "Кино", 400 },
        { "Полина Гагарина - Кукушка (OST Битва за Севастополь)", "Velvet Music", 280 },
        { "Кукушка - кавер", "x", 277 } } },
    { "ドライフラワー", "優里", "壱", 285, NULL, 0, {
        { "優里『ドライフラワー』Official Music Video -ディレクターズカットver.-", "優里ちゃんねる【公式】", 290 },
        { "ドライフラワー / 優里（Cover）", "x", 285 } } },
    { "First Love", "宇多田ヒカル", "First Love", 258, NULL, 0, {
        { "宇多田ヒカル - First Love", "Hikaru Utada", 270 }, { "First Love - Joji cover", "x", 258 } } },
    { "Ditto", "NewJeans", "NewJeans 'OMG'", 186, NULL, 1, {
        { "NewJeans (뉴진스) 'Ditto' Performance Video", "HYBE LABELS", 188 },
        { "Ditto", "NewJeans - Topic", 186 } } },
    { "Jingle Bells", "Frank Sinatra", "A Jolly Christmas", 120, NULL, NONE, {
        { "Jingle Bells", "Michael Bublé - Topic", 120 }, { "Jingle Bells | Kids Songs", "Super Simple Songs", 121 }
          } },
    { "Africa", "TOTO", "Toto IV", 295, NULL, 0, {
        { "Toto - Africa (Official HD Video)", "TotoVEVO", 274 }, { "Weezer - Africa", "WeezerVEVO", 240 },
        { "Toto - Africa (but you're in an empty mall)", "x", 295 } } },
    { "Lovely Day", "Bill Withers", "Menagerie", 254, NULL, 0, {
        { "Bill Withers - Lovely Day (Official Audio)", "BillWithersVEVO", 255 },
        { "Lovely Day (Bill Withers) - Alt-J", "x", 250 } } },
    { "", "", "", 0, "nina simone feeling good", 1, {
        { "Feeling Good - Muse", "Muse", 200 }, { "Nina Simone - Feeling Good (Official Audio)", "x", 178 } } },
    { "", "", "", 0, "кино группа крови", 0, {
        { "КИНО - Группа крови", "Moroz Records", 287 }, { "Группа крови кавер", "x", 280 } } },
    { "", "", "", 0, "beethoven symphony 5", 1, {
        { "Beethoven Symphony No. 7 - II. Allegretto", "x", 500 }, { "Beethoven - Symphony No. 5", "y", 2000 } } },
};

static void put(struct candidate *c, const struct result *r, int rank)
{
    memset(c, 0, sizeof *c);
    snprintf(c->id, sizeof c->id, "id%d", rank);
    snprintf(c->title, sizeof c->title, "%s", r->title);
    snprintf(c->channel, sizeof c->channel, "%s", r->channel);
    c->duration_ms = r->seconds > 0 ? r->seconds * 1000 : -1;
    c->view_count = -1;
    c->is_live = r->seconds < 0;
    c->rank = rank;
}

/* The results of a case, and the first ones of cases further down: other songs, as searches bring along. */
static int page_of(struct candidate *list, size_t which)
{
    const struct example *x = &examples[which];
    int count = 0;

    for (; count < OWN && x->results[count].title; count++)
        put(&list[count], &x->results[count], count + 1);
    for (size_t i = which + 7; count < ALL; i += 5) {
        const struct example *other = &examples[i % LENGTH(examples)];
        if (strcmp(other->title, x->title) == 0 || strcmp(other->artist, x->artist) == 0)
            continue;
        put(&list[count], &other->results[0], count + 1);
        count++;
    }
    return count;
}

static void want(struct wanted *w, const struct example *x)
{
    memset(w, 0, sizeof *w);
    snprintf(w->title, sizeof w->title, "%s", x->title);
    snprintf(w->artist, sizeof w->artist, "%s", x->artist);
    snprintf(w->first_artist, sizeof w->first_artist, "%.*s", (int)strcspn(x->artist, ","), x->artist);
    snprintf(w->album, sizeof w->album, "%s", x->album);
    snprintf(w->query, sizeof w->query, "%s", x->query ? x->query : "");
    snprintf(w->source, sizeof w->source, "%s", x->query ? "search" : "spotify");
    w->duration_ms = x->seconds ? x->seconds * 1000 : -1;
}

static void show(const struct candidate *c, const struct match_parts *p)
{
    print_message("    %3d = title %d + artist %d + duration %d + channel %d - %d   \"%s\" by %s, %d s\n", p->score,
        p->title,
                  p->artist, p->duration, p->channel, p->penalty, c->title, c->channel, (int)(c->duration_ms / 1000));
}

TEST(the_right_one_is_found_and_no_other)
{
    static struct candidate list[ALL];
    static struct wanted w;
    struct match m;
    int wrong = 0, none = 0, closest = 100;

    for (size_t i = 0; i < LENGTH(examples); i++) {
        const struct example *x = &examples[i];
        const int count = page_of(list, i);
        want(&w, x);
        const int best = match_best(&w, list, (size_t)count, MATCH_THRESHOLD, &m);
        none += x->right == NONE;
        if (x->right != NONE && best == x->right && m.score - MATCH_THRESHOLD < closest)
            closest = m.score - MATCH_THRESHOLD;
        const bool verbose = getenv("DUBPLATE_TEST_MATCHES") != NULL;
        if (best == x->right && !verbose)
            continue;
        wrong += best != x->right;
        print_message("%s\"%s\" by %s, %d s%s%s: %d, not %d\n", best == x->right ? "" : "WRONG ", x->title,
            x->artist, x->seconds,
                      x->query ? ", " : "", x->query ? x->query : "", best, x->right);
        for (int k = 0; k < count; k++)
            if (k < OWN || m.parts[k].score >= 50)
                show(&list[k], &m.parts[k]);
    }
    print_message("%d of %d right (%d of them without a right one); the closest at %d over the threshold\n",
                  (int)LENGTH(examples) - wrong, (int)LENGTH(examples), none, closest);
    assert_int_equal(wrong, 0);
    assert_true(LENGTH(examples) >= 60);
}

static struct candidate result(const char *title, const char *channel, int seconds, int rank)
{
    struct candidate c;
    put(&c, &(struct result){ title, channel, seconds }, rank);
    return c;
}

static struct wanted song(const char *title, const char *artist, int seconds)
{
    struct wanted w;
    want(&w, &(struct example){ .title = title, .artist = artist, .album = "", .seconds = seconds });
    return w;
}

TEST(points_say_why)
{
    const struct wanted w = song("One More Time", "Daft Punk", 320);
    struct candidate c = result("One More Time", "Daft Punk - Topic", 320, 1);
    struct match_parts p;

    assert_int_equal(match_score(&w, &c, &p), 100);
    assert_int_equal(p.title + p.artist + p.duration + p.channel - p.penalty, p.score);
    assert_int_equal(match_score(&w, &c, NULL), 100);
    c = result("Daft Punk - One More Time (Live)", "x", 320, 1);
    match_score(&w, &c, &p);
    assert_true(p.title == 40 && p.artist == 28 && p.penalty > 20 && p.score < MATCH_THRESHOLD);
    c = result("Daft Punk - Around the World", "Daft Punk - Topic", 320, 1);
    match_score(&w, &c, &p);
    assert_true(p.title == 0 && p.artist == 28 && p.channel == 10 && p.score < MATCH_THRESHOLD);
    c = result("One More Time", "Joe Jackson - Topic", 320, 1);
    match_score(&w, &c, &p);
    assert_true(p.title == 40 && p.artist == 0 && p.channel == 0 && p.score < MATCH_THRESHOLD);
}

TEST(time_counts_in_full_to_two_seconds_and_not_at_all_from_fifteen)
{
    struct wanted w = song("One More Time", "Daft Punk", 320);
    struct match_parts p;
    int last = 100;

    for (int apart = 0; apart < 60; apart++) {
        const struct candidate c = result("Daft Punk - One More Time", "x", 320 + apart, 1);
        const int score = match_score(&w, &c, &p);
        check(score <= last, "%d s apart: %d after %d", apart, score, last);
        check(p.duration == (apart <= 2 ? 22 : apart >= 15 ? 0 : p.duration), "%d s apart: %d", apart, p.duration);
        check(p.penalty == (apart > 30 ? 30 : 0), "%d s apart: -%d", apart, p.penalty);
        last = score;
    }
    w.duration_ms = -1;
    const struct candidate c = result("Daft Punk - One More Time", "x", 500, 1);
    assert_in_range(match_score(&w, &c, &p), MATCH_THRESHOLD, 100);
    assert_int_equal(p.duration, 0);
}

TEST(of_equals_the_first_result_wins_and_what_is_live_never)
{
    const struct wanted w = song("One More Time", "Daft Punk", 320);
    struct candidate list[3] = { result("One More Time", "Daft Punk - Topic", 320, 3),
                                 result("One More Time", "Daft Punk - Topic", 320, 1),
                                 result("One More Time", "Daft Punk - Topic", 320, 2) };
    struct match m;

    assert_int_equal(match_best(&w, list, 3, MATCH_THRESHOLD, &m), 1);
    list[1].is_live = true;
    assert_int_equal(match_best(&w, list, 3, MATCH_THRESHOLD, &m), 2);
    assert_int_equal(m.parts[1].score, 0);
    assert_int_equal(match_best(&w, list, 3, 101, &m), -1);
    assert_int_equal(m.score, 100);
    assert_int_equal(match_best(&w, list, 0, 0, &m), -1);
}

TEST(a_title_alone_never_passes_by_itself)
{
    static const char *const titles[] = { "Hello", "Hello (Official Audio)", "hello!", "Adele - Hello" };
    const struct wanted w = song("Hello", "", 295), nobody = song("Hello", "Various Artists", 295);

    for (size_t i = 0; i < LENGTH(titles); i++) {
        const struct candidate c = result(titles[i], "Adele - Topic", 295, 1);
        check(match_score(&w, &c, NULL) < MATCH_THRESHOLD, "%s", titles[i]);
        check(match_score(&nobody, &c, NULL) < MATCH_THRESHOLD, "%s", titles[i]);
    }
}

/* Each of these words makes it something else, wherever it stands. */
TEST(words_for_other_recordings_count_in_every_place)
{
    static const char *const words[] = {
        "live", "cover", "karaoke", "instrumental", "remix", "nightcore", "sped up", "slowed", "reverb", "8d audio",
        "reaction", "tutorial", "lesson", "piano version", "acoustic", "demo", "1 hour", "10 hours", "loop", "parody",
        "teaser", "trailer", "#shorts", "кавер", "караоке", "歌ってみた", "カラオケ", "커버", "翻唱", "كاريوكي", "en vivo",
        "ao vivo", "music box", "full album", "mashup", "bass boosted", "in the style of",
    };
    static const char *const forms[] = { "Daft Punk - One More Time (%s)", "Daft Punk - One More Time %s",
                                         "Daft Punk - One More Time | %s", "[%s] Daft Punk - One More Time",
                                         "One More Time - Daft Punk - %s" };
    const struct wanted w = song("One More Time", "Daft Punk", 320);
    char title[200];

    for (size_t i = 0; i < LENGTH(words); i++)
        for (size_t k = 0; k < LENGTH(forms); k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(title, sizeof title, forms[k], words[i]);
#pragma GCC diagnostic pop
            const struct candidate c = result(title, "somebody", 320, 1);
            check(match_score(&w, &c, NULL) < MATCH_THRESHOLD, "%s: %d", title, match_score(&w, &c, NULL));
        }
}

TEST(more_candidates_than_fit_are_not_looked_at)
{
    static struct candidate list[MATCH_CANDIDATES + 5];
    const struct wanted w = song("One More Time", "Daft Punk", 320);
    struct match m;

    for (int i = 0; i < MATCH_CANDIDATES + 5; i++)
        list[i] = result(i >= MATCH_CANDIDATES ? "One More Time" : "Something", "Daft Punk - Topic", 320, i + 1);
    assert_int_equal(match_best(&w, list, MATCH_CANDIDATES + 5, MATCH_THRESHOLD, &m), -1);
}

TEST(random_text_gives_sane_points)
{
    static const char *const pieces[] = {
        "(", ")", "[", "「", "」", "\"", " ", " ", " - ", " | ", ", ", "&", "Daft", "Punk", "One", "More", "Time", "live",
        "remix", "feat.", "1 hour", "夜に駆ける", "ไทย", "\xff", "\xe3\x80", "No. 5", "II", "#shorts", "é", "Topic", "VEVO",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    const unsigned seed = 23;
    static struct candidate list[5];
    static struct wanted w;
    struct match m;

    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 1500; i++) {
        char *const texts[] = { w.title, w.artist, w.query, w.album, list[0].title, list[0].channel, list[1].title,
                                list[1].channel };
        const size_t sizes[] = { sizeof w.title, sizeof w.artist, sizeof w.query, sizeof w.album, sizeof list[0].title,
                                 sizeof list[0].channel, sizeof list[0].title, sizeof list[0].channel };
        for (size_t t = 0; t < LENGTH(texts); t++) {
            *texts[t] = '\0';
            for (int k = rand() % (i % 100 == 0 ? 200 : 8); k > 0; k--) {
                const size_t used = strlen(texts[t]);
                snprintf(texts[t] + used, sizes[t] - used, "%s", pieces[(size_t)rand() % LENGTH(pieces)]);
            }
        }
        if (i % 5 == 0)
            *w.title = '\0';
        w.duration_ms = rand() % 3 ? rand() % 400000 : i % 7 ? -1 : INT64_MAX;
        list[0].duration_ms = rand() % 3 ? rand() % 400000 : i % 11 ? -1 : INT64_MAX;
        const int best = match_best(&w, list, 2, MATCH_THRESHOLD, &m);
        check(best >= -1 && best < 2, "%d", best);
        for (int k = 0; k < 2; k++)
            check(m.parts[k].score >= 0 && m.parts[k].score <= 100 && m.parts[k].penalty >= 0, "%s", list[k].title);
    }
}

TEST(words_are_found_as_words_and_numbers_as_they_are)
{
    static struct words a, b;

    words_read(&a, "symphony no 5 in c minor");
    words_read(&b, "symphony no 7 in c minor");
    assert_true(words_numbers_differ(&a, &b));
    words_read(&b, "symphony no 5 in c minor 1984");
    assert_false(words_numbers_differ(&a, &b));
    words_read(&a, "heart shaped box");
    words_read(&b, "heartshaped box");
    assert_true(words_alike(&a, &b, NULL) > 0.99);
    words_read(&b, "heart shapd box");
    assert_true(words_alike(&a, &b, NULL) > 0.9);
    words_read(&b, "");
    assert_true(words_alike(&a, &b, NULL) == 0);
    assert_true(words_phrase("long live the queen", "live"));
    assert_false(words_phrase("olive tree", "live"));
    assert_false(words_phrase("oliver lived", "live"));
    assert_true(words_phrase("夜に駆ける歌ってみた", "歌ってみた"));
    assert_false(words_phrase("x", ""));
}

UNIT_MAIN(UNIT(the_right_one_is_found_and_no_other), UNIT(points_say_why),
          UNIT(time_counts_in_full_to_two_seconds_and_not_at_all_from_fifteen),
          UNIT(of_equals_the_first_result_wins_and_what_is_live_never), UNIT(a_title_alone_never_passes_by_itself),
          UNIT(words_for_other_recordings_count_in_every_place), UNIT(more_candidates_than_fit_are_not_looked_at),
          UNIT(random_text_gives_sane_points), UNIT(words_are_found_as_words_and_numbers_as_they_are))
