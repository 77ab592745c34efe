/*
 * input: the audio of one untrusted media file, decoded frame by frame.
 *
 * - The container is decided by probing the bytes and must be on the list in input.c. Playlists,
 *   manifests, concat scripts, subtitles and image sequences are not on it, and no nested resource
 *   can be opened.
 * - One audio stream is decoded (libavformat's "best"); all others are discarded by the demuxer,
 *   and no decoder but those on the list is ever opened, not even for probing.
 * - Timestamps are not used: the decoded samples in file order are the audio. Encoder delay and
 *   padding that the container states (Opus pre-skip, MP4 edit list, LAME tag) are removed by
 *   libavcodec.
 * - An isolated packet that does not decode is counted and skipped. More than 5 % of them, or 1000
 *   in a row, or audio that ends more than 2 % and more than 1 s before the length the container
 *   states, is FAULT_BAD_MEDIA. (Ogg, ADTS and MP3 without a Xing frame state no length: there a
 *   truncated file is a shorter one.)
 * - Rate, sample format and channel layout may change from one frame to the next; see pcm.h.
 *
 * Single-threaded. Memory does not depend on the length, except for the index that MP4 and
 * Matroska carry.
 */
#ifndef DUBPLATE_MEDIA_INPUT_H
#define DUBPLATE_MEDIA_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <libavformat/avformat.h>
#include <libavutil/frame.h>

#include "fault.h"

struct input;

struct input_options {
    double max_seconds;     /* of decoded audio; FAULT_TOO_LARGE beyond */
    bool   strict;          /* our own output: any decode error is FAULT_BAD_MEDIA */
};

struct input_info {
    const char *container;          /* "webm", "mp4", "mp3", "ogg", ... */
    const char *codec;              /* libavcodec's name: "opus", "aac", ... */
    int         sample_rate_hz;     /* of the first decoded frame, 0 before it */
    int         channels;
    int         bit_depth_bits;     /* 0: lossy, or not known */
    int64_t     bit_rate_bps;       /* 0: not known */
    int64_t     frames;             /* decoded so far, per channel, at the file's own rate */
    double      seconds;            /* decoded so far */
    double      declared_seconds;   /* what the container states; 0: it does not */
    int64_t     decode_errors;
    bool        changes_format;     /* the rate or the number of channels, on the way */
};

/* Probes, picks the stream, opens the decoder. `fd` is borrowed and read with pread from its start.
 * FAULT_BAD_MEDIA, FAULT_TOO_LARGE (the container says so itself), FAULT_SYSTEM. */
int input_open(struct input **in, int fd, const struct input_options *options, struct fault *f);

/* 1: *frame holds audio and is valid until the next call. 0: the end, and the whole file was sound.
 * -1: FAULT_BAD_MEDIA, FAULT_TOO_LARGE or FAULT_SYSTEM. */
int input_next(struct input *in, const AVFrame **frame, struct fault *f);

/* For copying instead of decoding: 1, and *packet is the next of the stream, valid until the next
 * call; 0: the end; -1: FAULT_SYSTEM. Not to be mixed with input_next(). */
int input_next_packet(struct input *in, AVPacket **packet, struct fault *f);

/* What the packets are of. Borrowed. */
const AVStream *input_stream(const struct input *in);

/* Borrowed, updated by input_next(), valid until input_close(). The strings are static. */
const struct input_info *input_info(const struct input *in);

/* How far reading has come, 0 to 1. */
double input_progress(const struct input *in);

void input_close(struct input **in);    /* accepts a pointer to NULL */

#endif
