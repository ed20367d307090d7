/* What an entry of the system log says of a request's content: ids, numbers, times, flags and coded words, because they were checked against the
 * route's tables and can be no secret. A text might be a password, a PIN or a name typed into the wrong field: only that it was given is kept. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "web/audit.h"
#include "web/field.h"

#define MAX_DETAILS 3900
#define MAX_CHANGE 2500
#define MAX_LISTED 50

static void put_members(struct json *json, const struct web_field *fields, struct json_object *body, size_t listed);

static void put_value(struct json *json, const struct web_field *field, const char *key, struct json_object *value, size_t listed)
{
	if (value == NULL) {
		put_null(json, key);
		return;
	}
	switch (field->type) {
	case WEB_INT:
		put_int(json, key, json_object_get_int64(value));
		return;
	case WEB_BOOL:
		put_bool(json, key, json_object_get_boolean(value));
		return;
	case WEB_TIME:
	case WEB_WORD:
		put_string(json, key, json_object_get_string(value));
		return;
	case WEB_OBJECT:
		if (field->members != NULL) {
			put_object(json, key);
			put_members(json, field->members, value, listed);
			put_end_object(json);
			return;
		}
		put_bool(json, key, true);
		return;
	case WEB_TEXT:
	case WEB_TOKEN:
		put_bool(json, key, true);
		return;
	}
}

/* A list as its first elements and, when there are more, {"count": …, "first": […]}. */
static void put_list(struct json *json, const struct web_field *field, struct json_object *list, size_t listed)
{
	size_t count = json_object_array_length(list);

	if (count > listed) {
		put_object(json, field->name);
		put_int(json, "count", (int64_t)count);
	}
	put_array(json, count > listed ? "first" : field->name);
	for (size_t i = 0; i < count && i < listed; i++)
		put_value(json, field, NULL, json_object_array_get_idx(list, i), listed);
	put_end_array(json);
	if (count > listed)
		put_end_object(json);
}

static void put_members(struct json *json, const struct web_field *fields, struct json_object *body, size_t listed)
{
	for (const struct web_field *field = fields; field != NULL && field->name != NULL; field++) {
		struct json_object *value;
		if (!json_object_object_get_ex(body, field->name, &value))
			continue;
		if (field->many > 0 && json_object_get_type(value) == json_type_array)
			put_list(json, field, value, listed);
		else
			put_value(json, field, field->name, value, listed);
	}
}

/* One parameter as it stood in the query; called for each field, so that a list becomes one member. */
static void put_parameter(struct json *json, const struct web_field *field, const char *query, size_t listed)
{
	char *copy = xstrdup(query), *rest = copy;
	size_t count = 0;

	while (rest != NULL && count < (field->many > 0 ? listed : 1)) {
		char *part = strsep(&rest, "&"), *text = strchr(part, '=');
		if (text != NULL)
			*text++ = '\0';
		if (web_decode(part, true) != 0 || strcmp(part, field->name) != 0 || text == NULL || web_decode(text, true) != 0)
			continue;
		if (count++ == 0 && field->many > 0)
			put_array(json, field->name);
		const char *key = field->many > 0 ? NULL : field->name;
		if (field->type == WEB_TEXT || field->type == WEB_TOKEN)
			put_bool(json, key, true);
		else
			put_string(json, key, text);
	}
	if (count > 0 && field->many > 0)
		put_end_array(json);
	free(copy);
}

static void put_query(struct json *json, const struct web_request *request, size_t listed)
{
	const char *query = web_variable(request, "QUERY_STRING");

	if (query[0] == '\0')
		return;
	put_object(json, "query");
	for (const struct web_field *field = request->route->parameters; field != NULL && field->name != NULL; field++)
		if (field->where == WEB_QUERY && strcmp(field->name, "after") != 0)
			put_parameter(json, field, query, listed);
	put_end_object(json);
}

static void put_all(struct web_request *request, struct json *json, size_t listed)
{
	const char *change = request->audit.details;
	/* What was refused unread may hold anything. */
	bool checked = request->problem.kind != WEB_PROBLEM_BAD_REQUEST;

	put_object(json, NULL);
	if (request->problem.kind != WEB_PROBLEM_NONE)
		put_string(json, "problem", web_problem_code(request->problem.kind));
	if (checked && request->read)
		put_query(json, request, listed);
	if (checked && request->read && request->body != NULL) {
		put_object(json, "body");
		put_members(json, request->route->body, request->body, listed);
		put_end_object(json);
	}
	if (change != NULL && strlen(change) <= MAX_CHANGE)
		put_raw(json, "change", change);
	else if (change != NULL)
		put_string(json, "change", "left out");
	put_end_object(json);
}

void web_audit_put_details(struct web_request *request, struct buf *out)
{
	size_t listed = MAX_LISTED;
	struct json json = {0};

	put_all(request, &json, listed);
	while (json.text.len > MAX_DETAILS && listed > 0) {
		buf_free(&json.text);
		json = (struct json){0};
		listed /= 8;
		put_all(request, &json, listed);
	}
	if (json.text.len > MAX_DETAILS)
		buf_adds(out, "{\"left_out\":true}");
	else if (json.text.len > 2)	/* not {} */
		buf_add(out, json.text.data, json.text.len);
	buf_free(&json.text);
}
