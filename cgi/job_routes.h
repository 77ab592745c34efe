/*
 * job_routes: the functions of /api/jobs that do something: those that only look are in jobs.c, with the table.
 */
#ifndef DUBPLATE_JOB_ROUTES_H
#define DUBPLATE_JOB_ROUTES_H

#include "handler.h"

#define BULK_MOST 500               /* links of one request, jobs of one action */

/* job_submit.c */
handler job_create;

/* job_steer.c */
handler job_act_on_many, job_patch, job_delete, job_set_status, job_cancel, job_pause, job_resume, job_retry;

/* The job as it is now becomes the answer. */
int job_answer(const struct request *req, const char *uuid, struct response *res, struct err *e);

/* A time that lies ahead, or "" for none; a little behind is ahead on another clock. */
int64_t job_read_schedule(const char *text, struct spec_errors *errors);

/* Who has no key waits his turn: what is wrong goes to req->errors. */
void job_check_priority(struct request *req, int64_t priority);

#endif
