/*
 * status: the words that clients know, from what is stored. One table maps (state, stage); foreign contracts map
 * from these words.
 */
#ifndef DUBPLATE_STATUS_H
#define DUBPLATE_STATUS_H

#include <stdbool.h>

#include "gates.h"
#include "jobs.h"

/* "pending", "downloading", … */
const char *status_word(const struct job *j);

/* What it waits for, and until when: "its turn", "another attempt at …". NULL when it runs or has ended. *until_ms is 0
 * where nobody knows. */
const char *status_waiting_for(const struct job *j, const struct gates *g, char *out, size_t size, int64_t *until_ms);

/* The state behind a word of a list filter; NULL if there is no such word. "downloading" and the other words of a
 * running job all mean "running". */
const char *status_state_of_word(const char *word);

/* Does a list filter's word mean this job? It is a state, or one of several words for it: "scheduled" is some of what
 * is queued. NULL means all. */
bool status_is_meant(const struct job *j, const char *word);

bool status_is_final(const char *state);

#endif
