/* The route table of a program: what may be asked, by whom, with which parameters and body.
 *
 * A row is written with ROUTE(); its third argument must be one of the words below, so a row that says nothing about rights does
 * not compile, and an open one says so:
 *
 *   ROUTE(GET, "/gates", VIEW(GATES), list_gates, .parameters = list_parameters)
 *   ROUTE(POST, "/gates/commands", EDIT(GATES), command_gates, .parameters = key_parameter, .body = order_fields)
 *   ROUTE(GET, "/health", PUBLIC, get_health)
 *
 *   PUBLIC               anybody, without a session
 *   OPERATOR             any operator: about themselves
 *   VIEW(f) / EDIT(f)    at least that level of the function
 *   VIEW_ANY(f, g)       at least view of one of two functions
 *   VIEW_ANY3(f, g, h)   of three
 *   EDIT_ANY(f, g)       at least edit of one of two functions
 *
 * The database checks right and scope again (row-level security): the row is the first of two locks.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "db/session.h"

struct web_request;

enum web_method { WEB_GET = 1, WEB_POST, WEB_PATCH, WEB_PUT, WEB_DELETE };

enum web_right_kind { WEB_RIGHT_PUBLIC = 1, WEB_RIGHT_OPERATOR, WEB_RIGHT_LEVEL };

struct web_right {
	enum web_right_kind kind;
	enum right_level level;
	enum right_function function, other, third;	/* the same function, or what VIEW_ANY names besides */
};

enum web_where { WEB_PATH = 1, WEB_QUERY, WEB_HEADER };

enum web_type {
	WEB_INT = 1,	/* lo..hi */
	WEB_TEXT,	/* UTF-8 of lo..hi characters, no control characters */
	WEB_BOOL,	/* true or false */
	WEB_TIME,	/* RFC 3339; milliseconds, a multiple of lo (WEB_WHOLE_MINUTE) when that is not 0 */
	WEB_WORD,	/* one of a vocabulary: its number */
	WEB_TOKEN,	/* letters, digits, '-', '_', '.', lo..hi of them */
	WEB_OBJECT,	/* body only: an object, at most hi characters as JSON; of any content, or of the given members */
};

/* For lo: controllers keep whole minutes. */
#define WEB_WHOLE_MINUTE 60000

/* One parameter or one member of a body. Tables end with a row without a name. */
struct web_field {
	const char *name;
	enum web_where where;	/* parameters only; path parameters come in the pattern's order */
	enum web_type type;
	int64_t lo, hi;
	int many;		/* 0: one value; else a list (repeated parameter, JSON array) of up to so many */
	bool required;
	int (*from_code)(const char *code);	/* WEB_WORD: number, or -1 */
	bool nullable;		/* body only: may be null, or a list without elements */
	const struct web_field *members;	/* WEB_OBJECT: what it may have */
};

enum web_flag {
	WEB_IF_MATCH = 1,	/* needs If-Match: the revision is in request->if_match */
	WEB_UPLOAD = 4,		/* the body is a file, text/csv: the handler reads it by web_read, piece by piece */
	WEB_CONFIGURATION = 2,	/* the reply changes only with a change set: ETag of the newest revision, 304 */
};

struct web_route {
	enum web_method method;
	const char *pattern;	/* "/gates/{id}" */
	struct web_right right;
	void (*handle)(struct web_request *request);
	const struct web_field *parameters;
	const struct web_field *body;	/* NULL: has none */
	unsigned flags;
};

#define RIGHT_PUBLIC {WEB_RIGHT_PUBLIC, LEVEL_NONE, 0, 0, 0}
#define RIGHT_OPERATOR {WEB_RIGHT_OPERATOR, LEVEL_NONE, 0, 0, 0}
#define RIGHT_VIEW(f) {WEB_RIGHT_LEVEL, LEVEL_VIEW, FUNCTION_##f, FUNCTION_##f, FUNCTION_##f}
#define RIGHT_EDIT(f) {WEB_RIGHT_LEVEL, LEVEL_EDIT, FUNCTION_##f, FUNCTION_##f, FUNCTION_##f}
#define RIGHT_VIEW_ANY(f, g) {WEB_RIGHT_LEVEL, LEVEL_VIEW, FUNCTION_##f, FUNCTION_##g, FUNCTION_##g}
#define RIGHT_EDIT_ANY(f, g) {WEB_RIGHT_LEVEL, LEVEL_EDIT, FUNCTION_##f, FUNCTION_##g, FUNCTION_##g}
#define RIGHT_VIEW_ANY3(f, g, h) {WEB_RIGHT_LEVEL, LEVEL_VIEW, FUNCTION_##f, FUNCTION_##g, FUNCTION_##h}

#define ROUTE(METHOD, PATTERN, RIGHT, HANDLER, ...) \
	{.method = WEB_##METHOD, .pattern = PATTERN, .right = RIGHT_##RIGHT, .handle = HANDLER, ##__VA_ARGS__}

struct web_routes {
	const struct web_route *rows;
	size_t count;
};

#define WEB_MAX_SEGMENTS 8
#define WEB_MAX_FIELDS 24

enum web_match { WEB_MATCH, WEB_NO_PATH, WEB_NO_METHOD };

/* Finds the row. segments get the decoded path parameters, in order, as places in path, which is cut up. A fixed
 * segment wins over a parameter, so "/gates/commands" is never a gate's id. With WEB_NO_METHOD, *methods has a bit (1 << method)
 * for each that the path knows. */
enum web_match web_route_find(const struct web_routes *routes, enum web_method method, char *path, const struct web_route **route,
			      char *segments[WEB_MAX_SEGMENTS], unsigned *methods);
/* The whole table as JSON, for the option --routes: rights, parameters and bodies. 0, or -1 when out can not be written. */
int web_routes_print(const char *program, const struct web_routes *routes, FILE *out) __attribute__((warn_unused_result));
/* True when that option was given; it needs no settings and no database. */
bool web_routes_asked(int argc, char **argv);
/* 0 when that is not one of ours; HEAD is GET. */
enum web_method web_method_from(const char *text);
const char *web_method_name(enum web_method method);
/* Undoes %XX in place; -1 when one is malformed or %00. plus: '+' is a space (query strings). */
int web_decode(char *text, bool plus) __attribute__((warn_unused_result));

#endif
