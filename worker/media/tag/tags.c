#include "tag/tags.h"

#include <math.h>
#include <stdio.h>

#define AT(kind, member) TAG_##kind, offsetof(struct tags, member)

/* The source's address is "purl" everywhere, where yt-dlp puts it. */
const struct tag_name tag_names[] = {
    { AT(TEXT, title),          "TIT2", "TITLE",       "\251nam", "INAM" },
    { AT(TEXT, artist),         "TPE1", "ARTIST",      "\251ART", "IART" },
    { AT(TEXT, album),          "TALB", "ALBUM",       "\251alb", "IPRD" },
    { AT(TEXT, album_artist),   "TPE2", "ALBUMARTIST", "aART",    NULL },
    { AT(TEXT, composer),       "TCOM", "COMPOSER",    "\251wrt", "IMUS" },
    { AT(TEXT, genre),          "TCON", "GENRE",       "\251gen", "IGNR" },
    { AT(TEXT, date),           "TDRC", "DATE",        "\251day", "ICRD" },
    { AT(TEXT, isrc),           "TSRC", "ISRC",        ":ISRC",   NULL },
    { AT(TEXT, comment),        "COMM", "COMMENT",     "\251cmt", "ICMT" },
    { AT(TEXT, source_url),     ":purl", "PURL",       ":purl",   NULL },
    { AT(COUNT, track_number),  "TRCK", "TRACKNUMBER", "trkn",    "IPRT" },
    { AT(COUNT, track_total),   NULL,   "TRACKTOTAL",  NULL,      NULL },
    { AT(COUNT, disc_number),   "TPOS", "DISCNUMBER",  "disk",    NULL },
    { AT(GAIN, track_gain_db),  ":REPLAYGAIN_TRACK_GAIN", "REPLAYGAIN_TRACK_GAIN", ":replaygain_track_gain", NULL },
    { AT(PEAK, track_peak),     ":REPLAYGAIN_TRACK_PEAK", "REPLAYGAIN_TRACK_PEAK", ":replaygain_track_peak", NULL },
    { AT(GAIN, album_gain_db),  ":REPLAYGAIN_ALBUM_GAIN", "REPLAYGAIN_ALBUM_GAIN", ":replaygain_album_gain", NULL },
    { AT(PEAK, album_peak),     ":REPLAYGAIN_ALBUM_PEAK", "REPLAYGAIN_ALBUM_PEAK", ":replaygain_album_peak", NULL },
};
const int tag_name_count = sizeof(tag_names) / sizeof(tag_names[0]);

const char *tags_value(const struct tags *tags, const struct tag_name *name, char scratch[TAG_VALUE_BYTES])
{
    const void *member = (const char *)tags + name->offset;
    const char *text;
    double number;

    switch (name->kind) {
    case TAG_TEXT:
        text = *(const char *const *)member;
        return text != NULL && text[0] != '\0' ? text : NULL;
    case TAG_COUNT:
        snprintf(scratch, TAG_VALUE_BYTES, "%d", *(const int *)member);
        return *(const int *)member > 0 ? scratch : NULL;
    case TAG_GAIN:
    case TAG_PEAK:
        number = *(const double *)member;
        snprintf(scratch, TAG_VALUE_BYTES, name->kind == TAG_GAIN ? "%.2f dB" : "%.6f", number);
        return isfinite(number) ? scratch : NULL;
    }
    return NULL;
}
