/* What the session program answers. */
#ifndef SESSION_HANDLERS_H
#define SESSION_HANDLERS_H

#include "web/request.h"

extern const struct web_field login_fields[], screen_parameters[], saved_search_fields[], id_parameter[], own_password_fields[];

void create_session(struct web_request *request);
void get_session(struct web_request *request);
void delete_session(struct web_request *request);
void change_password(struct web_request *request);
void get_health(struct web_request *request);
void list_saved_searches(struct web_request *request);
void create_saved_search(struct web_request *request);
void delete_saved_search(struct web_request *request);

/* Failed tries on one name within so many minutes. */
#define MAX_TRIES 10
#define TRIES_MINUTES 15
/* 0, or -1 with the problem set when there were too many. */
int check_tries(struct web_request *request, int tries);
/* Counts a failure against the name, in a transaction of its own: none may be open. */
int note_failure(struct web_request *request, const char *name);
/* token "": takes the cookie away. */
void set_cookie(struct web_request *request, const char *token);

#endif
