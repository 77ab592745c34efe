/*
 * remux: the audio of a file into a container of its own, packet by packet, never decoded.
 *
 * Which container is decided by the codec; what has no usual one goes into Matroska. Pictures,
 * video, tags and chapters stay behind. The length stays what it was to the sample: where the
 * source counts in milliseconds, the packets are counted instead. An MP3 file is copied by its
 * bytes without its tags, because its first frame says what is padding.
 */
#ifndef DUBPLATE_MEDIA_REMUX_H
#define DUBPLATE_MEDIA_REMUX_H

#include "fault.h"
#include "input.h"

/* The ending of the file that will be made of such a source: "m4a", "mka" ... Static. */
const char *remux_format(const struct input_info *source);

/* From one descriptor to the other, which is emptied. `source` is what a decoding pass has learnt.
 * FAULT_BAD_MEDIA, FAULT_SYSTEM, FAULT_DISK. */
int remux_run(int from, int to, const struct input_info *source,
              const struct input_options *options, struct fault *f);

#endif
