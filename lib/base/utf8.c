#include "utf8.h"

#include <string.h>

size_t utf8_next(const char *s, size_t len, uint32_t *cp)
{
    const unsigned char *u = (const unsigned char *)s;
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };    /* below this it is overlong */
    size_t n;
    uint32_t c;

    if (len == 0)
        return 0;
    if (u[0] < 0x80)
        n = 1, c = u[0];
    else if ((u[0] & 0xe0) == 0xc0)
        n = 2, c = u[0] & 0x1fu;
    else if ((u[0] & 0xf0) == 0xe0)
        n = 3, c = u[0] & 0x0fu;
    else if ((u[0] & 0xf8) == 0xf0)
        n = 4, c = u[0] & 0x07u;
    else
        return 0;
    if (n > len)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (u[i] & 0x3fu);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    if (cp)
        *cp = c;
    return n;
}

bool utf8_valid(const char *s, size_t len)
{
    for (size_t n; len > 0; s += n, len -= n)
        if ((n = utf8_next(s, len, NULL)) == 0)
            return false;
    return true;
}

size_t utf8_cut(const char *s, size_t max)
{
    size_t n = strnlen(s, max + 1);

    if (n <= max)
        return n;
    n = max;
    while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    return n;
}

void utf8_trim_tail(char *s)
{
    const size_t len = strlen(s);
    size_t at = len;

    while (at > 0 && len - at < 3 && ((unsigned char)s[at - 1] & 0xc0) == 0x80)
        at--;
    if (at > 0 && (unsigned char)s[at - 1] >= 0xc0 && utf8_next(s + at - 1, len - at + 1, NULL) == 0)
        s[at - 1] = '\0';
}

bool utf8_is_control(uint32_t cp)
{
    static const struct { uint32_t first, last; } ranges[] = {
        { 0x00, 0x1f },     { 0x7f, 0x9f },     { 0x61c, 0x61c },   { 0x180e, 0x180e }, { 0x200b, 0x200b },
        { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return true;
    return utf8_is_noncharacter(cp);
}

bool utf8_is_noncharacter(uint32_t cp)
{
    return (cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef);
}

size_t utf8_clean(char *s)
{
    const size_t len = strlen(s);
    size_t used = 0;
    bool gap = false;

    for (size_t i = 0, n; i < len; i += n ? n : 1) {
        uint32_t cp = 0;
        n = utf8_next(s + i, len - i, &cp);
        if (n == 0)
            continue;
        if (cp == ' ' || cp == '\t' || cp == '\n' || cp == '\r') {
            gap = used > 0;
        } else if (!utf8_is_control(cp)) {
            if (gap)
                s[used++] = ' ';
            gap = false;
            memmove(s + used, s + i, n);
            used += n;
        }
    }
    s[used] = '\0';
    return used;
}
