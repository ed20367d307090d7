/* Reading: operators, the roles' defaults, and who is logged in. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cgi-bin/operators/handlers.h"
#include "web/present.h"

static const char *const roles[] = {"general", "system"};

int role_from_word(const char *word)
{
	for (size_t i = 0; i < lengthof(roles); i++)
		if (strcmp(word, roles[i]) == 0)
			return (int)i;
	return -1;
}

const char *role_word(int64_t role)
{
	return roles[role];
}

const struct web_field operator_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},	/* what every JSON reader holds exactly */
	{0},
};
const struct web_field operator_list_parameters[] = {
	{"q", .where = WEB_QUERY, .type = WEB_TEXT, .lo = 1, .hi = 100},
	{"role", .where = WEB_QUERY, .type = WEB_WORD, .from_code = role_from_word},
	{"disabled", .where = WEB_QUERY, .type = WEB_BOOL},
	{"limit", .where = WEB_QUERY, .type = WEB_INT, .lo = 1, .hi = 501},
	{"after", .where = WEB_QUERY, .type = WEB_TEXT, .lo = 1, .hi = 64},
	{0},
};

void put_operator(struct json *json, const struct db_rows *rows, int i)
{
	put_object(json, NULL);
	put_int(json, "id", db_int(rows, i, OPERATOR_ID));
	put_string(json, "name", db_text(rows, i, OPERATOR_NAME));
	put_string(json, "display_name", db_text(rows, i, OPERATOR_DISPLAY_NAME));
	put_string(json, "role", db_text(rows, i, OPERATOR_ROLE));
	put_bool(json, "disabled", db_bool(rows, i, OPERATOR_DISABLED));
	put_text_or_null(json, "remote_user", db_text(rows, i, OPERATOR_REMOTE_USER));
	put_bool(json, "has_password", db_bool(rows, i, OPERATOR_HAS_PASSWORD));
	put_raw(json, "rights", db_text(rows, i, OPERATOR_RIGHTS));
	put_raw(json, "fixed", db_text(rows, i, OPERATOR_FIXED));
	put_object(json, "scope");
	put_bool(json, "all_management_groups", db_bool(rows, i, OPERATOR_ALL_MANAGEMENT_GROUPS));
	put_bool(json, "all_departments", db_bool(rows, i, OPERATOR_ALL_DEPARTMENTS));
	put_raw(json, "management_groups", db_text(rows, i, OPERATOR_MANAGEMENT_GROUPS));
	put_raw(json, "departments", db_text(rows, i, OPERATOR_DEPARTMENTS));
	put_end_object(json);
	put_int(json, "logged_in", db_int(rows, i, OPERATOR_LOGGED_IN));
	put_time_or_null(json, "last_login_at", db_int(rows, i, OPERATOR_LAST_LOGIN_MS));
	put_bool(json, "editable", db_bool(rows, i, OPERATOR_EDITABLE));
	put_int(json, "revision", db_int(rows, i, OPERATOR_REVISION));
	put_end_object(json);
}

/* One more than the page is read, so that the end is known. */
static void put_page(struct web_request *request, const struct db_rows *rows, int limit)
{
	struct json *json = &request->json;
	int count = db_rows_count(rows), shown = count > limit ? limit : count;

	put_object(json, NULL);
	put_array(json, "operators");
	for (int i = 0; i < shown; i++)
		put_operator(json, rows, i);
	put_end_array(json);
	put_int(json, "total", count > 0 ? db_int(rows, 0, OPERATOR_TOTAL) : 0);
	if (count > limit) {
		put_string(json, "next", db_text(rows, shown - 1, OPERATOR_NAME));
		web_link_next(request, db_text(rows, shown - 1, OPERATOR_NAME));
	} else {
		put_null(json, "next");
	}
	put_end_object(json);
}

void list_operators(struct web_request *request)
{
	int limit = (int)web_int(request, "limit", 100);
	struct operator_filter filter = {
		.q = web_text(request, "q", NULL),
		.role = web_given(request, "role") ? role_word(web_int(request, "role", 0)) : NULL,
		.disabled = (int)web_int(request, "disabled", -1),
		.after = web_text(request, "after", NULL),
		.limit = limit + 1,
	};
	struct db_rows *rows;

	if (operators_list(request->db, &filter, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_page(request, rows, limit);
	db_rows_free(rows);
}

void reply_operator(struct web_request *request, int64_t id)
{
	struct db_rows *rows;
	enum db_result found = operator_find(request->db, id, &rows);

	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		web_header(request, "ETag", "\"%lld\"", (long long)db_int(rows, 0, OPERATOR_REVISION));
		put_operator(&request->json, rows, 0);
		db_rows_free(rows);
	}
}

void get_operator(struct web_request *request)
{
	reply_operator(request, web_int(request, "id", 0));
}

void list_roles(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (operator_roles(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "roles");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_string(json, "role", db_text(rows, i, 0));
		put_raw(json, "rights", db_text(rows, i, 1));
		put_raw(json, "fixed", db_text(rows, i, 2));
		put_end_object(json);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}

void list_sessions(struct web_request *request)
{
	struct json *json = &request->json;
	struct db_rows *rows;

	if (operator_sessions(request->db, &rows) != DB_OK) {
		web_database_problem(request);
		return;
	}
	put_object(json, NULL);
	put_array(json, "sessions");
	for (int i = 0; i < db_rows_count(rows); i++) {
		put_object(json, NULL);
		put_int(json, "id", db_int(rows, i, 0));
		put_ref(json, "operator", db_int(rows, i, 1), db_text(rows, i, 2));
		put_string(json, "origin", db_text(rows, i, 3));
		put_text_or_null(json, "remote_addr", db_text(rows, i, 4));
		put_time(json, "created_at", db_int(rows, i, 5));
		put_time(json, "last_seen_at", db_int(rows, i, 6));
		put_bool(json, "own", db_bool(rows, i, 7));
		put_end_object(json);
	}
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}
