-- The main job, end to end: what was asked, what it yields, who works on it.
-- Times are Unix milliseconds, UTC, unless the name says otherwise. Ids in the API are the uuid columns.

-- Counts every change that a client can see; an ETag is its value. One row.
CREATE TABLE revision (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO revision (id, value) VALUES (1, 1);

-- One row per submitted link. What was asked never changes; the rest is what clients are shown.
CREATE TABLE download_jobs (
    id              INTEGER PRIMARY KEY,
    uuid            TEXT    NOT NULL UNIQUE,
    session_uuid    TEXT,                       -- NULL: the admin's own library
    url             TEXT    NOT NULL,           -- as normalised at submit
    source          TEXT    NOT NULL,           -- platform, from the host
    spec_json       TEXT    NOT NULL,           -- every option with its value
    client_ref      TEXT    NOT NULL DEFAULT '',
    -- Where it stands: settled from its tasks in the transaction that changes one of them.
    state           TEXT    NOT NULL DEFAULT 'queued'
                    CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
    total_items     INTEGER NOT NULL DEFAULT 0, -- 0 until resolved
    completed_items INTEGER NOT NULL DEFAULT 0,
    failed_items    INTEGER NOT NULL DEFAULT 0,
    error_kind      TEXT,                       -- of the last failure; NULL when all is well
    error_text      TEXT,
    created_at_ms   INTEGER NOT NULL,
    updated_at_ms   INTEGER NOT NULL,
    started_at_ms   INTEGER,
    finished_at_ms  INTEGER,
    deleted_at_ms   INTEGER,                    -- gone for clients; a purge task removes files, then the row
    revision        INTEGER NOT NULL            -- the revision of its last visible change
) STRICT;
CREATE INDEX download_jobs_live ON download_jobs (id) WHERE deleted_at_ms IS NULL;      -- lists and counts

-- One piece of audio that a job yields.
CREATE TABLE downloaded_tracks (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT    NOT NULL UNIQUE,
    job_id         INTEGER NOT NULL REFERENCES download_jobs (id) ON DELETE CASCADE,
    item_index     INTEGER NOT NULL,            -- 1 for the first
    source_id      TEXT    NOT NULL DEFAULT '', -- the platform's own id
    extractor      TEXT    NOT NULL DEFAULT '', -- yt-dlp's name for the platform
    url            TEXT    NOT NULL,            -- its page
    title          TEXT    NOT NULL DEFAULT '',
    artist         TEXT    NOT NULL DEFAULT '',
    album          TEXT    NOT NULL DEFAULT '',
    album_artist   TEXT    NOT NULL DEFAULT '',
    genre          TEXT    NOT NULL DEFAULT '',
    uploader       TEXT    NOT NULL DEFAULT '',
    release_date   TEXT    NOT NULL DEFAULT '', -- YYYY or YYYY-MM-DD
    track_number   INTEGER NOT NULL DEFAULT 0,
    duration_ms    INTEGER,                     -- as the source says; of the finished file once there is one
    state          TEXT    NOT NULL DEFAULT 'queued'
                   CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
    report_json    TEXT,                        -- input, output and loudness, as measured
    created_at_ms  INTEGER NOT NULL,
    finished_at_ms INTEGER,
    UNIQUE (job_id, item_index)
) STRICT;

-- A finished file. The row and the file appear together: the rename happens inside the transaction of the row.
CREATE TABLE artifacts (
    id            INTEGER PRIMARY KEY,
    track_id      INTEGER NOT NULL REFERENCES downloaded_tracks (id) ON DELETE CASCADE,
    kind          TEXT    NOT NULL CHECK (kind IN ('audio', 'cover')),
    path          TEXT    NOT NULL UNIQUE,      -- below DATA_DIR
    format        TEXT    NOT NULL,             -- mp3, jpg
    size_bytes    INTEGER NOT NULL,
    sha256        TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (track_id, kind)
) STRICT;

-- A claimable unit of background work. Knows nothing of audio: `kind` names the program part, `subject_id` the row.
CREATE TABLE tasks (
    id               INTEGER PRIMARY KEY,
    kind             TEXT    NOT NULL,          -- resolve, track; house-keeping: tidy, purge
    queue            TEXT    NOT NULL,          -- the lane it waits in
    job_id           INTEGER NOT NULL REFERENCES download_jobs (id) ON DELETE CASCADE,
    subject_id       INTEGER,                   -- track: downloaded_tracks.id
    -- Scheduling: who may run this, and until when do we believe them?
    state            TEXT    NOT NULL DEFAULT 'queued'
                     CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
    priority         INTEGER NOT NULL DEFAULT 0,    -- higher first
    run_after_ms     INTEGER NOT NULL DEFAULT 0,    -- retries and schedules move this forward
    attempt          INTEGER NOT NULL DEFAULT 0,    -- bumped by every claim; half of the fence
    owner            TEXT,                          -- the worker process that holds it; the other half
    lease_until_boot_ms INTEGER,                    -- CLOCK_BOOTTIME of the owner's boot
    cancel_requested INTEGER NOT NULL DEFAULT 0,
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
CREATE INDEX tasks_claim ON tasks (queue, priority DESC, run_after_ms, id) WHERE state = 'queued';
CREATE INDEX tasks_running ON tasks (owner) WHERE state = 'running';
CREATE INDEX tasks_job ON tasks (job_id, id);

-- What each stage of a task cost, children's CPU included. A repeated stage overwrites its row.
CREATE TABLE task_stages (
    task_id       INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    name          TEXT    NOT NULL,
    position      INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    attempt       INTEGER NOT NULL,
    wall_ms       INTEGER NOT NULL DEFAULT 0,
    cpu_ms        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (task_id, name)
) STRICT;

-- Worker processes. Alive is who holds the lock on DATA_DIR/run/<owner>.lock; a row alone proves nothing.
CREATE TABLE workers (
    owner         TEXT    PRIMARY KEY,          -- name, pid and a random part: never used twice
    name          TEXT    NOT NULL,
    pid           INTEGER NOT NULL,
    version       TEXT    NOT NULL,
    ytdlp_path    TEXT    NOT NULL,
    ytdlp_version TEXT    NOT NULL,             -- what that very path answered; empty: it did not; ?: not yet
    started_at_ms INTEGER NOT NULL
) STRICT;

-- API keys. The key itself is shown once and never stored.
CREATE TABLE api_keys (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL,
    sha256        TEXT    NOT NULL UNIQUE,
    created_at_ms INTEGER NOT NULL
) STRICT;

-- Signed-in browsers: a random token in a cookie, its hash here.
CREATE TABLE logins (
    sha256        TEXT    PRIMARY KEY,
    key_id        INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    expires_at_ms INTEGER NOT NULL
) STRICT;
