#include "remux.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/vorbis_parser.h>
#include <libavutil/intreadwrite.h>

#include "fdio.h"
#include "muxer.h"

#define SYNC_SEARCH_BYTES 65536     /* padding between a tag and the first frame */

struct target {
    const char *codec, *format, *muxer;
};

static const struct target targets[] = {
    { "aac",       "m4a",  "ipod" },
    { "alac",      "m4a",  "ipod" },
    { "opus",      "opus", "opus" },
    { "vorbis",    "ogg",  "ogg" },
    { "flac",      "flac", "flac" },
    { "pcm_s16le", "wav",  "wav" },
    { "pcm_s24le", "wav",  "wav" },
    { "pcm_s32le", "wav",  "wav" },
    { "pcm_f32le", "wav",  "wav" },
    { "pcm_u8",    "wav",  "wav" },
};

/* For the rest: an MP4 stays one, with what it says of padding; Matroska takes everything. */
static const struct target mp4 = { NULL, "m4a", "mp4" };
static const struct target matroska = { NULL, "mka", "matroska" };

static bool is_mp3_file(const struct input_info *source)
{
    return strcmp(source->container, "mp3") == 0 && strcmp(source->codec, "mp3") == 0;
}

static const struct target *target_of(const struct input_info *source)
{
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        if (strcmp(targets[i].codec, source->codec) == 0)
            return &targets[i];
    return strcmp(source->container, "mp4") == 0 ? &mp4 : &matroska;
}

const char *remux_format(const struct input_info *source)
{
    return is_mp3_file(source) ? "mp3" : target_of(source)->format;
}

/* ---- MP3 by its bytes ---- */

static bool read_at(int fd, int64_t at, void *data, size_t size)
{
    return at >= 0 && pread(fd, data, size, at) == (ssize_t)size;
}

/* Where the first frame begins: behind any number of ID3v2 tags. */
static int64_t first_frame(int fd)
{
    uint8_t h[10], near[SYNC_SEARCH_BYTES];
    int64_t at = 0;
    ssize_t n;

    while (read_at(fd, at, h, sizeof(h)) && memcmp(h, "ID3", 3) == 0)
        at += 10 + (h[6] << 21 | h[7] << 14 | h[8] << 7 | h[9]) + (h[5] & 0x10 ? 10 : 0);
    n = pread(fd, near, sizeof(near), at);
    for (ssize_t i = 0; i + 1 < n; i++)
        if (near[i] == 0xff && (near[i + 1] & 0xe6) == 0xe2)    /* layer III, of any version */
            return at + i;
    return at;
}

/* Where the last frame ends: before an ID3v1 tag, and an APE tag before that. */
static int64_t last_frame_end(int fd)
{
    int64_t end = fdio_size(fd);
    uint8_t id3[3], ape[32];

    if (read_at(fd, end - 128, id3, sizeof(id3)) && memcmp(id3, "TAG", 3) == 0)
        end -= 128;
    if (read_at(fd, end - 32, ape, sizeof(ape)) && memcmp(ape, "APETAGEX", 8) == 0) {
        /* The size counts the footer, not the header. */
        int64_t size = (int64_t)AV_RL32(ape + 12) + (AV_RL32(ape + 20) & 0x80000000 ? 32 : 0);

        if (size < end)
            end -= size;
    }
    return end;
}

static int copy_mp3(int from, int to, struct fault *f)
{
    static struct fdio_writer writer;
    static uint8_t buffer[65536];
    int64_t at = first_frame(from), end = last_frame_end(from);

    if (fdio_writer_start(&writer, to, f))
        return -1;
    while (at < end) {
        size_t want = end - at < (int64_t)sizeof(buffer) ? (size_t)(end - at) : sizeof(buffer);
        ssize_t n = pread(from, buffer, want, at);

        if (n <= 0)
            return fault_set(f, FAULT_SYSTEM, "The input cannot be read to its end.");
        if (fdio_write(&writer, buffer, (size_t)n, f))
            return -1;
        at += n;
    }
    return fdio_flush(&writer, f);
}

/* ---- everything else by its packets ---- */

/* Counts the frames of packets whose container rounds their times. */
struct counter {
    const AVCodecParameters *audio;
    AVVorbisParseContext    *vorbis;
    int64_t                  frames;
    bool                     begun;
};

/* RFC 6716, section 3.1: how long a frame is, and how many there are. */
static int opus_frames(const AVPacket *p)
{
    static const int silk[] = { 480, 960, 1920, 2880 };
    int config, one, count;

    if (p->size < 1)
        return 0;
    config = p->data[0] >> 3;
    one = config < 12 ? silk[config & 3] : config < 16 ? 480 << (config & 1) : 120 << (config & 3);
    switch (p->data[0] & 3) {
    case 0:  count = 1; break;
    case 3:  count = p->size > 1 ? p->data[1] & 63 : 0; break;
    default: count = 2; break;
    }
    return one * count;
}

/* The frames in a packet, 0 if only its container knows. */
static int packet_frames(struct counter *c, const AVPacket *p)
{
    int n;

    switch (c->audio->codec_id) {
    case AV_CODEC_ID_OPUS:
        return opus_frames(p);
    case AV_CODEC_ID_VORBIS:
        n = c->vorbis != NULL ? av_vorbis_parse_frame(c->vorbis, p->data, p->size) : 0;
        return n > 0 ? n : 0;
    default:
        return c->audio->frame_size;
    }
}

/* What the container says is padding at the end of the packet. */
static int64_t discarded(const AVPacket *p)
{
    size_t size = 0;
    const uint8_t *skip = av_packet_get_side_data(p, AV_PKT_DATA_SKIP_SAMPLES, &size);

    return skip != NULL && size >= 8 ? AV_RL32(skip + 4) : 0;
}

/* The times of a packet by what has gone before it. False: it cannot be told. */
static bool count_packet(struct counter *c, AVPacket *p)
{
    int n = packet_frames(c, p);

    if (n == 0)
        return false;
    /* The first packet of Vorbis only prepares the second. */
    if (!c->begun && c->vorbis != NULL)
        c->frames = -n;
    c->begun = true;
    p->pts = p->dts = c->frames - c->audio->initial_padding;
    p->duration = n - discarded(p);
    c->frames += n;
    return true;
}

/* A muxer of libavformat refuses what is not as its format has to be. The disk has a fault of its own. */
static int not_copied(struct fault *f)
{
    return f->kind == FAULT_SYSTEM
               ? fault_set(f, FAULT_BAD_MEDIA, "The audio is damaged and can only be encoded, not copied.")
               : -1;
}

static int copy_packets(struct input *in, struct muxer *m, struct fault *f)
{
    const AVStream *from = input_stream(in), *to = muxer_context(m)->streams[0];
    bool rounds = strcmp(input_info(in)->container, "webm") == 0 ||
                  strcmp(input_info(in)->container, "matroska") == 0;
    struct counter counter = { .audio = from->codecpar };
    AVPacket *packet;
    int rc;

    if (from->codecpar->codec_id == AV_CODEC_ID_VORBIS)
        counter.vorbis = av_vorbis_parse_init(from->codecpar->extradata,
                                              from->codecpar->extradata_size);
    while ((rc = input_next_packet(in, &packet, f)) > 0) {
        AVRational base = from->time_base;

        if (rounds && count_packet(&counter, packet))
            base = (AVRational){ 1, from->codecpar->sample_rate };
        packet->stream_index = 0;
        packet->pos = -1;
        av_packet_rescale_ts(packet, base, to->time_base);
        if (muxer_add(m, packet, f)) {
            rc = not_copied(f);
            break;
        }
    }
    av_vorbis_parse_free(&counter.vorbis);
    return rc;
}

static int add_stream(struct muxer *m, const AVStream *from)
{
    AVStream *to = avformat_new_stream(muxer_context(m), NULL);

    if (to == NULL || avcodec_parameters_copy(to->codecpar, from->codecpar) < 0)
        return -1;
    to->codecpar->codec_tag = 0;        /* each container has its own */
    to->time_base = (AVRational){ 1, from->codecpar->sample_rate };
    return 0;
}

static int copy_stream(struct input *in, struct muxer *m, const struct target *t, struct fault *f)
{
    const AVStream *from = input_stream(in);
    char rate[16];

    if (add_stream(m, from))
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    snprintf(rate, sizeof(rate), "%d", from->codecpar->sample_rate);
    /* As in avencoder.c: or an edit list counts in milliseconds. */
    if (muxer_start(m, strcmp(t->format, "m4a") == 0 ? "movie_timescale" : NULL, rate, f))
        return not_copied(f);
    if (copy_packets(in, m, f))
        return -1;
    return muxer_finish(m, f) ? not_copied(f) : 0;
}

int remux_run(int from, int to, const struct input_info *source,
              const struct input_options *options, struct fault *f)
{
    const struct target *t = target_of(source);
    struct input *in = NULL;
    struct muxer *m = NULL;
    int rc = -1;

    if (is_mp3_file(source))
        return copy_mp3(from, to, f);
    if (source->changes_format)
        return fault_set(f, FAULT_BAD_MEDIA,
                         "The audio changes its sample rate or channels and can only be encoded, not copied.");
    if (input_open(&in, from, options, f) == 0 && muxer_open(&m, t->muxer, to, f) == 0)
        rc = copy_stream(in, m, t, f);
    muxer_close(&m);
    input_close(&in);
    return rc;
}
