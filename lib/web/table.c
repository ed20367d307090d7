/* The route table as JSON (--routes): what a program answers, to whom, and what it takes. For tests and for who audits a site. */
#include <string.h>

#include "web/json.h"
#include "web/route.h"

static const char *const types[] = {
	[WEB_INT] = "int", [WEB_TEXT] = "text", [WEB_BOOL] = "bool", [WEB_TIME] = "time", [WEB_WORD] = "word", [WEB_TOKEN] = "token",
	[WEB_OBJECT] = "object",
};
static const char *const places[] = {[0] = "body", [WEB_PATH] = "path", [WEB_QUERY] = "query", [WEB_HEADER] = "header"};

static void put_right(struct json *json, const struct web_right *right)
{
	static const char *const kinds[] = {
		[WEB_RIGHT_PUBLIC] = "public", [WEB_RIGHT_OPERATOR] = "operator", [WEB_RIGHT_LEVEL] = "level"};

	put_string(json, "right", kinds[right->kind]);
	if (right->kind != WEB_RIGHT_LEVEL)
		return;
	put_string(json, "level", right_level_name(right->level));
	put_array(json, "functions");
	put_string(json, NULL, right_function_name(right->function));
	if (right->other != right->function)
		put_string(json, NULL, right_function_name(right->other));
	if (right->third != right->other)
		put_string(json, NULL, right_function_name(right->third));
	put_end_array(json);
}

static void put_fields(struct json *json, const char *key, const struct web_field *fields)
{
	put_array(json, key);
	for (; fields != NULL && fields->name != NULL; fields++) {
		put_object(json, NULL);
		put_string(json, "name", fields->name);
		put_string(json, "in", places[fields->where]);
		put_string(json, "type", types[fields->type]);
		put_int(json, "lo", fields->lo);
		put_int(json, "hi", fields->hi);
		put_int(json, "many", fields->many);
		put_bool(json, "required", fields->required);
		put_bool(json, "nullable", fields->nullable);
		if (fields->members != NULL)
			put_fields(json, "members", fields->members);
		put_end_object(json);
	}
	put_end_array(json);
}

static void put_route(struct json *json, const struct web_route *route)
{
	put_object(json, NULL);
	put_string(json, "method", web_method_name(route->method));
	put_string(json, "path", route->pattern);
	put_right(json, &route->right);
	put_fields(json, "parameters", route->parameters);
	put_fields(json, "body", route->body);
	put_bool(json, "has_body", route->body != NULL);
	put_bool(json, "if_match", route->flags & WEB_IF_MATCH);
	put_bool(json, "upload", route->flags & WEB_UPLOAD);
	put_bool(json, "configuration", route->flags & WEB_CONFIGURATION);
	put_end_object(json);
}

bool web_routes_asked(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[1], "--routes") == 0;
}

int web_routes_print(const char *program, const struct web_routes *routes, FILE *out)
{
	struct json json = {0};

	put_object(&json, NULL);
	put_string(&json, "program", program);
	put_array(&json, "routes");
	for (size_t i = 0; i < routes->count; i++)
		put_route(&json, &routes->rows[i]);
	put_end_array(&json);
	put_end_object(&json);
	fprintf(out, "%s\n", buf_text(&json.text));
	buf_free(&json.text);
	return fflush(out) == 0 ? 0 : -1;
}
