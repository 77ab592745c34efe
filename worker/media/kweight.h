/*
 * kweight: the K-weighting of ITU-R BS.1770-4 for two channels at once.
 *
 * Two biquads, a shelf for the head and a high pass, at the coefficients that libebur128 derives
 * for any rate. One register holds both channels, so stereo costs what one channel does.
 */
#ifndef DUBPLATE_MEDIA_KWEIGHT_H
#define DUBPLATE_MEDIA_KWEIGHT_H

typedef double kweight_pair __attribute__((vector_size(2 * sizeof(double))));

struct kweight_stage {
    double       b0, b1, b2, a1, a2;
    kweight_pair s1, s2;
};

struct kweight {
    struct kweight_stage shelf, pass;
};

void kweight_start(struct kweight *k, double rate_hz);

/* The sum of the squares of what comes out, of both channels. */
double kweight_energy(struct kweight *k, const float *left, const float *right, int frames);

#endif
