/*
 * mp3: write one constant-bit-rate MP3 through LAME.
 *
 * LAME's own defaults for CBR: quality 3, joint stereo, its low pass for the bit rate; that is what
 * `lame -b 320` does, so sound and speed compare like for like. Only ReplayGain analysis is off:
 * loudness is measured elsewhere, and better; and LAME's attenuation at lower bit rates is undone.
 * No ID3 tags. The first frame is the LAME/Xing info frame with encoder delay, padding, frame
 * count and checksums; it can be written only at the end, over the space LAME leaves for it, so a
 * file without mp3_finish() is not a file.
 */
#ifndef DUBPLATE_MEDIA_MP3_H
#define DUBPLATE_MEDIA_MP3_H

#include "fault.h"

struct mp3;

/* Empties `fd` (borrowed). `rate_hz` is 32000, 44100 or 48000; `bitrate_kbps` one of MPEG-1 Layer
 * III. FAULT_SYSTEM, FAULT_DISK. */
int mp3_open(struct mp3 **m, int fd, int rate_hz, int bitrate_kbps, struct fault *f);

/* Full scale is 1.0; LAME takes what is above as it is. FAULT_DISK, FAULT_SYSTEM. */
int mp3_write(struct mp3 *m, const float *left, const float *right, int frames, struct fault *f);

int mp3_finish(struct mp3 *m, struct fault *f);

void mp3_close(struct mp3 **m);     /* accepts a pointer to NULL; does not finish */

#endif
