#include "mp3_info.h"

#include <libavutil/crc.h>
#include <libavutil/intreadwrite.h>

/* Where the fields are: after the header and the side information of a stereo frame. */
enum {
    AT_FRAMES = 44, AT_BYTES = 48, AT_SEEK = 52, SEEK_ENTRIES = 100,
    AT_MUSIC_BYTES = 184, AT_MUSIC_CRC = 188, AT_CRC = 190,
};

static int bitrate_kbps(const uint8_t *data)
{
    static const int kbps[16] = { 0,   32,  40,  48,  56,  64,  80,  96,
                                  112, 128, 160, 192, 224, 256, 320, 0 };

    return kbps[data[2] >> 4];
}

size_t mp3_info_frame_bytes(const uint8_t *data)
{
    static const int rates_hz[4] = { 44100, 48000, 32000, 0 };
    int rate_hz = rates_hz[data[2] >> 2 & 3];

    if (data[0] != 0xff || (data[1] & 0xfe) != 0xfa || rate_hz == 0 || bitrate_kbps(data) == 0)
        return 0;
    return (size_t)(144000 * bitrate_kbps(data) / rate_hz + (data[2] >> 1 & 1));
}

static uint32_t crc_16(uint32_t crc, const uint8_t *data, size_t size)
{
    return av_crc(av_crc_get_table(AV_CRC_16_ANSI_LE), crc, data, size);
}

/* When the points are full, every second is dropped and they lie twice as far apart. */
static void add_point(struct mp3_info *info)
{
    if (++info->since < info->points_each)
        return;
    info->since = 0;
    info->point[info->points++] = info->sum;
    if (info->points < MP3_INFO_POINTS)
        return;
    for (int i = 1; i < MP3_INFO_POINTS; i += 2)
        info->point[i / 2] = info->point[i];
    info->points /= 2;
    info->points_each *= 2;
}

void mp3_info_count(struct mp3_info *info, const uint8_t *frame, size_t size)
{
    info->frames++;
    info->bytes += (int64_t)size;
    info->crc = crc_16(info->crc, frame, size);
    info->sum += bitrate_kbps(frame);
    add_point(info);
}

/* In LAME's arithmetic, to the bit. */
static void fill_seek_table(const struct mp3_info *info, uint8_t *table)
{
    for (int i = 1; i < SEEK_ENTRIES && info->points > 0; i++) {
        float share = (float)i / (float)SEEK_ENTRIES;
        int at = (int)(share * (float)info->points);
        float point = (float)info->point[at < info->points ? at : info->points - 1];
        int seek = (int)(256.0 * (double)point / (double)(float)info->sum);

        table[i] = (uint8_t)(seek < 255 ? seek : 255);
    }
}

void mp3_info_complete(const struct mp3_info *info, uint8_t *frame, size_t size)
{
    uint32_t total = (uint32_t)(info->bytes + (int64_t)size);

    AV_WB32(frame + AT_FRAMES, (uint32_t)info->frames);
    AV_WB32(frame + AT_BYTES, total);
    fill_seek_table(info, frame + AT_SEEK);
    AV_WB32(frame + AT_MUSIC_BYTES, total);
    AV_WB16(frame + AT_MUSIC_CRC, (uint16_t)info->crc);
    AV_WB16(frame + AT_CRC, (uint16_t)crc_16(0, frame, AT_CRC));
}
