/* Tenants: what a session may see, how much it and a key may have, and its end. */
#include "a_job.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "cache.h"
#include "keys.h"
#include "sessions.h"
#include "workdir.h"

#define HOUR_MS (3600 * 1000LL)

/* A session with these limits; its uuid lives until the fourth next call. */
static const char *opened_with(const struct quota *limits)
{
    static struct session sessions[4];
    static int count;
    struct session *s = &sessions[count++ % 4];

    *s = (struct session){ .expires_at_ms = clock_wall_ms() + HOUR_MS, .limits = *limits, .label = "a label" };
    must(sessions_add(db, s, 100, &e));
    return s->uuid;
}

static const char *opened(void)
{
    return opened_with(&(struct quota){ 0 });
}

static struct session session(const char *uuid)
{
    struct session s;
    must(sessions_find(db, uuid, &s, &e));
    return s;
}

/* What a submission yields: the job's uuid, whether it was there, or the refusal in e. */
struct outcome { char uuid[ID_UUID_BYTES]; bool existing; int rc; };

static struct outcome ask_as(const char *session, int64_t key_id, const char *url)
{
    char work[ID_SHA256_BYTES];
    struct new_job j = { .url = url, .source = "generic", .asked = "example.org", .spec_json = "{}", .client_ref = "",
                         .work_key = work, .session_uuid = session, .key_id = key_id };
    enum submitted how = SUBMIT_NEW;
    struct outcome o;

    cache_work_key(work, jobs_tenant(session), url, "{}", "");
    o.rc = life_submit(db, &conf, &j, o.uuid, &how, &e);
    o.existing = how == SUBMIT_SAME;
    return o;
}

static struct outcome ask(const char *session, const char *url)
{
    const struct outcome o = ask_as(session, 0, url);
    check(o.rc == 0, "%s", e.text);
    return o;
}

/* All that waits, done. */
static void work_off(void)
{
    struct claim c;

    while (try_claim("default", &c) == 1)
        if (strcmp(c.kind, "resolve") == 0)
            resolve(&c);
        else
            must(finish(db, &c));
}

static struct job_request request_of(const char *uuid)
{
    struct job_request r = { 0 };

    must(jobs_request(db, job(uuid).id, &r, &e));
    job_request_free(&r);
    return r;
}

static void count_job(void *arg, const struct job *j)
{
    (void)j;
    ++*(int *)arg;
}

static int listed(const char *session)
{
    const struct job_filter filter = { .before_id = INT64_MAX, .limit = 100, .session = session };
    int64_t total = 0;
    int n = 0;

    must(jobs_list(db, &filter, count_job, &n, &e));
    must(jobs_count(db, &filter, &total, &e));
    check(total == n, "%d listed, %lld counted", n, (long long)total);
    return n;
}

/* ---- what a session is ---- */

TEST(a_session_is_a_credential_until_it_is_ended_or_expires)
{
    const char *uuid = opened();
    struct session s;

    must(sessions_check(db, uuid, &s, &e));
    assert_true(s.is_active);
    assert_string_equal(s.label, "a label");
    refuses(sessions_check(db, "0199f3a1-0000-7000-8000-000000000000", &s, &e), ERR_UNAUTHORIZED);
    assert_non_null(strstr(e.text, "not known"));
    refuses(sessions_check(db, "", &s, &e), ERR_UNAUTHORIZED);
    run("UPDATE sessions SET expires_at_ms = 1000");
    refuses(sessions_check(db, uuid, &s, &e), ERR_UNAUTHORIZED);
    assert_non_null(strstr(e.text, "expired"));
    uuid = opened();
    must(life_end_session(db, uuid, &e));
    refuses(sessions_check(db, uuid, &s, &e), ERR_UNAUTHORIZED);
    assert_non_null(strstr(e.text, "ended"));
    assert_false(session(uuid).is_active);
    must(life_end_session(db, uuid, &e));
    refuses(life_end_session(db, "0199f3a1-0000-7000-8000-000000000000", &e), ERR_NOT_FOUND);
}

TEST(a_session_that_a_wrong_clock_opened_years_ahead_is_over_when_the_clock_is_right)
{
    const char *uuid = opened(), *later = opened();
    struct session s;

    run("UPDATE sessions SET created_at_ms = created_at_ms + 200000000000, expires_at_ms = expires_at_ms + 200000000000"
        " WHERE uuid = (SELECT MIN(uuid) FROM sessions)");
    const char *wrong = strcmp(uuid, later) < 0 ? uuid : later;
    refuses(sessions_check(db, wrong, &s, &e), ERR_UNAUTHORIZED);
    assert_int_equal(life_clean_session(db, &e), 1);
    assert_int_equal(life_clean_session(db, &e), 0);
    assert_true(session(wrong).ended_at_ms > 0);
    must(sessions_check(db, strcmp(uuid, later) < 0 ? later : uuid, &s, &e));
}

/* ---- what it sees ---- */

TEST(a_confined_handle_finds_lists_and_steers_the_jobs_of_its_session_alone)
{
    static life_action *const actions[] = { life_cancel, life_pause, life_resume, life_retry, life_delete };
    char mine[ID_UUID_BYTES], others[ID_UUID_BYTES];
    const char *a = opened(), *b = opened(), *library;
    struct track t;
    struct job j;

    snprintf(mine, sizeof mine, "%s", ask(a, "https://example.org/1").uuid);
    work_off();
    char my_track[ID_UUID_BYTES];
    memcpy(my_track, track_uuid, sizeof my_track);
    snprintf(others, sizeof others, "%s", ask(b, "https://example.org/2").uuid);
    work_off();
    library = submit();

    db_confine(db, a);
    must(jobs_find(db, mine, &j, &e));
    assert_string_equal(j.session_uuid, a);
    must(tracks_find(db, my_track, &t, &e));
    track_free(&t);
    refuses(tracks_find(db, track_uuid, &t, &e), ERR_NOT_FOUND);
    for (const char *const *foreign = (const char *const[]){ others, library, NULL }; *foreign; foreign++) {
        refuses(jobs_find(db, *foreign, &j, &e), ERR_NOT_FOUND);
        for (size_t i = 0; i < LENGTH(actions); i++)
            refuses(actions[i](db, *foreign, &e), ERR_NOT_FOUND);
        refuses(life_prioritize(db, *foreign, 1, &e), ERR_NOT_FOUND);
        refuses(life_reschedule(db, *foreign, 0, &e), ERR_NOT_FOUND);
    }
    assert_int_equal(listed(NULL), 1);
    assert_int_equal(listed(b), 1);         /* its own, whatever it asks for */
    const struct outcome o = ask(b, "https://example.org/3");
    assert_string_equal(job(o.uuid).session_uuid, a);
    db_confine(db, b);
    assert_int_equal(listed(NULL), 1);
    db_confine(db, NULL);
    assert_int_equal(listed(NULL), 4);
    assert_int_equal(listed(a), 2);
    assert_string_equal(job(library).session_uuid, "");
}

TEST(where_a_file_of_others_lies_is_not_told)
{
    const char *a = opened();
    char path[128];
    struct track t;

    ask(a, "https://example.org/1");
    work_off();
    must(tracks_find(db, track_uuid, &t, &e));
    assert_false(t.audio.is_foreign);           /* to the admin nothing is */
    track_free(&t);
    db_confine(db, a);
    must(tracks_find(db, track_uuid, &t, &e));
    assert_true(t.audio.is_foreign && t.cover.is_foreign);
    track_free(&t);
    snprintf(path, sizeof path, "downloads/%s/j/audio/a.mp3", a);
    must(tracks_put_artifact(db, t.id, &(struct artifact){ .kind = "audio", .format = "mp3" }, &e));
    struct stmt *s = db_stmt(db, "UPDATE artifacts SET path = :path WHERE kind = 'audio'");
    bind_text(s, ":path", path);
    must(db_run(s, &e));
    must(tracks_find(db, track_uuid, &t, &e));
    assert_true(!t.audio.is_foreign && t.cover.is_foreign);
    track_free(&t);
    db_confine(db, NULL);
}

/* ---- the same work ---- */

TEST(the_same_work_in_one_session_is_one_job_while_it_is_open_and_when_it_is_done)
{
    const char *a = opened();
    const struct outcome first = ask(a, "https://example.org/1");

    struct outcome again = ask(a, "https://example.org/1");
    assert_true(again.existing);
    assert_string_equal(again.uuid, first.uuid);
    work_off();
    is(first.uuid, "completed");
    const int64_t revision = job(first.uuid).revision;
    again = ask(a, "https://example.org/1");
    assert_true(again.existing);
    assert_string_equal(again.uuid, first.uuid);
    assert_int_equal(job(first.uuid).revision, revision);
    assert_int_equal(session(a).jobs_submitted, 1);
    assert_false(ask(a, "https://example.org/2").existing);
    must(life_delete(db, first.uuid, &e));
    assert_false(ask(a, "https://example.org/1").existing);
}

TEST(what_was_done_and_then_removed_by_hand_is_done_again)
{
    const char *a = opened();
    const struct outcome first = ask(a, "https://example.org/1");
    struct track t;

    work_off();
    must(tracks_find(db, track_uuid, &t, &e));
    track_free(&t);
    must(unlink(t.audio.path));
    const struct outcome again = ask(a, "https://example.org/1");
    assert_false(again.existing);
    check(strcmp(again.uuid, first.uuid) != 0, "a job of its own");
    work_off();
    assert_string_equal(ask(a, "https://example.org/1").uuid, again.uuid);
}

TEST(what_failed_or_was_cancelled_is_no_answer)
{
    const char *a = opened();
    const struct outcome first = ask(a, "https://example.org/1");

    must(life_cancel(db, first.uuid, &e));
    const struct outcome second = ask(a, "https://example.org/1");
    assert_false(second.existing);
    refuses(life_retry(db, first.uuid, &e), ERR_CONFLICT);      /* the second does it */
    const struct claim c = claim();
    assert_false(fail_with(&c, ERR_UNAVAILABLE));
    assert_false(ask(a, "https://example.org/1").existing);
}

TEST(two_sessions_and_the_library_never_share_a_job)
{
    const char *a = opened(), *b = opened();

    assert_false(ask(a, "https://example.org/1").existing);
    assert_false(ask(b, "https://example.org/1").existing);
    assert_false(ask(NULL, "https://example.org/1").existing);
    assert_true(ask(b, "https://example.org/1").existing);
    work_off();
    assert_true(ask(a, "https://example.org/1").existing);
    assert_false(ask(NULL, "https://example.org/1").existing);      /* in the library it is done again */
}

/* Even where somebody asks with another's key. */
TEST(what_others_have_is_no_answer_at_once)
{
    const char *a = opened(), *b = opened();
    struct new_job j = { .url = "https://example.org/1", .source = "generic", .asked = "example.org", .spec_json = "{}",
                         .client_ref = "", .work_key = "1", .outcome_key = "outcome", .may_be_cached = true,
                         .session_uuid = a };
    char uuid[ID_UUID_BYTES];
    enum submitted how;

    conf.cache_days = 1;
    must(life_submit(db, &conf, &j, uuid, &how, &e));
    work_off();
    j.work_key = "2";
    must(life_submit(db, &conf, &j, uuid, &how, &e));
    assert_int_equal(how, SUBMIT_CACHED);
    assert_string_equal(job(uuid).session_uuid, a);
    db_confine(db, b);
    must(life_submit(db, &conf, &j, uuid, &how, &e));
    db_confine(db, NULL);
    assert_int_equal(how, SUBMIT_NEW);
    assert_string_equal(job(uuid).session_uuid, b);
}

TEST(who_wants_a_finished_job_done_anew_gets_another)
{
    const char *a = opened();
    struct new_job j = { .url = "https://example.org/1", .source = "generic", .asked = "example.org", .spec_json = "{}",
                         .client_ref = "", .work_key = "1", .session_uuid = a, .wants_anew = true };
    char first[ID_UUID_BYTES], uuid[ID_UUID_BYTES];
    enum submitted how;

    must(life_submit(db, &conf, &j, first, &how, &e));
    must(life_submit(db, &conf, &j, uuid, &how, &e));
    assert_string_equal(first, uuid);       /* it is being done */
    work_off();
    must(life_submit(db, &conf, &j, uuid, &how, &e));
    assert_int_equal(how, SUBMIT_NEW);
}

/* ---- limits ---- */

TEST(a_session_holds_so_many_jobs_and_a_deleted_one_makes_room)
{
    const char *a = opened_with(&(struct quota){ .max_jobs = 2 });
    const struct outcome first = ask(a, "https://example.org/1");

    work_off();
    ask(a, "https://example.org/2");
    const int64_t revision = number("SELECT value FROM revision");
    assert_int_equal(ask_as(a, 0, "https://example.org/3").rc, -1);
    assert_int_equal(e.kind, ERR_LIMIT);
    assert_non_null(strstr(e.text, "2 jobs"));
    assert_int_equal(number("SELECT value FROM revision"), revision);
    assert_int_equal(session(a).jobs_submitted, 2);
    assert_true(ask(a, "https://example.org/2").existing);      /* what is there costs nothing */
    must(life_delete(db, first.uuid, &e));
    ask(a, "https://example.org/3");
    const struct session s = session(a);
    assert_int_equal(s.jobs, 2);
    assert_int_equal(s.jobs_open, 2);
    assert_int_equal(s.jobs_submitted, 3);
    counts_are_right();
}

TEST(sessions_without_a_key_have_so_many_jobs_open_together)
{
    const char *a = opened(), *b = opened();

    conf.sessions_open_jobs = 2;
    const struct outcome first = ask(a, "https://example.org/1");
    ask(b, "https://example.org/2");
    assert_int_equal(ask_as(b, 0, "https://example.org/3").rc, -1);
    assert_int_equal(e.kind, ERR_LIMIT);
    assert_true(ask(a, "https://example.org/1").existing);
    assert_int_equal(session(b).jobs_submitted, 1);
    assert_int_equal(ask_as(NULL, 0, "https://example.org/3").rc, 0);       /* the library's are not theirs */
    assert_int_equal(ask_as(b, 7, "https://example.org/4").rc, 0);          /* nor who shows a key as well */
    must(life_cancel(db, first.uuid, &e));
    assert_int_equal(ask_as(b, 0, "https://example.org/3").rc, 0);
}

static void find_on_hosts(const struct claim *c, int count)
{
    const struct listing list = { "A list", count + 1 };
    struct found items[8];
    char uuids[8][ID_UUID_BYTES], hosts[8][32];

    for (int i = 0; i <= count; i++) {
        id_uuid7(uuids[i]);
        snprintf(hosts[i], sizeof hosts[i], i < count ? "host%d.example" : "youtube", i);
        items[i] = (struct found){ .uuid = uuids[i], .index = i + 1, .info = &info, .asked = hosts[i],
                                   .asks = ASKS_PAGE };
    }
    must(life_resolved(db, &conf, c, items, count + 1, &list, NULL, &e));
}

TEST(the_hosts_in_a_strangers_list_are_one_flow_and_platforms_keep_theirs)
{
    ask(opened(), "https://example.org/list");
    struct claim c = claim();
    find_on_hosts(&c, 5);
    assert_int_equal(number("SELECT COUNT(DISTINCT source) FROM tasks WHERE kind = 'track'"), 2);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'track' AND source = 'example.org'"), 5);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'track' AND source = 'youtube'"), 1);
    run("DELETE FROM tasks");
    ask(NULL, "https://example.org/list");
    c = claim();
    find_on_hosts(&c, 5);
    assert_int_equal(number("SELECT COUNT(DISTINCT source) FROM tasks WHERE kind = 'track'"), 6);
}

TEST(a_session_has_five_previews_open_at_a_time)
{
    struct preview p = { .url = "https://example.org/", .source = "generic", .download_type = "auto" };

    db_confine(db, opened());
    for (int i = 0; i < 5; i++)
        must(life_preview(db, &p, "example.org", &e));
    refuses(life_preview(db, &p, "example.org", &e), ERR_LIMIT);
    db_confine(db, NULL);
    must(life_preview(db, &p, "example.org", &e));
}

TEST(a_job_has_the_smaller_of_its_sessions_and_its_keys_limits)
{
    const struct quota of_key = { .max_items = 5, .max_duration_s = 600 };
    const struct quota of_session = { .max_items = 9, .max_duration_s = 60, .max_file_mb = 7 };
    const char *a = opened_with(&of_session);
    char key[ID_SECRET_BYTES];
    int64_t key_id;

    must(keys_add(db, "bob", &of_key, key, &e));
    assert_int_equal(keys_check(db, key, &key_id, &e), 1);
    const struct outcome both = ask_as(a, key_id, "https://example.org/1");
    struct job_request r = request_of(both.uuid);
    assert_int_equal(r.limits.max_items, 5);
    assert_int_equal(r.limits.max_duration_s, 60);
    assert_int_equal(r.limits.max_file_mb, 7);
    assert_int_equal(r.key_id, key_id);
    assert_string_equal(r.session_uuid, a);
    r = request_of(ask_as(NULL, key_id, "https://example.org/2").uuid);
    assert_int_equal(r.limits.max_items, 5);
    assert_int_equal(r.limits.max_duration_s, 600);
    assert_int_equal(r.limits.max_file_mb, 0);
    r = request_of(ask(NULL, "https://example.org/3").uuid);
    assert_int_equal(r.limits.max_items + r.limits.max_duration_s + r.limits.max_file_mb + r.key_id, 0);
    assert_string_equal(r.session_uuid, "");
}

TEST(a_key_has_so_many_jobs_open_at_a_time_in_its_sessions_as_well)
{
    struct session s = { .expires_at_ms = clock_wall_ms() + HOUR_MS };
    char key[ID_SECRET_BYTES];

    must(keys_add(db, "bob", &(struct quota){ .max_jobs = 2 }, key, &e));
    assert_int_equal(keys_check(db, key, &s.key_id, &e), 1);
    must(sessions_add(db, &s, 100, &e));
    const struct outcome first = ask_as(NULL, s.key_id, "https://example.org/1");
    ask(s.uuid, "https://example.org/2");
    assert_int_equal(ask_as(NULL, s.key_id, "https://example.org/3").rc, -1);
    assert_int_equal(e.kind, ERR_LIMIT);
    assert_int_equal(ask_as(s.uuid, 0, "https://example.org/3").rc, -1);
    assert_int_equal(e.kind, ERR_LIMIT);
    assert_int_equal(session(s.uuid).jobs_submitted, 1);
    ask(NULL, "https://example.org/3");         /* somebody else's */
    must(life_cancel(db, first.uuid, &e));
    must(ask_as(NULL, s.key_id, "https://example.org/4").rc);
    refuses(life_retry(db, first.uuid, &e), ERR_LIMIT);
    is(first.uuid, "cancelled");
    work_off();
    must(life_retry(db, first.uuid, &e));
}

/* ---- keys ---- */

static void note_key(void *arg, const struct key_row *row)
{
    struct key_row *out = arg;

    if (strcmp(row->name, "bob") == 0)
        *out = *row;
}

TEST(a_key_has_a_name_of_its_own_and_an_id_that_is_never_used_again)
{
    struct key_row bob = { 0 };
    char key[ID_SECRET_BYTES];
    int64_t id, next_id;

    must(keys_ensure_admin(db, unit_dir, &e));
    must(keys_add(db, "bob", &(struct quota){ .max_jobs = 3, .max_file_mb = 9 }, key, &e));
    refuses(keys_add(db, "bob", &(struct quota){ 0 }, key, &e), ERR_CONFLICT);
    refuses(keys_add(db, "admin", &(struct quota){ 0 }, key, &e), ERR_CONFLICT);
    for (const char *const *bad = (const char *const[]){ "", " ", "a b", "-x", "ä", "a\n", NULL }; *bad; bad++)
        refuses(keys_add(db, *bad, &(struct quota){ 0 }, key, &e), ERR_INPUT);
    must(keys_list(db, note_key, &bob, &e));
    assert_int_equal(bob.limits.max_jobs, 3);
    assert_int_equal(bob.limits.max_file_mb, 9);
    assert_int_equal(bob.limits.max_items, 0);
    id = bob.id;
    must(keys_remove(db, "bob", &e));
    refuses(keys_remove(db, "bob", &e), ERR_NOT_FOUND);
    refuses(keys_remove(db, "admin", &e), ERR_CONFLICT);
    usleep(2000);
    must(keys_add(db, "bob", &(struct quota){ 0 }, key, &e));
    assert_int_equal(keys_check(db, key, &next_id, &e), 1);
    assert_true(next_id > id);
}

/* ---- the end ---- */

TEST(the_end_of_a_session_deletes_its_jobs_and_no_others)
{
    const char *a = opened(), *b = opened();
    char url[64];
    struct job j;

    for (int i = 0; i < 60; i++) {
        snprintf(url, sizeof url, "https://example.org/%d", i);
        ask(a, url);
    }
    const struct outcome other = ask(b, "https://example.org/0"), own = ask(NULL, "https://example.org/0");
    const struct claim c = claim();         /* one of them runs */
    must(life_end_session(db, a, &e));
    assert_int_equal(session(a).jobs, 10);          /* in pieces */
    assert_int_equal(number("SELECT COUNT(*) FROM sessions WHERE cleaned_at_ms IS NOT NULL"), 0);
    assert_int_equal(life_clean_session(db, &e), 1);
    assert_int_equal(session(a).jobs, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM sessions WHERE cleaned_at_ms IS NOT NULL"), 1);
    assert_int_equal(life_clean_session(db, &e), 0);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks WHERE kind = 'purge'"), 60);
    assert_int_equal(tick(&c), -1);
    assert_int_equal(e.kind, ERR_CANCELLED);
    must(jobs_find(db, other.uuid, &j, &e));
    must(jobs_find(db, own.uuid, &j, &e));
    assert_int_equal(ask_as(a, 0, "https://example.org/new").rc, -1);
    assert_int_equal(e.kind, ERR_UNAUTHORIZED);
    counts_are_right();
}

TEST(who_is_confined_to_another_session_can_end_one)
{
    const char *a = opened(), *b = opened();

    ask(a, "https://example.org/1");
    db_confine(db, b);
    must(life_end_session(db, a, &e));
    db_confine(db, NULL);
    assert_int_equal(session(a).jobs, 0);
}

TEST(an_expired_session_is_ended_by_upkeep_and_forgotten_a_month_later)
{
    struct session_totals t;
    const char *a = opened();

    ask(a, "https://example.org/1");
    opened();
    assert_int_equal(life_clean_session(db, &e), 0);
    must(sessions_totals(db, &t, &e));
    assert_true(t.total == 2 && t.active == 2 && t.expired == 0 && t.jobs == 1 && t.jobs_submitted == 1);
    run("UPDATE sessions SET expires_at_ms = 1 WHERE jobs_submitted = 1");
    must(sessions_totals(db, &t, &e));
    assert_true(t.total == 2 && t.active == 1 && t.expired == 1 && t.jobs == 1);
    assert_int_equal(life_clean_session(db, &e), 1);
    must(sessions_totals(db, &t, &e));
    assert_true(t.total == 2 && t.active == 1 && t.jobs == 0 && t.jobs_submitted == 1);
    must(sessions_forget(db, &e));
    assert_int_equal(number("SELECT COUNT(*) FROM sessions"), 2);
    run("UPDATE sessions SET cleaned_at_ms = cleaned_at_ms - 31 * 86400000");
    must(sessions_forget(db, &e));
    assert_int_equal(number("SELECT COUNT(*) FROM sessions"), 1);
}

TEST(the_directory_of_a_session_goes_when_it_is_over_and_empty)
{
    const struct conf here = { .data_dir = "." };
    const char *a = opened();
    const struct outcome o = ask(a, "https://example.org/1");
    const struct job_request r = request_of(o.uuid);
    char dir[256], job_dir[200];
    struct stat st;

    workdir_of_job(&r, job_dir, sizeof job_dir);
    snprintf(dir, sizeof dir, "downloads/%s/%s", a, o.uuid);
    assert_string_equal(job_dir, dir);
    must(file_mkdirs(job_dir, &e));
    must(file_mkdirs("downloads/library", &e));
    must(file_mkdirs("downloads/0199f3a1-0000-7000-8000-000000000000", &e));    /* nobody's */
    snprintf(dir, sizeof dir, "downloads/%s", a);
    workdir_sweep_sessions(db, &here);
    assert_int_equal(stat(job_dir, &st), 0);
    assert_int_equal(stat("downloads/library", &st), 0);
    assert_int_equal(stat("downloads/0199f3a1-0000-7000-8000-000000000000", &st), -1);
    must(life_end_session(db, a, &e));
    workdir_sweep_sessions(db, &here);
    assert_int_equal(stat(job_dir, &st), 0);        /* its purge is yet to come */
    assert_int_equal(rmdir(job_dir), 0);
    workdir_sweep_sessions(db, &here);
    assert_int_equal(stat(dir, &st), -1);
    must(file_mkdirs("downloads/library", &e));
    assert_int_equal(stat("downloads/library", &st), 0);
}

UNIT_MAIN(JOB(a_session_is_a_credential_until_it_is_ended_or_expires),
          JOB(a_session_that_a_wrong_clock_opened_years_ahead_is_over_when_the_clock_is_right),
          JOB(a_confined_handle_finds_lists_and_steers_the_jobs_of_its_session_alone),
          JOB(where_a_file_of_others_lies_is_not_told),
          JOB(the_same_work_in_one_session_is_one_job_while_it_is_open_and_when_it_is_done),
          JOB(what_was_done_and_then_removed_by_hand_is_done_again),
          JOB(what_failed_or_was_cancelled_is_no_answer),
          JOB(two_sessions_and_the_library_never_share_a_job),
          JOB(what_others_have_is_no_answer_at_once),
          JOB(who_wants_a_finished_job_done_anew_gets_another),
          JOB(a_session_holds_so_many_jobs_and_a_deleted_one_makes_room),
          JOB(sessions_without_a_key_have_so_many_jobs_open_together),
          JOB(the_hosts_in_a_strangers_list_are_one_flow_and_platforms_keep_theirs),
          JOB(a_session_has_five_previews_open_at_a_time),
          JOB(a_job_has_the_smaller_of_its_sessions_and_its_keys_limits),
          JOB(a_key_has_so_many_jobs_open_at_a_time_in_its_sessions_as_well),
          JOB(a_key_has_a_name_of_its_own_and_an_id_that_is_never_used_again),
          JOB(the_end_of_a_session_deletes_its_jobs_and_no_others),
          JOB(who_is_confined_to_another_session_can_end_one),
          JOB(an_expired_session_is_ended_by_upkeep_and_forgotten_a_month_later),
          JOB(the_directory_of_a_session_goes_when_it_is_over_and_empty))
