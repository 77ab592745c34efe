/*
 * handler: what the FastCGI programs share: accept loop, drain, routes, credentials, request, response. A program is
 * a table of routes and their functions; what must be true before a function runs stands in its row and is checked
 * here.
 *
 * A process takes one request after the other, and those that only read one at a time. Requests that write and wait
 * for the same lock share one transaction and its one fdatasync (handler.c, serve()). Started with a listening socket
 * on descriptor 0 it speaks FastCGI until SIGTERM (the request at hand is finished first); started without one it
 * serves the single request that the CGI environment and standard input describe, as for a plain CGI program.
 */
#ifndef DUBPLATE_HANDLER_H
#define DUBPLATE_HANDLER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "conf.h"
#include "db.h"
#include "spec.h"

enum {
    OPEN = 1,           /* no credentials; every other route requires a key */
    NEED_JSON = 2,      /* a JSON object as body; req->json is set */
    MAY_JSON = 4,       /* the same, or no body, which is as good as {} */
    MAY_SESSION = 8,    /* an active session is enough where SESSIONS_OPEN=true: it must get only what is its own */
    IF_OPEN = 16,       /* nothing at all is enough where SESSIONS_OPEN=true */
};

/*
 * Sessions. With X-Session-ID a request acts inside that session, whoever sends it: its db handle is confined
 * (db_confine), so jobs and tracks of others do not exist for it and what it submits belongs to the session. With a key
 * beside it that is all; without one only MAY_SESSION routes answer. A function that looks at anything else than jobs
 * and tracks compares req->session_uuid itself.
 */

/*
 * A POST with an Idempotency-Key is carried out once: who repeats it within a day gets the first answer again
 * (idempotency.h). Handlers need not know.
 */
struct request {
    struct db         *db;
    const struct conf *conf;
    const char *method;
    const char *path;           /* without query and trailing slash */
    char        id[256];        /* what stood at {id}: a UUID, or the answer was 404; or at {name} */
    cJSON      *json;           /* NEED_JSON: the body */
    struct spec_errors errors;  /* what is wrong with it so far (a name given twice): the function adds its own */
    int64_t     key_id;         /* whose credentials; 0: nobody's (OPEN, IF_OPEN, a session alone) */
    bool        is_admin;       /* may see and do everything: has a key */
    char        session_uuid[ID_UUID_BYTES];    /* of X-Session-ID, active; "" for none */
    const char *login_token;    /* the cookie's token if one was sent, else NULL */
};

struct response {
    int         status;         /* 200 unless set */
    cJSON      *json;           /* body; taken */
    char       *text;           /* a body that is none, with its Content-Type among the headers; taken */
    cJSON      *errors;         /* problem+json's list of fields; taken */
    cJSON      *more;           /* further members of a problem, through response_problem_member() */
    char        etag[112];      /* as sent, W/"…"; "" for none */
    bool        tag_is_content; /* etag is made of the body that is sent */
    char        location[64];   /* "" for none */
    char        headers[2048];  /* further lines, through response_header() */
};

/* 0, or -1 with *e: the answer is then problem+json of that kind. */
typedef int handler(struct request *req, struct response *res, struct err *e);

struct route {
    const char *method, *path;  /* "/api/jobs/{id}/cancel" */
    handler    *run;
    unsigned    flags;
};

/* Serves routes (ended by a NULL method) until told to stop. Returns main()'s exit code. */
int handler_main(const char *program, const struct route *routes);

/* Adds an error to req->errors for each member of the body that is none of these (NULL-terminated). */
void request_only(struct request *req, const char *const *known);

/* A query parameter, decoded, into out; false if it is absent. Longer ones are cut and refused by their user. */
bool request_query(const struct request *req, const char *name, char *out, size_t size);

/* A whole number in [least, most] from the query; the fallback when absent. What is none goes to errors. */
int64_t request_int(const struct request *req, const char *name, int64_t fallback, int64_t least, int64_t most,
                    struct spec_errors *errors);

/* Refuses bytes that would break out of the header (RFC 9110 field values): the header is then left out. */
void response_header(struct response *res, const char *name, const char *value);

/* Sets the entity tag to a revision, and `more` of what is shown ("" for nothing). Returns true, and makes it a 304, if
 * the client already has it. Revisions count what happens to all tenants: a session's tag is a hash of what it is
 * shown, and whether it has that already is found out when it is sent. */
bool response_unchanged(const struct request *req, struct response *res, int64_t revision, const char *more);

/* A member of its own (RFC 9457 §3.2) that the problem will have, if it comes to one. Takes the value. */
void response_problem_member(struct response *res, const char *name, cJSON *value);

/* -1 and a 422 that names every field, if there are errors. */
int response_field_errors(const struct spec_errors *errors, struct response *res, struct err *e);

#endif
