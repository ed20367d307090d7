/* /saved-searches: each operator's own (L-12). */
#include "db/saved_search.h"

#include <string.h>

#include "base/str.h"
#include "cgi-bin/session/handlers.h"

static const char *const screens[] = {"gates", "history", "cardholders"};

static int screen_from_word(const char *word)
{
	for (size_t i = 0; i < lengthof(screens); i++)
		if (strcmp(word, screens[i]) == 0)
			return (int)i;
	return -1;
}

const struct web_field screen_parameters[] = {
	{"screen", WEB_QUERY, WEB_WORD, .from_code = screen_from_word},
	{0},
};
const struct web_field saved_search_fields[] = {
	{"screen", .type = WEB_WORD, .from_code = screen_from_word, .required = true},
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64, .required = true},
	{"search", .type = WEB_OBJECT, .hi = 4000, .required = true},
	{0},
};
const struct web_field id_parameter[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},
	{0},
};

static void put_search(struct json *json, int64_t id, const char *screen, const char *name, const char *search)
{
	put_object(json, NULL);
	put_int(json, "id", id);
	put_string(json, "screen", screen);
	put_string(json, "name", name);
	put_raw(json, "search", search);
	put_end_object(json);
}

void list_saved_searches(struct web_request *request)
{
	const char *screen = web_given(request, "screen") ? screens[web_int(request, "screen", 0)] : NULL;
	struct db_rows *rows;

	if (saved_searches_list(request->db, request->session.operator_id, screen, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(&request->json, NULL);
	put_array(&request->json, "saved_searches");
	for (int i = 0; i < db_rows_count(rows); i++)
		put_search(&request->json, db_int(rows, i, 0), db_text(rows, i, 1), db_text(rows, i, 2), db_text(rows, i, 3));
	put_end_array(&request->json);
	put_end_object(&request->json);
	db_rows_free(rows);
}

void create_saved_search(struct web_request *request)
{
	const char *screen = screens[web_member(request, "screen")->numbers[0]];
	const char *name = web_member(request, "name")->texts[0];
	const char *search = web_member(request, "search")->texts[0];
	int64_t id;

	if (saved_search_create(request->db, request->session.operator_id, screen, name, search, &id) != DB_OK) {
		web_database_problem(request);
		return;
	}
	request->status = 201;
	web_header(request, "Location", "/api/v1/saved-searches/%lld", (long long)id);
	put_search(&request->json, id, screen, name, search);
}

void delete_saved_search(struct web_request *request)
{
	enum db_result result = saved_search_delete(request->db, request->session.operator_id, web_int(request, "id", 0));

	if (result == DB_FAILED)
		web_database_problem(request);
	else if (result == DB_NONE)
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	else
		request->status = 204;
}
