/*
 * avencoder: the formats that libavcodec encodes and libavformat writes: m4a, wav, flac, ogg, opus.
 *
 * One thread. Nothing but blocks of one frame of the codec is held, except for the index of an MP4
 * (8 bytes for every 1024 samples), which is written at its end.
 */
#ifndef DUBPLATE_MEDIA_AVENCODER_H
#define DUBPLATE_MEDIA_AVENCODER_H

#include "encoder.h"

extern const struct encoder_kind avencoder_kind;

/* libavcodec's name of what the file will hold. */
const char *avencoder_codec(const struct encoder_options *o);

#endif
