/*
 * avif: where in an AVIF file its picture is. One AV1 picture in one piece; a grid of several or one that lies in
 * another item is not read.
 */
#ifndef DUBPLATE_MEDIA_AVIF_H
#define DUBPLATE_MEDIA_AVIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool avif_is(const uint8_t *data, size_t size);

/* The primary item's bytes, and the largest dimensions that the file names. False if there are none. */
bool avif_find(const uint8_t *data, size_t size, size_t *at, size_t *length, uint32_t *width, uint32_t *height);

#endif
