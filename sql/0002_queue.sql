-- A queue that tells the truth: what waits, for what, until when; who said so; and sources that rest.

-- ---- jobs: paused, scheduled, unique while they are open ----

ALTER TABLE download_jobs ADD COLUMN priority        INTEGER NOT NULL DEFAULT 0;
ALTER TABLE download_jobs ADD COLUMN asked           TEXT    NOT NULL DEFAULT '';  -- sources.name: who is asked for it
ALTER TABLE download_jobs ADD COLUMN scheduled_at_ms INTEGER;
ALTER TABLE download_jobs ADD COLUMN paused_at_ms    INTEGER;     -- set: tasks that it gets from now on are born paused
ALTER TABLE download_jobs ADD COLUMN work_key        TEXT;        -- hash of all that makes two submissions the same

UPDATE download_jobs SET asked = source;
CREATE UNIQUE INDEX download_jobs_work ON download_jobs (work_key)
    WHERE state IN ('queued', 'running', 'paused') AND deleted_at_ms IS NULL;
-- Lists by state and by source.
CREATE INDEX download_jobs_state ON download_jobs (state, id) WHERE deleted_at_ms IS NULL;
CREATE INDEX download_jobs_source ON download_jobs (source, id) WHERE deleted_at_ms IS NULL;

-- How many jobs of each source are in which state; kept by the transactions that change a state. COUNT(*) over a
-- million rows takes longer than the page that asks for it.
CREATE TABLE job_counts (
    source TEXT    NOT NULL,
    state  TEXT    NOT NULL,
    jobs   INTEGER NOT NULL,
    PRIMARY KEY (source, state)
) STRICT, WITHOUT ROWID;
INSERT INTO job_counts (source, state, jobs)
    SELECT source, state, COUNT(*) FROM download_jobs WHERE deleted_at_ms IS NULL GROUP BY source, state;

-- ---- tasks: whose turn is it? ----

ALTER TABLE tasks ADD COLUMN due       INTEGER NOT NULL DEFAULT 1;    -- 0: run_after_ms is ahead; a worker sets it to 1
ALTER TABLE tasks ADD COLUMN waits_for TEXT    NOT NULL DEFAULT '';   -- schedule, retry: why run_after_ms is ahead
ALTER TABLE tasks ADD COLUMN turn_ms   INTEGER NOT NULL DEFAULT 0;    -- order among equals; see lib/queue.h, Fairness
ALTER TABLE tasks ADD COLUMN source    TEXT    NOT NULL DEFAULT '';   -- sources.name: who is asked
ALTER TABLE tasks ADD COLUMN asks      INTEGER NOT NULL DEFAULT 0;    -- 0 nothing, 1 media, 2 a page: counts in its budget
ALTER TABLE tasks ADD COLUMN pause_requested INTEGER NOT NULL DEFAULT 0;

UPDATE tasks SET turn_ms = created_at_ms, due = CASE WHEN run_after_ms > 0 THEN 0 ELSE 1 END;
UPDATE tasks SET source = (SELECT asked FROM download_jobs j WHERE j.id = tasks.job_id),
                 asks = CASE kind WHEN 'resolve' THEN 2 ELSE 1 END
    WHERE kind IN ('resolve', 'track');

-- One flow per (lane, source, what it asks), each in its order: a claim looks at the first of every flow, and a source
-- that rests costs it one row, however many tasks wait for it.
DROP INDEX tasks_claim;
CREATE INDEX tasks_claim ON tasks (queue, source, asks, priority DESC, turn_ms, id) WHERE state = 'queued' AND due = 1;
CREATE INDEX tasks_later ON tasks (run_after_ms) WHERE state = 'queued' AND due = 0;
CREATE INDEX tasks_later_of_lane ON tasks (queue) WHERE state = 'queued' AND due = 0;    -- how long a lane is

-- ---- what holds tasks back ----

CREATE TABLE lanes (
    name         TEXT PRIMARY KEY,
    paused_at_ms INTEGER
) STRICT;
INSERT INTO lanes (name) VALUES ('default'), ('slow'), ('webhook'), ('maintenance');

-- Circuit breaker and budget, shared by all workers. No row: never refused, no budget used.
CREATE TABLE sources (
    name          TEXT    PRIMARY KEY,              -- a platform, or the host of a generic link
    -- Breaker. Closed: trips = 0. Open: until open_until_ms. Half-open: after it, one task at a time.
    trips         INTEGER NOT NULL DEFAULT 0,       -- refusals in a row
    open_until_ms INTEGER NOT NULL DEFAULT 0,
    error_kind    TEXT,                             -- of the last refusal
    error_text    TEXT,
    probe_task_id INTEGER,                          -- half-open: the task that tries
    -- Budget (GCRA): when the next page may be asked for.
    free_at_ms    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- ---- what happened ----

CREATE TABLE job_events (
    job_id     INTEGER NOT NULL REFERENCES download_jobs (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,                    -- 1, 2, … within the job
    at_ms      INTEGER NOT NULL,
    event      TEXT    NOT NULL,                    -- submitted, started, retrying …: lib/events.h
    task_kind  TEXT,                                -- NULL: of the job as a whole
    attempt    INTEGER,
    stage      TEXT,
    error_kind TEXT,
    detail     TEXT,                                -- one sentence
    PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;

-- The first answer to a POST with an Idempotency-Key, to be given again.
CREATE TABLE idempotency_keys (
    key_id        INTEGER NOT NULL,                 -- whose
    name          TEXT    NOT NULL,                 -- as sent
    request_hash  TEXT    NOT NULL,                 -- of method, path and body
    status        INTEGER NOT NULL,
    location      TEXT,
    body          TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at_ms);

-- Wall clock minus boot clock, as last seen. A wall clock that is set takes waiting times with it (lib/queue.h).
CREATE TABLE clock (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    boot_id   TEXT    NOT NULL,
    offset_ms INTEGER NOT NULL
) STRICT;

ALTER TABLE workers ADD COLUMN queue_names TEXT    NOT NULL DEFAULT '';
ALTER TABLE workers ADD COLUMN concurrency INTEGER NOT NULL DEFAULT 1;
