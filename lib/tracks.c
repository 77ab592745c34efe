#include "tracks.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define COLUMNS                                                                                                  \
    "SELECT k.id, k.job_id, k.item_index, k.uuid, k.state, k.is_known, k.is_cached, k.error_kind, k.error_text,"  \
    "       k.result_key, k.report_json, k.meta_json, k.wanted_json, k.match_json, k.track_number,"              \
    "       k.disc_number, k.duration_ms, a.path, a.format, a.size_bytes, a.sha256, c.path, c.format,"           \
    "       c.size_bytes, c.sha256, w.path, w.format, w.size_bytes, w.sha256, s.path, s.format, s.size_bytes,"   \
    "       s.sha256, k.source_id, k.extractor, k.url, k.title, k.artist, k.album, k.album_artist, k.genre,"     \
    "       k.uploader, k.release_date, k.isrc, k.channel_id, k.channel_url, k.thumbnail_url"                    \
    "  FROM downloaded_tracks k"                                                                                \
    "  LEFT JOIN artifacts a ON a.track_id = k.id AND a.kind = 'audio'"                                         \
    "  LEFT JOIN artifacts c ON c.track_id = k.id AND c.kind = 'cover'"                                         \
    "  LEFT JOIN artifacts w ON w.track_id = k.id AND w.kind = 'waveform'"                                      \
    "  LEFT JOIN artifacts s ON s.track_id = k.id AND s.kind = 'spectrogram'"
#define FIRST_TEXT 33

/* The text columns of struct track_info, in the order in which COLUMNS names them. */
static const struct { const char *bind; size_t offset, size; } texts[] = {
#define TEXT(field) { ":" #field, offsetof(struct track_info, field), sizeof(((struct track_info *)0)->field) }
    TEXT(source_id), TEXT(extractor), TEXT(url), TEXT(title), TEXT(artist), TEXT(album), TEXT(album_artist),
    TEXT(genre), TEXT(uploader), TEXT(release_date), TEXT(isrc), TEXT(channel_id), TEXT(channel_url),
    TEXT(thumbnail_url),
#undef TEXT
};

enum {
    Q_ADD, Q_LEARN, Q_MATCH, Q_FIND, Q_BY_ID, Q_OF_JOB, Q_STATE, Q_RESULT, Q_ERROR, Q_CANCEL, Q_MOVE, Q_PUT, Q_WORK,
    Q_STAGES, Q_FIND_RESULT, Q_TWIN, Q_LED, Q_LEAD, Q_SHARE_FILES, Q_SHARE, Q_PATHS, Q_REFS, Q_DROP_REFS,
    Q_LAST_PLACE, Q_OTHER_AT, Q_PLACE_OF, Q_SET_MEASURED, Q_MEASURED, Q_ALBUM_OPEN, Q_COUNT
};

static const char *const sql[Q_COUNT] = {
    [Q_ADD] =
        "INSERT INTO downloaded_tracks (uuid, job_id, item_index, source_id, extractor, url, title, artist, album,"
        "       album_artist, genre, uploader, release_date, isrc, channel_id, channel_url, thumbnail_url,"
        "       track_number, disc_number, duration_ms, state, is_known, is_cached, meta_json, wanted_json, match_json,"
        "       result_key, error_kind, error_text, created_at_ms, finished_at_ms)"
        " VALUES (:uuid, :job_id, :item_index, :source_id, :extractor, :url, :title, :artist, :album,"
        "       :album_artist, :genre, :uploader, :release_date, :isrc, :channel_id, :channel_url, :thumbnail_url,"
        "       :track_number, :disc_number, :duration_ms, :state, :is_known, :is_cached, :meta_json, :wanted_json,"
        "       :match_json, :result_key, :error_kind, :error_text, :now_ms, :finished_at_ms)"
        " ON CONFLICT (job_id, item_index) DO NOTHING",
    [Q_LEARN] =
        "UPDATE downloaded_tracks SET source_id = :source_id, extractor = :extractor, url = :url, title = :title,"
        "       artist = :artist, album = :album, album_artist = :album_artist, genre = :genre, uploader = :uploader,"
        "       release_date = :release_date, isrc = :isrc, channel_id = :channel_id, channel_url = :channel_url,"
        "       thumbnail_url = :thumbnail_url, track_number = :track_number, disc_number = :disc_number,"
        "       duration_ms = :duration_ms, is_known = 1, meta_json = :meta_json,"
        "       match_json = COALESCE(:match_json, match_json), result_key = :result_key"
        " WHERE id = :id",
    [Q_MATCH] = "UPDATE downloaded_tracks SET match_json = :match_json WHERE id = :id",
    [Q_FIND] =
        COLUMNS "  JOIN download_jobs j ON j.id = k.job_id AND j.deleted_at_ms IS NULL WHERE k.uuid = :uuid"
        "   AND (:session IS NULL OR j.session_uuid = :session)",
    [Q_BY_ID] = COLUMNS " WHERE k.id = :id",
    [Q_OF_JOB] =
        COLUMNS " WHERE k.job_id = :job_id AND k.item_index > :after AND (:state IS NULL OR k.state = :state)"
        " ORDER BY k.item_index LIMIT :limit",
    [Q_STATE] =
        "UPDATE downloaded_tracks SET state = :state, error_kind = NULL, error_text = NULL,"
        "       finished_at_ms = :finished_at_ms"
        " WHERE id = :id",
    [Q_RESULT] =
        "UPDATE downloaded_tracks SET state = 'done', duration_ms = :duration_ms, report_json = :report_json,"
        "       error_kind = NULL, error_text = NULL, finished_at_ms = :now_ms"
        " WHERE id = :id",
    [Q_ERROR] =
        "UPDATE downloaded_tracks SET state = :state, error_kind = :kind, error_text = :text,"
        "       finished_at_ms = :finished_at_ms"
        " WHERE id = :id",
    [Q_CANCEL] =
        "UPDATE downloaded_tracks SET state = 'cancelled', finished_at_ms = :now_ms"
        " WHERE job_id = :job_id AND state IN ('queued', 'paused')",
    [Q_MOVE] =
        "UPDATE downloaded_tracks SET state = :to, error_kind = NULL, error_text = NULL, finished_at_ms = NULL"
        " WHERE job_id = :job_id AND state = :from",
    [Q_PUT] =
        "INSERT INTO artifacts (track_id, kind, path, format, size_bytes, sha256, created_at_ms)"
        " VALUES (:track_id, :kind, :path, :format, :size_bytes, :sha256, :now_ms)"
        " ON CONFLICT (track_id, kind) DO UPDATE SET path = excluded.path, format = excluded.format,"
        "       size_bytes = excluded.size_bytes, sha256 = excluded.sha256, created_at_ms = excluded.created_at_ms",
    [Q_WORK] =
        "SELECT MAX(CASE WHEN t.state IN ('queued', 'running', 'paused') THEN 2 WHEN t.state = 'failed' THEN 1"
        "           ELSE 0 END) FROM tasks t"
        " WHERE (t.kind = 'track' AND t.subject_id = (SELECT id FROM downloaded_tracks WHERE uuid = :uuid))"
        "    OR (t.kind = 'resolve' AND t.job_id = (SELECT id FROM download_jobs WHERE uuid = :uuid))",
    /* Of a job with thousands of tracks only those of the first tasks: nobody reads more, and each track has its own.
     * The ids of a job's tasks are sorted, a thousand in 0.1 ms: an index in their order would cost every task more. */
    [Q_STAGES] =
        "SELECT s.name, s.state, s.attempt, s.wall_ms, s.cpu_ms FROM task_stages s"
        " WHERE s.task_id IN (SELECT id FROM tasks WHERE job_id = :job_id ORDER BY id LIMIT 16)"
        " ORDER BY s.task_id, s.position LIMIT 64",
    [Q_FIND_RESULT] =
        "SELECT k.id FROM downloaded_tracks k JOIN download_jobs j ON j.id = k.job_id AND j.deleted_at_ms IS NULL"
        "  JOIN artifacts a ON a.track_id = k.id AND a.kind = 'audio' AND a.created_at_ms >= :after_ms"
        " WHERE k.result_key = :result_key AND k.state = 'done' ORDER BY k.id DESC LIMIT 1",
    [Q_LAST_PLACE] = "SELECT coalesce(max(item_index), 0) FROM downloaded_tracks WHERE job_id = :job_id",
    [Q_OTHER_AT] =
        "SELECT 1 FROM downloaded_tracks WHERE job_id = :job_id AND item_index = :item_index"
        "   AND lower(extractor) = lower(:extractor) AND source_id <> '' AND source_id <> :source_id",
    [Q_PLACE_OF] =
        "SELECT item_index FROM downloaded_tracks WHERE job_id = :job_id AND lower(extractor) = lower(:extractor)"
        "   AND source_id = :source_id ORDER BY item_index LIMIT 1",
    [Q_SET_MEASURED] = "UPDATE downloaded_tracks SET measured_json = :measured_json WHERE id = :id",
    [Q_MEASURED] =
        "SELECT measured_json FROM downloaded_tracks WHERE job_id = :job_id AND measured_json IS NOT NULL",
    /* A list that is being read may have more. */
    [Q_ALBUM_OPEN] =
        "SELECT EXISTS (SELECT 1 FROM downloaded_tracks WHERE job_id = :job_id AND measured_json IS NULL"
        "                  AND state IN ('queued', 'running', 'paused'))"
        "    OR EXISTS (SELECT 1 FROM tasks WHERE job_id = :job_id AND state IN ('queued', 'running', 'paused')"
        "                  AND kind = 'resolve')",
    [Q_TWIN] =
        "SELECT 1 FROM downloaded_tracks k JOIN tasks t ON t.subject_id = k.id AND t.kind = 'track'"
        " WHERE k.result_key = :result_key AND k.state IN ('queued', 'running') AND k.id <> :id"
        "   AND (t.state = 'running' OR (t.state = 'queued' AND t.waits_for <> 'twin')) LIMIT 1",
    [Q_LED] =
        "SELECT 1 FROM downloaded_tracks k JOIN tasks t ON t.subject_id = k.id AND t.kind = 'track'"
        " WHERE k.result_key = :result_key AND k.state = 'running' AND k.is_lead = 1 AND k.id <> :id"
        "   AND t.state = 'running' LIMIT 1",
    [Q_LEAD] = "UPDATE downloaded_tracks SET is_lead = 1, result_key = :result_key WHERE id = :id",
    /* As old as they are: who shares them does not make them new. */
    [Q_SHARE_FILES] =
        "INSERT INTO artifacts (track_id, kind, path, format, size_bytes, sha256, created_at_ms)"
        " SELECT :to, kind, path, format, size_bytes, sha256, created_at_ms FROM artifacts WHERE track_id = :from"
        " ON CONFLICT (track_id, kind) DO NOTHING",
    [Q_SHARE] =
        "UPDATE downloaded_tracks SET state = 'done', is_cached = 1, error_kind = NULL, error_text = NULL,"
        "       report_json = f.report_json, duration_ms = f.duration_ms, finished_at_ms = :now_ms"
        "  FROM (SELECT report_json, duration_ms FROM downloaded_tracks WHERE id = :from) AS f"
        " WHERE id = :to",
    [Q_PATHS] =
        "SELECT a.path FROM artifacts a JOIN downloaded_tracks k ON k.id = a.track_id WHERE k.job_id = :job_id",
    [Q_REFS] =
        "SELECT COUNT(*) FROM artifacts a JOIN downloaded_tracks k ON k.id = a.track_id"
        " WHERE a.path = :path AND (:job_id = 0 OR k.job_id = :job_id)",
    [Q_DROP_REFS] =
        "DELETE FROM artifacts WHERE path = :path"
        "   AND track_id IN (SELECT id FROM downloaded_tracks WHERE job_id = :job_id)",
};

void track_free(struct track *t)
{
    char **const owned[] = { &t->report_json, &t->meta_json, &t->wanted_json, &t->match_json };

    for (size_t i = 0; i < ARRAY_LEN(owned); i++) {
        free(*owned[i]);
        *owned[i] = NULL;
    }
}

static bool is_final(const char *state)
{
    return !strcmp(state, "done") || !strcmp(state, "failed") || !strcmp(state, "cancelled");
}

static void bind_info(struct stmt *s, const struct track_info *info)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        bind_text(s, texts[i].bind, (const char *)info + texts[i].offset);
    bind_int(s, ":track_number", info->track_number);
    bind_int(s, ":disc_number", info->disc_number);
    if (info->duration_ms >= 0)
        bind_int(s, ":duration_ms", info->duration_ms);
}

int tracks_add(struct db *db, const struct new_track *n, int64_t *id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ADD]);
    const int64_t now_ms = clock_wall_ms();

    bind_text(s, ":uuid", n->uuid);
    bind_int(s, ":job_id", n->job_id);
    bind_int(s, ":item_index", n->item_index);
    bind_info(s, n->info);
    bind_text(s, ":state", n->state);
    bind_int(s, ":is_known", n->is_known);
    bind_int(s, ":is_cached", n->is_cached);
    bind_text(s, ":meta_json", n->meta_json);
    bind_text(s, ":wanted_json", n->wanted_json);
    bind_text(s, ":match_json", n->match_json);
    bind_text(s, ":result_key", n->result_key);
    bind_text(s, ":error_kind", n->error_kind);
    bind_text(s, ":error_text", n->error_text);
    bind_int(s, ":now_ms", now_ms);
    if (is_final(n->state))
        bind_int(s, ":finished_at_ms", now_ms);
    if (db_run(s, e))
        return -1;
    *id = db_changes(db) ? db_last_id(db) : 0;
    return 0;
}

int tracks_learn(struct db *db, int64_t id, const struct track_page *page, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LEARN]);

    bind_int(s, ":id", id);
    bind_info(s, page->info);
    bind_text(s, ":meta_json", page->meta_json);
    bind_text(s, ":match_json", page->match_json);
    bind_text(s, ":result_key", page->result_key);
    return db_run(s, e);
}

int tracks_set_match(struct db *db, int64_t id, const char *match_json, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_MATCH]);

    bind_int(s, ":id", id);
    bind_text(s, ":match_json", match_json);
    return db_run(s, e);
}

int tracks_set_measured(struct db *db, int64_t id, const char *measured_json, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SET_MEASURED]);

    bind_int(s, ":id", id);
    bind_text(s, ":measured_json", measured_json);
    return db_run(s, e);
}

int tracks_measured(struct db *db, int64_t job_id, void (*on_row)(void *arg, const char *measured_json), void *arg,
                    struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_MEASURED]);
    int row;

    bind_int(s, ":job_id", job_id);
    while ((row = db_step(s, e)) == 1)
        on_row(arg, col_text(s, 0));
    return row;
}

int tracks_album_is_open(struct db *db, int64_t job_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ALBUM_OPEN]);
    int64_t is_open = 0;

    bind_int(s, ":job_id", job_id);
    return db_one_int(s, &is_open, e) == 1 ? is_open != 0 : -1;
}

/* Below the directory of another session, or the library's, as seen by this one (NULL: by the admin)? */
static bool is_foreign(const char *path, const char *session)
{
    char own[64];

    snprintf(own, sizeof own, "downloads/%s/", session ? session : "");
    return session && strncmp(path, own, strlen(own)) != 0;
}

static void read_artifact(struct stmt *s, int i, const char *kind, const char *session, struct artifact *a)
{
    if (!col_text(s, i))
        return;
    copy_text(a->kind, sizeof a->kind, kind);
    col_copy(s, i, a->path, sizeof a->path);
    a->is_foreign = is_foreign(a->path, session);
    col_copy(s, i + 1, a->format, sizeof a->format);
    a->size_bytes = col_int(s, i + 2);
    col_copy(s, i + 3, a->sha256, sizeof a->sha256);
}

static char *owned_text(struct stmt *s, int i)
{
    return col_text(s, i) ? xstrdup(col_text(s, i)) : NULL;
}

static void read_track(struct stmt *s, const char *session, struct track *t)
{
    memset(t, 0, sizeof *t);
    t->id = col_int(s, 0);
    t->job_id = col_int(s, 1);
    t->item_index = col_int(s, 2);
    col_copy(s, 3, t->uuid, sizeof t->uuid);
    col_copy(s, 4, t->state, sizeof t->state);
    t->is_known = col_int(s, 5) != 0;
    t->is_cached = col_int(s, 6) != 0;
    col_copy(s, 7, t->error_kind, sizeof t->error_kind);
    col_copy(s, 8, t->error_text, sizeof t->error_text);
    col_copy(s, 9, t->result_key, sizeof t->result_key);
    t->report_json = owned_text(s, 10);
    t->meta_json = owned_text(s, 11);
    t->wanted_json = owned_text(s, 12);
    t->match_json = owned_text(s, 13);
    t->info.track_number = col_int(s, 14);
    t->info.disc_number = col_int(s, 15);
    t->info.duration_ms = col_text(s, 16) ? col_int(s, 16) : -1;
    read_artifact(s, 17, "audio", session, &t->audio);
    read_artifact(s, 21, "cover", session, &t->cover);
    read_artifact(s, 25, "waveform", session, &t->waveform);
    read_artifact(s, 29, "spectrogram", session, &t->spectrogram);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        col_copy(s, FIRST_TEXT + (int)i, (char *)&t->info + texts[i].offset, texts[i].size);
}

static int read_one(struct db *db, struct stmt *s, struct track *out, struct err *e)
{
    const int row = db_step(s, e);

    if (row == 1)
        read_track(s, db_session(db), out);
    db_done(s);
    return row == 1 ? 0 : row == 0 ? err_set(e, ERR_NOT_FOUND, "there is no such track") : -1;
}

int tracks_find(struct db *db, const char *uuid, struct track *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND]);

    bind_text(s, ":uuid", uuid);
    bind_text(s, ":session", db_session(db));
    return read_one(db, s, out, e);
}

int tracks_by_id(struct db *db, int64_t id, struct track *out, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_BY_ID]);

    bind_int(s, ":id", id);
    return read_one(db, s, out, e);
}

int tracks_of_job(struct db *db, const struct track_filter *filter, void (*on_row)(void *arg, const struct track *t),
                  void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_OF_JOB]);
    struct track t;
    int row;

    bind_int(s, ":job_id", filter->job_id);
    bind_int(s, ":after", filter->after);
    bind_int(s, ":limit", filter->limit);
    bind_text(s, ":state", filter->state);
    while ((row = db_step(s, e)) == 1) {
        read_track(s, db_session(db), &t);
        on_row(arg, &t);
        track_free(&t);
    }
    return row;
}

int tracks_paths_of_job(struct db *db, int64_t job_id, void (*on_path)(void *arg, const char *path), void *arg,
                        struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PATHS]);
    int row;

    bind_int(s, ":job_id", job_id);
    while ((row = db_step(s, e)) == 1)
        on_path(arg, col_text(s, 0));
    return row;
}

int tracks_count_refs(struct db *db, const char *path, int64_t job_id, int64_t *total, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_REFS]);

    bind_int(s, ":job_id", job_id);
    bind_text(s, ":path", path);
    return db_one_int(s, total, e) == 1 ? 0 : -1;
}

int tracks_drop_refs(struct db *db, int64_t job_id, const char *path, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_DROP_REFS]);

    bind_int(s, ":job_id", job_id);
    bind_text(s, ":path", path);
    return db_run(s, e);
}

int tracks_find_result(struct db *db, const char *result_key, int64_t after_ms, int64_t *id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_FIND_RESULT]);

    bind_text(s, ":result_key", result_key);
    bind_int(s, ":after_ms", after_ms);
    *id = 0;
    return db_one_int(s, id, e) < 0 ? -1 : 0;
}

static int is_twin(struct db *db, int q, const char *result_key, int64_t id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[q]);

    bind_text(s, ":result_key", result_key);
    bind_int(s, ":id", id);
    return db_has_row(s, e);
}

int tracks_last_place(struct db *db, int64_t job_id, int64_t *place, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_LAST_PLACE]);

    bind_int(s, ":job_id", job_id);
    return db_one_int(s, place, e) < 0 ? -1 : 0;
}

static struct stmt *ask_place(struct db *db, int q, int64_t job_id, const struct track_info *info)
{
    struct stmt *s = db_stmt(db, sql[q]);

    bind_int(s, ":job_id", job_id);
    bind_text(s, ":extractor", info->extractor);
    bind_text(s, ":source_id", info->source_id);
    return s;
}

int tracks_may_be_at(struct db *db, int64_t job_id, int64_t place, const struct track_info *info, struct err *e)
{
    struct stmt *s = ask_place(db, Q_OTHER_AT, job_id, info);

    bind_int(s, ":item_index", place);
    const int other = db_has_row(s, e);
    return other < 0 ? -1 : !other;
}

int tracks_place_of(struct db *db, int64_t job_id, const struct track_info *info, int64_t *place, struct err *e)
{
    return db_one_int(ask_place(db, Q_PLACE_OF, job_id, info), place, e);
}

int tracks_has_twin(struct db *db, const char *result_key, int64_t id, struct err *e)
{
    return is_twin(db, Q_TWIN, result_key, id, e);
}

int tracks_lead(struct db *db, const char *result_key, int64_t id, struct err *e)
{
    const int led = is_twin(db, Q_LED, result_key, id, e);

    if (led)
        return led < 0 ? -1 : 0;
    struct stmt *s = db_stmt(db, sql[Q_LEAD]);
    bind_text(s, ":result_key", result_key);
    bind_int(s, ":id", id);
    return db_run(s, e) ? -1 : 1;
}

int tracks_share(struct db *db, int64_t from, int64_t to, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_SHARE_FILES]);

    bind_int(s, ":from", from);
    bind_int(s, ":to", to);
    if (db_run(s, e))
        return -1;
    s = db_stmt(db, sql[Q_SHARE]);
    bind_int(s, ":from", from);
    bind_int(s, ":to", to);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_set_state(struct db *db, int64_t id, const char *state, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STATE]);

    bind_int(s, ":id", id);
    bind_text(s, ":state", state);
    if (is_final(state))
        bind_int(s, ":finished_at_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_set_result(struct db *db, int64_t id, int64_t duration_ms, const char *report_json, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_RESULT]);

    bind_int(s, ":id", id);
    bind_int(s, ":duration_ms", duration_ms);
    bind_text(s, ":report_json", report_json);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_set_error(struct db *db, int64_t id, const char *state, const char *kind, const char *text, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_ERROR]);

    bind_int(s, ":id", id);
    bind_text(s, ":state", state);
    bind_text(s, ":kind", kind);
    bind_text(s, ":text", text);
    if (is_final(state))
        bind_int(s, ":finished_at_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_cancel_waiting(struct db *db, int64_t job_id, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_CANCEL]);

    bind_int(s, ":job_id", job_id);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_move_waiting(struct db *db, int64_t job_id, const char *from, const char *to, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_MOVE]);

    bind_int(s, ":job_id", job_id);
    bind_text(s, ":from", from);
    bind_text(s, ":to", to);
    return db_run(s, e);
}

int tracks_put_artifact(struct db *db, int64_t track_id, const struct artifact *a, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_PUT]);

    bind_int(s, ":track_id", track_id);
    bind_text(s, ":kind", a->kind);
    bind_text(s, ":path", a->path);
    bind_text(s, ":format", a->format);
    bind_int(s, ":size_bytes", a->size_bytes);
    bind_text(s, ":sha256", a->sha256);
    bind_int(s, ":now_ms", clock_wall_ms());
    return db_run(s, e);
}

int tracks_work_state(struct db *db, const char *uuid, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_WORK]);
    int state = WORK_UNKNOWN;

    bind_text(s, ":uuid", uuid);
    const int row = db_step(s, e);
    if (row == 1 && col_text(s, 0))
        state = WORK_ENDED + (int)col_int(s, 0);
    db_done(s);
    return row < 0 ? -1 : state;
}

int tracks_stages_of_job(struct db *db, int64_t job_id, void (*on_row)(void *arg, const struct stage_row *r),
                         void *arg, struct err *e)
{
    struct stmt *s = db_stmt(db, sql[Q_STAGES]);
    struct stage_row r;
    int row;

    bind_int(s, ":job_id", job_id);
    while ((row = db_step(s, e)) == 1) {
        col_copy(s, 0, r.name, sizeof r.name);
        col_copy(s, 1, r.state, sizeof r.state);
        r.attempt = col_int(s, 2);
        r.wall_ms = col_int(s, 3);
        r.cpu_ms = col_int(s, 4);
        on_row(arg, &r);
    }
    return row;
}
