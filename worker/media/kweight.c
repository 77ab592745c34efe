#include "kweight.h"

#include <math.h>

/* Below this a decaying filter is silent; left alone it ends in denormals, which are slow. */
#define SILENT 1e-30

void kweight_start(struct kweight *k, double rate_hz)
{
    static const double gain = 1.58486470113085601, gain_to_the_half = 1.25872093023256;
    double w = tan(M_PI * 1681.974450955533 / rate_hz), q = w / 0.7071752369554196;
    double a0 = 1 + q + w * w;

    *k = (struct kweight){
        .shelf = {
            .b0 = (gain + gain_to_the_half * q + w * w) / a0,
            .b1 = 2 * (w * w - gain) / a0,
            .b2 = (gain - gain_to_the_half * q + w * w) / a0,
            .a1 = 2 * (w * w - 1) / a0,
            .a2 = (1 - q + w * w) / a0,
        },
    };
    w = tan(M_PI * 38.13547087602444 / rate_hz);
    q = w / 0.5003270373238773;
    a0 = 1 + q + w * w;
    k->pass = (struct kweight_stage){
        .b0 = 1, .b1 = -2, .b2 = 1,
        .a1 = 2 * (w * w - 1) / a0,
        .a2 = (1 - q + w * w) / a0,
    };
}

static inline kweight_pair filter(struct kweight_stage *s, kweight_pair x)
{
    kweight_pair y = s->b0 * x + s->s1;

    s->s1 = s->b1 * x + s->s2 - s->a1 * y;
    s->s2 = s->b2 * x - s->a2 * y;
    return y;
}

static void calm(struct kweight_stage *s)
{
    for (int c = 0; c < 2; c++)
        if (fabs(s->s1[c]) < SILENT && fabs(s->s2[c]) < SILENT)
            s->s1[c] = s->s2[c] = 0;
}

double kweight_energy(struct kweight *k, const float *left, const float *right, int frames)
{
    struct kweight_stage shelf = k->shelf, pass = k->pass;  /* in registers */
    kweight_pair sum = { 0, 0 };

    for (int i = 0; i < frames; i++) {
        kweight_pair x = { (double)left[i], (double)right[i] };
        kweight_pair y = filter(&pass, filter(&shelf, x));

        sum += y * y;
    }
    calm(&shelf);
    calm(&pass);
    k->shelf = shelf;
    k->pass = pass;
    return sum[0] + sum[1];
}
