/* /cardholders: the list with its anchors, and one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cgi-bin/cardholders/handlers.h"
#include "web/csv_reply.h"
#include "web/present.h"

static int sort_from_code(const char *code)
{
	return strcmp(code, "employee_number") == 0 ? CARDHOLDER_BY_NUMBER : strcmp(code, "kana") == 0 ? CARDHOLDER_BY_KANA : -1;
}

#define SEARCH_PARAMETERS \
	{"department", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX, .many = 100}, \
	{"q", WEB_QUERY, WEB_TEXT, .lo = 1, .hi = 100}, \
	{"card", WEB_QUERY, WEB_TOKEN, .lo = 1, .hi = 16}, \
	{"enabled", .where = WEB_QUERY, .type = WEB_BOOL}, \
	{"lost", .where = WEB_QUERY, .type = WEB_BOOL}, \
	{"valid_at", .where = WEB_QUERY, .type = WEB_TIME}, \
	{"gate", WEB_QUERY, WEB_INT, .lo = 1, .hi = INT32_MAX}, \
	{"sort", WEB_QUERY, WEB_WORD, .from_code = sort_from_code}

const struct web_field cardholder_list_parameters[] = {
	SEARCH_PARAMETERS,
	{"limit", WEB_QUERY, WEB_INT, .lo = 1, .hi = 1000},
	{"after", WEB_QUERY, WEB_TEXT, .lo = 1, .hi = 100},
	CSV_PARAMETERS, {0},
};
const struct web_field anchor_parameters[] = {
	SEARCH_PARAMETERS,
	{"step", WEB_QUERY, WEB_INT, .lo = 10, .hi = 1000},
	{0},
};
const struct web_field id_parameters[] = {
	{"id", WEB_PATH, WEB_INT, .lo = 1, .hi = 9007199254740991},	/* what every JSON reader holds exactly */
	{0},
};

char *search_of_parameters(struct web_request *request)
{
	const struct web_value *departments = web_value(request, "department");
	struct json json = {0};

	put_object(&json, NULL);
	if (departments->count > 0) {
		put_array(&json, "department");
		for (int i = 0; i < departments->count; i++)
			put_int(&json, NULL, departments->numbers[i]);
		put_end_array(&json);
	}
	if (web_given(request, "q"))
		put_string(&json, "q", web_text(request, "q", ""));
	if (web_given(request, "card"))
		put_string(&json, "card", web_text(request, "card", ""));
	if (web_given(request, "enabled"))
		put_bool(&json, "enabled", web_int(request, "enabled", 0) != 0);
	if (web_given(request, "lost"))
		put_bool(&json, "lost", web_int(request, "lost", 0) != 0);
	if (web_given(request, "valid_at"))
		put_time(&json, "valid_at", web_int(request, "valid_at", 0));
	if (web_given(request, "gate"))
		put_int(&json, "gate", web_int(request, "gate", 0));
	put_end_object(&json);
	return buf_take(&json.text);
}

/* Members of a Cardholder into an open object. */
static void put_cardholder(struct json *json, const struct cardholder *cardholder)
{
	put_int(json, "id", cardholder->id);
	put_string(json, "employee_number", cardholder->employee_number);
	put_string(json, "name", cardholder->name);
	put_string(json, "kana", cardholder->kana);
	put_ref(json, "department", cardholder->department_id, cardholder->department);
	put_raw(json, "cards", cardholder->cards);
	put_time_or_null(json, "valid_from", cardholder->valid_from_ms);
	put_time_or_null(json, "valid_to", cardholder->valid_to_ms);
	put_bool(json, "enabled", cardholder->enabled);
	put_bool(json, "lost", cardholder->lost);
	put_time_or_null(json, "lost_at", cardholder->lost_at_ms);
	put_bool(json, "has_pin", cardholder->has_pin);
	put_bool(json, "extended_unlock", cardholder->extended_unlock);
	put_bool(json, "apb_exempt", cardholder->apb_exempt);
	put_int(json, "vein_count", cardholder->vein_count);
	put_string(json, "note", cardholder->note);
	put_int(json, "revision", cardholder->revision);
}

/* A cursor is the employee number, or "<id>:<kana>". The caller frees it. */
static char *cursor_text(enum cardholder_sort sort, const char *key, int64_t id)
{
	return sort == CARDHOLDER_BY_KANA ? xasprintf("%lld:%s", (long long)id, key) : xstrdup(key);
}

static int read_cursor(struct web_request *request, enum cardholder_sort sort, struct cardholder_cursor *cursor)
{
	const char *text = web_text(request, "after", NULL);
	char digits[12] = "";

	*cursor = (struct cardholder_cursor){.key = text};
	if (text == NULL || sort != CARDHOLDER_BY_KANA)
		return 0;
	size_t len = strcspn(text, ":");
	if (text[len] == ':' && len < sizeof(digits))
		memcpy(digits, text, len);
	if (parse_int(digits, 1, INT32_MAX, &cursor->id) != 0)
		return web_field_problem(request, "?after", "malformed", "Use next of the page before, or an anchor.");
	cursor->key = text + len + 1;
	return 0;
}

static void put_page(struct web_request *request, const struct db_rows *rows, enum cardholder_sort sort, int limit)
{
	struct json *json = &request->json;
	struct cardholder last = {0};
	char *next = NULL;

	put_array(json, "cardholders");
	for (int i = 0; i < db_rows_count(rows); i++) {
		cardholder_read(rows, i, &last);
		put_object(json, NULL);
		put_cardholder(json, &last);
		put_end_object(json);
	}
	put_end_array(json);
	if (db_rows_count(rows) == limit)
		next = cursor_text(sort, sort == CARDHOLDER_BY_KANA ? last.kana : last.employee_number, last.id);
	put_string(json, "next", next);
	if (next != NULL)
		web_link_next(request, next);
	free(next);
}

void list_cardholders(struct web_request *request)
{
	enum cardholder_sort sort = (enum cardholder_sort)web_int(request, "sort", CARDHOLDER_BY_NUMBER);
	int limit = (int)web_int(request, "limit", 100);
	struct cardholder_cursor after;
	struct db_rows *rows;
	int64_t total;
	int form = csv_accepted(request);

	if (form < 0 || read_cursor(request, sort, &after) != 0)
		return;
	char *search = search_of_parameters(request);
	if (form == 1) {
		export_cardholders(request, search, sort);
		free(search);
		return;
	}
	if (cardholders_page(request->db, search, sort, &after, limit, &rows, &total) != DB_OK) {
		web_database_problem(request);
	} else {
		put_object(&request->json, NULL);
		put_page(request, rows, sort, limit);
		put_int(&request->json, "total", total);
		put_end_object(&request->json);
		db_rows_free(rows);
	}
	free(search);
}

void list_anchors(struct web_request *request)
{
	enum cardholder_sort sort = (enum cardholder_sort)web_int(request, "sort", CARDHOLDER_BY_NUMBER);
	char *search = search_of_parameters(request);
	struct json *json = &request->json;
	struct db_rows *rows;
	int64_t total;

	if (cardholders_count(request->db, search, &total) != DB_OK ||
	    cardholder_anchors(request->db, search, sort, (int)web_int(request, "step", 100), &rows) != DB_OK) {
		web_database_problem(request);
		free(search);
		return;
	}
	free(search);
	put_object(json, NULL);
	put_array(json, "anchors");
	for (int i = 0; i < db_rows_count(rows); i++) {
		char *key = cursor_text(sort, db_text(rows, i, 0), db_int(rows, i, 1));
		put_string(json, NULL, key);
		free(key);
	}
	put_end_array(json);
	put_int(json, "total", total);
	put_end_object(json);
	db_rows_free(rows);
}

/* The cardholder in full. 0, or -1 with the problem set. */
static int put_detail(struct web_request *request, struct json *json, const struct cardholder *cardholder)
{
	int64_t id = cardholder->id;
	struct permit_filter filter = {.cardholder = id, .limit = 1000};
	struct permit permit;
	struct db_rows *rows;

	if (permits_list(request->db, &filter, &rows) != DB_OK)
		return web_database_problem(request);
	put_object(json, NULL);
	put_cardholder(json, cardholder);
	put_array(json, "permits");
	for (int i = 0; i < db_rows_count(rows); i++) {
		permit_read(rows, i, &permit);
		put_permit(json, &permit);
	}
	put_end_array(json);
	db_rows_free(rows);
	if (put_warnings(request, json, &id, 1) != 0)
		return -1;
	put_end_object(json);
	return 0;
}

void reply_cardholder(struct web_request *request, int64_t id)
{
	struct db_rows *rows;
	struct cardholder cardholder;
	enum db_result found = cardholder_find(request->db, id, &rows, &cardholder);

	if (found == DB_FAILED) {
		web_database_problem(request);
	} else if (found == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
	} else {
		web_header(request, "ETag", "\"%lld\"", (long long)cardholder.revision);
		(void)put_detail(request, &request->json, &cardholder);
		db_rows_free(rows);
	}
}

void get_cardholder(struct web_request *request)
{
	reply_cardholder(request, web_int(request, "id", 0));
}

/* Somebody was faster: the reply says what the cardholder is now. The failed transaction can not be asked, so another one is. */
static void put_current(struct web_request *request, int64_t id)
{
	struct json json = {0};
	struct db_rows *rows;
	struct cardholder cardholder;

	db_rollback(request->db);
	if (web_begin(request) != 0 || cardholder_find(request->db, id, &rows, &cardholder) != DB_OK)
		return;
	web_header(request, "ETag", "\"%lld\"", (long long)cardholder.revision);
	if (put_detail(request, &json, &cardholder) == 0)
		request->problem.current = json.text;
	else
		buf_free(&json.text);
	db_rows_free(rows);
}

void cardholder_problem(struct web_request *request, enum db_result result, int64_t id)
{
	if (result == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	web_database_problem(request);
	if (request->problem.kind == WEB_PROBLEM_CHANGED)
		put_current(request, id);
}
