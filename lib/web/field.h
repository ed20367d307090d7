/* Shared by the checks of parameters and of bodies; handlers do not need it. */
#ifndef WEB_FIELD_H
#define WEB_FIELD_H

#include <stddef.h>

#include "web/request.h"

int web_check_text(struct web_request *request, const struct web_field *field, const char *pointer, const char *text, size_t len);
int web_check_int(struct web_request *request, const struct web_field *field, const char *pointer, int64_t number);
/* Checks one text and adds it to value, as the field's type. text has to live as long as the request. 0, or -1 with the problem set. */
int web_take_text(struct web_request *request, const struct web_field *field, struct web_value *value, const char *pointer,
		  const char *text, size_t len);
void web_take_number(struct web_value *value, int64_t number);
void web_take_object(struct web_value *value, const char *text);
/* Index of the field, or -1. where 0: anywhere. */
int web_field_find(const struct web_field *fields, const char *name, size_t len, int where);

#endif
