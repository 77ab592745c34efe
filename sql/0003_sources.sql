-- Everything that yields audio: lists and searches, tenants and their limits, the whitelist, previews, what is kept.

-- ---- tasks: not each belongs to a job (a preview does not), and a job may have thousands ----

CREATE TABLE tasks_new (
    id               INTEGER PRIMARY KEY,
    kind             TEXT    NOT NULL,          -- resolve, track, preview; house-keeping: tidy, purge, playlist
    queue            TEXT    NOT NULL,          -- the lane it waits in
    job_id           INTEGER REFERENCES download_jobs (id) ON DELETE CASCADE,
    subject_id       INTEGER,                   -- track: downloaded_tracks.id; preview: previews.id
    -- Scheduling: who may run this, and until when do we believe them?
    state            TEXT    NOT NULL DEFAULT 'queued'
                     CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
    priority         INTEGER NOT NULL DEFAULT 0,    -- higher first
    turn_ms          INTEGER NOT NULL DEFAULT 0,    -- order among equals; see lib/queue.h, Fairness
    source           TEXT    NOT NULL DEFAULT '',   -- sources.name: who is asked
    asks             INTEGER NOT NULL DEFAULT 0,    -- 0 nothing, 1 media, 2 a page: counts in its budget
    run_after_ms     INTEGER NOT NULL DEFAULT 0,    -- retries and schedules move this forward
    due              INTEGER NOT NULL DEFAULT 1,    -- 0: run_after_ms is ahead; a worker sets it to 1
    waits_for        TEXT    NOT NULL DEFAULT '',   -- schedule, retry, twin, album: why run_after_ms is ahead
    attempt          INTEGER NOT NULL DEFAULT 0,    -- bumped by every claim; half of the fence
    owner            TEXT,                          -- the worker process that holds it; the other half
    lease_until_boot_ms INTEGER,                    -- CLOCK_BOOTTIME of the owner's boot
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    pause_requested  INTEGER NOT NULL DEFAULT 0,
    failures         INTEGER NOT NULL DEFAULT 0,    -- attempts that ended with an error
    crashes          INTEGER NOT NULL DEFAULT 0,    -- attempts that ended with a dead process
    -- What clients are shown while it runs.
    stage            TEXT,
    percent          REAL    NOT NULL DEFAULT 0,
    downloaded_bytes INTEGER,
    total_bytes      INTEGER,
    speed_bps        INTEGER,                       -- bytes per second
    eta_s            INTEGER,
    error_kind       TEXT,
    error_text       TEXT,
    created_at_ms    INTEGER NOT NULL,
    started_at_ms    INTEGER,                       -- of the first claim
    finished_at_ms   INTEGER,
    CHECK ((state = 'running') = (owner IS NOT NULL AND lease_until_boot_ms IS NOT NULL))
) STRICT;
INSERT INTO tasks_new (id, kind, queue, job_id, subject_id, state, priority, turn_ms, source, asks, run_after_ms, due,
        waits_for, attempt, owner, lease_until_boot_ms, cancel_requested, pause_requested, failures, crashes, stage,
        percent, downloaded_bytes, total_bytes, speed_bps, eta_s, error_kind, error_text, created_at_ms, started_at_ms,
        finished_at_ms)
    SELECT id, kind, queue, job_id, subject_id, state, priority, turn_ms, source, asks, run_after_ms, due,
        waits_for, attempt, owner, lease_until_boot_ms, cancel_requested, pause_requested, failures, crashes, stage,
        percent, downloaded_bytes, total_bytes, speed_bps, eta_s, error_kind, error_text, created_at_ms, started_at_ms,
        finished_at_ms
    FROM tasks;
DROP TABLE tasks;
ALTER TABLE tasks_new RENAME TO tasks;

-- As before (0002).
CREATE INDEX tasks_claim ON tasks (queue, source, asks, priority DESC, turn_ms, id) WHERE state = 'queued' AND due = 1;
CREATE INDEX tasks_later ON tasks (run_after_ms) WHERE state = 'queued' AND due = 0;
CREATE INDEX tasks_later_of_lane ON tasks (queue) WHERE state = 'queued' AND due = 0;
CREATE INDEX tasks_running ON tasks (owner) WHERE state = 'running';
-- How a job stands is counted in the index, and the task that stands for it in lists is one seek away.
CREATE INDEX tasks_standing ON tasks (job_id, state, kind, attempt);
CREATE INDEX tasks_track ON tasks (subject_id) WHERE kind = 'track';

INSERT INTO lanes (name) VALUES ('preview');

-- ---- jobs: a link or a search, one track or many, whose ----

ALTER TABLE download_jobs ADD COLUMN search_query   TEXT    NOT NULL DEFAULT '';   -- in place of a link
ALTER TABLE download_jobs ADD COLUMN is_list        INTEGER NOT NULL DEFAULT 0;    -- its tracks are entries of a list
ALTER TABLE download_jobs ADD COLUMN title          TEXT    NOT NULL DEFAULT '';   -- the list's
ALTER TABLE download_jobs ADD COLUMN list_items     INTEGER;                       -- entries, as the source says
ALTER TABLE download_jobs ADD COLUMN cached_items   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE download_jobs ADD COLUMN playlist_path  TEXT;                          -- M3U8 below DATA_DIR
ALTER TABLE download_jobs ADD COLUMN album_json     TEXT;                          -- its loudness (lib/album.h), once known
ALTER TABLE download_jobs ADD COLUMN outcome_key    TEXT;                          -- hash of all that makes its file
ALTER TABLE download_jobs ADD COLUMN key_id         INTEGER;                       -- who submitted it
-- Limits of whoever submitted it; NULL: those of the settings.
ALTER TABLE download_jobs ADD COLUMN max_duration_s INTEGER;
ALTER TABLE download_jobs ADD COLUMN max_file_mb    INTEGER;
ALTER TABLE download_jobs ADD COLUMN max_items      INTEGER;
CREATE INDEX download_jobs_outcome ON download_jobs (outcome_key, finished_at_ms)
    WHERE outcome_key IS NOT NULL AND state = 'done' AND is_list = 0 AND deleted_at_ms IS NULL;
CREATE INDEX download_jobs_session ON download_jobs (session_uuid, id)
    WHERE session_uuid IS NOT NULL AND deleted_at_ms IS NULL;
-- How many somebody has open; and the sessions' (all of them, deleted ones too) for their end.
CREATE INDEX download_jobs_key ON download_jobs (key_id, session_uuid)
    WHERE state IN ('queued', 'running', 'paused') AND deleted_at_ms IS NULL;

-- ---- tracks ----

ALTER TABLE downloaded_tracks ADD COLUMN is_known      INTEGER NOT NULL DEFAULT 1; -- 0: its page is yet to be read
ALTER TABLE downloaded_tracks ADD COLUMN channel_id    TEXT NOT NULL DEFAULT '';
ALTER TABLE downloaded_tracks ADD COLUMN channel_url   TEXT NOT NULL DEFAULT '';
ALTER TABLE downloaded_tracks ADD COLUMN isrc          TEXT NOT NULL DEFAULT '';
ALTER TABLE downloaded_tracks ADD COLUMN disc_number   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE downloaded_tracks ADD COLUMN thumbnail_url TEXT NOT NULL DEFAULT '';
ALTER TABLE downloaded_tracks ADD COLUMN meta_json     TEXT;    -- all that is known, and from where (lib/meta.h)
ALTER TABLE downloaded_tracks ADD COLUMN wanted_json   TEXT;    -- what has to be found: a search, a Spotify track
ALTER TABLE downloaded_tracks ADD COLUMN match_json    TEXT;    -- what was found and how well it fits, taken or not
ALTER TABLE downloaded_tracks ADD COLUMN measured_json TEXT;    -- its share of the album's loudness
ALTER TABLE downloaded_tracks ADD COLUMN result_key    TEXT;    -- hash of all that makes its files (lib/cache.h)
ALTER TABLE downloaded_tracks ADD COLUMN is_lead       INTEGER NOT NULL DEFAULT 0; -- while it runs its twins wait
ALTER TABLE downloaded_tracks ADD COLUMN is_cached     INTEGER NOT NULL DEFAULT 0; -- its files were there already
ALTER TABLE downloaded_tracks ADD COLUMN error_kind    TEXT;
ALTER TABLE downloaded_tracks ADD COLUMN error_text    TEXT;
CREATE INDEX downloaded_tracks_result ON downloaded_tracks (result_key, state) WHERE result_key IS NOT NULL;

ALTER TABLE job_events ADD COLUMN track_id INTEGER;         -- downloaded_tracks.id; NULL: of no track, or from before

-- Several tracks may have the same file: each row is a reference, and the file goes with the last of them.
CREATE TABLE artifacts_new (
    id            INTEGER PRIMARY KEY,
    track_id      INTEGER NOT NULL REFERENCES downloaded_tracks (id) ON DELETE CASCADE,
    kind          TEXT    NOT NULL CHECK (kind IN ('audio', 'cover', 'waveform', 'spectrogram')),
    path          TEXT    NOT NULL,             -- below DATA_DIR
    format        TEXT    NOT NULL,             -- the ending of its name: mp3, flac, jpg, dat
    size_bytes    INTEGER NOT NULL,
    sha256        TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (track_id, kind)
) STRICT;
INSERT INTO artifacts_new (id, track_id, kind, path, format, size_bytes, sha256, created_at_ms)
    SELECT id, track_id, kind, path, format, size_bytes, sha256, created_at_ms FROM artifacts;
DROP TABLE artifacts;
ALTER TABLE artifacts_new RENAME TO artifacts;
CREATE INDEX artifacts_path ON artifacts (path);

-- Streams as their source sent them, for another wish about the same recording. DATA_DIR/cache/<key>/.
CREATE TABLE kept_sources (
    key           TEXT    PRIMARY KEY,          -- of source, id and quality (lib/cache.h)
    file          TEXT    NOT NULL,             -- src.EXT
    thumbnail     TEXT    NOT NULL,             -- "" for none
    size_bytes    INTEGER NOT NULL,             -- of both
    created_at_ms INTEGER NOT NULL,
    used_at_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_sources_used ON kept_sources (used_at_ms);

-- ---- tenants ----

CREATE TABLE sessions (
    uuid           TEXT    PRIMARY KEY,         -- also its credential
    key_id         INTEGER,                     -- who opened it; NULL: somebody without a key
    label          TEXT    NOT NULL DEFAULT '',
    created_at_ms  INTEGER NOT NULL,
    expires_at_ms  INTEGER NOT NULL,
    used_at_ms     INTEGER NOT NULL,
    ended_at_ms    INTEGER,                     -- by hand, or noticed by the worker when it expired
    cleaned_at_ms  INTEGER,                     -- its jobs are cancelled and on their way out
    jobs_submitted INTEGER NOT NULL DEFAULT 0,
    -- NULL: as the settings.
    max_jobs       INTEGER,
    max_items      INTEGER,
    max_duration_s INTEGER,
    max_file_mb    INTEGER
) STRICT;
CREATE INDEX sessions_created ON sessions (created_at_ms);
CREATE INDEX sessions_open ON sessions (expires_at_ms) WHERE cleaned_at_ms IS NULL;

ALTER TABLE api_keys ADD COLUMN max_jobs       INTEGER;     -- open at the same time; NULL: any number
ALTER TABLE api_keys ADD COLUMN max_items      INTEGER;
ALTER TABLE api_keys ADD COLUMN max_duration_s INTEGER;
ALTER TABLE api_keys ADD COLUMN max_file_mb    INTEGER;

-- Sessions have names of their own, and each tenant has room for so many answers.
CREATE TABLE idempotency_keys_new (
    key_id        INTEGER NOT NULL,                 -- whose; 0: a session without a key
    session_uuid  TEXT    NOT NULL,                 -- "": the library's
    name          TEXT    NOT NULL,                 -- as sent
    request_hash  TEXT    NOT NULL,                 -- of method, path and body
    status        INTEGER NOT NULL,
    location      TEXT,
    body          TEXT    NOT NULL,
    size_bytes    INTEGER NOT NULL,                 -- of name and body
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, session_uuid, name)
) STRICT, WITHOUT ROWID;
INSERT INTO idempotency_keys_new (key_id, session_uuid, name, request_hash, status, location, body, size_bytes,
        created_at_ms)
    SELECT key_id, '', name, request_hash, status, location, body, length(name) + length(CAST(body AS BLOB)),
        created_at_ms
    FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_new RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at_ms);
CREATE INDEX idempotency_keys_room ON idempotency_keys (session_uuid, key_id, size_bytes);

-- ---- who may be downloaded ----

CREATE TABLE whitelist (
    id            INTEGER PRIMARY KEY,
    uuid          TEXT    NOT NULL UNIQUE,
    platform      TEXT    NOT NULL,             -- a source's name
    channel       TEXT    NOT NULL,             -- normalised: an id, a handle, a user, a host; * is the whole platform
    name          TEXT    NOT NULL DEFAULT '',  -- as somebody wrote it
    note          TEXT    NOT NULL DEFAULT '',
    created_at_ms INTEGER NOT NULL,
    UNIQUE (platform, channel)
) STRICT;

-- Switches that the API sets and that outlive a restart.
CREATE TABLE switches (
    name          TEXT PRIMARY KEY,             -- whitelist
    value         TEXT NOT NULL,
    changed_at_ms INTEGER NOT NULL
) STRICT;

-- ---- a look before the leap ----

CREATE TABLE previews (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT    NOT NULL UNIQUE,
    session_uuid   TEXT,
    url            TEXT    NOT NULL,            -- "" for a search
    search_query   TEXT    NOT NULL DEFAULT '',
    source         TEXT    NOT NULL,
    download_type  TEXT    NOT NULL DEFAULT 'auto',
    max_items      INTEGER NOT NULL,
    state          TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    result_json    TEXT,
    error_kind     TEXT,
    error_text     TEXT,
    created_at_ms  INTEGER NOT NULL,
    finished_at_ms INTEGER
) STRICT;
CREATE INDEX previews_age ON previews (created_at_ms);
