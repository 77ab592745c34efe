/*
 * mp3: MPEG-1 Layer III through LAME, at a constant bit rate or a constant quality.
 *
 * Quality 5 at a constant bit rate (3, LAME's default, takes a quarter more time),
 * joint stereo, LAME's low pass for the bit rate. No ID3 tags. The first frame is the LAME/Xing
 * info frame with encoder delay, padding, frame count and checksums.
 *
 * A frame depends on the few before it and on nothing older, so that a recording can be encoded in
 * segments side by side (mp3_segments.h) and be the same file, byte for byte, as if it had been
 * encoded in one go. Two of LAME's habits are given up for that, at every bit rate:
 *   the bit reservoir      bits that a frame saved are spent in the next ones. Without it music
 *                          loses 0.1 to 0.9 dB of signal to noise at 320 kbit/s; VBR files are up
 *                          to 6 % larger.
 *   the adaptive threshold of hearing, which follows the loudness and remembers it for a hundred
 *                          frames. With a fixed one V0 and V2 lose 1 dB below -45 dBFS.
 * Both together cost 0.7 dB at most at 128 to 320 kbit/s, and gain 0.6 dB elsewhere: signal to
 * noise per frame, measured over four minutes of orchestral music. Quality 5 costs 0.5 to 0.8 dB.
 *
 * Only ReplayGain analysis is off: loudness is measured elsewhere, and better; and LAME's
 * attenuation at lower bit rates, up to 0.45 dB against clipping, is undone.
 */
#ifndef DUBPLATE_MEDIA_MP3_H
#define DUBPLATE_MEDIA_MP3_H

#include <lame/lame.h>

#include "encoder.h"

#define MP3_FRAME      1152     /* audio frames in one of MP3's */
#define MP3_INFO_BYTES 2880     /* LAME's MAXFRAMESIZE */

extern const struct encoder_kind mp3_kind;

/* LAME as we set it up; NULL: it cannot. *scale is what undoes its attenuation: 0 when it is not
 * known yet, and then found. Free with lame_close(). */
lame_global_flags *mp3_start(const struct encoder_options *o, float *scale);

#endif
