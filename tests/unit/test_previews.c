/*
 * Previews: they go after an hour, and what worked on them with them.
 */
#include "a_job.h"

#include "previews.h"

TEST(a_preview_that_is_old_goes_with_its_task)
{
    struct preview old = { .url = "https://example.org/", .source = "generic", .download_type = "auto" }, fresh = old;
    char uuid[ID_UUID_BYTES];

    must(life_preview(db, &old, "example.org", &e));
    const struct claim c = claim_in("preview");
    must(life_previewed(db, &c, "{}", &e));
    must(life_preview(db, &fresh, "example.org", &e));
    assert_int_equal(life_forget_preview(db, uuid, &e), 0);
    run("UPDATE previews SET created_at_ms = 1 WHERE id = 1");
    assert_int_equal(life_forget_preview(db, uuid, &e), 1);
    assert_string_equal(uuid, old.uuid);
    assert_int_equal(life_forget_preview(db, uuid, &e), 0);
    assert_int_equal(number("SELECT COUNT(*) FROM tasks"), 1);
    assert_int_equal(claim_in("preview").subject_id, fresh.id);
}

TEST(nobody_begins_with_a_preview_that_is_gone)
{
    struct preview p = { .url = "https://example.org/", .source = "generic", .download_type = "auto" };
    char uuid[ID_UUID_BYTES];
    struct claim c;

    must(life_preview(db, &p, "example.org", &e));
    run("UPDATE previews SET created_at_ms = 1");
    assert_int_equal(life_forget_preview(db, uuid, &e), 1);
    assert_int_equal(try_claim("preview", &c), 0);
}

UNIT_MAIN(JOB(a_preview_that_is_old_goes_with_its_task), JOB(nobody_begins_with_a_preview_that_is_gone))
