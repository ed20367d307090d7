/* What the session program answers. */
#ifndef SESSION_HANDLERS_H
#define SESSION_HANDLERS_H

#include "web/request.h"

extern const struct web_field login_fields[], screen_parameters[], saved_search_fields[], id_parameter[];

void create_session(struct web_request *request);
void get_session(struct web_request *request);
void delete_session(struct web_request *request);
void get_health(struct web_request *request);
void list_saved_searches(struct web_request *request);
void create_saved_search(struct web_request *request);
void delete_saved_search(struct web_request *request);

#endif
