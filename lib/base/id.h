/*
 * id: names for things. Public ids are UUIDv7 (RFC 9562 §5.7): they sort by creation time, which keeps their index
 * append-only. Secrets are 256 random bits in hex; only their SHA-256 is ever stored.
 */
#ifndef DUBPLATE_ID_H
#define DUBPLATE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_UUID_BYTES   37      /* with the terminator */
#define ID_SHA256_BYTES 65
#define ID_SECRET_BYTES 65

void id_uuid7(char out[ID_UUID_BYTES]);
bool id_is_uuid(const char *s);
void id_secret(char out[ID_SECRET_BYTES]);
void id_sha256(char out[ID_SHA256_BYTES], const void *bytes, size_t n);

/* Uniform in [0, bound). */
uint32_t id_random(uint32_t bound);

#endif
