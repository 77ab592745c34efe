#include "formats.h"

#include <stddef.h>
#include <string.h>

/* What fits into nothing else is kept in Matroska. */
static const struct { const char *ending, *media_type; } rows[] = {
    { "mp3",  "audio/mpeg" },
    { "m4a",  "audio/mp4" },
    { "wav",  "audio/wav" },
    { "flac", "audio/flac" },
    { "ogg",  "audio/ogg" },
    { "opus", "audio/ogg; codecs=opus" },
    { "mka",  "audio/x-matroska" },
    { "jpg",  "image/jpeg" },
    { "png",  "image/png" },
};

const char *const formats_choices[] = { "mp3", "m4a", "wav", "flac", "ogg", "opus", "source", NULL };

const char *formats_media_type(const char *ending)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].ending, ending) == 0)
            return rows[i].media_type;
    return "application/octet-stream";
}
