/*
 * mp3: MPEG-1 Layer III through LAME, at a constant bit rate or a constant quality.
 *
 * LAME's own defaults: quality 3 at a constant bit rate, joint stereo, its low pass for the bit
 * rate; that is what `lame -b 320` and `lame -V 2` do, so sound and speed compare like for like.
 * Only ReplayGain analysis is off: loudness is measured elsewhere, and better; and LAME's
 * attenuation at lower bit rates is undone. No ID3 tags. The first frame is the LAME/Xing info
 * frame with encoder delay, padding, frame count and checksums; it can be written only at the end,
 * over the space LAME leaves for it.
 */
#ifndef DUBPLATE_MEDIA_MP3_H
#define DUBPLATE_MEDIA_MP3_H

#include "encoder.h"

extern const struct encoder_kind mp3_kind;

#endif
