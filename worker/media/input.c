#include "input.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "fdio.h"

#define PROBE_BYTES          (1 << 20)  /* to recognise the container and its streams */
#define ERRORS_TOLERATED     3          /* so that the share below means something in short files */
#define ERROR_SHARE_MAX      0.05
#define ERRORS_IN_A_ROW_MAX  1000
#define RATE_MIN_HZ          8000
#define RATE_MAX_HZ          192000
#define TRUNCATED_SECONDS    1.0
#define TRUNCATED_SHARE      0.02

/* What yt-dlp delivers as "bestaudio", and what people keep. Everything else libavformat was built
 * with, in particular what can name other files (hls, dash, concat, image2), is refused after
 * probing. */
static const char demuxers[] = "matroska,webm,mov,mp4,m4a,mp3,ogg,flac,wav,w64,aac,aiff,caf,mpegts";
static const char decoders[] =
    "opus,vorbis,aac,mp3float,mp2float,flac,alac,ac3,eac3,"
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,"
    "pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_mulaw,pcm_alaw";

struct input {
    struct input_options options;
    struct input_info    info;
    AVIOContext         *io;
    AVFormatContext     *format;
    AVCodecContext      *decoder;
    AVPacket            *packet;
    AVFrame             *frame;
    int                  fd;
    int                  stream;
    int64_t              size;
    int64_t              packets;       /* of the stream */
    int                  errors_in_a_row;
    bool                 draining;
};

static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options)
{
    (void)format, (void)io, (void)url, (void)flags, (void)options;
    return AVERROR(EPERM);
}

/* libavformat names families ("mov,mp4,m4a,3gp,3g2,mj2"); people want one word. */
static const char *container_name(const char *family, int fd)
{
    char head[64];
    ssize_t n;

    if (strncmp(family, "mov", 3) == 0)
        return "mp4";
    if (strncmp(family, "matroska", 8) != 0)
        return family;
    n = pread(fd, head, sizeof(head), 0);   /* the EBML DocType is among the first bytes */
    return n > 0 && memmem(head, (size_t)n, "webm", 4) != NULL ? "webm" : "matroska";
}

/* A broken disk must not be blamed on the file. */
static int media_fault(struct input *in, struct fault *f, const char *detail)
{
    int error = fdio_reader_error(in->io);

    if (error != 0)
        return fault_set(f, FAULT_SYSTEM, "The input cannot be read: %s.", strerror(error));
    return fault_set(f, FAULT_BAD_MEDIA, "%s", detail);
}

static int open_container(struct input *in, struct fault *f)
{
    AVFormatContext *format = avformat_alloc_context();
    int rc;

    if (format == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    format->pb = in->io;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->io_open = refuse_open;
    format->format_whitelist = av_strdup(demuxers);
    format->codec_whitelist = av_strdup(decoders);
    format->protocol_whitelist = av_strdup("");
    format->probesize = PROBE_BYTES;
    format->format_probesize = PROBE_BYTES;
    rc = avformat_open_input(&format, NULL, NULL, NULL);    /* frees the context on failure */
    if (rc < 0)
        return media_fault(in, f, "The file is not audio in a format that is accepted here.");
    in->format = format;
    in->info.container = container_name(format->iformat->name, in->fd);
    return 0;
}

static int pick_stream(struct input *in, struct fault *f)
{
    AVFormatContext *format = in->format;

    for (unsigned i = 0; i < format->nb_streams; i++)
        if (format->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
            format->streams[i]->discard = AVDISCARD_ALL;
    /* Needed for raw MP3 and ADTS, whose parameters are known only from a frame. */
    if (avformat_find_stream_info(format, NULL) < 0)
        return media_fault(in, f, "The file is damaged: no stream can be identified.");
    in->stream = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (in->stream < 0)
        return media_fault(in, f, "The file has no audio stream.");
    for (unsigned i = 0; i < format->nb_streams; i++)
        if ((int)i != in->stream)
            format->streams[i]->discard = AVDISCARD_ALL;
    return 0;
}

static int refuse_encrypted(struct fault *f)
{
    return fault_set(f, FAULT_BAD_MEDIA, "The audio is encrypted (DRM).");
}

/* What the container says of the whole stream: Matroska names the key; the entries of FairPlay and Audible, and of
 * Common Encryption without the original one inside, are known by their names. */
static bool is_marked_encrypted(const AVStream *stream)
{
    static const uint32_t entries[] = {
        MKTAG('e', 'n', 'c', 'a'), MKTAG('d', 'r', 'm', 's'), MKTAG('a', 'a', 'v', 'd'),
    };

    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        if (stream->codecpar->codec_tag == entries[i])
            return true;
    return av_dict_get(stream->metadata, "enc_key_id", NULL, 0) != NULL;
}

static int open_decoder(struct input *in, struct fault *f)
{
    const AVStream *stream = in->format->streams[in->stream];
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    AVCodecContext *decoder;

    if (is_marked_encrypted(stream))
        return refuse_encrypted(f);
    in->info.codec = avcodec_get_name(stream->codecpar->codec_id);
    if (codec == NULL)
        return fault_set(f, FAULT_BAD_MEDIA, "No decoder for %s.", in->info.codec);
    in->decoder = decoder = avcodec_alloc_context3(codec);
    in->packet = av_packet_alloc();
    in->frame = av_frame_alloc();
    if (decoder == NULL || in->packet == NULL || in->frame == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    if (avcodec_parameters_to_context(decoder, stream->codecpar) < 0)
        return fault_set(f, FAULT_BAD_MEDIA, "The audio parameters are damaged.");
    decoder->codec_whitelist = av_strdup(decoders);
    decoder->pkt_timebase = stream->time_base;
    decoder->thread_count = 1;
    if (in->options.strict)
        decoder->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
    if (avcodec_open2(decoder, codec, NULL) < 0)
        return fault_set(f, FAULT_BAD_MEDIA, "Audio in %s cannot be decoded here.", in->info.codec);
    return 0;
}

/* The muxers of FFmpeg and of YouTube leave the length of each Matroska track in a tag
 * "01:02:03.456...". */
static double tagged_seconds(const AVStream *stream)
{
    const AVDictionaryEntry *tag = av_dict_get(stream->metadata, "DURATION", NULL, 0);
    double hours, minutes, seconds;

    if (tag == NULL || sscanf(tag->value, "%lf:%lf:%lf", &hours, &minutes, &seconds) != 3)
        return 0;
    return hours * 3600 + minutes * 60 + seconds;
}

/* libavformat forgets a RIFF length that the file does not have, which is just the case that
 * matters here. */
static double riff_seconds(const struct input *in)
{
    const AVCodecParameters *audio = in->format->streams[in->stream]->codecpar;
    uint8_t head[8];
    uint32_t size;

    if (pread(in->fd, head, sizeof(head), 0) != sizeof(head) || audio->bit_rate <= 0)
        return 0;
    size = AV_RL32(head + 4);
    if (size == UINT32_MAX || size < 44 || (int64_t)size + 8 <= in->size)
        return 0;
    return (size - 36) * 8.0 / (double)audio->bit_rate;
}

/* What the container states about this stream, 0 if it states nothing. A length that libavformat
 * worked out from the bit rate is a guess, and Matroska's own field is that of the longest track,
 * perhaps a video. */
static double declared_seconds(const struct input *in)
{
    const AVFormatContext *format = in->format;
    const AVStream *stream = format->streams[in->stream];
    double seconds = 0;

    if (strcmp(format->iformat->name, "wav") == 0 && (seconds = riff_seconds(in)) > 0)
        return seconds;
    if (format->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE)
        return 0;
    if (strncmp(format->iformat->name, "matroska", 8) == 0) {
        seconds = tagged_seconds(stream);
        if (seconds <= 0 && format->nb_streams == 1 && format->duration != AV_NOPTS_VALUE)
            seconds = (double)format->duration / AV_TIME_BASE;
    } else if (stream->duration != AV_NOPTS_VALUE) {
        seconds = (double)stream->duration * av_q2d(stream->time_base);
    }
    /* A writer that could not seek back leaves the largest value the field can hold. */
    return seconds > 0 && seconds < 1e6 ? seconds : 0;
}

static int64_t bit_rate(const struct input *in)
{
    const AVFormatContext *format = in->format;

    if (format->streams[in->stream]->codecpar->bit_rate > 0)
        return format->streams[in->stream]->codecpar->bit_rate;
    return format->nb_streams == 1 && format->bit_rate > 0 ? format->bit_rate : 0;
}

static int bit_depth(const struct input *in)
{
    const AVCodecParameters *audio = in->format->streams[in->stream]->codecpar;

    if (audio->bits_per_raw_sample > 0)
        return audio->bits_per_raw_sample;
    return av_get_exact_bits_per_sample(audio->codec_id);
}

static int too_large(const struct input *in, struct fault *f)
{
    return fault_set(f, FAULT_TOO_LARGE, "The audio is longer than %.0f seconds.",
                     in->options.max_seconds);
}

int input_open(struct input **out, int fd, const struct input_options *options, struct fault *f)
{
    struct input *in = av_mallocz(sizeof(*in));
    int rc = -1;

    if (in == NULL)
        return fault_set(f, FAULT_SYSTEM, "Out of memory.");
    in->options = *options;
    in->fd = fd;
    in->size = fdio_size(fd);
    if (in->size == 0) {
        fault_set(f, FAULT_BAD_MEDIA, "The file is empty.");
        goto out;
    }
    if ((in->io = fdio_reader_open(fd, f)) == NULL || open_container(in, f) ||
        pick_stream(in, f) || open_decoder(in, f))
        goto out;
    in->info.declared_seconds = declared_seconds(in);
    in->info.bit_rate_bps = bit_rate(in);
    in->info.bit_depth_bits = bit_depth(in);
    if (in->info.declared_seconds > options->max_seconds + TRUNCATED_SECONDS) {
        too_large(in, f);
        goto out;
    }
    rc = 0;
out:
    if (rc)
        input_close(&in);
    *out = in;
    return rc;
}

static int count_error(struct input *in, struct fault *f)
{
    in->info.decode_errors++;
    if (in->options.strict)
        return fault_set(f, FAULT_BAD_MEDIA, "A packet at %.1f seconds does not decode.",
                         in->info.seconds);
    if (++in->errors_in_a_row >= ERRORS_IN_A_ROW_MAX)
        return fault_set(f, FAULT_BAD_MEDIA,
                         "The audio is damaged: nothing decodes after %.1f seconds.",
                         in->info.seconds);
    return 0;
}

/* libavformat's answer to the wish for the next packet of the stream. */
static int read_packet(struct input *in)
{
    int rc;

    do {
        av_packet_unref(in->packet);
        rc = av_read_frame(in->format, in->packet);
    } while (rc >= 0 && in->packet->stream_index != in->stream);
    in->packets += rc >= 0;
    return rc;
}

int input_next_packet(struct input *in, AVPacket **packet, struct fault *f)
{
    int rc = read_packet(in);

    if (fdio_reader_error(in->io) != 0)
        return media_fault(in, f, "");
    *packet = in->packet;
    return rc >= 0;
}

const AVStream *input_stream(const struct input *in)
{
    return in->format->streams[in->stream];
}

/* Gives the decoder its next packet, or tells it that there are no more. */
static int feed(struct input *in, struct fault *f)
{
    int rc = read_packet(in);

    if (fdio_reader_error(in->io) != 0)
        return media_fault(in, f, "");
    if (rc < 0) {
        /* A demuxer gives up on damage the same way as at the end; input_next() compares the
         * lengths. */
        if (rc != AVERROR_EOF && count_error(in, f))
            return -1;
        in->draining = true;
        avcodec_send_packet(in->decoder, NULL);
        return 0;
    }
    if (av_packet_get_side_data(in->packet, AV_PKT_DATA_ENCRYPTION_INFO, NULL) != NULL)
        return refuse_encrypted(f);
    rc = avcodec_send_packet(in->decoder, in->packet);
    if (rc == AVERROR(ENOMEM))
        return fault_set(f, FAULT_BAD_MEDIA, "The audio needs more memory than a job may use.");
    return rc < 0 ? count_error(in, f) : 0;
}

/* An MP4 says by an edit list, or the duration of its last packet, how much of that is padding;
 * libavcodec removes only what is to be skipped at the start. */
static void cut_padding(struct input *in)
{
    const AVStream *stream = in->format->streams[in->stream];
    AVFrame *frame = in->frame;
    int64_t left;

    if (strcmp(in->info.container, "mp4") != 0 || in->packets != stream->nb_frames ||
        stream->duration <= 0)
        return;
    left = av_rescale_q(stream->duration, stream->time_base,
                        (AVRational){ 1, frame->sample_rate }) - in->info.frames;
    if (left > 0 && left < frame->nb_samples)
        frame->nb_samples = (int)left;
}

static int check_frame(struct input *in, struct fault *f)
{
    const AVFrame *frame = in->frame;

    if (frame->sample_rate < RATE_MIN_HZ || frame->sample_rate > RATE_MAX_HZ)
        return fault_set(f, FAULT_BAD_MEDIA, "A sample rate of %d Hz is not accepted.",
                         frame->sample_rate);
    if (in->info.sample_rate_hz == 0) {
        in->info.sample_rate_hz = frame->sample_rate;
        in->info.channels = frame->ch_layout.nb_channels;
    }
    in->info.changes_format |= frame->sample_rate != in->info.sample_rate_hz ||
                               frame->ch_layout.nb_channels != in->info.channels;
    cut_padding(in);
    in->errors_in_a_row = 0;
    in->info.frames += frame->nb_samples;
    in->info.seconds += (double)frame->nb_samples / frame->sample_rate;
    return in->info.seconds > in->options.max_seconds ? too_large(in, f) : 0;
}

static int check_end(const struct input *in, struct fault *f)
{
    const struct input_info *info = &in->info;
    double missing = info->declared_seconds - info->seconds;

    if (info->frames == 0)
        return fault_set(f, FAULT_BAD_MEDIA, "The file contains no audio that decodes.");
    if (info->decode_errors > ERRORS_TOLERATED &&
        (double)info->decode_errors > ERROR_SHARE_MAX * (double)in->packets)
        return fault_set(f, FAULT_BAD_MEDIA,
                         "The audio is damaged: %lld of %lld packets do not decode.",
                         (long long)info->decode_errors, (long long)in->packets);
    if (missing > TRUNCATED_SECONDS && missing > TRUNCATED_SHARE * info->declared_seconds)
        return fault_set(f, FAULT_BAD_MEDIA, "The file is truncated: %.1f of %.1f seconds.",
                         info->seconds, info->declared_seconds);
    return 0;
}

int input_next(struct input *in, const AVFrame **frame, struct fault *f)
{
    for (;;) {
        int rc = avcodec_receive_frame(in->decoder, in->frame);

        if (rc >= 0 && in->frame->nb_samples > 0) {
            *frame = in->frame;
            return check_frame(in, f) ? -1 : 1;
        }
        if (rc == AVERROR_EOF)
            return check_end(in, f);
        if (rc == AVERROR(EAGAIN)) {
            if (feed(in, f))
                return -1;
        } else if (rc == AVERROR(ENOMEM)) {
            return fault_set(f, FAULT_BAD_MEDIA, "The audio needs more memory than a job may use.");
        } else if (rc < 0 && count_error(in, f)) {
            return -1;
        }
    }
}

const struct input_info *input_info(const struct input *in)
{
    return &in->info;
}

double input_progress(const struct input *in)
{
    double done = (double)avio_tell(in->io) / (double)in->size;

    return in->draining ? 1 : fmin(fmax(done, 0), 1);
}

void input_close(struct input **in)
{
    if (*in == NULL)
        return;
    av_frame_free(&(*in)->frame);
    av_packet_free(&(*in)->packet);
    avcodec_free_context(&(*in)->decoder);
    avformat_close_input(&(*in)->format);
    fdio_reader_close(&(*in)->io);
    av_freep(in);
}
