/*
 * spectrogram: a spectrum as a picture. PNG of SPECTROGRAM_WIDTH x SPECTRUM_BANDS pixels: time from
 * left to right, 0 to 24 kHz from bottom to top on a linear scale, where the cut of a lossy source
 * is a straight line; -100 dBFS and less is black, 0 dBFS a light yellow, and the palette is as
 * light as the level is high, for those who do not see colours.
 */
#ifndef DUBPLATE_MEDIA_SPECTROGRAM_H
#define DUBPLATE_MEDIA_SPECTROGRAM_H

#include <stdint.h>

#include "fault.h"
#include "spectrum.h"

#define SPECTROGRAM_WIDTH 1000

/* Of frames [from, to), as they sound after `gain_db`. FAULT_SYSTEM, FAULT_DISK. */
int spectrogram_write(int fd, const struct spectrum *s, int64_t from, int64_t to, double gain_db,
                      struct fault *f);

#endif
