/* What a body gave, as the JSON object that functions in the database take. */
#include <string.h>

#include "base/log.h"
#include "web/request.h"

static void put_member(struct json *json, const struct web_field *field, const struct web_value *value)
{
	if (value->none)
		put_null(json, field->name);
	else if (field->type == WEB_INT)
		put_int(json, field->name, value->numbers[0]);
	else if (field->type == WEB_BOOL)
		put_bool(json, field->name, value->numbers[0] != 0);
	else if (field->type == WEB_TIME)
		put_time(json, field->name, value->numbers[0]);
	else if (field->type == WEB_TEXT)
		put_string(json, field->name, value->texts[0]);
	else
		panic("%s: not for the database", field->name);
}

char *web_given_members(const struct web_request *request, const struct web_field *fields, const char *but)
{
	struct json json = {0};

	put_object(&json, NULL);
	for (int i = 0; fields[i].name != NULL; i++) {
		const struct web_value *value = web_member(request, fields[i].name);
		if ((value->count > 0 || value->none) && (but == NULL || strcmp(fields[i].name, but) != 0))
			put_member(&json, &fields[i], value);
	}
	put_end_object(&json);
	return buf_take(&json.text);
}
