/* What the operators program answers. */
#ifndef OPERATORS_HANDLERS_H
#define OPERATORS_HANDLERS_H

#include "db/operator.h"
#include "web/request.h"

extern const struct web_field operator_parameters[], operator_list_parameters[], operator_fields[], operator_change_fields[];

void list_operators(struct web_request *request);
void get_operator(struct web_request *request);
void list_roles(struct web_request *request);
void list_sessions(struct web_request *request);
void end_session(struct web_request *request);
void create_operator(struct web_request *request);
void patch_operator(struct web_request *request);
void delete_operator(struct web_request *request);
void log_out_operator(struct web_request *request);

/* 0 general, 1 system; -1: no such role. */
int role_from_word(const char *word);
const char *role_word(int64_t role);
/* One Operator as an object. */
void put_operator(struct json *json, const struct db_rows *rows, int i);
/* The operator into the reply, with its ETag; a problem when not there. */
void reply_operator(struct web_request *request, int64_t id);

#endif
