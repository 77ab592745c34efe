/*
 * mp3_info: the LAME/Xing info frame of a file whose frames several encoders made.
 *
 * What depends on the settings (encoder, low pass, quality, delay) LAME writes into any of its
 * frames; what depends on the whole file is counted here, as LAME counts it, and put in its place:
 * frames, bytes, the table to seek by, the padding at the end and both checksums.
 */
#ifndef DUBPLATE_MEDIA_MP3_INFO_H
#define DUBPLATE_MEDIA_MP3_INFO_H

#include <stddef.h>
#include <stdint.h>

#define MP3_INFO_POINTS 400

/* Zero is an empty file, but for points_each, which is 1. */
struct mp3_info {
    int64_t  frames, bytes;     /* of audio: without the info frame */
    uint32_t crc;
    int64_t  sum;               /* of the frames' bit rates, kbit/s */
    int64_t  point[MP3_INFO_POINTS];    /* that sum after every `points_each` frames */
    int      points, points_each, since;
};

/* The size of the MPEG-1 Layer III frame at `data`, of which four bytes are readable; 0: none. */
size_t mp3_info_frame_bytes(const uint8_t *data);

/* Counts one whole frame. */
void mp3_info_count(struct mp3_info *info, const uint8_t *frame, size_t size);

/* `frame` is LAME's own, `size` bytes, from the encoder that made the end of the file. */
void mp3_info_complete(const struct mp3_info *info, uint8_t *frame, size_t size);

#endif
