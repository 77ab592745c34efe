#include "id.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

void id_uuid7(char out[ID_UUID_BYTES])
{
    const uint64_t ms = (uint64_t)clock_wall_ms();
    unsigned char b[16];

    randombytes_buf(b, sizeof b);
    for (int i = 0; i < 6; i++)
        b[i] = (unsigned char)(ms >> (40 - 8 * i));
    b[6] = (unsigned char)(0x70 | (b[6] & 0x0f));   /* version 7 */
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));   /* variant 10 */
    snprintf(out, ID_UUID_BYTES,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
             b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

bool id_is_uuid(const char *s)
{
    if (!s || strlen(s) != ID_UUID_BYTES - 1)
        return false;
    for (int i = 0; s[i]; i++) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s[i] != '-' : !strchr("0123456789abcdef", s[i]))
            return false;
    }
    return true;
}

void id_secret(char out[ID_SECRET_BYTES])
{
    unsigned char b[32];

    randombytes_buf(b, sizeof b);
    sodium_bin2hex(out, ID_SECRET_BYTES, b, sizeof b);
}

void id_sha256(char out[ID_SHA256_BYTES], const void *bytes, size_t n)
{
    unsigned char h[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(h, bytes, n);
    sodium_bin2hex(out, ID_SHA256_BYTES, h, sizeof h);
}

uint32_t id_random(uint32_t bound)
{
    return randombytes_uniform(bound);
}
