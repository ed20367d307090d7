/* Path, query and header parameters against their specification. Every field that is wrong is named, not only the first. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "web/field.h"
#include "web/request.h"

static void add_number(struct web_value *value, int64_t number)
{
	value->numbers = xreallocarray(value->numbers, (size_t)value->count + 1, sizeof(*value->numbers));
	value->numbers[value->count++] = number;
}

static void add_text(struct web_value *value, const char *text)
{
	value->texts = xreallocarray(value->texts, (size_t)value->count + 1, sizeof(*value->texts));
	value->texts[value->count++] = text;
}

void web_values_free(struct web_value *values)
{
	for (int i = 0; i < WEB_MAX_FIELDS; i++) {
		free(values[i].numbers);
		free(values[i].texts);
	}
}

static bool is_token(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

int web_check_text(struct web_request *request, const struct web_field *field, const char *pointer, const char *text, size_t len)
{
	if (!utf8_valid(text, len))
		return web_field_problem(request, pointer, "not_utf8", "Send UTF-8.");
	if (strlen(text) != len || utf8_has_control(text, len))
		return web_field_problem(request, pointer, "control_character", "It has a character that can not be seen, as one that turns the direction of writing: type it anew.");
	size_t length = utf8_length(text, len);
	if (length < (size_t)field->lo)
		return web_field_problem(request, pointer, "too_short", "At least %lld characters.", (long long)field->lo);
	if (length > (size_t)field->hi)
		return web_field_problem(request, pointer, "too_long", "At most %lld characters.", (long long)field->hi);
	if (field->type == WEB_TOKEN && !is_token(text))
		return web_field_problem(request, pointer, "malformed", "Letters, digits, '-', '_' and '.' only.");
	return 0;
}

int web_check_int(struct web_request *request, const struct web_field *field, const char *pointer, int64_t number)
{
	if (number < field->lo || number > field->hi)
		return web_field_problem(request, pointer, "out_of_range", "From %lld to %lld.", (long long)field->lo, (long long)field->hi);
	return 0;
}

/* One text as the field's type; the value is added. */
int web_take_text(struct web_request *request, const struct web_field *field, struct web_value *value, const char *pointer,
		  const char *text, size_t len)
{
	int64_t number = 0;
	bool flag;

	switch (field->type) {
	case WEB_TEXT:
	case WEB_TOKEN:
		if (web_check_text(request, field, pointer, text, len) != 0)
			return -1;
		add_text(value, text);
		return 0;
	case WEB_INT:
		if (parse_int(text, INT64_MIN, INT64_MAX, &number) != 0)
			return web_field_problem(request, pointer, "ill_typed", "A whole number is wanted.");
		if (web_check_int(request, field, pointer, number) != 0)
			return -1;
		break;
	case WEB_BOOL:
		if (parse_bool(text, &flag) != 0)
			return web_field_problem(request, pointer, "ill_typed", "true or false is wanted.");
		number = flag;
		break;
	case WEB_TIME:
		if (clock_parse(text, &number) != 0)
			return web_field_problem(request, pointer, "ill_typed", "A time like 2024-03-01T09:30:00+09:00 is wanted.");
		if (field->lo > 0 && number % field->lo != 0)
			return web_field_problem(request, pointer, "not_whole_minute", "A time in whole minutes is wanted.");
		break;
	case WEB_WORD:
		number = strlen(text) == len ? field->from_code(text) : -1;
		if (number < 0)
			return web_field_problem(request, pointer, "not_in_list", "Not one of the words that it may be.");
		break;
	case WEB_OBJECT:
		panic("%s: an object is for bodies", field->name);
	}
	add_number(value, number);
	return 0;
}

void web_take_number(struct web_value *value, int64_t number)
{
	add_number(value, number);
}

void web_take_object(struct web_value *value, const char *text)
{
	add_text(value, text);
}

int web_field_find(const struct web_field *fields, const char *name, size_t len, int where)
{
	for (int i = 0; fields != NULL && fields[i].name != NULL; i++)
		if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0 && (where == 0 || (int)fields[i].where == where))
			return i;
	return -1;
}

static int take_query(struct web_request *request, char *name, char *text)
{
	const struct web_field *fields = request->route->parameters;
	char pointer[80];

	if (web_decode(name, true) != 0 || web_decode(text, true) != 0)
		return web_field_problem(request, "?", "malformed", "The query is not well-formed: look at its %% signs.");
	snprintf(pointer, sizeof(pointer), "?%.*s", 70, name);
	int i = web_field_find(fields, name, strlen(name), WEB_QUERY);
	if (i < 0)
		return web_field_problem(request, pointer, "unknown", "There is no such parameter here.");
	if (request->parameters[i].count > 0 && fields[i].many == 0)
		return web_field_problem(request, pointer, "repeated", "Give it once.");
	if (fields[i].many > 0 && request->parameters[i].count >= fields[i].many)
		return web_field_problem(request, pointer, "too_many", "At most %d of them.", fields[i].many);
	return web_take_text(request, &fields[i], &request->parameters[i], pointer, text, strlen(text));
}

static int read_query(struct web_request *request)
{
	char *rest = request->query;
	int result = 0;

	while (rest != NULL && *rest != '\0') {
		char *part = strsep(&rest, "&");
		if (*part == '\0')
			continue;
		char *text = strchr(part, '=');
		if (text != NULL)
			*text++ = '\0';
		else
			text = part + strlen(part);
		if (take_query(request, part, text) != 0)
			result = -1;
	}
	return result;
}

/* "If-None-Match" is HTTP_IF_NONE_MATCH. */
static const char *header_variable(struct web_request *request, const char *name)
{
	char variable[60] = "HTTP_";
	size_t n = strlen(variable);

	for (; *name != '\0' && n < sizeof(variable) - 1; name++)
		variable[n++] = *name == '-' ? '_' : (char)(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
	variable[n] = '\0';
	return request->transport->variable(request->transport, variable);
}

int web_read_parameters(struct web_request *request, char *segments[])
{
	const struct web_field *fields = request->route->parameters;
	int result = read_query(request);
	int segment = 0;
	char pointer[80];

	for (int i = 0; fields != NULL && fields[i].name != NULL; i++) {
		const char *text = NULL;
		if (fields[i].where == WEB_PATH)
			text = segments[segment++];
		else if (fields[i].where == WEB_HEADER)
			text = header_variable(request, fields[i].name);
		snprintf(pointer, sizeof(pointer), fields[i].where == WEB_HEADER ? "%s:" : "?%s", fields[i].name);
		if (text != NULL && web_take_text(request, &fields[i], &request->parameters[i], pointer, text, strlen(text)) != 0)
			result = -1;
		if (fields[i].required && request->parameters[i].count == 0 && result == 0)
			result = web_field_problem(request, pointer, "missing", "It is needed.");
	}
	return result;
}
