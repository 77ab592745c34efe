/*
 * formats: the endings of the files that are made, which are their names everywhere, and what each is served as.
 */
#ifndef DUBPLATE_FORMATS_H
#define DUBPLATE_FORMATS_H

/* What a job may ask for, NULL-terminated: the formats that are encoded, and "source". */
extern const char *const formats_choices[];

/* The media type of a finished file of this ending. */
const char *formats_media_type(const char *ending);

#endif
