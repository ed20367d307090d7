/* The JSON writer. Keys are our own words and need no escape. */
#include "base/clock.h"
#include "web/json.h"

static void start(struct json *json, const char *key)
{
	if (json->comma)
		buf_addc(&json->text, ',');
	if (key != NULL) {
		buf_addc(&json->text, '"');
		buf_adds(&json->text, key);
		buf_add(&json->text, "\":", 2);
	}
	json->comma = true;
}

static void open_bracket(struct json *json, const char *key, char bracket)
{
	start(json, key);
	buf_addc(&json->text, bracket);
	json->comma = false;
}

static void close_bracket(struct json *json, char bracket)
{
	buf_addc(&json->text, bracket);
	json->comma = true;
}

void put_object(struct json *json, const char *key)
{
	open_bracket(json, key, '{');
}

void put_end_object(struct json *json)
{
	close_bracket(json, '}');
}

void put_array(struct json *json, const char *key)
{
	open_bracket(json, key, '[');
}

void put_end_array(struct json *json)
{
	close_bracket(json, ']');
}

void put_string(struct json *json, const char *key, const char *text)
{
	start(json, key);
	buf_json_string(&json->text, text);
}

void put_int(struct json *json, const char *key, int64_t value)
{
	start(json, key);
	buf_add_int(&json->text, value);
}

void put_bool(struct json *json, const char *key, bool value)
{
	start(json, key);
	buf_adds(&json->text, value ? "true" : "false");
}

void put_null(struct json *json, const char *key)
{
	start(json, key);
	buf_add(&json->text, "null", 4);
}

void put_time(struct json *json, const char *key, int64_t wall_ms)
{
	char text[CLOCK_TEXT];

	clock_format(wall_ms, 0, text);
	start(json, key);
	buf_addc(&json->text, '"');
	buf_adds(&json->text, text);
	buf_addc(&json->text, '"');
}

void put_raw(struct json *json, const char *key, const char *text)
{
	start(json, key);
	buf_adds(&json->text, text);
}

void put_ref(struct json *json, const char *key, int64_t id, const char *name)
{
	if (id == 0) {
		put_null(json, key);
		return;
	}
	put_object(json, key);
	put_int(json, "id", id);
	put_string(json, "name", name);
	put_end_object(json);
}
