/*
 * truepeak: sample peaks, and the true peak of ITU-R BS.1770-4 annex 2 (4x oversampling) at a low
 * price.
 *
 * The interpolator is the one of libebur128: a sinc of 49 taps under a Hann window, in four phases
 * of 12; phase 0 is the sample itself. Results equal libebur128's EBUR128_MODE_TRUE_PEAK to
 * rounding.
 *
 * What makes it cheap: no interpolated value can exceed the largest sample it is made from times
 * the largest sum of |taps| of a phase (about 2). A stretch in which that product cannot beat the
 * level that interests the caller is not interpolated, and the answer is still exact. Music skips
 * most of its stretches.
 *
 * At rates above 48 kHz it sees more than BS.1770 asks for.
 */
#ifndef DUBPLATE_MEDIA_TRUEPEAK_H
#define DUBPLATE_MEDIA_TRUEPEAK_H

/* The interpolator reads this far around the frame that it follows. */
#define TRUEPEAK_BEFORE 5
#define TRUEPEAK_AFTER  6

/* The largest |sample|. NaN counts as more than any number. No alignment needed. */
float truepeak_sample_peak(const float *x, int frames);

/* The largest |value| of the signal from x[0] up to, but not including, x[frames], between samples
 * too. x[-TRUEPEAK_BEFORE] to x[frames - 1 + TRUEPEAK_AFTER] must be readable.
 * Exact if it is above `floor`; otherwise some value that is not above `floor`. */
float truepeak_scan(const float *x, int frames, float floor);

#endif
