/*
 * tag: fd 3, our MP3 without tags -> fd 4, the same bytes behind an ID3v2.3 header.
 *
 * Request: title, artist, album, album_artist, genre, date (YYYY or YYYY-MM-DD), track_number,
 * comment, source_url. fd 5, if open: a JPEG from `cover`, which becomes the front cover.
 *
 * libavformat's MP3 muxer writes the header; not one audio packet goes through it. The MP3 stream,
 * beginning with its LAME info frame, is copied behind it byte for byte, so delay and padding stay
 * what they were. ID3v2.3 rather than 2.4: every player and file manager reads it, in UTF-16 for
 * anything beyond Latin-1. The source URL is in TXXX:purl, where yt-dlp puts it, so ffprobe shows
 * it as "purl".
 */
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <libavformat/avformat.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

#include "fdio.h"
#include "picture.h"
#include "reply.h"
#include "request.h"

#define TEXT_BYTES_MAX 2048

struct tag_options {
    const char *title, *artist, *album, *album_artist, *genre, *date, *comment, *source_url;
    int         track_number;
};

#define TEXT(name) { #name, FIELD_TEXT, offsetof(struct tag_options, name), 0, TEXT_BYTES_MAX }

static const struct field fields[] = {
    TEXT(title),
    TEXT(artist),
    TEXT(album),
    TEXT(album_artist),
    TEXT(genre),
    TEXT(date),
    TEXT(comment),
    TEXT(source_url),
    { "track_number", FIELD_INT, offsetof(struct tag_options, track_number), 0, 9999 },
};

/* YYYY or YYYY-MM-DD; the muxer splits it into TYER and TDAT. */
static bool is_date(const char *text)
{
    static const char pattern[] = "dddd-dd-dd";
    size_t length = strlen(text);

    if (length != 4 && length != 10)
        return false;
    for (size_t i = 0; i < length; i++)
        if (pattern[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
            return false;
    return true;
}

static int check_options(const struct tag_options *o, struct fault *f)
{
    if (o->date != NULL && o->date[0] != '\0' && !is_date(o->date))
        return fault_set(f, FAULT_INPUT, "date must be YYYY or YYYY-MM-DD.");
    return 0;
}

static void set_text(AVDictionary **tags, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0')
        av_dict_set(tags, key, value, 0);
}

static void set_tags(AVDictionary **tags, const struct tag_options *o)
{
    set_text(tags, "title", o->title);
    set_text(tags, "artist", o->artist);
    set_text(tags, "album", o->album);
    set_text(tags, "album_artist", o->album_artist);
    set_text(tags, "genre", o->genre);
    set_text(tags, "date", o->date);
    set_text(tags, "comment", o->comment);
    set_text(tags, "purl", o->source_url);
    if (o->track_number > 0)
        av_dict_set_int(tags, "track", o->track_number, 0);
}

/* The muxer's stream of bytes, gathered in memory: a header is as large as its cover. */
struct header {
    AVFormatContext *format;
    uint8_t         *bytes;
    int              size;
};

static void header_free(struct header *h)
{
    uint8_t *rest;

    if (h->format != NULL && h->format->pb != NULL) {
        avio_close_dyn_buf(h->format->pb, &rest);
        av_free(rest);
    }
    avformat_free_context(h->format);
    av_freep(&h->bytes);
}

static int add_streams(AVFormatContext *format, const struct picture *cover)
{
    AVStream *audio = avformat_new_stream(format, NULL);
    AVStream *image;

    if (audio == NULL)
        return -1;
    audio->codecpar->codec_type = AVMEDIA_TYPE_AUDIO;
    audio->codecpar->codec_id = AV_CODEC_ID_MP3;
    audio->codecpar->sample_rate = 48000;       /* required by the muxer, written nowhere */
    av_channel_layout_default(&audio->codecpar->ch_layout, 2);
    if (cover == NULL)
        return 0;
    if ((image = avformat_new_stream(format, NULL)) == NULL)
        return -1;
    image->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    image->codecpar->codec_id = cover->codec;
    image->codecpar->width = cover->width;
    image->codecpar->height = cover->height;
    image->disposition = AV_DISPOSITION_ATTACHED_PIC;
    av_dict_set(&image->metadata, "comment", "Cover (front)", 0);   /* the APIC type */
    return 0;
}

/* The muxer ends the header when the picture has arrived, and would then wait for audio, which
 * never comes. */
static int write_picture(AVFormatContext *format, uint8_t *image, size_t size)
{
    AVPacket *packet = av_packet_alloc();
    int rc;

    if (packet == NULL)
        return -1;
    packet->data = image;
    packet->size = (int)size;
    packet->stream_index = 1;
    packet->flags = AV_PKT_FLAG_KEY;
    rc = av_write_frame(format, packet);
    av_packet_free(&packet);
    return rc;
}

static int make_header(struct header *h, const struct tag_options *o, const struct picture *cover,
                       uint8_t *image, size_t image_size, struct fault *f)
{
    AVDictionary *options = NULL;
    int rc = -1;

    av_dict_set_int(&options, "id3v2_version", 3, 0);
    av_dict_set_int(&options, "write_xing", 0, 0);
    if (avformat_alloc_output_context2(&h->format, NULL, "mp3", NULL) >= 0 &&
        avio_open_dyn_buf(&h->format->pb) >= 0 && add_streams(h->format, cover) == 0) {
        h->format->flags |= AVFMT_FLAG_BITEXACT;    /* no TSSE with FFmpeg's version */
        set_tags(&h->format->metadata, o);
        if (avformat_write_header(h->format, &options) >= 0 &&
            (cover == NULL || write_picture(h->format, image, image_size) >= 0)) {
            avio_flush(h->format->pb);
            h->size = avio_get_dyn_buf(h->format->pb, &h->bytes);
            h->bytes = h->size > 0 ? av_memdup(h->bytes, (size_t)h->size) : NULL;
            rc = h->bytes != NULL ? 0 : -1;
        }
    }
    av_dict_free(&options);
    return rc == 0 ? 0 : fault_set(f, FAULT_SYSTEM, "The ID3 header cannot be written.");
}

/* Ours starts with an MPEG-1 Layer III frame; a second header in front of a first would hide it. */
static int check_input(struct fault *f)
{
    uint8_t head[4] = { 0 };

    if (pread(FD_INPUT, head, sizeof(head), 0) != sizeof(head) || memcmp(head, "ID3", 3) == 0)
        return fault_set(f, FAULT_BAD_MEDIA, "The file is not an MP3 without tags.");
    return head[0] == 0xff && (head[1] & 0xfe) == 0xfa;
}

static int append_audio(int64_t at, struct fault *f)
{
    static uint8_t buffer[262144];
    int64_t size = fdio_size(FD_INPUT), done = 0;

    while (done < size) {
        ssize_t n = pread(FD_INPUT, buffer, sizeof(buffer), done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fault_set(f, FAULT_SYSTEM, "The input cannot be read to its end.");
        if (fdio_write_at(FD_OUTPUT, at + done, buffer, (size_t)n, f))
            return -1;
        done += n;
        reply_progress((double)done / (double)size);
    }
    return 0;
}

static int read_cover(struct picture *cover, uint8_t **image, size_t *size, struct fault *f)
{
    if (fdio_read_all(FD_COVER, PICTURE_BYTES_MAX, image, size, f) ||
        picture_probe(cover, *image, *size, f))
        return -1;
    if (cover->codec != AV_CODEC_ID_MJPEG)
        return fault_set(f, FAULT_BAD_MEDIA, "The cover is not a JPEG.");
    return 0;
}

int tag_run(const cJSON *request, cJSON *result, struct fault *f)
{
    struct tag_options o = { 0 };
    struct header header = { 0 };
    struct picture cover;
    uint8_t *image = NULL;
    size_t image_size = 0;
    bool with_cover = fdio_size(FD_COVER) >= 0;
    int rc = -1, is_mp3;

    if (request_parse(request, fields, sizeof(fields) / sizeof(fields[0]), &o, f) ||
        check_options(&o, f) || (is_mp3 = check_input(f)) < 0 ||
        (with_cover && read_cover(&cover, &image, &image_size, f)) ||
        (is_mp3 && make_header(&header, &o, with_cover ? &cover : NULL, image, image_size, f)))
        goto out;
    if (fdio_write_at(FD_OUTPUT, 0, header.bytes, (size_t)header.size, f) ||
        append_audio(header.size, f))
        goto out;
    reply_add_number(result, "size_bytes", (double)fdio_size(FD_OUTPUT), 0);
    rc = 0;
out:
    header_free(&header);
    av_free(image);
    return rc;
}
