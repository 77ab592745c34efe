#include "bars.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define BLACK_MAX      40       /* of 255: black in the narrow range is 16, and compression adds to it */
#define BLACK_SHARE    0.995    /* of a line that is part of a bar */
#define LEAST_SHARE    0.03     /* of the picture that one bar takes */
#define UNLIKE_SHARE   0.02     /* of the picture that two bars may differ by: dark parts of the picture itself */
#define SHARP_SHARE    0.3      /* of a line just inside that is not black */
#define SHARP_LINES    3        /* inside of which it has to be: scaling blurs the edge */
#define SHAPE_SHARE    0.012    /* that a usual shape may be off by */

/* Rows or columns of an area, by the same words. */
struct lines {
    const uint8_t *first;
    ptrdiff_t      next, along;     /* to the next line, to the next pixel of a line */
    int            count, length;
};

static struct lines lines_of(const uint8_t *luma, ptrdiff_t stride, const struct area *a, bool columns)
{
    const uint8_t *first = luma + a->top * stride + a->left;

    return columns ? (struct lines){ first, 1, stride, a->width, a->height }
                   : (struct lines){ first, stride, 1, a->height, a->width };
}

static double bright_share(const struct lines *l, int line)
{
    const uint8_t *p = l->first + line * l->next;
    int bright = 0;

    for (int i = 0; i < l->length; i++, p += l->along)
        bright += *p > BLACK_MAX;
    return (double)bright / l->length;
}

/* How many lines are black, from one end or from the other. */
static int black_lines(const struct lines *l, bool from_end)
{
    int n = 0;

    while (n < l->count && bright_share(l, from_end ? l->count - 1 - n : n) <= 1 - BLACK_SHARE)
        n++;
    return n;
}

static bool is_sharp(const struct lines *l, int bar)
{
    double front = 0, back = 0;

    for (int i = 0; i < SHARP_LINES && bar + i < l->count - bar; i++) {
        front = fmax(front, bright_share(l, bar + i));
        back = fmax(back, bright_share(l, l->count - 1 - bar - i));
    }
    return front >= SHARP_SHARE && back >= SHARP_SHARE;
}

static bool is_usual(int width, int height)
{
    static const double shapes[] = { 16 / 9.0, 4 / 3.0, 1, 3 / 4.0, 9 / 16.0 };
    const double shape = (double)width / height;

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (fabs(shape / shapes[i] - 1) < SHAPE_SHARE)
            return true;
    return false;
}

/* Takes the bars at both ends off; false if there are none. */
static bool take_off(struct area *a, const uint8_t *luma, ptrdiff_t stride, bool columns)
{
    const struct lines l = lines_of(luma, stride, a, columns);
    const int front = black_lines(&l, false), back = black_lines(&l, true);
    const int bar = front < back ? front : back;

    if (front == l.count || bar < l.count * LEAST_SHARE || abs(front - back) > 2 + l.count * UNLIKE_SHARE)
        return false;
    struct area inside = *a;
    if (columns) {
        inside.left += bar;
        inside.width -= 2 * bar;
    } else {
        inside.top += bar;
        inside.height -= 2 * bar;
    }
    if (!is_sharp(&l, bar) && !is_usual(inside.width, inside.height))
        return false;
    *a = inside;
    return true;
}

struct area bars_inside(const uint8_t *luma, ptrdiff_t stride, int width, int height)
{
    struct area a = { 0, 0, width, height };

    if (width == height)
        return a;
    /* A standing picture in a wide one in 4:3 has both. */
    take_off(&a, luma, stride, false);
    take_off(&a, luma, stride, true);
    return a;
}
