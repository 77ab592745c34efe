/*
 * http: the two ways in which a request arrives, FastCGI and plain CGI, behind one face. http.c alone knows FCGX.
 */
#ifndef DUBPLATE_CGI_HTTP_H
#define DUBPLATE_CGI_HTTP_H

#include <stdbool.h>
#include <stddef.h>

/* Once, before the first http_accept(). */
void http_init(void);

/* Several requests can be open at once; the functions below speak of the one accepted or chosen last. */
#define HTTP_SLOTS 16

/* Waits for the next request; false when told to stop, or after the one request of a plain CGI run. */
bool http_accept(int slot);

/* Takes a request only if one is waiting. */
bool http_accept_waiting(int slot);

void http_use(int slot);

/* A CGI variable (REQUEST_METHOD, HTTP_…); NULL if absent. Valid until http_end(). */
const char *http_param(const char *name);

/* Was the header behind an HTTP_… variable sent more than once? nginx up to 1.22 hands on each, of which http_param()
 * gives the first; later ones join them with a comma, so this is for headers whose value holds none. */
bool http_is_repeated(const char *name);

/* Reads up to n bytes of the body; fewer only at its end. */
size_t http_read(char *to, size_t n);

void http_write(const char *bytes, size_t n);

/* Finishes the request; the answer is on its way. */
void http_end(void);

#endif
