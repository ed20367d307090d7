/* The JSON body against its specification. json-c parses; what it lets pass (members given twice, depth, bytes that are no UTF-8) is
 * looked at here first. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "web/field.h"
#include "web/request.h"

#define MAX_DEPTH 8
#define MAX_MEMBERS 64

struct scan {
	int members;
	struct {
		const char *name;
		size_t len;
	} names[MAX_MEMBERS];
	bool too_deep, too_many;
};

/* Where a string ends, given its first character after the quote. */
static const char *string_end(const char *at, const char *end)
{
	for (; at < end && *at != '"'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	return at;
}

/* The names of the outermost object's members, as they are written. Only sees to what json-c does not; malformed JSON is json-c's. */
static void scan(const char *text, size_t len, struct scan *scan)
{
	const char *end = text + len;
	int depth = 0;

	for (const char *at = text; at < end; at++) {
		if (*at == '{' || *at == '[') {
			scan->too_deep |= ++depth > MAX_DEPTH;
		} else if (*at == '}' || *at == ']') {
			depth--;
		} else if (*at == '"') {
			const char *name = at + 1;
			at = string_end(name, end);
			const char *next = at + 1;
			while (next < end && (*next == ' ' || *next == '\t' || *next == '\r' || *next == '\n'))
				next++;
			if (depth != 1 || next >= end || *next != ':')
				continue;
			if (scan->members == MAX_MEMBERS) {
				scan->too_many = true;
				return;
			}
			scan->names[scan->members].name = name;
			scan->names[scan->members++].len = (size_t)(at - name);
		}
	}
}

static int check_repeated(struct web_request *request, const struct scan *found)
{
	for (int i = 1; i < found->members; i++) {
		for (int j = 0; j < i; j++) {
			size_t len = found->names[i].len;
			char pointer[80];
			if (len != found->names[j].len || memcmp(found->names[i].name, found->names[j].name, len) != 0)
				continue;
			snprintf(pointer, sizeof(pointer), "/%.*s", (int)(len > 70 ? 70 : len), found->names[i].name);
			return web_field_problem(request, pointer, "repeated", "Give it once.");
		}
	}
	if (json_object_object_length(request->body) != found->members)	/* the same name, escaped another way */
		return web_field_problem(request, "", "repeated", "A member is given twice.");
	return 0;
}

static int take_members(struct web_request *request, const struct web_field *fields, struct web_value *values, const char *path,
			struct json_object *object);

/* An object whose members are known: they are checked here and read from its text by the one who asked for it. */
static int check_members(struct web_request *request, const struct web_field *fields, const char *pointer, struct json_object *json)
{
	struct web_value values[WEB_MAX_FIELDS] = {0};
	int result = take_members(request, fields, values, pointer, json);

	web_values_free(values);
	return result;
}

/* One value that is not a list. */
static int take_one(struct web_request *request, const struct web_field *field, struct web_value *value, const char *pointer,
		    struct json_object *json)
{
	enum json_type type = json_object_get_type(json);

	switch (field->type) {
	case WEB_INT:
		if (type != json_type_int)
			return web_field_problem(request, pointer, "ill_typed", "A whole number is wanted.");
		if (web_check_int(request, field, pointer, json_object_get_int64(json)) != 0)
			return -1;
		web_take_number(value, json_object_get_int64(json));
		return 0;
	case WEB_BOOL:
		if (type != json_type_boolean)
			return web_field_problem(request, pointer, "ill_typed", "true or false is wanted.");
		web_take_number(value, json_object_get_boolean(json));
		return 0;
	case WEB_OBJECT:
		if (type != json_type_object)
			return web_field_problem(request, pointer, "ill_typed", "An object is wanted.");
		const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		if (strlen(text) > (size_t)field->hi)
			return web_field_problem(request, pointer, "too_long", "At most %lld characters as JSON.", (long long)field->hi);
		if (field->members != NULL && check_members(request, field->members, pointer, json) != 0)
			return -1;
		web_take_object(value, text);
		return 0;
	case WEB_TEXT:
	case WEB_TOKEN:
	case WEB_TIME:
	case WEB_WORD:
		if (type != json_type_string)
			return web_field_problem(request, pointer, "ill_typed", "Text is wanted.");
		return web_take_text(request, field, value, pointer, json_object_get_string(json), (size_t)json_object_get_string_len(json));
	}
	panic("%s: a field without a type", field->name);
}

static int take_list(struct web_request *request, const struct web_field *field, struct web_value *value, const char *list,
		     struct json_object *json)
{
	char pointer[200];
	int result = 0;

	snprintf(pointer, sizeof(pointer), "%.170s", list);
	if (json_object_get_type(json) != json_type_array)
		return web_field_problem(request, pointer, "ill_typed", "A list is wanted.");
	size_t count = json_object_array_length(json);
	if (count == 0 && field->nullable) {
		value->none = true;
		return 0;
	}
	if (count == 0)
		return web_field_problem(request, pointer, "too_few", "At least one.");
	if (count > (size_t)field->many)
		return web_field_problem(request, pointer, "too_many", "At most %d.", field->many);
	for (size_t i = 0; i < count; i++) {
		snprintf(pointer, sizeof(pointer), "%.170s/%zu", list, i);
		if (take_one(request, field, value, pointer, json_object_array_get_idx(json, i)) != 0)
			result = -1;
	}
	return result;
}

static int take_member(struct web_request *request, const struct web_field *field, struct web_value *value, const char *pointer,
		       struct json_object *json)
{
	if (json == NULL && field->nullable && field->many == 0) {
		value->none = true;
		return 0;
	}
	if (field->many > 0)
		return take_list(request, field, value, pointer, json);
	return take_one(request, field, value, pointer, json);
}

/* path: where the object is, "" for the body itself. */
static int take_members(struct web_request *request, const struct web_field *fields, struct web_value *values, const char *path,
			struct json_object *object)
{
	int result = 0;
	char pointer[200];

	json_object_object_foreach(object, name, json) {
		int i = web_field_find(fields, name, strlen(name), 0);
		snprintf(pointer, sizeof(pointer), "%.100s/%.70s", path, name);
		if (i < 0)
			result = web_field_problem(request, pointer, "unknown", "There is no such member here.");
		else
			result |= take_member(request, &fields[i], &values[i], pointer, json);
	}
	for (int i = 0; fields[i].name != NULL; i++) {
		if (!fields[i].required || json_object_object_get_ex(object, fields[i].name, NULL))
			continue;
		snprintf(pointer, sizeof(pointer), "%.100s/%s", path, fields[i].name);
		result = web_field_problem(request, pointer, "missing", "It is needed.");
	}
	return result;
}

int web_parse_body(struct web_request *request, const char *text, size_t len)
{
	struct scan found = {0};

	if (request->route->body == NULL)
		return len == 0 ? 0 : web_field_problem(request, "", "unknown", "This request has no body.");
	if (!utf8_valid(text, len))
		return web_field_problem(request, "", "not_utf8", "Send UTF-8.");
	scan(text, len, &found);
	if (found.too_deep)
		return web_field_problem(request, "", "too_deep", "At most %d levels.", MAX_DEPTH);
	if (found.too_many)
		return web_field_problem(request, "", "too_many", "At most %d members.", MAX_MEMBERS);

	struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH + 2);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	request->body = json_tokener_parse_ex(tokener, text, (int)len);
	bool whole = json_tokener_get_error(tokener) == json_tokener_success && json_tokener_get_parse_end(tokener) == len;
	json_tokener_free(tokener);
	if (!whole || json_object_get_type(request->body) != json_type_object)
		return web_field_problem(request, "", "not_json", "One JSON object is wanted.");
	if (check_repeated(request, &found) != 0)
		return -1;
	return take_members(request, request->route->body, request->members, "", request->body);
}
