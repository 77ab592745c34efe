/*
 * confine: give up everything that decoding hostile media does not need, before the first byte of
 * it is read.
 *
 * Threat: a bug in a demuxer or decoder runs the attacker's code in this process. What it may then
 * do is read fd 3 and 5, write fd 4 and stdout, compute and exit. The parent's part is the empty
 * environment, the rlimits and the process group; ours is:
 *   - every other descriptor is closed (close_range),
 *   - no_new_privs, not dumpable,
 *   - a seccomp filter that allows about thirty system calls and answers EPERM to all others: no
 *     open, socket, connect, execve, fork, thread, ptrace, kill of another process, no executable
 *     mapping.
 *
 * EPERM rather than SIGSYS: libc and the sanitizers probe for optional calls and cope with a
 * refusal, so a libc update cannot turn a probe into a dead service, while nothing is permitted
 * that was not before. If any step fails, the process must not go on: there is no mode without the
 * filter.
 */
#ifndef DUBPLATE_MEDIA_CONFINE_H
#define DUBPLATE_MEDIA_CONFINE_H

#include <cjson/cJSON.h>

#include "fault.h"

/* Keeps stdin, stdout, stderr and descriptors up to `last_fd`. Holds for every thread that was
 * started before (crew.h); later ones cannot be. Irreversible. FAULT_SYSTEM. */
int confine_enter(int last_fd, struct fault *f);

/* Tries what the filter must refuse and adds one `"name": "errno name"` per attempt. For the
 * test-suite and the worker's start-up check. Returns the number of attempts that were not
 * refused. */
int confine_selftest(cJSON *result);

#endif
