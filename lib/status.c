#include "status.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* The first row that fits wins; an empty stage fits any. */
static const struct { const char *state, *stage, *word; } words[] = {
    { "queued", "", "pending" },
    { "running", "resolve", "downloading" },
    { "running", "download", "downloading" },
    { "running", "master", "extracting_audio" },
    { "running", "tag", "extracting_audio" },
    { "running", "store", "storing" },
    { "running", "", "downloading" },
    { "paused", "", "paused" },
    { "done", "", "completed" },
    { "failed", "", "failed" },
    { "cancelled", "", "cancelled" },
};

const char *status_word(const struct job *j)
{
    if (strcmp(j->state, "done") == 0 && j->failed_items > 0)
        return "completed_with_errors";
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcmp(words[i].state, j->state) && (!*words[i].stage || !strcmp(words[i].stage, j->stage)))
            return words[i].word;
    return j->state;
}

const char *status_state_of_word(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcmp(words[i].word, word) || !strcmp(words[i].state, word))
            return words[i].state;
    return NULL;
}

bool status_is_final(const char *state)
{
    return !strcmp(state, "done") || !strcmp(state, "failed") || !strcmp(state, "cancelled");
}

const char *status_waiting_for(const struct job *j, char *out, size_t size)
{
    char iso[CLOCK_ISO_BYTES];

    if (j->cancel_requested && !status_is_final(j->state))
        snprintf(out, size, "its programs to stop");
    else if (status_is_final(j->state) || strcmp(j->task_state, "queued") != 0)
        return NULL;
    else if (j->run_after_ms > clock_wall_ms())
        snprintf(out, size, "another attempt at %s", clock_iso(iso, j->run_after_ms));
    else
        snprintf(out, size, "its turn");
    return out;
}
