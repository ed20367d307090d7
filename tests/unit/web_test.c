/* lib/web without FastCGI and without a database: routes, parameters, bodies, JSON, CSV, problems. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "web/csv.h"
#include "web/field.h"
#include "web/request.h"

static void handler(struct web_request *request)
{
	(void)request;
}

static int colour(const char *word)
{
	return strcmp(word, "red") == 0 ? 1 : strcmp(word, "green") == 0 ? 2 : -1;
}

static const struct web_field parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 99},
	{"q", WEB_QUERY, WEB_TEXT, .lo = 1, .hi = 3},
	{"n", WEB_QUERY, WEB_INT, .lo = -5, .hi = 5, .many = 2},
	{"colour", WEB_QUERY, WEB_WORD, .from_code = colour},
	{"at", .where = WEB_QUERY, .type = WEB_TIME},
	{"X-Key", WEB_HEADER, WEB_TOKEN, .lo = 1, .hi = 4},
	{0},
};
static const struct web_field members[] = {
	{"list", .type = WEB_INT, .lo = 1, .hi = 9, .many = 3},
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 5, .required = true},
	{"extra", .type = WEB_OBJECT, .hi = 20},
	{"on", .type = WEB_BOOL},
	{0},
};
static const struct web_route rows[] = {
	ROUTE(GET, "/things", PUBLIC, handler),
	ROUTE(GET, "/things/{id}", VIEW(GATES), handler, .parameters = parameters),
	ROUTE(PATCH, "/things/{id}", EDIT(GATES), handler),
	ROUTE(POST, "/things/orders", EDIT(GATES), handler, .body = members),
	ROUTE(GET, "/things/{id}/parts/{part}", VIEW_ANY(GATES, HISTORY), handler),
};
static const struct web_routes routes = {rows, lengthof(rows)};

static const struct web_route *find(enum web_method method, const char *text, enum web_match *match, char *segments[], unsigned *methods, char **path)
{
	const struct web_route *route;

	*path = xstrdup(text);
	*match = web_route_find(&routes, method, *path, &route, segments, methods);
	return route;
}

static void test_routes(void)
{
	static const struct {
		enum web_method method;
		const char *path;
		int row;	/* -1 no path, -2 no method */
	} cases[] = {
		{WEB_GET, "/things", 0}, {WEB_GET, "/things/7", 1}, {WEB_PATCH, "/things/7", 2}, {WEB_POST, "/things/orders", 3},
		{WEB_GET, "/things/7/parts/x", 4}, {WEB_GET, "/things/orders", -2}, {WEB_PUT, "/things", -2}, {WEB_GET, "/thing", -1},
		{WEB_GET, "/thingsx", -1}, {WEB_GET, "/things/", -1}, {WEB_GET, "//things", -1}, {WEB_GET, "/things/7/parts", -1}, {WEB_GET, "/", -1},
		{WEB_GET, "/things/%00", -1}, {WEB_GET, "/things/%4", -1}, {WEB_GET, "/a/b/c/d/e/f/g/h/i", -1}, {WEB_GET, "/%74hings", 0},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		char *segments[WEB_MAX_SEGMENTS], *path;
		unsigned methods;
		enum web_match match;
		const struct web_route *route = find(cases[i].method, cases[i].path, &match, segments, &methods, &path);
		CU_ASSERT_PTR_EQUAL(route, cases[i].row >= 0 ? &rows[cases[i].row] : NULL);
		CU_ASSERT_EQUAL(match, cases[i].row >= 0 ? WEB_MATCH : cases[i].row == -1 ? WEB_NO_PATH : WEB_NO_METHOD);
		if (cases[i].row == 4)
			CU_ASSERT(strcmp(segments[0], "7") == 0 && strcmp(segments[1], "x") == 0);
		free(path);
	}
}

static void test_rights(void)
{
	CU_ASSERT_EQUAL(rows[0].right.kind, WEB_RIGHT_PUBLIC);
	CU_ASSERT(rows[2].right.kind == WEB_RIGHT_LEVEL && rows[2].right.level == LEVEL_EDIT && rows[2].right.function == FUNCTION_GATES);
	CU_ASSERT_EQUAL(rows[4].right.other, FUNCTION_HISTORY);
	for (int f = 0; f < FUNCTION_COUNT; f++)
		CU_ASSERT_PTR_NOT_NULL(right_function_name((enum right_function)f));
}

/* --- a world of one header ---------------------------------------------------------------------------------------------- */

static const char *header;

static const char *variable(struct web_transport *transport, const char *name)
{
	(void)transport;
	return strcmp(name, "HTTP_X_KEY") == 0 ? header : NULL;
}

static struct web_transport world = {.variable = variable};

static struct web_request start(const struct web_route *route)
{
	return (struct web_request){.transport = &world, .route = route, .status = 200};
}

/* True when that query is refused with exactly this pointer and code (or accepted, when code is NULL). */
static bool query_gives(const char *id, const char *query, const char *key, const char *pointer, const char *code)
{
	struct web_request request = start(&rows[1]);
	char *segment = xstrdup(id), *segments[WEB_MAX_SEGMENTS] = {segment};
	char wanted[120];

	header = key;
	request.query = xstrdup(query);
	int result = web_read_parameters(&request, segments);
	snprintf(wanted, sizeof(wanted), "{\"pointer\":\"%s\",\"code\":\"%s\"", pointer, code ? code : "");
	bool good = code == NULL ? result == 0 : result == -1 && request.status == 400 && strstr(buf_text(&request.problem.errors), wanted) != NULL;
	if (!good)
		printf("# %s: %d %s\n", query, result, buf_text(&request.problem.errors));
	web_request_free(&request);
	free(segment);
	return good;
}

static void test_parameters(void)
{
	CU_ASSERT(query_gives("7", "", NULL, "", NULL));
	CU_ASSERT(query_gives("7", "q=%E6%9D%B1&n=-5&n=5&colour=red&at=2024-03-01T09:30:00%2B09:00&", "a-1", "", NULL));
	CU_ASSERT(query_gives("0", "", NULL, "?id", "out_of_range"));
	CU_ASSERT(query_gives("x", "", NULL, "?id", "ill_typed"));
	CU_ASSERT(query_gives("7", "id=8", NULL, "?id", "unknown"));
	CU_ASSERT(query_gives("7", "Q=a", NULL, "?Q", "unknown"));
	CU_ASSERT(query_gives("7", "q=a&q=b", NULL, "?q", "repeated"));
	CU_ASSERT(query_gives("7", "n=1&n=2&n=3", NULL, "?n", "too_many"));
	CU_ASSERT(query_gives("7", "n=6", NULL, "?n", "out_of_range"));
	CU_ASSERT(query_gives("7", "n=1e0", NULL, "?n", "ill_typed"));
	CU_ASSERT(query_gives("7", "q=", NULL, "?q", "too_short"));
	CU_ASSERT(query_gives("7", "q=abcd", NULL, "?q", "too_long"));
	CU_ASSERT(query_gives("7", "q=%C0%80", NULL, "?q", "not_utf8"));
	CU_ASSERT(query_gives("7", "q=%0A", NULL, "?q", "control_character"));
	CU_ASSERT(query_gives("7", "q=%", NULL, "?", "malformed"));
	CU_ASSERT(query_gives("7", "colour=blue", NULL, "?colour", "not_in_list"));
	CU_ASSERT(query_gives("7", "at=now", NULL, "?at", "ill_typed"));
	CU_ASSERT(query_gives("7", "", "a b", "X-Key:", "malformed"));
	CU_ASSERT(query_gives("7", "", "abcde", "X-Key:", "too_long"));
}

static bool body_gives(const char *text, size_t len, const char *pointer, const char *code)
{
	struct web_request request = start(&rows[3]);
	char wanted[120];

	int result = web_parse_body(&request, text, len);
	snprintf(wanted, sizeof(wanted), "{\"pointer\":\"%s\",\"code\":\"%s\"", pointer, code ? code : "");
	bool good = code == NULL ? result == 0 : result == -1 && strstr(buf_text(&request.problem.errors), wanted) != NULL;
	if (!good)
		printf("# %s: %d %s\n", text, result, buf_text(&request.problem.errors));
	web_request_free(&request);
	return good;
}

#define BODY(text, pointer, code) CU_ASSERT(body_gives(text, strlen(text), pointer, code))

static void test_bodies(void)
{
	BODY("{\"name\":\"a\"}", "", NULL);
	BODY(" { \"name\" : \"\\u6771\" , \"list\":[1,9], \"extra\":{\"a\":[{}]},\"on\":true } ", "", NULL);
	BODY("", "", "not_json");
	BODY("null", "", "not_json");
	BODY("{\"name\":\"a\"", "", "not_json");
	BODY("{\"name\":\"a\"}{}", "", "not_json");
	BODY("{'name':'a'}", "", "not_json");
	BODY("{\"name\":\"a\",}", "", "not_json");
	BODY("{\"name\":\"a\",\"name\":\"b\"}", "/name", "repeated");
	BODY("{\"name\":\"a\",\"n\\u0061me\":\"b\"}", "", "repeated");
	BODY("{\"extra\":{\"name\":1,\"name\":2},\"name\":\"a\"}", "", NULL);
	BODY("{\"name\":\"\\\",\\\"name\\\":\\\"\"}", "/name", "too_long");
	BODY("{}", "/name", "missing");
	BODY("{\"name\":null}", "/name", "ill_typed");
	BODY("{\"name\":1}", "/name", "ill_typed");
	BODY("{\"name\":\"\\u0000\"}", "/name", "control_character");
	BODY("{\"name\":\"a\",\"x\":1}", "/x", "unknown");
	BODY("{\"name\":\"a\",\"list\":1}", "/list", "ill_typed");
	BODY("{\"name\":\"a\",\"list\":[]}", "/list", "too_few");
	BODY("{\"name\":\"a\",\"list\":[1,2,3,4]}", "/list", "too_many");
	BODY("{\"name\":\"a\",\"list\":[1,10]}", "/list/1", "out_of_range");
	BODY("{\"name\":\"a\",\"list\":[99999999999999999999]}", "/list/0", "out_of_range");
	BODY("{\"name\":\"a\",\"on\":1}", "/on", "ill_typed");
	BODY("{\"name\":\"a\",\"extra\":{\"abcdefgh\":\"ijklmnop\"}}", "/extra", "too_long");
	BODY("{\"a\":[[[[[[[[[[]]]]]]]]]]}", "", "too_deep");
	CU_ASSERT(body_gives("{\"name\":\"a\"}\0", 13, "", "not_json"));
	CU_ASSERT(body_gives("{\"name\":\"\xff\"}", 12, "", "not_utf8"));
}

static void test_json(void)
{
	struct json json = {0};

	put_object(&json, NULL);
	put_string(&json, "a", "\"\\\n\x01<");
	put_array(&json, "b");
	put_int(&json, NULL, INT64_MIN);
	put_object(&json, NULL);
	put_end_object(&json);
	put_null(&json, NULL);
	put_end_array(&json);
	put_bool(&json, "c", true);
	put_string(&json, "d", NULL);
	put_time(&json, "t", 1709253000250);
	put_ref(&json, "r", 0, "x");
	put_ref(&json, "s", 5, "y");
	put_raw(&json, "u", "[1]");
	put_end_object(&json);
	struct json_object *read = json_tokener_parse(buf_text(&json.text));
	CU_ASSERT_STRING_EQUAL(json_object_to_json_string_ext(read, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
		"{\"a\":\"\\\"\\\\\\n\\u0001<\",\"b\":[-9223372036854775808,{},null],\"c\":true,\"d\":null,\"t\":\"2024-03-01T00:30:00.250Z\",\"r\":null,\"s\":{\"id\":5,\"name\":\"y\"},\"u\":[1]}");
	json_object_put(read);
	buf_free(&json.text);
}

static void test_csv(void)
{
	struct csv csv;
	char lacking[8];

	csv_start(&csv, false);
	buf_clear(&csv.out);
	csv_cell(&csv, "a,\"b");
	csv_cell(&csv, "=1");
	csv_cell(&csv, "-\n");
	csv_cell(&csv, "");
	csv_cell(&csv, "0012");
	CU_ASSERT_EQUAL(csv_end_row(&csv, lacking), 0);
	CU_ASSERT_STRING_EQUAL(buf_text(&csv.out), "\"a,\"\"b\",'=1,\"'-\n\",,0012\r\n");
	csv_free(&csv);

	csv_start(&csv, true);
	csv_cell(&csv, "髙﨑①");
	CU_ASSERT_EQUAL(csv_end_row(&csv, lacking), 0);
	CU_ASSERT_STRING_EQUAL(buf_text(&csv.out), "\xFB\xFC\xFA\xB1\x87\x40\r\n");
	csv_cell(&csv, "東");
	csv_cell(&csv, "한");
	CU_ASSERT_EQUAL(csv_end_row(&csv, lacking), -1);
	CU_ASSERT_STRING_EQUAL(lacking, "한");
	CU_ASSERT_EQUAL(csv.out.len, 8);	/* the row that could not be is not there */
	csv_free(&csv);
}

static void test_problems(void)
{
	static const struct {
		const char *state;
		int status;
		const char *code;
	} cases[] = {
		{"KD001", 412, "changed"}, {"KD002", 409, "limit_reached"}, {"KD003", 404, "not_found"}, {"KD004", 403, "forbidden"}, {"KD005", 500, "internal"},
		{"KD006", 409, "conflict"}, {"KD007", 422, "invalid"}, {"23505", 409, "conflict"}, {"23503", 422, "invalid"}, {"23514", 422, "invalid"},
		{"22P05", 422, "invalid"}, {"42501", 403, "forbidden"}, {"55P03", 409, "busy"}, {"40P01", 409, "busy"}, {"57014", 503, "too_busy"},
		{"08006", 503, "database_unavailable"}, {"57P01", 503, "database_unavailable"}, {"53300", 503, "database_unavailable"}, {"42601", 500, "internal"}, {"", 500, "internal"},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		struct db_error error = {0};
		snprintf(error.sqlstate, sizeof(error.sqlstate), "%s", cases[i].state);
		enum web_problem_kind kind = web_problem_of(&error);
		CU_ASSERT_EQUAL(web_problem_status(kind), cases[i].status);
		CU_ASSERT_STRING_EQUAL(web_problem_code(kind), cases[i].code);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {{"the best row answers", test_routes}, {"rows carry rights", test_rights}, {"parameters", test_parameters},
			       {"bodies", test_bodies}, {"JSON writer", test_json}, {"CSV", test_csv}, {"SQLSTATE to problem", test_problems},
			       CU_TEST_INFO_NULL};
	CU_SuiteInfo suites[] = {{"web", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return tap_main(suites);
}
