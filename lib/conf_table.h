/*
 * Every setting, once: name, default, range, meaning. Parser, checks, `dubplate config` and the README's table
 * follow from this list. Values come from the environment, then from DATA_DIR/dubplate.env, then from here.
 *
 * INT(field, NAME, default, least, most, help)    STR(field, NAME, default, help)    SECRET(field, NAME, help)
 * NUM(field, NAME, default, least, most, help)    BOOL(field, NAME, default, help)
 *
 * An INT is a whole number, a NUM one that may have decimals.
 * A SECRET is text without a default that is never printed. A BOOL is written true or false (or yes, on, 1 …).
 */
#define CONF_TABLE(INT, NUM, STR, SECRET, BOOL)                                                                  \
    INT(port, "PORT", 8080, 1, 65535, "where nginx listens")                                                     \
    STR(listen, "LISTEN", "127.0.0.1", "address where nginx listens: IPv4, IPv6, or * for all of them")         \
    STR(data_dir, "DATA_DIR", "./data", "everything that Dubplate writes lives below this directory")           \
    STR(allow_source_nets, "ALLOW_SOURCE_NETS", "",                                                              \
        "CIDR list of private networks that links may point into, e.g. 192.168.1.0/24")                         \
    STR(download_whitelist_enabled, "DOWNLOAD_WHITELIST_ENABLED", "",                                            \
        "true: only channels of the whitelist are downloaded; false: all; empty: true unless LISTEN is loopback") \
    STR(ytdlp_path, "YTDLP_PATH", "yt-dlp", "the yt-dlp that is run; a wrapper script serves")                   \
    STR(ytdlp_config, "YTDLP_CONFIG", "", "configuration file for yt-dlp (cookies, proxy, JavaScript runtime)") \
    STR(spotify_client_id, "SPOTIFY_CLIENT_ID", "",                                                              \
        "of an app of yours (developer.spotify.com): albums and playlists of Spotify need one")                  \
    SECRET(spotify_client_secret, "SPOTIFY_CLIENT_SECRET", "belongs to SPOTIFY_CLIENT_ID")                       \
    STR(spotify_api_url, "SPOTIFY_API_URL", "https://api.spotify.com/v1", "where Spotify's Web API is")          \
    STR(spotify_accounts_url, "SPOTIFY_ACCOUNTS_URL", "https://accounts.spotify.com", "where its tokens are")    \
    STR(spotify_oembed_url, "SPOTIFY_OEMBED_URL", "https://open.spotify.com/oembed",                             \
        "where titles are found without an app")                                                                 \
    STR(worker_name, "WORKER_NAME", "worker", "name of this worker in logs and lists")                           \
    INT(worker_concurrency, "WORKER_CONCURRENCY", 2, 1, 64,                                                      \
        "tasks of the default lane that a worker runs at a time")                                                \
    STR(queue_names, "QUEUE_NAMES", "maintenance,webhook,preview,default,slow",                                        \
        "lanes that this worker serves; each has places of its own")                                             \
    INT(poll_ms, "POLL_MS", 50, 5, 10000, "how often an idle worker looks whether the database changed")        \
    INT(lease_s, "LEASE_S", 60, 5, 3600, "a worker that hangs this long loses its tasks to another")             \
    INT(drain_s, "DRAIN_S", 20, 0, 600, "how long SIGTERM lets running tasks finish before they are put back")   \
    INT(max_retries, "MAX_RETRIES", 3, 0, 10, "attempts after the first, for failures that may pass")            \
    INT(max_crashes, "MAX_CRASHES", 3, 1, 100000, "a task that took its process down this often is given up")    \
    INT(retry_base_ms, "RETRY_BASE_MS", 30000, 10, 3600000, "wait before the first retry; doubles each time")    \
    INT(network_retry_ms, "NETWORK_RETRY_MS", 1000, 1, 60000,                                                    \
        "network trouble inside a stage: wait before the first of three more tries; doubles each time")         \
    INT(source_rest_s, "SOURCE_REST_S", 300, 1, 86400,                                                           \
        "how long a source rests that answered 429; six times this after a bot check; doubles each time")       \
    STR(source_budgets, "SOURCE_BUDGETS", "youtube=240",                                                         \
        "pages asked of a source per hour, after the first ten: name=n, …; * is every other; *=0 is no limit")     \
    INT(min_free_mb, "MIN_FREE_MB", 512, 0, 1048576, "with less free disk space than this no work is begun")     \
    INT(keep_failed_h, "KEEP_FAILED_H", 24, 0, 8760,                                                             \
        "how long a failed track keeps what it had, for a retry that goes on from there")                       \
    INT(stall_timeout_s, "STALL_TIMEOUT_S", 60, 1, 3600, "a download of less than 1 KiB/s over this long is ended")    \
    INT(task_timeout_s, "TASK_TIMEOUT_S", 1800, 5, 86400, "wall-clock limit of one stage")                       \
    INT(max_file_size_mb, "MAX_FILE_SIZE_MB", 1024, 1, 65536, "largest file that a download may become")         \
    INT(max_items, "MAX_ITEMS", 200, 1, 100000, "entries that are taken of a playlist, channel or feed")           \
    INT(match_threshold, "MATCH_THRESHOLD", 70, 0, 100,                                                          \
        "a search result that fits less than this is not taken for the song (0-100)")                           \
    INT(cache_days, "CACHE_DAYS", 30, 0, 3650,                                                                   \
        "how long a finished file answers the same wish again, and a stream is kept for another; 0: never")      \
    INT(cache_max_mb, "CACHE_MAX_MB", 2048, 0, 1048576,                                                          \
        "room for streams that are kept for another wish; the least recently used goes first")                  \
    INT(max_duration_s, "MAX_DURATION_S", 14400, 1, 86400, "longest recording that is accepted")                \
    NUM(trim_threshold_dbfs, "TRIM_THRESHOLD_DBFS", -60, -90, -30,                                               \
        "trim_silence: what stays below this at an end of a recording is silence")                              \
    NUM(trim_min_seconds, "TRIM_MIN_SECONDS", 1, 0, 60, "trim_silence: shorter silence stays")                   \
    NUM(trim_padding_seconds, "TRIM_PADDING_SECONDS", 0.25, 0, 10,                                               \
        "trim_silence: so much of the silence is left at each end")                                             \
    BOOL(sessions_open, "SESSIONS_OPEN", false,                                                                  \
        "sessions without a key: whoever reaches this server may open one and submit jobs in it")                \
    INT(session_hours, "SESSION_HOURS", 24, 1, 8760, "how long a session lives; then its jobs and files are removed") \
    INT(session_max_jobs, "SESSION_MAX_JOBS", 10, 1, 100000, "jobs that a session holds, finished ones included") \
    INT(sessions_open_most, "SESSIONS_OPEN_MOST", 100, 1, 1000000,                                               \
        "with SESSIONS_OPEN: sessions without a key that may be open at the same time")                         \
    INT(sessions_open_jobs, "SESSIONS_OPEN_JOBS", 200, 1, 100000,                                                \
        "with SESSIONS_OPEN: jobs that all sessions without a key together may have open")                      \
    INT(session_max_items, "SESSION_MAX_ITEMS", 50, 1, 100000, "items of one list that a session's job takes")   \
    STR(log_level, "LOG_LEVEL", "info", "error, warn, info or debug")
