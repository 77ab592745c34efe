/*
 * When two recordings are the same, and when they only look so.
 */
#include "unit.h"

#include "cache.h"

static void key_of(char out[ID_SHA256_BYTES], const char *extractor, const char *id, const char *url)
{
    struct track_info info = { 0 };

    snprintf(info.extractor, sizeof info.extractor, "%s", extractor);
    snprintf(info.source_id, sizeof info.source_id, "%s", id);
    snprintf(info.url, sizeof info.url, "%s", url);
    cache_stream_key(out, &info, "bestaudio");
}

static bool same_stream(const char *extractor, const char *id, const char *url, const char *id2, const char *url2)
{
    char one[ID_SHA256_BYTES], other[ID_SHA256_BYTES];

    key_of(one, extractor, id, url);
    key_of(other, extractor, id2, url2);
    return strcmp(one, other) == 0;
}

/* yt-dlp's embeds take their ids from the last part of the page's address: anybody's page can have it. */
TEST(an_id_that_no_platform_gave_proves_nothing)
{
    check(!same_stream("HTML5MediaEmbed", "intro-1", "https://a.example/intro", "intro-1", "https://b.example/intro"),
          "two pages are one recording");
    check(!same_stream("Generic", "jw #1", "https://a.example/jw", "jw #2", "https://a.example/jw"),
          "two recordings of a page are one");
    check(!same_stream("PeerTube", "9c9de5e8", "https://a.example/9c9de5e8", "9c9de5e8", "https://b.example/9c9de5e8"),
          "two instances are one");
    check(same_stream("Youtube", "dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ", "dQw4w9WgXcQ",
                      "https://music.youtube.com/watch?v=dQw4w9WgXcQ"), "a video is not itself");
    check(same_stream("direct", "", "https://a.example/x.mp3", "https://a.example/x.mp3", "https://a.example/x.mp3"),
          "a file is not itself");
}

UNIT_MAIN(UNIT(an_id_that_no_platform_gave_proves_nothing))
