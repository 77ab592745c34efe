#include "status.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* The first row that fits wins; an empty stage fits any. */
static const struct { const char *state, *stage, *word; } words[] = {
    { "queued", "", "pending" },
    { "queued", "", "scheduled" },      /* for filters; status_word() tells them apart */
    { "running", "resolve", "downloading" },
    { "running", "download", "downloading" },
    { "running", "measure", "extracting_audio" },
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
    if (strcmp(j->state, "done") == 0 && (j->failed_items > 0 || *j->error_kind))
        return "completed_with_errors";
    if (strcmp(j->state, "queued") == 0 && !j->due && strcmp(j->waits_for, "schedule") == 0)
        return "scheduled";
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

bool status_is_meant(const struct job *j, const char *word)
{
    return !word || strcmp(word, j->state) == 0 || strcmp(word, status_word(j)) == 0 ||
           (strcmp(word, "completed") == 0 && strcmp(j->state, "done") == 0);
}

bool status_is_final(const char *state)
{
    return !strcmp(state, "done") || !strcmp(state, "failed") || !strcmp(state, "cancelled");
}

/* One reason to wait: does it hold, in which words, until when? The first that holds is given. */
struct wait { const struct job *j; const struct gates *g; char *out; size_t size; int64_t until_ms; };

static bool waits_to_stop(struct wait *w)
{
    if (!w->j->cancel_requested && !w->j->pause_requested)
        return false;
    snprintf(w->out, w->size, "its programs to stop");
    return true;
}

static bool waits_for_resume(struct wait *w)
{
    if (strcmp(w->j->task_state, "paused") != 0)
        return false;
    snprintf(w->out, w->size, "somebody to resume it");
    return true;
}

static bool is_twin(const struct job *j)
{
    return !j->due && strcmp(j->waits_for, QUEUE_TWIN) == 0;
}

/* It is woken at that one's end; its own time is for the case that nobody does. */
static bool waits_for_its_twin(struct wait *w)
{
    if (!is_twin(w->j))
        return false;
    snprintf(w->out, w->size, "another job that fetches the same recording");
    return true;
}

static bool is_of_album(const struct job *j)
{
    return !j->due && strcmp(j->waits_for, QUEUE_ALBUM) == 0;
}

static bool waits_for_its_album(struct wait *w)
{
    if (!is_of_album(w->j))
        return false;
    snprintf(w->out, w->size, "the other tracks of its album to be measured");
    return true;
}

static bool waits_for_its_time(struct wait *w)
{
    const bool scheduled = strcmp(w->j->waits_for, "schedule") == 0;
    char iso[CLOCK_ISO_BYTES];

    if (w->j->due || w->j->run_after_ms <= w->g->now_ms)
        return false;
    w->until_ms = w->j->run_after_ms;
    snprintf(w->out, w->size, scheduled ? "its time, %s" : "another attempt at %s", clock_iso(iso, w->until_ms));
    return true;
}

static bool waits_for_its_lane(struct wait *w)
{
    const struct lane *lane = gates_lane(w->g, w->j->queue);

    if (!lane || !lane->paused_at_ms)
        return false;
    snprintf(w->out, w->size, "the lane %s to be resumed", lane->name);
    return true;
}

static bool waits_for_a_worker(struct wait *w)
{
    if (gates_lane_is_served(w->g, w->j->queue))
        return false;
    snprintf(w->out, w->size, "a worker: none that serves the lane %s is running", w->j->queue);
    return true;
}

static bool waits_for_disk(struct wait *w)
{
    if (!gates_disk_is_low(w->g))
        return false;
    snprintf(w->out, w->size, "free disk space: %lld MB are left, %lld MB have to be",
             (long long)(w->g->free_bytes >> 20), (long long)(w->g->needed_bytes >> 20));
    return true;
}

static bool waits_for_its_source(struct wait *w)
{
    const struct source_row *s = w->j->asks != ASKS_NOTHING ? gates_source(w->g, w->j->task_source) : NULL;
    char iso[CLOCK_ISO_BYTES];

    if (!s || s->trips == 0)
        return false;
    if (s->open_until_ms > w->g->now_ms) {
        w->until_ms = s->open_until_ms;
        snprintf(w->out, w->size, "%s to rest until %s: %s", s->name, clock_iso(iso, w->until_ms),
                 strcmp(s->error_kind, "bot_check") == 0 ? "it takes this server for a bot"
                                                         : "it limits this server");
        return true;
    }
    if (!s->probe_task_id)
        return false;
    snprintf(w->out, w->size, "%s: another job tries whether it answers again", s->name);
    return true;
}

static bool waits_for_budget(struct wait *w)
{
    const struct source_row *s = w->j->asks == ASKS_PAGE ? gates_source(w->g, w->j->task_source) : NULL;
    char iso[CLOCK_ISO_BYTES];

    if (!s || s->free_at_ms <= w->g->now_ms)
        return false;
    w->until_ms = s->free_at_ms;
    snprintf(w->out, w->size, "its turn at %s, which is asked %lld times an hour at most; next at %s", s->name,
             (long long)sources_budget(w->g->budgets, s->name), clock_iso(iso, w->until_ms));
    return true;
}

static bool waits_for_its_turn(struct wait *w)
{
    snprintf(w->out, w->size, "its turn");
    return true;
}

static bool (*const reasons[])(struct wait *w) = {
    waits_to_stop,      waits_for_resume,   waits_for_its_twin, waits_for_its_album,  waits_for_its_time,
    waits_for_its_lane, waits_for_a_worker, waits_for_disk,     waits_for_its_source, waits_for_budget,
    waits_for_its_turn,
};

const char *status_waiting_for(const struct job *j, const struct gates *g, char *out, size_t size, int64_t *until_ms)
{
    struct wait w = { j, g, out, size, 0 };
    const bool stopping = j->cancel_requested || j->pause_requested;

    *until_ms = 0;
    if (status_is_final(j->state) || (strcmp(j->task_state, "running") == 0 && !stopping))
        return NULL;
    for (size_t i = 0; !reasons[i](&w); i++)
        ;
    *until_ms = w.until_ms;
    return out;
}
