#include "tag/vorbis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/base64.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>

#include "tag/bytes.h"

static void put_comment(AVIOContext *io, const char *name, const char *value, int *count)
{
    const int64_t begun = bytes_begin(io);

    bytes_text(io, name);
    avio_w8(io, '=');
    bytes_text(io, value);
    bytes_end_le(io, begun);
    ++*count;
}

/* Towards -23 LUFS instead of ReplayGain's -18, in 256ths of a dB. No peaks: a player may not trust them. */
static void put_r128(AVIOContext *io, const char *name, double gain_db, int *count)
{
    char text[TAG_VALUE_BYTES];

    if (!isfinite(gain_db))
        return;
    snprintf(text, sizeof(text), "%ld", lrint(fmin(fmax((gain_db - 5) * 256, INT16_MIN), INT16_MAX)));
    put_comment(io, name, text, count);
}

static void put_chapter(AVIOContext *io, const struct chapter *c, int number, int *count)
{
    char name[24], time[TAG_VALUE_BYTES];

    snprintf(name, sizeof(name), "CHAPTER%03d", number);
    snprintf(time, sizeof(time), "%02lld:%02lld:%02lld.%03lld", (long long)(c->start_ms / 3600000),
             (long long)(c->start_ms / 60000 % 60), (long long)(c->start_ms / 1000 % 60),
             (long long)(c->start_ms % 1000));
    put_comment(io, name, time, count);
    snprintf(name, sizeof(name), "CHAPTER%03dNAME", number);
    put_comment(io, name, c->title, count);
}

void vorbis_write_picture(AVIOContext *io, const struct tags *tags)
{
    static const char mime[] = "image/jpeg";

    avio_wb32(io, 3);       /* front cover */
    avio_wb32(io, sizeof(mime) - 1);
    bytes_text(io, mime);
    avio_wb32(io, 0);       /* no description */
    avio_wb32(io, (unsigned)tags->cover.width);
    avio_wb32(io, (unsigned)tags->cover.height);
    avio_wb32(io, 24);      /* bits of a pixel */
    avio_wb32(io, 0);       /* no palette */
    avio_wb32(io, (unsigned)tags->cover_size);
    avio_write(io, tags->cover_bytes, (int)tags->cover_size);
}

static int put_picture(AVIOContext *io, const struct tags *tags, int *count, struct fault *f)
{
    AVIOContext *block = bytes_open(f);
    uint8_t *bytes = NULL;
    char *text = NULL;
    size_t size = 0;
    int rc = -1;

    if (block == NULL)
        return -1;
    vorbis_write_picture(block, tags);
    if (bytes_take(&block, &bytes, &size, f))
        return -1;
    if ((text = av_malloc(AV_BASE64_SIZE(size))) == NULL ||
        av_base64_encode(text, (int)AV_BASE64_SIZE(size), bytes, (int)size) == NULL) {
        fault_set(f, FAULT_SYSTEM, "Out of memory.");
        goto out;
    }
    put_comment(io, "METADATA_BLOCK_PICTURE", text, count);
    rc = 0;
out:
    av_free(text);
    av_free(bytes);
    return rc;
}

int vorbis_write(AVIOContext *io, const struct tags *tags, const uint8_t *vendor, int flags, struct fault *f)
{
    char scratch[TAG_VALUE_BYTES];
    int64_t counter;
    int count = 0;

    avio_write(io, vendor, 4 + (int)AV_RL32(vendor));
    counter = avio_tell(io);
    avio_wl32(io, 0);
    for (int i = 0; i < tag_name_count; i++) {
        const struct tag_name *n = &tag_names[i];
        const char *value = tags_value(tags, n, scratch);

        if (value == NULL || ((flags & VORBIS_R128) != 0 && (n->kind == TAG_GAIN || n->kind == TAG_PEAK)))
            continue;
        put_comment(io, n->vorbis, value, &count);
    }
    if ((flags & VORBIS_R128) != 0) {
        put_r128(io, "R128_TRACK_GAIN", tags->track_gain_db, &count);
        put_r128(io, "R128_ALBUM_GAIN", tags->album_gain_db, &count);
    }
    for (int i = 0; i < tags->chapter_count; i++)
        put_chapter(io, &tags->chapters[i], i + 1, &count);
    if ((flags & VORBIS_PICTURE) != 0 && tags->cover_bytes != NULL && put_picture(io, tags, &count, f))
        return -1;
    bytes_patch_be(io, counter, __builtin_bswap32((unsigned)count));
    return 0;
}
